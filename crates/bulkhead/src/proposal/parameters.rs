//! Which structs of parameters a proposal sets, and what changes in them, field by field.

use super::decode::Call;
use crate::{
    abi::{IInsurancePool, IMarginVault, IOracleGuard, IRiskSteward},
    chain::{Chain, ChainError},
    units::number,
};
use alloy::{
    primitives::{Address, B256, Bytes, U256, hex},
    sol_types::{SolCall, SolStruct},
};
use serde::Serialize;
use steward::{Kind, Role};

/// A struct of parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The contract that holds it.
    pub target: Address,
    /// Which of the contract's structs.
    pub kind: Kind,
    /// Which instrument or asset; zero if there is one.
    pub key: B256,
}

/// What a proposal wants a struct to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All of it, one word for each field.
    Whole(Vec<U256>),
    /// Some fields by their places, as the steward is asked to change them.
    Fields(Vec<(usize, U256)>),
}

/// A struct that a proposal sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Which.
    pub subject: Subject,
    /// To what.
    pub wanted: Wanted,
}

/// In which direction a field changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// Less risk for the protocol, at nobody's cost.
    Tighter,
    /// More risk for the protocol.
    Looser,
    /// Neither: somebody gains what somebody else loses.
    Neither,
}

/// A field that changes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldChange {
    /// Its name in the interface.
    pub field: String,
    /// Its value now, as people read it.
    pub before: String,
    /// Its value afterwards.
    pub after: String,
    /// Which way it goes.
    pub direction: Direction,
}

/// A struct as it is and as it would be.
#[derive(Clone, Debug)]
pub struct Change {
    /// Which.
    pub subject: Subject,
    /// Its words now.
    pub before: Vec<U256>,
    /// Its words afterwards.
    pub after: Vec<U256>,
}

/// Name, getter and setter of a kind of struct; its fields as `type name`.
struct Layout {
    declaration: String,
    get: [u8; 4],
    set: [u8; 4],
}

macro_rules! layout {
    ($contract:ident :: $struct:ident, $get:ident, $set:ident) => {
        Layout {
            declaration: <$contract::$struct as SolStruct>::eip712_root_type().into_owned(),
            get: $contract::$get::SELECTOR,
            set: $contract::$set::SELECTOR,
        }
    };
}

fn layout(kind: Kind) -> Layout {
    match kind {
        Kind::VaultParameters => {
            layout!(IMarginVault::Parameters, parametersCall, setParametersCall)
        }
        Kind::Instrument => layout!(IMarginVault::Instrument, instrumentCall, setInstrumentCall),
        Kind::GuardParameters => {
            layout!(IOracleGuard::Parameters, parametersCall, setParametersCall)
        }
        Kind::RangeLimits => {
            layout!(
                IOracleGuard::RangeLimits,
                rangeLimitsCall,
                setRangeLimitsCall
            )
        }
        Kind::PoolParameters => {
            layout!(
                IInsurancePool::Parameters,
                parametersCall,
                setParametersCall
            )
        }
        Kind::OptionRules => layout!(
            IMarginVault::OptionRules,
            optionRulesCall,
            setOptionRulesCall
        ),
        Kind::SurfaceLimits => {
            layout!(
                IOracleGuard::SurfaceLimits,
                surfaceLimitsCall,
                setSurfaceLimitsCall
            )
        }
    }
}

impl Layout {
    /// Types and names of the fields, out of `Name(type name,type name)`.
    fn fields(&self) -> Vec<(&str, &str)> {
        let inside = self
            .declaration
            .split_once('(')
            .map_or("", |(_, rest)| rest);
        let fields = inside.trim_end_matches(')').split(',');
        fields.filter_map(|field| field.split_once(' ')).collect()
    }
}

impl Setting {
    /// The struct that `call` sets, itself or through the steward; none if it sets none.
    pub fn of(call: &Call) -> Option<Self> {
        let target = call.to?;
        Self::direct(target, &call.data).or_else(|| Self::through_steward(&call.data))
    }

    fn direct(target: Address, data: &[u8]) -> Option<Self> {
        let (selector, arguments) = data.split_first_chunk::<4>()?;
        let kind = Kind::ALL
            .into_iter()
            .find(|kind| layout(*kind).set == *selector)?;
        let words: Vec<U256> = arguments
            .chunks_exact(32)
            .map(U256::from_be_slice)
            .collect();
        let keys = usize::from(kind.is_keyed());
        if words.len() != keys + kind.fields().len() || !arguments.len().is_multiple_of(32) {
            return None;
        }
        let key = words[..keys]
            .first()
            .map_or(B256::ZERO, |key| (*key).into());
        Some(Self {
            subject: Subject { target, kind, key },
            wanted: Wanted::Whole(words[keys..].to_vec()),
        })
    }

