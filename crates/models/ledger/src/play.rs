//! Random sequences of operations, in the mix that the reference model plays.

use std::ops::RangeInclusive;

use num_traits::Signed;
use rand::distr::{Distribution, weighted::WeightedIndex};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{AccountId, InstrumentId, Operation, OptionTerms, Vault, WAD, floor_wad, hedged, wad};

/// An instrument at the start; numbers in units of 1e-18.
#[derive(Clone, Copy, Debug)]
pub struct Listing {
    /// Mark.
    pub mark: i128,
    /// Prices are multiples of this.
    pub price_step: i128,
    /// Sizes are multiples of this.
    pub size_step: i128,
    /// What makes it an option.
    pub option: Option<OptionTerms>,
}

/// How often each operation is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Weights {
    /// New marks.
    pub poke: u32,
    /// Trades.
    pub trade: u32,
    /// Touches, half of them by the owner.
    pub touch: u32,
    /// Withdrawals.
    pub withdraw: u32,
    /// Deposits.
    pub deposit: u32,
    /// Conversions.
    pub convert: u32,
    /// Funding.
    pub fund: u32,
    /// Liquidations.
    pub liquidate: u32,
    /// Deleveragings.
    pub deleverage: u32,
    /// Moves up to the bucket that is due.
    pub rebucket: u32,
    /// More insurance.
    pub insure: u32,
    /// Recoveries of what is missing.
    pub recover: u32,
    /// Expiries of options.
    pub expire: u32,
    /// Options in the place of others that have expired.
    pub relist: u32,
}

/// What a sequence is drawn from.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// For messages.
    pub name: &'static str,
    /// Instruments.
    pub listings: &'static [Listing],
    /// Number of accounts.
    pub accounts: usize,
    /// First deposit of each account, whole dollars, evenly over its logarithm.
    pub deposits: RangeInclusive<u32>,
    /// What the pool would pay at first, whole dollars.
    pub insurance: u32,
    /// Largest move of a mark, a share.
    pub largest_move: f64,
    /// Notional of a trade over what the traders own.
    pub leverage: RangeInclusive<u32>,
    /// Whether a trade counts what the poorer of both owns, instead of their mean.
    pub poorer_counts: bool,
    /// Whether closings look for an account that needs them, and deleveragings take a penalty, unless there are options.
    pub aimed: bool,
    /// How often each operation is drawn.
    pub weights: Weights,
}

/// One draw in this many ignores that a scenario is aimed.
const STRAY: u32 = 4;
/// Largest distance of a trade's price from the mark, a share.
const EDGE: f64 = 0.005;

/// Draws one sequence.
#[derive(Debug)]
pub struct Player<'s> {
    scenario: &'s Scenario,
    draw: ChaCha8Rng,
}

