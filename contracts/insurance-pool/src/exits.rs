//! Requests to redeem, fulfilling them, and paying out.

use alloy_primitives::{Address, B256, U256};
use contract_support::token;
use contract_support::words::word;
use insurance::batch::{self, MAX_BATCHES};
use insurance::claim::By;
use insurance::{Batch, Claim, Fulfilment};
use stylus_sdk::prelude::*;

use crate::abi::{
    Error, ExceedsClaimable, Fulfilled, FulfilmentClosed, NotOperator, NothingMature, OperatorSet,
    PaymentDue, RedeemRequest, TooManyBatches, Withdraw, ZeroAddress, ZeroAmount,
};
use crate::cover::Owed;
use crate::{DAY, InsurancePool, narrow};

impl InsurancePool {
    /// What was set aside for `controller`.
    pub(super) fn claim_of(&self, controller: Address) -> Claim {
        self.exits.get(controller).get().0
    }

    /// Whether `operator` may request and redeem for `controller`.
    pub(super) fn is_operator(&self, controller: Address, operator: Address) -> bool {
        self.operators.get(controller).get(operator)
    }

    /// Lets `operator` request and redeem for the caller, or no more.
    pub(super) fn set_operator(&mut self, operator: Address, approved: bool) -> B256 {
        let controller = self.vm().msg_sender();
        self.operators
            .setter(controller)
            .setter(operator)
            .set(approved);
        let fields = [
            controller.into_word(),
            operator.into_word(),
            word(approved.into()),
        ];
        self.emit::<OperatorSet>(2, &fields);
        word(1)
    }

    /// Shares that `controller` has requested and nobody has fulfilled, as they count now.
    pub(super) fn requested(&self, controller: Address) -> u128 {
        let totals = self.reserves.totals();
        let exits = self.exits.get(controller);
        exits.batches().map(|batch| batch.pending(&totals)).sum()
    }

    /// Asks to redeem `value` shares of `owner` for `controller`; they are paid at most what they are worth now. They mature at the
    /// first midnight after the cooldown, and stay in the supply and slashable until they are fulfilled.
    ///
    /// For `owner`, its operators, and whoever has its allowance; only `controller` and its operators name it (`NotOperator`). Fails
    /// with `ZeroAmount`, `InsufficientBalance`, `InsufficientAllowance`, or `TooManyBatches` if eight are open.
    pub(super) fn request(
        &mut self,
        value: U256,
        controller: Address,
        owner: Address,
    ) -> Result<(), Error> {
        let sender = self.vm().msg_sender();
        self.only_operator(controller)?;
        if sender != owner && !self.is_operator(owner, sender) {
            self.spend_allowance(owner, sender, value)?;
        }
        if value.is_zero() {
            return Err(ZeroAmount {}.into());
        }
        // Out of the balance at once: what was requested is neither moved nor requested again.
        let shares = self.take(owner, value)?;
        let (pending, aside) = self.leaving.get();
        self.leaving.set(pending + shares, aside);
        self.queue(controller, shares)?;
        let to = self.vm().contract_address();
        self.emit_transfer(owner, to, shares);
        let words = [
            controller.into_word(),
            owner.into_word(),
            word(0), // the only request id there is
            sender.into_word(),
            word(shares),
        ];
        self.emit::<RedeemRequest>(3, &words);
        Ok(())
    }

    /// Adds shares to the batch of the day, or opens one.
    fn queue(&mut self, controller: Address, shares: u128) -> Result<(), Error> {
        let settings = self.config.get();
        let matures = batch::maturity(self.now(), settings.parameters.cooldown.into());
        // Without income that is not released: who leaves takes none of what comes to those who stay.
        let requested_at = self.released();
        let mut exits = self.exits.setter(controller);
        let (claim, open) = exits.get();
        for k in 0..open {
            let Some(mut batch) = exits.batch(k) else {
                continue;
            };
            if batch.join(shares, matures, requested_at, settings.virtual_shares()) {
                exits.set_batch(k, Some(&batch));
                return Ok(());
            }
        }
        if open == MAX_BATCHES {
            return Err(Error::of::<TooManyBatches>(&[controller.into_word()]));
        }
        let batch = Batch {
            shares,
            requested_at,
            matures,
        };
        exits.set_batch(open, Some(&batch));
        exits.set(&claim, open + 1);
        Ok(())
    }

