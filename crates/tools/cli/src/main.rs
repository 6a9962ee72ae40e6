//! The command line: `bulkhead demo`, `bulkhead bench`, `bulkhead simulate-proposal`, `bulkhead replay`, `bulkhead programs`,
//! `bulkhead keep-alive`.

use alloy::primitives::{Address, B256};
use clap::{Parser, Subcommand};
use client::{
    chain::{Chain, Wallet},
    records,
};
use proposal::{holders::Search, report::Verdict};
use std::{io::Write, path::PathBuf, process::ExitCode};

/// Exit code for something that went wrong, a violated invariant included.
const FAILED: u8 = 1;
/// Exit code for a bad price file or proposal, and of clap for bad arguments.
const BAD_INPUT: u8 = 2;
/// Exit code for a proposal that is not understood in full.
const NOT_UNDERSTOOD: u8 = 3;
/// Exit code for a proposal that would revert.
const REVERTS: u8 = 4;
/// Exit code for a program that does not run, or soon will not.
const DUE: u8 = 5;

const EXIT_CODES: &str = "Exit codes: 0 all is well, 1 something failed or an invariant is violated, 2 bad arguments or a bad file, \
                          3 to 5 as the commands say.";

#[derive(Parser)]
#[command(version, about, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Plays a crisis on a local chain: contracts, traders, keeper, and a check of the invariants.
    Demo(DemoArguments),
    /// Measures gas, sizes and speed, and writes out/bench.json.
    Bench {
        /// Node to measure; without it, one is started on a free port.
        #[arg(long, env = "RPC_URL", value_name = "URL")]
        rpc_url: Option<String>,
    },
    /// Says what a change of parameters would do, before anybody votes on it. Exit code 3: not all of it is understood; 4: it
    /// would revert.
    SimulateProposal(ProposalArguments),
    /// Replays prices through the guard without a chain: tiers, ranges, and how procyclical margins are.
    Replay(ReplayArguments),
    /// Says how long each Stylus program of a deployment has before the chain runs it no more. Exit code 5: one does not run, or will
    /// not for longer than --within.
    Programs {
        #[command(flatten)]
        deployment: DeploymentArguments,
        /// Days of notice.
        #[arg(
            long,
            value_name = "DAYS",
            default_value_t = 60,
            allow_negative_numbers = true
        )]
        within: u64,
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Gives every program that has no longer than --within another year, and activates those that have expired. The chain takes a
    /// fee for each.
    KeepAlive {
        #[command(flatten)]
        deployment: DeploymentArguments,
        /// Days; what has more is left alone.
        #[arg(
            long,
            value_name = "DAYS",
            default_value_t = 60,
            allow_negative_numbers = true
        )]
        within: u64,
        /// Key that pays.
        #[arg(long, env = "PRIVATE_KEY", value_name = "KEY", hide_env_values = true)]
        private_key: B256,
    },
}

#[derive(clap::Args)]
struct NodeArguments {
    /// Node to ask.
    #[arg(
        long,
        env = "RPC_URL",
        value_name = "URL",
        default_value = "http://127.0.0.1:8547"
    )]
    rpc_url: String,
}

#[derive(clap::Args)]
struct DeploymentArguments {
    /// Programs and contracts to begin with, instead of those of out/deployment.json; what their code and storage name is looked at
    /// too.
    #[arg(value_name = "ADDRESS")]
    addresses: Vec<Address>,
    #[command(flatten)]
    node: NodeArguments,
}

