//! What is attacked: guard, factory, vault, pool, engine and steward as they are deployed, one market, and who takes part.

use std::fs;
use std::path::Path;

use alloy::primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use alloy::sol_types::{SolCall, SolValue};
use client::abi::{IArbWasm, IERC4626, IMarginVault, IOracleGuard, IQuoteToken};
use client::chain::{Chain, OPERATOR, Wallet, account_of};
use client::project;
use client::records::Deployment;
use client::units::tokens;
use devnode::evm::STYLUS_DEPLOYER;
use stage::deploy;
use stage::market::{ContractSpec, Market};

use crate::node::Node;
use crate::setters;

/// Instruments, by place.
pub const ETH: usize = 0;
pub const QUIET: usize = 1;
pub const THIN: usize = 2;
/// Prices at the start, dollars.
pub const PRICES: [f64; 3] = [2_000.0, 60_000.0, 10.0];
/// Allowances of their covers, dollars.
pub const ALLOWANCES: [f64; 3] = [500_000.0, 400_000.0, 50_000.0];
/// Dollars of the honest depositors in the pool.
const INSURANCE: f64 = 6_000_000.0;
/// Decimals of the feeds, as a factor.
pub const FEED: f64 = 1e8;

/// Accounts by place: the adversary's (of two owners), those of honest owners, the keeper's, and what is paid into.
pub const ADVERSARY: std::ops::Range<usize> = 0..8;
/// Of them, those of the first owner.
pub const FIRST_OWNER: usize = 6;
pub const HONEST: std::ops::Range<usize> = 8..15;
pub const KEEPER: usize = 15;
pub const POOL: usize = 16;
pub const FEES: usize = 17;
pub const TREASURY: usize = 18;
pub const ACCOUNTS: usize = 19;

alloy::sol! {
    interface IStylusDeployer {
        function deploy(bytes bytecode, bytes initData, uint256 initValue, bytes32 salt) external payable returns (address);
    }
}

/// The place by which an account's owner is known: that of an account of the same owner's.
pub const fn owner_place(place: usize) -> usize {
    if place < FIRST_OWNER {
        0
    } else if place < ADVERSARY.end {
        FIRST_OWNER
    } else {
        place
    }
}

/// Addresses and keys.
pub struct System {
    pub chain_id: u64,
    pub deployment: Deployment,
    pub vault: Address,
    pub pool: Address,
    pub guard: Address,
    pub token: Address,
    pub steward: Address,
    pub owner: Address,
    pub treasury: Address,
    pub instruments: [u32; 3],
    pub assets: [B256; 3],
    pub feeds: [Address; 3],
    /// Two of the adversary's, the honest ones', the keeper's, and an honest depositor's.
    people: Vec<Wallet>,
    /// By place.
    pub accounts: Vec<B256>,
}

impl System {
    pub fn adversary(&self) -> Address {
        self.people[0].address()
    }

    pub fn adversaries(&self) -> [Address; 2] {
        [self.people[0].address(), self.people[1].address()]
    }

    /// Deposits into the pool and stays.
    pub fn depositor(&self) -> Address {
        self.people[self.people.len() - 1].address()
    }

    pub fn owner_of(&self, place: usize) -> Address {
        setters::owner_of(self.accounts[place])
    }

    /// Who signs for an account.
    pub fn wallet_of(&self, place: usize) -> &Wallet {
        let owner = self.owner_of(place);
        self.people
            .iter()
            .find(|wallet| wallet.address() == owner)
            .expect("an account of somebody with a key")
    }

    /// The place of an account.
    pub fn place_of(&self, account: B256) -> Option<usize> {
        self.accounts.iter().position(|&known| known == account)
    }

    /// The place of an owner's main account.
    pub fn main_account(&self, owner: Address) -> Option<usize> {
        self.place_of(account_of(owner))
    }
}

fn people() -> Vec<Wallet> {
    let names = [
        ("adversary", 2),
        ("honest", HONEST.len()),
        ("keeper", 1),
        ("depositor", 1),
    ];
    names
        .into_iter()
        .flat_map(|(name, count)| {
            (0..count as u64).map(move |number| Wallet::derived(name, number).unwrap())
        })
        .collect()
}

fn accounts(people: &[Wallet], others: [Address; 3]) -> Vec<B256> {
    let (first, second) = (&people[0], &people[1]);
    let mut accounts: Vec<_> = (0..FIRST_OWNER as u64)
        .map(|number| first.sub_account(number))
        .collect();
    accounts
        .extend((0..(ADVERSARY.end - FIRST_OWNER) as u64).map(|number| second.sub_account(number)));
    accounts.extend(people[2..=2 + HONEST.len()].iter().map(Wallet::account));
    accounts.extend(others.map(account_of));
    accounts
}

/// Rates that every instrument begins with; [`setters`] set those of each.
const SPEC: ContractSpec = ContractSpec {
    maintenance: 0.03,
    initial: 0.05,
    band: 0.02,
    fees: [0.0002, 0.0002],
    open_interest: 1e9,
    shock: 0.15,
    cover: 0.0,
    floor: 0.01,
    ceiling: 1e7,
    heartbeat: 7_200,
};

