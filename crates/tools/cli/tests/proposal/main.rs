//! `bulkhead simulate-proposal` against a node: what it foresees is what happens, what it does not understand it says, and it
//! gets along with the nodes that there are. It needs the built programs.

mod command;
mod crowd;
mod differential;
mod provider;
mod refusals;
mod scene;
mod takings;
