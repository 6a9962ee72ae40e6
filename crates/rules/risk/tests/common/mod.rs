//! A vault over plain maps, with the operations composed as the reference model composes them.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod options;
pub mod slots;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use ledger_model::OptionTerms;
use risk::ledger::residue::Wear;
use risk::rules::liquidation;
use risk::rules::margin::linear_margin;
use risk::{
    Account, Attribution, BUCKETS, Bucket, Clock, Closing, Converted, Cover, Coverage, Cumulative,
    Debts, Draw, Ended, Error, Ground, Index, InstrumentId, Ledger, Leg, Mark, Maturing, Maturity,
    Pool, Position, Positions, Price, Prices, Ratio, Records, Result, Side, SideState, Size, Store,
    TierEnds, Totals, Trade, Traded, Usd, Valued, WAD, math,
};

/// The insurance pool's own account.
pub const POOL: usize = 1000;
/// The account that fees are paid into.
pub const FEES: usize = 1001;
/// A cover that pays for everything.
pub const UNLIMITED: Usd = Usd(1 << 99);
/// Maintenance rate of the reference model.
pub const MAINTENANCE_RATE: Ratio = Ratio(WAD / 100 * 3);

type BucketKey = (InstrumentId, bool, u8);

/// [`Store`] in memory.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    pub totals: Totals,
    pub accounts: BTreeMap<usize, Account>,
    pub prices: BTreeMap<InstrumentId, Prices>,
    pub sides: BTreeMap<(InstrumentId, bool), SideState>,
    pub buckets: BTreeMap<BucketKey, Bucket>,
    pub ended: BTreeMap<(BucketKey, u32), Ended>,
    /// What each side has gone through.
    pub wear: BTreeMap<(InstrumentId, bool), Wear>,
    pub legs: BTreeMap<(usize, InstrumentId), Leg>,
    /// The instruments that are options.
    pub options: BTreeMap<InstrumentId, OptionTerms>,
    /// Those of them that have expired at their last mark.
    pub settled: BTreeSet<InstrumentId>,
    /// Until when each instrument was in the guard's stricter tiers; one that was not set never was.
    pub tier_ends: BTreeMap<InstrumentId, TierEnds>,
    /// How often it was asked for margin.
    pub asked: Cell<u32>,
    /// How large covers are; one that was not set pays for everything.
    pub cover_sizes: BTreeMap<InstrumentId, Usd>,
    pub covers: BTreeMap<InstrumentId, Cover>,
    pub debts: BTreeMap<InstrumentId, Debts>,
    pub records: Records,
    pub stuck: Usd,
    pub attributions: BTreeMap<usize, Attribution>,
}

/// One, in the unit of an option's delta.
const SIXTEENTHS: u128 = 16;

impl Memory {
    /// Says how fast gains in an instrument mature, whenever they are settled.
    pub fn set_maturity(&mut self, id: InstrumentId, class: Maturity) {
        let lasts = |from| if class >= from { u32::MAX } else { 0 };
        let ends = TierEnds::new(lasts(Maturity::Hour), lasts(Maturity::Day));
        self.tier_ends.insert(id, ends);
    }

    /// Margin of the positions in one underlying, as the exact model has it under which hedges count: of net delta, and a
    /// third of it for every short option; rounded up.
    fn hedged_margin(&self, underlying: InstrumentId, positions: &Positions) -> Result<Usd> {
        let (mut net, mut short) = (0_i128, 0);
        for (id, position) in positions.iter() {
            if self.underlying(id) != underlying {
                continue;
            }
            let delta = self.options.get(&id).map_or(16, |terms| terms.delta);
            net += position.0 * i128::from(delta);
            if self.options.contains_key(&id) {
                short += position.0.min(0).unsigned_abs();
            }
        }
        // In units of which 48 are one.
        let notional = net.unsigned_abs() * 3 + short * SIXTEENTHS;
        let mark = self.prices[&underlying].mark.0;
        let notional = math::mul_div_up(notional, mark, 3 * SIXTEENTHS * WAD)?;
        Usd(math::signed(notional)?).times_up(MAINTENANCE_RATE)
    }
}

fn is_long(side: Side) -> bool {
    side == Side::Long
}

/// Asserts that a number fits so many bits.
fn fits(what: &str, value: u128, bits: u32) {
    assert!(
        value.leading_zeros() >= 128 - bits,
        "{what}: {value} is beyond {bits} bits"
    );
}

