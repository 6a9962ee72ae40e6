//! What the vault's programs do around the ledger: fresh marks, who may do what, fees, covers, the pool's purse, rewards, and
//! how fast tokens leave. The only file that knows how the ledger is called.

use std::ops::Range;

use risk::{
    Closing, Credit, Index, InstrumentId, Ledger, Mark, Maturing, Outflow, OutflowRates, Penalty,
    Price, Prices, Ratio, Size, Store, Throttle, TierEnds, Usd, Valued, WAD,
};

use crate::book::{ACCOUNTS, Book, INSTRUMENTS};
use crate::bounds::{Passage, Payment};
use crate::insurance::{Purse, Revealed};
use crate::session::Session;

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
pub const BAND: Ratio = Ratio(200 * BASIS_POINT);
pub const FEE: Ratio = Ratio(2 * BASIS_POINT);
pub const FEE_SHARE: Ratio = Ratio(2_000 * BASIS_POINT);
pub const SHOCK: Ratio = Ratio(1_500 * BASIS_POINT);
pub const MAX_REWARD: Usd = dollars(1_000);
pub const DUST: Usd = dollars(100);
pub const PENALTY: Penalty = Penalty {
    start: Ratio(500 * BASIS_POINT),
    ramp: 600,
};
pub const OUTFLOW: OutflowRates = OutflowRates {
    daily: Ratio(1_000 * BASIS_POINT),
    hourly: Ratio(100 * BASIS_POINT),
};
pub const DAY: u64 = 86_400;
pub const UNIT: Usd = Usd(1_000_000_000_000);
pub const RESTRICTED: u8 = 2;
/// Who holds a leg in a market of this tier gives no capital and opens nothing elsewhere.
pub const HALTED: u8 = 3;
pub const FORCIBLE_AFTER: u64 = DAY;

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
    /// The cover is read for each leg that a call closes, before anything is drawn.
    CoverOfEachLeg,
    /// What is missing is recovered whatever the cover.
    RecoverWhole,
}

/// Why an operation took no effect.
#[derive(Clone, Copy, Debug)]
pub enum Refused {
    /// By the ledger.
    Ledger(risk::Error),
    /// By a rule of the vault.
    Rule(&'static str),
}

impl From<risk::Error> for Refused {
    fn from(error: risk::Error) -> Self {
        Self::Ledger(error)
    }
}

pub type Done<T = ()> = Result<T, Refused>;

pub fn require(allowed: bool, rule: &'static str) -> Done {
    allowed.then_some(()).ok_or(Refused::Rule(rule))
}

/// What the feeds say of an instrument; the ledger's mark follows when somebody acts on it.
#[derive(Clone, Copy, Debug)]
pub struct Feed {
    pub mark: Price,
    pub funding: Index,
    pub tier: u8,
    /// Until when it was in Caution and in Restricted, of what is over.
    pub ended: [u32; 2],
    /// Whether there is no trusted price: its legs are set aside.
    pub frozen: bool,
}

impl Feed {
    /// Until when it was in stricter tiers; what is in force at `now` ends in the next second, or later.
    pub fn tier_ends(&self, now: u64) -> TierEnds {
        let [caution, restricted] = self.ends(now + 1);
        TierEnds::new(caution, restricted)
    }

    /// Its tier falls by one at `now`.
    pub fn lower(&mut self, now: u64) {
        self.ended = self.ends(now);
        self.tier -= 1;
    }

