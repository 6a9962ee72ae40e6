//! What calls set, and what changes in it, field by field.

use super::{
    amount::Amount,
    functions::{Access, Field, SETTERS, Setter, setter_of},
    system::System,
};
use alloy::{
    primitives::{Address, B256, Bytes, U256, hex},
    sol_types::SolCall,
};
use client::{abi::IRiskSteward, chain::View};
use serde::Serialize;
use steward::{Kind, Role};

/// Bytes of an asset's id that people are shown.
const SHOWN_BYTES: usize = 6;

/// Something that can be set, and read.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The contract that holds it.
    pub target: Address,
    /// What sets it.
    pub setter: &'static Setter,
    /// Which of several it is.
    pub keys: Vec<B256>,
}

/// In which direction a field changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// Less risk for the protocol, at nobody's cost.
    Tighter,
    /// More risk for the protocol.
    Looser,
    /// Neither: somebody gains what somebody else loses, or it is no matter of more or less.
    Neither,
}

/// A field that changes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldChange {
    /// Its name in the interface.
    pub field: String,
    /// Its value now, as people read it; none if it was never set.
    pub before: Option<String>,
    /// Its value afterwards.
    pub after: String,
    /// Which way it goes.
    pub direction: Direction,
}

/// Something that is set, with what changes in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The contract that holds it.
    pub target: Address,
    /// What it is.
    pub name: String,
    /// The fields that change; none if all stays as it is.
    pub fields: Vec<FieldChange>,
}

impl Subject {
    /// What a call of one of the system's contracts sets, and who may make it; none if that is not known.
    pub fn of(target: Address, data: &Bytes, system: &System) -> Option<(Self, Access)> {
        let (selector, arguments) = data.split_first_chunk::<4>()?;
        let contract = system.contract(target)?;
        let setter = SETTERS.iter().find(|setter| {
            setter.contract == contract && setter.matches(selector, arguments.len())
        });
        let Some(setter) = setter else {
            return Self::through_steward(data, system);
        };
        let words: Vec<B256> = arguments.chunks_exact(32).map(B256::from_slice).collect();
        let access = setter.access;
        if setter.is_promotion() {
            let market = system.market(Address::from_word(words[0]))?;
            let (target, keys) = (market.pool, words);
            return Some((
                Self {
                    target,
                    setter,
                    keys,
                },
                access,
            ));
        }
        let keys = words[..setter.keys].to_vec();
        Some((
            Self {
                target,
                setter,
                keys,
            },
            access,
        ))
    }

    /// The struct that a call of the steward is about.
    fn through_steward(data: &[u8], system: &System) -> Option<(Self, Access)> {
        use IRiskSteward::{adjustCall, confirmCall, restoreCall, tightenCall};
        let (subject, access) = if let Ok(call) = adjustCall::abi_decode(data) {
            (call.subject, Access::Agent)
        } else if let Ok(call) = tightenCall::abi_decode(data) {
            (call.subject, Access::Emergency)
        } else if let Ok(call) = confirmCall::abi_decode(data) {
            (call.subject, Access::Owner)
        } else {
            (restoreCall::abi_decode(data).ok()?.subject, Access::Anyone)
        };
        let kind = Kind::of(subject.kind)?;
        let setter = setter_of(kind)?;
        if system.contract(subject.target) != Some(setter.contract) {
            return None;
        }
        let keys = kind.is_keyed().then_some(subject.key);
        let found = Self {
            target: subject.target,
            setter,
            keys: keys.into_iter().collect(),
        };
        Some((found, access))
    }

    /// Whether both are the same thing.
    pub fn is(&self, other: &Self) -> bool {
        (self.target, self.setter.get, &self.keys) == (other.target, other.setter.get, &other.keys)
    }

    /// The view that reads it.
    pub fn view(&self) -> View {
        let keys = self.keys.iter().take(self.setter.keys);
        let data: Vec<u8> = self
            .setter
            .get
            .into_iter()
            .chain(keys.flat_map(|key| key.0))
            .collect();
        View::raw(self.target, data.into())
    }

