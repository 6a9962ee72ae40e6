//! A crisis, played on a chain.

pub mod audit;
pub mod crowd;
pub mod plots;
pub mod record;
