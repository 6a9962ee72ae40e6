//! The command line of the development node.

use std::{
    io::{self, Write},
    net::IpAddr,
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use alloy::primitives::utils::format_ether;
use clap::Parser;
use devnode::{Config, Handle, chain::Mining, node::REVERTS_VARIABLE};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// A local Arbitrum development node that runs EVM contracts and Stylus programs.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Port to listen on, for HTTP and WebSocket; 0 takes a free one.
    #[arg(long, default_value_t = 8547)]
    port: u16,
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Mine a block every N seconds instead of one for every transaction.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    block_time: Option<u64>,
    /// Mine only when asked to.
    #[arg(long, conflicts_with = "block_time")]
    no_automine: bool,
    /// Load the state from FILE, if it exists, and save it there.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Keep compiled Stylus programs in DIR between runs.
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,
    /// Append to FILE each distinct revert of a Stylus program: code hash, selectors of function and error, and whether the error was
    /// its own or passed on from a contract that it called.
    #[arg(long, value_name = "FILE", env = REVERTS_VARIABLE)]
    reverts: Option<PathBuf>,
    /// Print the endpoint only.
    #[arg(long)]
    quiet: bool,
}

impl Arguments {
    fn into_config(self) -> Config {
        let mining = match self.block_time {
            Some(seconds) => Mining::Interval(Duration::from_secs(seconds)),
            None if self.no_automine => Mining::Manual,
            None => Mining::Automatic,
        };
        Config {
            host: self.host,
            port: self.port,
            mining,
            state: self.state,
            cache_dir: self.cache_dir,
            reverts: self.reverts,
            ..Config::default()
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .init();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("devnode: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    let quiet = arguments.quiet;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let stop = runtime.block_on(async {
        (
            signal(SignalKind::interrupt()),
            signal(SignalKind::terminate()),
        )
    });
    let (mut interrupt, mut terminate) = (stop.0?, stop.1?);
    let node = devnode::spawn(arguments.into_config())?;
    // Whoever started the node may not read what it prints.
    let _ = announce(&node, quiet);
    runtime.block_on(async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    });
    node.save()?;
    Ok(())
}

fn announce(node: &Handle, quiet: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "Listening on {}", node.url())?;
    if !quiet {
        writeln!(out, "Chain id: {}", node.chain().chain_id())?;
        writeln!(
            out,
            "Accounts, for development only: everybody knows their keys"
        )?;
        for ((address, balance), signer) in node
            .accounts()
            .funded()
            .iter()
            .zip(node.accounts().signers())
        {
            writeln!(
                out,
                "  {address}  {} ETH  {}",
                format_ether(*balance),
                signer.to_bytes()
            )?;
        }
    }
    out.flush()
}
