//! A vault of its own, with a guard, a pool and a token that the exact model can follow.

use std::path::Path;
use std::process::Command;

use alloy::hex;
use alloy::primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy::sol_types::{SolCall, SolValue};
use client::abi::IMarginVault::{self, Instrument, Parameters};
use client::chain::{Chain, OPERATOR, Transaction, View, Wallet};
use client::project;
use ledger_model::{AccountId, InstrumentId, Listing, POOL, WAD};
use serde_json::json;
use stage::deploy;

use crate::followed::Followed;

alloy::sol! {
    /// `test/mocks/ModelMarket.sol`.
    interface IModelMarket {
        function setMark(bytes32 asset, uint128 mark) external;
        function mint(address to, uint256 amount) external;
        function approve(address spender, uint256 amount) external returns (bool);
        function balanceOf(address owner) external view returns (uint256);
    }
}

/// Maintenance margin of the model.
pub const MAINTENANCE: u64 = 30_000_000_000_000_000;
/// Initial margin, as low as it can be: a quarter more.
pub const INITIAL: u64 = MAINTENANCE / 4 * 5;
/// Twelve hours, the longest time in which a penalty can rise.
pub const PENALTY_RAMP: u32 = 43_200;
/// What nothing in a sequence comes near.
const PLENTY: u128 = 1_000_000_000_000 * WAD as u128;
/// Wei that every wallet gets for gas.
const GAS_MONEY: u128 = 1_000 * WAD as u128;
/// Where fees would go.
const TREASURY: Address = address!("00000000000000000000000000000000000073ea");

/// A vault and everybody around it.
pub struct Market {
    /// The node.
    pub chain: Chain,
    /// Owns the vault; touches, deleverages and pokes for everybody.
    pub operator: Wallet,
    /// Owners of the model's accounts.
    pub people: Vec<Wallet>,
    implementation: Address,
    /// The clone that is being tested.
    pub vault: Address,
    /// `ModelGuard`.
    pub guard: Address,
    /// `ModelPool`.
    pub pool: Address,
    /// `ModelToken`.
    pub token: Address,
    /// Instruments listed.
    pub instruments: Vec<InstrumentId>,
    /// Next nonce of an order.
    pub nonce: u64,
    /// What an outsider knows of the vault.
    pub followed: Followed,
    /// Block and place of the last event that it has read.
    read: Option<(u64, u64)>,
}

/// The id of an instrument in the guard.
pub fn asset(id: InstrumentId) -> B256 {
    keccak256([id])
}

/// The bytecode that forge compiles a mock to.
fn mock(root: &Path, name: &str, arguments: &[u8]) -> Bytes {
    let file = root.join(format!("out/forge/ModelMarket.sol/{name}.json"));
    let text = std::fs::read(&file)
        .unwrap_or_else(|error| panic!("{}: {error}; forge build", file.display()));
    let artifact: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let code = artifact["bytecode"]["object"].as_str().unwrap();
    [hex::decode(code).unwrap(), arguments.to_vec()]
        .concat()
        .into()
}

/// What creates an ERC-1167 clone.
fn clone_of(implementation: Address) -> Bytes {
    let head = hex!("3d602d80600a3d3981f3363d3d373d3d3d363d73");
    let tail = hex!("5af43d82803e903d91602b57fd5bf3");
    [&head[..], implementation.as_slice(), &tail]
        .concat()
        .into()
}

impl Market {
    /// Deploys the programs and the mocks to the node at `url`, for so many accounts.
    pub async fn deploy(url: &str, accounts: usize) -> Self {
        let root = project::root().unwrap();
        let programs = root.join("out/contracts");
        assert!(
            programs.is_dir(),
            "no programs in out/contracts: make contracts"
        );
        let built = Command::new(project::tool(&root, "forge").unwrap())
            .args(["build", "test/mocks/ModelMarket.sol"])
            .current_dir(&root)
            .output()
            .unwrap();
        assert!(built.status.success(), "forge build: {built:?}");
        let deployment = deploy::deploy(&root, url, 1).await.unwrap();
        let chain = Chain::connect(url).await.unwrap();
        let operator = Wallet::open(&chain, OPERATOR).await.unwrap();
        let people: Vec<_> = (0..accounts as u64)
            .map(|number| Wallet::derived("ledger", number).unwrap())
            .collect();
        let mut market = Self {
            implementation: deployment.vault_implementation,
            vault: Address::ZERO,
            guard: Address::ZERO,
            pool: Address::ZERO,
            token: Address::ZERO,
            instruments: vec![],
            nonce: 1,
            followed: Followed::default(),
            read: None,
            chain,
            operator,
            people,
        };
        market.fund_and_freeze().await;
        market.guard = market.create(mock(&root, "ModelGuard", &[])).await;
        market.token = market.create(mock(&root, "ModelToken", &[])).await;
        let argument = market.token.abi_encode();
        market.pool = market.create(mock(&root, "ModelPool", &argument)).await;
        market
    }

    /// Gives everybody money for gas, and stops the clock.
    async fn fund_and_freeze(&self) {
        for person in &self.people {
            let parameters = json!([person.address(), U256::from(GAS_MONEY)]);
            let set = self.chain.request::<bool>("anvil_setBalance", parameters);
            assert!(set.await.unwrap());
        }
        let stop = self
            .chain
            .request::<serde_json::Value>("evm_setBlockTimestampInterval", json!([0]));
        stop.await.unwrap();
    }

