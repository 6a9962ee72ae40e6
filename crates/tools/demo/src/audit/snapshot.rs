//! The vault and every account in one block, as its views say.

use super::ROUNDING;
use crate::options::OptionBoard;
use alloy::primitives::{Address, B256, I256, U256};
use client::{
    abi::{IMarginVault, IQuoteToken},
    chain::{Answers, ChainError, View},
};

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
    /// Size of each side that no leg holds.
    pub residue: [I256; 2],
    /// What a unit of long position has paid to shorts so far.
    pub funding: I256,
    /// The guard's mark of an option at the block's time, and whether it is the settled one.
    pub option: Option<(I256, bool)>,
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

/// What a snapshot looks at.
pub struct Lens {
    /// The vault.
    pub vault: Address,
    /// Its quote token.
    pub token: Address,
    /// Its instruments: perpetuals, then options.
    pub instruments: Vec<u32>,
    /// What the last of the instruments are quoted by.
    pub options: Option<OptionBoard>,
    /// Accounts, in the order of the snapshots.
    pub accounts: Vec<B256>,
}

impl Lens {
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
            views.push(View::new(vault, &IMarginVault::dustCall { instrument }));
            views.push(View::new(vault, &IMarginVault::fundingCall { instrument }));
        }
        views.extend(self.options.iter().map(OptionBoard::view));
        for &account in &self.accounts {
            views.push(View::new(vault, &IMarginVault::balancesCall { account }));
            views.push(View::new(vault, &IMarginVault::legsCall { account }));
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
            let residue = answers.take::<IMarginVault::dustCall>()?;
            let funding = answers.take::<IMarginVault::fundingCall>()?;
            contracts.push(ContractState {
                long: signed(sides.long),
                short: signed(sides.short),
                unsettled: gains.long + gains.short,
                residue: [signed(residue.long), signed(residue.short)],
                funding: funding.paidByLongs,
                option: None,
            });
        }
        if let Some(options) = &self.options {
            let quotes = options.quotes(answers)?;
            for (contract, quote) in contracts.iter_mut().rev().zip(quotes.iter().rev()) {
                contract.option = Some((signed(quote.mark), quote.is_final));
            }
        }
        let mut accounts = Vec::with_capacity(self.accounts.len());
        for _ in &self.accounts {
            let balances = answers.take::<IMarginVault::balancesCall>()?;
            let legs = answers.take::<IMarginVault::legsCall>()?;
            let size = |instrument: &u32| {
                let place = legs.instruments.iter().position(|held| held == instrument);
                place.map_or(I256::ZERO, |place| legs.sizes[place])
            };
            accounts.push(AccountState {
                capital: signed(balances.capital),
                pnl: balances.pnl,
                sizes: self.instruments.iter().map(size).collect(),
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
}

fn signed(value: U256) -> I256 {
    I256::from_raw(value)
}
