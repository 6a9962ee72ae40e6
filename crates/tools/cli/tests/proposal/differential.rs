//! What the simulation says, against what happens: before the change every number is the vault's `health`; then the calls are
//! carried out on the node, and every number that was foreseen is the vault's `health` again.

use crate::scene::{AGENT, BTC, ETH, HOLDER, INITIAL_RATE, PRICE, Scene, rules};
use alloy::primitives::{Address, B256, Bytes, U256, hex, keccak256};
use alloy::sol_types::SolCall;
use client::abi::IMarginVault::{self, Instrument, OptionRules};
use client::abi::IOracleGuard::{self, RangeLimits};
use client::abi::{IInsurancePool, IMarketFactory, IRiskSteward};
use client::units::wad;
use proposal::amount::Amount;
use proposal::decode::{IGovernorLists, IGovernorStorage, ISafe, ITimelock};
use proposal::impact::{Account, Impact};
use proposal::report::{Report, Verdict};
use proposal::run;
use serde_json::{Value, json};
use stage::market::rate;

alloy::sol! {
    interface IVotes {
        function delegate(address delegatee) external;
    }

    interface IGovernor {
        function hashProposal(address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash) external view returns (uint256);
        function castVote(uint256 proposalId, uint8 support) external;
    }
}

/// A proposal as it is given, and whether what accounts need depends on it.
struct Case {
    name: &'static str,
    given: String,
    to: Option<Address>,
    changes_margins: bool,
}

impl Case {
    fn new(name: &'static str, data: impl AsRef<[u8]>, to: Option<Address>) -> Self {
        Self {
            name,
            given: hex::encode_prefixed(data),
            to,
            changes_margins: true,
        }
    }

    fn without_effect_on_margins(self) -> Self {
        Self {
            changes_margins: false,
            ..self
        }
    }
}

/// Target and calldata.
type Change = (Address, Bytes);

async fn instrument(scene: &Scene, number: u32, maintenance: f64, initial: f64) -> Change {
    let call = IMarginVault::setInstrumentCall {
        instrument: number,
        parameters: Instrument {
            maintenanceRate: rate(maintenance),
            initialRate: rate(initial),
            ..scene.instrument(number).await
        },
        emergencies: 0,
    };
    (scene.market.vault, call.abi_encode().into())
}

fn option_rules(scene: &Scene) -> Change {
    let rules = OptionRules {
        volRange: rate(0.6),
        shortOptionRate: rate(0.04),
        ..rules()
    };
    let call = IMarginVault::setOptionRulesCall {
        underlying: ETH,
        rules,
        emergencies: 0,
    };
    (scene.market.vault, call.abi_encode().into())
}

async fn vault_parameters(scene: &Scene) -> Change {
    let vault = scene.market.vault;
    let parameters = scene
        .chain
        .call(vault, &IMarginVault::parametersCall {})
        .await
        .unwrap();
    let call = IMarginVault::setParametersCall {
        parameters: IMarginVault::Parameters {
            maxReward: wad(900.0).to(),
            penaltyStart: rate(0.2),
            ..parameters
        },
        emergencies: 0,
    };
    (vault, call.abi_encode().into())
}

async fn guard_parameters(scene: &Scene) -> Change {
    let guard = scene.market.guard;
    let parameters = scene
        .chain
        .call(guard, &IOracleGuard::parametersCall {})
        .await
        .unwrap();
    let call = IOracleGuard::setParametersCall {
        parameters: IOracleGuard::Parameters {
            rangeMultiplier: rate(1.0),
            hourlyRise: rate(0.05),
            ..parameters
        },
        emergencies: 0,
    };
    (guard, call.abi_encode().into())
}

fn range_limits(scene: &Scene, place: usize, least: f64) -> Change {
    let call = IOracleGuard::setRangeLimitsCall {
        asset: scene.market.contracts[place].asset,
        limits: RangeLimits {
            stressed: rate(1.5),
            min: rate(least),
            max: rate(0.5),
            confidence: 0,
            stablePriceRate: rate(0.0003),
        },
        emergencies: 0,
    };
    (scene.market.guard, call.abi_encode().into())
}

