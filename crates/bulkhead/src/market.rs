//! An isolated market, created through the factory.

use crate::{
    abi::{
        IERC4626, IMarginVault,
        IMarketFactory::{self, Listing, MarketConfig},
        IOracleGuard, IQuoteToken,
    },
    chain::{Chain, ChainError, Wallet},
    deploy::Deployment,
    units::{WAD, tokens, wad},
};
use alloy::{
    primitives::{Address, B256, U256, keccak256},
    sol_types::SolValue,
};

/// One perpetual of the market.
#[derive(Clone, Debug)]
pub struct Contract {
    /// Its number in the vault.
    pub instrument: u32,
    /// Its id in the guard.
    pub asset: B256,
    /// Its name.
    pub symbol: &'static str,
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
    /// Price feed of all contracts.
    pub feed: Address,
    /// What can be traded.
    pub contracts: Vec<Contract>,
}

/// Margin rates and limits of every contract of a market.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Maintenance margin, share of notional.
    pub maintenance: f64,
    /// Initial margin, share of notional.
    pub initial: f64,
    /// Distance from the mark within which a trade may fill, share of the mark.
    pub band: f64,
    /// Largest open interest of one side, in units of the underlying.
    pub open_interest: f64,
    /// Prices outside are not believed.
    pub floor: f64,
    /// Prices outside are not believed.
    pub ceiling: f64,
    /// Seconds after which a price is too old.
    pub heartbeat: u32,
}

impl Market {
    /// Creates a market of `symbols`, all on the deployment's price feed, owned by `owner`.
    pub async fn create(
        chain: &Chain,
        owner: &Wallet,
        deployment: &Deployment,
        symbols: &[&'static str],
        terms: &Terms,
    ) -> Result<Self, ChainError> {
        let salt = keccak256(chain.block_number().await?.to_be_bytes());
        let predict = IMarketFactory::predictCall {
            creator: owner.address(),
            salt,
        };
        let predicted = chain.call(deployment.factory, &predict).await?;
        let contracts: Vec<Contract> = symbols
            .iter()
            .zip(1..)
            .map(|(symbol, number)| contract(predicted.vault, symbol, number))
            .collect();
        let config = MarketConfig {
            salt,
            quoteToken: deployment.quote_token,
            listings: contracts
                .iter()
                .map(|contract| listing(contract, deployment.price_feed, terms))
                .collect(),
        };
        let create = IMarketFactory::createMarketCall {
            config: config.abi_encode().into(),
        };
        chain
            .execute(&[owner.call(chain, deployment.factory, &create)?])
            .await?;
        Ok(Self {
            vault: predicted.vault,
            pool: predicted.pool,
            guard: deployment.guard,
            token: deployment.quote_token,
            feed: deployment.price_feed,
            contracts,
        })
    }

    /// Mints `dollars` and deposits them into the insurance pool.
    pub async fn seed_insurance(
        &self,
        chain: &Chain,
        from: &Wallet,
        dollars: f64,
    ) -> Result<(), ChainError> {
        let (amount, receiver) = (tokens(dollars), from.address());
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

fn contract(vault: Address, symbol: &'static str, instrument: u32) -> Contract {
    Contract {
        instrument,
        asset: keccak256((vault, symbol_word(symbol)).abi_encode()),
        symbol,
    }
}

/// Up to 32 bytes of text, as Solidity keeps it in a `bytes32`.
fn symbol_word(symbol: &str) -> B256 {
    B256::right_padding_from(symbol.as_bytes())
}

fn listing(contract: &Contract, feed: Address, terms: &Terms) -> Listing {
    let rate = |share: f64| (share * WAD as f64).round() as u64;
    Listing {
        instrument: contract.instrument,
        symbol: symbol_word(contract.symbol),
        feed: IOracleGuard::Feed {
            primary: feed,
            secondary: Address::ZERO,
            heartbeat: terms.heartbeat,
            secondaryHeartbeat: 0,
            floor: wad(terms.floor).to(),
            ceiling: wad(terms.ceiling).to(),
        },
        parameters: IMarginVault::Instrument {
            asset: B256::ZERO,
            maintenanceRate: rate(terms.maintenance),
            initialRate: rate(terms.initial),
            priceBand: rate(terms.band),
            openInterestLimit: wad(terms.open_interest).to(),
        },
    }
}

/// Transactions with which `from` mints `dollars` and deposits them into its own account of the vault.
pub fn deposit(
    chain: &Chain,
    market: &Market,
    from: &Wallet,
    dollars: f64,
) -> Result<[crate::chain::Transaction; 3], ChainError> {
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
