//! The vaults that the pool covers: what it pays them, and the income that it fetches from them.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use contract_support::words::word;
use contract_support::{calls, token};
use insurance::{MAX_ASSETS, PoolTotals, Rounding};
use program_support::encoding::concat;
use stylus_sdk::prelude::*;

use crate::abi::{
    Covered, DebtKnown, Error, Harvested, NotVault, SharesConsolidated, TooManyVaults, VaultSet,
    VaultSilent,
};
use crate::interface::Vault;
use crate::{InsurancePool, narrow};

/// A vault lets an instrument's cover be at most a tenth of the assets that it is told of: told of ten times the bond, the
/// bond.
const COVERS_IN_ASSETS: u128 = 10;

/// A call gets all but a 64th of the gas, so one that failed and left this much had more than six million.
const GAS_LEFT_BY_REFUSAL: u64 = 100_000;

/// Which of its vaults' claims the pool asks for: the words of the answer.
#[derive(Clone, Copy)]
pub enum Owed {
    /// The deficit that is known.
    Known = 0,
    /// Debts that can be closed.
    Closable = 1,
    /// What insurance would pay of what is known.
    Due = 2,
}

/// Vaults that one pool may cover; every deposit and every fulfilment asks each of them.
const MAX_VAULTS: usize = 8;

impl InsurancePool {
    /// Whether `vault` may draw on the pool.
    pub(super) fn is_vault(&self, vault: Address) -> bool {
        self.vaults.get(vault).position() != 0
    }

    pub(super) fn register(&mut self, vault: Address) -> Result<(), Error> {
        if self.vault_list.len() >= MAX_VAULTS {
            return Err(TooManyVaults {}.into());
        }
        self.vault_list.push(vault);
        let position = self.vault_list.len() as u8;
        self.vaults.setter(vault).set_position(position);
        self.emit::<VaultSet>(1, &[vault.into_word(), word(1)]);
        Ok(())
    }

    /// Moves the list's last vault into the gap.
    pub(super) fn unregister(&mut self, vault: Address) {
        let position = self.vaults.get(vault).position();
        let last = self.vault_list.pop().unwrap_or(vault);
        if last != vault {
            if let Some(mut gap) = self.vault_list.setter(u32::from(position) - 1) {
                gap.set(last);
            }
            self.vaults.setter(last).set_position(position);
        }
        self.vaults.setter(vault).set_position(0);
        self.emit::<VaultSet>(1, &[vault.into_word(), word(0)]);
    }

    /// What `vault` says that it owes, in asset units rounded down: see [`Owed`]. Fails with `VaultSilent` if it does not answer.
    fn owed_by(&self, vault: Address) -> Result<[u128; 3], Error> {
        let Ok(claims) = calls::view::<3>(self.vm(), vault, &Vault::claimsCall::SELECTOR) else {
            return Err(Error::of::<VaultSilent>(&[vault.into_word()]));
        };
        let unit = self.config.get().wad_per_unit();
        Ok(claims.map(|amount| insurance::div(narrow(amount), unit)))
    }

    /// What is too little to wait for.
    fn negligible(&self) -> u128 {
        let assets = self.reserves.totals().assets;
        insurance::negligible(assets, self.config.get().dollar())
    }

    /// Whether `vault` has a deficit that is known and not negligible.
    pub(super) fn has_deficit(&self, vault: Address) -> Result<bool, Error> {
        Ok(self.owed_by(vault)?[Owed::Known as usize] > self.negligible())
    }

    /// The vault with which the vaults together owe more than is negligible, at most `most` of it counted; none if they do not.
    pub(super) fn owing(&self, owed: Owed, most: u128) -> Result<Option<Address>, Error> {
        let (mut sum, negligible) = (0_u128, self.negligible());
        for k in 0..self.vault_list.len() {
            let vault = self.vault_list.get(k).unwrap_or_default();
            sum = sum.saturating_add(self.owed_by(vault)?[owed as usize]);
            // What the pool could not pay anyway holds nobody up.
            if sum.min(most) > negligible {
                return Ok(Some(vault));
            }
        }
        Ok(None)
    }

