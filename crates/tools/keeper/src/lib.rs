//! A keeper: watches a vault through its views and events, and touches, liquidates, deleverages, recovers, converts and
//! distributes fees. Pure decisions first, by the rules of the contracts; whoever runs it (the demo, a liquidator bot) fetches the
//! views and sends the transactions.

#![warn(missing_docs)]

mod plan;

pub use plan::{Account, Action, Outlook, plan};

use alloy::{
    primitives::{Address, B256, U256},
    rpc::types::Log,
    sol_types::SolEvent,
};
use client::{
    abi::{
        IInsurancePool::{self, availableReturn},
        IMarginVault::{
            self, Deleveraged, Deposited, InstrumentSet, Liquidated, OptionClosing, OptionDelisted,
            OptionListed, Settled, debtsReturn, legsReturn, optionRulesCall,
        },
        IOracleGuard::{OptionId, marksWithOptionsCall},
        IQuoteToken::decimalsCall,
    },
    chain::{Answers, Chain, ChainError, Transaction, View, Wallet, account_of},
};
use risk::rules::cover::{recoverable, room_on_record};
use risk::{Health, Pool, Position, Usd};
use standing::{Instrument, Leg, MarketState, Quote, Series, clock, market::option_rates, numbers};
use std::collections::{BTreeMap, BTreeSet};

/// Legs that one call closes, so that it fits any block; the next round goes on.
const LEGS_A_CALL: u64 = 4;
/// Options that the guard is asked about in one call.
const OPTIONS_AT_ONCE: usize = 64;

/// Whom a keeper speaks to.
#[derive(Clone, Copy, Debug)]
pub struct Contracts {
    /// The vault that it keeps.
    pub vault: Address,
    /// The vault's guard.
    pub guard: Address,
    /// The vault's pool.
    pub pool: Address,
    /// What the vault's balances are in.
    pub token: Address,
}

/// A keeper of one vault.
pub struct Keeper {
    /// Signs, and owns the account that takes over positions.
    pub wallet: Wallet,
    contracts: Contracts,
    instruments: BTreeMap<u32, Instrument>,
    watched: BTreeSet<B256>,
    unfinished: BTreeMap<B256, u64>,
}

impl Keeper {
    /// A keeper that knows no account yet, and of the vault's instruments as many as it is told.
    pub fn new(
        wallet: Wallet,
        contracts: Contracts,
        instruments: BTreeMap<u32, Instrument>,
    ) -> Self {
        Self {
            wallet,
            contracts,
            instruments,
            watched: BTreeSet::new(),
            unfinished: BTreeMap::new(),
        }
    }

