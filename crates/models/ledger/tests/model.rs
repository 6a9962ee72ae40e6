//! The exact ledger against vectors that the reference model printed, and against its own invariants.
//!
//! `RISK_VECTORS=FOLDER` replays the vectors of that folder as well; `RISK_SEED` and `RISK_SEQUENCES` choose the sequences.

use std::path::{Path, PathBuf};
use std::{env, fs};

use ledger_model::{After, Exact, Player, SCENARIOS, Vault, Vector};
use num_traits::{Signed, Zero};

/// Half of the last digit that a vector has.
fn half_a_digit() -> Exact {
    Exact::new(1.into(), 2.into()) / Exact::from_integer(10.into()).pow(24)
}

fn number<T: std::str::FromStr>(name: &str, default: T) -> T {
    env::var(name).map_or(default, |text| {
        text.parse().unwrap_or_else(|_| panic!("{name}={text}"))
    })
}

fn vectors(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|kind| kind == "json"));
    paths.sort();
    paths
}

/// Compares numbers, and counts how many.
struct Comparison<'p> {
    path: &'p Path,
    limit: Exact,
    count: u64,
}

impl Comparison<'_> {
    fn equal(&mut self, what: &str, got: &Exact, expected: &Exact) {
        let distance = (got - expected).abs();
        assert!(
            distance <= self.limit,
            "{}: {what} is {got}, not {expected}",
            self.path.display()
        );
        self.count += 1;
    }

    fn after(&mut self, vault: &Vault, after: &After) {
        self.equal("coverage", &vault.coverage(), &after.coverage);
        self.equal("tokens", &vault.tokens, &after.tokens);
        self.equal("capital", &vault.capital, &after.capital);
        self.equal("insurance", &vault.insurance, &after.insurance);
        self.equal("shortfall", &vault.shortfall, &after.shortfall);
    }

    fn last(&mut self, vault: &Vault, vector: &Vector) {
        for (id, expected) in vector.accounts() {
            let account = &vault.accounts[&id];
            self.equal("final capital", &account.capital, &expected.capital);
            self.equal("final pnl", &account.pnl, &expected.pnl);
            assert_eq!(account.bucket, expected.bucket, "bucket of {id}");
            assert_eq!(account.legs.len(), expected.sizes.len(), "legs of {id}");
            for (instrument, size) in expected.positions() {
                self.equal("final size", &vault.size(account, instrument), &size);
            }
        }
    }
}

#[test]
fn every_vector_of_the_reference_model_is_reproduced() {
    let mut paths = vectors(Path::new("../../rules/risk/tests/vectors"));
    assert!(paths.len() >= 5, "the fixtures are there");
    if let Some(folder) = env::var_os("RISK_VECTORS") {
        paths.extend(vectors(Path::new(&folder)));
    }
    let (mut operations, mut comparisons) = (0, 0);
    for path in &paths {
        let vector: Vector = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let mut comparison = Comparison {
            path,
            limit: half_a_digit(),
            count: 0,
        };
        let mut vault = vector.start();
        for step in &vector.steps {
            let allowed = vault.apply(&step.operation);
            assert_eq!(allowed, step.ok.unwrap_or(true), "{:?}", step.operation);
            if let Some(after) = &step.after {
                comparison.after(&vault, after);
            }
        }
        comparison.last(&vault, &vector);
        operations += vector.steps.len();
        comparisons += comparison.count;
    }
    println!(
        "{} vectors, {operations} operations, {comparisons} numbers equal",
        paths.len()
    );
}

#[test]
fn no_sequence_breaks_conservation_or_backing() {
    let (seed, sequences) = (number("RISK_SEED", 1_u64), number("RISK_SEQUENCES", 5_u64));
    println!("RISK_SEED={seed} RISK_SEQUENCES={sequences}");
    for scenario in SCENARIOS {
        let (mut allowed, mut deficits, mut worthless) = (0, 0, 0);
        for sequence in seed..seed + sequences {
            let mut player = Player::new(scenario, sequence);
            let mut vault = player.vault();
            for operation in player.deposits() {
                vault.apply(&operation);
            }
            for _ in 0..120 {
                let operation = player.next(&vault);
                let before = vault.shortfall.clone();
                allowed += u32::from(vault.apply(&operation));
                deficits += u32::from(vault.shortfall > before);
                worthless += u32::from(vault.coverage().is_zero());
                vault.check();
            }
            let mut sides = vault.instruments.values().flat_map(|i| &i.sides);
            assert!(
                sides.all(|side| side.residue().is_zero()),
                "nothing is lost"
            );
        }
        println!(
            "{}: {} operations, {allowed} allowed, {deficits} deficits, h = 0 after {worthless}",
            scenario.name,
            sequences * 120
        );
    }
}
