//! Checks invariants 1 to 4 of the vault from what its views say of every account, before and after every operation. The
//! profit and loss of each account is worked out here again, from sizes, marks and funding, so the vault's word is not taken
//! for it.

mod snapshot;

pub use snapshot::{AccountState, ContractState, Lens, Snapshot};

use crate::options::OptionBoard;
use alloy::primitives::{B256, I256, U256};
use client::{
    chain::{Answers, ChainError, View},
    units::{TOKEN, WAD, mul_wad, signed_number},
};
use serde::Serialize;
use stage::market::Market;

/// What rounding may leave between a total and its parts: a millionth of a dollar, the token's smallest unit.
const ROUNDING: u128 = WAD / TOKEN;
/// Violations of one invariant beyond these are counted but not listed.
const LISTED: usize = 5;

/// An operation on the vault, as far as it may cost anybody something.
#[derive(Clone, Debug)]
pub struct Operation {
    /// For messages.
    pub what: String,
    /// Accounts that it settled.
    pub named: Vec<Named>,
}

/// An account that an operation settled.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    /// Which.
    pub account: B256,
    /// The most that the operation may have charged it: a penalty, fees.
    pub cost: I256,
    /// The contract that was traded, whose gain alone was surely settled; none if everything was.
    pub contract: Option<usize>,
}

impl Named {
    /// An account that was settled and charged nothing.
    pub fn at_no_cost(account: B256) -> Self {
        Self {
            account,
            cost: I256::ZERO,
            contract: None,
        }
    }
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
    "long and short open interest are equal and are the sums of the accounts' sizes, up to residue",
    "nobody's capital falls by more than own losses, fees and penalties",
];

/// Follows a vault through a run.
pub struct Audit {
    lens: Lens,
    marks: Vec<I256>,
    /// The most that each account may have lost in each contract since that was last settled, from sizes, marks and funding;
    /// negative for a gain.
    losses: Vec<Vec<I256>>,
    last: Option<Snapshot>,
    findings: [Finding; 4],
}

impl Audit {
    /// An audit of all `accounts` that will ever have a balance in the vault, the pool's included, and of the market's perpetuals
    /// and options.
    pub fn new(market: &Market, options: Option<OptionBoard>, accounts: Vec<B256>) -> Self {
        let perpetuals = market.contracts.iter().map(|contract| contract.instrument);
        let series = options.iter().flat_map(|options| &options.series);
        let instruments: Vec<u32> = perpetuals
            .chain(series.map(|series| series.instrument))
            .collect();
        let finding = |k: usize| Finding {
            invariant: k as u8 + 1,
            rule: RULES[k],
            checked: 0,
            violated: 0,
            examples: Vec::new(),
        };
        Self {
            marks: vec![I256::ZERO; instruments.len()],
            losses: vec![vec![I256::ZERO; instruments.len()]; accounts.len()],
            last: None,
            findings: std::array::from_fn(finding),
            lens: Lens {
                vault: market.vault,
                token: market.token,
                instruments,
                options,
                accounts,
            },
        }
    }

    /// The views that make a snapshot.
    pub fn views(&self) -> Vec<View> {
        self.lens.views()
    }

    /// The snapshot in the answers to `views`.
    pub fn read(&self, answers: &mut Answers) -> Result<Snapshot, ChainError> {
        self.lens.read(answers)
    }

    /// The last snapshot.
    pub fn last(&self) -> Option<&Snapshot> {
        self.last.as_ref()
    }

    /// All accounts, in the order of the snapshots.
    pub fn accounts(&self) -> &[B256] {
        &self.lens.accounts
    }

    /// An account's place among the accounts.
    pub fn place(&self, account: B256) -> Option<usize> {
        self.lens
            .accounts
            .iter()
            .position(|known| *known == account)
    }

    /// New marks of the perpetuals: every account gains or loses its size times the change.
    pub fn on_marks(&mut self, marks: &[U256]) {
        for (k, mark) in marks.iter().enumerate() {
            self.on_mark(k, signed(*mark));
        }
    }

