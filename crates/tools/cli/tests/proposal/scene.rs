//! A market in two perpetuals and four options, owned by a timelock, on a node of its own whose time stands still.

use alloy::primitives::{Address, B256, Bytes, I256, U256, address, hex};
use alloy::sol_types::SolCall;
use client::abi::IMarginVault::{self, Instrument, OptionRules};
use client::abi::IOracleGuard::{self, OptionId, RangeLimits, Surface};
use client::abi::IPriceFeed;
use client::abi::IRiskSteward::{self, Corridor, Subject};
use client::chain::{Chain, OPERATOR, Wallet};
use client::orders::{Party, Trade, settle};
use client::project;
use client::records::Deployment;
use client::units::wad;
use proposal::error::ProposalError;
use proposal::holders::Search;
use proposal::report::Report;
use proposal::{Options, run};
use serde::Deserialize;
use serde_json::{Value, json};
use stage::deploy;
use stage::market::{ContractSpec, Market, WEEK, deposit, free_options, friday_after, rate};
use stage::node::Node;
use tokio::process::Command;
use tokio::sync::Mutex;

/// Deployments of one process write the same file.
static DEPLOYING: Mutex<()> = Mutex::const_new(());

pub const PRICE: f64 = 200.0;
/// The holder of all votes: the second development account.
pub const HOLDER: Address = address!("70997970C51812dc3A010C7d01b50e0d17dc79C8");
/// May make steps through the steward.
pub const AGENT: Address = Address::repeat_byte(0xa6);
/// Instruments.
pub const ETH: u32 = 1;
pub const BTC: u32 = 2;
/// Field of an instrument, as the steward counts.
pub const INITIAL_RATE: u8 = 2;

/// Dollars that the operator pays for listing four series: 25 each.
const LISTING_FEES: f64 = 100.0;
const GAS_MONEY: u64 = 1_000_000_000_000_000_000;
const SPEC: ContractSpec = ContractSpec {
    maintenance: 0.03,
    initial: 0.05,
    band: 0.02,
    fees: [0.0, 0.0],
    open_interest: 1e6,
    shock: 0.15,
    cover: 50_000.0,
    floor: 1.0,
    ceiling: 100_000.0,
    heartbeat: 86_400,
};
/// What traders deposit. The first three buy 100 ETH each, at 200 dollars; the others hold options.
const DEPOSITS: [f64; 6] = [2_000.0, 1_200.0, 10_000.0, 20_000.0, 8_000.0, 30_000.0];
/// Who falls below maintenance margin at 7 %.
pub const BOLD: usize = 1;
/// What the traders with options hold: perpetuals by number, options by place; negative sizes are short.
const BOOKS: [&[(What, f64)]; 3] = [
    &[
        (What::Perpetual(ETH), 50.0),
        (What::Option(0), -30.0),
        (What::Option(1), 20.0),
    ],
    &[(What::Option(1), -25.0), (What::Option(3), 40.0)],
    &[
        (What::Perpetual(BTC), -60.0),
        (What::Perpetual(ETH), 20.0),
        (What::Option(2), -50.0),
        (What::Option(3), -10.0),
    ],
];

#[derive(Clone, Copy)]
enum What {
    Perpetual(u32),
    Option(usize),
}

/// What `script/governance` deploys.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Governance {
    pub token: Address,
    pub timelock: Address,
    pub governor: Address,
    pub guardian: Address,
    pub steward: Address,
}

/// A listed option.
#[derive(Clone, Debug)]
pub struct Series {
    pub number: u32,
    pub id: OptionId,
}

pub struct Scene {
    _node: Node,
    pub url: String,
    pub chain: Chain,
    pub operator: Wallet,
    pub deployment: Deployment,
    pub governance: Governance,
    pub market: Market,
    pub series: Vec<Series>,
    pub traders: Vec<Wallet>,
    pub whale: Wallet,
}

impl Scene {
    pub async fn open() -> Self {
        let mut scene = Self::deploy().await;
        scene.list_options().await;
        scene.trade().await;
        scene.governance = govern(&scene.url, &scene.deployment).await;
        scene.steer().await;
        scene
            .request("anvil_setBlockTimestampInterval", json!([0]))
            .await;
        scene
    }

    /// The contracts, and a market that the operator still owns.
    async fn deploy() -> Self {
        let root = project::root().unwrap();
        let node = Node::at(None).unwrap();
        let url = node.url();
        let price = (PRICE * 1e8).round() as i128;
        let deployment = {
            let _one_at_a_time = DEPLOYING.lock().await;
            deploy::deploy(&root, &url, price).await.unwrap()
        };
        let chain = Chain::connect(&url).await.unwrap();
        let operator = Wallet::open(&chain, OPERATOR).await.unwrap();
        let listed = ["ETH", "BTC"].map(|symbol| (symbol, deployment.price_feed));
        let market = Market::create(&chain, &operator, &deployment, &listed, &SPEC)
            .await
            .unwrap();
        market.promote(&chain, &operator, &SPEC).await.unwrap();
        market
            .seed_insurance(&chain, &operator, 1_000_000.0)
            .await
            .unwrap();
        let wallet = |k| Wallet::derived("proposal", k).unwrap();
        let none = Address::ZERO;
        Self {
            traders: (0..DEPOSITS.len() as u64).map(wallet).collect(),
            whale: wallet(99),
            _node: node,
            url,
            chain,
            operator,
            deployment,
            governance: Governance {
                token: none,
                timelock: none,
                governor: none,
                guardian: none,
                steward: none,
            },
            market,
            series: vec![],
        }
    }

