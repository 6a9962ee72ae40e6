//! How far the ledger is from the exact model.

use std::fmt;

use ledger_model::{self as model, Exact, floor_wad};
use num_traits::Signed;
use risk::{Side, Store, WAD};

use crate::common::Vault;

/// Largest distances that were seen, in units of 1e-18 of the quote token.
#[derive(Clone, Copy, Debug, Default)]
pub struct Furthest {
    /// Of amounts.
    pub money: i128,
    /// Of sizes, at the mark.
    pub notional: i128,
    /// Of the coverage ratio, at what it is applied to: all profit.
    pub backed: i128,
    /// Of any of them, as a share of the largest that is allowed; 1e-3.
    pub used: i128,
    /// Numbers compared.
    pub comparisons: u64,
}

impl fmt::Display for Furthest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} comparisons; furthest off, in 1e-18 USD: amounts {}, sizes at the mark {}, all profit at h {}; {} % of the tolerance",
            self.comparisons,
            self.money,
            self.notional,
            self.backed,
            self.used as f64 / 10.0
        )
    }
}

impl Furthest {
    /// The larger of both.
    pub fn or(self, other: Self) -> Self {
        Self {
            money: self.money.max(other.money),
            notional: self.notional.max(other.notional),
            backed: self.backed.max(other.backed),
            used: self.used.max(other.used),
            comparisons: self.comparisons + other.comparisons,
        }
    }
}

/// Compares a vault with the exact model's.
struct Comparison<'v> {
    vault: &'v Vault,
    exact: &'v model::Vault,
    /// What came before, for messages.
    context: &'v dyn fmt::Debug,
    /// The largest distance that is allowed, in units of 1e-18.
    limit: i128,
    furthest: Furthest,
}

/// What is allowed however little the vault holds, in units of 1e-18: 1e-9 of the quote token.
const LEAST: i128 = 1_000_000_000;
/// To that comes this part of what the vault holds: 1e-13.
const PART: i128 = 10_000_000_000_000;
/// And the value of so many of the smallest sizes, in the dearest instrument: 1e-14 of a unit.
const SIZES: u128 = 10_000;
/// And this part of the largest base of a bucket, for K counts in 1e-21 of the quote token a unit: 1e-19.
const BASE: u128 = 10_000_000_000_000_000_000;

/// The largest distance that is allowed, in units of 1e-18 of the quote token; it never shrinks within a sequence.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tolerance(pub i128);

impl Tolerance {
    /// Takes a state of the vault into account.
    pub fn grow(&mut self, vault: &Vault) {
        let marks = vault.memory.prices.values().map(|prices| prices.mark.0);
        let sizes = marks.max().unwrap_or(0) * SIZES / WAD;
        let bases = vault.memory.buckets.values().map(|bucket| bucket.base.0);
        let base = bases.max().unwrap_or(0) / BASE;
        let held = vault.memory.totals.tokens.0 / PART;
        self.0 = self
            .0
            .max(LEAST + held + i128::try_from(sizes + base).unwrap());
    }
}

/// Compares every number of the vault with the exact model's.
pub fn compare(
    vault: &Vault,
    exact: &model::Vault,
    tolerance: Tolerance,
    context: &dyn fmt::Debug,
) -> Furthest {
    let mut comparison = Comparison {
        context,
        vault,
        exact,
        limit: tolerance.0,
        furthest: Furthest::default(),
    };
    comparison.totals();
    comparison.sides();
    for (&id, expected) in &exact.accounts {
        comparison.account(id, expected);
    }
    comparison.furthest
}

impl Comparison<'_> {
    /// Units of 1e-18 between two numbers, rounded up.
    fn distance(&mut self, what: &str, got: &Exact, expected: &Exact) -> i128 {
        let distance = -floor_wad(&-(got - expected).abs()).expect("within 128 bits");
        assert!(
            distance <= self.limit,
            "{:?}: {what} is {:?}, {distance} from {:?}, beyond {}",
            self.context,
            floor_wad(got),
            floor_wad(expected),
            self.limit
        );
        self.furthest.comparisons += 1;
        self.furthest.used = self.furthest.used.max(distance * 1000 / self.limit);
        distance
    }

    fn money(&mut self, what: &str, got: i128, expected: &Exact) {
        let distance = self.distance(what, &model::wad(got), expected);
        self.furthest.money = self.furthest.money.max(distance);
    }

    fn notional(&mut self, what: &str, got: i128, expected: &Exact, mark: &Exact) {
        let distance = self.distance(what, &(model::wad(got) * mark), &(expected * mark));
        self.furthest.notional = self.furthest.notional.max(distance);
    }

    fn totals(&mut self) {
        let (totals, exact) = (&self.vault.memory.totals, self.exact);
        for (what, got, expected) in [
            ("tokens", totals.tokens, &exact.tokens),
            ("capital", totals.capital, &exact.capital),
            ("profit", totals.profit, &exact.profit),
            ("debt", totals.debt, &exact.debt),
            ("shortfall", totals.shortfall, &exact.shortfall),
            ("unsettled gains", totals.gains, &exact.gains()),
            ("insurance", self.vault.insurance, &exact.insurance),
        ] {
            self.money(what, got.0, expected);
        }
        let claims = &exact.profit + exact.gains();
        let coverage = model::wad(self.vault.coverage().try_into().expect("at most one"));
        let expected = exact.coverage() * &claims;
        let backed = self.distance("all profit at h", &(coverage * claims), &expected);
        self.furthest.backed = self.furthest.backed.max(backed);
    }

    fn sides(&mut self) {
        for (&id, instrument) in &self.exact.instruments {
            for side in Side::BOTH {
                let state = self.vault.memory.side(id, side);
                let expected = instrument.side(side == Side::Long);
                let got = state.open_interest.0.try_into().unwrap();
                let what = format!("open interest of {id}");
                self.notional(&what, got, &expected.open_interest, &instrument.mark);
            }
        }
    }

    fn account(&mut self, id: usize, expected: &model::Account) {
        let account = self.vault.memory.account(id);
        self.money(
            &format!("capital of {id}"),
            account.capital.0,
            &expected.capital,
        );
        self.money(&format!("profit of {id}"), account.pnl.0, &expected.pnl);
        assert_eq!(
            usize::from(account.bucket),
            expected.bucket,
            "bucket of {id}"
        );
        for (&listed, instrument) in &self.exact.instruments {
            let got = self.vault.size(id, listed).0;
            let size = self.exact.size(expected, listed);
            let what = format!("position of {id} in {listed}");
            self.notional(&what, got, &size, &instrument.mark);
        }
    }
}
