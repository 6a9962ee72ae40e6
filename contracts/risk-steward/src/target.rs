//! Reading and setting a struct of another contract, as words.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolType};
use contract_support::calls::{self, NoCode, ShortReturnData};
use steward::Kind;
use stylus_sdk::call::RawCall;
use stylus_sdk::stylus_core::Host;

use super::abi::{
    Error, IInsurancePool, IMarginVault, IOracleGuard, InvalidKey, Subject, UnknownKind,
};

/// Selectors of a kind of struct.
struct Access {
    get: [u8; 4],
    set: [u8; 4],
}

/// Getter and setter of a struct that is one word for each field that the steward knows.
macro_rules! access {
    ($kind:ident, $contract:ident :: $struct:ident, $get:ident, $set:ident) => {{
        const {
            let words = Kind::$kind.fields().len();
            let size = <$contract::$struct as SolType>::ENCODED_SIZE;
            assert!(matches!(size, Some(size) if size == 32 * words));
        }
        Access {
            get: $contract::$get::SELECTOR,
            set: $contract::$set::SELECTOR,
        }
    }};
}

fn access(kind: Kind) -> Access {
    match kind {
        Kind::VaultParameters => access!(
            VaultParameters,
            IMarginVault::Parameters,
            parametersCall,
            setParametersCall
        ),
        Kind::Instrument => access!(
            Instrument,
            IMarginVault::Instrument,
            instrumentCall,
            setInstrumentCall
        ),
        Kind::GuardParameters => access!(
            GuardParameters,
            IOracleGuard::Parameters,
            parametersCall,
            setParametersCall
        ),
        Kind::RangeLimits => access!(
            RangeLimits,
            IOracleGuard::RangeLimits,
            rangeLimitsCall,
            setRangeLimitsCall
        ),
        Kind::PoolParameters => access!(
            PoolParameters,
            IInsurancePool::Parameters,
            parametersCall,
            setParametersCall
        ),
        Kind::OptionRules => access!(
            OptionRules,
            IMarginVault::OptionRules,
            optionRulesCall,
            setOptionRulesCall
        ),
        Kind::SurfaceLimits => access!(
            SurfaceLimits,
            IOracleGuard::SurfaceLimits,
            surfaceLimitsCall,
            setSurfaceLimitsCall
        ),
    }
}

/// One struct of one contract. There is one way to name it, so that nobody gets a second delay under another name.
#[derive(Clone, Copy)]
pub struct Target {
    /// The contract.
    pub address: Address,
    /// Which kind of struct.
    pub kind: Kind,
    /// Which of them; zero if there is one.
    pub key: B256,
}

impl Target {
    /// What `subject` names. Fails with `UnknownKind` or `InvalidKey`.
    pub fn of(subject: &Subject) -> Result<Self, Error> {
        let Subject { target, kind, key } = *subject;
        let kind = Kind::of(kind).ok_or(UnknownKind { kind })?;
        let is_valid = match kind {
            Kind::RangeLimits => true,
            Kind::Instrument | Kind::OptionRules => key[..28] == [0; 28],
            _ => key.is_zero(),
        };
        if !is_valid {
            return Err(InvalidKey { key }.into());
        }
        Ok(Self {
            address: target,
            kind,
            key,
        })
    }

    /// The struct, one word for each field. Fails with the contract's own error, `NoCode`, or `ShortReturnData` if it returns
    /// anything but such a struct.
    pub fn read(&self, host: &impl Host) -> Result<Vec<U256>, Error> {
        let target = self.address;
        host.flush_cache(false);
        let input = self.input(access(self.kind).get, &[]);
        // SAFETY: a static call changes no storage.
        let returned = unsafe { RawCall::new_static(host).call(target, &input) }?;
        if returned.is_empty() && host.code_size(target) == 0 {
            return Err(NoCode { target }.into());
        }
        // Exactly its fields: a struct of another shape must not be set by place.
        if returned.len() != 32 * self.kind.fields().len() {
            return Err(ShortReturnData { target }.into());
        }
        Ok(returned.chunks_exact(32).map(U256::from_be_slice).collect())
    }

    /// Sets the struct whole. Fails with the contract's own error.
    pub fn write(&self, host: &impl Host, words: &[U256]) -> Result<(), Error> {
        let mut input = self.input(access(self.kind).set, words);
        // The number of emergencies, which nobody asks of a steward.
        input.extend_from_slice(&[0; 32]);
        calls::call::<0>(host, self.address, &input)?;
        Ok(())
    }

    fn input(&self, selector: [u8; 4], words: &[U256]) -> Vec<u8> {
        let mut input = Vec::with_capacity(68 + 32 * words.len());
        input.extend_from_slice(&selector);
        if self.kind.is_keyed() {
            input.extend_from_slice(self.key.as_slice());
        }
        for word in words {
            input.extend_from_slice(&word.to_be_bytes::<32>());
        }
        input
    }
}
