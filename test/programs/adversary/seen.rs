//! Everything that can be known of vault and pool, in one call that first settles every account: nothing of that lasts.

use alloy::primitives::{B256, I256, U256};
use client::abi::IOracleGuard::OptionId;
use client::abi::{IMarginVault, IOracleGuard, IQuoteToken};
use risk::rules::tiers::action;

use crate::bounds::{Kind, ROUNDING, Violation, hold, in_dollars};
use crate::node::{Answers, Question};
use crate::pool::{self, PoolSeen};
use crate::system::{self, ACCOUNTS, ADVERSARY, ETH, System};
use crate::world::{PURSES, Scene, World};

const WAD: i128 = 1_000_000_000_000_000_000;
/// A unit of the quote token, WAD.
const UNIT: i128 = 1_000_000_000_000;
/// Size that rounding may declare nobody's in one sequence, 1e-18 units (invariant 3).
const RESIDUE: u128 = 100_000_000;

/// Perpetuals and series.
pub const INSTRUMENTS: usize = 5;

/// Least delta that the band of an option's price is taken of.
const LEAST_DELTA: i128 = WAD / 20;

/// An option series on ETH.
#[derive(Clone, Copy, Debug)]
pub struct Series {
    pub instrument: u32,
    pub expiry: u64,
    pub strike: u128,
    pub is_call: bool,
    /// What is quoted for its expiry: volatility at the money, skew.
    pub surface: [f64; 2],
}

/// An account with all its legs settled.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccountSeen {
    pub capital: i128,
    pub pnl: i128,
    pub immature: i128,
    /// Why it could not be settled, if it could not: then it is as it was.
    pub unsettled: bool,
    /// What it holds, by place.
    holds: [bool; INSTRUMENTS],
}

impl AccountSeen {
    /// C + P.
    pub fn face(&self) -> i128 {
        self.capital + self.pnl
    }

    /// What counts for margin of an equity: without what is immature, for what profit is worth in that equity. With everybody else
    /// settled too it may be worth more.
    pub fn usable(&self, equity: i128) -> i128 {
        if equity <= 0 || self.pnl <= 0 {
            return equity;
        }
        let worth = equity - self.capital;
        let immature = self.immature as f64 / self.pnl as f64;
        equity - (worth as f64 * immature).ceil() as i128
    }

    /// C and what is mature of P.
    pub fn mature(&self) -> i128 {
        self.capital + self.pnl.max(0) - self.immature
    }
}

/// Debts for an underlying, and what its cover has left.
#[derive(Clone, Copy, Debug, Default)]
pub struct DebtSeen {
    /// Of them, those that somebody has found: accounts in debt that were settled.
    found: i128,
    pub known: i128,
    pub unpaid: i128,
    pub room: i128,
    pub reward_room: i128,
}

/// One instrument: a perpetual, or a series.
#[derive(Clone, Copy, Debug, Default)]
pub struct InstrumentSeen {
    number: u32,
    pub mark: i128,
    pub tier: u8,
    pub blocked: u16,
    open_interest: [u128; 2],
    residue: [u128; 2],
    /// Of all accounts' legs: long, short.
    sizes: [u128; 2],
    /// Maker's and taker's fee, shares of notional; of a perpetual.
    pub fees: [u128; 2],
    /// How far from its mark a trade's price may be.
    pub band: i128,
    is_series: bool,
}

/// Answers to some questions at a block, once some accounts are settled there; one that cannot be settled stays as it was, as in an
/// operation.
pub fn ask_settled(
    world: &World<'_>,
    height: u64,
    accounts: &[B256],
    asked: impl IntoIterator<Item = Question>,
) -> Answers {
    let Scene { node, system } = world.scene;
    let touch = |&account: &B256| Question::new(system.vault, &IMarginVault::touchCall { account });
    let questions: Vec<_> = accounts.iter().map(touch).chain(asked).collect();
    let mut answers = node.look_back(height, &questions);
    for _ in accounts {
        let _ = answers.ask::<IMarginVault::touchCall>();
    }
    answers
}

/// What a unit of profit is worth: h, less than one if something is missing.
#[derive(Clone, Copy, Debug)]
pub struct Worth {
    h: i128,
    missing: i128,
}

