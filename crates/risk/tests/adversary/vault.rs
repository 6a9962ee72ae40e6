//! What the vault's programs do around the ledger: fresh marks, who may do what, fees, covers, the pool's purse, rewards, and
//! how fast tokens leave. The only file that knows how the ledger is called.

use std::fmt;
use std::ops::Range;

use risk::requirement::least_initial;
use risk::{
    Closing, Credit, DEBT, Flow, Ground, Index, InstrumentId, Ledger, Legs, MAX_LEGS, Maturing,
    Maturity, Outflow, OutflowRates, Positions, Price, Prices, Ranges, Ratio, Side, Size, Store,
    Terms, Throttle, Trade, Traded, Underlying, Usd, Valued, WAD, cover, math, plan_liquidation,
    rate_of_weights, within_band,
};

use crate::book::{ACCOUNTS, Book, INSTRUMENTS};

/// Sub-accounts of the one adversary.
pub const ADVERSARY: Range<usize> = 0..8;
/// Accounts of as many honest owners.
pub const HONEST: Range<usize> = 8..16;
/// The honest keepers' account.
pub const KEEPER: usize = 16;
/// The insurance pool's account.
pub const POOL: usize = 17;
/// The account that fees are paid into.
pub const FEES: usize = 18;
/// Who shares the fees with the pool.
pub const TREASURY: usize = 19;

/// A ten-thousandth.
pub const BASIS_POINT: u128 = WAD / 10_000;
const BAND: Ratio = Ratio(200 * BASIS_POINT);
const FEE: Ratio = Ratio(2 * BASIS_POINT);
const FEE_SHARE: Ratio = Ratio(2_000 * BASIS_POINT);
pub const SHOCK: Ratio = Ratio(1_500 * BASIS_POINT);
const REWARD_SHARE: Ratio = Ratio(500 * BASIS_POINT);
const MAX_REWARD: Usd = dollars(1_000);
const DUST: Usd = dollars(100);
/// Part of the pool that a vault draws at most in a day.
const DAILY_DRAW: Ratio = Ratio(2_500 * BASIS_POINT);
const TERMS: Terms = Terms {
    penalty_start: Ratio(500 * BASIS_POINT),
    penalty_ramp: 600,
};
pub const OUTFLOW: OutflowRates = OutflowRates {
    daily: Ratio(1_000 * BASIS_POINT),
    hourly: Ratio(100 * BASIS_POINT),
};
const DAY: u64 = 86_400;
const UNIT: Usd = Usd(1_000_000_000_000);
const RESTRICTED: u8 = 2;
const FORCIBLE_AFTER: u64 = DAY;

/// Whole units of the quote token.
pub const fn dollars(amount: i128) -> Usd {
    Usd(amount * WAD as i128)
}

/// A fault that is put back, to see that the search finds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    #[default]
    None,
    /// A worn bucket ends with everybody in it.
    WornBucketsEnd,
    /// What a trade pays for the distance from the mark matures as the traded instrument's gains do, wherever it comes from.
    EdgeOfTheTradedAlone,
    /// A loss of before makes a gain in a Restricted market mature.
    LossesMature,
}

/// Why an operation took no effect.
#[derive(Clone, Copy, Debug)]
pub enum Refused {
    /// By the ledger.
    Ledger(risk::Error),
    /// By a rule of the vault.
    Rule(&'static str),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ledger(error) => write!(f, "the ledger refuses: {error:?}"),
            Self::Rule(rule) => write!(f, "the rule of {rule} refuses"),
        }
    }
}

impl From<risk::Error> for Refused {
    fn from(error: risk::Error) -> Self {
        Self::Ledger(error)
    }
}

pub type Done<T = ()> = Result<T, Refused>;

fn require(allowed: bool, rule: &'static str) -> Done {
    allowed.then_some(()).ok_or(Refused::Rule(rule))
}

/// What the feeds say of an instrument; the ledger's mark follows when somebody acts on it.
#[derive(Clone, Copy, Debug)]
pub struct Feed {
    pub mark: Price,
    pub funding: Index,
    pub tier: u8,
    /// The allowance of its cover.
    pub allowance: Usd,
}

/// Who found a debt, and what is left of the reward for closing it.
#[derive(Clone, Copy, Debug)]
struct Revealed {
    by: usize,
    reward: Usd,
}

/// The insurance pool's tokens.
#[derive(Clone, Copy, Debug)]
pub struct Purse {
    pub tokens: Usd,
    day: u64,
    left: Usd,
}

impl Purse {
    fn at(mut self, now: u64) -> Self {
        if now / DAY != self.day {
            self.day = now / DAY;
            self.left = self.tokens.times_down(DAILY_DRAW).unwrap();
        }
        self
    }