impl<'s> Player<'s> {
    /// The sequence of a seed.
    #[must_use]
    pub fn new(scenario: &'s Scenario, seed: u64) -> Self {
        Self {
            scenario,
            draw: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// The vault before the first operation.
    #[must_use]
    pub fn vault(&self) -> Vault {
        let mut vault = Vault::new(wad(WAD / 100 * 3));
        vault.insurance = wad(i128::from(self.scenario.insurance) * WAD);
        for (listing, id) in self.scenario.listings.iter().zip(0..) {
            let mark = wad(listing.mark);
            if let Some(terms) = listing.option {
                vault.margin = hedged;
                vault.list_option(id, mark, terms);
            } else {
                vault.list(id, mark);
            }
        }
        vault
    }

    /// The deposits that a sequence begins with.
    pub fn deposits(&mut self) -> Vec<Operation> {
        (0..self.scenario.accounts)
            .map(|account| Operation::Deposit {
                account,
                amount: self.first_deposit(),
            })
            .collect()
    }

    fn first_deposit(&mut self) -> i128 {
        let (low, high) = (
            f64::from(*self.scenario.deposits.start()).ln(),
            f64::from(*self.scenario.deposits.end()).ln(),
        );
        let dollars = self.draw.random_range(low..=high).exp().round();
        dollars as i128 * WAD
    }

    /// The next operation that makes sense in this state.
    pub fn next(&mut self, vault: &Vault) -> Operation {
        loop {
            if let Some(operation) = self.attempt(vault) {
                return operation;
            }
        }
    }

    fn attempt(&mut self, vault: &Vault) -> Option<Operation> {
        let w = &self.scenario.weights;
        let weights = [
            w.poke,
            w.trade,
            w.touch,
            w.withdraw,
            w.deposit,
            w.convert,
            w.fund,
            w.liquidate,
            w.deleverage,
            w.rebucket,
            w.insure,
            w.recover,
            w.expire,
            w.relist,
        ];
        let kind = WeightedIndex::new(weights)
            .expect("a scenario has operations")
            .sample(&mut self.draw);
        let account = self.draw.random_range(0..self.scenario.accounts);
        Some(match kind {
            0 => return self.poke(vault),
            1 => return self.trade(vault, account),
            2 => Operation::Touch {
                account,
                by_owner: self.draw.random(),
            },
            3 => return withdrawal(vault, account),
            4 => Operation::Deposit {
                account,
                amount: self.draw.random_range(10..=400) * WAD,
            },
            5 => Operation::Convert { account },
            6 => return self.fund(vault),
            7 => self.liquidate(vault, account),
            8 => self.deleverage(vault, account),
            9 => Operation::Rebucket { account },
            10 => Operation::Insure {
                amount: self.draw.random_range(1..=100) * WAD,
            },
            11 => Operation::Recover,
            12 => return self.expire(vault),
            _ => return self.relist(vault),
        })
    }

    fn instrument(&mut self) -> (InstrumentId, Listing) {
        let at = self.draw.random_range(0..self.scenario.listings.len());
        let id = InstrumentId::try_from(at).expect("few instruments");
        (id, self.scenario.listings[at])
    }

    fn other(&mut self, account: AccountId) -> AccountId {
        let step = self.draw.random_range(1..self.scenario.accounts);
        (account + step) % self.scenario.accounts
    }

    fn poke(&mut self, vault: &Vault) -> Option<Operation> {
        let (instrument, listing) = self.instrument();
        if vault.instruments[&instrument].is_settled {
            return None;
        }
        let largest = self.scenario.largest_move;
        let factor = 1.0 + self.draw.random_range(-largest..=largest);
        let mark = number(&vault.instruments[&instrument].mark);
        Some(Operation::Poke {
            instrument,
            price: multiple(mark * factor, listing.price_step).max(listing.price_step),
        })
    }

    fn fund(&mut self, vault: &Vault) -> Option<Operation> {
        let (instrument, listing) = self.instrument();
        if listing.option.is_some() {
            return None;
        }
        let mark = number(&vault.instruments[&instrument].mark);
        let share = self.draw.random_range(-1e-3..=1e-3);
        Some(Operation::Fund {
            instrument,
            paid_by_longs: multiple(mark * share, listing.price_step),
        })
    }

    /// An option expires at its mark.
    fn expire(&mut self, vault: &Vault) -> Option<Operation> {
        let (instrument, listing) = self.instrument();
        let open = listing.option.is_some() && !vault.instruments[&instrument].is_settled;
        open.then_some(Operation::Expire { instrument })
    }

    fn relist(&mut self, vault: &Vault) -> Option<Operation> {
        let (instrument, listing) = self.instrument();
        let factor = self.draw.random_range(0.5..=2.0);
        let price = multiple(
            listing.mark as f64 / WAD as f64 * factor,
            listing.price_step,
        );
        vault.instruments[&instrument]
            .is_settled
            .then_some(Operation::Relist { instrument, price })
    }

    fn trade(&mut self, vault: &Vault, buyer: AccountId) -> Option<Operation> {
        let seller = self.other(buyer);
        let (instrument, listing) = self.instrument();
        if vault.instruments[&instrument].is_settled {
            return None;
        }
        let owned = [buyer, seller].map(|account| number(&vault.equity(&vault.accounts[&account])));
        let purse = if self.scenario.poorer_counts {
            owned[0].min(owned[1])
        } else {
            f64::midpoint(owned[0], owned[1])
        };
        if purse <= 0.0 || vault.missing().is_positive() {
            return None;
        }
        let mark = number(&vault.instruments[&instrument].mark);
        let leverage = self.draw.random_range(self.scenario.leverage.clone());
        let spot = number(vault.spot(instrument));
        let size = multiple(purse * f64::from(leverage) / spot, listing.size_step);
        let price = mark * (1.0 + self.draw.random_range(-EDGE..=EDGE));
        (size > 0).then_some(Operation::Trade {
            buyer,
            seller,
            instrument,
            size,
            price: multiple(price, listing.price_step),
        })
    }

    fn liquidate(&mut self, vault: &Vault, drawn: AccountId) -> Operation {
        let account = self.aim(vault, drawn, |vault, account| {
            let held = &vault.accounts[&account];
            let equity = vault.equity(held) + vault.unsettled(held);
            equity.is_positive() && equity < vault.maintenance(held)
        });
        Operation::Liquidate {
            account,
            into: self.other(account),
            penalty_rate: self.rate(),
        }
    }

    fn deleverage(&mut self, vault: &Vault, drawn: AccountId) -> Operation {
        let account = self.aim(vault, drawn, |vault, account| {
            let held = &vault.accounts[&account];
            (vault.equity(held) + vault.unsettled(held)).is_negative()
        });
        let penalty_rate = if self.charges() { self.rate() } else { 0 };
        Operation::Deleverage {
            account,
            penalty_rate,
        }
    }

    /// Whether deleveragings take a penalty. The ledger charges it leg by leg, at a rate of what legs count for in steps of
    /// 1e-9: not the exact penalty where options hedge.
    fn charges(&self) -> bool {
        let mut listings = self.scenario.listings.iter();
        self.scenario.aimed && listings.all(|listing| listing.option.is_none())
    }

    fn rate(&mut self) -> i128 {
        self.draw.random_range(5..=60) * WAD / 100
    }

    /// The first account from `drawn` on that fits, if the scenario is aimed and there is one.
    fn aim(
        &mut self,
        vault: &Vault,
        drawn: AccountId,
        fits: impl Fn(&Vault, AccountId) -> bool,
    ) -> AccountId {
        if !self.scenario.aimed || self.draw.random_ratio(1, STRAY) {
            return drawn;
        }
        let accounts = self.scenario.accounts;
        (drawn..drawn + accounts)
            .map(|account| account % accounts)
            .find(|&account| fits(vault, account))
            .unwrap_or(drawn)
    }
}

/// A third of the capital, in whole dollars, of an account without legs.
fn withdrawal(vault: &Vault, account: AccountId) -> Option<Operation> {
    let held = &vault.accounts[&account];
    let amount = floor_wad(&held.capital)? / 3 / WAD * WAD;
    held.legs
        .is_empty()
        .then_some(Operation::Withdraw { account, amount })
}

/// A number for drawing others from it; not for money.
fn number(value: &crate::Exact) -> f64 {
    floor_wad(value).expect("within 128 bits") as f64 / WAD as f64
}

/// The multiple of `step` units of 1e-18 that is nearest to `value`.
fn multiple(value: f64, step: i128) -> i128 {
    (value * WAD as f64 / step as f64).round() as i128 * step
}