#[derive(clap::Args)]
struct ReplayArguments {
    #[command(flatten)]
    source: ReplaySource,
    /// A second venue's prices, for the secondary source: the same columns, or timestamp_utc_ms and price among others.
    #[arg(long, value_name = "FILE", requires = "prices")]
    secondary: Option<PathBuf>,
    /// The asset is pegged to another: its stable price follows the mark by at most 0.003 % a second, a tenth of what a coin's does.
    #[arg(long)]
    pegged: bool,
    /// Seed of the synthetic years.
    #[arg(long, default_value_t = 1, allow_negative_numbers = true)]
    seed: u64,
    /// Folder for a picture, replay.png.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
#[group(multiple = false)]
struct ReplaySource {
    /// CSV with the columns timestamp_utc_ms,open,high,low,close,volume. Where bars are missing the feed is silent.
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Eight synthetic years of calm, trends, crashes and recoveries; what is replayed without a file.
    #[arg(long)]
    regimes: bool,
}

#[derive(clap::Args)]
struct ProposalArguments {
    /// Calldata in hexadecimal of a proposal, a timelock operation, a multisig's transaction or a setter; a file with it, with a
    /// JSON list of {"to", "data"}, or with {"targets", "values", "calldatas"}; or the number of a proposal on chain.
    proposal: String,
    /// The contract that the calldata is for; the governor of a proposal on chain, instead of that of out/governance.json.
    #[arg(long, value_name = "ADDRESS")]
    to: Option<Address>,
    /// Who makes calls that do not say; without it, somebody who may.
    #[arg(long, value_name = "ADDRESS")]
    from: Option<Address>,
    #[command(flatten)]
    node: NodeArguments,
    /// Block to read; without it, the latest.
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    block: Option<u64>,
    /// Factory whose markets to look at, instead of that of out/deployment.json.
    #[arg(long, value_name = "ADDRESS")]
    factory: Option<Address>,
    /// Block from which on accounts are looked for; without it, that of out/deployment.json, or the first with --factory.
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    from_block: Option<u64>,
    /// Most blocks whose events are asked for at once.
    #[arg(long, value_name = "BLOCKS", default_value_t = u64::MAX, hide_default_value = true, allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(1..))]
    log_range: u64,
    /// Print JSON instead of tables.
    #[arg(long)]
    json: bool,
    /// Folder for a picture of each market.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(clap::Args)]
struct DemoArguments {
    /// CSV with the columns timestamp_utc_ms,open,high,low,close,volume, instead of ETH on 12 and 13 March 2020. Where bars are
    /// missing the feed is silent.
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Seed of the price path between the published levels, and of the crowd.
    #[arg(long, default_value_t = 1, allow_negative_numbers = true)]
    seed: u64,
    /// Number of traders.
    #[arg(long, default_value_t = 40, allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(10..=200))]
    traders: u16,
    /// Folder for the record and the pictures.
    #[arg(long, value_name = "DIR", default_value = "out/demo")]
    out: PathBuf,
    /// Node to use; without it, one is started on a free port.
    #[arg(long, env = "RPC_URL", value_name = "URL")]
    rpc_url: Option<String>,
    /// Leave the node running at the end and print how to talk to it.
    #[arg(long)]
    keep: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Demo(arguments) => play(arguments).await,
        Command::Bench { rpc_url } => match bench::run(rpc_url).await {
            Ok(_) => ExitCode::SUCCESS,
            Err(error) => fail(FAILED, &error),
        },
        Command::SimulateProposal(arguments) => simulate(arguments).await,
        Command::Replay(arguments) => replay(arguments),
        Command::Programs {
            deployment,
            within,
            json,
        } => match lives(deployment).await {
            Ok((_, report)) => {
                let printed = print_report(&report, json);
                let due = printed == ExitCode::SUCCESS && report.is_due(within);
                if due { ExitCode::from(DUE) } else { printed }
            }
            Err(failed) => failed,
        },
        Command::KeepAlive {
            deployment,
            within,
            private_key,
        } => keep_alive(deployment, within, private_key).await,
    }
}

/// A connection, and how long the programs of a deployment have; or the exit code with which that failed.
async fn lives(arguments: DeploymentArguments) -> Result<(Chain, programs::Report), ExitCode> {
    let addresses = if arguments.addresses.is_empty() {
        records::addresses()
            .map_err(|error| fail(BAD_INPUT, &format!("no addresses given, and {error}")))?
    } else {
        arguments.addresses
    };
    let failed = |error: programs::ProgramsError| {
        let code = if error.is_bad_input() {
            BAD_INPUT
        } else {
            FAILED
        };
        fail(code, &error)
    };
    let chain = Chain::connect(&arguments.node.rpc_url).await;
    let chain = chain.map_err(|error| failed(error.into()))?;
    let report = programs::report(&chain, &addresses).await.map_err(failed)?;
    Ok((chain, report))
}

async fn keep_alive(deployment: DeploymentArguments, within: u64, key: B256) -> ExitCode {
    let (chain, report) = match lives(deployment).await {
        Ok(found) => found,
        Err(failed) => return failed,
    };
    let wallet = match Wallet::open(&chain, key).await {
        Ok(wallet) => wallet,
        Err(error) => return fail(FAILED, &error),
    };
    let mut done = 0;
    let say = |kept: &programs::Kept| {
        done += 1;
        // A reader that has gone away does not end what is half done.
        let _ = writeln!(std::io::stdout(), "{kept}");
    };
    let kept = programs::keep_alive(&chain, &wallet, &report, within, say).await;
    match kept {
        Err(error) => fail(FAILED, &error),
        Ok(()) => {
            if done == 0 {
                let _ = writeln!(
                    std::io::stdout(),
                    "every program has more than {within} days"
                );
            }
            ExitCode::SUCCESS
        }
    }
}

fn replay(arguments: ReplayArguments) -> ExitCode {
    let source = match (arguments.source.prices, arguments.secondary) {
        (Some(primary), Some(secondary)) => replay::Source::Venues { primary, secondary },
        (Some(file), None) => replay::Source::File(file),
        (None, _) => replay::Source::Regimes(arguments.seed),
    };
    let limits = if arguments.pegged {
        oracle::RangeLimits::PEGGED
    } else {
        oracle::RangeLimits::DEFAULT
    };
    match replay::run(&source, &limits, arguments.out.as_deref()) {
        Ok(report) => print_report(&report, arguments.json),
        Err(error) if error.is_bad_input() => fail(BAD_INPUT, &error),
        Err(error) => fail(FAILED, &error),
    }
}

fn print_report(report: &(impl std::fmt::Display + serde::Serialize), json: bool) -> ExitCode {
    let text = if json {
        serde_json::to_string_pretty(report).map(|text| text + "\n")
    } else {
        Ok(report.to_string())
    };
    let text = match text {
        Ok(text) => text,
        Err(error) => return fail(FAILED, &error),
    };
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(FAILED, &error),
    }
}

