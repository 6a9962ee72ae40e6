//! The ledger's state in plain arrays, with a journal by which an operation that is refused is undone: an operation costs
//! microseconds.

use std::collections::BTreeMap;

use risk::rules::margin::linear_margin;
use risk::{
    Account, Attribution, BUCKETS, Bucket, Cover, Debts, Ended, Flow, InstrumentId, Leg, Position,
    Positions, Prices, Ratio, Records, Result, Side, SideState, Store, TierEnds, Totals, Usd,
};

/// Accounts of the world, see [`crate::world`].
pub const ACCOUNTS: usize = 20;
/// Places of instruments.
pub const INSTRUMENTS: usize = 5;

/// So many epochs later nothing is left of a leg.
const PASSED_OVER: u32 = 8;

type Epoch = (InstrumentId, usize, u8, u32);

/// What was where a write came.
#[derive(Clone, Debug)]
enum Before {
    Totals(Totals),
    Account(usize, Account),
    Prices(InstrumentId, Prices),
    Side(InstrumentId, usize, SideState),
    Bucket(InstrumentId, usize, u8, Bucket),
    Ended(Epoch, Option<Ended>),
    Leg(usize, InstrumentId, Option<Leg>),
    Flow(InstrumentId, Flow),
    Cover(InstrumentId, Cover),
    Debts(InstrumentId, Debts),
    Records(Records),
    Stuck(Usd),
    Attribution(usize, Attribution),
}

/// [`Store`] of one vault.
#[derive(Clone, Debug)]
pub struct Book {
    totals: Totals,
    pub accounts: [Account; ACCOUNTS],
    prices: [Prices; INSTRUMENTS],
    sides: [[SideState; 2]; INSTRUMENTS],
    pub buckets: [[[Bucket; BUCKETS]; 2]; INSTRUMENTS],
    ended: BTreeMap<Epoch, Ended>,
    pub legs: [[Option<Leg>; INSTRUMENTS]; ACCOUNTS],
    /// Instruments that have expired at their last mark.
    pub settled: [bool; INSTRUMENTS],
    /// Until when each was in stricter tiers.
    pub tier_ends: [TierEnds; INSTRUMENTS],
    /// The perpetual that each instrument's margin and cover count to.
    pub underlying: [InstrumentId; INSTRUMENTS],
    /// Maintenance margin of each, a share of notional at its underlying's mark.
    pub maintenance: [Ratio; INSTRUMENTS],
    /// Allowance of each perpetual's cover.
    pub allowances: [Usd; INSTRUMENTS],
    flows: [Flow; INSTRUMENTS],
    covers: [Cover; INSTRUMENTS],
    debts: [Debts; INSTRUMENTS],
    records: Records,
    stuck: Usd,
    attributions: [Attribution; ACCOUNTS],
    /// A fault put back: what an operation draws counts once it is over.
    pub covers_drawn_late: bool,
    late: Vec<(InstrumentId, Cover)>,
    /// A fault put back: covers have room for everything.
    pub covers_unbounded: bool,
    /// A fault put back: a bucket that is worn ends with everybody in it.
    pub worn_buckets_end: bool,
    journal: Vec<Before>,
}

const fn place(side: Side) -> usize {
    match side {
        Side::Long => 0,
        Side::Short => 1,
    }
}

impl Book {
    pub fn new(
        underlying: [InstrumentId; INSTRUMENTS],
        maintenance: [Ratio; INSTRUMENTS],
        prices: [Prices; INSTRUMENTS],
    ) -> Self {
        Self {
            totals: Totals::default(),
            accounts: [Account::default(); ACCOUNTS],
            prices,
            sides: [[SideState::default(); 2]; INSTRUMENTS],
            buckets: [[[Bucket::default(); BUCKETS]; 2]; INSTRUMENTS],
            ended: BTreeMap::new(),
            legs: [[None; INSTRUMENTS]; ACCOUNTS],
            settled: [false; INSTRUMENTS],
            tier_ends: [TierEnds::default(); INSTRUMENTS],
            underlying,
            maintenance,
            allowances: [Usd::ZERO; INSTRUMENTS],
            flows: [Flow::default(); INSTRUMENTS],
            covers: [Cover::default(); INSTRUMENTS],
            debts: [Debts::default(); INSTRUMENTS],
            records: Records::default(),
            stuck: Usd::ZERO,
            attributions: [Attribution::default(); ACCOUNTS],
            covers_drawn_late: false,
            late: Vec::new(),
            covers_unbounded: false,
            worn_buckets_end: false,
            journal: Vec::new(),
        }
    }