/// Prices of ETH are beyond the ceiling from now on: it freezes.
async fn feed(scene: &Scene) -> Change {
    let (guard, asset) = (scene.market.guard, scene.market.contracts[0].asset);
    let feed = scene
        .chain
        .call(guard, &IOracleGuard::feedCall { asset })
        .await
        .unwrap();
    let bounded = IOracleGuard::Feed {
        ceiling: wad(PRICE * 2.0).to(),
        ..feed
    };
    let call = IOracleGuard::setFeedCall {
        asset,
        feed: bounded,
        emergencies: 0,
    };
    (guard, call.abi_encode().into())
}

fn pool_parameters(scene: &Scene) -> Change {
    let parameters = IInsurancePool::Parameters {
        cooldown: 86_400 * 9,
        dailyDrawShare: rate(0.05),
    };
    let call = IInsurancePool::setParametersCall {
        parameters,
        emergencies: 0,
    };
    (scene.market.pool, call.abi_encode().into())
}

fn smallest_bond(scene: &Scene) -> Change {
    let call = IMarketFactory::setMinimumBondCall {
        token: scene.market.token,
        amount: U256::from(123_456),
    };
    (scene.deployment.factory, call.abi_encode().into())
}

fn adjust(scene: &Scene) -> Bytes {
    let call = IRiskSteward::adjustCall {
        subject: scene.initial_rate(),
        changes: vec![IRiskSteward::Change {
            field: INITIAL_RATE,
            value: wad(0.06),
        }],
    };
    call.abi_encode().into()
}

/// The guardian multisig's emergency, as its owners sign it.
fn emergency(scene: &Scene) -> Bytes {
    let tighten = IRiskSteward::tightenCall {
        subject: scene.initial_rate(),
        changes: vec![IRiskSteward::Change {
            field: INITIAL_RATE,
            value: wad(0.2),
        }],
    };
    multisig(scene.governance.steward, tighten.abi_encode().into())
}

fn trip(scene: &Scene) -> Bytes {
    let call = IOracleGuard::tripCall {
        asset: scene.market.contracts[0].asset,
        tier: 1,
        secs: 3_600,
        reason: B256::ZERO,
    };
    multisig(scene.market.guard, call.abi_encode().into())
}

fn multisig(to: Address, data: Bytes) -> Bytes {
    let call = ISafe::execTransactionCall {
        to,
        value: U256::ZERO,
        data,
        operation: 0,
        safeTxGas: U256::ZERO,
        baseGas: U256::ZERO,
        gasPrice: U256::ZERO,
        gasToken: Address::ZERO,
        refundReceiver: Address::ZERO,
        signatures: Bytes::new(),
    };
    call.abi_encode().into()
}

fn propose(changes: &[Change]) -> IGovernorLists::proposeCall {
    IGovernorLists::proposeCall {
        targets: changes.iter().map(|(target, _)| *target).collect(),
        values: vec![U256::ZERO; changes.len()],
        calldatas: changes.iter().map(|(_, data)| data.clone()).collect(),
        description: "all at once".into(),
    }
}

fn schedule(change: &Change) -> Vec<u8> {
    let call = ITimelock::scheduleCall {
        target: change.0,
        value: U256::ZERO,
        data: change.1.clone(),
        predecessor: B256::ZERO,
        salt: B256::ZERO,
        delay: U256::from(86_400),
    };
    call.abi_encode()
}

fn schedule_batch(changes: &[Change]) -> Vec<u8> {
    let IGovernorLists::proposeCall {
        targets,
        values,
        calldatas,
        ..
    } = propose(changes);
    let call = ITimelock::scheduleBatchCall {
        targets,
        values,
        payloads: calldatas,
        predecessor: B256::ZERO,
        salt: B256::ZERO,
        delay: U256::from(86_400),
    };
    call.abi_encode()
}

/// A file that stays until the test's folder goes.
fn file(folder: &tempfile::TempDir, name: &str, body: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, body).unwrap();
    path.to_str().unwrap().to_owned()
}

