//! One adversary of many accounts against the programs on a node, as a library in this process: it is maker, taker, liquidator,
//! closer and lister, has flash tokens, pokes or does not, holds shares of the pool, provides the volatility surface, moves
//! parameters as an agent, and knows what every feed will say. It looks for a sequence of operations that gives it more than it
//! is due, or that breaks an invariant. `crates/rules/risk/tests/adversary` does the same against the ledger natively, a thousand times
//! faster; here everything is real but the feeds.
//!
//! | Where is ... | |
//! |---|---|
//! | the node in this process | [`node`] |
//! | what is deployed, and who takes part | [`system`] |
//! | feeds, honest accounts, time, series | [`world`] |
//! | what an adversary can do | [`moves`] |
//! | a market of its own, beside | [`own_market`] |
//! | random sequences and hill climbing | [`climb`], [`gene`], shared with the native search |
//! | everything that can be seen of vault and pool; invariants 1, 2, 3 and 7 | [`seen`] |
//! | what an operation's events explain | [`explained`] |
//! | what is theft; invariants 4 and 5 | [`judge`] |
//! | invariants 8 and 9, shared with the native search | [`bounds`] |
//! | the pool's exits, the owner's setters | [`pool`], [`setters`] |
//!
//! `ADVERSARY_SEED` and `ADVERSARY_OPERATIONS` repeat or prolong a search. `ADVERSARY_PROGRAM=name=folder` puts the program
//! `name.initcode` of a folder in the place of the one that was built, to see that what is wrong with it is found. It needs the
//! built programs, and forge.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "scores are floating point, places are small"
)]

#[path = "../../../crates/rules/risk/tests/adversary/bounds.rs"]
#[expect(dead_code, reason = "what only the native search can hold")]
mod bounds;
#[path = "../../../crates/rules/risk/tests/adversary/climb.rs"]
mod climb;
mod explained;
#[path = "../followed/mod.rs"]
#[expect(dead_code, reason = "what only whoever opens many vaults needs")]
mod followed;
#[path = "../../../crates/rules/risk/tests/adversary/gene.rs"]
mod gene;
mod judge;
mod moves;
mod node;
mod outsider;
mod own_market;
mod pool;
mod search;
mod seen;
mod setters;
mod system;
mod world;

use std::env;
use std::path::Path;
use std::time::Instant;

use world::{Scene, World};

/// When the chain begins: noon of a day of 2026, seconds since 1970.
const GENESIS: u64 = 20_500 * 86_400 + 43_200;

/// Among so many operations, each kind of step has to take effect.
const MANY: u64 = 5_000;

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |value| {
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name}={value} is no number"))
    })
}

/// A node whose time is the sequence's alone, so that a seed finds the same again.
fn spawned() -> devnode::Handle {
    let config = devnode::Config {
        genesis_timestamp: Some(GENESIS),
        ..Default::default()
    };
    let handle = devnode::spawn(config).expect("a node");
    handle
        .chain()
        .configure(|settings| settings.clock.set_interval(Some(0)));
    handle
}

fn deployed() -> (devnode::Handle, node::Node, system::System) {
    let handle = spawned();
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let (node, system) = runtime.block_on(system::deploy(&handle));
    if let Ok(program) = env::var("ADVERSARY_PROGRAM") {
        let (name, folder) = program.split_once('=').expect("name=folder");
        system::replace(&node, &system, Path::new(folder), name);
        println!("{name} of {folder}");
    }
    (handle, node, system)
}

#[test]
fn no_sequence_of_operations_on_the_programs_gives_an_adversary_more_than_it_is_due() {
    let seed = number("ADVERSARY_SEED", 1);
    let operations = number("ADVERSARY_OPERATIONS", 1_000);
    println!("ADVERSARY_SEED={seed} ADVERSARY_OPERATIONS={operations}");
    let started = Instant::now();
    let (_handle, node, system) = deployed();
    let scene = Scene {
        node: &node,
        system: &system,
    };
    let world = World::open(scene);
    let opened = started.elapsed();
    let report = search::search(&world, seed, operations);
    println!(
        "{} operations of {} tried in {} sequences, {opened:.1?} to open and {:.1?} in all: {:?}",
        report.operations,
        report.tried,
        report.sequences,
        started.elapsed(),
        report.best
    );
    let [moves, cuts] = report.followed;
    println!("an outsider has followed {moves} moves of legs, and {cuts} cuts of sides");
    println!("took effect, of tried: {:?}", report.kinds);
    println!("never took effect: {:?}", report.never());
    println!("refused: {:?}", report.refused);
    if let Some(found) = report.found {
        search::tell(&world, &found.genes);
        let violation = found.violation;
        panic!(
            "after {} operations: {:?}: {}",
            found.operations, violation.kind, violation.detail
        );
    }
    let thorough = report.operations * 4 > report.tried;
    assert!(thorough, "hardly anything took effect");
    let followed = moves > operations / 2 && cuts > 0;
    assert!(followed, "hardly anything was followed");
    if operations >= MANY {
        assert!(report.never().is_empty(), "some steps never took effect");
    }
}