/// Deploys everything to a node that runs in this process.
pub async fn deploy(handle: &devnode::Handle) -> (Node, System) {
    let root = project::root().unwrap();
    let url = handle.url();
    let price = (PRICES[ETH] * FEED) as i128;
    let deployment = deploy::deploy(&root, &url, price).await.unwrap();
    let chain = Chain::connect(&url).await.unwrap();
    let operator = Wallet::open(&chain, OPERATOR).await.unwrap();
    let mut feeds = [deployment.price_feed; 3];
    for place in [QUIET, THIN] {
        let code = feed_code(operator.address(), PRICES[place]);
        let create = operator.create(&chain, "create a feed", code).unwrap();
        feeds[place] = create.to;
        chain.execute(&[create]).await.unwrap();
    }
    let listed = [("ETH", feeds[0]), ("BTC", feeds[1]), ("THIN", feeds[2])];
    let market = Market::create(&chain, &operator, &deployment, &listed, &SPEC)
        .await
        .unwrap();
    let node = Node::new(handle.chain().clone());
    let people = people();
    let treasury = Address::repeat_byte(0x77);
    for who in people
        .iter()
        .map(Wallet::address)
        .chain([operator.address(), treasury])
    {
        node.fund(who);
    }
    let (vault, pool, owner) = (market.vault, market.pool, operator.address());
    let accounts = accounts(&people, [pool, vault, treasury]);
    let steward = deploy_steward(&node, &root, owner);
    let system = System {
        chain_id: node.chain().chain_id(),
        vault,
        pool,
        guard: market.guard,
        token: market.token,
        steward,
        owner,
        treasury,
        instruments: [0, 1, 2].map(|place| market.contracts[place].instrument),
        assets: [0, 1, 2].map(|place| market.contracts[place].asset),
        feeds,
        people,
        accounts,
        deployment,
    };
    insure(&node, &system);
    setters::set_all(&node, &system);
    (node, system)
}

fn insure(node: &Node, system: &System) {
    let depositor = system.depositor();
    mint(node, system, depositor, INSURANCE);
    let call = IERC4626::depositCall {
        assets: tokens(INSURANCE),
        receiver: depositor,
    };
    node.must(depositor, system.pool, &call);
}

/// Gives somebody tokens that vault and pool may take.
pub fn mint(node: &Node, system: &System, to: Address, dollars: f64) {
    let amount = tokens(dollars);
    node.must(to, system.token, &IQuoteToken::mintCall { to, amount });
    for spender in [system.vault, system.pool, system.deployment.factory] {
        let call = IQuoteToken::approveCall {
            spender,
            amount: U256::MAX,
        };
        node.must(to, system.token, &call);
    }
}

/// What creates a feed that its owner writes.
pub fn feed_code(owner: Address, price: f64) -> Bytes {
    let path = project::root()
        .unwrap()
        .join("out/forge/PriceFeed.sol/PriceFeed.json");
    let artifact: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let code = artifact["bytecode"]["object"].as_str().unwrap();
    let answer = alloy::primitives::I256::try_from((price * FEED) as i128).unwrap();
    let arguments = (owner, U256::from(8), "feed".to_owned(), answer).abi_encode_params();
    [alloy::hex::decode(code).unwrap(), arguments]
        .concat()
        .into()
}

/// The creation code of a program.
pub fn initcode(folder: &Path, name: &str) -> Bytes {
    let path = folder.join(format!("{name}.initcode"));
    let text = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; make contracts", path.display()));
    text.trim().parse().unwrap()
}

/// Value sent with an activation, of which the rest comes back.
fn activation_value() -> U256 {
    U256::from(10_u64.pow(18))
}

fn deploy_steward(node: &Node, root: &Path, owner: Address) -> Address {
    const CONSTRUCTOR: [u8; 4] = alloy::hex!("5585258d");
    let arguments = (owner, owner).abi_encode();
    let call = IStylusDeployer::deployCall {
        bytecode: initcode(&root.join("out/contracts"), "risk-steward"),
        initData: [&CONSTRUCTOR[..], &arguments].concat().into(),
        initValue: U256::ZERO,
        salt: keccak256("adversary"),
    };
    let to = TxKind::Call(STYLUS_DEPLOYER);
    let (logs, _) = node
        .transact(owner, to, call.abi_encode().into(), activation_value())
        .unwrap();
    // It ends with the address of what it has deployed.
    let deployed = logs
        .iter()
        .rfind(|log| log.address == STYLUS_DEPLOYER)
        .unwrap();
    Address::abi_decode(&deployed.data.data).unwrap()
}

/// Puts another build of a program in the place of the one that was deployed: to see that what is wrong with it is found.
pub fn replace(node: &Node, system: &System, folder: &Path, name: &str) {
    let root = project::root().unwrap();
    let code = |initcode: Bytes| {
        let created = node.create(system.owner, initcode);
        let view = node.chain().state_at(alloy::eips::BlockId::latest());
        (created, view.unwrap().code(created))
    };
    let (_, old) = code(initcode(&root.join("out/contracts"), name));
    let (created, new) = code(initcode(folder, name));
    let call = IArbWasm::activateProgramCall { program: created };
    let to = TxKind::Call(alloy::primitives::address!(
        "0000000000000000000000000000000000000071"
    ));
    node.transact(
        system.owner,
        to,
        call.abi_encode().into(),
        activation_value(),
    )
    .unwrap_or_else(|error| panic!("activate {name}: {error}"));
    let mut replaced = 0;
    let head = node.chain().head().header.number;
    for block in node.chain().blocks(0, head) {
        for address in block.transactions.iter().filter_map(|done| done.created) {
            let mut state = node
                .chain()
                .state_at(alloy::eips::BlockId::latest())
                .unwrap();
            if state.code(address) == old {
                node.chain().set_code(address, new.clone());
                replaced += 1;
            }
        }
    }
    assert!(replaced >= 2, "{name} is not what was deployed");
}

/// A vault's mark of an instrument, which for a perpetual is its asset's.
pub fn mark_call(system: &System, place: usize) -> IOracleGuard::readCall {
    IOracleGuard::readCall {
        asset: system.assets[place],
    }
}

/// Everything that one may still be owed of an order's terms.
pub fn instrument_call(instrument: u32) -> IMarginVault::instrumentCall {
    IMarginVault::instrumentCall { instrument }
}
