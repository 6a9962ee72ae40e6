//! Gas of every public function, from receipts of real transactions; of views, from an estimate.

use super::BenchError;
use crate::{
    abi::{
        IERC4626, IInsurancePool, IMarginVault, IMarketFactory, IOracleGuard, IOwnable, IPriceFeed,
    },
    chain::{Chain, OPERATOR, Transaction, Wallet},
    deploy::{self, Deployment},
    market::{Market, Terms, deposit},
    orders::{Trade, settle},
    units::{FEED, tokens, wad},
};
use alloy::{
    primitives::{Address, B256, I256, U256},
    sol_types::SolCall,
};
use serde_json::json;
use std::{collections::BTreeMap, path::Path};

const TERMS: Terms = Terms {
    maintenance: 0.05,
    initial: 0.1,
    band: 0.02,
    open_interest: 1e9,
    floor: 10.0,
    ceiling: 10_000.0,
    heartbeat: 86_400,
};
const START_PRICE: f64 = 200.0;
/// Longer than the guard's mean, which restarts, so that no breaker stands in the way of a measurement.
const CALM_SECONDS: u64 = 600;

/// One market with its people, and the figures so far.
struct Bench<'a> {
    chain: &'a Chain,
    market: Market,
    operator: &'a Wallet,
    people: Vec<Wallet>,
    nonce: u64,
    gas: BTreeMap<String, u64>,
}

/// Deploys to `chain`, walks through every function, and returns the gas that each used, and the market.
pub async fn measure(
    root: &Path,
    chain: &Chain,
) -> Result<(BTreeMap<String, u64>, Market), BenchError> {
    let deployment = deploy::deploy(root, &chain.url, (START_PRICE * FEED) as i128).await?;
    let operator = Wallet::open(chain, OPERATOR).await?;
    let market = Market::create(chain, &operator, &deployment, &["ETH"], &TERMS).await?;
    let people = (0..8)
        .map(|k| Wallet::derived("bench", k))
        .collect::<Result<Vec<_>, _>>()?;
    let mut bench = Bench {
        chain,
        market,
        operator: &operator,
        people,
        nonce: 1,
        gas: BTreeMap::new(),
    };
    bench.fund().await?;
    bench.factory(&deployment).await?;
    bench.guard().await?;
    bench.pool().await?;
    bench.trading().await?;
    bench.closing().await?;
    bench.administration(&deployment).await?;
    bench.views().await?;
    bench.exits().await?;
    bench.ownership(&deployment).await?;
    Ok((bench.gas, bench.market))
}

