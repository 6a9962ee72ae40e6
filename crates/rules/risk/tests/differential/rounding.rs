//! Single operations from states that the ledger itself has reached: what is compared is the rounding of that operation
//! alone, so that its direction shows.

use std::fmt;

use ledger_model::{self as model, Exact, Operation, POOL, Player, Scenario, floor_wad, wad};
use num_traits::{One, Signed, Zero};

use crate::compare::Tolerance;
use crate::exact::lift;
use crate::{Settings, Tally, exact, ledger};

/// What an account has: C, P, and what its legs have gained.
fn claim(vault: &model::Vault, id: usize) -> Exact {
    let account = &vault.accounts[&id];
    &account.capital + &account.pnl + vault.unsettled(account)
}

/// What the vault holds beyond all claims.
fn surplus(vault: &model::Vault) -> Exact {
    let claims: Exact = vault.accounts.keys().map(|&id| claim(vault, id)).sum();
    &vault.tokens + &vault.shortfall - claims
}

/// What a claim is worth.
fn worth(claim: Exact, coverage: &Exact, capital: &Exact) -> Exact {
    let profit = claim - capital;
    if profit.is_positive() {
        capital + profit * coverage
    } else {
        capital + profit
    }
}

/// How much more than the exact result an operation may leave an account with, in units of 1e-18: nothing; what a payer
/// pays too much, a payee receives, at most `limit`; a payer whose penalty is all its equity keeps what is left of a unit, and
/// is charged nothing for what its sizes have been rounded down by; and where profit is worth less than one, what rounding
/// leaves over counts as profit (in G), so that h, and with it the penalty and the share, are off by as little.
fn allowance(
    operation: &Operation,
    id: usize,
    before: &model::Vault,
    profit_is_whole: bool,
    limit: i128,
) -> i128 {
    let (payer, payees, penalty_rate) = match *operation {
        Operation::Liquidate {
            account,
            into,
            penalty_rate,
        } => (account, [into, POOL], penalty_rate),
        Operation::Deleverage {
            account,
            penalty_rate,
        } => (account, [POOL, POOL], penalty_rate),
        _ => return 0,
    };
    if id == payer && profit_is_whole {
        1 + charged_for_units(before, id, penalty_rate)
    } else if id == payer || payees.contains(&id) {
        limit
    } else {
        0
    }
}

/// The most that is charged for a unit of 1e-18 of each of an account's legs, rounded up to units of 1e-18: to the target of
/// 1.25, a liquidation at a rate r charges 1.25 r / (1.25 - r) of their margins, a penalty beyond them nothing more.
fn charged_for_units(vault: &model::Vault, id: usize, penalty_rate: i128) -> i128 {
    let (unit, target) = (wad(1), Exact::new(5.into(), 4.into()));
    let legs = vault.accounts[&id].legs.keys();
    let margins: Exact = legs
        .map(|&leg| (vault.margin)(vault, &[(leg, -unit.clone())].into()))
        .sum();
    let rate = wad(penalty_rate).min(Exact::one());
    let charged = margins * &target * &rate / (&target - &rate);
    -floor_wad(&-charged).expect("within 128 bits")
}

/// The most that a change of prices can shift between all claims and what the vault holds: sizes round down, so that the
/// legs of one side may be smaller than those of the other, by no more than the open interest exceeds either.
fn shifted(before: &model::Vault, after: &model::Vault) -> Exact {
    let instruments = before.instruments.iter().map(|(id, instrument)| {
        let moved = (after.instruments[id].index(true) - instrument.index(true)).abs();
        let legs = |long| -> Exact {
            let accounts = before.accounts.values();
            let sided =
                accounts.filter(|account| account.legs.get(id).is_some_and(|leg| leg.long == long));
            sided.map(|account| before.size(account, *id).abs()).sum()
        };
        let unheld = |long| &instrument.side(long).open_interest - legs(long);
        unheld(true).max(unheld(false)) * moved
    });
    instruments.sum()
}

/// Distances between claims after one operation, in units of 1e-18 of the quote token.
#[derive(Default)]
struct Rounding {
    /// The most that an account lost to it.
    lost: i128,
    /// The most that a payee received beyond the exact payment.
    overpaid: i128,
    /// The most that was shifted from what the vault holds to claims by a change of prices.
    shifted: i128,
}

impl fmt::Display for Rounding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "in 1e-18 USD: an account lost at most {}, a payee received at most {} too much, prices shifted at most {}",
            self.lost, self.overpaid, self.shifted
        )
    }
}

impl Rounding {
    /// Compares an operation's two results from one state.
    fn note(
        &mut self,
        operation: &Operation,
        before: &model::Vault,
        expected: &model::Vault,
        after: &model::Vault,
        limit: i128,
    ) {
        let coverage = expected.coverage();
        for (&id, account) in &expected.accounts {
            let got = &after.accounts[&id];
            assert_eq!(got.bucket, account.bucket, "bucket of {id}");
            let more = worth(claim(after, id), &coverage, &got.capital)
                - worth(claim(expected, id), &coverage, &account.capital);
            let more = -floor_wad(&-more).expect("within 128 bits");
            assert!(
                more <= allowance(operation, id, before, coverage.is_one(), limit),
                "{operation:?} gives {id} {more} too much"
            );
            assert!(
                more >= -limit,
                "{operation:?} gives {id} {more}, beyond {limit}"
            );
            self.lost = self.lost.max(-more);
            self.overpaid = self.overpaid.max(more);
        }
        let change = surplus(after) - surplus(before);
        let prices = shifted(before, after);
        assert!(
            change >= -&prices,
            "{operation:?} leaves less than all claims: {:?}",
            floor_wad(&change)
        );
        self.shifted = self
            .shifted
            .max(floor_wad(&prices).expect("within 128 bits"));
    }
}

/// Plays one sequence through the ledger; the exact model repeats each operation from the ledger's own state.
fn play(
    scenario: &Scenario,
    sequence: u64,
    steps: usize,
    tally: &mut Tally,
    rounding: &mut Rounding,
) {
    let mut player = Player::new(scenario, sequence);
    let mut vault = ledger(scenario);
    let mut deposits = player.deposits().into_iter();
    let (mut before, mut tolerance) = (lift(&vault), Tolerance::default());
    for _ in 0..steps {
        let operation = deposits.next().unwrap_or_else(|| player.next(&before));
        let mut expected = before.clone();
        let allowed = expected.apply(&operation);
        let got = exact::apply(&mut vault, &operation);
        assert_eq!(
            got,
            Ok(allowed),
            "{} {sequence}: {operation:?}",
            scenario.name
        );
        let after = lift(&vault);
        tolerance.grow(&vault);
        tally.note(&before, &after, allowed);
        rounding.note(&operation, &before, &expected, &after, tolerance.0);
        before = after;
    }
    tally.note_epochs(&vault);
    assert!(!before.tokens.is_zero(), "a sequence moves tokens");
}

#[test]
fn each_operation_rounds_against_the_account() {
    let settings = Settings::new();
    for (scenario, sequences) in settings.scenarios() {
        let (mut tally, mut rounding) = (Tally::default(), Rounding::default());
        for sequence in sequences {
            play(
                scenario,
                sequence,
                settings.steps,
                &mut tally,
                &mut rounding,
            );
        }
        println!("{}; {rounding}", tally.describe(scenario));
        tally.assert_thorough(scenario);
    }
}