async fn cases(scene: &Scene, folder: &tempfile::TempDir) -> Vec<Case> {
    let strict = instrument(scene, ETH, 0.07, 0.09).await;
    let loose = instrument(scene, BTC, 0.01, 0.02).await;
    let several = [
        strict.clone(),
        loose,
        option_rules(scene),
        range_limits(scene, 1, 0.1),
    ];
    let direct = |name, change: Change| Case::new(name, change.1, Some(change.0));
    let listed: Vec<Value> = several
        .iter()
        .map(|(to, data)| json!({ "to": to, "data": data }))
        .collect();
    let lists = propose(&several);
    let lists = json!({ "targets": lists.targets, "values": ["0", 0, "0", 0], "calldatas": lists.calldatas, "description": "why" });
    let given = |name, given| Case {
        given,
        ..Case::new(name, [], None)
    };
    vec![
        direct("an instrument", strict.clone()),
        direct("option rules", option_rules(scene)),
        direct("the vault's parameters", vault_parameters(scene).await),
        direct("the guard's parameters", guard_parameters(scene).await),
        direct("range limits", range_limits(scene, 0, 0.08)),
        direct("sources that stay", feed(scene).await).without_effect_on_margins(),
        direct("the pool's parameters", pool_parameters(scene)).without_effect_on_margins(),
        direct("the smallest bond", smallest_bond(scene)).without_effect_on_margins(),
        Case::new(
            "a step of an agent",
            adjust(scene),
            Some(scene.governance.steward),
        ),
        Case::new(
            "an emergency",
            emergency(scene),
            Some(scene.governance.guardian),
        ),
        Case::new("a trip", trip(scene), Some(scene.governance.guardian)),
        Case::new(
            "a proposal of several calls",
            propose(&several).abi_encode(),
            None,
        ),
        Case::new(
            "one to a named governor",
            propose(&several[..1]).abi_encode(),
            Some(scene.governance.governor),
        ),
        Case::new("an operation", schedule(&strict), None),
        Case::new(
            "a batch",
            schedule_batch(&several),
            Some(scene.governance.timelock),
        ),
        given(
            "a file with calldata",
            file(
                folder,
                "calldata",
                &hex::encode(propose(&several).abi_encode()),
            ),
        ),
        given(
            "a file with calls",
            file(folder, "calls.json", &Value::from(listed).to_string()),
        ),
        given(
            "a file with lists",
            file(folder, "lists.json", &lists.to_string()),
        ),
    ]
}

/// Every account stands as `stage` of the report says, to the last digit.
async fn assert_health(
    scene: &Scene,
    name: &str,
    impact: &Impact,
    stage: fn(&proposal::impact::AccountImpact) -> &Account,
) {
    assert_eq!(impact.accounts.len(), scene.traders.len() + 1, "{name}");
    for one in &impact.accounts {
        let health = scene.health(one.account).await;
        let said = stage(one);
        let amount = |value: U256| Amount::of(value).unwrap();
        assert_eq!(
            said.equity,
            Amount::of(health.equity).unwrap(),
            "{name}: equity of {}",
            one.account
        );
        assert_eq!(
            said.maintenance,
            amount(health.maintenance),
            "{name}: maintenance of {}",
            one.account
        );
        assert_eq!(
            said.initial,
            amount(health.initial),
            "{name}: initial of {}",
            one.account
        );
    }
}

/// What instruments and the pool allow is what the report says of afterwards.
async fn assert_cover(scene: &Scene, name: &str, impact: &Impact) {
    for room in &impact.room {
        let call = IMarginVault::coverCall {
            instrument: room.instrument,
        };
        let cover = scene.chain.call(scene.market.vault, &call).await.unwrap();
        assert_eq!(room.cover_after, Amount::of(cover.left).unwrap(), "{name}");
        assert_eq!(
            room.limit_after,
            Amount::of(cover.openInterestLimit).unwrap(),
            "{name}"
        );
    }
    let vault = scene.market.vault;
    let pays = scene
        .chain
        .call(scene.market.pool, &IInsurancePool::availableCall { vault })
        .await
        .unwrap();
    let pays = Amount::of(pays.amount * U256::from(10_u64.pow(12))).unwrap();
    assert_eq!(impact.after.insurance, pays, "{name}");
}