    /// Lets some seconds pass.
    pub async fn wait(&self, seconds: u64) {
        let now = self.chain.timestamp().await.unwrap();
        self.chain.advance(seconds).await.unwrap();
        assert_eq!(self.chain.timestamp().await.unwrap(), now + seconds);
    }

    async fn create(&self, initcode: Bytes) -> Address {
        let transaction = self
            .operator
            .create(&self.chain, "create", initcode)
            .unwrap();
        let created = transaction.to;
        self.chain.execute(&[transaction]).await.unwrap();
        created
    }

    /// A transaction of the operator's.
    pub fn act<C: SolCall>(&self, to: Address, call: &C) -> Transaction {
        self.operator.call(&self.chain, to, call).unwrap()
    }

    /// A transaction of an account's owner.
    pub fn act_as<C: SolCall>(&self, account: AccountId, to: Address, call: &C) -> Transaction {
        self.people[account].call(&self.chain, to, call).unwrap()
    }

    /// The account of one of the model's.
    pub fn account(&self, id: AccountId) -> B256 {
        if id == POOL {
            client::chain::account_of(self.pool)
        } else {
            self.people[id].account()
        }
    }

    /// Reads the vault's latest events, and asserts that everybody's balances and positions are what they say, to the unit.
    pub async fn follow(&mut self, context: &str) {
        let (from, _) = self.read.unwrap_or_default();
        for log in self.chain.logs(self.vault, from).await.unwrap() {
            let place = Some((log.block_number.unwrap(), log.log_index.unwrap()));
            if place > self.read {
                self.followed.read(self.vault, &log.inner);
                self.read = place;
            }
        }
        let fees_and_treasury = [self.vault, TREASURY].map(client::chain::account_of);
        let people = (0..self.people.len()).chain([POOL]);
        let accounts = people.map(|id| self.account(id)).chain(fees_and_treasury);
        let accounts: Vec<B256> = accounts.collect();
        let mut views = vec![];
        for &account in &accounts {
            let vault = self.vault;
            views.push(View::new(vault, &IMarginVault::balancesCall { account }));
            views.push(View::new(vault, &IMarginVault::legsCall { account }));
        }
        let mut answers = self.chain.views(&views).await.unwrap();
        for account in accounts {
            let balances = answers.take::<IMarginVault::balancesCall>().unwrap();
            let legs = answers.take::<IMarginVault::legsCall>().unwrap();
            self.followed
                .assert_is(account, &balances, &legs, 0, context);
        }
    }

    /// Opens a new vault with these instruments, an empty pool, and people who can deposit.
    pub async fn open_vault(&mut self, listings: &[Listing]) {
        self.instruments = (0..).take(listings.len()).collect();
        let root = project::root().unwrap();
        let argument = self.token.abi_encode();
        self.pool = self.create(mock(&root, "ModelPool", &argument)).await;
        self.vault = self.create(clone_of(self.implementation)).await;
        self.followed.begin_anew();
        let mut transactions = vec![];
        for (listing, &id) in listings.iter().zip(&self.instruments) {
            let (asset, mark) = (asset(id), listing.mark.unsigned_abs());
            transactions.push(self.act(self.guard, &IModelMarket::setMarkCall { asset, mark }));
        }
        let initialize = IMarginVault::initializeCall {
            owner: self.operator.address(),
            steward: Address::ZERO,
            quoteToken: self.token,
            guard: self.guard,
            // Nobody holds options, so it is never asked.
            engine: self.guard,
            pool: self.pool,
            ids: self.instruments.iter().map(|&id| id.into()).collect(),
            instruments: self.instruments.iter().map(|&id| instrument(id)).collect(),
        };
        transactions.push(self.act(self.vault, &initialize));
        transactions.push(self.act(self.vault, &parameters(0)));
        for (id, person) in self.people.iter().enumerate() {
            let (to, amount) = (person.address(), U256::from(PLENTY));
            transactions.push(self.act(self.token, &IModelMarket::mintCall { to, amount }));
            let spender = self.vault;
            let approve = IModelMarket::approveCall { spender, amount };
            transactions.push(self.act_as(id, self.token, &approve));
        }
        self.chain.execute(&transactions).await.unwrap();
    }
}

fn instrument(id: InstrumentId) -> Instrument {
    Instrument {
        asset: asset(id),
        maintenanceRate: MAINTENANCE,
        initialRate: INITIAL,
        priceBand: WAD as u64 / 5,
        makerFee: 0,
        takerFee: 0,
        shock: WAD as u64 / 5,
        openInterestLimit: PLENTY,
        coverAllowance: PLENTY,
    }
}

/// Parameters with a penalty that starts at `start`, without rewards and dust notional.
pub fn parameters(start: u64) -> IMarginVault::setParametersCall {
    IMarginVault::setParametersCall {
        parameters: Parameters {
            penaltyStart: start,
            penaltyRamp: PENALTY_RAMP,
            rewardShare: 0,
            maxReward: 0,
            dustNotional: 0,
            dailyOutflow: WAD as u64 / 2,
            hourlyOutflow: WAD as u64 / 10,
            insuranceFeeShare: 0,
            treasury: TREASURY,
            listingFee: 0,
        },
        emergencies: 0,
    }
}
