//! The model's operations as transactions, and what may be refused.

use std::fmt;

use alloy::primitives::U256;
use client::abi::IMarginVault;
use client::chain::{ChainError, Transaction};
use client::orders;
use ledger_model::{AccountId, Exact, InstrumentId, Operation, Vault, WAD, wad};
use num_traits::{Signed, Zero};
use risk::Maturity;

use crate::compare::Furthest;
use crate::market::{IModelMarket, INITIAL, Market, PENALTY_RAMP, asset, parameters};

/// Seconds after which all profit has matured.
const MATURED: u64 = Maturity::Day.seconds() as u64;

/// What became of an operation.
pub enum Outcome {
    /// It took effect, on both sides.
    Done(Operation),
    /// Both refused it, the vault with the error that is due.
    Refused,
    /// The vault refused it for lack of initial margin, which the model does not ask for.
    Margin,
    /// The vault allows what the model does not compare, a deleveraging before there is debt: not sent.
    LeftOut,
}

/// What sequences have done.
#[derive(Default)]
pub struct Tally {
    /// Operations that took effect.
    pub done: u64,
    refused: u64,
    margin: u64,
    left_out: u64,
    trades: u64,
    liquidations: u64,
    deleveragings: u64,
    conversions: u64,
    /// The furthest that any number was off.
    pub furthest: Furthest,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} operations took effect ({} trades, {} liquidations, {} deleveragings, {} conversions), {} were refused by \
             both, {} for initial margin, {} left out; {}",
            self.done,
            self.trades,
            self.liquidations,
            self.deleveragings,
            self.conversions,
            self.refused,
            self.margin,
            self.left_out,
            self.furthest
        )
    }
}

impl Tally {
    /// Counts an outcome.
    pub fn note(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Done(operation) => {
                self.done += 1;
                match operation {
                    Operation::Trade { .. } => self.trades += 1,
                    Operation::Liquidate { .. } => self.liquidations += 1,
                    Operation::Deleverage { .. } => self.deleveragings += 1,
                    Operation::Convert { .. } => self.conversions += 1,
                    _ => {}
                }
            }
            Outcome::Refused => self.refused += 1,
            Outcome::Margin => self.margin += 1,
            Outcome::LeftOut => self.left_out += 1,
        }
    }

    /// A test that did none of what it is for has shown nothing.
    pub fn assert_thorough(&self) {
        assert!(self.trades * 10 > self.done, "{self}");
        let closings = [self.liquidations, self.deleveragings, self.conversions];
        assert!(closings.iter().all(|&count| count >= 10), "{self}");
    }
}

/// The error of a vault that refuses with its name.
fn refusal(error: &ChainError) -> &str {
    match error {
        ChainError::Reverted { reason, .. } | ChainError::Refused { reason, .. } => reason,
        other => panic!("{other}"),
    }
}

/// Asserts that a reason is one of these errors.
fn assert_named(reason: &str, errors: &[&str], context: &str) {
    let named = errors.iter().any(|error| reason.contains(error));
    assert!(named, "{context}: {reason}");
}

/// Whether an account is in debt once it is settled.
fn owes(exact: &Vault, account: AccountId) -> bool {
    let mut settled = exact.clone();
    settled.apply(&Operation::Touch {
        account,
        by_owner: true,
    });
    let held = settled.accounts.get(&account);
    held.is_some_and(|held| held.pnl.is_negative())
}

/// A deposit that pays off a debt is a touch of the vault's; in the model it settles nothing.
fn settle_if_paid_off(before: &Vault, after: &mut Vault, operation: &Operation) {
    let owes = |vault: &Vault, account| {
        let account = vault.accounts.get(account);
        account.is_some_and(|account| account.pnl.is_negative())
    };
    if let Operation::Deposit { account, .. } = *operation
        && owes(before, &account)
        && !owes(after, &account)
    {
        let by_owner = false;
        after.apply(&Operation::Touch { account, by_owner });
    }
}

fn units(amount: i128) -> U256 {
    U256::from(amount.unsigned_abs())
}

