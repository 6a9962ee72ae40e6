//! Looks on: what an operation gives to whom, beyond what its events explain, at prices and a time that stand still.
//!
//! Every account is seen settled at fresh marks, before and after; so an operation, whatever it pokes, settles or moves, changes
//! nobody's face value (C + P) but by the rules. What feeds and time do in between is fair, whoever wins; so is what a surface
//! does that its provider moves within the guard's limits, which is told apart in the score.

use std::collections::BTreeMap;

use alloy::primitives::{I256, Log};
use client::abi::IMarginVault;
use risk::{InstrumentId, OutflowRates, Ratio, Usd, WAD};

use crate::bounds::{self, Kind, Passage, Payment, ROUNDING, Violation, hold, in_dollars};
use crate::explained::Explained;
use crate::node::Question;
use crate::seen::{Seen, ask_settled, money};
use crate::system::{ACCOUNTS, ADVERSARY, KEEPER, owner_place};
use crate::world::{TRIPPED, World};

/// In the place of an instrument where rewards were paid.
const REWARDS: InstrumentId = InstrumentId::MAX;
const DAY: f64 = 86_400.0;
/// Seconds in which all but 1/e of a gain matures, by the tier of its market (DESIGN 3).
const MATURITY: [f64; 4] = [600.0, 3_600.0, DAY, DAY];
const OUTFLOW: OutflowRates = OutflowRates {
    daily: Ratio(WAD / 10),
    hourly: Ratio(WAD / 100),
};
/// The least that is due of the pool, dollars and as a share of its assets: for less, nobody is kept from leaving (DESIGN 6).
const LEAST_DUE: [f64; 2] = [1.0, 1e-6];
/// What a share of the pool may lose of an honest depositor's six million in one operation, dollars: rounding of shares.
const POOL_ROUNDING: f64 = 0.001;

/// What an adversary has made of a sequence so far, dollars.
#[derive(Clone, Copy, Debug, Default)]
pub struct Score {
    /// Worth beyond the start and fair gains: what limited liability has given, fees and penalties paid off.
    pub taken: f64,
    /// Mature wealth beyond what may be mature.
    pub early: f64,
    /// Profit, mature or not, beyond what may be mature: what there is to be laundered.
    pub profit: f64,
    /// Largest share of a cover that was used up.
    pub used: f64,
    /// What is residue.
    pub worn: f64,
    /// What a surface that its provider moved has given.
    pub surface: f64,
    /// What a rule has given: penalties and rewards.
    pub earned: f64,
    /// Largest share of a cap of outflow that has left.
    pub left: f64,
    /// What one who left the pool has left to others of debts that nobody had found.
    pub ahead: f64,
    /// What is on record that nobody has paid.
    pub unpaid: f64,
}

/// What happened in a step that nobody operates in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A manipulated price.
    Pump,
    /// Any other price, or time.
    Market,
    /// The provider's surface.
    Surface,
}

/// What feeds and time have given.
#[derive(Clone, Copy, Debug)]
struct Lot {
    since: u64,
    gain: i128,
    /// Seconds in which all but 1/e of it matures, at least.
    maturity: f64,
}

/// Looks on at one sequence.
#[derive(Clone, Debug)]
pub struct Judge {
    pub seen: Seen,
    start: i128,
    fair: i128,
    mature_at_start: i128,
    allowed: i128,
    /// What has come from the pool less what went there: mature both ways.
    elsewhere: i128,
    by_rule: i128,
    haircuts: i128,
    surface: i128,
    lots: Vec<Lot>,
    payments: Vec<Payment>,
    passages: Vec<Passage>,
    /// What covers had when nothing was paid, for debts and for rewards; and what may have come in since.
    covers: [[i128; 2]; 3],
    income: i128,
    paid: i128,
    pub score: Score,
    /// What is being done, for the tally.
    pub doing: String,
    pub refusals: BTreeMap<String, u64>,
}