impl Worth {
    /// At a block, as an operation finds it that settles some accounts alone: what others have gained since they were settled may
    /// not count yet.
    pub fn found(world: &World<'_>, height: u64, accounts: &[B256]) -> Self {
        let vault = world.scene.system.vault;
        let question = Question::new(vault, &IMarginVault::coverageCall {});
        let mut answers = ask_settled(world, height, accounts, [question]);
        let coverage = answers.take::<IMarginVault::coverageCall>();
        Self {
            h: money(coverage.h),
            missing: money(coverage.missing),
        }
    }

    /// The least that a unit is worth while there is less profit by an amount.
    pub fn least(self, less: i128) -> i128 {
        if self.h == WAD {
            return WAD;
        }
        let missing = self.missing as f64;
        // What there is of which that much is missing.
        let profit = missing / (1.0 - self.h as f64 / WAD as f64) - less as f64;
        let worth = if profit > missing {
            1.0 - missing / profit
        } else {
            0.0
        };
        (worth * WAD as f64) as i128
    }
}

/// A look at everything.
#[derive(Clone, Debug)]
pub struct Seen {
    pub accounts: [AccountSeen; ACCOUNTS],
    /// Perpetuals by their places, then series.
    pub instruments: [InstrumentSeen; INSTRUMENTS],
    pub debts: [DebtSeen; 3],
    pub tokens: i128,
    held: i128,
    totals: [i128; 3],
    shortfall: i128,
    unsettled: i128,
    pub h: i128,
    pub missing: i128,
    /// Tokens of the adversary's owners, and what is in their own market.
    pub outside: i128,
    pub pool: PoolSeen,
    pub time: u64,
}

/// A WAD amount.
pub fn money(amount: U256) -> i128 {
    amount.try_into().expect("an amount within 128 bits")
}

fn signed(amount: I256) -> i128 {
    amount.try_into().expect("an amount within 128 bits")
}

/// Units of the token as a WAD amount.
pub fn tokens_as_money(amount: U256) -> i128 {
    money(amount) * UNIT
}

/// A WAD share of an amount, rounded down.
fn share_of(amount: i128, share: i128) -> i128 {
    amount / 1_000_000_000 * (share / 1_000_000_000)
}

/// What has to be asked to learn the marks of the series.
fn marks_call(system: &System, series: &[Series]) -> IOracleGuard::marksWithOptionsCall {
    let option = |series: &Series| OptionId {
        asset: 0,
        expiry: series.expiry,
        strike: series.strike,
        isCall: series.is_call,
        closes: 0,
    };
    IOracleGuard::marksWithOptionsCall {
        assets: vec![system.assets[ETH]],
        options: series.iter().map(option).collect(),
    }
}

fn numbers(system: &System, series: &[Series]) -> Vec<u32> {
    let mut numbers = system.instruments.to_vec();
    numbers.extend(series.iter().map(|series| series.instrument));
    numbers
}

fn questions(world: &World<'_>) -> Vec<Question> {
    let (system, series) = (world.scene.system, &world.state.series);
    let (vault, token) = (system.vault, system.token);
    let debts = |instrument| Question::new(vault, &IMarginVault::debtsCall { instrument });
    let mut questions: Vec<_> = system.instruments.map(debts).into();
    for &account in &system.accounts {
        questions.push(Question::new(vault, &IMarginVault::touchCall { account }));
    }
    for &account in &system.accounts {
        questions.push(Question::new(
            vault,
            &IMarginVault::balancesCall { account },
        ));
        questions.push(Question::new(
            vault,
            &IMarginVault::immatureCall { account },
        ));
        questions.push(Question::new(vault, &IMarginVault::legsCall { account }));
    }
    for place in 0..system.assets.len() {
        questions.push(Question::new(
            system.guard,
            &system::mark_call(system, place),
        ));
        let instrument = system.instruments[place];
        questions.push(debts(instrument));
        questions.push(Question::new(vault, &system::instrument_call(instrument)));
    }
    questions.push(Question::new(system.guard, &marks_call(system, series)));
    for instrument in numbers(system, series) {
        questions.push(Question::new(
            vault,
            &IMarginVault::openInterestCall { instrument },
        ));
        questions.push(Question::new(vault, &IMarginVault::dustCall { instrument }));
        questions.push(Question::new(
            vault,
            &IMarginVault::unsettledCall { instrument },
        ));
    }
    questions.push(Question::new(vault, &IMarginVault::totalsCall {}));
    questions.push(Question::new(vault, &IMarginVault::shortfallCall {}));
    questions.push(Question::new(vault, &IMarginVault::coverageCall {}));
    questions.push(Question::new(
        token,
        &IQuoteToken::balanceOfCall { owner: vault },
    ));
    for owner in world.purses() {
        questions.push(Question::new(token, &IQuoteToken::balanceOfCall { owner }));
    }
    questions.extend(pool::questions(system));
    questions
}

