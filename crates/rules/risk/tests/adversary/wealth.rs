//! What everything of the adversary's is worth, and what it has taken beyond what it is due.
//!
//! # Why luck does not count
//!
//! Every operation is looked at in two steps. First the ledger's marks follow the feeds: what an account's legs gain or lose by
//! that, position x change of the index, is *fair*, whoever wins. Then the operation itself runs, at marks that stand still.
//! In that second step nobody gains but by the rules: what one side of a trade pays the other for the distance from the mark
//! (honest accounts trade at the mark, so between owners that is nothing), fees, penalties, rewards for closing, deposits and
//! withdrawals, haircuts, and the debt of an account that is written off. The vault's programs say how much each of these is;
//! whatever an account's face value (C + P + what its legs have gained) rises beyond that is *theft*, at whatever price, and
//! with foresight of every move of the feeds. So the search may choose the prices as well, and does.
//!
//! # What limited liability gives
//!
//! An account that dies with a debt D has given its owner D: who holds both sides of a market takes out by a jump what the
//! losing side does not have. That is within the rules as far as insurance pays for the instrument, and what limits it is
//! invariant 8: the bound on the adversary's whole gain is the sum of what the covers allow. It is checked where the pool pays,
//! of every payment on every path, in [`crate::bounds::covers`]; what covers do not pay lowers the worth of profits, the
//! adversary's too, and what that gives is found by conversions at a coverage ratio below one, which conserve.
//!
//! # What may be converted when
//!
//! *Mature wealth* is tokens outside, capital, and profit that could be converted now. It may exceed what it was at the start
//! by (1) every gain of a leg in a market that is not manipulated, at once; (2) of a gain of a leg in the manipulated market,
//! the share 1 - exp(-t / 24 h) after a time t, for its tier stays Restricted for longer than a search lasts after the last
//! move; (3) what others paid it by the rules: penalties, rewards, written-off debts never. Gains that one account pays another
//! of the same owner add nothing: that is what laundering needs. A fair bet against oneself in a quiet market does, by (1);
//! the design documents that. The bound ignores losses, so it is never too low; it is tight enough in sequences that do little
//! else, and the search looks for the largest excess.

use std::collections::BTreeMap;
use std::ops::Range;

use risk::Store;

use crate::book::{ACCOUNTS, INSTRUMENTS};
use crate::bounds::{self, Kind, ROUNDING, Violation, in_dollars};
use crate::invariants::{self, Seen};
use crate::vault::{ADVERSARY, Done, KEEPER, Refused, Vault};
use crate::world::MANIPULATED;

/// Seconds in which a gain in a Restricted market matures to 1/e.
const DAY: f64 = 86_400.0;

/// What an adversary has made of a sequence so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Score {
    /// Worth beyond the start and fair gains: what limited liability has given, fees and penalties paid off.
    pub taken: f64,
    /// Mature wealth, now or within an hour, beyond what may be mature; above zero is a fault.
    pub early: f64,
    /// Profit, mature or not, beyond what may be mature: what there is to be laundered.
    pub profit: f64,
    /// Largest share of a cover that was used up.
    pub used: f64,
    /// What conversions have given because marks that the operation did not read were stale when the coverage ratio was taken.
    pub stale: f64,
    /// How worn the most worn bucket is: decimal digits of its scale; and what is residue, in dollars.
    pub worn: f64,
}

/// Looks on.
#[derive(Clone, Debug)]
pub struct Judge {
    seen: Seen,
    start: i128,
    fair: i128,
    mature_at_start: i128,
    /// What has been added to what may be mature.
    allowed: i128,
    /// What the rules have given and taken: fees, penalties and rewards.
    by_rule: i128,
    /// What haircuts have taken from others.
    haircuts: i128,
    /// Gains in the manipulated market: when, and how much.
    lots: Vec<(u64, i128)>,
    pub score: Score,
    /// How often operations were refused, by rule.
    pub refusals: BTreeMap<String, u64>,
}

fn outside(vault: &Vault) -> i128 {
    vault.around.outside[ADVERSARY.start].0
}