    async fn list_options(&mut self) {
        let (vault, guard) = (self.market.vault, self.market.guard);
        let asset = self.market.contracts[0].asset;
        let now = self.chain.timestamp().await.unwrap();
        let friday = friday_after(now);
        let rules = IMarginVault::setOptionRulesCall {
            underlying: ETH,
            rules: rules(),
            emergencies: 0,
        };
        self.operate(vault, &rules).await;
        let provider = self.operator.address();
        self.operate(guard, &IOracleGuard::setSurfaceProviderCall { provider })
            .await;
        let limits = RangeLimits {
            stressed: rate(1.5),
            min: rate(0.02),
            max: rate(0.045),
            confidence: 0,
            stablePriceRate: rate(0.0003),
        };
        self.operate(
            guard,
            &IOracleGuard::setRangeLimitsCall {
                asset,
                limits,
                emergencies: 0,
            },
        )
        .await;
        let expiries = [friday + WEEK, friday + 5 * WEEK];
        for expiry in expiries {
            let surface = Surface {
                atm: rate(0.8),
                skew: 0,
                curvature: 0,
            };
            self.operate(
                guard,
                &IOracleGuard::setSurfaceCall {
                    asset,
                    expiry,
                    surface,
                },
            )
            .await;
        }
        let fees = deposit(&self.chain, &self.market, &self.operator, LISTING_FEES).unwrap();
        self.chain.execute(&fees).await.unwrap();
        let wanted = [
            (0, 200.0, true),
            (0, 180.0, false),
            (1, 240.0, true),
            (1, 200.0, false),
        ];
        for (place, strike, is_call) in wanted {
            let (expiry, strike) = (expiries[place], wad(strike));
            let list = IMarginVault::listOptionCall {
                underlying: ETH,
                expiry,
                strike,
                isCall: is_call,
                account: self.operator.account(),
            };
            self.operate(vault, &list).await;
            let find = IMarginVault::seriesOfCall {
                underlying: ETH,
                expiry,
                strike,
                isCall: is_call,
            };
            let number = self.chain.call(vault, &find).await.unwrap();
            let id = OptionId {
                asset: 0,
                expiry,
                strike: strike.to(),
                isCall: is_call,
                closes: 0,
            };
            self.series.push(Series { number, id });
        }
    }

    async fn trade(&self) {
        self.fund(&self.whale, 3_000_000.0).await;
        for (k, trader) in self.traders.iter().enumerate() {
            self.fund(trader, DEPOSITS[k]).await;
            let book = k
                .checked_sub(3)
                .map_or(&[(What::Perpetual(ETH), 100.0)][..], |k| BOOKS[k]);
            for (place, &(what, size)) in book.iter().enumerate() {
                let (instrument, price) = match what {
                    What::Perpetual(number) => (number, wad(PRICE)),
                    What::Option(place) => {
                        (self.series[place].number, self.option_mark(place).await)
                    }
                };
                let [buyer, seller] = if size > 0.0 {
                    [trader, &self.whale]
                } else {
                    [&self.whale, trader]
                };
                let trade = Trade {
                    seller: Party::main(seller),
                    buyer: Party::main(buyer),
                    instrument,
                    size: wad(size.abs()),
                    price,
                    nonce: (100 * k + place + 1) as u64,
                    reduce_only: false,
                };
                let settled =
                    settle(&self.chain, self.market.vault, &self.operator, &trade).unwrap();
                self.chain.execute(&[settled]).await.unwrap();
            }
        }
    }

    pub async fn option_mark(&self, place: usize) -> U256 {
        let ask = IOracleGuard::marksWithOptionsCall {
            assets: vec![self.market.contracts[0].asset],
            options: vec![self.series[place].id.clone()],
        };
        let answer = self.chain.call(self.market.guard, &ask).await.unwrap();
        U256::from(answer._1[0].mark)
    }

    async fn fund(&self, wallet: &Wallet, dollars: f64) {
        let value = U256::from(GAS_MONEY);
        let to = wallet.address();
        let gas = self
            .operator
            .transact(&self.chain, "gas", to, value, Bytes::new())
            .unwrap();
        self.chain.execute(&[gas]).await.unwrap();
        let steps = deposit(&self.chain, &self.market, wallet, dollars).unwrap();
        self.chain.execute(&steps).await.unwrap();
    }

