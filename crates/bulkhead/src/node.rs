//! The node that a command talks to: the one at `RPC_URL`, or one that it starts itself.

/// A node in use.
pub enum Node {
    /// Somebody else's.
    Remote(String),
    /// Started here; stops when dropped.
    Own(devnode::Handle),
}

impl Node {
    /// The node at `url`, or one on a free port whose first block is mined at `genesis` (seconds since the Unix epoch).
    pub fn at(url: Option<String>, genesis: Option<u64>) -> Result<Self, devnode::NodeError> {
        match url {
            Some(url) => Ok(Self::Remote(url)),
            None => {
                let config = devnode::Config {
                    genesis_timestamp: genesis,
                    ..devnode::Config::default()
                };
                devnode::spawn(config).map(Self::Own)
            }
        }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        match self {
            Self::Remote(url) => url.clone(),
            Self::Own(handle) => handle.url(),
        }
    }

    /// Whether the node stops with this program.
    pub fn is_own(&self) -> bool {
        matches!(self, Self::Own(_))
    }
}
