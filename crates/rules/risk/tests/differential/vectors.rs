//! Golden vectors that the reference model printed, through the ledger and the exact one, which has to reproduce them.
//!
//! `RISK_VECTORS=FOLDER` replays the vectors of that folder as well; `tests/vectors/generate.py` prints more.

use std::path::{Path, PathBuf};
use std::{env, fmt, fs};

use ledger_model::{self as model, Exact, Vector, floor_wad};
use num_traits::Signed;
use risk::{Price, Store};

use crate::common::Vault;
use crate::{exact, settle_parties};

/// Largest distance from the exact model, in units of 1e-18 of the quote token: 1e-9 of a token.
const MONEY: i128 = 1_000_000_000;
/// Largest distance of a size from the exact model, in units of 1e-18: 1e-12 of a unit.
const SIZE: i128 = 1_000_000;

/// What replays have compared, and how far the furthest was off, in units of 1e-18.
#[derive(Default)]
struct Report {
    operations: usize,
    comparisons: usize,
    money: i128,
    size: i128,
    backed: i128,
    surplus: (i128, i128),
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} operations, {} comparisons; furthest off, in 1e-18: amounts {}, sizes {}, all profit at h {}; surplus {:?}",
            self.operations, self.comparisons, self.money, self.size, self.backed, self.surplus
        )
    }
}

impl Report {
    fn distance(&mut self, what: &str, got: &Exact, expected: &Exact, limit: i128) -> i128 {
        let distance = -floor_wad(&-(got - expected).abs()).expect("within 128 bits");
        let (got, expected) = (floor_wad(got), floor_wad(expected));
        assert!(distance <= limit, "{what}: {got:?} instead of {expected:?}");
        self.comparisons += 1;
        distance
    }

    fn money(&mut self, what: &str, got: i128, expected: &Exact) {
        let distance = self.distance(what, &model::wad(got), expected, MONEY);
        self.money = self.money.max(distance);
    }

    /// The vault's totals, and its coverage ratio at what it is applied to.
    fn totals(&mut self, vault: &Vault, exact: &model::Vault) {
        let totals = &vault.memory.totals;
        self.money("tokens", totals.tokens.0, &exact.tokens);
        self.money("capital", totals.capital.0, &exact.capital);
        self.money("insurance", vault.insurance.0, &exact.insurance);
        self.money("shortfall", totals.shortfall.0, &exact.shortfall);
        let claims = model::wad(totals.profit.0 + totals.gains.0);
        let coverage = model::wad(vault.coverage().try_into().expect("at most one"));
        let (got, expected) = (coverage * &claims, exact.coverage() * claims);
        let distance = self.distance("all profit at h", &got, &expected, MONEY);
        self.backed = self.backed.max(distance);
    }

    fn last(&mut self, vault: &Vault, exact: &model::Vault) {
        for (&id, expected) in &exact.accounts {
            let held = vault.memory.account(id);
            self.money("final capital", held.capital.0, &expected.capital);
            self.money("final pnl", held.pnl.0, &expected.pnl);
            assert_eq!(usize::from(held.bucket), expected.bucket, "bucket of {id}");
            for &instrument in expected.legs.keys() {
                let got = model::wad(vault.size(id, instrument).0);
                let size = exact.size(expected, instrument);
                let distance = self.distance("final size", &got, &size, SIZE);
                self.size = self.size.max(distance);
            }
        }
    }

    /// Replays a vector through the ledger and the exact one, which has reproduced the vector by the rule of its model: that pays
    /// whoever is closed first, while here all known debts share what the pool pays.
    fn replay(&mut self, vector: &Vector) {
        let (mut vault, mut exact) = (start(vector), vector.start());
        exact.shared = true;
        for step in &vector.steps {
            let allowed = exact.apply(&step.operation);
            let got = exact::apply(&mut vault, &step.operation);
            assert_eq!(got, Ok(allowed), "{:?}", step.operation);
            settle_parties(&mut vault, &step.operation);
            let surplus = vault.check();
            assert!(surplus.abs() <= MONEY, "conservation: {surplus}");
            self.surplus = (self.surplus.0.min(surplus), self.surplus.1.max(surplus));
            self.operations += 1;
            self.totals(&vault, &exact);
        }
        self.last(&vault, &exact);
    }
}

/// The ledger before the first operation of a vector.
fn start(vector: &Vector) -> Vault {
    let exact = vector.start();
    let mut vault = Vault {
        insurance: risk::Usd(floor_wad(&exact.insurance).expect("within 128 bits")),
        ..Vault::default()
    };
    for (&id, instrument) in &exact.instruments {
        let mark = floor_wad(&instrument.mark).expect("within 128 bits");
        vault.list(id, Price(mark.unsigned_abs()));
    }
    vault
}

fn vectors(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|kind| kind == "json"));
    paths.sort();
    paths
}

#[test]
fn the_ledger_agrees_with_the_reference_model() {
    let mut paths = vectors(Path::new("tests/vectors"));
    assert!(paths.len() >= 5, "the fixtures are there");
    if let Some(folder) = env::var_os("RISK_VECTORS") {
        paths.extend(vectors(Path::new(&folder)));
    }
    let mut report = Report::default();
    for path in &paths {
        println!("{}", path.display());
        report.replay(&serde_json::from_slice(&fs::read(path).unwrap()).unwrap());
    }
    println!("{} vectors, {report}", paths.len());
}