impl Market {
    /// Runs an operation on the vault and on the model.
    pub async fn operate(
        &mut self,
        exact: &mut Vault,
        operation: Operation,
        context: &str,
    ) -> Outcome {
        let operation = self.prepare(exact, operation).await;
        if let Operation::Deleverage { account, .. } = operation
            && !is_in_debt(exact, account)
        {
            return self.refuse_deleverage(account, context).await;
        }
        if let Operation::Rebucket { account } = operation
            && !exact.clone().apply(&operation)
        {
            return self.refuse_rebucket(account, context).await;
        }
        if let Some(refused) = self.refuse_at_once(exact, &operation, context).await {
            return refused;
        }
        if matches!(operation, Operation::Recover) {
            return self.recover_all(exact, operation, context).await;
        }
        let mut expected = exact.clone();
        let allowed = expected.apply(&operation);
        settle_if_paid_off(exact, &mut expected, &operation);
        let transactions = self.transactions(&mut expected, &operation);
        match (self.chain.execute(&transactions).await, allowed) {
            (Ok(_), true) => {
                self.settle_parties(&operation).await;
                check_margin(&expected, &operation, context);
                *exact = expected;
                Outcome::Done(operation)
            }
            (Ok(_), false) => panic!("{context}: the vault allows what the model refuses"),
            (Err(error), false) => {
                let reason = refusal(&error);
                assert_named(reason, &["Healthy()", "NoEquity()", "NotDue()"], context);
                Outcome::Refused
            }
            (Err(error), true) => {
                assert_named(
                    refusal(&error),
                    &["InsufficientMargin()", "NoEquity()"],
                    context,
                );
                assert_lacks_margin(&expected, &operation, context);
                Outcome::Margin
            }
        }
    }

    /// Recovers what is on record of every instrument. The model does not know of which the pool pays first, nor how much.
    async fn recover_all(
        &mut self,
        exact: &mut Vault,
        operation: Operation,
        context: &str,
    ) -> Outcome {
        exact.apply(&operation);
        for instrument in self.instruments.clone() {
            if let Err(error) = self.chain.execute(&[self.recovery(instrument)]).await {
                assert_named(refusal(&error), &["NothingToRecover()"], context);
            }
        }
        Outcome::Done(operation)
    }

    fn recovery(&self, instrument: InstrumentId) -> Transaction {
        let instrument = instrument.into();
        self.act(self.vault, &IMarginVault::recoverCall { instrument })
    }

    /// Sets the penalty that the operation asks for, or settles profit and lets it mature.
    async fn prepare(&self, exact: &mut Vault, operation: Operation) -> Operation {
        match operation {
            Operation::Liquidate {
                account,
                into,
                penalty_rate,
            } => {
                let start = penalty_rate.min(WAD / 2);
                let set = self.act(self.vault, &parameters(start as u64));
                self.chain.execute(&[set]).await.unwrap();
                Operation::Liquidate {
                    account,
                    into,
                    penalty_rate: self.penalty_rate(account, start).await,
                }
            }
            Operation::Convert { account } => {
                let by_owner = false;
                exact.apply(&Operation::Touch { account, by_owner });
                self.chain.execute(&[self.touch(account)]).await.unwrap();
                self.wait(MATURED).await;
                operation
            }
            // A debt is closed without a penalty.
            Operation::Deleverage { account, .. } => Operation::Deleverage {
                account,
                penalty_rate: 0,
            },
            other => other,
        }
    }

    /// start + (1 - start) x seconds of ill health / ramp, rounded up.
    async fn penalty_rate(&self, account: AccountId, start: i128) -> i128 {
        let account = self.account(account);
        let health = IMarginVault::healthCall { account };
        let health = self.chain.call(self.vault, &health).await.unwrap();
        let ramp = i128::from(PENALTY_RAMP);
        let risen = (WAD - start) * i128::from(health.unhealthySecs.min(PENALTY_RAMP.into()));
        start + (risen + ramp - 1) / ramp
    }

