//! An isolated market, created through the factory.

use alloy::{
    hex,
    primitives::{Address, B256, Bytes, U256, keccak256},
    sol_types::SolValue,
};
use client::records::Deployment;
use client::{
    abi::{
        IERC4626, IInsurancePool, IMarginVault,
        IMarketFactory::{self, Listing, MarketConfig},
        IOracleGuard, IQuoteToken,
    },
    chain::{Chain, ChainError, Transaction, Wallet},
    units::{tokens, wad},
};

/// One perpetual of the market.
#[derive(Clone, Debug)]
pub struct Contract {
    /// Its number in the vault.
    pub instrument: u32,
    /// Its id in the guard.
    pub asset: B256,
    /// Its name.
    pub symbol: String,
    /// Where its price comes from.
    pub feed: Address,
}

/// Addresses of a market and of what it uses.
#[derive(Clone, Debug)]
pub struct Market {
    /// Margin vault.
    pub vault: Address,
    /// Insurance pool.
    pub pool: Address,
    /// Oracle guard.
    pub guard: Address,
    /// Quote token.
    pub token: Address,
    /// What can be traded.
    pub contracts: Vec<Contract>,
}

/// Dollars of the bond of a market: the least that the factory takes until governance sets another.
const BOND: f64 = 10_000.0;

/// Share of itself by which the stable price of a coin may move per second.
pub const STABLE_PRICE_RATE: f64 = 0.0003;

/// Rates and limits of every contract of a market.
#[derive(Clone, Copy, Debug)]
pub struct ContractSpec {
    /// Maintenance margin, share of notional.
    pub maintenance: f64,
    /// Initial margin, share of notional.
    pub initial: f64,
    /// Distance from the mark within which a trade may fill, share of the mark.
    pub band: f64,
    /// Fee of the maker and of the taker, share of notional.
    pub fees: [f64; 2],
    /// Largest open interest of one side, in units of the underlying.
    pub open_interest: f64,
    /// The largest move in ten minutes that cover has to pay for, share of the mark, once the market is promoted.
    pub shock: f64,
    /// Dollars that insurance pays for one contract.
    pub cover: f64,
    /// Prices outside are not believed.
    pub floor: f64,
    /// Prices outside are not believed.
    pub ceiling: f64,
    /// Seconds after which a price is too old.
    pub heartbeat: u32,
}

impl ContractSpec {
    /// Dollars of insurance behind `notional` of open interest in every contract: a contract's cover has to pay for the
    /// shock beyond maintenance margin, and is at most a tenth of the pool.
    pub fn insurance(&self, notional: f64) -> f64 {
        const LARGEST_SHARE_OF_POOL: f64 = 0.1;
        (self.shock - self.maintenance) * notional / LARGEST_SHARE_OF_POOL
    }
}

impl Market {
    /// The guard's ids of everything that can be traded.
    pub fn assets(&self) -> Vec<B256> {
        self.contracts
            .iter()
            .map(|contract| contract.asset)
            .collect()
    }

    /// Creates a market with one contract for each name and price feed, numbered from 1, and makes its pool cover it. Its
    /// instruments stay as those of an experimental market: their cover has to pay for a move of 150 %. Each has a second
    /// source, which repeats the first one, and margins of the specification's rates, however much its price moves.
    pub async fn create(
        chain: &Chain,
        owner: &Wallet,
        deployment: &Deployment,
        listed: &[(&str, Address)],
        spec: &ContractSpec,
    ) -> Result<Self, ChainError> {
        let salt = keccak256(chain.block_number().await?.to_be_bytes());
        let predict = IMarketFactory::predictCall {
            creator: owner.address(),
            salt,
        };
        let predicted = chain.call(deployment.factory, &predict).await?;
        let contracts: Vec<Contract> = listed
            .iter()
            .zip(1..)
            .map(|(&(symbol, feed), number)| contract(predicted.vault, symbol, feed, number))
            .collect();
        let mut setup = give_bond(chain, owner, deployment)?;
        let mut second_feeds = Vec::with_capacity(contracts.len());
        for contract in &contracts {
            let mirror = mirror_of(contract.feed);
            let create = owner.create(chain, "create a second source", mirror)?;
            second_feeds.push(create.to);
            setup.push(create);
        }
        let config = MarketConfig {
            salt,
            quoteToken: deployment.quote_token,
            listings: contracts
                .iter()
                .zip(second_feeds)
                .map(|(contract, second)| listing(contract, second, spec))
                .collect(),
            bond: tokens(BOND),
        };
        let create = IMarketFactory::createMarketCall {
            config: config.abi_encode().into(),
        };
        setup.push(owner.call(chain, deployment.factory, &create)?);
        let promote = IMarketFactory::promoteCall {
            vault: predicted.vault,
        };
        setup.push(owner.call(chain, deployment.factory, &promote)?);
        let market = Self {
            vault: predicted.vault,
            pool: predicted.pool,
            guard: deployment.guard,
            token: deployment.quote_token,
            contracts,
        };
        for contract in &market.contracts {
            setup.extend(market.settle_in(chain, owner, contract, spec)?);
        }
        chain.execute(&setup).await?;
        Ok(market)
    }