impl Seen {
    pub fn of(world: &World<'_>) -> Self {
        let Scene { node, system } = world.scene;
        let series = &world.state.series;
        let mut answers = node.look(&questions(world));
        let mut seen = Self {
            accounts: [AccountSeen::default(); ACCOUNTS],
            instruments: [InstrumentSeen::default(); INSTRUMENTS],
            debts: [DebtSeen::default(); 3],
            tokens: 0,
            held: 0,
            totals: [0; 3],
            shortfall: 0,
            unsettled: 0,
            h: 0,
            missing: 0,
            outside: 0,
            pool: PoolSeen::default(),
            time: node.now(),
        };
        for debts in &mut seen.debts {
            debts.found = money(answers.take::<IMarginVault::debtsCall>().known);
        }
        seen.read_accounts(&numbers(system, series), &mut answers);
        seen.read_instruments(&mut answers);
        seen.read_totals(&mut answers);
        seen.pool = pool::read(system, &mut answers);
        seen
    }

    fn read_accounts(&mut self, numbers: &[u32], answers: &mut Answers) {
        for (instrument, &number) in self.instruments.iter_mut().zip(numbers) {
            instrument.number = number;
        }
        for account in &mut self.accounts {
            account.unsettled = answers.ask::<IMarginVault::touchCall>().is_err();
        }
        for account in &mut self.accounts {
            let balances = answers.take::<IMarginVault::balancesCall>();
            account.capital = money(balances.capital);
            account.pnl = signed(balances.pnl);
            account.immature = money(answers.take::<IMarginVault::immatureCall>());
            let legs = answers.take::<IMarginVault::legsCall>();
            for (number, size) in legs.instruments.iter().zip(legs.sizes) {
                let place = numbers.iter().position(|known| known == number);
                let size = signed(size);
                if let Some(place) = place {
                    account.holds[place] = true;
                    self.instruments[place].sizes[usize::from(size < 0)] += size.unsigned_abs();
                }
            }
        }
    }

    fn read_instruments(&mut self, answers: &mut Answers) {
        for (instrument, debts) in self.instruments.iter_mut().zip(&mut self.debts) {
            let reading = answers.take::<IOracleGuard::readCall>();
            instrument.mark = money(reading.mark);
            (instrument.tier, instrument.blocked) = (reading.tier, reading.blocked);
            let of_it = answers.take::<IMarginVault::debtsCall>();
            *debts = DebtSeen {
                found: debts.found,
                known: money(of_it.known),
                unpaid: money(of_it.unpaid),
                room: money(of_it.room),
                reward_room: money(of_it.rewardRoom),
            };
            let terms = answers.take::<IMarginVault::instrumentCall>();
            instrument.fees = [terms.makerFee.into(), terms.takerFee.into()];
            instrument.band = share_of(instrument.mark, terms.priceBand.into());
        }
        let marks = answers.take::<IOracleGuard::marksWithOptionsCall>();
        let band = self.instruments[ETH].band;
        for (instrument, mark) in self.instruments[3..].iter_mut().zip(marks._1) {
            instrument.mark = mark.mark as i128;
            let delta = mark.delta.abs().max(LEAST_DELTA);
            instrument.band = share_of(band, delta);
            (instrument.tier, instrument.blocked) = (mark.tier, mark.blocked);
            instrument.is_series = true;
        }
        for instrument in &mut self.instruments {
            let open = answers.ask::<IMarginVault::openInterestCall>();
            let residue = answers.ask::<IMarginVault::dustCall>();
            let unsettled = answers.ask::<IMarginVault::unsettledCall>();
            // A series that was delisted has nothing any more.
            let (Ok(open), Ok(residue), Ok(unsettled)) = (open, residue, unsettled) else {
                assert!(instrument.is_series, "a perpetual stays");
                continue;
            };
            instrument.open_interest = [open.long, open.short].map(|size| money(size) as u128);
            instrument.residue = [residue.long, residue.short].map(|size| money(size) as u128);
            self.unsettled += signed(unsettled.long) + signed(unsettled.short);
        }
    }

