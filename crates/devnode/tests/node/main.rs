//! The node from outside: every test starts its own and talks to it over HTTP and WebSocket.

mod asm;
mod development;
mod filters;
mod history;
mod probe;
mod provider;
mod robustness;
mod speed;
mod support;
mod tracing;
mod transactions;
