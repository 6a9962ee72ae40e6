//! What options need of the guard before they expire.

use bulkhead::abi::IOracleGuard;

use crate::node::Node;
use crate::system::{ETH, System};

/// Has the guard average the price until `expiry`.
pub fn open(node: &Node, system: &System, expiry: u64) -> Result<(), String> {
    let asset = system.assets[ETH];
    let call = IOracleGuard::openSettlementCall { asset, expiry };
    node.send(system.keeper(), system.guard, &call).map(drop)
}
