//! Checking and making changes.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U32, U256};
use alloy_sol_types::SolValue;
use program_support::steward::EmergencySince;
use steward::emergency::PERIOD;
use steward::{
    Corridor as Limits, Emergency, EmergencyRefusal, Field, Kind, Move, Range, Refusal, Role,
};
use stylus_sdk::prelude::*;

use super::RiskSteward;
use super::abi::{
    Adjusted, Change, Confirmed, Corridor, CorridorOutOfBounds, CorridorSet, DuplicateField,
    EmergencyExpired, EmergencyOpen, EmergencyRunning, EmergencySet, EmergencySpent, Error, Held,
    NoChanges, NotAsConfirmed, NotHeld, NotSteered, NotTighter, OutOfRange, Restored, Tightened,
    TooEarly, Unchanged, UnknownField, Window,
};
use super::store::{HeldValues, emergency_of, word_of};
use super::target::Target;

/// A struct as its contract holds it, and the steward's name for it.
struct Loaded<'a> {
    target: &'a Target,
    id: B256,
    words: Vec<U256>,
}

/// The field at a place. Fails with `UnknownField`.
pub fn field_at(kind: Kind, field: u8) -> Result<Field, Error> {
    let known = kind.fields().get(usize::from(field));
    Ok(*known.ok_or(UnknownField { field })?)
}

/// Fails with `NoChanges`, `UnknownField` or `DuplicateField`.
fn check_fields(kind: Kind, changes: &[Change]) -> Result<(), Error> {
    if changes.is_empty() {
        return Err(NoChanges {}.into());
    }
    for (k, change) in changes.iter().enumerate() {
        let field = change.field;
        field_at(kind, field)?;
        if changes[..k].iter().any(|other| other.field == field) {
            return Err(DuplicateField { field }.into());
        }
    }
    Ok(())
}

/// A value that a steered field can have; all others are out of any range.
fn narrow(value: U256) -> u128 {
    u128::try_from(value).unwrap_or(u128::MAX)
}

/// The reason for which the field at `field` may not be set, in the words of the ABI.
fn refusal(field: u8, refusal: Refusal) -> Error {
    match refusal {
        Refusal::NotSteered => NotSteered { field }.into(),
        Refusal::Unchanged => Unchanged { field }.into(),
        Refusal::TooEarly { from } => TooEarly {
            field,
            openFrom: from,
        }
        .into(),
        Refusal::OutOfRange(Range { low, high }) => OutOfRange {
            field,
            lowest: U256::from(low),
            highest: U256::from(high),
        }
        .into(),
        Refusal::NotTighter => NotTighter { field }.into(),
    }
}

fn emergency_refusal(refusal: EmergencyRefusal) -> Error {
    match refusal {
        EmergencyRefusal::Expired => EmergencyExpired {}.into(),
        EmergencyRefusal::Spent { from } => EmergencySpent { from }.into(),
    }
}

impl RiskSteward {
    /// The steward's name for a struct.
    pub fn id(&self, target: &Target) -> B256 {
        let name = (target.address, U256::from(target.kind as u8), target.key);
        self.vm().native_keccak256(&name.abi_encode())
    }

    /// The corridor of a field, and when the steward last changed it.
    pub fn terms(&self, id: B256, field: u8) -> (Limits, u64) {
        self.parameters.getter(id).getter(U256::from(field)).terms()
    }

    /// Fails with `EmergencySince` unless `emergencies`, from a proposal of the owner's, is what is counted.
    pub fn no_emergency_since(&self, emergencies: u32) -> Result<(), Error> {
        if emergencies != self.emergencies() {
            return Err(EmergencySince {}.into());
        }
        Ok(())
    }

    /// Counts what the emergency multisig does. Nobody lives to see the last number; if somebody did, nothing could be tightened
    /// any more.
    fn count_emergency(&mut self) -> Result<(), Error> {
        let counted = self.emergencies().checked_add(1);
        let counted = counted.ok_or(EmergencySpent { from: u64::MAX })?;
        self.tightenings.set(U32::from(counted));
        Ok(())
    }

    /// Names the emergency multisig.
    pub fn put_emergency(&mut self, emergency: Address) {
        self.emergency.set(emergency);
        self.vm().log(EmergencySet { emergency });
    }