async fn simulate(arguments: ProposalArguments) -> ExitCode {
    let (factory, first) = match arguments.factory {
        Some(factory) => (factory, 0),
        None => match records::deployment() {
            Ok(deployment) => (deployment.factory, deployment.block),
            Err(error) => return fail(BAD_INPUT, &format!("no --factory, and {error}")),
        },
    };
    let options = proposal::Options {
        proposal: arguments.proposal,
        to: arguments.to,
        from: arguments.from,
        rpc_url: arguments.node.rpc_url,
        block: arguments.block,
        factory,
        search: Search {
            from: arguments.from_block.unwrap_or(first),
            widest: arguments.log_range,
        },
        out: arguments.out,
    };
    let report = match proposal::run(&options).await {
        Ok(report) => report,
        Err(error) if error.is_bad_input() => return fail(BAD_INPUT, &error),
        Err(error) => return fail(FAILED, &error),
    };
    let printed = print_report(&report, arguments.json);
    match report.verdict {
        _ if printed != ExitCode::SUCCESS => printed,
        Verdict::Understood => ExitCode::SUCCESS,
        Verdict::PartlyUnknown => ExitCode::from(NOT_UNDERSTOOD),
        Verdict::Reverts => ExitCode::from(REVERTS),
    }
}

async fn play(arguments: DemoArguments) -> ExitCode {
    let prices = match &arguments.prices {
        None => prices::black_thursday(arguments.seed),
        Some(file) => match prices::read(file) {
            Ok(path) => path,
            Err(error) => return fail(BAD_INPUT, &error),
        },
    };
    let options = demo::Options {
        prices,
        seed: arguments.seed,
        traders: arguments.traders.into(),
        out: arguments.out,
        rpc_url: arguments.rpc_url,
        keep: arguments.keep,
    };
    match demo::run(&options).await {
        Ok(record) if record.holds() => ExitCode::SUCCESS,
        Ok(_) => fail(FAILED, &"an invariant is violated"),
        Err(error) => fail(FAILED, &error),
    }
}

fn fail(code: u8, error: &dyn std::fmt::Display) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "bulkhead: {error}");
    ExitCode::from(code)
}