    /// A deleveraging of an account that is not in debt: refused, or left out.
    async fn refuse_deleverage(&self, account: AccountId, context: &str) -> Outcome {
        let call = IMarginVault::deleverageCall {
            account: self.account(account),
            maxLegs: U256::from(16),
        };
        match self.chain.call(self.vault, &call).await {
            Ok(_) => Outcome::LeftOut,
            Err(error) => {
                let reason = refusal(&error);
                assert_named(reason, &["NotDeleverageable()", "RateLimited()"], context);
                Outcome::Refused
            }
        }
    }

    /// A move up that is not due: refused, or left out where legs of ended epochs would join anew. To the model all epochs are one.
    async fn refuse_rebucket(&self, account: AccountId, context: &str) -> Outcome {
        let call = IMarginVault::rebucketCall {
            account: self.account(account),
        };
        match self.chain.call(self.vault, &call).await {
            Ok(_) => Outcome::LeftOut,
            Err(error) => {
                assert_named(refusal(&error), &["NotDue()", "DebtOpen()"], context);
                Outcome::Refused
            }
        }
    }

    /// What the vault refuses and the model does not: withdrawals and recoveries of nothing, moves between buckets while a debt is
    /// known, and conversions of who owes, or while what profit is worth depends on what insurance will pay.
    async fn refuse_at_once(
        &mut self,
        exact: &Vault,
        operation: &Operation,
        context: &str,
    ) -> Option<Outcome> {
        let expected = match *operation {
            Operation::Withdraw { amount: 0, .. } => "InvalidAmount()",
            Operation::Recover if !exact.shortfall.is_positive() || exact.insurance.is_zero() => {
                "NothingToRecover()"
            }
            Operation::Convert { account } if owes(exact, account) => "NoEquity()",
            Operation::Convert { .. } if counts_on_insurance(exact) => "DebtOpen()",
            Operation::Rebucket { .. } if exact.debt.is_positive() => "DebtOpen()",
            _ => return None,
        };
        let transactions = self.transactions(&mut exact.clone(), operation);
        let error = self.chain.execute(&transactions).await.unwrap_err();
        assert_named(refusal(&error), &[expected], context);
        Some(Outcome::Refused)
    }

    /// A trade leaves legs to the next touch; the model settles them.
    async fn settle_parties(&self, operation: &Operation) {
        if let Operation::Trade { buyer, seller, .. } = *operation {
            let touches = [self.touch(buyer), self.touch(seller)];
            self.chain.execute(&touches).await.unwrap();
        }
    }

    /// What has to be sent for an operation. A new mark reaches the vault with the next touch of a leg.
    fn transactions(&mut self, expected: &mut Vault, operation: &Operation) -> Vec<Transaction> {
        let vault = self.vault;
        match *operation {
            Operation::Poke { instrument, price } => self.poke(expected, instrument, price),
            Operation::Fund { .. } => panic!("funding is zero"),
            Operation::Deposit { account, amount } => {
                let call = IMarginVault::depositCall {
                    account: self.account(account),
                    amount: units(amount),
                };
                vec![self.act_as(account, vault, &call)]
            }
            Operation::Withdraw { account, amount } => {
                let call = IMarginVault::withdrawCall {
                    account: self.account(account),
                    amount: units(amount),
                    to: self.people[account].address(),
                };
                vec![self.act_as(account, vault, &call)]
            }
            Operation::Convert { account } => {
                let call = IMarginVault::convertCall {
                    account: self.account(account),
                    maxProfit: U256::MAX,
                };
                vec![self.act_as(account, vault, &call)]
            }
            Operation::Touch {
                account,
                by_owner: true,
            } => {
                let call = IMarginVault::touchCall {
                    account: self.account(account),
                };
                vec![self.act_as(account, vault, &call)]
            }
            Operation::Touch { account, .. } => vec![self.touch(account)],
            Operation::Trade { .. } => self.trade(operation),
            Operation::Liquidate { account, into, .. } => {
                let call = IMarginVault::liquidateCall {
                    account: self.account(account),
                    into: self.account(into),
                    maxShare: units(WAD),
                };
                vec![self.act_as(into, vault, &call)]
            }
            Operation::Deleverage { account, .. } => {
                let call = IMarginVault::deleverageCall {
                    account: self.account(account),
                    maxLegs: U256::from(16),
                };
                vec![self.act(vault, &call)]
            }
            Operation::Rebucket { account } => {
                let call = IMarginVault::rebucketCall {
                    account: self.account(account),
                };
                vec![self.act(vault, &call)]
            }
            Operation::Insure { amount } => {
                let (to, amount) = (self.pool, units(amount));
                vec![self.act(self.token, &IModelMarket::mintCall { to, amount })]
            }
            Operation::Recover => vec![self.recovery(self.instruments[0])],
            Operation::Expire { .. } | Operation::Relist { .. } => panic!("there are no options"),
        }
    }

