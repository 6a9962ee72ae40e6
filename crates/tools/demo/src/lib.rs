//! A crisis, played on a chain from one command.

#![warn(missing_docs)]

pub mod audit;
pub mod crowd;
pub mod options;
pub mod play;
pub mod plots;
pub mod record;
pub mod report;

use alloy::primitives::B256;
use client::{
    chain::{Chain, ChainError, OPERATOR, Wallet},
    project::{self, ProjectError},
    units::{FEED, signed_number},
};
use crowd::crowd;
use options::OptionBoard;
use pictures::PlotError;
use play::Play;
use prices::{Path, Tick};
use record::{Record, Summary, TraderResult};
use report::Timeline;
use stage::{
    deploy::{self, DeployError},
    market::{ContractSpec, Market},
    node::Node,
};
use std::{
    path::{Path as FilePath, PathBuf},
    time::Instant,
};

/// Both perpetuals are priced by the same feed.
const SYMBOLS: [&str; crowd::PERPETUALS] = ["ETH-PERP", "ETH-QUARTER"];
/// Part by which cover exceeds what the crowd's open interest needs at first, for prices that rise before everybody is in.
const COVER_HEADROOM: f64 = 0.1;
/// Share of the pool that the vault may draw a day: little enough for a deficit to reach profits too.
const DAILY_DRAW: f64 = 0.002;
/// The keeper's own money, as a share of the crowd's long notional: liquidators have limits.
const KEEPER_SHARE: f64 = 0.04;