    /// Sets a corridor, within hard bounds, or removes it.
    pub fn put_corridor(
        &mut self,
        target: &Target,
        field: u8,
        corridor: Corridor,
    ) -> Result<(), Error> {
        let known = field_at(target.kind, field)?;
        if known.role == Role::Fixed {
            return Err(NotSteered { field }.into());
        }
        let limits = Limits {
            min: corridor.min,
            max: corridor.max,
            max_step: corridor.maxStep,
            delay: corridor.delay,
        };
        if limits.is_set() && !limits.is_within_bounds(known) {
            return Err(CorridorOutOfBounds { field }.into());
        }
        let id = self.id(target);
        let mut fields = self.parameters.setter(id);
        fields.setter(U256::from(field)).set_corridor(&limits);
        self.vm().log(CorridorSet {
            target: target.address,
            kind: target.kind as u8,
            key: target.key,
            field,
            corridor,
        });
        Ok(())
    }

    /// An agent's changes.
    pub fn step(&mut self, target: &Target, changes: &[Change], by: Address) -> Result<(), Error> {
        check_fields(target.kind, changes)?;
        let mut loaded = self.loaded(target)?;
        let emergency = self.emergency_at(loaded.id);
        // Values of a struct are coupled: a step beside a held field could undo what it is held for.
        if emergency.is_open() {
            let expires_at = emergency.expires_at();
            return Err(EmergencyOpen {
                expiresAt: expires_at,
            }
            .into());
        }
        let now = self.vm().block_timestamp();
        for &Change { field, value } in changes {
            let moved = self.moved(&loaded, field)?;
            moved
                .check_step(narrow(value), now)
                .map_err(|reason| refusal(field, reason))?;
            let from = self.replace(&mut loaded, field, value);
            self.vm().log(Adjusted {
                target: target.address,
                kind: target.kind as u8,
                key: target.key,
                field,
                from,
                to: value,
                by,
            });
        }
        target.write(self.vm(), &loaded.words)
    }

    /// The emergency multisig's changes.
    pub fn hold(&mut self, target: &Target, changes: &[Change]) -> Result<(), Error> {
        check_fields(target.kind, changes)?;
        // Every call counts, whatever the struct: a vote that was drafted before it has to be looked at again.
        self.count_emergency()?;
        let mut loaded = self.loaded(target)?;
        let now = self.vm().block_timestamp();
        let mut emergency = self
            .emergency_at(loaded.id)
            .admit(now)
            .map_err(emergency_refusal)?;
        for &Change { field, value } in changes {
            let moved = self.moved(&loaded, field)?;
            moved
                .check_tighter(narrow(value))
                .map_err(|reason| refusal(field, reason))?;
            let mut fields = self.parameters.setter(loaded.id);
            let mut stored = fields.setter(U256::from(field));
            // What governance set meanwhile is what there is to put back.
            let held = stored.held();
            let before = if emergency.holds(field) && held.value == moved.current {
                held.before
            } else {
                moved.current
            };
            stored.set_held(&HeldValues {
                before,
                value: narrow(value),
            });
            emergency = emergency.hold(field);
            let from = self.replace(&mut loaded, field, value);
            self.vm().log(Tightened {
                target: target.address,
                kind: target.kind as u8,
                key: target.key,
                field,
                from,
                to: value,
                expiresAt: emergency.expires_at(),
            });
        }
        self.set_emergency_at(loaded.id, &emergency);
        target.write(self.vm(), &loaded.words)
    }

    /// Governance's confirmation of what is held.
    pub fn keep(&mut self, target: &Target, changes: &[Change]) -> Result<(), Error> {
        check_fields(target.kind, changes)?;
        let id = self.id(target);
        let now = self.vm().block_timestamp();
        let mut emergency = self.emergency_at(id);
        for &Change { field, value } in changes {
            if !emergency.holds(field) {
                return Err(NotHeld { field }.into());
            }
            let mut fields = self.parameters.setter(id);
            let mut stored = fields.setter(U256::from(field));
            let held = U256::from(stored.held().value);
            if held != value {
                return Err(NotAsConfirmed { field, value: held }.into());
            }
            stored.set_changed(now);
            emergency = emergency.confirm(field);
            self.vm().log(Confirmed {
                target: target.address,
                kind: target.kind as u8,
                key: target.key,
                field,
                value,
            });
        }
        self.set_emergency_at(id, &emergency);
        Ok(())
    }

