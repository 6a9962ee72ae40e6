//! Every number that the vault shows, against the exact model.

use std::fmt;

use alloy::primitives::{I256, U256};
use client::abi::IMarginVault;
use client::chain::{Answers, View};
use ledger_model::{AccountId, Exact, Vault, floor_wad, wad};
use num_traits::Signed;

use crate::market::{IModelMarket, Market};

/// Largest distance that is allowed, in units of 1e-18: 1e-9 of the quote token, and of a unit of an instrument 1e-12.
const MONEY: i128 = 1_000_000_000;
const SIZE: i128 = 1_000_000;

/// Largest distances that were seen, in units of 1e-18.
#[derive(Clone, Copy, Debug, Default)]
pub struct Furthest {
    money: i128,
    size: i128,
    comparisons: u64,
}

impl fmt::Display for Furthest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} comparisons; furthest off, in 1e-18: amounts {}, sizes {}",
            self.comparisons, self.money, self.size
        )
    }
}

impl Furthest {
    /// The larger of both.
    pub fn or(self, other: Self) -> Self {
        Self {
            money: self.money.max(other.money),
            size: self.size.max(other.size),
            comparisons: self.comparisons + other.comparisons,
        }
    }

    fn money(&mut self, what: &str, got: i128, expected: &Exact) {
        self.money = self.money.max(distance(what, got, expected, MONEY));
        self.comparisons += 1;
    }

    fn size(&mut self, what: &str, got: i128, expected: &Exact) {
        self.size = self.size.max(distance(what, got, expected, SIZE));
        self.comparisons += 1;
    }
}

fn distance(what: &str, got: i128, expected: &Exact, limit: i128) -> i128 {
    let distance = -floor_wad(&-(wad(got) - expected).abs()).unwrap();
    let shown = floor_wad(expected);
    assert!(
        distance <= limit,
        "{what} is {got}, {distance} from {shown:?}"
    );
    distance
}

fn unsigned(value: U256) -> i128 {
    value.try_into().unwrap()
}

fn signed(value: I256) -> i128 {
    value.try_into().unwrap()
}

impl Market {
    /// Reads every number of the vault in one call, and compares it with the model's.
    pub async fn compare(&self, exact: &Vault, context: &str) -> Furthest {
        let views = self.views(exact);
        let mut answers = self.chain.views(&views).await.unwrap();
        let mut furthest = Furthest::default();
        self.totals(exact, &mut answers, &mut furthest, context);
        for &id in &self.instruments {
            sides(exact, id, &mut answers, &mut furthest, context);
        }
        for &id in exact.accounts.keys() {
            self.holdings(exact, id, &mut answers, &mut furthest, context);
        }
        furthest
    }

    fn views(&self, exact: &Vault) -> Vec<View> {
        let (vault, owner) = (self.vault, self.vault);
        let mut views = vec![
            View::new(vault, &IMarginVault::totalsCall {}),
            View::new(vault, &IMarginVault::shortfallCall {}),
            View::new(vault, &IMarginVault::coverageCall {}),
            View::new(self.token, &IModelMarket::balanceOfCall { owner }),
            View::new(
                self.token,
                &IModelMarket::balanceOfCall { owner: self.pool },
            ),
        ];
        for &id in &self.instruments {
            let instrument = id.into();
            views.push(View::new(
                vault,
                &IMarginVault::openInterestCall { instrument },
            ));
            views.push(View::new(
                vault,
                &IMarginVault::unsettledCall { instrument },
            ));
        }
        for &id in exact.accounts.keys() {
            let account = self.account(id);
            views.push(View::new(vault, &IMarginVault::balancesCall { account }));
            for &listed in &self.instruments {
                let instrument = listed.into();
                let call = IMarginVault::positionCall {
                    account,
                    instrument,
                };
                views.push(View::new(vault, &call));
            }
        }
        views
    }

    fn totals(&self, exact: &Vault, answers: &mut Answers, furthest: &mut Furthest, context: &str) {
        let totals = answers.take::<IMarginVault::totalsCall>().unwrap();
        let shortfall = answers.take::<IMarginVault::shortfallCall>().unwrap();
        let coverage = answers.take::<IMarginVault::coverageCall>().unwrap();
        let held = answers.take::<IModelMarket::balanceOfCall>().unwrap();
        let insurance = answers.take::<IModelMarket::balanceOfCall>().unwrap();
        assert_eq!(held, totals.tokens, "{context}: tokens that are there");
        for (what, got, expected) in [
            ("tokens", unsigned(totals.tokens), exact.tokens.clone()),
            ("capital", unsigned(totals.capital), exact.capital.clone()),
            ("profit", unsigned(totals.profit), exact.profit.clone()),
            ("debt", unsigned(totals.debt), exact.debt.clone()),
            ("shortfall", signed(shortfall), exact.shortfall.clone()),
            ("missing", unsigned(coverage.missing), exact.missing()),
            ("insurance", unsigned(insurance), exact.insurance.clone()),
        ] {
            furthest.money(&format!("{context}: {what}"), got, &expected);
        }
        let claims = &exact.profit + exact.gains();
        let backed = wad(unsigned(coverage.h)) * &claims;
        let got = floor_wad(&backed).unwrap();
        let expected = exact.coverage() * claims;
        furthest.money(&format!("{context}: all profit at h"), got, &expected);
    }

    fn holdings(
        &self,
        exact: &Vault,
        id: AccountId,
        answers: &mut Answers,
        furthest: &mut Furthest,
        context: &str,
    ) {
        let expected = &exact.accounts[&id];
        let balances = answers.take::<IMarginVault::balancesCall>().unwrap();
        let capital = unsigned(balances.capital);
        furthest.money(
            &format!("{context}: capital of {id}"),
            capital,
            &expected.capital,
        );
        let pnl = signed(balances.pnl);
        furthest.money(&format!("{context}: profit of {id}"), pnl, &expected.pnl);
        for &listed in &self.instruments {
            let size = signed(answers.take::<IMarginVault::positionCall>().unwrap());
            let what = format!("{context}: position of {id} in {listed}");
            furthest.size(&what, size, &exact.size(expected, listed));
        }
    }
}

fn sides(exact: &Vault, id: u8, answers: &mut Answers, furthest: &mut Furthest, context: &str) {
    let instrument = &exact.instruments[&id];
    let interest = answers.take::<IMarginVault::openInterestCall>().unwrap();
    let unsettled = answers.take::<IMarginVault::unsettledCall>().unwrap();
    for (long, interest, gain) in [
        (true, interest.long, unsettled.long),
        (false, interest.short, unsettled.short),
    ] {
        let side = instrument.side(long);
        let what = format!("{context}: open interest of {id}");
        furthest.size(&what, unsigned(interest), &side.open_interest);
        let what = format!("{context}: unsettled gain of {id}");
        furthest.money(&what, signed(gain), &instrument.unsettled(long));
    }
}
