//! Random sequences through the vault's programs on a node, and through the exact model of its ledger. Besides, an outsider follows
//! every account by the vault's events alone: to the unit.
//!
//! `BULKHEAD_OPERATIONS` is how many operations have to take effect, `BULKHEAD_SEED` the first sequence. Funding, fees,
//! rewards and the dust notional are zero; the guard, the pool and the token are mocks that the model can follow; time stands still but
//! for a day before each conversion, in which all profit matures. It needs the built programs, and forge.

mod compare;
#[path = "../followed/mod.rs"]
mod followed;
mod market;
mod operate;

use std::env;

use ledger_model::{Operation, Player, Scenario, Weights};
use market::Market;
use operate::{Outcome, Tally};

/// Operations of one sequence, after which a new vault is opened: exact fractions grow.
const STEPS: usize = 180;

/// The model's market, but for funding, with more closings and with what the model leaves to the vault.
static SCENARIO: Scenario = Scenario {
    name: "node",
    listings: ledger_model::MODEL.listings,
    accounts: 12,
    deposits: 500..=5000,
    insurance: 1500,
    largest_move: 0.09,
    leverage: 1..=9,
    poorer_counts: false,
    aimed: true,
    weights: Weights {
        poke: 26,
        trade: 36,
        touch: 8,
        withdraw: 4,
        deposit: 3,
        convert: 6,
        fund: 0,
        liquidate: 12,
        deleverage: 9,
        rebucket: 4,
        insure: 4,
        recover: 6,
        expire: 0,
        relist: 0,
    },
};

fn setting(name: &str, default: u64) -> u64 {
    let value = env::var(name).map_or(default, |text| {
        text.parse().unwrap_or_else(|_| panic!("{name}={text}"))
    });
    println!("{name}={value}");
    value
}

#[tokio::test]
async fn the_vault_on_a_node_agrees_with_the_exact_model() {
    let (wanted, seed) = (
        setting("BULKHEAD_OPERATIONS", 2000),
        setting("BULKHEAD_SEED", 1),
    );
    let node = devnode::spawn(devnode::Config::default()).unwrap();
    let mut tally = Tally::default();
    let mut market = Market::deploy(&node.url(), SCENARIO.accounts).await;
    for sequence in seed.. {
        if tally.done >= wanted {
            break;
        }
        market.open_vault(SCENARIO.listings).await;
        play(&mut market, sequence, &mut tally).await;
        println!("sequence {sequence}: {tally}");
    }
    tally.assert_thorough();
    let [moves, cuts] = market.followed.counts();
    println!("an outsider has followed {moves} moves of legs, and {cuts} cuts of sides");
    assert!(moves > 100 && cuts >= 10, "hardly anything was followed");
}

/// Plays one sequence on a new vault, and compares everything after every operation.
async fn play(market: &mut Market, sequence: u64, tally: &mut Tally) {
    let mut player = Player::new(&SCENARIO, sequence);
    let mut exact = player.vault();
    exact.insurance = ledger_model::wad(0);
    let insurance = i128::from(SCENARIO.insurance) * ledger_model::WAD;
    let mut opening = vec![Operation::Insure { amount: insurance }];
    opening.extend(player.deposits());
    let mut opening = opening.into_iter();
    for _ in 0..STEPS {
        let operation = opening.next().unwrap_or_else(|| player.next(&exact));
        let context = format!("sequence {sequence}: {operation:?}");
        let outcome = market.operate(&mut exact, operation, &context).await;
        tally.note(&outcome);
        market.follow(&context).await;
        if let Outcome::Done(_) = outcome {
            tally.furthest = tally.furthest.or(market.compare(&exact, &context).await);
        }
    }
}