    /// Learns from the vault's events: of accounts, of instruments, and of deleveragings that are not finished. Of those whose time a
    /// node does not say, it is not relied on that they go on.
    pub fn learn<'a>(&mut self, logs: impl IntoIterator<Item = &'a Log>) {
        let vault = self.contracts.vault;
        for log in logs.into_iter().filter(|log| log.address() == vault) {
            self.learn_of_instrument(log);
            if let Ok(event) = Deposited::decode_log(&log.inner) {
                self.watched.insert(event.account);
            }
            if let Ok(event) = Settled::decode_log(&log.inner) {
                self.watched.extend([event.maker, event.taker]);
            }
            if let Ok(event) = Liquidated::decode_log(&log.inner) {
                self.watched.insert(event.into);
            }
            if let Ok(event) = Deleveraged::decode_log(&log.inner) {
                self.learn_of_deleveraging(&event, log.block_timestamp.unwrap_or(0));
            }
        }
        self.watched.remove(&self.wallet.account());
    }

    fn learn_of_instrument(&mut self, log: &Log) {
        if let Ok(event) = InstrumentSet::decode_log(&log.inner) {
            let asset = event.parameters.asset;
            let perpetual = Instrument::Perpetual { asset };
            self.instruments.insert(event.instrument, perpetual);
        }
        if let Ok(event) = OptionListed::decode_log(&log.inner) {
            let terms = (event.underlying, event.expiry, event.strike, event.isCall);
            if let Ok(series) = Series::listed(terms.0, terms.1, terms.2, terms.3) {
                let option = Instrument::Option(series);
                self.instruments.insert(event.instrument, option);
            }
        }
        if let Ok(event) = OptionClosing::decode_log(&log.inner)
            && let Some(Instrument::Option(series)) = self.instruments.get_mut(&event.instrument)
        {
            series.closes = event.closes;
        }
        if let Ok(event) = OptionDelisted::decode_log(&log.inner) {
            self.instruments.remove(&event.instrument);
        }
    }

    /// A deleveraging holds for a while as it was decided: one that no longer does was decided anew by the call that went on.
    fn learn_of_deleveraging(&mut self, event: &Deleveraged, time: u64) {
        if event.done {
            self.unfinished.remove(&event.account);
            return;
        }
        let started = self.unfinished.entry(event.account).or_insert(time);
        if !plan::holds(*started, time) {
            *started = time;
        }
    }

    /// Accounts known so far, the keeper's own not among them.
    pub fn watched(&self) -> impl Iterator<Item = B256> {
        self.watched.iter().copied()
    }

    /// The views whose answers `outlook` takes.
    pub fn views(&self) -> Vec<View> {
        let Contracts {
            vault, pool, token, ..
        } = self.contracts;
        let account = account_of(vault);
        let mut views = vec![
            View::timestamp(),
            View::new(vault, &IMarginVault::parametersCall {}),
            View::new(vault, &IMarginVault::impairedSinceCall {}),
            View::new(vault, &IMarginVault::shortfallCall {}),
            View::new(token, &decimalsCall {}),
            View::new(pool, &IInsurancePool::availableCall { vault }),
            View::new(vault, &IMarginVault::balancesCall { account }),
        ];
        for (instrument, _) in self.perpetuals() {
            views.push(View::new(
                vault,
                &IMarginVault::instrumentCall { instrument },
            ));
            let underlying = instrument;
            views.push(View::new(vault, &optionRulesCall { underlying }));
            views.push(View::new(vault, &IMarginVault::debtsCall { instrument }));
        }
        views.extend(self.marks());
        let account = self.wallet.account();
        views.push(View::new(vault, &IMarginVault::healthCall { account }));
        views.push(View::new(vault, &IMarginVault::immatureCall { account }));
        views.push(View::new(vault, &IMarginVault::legsCall { account }));
        for account in self.watched() {
            views.push(View::new(vault, &IMarginVault::healthCall { account }));
            views.push(View::new(vault, &IMarginVault::balancesCall { account }));
            views.push(View::new(vault, &IMarginVault::legsCall { account }));
        }
        views
    }

    /// The perpetuals that are known, with their assets.
    fn perpetuals(&self) -> impl Iterator<Item = (u32, B256)> {
        let all = self.instruments.iter();
        all.filter_map(|(number, instrument)| match instrument {
            Instrument::Perpetual { asset } => Some((*number, *asset)),
            Instrument::Option(_) => None,
        })
    }

    /// The options that are known, on perpetuals that are, with what the guard knows them by.
    fn options(&self) -> Vec<(u32, Series, OptionId)> {
        let perpetuals: Vec<u32> = self.perpetuals().map(|(number, _)| number).collect();
        let known = self.instruments.iter().filter_map(|(number, instrument)| {
            let Instrument::Option(series) = instrument else {
                return None;
            };
            let place = perpetuals
                .iter()
                .position(|known| *known == series.underlying);
            let id = series.id(u8::try_from(place?).ok()?);
            Some((*number, *series, id))
        });
        known.collect()
    }

    /// What the guard is asked of all instruments: the first call answers of the perpetuals, each of some options.
    fn marks(&self) -> Vec<View> {
        let assets: Vec<B256> = self.perpetuals().map(|(_, asset)| asset).collect();
        let options = self.options();
        let ask = |options: &[(u32, Series, OptionId)]| {
            let ask = marksWithOptionsCall {
                assets: assets.clone(),
                options: options.iter().map(|(_, _, id)| id.clone()).collect(),
            };
            View::new(self.contracts.guard, &ask)
        };
        in_calls(&options).map(ask).collect()
    }

    /// What the answers to `views` say.
    pub fn outlook(&self, answers: &mut Answers) -> Result<Outlook, ChainError> {
        let now = answers.timestamp()?;
        let parameters = answers.take::<IMarginVault::parametersCall>()?;
        let mut market = fitting("parameters", MarketState::new(now, &parameters))?;
        let impaired_since = answers.take::<IMarginVault::impairedSinceCall>()?;
        let shortfall = answers.take::<IMarginVault::shortfallCall>()?;
        let shortfall = fitting("shortfall", numbers::usd(shortfall))?;
        let decimals = answers.take::<decimalsCall>()?;
        let pool = answers.take::<IInsurancePool::availableCall>()?;
        let pool = fitting("available", of_pool(&pool, decimals))?;
        let fees = answers.take::<IMarginVault::balancesCall>()?;
        let fees =
            numbers::usd(fees.capital).and_then(|capital| capital.plus(numbers::usd(fees.pnl)?));
        let fees = fitting("balances", fees)?;
        let recoverable = self.read_market(&mut market, shortfall, pool, answers)?;
        let free = self.free(answers)?;
        let held = answers.take::<IMarginVault::legsCall>()?.instruments;
        let others = self
            .watched()
            .map(|account| read_account(answers, account, now));
        let others = others.collect::<Result<_, _>>()?;
        Ok(Outlook {
            market,
            free,
            held: held.into_iter().collect(),
            others,
            unfinished: self.unfinished.clone(),
            recoverable,
            available: pool.payable,
            impaired_since: u32::try_from(impaired_since).unwrap_or(u32::MAX),
            fees,
        })
    }

    /// Reads what is said of instruments; returns what can be recovered for each.
    fn read_market(
        &self,
        market: &mut MarketState,
        shortfall: Usd,
        pool: Pool,
        answers: &mut Answers,
    ) -> Result<Vec<(u32, Usd)>, ChainError> {
        let (mut perpetuals, mut due) = (Vec::new(), Vec::new());
        for (number, _) in self.perpetuals() {
            let parameters = answers.take::<IMarginVault::instrumentCall>()?;
            let rules = answers.take::<optionRulesCall>()?;
            market.option_rates.insert(number, option_rates(&rules));
            let debts = answers.take::<IMarginVault::debtsCall>()?;
            let can_be = due_of(&debts, parameters.coverAllowance, shortfall, pool);
            due.push((number, fitting("debts", can_be)?));
            perpetuals.push((number, parameters));
        }
        let options = self.options();
        for (place, asked) in in_calls(&options).enumerate() {
            let said = answers.take::<marksWithOptionsCall>()?;
            if place == 0 {
                for ((number, parameters), mark) in perpetuals.iter().zip(&said._0) {
                    let quote = Quote::of_perpetual(mark, parameters);
                    market.quotes.insert(*number, quote);
                }
            }
            for ((number, series, _), mark) in asked.iter().zip(&said._1) {
                let quote = Quote::of_option(mark, &market.quote(series.underlying));
                market.quotes.insert(*number, quote);
            }
        }
        market.instruments.clone_from(&self.instruments);
        Ok(due)
    }

    /// What the keeper's own account has beyond initial margin, all profit that has not matured left out, as if it were worth its
    /// amount.
    fn free(&self, answers: &mut Answers) -> Result<Usd, ChainError> {
        let own = answers.take::<IMarginVault::healthCall>()?;
        let immature = answers.take::<IMarginVault::immatureCall>()?;
        let free = || {
            let mature = numbers::usd(own.equity)?.minus(numbers::usd(immature)?)?;
            mature.minus(numbers::usd(own.initial)?)
        };
        fitting("health", free())
    }

    /// The transaction of an action.
    pub fn transaction(&self, chain: &Chain, action: &Action) -> Result<Transaction, ChainError> {
        let (wallet, vault) = (&self.wallet, self.contracts.vault);
        let into = wallet.account();
        match *action {
            Action::Touch(account) => {
                wallet.call(chain, vault, &IMarginVault::touchCall { account })
            }
            Action::Liquidate(ref accounts, share) => {
                // One account too: a liquidation that is refused moves no clock, and a batch moves that of whom it spares for having
                // been cut, who would otherwise be spared for ever.
                let batch = IMarginVault::liquidateBatchCall {
                    accounts: accounts.clone(),
                    into,
                    maxShare: U256::from(share.0),
                };
                wallet.call(chain, vault, &batch)
            }
            Action::Deleverage(account) => {
                let deleverage = IMarginVault::deleverageCall {
                    account,
                    maxLegs: U256::from(LEGS_A_CALL),
                };
                wallet.call(chain, vault, &deleverage)
            }
            Action::Recover(instrument) => {
                wallet.call(chain, vault, &IMarginVault::recoverCall { instrument })
            }
            Action::Convert(account) => {
                let convert = IMarginVault::convertCall {
                    account,
                    maxProfit: U256::MAX,
                };
                wallet.call(chain, vault, &convert)
            }
            Action::DistributeFees => {
                wallet.call(chain, vault, &IMarginVault::distributeFeesCall {})
            }
        }
    }
}

