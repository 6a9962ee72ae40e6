//! A market that the adversary has created beside the one under attack: its feeds, its accounts, its bond. One honest account has
//! capital there and does not trade. Whatever happens there must touch neither that capital nor anything of the other market.

use alloy::primitives::{Address, B256, Log, U256, keccak256};
use alloy::sol_types::SolValue;
use client::abi::IMarketFactory::{Listing, MarketConfig};
use client::abi::{IERC4626, IMarginVault, IMarketFactory, IOracleGuard, IPriceFeed, IQuoteToken};
use client::units::{tokens, wad};
use stage::market::rate;

use crate::bounds::{Kind, Violation, hold};
use crate::node::Question;
use crate::seen::{money, tokens_as_money};
use crate::system::{self, FEED};
use crate::world::{Scene, World};

const INSTRUMENT: u32 = 1;
const PRICE: f64 = 10.0;
/// Dollars that the creator locks.
const BOND: f64 = 10_000.0;
/// Dollars of the honest account.
const IDLE: f64 = 100_000.0;
/// Whose it is.
const HONEST: usize = 14;
/// Dollars of each of the adversary's accounts at the start.
const STAKE: f64 = 50_000.0;
const WAD: u128 = 1_000_000_000_000_000_000;

/// Addresses of the market.
#[derive(Clone, Debug)]
pub struct OwnMarket {
    vault: Address,
    pool: Address,
    asset: B256,
    feeds: [Address; 2],
}

impl OwnMarket {
    /// Creates it; its accounts deposit.
    pub fn create(scene: Scene<'_>) -> Self {
        let Scene { node, system } = scene;
        let creator = system.adversary();
        let feeds = [0, 1].map(|_| node.create(creator, system::feed_code(creator, PRICE)));
        let salt = keccak256("own market");
        let predicted = node.view(
            system.deployment.factory,
            &IMarketFactory::predictCall { creator, salt },
        );
        let symbol = B256::right_padding_from(b"OWN");
        let market = Self {
            vault: predicted.vault,
            pool: predicted.pool,
            asset: keccak256((predicted.vault, symbol).abi_encode()),
            feeds,
        };
        let config = MarketConfig {
            salt,
            quoteToken: system.token,
            listings: vec![market.listing(symbol)],
            bond: tokens(BOND),
        };
        let call = IMarketFactory::createMarketCall {
            config: config.abi_encode().into(),
        };
        node.must(creator, system.deployment.factory, &call);
        market.fund(scene);
        market
    }

    /// Vault and pool: what they hold is the creator's, but for the idle capital, which does not change.
    pub fn purses(&self) -> [Address; 2] {
        [self.vault, self.pool]
    }

    fn listing(&self, symbol: B256) -> Listing {
        Listing {
            instrument: INSTRUMENT,
            symbol,
            feed: IOracleGuard::Feed {
                primary: self.feeds[0],
                secondary: self.feeds[1],
                heartbeat: 86_400,
                secondaryHeartbeat: 86_400,
                floor: wad(0.001).to(),
                ceiling: wad(1e6).to(),
            },
            parameters: IMarginVault::Instrument {
                asset: B256::ZERO,
                maintenanceRate: rate(0.05),
                initialRate: rate(0.1),
                priceBand: rate(0.1),
                makerFee: 0,
                takerFee: 0,
                shock: rate(1.5),
                openInterestLimit: wad(1e9).to(),
                coverAllowance: wad(BOND).to(),
            },
        }
    }

    fn fund(&self, scene: Scene<'_>) {
        let Scene { node, system } = scene;
        for owner in [system.adversary(), system.owner_of(HONEST)] {
            for spender in [self.vault, self.pool] {
                let amount = U256::MAX;
                node.must(
                    owner,
                    system.token,
                    &IQuoteToken::approveCall { spender, amount },
                );
            }
        }
        for (place, dollars) in [(0, STAKE), (1, STAKE), (HONEST, IDLE)] {
            let call = IMarginVault::depositCall {
                account: system.accounts[place],
                amount: tokens(dollars),
            };
            node.must(system.owner_of(place), self.vault, &call);
        }
    }