    /// A touch by somebody else.
    fn touch(&self, account: AccountId) -> Transaction {
        let account = self.account(account);
        self.act(self.vault, &IMarginVault::touchCall { account })
    }

    fn poke(&self, expected: &mut Vault, id: InstrumentId, price: i128) -> Vec<Transaction> {
        let set = IModelMarket::setMarkCall {
            asset: asset(id),
            mark: price.unsigned_abs(),
        };
        let mut transactions = vec![self.act(self.guard, &set)];
        let holds = |account: &AccountId| {
            let account = &expected.accounts[account];
            !expected.size(account, id).is_zero()
        };
        if let Some(account) = (0..self.people.len()).find(holds) {
            let by_owner = false;
            expected.apply(&Operation::Touch { account, by_owner });
            transactions.push(self.touch(account));
        }
        transactions
    }

    fn trade(&mut self, operation: &Operation) -> Vec<Transaction> {
        let Operation::Trade {
            buyer,
            seller,
            instrument,
            size,
            price,
        } = *operation
        else {
            panic!("not a trade: {operation:?}");
        };
        self.nonce += 1;
        let trade = orders::Trade {
            seller: orders::Party::main(&self.people[seller]),
            buyer: orders::Party::main(&self.people[buyer]),
            instrument: instrument.into(),
            size: units(size),
            price: units(price),
            nonce: self.nonce,
            reduce_only: false,
        };
        let settle = orders::settle(&self.chain, self.vault, &self.operator, &trade).unwrap();
        vec![settle]
    }
}

/// Whether an account is in debt once it is touched.
fn is_in_debt(exact: &Vault, account: AccountId) -> bool {
    let mut touched = exact.clone();
    let by_owner = false;
    touched.apply(&Operation::Touch { account, by_owner });
    touched.accounts[&account].pnl.is_negative()
}

/// Whether less would be missing with insurance than without.
fn counts_on_insurance(exact: &Vault) -> bool {
    let mut uninsured = exact.clone();
    uninsured.insurance = Exact::zero();
    uninsured.missing() != exact.missing()
}

/// Who needs initial margin after an operation.
fn margined(operation: &Operation) -> Vec<AccountId> {
    match *operation {
        Operation::Trade { buyer, seller, .. } => vec![buyer, seller],
        Operation::Liquidate { into, .. } => vec![into],
        _ => vec![],
    }
}

/// Initial margin of an account.
fn initial(vault: &Vault, account: AccountId) -> Exact {
    let maintenance = vault.maintenance(&vault.accounts[&account]);
    maintenance * wad(INITIAL.into()) / &vault.maintenance_rate
}

/// Asserts that a liquidator who was accepted has initial margin, as far as the model can tell: with all profit mature.
fn check_margin(after: &Vault, operation: &Operation, context: &str) {
    if let Operation::Liquidate { into, .. } = *operation {
        let equity = after.equity(&after.accounts[&into]);
        let tolerance = Exact::new(1.into(), 1_000_000_000.into());
        assert!(equity + tolerance >= initial(after, into), "{context}");
    }
}

/// Asserts that somebody who was refused lacks initial margin: his capital alone does not reach it.
fn assert_lacks_margin(after: &Vault, operation: &Operation, context: &str) {
    let lacks = |&account: &AccountId| {
        let held = &after.accounts[&account];
        let senior = &held.capital + held.pnl.clone().min(Exact::zero());
        senior < initial(after, account)
    };
    assert!(margined(operation).iter().any(lacks), "{context}");
}
