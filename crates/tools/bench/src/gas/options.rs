//! Accounts of fifteen options and a perpetual on one underlying: a trade between two of them, and a liquidation, with the risk
//! engine's work in it. Both sides of every series are in use, and so are the buckets that the legs move to.

use super::{Bench, START_PRICE, portfolios::WHALE};
use crate::BenchError;
use alloy::primitives::{Address, B256, U256};
use client::{
    abi::{
        IMarginVault,
        IOracleGuard::{self, OptionId, Surface},
    },
    chain::Transaction,
    orders::{Party, Trade, settle},
    units::{WAD, number, signed_number, tokens, wad},
};
use stage::market::{WEEK, deposit, free_options, friday_after, rate};

/// With the perpetual, the most legs that an account may have.
const SERIES: usize = 15;
/// Weeks from the next Friday to each expiry.
const WEEKS: [u64; 4] = [1, 3, 7, 11];
const VOLATILITY: f64 = 0.8;
/// Dollars that the operator pays for listing all series: 25 each.
const LISTING_FEES: f64 = 25.0 * SERIES as f64;
/// Dollars between strikes.
const STRIKE_STEP: f64 = 10.0;
/// Units of the perpetual that an account is long beside its options.
const PERPETUAL: f64 = 8.0;

/// Owns the accounts that get into trouble.
const WEAK: usize = 3;
/// Owns the accounts that take over.
const LIQUIDATOR: usize = 2;
const HEALTHY: usize = 4;
const DEPOSIT: f64 = 100_000.0;
const WHALES_DEPOSIT: f64 = 20_000_000.0;
/// Margin utilisation that a weak account is left with at the start price.
const WEAK_UTILISATION: f64 = 0.4;
/// Part of itself that the price falls by at each step, until the weak accounts are below maintenance margin.
const STEP: f64 = 0.01;
const MOST_STEPS: i32 = 20;
/// Seconds until the outflow limiter lets as much out again.
const OUTFLOW_SECONDS: u64 = 3_600;

/// One series, and what an account holds of it.
struct Series {
    number: u32,
    id: OptionId,
    /// Positive is long.
    size: f64,
}