    /// Lets an agent and the guardian move the initial rate of ETH.
    async fn steer(&self) {
        let Governance {
            timelock, steward, ..
        } = self.governance;
        let corridor = IRiskSteward::setCorridorCall {
            subject: self.initial_rate(),
            field: INITIAL_RATE,
            corridor: Corridor {
                min: wad(0.04).to(),
                max: wad(0.2).to(),
                maxStep: rate(0.2),
                delay: 3_600,
            },
            emergencies: 0,
        };
        let agent = IRiskSteward::setAgentCall {
            agent: AGENT,
            allowed: true,
            emergencies: 0,
        };
        for data in [corridor.abi_encode(), agent.abi_encode()] {
            self.send_as(timelock, steward, data.into()).await;
        }
    }

    /// The struct of ETH in the vault, as the steward names it.
    pub fn initial_rate(&self) -> Subject {
        Subject {
            target: self.market.vault,
            kind: 1,
            key: B256::with_last_byte(ETH as u8),
        }
    }

    async fn operate<C: SolCall>(&self, to: Address, call: &C) {
        let call = self.operator.call(&self.chain, to, call).unwrap();
        self.chain.execute(&[call]).await.unwrap();
    }

    /// Sends a call in somebody's name.
    pub async fn send_as(&self, from: Address, to: Address, data: Bytes) {
        self.chain.impersonate(from).await.unwrap();
        self.chain.send_as(from, to, data).await.unwrap();
    }

    pub async fn request(&self, method: &'static str, params: Value) -> Value {
        self.chain.request(method, params).await.unwrap()
    }

    /// Lets `seconds` pass, which then stand still again.
    pub async fn elapse(&self, seconds: u64) {
        self.chain.advance(seconds).await.unwrap();
    }

    /// A price from the feed, and what the guard makes of it.
    pub async fn quote(&self, dollars: f64) {
        let answer = I256::try_from((dollars * 1e8).round() as i128).unwrap();
        let push = IPriceFeed::pushCall { answer }.abi_encode();
        self.send_as(
            self.operator.address(),
            self.deployment.price_feed,
            push.into(),
        )
        .await;
        self.poke().await;
    }

    pub async fn poke(&self) {
        let assets = self.market.assets();
        let poke = IOracleGuard::pokeManyCall { assets }.abi_encode();
        self.send_as(self.operator.address(), self.market.guard, poke.into())
            .await;
    }

    pub async fn instrument(&self, instrument: u32) -> Instrument {
        let call = IMarginVault::instrumentCall { instrument };
        self.chain.call(self.market.vault, &call).await.unwrap()
    }

    /// 7 % of maintenance and 9 % of initial margin in ETH.
    pub async fn stricter(&self) -> Bytes {
        let call = IMarginVault::setInstrumentCall {
            instrument: ETH,
            parameters: Instrument {
                maintenanceRate: rate(0.07),
                initialRate: rate(0.09),
                ..self.instrument(ETH).await
            },
            emergencies: 0,
        };
        call.abi_encode().into()
    }

    pub fn options(&self, proposal: String, to: Option<Address>) -> Options {
        Options {
            proposal,
            to,
            from: None,
            rpc_url: self.url.clone(),
            block: None,
            factory: self.deployment.factory,
            search: Search {
                from: 0,
                widest: u64::MAX,
            },
            out: None,
        }
    }

    pub async fn simulate(
        &self,
        data: &[u8],
        to: Option<Address>,
    ) -> Result<Report, ProposalError> {
        run(&self.options(hex::encode_prefixed(data), to)).await
    }

    pub async fn health(&self, account: B256) -> IMarginVault::healthReturn {
        let call = IMarginVault::healthCall { account };
        self.chain.call(self.market.vault, &call).await.unwrap()
    }
}

/// Options without fees, on whole dollars.
pub fn rules() -> OptionRules {
    free_options(1.0, 1.0)
}

/// Deploys governance, which takes over what `deployment` names.
async fn govern(url: &str, deployment: &Deployment) -> Governance {
    let root = project::root().unwrap();
    let of = |what: &str| {
        format!(
            "out/{what}-of-{}-{}.json",
            std::process::id(),
            deployment.factory
        )
    };
    let (given, written) = (of("deployment"), of("governance"));
    // Two nodes of one process deploy to the same addresses.
    let _one_at_a_time = DEPLOYING.lock().await;
    std::fs::write(
        root.join(&given),
        serde_json::to_string(deployment).unwrap(),
    )
    .unwrap();
    let output = Command::new(project::tool(&root, "forge").unwrap())
        .args([
            "script",
            "script/governance/DeployGovernance.s.sol",
            "--root",
        ])
        .arg(&root)
        .current_dir(&root)
        .env("RPC_URL", url)
        .env("DEPLOYMENT_FILE", &given)
        .env("GOVERNANCE_FILE", &written)
        .output()
        .await
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = std::fs::read_to_string(root.join(&written)).unwrap();
    for file in [given, written] {
        std::fs::remove_file(root.join(file)).unwrap();
    }
    serde_json::from_str(&text).unwrap()
}