    /// One step of the creator's in its market.
    pub fn step(&self, world: &mut World<'_>, kind: u16, y: u16) -> Result<Vec<Log>, String> {
        let Scene { node, system } = world.scene;
        let creator = system.adversary();
        let account = system.accounts[usize::from(y & 1)];
        match kind % 10 {
            0..3 => self.trade(world, y),
            3 | 4 => self.move_feeds(world.scene, y),
            5 => {
                let call = IMarginVault::deleverageCall {
                    account,
                    maxLegs: U256::from(16),
                };
                node.send(creator, self.vault, &call)
            }
            6 => {
                let call = IMarginVault::convertCall {
                    account,
                    maxProfit: U256::MAX,
                };
                node.send(creator, self.vault, &call)
            }
            7 => {
                let capital = node
                    .view(self.vault, &IMarginVault::balancesCall { account })
                    .capital;
                let call = IMarginVault::withdrawCall {
                    account,
                    amount: capital / U256::from(1_000_000_000_000_u64),
                    to: creator,
                };
                node.send(creator, self.vault, &call)
            }
            8 => {
                let instrument = INSTRUMENT;
                node.send(
                    creator,
                    self.vault,
                    &IMarginVault::recoverCall { instrument },
                )
            }
            _ => {
                let (assets, receiver) = (tokens(f64::from(y)), creator);
                node.send(
                    creator,
                    self.pool,
                    &IERC4626::depositCall { assets, receiver },
                )
            }
        }
    }

    fn trade(&self, world: &mut World<'_>, y: u16) -> Result<Vec<Log>, String> {
        let Scene { node, system } = world.scene;
        let asset = self.asset;
        let mark = node
            .view(system.guard, &IOracleGuard::readCall { asset })
            .mark;
        let mark: u128 = mark.try_into().unwrap_or(u128::MAX);
        let cover = node.view(
            self.vault,
            &IMarginVault::coverCall {
                instrument: INSTRUMENT,
            },
        );
        let limit: u128 = cover.openInterestLimit.try_into().unwrap_or(u128::MAX);
        let size = limit / (1 + u128::from(y / 8 % 3)) / 1_000 * 999;
        let price = mark / 100 * [92, 100, 108][usize::from(y / 2 % 3)];
        let parties = if y & 1 == 0 { [0, 1] } else { [1, 0] };
        world.settle_in(
            self.vault,
            0,
            parties,
            INSTRUMENT,
            size.max(WAD / 1_000),
            price,
        )
    }

    /// Both feeds, which are the creator's, say the same.
    fn move_feeds(&self, scene: Scene<'_>, y: u16) -> Result<Vec<Log>, String> {
        let factor = [0.5, 0.9, 0.98, 1.02, 1.1, 2.0][usize::from(y % 6)];
        let answer = (PRICE * FEED * factor) as i64;
        let answer =
            alloy::primitives::I256::try_from(answer).map_err(|error| error.to_string())?;
        let creator = scene.system.adversary();
        for feed in self.feeds {
            scene
                .node
                .send(creator, feed, &IPriceFeed::pushCall { answer })?;
        }
        Ok(vec![])
    }

    /// Invariants 1, 2 and 4 of that market.
    pub fn check(&self, scene: Scene<'_>) -> Result<(), Violation> {
        let Scene { node, system } = scene;
        let account = system.accounts[HONEST];
        let mut answers = node.look(&[
            Question::new(self.vault, &IMarginVault::touchCall { account }),
            Question::new(self.vault, &IMarginVault::balancesCall { account }),
            Question::new(self.vault, &IMarginVault::totalsCall {}),
            Question::new(
                system.token,
                &IQuoteToken::balanceOfCall { owner: self.vault },
            ),
        ]);
        let _ = answers.ask::<IMarginVault::touchCall>();
        let idle = answers.take::<IMarginVault::balancesCall>();
        let totals = answers.take::<IMarginVault::totalsCall>();
        let held = answers.take::<IQuoteToken::balanceOfCall>();
        hold(Kind::Theft, idle.capital >= wad(IDLE), || {
            format!("idle capital of the creator's market is {}", idle.capital)
        })?;
        hold(Kind::Backing, totals.capital <= totals.tokens, || {
            format!("the creator's market: {totals:?}")
        })?;
        let enough = tokens_as_money(held) >= money(totals.tokens);
        hold(Kind::Conservation, enough, || {
            format!("the creator's market holds {held} of {}", totals.tokens)
        })
    }
}