    /// An agent's adjustment or an emergency, as far as its fields exist.
    fn through_steward(data: &[u8]) -> Option<Self> {
        use IRiskSteward::{adjustCall, tightenCall};
        let adjust = adjustCall::abi_decode(data).map(|call| (call.subject, call.changes));
        let (subject, changes) = adjust
            .or_else(|_| tightenCall::abi_decode(data).map(|call| (call.subject, call.changes)))
            .ok()?;
        let kind = Kind::of(subject.kind)?;
        let fields: Vec<_> = changes
            .iter()
            .map(|change| (usize::from(change.field), change.value))
            .collect();
        if fields
            .iter()
            .any(|(place, _)| *place >= kind.fields().len())
        {
            return None;
        }
        Some(Self {
            subject: Subject {
                target: subject.target,
                kind,
                key: subject.key,
            },
            wanted: Wanted::Fields(fields),
        })
    }
}

impl Subject {
    /// Its words in the latest block.
    pub async fn read(&self, chain: &Chain) -> Result<Vec<U256>, ChainError> {
        let input = self.calldata(layout(self.kind).get, &[]);
        let data = chain.call_raw(None, self.target, input).await?;
        if data.len() != 32 * self.kind.fields().len() {
            return Err(ChainError::Malformed {
                what: format!("{} of {}", self.name(), self.target),
                reason: format!("{} bytes", data.len()),
            });
        }
        Ok(data.chunks_exact(32).map(U256::from_be_slice).collect())
    }

    /// The call that sets it to `words`.
    pub fn set(&self, words: &[U256]) -> Bytes {
        self.calldata(layout(self.kind).set, words)
    }

    fn calldata(&self, selector: [u8; 4], words: &[U256]) -> Bytes {
        let mut data = selector.to_vec();
        if self.kind.is_keyed() {
            data.extend_from_slice(self.key.as_slice());
        }
        for word in words {
            data.extend_from_slice(&word.to_be_bytes::<32>());
        }
        data.into()
    }

    /// What people call it.
    pub fn name(&self) -> String {
        match self.kind {
            Kind::VaultParameters => "parameters of the vault".into(),
            Kind::Instrument => format!("instrument {}", U256::from_be_bytes(self.key.0)),
            Kind::GuardParameters => "parameters of the guard".into(),
            Kind::RangeLimits => format!("range limits of asset {}", short(&self.key)),
            Kind::PoolParameters => "parameters of the pool".into(),
            Kind::OptionRules => {
                format!(
                    "option rules of instrument {}",
                    U256::from_be_bytes(self.key.0)
                )
            }
            Kind::SurfaceLimits => "limits of volatility surfaces".into(),
        }
    }
}

impl Change {
    /// `setting` applied to `before`.
    pub fn new(setting: &Setting, before: Vec<U256>) -> Self {
        let after = match &setting.wanted {
            Wanted::Whole(words) => words.clone(),
            Wanted::Fields(fields) => {
                let mut words = before.clone();
                for (place, value) in fields {
                    if let Some(word) = words.get_mut(*place) {
                        *word = *value;
                    }
                }
                words
            }
        };
        Self {
            subject: setting.subject,
            before,
            after,
        }
    }

    /// The fields that change.
    pub fn fields(&self) -> Vec<FieldChange> {
        let layout = layout(self.subject.kind);
        let named = layout.fields().into_iter().zip(self.subject.kind.fields());
        let values = self.before.iter().zip(&self.after);
        named
            .zip(values)
            .filter(|(_, (before, after))| before != after)
            .map(|(((kind, name), field), (before, after))| FieldChange {
                field: name.to_owned(),
                before: shown(kind, *before),
                after: shown(kind, *after),
                direction: direction(field.role, after > before),
            })
            .collect()
    }
}

fn direction(role: Role, rises: bool) -> Direction {
    match (role, rises) {
        (Role::TighterUp, true) | (Role::TighterDown, false) => Direction::Tighter,
        (Role::TighterUp, false) | (Role::TighterDown, true) => Direction::Looser,
        (Role::Steered | Role::Fixed, _) => Direction::Neither,
    }
}

