//! One step of a sequence as numbers that a search can change, each read as the step needs it. What kinds of steps there are, and
//! how often each is tried, is the market's that is attacked.

use crate::climb::{Random, Step};

/// The kinds of steps of a market.
pub trait Weighted: Copy + 'static {
    /// Every kind, by how often it is tried.
    const WEIGHTS: &'static [(Self, u32)];
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
