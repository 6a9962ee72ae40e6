//! Replays golden vectors of the reference model, which computes in exact fractions.
//!
//! `RISK_VECTORS=FOLDER` replays the vectors of that folder as well.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use common::{POOL, Vault};
use risk::{Error, Index, InstrumentId, Price, Ratio, Size, Store, Usd, math};
use serde::Deserialize;

/// Largest distance from the exact model, in units of 1e-18 of the quote token: 1e-9 of a token.
const MONEY_TOLERANCE: i128 = 1_000_000_000;
/// Largest distance of a size from the exact model, in units of 1e-18: 1e-12 of a unit.
const SIZE_TOLERANCE: i128 = 1_000_000;
/// Largest distance of the coverage ratio, in units of 1e-18.
const COVERAGE_TOLERANCE: i128 = 1_000_000;

#[derive(Deserialize)]
struct Vector {
    initial: Initial,
    steps: Vec<Step>,
    #[serde(rename = "final")]
    last: BTreeMap<String, FinalAccount>,
}

#[derive(Deserialize)]
struct Initial {
    marks: BTreeMap<String, String>,
    insurance: String,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "camelCase")]
enum Operation {
    Deposit {
        account: String,
        amount: String,
    },
    Poke {
        instrument: String,
        price: String,
    },
    Trade {
        buyer: String,
        seller: String,
        instrument: String,
        size: String,
        price: String,
    },
    #[serde(rename_all = "camelCase")]
    Touch {
        account: String,
        by_owner: bool,
    },
    Withdraw {
        account: String,
        amount: String,
        ok: bool,
    },
    Convert {
        account: String,
    },
    #[serde(rename_all = "camelCase")]
    Fund {
        instrument: String,
        paid_by_longs: String,
    },
    #[serde(rename_all = "camelCase")]
    Liquidate {
        account: String,
        into: String,
        penalty_rate: String,
        ok: bool,
    },
    Deleverage {
        account: String,
        ok: bool,
    },
}

#[derive(Deserialize)]
struct Step {
    #[serde(flatten)]
    operation: Operation,
    #[serde(flatten)]
    after: Option<After>,
}

#[derive(Deserialize)]
struct After {
    coverage: String,
    tokens: String,
    capital: String,
    insurance: String,
    shortfall: String,
}

#[derive(Deserialize)]
struct FinalAccount {
    capital: String,
    pnl: String,
    bucket: u8,
    sizes: BTreeMap<String, String>,
}

/// A decimal in units of 1e-18; digits beyond are cut off.
fn fixed(text: &str) -> i128 {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part = format!("{part:0<18}");
    sign * (whole.parse::<i128>().unwrap() * 10_i128.pow(18) + part[..18].parse::<i128>().unwrap())
}

fn unsigned(text: &str) -> u128 {
    fixed(text).unsigned_abs()
}

fn account(name: &str) -> usize {
    if name == "pool" {
        POOL
    } else {
        name[1..].parse().unwrap()
    }
}

fn instrument(name: &str) -> InstrumentId {
    match name {
        "ETH" => 0,
        "BTC" => 1,
        other => panic!("unknown instrument {other}"),
    }
}

fn apply(vault: &mut Vault, operation: &Operation) {
    match operation {
        Operation::Deposit { account: a, amount } => {
            vault.deposit(account(a), Usd(fixed(amount))).unwrap()
        }
        Operation::Poke {
            instrument: i,
            price,
        } => vault.poke(instrument(i), Price(unsigned(price))).unwrap(),
        Operation::Trade {
            buyer,
            seller,
            instrument: i,
            size,
            price,
        } => {
            vault
                .trade(
                    account(buyer),
                    account(seller),
                    instrument(i),
                    Size(unsigned(size)),
                    Price(unsigned(price)),
                )
                .unwrap();
            // The model settles every leg of both. They are in the buckets that were due at the trade.
            for party in [buyer, seller] {
                vault.touch(account(party), false).unwrap();
            }
        }
        Operation::Touch {
            account: a,
            by_owner,
        } => vault.touch(account(a), *by_owner).unwrap(),
        Operation::Withdraw {
            account: a,
            amount,
            ok,
        } => match vault.withdraw(account(a), Usd(fixed(amount))) {
            Ok(()) => assert!(ok),
            // What is refused changes nothing; the model has settled the account by then.
            Err(Error::InsufficientCapital) => {
                assert!(!ok);
                vault.touch(account(a), true).unwrap();
            }
            Err(error) => panic!("{error:?}"),
        },
        Operation::Convert { account: a } => drop(vault.convert(account(a)).unwrap()),
        Operation::Fund {
            instrument: i,
            paid_by_longs,
        } => vault
            .fund(instrument(i), Index(fixed(paid_by_longs)))
            .unwrap(),
        Operation::Liquidate {
            account: a,
            into,
            penalty_rate,
            ok,
        } => {
            assert_eq!(
                vault
                    .liquidate(account(a), account(into), Ratio(unsigned(penalty_rate)))
                    .unwrap(),
                *ok
            );
        }
        Operation::Deleverage { account: a, ok } => {
            assert_eq!(vault.deleverage(account(a)).unwrap().is_some(), *ok)
        }
    }
}