    /// Ends an expired emergency.
    pub fn put_back(&mut self, target: &Target) -> Result<(), Error> {
        let mut loaded = self.loaded(target)?;
        let mut emergency = self.emergency_at(loaded.id);
        if !emergency.is_open() {
            return Err(NoChanges {}.into());
        }
        let expires_at = emergency.expires_at();
        if self.vm().block_timestamp() < expires_at {
            return Err(EmergencyRunning {
                expiresAt: expires_at,
            }
            .into());
        }
        for field in held_fields(target.kind, emergency) {
            let HeldValues { before, value } = self.held_values(loaded.id, field);
            // What votes or anybody else have set since is not the emergency's to put back.
            let is_as_set = loaded.words[usize::from(field)] == U256::from(value);
            let from = U256::from(value);
            let to = if is_as_set { U256::from(before) } else { from };
            if is_as_set {
                self.replace(&mut loaded, field, to);
            }
            emergency = emergency.release(field);
            self.vm().log(Restored {
                target: target.address,
                kind: target.kind as u8,
                key: target.key,
                field,
                from,
                to,
            });
        }
        self.set_emergency_at(loaded.id, &emergency);
        target.write(self.vm(), &loaded.words)
    }

    /// What may be set of every field.
    pub fn all_windows(&self, target: &Target) -> Result<Vec<Window>, Error> {
        let loaded = self.loaded(target)?;
        let emergency = self.emergency_at(loaded.id);
        let may_tighten = emergency.admit(self.vm().block_timestamp()).is_ok();
        let fields = 0..target.kind.fields().len();
        fields
            .map(|place| self.window(&loaded, place as u8, emergency.is_open(), may_tighten))
            .collect()
    }

    fn window(
        &self,
        loaded: &Loaded,
        field: u8,
        is_held: bool,
        may_tighten: bool,
    ) -> Result<Window, Error> {
        let current = loaded.words[usize::from(field)];
        let moved = self.moved(loaded, field)?;
        let mut window = Window {
            current,
            lowest: current,
            highest: current,
            openFrom: u64::MAX,
            tightest: current,
            unit: moved.field.unit,
        };
        if !moved.is_steered() {
            return Ok(window);
        }
        if !is_held {
            let Range { low, high } = moved.reach();
            (window.lowest, window.highest) = (U256::from(low), U256::from(high));
            window.openFrom = moved.open_from();
        }
        if may_tighten {
            let Range { low, high } = moved.tighter();
            window.tightest = match moved.field.role {
                Role::TighterUp => U256::from(high),
                Role::TighterDown => U256::from(low),
                Role::Fixed | Role::Steered => current,
            };
        }
        Ok(window)
    }

    /// An emergency's times, and what it holds.
    pub fn all_held(&self, target: &Target) -> (u64, u64, u64, Vec<Held>) {
        let id = self.id(target);
        let emergency = self.emergency_at(id);
        let held = held_fields(target.kind, emergency).map(|field| {
            let HeldValues { before, value } = self.held_values(id, field);
            Held {
                field,
                before: U256::from(before),
                value: U256::from(value),
            }
        });
        let started_at = emergency.started_at;
        let (expires_at, next_from) = match started_at {
            0 => (0, 0),
            _ => (emergency.expires_at(), started_at.saturating_add(PERIOD)),
        };
        (started_at, expires_at, next_from, held.collect())
    }

    fn loaded<'a>(&self, target: &'a Target) -> Result<Loaded<'a>, Error> {
        Ok(Loaded {
            target,
            id: self.id(target),
            words: target.read(self.vm())?,
        })
    }

    /// A field as it is, with what may be done to it.
    fn moved(&self, loaded: &Loaded, field: u8) -> Result<Move, Error> {
        let (corridor, changed_at) = self.terms(loaded.id, field);
        Ok(Move {
            field: field_at(loaded.target.kind, field)?,
            corridor,
            changed_at,
            current: narrow(loaded.words[usize::from(field)]),
        })
    }

    /// Gives a field another value, now, and returns the one it had.
    fn replace(&mut self, loaded: &mut Loaded, field: u8, value: U256) -> U256 {
        let now = self.vm().block_timestamp();
        let mut fields = self.parameters.setter(loaded.id);
        fields.setter(U256::from(field)).set_changed(now);
        core::mem::replace(&mut loaded.words[usize::from(field)], value)
    }

    fn held_values(&self, id: B256, field: u8) -> HeldValues {
        self.parameters.getter(id).getter(U256::from(field)).held()
    }

    fn emergency_at(&self, id: B256) -> Emergency {
        emergency_of(self.emergencies.get(id))
    }

    fn set_emergency_at(&mut self, id: B256, emergency: &Emergency) {
        self.emergencies.setter(id).set(word_of(emergency));
    }
}

/// The fields that an emergency holds.
fn held_fields(kind: Kind, emergency: Emergency) -> impl Iterator<Item = u8> {
    let fields = 0..kind.fields().len() as u8;
    fields.filter(move |&field| emergency.holds(field))
}
