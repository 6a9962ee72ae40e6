//! One adversary of many accounts, who is maker, taker, liquidator, closer and lister, has flash tokens, pokes or does not, and
//! knows what every feed will say, looks for a sequence of operations that gives it more than it is due.
//!
//! | Where is ... | |
//! |---|---|
//! | the market, its prices, honest accounts, keepers | [`world`] |
//! | what an adversary can do | [`moves`] |
//! | random sequences and hill climbing, here and on a node | [`climb`], [`gene`] |
//! | what an adversary is after | [`search`] |
//! | what is theft, and why luck does not count | [`wealth`] |
//! | the invariants of the design | [`invariants`]; those that are asked of a node as well: [`bounds`] |
//! | what the vault's programs do around the ledger | [`vault`], [`session`], [`insurance`] |
//! | the ledger's state | [`book`] |
//!
//! `ADVERSARY_SEED` and `ADVERSARY_OPERATIONS` repeat or prolong a search.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "scores are floating point, places are small"
)]

mod book;
#[expect(dead_code, reason = "what only the search on the node can hold")]
mod bounds;
mod climb;
mod gene;
mod insurance;
mod invariants;
mod moves;
mod outflow;
mod search;
mod session;
mod vault;
mod wealth;
mod world;

use std::time::UNIX_EPOCH;

use bounds::Kind;
use search::Report;
use vault::Fault;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap())
}

fn seed() -> u64 {
    let now = UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
    number("ADVERSARY_SEED", now)
}

/// Searches, and says what was done; tells the sequence if something is found.
fn run(seed: u64, operations: u64, fault: Fault) -> Report {
    let report = search::search(seed, operations, fault);
    println!(
        "{fault:?}: ADVERSARY_SEED={seed}, {} operations of {} tried in {} sequences: {:?}",
        report.operations, report.tried, report.sequences, report.best
    );
    println!("done {:?}\nrefused {:?}", report.done, report.refused);
    if let Some(found) = &report.found {
        search::tell(&found.genes, fault);
    }
    report
}

#[test]
fn no_sequence_of_operations_gives_an_adversary_more_than_it_is_due() {
    let operations = number("ADVERSARY_OPERATIONS", 50_000);
    let report = run(seed(), operations, Fault::None);
    if let Some(found) = report.found {
        let violation = found.violation;
        panic!("{:?}: {}", violation.kind, violation.detail);
    }
}

/// A search that has to find what is wrong with a fault put back.
fn finds(fault: Fault, seed: u64, kinds: &[Kind]) {
    let report = run(number("ADVERSARY_SEED", seed), 400_000, fault);
    let found = report.found.expect("a fault that was put back");
    println!(
        "{fault:?} found after {} operations: {:?}: {}",
        found.operations, found.violation.kind, found.violation.detail
    );
    assert!(kinds.contains(&found.violation.kind));
}

#[test]
fn it_finds_worn_buckets_that_end_with_somebody_in_them() {
    let kinds = [Kind::Residue, Kind::Conservation, Kind::Lost, Kind::Claims];
    finds(Fault::WornBucketsEnd, 1, &kinds);
}

#[test]
fn it_finds_what_a_trade_pays_maturing_by_the_traded_market_alone() {
    finds(Fault::EdgeOfTheTradedAlone, 7, &[Kind::Early]);
}

#[test]
fn it_finds_losses_that_make_a_gain_mature() {
    finds(Fault::LossesMature, 3, &[Kind::Early]);
}

#[test]
fn it_finds_covers_that_are_read_anew_for_each_leg() {
    finds(Fault::CoverOfEachLeg, 1, &[Kind::Cover, Kind::Order]);
}

#[test]
fn it_finds_recovery_beyond_covers() {
    finds(Fault::RecoverWhole, 2, &[Kind::Cover, Kind::Order]);
}
