//! An outsider's copy of a vault's accounts: balances and positions, from the vault's events alone.
//!
//! What an account owns is told whenever it changes. A leg is told when it joins a bucket; from then on its size is its base times the
//! bucket's scale, which changes only where the side is cut. Of each cut the events say how much it took; which buckets lost how
//! much of it follows from what stands in them: see `risk::water_fill`.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, I256, Log, U256};
use alloy::sol_types::SolEvent;
use client::abi::IMarginVault::{
    BalancesChanged, OptionClosing, OptionListed, PositionChanged, PositionClosed, balancesReturn,
    legsReturn,
};
use risk::{BUCKETS, Base, Bucket, Ended, Index, Position, Side, Size, water_fill};

/// A leg in its bucket.
#[derive(Clone, Copy, Debug)]
struct Leg {
    side: Side,
    bucket: u8,
    epoch: u32,
    base: Base,
    joined: Size,
}

/// The buckets of one side of an instrument.
#[derive(Clone, Debug, Default)]
struct Buckets {
    now: [Bucket; BUCKETS],
    /// How epochs of a bucket ended, but for those that were passed over.
    ended: BTreeMap<(u8, u32), Ended>,
}

/// Capital and profit.
pub type Balances = (i128, i128);

/// Everything that a vault's events have said.
#[derive(Clone, Debug, Default)]
pub struct Followed {
    balances: BTreeMap<B256, Balances>,
    legs: BTreeMap<(B256, u32), Leg>,
    sides: BTreeMap<(u32, bool), Buckets>,
    /// Unix times from which on options count as settled once their price is final, whoever has taken their legs away.
    ends: BTreeMap<u32, u64>,
    /// Cuts of sides that were followed.
    cuts: u64,
    /// Legs that moved.
    moves: u64,
}

impl Buckets {
    fn end(&mut self, number: u8, epoch: u32, ended: Option<Ended>) {
        if let Some(ended) = ended {
            self.ended.insert((number, epoch), ended);
        }
    }

    fn join(&mut self, side: Side, number: u8, size: Size) -> Leg {
        let bucket = &mut self.now[usize::from(number)];
        let base = Base::of(size, bucket.scale).expect("a base");
        bucket.join(base, size).expect("a sum");
        Leg {
            side,
            bucket: number,
            epoch: bucket.epoch,
            base,
            joined: size,
        }
    }

    /// The leg as it counts in its bucket's epoch.
    fn moved_on(&self, mut leg: Leg) -> Leg {
        let epoch = self.now[usize::from(leg.bucket)].epoch;
        while leg.epoch < epoch && leg.base != Base::ZERO {
            let ended = self.ended.get(&(leg.bucket, leg.epoch));
            leg.base = if ended.is_some_and(|ended| ended.emptied) {
                Base::ZERO
            } else {
                leg.base.divided()
            };
            leg.epoch += 1;
        }
        leg
    }

    fn size(&self, leg: Leg) -> Size {
        let scale = self.now[usize::from(leg.bucket)].scale;
        self.moved_on(leg).base.size(scale).expect("a size")
    }

    fn leave(&mut self, leg: Leg) {
        let (leg, size) = (self.moved_on(leg), self.size(leg));
        if leg.base == Base::ZERO {
            return;
        }
        let bucket = &mut self.now[usize::from(leg.bucket)];
        let epoch = bucket.epoch;
        let ended = bucket.leave(Index::ZERO, leg.base, (size, leg.joined));
        self.end(leg.bucket, epoch, ended.expect("a leg of the bucket"));
    }

    /// Takes `amount` off. Returns the water level.
    fn cut(&mut self, amount: Size) -> u128 {
        let sizes = self.now.map(|bucket| {
            if bucket.is_empty() {
                (Size::ZERO, Size::ZERO)
            } else {
                (bucket.size().expect("a size"), bucket.weight)
            }
        });
        let (remaining, level) = water_fill(&sizes, amount).expect("a side that holds as much");
        for (number, (left, (size, _))) in (0..).zip(remaining.into_iter().zip(sizes)) {
            if left == size {
                continue;
            }
            let bucket = &mut self.now[usize::from(number)];
            let epoch = bucket.epoch;
            let ended = bucket.cut(Index::ZERO, left);
            self.end(number, epoch, ended.expect("a bucket that holds more"));
        }
        level.0
    }
}

