//! One adversary of many accounts, who is maker, taker, liquidator, closer and lister, has flash tokens, pokes or does not, and
//! knows what every feed will say, looks for a sequence of operations that gives it more than it is due.
//!
//! | Where is ... | |
//! |---|---|
//! | the market, its prices, honest accounts, keepers | [`world`] |
//! | what an adversary can do | [`moves`] |
//! | random sequences and hill climbing | [`search`] |
//! | what is theft, and why luck does not count | [`wealth`] |
//! | the invariants of the design | [`invariants`] |
//! | what the vault's programs do around the ledger | [`vault`] |
//! | the ledger's state | [`book`] |
//!
//! What insurance pays for an instrument is measured against its cover and not held to it: the vault reads a cover once for each leg
//! that a call closes, before anything is drawn, and `recover` asks no cover, so that one market can draw what others have paid
//! for. Invariant 8, of covers, is not covered here, and invariant 6, of the order of closings, only while no cover is used up. Nor are margins of options as portfolios (options count as linear), divergent
//! feeds and the stable price, and the pool's shares.
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
mod invariants;
mod moves;
mod search;
mod vault;
mod wealth;
mod world;

use std::time::UNIX_EPOCH;

use invariants::Kind;
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
        "{fault:?}: ADVERSARY_SEED={seed}, {} operations of {} tried in {} sequences: {:?} {:?}",
        report.operations, report.tried, report.sequences, report.best, report.done
    );
    if let Some(found) = &report.found {
        search::tell(&found.genes, fault);
    }
    report
}

#[test]
fn no_sequence_of_operations_gives_an_adversary_more_than_it_is_due() {
    let operations = number("ADVERSARY_OPERATIONS", 50_000);
    let report = run(seed(), operations, Fault::None);
    assert!(
        report.found.is_none(),
        "{:?}",
        report.found.map(|found| found.violation)
    );
}

/// A search that has to find what is wrong with a fault put back.
fn finds(fault: Fault, kinds: &[Kind]) {
    let report = run(number("ADVERSARY_SEED", 1), 400_000, fault);
    let found = report.found.expect("a fault that was put back");
    println!(
        "found after {} operations: {:?}: {}",
        found.operations, found.violation.kind, found.violation.detail
    );
    assert!(kinds.contains(&found.violation.kind));
}

#[test]
fn it_finds_worn_buckets_that_end_with_somebody_in_them() {
    let kinds = [Kind::Dust, Kind::Conservation, Kind::Lost, Kind::Claims];
    finds(Fault::WornBucketsEnd, &kinds);
}

#[test]
fn it_finds_what_a_trade_pays_maturing_by_the_traded_market_alone() {
    finds(Fault::EdgeOfTheTradedAlone, &[Kind::Early]);
}

#[test]
fn it_finds_losses_that_make_a_gain_mature() {
    finds(Fault::LossesMature, &[Kind::Early]);
}