    /// Asks every vault before a deposit. Fails with `DebtKnown` if they owe more that can be closed than is negligible, or with
    /// `VaultSilent`. For what a vault has on record, its covers are measured by no more than what the pool has now, until a
    /// deposit finds that it owes nothing: nobody's deposit pays for what was owed before it came.
    pub(super) fn ask_before_deposit(&mut self) -> Result<(), Error> {
        let (mut closable, negligible) = (0_u128, self.negligible());
        let before = self.reserves.totals().assets;
        for k in 0..self.vault_list.len() {
            let vault = self.vault_list.get(k).unwrap_or_default();
            let owed = self.owed_by(vault)?;
            closable = closable.saturating_add(owed[Owed::Closable as usize]);
            if closable > negligible {
                return Err(Error::of::<DebtKnown>(&[vault.into_word()]));
            }
            let most = (owed[Owed::Known as usize] > negligible).then_some(before);
            self.vaults.setter(vault).limit(most);
        }
        Ok(())
    }

    /// What `vault` may draw now; zero if it is not registered.
    ///
    /// A share of what the pool held when the day began, less what the vault has drawn since. While the market is experimental, no
    /// more than its bond is worth.
    pub(super) fn drawable(&self, vault: Address) -> u128 {
        let record = self.vaults.get(vault);
        if record.position() == 0 {
            return 0;
        }
        let now = self.now();
        let settings = self.config.get();
        let drawn = record.drawn_on(now);
        let held = self.reserves.totals().assets;
        let basis = self.reserves.day(now).basis(held, drawn, settings.dollar());
        insurance::share_of(basis, settings.parameters.dailyDrawShare)
            .saturating_sub(drawn)
            .min(self.payable())
    }

    /// What covers of `vault` are measured by, new open interest is limited by, and covers are measured by for what is on record; see
    /// `IInsurancePool.available`.
    pub(super) fn measured_assets(&self, vault: Address) -> [u128; 3] {
        let settings = self.config.get();
        let day = self.reserves.day(self.now());
        let payable = self.payable();
        if !settings.promoted {
            let measured = payable
                .saturating_add(day.drawn)
                .saturating_mul(COVERS_IN_ASSETS);
            return [measured; 3];
        }
        let measured = day.measure(payable, settings.dollar());
        let recorded = self
            .vaults
            .get(vault)
            .most()
            .map_or(measured, |most| most.min(measured));
        let pending = self.leaving.pending();
        if pending == 0 {
            return [measured, measured, recorded];
        }
        // Shares that exist are never worth more than fits.
        let leaving = self
            .price()
            .to_assets(pending, Rounding::Up)
            .unwrap_or(payable);
        // Shares that came since the day's opening were never in it, and leave it as it is when they are requested.
        let lasting = day.measure(payable.saturating_sub(leaving), settings.dollar());
        [measured, lasting, recorded]
    }

    /// Pays the calling vault at most `amount`, in asset units: what is `available` to it. Returns what was paid: nothing if the token
    /// refuses to send it. Fails with `NotVault`, or with `TokenCallFailed` if little gas was left to the token.
    pub(super) fn pay_cover(&mut self, amount: U256) -> Result<u128, Error> {
        let vault = self.vm().msg_sender();
        if !self.is_vault(vault) {
            return Err(Error::of::<NotVault>(&[vault.into_word()]));
        }
        let payable = narrow(amount).min(self.drawable(vault));
        let paid = self.pay(vault, payable)?;
        self.emit::<Covered>(1, &[vault.into_word(), amount.into(), word(paid)]);
        Ok(paid)
    }

    /// Sends `payable` to `vault` and counts it; returns what was paid. That is nothing if the token refuses, for a token
    /// that blocks the pool must not keep the vault from closing accounts.
    fn pay(&mut self, vault: Address, payable: u128) -> Result<u128, Error> {
        if payable == 0 {
            return Ok(0);
        }
        let asset = self.config.get().asset;
        if let Err(refused) = token::send(self.vm(), asset, vault, U256::from(payable)) {
            // Whoever gives the token too little gas has not made it refuse.
            if self.vm().evm_gas_left() < GAS_LEFT_BY_REFUSAL {
                return Err(refused.into());
            }
            return Ok(0);
        }
        let now = self.now();
        // Counted after it was sent, under the lock: nobody draws, joins or leaves in between.
        self.lose(now, payable)?;
        self.vaults.setter(vault).draw(now, payable);
        Ok(payable)
    }

