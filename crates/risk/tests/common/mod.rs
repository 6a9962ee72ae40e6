//! A vault over plain maps, with the operations composed as the reference model composes them.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;

use risk::{
    Account, BUCKETS, Bucket, Clock, Closed, Converted, Cumulative, Error, Index, Instrument,
    InstrumentId, Ledger, Leg, Position, Price, Ratio, Result, Side, SideState, Size, Store,
    Totals, Usd, WAD, plan_deleverage, plan_liquidation,
};

/// The insurance pool's own account.
pub const POOL: usize = 1000;
/// Maintenance rate of the reference model.
pub const MAINTENANCE_RATE: Ratio = Ratio(WAD / 100 * 3);

type BucketKey = (InstrumentId, bool, u8);

/// [`Store`] in memory.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    pub totals: Totals,
    pub accounts: BTreeMap<usize, Account>,
    pub instruments: BTreeMap<InstrumentId, Instrument>,
    pub sides: BTreeMap<(InstrumentId, bool), SideState>,
    pub buckets: BTreeMap<BucketKey, Bucket>,
    pub closed: BTreeMap<(BucketKey, u32), Cumulative>,
    pub legs: BTreeMap<(usize, InstrumentId), Leg>,
}

fn is_long(side: Side) -> bool {
    side == Side::Long
}

impl Store for Memory {
    type AccountId = usize;

    fn totals(&self) -> Totals {
        self.totals
    }
    fn set_totals(&mut self, totals: &Totals) {
        self.totals = *totals;
    }
    fn account(&self, id: usize) -> Account {
        self.accounts.get(&id).copied().unwrap_or_default()
    }
    fn set_account(&mut self, id: usize, account: &Account) {
        self.accounts.insert(id, *account);
    }
    fn instrument(&self, id: InstrumentId) -> Instrument {
        self.instruments[&id]
    }
    fn set_mark(&mut self, id: InstrumentId, mark: Price) {
        self.instruments.get_mut(&id).unwrap().mark = mark;
    }
    fn side(&self, id: InstrumentId, side: Side) -> SideState {
        self.sides
            .get(&(id, is_long(side)))
            .copied()
            .unwrap_or_default()
    }
    fn set_side(&mut self, id: InstrumentId, side: Side, state: &SideState) {
        self.sides.insert((id, is_long(side)), *state);
    }
    fn bucket(&self, id: InstrumentId, side: Side, bucket: u8) -> Bucket {
        self.buckets
            .get(&(id, is_long(side), bucket))
            .copied()
            .unwrap_or_default()
    }
    fn set_bucket(&mut self, id: InstrumentId, side: Side, bucket: u8, state: &Bucket) {
        self.buckets.insert((id, is_long(side), bucket), *state);
    }
    fn closed(&self, id: InstrumentId, side: Side, bucket: u8, epoch: u32) -> Cumulative {
        self.closed[&((id, is_long(side), bucket), epoch)]
    }
    fn set_closed(
        &mut self,
        id: InstrumentId,
        side: Side,
        bucket: u8,
        epoch: u32,
        cumulative: Cumulative,
    ) {
        let previous = self
            .closed
            .insert(((id, is_long(side), bucket), epoch), cumulative);
        assert!(previous.is_none(), "an epoch ends once");
    }
    fn leg(&self, account: usize, id: InstrumentId) -> Leg {
        self.legs[&(account, id)]
    }
    fn set_leg(&mut self, account: usize, id: InstrumentId, leg: Option<&Leg>) {
        match leg {
            Some(leg) => self.legs.insert((account, id), *leg),
            None => self.legs.remove(&(account, id)),
        };
    }
}

/// A vault with its pool's purse.
#[derive(Clone, Debug, Default)]
pub struct Vault {
    pub memory: Memory,
    pub insurance: Usd,
}

impl Vault {
    pub fn list(&mut self, id: InstrumentId, mark: Price) {
        self.memory.instruments.insert(
            id,
            Instrument {
                mark,
                funding: Index::ZERO,
                maintenance_rate: MAINTENANCE_RATE,
            },
        );
    }

