//! The risk steward: who may change a parameter between two decisions of governance, how far and how fast.
//!
//! The rules are those of the crate `steward`; here are roles, storage, events, and the contracts whose parameters change.
//! A struct is read from its contract, changed, and set whole; what its contract refuses is not set at all.
//!
//! | Where is ... | |
//! |---|---|
//! | a change checked and made | [`changes`] |
//! | another contract's struct read and set | [`target`] |
//! | a value stored | [`store`] |
//!
//! Whoever calls back is refused.

extern crate alloc;

mod abi;
mod changes;
mod store;
mod target;

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use contract_support::ownable::Ownable;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageAddress, StorageB256, StorageBool, StorageMap, StorageU32};

use self::abi::{
    AgentSet, Change, Corridor, Error, Held, NotAgent, NotEmergency, Subject, Window, ZeroAddress,
};
use self::store::StoredParameter;
use self::target::Target;

/// Storage of the steward. New fields go at the end.
#[storage]
pub struct RiskSteward {
    ownership: Ownable,
    emergency: StorageAddress,
    agents: StorageMap<Address, StorageBool>,
    /// By the hash of the struct, then by the field's place.
    parameters: StorageMap<B256, StorageMap<U256, StoredParameter>>,
    /// By the hash of the struct.
    emergencies: StorageMap<B256, StorageB256>,
    /// How often the emergency multisig has tightened.
    tightenings: StorageU32,
}

contract_support::entrypoint!(RiskSteward, Refused);

#[public]
impl RiskSteward {
    /// Runs once, in the transaction that deploys the steward. A zero `emergency` is none. Fails with `ZeroAddress` for a
    /// zero owner.
    #[constructor]
    pub fn constructor(&mut self, owner: Address, emergency: Address) -> Result<(), Error> {
        if owner.is_zero() {
            return Err(ZeroAddress {}.into());
        }
        self.ownership.initialize(owner);
        self.put_emergency(emergency);
        Ok(())
    }

    /// The owner.
    pub fn owner(&self) -> Address {
        self.ownership.owner()
    }

    /// The account that may accept ownership.
    pub fn pending_owner(&self) -> Address {
        self.ownership.pending_owner()
    }

    /// Offers ownership to `new_owner`. Owner only (`NotOwner`).
    pub fn transfer_ownership(&mut self, new_owner: Address) -> Result<(), Error> {
        Ok(self.ownership.transfer(new_owner)?)
    }

    /// Takes offered ownership. Fails with `NotPendingOwner`.
    pub fn accept_ownership(&mut self) -> Result<(), Error> {
        Ok(self.ownership.accept()?)
    }

    /// How often the emergency multisig has tightened anything.
    pub fn emergencies(&self) -> u32 {
        self.tightenings.get().to()
    }

    /// Lets `agent` move parameters inside their corridors, or no longer. Owner only; fails with `NotOwner`, `ZeroAddress`, or
    /// `EmergencySince` for an agent that is allowed.
    pub fn set_agent(
        &mut self,
        agent: Address,
        allowed: bool,
        emergencies: u32,
    ) -> Result<(), Error> {
        self.ownership.only_owner()?;
        if allowed {
            self.no_emergency_since(emergencies)?;
        }
        if agent.is_zero() {
            return Err(ZeroAddress {}.into());
        }
        self.agents.setter(agent).set(allowed);
        self.vm().log(AgentSet { agent, allowed });
        Ok(())
    }

    /// Whether `agent` may move parameters.
    pub fn is_agent(&self, agent: Address) -> bool {
        self.agents.get(agent)
    }

    /// Names the emergency multisig; zero is none. Owner only; fails with `NotOwner`, or `EmergencySince` for one that is named.
    pub fn set_emergency(&mut self, emergency: Address, emergencies: u32) -> Result<(), Error> {
        self.ownership.only_owner()?;
        if !emergency.is_zero() {
            self.no_emergency_since(emergencies)?;
        }
        self.put_emergency(emergency);
        Ok(())
    }

    /// The emergency multisig.
    pub fn emergency(&self) -> Address {
        self.emergency.get()
    }