/// Options by the calls that ask for them: one at least, which asks for the perpetuals, too.
fn in_calls<T>(options: &[T]) -> impl Iterator<Item = &[T]> {
    let (first, others) = options.split_at(options.len().min(OPTIONS_AT_ONCE));
    std::iter::once(first).chain(others.chunks(OPTIONS_AT_ONCE))
}

/// What the pool says, of a token with so many decimals.
fn of_pool(said: &availableReturn, decimals: u8) -> risk::Result<Pool> {
    let amount = |units| numbers::of_token(units, decimals);
    Ok(Pool {
        payable: amount(said.amount)?,
        measured: amount(said.assets)?,
        recorded: amount(said.recorded)?,
    })
}

/// What can be recovered of an instrument's debts while `shortfall` is missing, on however many days.
fn due_of(debts: &debtsReturn, allowance: u128, shortfall: Usd, pool: Pool) -> risk::Result<Usd> {
    let (unpaid, known) = (numbers::usd(debts.unpaid)?, numbers::usd(debts.known)?);
    let (room, allowance) = (numbers::usd(debts.room)?, numbers::usd(allowance)?);
    let room = room_on_record(room, allowance, pool.measured, pool.recorded)?;
    recoverable(unpaid.min(shortfall), room, known)
}

/// What the views say of an account.
fn read_account(answers: &mut Answers, account: B256, now: u64) -> Result<Account, ChainError> {
    let view = answers.take::<IMarginVault::healthCall>()?;
    let balances = answers.take::<IMarginVault::balancesCall>()?;
    let legs = legs(&answers.take::<IMarginVault::legsCall>()?);
    let read = || {
        Ok(Account {
            account,
            health: Health {
                equity: numbers::usd(view.equity)?,
                maintenance: numbers::usd(view.maintenance)?,
            },
            initial: numbers::usd(view.initial)?,
            profit: numbers::usd(balances.pnl)?,
            clock: clock(now, view.unhealthySecs),
            legs: legs?,
        })
    };
    fitting("health", read())
}