impl Bench<'_> {
    /// Mines a transaction that must succeed and notes its gas under `name`.
    async fn note(&mut self, name: &str, transaction: Transaction) -> Result<(), BenchError> {
        let receipts = self.chain.execute(&[transaction]).await?;
        self.gas.insert(name.to_owned(), receipts[0].gas_used.to());
        Ok(())
    }

    async fn call<C: SolCall>(
        &mut self,
        name: &str,
        who: usize,
        to: Address,
        call: &C,
    ) -> Result<(), BenchError> {
        let transaction = self.people[who].call(self.chain, to, call)?;
        self.note(name, transaction).await
    }

    async fn owner_call<C: SolCall>(
        &mut self,
        name: &str,
        to: Address,
        call: &C,
    ) -> Result<(), BenchError> {
        let transaction = self.operator.call(self.chain, to, call)?;
        self.note(name, transaction).await
    }

    async fn fund(&mut self) -> Result<(), BenchError> {
        let mut transactions = Vec::new();
        for person in &self.people {
            let value = U256::from(10_u64.pow(18));
            transactions.push(self.operator.transact(
                self.chain,
                "gas money",
                person.address(),
                value,
                Default::default(),
            )?);
        }
        self.chain.execute(&transactions).await?;
        Ok(())
    }

    /// A new price that no breaker reacts to.
    async fn price(&self, dollars: f64) -> Result<(), BenchError> {
        let now = self.chain.timestamp().await?;
        self.chain
            .request::<serde_json::Value>("evm_setNextBlockTimestamp", json!([now + CALM_SECONDS]))
            .await?;
        let answer = I256::unchecked_from((dollars * FEED).round() as i128);
        let push = self.operator.call(
            self.chain,
            self.market.feed,
            &IPriceFeed::pushCall { answer },
        )?;
        let asset = self.market.contracts[0].asset;
        let poke = self.operator.call(
            self.chain,
            self.market.guard,
            &IOracleGuard::pokeCall { asset },
        )?;
        self.chain.execute(&[push, poke]).await?;
        Ok(())
    }

    async fn deposit(&mut self, name: &str, who: usize, dollars: f64) -> Result<(), BenchError> {
        let [mint, approve, put] = deposit(self.chain, &self.market, &self.people[who], dollars)?;
        self.chain.execute(&[mint, approve]).await?;
        self.note(name, put).await
    }

    async fn trade(
        &mut self,
        name: &str,
        buyer: usize,
        seller: usize,
        size: f64,
        price: f64,
    ) -> Result<(), BenchError> {
        let trade = Trade {
            seller: &self.people[seller],
            buyer: &self.people[buyer],
            instrument: self.market.contracts[0].instrument,
            size: wad(size),
            price: wad(price),
            nonce: self.nonce,
            reduce_only: false,
        };
        let transaction = settle(self.chain, self.market.vault, self.operator, &trade)?;
        self.nonce += 1;
        self.note(name, transaction).await
    }

    async fn factory(&mut self, deployment: &Deployment) -> Result<(), BenchError> {
        let before = self.chain.block_number().await?;
        Market::create(self.chain, self.operator, deployment, &["A"], &TERMS).await?;
        self.last_gas("factory.createMarket.1", before).await?;
        let before = self.chain.block_number().await?;
        Market::create(self.chain, self.operator, deployment, &["A", "B"], &TERMS).await?;
        self.last_gas("factory.createMarket.2", before).await?;
        let set = IMarketFactory::setQuoteTokenCall {
            token: self.market.token,
            allowed: true,
        };
        self.owner_call("factory.setQuoteToken", deployment.factory, &set)
            .await
    }

    /// Notes the gas of the one transaction since block `before`.
    async fn last_gas(&mut self, name: &str, before: u64) -> Result<(), BenchError> {
        #[derive(Clone, Debug, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Header {
            gas_used: alloy::primitives::U64,
        }
        let number = alloy::primitives::U64::from(before + 1);
        let header: Header = self
            .chain
            .request("eth_getBlockByNumber", json!([number, false]))
            .await?;
        self.gas.insert(name.to_owned(), header.gas_used.to());
        Ok(())
    }

    async fn guard(&mut self) -> Result<(), BenchError> {
        let (guard, asset) = (self.market.guard, self.market.contracts[0].asset);
        let push = IPriceFeed::pushCall {
            answer: I256::unchecked_from((START_PRICE * FEED) as i128),
        };
        let push = self.operator.call(self.chain, self.market.feed, &push)?;
        self.chain.execute(&[push]).await?;
        self.call(
            "guard.poke.new_price",
            0,
            guard,
            &IOracleGuard::pokeCall { asset },
        )
        .await?;
        self.call(
            "guard.poke.same_price",
            0,
            guard,
            &IOracleGuard::pokeCall { asset },
        )
        .await?;
        self.call(
            "guard.pokeMany.1",
            0,
            guard,
            &IOracleGuard::pokeManyCall {
                assets: vec![asset],
            },
        )
        .await
    }

    async fn pool(&mut self) -> Result<(), BenchError> {
        let (pool, who) = (self.market.pool, self.people[0].address());
        let amount = tokens(100_000.0);
        let mint = crate::abi::IQuoteToken::mintCall {
            to: who,
            amount: amount * U256::from(3),
        };
        let approve = crate::abi::IQuoteToken::approveCall {
            spender: pool,
            amount: U256::MAX,
        };
        let ready = [
            self.people[0].call(self.chain, self.market.token, &mint)?,
            self.people[0].call(self.chain, self.market.token, &approve)?,
        ];
        self.chain.execute(&ready).await?;
        let enter = IERC4626::depositCall {
            assets: amount,
            receiver: who,
        };
        self.call("pool.deposit.first", 0, pool, &enter).await?;
        self.call("pool.deposit.existing", 0, pool, &enter).await?;
        let shares = self
            .chain
            .call(pool, &IERC4626::balanceOfCall { owner: who })
            .await?
            / U256::from(4);
        self.call(
            "pool.mint",
            0,
            pool,
            &IERC4626::mintCall {
                shares,
                receiver: who,
            },
        )
        .await?;
        let to = self.people[1].address();
        self.call(
            "pool.transfer",
            0,
            pool,
            &IERC4626::transferCall { to, amount: shares },
        )
        .await?;
        self.call(
            "pool.approve",
            0,
            pool,
            &IERC4626::approveCall {
                spender: to,
                amount: shares,
            },
        )
        .await?;
        let request = IInsurancePool::requestRedeemCall {
            shares,
            receiver: to,
        };
        self.call("pool.requestRedeem", 1, pool, &request).await
    }

    async fn trading(&mut self) -> Result<(), BenchError> {
        let vault = self.market.vault;
        self.deposit("vault.deposit.new", 1, 10_000.0).await?;
        self.deposit("vault.deposit.existing", 1, 100_000.0).await?;
        for who in 2..8 {
            self.deposit(
                "vault.deposit.new",
                who,
                if who == 2 { 1_000.0 } else { 200_000.0 },
            )
            .await?;
        }
        self.trade("vault.settle.new", 3, 1, 100.0, START_PRICE)
            .await?;
        self.trade("vault.settle.existing", 3, 1, 10.0, START_PRICE)
            .await?;
        self.trade("vault.settle.reducing", 1, 3, 10.0, START_PRICE)
            .await?;
        let account = self.people[3].account();
        self.call(
            "vault.touch.unchanged",
            0,
            vault,
            &IMarginVault::touchCall { account },
        )
        .await?;
        self.price(START_PRICE * 1.02).await?;
        self.call(
            "vault.touch.by_owner",
            3,
            vault,
            &IMarginVault::touchCall { account },
        )
        .await?;
        self.price(START_PRICE).await?;
        self.call(
            "vault.touch.1",
            0,
            vault,
            &IMarginVault::touchCall { account },
        )
        .await?;
        let (idle, to) = (self.people[4].account(), self.people[4].address());
        let withdraw = |account, to| IMarginVault::withdrawCall {
            account,
            amount: tokens(10.0),
            to,
        };
        self.call("vault.withdraw.no_legs", 4, vault, &withdraw(idle, to))
            .await?;
        self.call("vault.withdraw.1", 3, vault, &withdraw(account, to))
            .await?;
        self.call(
            "vault.cancel",
            3,
            vault,
            &IMarginVault::cancelCall {
                nonce: U256::from(99),
            },
        )
        .await?;
        self.price(START_PRICE * 1.02).await?;
        let short = self.people[1].account();
        self.call(
            "vault.touch.loser",
            0,
            vault,
            &IMarginVault::touchCall { account: short },
        )
        .await?;
        let convert = IMarginVault::convertCall {
            account,
            maxProfit: U256::MAX,
        };
        self.call("vault.convert", 3, vault, &convert).await?;
        self.price(START_PRICE).await
    }

    async fn closing(&mut self) -> Result<(), BenchError> {
        let vault = self.market.vault;
        let (weak, into) = (self.people[2].account(), self.people[5].account());
        self.trade("vault.settle.new", 2, 6, 45.0, START_PRICE)
            .await?;
        self.price(190.0).await?;
        self.call(
            "vault.rebucket",
            0,
            vault,
            &IMarginVault::rebucketCall { account: weak },
        )
        .await?;
        self.price(187.0).await?;
        let part = IMarginVault::liquidateCall {
            account: weak,
            into,
            maxShare: wad(0.1),
        };
        self.call("vault.liquidate.1", 5, vault, &part).await?;
        let batch = IMarginVault::liquidateBatchCall {
            accounts: vec![weak, self.people[6].account()],
            into,
            maxShare: wad(0.05),
        };
        self.call("vault.liquidateBatch.2", 5, vault, &batch)
            .await?;
        self.call(
            "pool.harvest",
            0,
            self.market.pool,
            &IInsurancePool::harvestCall { vault },
        )
        .await?;
        self.price(170.0).await?;
        let close = IMarginVault::deleverageCall {
            account: weak,
            maxLegs: U256::from(16),
        };
        self.call("vault.deleverage.insured", 0, vault, &close)
            .await?;
        self.uninsured().await
    }

    /// A bankruptcy beyond what the pool pays in a day, and its recovery on the next.
    async fn uninsured(&mut self) -> Result<(), BenchError> {
        let vault = self.market.vault;
        self.price(START_PRICE).await?;
        // Once more: the stable price needs time to follow, and counts in initial margin.
        self.price(START_PRICE).await?;
        let big = self.people[7].account();
        self.deposit("vault.deposit.existing", 6, 2_000_000.0)
            .await?;
        self.trade("vault.settle.new", 7, 6, 9_000.0, START_PRICE)
            .await?;
        self.price(168.0).await?;
        let close = IMarginVault::deleverageCall {
            account: big,
            maxLegs: U256::from(16),
        };
        self.call("vault.deleverage.beyond_insurance", 0, vault, &close)
            .await?;
        let now = self.chain.timestamp().await?;
        self.chain
            .request::<serde_json::Value>("evm_setNextBlockTimestamp", json!([now + 86_400]))
            .await?;
        self.call("vault.recover", 0, vault, &IMarginVault::recoverCall {})
            .await
    }

    async fn administration(&mut self, deployment: &Deployment) -> Result<(), BenchError> {
        let Market {
            vault, pool, guard, ..
        } = self.market;
        let (asset, instrument) = (
            self.market.contracts[0].asset,
            self.market.contracts[0].instrument,
        );
        let parameters = self
            .chain
            .call(vault, &IMarginVault::instrumentCall { instrument })
            .await?;
        self.owner_call(
            "vault.setInstrument",
            vault,
            &IMarginVault::setInstrumentCall {
                instrument,
                parameters,
            },
        )
        .await?;
        let parameters = self
            .chain
            .call(vault, &IMarginVault::parametersCall {})
            .await?;
        self.owner_call(
            "vault.setParameters",
            vault,
            &IMarginVault::setParametersCall { parameters },
        )
        .await?;
        let parameters = self
            .chain
            .call(pool, &IInsurancePool::parametersCall {})
            .await?;
        self.owner_call(
            "pool.setParameters",
            pool,
            &IInsurancePool::setParametersCall { parameters },
        )
        .await?;
        let set_vault = IInsurancePool::setVaultCall {
            vault: deployment.owner,
            registered: true,
        };
        self.owner_call("pool.setVault.add", pool, &set_vault)
            .await?;
        self.owner_call(
            "pool.cover",
            pool,
            &IInsurancePool::coverCall { amount: U256::ONE },
        )
        .await?;
        // Exits ask every registered vault, and the operator is none.
        let remove = IInsurancePool::setVaultCall {
            vault: deployment.owner,
            registered: false,
        };
        self.owner_call("pool.setVault.remove", pool, &remove)
            .await?;
        let parameters = self
            .chain
            .call(guard, &IOracleGuard::parametersCall {})
            .await?;
        self.owner_call(
            "guard.setParameters",
            guard,
            &IOracleGuard::setParametersCall { parameters },
        )
        .await?;
        let feed = self
            .chain
            .call(guard, &IOracleGuard::feedCall { asset })
            .await?;
        self.owner_call(
            "guard.setFeed",
            guard,
            &IOracleGuard::setFeedCall { asset, feed },
        )
        .await?;
        let guardian = deployment.owner;
        self.owner_call(
            "guard.setGuardian",
            guard,
            &IOracleGuard::setGuardianCall { guardian },
        )
        .await?;
        let registrar = deployment.factory;
        self.owner_call(
            "guard.setRegistrar",
            guard,
            &IOracleGuard::setRegistrarCall { registrar },
        )
        .await?;
        let poke = self
            .operator
            .call(self.chain, guard, &IOracleGuard::pokeCall { asset })?;
        self.chain.execute(&[poke]).await?;
        let trip = IOracleGuard::tripCall {
            asset,
            tier: 2,
            secs: 60,
            reason: B256::ZERO,
        };
        self.owner_call("guard.trip", guard, &trip).await
    }

    /// Views cost nothing by themselves; an estimate says what a transaction that only makes the call would use.
    async fn views(&mut self) -> Result<(), BenchError> {
        let Market {
            vault, pool, guard, ..
        } = self.market;
        let (account, asset) = (self.people[3].account(), self.market.contracts[0].asset);
        let views = [
            (
                "guard.read",
                guard,
                IOracleGuard::readCall { asset }.abi_encode(),
            ),
            (
                "vault.health",
                vault,
                IMarginVault::healthCall { account }.abi_encode(),
            ),
            (
                "vault.balances",
                vault,
                IMarginVault::balancesCall { account }.abi_encode(),
            ),
            (
                "vault.legs",
                vault,
                IMarginVault::legsCall { account }.abi_encode(),
            ),
            (
                "vault.coverage",
                vault,
                IMarginVault::coverageCall {}.abi_encode(),
            ),
            (
                "vault.totals",
                vault,
                IMarginVault::totalsCall {}.abi_encode(),
            ),
            (
                "pool.totalAssets",
                pool,
                IERC4626::totalAssetsCall {}.abi_encode(),
            ),
            (
                "pool.available",
                pool,
                IInsurancePool::availableCall { vault }.abi_encode(),
            ),
        ];
        for (name, to, data) in views {
            let gas = self
                .chain
                .estimate(self.people[0].address(), to, data.into())
                .await?;
            self.gas.insert(format!("{name}.estimate"), gas);
        }
        Ok(())
    }

    /// Claims from the pool, a week after the request.
    async fn exits(&mut self) -> Result<(), BenchError> {
        const WEEK: u64 = 7 * 86_400;
        let (pool, owner) = (self.market.pool, self.people[1].address());
        let now = self.chain.timestamp().await?;
        self.chain
            .request::<serde_json::Value>("evm_setNextBlockTimestamp", json!([now + WEEK]))
            .await?;
        let push = IPriceFeed::pushCall {
            answer: I256::unchecked_from((START_PRICE * FEED) as i128),
        };
        let push = self.operator.call(self.chain, self.market.feed, &push)?;
        self.chain.execute(&[push]).await?;
        let shares = self
            .chain
            .call(pool, &IERC4626::balanceOfCall { owner })
            .await?
            / U256::from(4);
        let redeem = IERC4626::redeemCall {
            shares,
            receiver: owner,
            owner,
        };
        self.call("pool.redeem", 1, pool, &redeem).await?;
        let withdraw = IERC4626::withdrawCall {
            assets: tokens(1_000.0),
            receiver: owner,
            owner,
        };
        self.call("pool.withdraw", 1, pool, &withdraw).await?;
        let amount = U256::ONE;
        let from = self.people[0].address();
        self.call(
            "pool.transferFrom",
            1,
            pool,
            &IERC4626::transferFromCall {
                from,
                to: owner,
                amount,
            },
        )
        .await
    }

    /// Both steps of passing ownership on, last: afterwards the operator owns nothing.
    async fn ownership(&mut self, deployment: &Deployment) -> Result<(), BenchError> {
        let Market {
            vault, pool, guard, ..
        } = self.market;
        let new_owner = self.people[0].address();
        for (name, contract) in [
            ("vault", vault),
            ("pool", pool),
            ("guard", guard),
            ("factory", deployment.factory),
        ] {
            let offer = IOwnable::transferOwnershipCall {
                newOwner: new_owner,
            };
            self.owner_call(&format!("{name}.transferOwnership"), contract, &offer)
                .await?;
            self.call(
                &format!("{name}.acceptOwnership"),
                0,
                contract,
                &IOwnable::acceptOwnershipCall {},
            )
            .await?;
        }
        Ok(())
    }
}