    /// Counts what an instrument has paid into insurance.
    pub fn pay_in(&mut self, id: InstrumentId, amount: Usd, now: u64) {
        let flow = &mut self.flows[usize::from(id)];
        self.journal.push(Before::Flow(id, *flow));
        *flow = flow.with_paid(amount, now);
    }

    /// Counts what the operation has drawn, where that was put off.
    pub fn draw_late(&mut self) {
        for (id, cover) in core::mem::take(&mut self.late) {
            self.write_cover(id, cover);
        }
    }

    fn write_cover(&mut self, id: InstrumentId, cover: Cover) {
        let old = &mut self.covers[usize::from(id)];
        self.journal.push(Before::Cover(id, *old));
        *old = cover;
    }

    /// From here on writes can be undone.
    pub fn begin(&mut self) {
        self.late.clear();
        self.journal.clear();
    }

    /// Takes back every write since [`Book::begin`].
    pub fn undo(&mut self) {
        while let Some(before) = self.journal.pop() {
            match before {
                Before::Totals(totals) => self.totals = totals,
                Before::Account(id, account) => self.accounts[id] = account,
                Before::Prices(id, prices) => self.prices[usize::from(id)] = prices,
                Before::Side(id, side, state) => self.sides[usize::from(id)][side] = state,
                Before::Bucket(id, side, bucket, state) => {
                    self.buckets[usize::from(id)][side][usize::from(bucket)] = state;
                }
                Before::Ended(key, Some(ended)) => {
                    self.ended.insert(key, ended);
                }
                Before::Ended(key, None) => {
                    self.ended.remove(&key);
                }
                Before::Leg(account, id, leg) => self.legs[account][usize::from(id)] = leg,
                Before::Flow(id, flow) => self.flows[usize::from(id)] = flow,
                Before::Cover(id, cover) => self.covers[usize::from(id)] = cover,
                Before::Debts(id, debts) => self.debts[usize::from(id)] = debts,
                Before::Records(records) => self.records = records,
                Before::Stuck(stuck) => self.stuck = stuck,
                Before::Attribution(id, attribution) => self.attributions[id] = attribution,
            }
        }
    }
}

impl Store for Book {
    type AccountId = usize;