    /// Sets the corridor of one field; a delay of zero takes the field away from the steward. Owner only; fails with
    /// `NotOwner`, `EmergencySince`, `UnknownKind`, `InvalidKey`, `UnknownField`, `NotSteered` for a field that only governance changes, or
    /// `CorridorOutOfBounds`.
    pub fn set_corridor(
        &mut self,
        subject: Subject,
        field: u8,
        corridor: Corridor,
        emergencies: u32,
    ) -> Result<(), Error> {
        self.ownership.only_owner()?;
        self.no_emergency_since(emergencies)?;
        self.put_corridor(&Target::of(&subject)?, field, corridor)
    }

    /// The corridor of one field; all zero if there is none. Fails with `UnknownKind`, `InvalidKey` or `UnknownField`.
    pub fn corridor(&self, subject: Subject, field: u8) -> Result<Corridor, Error> {
        let target = Target::of(&subject)?;
        changes::field_at(target.kind, field)?;
        let (corridor, _) = self.terms(self.id(&target), field);
        Ok(Corridor {
            min: corridor.min,
            max: corridor.max,
            maxStep: corridor.max_step,
            delay: corridor.delay,
        })
    }

    /// Makes all `changes` to a struct, each within a step and its corridor. Agents only.
    ///
    /// Fails with `NotAgent`, `UnknownKind`, `InvalidKey`, `NoChanges`, `UnknownField`, `DuplicateField`, `EmergencyOpen`,
    /// `NotSteered`, `Unchanged`, `TooEarly`, `OutOfRange`, or with the error of the contract.
    pub fn adjust(&mut self, subject: Subject, changes: Vec<Change>) -> Result<(), Error> {
        let caller = self.vm().msg_sender();
        if !self.agents.get(caller) {
            return Err(NotAgent { caller }.into());
        }
        self.step(&Target::of(&subject)?, &changes, caller)
    }

    /// Makes all `changes` to a struct, each in the direction in which it is tighter and inside its corridor. The emergency
    /// multisig only.
    ///
    /// Fails with `NotEmergency`, `UnknownKind`, `InvalidKey`, `NoChanges`, `UnknownField`, `DuplicateField`,
    /// `EmergencyExpired`, `EmergencySpent`, `NotSteered`, `Unchanged`, `NotTighter`, `OutOfRange`, or with the error of the
    /// contract.
    pub fn tighten(&mut self, subject: Subject, changes: Vec<Change>) -> Result<(), Error> {
        let caller = self.vm().msg_sender();
        if caller != self.emergency.get() {
            return Err(NotEmergency { caller }.into());
        }
        self.hold(&Target::of(&subject)?, &changes)
    }

    /// Makes lasting what an emergency set: each field in `changes` has to be held at the value given. Owner only.
    ///
    /// Fails with `NotOwner`, `UnknownKind`, `InvalidKey`, `NoChanges`, `UnknownField`, `DuplicateField`, `NotHeld` or
    /// `NotAsConfirmed`.
    pub fn confirm(&mut self, subject: Subject, changes: Vec<Change>) -> Result<(), Error> {
        self.ownership.only_owner()?;
        self.keep(&Target::of(&subject)?, &changes)
    }

    /// Puts back all that an expired emergency changed in a struct, but for what somebody else has changed since. Anyone may
    /// call. Fails with `UnknownKind`, `InvalidKey`, `NoChanges` if nothing is held, `EmergencyRunning`, or with the error of
    /// the contract.
    pub fn restore(&mut self, subject: Subject) -> Result<(), Error> {
        self.put_back(&Target::of(&subject)?)
    }

    /// What may be set right now, field by field. Fails with `UnknownKind`, `InvalidKey`, or the error of the contract.
    pub fn windows(&self, subject: Subject) -> Result<Vec<Window>, Error> {
        self.all_windows(&Target::of(&subject)?)
    }

    /// When a struct's emergency began, when it expires or expired, when the next may begin, and what it holds. Zero if there
    /// was none. Fails with `UnknownKind` or `InvalidKey`.
    pub fn held(&self, subject: Subject) -> Result<(u64, u64, u64, Vec<Held>), Error> {
        let target = Target::of(&subject)?;
        Ok(self.all_held(&target))
    }
}
