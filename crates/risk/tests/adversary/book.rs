//! The ledger's state in plain arrays, with a journal by which an operation that is refused is undone: an operation costs
//! microseconds.

use std::collections::BTreeMap;

use risk::{
    Account, BUCKETS, Bucket, Ended, InstrumentId, Leg, Position, Positions, Prices, Ratio, Result,
    Side, SideState, Store, Totals, Usd, linear_margin,
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
    /// The perpetual that each instrument's margin and cover count to.
    pub underlying: [InstrumentId; INSTRUMENTS],
    /// Maintenance margin of each, a share of notional at its underlying's mark.
    pub maintenance: [Ratio; INSTRUMENTS],
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
            underlying,
            maintenance,
            worn_buckets_end: false,
            journal: Vec::new(),
        }
    }

    /// From here on writes can be undone.
    pub fn begin(&mut self) {
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
        linear_margin(position, spot, self.maintenance[place])
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