fn legs(answer: &legsReturn) -> risk::Result<Vec<Leg>> {
    let each = answer.instruments.iter().zip(&answer.sizes);
    let leg = |(&instrument, &size): (&u32, &alloy::primitives::I256)| {
        let size = Position(numbers::usd(size)?.0);
        Ok(Leg { instrument, size })
    };
    each.map(leg).collect()
}

/// What the contracts' types hold, or that `what` said something that they do not.
fn fitting<T>(what: &str, read: risk::Result<T>) -> Result<T, ChainError> {
    read.map_err(|_| ChainError::Malformed {
        what: what.into(),
        reason: "a quantity beyond what the ledger computes with".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::{
        primitives::{Bytes, Log as Event},
        sol_types::SolCall,
    };
    use client::abi::{
        IMarginVault::{
            Instrument as Listed, OptionRules, Parameters, balancesReturn, healthReturn,
        },
        IMulticall3::{self, aggregate3Call},
        IOracleGuard::{Mark, marksWithOptionsReturn},
    };
    use risk::WAD;

    const VAULT: Address = Address::repeat_byte(1);
    const ACCOUNT: B256 = B256::repeat_byte(2);

    fn keeper() -> Keeper {
        let contracts = Contracts {
            vault: VAULT,
            guard: Address::repeat_byte(3),
            pool: Address::repeat_byte(4),
            token: Address::repeat_byte(5),
        };
        let wallet = Wallet::derived("keeper", 1).unwrap();
        Keeper::new(wallet, contracts, BTreeMap::new())
    }

    fn log(address: Address, event: &impl SolEvent, time: Option<u64>) -> Log {
        let data = event.encode_log_data();
        Log {
            inner: Event { address, data },
            block_timestamp: time,
            ..Log::default()
        }
    }

    fn said<C: SolCall>(answer: &C::Return) -> IMulticall3::Result {
        IMulticall3::Result {
            success: true,
            returnData: C::abi_encode_returns(answer).into(),
        }
    }

    fn units(dollars: u64) -> U256 {
        U256::from(dollars) * U256::from(1_000_000)
    }

    fn wad(dollars: u64) -> U256 {
        U256::from(dollars) * U256::from(WAD)
    }

    /// What a keeper of one perpetual, with 1,000 dollars on record, sees to recover when the pool says this of itself.
    fn recoverable_from(pool: availableReturn) -> Vec<(u32, Usd)> {
        let mut keeper = keeper();
        let asset = B256::repeat_byte(6);
        keeper
            .instruments
            .insert(1, Instrument::Perpetual { asset });
        let listed = Listed {
            asset,
            coverAllowance: 5_000 * WAD,
            ..Listed::default()
        };
        let debts = debtsReturn {
            known: wad(40),
            unpaid: wad(1_000),
            room: wad(900),
            rewardRoom: wad(100),
        };
        let marks = marksWithOptionsReturn {
            _0: vec![Mark::default()],
            _1: vec![],
        };
        let results = vec![
            IMulticall3::Result {
                success: true,
                returnData: Bytes::from(U256::from(1_000).to_be_bytes_vec()),
            },
            said::<IMarginVault::parametersCall>(&Parameters::default()),
            said::<IMarginVault::impairedSinceCall>(&0),
            said::<IMarginVault::shortfallCall>(&wad(1_000).try_into().unwrap()),
            said::<decimalsCall>(&6),
            said::<IInsurancePool::availableCall>(&pool),
            said::<IMarginVault::balancesCall>(&balancesReturn::default()),
            said::<IMarginVault::instrumentCall>(&listed),
            said::<optionRulesCall>(&OptionRules::default()),
            said::<IMarginVault::debtsCall>(&debts),
            said::<marksWithOptionsCall>(&marks),
            said::<IMarginVault::healthCall>(&healthReturn::default()),
            said::<IMarginVault::immatureCall>(&U256::ZERO),
            said::<IMarginVault::legsCall>(&legsReturn::default()),
        ];
        assert_eq!(results.len(), keeper.views().len());
        let answers = aggregate3Call::abi_encode_returns(&results);
        let mut answers = Answers::decode(&answers).unwrap();
        keeper.outlook(&mut answers).unwrap().recoverable
    }

    #[test]
    fn deposits_since_a_deficit_recover_nothing_of_it() {
        let pool = |recorded| availableReturn {
            amount: units(10_000),
            assets: units(10_000),
            lasting: units(10_000),
            recorded: units(recorded),
        };
        let dollars = |dollars| vec![(1, Usd(dollars * WAD as i128))];
        assert_eq!(recoverable_from(pool(10_000)), dollars(860));
        // A cover of 400 instead of 1,000, of which debts have 360, and known ones 40 of those.
        assert_eq!(recoverable_from(pool(4_000)), dollars(320));
        assert_eq!(recoverable_from(pool(0)), dollars(0));
    }

    #[test]
    fn every_option_is_asked_for_once_and_perpetuals_without_any() {
        let sizes = |count| {
            in_calls(&vec![0; count])
                .map(<[_]>::len)
                .collect::<Vec<_>>()
        };
        assert_eq!(sizes(0), [0]);
        assert_eq!(sizes(64), [64]);
        assert_eq!(sizes(65), [64, 1]);
        assert_eq!(sizes(130), [64, 64, 2]);
    }

    #[test]
    fn options_are_known_from_their_listing_to_their_end() {
        let mut keeper = keeper();
        let listed = OptionListed {
            instrument: 1 << 31,
            underlying: 1,
            expiry: 900,
            strike: U256::from(7),
            isCall: true,
        };
        keeper.learn(&[log(Address::ZERO, &listed, None)]);
        assert!(keeper.instruments.is_empty(), "another vault's");
        keeper.learn(&[log(VAULT, &listed, None)]);
        let closing = OptionClosing {
            instrument: 1 << 31,
            closes: 800,
        };
        keeper.learn(&[log(VAULT, &closing, None)]);
        let series = Series {
            closes: 800,
            ..Series::listed(1, 900, U256::from(7), true).unwrap()
        };
        let known = &keeper.instruments[&(1 << 31)];
        assert_eq!(known, &Instrument::Option(series));
        assert!(keeper.options().is_empty(), "nothing to value it by");
        let instrument = 1 << 31;
        keeper.learn(&[log(VAULT, &OptionDelisted { instrument }, None)]);
        assert!(keeper.instruments.is_empty());
    }

    #[test]
    fn a_deleveraging_counts_from_the_call_that_decided_it() {
        let mut keeper = keeper();
        let mut call = |time, done| {
            let event = Deleveraged {
                account: ACCOUNT,
                done,
                deficit: U256::ZERO,
                insured: U256::ZERO,
            };
            keeper.learn(&[log(VAULT, &event, time)]);
            keeper.unfinished.get(&ACCOUNT).copied()
        };
        assert_eq!(call(Some(1_000), false), Some(1_000));
        assert_eq!(call(Some(4_600), false), Some(1_000), "it goes on");
        assert_eq!(call(Some(4_601), false), Some(4_601), "it is decided anew");
        assert_eq!(call(Some(4_602), true), None);
        assert_eq!(call(None, false), Some(0), "of an unknown time");
    }
}
