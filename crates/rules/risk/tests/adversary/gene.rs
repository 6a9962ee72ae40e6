//! One step of a sequence as numbers that a search can change, each read as the step needs it. What kinds of steps there are, and
//! how often each is tried, is the market's that is attacked.

use std::ops::Range;

use crate::climb::{Random, Step};

/// The kinds of steps of a market, and who and what takes part in them.
pub trait Weighted: Copy + 'static {
    /// Every kind, by how often it is tried.
    const WEIGHTS: &'static [(Self, u32)];
    /// Accounts of the adversary's, from the first place on.
    const ADVERSARY: usize;
    /// Places of the honest accounts.
    const HONEST: Range<usize>;
    /// Places of instruments.
    const INSTRUMENTS: usize;
}

/// A step and its numbers.
#[derive(Clone, Copy, Debug)]
pub struct Gene<K> {
    pub kind: K,
    pub a: u8,
    pub b: u8,
    pub i: u8,
    pub x: u16,
    pub y: u16,
}

impl<K: Weighted> Gene<K> {
    /// An account of the adversary's.
    pub fn own(&self) -> usize {
        usize::from(self.a) % K::ADVERSARY
    }

    /// Another one.
    pub fn other_own(&self) -> usize {
        (self.own() + 1 + usize::from(self.b) % (K::ADVERSARY - 1)) % K::ADVERSARY
    }

    /// An honest account.
    pub fn honest(&self) -> usize {
        K::HONEST.start + usize::from(self.b) % K::HONEST.len()
    }

    /// An account of the adversary's, or an honest one.
    pub fn anybody(&self) -> usize {
        usize::from(self.b) % K::HONEST.end
    }

    /// An instrument.
    pub fn instrument(&self) -> usize {
        usize::from(self.i) % K::INSTRUMENTS
    }
}

/// A number between minus and plus `most`, often one of both, and often a small one.
pub fn signed(x: u16, most: i64) -> i64 {
    match x % 4 {
        0 => most,
        1 => -most,
        2 => i64::from(x / 4) % (2 * most + 1) - most,
        _ => (i64::from(x / 4) % (2 * most + 1) - most) / 4,
    }
}

/// A share of an amount, often all of it.
pub fn share(amount: i128, x: u16) -> i128 {
    if x.is_multiple_of(2) {
        amount
    } else {
        amount / 65_536 * i128::from(x)
    }
}

impl<K: Weighted> Step for Gene<K> {
    fn random(random: &mut Random) -> Self {
        let total: u32 = K::WEIGHTS.iter().map(|(_, weight)| weight).sum();
        let mut left = random.below(total);
        let (kind, _) = *K::WEIGHTS
            .iter()
            .find(|(_, weight)| {
                let found = left < *weight;
                left = left.wrapping_sub(*weight);
                found
            })
            .expect("what is drawn is below the sum of the weights");
        Self {
            kind,
            a: random.next() as u8,
            b: random.next() as u8,
            i: random.next() as u8,
            x: random.next() as u16,
            y: random.next() as u16,
        }
    }

    fn tweaked(mut self, random: &mut Random) -> Self {
        let other = Self::random(random);
        match random.below(6) {
            0 => self.kind = other.kind,
            1 => self.a = other.a,
            2 => self.b = other.b,
            3 => self.i = other.i,
            4 => self.x = other.x,
            _ => self.y = other.y,
        }
        self
    }
}
