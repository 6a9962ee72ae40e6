//! What the rules give and take in an operation, as its events tell it: an outsider can follow every account by them.

use alloy::primitives::{B256, Log, U256};
use alloy::sol_types::SolEvent;
use client::abi::IMarginVault;

use crate::seen::{Seen, Worth, money, tokens_as_money};
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

    /// Somebody with a profit pays an amount. Returns the most that it has paid.
    fn pays(&mut self, payer: usize, profit: i128, amount: i128, h: i128) -> i128 {
        let most = most_paid(amount, profit, h);
        self.most[payer] -= amount;
        self.least[payer] -= most;
        most
    }

    /// Reads an operation's events. `seen` is what there was before, at the block of that height and at the same prices.
    pub fn of(logs: &[Log], world: &World<'_>, seen: &Seen, height: u64) -> Self {
        let mut explained = Self::nothing();
        let system = world.scene.system;
        let events = || logs.iter().filter(|log| log.address == system.vault);
        let pays = events().any(|log| log.topics().first().is_some_and(pays_at_its_worth));
        let worth = seen.worth_of_profit();
        let worths = if pays {
            let accounts = system.accounts.iter().copied();
            let settled: Vec<_> = accounts
                .filter(|account| events().any(|log| log.topics().contains(account)))
                .collect();
            [Worth::found(world, height, &settled), worth]
        } else {
            [worth; 2]
        };
        for log in events() {
            explained.event(log, world, seen, worths);
        }
        explained
    }

    fn event(&mut self, log: &Log, world: &World<'_>, seen: &Seen, worths: [Worth; 2]) {
        let (system, h) = (world.scene.system, least(worths, 0));
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
                self.settled(&decoded::<IMarginVault::Settled>(log), world, seen, worths);
            }
            Some(&IMarginVault::Liquidated::SIGNATURE_HASH) => {
                let event = decoded::<IMarginVault::Liquidated>(log);
                let penalty = money(event.penalty);
                self.income += penalty;
                let account = place(event.account).expect("an account that takes part");
                let most = self.pays(account, seen.accounts[account].pnl, penalty, h);
                self.closed.push(account);
                if let Some(into) = place(event.into) {
                    self.most[into] += most / 2;
                    self.margined.push(into);
                }
                self.most[POOL] += most - most / 2;
            }
            Some(&IMarginVault::Deleveraged::SIGNATURE_HASH) => {
                let event = decoded::<IMarginVault::Deleveraged>(log);
                // The penalty of one that is not in debt is in no event; all that the pool receives is somebody's.
                if let Some(account) = place(event.account) {
                    self.least[account] = i128::MIN / 4;
                    self.closed.push(account);
                    let fees = seen.accounts[account].face().max(0);
                    self.income += fees;
                    self.most[POOL] += fees;
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
                        self.rewarded(place, amount, seen);
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
                let account = place(event.account).expect("an account that takes part");
                let profit = seen.accounts[account].pnl;
                self.most[FEES] += self.pays(account, profit, money(event.fee), h);
                self.margined.push(account);
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

    /// Who owes earns nothing: it goes to the fee account. Whether somebody's debt had been found, nobody says here.
    fn rewarded(&mut self, payee: usize, amount: i128, seen: &Seen) {
        if seen.accounts[payee].pnl < 0 {
            self.most[payee] += amount;
            self.most[FEES] += amount;
        } else {
            self.both(payee, amount);
        }
    }

    fn passage(&mut self, account: Option<usize>, amount: i128) {
        let account = account.expect("an account that takes part");
        self.both(account, amount);
        self.sum += amount;
        self.passages.push((account, amount));
    }

    fn settled(
        &mut self,
        event: &IMarginVault::Settled,
        world: &World<'_>,
        seen: &Seen,
        worths: [Worth; 2],
    ) {
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
        let place = |account| {
            let place = system.place_of(account);
            place.expect("an account that takes part")
        };
        // There is less profit in between by what the payer had, which makes the rest worth less.
        let payer = place(if edge < 0 { event.taker } else { event.maker });
        let paid = seen.accounts[payer].pnl.clamp(0, edge.abs());
        let h = least(worths, paid + notional / 100);
        for (account, edge, fee) in [(event.taker, edge, fees[1]), (event.maker, -edge, fees[0])] {
            let place = place(account);
            let fee = product(notional, fee as i128);
            // Of an option a share of the underlying's notional, at most an eighth of its price.
            let (least_fee, most_fee) = if instrument < 3 {
                (fee, fee)
            } else {
                (0, notional / 8)
            };
            self.margined.push(place);
            self.most[place] += edge - least_fee;
            // Where profit is worth hardly anything, a fee takes all of it, and capital for the rest.
            let profit = seen.accounts[place].pnl.max(0) + edge.max(0);
            let most_fee = most_paid(most_fee, profit, h) + 1_000;
            self.least[place] += edge - most_fee;
            self.most[FEES] += most_fee;
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

/// Whether what an event tells of is paid out of profit at what that is worth: a fee, or a penalty.
fn pays_at_its_worth(topic: &B256) -> bool {
    [
        IMarginVault::Settled::SIGNATURE_HASH,
        IMarginVault::Liquidated::SIGNATURE_HASH,
        IMarginVault::ListingFeePaid::SIGNATURE_HASH,
    ]
    .contains(topic)
}

/// The least that profit is worth while there is less of it by an amount.
fn least(worths: [Worth; 2], less: i128) -> i128 {
    let [found, settled] = worths.map(|worth| worth.least(less));
    found.min(settled)
}

/// The most that a payment of an amount takes out of who has a profit: profit at its worth first, then capital.
fn most_paid(amount: i128, profit: i128, h: i128) -> i128 {
    let all = profit.max(0) + amount;
    match h {
        WAD => amount,
        0 => all,
        _ => {
            let rest = (amount % h) as f64 / h as f64 * WAD as f64;
            let whole = (amount / h).saturating_mul(WAD);
            whole.saturating_add(rest as i128 + 1_000_000).min(all)
        }
    }
}
