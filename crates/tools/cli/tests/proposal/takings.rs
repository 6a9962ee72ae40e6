//! What simulator and keeper work out of accounts is what the contracts then do.

use crate::scene::{BTC, ETH, PRICE, Scene};
use alloy::primitives::{B256, U256};
use alloy::sol_types::{SolCall, SolEvent};
use client::abi::IMarginVault::{self, Liquidated};
use client::abi::IOracleGuard;
use client::chain::{Transaction, Wallet};
use client::orders::{Party, Trade, settle};
use client::units::wad;
use keeper::{Contracts, Keeper, plan};
use proposal::holders::Search;
use proposal::probe::Probe;
use proposal::reader::Reader;
use proposal::snapshot::Snapshot;
use proposal::system;
use risk::{Ratio, WAD};
use stage::market::deposit;
use standing::Book;
use std::collections::BTreeMap;

/// Traders who have sold calls against a perpetual: one of them with another beside that, one without.
const PARTLY: usize = 0;
const HEDGED: usize = 1;
/// One whose perpetual is more than a hedge.
const BOLD: usize = 3;
/// Dollars that they deposit for that.
const MORE: f64 = 5_000.0;
/// What traders leave in their accounts, of initial margin.
const LEFT: Ratio = Ratio(WAD / 100 * 105);
/// WAD units in one of the token.
const UNIT: u128 = 1_000_000_000_000;
const DAY: u32 = 86_400;

/// Everybody as the simulator sees them.
async fn seen(scene: &Scene) -> Snapshot {
    let reader = Reader::open(&scene.url, None).await.unwrap();
    let market = system::Market {
        vault: scene.market.vault,
        pool: scene.market.pool,
        guard: scene.market.guard,
        token: scene.market.token,
    };
    let search = Search {
        from: 0,
        widest: u64::MAX,
    };
    let probe = Probe::new(&reader, vec![]);
    Snapshot::take(&probe, market, search).await.unwrap()
}

/// Margins that are worked out here are those of the contracts, to the last digit.
fn assert_margins(snapshot: &Snapshot) {
    for (account, legs) in &snapshot.holders {
        let said = snapshot.now.accounts[account].health.maintenance;
        let book = Book::new(&snapshot.now.market, legs).unwrap();
        assert_eq!(book.maintenance(book.positions()), Ok(said), "{account}");
    }
}

/// Two traders sell calls of the nearer expiry against their perpetuals, and one of them buys some of another perpetual.
async fn hedge(scene: &Scene) {
    for place in [PARTLY, HEDGED] {
        let more = deposit(&scene.chain, &scene.market, &scene.traders[place], MORE);
        scene.chain.execute(&more.unwrap()).await.unwrap();
    }
    let call = scene.series[0].number;
    let mark = scene.option_mark(0).await;
    let trades = [
        (PARTLY, call, -100.0, mark),
        (HEDGED, call, -100.0, mark),
        (PARTLY, BTC, 20.0, wad(PRICE)),
    ];
    for (nonce, (place, instrument, size, price)) in (5_000..).zip(trades) {
        let trader = &scene.traders[place];
        let [buyer, seller] = if size > 0.0 {
            [trader, &scene.whale]
        } else {
            [&scene.whale, trader]
        };
        let trade = Trade {
            seller: Party::main(seller),
            buyer: Party::main(buyer),
            instrument,
            size: wad(f64::abs(size)),
            price,
            nonce,
            reduce_only: false,
        };
        let settled = settle(&scene.chain, scene.market.vault, trader, &trade);
        scene.chain.execute(&[settled.unwrap()]).await.unwrap();
    }
}

/// The guardian distrusts the nearer expiry: two of the four options.
async fn distrust(scene: &Scene) {
    let call = IOracleGuard::distrustSurfaceCall {
        asset: scene.market.contracts[0].asset,
        expiry: scene.series[0].id.expiry,
        secs: DAY,
        reason: B256::ZERO,
    };
    let guard = scene.market.guard;
    scene
        .send_as(scene.governance.guardian, guard, call.abi_encode().into())
        .await;
}

/// Everybody takes out what initial margin does not need, and then margins rise.
async fn weaken(scene: &Scene) {
    for trader in &scene.traders {
        let health = scene.health(trader.account()).await;
        let left = health.initial * U256::from(LEFT.0) / U256::from(WAD);
        let free = U256::try_from(health.equity).unwrap().saturating_sub(left);
        let withdraw = IMarginVault::withdrawCall {
            account: trader.account(),
            amount: free / U256::from(UNIT),
            to: trader.address(),
        };
        let withdraw = trader.call(&scene.chain, scene.market.vault, &withdraw);
        scene.chain.execute(&[withdraw.unwrap()]).await.unwrap();
    }
    let stricter = scene.stricter().await;
    scene
        .send_as(scene.governance.timelock, scene.market.vault, stricter)
        .await;
}

