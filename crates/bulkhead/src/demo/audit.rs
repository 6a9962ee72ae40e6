//! Checks invariants 1 to 4 of the vault from what its views say of every account, before and after every operation. The
//! profit and loss of each account is worked out here again, from sizes and marks, so the vault's word is not taken for it.

use crate::{
    abi::{IMarginVault, IQuoteToken},
    chain::{Answers, ChainError, View},
    market::Market,
    units::{TOKEN, WAD, mul_wad, signed_number},
};
use alloy::primitives::{Address, B256, I256, U256};
use serde::Serialize;

/// What rounding may leave between a total and its parts: a millionth of a dollar, the token's smallest unit.
const ROUNDING: u128 = WAD / TOKEN;
/// Violations of one invariant beyond these are counted but not listed.
const LISTED: usize = 5;

/// One account, in WAD.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountState {
    /// Senior balance.
    pub capital: I256,
    /// Settled profit, or debt when negative.
    pub pnl: I256,
    /// Effective size in each contract, negative when short.
    pub sizes: Vec<I256>,
}

/// One contract of the market, in WAD.
#[derive(Clone, Debug, PartialEq)]
pub struct ContractState {
    /// Open interest of the longs.
    pub long: I256,
    /// Open interest of the shorts.
    pub short: I256,
    /// Gain of both sides that nobody has settled.
    pub unsettled: I256,
}

/// Everything that the invariants speak of, in one block; amounts are in WAD.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Quote tokens that the vault's address holds.
    pub held: I256,
    /// V: tokens that the vault holds for accounts.
    pub tokens: I256,
    /// Total capital.
    pub capital: I256,
    /// Total profit.
    pub profit: I256,
    /// Total debt.
    pub debt: I256,
    /// Deficits written off, less haircuts since.
    pub shortfall: I256,
    /// Coverage ratio h.
    pub coverage: I256,
    /// Per contract.
    pub contracts: Vec<ContractState>,
    /// Per account, in the audit's order.
    pub accounts: Vec<AccountState>,
}

/// An operation on the vault, as far as it may cost anybody something.
#[derive(Clone, Debug)]
pub struct Operation {
    /// For messages.
    pub what: String,
    /// Accounts that it settled, with the costs (penalty, price worse than the mark) that it may have charged each.
    pub named: Vec<(B256, I256)>,
}

/// What an invariant says and how often it was checked.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// Number in DESIGN 3.
    pub invariant: u8,
    /// What must hold.
    pub rule: &'static str,
    /// Comparisons made.
    pub checked: u64,
    /// Comparisons that failed.
    pub violated: u64,
    /// The first failures.
    pub examples: Vec<String>,
}

const RULES: [&str; 4] = [
    "the token balance is at least V; C, P+ and P- add up to their totals; V = C + P+ - P- + unsettled - shortfall",
    "the sum of C is at most V",
    "long and short open interest are equal and are the sums of the accounts' sizes",
    "nobody's capital falls by more than own losses, fees and penalties",
];

/// Follows a vault through a run.
pub struct Audit {
    vault: Address,
    token: Address,
    instruments: Vec<u32>,
    accounts: Vec<B256>,
    marks: Vec<I256>,
    /// Loss of each account since it was last settled, from sizes and marks; negative for a gain.
    losses: Vec<I256>,
    last: Option<Snapshot>,
    findings: [Finding; 4],
}

impl Audit {
    /// An audit of all `accounts` that will ever have a balance in the vault, the pool's included.
    pub fn new(market: &Market, accounts: Vec<B256>) -> Self {
        let instruments: Vec<u32> = market
            .contracts
            .iter()
            .map(|contract| contract.instrument)
            .collect();
        let finding = |k: usize| Finding {
            invariant: k as u8 + 1,
            rule: RULES[k],
            checked: 0,
            violated: 0,
            examples: Vec::new(),
        };
        Self {
            vault: market.vault,
            token: market.token,
            marks: vec![I256::ZERO; instruments.len()],
            losses: vec![I256::ZERO; accounts.len()],
            last: None,
            findings: std::array::from_fn(finding),
            instruments,
            accounts,
        }
    }

