//! Thousands of accounts: `PROPOSAL_ACCOUNTS` of them, which takes minutes to set up.

use crate::scene::{ETH, PRICE, Scene};
use alloy::primitives::{B256, hex};
use client::abi::{IMarginVault, IQuoteToken};
use client::chain::Transaction;
use client::orders::{Party, Trade, settle};
use client::units::{tokens, wad};
use proposal::amount::Amount;
use proposal::run;
use std::time::Instant;

const EACH: f64 = 20.0;

/// Deposits and trades of `count` accounts of the first trader.
fn crowd(scene: &Scene, count: u64) -> Vec<Transaction> {
    let (chain, vault, owner) = (&scene.chain, scene.market.vault, &scene.traders[0]);
    let all = tokens(EACH * count as f64);
    let mut steps = vec![
        owner
            .call(
                chain,
                scene.market.token,
                &IQuoteToken::mintCall {
                    to: owner.address(),
                    amount: all,
                },
            )
            .unwrap(),
        owner
            .call(
                chain,
                scene.market.token,
                &IQuoteToken::approveCall {
                    spender: vault,
                    amount: all,
                },
            )
            .unwrap(),
    ];
    for k in 1..=count {
        let account = owner.sub_account(k);
        let deposit = IMarginVault::depositCall {
            account,
            amount: tokens(EACH),
        };
        steps.push(owner.call(chain, vault, &deposit).unwrap());
        let trade = Trade {
            seller: Party::main(&scene.whale),
            buyer: Party {
                wallet: owner,
                account,
            },
            instrument: ETH,
            size: wad(0.5),
            price: wad(PRICE),
            nonce: 1_000_000 + k,
            reduce_only: false,
        };
        steps.push(settle(chain, vault, owner, &trade).unwrap());
    }
    steps
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes to set up"]
async fn thousands_of_accounts_are_read() {
    let count: u64 = std::env::var("PROPOSAL_ACCOUNTS").map_or(2_000, |text| text.parse().unwrap());
    let scene = Scene::open().await;
    scene.chain.execute(&crowd(&scene, count)).await.unwrap();
    let strict = scene.stricter().await;
    let options = scene.options(hex::encode(strict), Some(scene.market.vault));
    let started = Instant::now();
    let report = run(&options).await.unwrap();
    println!("{count} accounts: {:.1} s", started.elapsed().as_secs_f64());
    let impact = &report.impacts[0];
    assert_eq!(
        impact.accounts.len(),
        count as usize + scene.traders.len() + 1
    );
    assert!(impact.missing.is_empty());
    let of_crowd = |account: &B256| account[..20] == scene.traders[0].account()[..20];
    for one in impact
        .accounts
        .iter()
        .filter(|one| of_crowd(&one.account))
        .step_by(100)
    {
        let health = scene.health(one.account).await;
        assert_eq!(one.now.initial, Amount::of(health.initial).unwrap());
        assert!(one.after.maintenance > one.before.maintenance, "{one:?}");
    }
}
