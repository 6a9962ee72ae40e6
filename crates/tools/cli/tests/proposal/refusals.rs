//! What would revert is said with the contract's error, and what is not understood is said as well.

use crate::scene::{AGENT, ETH, HOLDER, INITIAL_RATE, Scene};
use alloy::primitives::{Address, B256, Bytes, U256, hex};
use alloy::sol_types::SolCall;
use client::abi::IMarginVault::{self, Instrument};
use client::abi::{IOracleGuard, IQuoteToken, IRiskSteward};
use client::units::wad;
use proposal::decode::{IGovernorLists, ITimelock};
use proposal::error::ProposalError;
use proposal::impact::Standing;
use proposal::plan::Unknown;
use proposal::report::{Report, Verdict};
use proposal::{Options, run};
use stage::market::rate;

fn propose(target: Address, value: u64, data: impl Into<Bytes>) -> Vec<u8> {
    let call = IGovernorLists::proposeCall {
        targets: vec![target],
        values: vec![U256::from(value)],
        calldatas: vec![data.into()],
        description: String::new(),
    };
    call.abi_encode()
}

/// The one call of a report reverts with an error of this name, and nothing else is said.
fn assert_reverts(report: &Report, error: &str) {
    assert_eq!(report.verdict, Verdict::Reverts, "{report}");
    let said = report.calls[0].reverts.as_deref().unwrap_or_default();
    assert!(said.starts_with(error), "{said} instead of {error}");
    assert!(report.changes.is_empty() && report.impacts.is_empty());
    assert!(report.to_string().contains(error));
}