    fn on_mark(&mut self, k: usize, mark: I256) {
        self.lose(k, self.marks[k] - mark);
        self.marks[k] = mark;
    }

    /// An operation and the snapshot after it.
    ///
    /// Marks of options depend on the second: those of the snapshot are what the operation went by.
    pub fn on_operation(&mut self, operation: &Operation, after: Snapshot) {
        self.check_totals(&operation.what, &after);
        for (k, contract) in after.contracts.iter().enumerate() {
            if let Some((mark, _)) = contract.option {
                self.on_mark(k, mark);
            }
        }
        if let Some(before) = &self.last {
            let paid: Vec<I256> = after
                .contracts
                .iter()
                .zip(&before.contracts)
                .map(|(after, before)| after.funding - before.funding)
                .collect();
            for (k, paid) in paid.into_iter().enumerate() {
                self.lose(k, paid);
            }
        }
        if let Some(before) = self.last.take() {
            self.check_seniority(operation, &before, &after);
        }
        self.forget_what_was_settled(operation);
        self.last = Some(after);
    }

    /// A loss of `value` by every unit that was long in contract `k` since the last operation, and a gain by every short.
    fn lose(&mut self, k: usize, value: I256) {
        let Some(last) = &self.last else { return };
        for (losses, account) in self.losses.iter_mut().zip(&last.accounts) {
            losses[k] += mul_wad(account.sizes[k], value);
        }
    }