/// Carries out what was simulated.
async fn execute(scene: &Scene, report: &Report) {
    for call in &report.calls {
        scene
            .send_as(call.caller, call.target, call.data.clone())
            .await;
    }
    scene.poke().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_foreseen_is_what_happens() {
    let scene = Scene::open().await;
    let folder = tempfile::tempdir().unwrap();
    // A price that nobody has poked yet, which views and operations find all the same.
    scene.quote(PRICE).await;
    scene.elapse(600).await;
    for case in cases(&scene, &folder).await {
        let name = case.name;
        let before = scene.request("evm_snapshot", json!([])).await;
        let report = run(&scene.options(case.given, case.to)).await;
        let report = report.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(report.verdict, Verdict::Understood, "{name}: {report}");
        assert!(
            report
                .changes
                .iter()
                .any(|change| !change.fields.is_empty()),
            "{name}"
        );
        for impact in &report.impacts {
            assert!(impact.missing.is_empty(), "{name}: {:?}", impact.missing);
            assert_health(&scene, name, impact, |one| &one.now).await;
        }
        let differ = report.impacts.iter().flat_map(|impact| &impact.accounts);
        let differ = differ.filter(|one| one.initial_change != Amount(0)).count();
        assert_eq!(
            differ > 0,
            case.changes_margins,
            "{name}: {differ} accounts"
        );
        execute(&scene, &report).await;
        for impact in &report.impacts {
            assert_health(&scene, name, impact, |one| &one.after).await;
            assert_cover(&scene, name, impact).await;
        }
        scene.request("evm_revert", json!([before])).await;
        println!("{name}: {differ} accounts need another margin, all as foreseen");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_change_a_poke_is_all_that_happens() {
    let scene = Scene::open().await;
    scene.elapse(900).await;
    let same = instrument(&scene, ETH, 0.03, 0.05).await;
    let report = scene.simulate(&same.1, Some(same.0)).await.unwrap();
    assert!(report.changes[0].fields.is_empty());
    let impact = &report.impacts[0];
    assert_health(&scene, "now", impact, |one| &one.now).await;
    scene.poke().await;
    assert_health(&scene, "before", impact, |one| &one.before).await;
    assert_health(&scene, "after", impact, |one| &one.after).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_on_chain_does_in_the_end_what_was_foreseen() {
    let scene = Scene::open().await;
    let governor = scene.governance.governor;
    let delegate = IVotes::delegateCall { delegatee: HOLDER };
    scene
        .send_as(HOLDER, scene.governance.token, delegate.abi_encode().into())
        .await;
    scene.elapse(1).await;
    let lists = propose(&[
        instrument(&scene, ETH, 0.07, 0.09).await,
        option_rules(&scene),
    ]);
    let hash = IGovernor::hashProposalCall {
        targets: lists.targets.clone(),
        values: lists.values.clone(),
        calldatas: lists.calldatas.clone(),
        descriptionHash: keccak256(&lists.description),
    };
    let id = scene.chain.call(governor, &hash).await.unwrap();
    scene
        .send_as(HOLDER, governor, lists.abi_encode().into())
        .await;
    let given = |proposal: String| scene.options(proposal, Some(governor));
    let report = run(&given(id.to_string())).await.unwrap();
    assert_eq!(report.proposals[0].state, "pending");
    assert_eq!(
        (report.calls.len(), report.verdict),
        (2, Verdict::Understood)
    );

    scene.elapse(6 * 3_600 + 1).await;
    let vote = IGovernor::castVoteCall {
        proposalId: id,
        support: 1,
    };
    scene
        .send_as(HOLDER, governor, vote.abi_encode().into())
        .await;
    scene.elapse(36 * 3_600).await;
    let queue = IGovernorStorage::queueCall { proposalId: id };
    scene
        .send_as(AGENT, governor, queue.abi_encode().into())
        .await;
    scene.elapse(24 * 3_600).await;
    scene.quote(PRICE).await;
    scene.elapse(60).await;

    // By its number, and by the calldata that executes it.
    let call = IGovernorStorage::executeCall { proposalId: id };
    let report = run(&given(id.to_string())).await.unwrap();
    assert_eq!(report.proposals[0].state, "queued");
    let by_calldata = scene
        .simulate(&call.abi_encode(), Some(governor))
        .await
        .unwrap();
    assert_eq!(by_calldata, report);
    assert_health(&scene, "queued", &report.impacts[0], |one| &one.now).await;
    scene
        .send_as(AGENT, governor, call.abi_encode().into())
        .await;
    scene.poke().await;
    assert_health(&scene, "executed", &report.impacts[0], |one| &one.after).await;
}