    /// What people call it.
    pub fn name(&self) -> String {
        let keys = self.keys.iter().map(|key| format!(" {}", shown_key(key)));
        format!("{}{}", self.setter.name, keys.collect::<String>())
    }

    /// What changes in it between two answers to its view, the first of which there is none if it was never set; none if an
    /// answer is not what the view returns.
    pub fn change(&self, before: Option<&[u8]>, after: &[u8]) -> Option<Change> {
        let fields = self.setter.fields();
        let length = 32 * fields.len();
        if before.is_some_and(|before| before.len() != length) || after.len() != length {
            return None;
        }
        let changes = fields.iter().zip(after.chunks_exact(32)).enumerate();
        let fields = changes.filter_map(|(place, (field, after))| {
            let before = before.map(|before| &before[32 * place..32 * (place + 1)]);
            (before != Some(after)).then(|| FieldChange::new(field, before, after))
        });
        Some(Change {
            target: self.target,
            name: self.name(),
            fields: fields.collect(),
        })
    }
}

impl FieldChange {
    fn new(field: &Field, before: Option<&[u8]>, after: &[u8]) -> Self {
        Self {
            field: field.name.to_owned(),
            before: before.map(|before| shown(field.kind, before)),
            after: shown(field.kind, after),
            direction: before.map_or(Direction::Neither, |before| {
                direction(field.role, after > before)
            }),
        }
    }
}

fn direction(role: Role, rises: bool) -> Direction {
    match (role, rises) {
        (Role::TighterUp, true) | (Role::TighterDown, false) => Direction::Tighter,
        (Role::TighterUp, false) | (Role::TighterDown, true) => Direction::Looser,
        (Role::Steered | Role::Fixed, _) => Direction::Neither,
    }
}

/// In these structs 64 and 128 bits are WAD, other numbers counts, seconds, or units of a token.
fn shown(kind: &str, word: &[u8]) -> String {
    let value = U256::from_be_slice(word);
    match kind {
        "uint64" | "uint128" => Amount::of(value).map_or_else(|_| value.to_string(), Amount::exact),
        "address" => Address::from_word(value.into()).to_string(),
        "bool" => (!value.is_zero()).to_string(),
        kind if kind.starts_with("uint") => value.to_string(),
        _ => short(&value.into()),
    }
}

/// A number, an address, or the beginning of an id.
fn shown_key(key: &B256) -> String {
    let value = U256::from_be_bytes(key.0);
    if value <= U256::from(u32::MAX) {
        value.to_string()
    } else if value.bit_len() <= 160 {
        Address::from_word(*key).to_string()
    } else {
        short(key)
    }
}

