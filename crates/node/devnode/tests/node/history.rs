//! The history of the state against a model that copies everything.

use std::collections::BTreeMap;

use alloy::primitives::{Address, U256};
use devnode::chain::{StateStore, Version};
use rand::{Rng, SeedableRng, rngs::StdRng};
use revm::state::{Account, AccountInfo, AccountStatus, EvmState, EvmStorageSlot, TransactionId};

/// Few enough that the same ones are changed again and again.
const ACCOUNTS: u8 = 6;
const SLOTS: u8 = 5;
const STEPS: usize = 4_000;

#[derive(Clone, Debug, Default, PartialEq)]
struct ModelAccount {
    balance: U256,
    nonce: u64,
    storage: BTreeMap<U256, U256>,
}

type Model = BTreeMap<Address, ModelAccount>;

fn address(index: u8) -> Address {
    Address::with_last_byte(index + 1)
}

/// One transaction's changes, as the executor would report them, applied to the model as well.
fn random_changes(random: &mut StdRng, model: &mut Model) -> EvmState {
    let mut changes = EvmState::default();
    for _ in 0..random.random_range(1..4) {
        let address = address(random.random_range(0..ACCOUNTS));
        if changes.contains_key(&address) {
            continue;
        }
        let kept = model.entry(address).or_default();
        let mut status = AccountStatus::Touched;
        match random.random_range(0..12) {
            0 => status |= AccountStatus::SelfDestructed,
            1 => status |= AccountStatus::Created,
            _ => {}
        }
        if status.intersects(AccountStatus::SelfDestructed | AccountStatus::Created) {
            *kept = ModelAccount::default();
        }
        let mut account = Account::from(AccountInfo::default());
        account.status = status;
        if !status.contains(AccountStatus::SelfDestructed) {
            kept.balance = U256::from(random.random_range(0..4u8));
            kept.nonce = random.random_range(0..4);
            for _ in 0..random.random_range(0..3) {
                let slot = U256::from(random.random_range(0..SLOTS));
                if account.storage.contains_key(&slot) {
                    continue;
                }
                let original = kept.storage.get(&slot).copied().unwrap_or_default();
                let present = U256::from(random.random_range(0..4u8));
                kept.storage.insert(slot, present);
                let change = EvmStorageSlot::new_changed(original, present, TransactionId::ZERO);
                account.storage.insert(slot, change);
            }
        }
        account.info = AccountInfo {
            balance: kept.balance,
            nonce: kept.nonce,
            ..Default::default()
        };
        changes.insert(address, account);
    }
    changes
}

fn check(store: &StateStore, version: Version, model: &Model) {
    let view = store.at(version);
    for index in 0..ACCOUNTS {
        let address = address(index);
        let expected = model.get(&address).cloned().unwrap_or_default();
        let record = view.account(address);
        assert_eq!(
            (record.balance, record.nonce),
            (expected.balance, expected.nonce),
            "{address} at {version}"
        );
        for slot in 0..SLOTS {
            let slot = U256::from(slot);
            let expected = expected.storage.get(&slot).copied().unwrap_or_default();
            assert_eq!(
                view.slot(address, slot),
                expected,
                "{address} slot {slot} at {version}"
            );
        }
    }
}

#[test]
fn every_version_stays_what_it_was() {
    let seed = std::env::var("SEED")
        .ok()
        .map_or_else(rand::random, |seed| seed.parse().expect("a number"));
    println!("SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let store = StateStore::default();
    let mut model = Model::new();
    let mut versions = vec![(store.version(), model.clone())];
    let (mut reverts, mut edits) = (0, 0);
    for _ in 0..STEPS {
        let version = match random.random_range(0..10) {
            0 => {
                let (version, old) = versions[random.random_range(0..versions.len())].clone();
                model = old;
                reverts += 1;
                store.revert_to(version)
            }
            1 => {
                let (address, slot) = (
                    address(random.random_range(0..ACCOUNTS)),
                    U256::from(random.random_range(0..SLOTS)),
                );
                let value = U256::from(random.random_range(0..4u8));
                model
                    .entry(address)
                    .or_default()
                    .storage
                    .insert(slot, value);
                edits += 1;
                store.set_storage(address, slot, value)
            }
            _ => {
                let transactions: Vec<_> = (0..random.random_range(1..4))
                    .map(|_| random_changes(&mut random, &mut model))
                    .collect();
                store.commit(transactions)
            }
        };
        versions.push((version, model.clone()));
        check(&store, version, &model);
        let (past, expected) = &versions[random.random_range(0..versions.len())];
        check(&store, *past, expected);
    }
    for (version, expected) in &versions {
        check(&store, *version, expected);
    }
    println!(
        "{} versions checked, {reverts} of them reverts and {edits} edits",
        versions.len()
    );
    assert!(reverts > 100 && edits > 100);
}