async fn from(scene: &Scene, from: Address, data: &[u8], to: Address) -> Report {
    let options = Options {
        from: Some(from),
        ..scene.options(hex::encode_prefixed(data), Some(to))
    };
    run(&options).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_revert_is_said_with_the_contracts_error() {
    let scene = Scene::open().await;
    let vault = scene.market.vault;
    let strict = scene.stricter().await;
    let with = |change: &dyn Fn(&mut Instrument)| {
        let mut call = IMarginVault::setInstrumentCall::abi_decode(&strict).unwrap();
        change(&mut call.parameters);
        propose(vault, 0, call.abi_encode())
    };
    // Coupled values that contradict each other, and one beyond its hard bound.
    for broken in [
        with(&|all| all.maintenanceRate = rate(0.1)),
        with(&|all| all.shock = rate(5.0)),
        with(&|all| all.makerFee = rate(0.02)),
    ] {
        let report = scene.simulate(&broken, None).await.unwrap();
        assert_reverts(&report, "InvalidParameters()");
    }
    let mut limits = IOracleGuard::setRangeLimitsCall {
        asset: scene.market.contracts[0].asset,
        limits: IOracleGuard::RangeLimits {
            stressed: rate(1.5),
            min: rate(0.3),
            max: rate(0.9),
            confidence: 0,
            stablePriceRate: rate(0.0003),
        },
        emergencies: 0,
    };
    let report = scene
        .simulate(&propose(scene.market.guard, 0, limits.abi_encode()), None)
        .await;
    assert_reverts(&report.unwrap(), "RangeLimitsOutOfBounds()");
    limits.asset = B256::ZERO;
    let report = scene
        .simulate(&propose(scene.market.guard, 0, limits.abi_encode()), None)
        .await;
    assert_eq!(report.unwrap().verdict, Verdict::Reverts);

    // Not the owner; not the steward's agent; outside its corridor.
    assert_reverts(
        &from(&scene, HOLDER, &strict, vault).await,
        "NotSteward(address)",
    );
    let steward = scene.governance.steward;
    let step = |value: f64| {
        let call = IRiskSteward::adjustCall {
            subject: scene.initial_rate(),
            changes: vec![IRiskSteward::Change {
                field: INITIAL_RATE,
                value: wad(value),
            }],
        };
        call.abi_encode()
    };
    let report = scene
        .simulate(&propose(steward, 0, step(0.055)), None)
        .await
        .unwrap();
    assert_reverts(&report, "NotAgent(address)");
    assert_eq!(report.calls[0].caller, scene.governance.timelock);
    let report = scene.simulate(&step(0.1), Some(steward)).await.unwrap();
    assert_reverts(&report, "OutOfRange(uint8,uint256,uint256)");
    assert_eq!(report.calls[0].caller, AGENT);

    // One call of several is enough.
    let mut lists =
        IGovernorLists::proposeCall::abi_decode(&propose(vault, 0, strict.clone())).unwrap();
    lists.targets.push(vault);
    lists.values.push(U256::ZERO);
    lists
        .calldatas
        .push(IMarginVault::setStewardCall::SELECTOR.into());
    let report = scene.simulate(&lists.abi_encode(), None).await.unwrap();
    assert_eq!(report.verdict, Verdict::Reverts);
    assert_eq!(report.calls[0].reverts, None);
    assert!(report.calls[1].reverts.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_understood_is_said_and_still_simulated() {
    let scene = Scene::open().await;
    let (vault, timelock) = (scene.market.vault, scene.governance.timelock);
    let unknown = |report: &Report| {
        let call = report.calls.last().unwrap();
        (report.verdict, call.unknown, call.made)
    };
    let partly = Verdict::PartlyUnknown;
    // A transfer of the test dollar by the timelock, to an account that is no contract of Bulkhead's.
    let mint = IQuoteToken::mintCall {
        to: timelock,
        amount: U256::from(5),
    };
    let report = scene
        .simulate(&propose(scene.market.token, 0, mint.abi_encode()), None)
        .await
        .unwrap();
    assert_eq!(unknown(&report), (partly, Some(Unknown::Contract), true));
    // A function of the vault that sets no parameter still reaches its accounts.
    let touch = IMarginVault::touchCall {
        account: scene.traders[0].account(),
    };
    let report = scene
        .simulate(&propose(vault, 0, touch.abi_encode()), None)
        .await
        .unwrap();
    assert_eq!(unknown(&report), (partly, Some(Unknown::Function), true));
    assert_eq!(report.impacts.len(), 1);
    assert!(report.to_string().contains("NOT ALL OF IT IS UNDERSTOOD"));
    // Ether, and the timelock's own functions, are left out.
    let report = scene
        .simulate(&propose(vault, 1, scene.stricter().await), None)
        .await
        .unwrap();
    assert_eq!(unknown(&report), (partly, Some(Unknown::Ether), false));
    let delay = ITimelock::scheduleCall::SELECTOR;
    let itself = [&delay[..2], &[0, 1]].concat();
    let report = scene
        .simulate(&propose(timelock, 0, itself), None)
        .await
        .unwrap();
    assert_eq!(unknown(&report), (partly, Some(Unknown::Caller), false));
    // What is understood beside it is told.
    let mut lists =
        IGovernorLists::proposeCall::abi_decode(&propose(vault, 0, scene.stricter().await))
            .unwrap();
    lists.targets.push(scene.market.token);
    lists.values.push(U256::ZERO);
    lists.calldatas.push(mint.abi_encode().into());
    let report = scene.simulate(&lists.abi_encode(), None).await.unwrap();
    assert_eq!(unknown(&report), (partly, Some(Unknown::Contract), true));
    assert_eq!((report.changes.len(), report.calls.len()), (1, 2));
    let bold = scene.traders[crate::scene::BOLD].account();
    let bold = report.impacts[0]
        .accounts
        .iter()
        .find(|one| one.account == bold)
        .unwrap();
    assert_eq!(
        (bold.before.standing, bold.after.standing),
        (Standing::Free, Standing::BelowMaintenance)
    );
    // Looking changed nothing.
    assert_eq!(scene.instrument(ETH).await.initialRate, rate(0.05));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_address_is_an_error_that_says_which() {
    let scene = Scene::open().await;
    let strict = hex::encode_prefixed(scene.stricter().await);
    let options = |change: &dyn Fn(&mut Options)| {
        let mut options = scene.options(strict.clone(), Some(scene.market.vault));
        change(&mut options);
        options
    };
    let error = run(&options(&|options| options.factory = HOLDER))
        .await
        .unwrap_err();
    assert!(matches!(error, ProposalError::NoFactory { .. }), "{error}");
    let error = run(&options(&|options| options.to = None))
        .await
        .unwrap_err();
    assert!(matches!(error, ProposalError::Decode(_)), "{error}");
    let error = run(&options(&|options| options.block = Some(1 << 40)))
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("no block 1099511627776"),
        "{error}"
    );
    for to in [scene.market.vault, scene.governance.governor] {
        let error = run(&scene.options("12".into(), Some(to)))
            .await
            .unwrap_err();
        assert!(matches!(error, ProposalError::NoProposal { .. }), "{error}");
    }
    let error = run(&options(&|options| options.search.from = u64::MAX)).await;
    // Nobody is found, and that is said.
    let impact = &error.unwrap().impacts[0];
    assert!(impact.accounts.is_empty() && !impact.missing.is_empty());
    let long: i128 = 3 * 100 + 50 + 20;
    let eth = impact
        .missing
        .iter()
        .find(|missing| missing.instrument == ETH)
        .unwrap();
    assert_eq!(eth.long.exact(), long.to_string());
}