/// Asserts that a signed number fits so many bits.
fn fits_signed(what: &str, value: i128, bits: u32) {
    fits(what, value.unsigned_abs(), bits - 1);
}

impl Store for Memory {
    type AccountId = usize;

    fn totals(&self) -> Totals {
        self.totals
    }
    fn set_totals(&mut self, totals: &Totals) {
        for (what, total) in [
            ("V", totals.tokens),
            ("sum of C", totals.capital),
            ("sum of P+", totals.profit),
            ("debt", totals.debt),
        ] {
            fits(what, total.0.unsigned_abs(), 112);
            assert!(total >= Usd::ZERO, "{what} is negative");
        }
        fits_signed("shortfall", totals.shortfall.0, 112);
        fits_signed("gains", totals.gains.0, 112);
        self.totals = *totals;
    }
    fn account(&self, id: usize) -> Account {
        self.accounts.get(&id).copied().unwrap_or_default()
    }
    fn set_account(&mut self, id: usize, account: &Account) {
        fits("C", account.capital.0.unsigned_abs(), 112);
        fits_signed("P", account.pnl.0, 112);
        fits("bucket", account.bucket.into(), 4);
        self.accounts.insert(id, *account);
    }
    fn prices(&self, id: InstrumentId) -> Prices {
        self.prices[&id]
    }
    fn set_prices(&mut self, id: InstrumentId, prices: &Prices) {
        fits("mark", prices.mark.0, 100);
        fits_signed("funding", prices.funding.0, 100);
        self.prices.insert(id, *prices);
    }
    fn maintenance(&self, positions: &Positions) -> Result<Usd> {
        assert!(positions.count() > 0, "no positions need no margin");
        self.asked.set(self.asked.get() + 1);
        if self.options.is_empty() {
            return self.weights(positions);
        }
        let held = positions.iter().map(|(id, _)| self.underlying(id));
        let underlyings: BTreeSet<_> = held.collect();
        underlyings.into_iter().try_fold(Usd::ZERO, |sum, id| {
            sum.plus(self.hedged_margin(id, positions)?)
        })
    }
    fn weight(&self, id: InstrumentId, position: Position) -> Result<Usd> {
        let spot = self.prices[&self.underlying(id)].mark;
        linear_margin(position, spot.price(), MAINTENANCE_RATE)
    }
    fn is_settled(&self, id: InstrumentId) -> bool {
        self.settled.contains(&id)
    }
    fn tier_ends(&self, id: InstrumentId) -> TierEnds {
        self.tier_ends.get(&id).copied().unwrap_or_default()
    }
    fn underlying(&self, id: InstrumentId) -> InstrumentId {
        self.options.get(&id).map_or(id, |terms| terms.underlying)
    }
    fn cover_size(&self, id: InstrumentId, _: Usd, _: u64) -> Result<Usd> {
        Ok(self.cover_sizes.get(&id).copied().unwrap_or(UNLIMITED))
    }
    fn cover(&self, id: InstrumentId) -> Cover {
        self.covers.get(&id).copied().unwrap_or_default()
    }
    fn set_cover(&mut self, id: InstrumentId, cover: &Cover) {
        fits("debts of a cover", cover.debts.0.unsigned_abs(), 100);
        fits("rewards of a cover", cover.rewards.into(), 60);
        self.covers.insert(id, *cover);
    }
    fn debts(&self, id: InstrumentId) -> Debts {
        self.debts.get(&id).copied().unwrap_or_default()
    }
    fn set_debts(&mut self, id: InstrumentId, debts: &Debts) {
        fits("known", debts.known.0.unsigned_abs(), 112);
        fits("base", debts.base, 112);
        assert!(!self.options.contains_key(&id), "options have no debts");
        self.debts.insert(id, *debts);
    }
    fn records(&self) -> Records {
        self.records
    }
    fn set_records(&mut self, records: &Records) {
        assert!(records.rate <= Records::RATE_ONE, "{records:?}");
        self.records = *records;
    }
    fn stuck(&self) -> Usd {
        self.stuck
    }
    fn set_stuck(&mut self, stuck: Usd) {
        fits("stuck", stuck.0.unsigned_abs(), 112);
        self.stuck = stuck;
    }
    fn attribution(&self, id: usize) -> Attribution {
        self.attributions.get(&id).copied().unwrap_or_default()
    }
    fn set_attribution(&mut self, id: usize, attribution: &Attribution) {
        for (place, share) in attribution.shares {
            fits("place of an attribution", place.into(), 6);
            fits("share of an attribution", share.into(), 26);
        }
        self.attributions.insert(id, *attribution);
    }
    fn side(&self, id: InstrumentId, side: Side) -> SideState {
        self.sides
            .get(&(id, is_long(side)))
            .copied()
            .unwrap_or_default()
    }
    fn set_side(&mut self, id: InstrumentId, side: Side, state: &SideState) {
        fits("open interest", state.open_interest.0, 112);
        self.sides.insert((id, is_long(side)), *state);
    }
    fn bucket(&self, id: InstrumentId, side: Side, bucket: u8) -> Bucket {
        self.buckets
            .get(&(id, is_long(side), bucket))
            .copied()
            .unwrap_or_default()
    }
    fn set_bucket(&mut self, id: InstrumentId, side: Side, bucket: u8, state: &Bucket) {
        fits("scale", state.scale.0, 96);
        fits("base", state.base.0, 127);
        fits("M", state.weight.0, 112);
        fits("epoch", state.epoch.into(), 28);
        let before = self.bucket(id, side, bucket);
        if state.is_cut() || state.epoch != before.epoch {
            // Cut, if its scale is another; what is joined or left is counted by its leg.
            let wear = self.wear.entry((id, is_long(side))).or_default();
            if (state.scale, state.epoch) != (before.scale, before.epoch) {
                wear.cuts += 1;
                wear.left += state.size().unwrap().0;
            }
        }
        self.buckets.insert((id, is_long(side), bucket), *state);
    }
    fn ended(&self, id: InstrumentId, side: Side, bucket: u8, epoch: u32) -> Ended {
        let key = ((id, is_long(side), bucket), epoch);
        self.ended.get(&key).copied().unwrap_or_default()
    }
    fn set_ended(&mut self, id: InstrumentId, side: Side, bucket: u8, epoch: u32, ended: &Ended) {
        let key = (id, is_long(side), bucket);
        let previous = self.ended.insert((key, epoch), *ended);
        assert!(previous.is_none(), "an epoch ends once");
        let legs = self.legs.iter().filter(|((account, instrument), leg)| {
            let within = (*instrument, leg.side, self.account(*account).bucket);
            within == (id, side, bucket) && leg.base.0 > 0
        });
        let held = legs.count() as u128;
        let wear = self.wear.entry((id, is_long(side))).or_default();
        if ended.emptied {
            wear.emptied += 1;
        } else {
            wear.divided += held;
        }
    }
    fn leg(&self, account: usize, id: InstrumentId) -> Leg {
        self.legs[&(account, id)]
    }
    fn set_leg(&mut self, account: usize, id: InstrumentId, leg: Option<&Leg>) {
        if let Some(leg) = leg {
            fits_signed("K", leg.settled.0, 113);
            fits("joined", leg.joined.0, 112);
            fits("base", leg.base.0, 127);
            fits("epoch", leg.epoch.into(), 28);
        }
        let old = self.legs.get(&(account, id)).copied();
        if let Some(side) = leg.or(old.as_ref()).map(|leg| leg.side) {
            let wear = self.wear.entry((id, is_long(side))).or_default();
            wear.joins += u128::from(old.is_none());
            wear.leaves += u128::from(leg.is_none());
        }
        match leg {
            Some(leg) => self.legs.insert((account, id), *leg),
            None => self.legs.remove(&(account, id)),
        };
    }
}

