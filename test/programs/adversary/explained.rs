//! What the rules give and take in an operation, as its events tell it: an outsider can follow every account by them.

use alloy::primitives::{B256, Log, U256};
use alloy::sol_types::SolEvent;
use client::abi::IMarginVault;

use crate::seen::{Seen, money, tokens_as_money};
use crate::system::{ACCOUNTS, FEES, POOL, System, TREASURY};
use crate::world::World;

const WAD: i128 = 1_000_000_000_000_000_000;

/// The most and the least by which accounts' face values change, and what becomes of all together.
#[derive(Clone, Debug)]
pub struct Explained {
    pub most: [i128; ACCOUNTS],
    pub least: [i128; ACCOUNTS],
    /// Of the most, debts that were written off.
    pub written_off: [i128; ACCOUNTS],
    pub haircuts: [i128; ACCOUNTS],
    /// Change of all accounts' face values together.
    pub sum: i128,
    /// What insurance has paid: for which perpetual, how much, whether as a reward.
    pub paid: Vec<(usize, i128, bool)>,
    /// What may have been paid into insurance.
    pub income: i128,
    /// Whose own operation asks for initial margin.
    pub margined: Vec<usize>,
    /// Whose profit was converted.
    pub converted: Vec<usize>,
    /// Who was liquidated or deleveraged.
    pub closed: Vec<usize>,
    /// Tokens that came to (or left) the vault, and whose account they are for.
    pub passages: Vec<(usize, i128)>,
}

impl Explained {
    fn nothing() -> Self {
        Self {
            most: [0; ACCOUNTS],
            least: [0; ACCOUNTS],
            written_off: [0; ACCOUNTS],
            haircuts: [0; ACCOUNTS],
            sum: 0,
            paid: vec![],
            income: 0,
            margined: vec![],
            converted: vec![],
            closed: vec![],
            passages: vec![],
        }
    }

    fn both(&mut self, place: usize, amount: i128) {
        self.most[place] += amount;
        self.least[place] += amount;
    }

    /// Something is paid by `payer`, at its worth or in capital.
    fn pays(&mut self, payer: usize, amount: i128, h: i128) {
        self.most[payer] -= amount;
        self.least[payer] -= at_worth(amount, h);
    }

    fn receives(&mut self, payee: usize, amount: i128, h: i128) {
        self.most[payee] += at_worth(amount, h);
    }

    /// Reads an operation's events. `seen` is what there was before, at the same prices.
    pub fn of(logs: &[Log], world: &World<'_>, seen: &Seen) -> Self {
        let mut explained = Self::nothing();
        let system = world.scene.system;
        for log in logs.iter().filter(|log| log.address == system.vault) {
            explained.event(log, world, seen);
        }
        explained
    }

    fn event(&mut self, log: &Log, world: &World<'_>, seen: &Seen) {
        let (system, h) = (world.scene.system, seen.h);
        let place = |account: B256| system.place_of(account);
        match log.topics().first() {
            Some(&IMarginVault::Deposited::SIGNATURE_HASH) => {
                let event = decoded::<IMarginVault::Deposited>(log);
                self.passage(place(event.account), tokens_as_money(event.amount));
            }
            Some(&IMarginVault::Withdrawn::SIGNATURE_HASH) => {
                let event = decoded::<IMarginVault::Withdrawn>(log);
                self.passage(place(event.account), -tokens_as_money(event.amount));
                self.margined.extend(place(event.account));
            }
            Some(&IMarginVault::Transferred::SIGNATURE_HASH) => {
                let event = decoded::<IMarginVault::Transferred>(log);
                self.margined.extend(place(event.from));
                for (account, sign) in [(event.from, -1), (event.to, 1)] {
                    if let Some(place) = place(account) {
                        self.both(place, sign * money(event.amount));
                    }
                }
            }
            Some(&IMarginVault::Settled::SIGNATURE_HASH) => {
                self.settled(&decoded::<IMarginVault::Settled>(log), world, seen);
            }
            Some(&IMarginVault::Liquidated::SIGNATURE_HASH) => {
                let event = decoded::<IMarginVault::Liquidated>(log);
                let penalty = money(event.penalty);
                self.income += penalty;
                if let Some(account) = place(event.account) {
                    self.pays(account, penalty, h);
                    self.closed.push(account);
                }
                if let Some(into) = place(event.into) {
                    self.receives(into, penalty / 2, h);
                    self.margined.push(into);
                }
                self.receives(POOL, penalty - penalty / 2, h);
            }
            Some(&IMarginVault::Deleveraged::SIGNATURE_HASH) => {
                let event = decoded::<IMarginVault::Deleveraged>(log);
                // The penalty of one that is not in debt is in no event; all that the pool receives is somebody's.
                if let Some(account) = place(event.account) {
                    self.least[account] = i128::MIN / 4;
                    self.closed.push(account);
                    let fees = seen.accounts[account].face().max(0);
                    self.income += fees;
                    self.receives(POOL, fees, h);
                }
            }
            Some(&IMarginVault::WrittenOff::SIGNATURE_HASH) => {
                self.written_off(&decoded::<IMarginVault::WrittenOff>(log), system);
            }
            Some(&IMarginVault::Recovered::SIGNATURE_HASH) => {
                let event = decoded::<IMarginVault::Recovered>(log);
                self.insured(event.instrument, event.paid, system);
            }
            Some(&IMarginVault::Rewarded::SIGNATURE_HASH) => {
                let event = decoded::<IMarginVault::Rewarded>(log);
                let reward = money(event.reward);
                let half = reward / 2;
                for (payee, amount) in [(event.revealer, half), (event.closer, reward - half)] {
                    if let Some(place) = system.main_account(payee) {
                        self.both(place, amount);
                    }
                }
                self.sum += reward;
            }
            Some(&IMarginVault::Converted::SIGNATURE_HASH) => {
                let event = decoded::<IMarginVault::Converted>(log);
                let haircut = money(event.profit) - money(event.received);
                if let Some(account) = place(event.account) {
                    self.both(account, -haircut);
                    self.converted.push(account);
                    self.haircuts[account] += haircut;
                }
                self.sum -= haircut;
            }
            Some(&IMarginVault::ListingFeePaid::SIGNATURE_HASH) => {
                let event = decoded::<IMarginVault::ListingFeePaid>(log);
                if let Some(account) = place(event.account) {
                    self.pays(account, money(event.fee), h);
                    self.margined.push(account);
                }
                self.receives(FEES, money(event.fee), h);
            }
            Some(&IMarginVault::FeesDistributed::SIGNATURE_HASH) => {
                let all = seen.accounts[FEES].face();
                self.least[FEES] = i128::MIN / 4;
                self.most[POOL] += all;
                self.most[TREASURY] += all;
            }
            _ => {}
        }
    }