    fn totals(&self) -> Totals {
        self.totals
    }
    fn set_totals(&mut self, totals: &Totals) {
        self.journal.push(Before::Totals(self.totals));
        self.totals = *totals;
    }
    fn account(&self, id: usize) -> Account {
        self.accounts[id]
    }
    fn set_account(&mut self, id: usize, account: &Account) {
        self.journal.push(Before::Account(id, self.accounts[id]));
        self.accounts[id] = *account;
    }
    fn prices(&self, id: InstrumentId) -> Prices {
        self.prices[usize::from(id)]
    }
    fn set_prices(&mut self, id: InstrumentId, prices: &Prices) {
        let old = &mut self.prices[usize::from(id)];
        self.journal.push(Before::Prices(id, *old));
        *old = *prices;
    }
    fn maintenance(&self, positions: &Positions) -> Result<Usd> {
        self.weights(positions)
    }
    fn weight(&self, id: InstrumentId, position: Position) -> Result<Usd> {
        let place = usize::from(id);
        let spot = self.prices[usize::from(self.underlying[place])].mark;
        linear_margin(position, spot.price(), self.maintenance[place])
    }
    fn tier_ends(&self, id: InstrumentId) -> TierEnds {
        self.tier_ends[usize::from(id)]
    }
    fn underlying(&self, id: InstrumentId) -> InstrumentId {
        self.underlying[usize::from(id)]
    }
    fn cover_size(&self, id: InstrumentId, measured: Usd, now: u64) -> Result<Usd> {
        if self.covers_unbounded {
            return Ok(Usd::MAX);
        }
        let place = usize::from(id);
        self.flows[place].cover(self.allowances[place], measured, now)
    }
    fn cover(&self, id: InstrumentId) -> Cover {
        self.covers[usize::from(id)]
    }
    fn set_cover(&mut self, id: InstrumentId, cover: &Cover) {
        if self.covers_drawn_late {
            self.late.push((id, *cover));
        } else {
            self.write_cover(id, *cover);
        }
    }
    fn debts(&self, id: InstrumentId) -> Debts {
        self.debts[usize::from(id)]
    }
    fn set_debts(&mut self, id: InstrumentId, debts: &Debts) {
        let old = &mut self.debts[usize::from(id)];
        self.journal.push(Before::Debts(id, *old));
        *old = *debts;
    }
    fn records(&self) -> Records {
        self.records
    }
    fn set_records(&mut self, records: &Records) {
        self.journal.push(Before::Records(self.records));
        self.records = *records;
    }
    fn stuck(&self) -> Usd {
        self.stuck
    }
    fn set_stuck(&mut self, stuck: Usd) {
        self.journal.push(Before::Stuck(self.stuck));
        self.stuck = stuck;
    }
    fn attribution(&self, id: usize) -> Attribution {
        self.attributions[id]
    }
    fn set_attribution(&mut self, id: usize, attribution: &Attribution) {
        let old = &mut self.attributions[id];
        self.journal.push(Before::Attribution(id, *old));
        *old = *attribution;
    }
    fn is_settled(&self, id: InstrumentId) -> bool {
        self.settled[usize::from(id)]
    }
    fn side(&self, id: InstrumentId, side: Side) -> SideState {
        self.sides[usize::from(id)][place(side)]
    }
    fn set_side(&mut self, id: InstrumentId, side: Side, state: &SideState) {
        let old = &mut self.sides[usize::from(id)][place(side)];
        self.journal.push(Before::Side(id, place(side), *old));
        *old = *state;
    }
    fn bucket(&self, id: InstrumentId, side: Side, bucket: u8) -> Bucket {
        self.buckets[usize::from(id)][place(side)][usize::from(bucket)]
    }
    fn set_bucket(&mut self, id: InstrumentId, side: Side, bucket: u8, state: &Bucket) {
        let old = &mut self.buckets[usize::from(id)][place(side)][usize::from(bucket)];
        self.journal
            .push(Before::Bucket(id, place(side), bucket, *old));
        let divided = state.epoch > old.epoch && !state.is_empty();
        *old = if self.worn_buckets_end && divided {
            Bucket::empty(state.epoch + PASSED_OVER)
        } else {
            *state
        };
    }
    fn ended(&self, id: InstrumentId, side: Side, bucket: u8, epoch: u32) -> Ended {
        let key = (id, place(side), bucket, epoch);
        self.ended.get(&key).copied().unwrap_or_default()
    }
    fn set_ended(&mut self, id: InstrumentId, side: Side, bucket: u8, epoch: u32, ended: &Ended) {
        let key = (id, place(side), bucket, epoch);
        let old = self.ended.insert(key, *ended);
        self.journal.push(Before::Ended(key, old));
    }
    fn leg(&self, account: usize, id: InstrumentId) -> Leg {
        self.legs[account][usize::from(id)].expect("a leg that the account holds")
    }
    fn set_leg(&mut self, account: usize, id: InstrumentId, leg: Option<&Leg>) {
        let old = &mut self.legs[account][usize::from(id)];
        self.journal.push(Before::Leg(account, id, *old));
        *old = leg.copied();
    }
}