/// In these structs 64 and 128 bits are WAD, fewer are counts and seconds.
fn shown(kind: &str, value: U256) -> String {
    match kind {
        "uint64" | "uint128" => {
            let text = format!("{:.9}", number(value));
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        "uint8" | "uint32" => value.to_string(),
        _ => short(&value.into()),
    }
}

fn short(word: &B256) -> String {
    format!("0x{}...", hex::encode(&word[..6]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_every_struct_has_a_name() {
        for kind in Kind::ALL {
            let layout = layout(kind);
            let fields = layout.fields();
            assert_eq!(fields.len(), kind.fields().len(), "{}", layout.declaration);
            for (place, (_, name)) in fields.iter().enumerate() {
                assert!(!name.is_empty());
                assert!(fields[..place].iter().all(|(_, other)| other != name));
            }
        }
    }

    #[test]
    fn what_must_not_be_tightened_in_an_emergency_is_where_the_steward_thinks_it_is() {
        let place = |kind: Kind, wanted: &str| {
            let layout = layout(kind);
            let fields = layout.fields();
            let place = fields.iter().position(|(_, name)| *name == wanted);
            kind.fields()[place.expect("a field of this name")].role
        };
        assert_eq!(place(Kind::Instrument, "asset"), Role::Fixed);
        assert_eq!(place(Kind::Instrument, "maintenanceRate"), Role::Steered);
        assert_eq!(place(Kind::Instrument, "initialRate"), Role::TighterUp);
        assert_eq!(place(Kind::Instrument, "shock"), Role::TighterUp);
        assert_eq!(place(Kind::VaultParameters, "treasury"), Role::Fixed);
        assert_eq!(
            place(Kind::VaultParameters, "dailyOutflow"),
            Role::TighterDown
        );
        assert_eq!(place(Kind::GuardParameters, "calmPeriod"), Role::TighterUp);
        assert_eq!(
            place(Kind::GuardParameters, "rangeMultiplier"),
            Role::Steered
        );
        assert_eq!(place(Kind::OptionRules, "tick"), Role::Fixed);
        assert_eq!(place(Kind::OptionRules, "volRange"), Role::Steered);
        assert_eq!(place(Kind::OptionRules, "vegaLimit"), Role::TighterDown);
        assert_eq!(place(Kind::PoolParameters, "cooldown"), Role::TighterUp);
        assert_eq!(place(Kind::SurfaceLimits, "staleAfter"), Role::TighterDown);
    }

    fn instrument(initial: u64) -> Vec<U256> {
        let rates = [1, 5, initial, 2, 0, 0, 150, 9, 9];
        rates
            .map(|rate| U256::from(rate) * U256::from(10_u64.pow(16)))
            .to_vec()
    }

    #[test]
    fn a_setter_is_recognised_and_its_change_described() {
        let subject = Subject {
            target: Address::repeat_byte(1),
            kind: Kind::Instrument,
            key: B256::with_last_byte(3),
        };
        let call = Call {
            to: Some(subject.target),
            data: subject.set(&instrument(12)),
        };
        let setting = Setting::of(&call).unwrap();
        assert_eq!(setting.subject, subject);
        let change = Change::new(&setting, instrument(10));
        let expected = FieldChange {
            field: "initialRate".into(),
            before: "0.1".into(),
            after: "0.12".into(),
            direction: Direction::Tighter,
        };
        assert_eq!(change.fields(), vec![expected]);
        let cut = Call {
            data: call.data.slice(..call.data.len() - 1),
            ..call
        };
        assert_eq!(Setting::of(&cut), None);
    }

    #[test]
    fn the_stewards_changes_are_those_of_the_struct() {
        let adjust = IRiskSteward::adjustCall {
            subject: IRiskSteward::Subject {
                target: Address::repeat_byte(1),
                kind: 1,
                key: B256::with_last_byte(3),
            },
            changes: vec![IRiskSteward::Change {
                field: 2,
                value: U256::from(9 * 10_u64.pow(16)),
            }],
        };
        let call = Call {
            to: Some(Address::repeat_byte(2)),
            data: adjust.abi_encode().into(),
        };
        let setting = Setting::of(&call).unwrap();
        let change = Change::new(&setting, instrument(10));
        assert_eq!(change.after, instrument(9));
        assert_eq!(change.fields()[0].direction, Direction::Looser);
    }
}