/// What a replay has compared, and how far the furthest was off.
#[derive(Default)]
struct Report {
    operations: usize,
    comparisons: usize,
    money: i128,
    size: i128,
    coverage: i128,
    surplus: (i128, i128),
}

impl Report {
    fn compare(
        &mut self,
        what: &str,
        got: i128,
        expected: &str,
        worst: fn(&mut Self) -> &mut i128,
        tolerance: i128,
    ) {
        let distance = (got - fixed(expected)).abs();
        assert!(distance <= tolerance, "{what}: {got} instead of {expected}");
        self.comparisons += 1;
        let worst = worst(self);
        *worst = distance.max(*worst);
    }

    fn money(&mut self, what: &str, got: Usd, expected: &str) {
        self.compare(
            what,
            got.0,
            expected,
            |report| &mut report.money,
            MONEY_TOLERANCE,
        );
    }
}

fn replay(vector: &Vector, report: &mut Report) {
    let mut vault = Vault {
        insurance: Usd(fixed(&vector.initial.insurance)),
        ..Vault::default()
    };
    for (name, mark) in &vector.initial.marks {
        vault.list(instrument(name), Price(unsigned(mark)));
    }
    for step in &vector.steps {
        apply(&mut vault, &step.operation);
        let surplus = vault.check();
        assert!(surplus.abs() <= MONEY_TOLERANCE, "conservation: {surplus}");
        report.surplus = (report.surplus.0.min(surplus), report.surplus.1.max(surplus));
        report.operations += 1;
        let Some(after) = &step.after else { continue };
        let coverage = math::signed(vault.coverage()).unwrap();
        report.compare(
            "coverage",
            coverage,
            &after.coverage,
            |report| &mut report.coverage,
            COVERAGE_TOLERANCE,
        );
        report.money("tokens", vault.memory.totals.tokens, &after.tokens);
        report.money("capital", vault.memory.totals.capital, &after.capital);
        report.money("insurance", vault.insurance, &after.insurance);
        report.money("shortfall", vault.memory.totals.shortfall, &after.shortfall);
    }
    for (name, expected) in &vector.last {
        let held = vault.memory.account(account(name));
        report.money("final capital", held.capital, &expected.capital);
        report.money("final pnl", held.pnl, &expected.pnl);
        assert_eq!(held.bucket, expected.bucket, "bucket of {name}");
        for (i, size) in &expected.sizes {
            let got = vault.size(account(name), instrument(i)).0;
            report.compare(
                "final size",
                got,
                size,
                |report| &mut report.size,
                SIZE_TOLERANCE,
            );
        }
    }
}

fn vectors(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    paths.sort();
    paths
}

#[test]
fn the_ledger_agrees_with_the_reference_model() {
    let mut paths = vectors(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors"));
    assert!(paths.len() >= 4, "the fixtures are there");
    if let Some(folder) = std::env::var_os("RISK_VECTORS") {
        paths.extend(vectors(Path::new(&folder)));
    }
    let mut report = Report::default();
    for path in &paths {
        println!("{}", path.display());
        replay(
            &serde_json::from_slice(&fs::read(path).unwrap()).unwrap(),
            &mut report,
        );
    }
    println!(
        "{} vectors, {} operations, {} comparisons; furthest off, in 1e-18: money {}, size {}, coverage {}, surplus {:?}",
        paths.len(),
        report.operations,
        report.comparisons,
        report.money,
        report.size,
        report.coverage,
        report.surplus
    );
}