impl Judge {
    pub fn new(vault: &mut Vault) -> Self {
        let seen = Seen::of(vault);
        let mut judge = Self {
            seen,
            start: 0,
            fair: 0,
            mature_at_start: 0,
            allowed: 0,
            by_rule: 0,
            haircuts: 0,
            lots: Vec::new(),
            score: Score::default(),
            refusals: BTreeMap::new(),
        };
        judge.start = judge.worth(vault);
        judge.mature_at_start = judge.mature(vault, vault.now);
        judge
    }

    /// Runs an operation that reads the marks of some instruments, and looks at what it has done. An operation that is
    /// refused has done nothing, but the marks stay fresh: anybody could have touched an account for that.
    pub fn watch(
        &mut self,
        vault: &mut Vault,
        wanted: &[bool; INSTRUMENTS],
        operation: impl FnOnce(&mut Vault) -> Done,
    ) -> Result<bool, Violation> {
        self.refresh(vault, wanted)?;
        let outside_before = outside(vault);
        let before = self.seen.clone();
        vault.begin_counting();
        if let Err(refused) = operation(vault) {
            return self.refused(refused);
        }
        self.seen = Seen::of(vault);
        self.compare(vault, &before)?;
        let explained: i128 = ADVERSARY
            .map(|id| vault.explained[id] - vault.written_off[id])
            .sum();
        let by_rule = explained + outside(vault) - outside_before;
        let haircut = |ids: Range<usize>| ids.map(|id| vault.haircuts[id]).sum::<i128>();
        self.by_rule += by_rule + haircut(ADVERSARY);
        self.haircuts += haircut(ADVERSARY.end..ACCOUNTS);
        self.allowed += by_rule.max(0);
        self.look(vault)?;
        Ok(true)
    }

    /// An operation that a rule forbids is refused; one that the numbers do not fit, of these sizes, is kept from somebody.
    fn refused(&mut self, refused: Refused) -> Result<bool, Violation> {
        let rule = match refused {
            Refused::Ledger(risk::Error::Overflow) => {
                return Err(Violation::new(Kind::Overflow, "an operation overflows"));
            }
            Refused::Ledger(error) => format!("{error:?}"),
            Refused::Rule(rule) => rule.to_owned(),
        };
        *self.refusals.entry(rule).or_default() += 1;
        Ok(false)
    }

    /// Counts what a conversion, if it works, gives beyond what it would with every mark fresh.
    pub fn weigh_conversion(&mut self, vault: &mut Vault, id: usize) {
        if vault.missing().0 == 0 {
            return;
        }
        let mut fresh = vault.clone();
        let before = fresh.book.account(id);
        if fresh.refresh(&vault.wanted(&[id])).is_err() || fresh.convert(id, id).is_err() {
            return;
        }
        let mut stale_gain = fresh.book.account(id).capital.0 - before.capital.0;
        let mut fresh = vault.clone();
        if fresh.refresh(&[true; INSTRUMENTS]).is_ok() && fresh.convert(id, id).is_ok() {
            stale_gain -= fresh.book.account(id).capital.0 - before.capital.0;
            self.score.stale = self.score.stale.max(in_dollars(stale_gain));
        }
    }

    /// Lets marks follow the feeds, one by one, and counts what is fair.
    fn refresh(
        &mut self,
        vault: &mut Vault,
        wanted: &[bool; INSTRUMENTS],
    ) -> Result<(), Violation> {
        for id in 0..INSTRUMENTS {
            let mut one = [false; INSTRUMENTS];
            one[id] = wanted[id];
            if !matches!(vault.refresh(&one), Ok(true)) {
                continue;
            }
            let before = self.seen.clone();
            self.seen = Seen::of(vault);
            for account in ADVERSARY {
                let gain = self.seen.faces[account] - before.faces[account];
                self.fair += gain;
                if gain > 0 && id == MANIPULATED {
                    self.lots.push((vault.now, gain));
                } else {
                    self.allowed += gain.max(0);
                }
            }
        }
        Ok(())
    }