/// Health of accounts as a view tells it.
type Health = Vec<IMarginVault::healthReturn>;

impl Judge {
    pub fn new(world: &World<'_>) -> Self {
        let seen = look(world);
        let covers = seen.debts.map(|debts| [debts.room, debts.reward_room]);
        let mut judge = Self {
            start: seen.wealth(),
            fair: 0,
            mature_at_start: 0,
            allowed: 0,
            elsewhere: 0,
            by_rule: 0,
            haircuts: 0,
            surface: 0,
            lots: vec![],
            payments: vec![],
            passages: world.state.brought.clone(),
            covers,
            income: 0,
            paid: 0,
            score: Score::default(),
            doing: String::new(),
            refusals: BTreeMap::new(),
            seen,
        };
        judge.mature_at_start = judge.mature();
        judge
    }

    /// After feeds, time or a surface have moved.
    pub fn moved(&mut self, world: &World<'_>, cause: Cause) -> Result<bool, Violation> {
        let before = self.seen.faces();
        self.seen = look(world);
        for (place, before) in ADVERSARY.zip(before) {
            let gain = self.seen.accounts[place].face() - before;
            self.fair += gain;
            // What gained of all that the account holds, nobody says here: no less than the least of their tiers asks for.
            let maturity = match cause {
                Cause::Pump => DAY,
                _ => MATURITY[usize::from(self.seen.least_tier(place).min(3))],
            };
            if gain > 0 {
                let since = self.seen.time;
                self.lots.push(Lot {
                    since,
                    gain,
                    maturity,
                });
            }
            if cause == Cause::Surface {
                self.surface += gain;
            }
        }
        self.look_at(world)?;
        Ok(true)
    }