/// Why a demo ends early.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The checkout lacks something.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// The node does not start.
    #[error(transparent)]
    Node(#[from] devnode::NodeError),
    /// The contracts cannot be deployed.
    #[error(transparent)]
    Deploy(#[from] DeployError),
    /// The node or a contract refuses something that the demo cannot do without.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// A picture cannot be written.
    #[error(transparent)]
    Plot(#[from] PlotError),
    /// A result cannot be written.
    #[error("{path}: {reason}")]
    Write {
        /// The file or folder.
        path: String,
        /// What the system says.
        reason: String,
    },
}

/// What to play, and with whom.
#[derive(Clone, Debug)]
pub struct Options {
    /// Prices.
    pub prices: Path,
    /// Seed of the crowd.
    pub seed: u64,
    /// Number of traders.
    pub traders: usize,
    /// Folder for the record and the pictures.
    pub out: PathBuf,
    /// The node to use instead of an own one.
    pub rpc_url: Option<String>,
    /// Whether to leave the own node running afterwards.
    pub keep: bool,
}

/// Runs the demo and prints it. The record says whether the invariants held.
pub async fn run(options: &Options) -> Result<Record, DemoError> {
    let started = Instant::now();
    let root = project::root()?;
    std::fs::create_dir_all(&options.out).map_err(|error| unwritable(&options.out, &error))?;
    let first = options.prices.points[0];
    let node = Node::at(options.rpc_url.clone())?;
    stage::say!(
        "node       {}{}",
        node.url(),
        if node.is_own() { " (started here)" } else { "" }
    );
    // A node that is not there is said in a line, not in forge's.
    let chain = Chain::connect(&node.url()).await?;
    let deployment =
        deploy::deploy(&root, &node.url(), (first.price * FEED).round() as i128).await?;
    stage::say!(
        "guard      {}\nfactory    {}",
        deployment.guard,
        deployment.factory
    );
    let operator = Wallet::open(&chain, OPERATOR).await?;
    let ticks = options.prices.ticks();
    let crowd = crowd(options.traders, ticks.len() as u64, options.seed);
    let longs: f64 = crowd
        .iter()
        .map(|trader| trader.notional[crowd::PERPETUAL].max(0.0))
        .sum();
    let spec = spec(&options.prices, longs);
    let listed = SYMBOLS.map(|symbol| (symbol, deployment.price_feed));
    let market = Market::create(&chain, &operator, &deployment, &listed, &spec).await?;
    market.promote(&chain, &operator, &spec).await?;
    insure(&chain, &market, &operator, &spec, longs).await?;
    stage::say!("vault      {}\npool       {}", market.vault, market.pool);

    let keeper = Wallet::derived("keeper", options.seed)?;
    let shift = time_shift(&chain, first.time).await?;
    let start = first.time + shift;
    let series = OptionBoard::open(&chain, &market, &operator, start, first.price).await?;
    let mut play = Play::new(&chain, &market, &operator, &spec, keeper, crowd, series)?;
    play.fund((longs * KEEPER_SHARE).round()).await?;
    let mut record = run_through(play, options, &ticks, shift).await?;
    record.summary.play_seconds = started.elapsed().as_secs_f64();
    record.conclude();
    report::conclude(&record);
    write(&record, &options.out)?;
    if options.keep && node.is_own() {
        keep(&node, &market).await;
    }
    Ok(record)
}

/// What the demo's market lists, for open interest of `notional`: 3 % maintenance and 5 % initial margin let the reckless go to
/// almost 20 times; the shock is the least that a promoted instrument may have.
fn spec(prices: &Path, notional: f64) -> ContractSpec {
    let range = prices.points.iter().map(|point| point.price);
    let (low, high) = range.fold((f64::INFINITY, 0.0_f64), |(low, high), price| {
        (low.min(price), high.max(price))
    });
    let (maintenance, shock) = (0.03, 0.15);
    ContractSpec {
        maintenance,
        initial: 0.05,
        band: 0.02,
        fees: [0.0001, 0.0005],
        open_interest: 1e9,
        shock,
        cover: ((shock - maintenance) * notional * (1.0 + COVER_HEADROOM)).round(),
        floor: low / 10.0,
        ceiling: high * 10.0,
        heartbeat: 3600,
    }
}

/// Fills the pool with what open interest of `notional` needs, and sets what may be drawn a day.
async fn insure(
    chain: &Chain,
    market: &Market,
    operator: &Wallet,
    spec: &ContractSpec,
    notional: f64,
) -> Result<(), DemoError> {
    let set = market.daily_draw(chain, DAILY_DRAW).await?;
    chain
        .execute(&[operator.call(chain, market.pool, &set)?])
        .await?;
    let dollars = spec.insurance(notional) * (1.0 + COVER_HEADROOM);
    market
        .seed_insurance(chain, operator, dollars.ceil())
        .await?;
    Ok(())
}

/// Plays every minute of the path, `shift` seconds later than it was; in its gaps the feed is silent.
async fn run_through(
    mut play: Play<'_>,
    options: &Options,
    ticks: &[Tick],
    shift: u64,
) -> Result<Record, DemoError> {
    let mut timeline = Timeline::start(&options.prices.title, ticks.len() as u64);
    let mut steps = Vec::with_capacity(ticks.len());
    for (minute, tick) in ticks.iter().enumerate() {
        let step = play.minute(minute as u64, tick.time + shift, tick).await?;
        timeline.show(&step);
        steps.push(step);
    }
    play.finish(ticks.len() as u64).await?;
    Ok(Record {
        title: options.prices.title.clone(),
        seed: options.seed,
        steps,
        traders: results(&play),
        stages: Default::default(),
        summary: Summary {
            transactions: play.transactions,
            ..Summary::default()
        },
        invariants: play.audit().findings().to_vec(),
        incidents: play.incidents,
    })
}

/// Seconds to add to a path's time so that it comes after the chain's: whole days, because the pool counts by days.
async fn time_shift(chain: &Chain, first: u64) -> Result<u64, ChainError> {
    const DAY: u64 = 86_400;
    let now = chain.timestamp().await?;
    Ok((now + 1).saturating_sub(first).div_ceil(DAY) * DAY)
}

fn results(play: &Play) -> Vec<TraderResult> {
    let Some(last) = play.audit().last() else {
        return Vec::new();
    };
    let count = |kind: &str, place: usize| {
        play.incidents
            .iter()
            .filter(|incident| incident.kind == kind && incident.trader == Some(place))
            .count()
    };
    let result = |(place, (trader, _)): (usize, (&crowd::Trader, B256))| TraderResult {
        temper: trader.temper,
        deposit: trader.deposit,
        capital: signed_number(last.accounts[place].capital),
        profit: signed_number(last.accounts[place].pnl),
        liquidated: count("Liquidated", place),
        deleveraged: count("Deleveraged", place),
    };
    play.traders().enumerate().map(result).collect()
}

fn write(record: &Record, folder: &FilePath) -> Result<(), DemoError> {
    let path = folder.join("record.json");
    let json = serde_json::to_vec(record).map_err(|error| unwritable(&path, &error))?;
    std::fs::write(&path, json).map_err(|error| unwritable(&path, &error))?;
    stage::say!("\nwritten    {}", path.display());
    for picture in plots::draw(record, folder)? {
        stage::say!("           {}", picture.display());
    }
    Ok(())
}

fn unwritable(path: &FilePath, error: &dyn std::fmt::Display) -> DemoError {
    DemoError::Write {
        path: path.display().to_string(),
        reason: error.to_string(),
    }
}

async fn keep(node: &Node, market: &Market) {
    let url = node.url();
    stage::say!("\nThe node is still at {url}. In another terminal, for example:");
    stage::say!(
        "  node_modules/.bin/cast call {} 'coverage()(uint256,uint256)' --rpc-url {url}",
        market.vault
    );
    stage::say!(
        "  node_modules/.bin/cast logs --address {} --from-block 0 --rpc-url {url}",
        market.vault
    );
    stage::say!("Press Ctrl-C to stop it.");
    // Where signals cannot be received the node stops at once.
    let _ = tokio::signal::ctrl_c().await;
}