    fn read_totals(&mut self, answers: &mut Answers) {
        let totals = answers.take::<IMarginVault::totalsCall>();
        self.tokens = money(totals.tokens);
        self.totals = [totals.capital, totals.profit, totals.debt].map(money);
        self.shortfall = signed(answers.take::<IMarginVault::shortfallCall>());
        let coverage = answers.take::<IMarginVault::coverageCall>();
        self.h = money(coverage.h);
        self.missing = money(coverage.missing);
        self.held = tokens_as_money(answers.take::<IQuoteToken::balanceOfCall>());
        for _ in 0..PURSES {
            self.outside += tokens_as_money(answers.take::<IQuoteToken::balanceOfCall>());
        }
    }

    /// The least tier of what an account holds.
    pub fn least_tier(&self, place: usize) -> u8 {
        let held = self.accounts[place].holds.iter().zip(&self.instruments);
        let tiers = held.filter_map(|(held, instrument)| held.then_some(instrument.tier));
        tiers.min().unwrap_or(0)
    }

    /// C + P at its worth.
    pub fn equity(&self, place: usize) -> i128 {
        let account = &self.accounts[place];
        account.capital + self.worth(account.pnl.max(0)) + account.pnl.min(0)
    }

    /// No operation moves a mark while time, feeds and surfaces stand still: what is served is what an observation makes of them.
    pub fn marks_stand(&self, before: &Self) -> Result<(), Violation> {
        for (place, (old, new)) in before.instruments.iter().zip(&self.instruments).enumerate() {
            // Another series may have taken its place.
            let moved = old.number == new.number && old.mark != new.mark;
            hold(Kind::Theft, !moved, || {
                let marks = [old, new].map(|instrument| in_dollars(instrument.mark));
                format!(
                    "the mark of {place} moves from {} to {}",
                    marks[0], marks[1]
                )
            })?;
        }
        Ok(())
    }

    /// What an amount of profit is worth.
    pub fn worth(&self, profit: i128) -> i128 {
        // In two parts: a product of two WAD amounts does not fit.
        profit / WAD * self.h + profit % WAD * self.h / WAD
    }

    /// What profit is worth with everybody settled.
    pub fn worth_of_profit(&self) -> Worth {
        Worth {
            h: self.h,
            missing: self.missing,
        }
    }

    /// What insurance pays of known debts now.
    pub fn insured(&self) -> i128 {
        let sum: i128 = self
            .debts
            .iter()
            .map(|debts| debts.known.min(debts.room))
            .sum();
        sum.min(self.pool.payable)
    }

    /// What is on record of debts that nobody has paid.
    pub fn unpaid(&self) -> i128 {
        self.debts.iter().map(|debts| debts.unpaid).sum()
    }

    /// What the pool will pay of debts, found or not, and of those on record.
    pub fn claimed_of_pool(&self) -> i128 {
        self.claimed(|debts| debts.known)
    }

    /// What it will pay of debts that somebody has found, and of those on record.
    pub fn found_claims(&self) -> i128 {
        self.claimed(|debts| debts.found)
    }

    fn claimed(&self, known: impl Fn(&DebtSeen) -> i128) -> i128 {
        let claim = |debts: &DebtSeen| (known(debts) + debts.unpaid).min(debts.room);
        let sum: i128 = self.debts.iter().map(claim).sum();
        sum.min(self.pool.payable)
    }

    /// Everything of the adversary's in the vault, and its tokens; an account in debt is worth nothing.
    pub fn wealth(&self) -> i128 {
        self.outside
            + ADVERSARY
                .map(|place| self.equity(place).max(0))
                .sum::<i128>()
    }