impl Bench<'_> {
    pub(super) async fn options(&mut self) -> Result<(), BenchError> {
        self.open_market(1).await?;
        let series = self.list_series().await?;
        let account = |who: usize, k: u64| self.people[who].sub_account(k);
        let [healthy, first, weak] = [account(HEALTHY, 20), account(WEAK, 20), account(WEAK, 21)];
        let into = [20, 21].map(|k| account(LIQUIDATOR, k));
        let whale = account(WHALE, 0);
        let accounts = [healthy, first, weak, into[0], into[1], whale];
        let mut dollars = vec![DEPOSIT; accounts.len()];
        dollars[accounts.len() - 1] = WHALES_DEPOSIT;
        self.chain
            .execute(&self.endow(&accounts, &dollars)?)
            .await?;
        for (who, account) in [(HEALTHY, healthy), (WEAK, first), (WEAK, weak)] {
            self.open_book(who, account, &series).await?;
        }
        // So that every mark has moved since it was last read, here and below. Volatilities are too old by then to open anything.
        self.price(START_PRICE * (1.0 + STEP / 10.0)).await?;
        for option in &series[..WEEKS.len()] {
            let surface = self.surface(option.id.expiry)?;
            self.chain.execute(&[surface]).await?;
        }
        let trade = self
            .option_trade((HEALTHY, healthy), &series, 0, 1.0)
            .await?;
        self.meter.note("vault.settle.15options", trade).await?;
        let trade = self
            .option_trade((HEALTHY, healthy), &series, 0, 1.0)
            .await?;
        self.meter
            .note_after(0, "vault.settle.15options.unmoved", trade)
            .await?;
        for account in [first, weak] {
            self.weaken(account).await?;
        }
        let price = self.fall_until_unhealthy(weak).await?;
        let liquidate = |account, into| IMarginVault::liquidateCall {
            account,
            into,
            maxShare: U256::from(WAD),
        };
        let vault = self.market.vault;
        let one = liquidate(first, into[0]);
        let one = self.people[LIQUIDATOR].call(self.chain, vault, &one)?;
        self.chain.execute(&[one]).await?;
        self.price(price * (1.0 - STEP / 10.0)).await?;
        let other = liquidate(weak, into[1]);
        self.call("vault.liquidate.15options", LIQUIDATOR, vault, &other)
            .await
    }

    /// Lets options be listed, sets their volatilities, and lists fifteen: the strikes, kinds and sizes of the portfolio that
    /// the risk engine is measured with.
    async fn list_series(&self) -> Result<Vec<Series>, BenchError> {
        let (vault, guard) = (self.market.vault, self.market.guard);
        let underlying = &self.market.contracts[0];
        let first_friday = friday_after(self.chain.timestamp().await?);
        let expiries = WEEKS.map(|weeks| first_friday + weeks * WEEK);
        let mut setup = vec![
            self.operator
                .call(self.chain, vault, &rules(underlying.instrument))?,
            self.operator.call(
                self.chain,
                guard,
                &IOracleGuard::setSurfaceProviderCall {
                    provider: self.operator.address(),
                },
            )?,
        ];
        for expiry in expiries {
            setup.push(self.surface(expiry)?);
        }
        setup.extend(deposit(
            self.chain,
            &self.market,
            self.operator,
            LISTING_FEES,
        )?);
        self.chain.execute(&setup).await?;
        let mut listed = Vec::with_capacity(SERIES);
        for place in 0..SERIES {
            let (e, m) = (place % WEEKS.len(), place / WEEKS.len());
            let distance = m.div_ceil(2) as f64 * STRIKE_STEP;
            let strike = wad(START_PRICE + if m % 2 == 1 { distance } else { -distance });
            let (expiry, is_call) = (expiries[e], (m + e) % 2 == 0);
            let list = IMarginVault::listOptionCall {
                underlying: underlying.instrument,
                expiry,
                strike,
                isCall: is_call,
                account: self.operator.account(),
            };
            let list = self.operator.call(self.chain, vault, &list)?;
            self.chain.execute(&[list]).await?;
            let number = IMarginVault::seriesOfCall {
                underlying: underlying.instrument,
                expiry,
                strike,
                isCall: is_call,
            };
            listed.push(Series {
                number: self.chain.call(vault, &number).await?,
                id: OptionId {
                    asset: 0,
                    expiry,
                    strike: strike.to(),
                    isCall: is_call,
                    closes: 0,
                },
                size: if (m / 2 + e) % 2 == 0 { -1.0 } else { 1.0 },
            });
        }
        Ok(listed)
    }

    /// Says the volatility of an expiry.
    fn surface(&self, expiry: u64) -> Result<Transaction, BenchError> {
        let set = IOracleGuard::setSurfaceCall {
            asset: self.market.contracts[0].asset,
            expiry,
            surface: Surface {
                atm: rate(VOLATILITY),
                skew: 0,
                curvature: 0,
            },
        };
        Ok(self.operator.call(self.chain, self.market.guard, &set)?)
    }

    /// Buys and sells everything from and to the whale.
    async fn open_book(
        &mut self,
        who: usize,
        account: B256,
        series: &[Series],
    ) -> Result<(), BenchError> {
        let perpetual = self.buy(who, account, 0, PERPETUAL)?;
        self.chain.execute(&[perpetual]).await?;
        for (place, option) in series.iter().enumerate() {
            let trade = self
                .option_trade((who, account), series, place, option.size)
                .await?;
            self.chain.execute(&[trade]).await?;
        }
        Ok(())
    }

    /// The settlement of a trade with the whale at the mark; a negative size is sold to it.
    async fn option_trade(
        &mut self,
        (who, account): (usize, B256),
        series: &[Series],
        place: usize,
        size: f64,
    ) -> Result<Transaction, BenchError> {
        let price = self.mark_of(&series[place]).await?;
        let trader = Party {
            wallet: &self.people[who],
            account,
        };
        let whale = Party::main(&self.people[WHALE]);
        let (buyer, seller) = if size > 0.0 {
            (trader, whale)
        } else {
            (whale, trader)
        };
        let trade = Trade {
            seller,
            buyer,
            instrument: series[place].number,
            size: wad(size.abs()),
            price,
            nonce: self.nonce,
            reduce_only: false,
        };
        let settlement = settle(self.chain, self.market.vault, self.operator, &trade)?;
        self.nonce += 1;
        Ok(settlement)
    }

    async fn mark_of(&self, series: &Series) -> Result<U256, BenchError> {
        let ask = IOracleGuard::marksWithOptionsCall {
            assets: self.market.assets(),
            options: vec![series.id.clone()],
        };
        let answer = self.chain.call(self.market.guard, &ask).await?;
        Ok(U256::from(answer._1[0].mark))
    }

    /// Takes out what an account does not need for its utilisation.
    async fn weaken(&self, account: B256) -> Result<(), BenchError> {
        let health = self.health_of(account).await?;
        let left = health.maintenance / WEAK_UTILISATION;
        let withdraw = IMarginVault::withdrawCall {
            account,
            amount: tokens(health.equity - left),
            to: Address::repeat_byte(1),
        };
        let withdraw = self.people[WEAK].call(self.chain, self.market.vault, &withdraw)?;
        self.chain.execute(&[withdraw]).await?;
        Ok(self.chain.advance(OUTFLOW_SECONDS).await?)
    }

    /// Lets the price fall until an account is below maintenance margin. Returns where it stopped.
    async fn fall_until_unhealthy(&self, account: B256) -> Result<f64, BenchError> {
        for step in 0..MOST_STEPS {
            let price = START_PRICE * (1.0 - STEP).powi(step);
            self.price(price).await?;
            let health = self.health_of(account).await?;
            if health.equity < health.maintenance {
                return Ok(price);
            }
        }
        Err(BenchError::Io {
            what: "the liquidation of options".to_owned(),
            reason: format!("no fall of the price in {MOST_STEPS} made the account unhealthy"),
        })
    }

    async fn health_of(&self, account: B256) -> Result<Health, BenchError> {
        let ask = IMarginVault::healthCall { account };
        let told = self.chain.call(self.market.vault, &ask).await?;
        Ok(Health {
            equity: signed_number(told.equity),
            maintenance: number(told.maintenance),
        })
    }
}

/// Dollars.
struct Health {
    equity: f64,
    maintenance: f64,
}

/// Options on a perpetual without fees.
fn rules(underlying: u32) -> IMarginVault::setOptionRulesCall {
    const TICK: f64 = 0.01;
    IMarginVault::setOptionRulesCall {
        underlying,
        rules: free_options(TICK, STRIKE_STEP),
        emergencies: 0,
    }
}