    /// Runs an operation, and looks at what it has done. Accounts of the adversary's among `margined` meet initial margin
    /// afterwards, or reduced their risk, if it is theirs.
    pub fn watch(
        &mut self,
        world: &mut World<'_>,
        margined: &[usize],
        operation: impl FnOnce(&mut World<'_>) -> Result<Vec<Log>, String>,
    ) -> Result<bool, Violation> {
        let health = health_of(world, margined);
        let height = world.scene.node.height();
        let logs = match operation(world) {
            Ok(logs) => logs,
            Err(reason) => return self.refused(reason),
        };
        let before = std::mem::replace(&mut self.seen, look(world));
        let explained = Explained::of(&logs, world, &before, height);
        self.compare(&before, &explained)?;
        self.depositors(&before, &explained)?;
        self.conversions(&before, &explained)?;
        closed_were_ill(world, height, &explained)?;
        self.margins(world, margined, &health, &explained)?;
        self.note(&before, &explained);
        self.look_at(world)?;
        Ok(true)
    }

    /// An operation that a rule forbids is refused; one that the numbers do not fit, of these sizes, is kept from somebody, and
    /// no program may trap.
    fn refused(&mut self, reason: String) -> Result<bool, Violation> {
        let named = !reason.starts_with("0x") && !reason.contains(' ');
        let known = reason == "nothing requested" || named && reason != "Overflow";
        // The token's own errors are OpenZeppelin's: too little is left of a balance.
        let of_the_token = reason.starts_with("0xe450d38c") || reason.starts_with("0xfb8f41b2");
        hold(Kind::Overflow, known || of_the_token, || reason.clone())?;
        self.count(&reason);
        Ok(false)
    }

    /// Counts a refusal.
    pub fn count(&mut self, reason: &str) {
        let entry = format!("{} {reason}", self.doing);
        *self.refusals.entry(entry).or_default() += 1;
    }

    /// Nobody has more than the rules explain, no bystander less, and nothing has gone.
    fn compare(&self, before: &Seen, explained: &Explained) -> Result<(), Violation> {
        self.seen.marks_stand(before)?;
        let mut sum = 0;
        for place in 0..ACCOUNTS {
            let (old, new) = (&before.accounts[place], &self.seen.accounts[place]);
            let change = new.face() - old.face();
            sum += change;
            let gained = change - explained.most[place];
            hold(Kind::Theft, gained <= ROUNDING, || {
                format!("account {place} gains {}", in_dollars(gained))
            })?;
            let lost = explained.least[place] - change;
            hold(Kind::Theft, lost <= ROUNDING, || {
                format!("account {place} loses {}", in_dollars(lost))
            })?;
            // Invariant 4.
            let stands_by = explained.most[place] == 0 && explained.least[place] == 0;
            let lower = old.capital - new.capital;
            hold(Kind::Theft, !stands_by || lower <= ROUNDING, || {
                format!("{} of {place}'s capital are gone", in_dollars(lower))
            })?;
        }
        let passed: i128 = explained.passages.iter().map(|(_, amount)| amount).sum();
        let gone = before.tokens + passed - self.seen.tokens;
        hold(Kind::Outflow, gone <= 0, || {
            format!("{} left that nobody withdrew", in_dollars(gone))
        })?;
        let beside = sum - explained.sum;
        hold(Kind::Lost, beside.abs() <= 10 * ROUNDING, || {
            format!("{} beside the rules", in_dollars(beside))
        })
    }

    /// Whoever stays in the pool loses nothing by an operation but what it pays as a reward: debts count as paid already. Those that
    /// come and go count debts that somebody has found; what they leave to others of the rest is scored.
    fn depositors(&mut self, before: &Seen, explained: &Explained) -> Result<(), Violation> {
        let staying = before.pool.supply.min(self.seen.pool.supply);
        let lost_by = |claims: fn(&Seen) -> i128| {
            let worth = |seen: &Seen| {
                in_dollars(seen.pool.assets - claims(seen)) / f64::from(seen.pool.supply)
            };
            (worth(before) - worth(&self.seen)) * f64::from(staying)
        };
        let rewards: i128 = explained
            .paid
            .iter()
            .filter(|(_, _, reward)| *reward)
            .map(|(_, amount, _)| amount)
            .sum();
        // What an instrument pays in raises its cover by half, before it has been fetched.
        let mut most = in_dollars(rewards + explained.income / 2) + POOL_ROUNDING;
        let mut lost = lost_by(Seen::claimed_of_pool);
        if before.pool.supply != self.seen.pool.supply {
            self.score.ahead = self.score.ahead.max(lost);
            let [dollars, share] = LEAST_DUE;
            most += dollars.max(share * in_dollars(before.pool.assets));
            lost = lost_by(Seen::found_claims);
        }
        hold(Kind::Theft, lost <= most, || {
            format!("depositors lose {lost}, {rewards} of it in rewards")
        })?;
        // Income is released over days: whoever joins before it is fetched and leaves after has nothing of it.
        let price = |seen: &Seen| in_dollars(seen.pool.assets) / f64::from(seen.pool.supply);
        let rise = (price(&self.seen) - price(before)) * f64::from(before.pool.supply);
        hold(Kind::Theft, rise <= POOL_ROUNDING, || {
            format!("shares of the pool are worth {rise} more at once")
        })
    }

    /// A conversion takes mature profit alone: it makes nobody's capital and mature profit more.
    fn conversions(&self, before: &Seen, explained: &Explained) -> Result<(), Violation> {
        for &place in &explained.converted {
            let more = self.seen.accounts[place].mature() - before.accounts[place].mature();
            hold(Kind::Early, more <= ROUNDING, || {
                format!("{} of {place}'s matures as it converts", in_dollars(more))
            })?;
        }
        Ok(())
    }

    /// Invariant 5.
    fn margins(
        &self,
        world: &World<'_>,
        margined: &[usize],
        before: &Health,
        explained: &Explained,
    ) -> Result<(), Violation> {
        let after = health_of(world, margined);
        let all = margined.iter().zip(before).zip(&after);
        for ((&place, before), after) in
            all.filter(|((place, _), _)| explained.margined.contains(place))
        {
            let equity = i128::try_from(after.equity).unwrap_or(i128::MIN);
            let usable = self.seen.accounts[place].usable(equity);
            let enough = usable + ROUNDING >= money(after.initial);
            let number = |value: alloy::primitives::U256| in_dollars(money(value));
            let equity = |health: &IMarginVault::healthReturn| {
                in_dollars(health.equity.try_into().unwrap_or(i128::MAX))
            };
            let fell = after.maintenance < before.maintenance;
            let ratio = |health| equity(health) / number(health.maintenance).max(1e-9);
            let reduced = fell && equity(after) >= -1e-6 && {
                number(after.maintenance) < 1e-9 || ratio(after) >= ratio(before) * (1.0 - 1e-9)
            };
            hold(Kind::Margin, enough || reduced, || {
                let (usable, initial) = (in_dollars(usable), number(after.initial));
                let [old, new] = [before, after]
                    .map(|health| (health.equity.to_string(), health.maintenance.to_string()));
                format!("{place} has {usable} of {initial}; E and MM were {old:?} and are {new:?}")
            })?;
        }
        Ok(())
    }

    /// Keeps account of what the rules gave, what insurance paid and what left.
    fn note(&mut self, before: &Seen, explained: &Explained) {
        let given: i128 = ADVERSARY
            .map(|place| explained.most[place] - explained.written_off[place])
            .sum();
        let by_rule = given + self.seen.outside - before.outside;
        let of_vault = explained.passages.iter();
        let brought = of_vault.filter(|(place, _)| ADVERSARY.contains(place));
        let brought = brought.map(|(_, amount)| amount).sum::<i128>();
        let elsewhere = by_rule - given + brought;
        let haircuts =
            |ids: std::ops::Range<usize>| ids.map(|place| explained.haircuts[place]).sum::<i128>();
        self.by_rule += by_rule + haircuts(ADVERSARY);
        self.haircuts += haircuts(ADVERSARY.end..ACCOUNTS);
        self.allowed += (given - brought).max(0);
        self.elsewhere += elsewhere;
        self.score.earned = self.score.earned.max(in_dollars(self.by_rule));
        self.income += explained.income;
        for &(place, amount, reward) in &explained.paid {
            let all = |part: usize| self.covers.map(|cover| cover[part]).iter().sum::<i128>();
            let (instrument, whole) = if reward {
                (REWARDS, all(1) + self.income)
            } else {
                self.paid += amount;
                (
                    place as InstrumentId,
                    self.covers[place][0] + self.income / 2,
                )
            };
            self.payments.push(Payment {
                time: self.seen.time,
                instrument,
                amount: Usd(amount),
                whole: Usd(whole),
                reward,
            });
        }
        for &(place, amount) in &explained.passages {
            self.passages.push(Passage {
                time: self.seen.time,
                owner: owner_place(place),
                amount: Usd(amount),
                tokens: Usd(before.tokens),
            });
        }
    }

    /// Scores the state, and holds it to the bounds.
    fn look_at(&mut self, world: &World<'_>) -> Result<(), Violation> {
        self.score.used = self.score.used.max(bounds::covers(&self.payments)?);
        self.score.worn = self.score.worn.max(self.seen.state()?);
        self.score.unpaid = self.score.unpaid.max(in_dollars(self.seen.unpaid()));
        let taken = self.seen.wealth() - self.start - self.fair;
        self.score.taken = self.score.taken.max(in_dollars(taken));
        self.score.surface = self.score.surface.max(in_dollars(self.surface));
        let profit = ADVERSARY.map(|place| self.seen.accounts[place].pnl.max(0));
        let normal = self.lots.iter().filter(|lot| lot.maturity <= MATURITY[0]);
        let normal = normal.map(|lot| lot.gain).sum::<i128>();
        let profit = profit.sum::<i128>() - self.allowed - normal;
        self.score.profit = self.score.profit.max(in_dollars(profit));
        // Once the guardian's three days are over, the thin market's gains mature as its price asks for.
        let tripped = world.state.tripped.unwrap_or(u64::MAX - TRIPPED);
        if self.seen.time >= tripped + TRIPPED {
            return Ok(());
        }
        let early = in_dollars(self.mature() - self.may_be_mature());
        self.score.early = self.score.early.max(early);
        hold(Kind::Early, early <= 1.0, || {
            format!("{early} are convertible too early")
        })
    }

    /// What is mature now.
    fn mature(&self) -> i128 {
        let accounts = ADVERSARY.map(|place| self.seen.accounts[place].mature());
        self.seen.outside + accounts.sum::<i128>()
    }

    fn may_be_mature(&self) -> i128 {
        let now = self.seen.time;
        let matured = self.lots.iter().map(|lot| {
            let left = (-((now - lot.since) as f64) / lot.maturity).exp();
            lot.gain - (lot.gain as f64 * left * (1.0 - 1e-9)) as i128
        });
        self.mature_at_start + self.allowed + self.elsewhere + matured.sum::<i128>()
    }

    /// What the end of a sequence is held to, once keepers have closed every debt: what limited liability has given the adversary
    /// is what insurance has paid, or would pay for debts that are stuck, and what others' profit is worth less.
    pub fn close(mut self, world: &mut World<'_>) -> Result<Score, Violation> {
        self.score.left = bounds::outflow(&self.passages, OUTFLOW)?;
        for place in 0..KEEPER {
            if self.seen.accounts[place].face() < 0 {
                self.watch(world, &[], |world| {
                    crate::moves::close_debt(world, place, KEEPER)
                })?;
            }
        }
        let seen = &self.seen;
        let given = seen.wealth() - self.start - self.fair - self.by_rule;
        let shared: i128 = (ADVERSARY.end..ACCOUNTS)
            .filter(|&place| seen.accounts[place].face() > 0)
            .map(|place| seen.accounts[place].face() - seen.equity(place))
            .sum();
        let most = self.paid + seen.insured() + shared + self.haircuts;
        hold(Kind::Theft, given <= most + 100 * ROUNDING, || {
            let (given, most) = (in_dollars(given), in_dollars(most));
            format!("{given} in all, of which {most} by insurance and coverage")
        })?;
        Ok(self.score)
    }
}

fn look(world: &World<'_>) -> Seen {
    Seen::of(world)
}

/// Nobody is liquidated or cut who had maintenance margin, at the prices of that moment and with everybody settled.
fn closed_were_ill(world: &World<'_>, height: u64, explained: &Explained) -> Result<(), Violation> {
    if explained.closed.is_empty() {
        return Ok(());
    }
    let (accounts, vault) = (&world.scene.system.accounts, world.scene.system.vault);
    let questions = explained.closed.iter().map(|&place| {
        let account = accounts[place];
        Question::new(vault, &IMarginVault::healthCall { account })
    });
    let mut answers = ask_settled(world, height, accounts, questions);
    for place in &explained.closed {
        let health = answers.take::<IMarginVault::healthCall>();
        let (equity, maintenance) = (health.equity, I256::from_raw(health.maintenance));
        hold(Kind::Theft, equity < maintenance, || {
            format!("{place} is closed with {equity} of {maintenance}")
        })?;
    }
    Ok(())
}

fn health_of(world: &World<'_>, places: &[usize]) -> Health {
    let system = world.scene.system;
    let questions: Vec<_> = places
        .iter()
        .map(|&place| {
            let account = system.accounts[place];
            Question::new(system.vault, &IMarginVault::healthCall { account })
        })
        .collect();
    if questions.is_empty() {
        return vec![];
    }
    let mut answers = world.scene.node.look(&questions);
    places
        .iter()
        .map(|_| answers.take::<IMarginVault::healthCall>())
        .collect()
}
