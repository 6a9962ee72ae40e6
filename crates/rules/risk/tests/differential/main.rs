//! Random sequences through the ledger and through the exact model.
//!
//! `RISK_SEED` is the first sequence of each scenario, `RISK_SEQUENCES` their number, `RISK_STEPS` their length, and
//! `RISK_SCENARIO` the name of the only one to play.

#[path = "../common/mod.rs"]
mod common;
mod compare;
mod exact;
mod rounding;
mod vectors;
mod worn;

use std::env;
use std::str::FromStr;

use common::Vault;
use compare::{Furthest, Tolerance, compare};
use ledger_model::{self as model, Operation, Player, SCENARIOS, Scenario};
use num_traits::Zero;
use risk::Price;

/// A number from the environment, or its default.
fn setting<T: FromStr>(name: &str, default: T) -> T {
    env::var(name).map_or(default, |text| {
        text.parse().unwrap_or_else(|_| panic!("{name}={text}"))
    })
}

/// Sequences to play of each scenario.
struct Settings {
    seed: u64,
    sequences: u64,
    steps: usize,
}

impl Settings {
    /// From the environment, and printed.
    fn new() -> Self {
        let settings = Self {
            seed: setting("RISK_SEED", 1),
            sequences: setting("RISK_SEQUENCES", 50),
            steps: setting("RISK_STEPS", 120),
        };
        let Self {
            seed,
            sequences,
            steps,
        } = settings;
        println!("RISK_SEED={seed} RISK_SEQUENCES={sequences} RISK_STEPS={steps}");
        settings
    }

    /// Every sequence of every scenario.
    fn scenarios(&self) -> impl Iterator<Item = (&'static Scenario, std::ops::Range<u64>)> {
        let only = env::var("RISK_SCENARIO").ok();
        let wanted = SCENARIOS
            .into_iter()
            .filter(move |scenario| only.as_deref().is_none_or(|name| name == scenario.name));
        wanted.map(|scenario| (scenario, self.seed..self.seed + self.sequences))
    }
}

/// An empty ledger with the instruments and the insurance of a scenario.
fn ledger(scenario: &Scenario) -> Vault {
    let mut vault = Vault {
        insurance: common::usd(scenario.insurance.into()),
        ..Vault::default()
    };
    for (listing, id) in scenario.listings.iter().zip(0..) {
        let mark = Price(listing.mark.unsigned_abs());
        if let Some(terms) = listing.option {
            vault.list_option(id, mark, terms);
        } else {
            vault.list(id, mark);
        }
    }
    vault
}

/// What sequences have done.
#[derive(Default)]
struct Tally {
    operations: u64,
    allowed: u64,
    deficits: u64,
    worthless: u64,
    divided: usize,
    emptied: usize,
    expired: u64,
    relisted: u64,
}

impl Tally {
    fn note(&mut self, before: &model::Vault, after: &model::Vault, allowed: bool) {
        self.operations += 1;
        self.allowed += u64::from(allowed);
        self.deficits += u64::from(after.shortfall > before.shortfall);
        self.worthless += u64::from(after.coverage().is_zero());
        self.expired += u64::from(settled(after) > settled(before));
        self.relisted += u64::from(settled(after) < settled(before));
    }

    /// Counts the epochs that have ended in a sequence.
    fn note_epochs(&mut self, vault: &Vault) {
        let ended = vault.memory.ended.values();
        let emptied = ended.filter(|ended| ended.emptied).count();
        self.emptied += emptied;
        self.divided += vault.memory.ended.len() - emptied;
    }

    fn describe(&self, scenario: &Scenario) -> String {
        let name = scenario.name;
        format!(
            "{name}: {} operations, {} allowed; {} deficits written off, {} states with h = 0, bases of {} buckets divided, \
             {} buckets emptied, {} options expired, {} others in their place",
            self.operations,
            self.allowed,
            self.deficits,
            self.worthless,
            self.divided,
            self.emptied,
            self.expired,
            self.relisted
        )
    }

    /// A test that did none of what it is for has shown nothing.
    fn assert_thorough(&self, scenario: &Scenario) {
        assert!(self.allowed * 2 > self.operations, "most do something");
        assert!(self.deficits > 0, "some debts are written off");
        assert!(self.emptied > 0, "some buckets are emptied");
        if scenario
            .listings
            .iter()
            .any(|listing| listing.option.is_some())
        {
            assert!(self.expired > 0 && self.relisted > 0, "options come and go");
        }
    }
}

/// Number of options that have expired, and whose place nobody has.
fn settled(exact: &model::Vault) -> usize {
    let instruments = exact.instruments.values();
    instruments.filter(|listed| listed.is_settled).count()
}

/// The model settles every leg of both parties of a trade; the ledger leaves some to the next touch.
pub fn settle_parties(vault: &mut Vault, operation: &Operation) {
    if let Operation::Trade { buyer, seller, .. } = *operation {
        for party in [buyer, seller] {
            vault.touch(party, false).expect("a touch is never refused");
        }
    }
}

/// Plays one sequence through both and compares them after every operation.
fn play(scenario: &Scenario, sequence: u64, steps: usize, tally: &mut Tally) -> Furthest {
    let mut player = Player::new(scenario, sequence);
    let (mut exact, mut vault) = (player.vault(), ledger(scenario));
    let mut deposits = player.deposits().into_iter();
    let (mut furthest, mut tolerance) = (Furthest::default(), Tolerance::default());
    for _ in 0..steps {
        let operation = deposits.next().unwrap_or_else(|| player.next(&exact));
        let context = (scenario.name, sequence, operation.clone());
        let before = exact.clone();
        let allowed = exact.apply(&operation);
        let got = exact::apply(&mut vault, &operation);
        assert_eq!(got, Ok(allowed), "{context:?}");
        settle_parties(&mut vault, &operation);
        tally.note(&before, &exact, allowed);
        tolerance.grow(&vault);
        furthest = furthest.or(compare(&vault, &exact, tolerance, &context));
        vault.check();
    }
    tally.note_epochs(&vault);
    furthest
}

#[test]
fn sequences_agree_with_the_exact_model() {
    let settings = Settings::new();
    for (scenario, sequences) in settings.scenarios() {
        let (mut tally, mut furthest) = (Tally::default(), Furthest::default());
        for sequence in sequences {
            furthest = furthest.or(play(scenario, sequence, settings.steps, &mut tally));
        }
        println!("{}; {furthest}", tally.describe(scenario));
        tally.assert_thorough(scenario);
    }
}
