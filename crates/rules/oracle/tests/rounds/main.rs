//! Arbitrary rounds, and everything that people may do between them, through the guard's decisions and through a reference: no
//! state that can be reached lets an untrusted price move money.
//!
//! `ORACLE_CASES` is the number of sequences, `ORACLE_SEED` repeats one run.

mod guard;
mod reference;
mod steps;
mod world;

use std::cell::RefCell;
use std::env;
use std::time::UNIX_EPOCH;

use guard::Guard;
use oracle::{Mark, Round, WAD};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use ruint::aliases::U256;
use steps::{Limits, sources, steps};
use world::{Reached, World};

/// Everything that a run must reach, or it has shown nothing.
const LANDMARKS: [&str; 29] = [
    "pokes",
    "operations that keep news",
    "operations without news",
    "operations without news after a while",
    "agreeing",
    "diverged",
    "sole",
    "frozen",
    "a first mark",
    "a sole source clamped",
    "a median that is the stable price",
    "a rise to Caution",
    "a rise to Restricted",
    "a rise to Halted",
    "a fall",
    "trips",
    "trips refused for their allowance",
    "trips to Halted",
    "outages",
    "days settled",
    "days that were made up",
    "days that joined another",
    "surfaces",
    "surfaces refused for their step",
    "surfaces distrusted",
    "surfaces refused for being distrusted",
    "a mark too old without a poke",
    "a mark from before an outage",
    "other sources",
];

fn setting(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| {
        text.parse().unwrap_or_else(|_| panic!("{name}={text}"))
    })
}

/// A runner whose random numbers follow from a printed seed, and how many cases it runs.
fn runner(cases: u64) -> (TestRunner, u64) {
    let cases = setting("ORACLE_CASES", cases);
    let seed = setting(
        "ORACLE_SEED",
        UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64,
    );
    println!("ORACLE_SEED={seed} ORACLE_CASES={cases}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        cases: cases as u32,
        failure_persistence: None,
        ..Config::default()
    };
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    (TestRunner::new_with_rng(config, random), cases)
}

/// Sequences of a run in which every landmark has to be reached.
const CASES: u64 = 600;

#[test]
fn no_round_and_no_deed_lets_an_untrusted_price_move_money() {
    let reached = RefCell::new(Reached::new());
    let truth = prop_oneof![3 => Just(2_000 * u128::from(WAD)), 1 => 1_000_000_u128..1 << 90];
    let start = 1_700_000_000_u64..1_700_086_400;
    let (mut runner, cases) = runner(CASES);
    runner
        .run(
            &(truth, sources(), start, steps()),
            |(truth, limits, start, steps)| {
                let mut world = World::new(truth, &limits, start, &reached);
                for step in &steps {
                    world.reach("steps");
                    world.take(step)?;
                }
                Ok(())
            },
        )
        .unwrap();
    let reached = reached.take();
    println!("{reached:?}");
    if cases >= CASES {
        for landmark in LANDMARKS {
            assert!(reached.contains_key(landmark), "never reached: {landmark}");
        }
    }
}

/// A chain's time does not go back, and nothing breaks if it did: whatever the clock says, only what is trusted moves the mark,
/// and the stable price does not move in no time.
#[test]
fn a_clock_that_goes_back_moves_nothing() {
    let (mut runner, _) = runner(CASES);
    let heard = (0..3_600_u64, 1_000_000_u128..1 << 90, any::<bool>());
    let steps = prop::collection::vec((-90_000..90_000_i64, heard), 1..60);
    runner
        .run(&steps, |steps| {
            let (mut guard, mut now) = (Guard::new(), 1_700_000_000_u64);
            let up = world::answer(0, 1);
            let source = Limits {
                decimals: 18,
                heartbeat: 1_800,
                floor: 0,
                ceiling: 100,
            };
            let source = [source.around(1 << 90)];
            for (secs, (age, price, trusted)) in steps {
                let (before, last) = (guard.asset.price, now);
                now = now.saturating_add_signed(secs);
                let time = if trusted {
                    now - age / 2
                } else {
                    now + 1 + age
                };
                let round = Round {
                    round_id: U256::from(1),
                    answer: U256::from(price),
                    updated_at: U256::from(time),
                    answered_in_round: U256::from(1),
                    decimals: U256::from(18),
                };
                guard.poke(&source, &[Some(round)], &up, now);
                let after = guard.asset.price;
                let expected = if trusted { Mark(price) } else { before.mark };
                prop_assert_eq!(after.mark, expected);
                prop_assert_eq!(after.is_trusted(now), trusted);
                if now <= last && before.mark != Mark::ZERO {
                    prop_assert_eq!(after.stable, before.stable);
                }
            }
            Ok(())
        })
        .unwrap();
}