    fn forget_what_was_settled(&mut self, operation: &Operation) {
        for named in &operation.named {
            let Some(place) = self.place(named.account) else {
                continue;
            };
            match named.contract {
                Some(k) => {
                    // The other legs may have been settled as well: gains of theirs are no longer sure to be ahead.
                    for loss in &mut self.losses[place] {
                        *loss = (*loss).max(I256::ZERO);
                    }
                    self.losses[place][k] = I256::ZERO;
                }
                None => self.losses[place].fill(I256::ZERO),
            }
        }
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
            // The sides of a settled series go away one account at a time.
            if matches!(contract.option, Some((_, true))) {
                continue;
            }
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
            let [long_residue, short_residue] = contract.residue;
            let sums = [
                ("short interest", contract.short, contract.long),
                (
                    "sum of longs and residue",
                    longs + long_residue,
                    contract.long,
                ),
                (
                    "sum of shorts and residue",
                    shorts + short_residue,
                    contract.short,
                ),
            ];
            for (name, sum, interest) in sums {
                self.expect_equal(3, what, name, sum, "open interest", interest);
            }
        }
    }

    fn check_seniority(&mut self, operation: &Operation, before: &Snapshot, after: &Snapshot) {
        for place in 0..self.lens.accounts.len() {
            let (was, is) = (&before.accounts[place], &after.accounts[place]);
            let account = self.lens.accounts[place];
            let mut named = operation
                .named
                .iter()
                .filter(|named| named.account == account)
                .peekable();
            let least = match named.peek() {
                // A loss eats profit, then capital, then becomes debt; a cost is paid from profit at h, the rest from capital.
                Some(_) => {
                    let costs: I256 = named.map(|named| named.cost).sum();
                    let profit = was.pnl - self.losses[place].iter().copied().sum::<I256>();
                    let coverage = before.coverage.min(after.coverage);
                    let worth = if profit > I256::ZERO {
                        mul_wad(profit, coverage)
                    } else {
                        profit
                    };
                    let left = was.capital + (worth - costs).min(I256::ZERO);
                    left.max(I256::ZERO) - I256::from_raw(U256::from(ROUNDING))
                }
                None => was.capital,
            };
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
    use alloy::primitives::Address;
    use client::units::{signed_wad, wad};

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
                residue: [I256::ZERO; 2],
                funding: I256::ZERO,
                option: None,
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
            contracts: vec![stage::market::Contract {
                instrument: 1,
                asset: B256::ZERO,
                symbol: "X".into(),
                feed: Address::ZERO,
            }],
        };
        let mut audit = Audit::new(&market, None, vec![name(LONG), name(SHORT)]);
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
            named: vec![Named::at_no_cost(name(place))],
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
        let breaks: [(u8, Break); 9] = [
            (1, |s| s.held = signed_wad(199.0)),
            (1, |s| s.profit = signed_wad(1.0)),
            (1, |s| s.debt = signed_wad(1.0)),
            (1, |s| s.shortfall = signed_wad(1.0)),
            (1, |s| s.contracts[0].unsettled = signed_wad(1.0)),
            (2, |s| s.tokens = signed_wad(199.0)),
            (3, |s| s.contracts[0].long = signed_wad(2.0)),
            (3, |s| s.accounts[SHORT].sizes[0] = signed_wad(-2.0)),
            (3, |s| s.contracts[0].residue[0] = signed_wad(0.1)),
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
    fn funding_is_a_loss_of_the_longs() {
        let mut audit = audit();
        let mut after = fair();
        after.contracts[0].funding = signed_wad(2.0);
        after.accounts[LONG].capital = signed_wad(98.0);
        after.capital = signed_wad(198.0);
        after.contracts[0].unsettled = signed_wad(2.0);
        audit.on_operation(&touch(LONG), after.clone());
        assert_eq!(violated(&audit), [0_u8; 0]);
        after.accounts[SHORT].capital = signed_wad(98.0);
        after.capital = signed_wad(196.0);
        after.contracts[0].unsettled = signed_wad(4.0);
        audit.on_operation(&touch(SHORT), after);
        assert_eq!(violated(&audit), [4]);
    }

    #[test]
    fn a_trade_in_one_contract_leaves_the_loss_in_another_to_be_settled() {
        let mut audit = audit();
        audit.on_marks(&[wad(90.0)]);
        let traded = Operation {
            what: "trade".into(),
            named: vec![Named {
                contract: Some(0),
                ..Named::at_no_cost(name(LONG))
            }],
        };
        audit.losses[LONG].push(signed_wad(7.0));
        audit.forget_what_was_settled(&traded);
        assert_eq!(audit.losses[LONG], [I256::ZERO, signed_wad(7.0)]);
        audit.forget_what_was_settled(&touch(LONG));
        assert_eq!(audit.losses[LONG], [I256::ZERO; 2]);
    }

    /// A trade in another contract may settle a gain, while a debt is missing for instance. It is profit then: were it still
    /// ahead as well, the loss that eats it would seem to be somebody else's.
    #[test]
    fn a_gain_that_a_trade_may_have_settled_counts_once() {
        let mut audit = audit();
        audit.losses[LONG].push(I256::ZERO);
        audit.on_marks(&[wad(107.0)]);
        let mut after = fair();
        (after.accounts[LONG].pnl, after.profit) = (signed_wad(7.0), signed_wad(7.0));
        after.contracts[0].unsettled = signed_wad(-7.0);
        let traded = Operation {
            what: "trade in another contract".into(),
            named: vec![Named {
                contract: Some(1),
                ..Named::at_no_cost(name(LONG))
            }],
        };
        audit.on_operation(&traded, after);
        assert_eq!(audit.losses[LONG], [I256::ZERO; 2]);
        audit.on_marks(&[wad(97.0)]);
        let mut after = fair();
        (after.accounts[LONG].capital, after.capital) = (signed_wad(97.0), signed_wad(197.0));
        after.contracts[0].unsettled = signed_wad(3.0);
        audit.on_operation(&touch(LONG), after);
        assert_eq!(violated(&audit), [0_u8; 0]);
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
                    named: vec![Named {
                        cost: costs,
                        ..Named::at_no_cost(name(LONG))
                    }],
                },
                after,
            );
            assert_eq!(violated(&audit), violations, "paid {paid}");
        }
    }
}
