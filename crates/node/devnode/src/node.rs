//! A whole node: chain, server, interval mining and saving.

use std::{
    env, fs, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jsonrpsee::server::ServerHandle;
use tokio::{runtime::Runtime, sync::watch, task::JoinHandle};

use crate::{
    accounts::DevAccounts,
    chain::{Chain, ChainConfig, ChainError, Dump, Mining},
    evm::{self, Executor, RevertLog},
    rpc::{self, Limits},
};

/// Nitro's development chain.
pub const CHAIN_ID: u64 = 412_346;
/// Names the file of [`Config::reverts`] for nodes whose configuration does not.
pub const REVERTS_VARIABLE: &str = "DEVNODE_REVERTS";
/// How often a changed state is saved.
const SAVE_INTERVAL: Duration = Duration::from_secs(5);
/// Stack of each thread. Executions take their stack from the heap; this is for everything around them.
const THREAD_STACK_BYTES: usize = 16 << 20;
/// Threads for executions; more requests than that wait.
const MAX_EXECUTION_THREADS: usize = 64;

/// How a node is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address to listen on.
    pub host: IpAddr,
    /// Port to listen on; 0 takes a free one.
    pub port: u16,
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// When blocks are mined.
    pub mining: Mining,
    /// File to load the state from, if it exists, and to save it to.
    pub state: Option<PathBuf>,
    /// Folder for compiled Stylus programs; none keeps them in memory only.
    pub cache_dir: Option<PathBuf>,
    /// File to append a line to for each distinct revert of a Stylus program: see [`RevertLog`].
    pub reverts: Option<PathBuf>,
    /// Timestamp of the first block, in seconds since the Unix epoch; none for now.
    pub genesis_timestamp: Option<u64>,
    /// What clients may ask.
    pub limits: Limits,
}

impl Default for Config {
    /// A node in memory on a free local port that mines at once, and notes reverts where [`REVERTS_VARIABLE`] says.
    fn default() -> Self {
        Self {
            host: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            chain_id: CHAIN_ID,
            mining: Mining::Automatic,
            state: None,
            cache_dir: None,
            reverts: env::var_os(REVERTS_VARIABLE).map(PathBuf::from),
            genesis_timestamp: None,
            limits: Limits::default(),
        }
    }
}

/// Why a node does not start or cannot save.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The system's reason.
        source: io::Error,
    },
    /// Threads could not be started.
    #[error("cannot start threads: {0}")]
    Runtime(io::Error),
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The state file is not one.
    #[error("{}: {reason}", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// A running node. Dropping it saves the state, if a file was given, and stops the node.
#[derive(Debug)]
pub struct Handle {
    address: SocketAddr,
    chain: Arc<Chain>,
    accounts: DevAccounts,
    state: Option<StateFile>,
    server: ServerHandle,
    tasks: Vec<JoinHandle<()>>,
    /// Runs everything; taken when the node stops.
    runtime: Option<Runtime>,
}