    /// Runs one operation; nothing changes if it fails.
    pub fn run<T>(
        &mut self,
        operation: impl FnOnce(&mut Ledger<'_, Memory>) -> Result<T>,
    ) -> Result<T> {
        let mut memory = self.memory.clone();
        let mut ledger = Ledger::open(&mut memory, self.insurance);
        let out = operation(&mut ledger)?;
        let insurance = ledger.insurance;
        ledger.save();
        self.memory = memory;
        self.insurance = insurance;
        Ok(out)
    }

    pub fn mark(&self, id: InstrumentId) -> Price {
        self.memory.instruments[&id].mark
    }

    pub fn poke(&mut self, id: InstrumentId, mark: Price) -> Result<()> {
        self.run(|ledger| ledger.set_mark(id, mark))
    }

    pub fn fund(&mut self, id: InstrumentId, paid_by_longs: Index) -> Result<()> {
        self.run(|ledger| {
            let old = ledger.store.instruments[&id];
            let new = Instrument {
                funding: old.funding.plus(paid_by_longs)?,
                ..old
            };
            ledger.reprice(id, old.index()?, new.index()?)?;
            ledger.store.instruments.insert(id, new);
            Ok(())
        })
    }

    pub fn deposit(&mut self, id: usize, amount: Usd) -> Result<()> {
        self.run(|ledger| ledger.deposit(id, amount))
    }

    pub fn withdraw(&mut self, id: usize, amount: Usd) -> Result<()> {
        self.run(|ledger| {
            ledger.touch(id, true)?;
            ledger.withdraw(id, amount)
        })
    }

    pub fn touch(&mut self, id: usize, by_owner: bool) -> Result<()> {
        self.run(|ledger| ledger.touch(id, by_owner).map(|_| ()))
    }

    pub fn trade(
        &mut self,
        buyer: usize,
        seller: usize,
        id: InstrumentId,
        size: Size,
        price: Price,
    ) -> Result<()> {
        self.run(|ledger| ledger.trade(buyer, seller, id, size, price))
    }

    pub fn convert(&mut self, id: usize) -> Result<Converted> {
        self.run(|ledger| {
            ledger.touch(id, true)?;
            ledger.convert(id, Usd(i128::MAX))
        })
    }

    /// As the reference model: what it touches stays touched, whether it liquidates or not.
    pub fn liquidate(&mut self, id: usize, into: usize, rate: Ratio) -> Result<bool> {
        self.run(|ledger| {
            ledger.touch(id, false)?;
            ledger.touch(into, true)?;
            let (health, legs) = (ledger.health(id)?, ledger.store.account(id).legs);
            let plan = match plan_liquidation(&health, health.maintenance, rate, Ratio::ONE, false)
            {
                Ok(plan) => plan,
                Err(Error::Healthy | Error::NoEquity) => return Ok(false),
                Err(error) => return Err(error),
            };
            ledger.liquidate(id, into, POOL, &plan, &legs)?;
            Ok(true)
        })
    }

    /// As the reference model: without penalty, all legs.
    pub fn deleverage(&mut self, id: usize) -> Result<Option<Closed>> {
        self.run(|ledger| {
            ledger.touch(id, false)?;
            let (health, legs) = (ledger.health(id)?, ledger.store.account(id).legs);
            match plan_deleverage(&health, health.maintenance, Ratio::ZERO) {
                Ok(plan) => ledger
                    .deleverage(id, POOL, &plan, &legs, usize::MAX, Usd(1))
                    .map(Some),
                Err(Error::NotDeleverageable) => Ok(None),
                Err(error) => Err(error),
            }
        })
    }

    pub fn coverage(&self) -> u128 {
        self.memory
            .totals
            .coverage(self.insurance)
            .unwrap()
            .ratio()
            .unwrap()
    }

    pub fn missing(&self) -> Usd {
        self.memory.totals.missing(self.insurance).unwrap()
    }

    pub fn equity(&self, id: usize) -> Usd {
        self.memory
            .totals
            .coverage(self.insurance)
            .unwrap()
            .equity(&self.memory.account(id))
            .unwrap()
    }

    pub fn size(&self, id: usize, instrument: InstrumentId) -> Position {
        let mut memory = self.memory.clone();
        Ledger::open(&mut memory, self.insurance)
            .positions(id)
            .unwrap()
            .get(instrument)
    }

    /// Asserts invariants 1, 2 and 3. Returns what the vault holds beyond all claims.
    pub fn check(&self) -> i128 {
        let memory = &self.memory;
        let totals = &memory.totals;
        let sum = |part: fn(&Account) -> i128| memory.accounts.values().map(part).sum::<i128>();
        assert_eq!(totals.capital.0, sum(|a| a.capital.0), "sum of capital");
        assert_eq!(totals.profit.0, sum(|a| a.pnl.0.max(0)), "sum of profit");
        assert_eq!(totals.debt.0, sum(|a| (-a.pnl.0).max(0)), "sum of debt");
        assert!(
            memory
                .accounts
                .values()
                .all(|a| a.capital.0 >= 0 && (a.pnl.0 >= 0 || a.capital.0 == 0))
        );
        assert!(totals.capital <= totals.tokens, "all capital is backed");
        let (mut gains, mut unsettled) = (0, 0);
        for (&id, instrument) in &memory.instruments {
            let index = instrument.index().unwrap();
            let interest = Side::BOTH.map(|side| memory.side(id, side).open_interest);
            assert_eq!(interest[0], interest[1], "long = short");
            for side in Side::BOTH {
                gains += memory
                    .side(id, side)
                    .unsettled(side.signed(index))
                    .unwrap()
                    .0
                    .max(0);
                unsettled += self.check_side(id, side, side.signed(index));
            }
        }
        assert_eq!(totals.gains.0, gains, "running total of unsettled gains");
        let claims = totals.capital.0 + totals.profit.0 - totals.debt.0 + unsettled;
        totals.tokens.0 - (claims - totals.shortfall.0)
    }

    /// Asserts that a side holds its buckets and a bucket its legs. Returns the unsettled gain of the side's legs.
    fn check_side(&self, id: InstrumentId, side: Side, index: Index) -> i128 {
        let memory = &self.memory;
        let legs = || {
            memory
                .legs
                .iter()
                .filter(move |(key, leg)| key.1 == id && leg.side == side)
        };
        let mut sizes = 0;
        for number in (0..).take(BUCKETS) {
            let bucket = memory.bucket(id, side, number);
            let live = || {
                legs()
                    .filter(move |(_, leg)| leg.bucket == number && leg.epoch == bucket.epoch)
                    .map(|(_, leg)| leg)
            };
            assert_eq!(
                bucket.base.0,
                live().map(|leg| leg.base.0).sum::<u128>(),
                "base of a bucket"
            );
            assert_eq!(
                bucket.joined.0,
                live().map(|leg| leg.joined.0).sum::<u128>(),
                "joined of a bucket"
            );
            let held: u128 = live()
                .map(|leg| leg.base.size(bucket.scale).unwrap().0)
                .sum();
            assert!(held <= bucket.size().unwrap().0, "a bucket holds its legs");
            sizes += bucket.size().unwrap().0;
        }
        assert!(
            sizes <= memory.side(id, side).open_interest.0,
            "a side holds its buckets"
        );
        for (key, leg) in legs() {
            assert!(
                memory.account(key.0).legs.as_slice().contains(&id),
                "an account lists its legs"
            );
            assert_eq!(
                memory.account(key.0).bucket,
                leg.bucket,
                "an account's legs share its bucket"
            );
        }
        legs()
            .map(|(_, leg)| {
                let bucket = memory.bucket(id, side, leg.bucket);
                let end = if leg.epoch == bucket.epoch {
                    bucket.cumulative_floor(index).unwrap()
                } else {
                    memory.closed(id, side, leg.bucket, leg.epoch)
                };
                leg.base.gain(end.minus(leg.settled).unwrap()).unwrap().0
            })
            .sum()
    }
}

/// A whole number in WAD.
pub const fn wad(units: i128) -> i128 {
    units * WAD as i128
}

/// An amount of whole quote tokens.
pub const fn usd(units: i128) -> Usd {
    Usd(wad(units))
}

/// A clock that shows no ill health.
pub const HEALTHY: Clock = Clock {
    seen: 0,
    unhealthy: 0,
};
