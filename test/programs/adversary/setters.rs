//! What the owner sets, each in one place: rates, rules, corridors.

use alloy::primitives::{Address, B256, U256};
use client::abi::{IInsurancePool, IMarginVault, IOracleGuard, IRiskSteward};
use client::units::wad;
use stage::market::rate;

use crate::node::Node;
use crate::system::{ALLOWANCES, ETH, System, THIN};

/// Dollars of one reward for closing, at most; an account with legs needs ten of them.
pub const MAX_REWARD: f64 = 500.0;
/// There has been no emergency.
const NONE: u32 = 0;
/// An hour, the least that an agent waits between two steps.
const DELAY: u32 = 3_600;

/// Parameters of everything as the adversary meets them.
pub fn set_all(node: &Node, system: &System) {
    set_vault(node, system);
    for (place, allowance) in ALLOWANCES.into_iter().enumerate() {
        set_instrument(node, system, place, allowance);
    }
    set_options(node, system);
    set_roles(node, system);
}

fn set_vault(node: &Node, system: &System) {
    let parameters = node.view(system.vault, &IMarginVault::parametersCall {});
    let parameters = IMarginVault::Parameters {
        rewardShare: rate(0.05),
        maxReward: wad(MAX_REWARD).to(),
        dustNotional: wad(100.0).to(),
        insuranceFeeShare: rate(0.2),
        treasury: system.treasury,
        ..parameters
    };
    let call = IMarginVault::setParametersCall {
        parameters,
        emergencies: NONE,
    };
    node.must(system.owner, system.vault, &call);
}

/// An instrument's terms, with an allowance in dollars.
pub fn set_instrument(node: &Node, system: &System, place: usize, allowance: f64) {
    let thin = place == THIN;
    let parameters = IMarginVault::Instrument {
        asset: system.assets[place],
        maintenanceRate: rate(if thin { 0.05 } else { 0.03 }),
        initialRate: rate(if thin { 0.0834 } else { 0.05 }),
        priceBand: rate(0.02),
        makerFee: rate(0.0002),
        takerFee: rate(0.0002),
        shock: rate(0.15),
        openInterestLimit: wad(1e9).to(),
        coverAllowance: wad(allowance).to(),
    };
    let call = IMarginVault::setInstrumentCall {
        instrument: system.instruments[place],
        parameters,
        emergencies: NONE,
    };
    node.must(system.owner, system.vault, &call);
}

fn set_options(node: &Node, system: &System) {
    let rules = IMarginVault::OptionRules {
        tick: wad(0.01).to(),
        strikeStep: 1_000,
        strikeRange: rate(1.0),
        longestExpiry: 30 * 86_400,
        maxSeries: 12,
        volRange: rate(0.3),
        shortOptionRate: rate(0.01),
        makerFee: rate(0.0002),
        takerFee: rate(0.0002),
        vegaLimit: wad(1e9).to(),
        gammaLimit: wad(1e10).to(),
    };
    let call = IMarginVault::setOptionRulesCall {
        underlying: system.instruments[ETH],
        rules,
        emergencies: NONE,
    };
    node.must(system.owner, system.vault, &call);
    let limits = IOracleGuard::RangeLimits {
        stressed: rate(1.5),
        min: rate(0.05),
        max: rate(0.4),
        confidence: 0,
        stablePriceRate: wad(0.000_3).to(),
    };
    let call = IOracleGuard::setRangeLimitsCall {
        asset: system.assets[ETH],
        limits,
        emergencies: NONE,
    };
    node.must(system.owner, system.guard, &call);
}

fn set_roles(node: &Node, system: &System) {
    let (owner, provider, agent) = (system.owner, system.adversary(), system.adversary());
    let call = IOracleGuard::setSurfaceProviderCall { provider };
    node.must(owner, system.guard, &call);
    let steward = system.steward;
    let call = IMarginVault::setStewardCall {
        steward,
        emergencies: NONE,
    };
    node.must(owner, system.vault, &call);
    let call = IOracleGuard::setStewardCall {
        steward,
        emergencies: NONE,
    };
    node.must(owner, system.guard, &call);
    let call = IInsurancePool::setStewardCall {
        steward,
        emergencies: NONE,
    };
    node.must(owner, system.pool, &call);
    let allowed = true;
    let call = IRiskSteward::setAgentCall {
        agent,
        allowed,
        emergencies: NONE,
    };
    node.must(owner, steward, &call);
    for (subject, field, [min, max]) in corridors(system) {
        let corridor = IRiskSteward::Corridor {
            min: wad(min).to(),
            max: wad(max).to(),
            maxStep: rate(0.25),
            delay: DELAY,
        };
        let call = IRiskSteward::setCorridorCall {
            subject,
            field,
            corridor,
            emergencies: NONE,
        };
        node.must(owner, steward, &call);
    }
}

/// What an agent may move, and between which values.
pub fn corridors(system: &System) -> Vec<(IRiskSteward::Subject, u8, [f64; 2])> {
    const INSTRUMENT: u8 = 1;
    let instrument = |place: usize| IRiskSteward::Subject {
        target: system.vault,
        kind: INSTRUMENT,
        key: B256::from(U256::from(system.instruments[place])),
    };
    let vault = IRiskSteward::Subject {
        target: system.vault,
        kind: 0,
        key: B256::ZERO,
    };
    let mut all = vec![];
    for place in [ETH, THIN] {
        let fields = [
            (1, [0.02, 0.06]),
            (2, [0.04, 0.12]),
            (3, [0.01, 0.03]),
            (4, [0.000_1, 0.001]),
            (5, [0.000_1, 0.001]),
            (6, [0.15, 0.3]),
        ];
        all.extend(fields.map(|(field, range)| (instrument(place), field, range)));
    }
    all.push((vault.clone(), 0, [0.03, 0.1]));
    all.push((vault, 2, [0.03, 0.1]));
    all
}

/// The address of an account's owner.
pub fn owner_of(account: B256) -> Address {
    Address::from_slice(&account[..20])
}
