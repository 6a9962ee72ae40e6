//! Set-up, roles and parameters.

use alloy_primitives::{Address, U32};
use contract_support::words::word;
use contract_support::{clone, token};
use program_support::steward::Steward;
use stylus_sdk::prelude::*;

use crate::abi::{
    AlreadyInitialized, DebtKnown, Error, NotClone, NotFactory, NotSteward, Parameters,
    ParametersOutOfBounds, ParametersSet, StewardSet, UnsupportedDecimals, ZeroAddress,
};
use crate::store::{DRAW_SHARE_UNIT, Settings};
use crate::{DAY, InsurancePool, WAD_DECIMALS};

/// Wait seven days, pay a vault at most a quarter of the pool a day.
const DEFAULT_PARAMETERS: Parameters = Parameters {
    cooldown: 7 * DAY,
    dailyDrawShare: 250_000_000_000_000_000,
};

const MAX_COOLDOWN: u32 = 30 * DAY;
/// Hard bounds of the daily draw: 0.1 % and all of it, WAD. A pool is at least ten times the cover of any instrument.
const MIN_DRAW_SHARE: u64 = 1_000_000_000_000_000;
const MAX_DRAW_SHARE: u64 = 1_000_000_000_000_000_000;

impl InsurancePool {
    /// Sets up a clone, once: `vault` is registered to draw `asset`. The caller is the market's factory, which may promote it.
    /// A zero `steward` is none.
    ///
    /// Fails with `NotClone` at the implementation, `AlreadyInitialized`, `ZeroAddress`, `TokenCallFailed` if `asset`
    /// is no token, or `UnsupportedDecimals` above 18.
    pub(super) fn initialize(
        &mut self,
        owner: Address,
        steward: Address,
        asset: Address,
        vault: Address,
    ) -> Result<(), Error> {
        if !clone::is_clone(self.vm()) {
            return Err(NotClone {}.into());
        }
        if !self.config.get().asset.is_zero() {
            return Err(AlreadyInitialized {}.into());
        }
        if owner.is_zero() || asset.is_zero() || vault.is_zero() {
            return Err(ZeroAddress {}.into());
        }
        let decimals = token::token_decimals(self.vm(), asset)?;
        if decimals > WAD_DECIMALS {
            let words = [asset.into_word(), word(decimals.into())];
            return Err(Error::of::<UnsupportedDecimals>(&words));
        }
        self.ownership.initialize(owner);
        let factory = self.vm().msg_sender();
        self.factory.set(factory);
        self.put_steward(Steward {
            address: steward,
            left: 0,
        });
        self.configure(Settings {
            asset,
            decimals,
            parameters: DEFAULT_PARAMETERS,
            promoted: false,
        });
        self.register(vault)
    }

    /// Registers a vault to draw on the pool, or removes it. Owner only; fails with `NotOwner`, `ZeroAddress` or
    /// `TooManyVaults` beyond eight.
    ///
    /// Fails with `DebtKnown` if the vault has a deficit that is known: the pool's to pay, or of before the pool covered it; and with
    /// `VaultSilent` if the vault to register does not answer, which would stop every exit. One that stopped answering can be removed.
    pub(super) fn set_vault(&mut self, vault: Address, registered: bool) -> Result<(), Error> {
        self.ownership.only_owner()?;
        if vault.is_zero() {
            return Err(ZeroAddress {}.into());
        }
        if registered == self.is_vault(vault) {
            return Ok(());
        }
        match self.has_deficit(vault) {
            Ok(true) => return Err(Error::of::<DebtKnown>(&[vault.into_word()])),
            Err(silent) if registered => return Err(silent),
            _ => {}
        }
        if registered {
            self.register(vault)
        } else {
            self.unregister(vault);
            Ok(())
        }
    }

    /// Ends the market's trial: from now on all of the pool covers it, and the bond's shares are `creator`'s to move. Factory
    /// only (`NotFactory`), at the word of its owner. Fails with `DebtKnown` while a vault has a deficit: that is the bond's
    /// to pay, and nobody else's.
    pub(super) fn promote(&mut self, creator: Address) -> Result<(), Error> {
        let caller = self.vm().msg_sender();
        if caller != self.factory.get() {
            return Err(Error::of::<NotFactory>(&[caller.into_word()]));
        }
        self.locked(|pool| pool.release_bond(creator))
    }

    /// Names the steward, which may set the parameters; zero removes it, after which the owner's changes need the number that it had
    /// counted. Owner only (`NotOwner`); to name one fails with `EmergencySince` or `StewardFailed`.
    pub(super) fn set_steward(&mut self, steward: Address, emergencies: u32) -> Result<(), Error> {
        self.ownership.only_owner()?;
        let steward = self.current_steward().replaced(steward, emergencies);
        self.put_steward(steward);
        Ok(())
    }

    /// Sets every parameter; requests keep the times they were given. Owner or steward; fails with `NotSteward`,
    /// `EmergencySince`, `StewardFailed` or `ParametersOutOfBounds`, also if the draw share is no multiple of 1e-9.
    pub(super) fn set_parameters(
        &mut self,
        parameters: Parameters,
        emergencies: u32,
    ) -> Result<(), Error> {
        let (caller, steward) = (self.vm().msg_sender(), self.current_steward());
        if !steward.may_set(caller, self.ownership.owner(), emergencies) {
            return Err(Error::of::<NotSteward>(&[caller.into_word()]));
        }
        let within_bounds = (DAY..=MAX_COOLDOWN).contains(&parameters.cooldown)
            && (MIN_DRAW_SHARE..=MAX_DRAW_SHARE).contains(&parameters.dailyDrawShare)
            && parameters.dailyDrawShare.is_multiple_of(DRAW_SHARE_UNIT);
        if !within_bounds {
            return Err(ParametersOutOfBounds {}.into());
        }
        let settings = self.config.get();
        self.configure(Settings {
            parameters,
            ..settings
        });
        Ok(())
    }

    /// The steward, and what those before it had counted.
    pub(super) fn current_steward(&self) -> Steward {
        Steward {
            address: self.steward.get(),
            left: self.emergencies_left.get().to(),
        }
    }

    fn put_steward(&mut self, steward: Steward) {
        self.steward.set(steward.address);
        self.emergencies_left.set(U32::from(steward.left));
        self.emit::<StewardSet>(1, &[steward.address.into_word()]);
    }

    fn configure(&mut self, settings: Settings) {
        self.config.set(&settings);
        self.emit::<ParametersSet>(0, &settings.words());
    }
}