    /// The views that make a snapshot.
    pub fn views(&self) -> Vec<View> {
        let vault = self.vault;
        let mut views = vec![
            View::new(self.token, &IQuoteToken::balanceOfCall { owner: vault }),
            View::new(vault, &IMarginVault::totalsCall {}),
            View::new(vault, &IMarginVault::shortfallCall {}),
            View::new(vault, &IMarginVault::coverageCall {}),
        ];
        for &instrument in &self.instruments {
            views.push(View::new(
                vault,
                &IMarginVault::openInterestCall { instrument },
            ));
            views.push(View::new(
                vault,
                &IMarginVault::unsettledCall { instrument },
            ));
        }
        for &account in &self.accounts {
            views.push(View::new(vault, &IMarginVault::balancesCall { account }));
            for &instrument in &self.instruments {
                views.push(View::new(
                    vault,
                    &IMarginVault::positionCall {
                        account,
                        instrument,
                    },
                ));
            }
        }
        views
    }

    /// The snapshot in the answers to `views`.
    pub fn read(&self, answers: &mut Answers) -> Result<Snapshot, ChainError> {
        let held = answers.take::<IQuoteToken::balanceOfCall>()? * U256::from(ROUNDING);
        let totals = answers.take::<IMarginVault::totalsCall>()?;
        let shortfall = answers.take::<IMarginVault::shortfallCall>()?;
        let coverage = signed(answers.take::<IMarginVault::coverageCall>()?.h);
        let mut contracts = Vec::with_capacity(self.instruments.len());
        for _ in &self.instruments {
            let sides = answers.take::<IMarginVault::openInterestCall>()?;
            let gains = answers.take::<IMarginVault::unsettledCall>()?;
            contracts.push(ContractState {
                long: signed(sides.long),
                short: signed(sides.short),
                unsettled: gains.long + gains.short,
            });
        }
        let mut accounts = Vec::with_capacity(self.accounts.len());
        for _ in &self.accounts {
            let balances = answers.take::<IMarginVault::balancesCall>()?;
            let sizes = self
                .instruments
                .iter()
                .map(|_| answers.take::<IMarginVault::positionCall>());
            accounts.push(AccountState {
                capital: signed(balances.capital),
                pnl: balances.pnl,
                sizes: sizes.collect::<Result<_, _>>()?,
            });
        }
        Ok(Snapshot {
            held: signed(held),
            tokens: signed(totals.tokens),
            capital: signed(totals.capital),
            profit: signed(totals.profit),
            debt: signed(totals.debt),
            shortfall,
            coverage,
            contracts,
            accounts,
        })
    }

    /// The last snapshot.
    pub fn last(&self) -> Option<&Snapshot> {
        self.last.as_ref()
    }

    /// An account's place among the accounts.
    pub fn place(&self, account: B256) -> Option<usize> {
        self.accounts.iter().position(|known| *known == account)
    }

    /// New marks: every account gains or loses its size times the change.
    pub fn on_marks(&mut self, marks: &[U256]) {
        let marks: Vec<I256> = marks.iter().map(|mark| signed(*mark)).collect();
        if let Some(last) = &self.last {
            for (loss, account) in self.losses.iter_mut().zip(&last.accounts) {
                for (k, size) in account.sizes.iter().enumerate() {
                    *loss -= mul_wad(*size, marks[k] - self.marks[k]);
                }
            }
        }
        self.marks = marks;
    }

    /// An operation and the snapshot after it.
    pub fn on_operation(&mut self, operation: &Operation, after: Snapshot) {
        self.check_totals(&operation.what, &after);
        if let Some(before) = self.last.take() {
            self.check_seniority(operation, &before, &after);
        }
        for (account, _) in &operation.named {
            if let Some(place) = self.place(*account) {
                self.losses[place] = I256::ZERO;
            }
        }
        self.last = Some(after);
    }

