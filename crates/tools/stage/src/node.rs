//! The node that a command talks to: the one at `RPC_URL`, or one that it starts itself.

/// A node in use.
pub enum Node {
    /// Somebody else's.
    Remote(String),
    /// Started here; stops when dropped.
    Own(devnode::Handle),
}

impl Node {
    /// The node at `url`, or a new one on a free port.
    pub fn at(url: Option<String>) -> Result<Self, devnode::NodeError> {
        match url {
            Some(url) => Ok(Self::Remote(url)),
            None => devnode::spawn(devnode::Config::default()).map(Self::Own),
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