    /// Gives a contract its cover, and holds its range to the least, so that the specification's rates are its margins.
    fn settle_in(
        &self,
        chain: &Chain,
        owner: &Wallet,
        contract: &Contract,
        spec: &ContractSpec,
    ) -> Result<[Transaction; 2], ChainError> {
        const LEAST_RANGE: f64 = 0.01;
        const STRESSED: f64 = 1.5;
        let insure = IMarginVault::setInstrumentCall {
            instrument: contract.instrument,
            parameters: IMarginVault::Instrument {
                asset: contract.asset,
                ..parameters(spec)
            },
            emergencies: 0,
        };
        let hold = IOracleGuard::setRangeLimitsCall {
            asset: contract.asset,
            limits: IOracleGuard::RangeLimits {
                stressed: rate(STRESSED),
                min: rate(LEAST_RANGE),
                max: rate(LEAST_RANGE),
                confidence: 0,
                stablePriceRate: rate(STABLE_PRICE_RATE),
            },
            emergencies: 0,
        };
        Ok([
            owner.call(chain, self.vault, &insure)?,
            owner.call(chain, self.guard, &hold)?,
        ])
    }

    /// Sets the shock of every contract to that of the specification, as governance does when it promotes a market.
    pub async fn promote(
        &self,
        chain: &Chain,
        owner: &Wallet,
        spec: &ContractSpec,
    ) -> Result<(), ChainError> {
        let set = |contract: &Contract| {
            let call = IMarginVault::setInstrumentCall {
                instrument: contract.instrument,
                parameters: IMarginVault::Instrument {
                    asset: contract.asset,
                    shock: rate(spec.shock),
                    ..parameters(spec)
                },
                emergencies: 0,
            };
            owner.call(chain, self.vault, &call)
        };
        let transactions: Vec<_> = self.contracts.iter().map(set).collect::<Result<_, _>>()?;
        chain.execute(&transactions).await.map(drop)
    }

    /// What has the vault draw at most `share` of the pool a day, between 0 and 1; the pool's other parameters stay.
    pub async fn daily_draw(
        &self,
        chain: &Chain,
        share: f64,
    ) -> Result<IInsurancePool::setParametersCall, ChainError> {
        let now = chain
            .call(self.pool, &IInsurancePool::parametersCall {})
            .await?;
        Ok(IInsurancePool::setParametersCall {
            parameters: IInsurancePool::Parameters {
                dailyDrawShare: rate(share),
                ..now
            },
            emergencies: 0,
        })
    }

    /// Mints what `dollars` exceed the bond by and deposits it into the insurance pool.
    pub async fn seed_insurance(
        &self,
        chain: &Chain,
        from: &Wallet,
        dollars: f64,
    ) -> Result<(), ChainError> {
        let (amount, receiver) = (tokens(dollars - BOND), from.address());
        let approve = IQuoteToken::approveCall {
            spender: self.pool,
            amount,
        };
        let transactions = [
            from.call(
                chain,
                self.token,
                &IQuoteToken::mintCall {
                    to: receiver,
                    amount,
                },
            )?,
            from.call(chain, self.token, &approve)?,
            from.call(
                chain,
                self.pool,
                &IERC4626::depositCall {
                    assets: amount,
                    receiver,
                },
            )?,
        ];
        chain.execute(&transactions).await.map(drop)
    }
}

/// Transactions with which `creator` mints the bond and lets the factory take it.
fn give_bond(
    chain: &Chain,
    creator: &Wallet,
    deployment: &Deployment,
) -> Result<Vec<Transaction>, ChainError> {
    let mint = IQuoteToken::mintCall {
        to: creator.address(),
        amount: tokens(BOND),
    };
    let approve = IQuoteToken::approveCall {
        spender: deployment.factory,
        amount: tokens(BOND),
    };
    Ok(vec![
        creator.call(chain, deployment.quote_token, &mint)?,
        creator.call(chain, deployment.quote_token, &approve)?,
    ])
}