    /// Open interest that counts to a perpetual's cover: its own and, of ETH, that of the series.
    pub fn open_interest(&self, underlying: usize) -> u128 {
        let series = if underlying == ETH {
            &self.instruments[3..]
        } else {
            &[]
        };
        let all = series.iter().chain([&self.instruments[underlying]]);
        all.map(|instrument| instrument.open_interest[0]).sum()
    }

    /// Prints what is different from before.
    pub fn tell_changes(&self, before: &Self) {
        let marks = |seen: &Self| -> Vec<_> {
            let of_it =
                |instrument: &InstrumentSeen| (in_dollars(instrument.mark), instrument.tier);
            seen.instruments.iter().map(of_it).collect()
        };
        println!("  marks {:?}", marks(self));
        for (place, (old, new)) in before.accounts.iter().zip(&self.accounts).enumerate() {
            if (old.capital, old.pnl) != (new.capital, new.pnl) {
                let numbers = [old.capital, old.pnl, new.capital, new.pnl, new.immature];
                let [c, p, capital, pnl, immature] = numbers.map(in_dollars);
                println!("  {place}: C {c} P {p} -> C {capital} P {pnl}, {immature} immature");
            }
        }
        println!(
            "  V {} h {} missing {} shortfall {} pool {:?}",
            in_dollars(self.tokens),
            in_dollars(self.h),
            in_dollars(self.missing),
            in_dollars(self.shortfall),
            (in_dollars(self.pool.assets), in_dollars(self.pool.payable)),
        );
        println!("  debts {:?}", self.debts);
    }

    pub fn faces(&self) -> [i128; ACCOUNTS] {
        self.accounts.map(|account| account.face())
    }

    /// Invariants 1, 2, 3 and 7. Returns how much is nobody's, in dollars.
    pub fn state(&self) -> Result<f64, Violation> {
        self.conservation()?;
        self.pool.check()?;
        let claims: i128 = (0..ACCOUNTS).map(|place| self.equity(place).max(0)).sum();
        let beyond = claims - self.tokens - self.insured();
        hold(Kind::Claims, beyond <= 100 * ROUNDING, || {
            format!("claims exceed what there is by {}", in_dollars(beyond))
        })?;
        let mut worn = 0.0_f64;
        for (place, instrument) in self.instruments.iter().enumerate() {
            worn = worn.max(instrument.residue(place)?);
        }
        Ok(worn)
    }

    fn conservation(&self) -> Result<(), Violation> {
        hold(Kind::Conservation, self.held >= self.tokens, || {
            format!("{} tokens of {}", self.held, self.tokens)
        })?;
        let sum = |part: fn(&AccountSeen) -> i128| self.accounts.iter().map(part).sum::<i128>();
        let sums = [
            sum(|account| account.capital),
            sum(|account| account.pnl.max(0)),
            sum(|account| (-account.pnl).max(0)),
        ];
        hold(Kind::Conservation, self.totals == sums, || {
            format!("totals {:?}, sums {sums:?}", self.totals)
        })?;
        hold(Kind::Backing, self.totals[0] <= self.tokens, || {
            format!("capital {} of {} tokens", self.totals[0], self.tokens)
        })?;
        let [capital, profit, debt] = self.totals;
        let beyond = self.tokens + self.shortfall - (capital + profit - debt + self.unsettled);
        let holds = (-ROUNDING..100 * ROUNDING).contains(&beyond);
        hold(Kind::Conservation, holds, || {
            format!("the vault holds {} beyond all claims", in_dollars(beyond))
        })
    }
}

impl InstrumentSeen {
    /// Invariant 3.
    fn residue(&self, place: usize) -> Result<f64, Violation> {
        let [long, short] = self.open_interest;
        let over = action::OPEN | action::REDUCE;
        let settled = self.is_series && self.blocked & over == over;
        hold(Kind::Residue, settled || long == short, || {
            format!("open interest {long} and {short} of {place}")
        })?;
        let mut worst = 0.0_f64;
        for side in 0..2 {
            let nobody = self.open_interest[side].abs_diff(self.sizes[side]);
            worst = worst.max(nobody as f64 / 1e18 * self.mark as f64 / 1e18);
            let declared = self.residue[side].max(RESIDUE);
            hold(Kind::Residue, nobody <= declared, || {
                format!("{nobody} of {place} is nobody's, {declared} declared")
            })?;
        }
        Ok(worst)
    }
}