    /// Takes a draw off the assets. The bond loses it while there is one; then income that is not released, and then every share
    /// alike.
    fn lose(&mut self, now: u64, drawn: u128) -> Result<(), Error> {
        let burned = self.slash_bond(drawn)?;
        let mut totals = self.reserves.totals();
        totals.assets -= drawn;
        totals.shares -= burned;
        let mut income = self.income.get();
        if burned == 0 && income.locked_at(now) > 0 {
            income = income.without(drawn, now);
            self.income.set(&income);
        }
        let day = self.reserves.day(now).with_draw(drawn);
        let consolidated = self.consolidated(totals, income.locked_at(now));
        self.reserves.set_with_day(now, &consolidated, day);
        Ok(())
    }

    /// The totals once shares that are worth next to nothing have become fewer.
    fn consolidated(&mut self, totals: PoolTotals, locked: u128) -> PoolTotals {
        let released = PoolTotals {
            assets: totals.assets - locked,
            ..totals
        };
        let after = released.consolidated(self.config.get().virtual_shares());
        if after.generation != totals.generation {
            let (pending, aside) = self.leaving.get();
            self.leaving
                .set(after.carried(pending, totals.generation), aside);
            let words = [word(after.shares), word(after.generation.into())];
            self.emit::<SharesConsolidated>(0, &words);
        }
        PoolTotals {
            assets: totals.assets,
            ..after
        }
    }

    /// Converts the profit in the pool's account in `vault` and withdraws its capital, as far as the vault allows, and counts what the
    /// pool holds. The shares get it over seven days; what is not released yet pays deficits before them.
    ///
    /// Returns by how many asset units the pool grew. Fails with `NotVault`, or with the vault's own error if it does not let capital
    /// go.
    pub(super) fn fetch_income(&mut self, vault: Address) -> Result<u128, Error> {
        if !self.is_vault(vault) {
            return Err(Error::of::<NotVault>(&[vault.into_word()]));
        }
        let pool = self.vm().contract_address();
        let account = account_of(pool);
        // Nothing may be convertible yet; the capital can be fetched all the same.
        let convert = concat(
            &Vault::convertCall::SELECTOR,
            &[account, B256::repeat_byte(0xff)],
        );
        let _ = calls::call::<1>(self.vm(), vault, &convert);
        let balances = concat(&Vault::balancesCall::SELECTOR, &[account]);
        let [capital] = calls::view(self.vm(), vault, &balances)?;
        let amount = insurance::div(narrow(capital), self.config.get().wad_per_unit());
        if amount > 0 {
            let words = [account, word(amount), pool.into_word()];
            let withdraw = concat(&Vault::withdrawCall::SELECTOR, &words);
            calls::call::<1>(self.vm(), vault, &withdraw)?;
        }
        let assets = self.count_assets()?;
        self.emit::<Harvested>(1, &[vault.into_word(), word(assets)]);
        Ok(assets)
    }

    /// Counts everything that the pool holds and has not set aside as its own, and returns by how much that is more than before: income,
    /// which is locked.
    fn count_assets(&mut self) -> Result<u128, Error> {
        let now = self.now();
        let (income, aside) = (self.income.get(), self.leaving.set_aside());
        let held = narrow(self.held()?).min(MAX_ASSETS);
        let mut totals = self.reserves.totals();
        let assets = held.saturating_sub(aside);
        let grown = assets.saturating_sub(totals.assets);
        // A token may take from its holders by itself: income that is not released bears that first.
        let lost = totals.assets.saturating_sub(assets);
        totals.assets = assets;
        self.reserves.set(now, &totals);
        if grown > 0 {
            self.income.set(&income.with(grown, now));
        }
        if lost > 0 {
            self.income.set(&income.without(lost, now));
        }
        Ok(grown)
    }
}

/// The first account of `owner` in a vault.
fn account_of(owner: Address) -> B256 {
    let mut account = B256::ZERO;
    account[..20].copy_from_slice(owner.as_slice());
    account
}