/// Starts a node. It runs on threads of its own and is ready when this returns.
///
/// # Errors
/// [`NodeError`].
pub fn spawn(config: Config) -> Result<Handle, NodeError> {
    let accounts = DevAccounts::default();
    let reverts = config.reverts.as_deref().map(open_log).transpose()?;
    let executor = Executor::new(evm::Config {
        chain_id: config.chain_id,
        cache_dir: config.cache_dir,
        reverts,
    });
    let chain = Arc::new(Chain::new(
        ChainConfig {
            chain_id: config.chain_id,
            mining: config.mining,
            funded: accounts.funded(),
            genesis_timestamp: config.genesis_timestamp,
        },
        executor,
    ));
    let state = config.state.map(|path| StateFile { path });
    if let Some(file) = &state {
        file.load(&chain)?;
        file.check()?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("devnode")
        .thread_stack_size(THREAD_STACK_BYTES)
        .max_blocking_threads(MAX_EXECUTION_THREADS)
        .build()
        .map_err(NodeError::Runtime)?;
    let address = SocketAddr::new(config.host, config.port);
    let methods = rpc::methods(chain.clone(), accounts.clone());
    let (address, server) = on(&runtime, rpc::start(address, methods, &config.limits))
        .map_err(|source| NodeError::Bind { address, source })?;
    let mut tasks = vec![runtime.spawn(mine_at_intervals(chain.clone()))];
    if let Some(file) = state.clone() {
        tasks.push(runtime.spawn(save_at_intervals(chain.clone(), file)));
    }
    Ok(Handle {
        address,
        chain,
        accounts,
        state,
        server,
        tasks,
        runtime: Some(runtime),
    })
}

/// Waits for a future on `runtime` from any thread, another runtime's included.
fn on<T: Send>(runtime: &Runtime, future: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| runtime.block_on(future));
        waiting
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn open_log(path: &Path) -> Result<Arc<RevertLog>, NodeError> {
    let log = RevertLog::open(path).map_err(|source| NodeError::File {
        path: path.to_owned(),
        source,
    })?;
    Ok(Arc::new(log))
}

impl Handle {
    /// The endpoint for HTTP.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The endpoint for WebSocket.
    pub fn ws_url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Where the node listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The node's chain.
    pub fn chain(&self) -> &Arc<Chain> {
        &self.chain
    }

    /// The accounts that are funded at genesis.
    pub fn accounts(&self) -> &DevAccounts {
        &self.accounts
    }

    /// Saves the state, if a file was given.
    ///
    /// # Errors
    /// [`NodeError::File`].
    pub fn save(&self) -> Result<(), NodeError> {
        self.state
            .as_ref()
            .map_or(Ok(()), |file| file.save(&self.chain))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // Fails only if it stopped already.
        let _ = self.server.stop();
        self.tasks.iter().for_each(JoinHandle::abort);
        if let Err(error) = self.save() {
            tracing::error!(%error, "the state could not be saved");
        }
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Mines at the chain's interval, whenever it has one.
async fn mine_at_intervals(chain: Arc<Chain>) {
    let mut mining: watch::Receiver<Mining> = chain.mining();
    loop {
        let mode = *mining.borrow_and_update();
        let Mining::Interval(interval) = mode else {
            if mining.changed().await.is_err() {
                return;
            }
            continue;
        };
        tokio::select! {
            changed = mining.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(interval) => {
                let chain = chain.clone();
                let mined = tokio::task::spawn_blocking(move || chain.mine(None)).await;
                if let Ok(Err(error)) = mined {
                    tracing::error!(%error, "no block was mined");
                }
            }
        }
    }
}

async fn save_at_intervals(chain: Arc<Chain>, file: StateFile) {
    let mut saved = chain.change_count();
    loop {
        tokio::time::sleep(SAVE_INTERVAL).await;
        let changes = chain.change_count();
        if changes == saved {
            continue;
        }
        let (chain, file) = (chain.clone(), file.clone());
        match tokio::task::spawn_blocking(move || file.save(&chain)).await {
            Ok(Ok(())) => saved = changes,
            Ok(Err(error)) => tracing::error!(%error, "the state could not be saved"),
            Err(error) => tracing::error!(%error, "saving the state failed"),
        }
    }
}

/// Where a chain is kept between runs.
#[derive(Clone, Debug)]
struct StateFile {
    path: PathBuf,
}

impl StateFile {
    /// Loads the chain, if the file exists.
    fn load(&self, chain: &Chain) -> Result<(), NodeError> {
        let text = match fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(source) => return Err(self.file_error(source)),
        };
        let state_error = |reason: String| NodeError::State {
            path: self.path.clone(),
            reason,
        };
        let dump: Dump =
            serde_json::from_slice(&text).map_err(|error| state_error(error.to_string()))?;
        chain
            .load(dump)
            .map_err(|error: ChainError| state_error(error.to_string()))
    }

    /// Checks that the chain can be saved: who finds out at the end that it cannot has lost it.
    fn check(&self) -> Result<(), NodeError> {
        let beside = self.beside();
        fs::File::create(&beside)
            .and_then(|_| fs::remove_file(&beside))
            .map_err(|source| self.file_error(source))
    }

    fn beside(&self) -> PathBuf {
        self.path.with_extension("tmp")
    }

    /// Saves the chain: first beside the file, then in its place, so that there is always a whole one.
    fn save(&self, chain: &Chain) -> Result<(), NodeError> {
        let dump =
            serde_json::to_vec(&chain.dump()).map_err(|error| self.file_error(error.into()))?;
        let beside = self.beside();
        write_through(&beside, &dump)
            .and_then(|()| fs::rename(&beside, &self.path))
            .map_err(|source| self.file_error(source))
    }

    fn file_error(&self, source: io::Error) -> NodeError {
        NodeError::File {
            path: self.path.clone(),
            source,
        }
    }
}

fn write_through(path: &Path, content: &[u8]) -> io::Result<()> {
    use io::Write;
    let mut file = fs::File::create(path)?;
    file.write_all(content)?;
    file.sync_all()
}
