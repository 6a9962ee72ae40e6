//! Where the checkout is, and the tools in it.

use std::path::{Path, PathBuf};

/// The checkout that a command runs in cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// No folder from the current one upwards is the checkout.
    #[error("no foundry.toml here or above: run this inside the checkout")]
    NotInCheckout,
    /// A tool of the lock file is not installed.
    #[error("{0} is missing: run `make setup` (or `npm ci`) first")]
    ToolMissing(PathBuf),
}

/// The folder with `foundry.toml`, from the current one upwards.
pub fn root() -> Result<PathBuf, ProjectError> {
    let here = std::env::current_dir().map_err(|_| ProjectError::NotInCheckout)?;
    let found = here
        .ancestors()
        .find(|folder| folder.join("foundry.toml").is_file());
    found
        .map(Path::to_path_buf)
        .ok_or(ProjectError::NotInCheckout)
}

/// A program that npm installed.
pub fn tool(root: &Path, name: &str) -> Result<PathBuf, ProjectError> {
    let path = root.join("node_modules/.bin").join(name);
    if path.exists() {
        Ok(path)
    } else {
        Err(ProjectError::ToolMissing(path))
    }
}