    /// Nobody has more than the rules explain, and nothing has gone.
    fn compare(&self, vault: &Vault, before: &Seen) -> Result<(), Violation> {
        let (mut sum, mut explained) = (0, -vault.beyond_worth);
        for account in 0..ACCOUNTS {
            let change = self.seen.faces[account] - before.faces[account];
            let unexplained = change - vault.explained[account];
            sum += change;
            explained += vault.explained[account];
            if unexplained > ROUNDING {
                let detail = format!("account {account} gains {}", in_dollars(unexplained));
                return Err(Violation::new(Kind::Theft, detail));
            }
        }
        if (sum - explained).abs() > ROUNDING {
            let detail = format!("{} beside the rules", in_dollars(sum - explained));
            return Err(Violation::new(Kind::Lost, detail));
        }
        Ok(())
    }

    /// Scores the state, and holds it to the bounds.
    fn look(&mut self, vault: &mut Vault) -> Result<(), Violation> {
        let score = &mut self.score;
        score.used = score.used.max(bounds::covers(&vault.payments)?);
        score.worn = score.worn.max(invariants::state(vault, &self.seen)?);
        let taken = in_dollars(self.worth(vault) - self.start - self.fair);
        let excess = |now| in_dollars(self.mature(vault, now) - self.may_be_mature(now));
        let early = excess(vault.now).max(excess(vault.now + 3_600));
        self.score.taken = self.score.taken.max(taken);
        self.score.early = self.score.early.max(early);
        self.score.profit = self
            .score
            .profit
            .max(in_dollars(self.profit() - self.allowed));
        // A dollar: decay is rounded up to a micro-dollar at each of its steps, and this bound is in floating point.
        if early > 1.0 {
            let detail = format!("{early} are convertible too early");
            return Err(Violation::new(Kind::Early, detail));
        }
        Ok(())
    }

    /// Everything of the adversary's at marks: an account in debt is worth nothing.
    fn worth(&self, vault: &Vault) -> i128 {
        outside(vault)
            + ADVERSARY
                .map(|id| self.seen.equities[id].max(0))
                .sum::<i128>()
    }

    fn profit(&self) -> i128 {
        ADVERSARY.map(|id| self.seen.settled[id].pnl.0.max(0)).sum()
    }

    /// What is mature at a time, if nothing else happens.
    fn mature(&self, vault: &Vault, now: u64) -> i128 {
        let accounts = ADVERSARY.map(|id| {
            let account = &self.seen.settled[id];
            let mature = account.pnl.0.max(0) - account.immature(now).0;
            account.capital.0 + mature
        });
        outside(vault) + accounts.sum::<i128>()
    }

    fn may_be_mature(&self, now: u64) -> i128 {
        let matured = self.lots.iter().map(|&(since, gain)| {
            let left = (-((now - since) as f64) / DAY).exp();
            gain - (gain as f64 * left * (1.0 - 1e-9)) as i128
        });
        self.mature_at_start + self.allowed + matured.sum::<i128>()
    }

    /// What the end of a sequence is held to.
    pub fn close(mut self, vault: &mut Vault) -> Result<Score, Violation> {
        self.refresh(vault, &[true; INSTRUMENTS])?;
        invariants::at_the_end(vault)?;
        self.seen = Seen::of(vault);
        for account in 0..ACCOUNTS {
            self.watch(vault, &[true; INSTRUMENTS], |vault| {
                vault.deleverage(account, 16, KEEPER)
            })?;
        }
        self.balance(vault)?;
        Ok(self.score)
    }

    /// Once every debt that can be closed is closed: what limited liability has given the adversary is what insurance has paid, or
    /// would pay for debts that are stuck, and what others' profit is worth less.
    fn balance(&self, vault: &mut Vault) -> Result<(), Violation> {
        let given = self.worth(vault) - self.start - self.fair - self.by_rule;
        let paid = vault.payments.iter().filter(|payment| !payment.reward);
        let paid: i128 = paid.map(|payment| payment.amount.0).sum();
        let others = (ADVERSARY.end..ACCOUNTS).filter(|&id| self.seen.faces[id] > 0);
        let shared: i128 = others
            .map(|id| self.seen.faces[id] - self.seen.equities[id])
            .sum();
        let most = paid + vault.insured().0 + shared + self.haircuts;
        if given > most + 100 * ROUNDING {
            let (given, most) = (in_dollars(given), in_dollars(most));
            let detail = format!("{given} in all, of which {most} by insurance and coverage");
            return Err(Violation::new(Kind::Theft, detail));
        }
        Ok(())
    }
}
