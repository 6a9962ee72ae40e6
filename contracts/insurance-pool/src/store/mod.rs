//! What the pool stores beside its shares, packed so that a deposit, a draw and a quote touch as few slots as can be.

mod clock;
mod config;
mod request;
mod reserves;
mod vault;

pub use clock::ExitClock;
pub use config::{Config, DRAW_SHARE_UNIT, Settings, power_of_ten};
pub use request::{Request, Terms};
pub use reserves::{MAX_ASSETS, MAX_SUPPLY, Reserves};
pub use vault::VaultRecord;

/// Length of a day, of which draws are counted, in seconds. Days begin at midnight UTC.
const DAY: u64 = 86_400;
