//! The node from outside: every test starts its own and talks to it over HTTP and WebSocket.

mod asm;
mod development;
mod filters;
mod history;
mod ids;
mod node_interface;
mod probe;
mod provider;
mod robustness;
mod simulation;
mod speed;
mod support;
mod tracing;
mod transactions;