    /// The result so far.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    fn check_totals(&mut self, what: &str, now: &Snapshot) {
        let sum = |value: fn(&AccountState) -> I256| now.accounts.iter().map(value).sum::<I256>();
        let (capital, profit, debt) = (
            sum(|a| a.capital),
            sum(|a| a.pnl.max(I256::ZERO)),
            sum(|a| -a.pnl.min(I256::ZERO)),
        );
        let unsettled: I256 = now
            .contracts
            .iter()
            .map(|contract| contract.unsettled)
            .sum();
        let claims = now.capital + now.profit - now.debt + unsettled - now.shortfall;
        self.expect(1, now.held >= now.tokens, || {
            difference(what, "token balance", now.held, "V", now.tokens)
        });
        self.expect_equal(1, what, "sum of C", capital, "its total", now.capital);
        self.expect_equal(1, what, "sum of P+", profit, "its total", now.profit);
        self.expect_equal(1, what, "sum of P-", debt, "its total", now.debt);
        self.expect_equal(
            1,
            what,
            "V",
            now.tokens,
            "C + P+ - P- + unsettled - shortfall",
            claims,
        );
        self.expect(2, now.capital <= now.tokens, || {
            difference(what, "total C", now.capital, "V", now.tokens)
        });
        self.expect(2, capital <= now.tokens, || {
            difference(what, "sum of C", capital, "V", now.tokens)
        });
        for (k, contract) in now.contracts.iter().enumerate() {
            let longs: I256 = now
                .accounts
                .iter()
                .map(|account| account.sizes[k].max(I256::ZERO))
                .sum();
            let shorts: I256 = now
                .accounts
                .iter()
                .map(|account| -account.sizes[k].min(I256::ZERO))
                .sum();
            self.expect_equal(
                3,
                what,
                "long interest",
                contract.long,
                "short interest",
                contract.short,
            );
            self.expect_equal(
                3,
                what,
                "sum of longs",
                longs,
                "long interest",
                contract.long,
            );
            self.expect_equal(
                3,
                what,
                "sum of shorts",
                shorts,
                "short interest",
                contract.short,
            );
        }
    }

    fn check_seniority(&mut self, operation: &Operation, before: &Snapshot, after: &Snapshot) {
        for place in 0..self.accounts.len() {
            let (was, is) = (&before.accounts[place], &after.accounts[place]);
            let named = operation
                .named
                .iter()
                .find(|(account, _)| *account == self.accounts[place]);
            let least = match named {
                // A loss eats profit, then capital, then becomes debt; a cost is paid from profit at h, the rest from capital.
                Some((_, costs)) => {
                    let profit = was.pnl - self.losses[place];
                    let coverage = before.coverage.min(after.coverage);
                    let worth = if profit > I256::ZERO {
                        mul_wad(profit, coverage)
                    } else {
                        profit
                    };
                    let left = was.capital + (worth - *costs).min(I256::ZERO);
                    left.max(I256::ZERO) - I256::from_raw(U256::from(ROUNDING))
                }
                None => was.capital,
            };
            let account = self.accounts[place];
            self.expect(4, is.capital >= least, || {
                difference(
                    &operation.what,
                    &format!("capital of {account}"),
                    is.capital,
                    "the least it may be",
                    least,
                )
            });
        }
    }

    fn expect_equal(
        &mut self,
        invariant: usize,
        what: &str,
        name: &str,
        value: I256,
        other_name: &str,
        other: I256,
    ) {
        let near = (value - other).unsigned_abs() <= U256::from(ROUNDING);
        self.expect(invariant, near, || {
            difference(what, name, value, other_name, other)
        });
    }

    fn expect(&mut self, invariant: usize, holds: bool, example: impl FnOnce() -> String) {
        let finding = &mut self.findings[invariant - 1];
        finding.checked += 1;
        if !holds {
            finding.violated += 1;
            if finding.examples.len() < LISTED {
                finding.examples.push(example());
            }
        }
    }
}

fn difference(what: &str, name: &str, value: I256, other_name: &str, other: I256) -> String {
    format!(
        "after {what}: {name} is {}, {other_name} is {}",
        signed_number(value),
        signed_number(other)
    )
}