    fn ends(&self, now: u64) -> [u32; 2] {
        let [caution, restricted] = self.ended;
        let until = |least, ended| {
            if self.tier >= least {
                now as u32
            } else {
                ended
            }
        };
        [until(1, caution), until(2, restricted)]
    }
}

/// What the programs keep beside the ledger.
#[derive(Clone, Debug)]
pub struct Around {
    pub revealed: [Option<Revealed>; ACCOUNTS],
    pub closings: [Closing; ACCOUNTS],
    pub throttles: [[Throttle; 2]; INSTRUMENTS],
    pub outflow: Outflow,
    /// What owners have brought of late, at their main accounts' places.
    credits: [Credit; ACCOUNTS],
    pub purse: Purse,
    /// Tokens that owners hold outside, at their main accounts' places.
    pub outside: [Usd; ACCOUNTS],
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
    /// What haircuts took.
    pub haircuts: [i128; ACCOUNTS],
    /// What profit that was paid at its worth counts for beyond that.
    pub beyond_worth: i128,
    pub fault: Fault,
}

/// The account that an owner is paid into.
pub const fn main_account(account: usize) -> usize {
    if account < ADVERSARY.end { 0 } else { account }
}

impl Vault {
    pub fn new(book: Book, feeds: [Feed; INSTRUMENTS], pool: Usd, now: u64) -> Self {
        Self {
            book,
            around: Around {
                revealed: [None; ACCOUNTS],
                closings: [Closing::default(); ACCOUNTS],
                throttles: [[Throttle::default(); 2]; INSTRUMENTS],
                outflow: Outflow::default(),
                credits: [Credit::default(); ACCOUNTS],
                purse: Purse::new(pool, now),
                outside: [Usd::ZERO; ACCOUNTS],
            },
            feeds,
            now,
            payments: Vec::new(),
            passages: Vec::new(),
            explained: [0; ACCOUNTS],
            written_off: [0; ACCOUNTS],
            haircuts: [0; ACCOUNTS],
            beyond_worth: 0,
            fault: Fault::None,
        }
    }

    fn session(&mut self) -> Session<'_> {
        self.book.tier_ends = self.feeds.map(|feed| feed.tier_ends(self.now));
        let mut ledger = Ledger::open(&mut self.book, self.now);
        ledger.insure(self.around.purse.answer(self.now)).unwrap();
        Session {
            ledger,
            around: &mut self.around,
            feeds: &self.feeds,
            explained: &mut self.explained,
            written_off: &mut self.written_off,
            haircuts: &mut self.haircuts,
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
        if done.is_err() {
            self.book.undo();
            self.around = around;
            self.payments.truncate(payments);
        }
        done
    }

    fn let_losses_mature(&mut self, before: &[Maturing; ACCOUNTS]) {
        for (id, before) in before.iter().enumerate() {
            let mut account = self.book.account(id);
            let lost = before.at(self.now).amounts[0].min(0);
            let slow = &mut account.maturing.amounts[2];
            if lost < 0 && *slow > 0 {
                *slow = (*slow + lost).max(0);
                self.book.set_account(id, &account);
            }
        }
    }

    /// Forgets what earlier operations gave and took.
    pub fn begin_counting(&mut self) {
        self.explained = [0; ACCOUNTS];
        self.written_off = [0; ACCOUNTS];
        self.haircuts = [0; ACCOUNTS];
        self.beyond_worth = 0;
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
            if !wanted[place] || self.book.settled[place] || self.feeds[place].frozen {
                continue;
            }
            let Feed { mark, funding, .. } = self.feeds[place];
            let mark = Mark(mark.0);
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
            let mark = Mark(mark.0);
            session.ledger.set_prices(id, &Prices { mark, funding })?;
            Ok(())
        })?;
        self.book.settled[usize::from(id)] = false;
        self.feeds[usize::from(id)].mark = mark;
        Ok(())
    }

    /// W: what is missing.
    pub fn missing(&mut self) -> Usd {
        self.ask(|ledger| ledger.missing())
    }

    /// What insurance pays of the known debts.
    pub fn insured(&mut self) -> Usd {
        self.ask(|ledger| Ok(ledger.insured()))
    }
}

/// What an account holds once its legs are settled, its profit at its face.
pub fn face_of(valued: &Valued) -> i128 {
    valued.account.capital.0 + valued.account.pnl.0
}