    fn payable(self, now: u64) -> Usd {
        let purse = self.at(now);
        purse.left.min(purse.tokens)
    }

    /// Pays at most `wanted`.
    fn draw(&mut self, now: u64, wanted: Usd) -> Usd {
        let paid = wanted.min(self.payable(now));
        *self = self.at(now);
        self.left = Usd(self.left.0 - paid.0);
        self.tokens = Usd(self.tokens.0 - paid.0);
        paid
    }
}

/// What the programs keep beside the ledger.
#[derive(Clone, Debug)]
pub struct Around {
    flows: [Flow; INSTRUMENTS],
    revealed: [Option<Revealed>; ACCOUNTS],
    closings: [Closing; ACCOUNTS],
    throttles: [[Throttle; 2]; INSTRUMENTS],
    outflow: Outflow,
    /// What owners have brought of late, at their main accounts' places.
    credits: [Credit; ACCOUNTS],
    pub purse: Purse,
    /// Tokens that owners hold outside, at their main accounts' places.
    pub outside: [Usd; ACCOUNTS],
}

/// What insurance has paid for an instrument.
#[derive(Clone, Copy, Debug)]
pub struct Payment {
    pub time: u64,
    pub instrument: InstrumentId,
    pub amount: Usd,
    /// The instrument's cover when it was paid, as large as it is before anything is drawn.
    pub whole: Usd,
}

/// Tokens that have come or gone, by owner.
#[derive(Clone, Copy, Debug)]
pub struct Passage {
    pub time: u64,
    pub owner: usize,
    /// Negative if they have gone.
    pub amount: Usd,
    /// The vault's tokens before.
    pub tokens: Usd,
}

/// A vault with its guard's answers and its pool.
#[derive(Clone, Debug)]
pub struct Vault {
    pub book: Book,
    pub around: Around,
    pub feeds: [Feed; INSTRUMENTS],
    pub now: u64,
    pub payments: Vec<Payment>,
    pub passages: Vec<Passage>,
    /// What the operation under way gives each account by the rules, beside what its legs gain.
    pub explained: [i128; ACCOUNTS],
    /// Of that, debts written off.
    pub written_off: [i128; ACCOUNTS],
    /// What profit that was paid at its worth counts for beyond that.
    pub beyond_worth: i128,
    /// Why the last operation that took no effect did not.
    pub refused: Option<Refused>,
    /// Operations that have succeeded.
    pub operations: u64,
    pub fault: Fault,
}

/// The account that an owner is paid into.
pub const fn main_account(account: usize) -> usize {
    if account < ADVERSARY.end { 0 } else { account }
}

struct Session<'v> {
    ledger: Ledger<'v, Book>,
    around: &'v mut Around,
    feeds: &'v [Feed; INSTRUMENTS],
    explained: &'v mut [i128; ACCOUNTS],
    written_off: &'v mut [i128; ACCOUNTS],
    beyond_worth: &'v mut i128,
    fault: Fault,
    payments: &'v mut Vec<Payment>,
}

impl Vault {
    pub fn new(book: Book, feeds: [Feed; INSTRUMENTS], pool: Usd, now: u64) -> Self {
        let purse = Purse {
            tokens: pool,
            day: 0,
            left: Usd::ZERO,
        };
        Self {
            book,
            around: Around {
                flows: [Flow::default(); INSTRUMENTS],
                revealed: [None; ACCOUNTS],
                closings: [Closing::default(); ACCOUNTS],
                throttles: [[Throttle::default(); 2]; INSTRUMENTS],
                outflow: Outflow::default(),
                credits: [Credit::default(); ACCOUNTS],
                purse: purse.at(now),
                outside: [Usd::ZERO; ACCOUNTS],
            },
            feeds,
            now,
            payments: Vec::new(),
            passages: Vec::new(),
            explained: [0; ACCOUNTS],
            written_off: [0; ACCOUNTS],
            beyond_worth: 0,
            refused: None,
            operations: 0,
            fault: Fault::None,
        }
    }