    /// Fixes what the mature batches of `controller` are paid: what their shares were worth when they were requested, or are worth
    /// now if that is less or no shares stay. Burns the shares and sets the assets aside; what they give up is income of those who
    /// stay. For anyone, in the first hour of a day.
    ///
    /// Returns the assets. Fails with `FulfilmentClosed`, `NothingMature`, `PaymentDue` while the pool would still pay for something
    /// that is known, or `VaultSilent`.
    pub(super) fn fulfil(&mut self, controller: Address) -> Result<u128, Error> {
        let now = self.now();
        if !batch::is_open(now) {
            let opens_at = batch::maturity(now, 0) * u64::from(DAY);
            return Err(Error::of::<FulfilmentClosed>(&[word(opens_at.into())]));
        }
        // Asked in this very call, so that nobody leaves ahead of a payment that anybody can see.
        if let Some(vault) = self.owing(Owed::Due, self.payable())? {
            return Err(Error::of::<PaymentDue>(&[vault.into_word()]));
        }
        let (closed, assets) = self.close_mature(controller)?;
        self.set_aside(&closed, assets);
        let words = [controller.into_word(), word(closed.shares), word(assets)];
        self.emit::<Fulfilled>(1, &words);
        Ok(assets)
    }

    /// Takes the mature batches off the list, and adds to the claim what they are paid; returns them and that.
    fn close_mature(&mut self, controller: Address) -> Result<(Fulfilment, u128), Error> {
        let (now, totals) = (self.now(), self.released());
        let virtual_shares = self.config.get().virtual_shares();
        let mut exits = self.exits.setter(controller);
        let (mut claim, open) = exits.get();
        let (mut left, mut closed) = (0, Fulfilment::default());
        for k in 0..open {
            let Some(batch) = exits.batch(k) else {
                continue;
            };
            if batch.is_mature(now) {
                closed.add(&batch, totals, virtual_shares)?;
                exits.set_batch(k, None);
            } else {
                // Those that stay move down: open batches are always the first ones.
                if left < k {
                    exits.set_batch(k, None);
                    exits.set_batch(left, Some(&batch));
                }
                left += 1;
            }
        }
        if left == open {
            return Err(Error::of::<NothingMature>(&[controller.into_word()]));
        }
        let assets = closed.paid(totals, virtual_shares);
        claim.shares = claim.shares.saturating_add(closed.shares);
        claim.assets += assets;
        exits.set(&claim, left);
        Ok((closed, assets))
    }

    /// Burns shares that were pending, takes `assets` off those that vaults can draw, and locks what the shares were worth beyond that,
    /// so that their end raises no price at once.
    fn set_aside(&mut self, closed: &Fulfilment, assets: u128) {
        let (now, shares) = (self.now(), closed.shares);
        if closed.worth > assets {
            let income = self.income.get().with(closed.worth - assets, now);
            self.income.set(&income);
        }
        let dollar = self.config.get().dollar();
        let mut totals = self.reserves.totals();
        totals.shares -= shares;
        totals.assets -= assets;
        // What leaves covers nothing any more, on the very day.
        let day = self.reserves.day(now).with_exit(assets, dollar);
        self.reserves.set_with_day(now, &totals, day);
        let (pending, aside) = self.leaving.get();
        self.leaving
            .set(pending.saturating_sub(shares), aside + assets);
        self.emit_transfer(self.vm().contract_address(), Address::ZERO, shares);
    }

    /// Pays a part of what was set aside for `controller` to `receiver`: `asked` shares or assets. Returns what the part is.
    ///
    /// For the controller and its operators (`NotOperator`). Fails with `ExceedsClaimable`, `ZeroAmount`, `ZeroAddress` or
    /// `TokenCallFailed`.
    pub(super) fn leave(
        &mut self,
        asked: U256,
        by: By,
        receiver: Address,
        controller: Address,
    ) -> Result<Claim, Error> {
        self.only_operator(controller)?;
        if receiver.is_zero() {
            return Err(ZeroAddress {}.into());
        }
        let mut exits = self.exits.setter(controller);
        let (claim, open) = exits.get();
        let Ok((part, rest)) = claim.split(narrow(asked), by) else {
            let words = [controller.into_word(), word(claim.amount(by)), asked.into()];
            return Err(Error::of::<ExceedsClaimable>(&words));
        };
        if part.shares == 0 {
            return Err(ZeroAmount {}.into());
        }
        // Before the token moves: a claim is paid once.
        exits.set(&rest, open);
        let (pending, aside) = self.leaving.get();
        self.leaving.set(pending, aside - part.assets);
        let words = [
            self.vm().msg_sender().into_word(),
            receiver.into_word(),
            controller.into_word(),
            word(part.assets),
            word(part.shares),
        ];
        self.emit::<Withdraw>(3, &words);
        if part.assets > 0 {
            let asset = self.config.get().asset;
            token::send(self.vm(), asset, receiver, U256::from(part.assets))?;
        }
        Ok(part)
    }

    /// Fails with `NotOperator` unless the caller is `controller` or its operator.
    fn only_operator(&self, controller: Address) -> Result<(), Error> {
        let caller = self.vm().msg_sender();
        if caller == controller || self.is_operator(controller, caller) {
            return Ok(());
        }
        Err(Error::of::<NotOperator>(&[
            caller.into_word(),
            controller.into_word(),
        ]))
    }
}