impl Followed {
    /// Reads the next of the vault's events; those of others, and of other kinds, say nothing.
    pub fn read(&mut self, vault: Address, log: &Log) {
        if log.address != vault {
            return;
        }
        match log.topics().first() {
            Some(&BalancesChanged::SIGNATURE_HASH) => {
                let event = decoded::<BalancesChanged>(log);
                let balances = (unsigned(event.capital), signed(event.pnl));
                self.balances.insert(event.account, balances);
            }
            Some(&OptionListed::SIGNATURE_HASH) => {
                let event = decoded::<OptionListed>(log);
                self.ends.insert(event.instrument, event.expiry);
            }
            Some(&OptionClosing::SIGNATURE_HASH) => {
                let event = decoded::<OptionClosing>(log);
                self.ends.insert(event.instrument, event.closes);
            }
            Some(&PositionChanged::SIGNATURE_HASH) => self.moved(&decoded(log)),
            Some(&PositionClosed::SIGNATURE_HASH) => self.closed(&decoded(log)),
            _ => {}
        }
    }

    fn side(&mut self, instrument: u32, side: Side) -> &mut Buckets {
        self.sides
            .entry((instrument, side == Side::Long))
            .or_default()
    }

    fn moved(&mut self, event: &PositionChanged) {
        self.moves += 1;
        let key = (event.account, event.instrument);
        if let Some(leg) = self.legs.remove(&key) {
            self.side(event.instrument, leg.side).leave(leg);
        }
        let position = Position(signed(event.size));
        if position != Position::ZERO {
            let side = position.side();
            let buckets = self.side(event.instrument, side);
            let leg = buckets.join(side, event.bucket, position.size());
            self.legs.insert(key, leg);
        }
    }

    fn closed(&mut self, event: &PositionClosed) {
        let closed = Position(signed(event.size));
        let buckets = self.side(event.instrument, closed.side().opposite());
        let level = buckets.cut(closed.size());
        assert_eq!(U256::from(level), event.level, "{event:?}");
        self.cuts += 1;
    }

    /// Capital and profit of an account; nothing of one that no event has named.
    pub fn balances(&self, account: B256) -> Balances {
        self.balances.get(&account).copied().unwrap_or_default()
    }

    /// What an account holds, by instrument.
    pub fn positions(&self, account: B256) -> BTreeMap<u32, i128> {
        let held = self.legs.iter().filter(|entry| entry.0.0 == account);
        let sizes = held.map(|(&(_, instrument), &leg)| {
            let size = self.sides[&(instrument, leg.side == Side::Long)].size(leg);
            let position = leg.side.position(size).expect("a position");
            (instrument, position.0)
        });
        sizes.filter(|entry| entry.1 != 0).collect()
    }

    /// Asserts that an account is what the vault's views say at unix time `now`: to the unit, but for options whose end has come, which are
    /// no positions to the views from then on.
    pub fn assert_is(
        &self,
        account: B256,
        balances: &balancesReturn,
        legs: &legsReturn,
        now: u64,
        context: &str,
    ) {
        let seen = (unsigned(balances.capital), signed(balances.pnl));
        assert_eq!(self.balances(account), seen, "{context}: {account}");
        let sizes = legs.sizes.iter().map(|&size| signed(size));
        let seen: BTreeMap<_, _> = legs.instruments.iter().copied().zip(sizes).collect();
        let mut positions = self.positions(account);
        positions.retain(|instrument, _| {
            let ended = self.ends.get(instrument).is_some_and(|&end| end <= now);
            !ended || seen.contains_key(instrument)
        });
        assert_eq!(positions, seen, "{context}: {account}");
    }

    /// Forgets a vault, for another one.
    pub fn begin_anew(&mut self) {
        let Self { cuts, moves, .. } = *self;
        *self = Self {
            cuts,
            moves,
            ..Self::default()
        };
    }

    /// How many legs have moved, and how often a side was cut.
    pub fn counts(&self) -> [u64; 2] {
        [self.moves, self.cuts]
    }
}

fn decoded<E: SolEvent>(log: &Log) -> E {
    E::decode_log_data(&log.data).expect("an event of the ABI")
}

fn unsigned(value: U256) -> i128 {
    value.try_into().expect("an amount within 128 bits")
}

fn signed(value: I256) -> i128 {
    value.try_into().expect("a number within 128 bits")
}