    fn session(&mut self) -> Session<'_> {
        let insurance = self.around.purse.payable(self.now);
        let mut ledger = Ledger::open(&mut self.book, insurance, self.now);
        for (id, feed) in (0..).zip(&self.feeds) {
            ledger.maturities.set(id, Maturity::of_tier(feed.tier));
        }
        Session {
            ledger,
            around: &mut self.around,
            feeds: &self.feeds,
            explained: &mut self.explained,
            written_off: &mut self.written_off,
            beyond_worth: &mut self.beyond_worth,
            fault: self.fault,
            payments: &mut self.payments,
        }
    }

    /// Runs one operation; nothing of the vault changes if it is refused.
    fn run<T>(&mut self, operation: impl FnOnce(&mut Session<'_>) -> Done<T>) -> Done<T> {
        let around = self.around.clone();
        let payments = self.payments.len();
        self.book.begin();
        let maturing = self.book.accounts.map(|account| account.maturing);
        let mut session = self.session();
        let done = operation(&mut session).and_then(|out| session.finish().map(|()| out));
        if self.fault == Fault::LossesMature {
            self.let_losses_mature(&maturing);
        }
        if let Err(refused) = &done {
            self.refused = Some(*refused);
            self.book.undo();
            self.around = around;
            self.payments.truncate(payments);
        } else {
            self.operations += 1;
        }
        done
    }

    fn let_losses_mature(&mut self, before: &[Maturing; ACCOUNTS]) {
        for (id, before) in before.iter().enumerate() {
            let mut account = self.book.account(id);
            let lost = before.at(self.now).amount.min(0);
            if lost < 0 && account.maturing.amount > 0 {
                account.maturing.amount += lost;
                self.book.set_account(id, &account);
            }
        }
    }

    /// Asks the ledger something.
    pub fn ask<T>(&mut self, question: impl FnOnce(&Ledger<'_, Book>) -> risk::Result<T>) -> T {
        self.book.begin();
        let session = self.session();
        let answer = question(&session.ledger).unwrap();
        self.book.undo();
        answer
    }

    /// Brings the ledger's marks of some instruments up to what the feeds say. Whoever acts does it first.
    pub fn refresh(&mut self, wanted: &[bool; INSTRUMENTS]) -> Done<bool> {
        let mut moved = false;
        for id in 0..INSTRUMENTS as InstrumentId {
            let place = usize::from(id);
            if !wanted[place] || self.book.settled[place] {
                continue;
            }
            let Feed { mark, funding, .. } = self.feeds[place];
            let prices = Prices { mark, funding };
            if prices != self.book.prices(id) {
                moved = true;
                self.book.begin();
                let mut ledger = self.session().ledger;
                ledger.set_prices(id, &prices)?;
                ledger.save()?;
            }
        }
        Ok(moved)
    }

    /// The instruments whose marks an operation on some accounts reads.
    pub fn wanted(&self, accounts: &[usize]) -> [bool; INSTRUMENTS] {
        let mut wanted = [false; INSTRUMENTS];
        for &account in accounts {
            for &id in self.book.accounts[account].legs.as_slice() {
                wanted[usize::from(id)] = true;
                wanted[usize::from(self.book.underlying[usize::from(id)])] = true;
            }
        }
        wanted
    }

    pub fn touch(&mut self, id: usize, caller: usize) -> Done {
        self.run(|session| session.touch(id, caller).map(drop))
    }

    pub fn rebucket(&mut self, id: usize, caller: usize) -> Done {
        self.run(|session| {
            let valued = session.touch(id, caller)?;
            session.ledger.rebucket(id)?;
            session.observe(id, &valued);
            Ok(())
        })
    }

    /// A trade at a price between the two orders; the maker's fee is the taker's.
    pub fn trade(
        &mut self,
        buyer: usize,
        seller: usize,
        id: InstrumentId,
        size: Size,
        price: Price,
    ) -> Done {
        self.run(|session| session.trade(buyer, seller, id, size, price))
    }

    /// Takes over a share of an account in ill health.
    pub fn liquidate(&mut self, id: usize, into: usize, share: Ratio, caller: usize) -> Done {
        self.run(|session| session.liquidate(id, into, share, caller))
    }

    /// Closes legs of an account in debt, or a share of them near it.
    pub fn deleverage(&mut self, id: usize, max_legs: usize, caller: usize) -> Done {
        self.run(|session| session.deleverage(id, max_legs, caller))
    }

    /// Draws on the pool for what is missing.
    pub fn recover(&mut self, id: InstrumentId) -> Done {
        self.run(|session| session.recover(id))
    }

    pub fn convert(&mut self, id: usize, caller: usize) -> Done {
        self.run(|session| session.convert(id, caller))
    }

    pub fn deposit(&mut self, from: usize, id: usize, amount: Usd) -> Done {
        let tokens = self.book.totals().tokens;
        let now = self.now;
        self.run(|session| {
            let purse = &mut session.around.outside[main_account(from)];
            require(amount > Usd::ZERO && amount <= *purse, "tokens")?;
            *purse = Usd(purse.0 - amount.0);
            let outflow = &mut session.around.outflow;
            outflow.observe(now, tokens, OUTFLOW)?;
            let credit = &mut session.around.credits[main_account(id)];
            *credit = credit.deposited(amount, now)?;
            let known = session.ledger.store.account(id).in_debt();
            session.ledger.deposit(id, amount)?;
            session.explained[id] += amount.0;
            if known && !session.ledger.store.account(id).in_debt() {
                session.touch(id, KEEPER)?;
            }
            Ok(())
        })?;
        self.pass(id, amount, tokens);
        Ok(())
    }

    /// Pays out capital, as much as the outflow limiter lets through.
    pub fn withdraw(&mut self, id: usize, amount: Usd) -> Done<Usd> {
        let tokens = self.book.totals().tokens;
        let now = self.now;
        let paid = self.run(|session| {
            let outflow = &mut session.around.outflow;
            outflow.observe(now, tokens, OUTFLOW)?;
            let mut credit = session.around.credits[main_account(id)].at(now);
            let outflow = &mut session.around.outflow;
            let paid = amount.min(outflow.available_to(&credit, OUTFLOW)?);
            let paid = Usd(paid.0 - paid.0 % UNIT.0);
            require(paid > Usd::ZERO, "outflow")?;
            outflow.take_for(&mut credit, paid, OUTFLOW)?;
            session.around.credits[main_account(id)] = credit;
            let valued = session.ledger.withdraw(id, paid)?;
            session.give(id, &valued)?;
            session.explained[id] -= paid.0;
            let purse = &mut session.around.outside[main_account(id)];
            *purse = Usd(purse.0 + paid.0);
            Ok(paid)
        })?;
        self.pass(id, Usd(-paid.0), tokens);
        Ok(paid)
    }

    fn pass(&mut self, id: usize, amount: Usd, tokens: Usd) {
        self.passages.push(Passage {
            time: self.now,
            owner: main_account(id),
            amount,
            tokens,
        });
    }

    pub fn transfer(&mut self, from: usize, to: usize, amount: Usd) -> Done {
        self.run(|session| {
            require(amount > Usd::ZERO, "amount")?;
            let valued = session.ledger.transfer(from, to, amount)?;
            session.explained[from] -= amount.0;
            session.explained[to] += amount.0;
            session.give(from, &valued)
        })
    }

    /// Shares the fees out.
    pub fn distribute(&mut self) -> Done {
        self.run(|session| {
            let before = session.faces([FEES, POOL, TREASURY])?;
            session
                .ledger
                .distribute(FEES, [POOL, TREASURY], FEE_SHARE)?;
            session.count_moved([FEES, POOL, TREASURY], before)
        })
    }

    /// The pool takes out what its account has in capital.
    pub fn harvest(&mut self) -> Done {
        let capital = self.book.accounts[POOL].capital;
        let capital = Usd(capital.0 - capital.0 % UNIT.0);
        self.run(|session| {
            session.ledger.withdraw(POOL, capital)?;
            session.explained[POOL] -= capital.0;
            let purse = &mut session.around.purse;
            purse.tokens = Usd(purse.tokens.0 + capital.0);
            Ok(())
        })
    }

    /// A series that has settled makes place for another, if nobody holds it any more.
    pub fn list(&mut self, id: InstrumentId, mark: Price) -> Done {
        require(self.book.settled[usize::from(id)], "listed")?;
        let funding = self.book.prices(id).funding;
        self.run(|session| {
            require(session.ledger.retire(id)?, "legs")?;
            session.ledger.set_prices(id, &Prices { mark, funding })?;
            Ok(())
        })?;
        self.book.settled[usize::from(id)] = false;
        self.feeds[usize::from(id)].mark = mark;
        Ok(())
    }

    /// Whether nothing is left of a cover that one of the perpetuals has.
    pub fn has_used_up_a_cover(&self) -> bool {
        let underlyings = self.book.underlying.map(usize::from);
        underlyings.into_iter().any(|place| {
            let (allowance, pool) = (self.feeds[place].allowance, self.around.purse.tokens);
            let left = self.around.flows[place].cover(allowance, pool, self.now);
            left.is_ok_and(|left| left < UNIT)
        })
    }

    /// What insurance would pay now.
    pub fn payable(&self) -> Usd {
        self.around.purse.payable(self.now)
    }
}

impl Session<'_> {
    fn finish(&mut self) -> Done {
        let missing = self.ledger.totals.missing(self.ledger.insurance)?;
        let _ = missing;
        let impaired = self.ledger.totals.is_impaired(self.ledger.insurance)?;
        let since = &mut self.ledger.totals.impaired_since;
        if impaired != (*since > 0) {
            *since = if impaired { self.ledger.now as u32 } else { 0 };
        }
        let totals = self.ledger.totals;
        self.ledger.store.set_totals(&totals);
        Ok(())
    }

    fn faces<const N: usize>(&self, accounts: [usize; N]) -> Done<[i128; N]> {
        let mut faces = [0; N];
        for (face, account) in faces.iter_mut().zip(accounts) {
            *face = face_of(&self.ledger.valued(account)?);
        }
        Ok(faces)
    }

    /// Counts what was moved among some accounts as the rules had it.
    fn count_moved<const N: usize>(&mut self, accounts: [usize; N], before: [i128; N]) -> Done {
        let after = self.faces(accounts)?;
        for ((account, before), after) in accounts.into_iter().zip(before).zip(after) {
            self.explained[account] += after - before;
        }
        Ok(())
    }

    fn touch(&mut self, id: usize, caller: usize) -> Done<Valued> {
        let by_owner = main_account(id) == main_account(caller);
        let known = self.ledger.store.account(id).bucket == DEBT;
        let valued = self.ledger.touch(id, by_owner)?;
        self.watch(id, known, &valued, caller);
        self.observe(id, &valued);
        Ok(valued)
    }

    fn watch(&mut self, id: usize, known: bool, valued: &Valued, caller: usize) {
        let in_debt = valued.account.in_debt();
        if in_debt && !known {
            self.around.revealed[id] = Some(Revealed {
                by: main_account(caller),
                reward: MAX_REWARD,
            });
        } else if known && !in_debt {
            self.around.revealed[id] = None;
        }
    }

    fn observe(&mut self, id: usize, valued: &Valued) {
        let mut account = self.ledger.store.account(id);
        account.observe(self.ledger.now, valued.health.is_healthy());
        self.ledger.store.set_account(id, &account);
    }

    fn initial(&self, positions: &Positions) -> Done<Usd> {
        let store = &*self.ledger.store;
        let mut sum = Usd::ZERO;
        for (id, position) in positions.iter() {
            let place = usize::from(store.underlying[usize::from(id)]);
            let spot = store.prices(place as InstrumentId).mark;
            let own = Ranges {
                maintenance: store.maintenance[usize::from(id)],
                initial: Ratio::ZERO,
            };
            let ranges = Ranges::of(own, own, self.feeds[place].tier, 0);
            let ranges = Ranges {
                initial: Ratio(ranges.initial.0.max(own.maintenance.0 / 3 * 5)),
                ..ranges
            };
            let underlying = Underlying {
                spot,
                stable: spot,
                ranges,
            };
            sum = sum.plus(underlying.initial(position)?)?;
        }
        Ok(least_initial(sum, positions.count() > 0, MAX_REWARD)?)
    }

    /// After capital was taken: margin, and what was seen.
    fn give(&mut self, id: usize, valued: &Valued) -> Done {
        let mut usable = valued.mature_equity(self.ledger.now)?;
        let legs = valued.account.legs;
        let restricted = |&id: &InstrumentId| self.feeds[usize::from(id)].tier >= RESTRICTED;
        if legs.as_slice().iter().any(restricted) {
            usable = usable.min(usable.or_zero().times_down(Ratio(WAD / 5 * 4))?);
        }
        require(usable >= self.initial(&valued.positions)?, "margin")?;
        self.watch(id, false, valued, id);
        self.observe(id, valued);
        Ok(())
    }

    fn reduces(&self, id: usize, instrument: InstrumentId, buys: bool, size: Size) -> Done<bool> {
        let position = self.ledger.position(id, instrument)?;
        Ok(position.0 != 0 && (position.0 < 0) == buys && size <= position.size())
    }

    fn trade(
        &mut self,
        buyer: usize,
        seller: usize,
        id: InstrumentId,
        size: Size,
        price: Price,
    ) -> Done {
        let place = usize::from(id);
        require(size > Size::ZERO, "size")?;
        require(!self.ledger.store.settled[place], "expired")?;
        let underlying = self.ledger.store.underlying[place];
        let mark = self.ledger.store.prices(id).mark;
        let spot = self.ledger.store.prices(underlying).mark;
        let band = Ratio(math::mul_div_down(BAND.0, spot.0, mark.0.max(1))?);
        require(within_band(price, mark, band)?, "band")?;
        for (party, buys) in [(buyer, true), (seller, false)] {
            if !self.reduces(party, id, buys, size)? {
                require(
                    self.feeds[usize::from(underlying)].tier < RESTRICTED,
                    "tier",
                )?;
                let impaired = self.ledger.totals.is_impaired(self.ledger.insurance)?;
                require(!impaired, "impaired")?;
            }
        }
        let known = [buyer, seller].map(|party| self.ledger.store.account(party).bucket == DEBT);
        let open = |ledger: &Ledger<Book>| ledger.store.side(id, Side::Long).open_interest;
        let before = open(&self.ledger);
        let fee = size.notional_up(price)?.times_up(FEE)?;
        let fees_before = self.faces([FEES])?[0];
        let payee = if price < mark { buyer } else { seller };
        let before_edge = self.ledger.store.account(payee).maturing;
        let traded = self.ledger.trade(&Trade {
            buyer,
            seller,
            instrument: id,
            size,
            price,
            buyer_fee: fee,
            seller_fee: fee,
            fees: FEES,
        })?;
        if open(&self.ledger) > before {
            self.check_open_interest(underlying)?;
        }
        let paid = traded[0].fee.plus(traded[1].fee)?;
        let flow = &mut self.around.flows[usize::from(underlying)];
        *flow = flow.with_paid(paid.times_down(FEE_SHARE)?, self.ledger.now);
        let edge = Index(mark.0 as i128 - price.0 as i128);
        let edge = size.value_floor(edge)?;
        self.explained[buyer] += edge.0 - traded[0].fee.0;
        self.explained[seller] -= edge.0 + traded[1].fee.0;
        let received = self.faces([FEES])?[0] - fees_before;
        self.explained[FEES] += received;
        *self.beyond_worth += received - paid.0;
        if self.fault == Fault::EdgeOfTheTradedAlone {
            self.mature_as_traded(payee, before_edge, Usd(edge.0.abs()), underlying);
        }
        for ((party, traded), known) in [buyer, seller].into_iter().zip(&traded).zip(known) {
            self.check_margin(party, traded)?;
            if known {
                self.around.revealed[party] = None;
            }
        }
        Ok(())
    }

    fn mature_as_traded(&mut self, id: usize, before: Maturing, edge: Usd, traded: InstrumentId) {
        let mut account = self.ledger.store.account(id);
        let restricted = |&id: &InstrumentId| self.feeds[usize::from(id)].tier > 0;
        if !account.legs.as_slice().iter().any(restricted) {
            let class = Maturity::of_tier(self.feeds[usize::from(traded)].tier);
            account.maturing = before.plus(edge, class, self.ledger.now);
            self.ledger.store.set_account(id, &account);
        }
    }

    fn check_margin(&mut self, id: usize, traded: &Traded) -> Done {
        self.observe(id, &traded.valued);
        let usable = traded.valued.mature_equity(self.ledger.now)?;
        let enough = usable >= self.initial(&traded.valued.positions)?;
        require(enough || self.ledger.reduced_risk(traded)?, "margin")
    }

    /// An instrument's cover, less what was drawn.
    fn cover(&self, id: InstrumentId) -> Done<Usd> {
        let place = usize::from(self.ledger.store.underlying[usize::from(id)]);
        let (allowance, pool) = (self.feeds[place].allowance, self.around.purse.tokens);
        Ok(self.around.flows[place].cover(allowance, pool, self.ledger.now)?)
    }

    /// An instrument's cover with nothing drawn.
    fn whole_cover(&self, id: InstrumentId) -> Done<Usd> {
        let place = usize::from(self.ledger.store.underlying[usize::from(id)]);
        let (allowance, pool) = (self.feeds[place].allowance, self.around.purse.tokens);
        let flow = Flow {
            drawn: 0,
            ..self.around.flows[place]
        };
        Ok(flow.cover(allowance, pool, self.ledger.now)?)
    }

    fn check_open_interest(&self, underlying: InstrumentId) -> Done {
        let store = &*self.ledger.store;
        let mut open_interest = Size::ZERO;
        for id in 0..INSTRUMENTS as InstrumentId {
            if store.underlying[usize::from(id)] == underlying && !store.is_settled(id) {
                open_interest = open_interest.plus(store.side(id, Side::Long).open_interest)?;
            }
        }
        let mark = store.prices(underlying).mark;
        let maintenance = store.maintenance[usize::from(underlying)];
        let exposure = cover::exposure(open_interest, mark, SHOCK, maintenance)?;
        require(exposure <= self.cover(underlying)?, "cover")
    }

    fn is_dust(&self, positions: &Positions) -> Done<bool> {
        let store = &*self.ledger.store;
        let mut notional = Usd::ZERO;
        for (id, position) in positions.iter() {
            let spot = store.prices(store.underlying[usize::from(id)]).mark;
            notional = notional.plus(position.size().notional_up(spot)?)?;
        }
        Ok(notional < DUST)
    }

    fn liquidate(&mut self, id: usize, into: usize, share: Ratio, caller: usize) -> Done {
        require(id != into, "same")?;
        self.touch(into, KEEPER)?;
        let valued = self.touch(id, caller)?;
        let legs = valued.account.legs;
        let plan = plan_liquidation(
            &valued.health,
            valued.health.maintenance,
            TERMS.penalty_rate(self.ledger.store.account(id).clock.unhealthy)?,
            share,
            self.is_dust(&valued.positions)?,
        )?;
        let parties = [id, into, POOL];
        let before = self.faces(parties)?;
        let coverage = self.ledger.coverage()?;
        let mut taken = Positions::default();
        let left = self
            .ledger
            .take_over(id, into, POOL, &plan, &legs, &mut taken)?;
        if self.ledger.store.account(id).closing {
            self.around.closings[id] = self.around.closings[id].less(plan.share)?;
        }
        self.pay_in(&valued.positions, Usd(plan.penalty.0 - plan.penalty.0 / 2))?;
        self.observe(id, &left);
        let received = self.ledger.receive(into, &taken)?;
        self.observe(into, &received);
        let usable = received.mature_equity(self.ledger.now)?;
        require(usable >= self.initial(&received.positions)?, "margin")?;
        self.count_moved(parties, before)?;
        // What the rules give for the penalty, whatever moved: at h, or in capital.
        let half = Usd(plan.penalty.0 / 2);
        let most = if coverage.is_zero() {
            half
        } else {
            coverage.profit_worth(half)?
        };
        let moved = self.explained[into];
        self.explained[into] = moved.min(most.0);
        Ok(())
    }

    /// Counts what was paid into insurance for the instrument that weighs most.
    fn pay_in(&mut self, positions: &Positions, amount: Usd) -> Done {
        let mut largest = (Usd::ZERO, None);
        for (id, position) in positions.iter() {
            let weight = self.ledger.store.weight(id, position)?;
            if weight > largest.0 {
                largest = (weight, Some(id));
            }
        }
        if let Some(id) = largest.1 {
            let place = usize::from(self.ledger.store.underlying[usize::from(id)]);
            self.around.flows[place] = self.around.flows[place].with_paid(amount, self.ledger.now);
        }
        Ok(())
    }

    fn deleverage(&mut self, id: usize, max_legs: usize, caller: usize) -> Done {
        let valued = self.touch(id, caller)?;
        if valued.account.in_debt() {
            self.close(id, &valued, max_legs, caller)?;
        } else {
            self.reduce(id, &valued, max_legs)?;
        }
        let left = self.ledger.touch(id, false)?;
        self.observe(id, &left);
        Ok(())
    }

    /// Closes at most `max_legs` legs of a settled account in debt.
    fn close(&mut self, id: usize, valued: &Valued, max_legs: usize, caller: usize) -> Done {
        let legs = valued.account.legs;
        let closing = &legs.as_slice()[..max_legs.min(legs.as_slice().len())];
        let weights = self.ledger.store.weights(&valued.positions)?;
        let share = rate_of_weights(REWARD_SHARE, valued.health.maintenance, weights)?;
        let revealed = self.around.revealed[id].unwrap_or(Revealed {
            by: main_account(caller),
            reward: Usd::ZERO,
        });
        let (mut left, mut reward) = (revealed.reward, Usd::ZERO);
        let mut due = [Usd::ZERO; MAX_LEGS];
        let (mut deficit, mut insured) = (Usd::ZERO, Usd::ZERO);
        self.ledger.insurance = Usd::MAX;
        for (place, &leg) in closing.iter().enumerate() {
            let cover = self.cover(leg)?;
            let closed = self.ledger.close_leg(id, leg, cover, UNIT)?;
            let part = left.times_down(closed.part)?;
            left = left.minus(part)?;
            let mine = closed.weight.times_down(share)?.min(part).min(cover);
            reward = reward.plus(Usd(mine.0 - mine.0 % UNIT.0))?;
            due[place] = closed.insured;
            deficit = deficit.plus(closed.deficit)?;
            insured = insured.plus(closed.insured)?;
        }
        let account = self.ledger.store.account(id);
        if account.legs.as_slice().is_empty() && account.in_debt() {
            let (owed, paid) = self.ledger.close_debt(id, Usd::MAX, UNIT)?;
            deficit = deficit.plus(owed)?;
            insured = insured.plus(paid)?;
        }
        let asked = insured.plus(reward)?;
        let arrived = self.around.purse.draw(self.ledger.now, asked);
        let lost = asked.minus(arrived)?;
        let unrewarded = lost.min(reward);
        reward = reward.minus(unrewarded)?;
        let uninsured = lost.minus(unrewarded)?;
        let paid = insured.minus(uninsured)?;
        for (&leg, due) in closing.iter().zip(due) {
            let part = math::mul_div_up(
                due.0.unsigned_abs(),
                paid.0.unsigned_abs(),
                insured.0.unsigned_abs().max(1),
            )?;
            self.draw_for(leg, Usd(math::signed(part)?))?;
        }
        self.ledger.recover(uninsured.negated()?)?;
        let half = Usd(reward.0 / 2);
        for (payee, amount) in [
            (revealed.by, half),
            (main_account(caller), reward.minus(half)?),
        ] {
            self.ledger.deposit(payee, amount)?;
            self.explained[payee] += amount.0;
        }
        self.explained[id] += deficit.0;
        self.written_off[id] += deficit.0;
        let in_debt = self.ledger.store.account(id).in_debt();
        self.around.revealed[id] = in_debt.then_some(Revealed {
            reward: left,
            ..revealed
        });
        self.ledger.insurance = self.around.purse.payable(self.ledger.now);
        Ok(())
    }

    fn draw_for(&mut self, id: InstrumentId, amount: Usd) -> Done {
        if amount == Usd::ZERO {
            return Ok(());
        }
        let whole = self.whole_cover(id)?;
        let underlying = self.ledger.store.underlying[usize::from(id)];
        let flow = &mut self.around.flows[usize::from(underlying)];
        *flow = flow.with_drawn(amount, self.ledger.now);
        self.payments.push(Payment {
            time: self.ledger.now,
            instrument: underlying,
            amount,
            whole,
        });
        Ok(())
    }

    /// Closes a share of legs of a settled account that is not in debt.
    fn reduce(&mut self, id: usize, valued: &Valued, max_legs: usize) -> Done {
        let held = self.ledger.store.account(id);
        let mut closing = self.around.closings[id];
        if !(held.closing && closing.is_valid(self.ledger.now)) {
            closing = Closing::decide(
                Ground::of(&held, &valued.health, || {
                    self.ledger.maintenance_of_joined(id, &held.legs)
                })?,
                &valued.health,
                (
                    &held.legs,
                    valued.health.maintenance,
                    self.ledger.store.weights(&valued.positions)?,
                ),
                TERMS.penalty_rate(held.clock.unhealthy)?,
                self.is_dust(&valued.positions)?,
                self.ledger.now,
            )?;
        }
        let legs: Legs = closing.remaining;
        let before = self.faces([id, POOL])?;
        let (mut any, mut limited) = (false, false);
        for &leg in legs.as_slice().iter().take(max_legs) {
            let side = valued.positions.get(leg).side().opposite();
            let open_interest = self.ledger.store.side(leg, side).open_interest;
            let throttle = &mut self.around.throttles[usize::from(leg)][side as usize];
            let limit = throttle.available(self.ledger.now, open_interest)?;
            let cut = self
                .ledger
                .cut_leg(id, POOL, leg, closing.share, limit, closing.rate)?;
            any |= throttle.take(self.ledger.now, open_interest, cut.size)? > Size::ZERO;
            limited |= cut.left > Size::ZERO;
            closing.remaining.remove(leg);
        }
        require(any || !limited, "throttled")?;
        self.count_moved([id, POOL], before)?;
        let goes_on = !closing.remaining.as_slice().is_empty();
        self.around.closings[id] = closing;
        let mut account = self.ledger.store.account(id);
        account.closing = goes_on;
        self.ledger.store.set_account(id, &account);
        Ok(())
    }

    fn recover(&mut self, id: InstrumentId) -> Done {
        let due = self.ledger.totals.shortfall.or_zero();
        let due = Usd((due.0 + UNIT.0 - 1) / UNIT.0 * UNIT.0);
        let paid = self.around.purse.draw(self.ledger.now, due);
        require(paid > Usd::ZERO, "nothing")?;
        self.ledger.recover(paid)?;
        let whole = self.whole_cover(id)?;
        self.payments.push(Payment {
            time: self.ledger.now,
            instrument: id,
            amount: paid,
            whole,
        });
        Ok(())
    }

    fn convert(&mut self, id: usize, caller: usize) -> Done {
        let by_owner = main_account(id) == main_account(caller);
        let valued = self.touch(id, caller)?;
        if by_owner {
            let insured = self.ledger.totals.missing(self.ledger.insurance)?;
            let uninsured = self.ledger.totals.missing(Usd::ZERO)?;
            require(insured == uninsured, "debt open")?;
        } else {
            let totals = &self.ledger.totals;
            let since = u64::from(totals.impaired_since);
            let long = since > 0 && self.ledger.now - since >= FORCIBLE_AFTER;
            require(long && self.ledger.insurance == Usd::ZERO, "not forcible")?;
        }
        let converted = self.ledger.convert(id, Usd::MAX)?;
        self.explained[id] -= converted.profit.0 - converted.received.0;
        self.observe(id, &valued);
        Ok(())
    }
}

/// What an account holds once its legs are settled, its profit at its face.
pub fn face_of(valued: &Valued) -> i128 {
    valued.account.capital.0 + valued.account.pnl.0
}