    fn passage(&mut self, account: Option<usize>, amount: i128) {
        let account = account.expect("an account that takes part");
        self.both(account, amount);
        self.sum += amount;
        self.passages.push((account, amount));
    }

    fn settled(&mut self, event: &IMarginVault::Settled, world: &World<'_>, seen: &Seen) {
        let system = world.scene.system;
        let numbers = 0..seen.instruments.len();
        let instrument = numbers
            .into_iter()
            .find(|&place| world.number(place) == event.instrument)
            .expect("an instrument that is listed");
        let size: i128 = event.takerSize.try_into().expect("a size");
        let (mark, price) = (seen.instruments[instrument].mark, money(event.price));
        // What the taker, who buys if the size is positive, gets for the distance from the mark.
        let edge = product(size, mark - price);
        let fees = seen.instruments[instrument].fees;
        let notional = product(size.abs(), price);
        // Profit that the trade itself moves may be worth as much less in between.
        let h = seen.least_worth(edge.abs() + notional / 100);
        for (account, edge, fee) in [(event.taker, edge, fees[1]), (event.maker, -edge, fees[0])] {
            let fee = product(notional, fee as i128);
            // Of an option a share of the underlying's notional, at most an eighth of its price.
            let (least_fee, most_fee) = if instrument < 3 {
                (fee, fee)
            } else {
                (0, notional / 8)
            };
            let place = system
                .place_of(account)
                .expect("an account that takes part");
            self.margined.push(place);
            self.most[place] += edge - least_fee;
            self.least[place] += edge - at_worth(most_fee, h) - 1_000;
            self.receives(FEES, most_fee + 1_000, h);
            self.income += most_fee;
        }
    }

    fn written_off(&mut self, event: &IMarginVault::WrittenOff, system: &System) {
        let deficit = money(event.deficit);
        if let Some(account) = system.place_of(event.account) {
            self.most[account] += deficit;
            self.written_off[account] += deficit;
        }
        self.sum += deficit;
        self.insured(event.instrument, event.insured, system);
        if !event.reward.is_zero() {
            self.paid.push((
                perpetual(event.instrument, system),
                money(event.reward),
                true,
            ));
        }
    }

    fn insured(&mut self, instrument: u32, amount: U256, system: &System) {
        self.paid
            .push((perpetual(instrument, system), money(amount), false));
    }
}

fn perpetual(instrument: u32, system: &System) -> usize {
    let place = system.instruments.iter().position(|&id| id == instrument);
    place.expect("insurance pays for perpetuals")
}

fn decoded<E: SolEvent>(log: &Log) -> E {
    E::decode_log_data(&log.data).expect("an event of the ABI")
}

/// a x b / 1e18, towards zero.
fn product(a: i128, b: i128) -> i128 {
    let [whole, rest] = [a / WAD, a % WAD];
    whole * b + rest * (b / WAD) + rest * (b % WAD) / WAD
}

/// Profit that is worth an amount, rounded up.
fn at_worth(amount: i128, h: i128) -> i128 {
    if h == 0 || h == WAD {
        return amount;
    }
    let whole = amount / h;
    let rest = amount % h;
    whole * WAD + (rest as f64 / h as f64 * WAD as f64) as i128 + 1_000_000
}