fn short(word: &B256) -> String {
    format!("0x{}...", hex::encode(&word[..SHOWN_BYTES]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::tests::{FACTORY, GUARD, POOL, STEWARD, VAULT, system};
    use client::abi::{IMarginVault, IMarketFactory, IOracleGuard};

    fn instrument(initial: u64) -> Vec<u8> {
        let rates = [1, 5, initial, 2, 0, 0, 150, 9, 9];
        let words = rates.map(|rate| U256::from(rate) * U256::from(10_u64.pow(16)));
        words.iter().flat_map(U256::to_be_bytes_vec).collect()
    }

    fn set_instrument(words: &[u8]) -> Bytes {
        let key = B256::with_last_byte(3);
        let selector = IMarginVault::setInstrumentCall::SELECTOR;
        [&selector[..], &key[..], words, &[0; 32]].concat().into()
    }

    #[test]
    fn a_setter_is_recognised_and_its_change_described() {
        let data = set_instrument(&instrument(12));
        let (subject, access) = Subject::of(VAULT, &data, &system()).unwrap();
        assert_eq!(
            (subject.name().as_str(), access),
            ("instrument 3", Access::Owner)
        );
        let change = subject
            .change(Some(&instrument(10)), &instrument(12))
            .unwrap();
        let expected = FieldChange {
            field: "initialRate".into(),
            before: Some("0.1".into()),
            after: "0.12".into(),
            direction: Direction::Tighter,
        };
        assert_eq!(change.fields, [expected]);
        assert_eq!(subject.change(Some(&instrument(10)), &[]), None);
        assert_eq!(subject.change(Some(&[]), &instrument(10)), None);
        let listed = subject.change(None, &instrument(12)).unwrap();
        assert_eq!((listed.fields.len(), &listed.fields[2].before), (9, &None));
    }

    #[test]
    fn a_function_of_another_contract_or_with_other_arguments_is_not_recognised() {
        let system = system();
        let data = set_instrument(&instrument(12));
        for (target, data) in [
            (GUARD, data.clone()),
            (Address::repeat_byte(0x77), data.clone()),
            (VAULT, data.slice(..data.len() - 1)),
            (VAULT, data.slice(..data.len() - 32)),
            (VAULT, data.slice(..3)),
            (VAULT, Bytes::new()),
        ] {
            assert!(Subject::of(target, &data, &system).is_none());
        }
    }

    #[test]
    fn the_stewards_changes_are_those_of_the_struct() {
        let subject = |target, kind| IRiskSteward::Subject {
            target,
            kind,
            key: B256::with_last_byte(3),
        };
        let changes = vec![IRiskSteward::Change {
            field: 2,
            value: U256::from(9 * 10_u64.pow(16)),
        }];
        let adjust = |target, kind| {
            let call = IRiskSteward::adjustCall {
                subject: subject(target, kind),
                changes: changes.clone(),
            };
            Subject::of(STEWARD, &call.abi_encode().into(), &system())
        };
        let (found, access) = adjust(VAULT, 1).unwrap();
        assert_eq!((found.target, access), (VAULT, Access::Agent));
        assert_eq!(found.name(), "instrument 3");
        assert!(adjust(GUARD, 1).is_none(), "a guard has no instruments");
        assert!(adjust(VAULT, 99).is_none());
        let tighten = IRiskSteward::tightenCall {
            subject: subject(GUARD, 2),
            changes,
        };
        let (found, access) =
            Subject::of(STEWARD, &tighten.abi_encode().into(), &system()).unwrap();
        assert_eq!(access, Access::Emergency);
        assert_eq!(found.name(), "parameters of the guard");
    }

    #[test]
    fn a_promotion_is_read_from_the_markets_pool() {
        let call = IMarketFactory::promoteCall { vault: VAULT };
        let data: Bytes = call.abi_encode().into();
        let (found, _) = Subject::of(FACTORY, &data, &system()).unwrap();
        assert_eq!(found.target, POOL);
        assert_eq!(found.name(), format!("class of market {VAULT}"));
        let word = |value| B256::with_last_byte(value);
        let change = found.change(Some(&word(0)[..]), &word(1)[..]).unwrap();
        assert_eq!(change.fields[0].before.as_deref(), Some("false"));
        assert_eq!(change.fields[0].after, "true");
        let other = IMarketFactory::promoteCall { vault: GUARD };
        assert!(Subject::of(FACTORY, &other.abi_encode().into(), &system()).is_none());
    }

    #[test]
    fn the_view_is_asked_with_the_keys() {
        let call = IOracleGuard::setRangeLimitsCall {
            asset: B256::repeat_byte(5),
            limits: IOracleGuard::RangeLimits {
                stressed: 0,
                min: 0,
                max: 0,
                confidence: 0,
                stablePriceRate: 0,
            },
            emergencies: 0,
        };
        let (found, _) = Subject::of(GUARD, &call.abi_encode().into(), &system()).unwrap();
        let ask = IOracleGuard::rangeLimitsCall {
            asset: B256::repeat_byte(5),
        };
        assert_eq!(found.view(), View::new(GUARD, &ask));
        assert_eq!(found.name(), "range limits of asset 0x050505050505...");
    }
}