/// The largest account takes over what it can of another.
fn take_over(scene: &Scene, account: B256) -> Transaction {
    let liquidate = IMarginVault::liquidateCall {
        account,
        into: scene.whale.account(),
        maxShare: U256::from(WAD),
    };
    let vault = scene.market.vault;
    scene.whale.call(&scene.chain, vault, &liquidate).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_liquidation_takes_is_what_was_foreseen() {
    let scene = Scene::open().await;
    hedge(&scene).await;
    scene.elapse(600).await;
    scene.poke().await;
    assert_margins(&seen(&scene).await);
    weaken(&scene).await;
    distrust(&scene).await;
    assert_margins(&seen(&scene).await);
    let mut shares = BTreeMap::new();
    for (place, trader) in scene.traders.iter().enumerate() {
        // Every one is looked at anew: prices follow the time, and a liquidation changes what others are worth.
        let snapshot = seen(&scene).await;
        let account = trader.account();
        let margins = snapshot.now.accounts[&account];
        let book = Book::new(&snapshot.now.market, &snapshot.holders[&account]).unwrap();
        let foreseen = book.liquidated(&margins.health, margins.clock).unwrap();
        let taken = scene.chain.submit(&[take_over(&scene, account)]).await;
        let receipt = &taken.unwrap()[0];
        println!("{place}: {:?} {foreseen:?}", margins.health);
        let Some(foreseen) = foreseen else {
            assert!(!receipt.succeeded(), "{place} was liquidated");
            continue;
        };
        assert!(receipt.succeeded(), "{place} was not liquidated");
        let logs = receipt.logs.iter();
        let mut events = logs.filter_map(|log| Liquidated::decode_log(&log.inner).ok());
        let event = events.next().unwrap();
        assert_eq!(event.share, U256::from(foreseen.share.0), "{place}");
        let penalty = U256::try_from(foreseen.penalty.0).unwrap();
        assert_eq!(event.penalty, penalty, "{place}");
        shares.insert(
            place,
            [ETH, BTC].map(|perpetual| foreseen.share_of(perpetual)),
        );
    }
    // What hedges distrusted options stays with them, and what does not goes.
    assert_eq!(shares[&PARTLY][0], Ratio::ZERO);
    assert!(shares[&PARTLY][1] > Ratio::ZERO);
    assert!(!shares.contains_key(&HEDGED), "{shares:?}");
    assert!(shares[&BOLD][0] > Ratio::ZERO);
    assert!(shares.len() > 3, "{shares:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_keeper_plans_the_vault_accepts() {
    let mut scene = Scene::open().await;
    hedge(&scene).await;
    scene.elapse(600).await;
    scene.poke().await;
    weaken(&scene).await;
    distrust(&scene).await;
    let nobody = Wallet::derived("proposal", 100).unwrap();
    let whale = std::mem::replace(&mut scene.whale, nobody);
    let contracts = Contracts {
        vault: scene.market.vault,
        guard: scene.market.guard,
        pool: scene.market.pool,
        token: scene.market.token,
    };
    // It is told of nothing but the vault's events.
    let mut keeper = Keeper::new(whale, contracts, BTreeMap::new());
    let logs = scene.chain.logs(scene.market.vault, 0).await.unwrap();
    keeper.learn(&logs);
    let mut answers = scene.chain.views(&keeper.views()).await.unwrap();
    let outlook = keeper.outlook(&mut answers).unwrap();
    for other in &outlook.others {
        let book = Book::new(&outlook.market, &other.legs).unwrap();
        let worked_out = book.maintenance(book.positions());
        assert_eq!(worked_out, Ok(other.health.maintenance), "{other:?}");
    }
    let actions = plan(&outlook);
    let liquidated = |account| {
        actions.iter().any(|action| {
            matches!(action, keeper::Action::Liquidate(accounts, _) if accounts.contains(&account))
        })
    };
    assert!(liquidated(scene.traders[PARTLY].account()));
    assert!(!liquidated(scene.traders[HEDGED].account()));
    for action in &actions {
        let transaction = keeper.transaction(&scene.chain, action).unwrap();
        let receipts = scene.chain.execute(&[transaction]).await.unwrap();
        if let keeper::Action::Liquidate(accounts, _) = action {
            let logs = receipts[0].logs.iter();
            let events = logs.filter_map(|log| Liquidated::decode_log(&log.inner).ok());
            assert_eq!(events.count(), accounts.len(), "{action:?}");
        }
    }
}