/// What deleveraging an account did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    pub deficit: Usd,
    pub insured: Usd,
}

/// A vault with its pool's purse.
#[derive(Clone, Debug, Default)]
pub struct Vault {
    pub memory: Memory,
    pub insurance: Usd,
    /// What the pool had before the deposits that came while something was on record.
    pub recorded: Option<Usd>,
    /// Unix time.
    pub now: u64,
}

impl Vault {
    pub fn list(&mut self, id: InstrumentId, mark: Price) {
        let (mark, funding) = (Mark(mark.0), Index::ZERO);
        self.memory.set_prices(id, &Prices { mark, funding });
    }

    /// Lists an option.
    pub fn list_option(&mut self, id: InstrumentId, mark: Price, terms: OptionTerms) {
        self.list(id, mark);
        self.memory.options.insert(id, terms);
    }

    /// An option expires at its mark.
    pub fn expire(&mut self, id: InstrumentId) {
        assert!(self.memory.options.contains_key(&id), "options expire");
        self.memory.settled.insert(id);
    }

    /// Lists another option in the place of one that has expired. Returns whether no legs were in the way.
    pub fn relist(&mut self, id: InstrumentId, mark: Price) -> Result<bool> {
        let retired = self.run(|ledger| ledger.retire(id))?;
        if retired {
            self.memory.settled.remove(&id);
            self.memory
                .wear
                .retain(|(instrument, _), _| *instrument != id);
            self.poke(id, mark)?;
        }
        Ok(retired)
    }

