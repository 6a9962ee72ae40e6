//! What the pool stores beside its shares.

use alloy_primitives::{Address, U64, U128, U256, Uint};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{
    StorageAddress, StorageBool, StorageU32, StorageU64, StorageU128, StorageU256, StorageUint,
};

use crate::abi;
use crate::shares::{Rounding, mul_div};

/// One, as a WAD share.
pub const WAD: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);

const DAY: u64 = 86_400;

/// The pool's parameters.
#[storage]
pub struct StoredParameters {
    cooldown: StorageU32,
    claim_window: StorageU32,
    daily_draw_share: StorageU64,
}

impl StoredParameters {
    /// The parameters.
    pub fn values(&self) -> abi::Parameters {
        abi::Parameters {
            cooldown: self.cooldown.get().to(),
            claimWindow: self.claim_window.get().to(),
            dailyDrawShare: self.daily_draw_share.get().to(),
        }
    }

    /// Stores parameters that are within their hard bounds.
    pub fn set_values(&mut self, parameters: &abi::Parameters) {
        self.cooldown.set(Uint::from(parameters.cooldown));
        self.claim_window.set(Uint::from(parameters.claimWindow));
        self.daily_draw_share
            .set(U64::from(parameters.dailyDrawShare));
    }
}

/// One holder's request to redeem. Its time is that of the exit clock, which stops while a vault has a deficit.
#[storage]
pub struct StoredRequest {
    shares: StorageU256,
    receiver: StorageAddress,
    claimable_at: StorageU64,
}

impl StoredRequest {
    /// Replaces the request.
    pub fn set(&mut self, shares: U256, receiver: Address, claimable_at: u64) {
        self.shares.set(shares);
        self.receiver.set(receiver);
        self.claimable_at.set(U64::from(claimable_at));
    }

    /// Who is to be paid.
    pub fn receiver(&self) -> Address {
        self.receiver.get()
    }

    /// When it may be claimed, on the exit clock.
    pub fn claimable_at(&self) -> u64 {
        self.claimable_at.get().to()
    }

    /// Shares that wait or may be claimed when the exit clock stands at `clock`; zero once the window is over.
    pub fn locked(&self, clock: u64, claim_window: u32) -> U256 {
        if clock < self.claimable_at().saturating_add(claim_window.into()) {
            self.shares.get()
        } else {
            U256::ZERO
        }
    }

    /// Shares that may be claimed when the exit clock stands at `clock`.
    pub fn claimable(&self, clock: u64, claim_window: u32) -> U256 {
        if clock < self.claimable_at() {
            U256::ZERO
        } else {
            self.locked(clock, claim_window)
        }
    }

    /// Takes `shares`, at most [`claimable`](Self::claimable), off the request.
    pub fn claim(&mut self, shares: U256) {
        self.shares.set(self.shares.get().saturating_sub(shares));
    }
}

/// The clock that requests wait by. It stands still from when a deficit is seen until it is seen gone.
#[storage]
pub struct ExitClock {
    stopped_at: StorageU64,
    stopped_total: StorageU64,
}

impl ExitClock {
    /// The clock's time at `now`, if no vault has a deficit now.
    pub fn running(&self, now: u64) -> u64 {
        let stopped_at: u64 = self.stopped_at.get().to();
        let until = if stopped_at == 0 { now } else { stopped_at };
        until.saturating_sub(self.stopped_total.get().to())
    }

    /// Whether the clock stands still.
    pub fn is_stopped(&self) -> bool {
        !self.stopped_at.get().is_zero()
    }

    /// Stops the clock.
    pub fn stop(&mut self, now: u64) {
        self.stopped_at.set(U64::from(now));
    }

    /// Lets the clock go on; returns for how long it stood.
    pub fn start(&mut self, now: u64) -> u64 {
        let stood = now.saturating_sub(self.stopped_at.get().to());
        let total: u64 = self.stopped_total.get().to();
        self.stopped_total
            .set(U64::from(total.saturating_add(stood)));
        self.stopped_at.set(U64::ZERO);
        stood
    }
}

/// What vaults may draw on a day is a share of what the pool held when the day began.
#[storage]
pub struct Opening {
    assets: StorageU128,
    day: StorageU64,
    first_day: StorageBool,
}

impl Opening {
    /// What the day began with, for a pool that holds `assets` now.
    pub fn assets_on(&self, now: u64, assets: U256) -> U256 {
        if self.day.get() == U64::from(now / DAY) {
            U256::from(self.assets.get())
        } else {
            assets
        }
    }

    /// Begins a new day where `now` is in one, with the `assets` held before the operation that calls it.
    pub fn roll(&mut self, now: u64, assets: U256) {
        let today = U64::from(now / DAY);
        if self.day.get() != today {
            self.day.set(today);
            self.assets.set(U128::saturating_from(assets));
            self.first_day.set(assets.is_zero());
        }
    }

    /// A pool that began the day empty counts what it is given that day.
    pub fn deposited(&mut self, assets: U256) {
        if self.first_day.get() {
            let total = U256::from(self.assets.get()).saturating_add(assets);
            self.assets.set(U128::saturating_from(total));
        }
    }
}

/// One registered vault and what it has drawn today.
#[storage]
pub struct StoredVault {
    drawn: StorageU128,
    day: StorageU64,
    position: StorageUint<32, 1>,
}

impl StoredVault {
    /// The vault's position in the list, from one; zero if it is not registered.
    pub fn position(&self) -> u32 {
        self.position.get().to()
    }

    /// Sets the position; see [`position`](Self::position).
    pub fn set_position(&mut self, position: u32) {
        self.position.set(Uint::from(position));
    }

    /// What the vault may still draw on the day of `now`, of `opening` assets at the WAD `share`; rounded down.
    pub fn allowance(&self, now: u64, opening: U256, share: u64) -> U256 {
        let limit = mul_div(opening, U256::from(share), WAD, Rounding::Down).unwrap_or(U256::MAX);
        limit.saturating_sub(self.drawn_on(now))
    }

    fn drawn_on(&self, now: u64) -> U256 {
        if self.day.get() == U64::from(now / DAY) {
            U256::from(self.drawn.get())
        } else {
            U256::ZERO
        }
    }

    /// Counts a draw.
    pub fn draw(&mut self, now: u64, amount: U256) {
        let total = self.drawn_on(now).saturating_add(amount);
        self.drawn.set(U128::saturating_from(total));
        self.day.set(U64::from(now / DAY));
    }
}