fn contract(vault: Address, symbol: &str, feed: Address, instrument: u32) -> Contract {
    Contract {
        instrument,
        asset: keccak256((vault, symbol_word(symbol)).abi_encode()),
        symbol: symbol.to_owned(),
        feed,
    }
}

/// Creation code of a contract that answers whatever `feed` answers: a second source without a second set of prices.
fn mirror_of(feed: Address) -> Bytes {
    /// Returns the rest as code: copies the calldata, and makes a static call ...
    const HEAD: &[u8] = &hex!("60368060093d393df3" "366000600037" "6000600036600073");
    /// ... copies what comes back, and returns it, or reverts with it.
    const TAIL: &[u8] = &hex!("5afa" "3d600060003e" "603157" "3d6000fd" "5b3d6000f3");
    [HEAD, feed.as_slice(), TAIL].concat().into()
}

/// Up to 32 bytes of text, as Solidity keeps it in a `bytes32`.
fn symbol_word(symbol: &str) -> B256 {
    B256::right_padding_from(symbol.as_bytes())
}

/// A share as the contracts take it: WAD, a multiple of 1e-9.
pub fn rate(share: f64) -> u64 {
    wad(share).to()
}

fn listing(contract: &Contract, second_feed: Address, spec: &ContractSpec) -> Listing {
    Listing {
        instrument: contract.instrument,
        symbol: symbol_word(&contract.symbol),
        feed: IOracleGuard::Feed {
            primary: contract.feed,
            secondary: second_feed,
            heartbeat: spec.heartbeat,
            secondaryHeartbeat: spec.heartbeat,
            floor: wad(spec.floor).to(),
            ceiling: wad(spec.ceiling).to(),
        },
        // An experimental market's cover is at most its bond.
        parameters: IMarginVault::Instrument {
            coverAllowance: 0,
            ..parameters(spec)
        },
    }
}

/// The parameters of a contract in an experimental market; the factory or the caller fills in the asset.
fn parameters(spec: &ContractSpec) -> IMarginVault::Instrument {
    const EXPERIMENTAL_SHOCK: f64 = 1.5;
    let [maker, taker] = spec.fees;
    IMarginVault::Instrument {
        asset: B256::ZERO,
        maintenanceRate: rate(spec.maintenance),
        initialRate: rate(spec.initial),
        priceBand: rate(spec.band),
        makerFee: rate(maker),
        takerFee: rate(taker),
        shock: rate(EXPERIMENTAL_SHOCK),
        openInterestLimit: wad(spec.open_interest).to(),
        coverAllowance: wad(spec.cover).to(),
    }
}

/// Seconds in a week.
pub const WEEK: u64 = 7 * DAY;
/// Seconds in a day.
const DAY: u64 = 86_400;

/// Unix time, in seconds, of 08:00 UTC on the first Friday after `now`.
pub fn friday_after(now: u64) -> u64 {
    /// Friday 2 January 1970.
    const FIRST: u64 = DAY + 8 * 3_600;
    FIRST + ((now - FIRST) / WEEK + 1) * WEEK
}

/// Options without fees, on strikes `step` dollars apart that are counted in `tick` dollars, and limits that nothing comes near.
pub fn free_options(tick: f64, step: f64) -> IMarginVault::OptionRules {
    const PLENTY: f64 = 1e9;
    IMarginVault::OptionRules {
        tick: wad(tick).to(),
        strikeStep: (step / tick) as u32,
        strikeRange: rate(1.0),
        longestExpiry: (100 * DAY) as u32,
        maxSeries: 40,
        volRange: rate(0.3),
        shortOptionRate: rate(0.01),
        makerFee: 0,
        takerFee: 0,
        vegaLimit: wad(PLENTY).to(),
        gammaLimit: wad(PLENTY).to(),
    }
}

/// Transactions with which `from` mints `dollars` and deposits them into its own account of the vault.
pub fn deposit(
    chain: &Chain,
    market: &Market,
    from: &Wallet,
    dollars: f64,
) -> Result<[client::chain::Transaction; 3], ChainError> {
    let amount: U256 = tokens(dollars);
    Ok([
        from.call(
            chain,
            market.token,
            &IQuoteToken::mintCall {
                to: from.address(),
                amount,
            },
        )?,
        from.call(
            chain,
            market.token,
            &IQuoteToken::approveCall {
                spender: market.vault,
                amount,
            },
        )?,
        from.call(
            chain,
            market.vault,
            &IMarginVault::depositCall {
                account: from.account(),
                amount,
            },
        )?,
    ])
}