    /// Runs one operation; nothing changes if it fails.
    pub fn run<T>(
        &mut self,
        operation: impl FnOnce(&mut Ledger<'_, Memory>) -> Result<T>,
    ) -> Result<T> {
        let mut memory = self.memory.clone();
        let mut ledger = Ledger::open(&mut memory, self.now);
        ledger.insure(self.pool())?;
        let out = operation(&mut ledger)?;
        let insurance = ledger.payable();
        ledger.save()?;
        self.memory = memory;
        self.insurance = insurance;
        Ok(out)
    }

    /// Asks something that changes nothing.
    pub fn ask<T>(&self, question: impl FnOnce(&Ledger<'_, Memory>) -> Result<T>) -> Result<T> {
        let mut memory = self.memory.clone();
        let mut ledger = Ledger::open(&mut memory, self.now);
        ledger.insure(self.pool())?;
        question(&ledger)
    }

    /// What the pool says.
    fn pool(&self) -> Pool {
        Pool {
            payable: self.insurance,
            // Sizes of covers are given.
            measured: self.recorded.map_or(self.insurance, |_| UNLIMITED),
            recorded: self.recorded.unwrap_or(self.insurance),
        }
    }

    /// Draws on the pool for what is on record of an instrument.
    pub fn recover(&mut self, id: InstrumentId) -> Result<Usd> {
        self.run(|ledger| ledger.recover(id, Usd(1)))
    }

    /// Draws on the pool for everything on record.
    pub fn recover_all(&mut self) -> Result<()> {
        for id in 0..64 {
            if self.memory.records.unpaid >> id & 1 == 1 {
                self.recover(id)?;
            }
        }
        Ok(())
    }

    pub fn mark(&self, id: InstrumentId) -> Price {
        self.memory.prices[&id].mark.price()
    }

    pub fn poke(&mut self, id: InstrumentId, mark: Price) -> Result<()> {
        let (mark, funding) = (Mark(mark.0), self.memory.prices[&id].funding);
        self.run(|ledger| ledger.set_prices(id, &Prices { mark, funding }))
    }

    pub fn fund(&mut self, id: InstrumentId, paid_by_longs: Index) -> Result<()> {
        let Prices { mark, funding } = self.memory.prices[&id];
        let funding = funding.plus(paid_by_longs)?;
        self.run(|ledger| ledger.set_prices(id, &Prices { mark, funding }))
    }

    pub fn deposit(&mut self, id: usize, amount: Usd) -> Result<()> {
        self.run(|ledger| ledger.deposit(id, amount))
    }

    pub fn withdraw(&mut self, id: usize, amount: Usd) -> Result<()> {
        self.run(|ledger| ledger.withdraw(id, amount).map(|_| ()))
    }

    pub fn touch(&mut self, id: usize, by_owner: bool) -> Result<()> {
        self.run(|ledger| ledger.touch(id, by_owner).map(|_| ()))
    }

    /// A trade without fees.
    pub fn trade(
        &mut self,
        buyer: usize,
        seller: usize,
        id: InstrumentId,
        size: Size,
        price: Price,
    ) -> Result<()> {
        self.trade_for(buyer, seller, id, (size, price), Ratio::ZERO)
            .map(|_| ())
    }

    /// A trade for which both parties pay the same fee.
    pub fn trade_for(
        &mut self,
        buyer: usize,
        seller: usize,
        instrument: InstrumentId,
        (size, price): (Size, Price),
        fee: Ratio,
    ) -> Result<[Traded; 2]> {
        let fee = size.notional_up(price)?.times_up(fee)?;
        self.run(|ledger| {
            ledger.trade(&Trade {
                buyer,
                seller,
                instrument,
                size,
                price,
                buyer_fee: fee,
                seller_fee: fee,
                fees: FEES,
            })
        })
    }

    /// As the reference model, where profit matures at once.
    pub fn convert(&mut self, id: usize) -> Result<Converted> {
        self.run(|ledger| {
            let mut account = ledger.touch(id, true)?.account;
            account.maturing = Maturing::default();
            ledger.store.set_account(id, &account);
            ledger.convert(id, Usd::MAX)
        })
    }

    /// Converts what has matured.
    pub fn convert_mature(&mut self, id: usize) -> Result<Converted> {
        self.run(|ledger| {
            ledger.touch(id, true)?;
            ledger.convert(id, Usd::MAX)
        })
    }

    /// As the reference model: what it touches stays touched, whether it liquidates or not.
    pub fn liquidate(&mut self, id: usize, into: usize, rate: Ratio) -> Result<bool> {
        self.run(|ledger| {
            ledger.touch(id, false)?;
            ledger.touch(into, true)?;
            let health = ledger.valued(id)?.health;
            let legs = ledger.store.account(id).legs;
            let plan = match liquidation::plan(&health, health.maintenance, rate, Ratio::ONE, false)
            {
                Ok(plan) => plan,
                Err(Error::Healthy | Error::NoEquity) => return Ok(false),
                Err(error) => return Err(error),
            };
            ledger.liquidate(id, into, POOL, &plan, &legs)?;
            Ok(true)
        })
    }

    /// As the reference model: at once, all legs, without penalty.
    pub fn deleverage(&mut self, id: usize) -> Result<Option<Closed>> {
        self.run(|ledger| {
            let Valued {
                mut account,
                health,
                positions,
                ..
            } = ledger.touch(id, false)?;
            account.clock.unhealthy = u16::MAX;
            let Some(ground) = Ground::of(&account, &health, || Ok(Usd::MAX))? else {
                return Ok(None);
            };
            let weights = ledger.store.weights(&positions)?;
            let legs = (&account.legs, health.maintenance, weights);
            let plan = Closing::decide(ground, &health, legs, Ratio::ZERO, false, 0)?;
            let mut draw = unrewarded();
            if ground == Ground::Debt {
                ledger.close(id, &account.legs, usize::MAX, &mut draw)?;
            } else {
                for &leg in account.legs.as_slice() {
                    ledger.cut_leg(id, POOL, leg, plan.share, Size::MAX, Ratio::ZERO)?;
                }
            }
            Ok(Some(Closed {
                deficit: draw.deficit,
                insured: draw.insured.sum()?,
            }))
        })
    }

    pub fn coverage(&self) -> u128 {
        self.ask(|ledger| ledger.coverage().and_then(Coverage::ratio))
            .unwrap()
    }

    pub fn missing(&self) -> Usd {
        self.ask(|ledger| ledger.missing()).unwrap()
    }

    pub fn equity(&self, id: usize) -> Usd {
        self.ask(|ledger| ledger.coverage()?.equity(&ledger.store.account(id)))
            .unwrap()
    }

    pub fn size(&self, id: usize, instrument: InstrumentId) -> Position {
        self.ask(|ledger| ledger.position(id, instrument)).unwrap()
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
        self.check_debts();
        let (mut gains, mut unsettled) = (0, 0);
        for (&id, prices) in &memory.prices {
            let index = prices.index().unwrap();
            let interest = Side::BOTH.map(|side| memory.side(id, side).open_interest);
            let settled = memory.settled.contains(&id);
            assert!(settled || interest[0] == interest[1], "long = short");
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

    /// A leg as its bucket's epoch has it, and what it has gained in the epochs before: told from what is stored alone.
    fn moved_on(&self, account: &Account, id: InstrumentId, leg: &Leg) -> (Leg, i128) {
        let (number, mut leg, mut gain) = (account.bucket, *leg, 0);
        let last = self.memory.bucket(id, leg.side, number).epoch;
        for epoch in leg.epoch..last {
            if leg.base.0 == 0 {
                break;
            }
            let ended = self.memory.ended(id, leg.side, number, epoch);
            let change = ended.cumulative.minus(leg.settled).unwrap();
            gain += leg.base.gain(change).unwrap().0;
            leg.base.0 = if ended.emptied {
                0
            } else {
                leg.base.0 / 1_000_000
            };
            (leg.epoch, leg.settled) = (epoch + 1, Cumulative::ZERO);
        }
        (leg, gain)
    }

    /// Asserts that every debt is attributed, that instruments know the debts attributed to them, and that records add up to what
    /// nobody has paid, up to rounding, which the vault has the benefit of.
    fn check_debts(&self) {
        let memory = &self.memory;
        let (mut known, mut stuck) = (BTreeMap::<_, i128>::new(), 0);
        for (id, account) in &memory.accounts {
            assert_eq!(
                account.attributed,
                account.in_debt(),
                "debts are attributed"
            );
            let debt = account.pnl.deficit().unwrap();
            if account.attributed {
                let parts = memory.attribution(*id).parts(debt).unwrap();
                assert_eq!(parts.sum(), Ok(debt), "all of a debt is attributed");
                for (instrument, part) in parts.iter() {
                    *known.entry(instrument).or_default() += part.0;
                }
            }
            assert!(account.in_debt() || !account.stuck);
            stuck += if account.stuck { debt.0 } else { 0 };
        }
        assert_eq!(memory.stuck.0, stuck, "stuck debts");
        let (mut records, mut unpaid) = (0, 0);
        for (&id, debts) in &memory.debts {
            let of_accounts = known.remove(&id).unwrap_or_default();
            assert_eq!(debts.known.0, of_accounts, "known debts of {id}");
            assert_eq!(memory.records.known >> id & 1 == 1, debts.known > Usd::ZERO);
            let record = memory.records.unpaid_of(debts).unwrap().0;
            records += record;
            unpaid |= u64::from(record > 0) << id;
        }
        assert!(known.values().all(|&part| part == 0), "{known:?}");
        assert_eq!(memory.records.unpaid & unpaid, unpaid);
        if memory.records.generation == 0 {
            let missing = memory.totals.shortfall.or_zero().0;
            assert!(records >= missing, "{records} on record of {missing}");
        }
    }

    /// Asserts that a side holds its buckets, a bucket its legs, and that what nobody holds is at most residue. Returns the
    /// unsettled gain of the side's legs.
    fn check_side(&self, id: InstrumentId, side: Side, index: Index) -> i128 {
        let memory = &self.memory;
        let state = memory.side(id, side);
        let legs: Vec<_> = memory
            .legs
            .iter()
            .filter(|(key, leg)| key.1 == id && leg.side == side)
            .map(|(key, leg)| {
                let account = memory.account(key.0);
                assert!(
                    account.legs.as_slice().contains(&id),
                    "an account lists its legs"
                );
                (account, self.moved_on(&account, id, leg))
            })
            .collect();
        let (mut sizes, mut held) = (0, 0);
        for number in (0..).take(BUCKETS) {
            let bucket = memory.bucket(id, side, number);
            let within = legs.iter().filter(|(account, _)| account.bucket == number);
            let live: Vec<_> = within
                .map(|(_, (leg, _))| leg)
                .filter(|leg| leg.base.0 > 0)
                .collect();
            assert!(
                live.iter().all(|leg| leg.epoch == bucket.epoch),
                "what an epoch leaves is in the next"
            );
            let base: u128 = live.iter().map(|leg| leg.base.0).sum();
            assert!(base <= bucket.base.0, "base of a bucket");
            assert_eq!(
                state.occupied >> number & 1 == 1,
                !bucket.is_empty(),
                "a side knows which buckets have legs"
            );
            assert!(!live.is_empty() || bucket.is_empty(), "all legs have left");
            let own = |leg: &Leg| leg.base.size(bucket.scale).unwrap().0;
            let of_legs: u128 = live.iter().map(|leg| own(leg)).sum();
            assert!(
                of_legs <= bucket.size().unwrap().0,
                "a bucket holds its legs"
            );
            let parts = live.iter().map(|leg| {
                let size = own(leg);
                math::mul_div_down(size, size, leg.joined.0).unwrap()
            });
            let divisions = u128::from(bucket.epoch) * 3;
            assert!(
                parts.sum::<u128>() <= bucket.weight.0 + divisions,
                "M covers what legs take along"
            );
            sizes += bucket.size().unwrap().0;
            held += of_legs;
        }
        assert!(sizes <= state.open_interest.0, "a side holds its buckets");
        let wear = memory.wear.get(&(id, is_long(side))).copied();
        let bound = wear.unwrap_or_default().residue().0;
        let residue = state.open_interest.0 - held;
        assert!(residue <= bound, "{residue} of residue, beyond {bound}");
        legs.iter()
            .map(|(account, (leg, gain))| {
                let bucket = memory.bucket(id, side, account.bucket);
                if leg.base.0 == 0 {
                    return *gain;
                }
                let now = bucket.cumulative_floor(index).unwrap();
                gain + leg.base.gain(now.minus(leg.settled).unwrap()).unwrap().0
            })
            .sum()
    }
}

/// A draw without rewards, of a token of 18 decimals.
pub fn unrewarded() -> Draw {
    Draw {
        unit: Usd(1),
        ..Draw::default()
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