fn signed(value: U256) -> I256 {
    I256::from_raw(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{signed_wad, wad};

    const LONG: usize = 0;
    const SHORT: usize = 1;

    fn name(place: usize) -> B256 {
        B256::repeat_byte(place as u8 + 1)
    }

    /// Two accounts with 100 of capital each, one unit long and one short, and nothing settled yet.
    fn fair() -> Snapshot {
        let account = |size: f64| AccountState {
            capital: signed_wad(100.0),
            pnl: I256::ZERO,
            sizes: vec![signed_wad(size)],
        };
        Snapshot {
            held: signed_wad(200.0),
            tokens: signed_wad(200.0),
            capital: signed_wad(200.0),
            profit: I256::ZERO,
            debt: I256::ZERO,
            shortfall: I256::ZERO,
            coverage: signed_wad(1.0),
            contracts: vec![ContractState {
                long: signed_wad(1.0),
                short: signed_wad(1.0),
                unsettled: I256::ZERO,
            }],
            accounts: vec![account(1.0), account(-1.0)],
        }
    }

    fn audit() -> Audit {
        let market = Market {
            vault: Address::ZERO,
            pool: Address::ZERO,
            guard: Address::ZERO,
            token: Address::ZERO,
            feed: Address::ZERO,
            contracts: vec![crate::market::Contract {
                instrument: 1,
                asset: B256::ZERO,
                symbol: "X",
            }],
        };
        let mut audit = Audit::new(&market, vec![name(LONG), name(SHORT)]);
        audit.on_marks(&[wad(100.0)]);
        audit.on_operation(
            &Operation {
                what: "start".into(),
                named: vec![],
            },
            fair(),
        );
        audit
    }

    fn touch(place: usize) -> Operation {
        Operation {
            what: "touch".into(),
            named: vec![(name(place), I256::ZERO)],
        }
    }

    fn violated(audit: &Audit) -> Vec<u8> {
        audit
            .findings()
            .iter()
            .filter(|finding| finding.violated > 0)
            .map(|finding| finding.invariant)
            .collect()
    }

    #[test]
    fn a_fair_vault_violates_nothing() {
        let mut audit = audit();
        audit.on_marks(&[wad(90.0)]);
        let mut after = fair();
        after.accounts[LONG].capital = signed_wad(90.0);
        after.capital = signed_wad(190.0);
        after.contracts[0].unsettled = signed_wad(10.0);
        audit.on_operation(&touch(LONG), after);
        assert_eq!(violated(&audit), [0_u8; 0]);
        assert!(audit.findings().iter().all(|finding| finding.checked > 0));
    }

    #[test]
    fn each_broken_total_is_found() {
        type Break = fn(&mut Snapshot);
        let breaks: [(u8, Break); 8] = [
            (1, |s| s.held = signed_wad(199.0)),
            (1, |s| s.profit = signed_wad(1.0)),
            (1, |s| s.debt = signed_wad(1.0)),
            (1, |s| s.shortfall = signed_wad(1.0)),
            (1, |s| s.contracts[0].unsettled = signed_wad(1.0)),
            (2, |s| s.tokens = signed_wad(199.0)),
            (3, |s| s.contracts[0].long = signed_wad(2.0)),
            (3, |s| s.accounts[SHORT].sizes[0] = signed_wad(-2.0)),
        ];
        for (k, (invariant, broken)) in breaks.into_iter().enumerate() {
            let mut audit = audit();
            let mut after = fair();
            broken(&mut after);
            audit.on_operation(&touch(LONG), after);
            assert!(
                violated(&audit).contains(&invariant),
                "case {k}: {:?}",
                audit.findings()
            );
        }
    }

    #[test]
    fn capital_of_an_account_that_no_operation_names_may_not_fall() {
        let mut audit = audit();
        audit.on_marks(&[wad(90.0)]);
        let mut after = fair();
        after.accounts[LONG].capital = signed_wad(90.0);
        after.capital = signed_wad(190.0);
        after.contracts[0].unsettled = signed_wad(10.0);
        audit.on_operation(&touch(SHORT), after);
        assert_eq!(violated(&audit), [4]);
    }

    #[test]
    fn a_named_account_pays_its_own_loss_and_costs_and_no_more() {
        for (paid, violations) in [(15.0, vec![]), (15.5, vec![4])] {
            let mut audit = audit();
            audit.on_marks(&[wad(90.0)]);
            let mut after = fair();
            after.accounts[LONG].capital = signed_wad(100.0 - paid);
            after.accounts[SHORT].capital = signed_wad(100.0 + paid - 10.0);
            after.capital = signed_wad(190.0);
            after.contracts[0].unsettled = signed_wad(10.0);
            let costs = signed_wad(5.0);
            audit.on_operation(
                &Operation {
                    what: "liquidate".into(),
                    named: vec![(name(LONG), costs)],
                },
                after,
            );
            assert_eq!(violated(&audit), violations, "paid {paid}");
        }
    }
}
