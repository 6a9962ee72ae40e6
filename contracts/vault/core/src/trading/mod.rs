//! Settlement of signed trades, whatever is traded: what differs between perpetuals and options is a [`Product`], and each has a
//! program of its own, so that a trade in one does not pay for the code of the other.
//!
//! | Where is ... | |
//! |---|---|
//! | a trade settled | [`settlement`] |
//! | an order checked: its time, its nonce, its signature | [`orders`] |
//! | open interest limited, insurance counted | [`market`] |

mod market;
mod orders;
mod settlement;

pub use market::Fill;

use risk::{InstrumentId, Price, Result, Size, Usd, Volume};

use crate::abi::{Args, Bytes};
use crate::orders::{ORDER_WORDS, Order};
use crate::session::Session;
use crate::storage::Storage;

/// What is traded. `underlying` is the perpetual on an instrument's underlying: of a perpetual, itself.
pub trait Product {
    /// Whether an instrument is one.
    fn includes(id: InstrumentId) -> bool;

    /// Whether a price is within the band around the mark.
    ///
    /// # Errors
    /// [`Overflow`](risk::Error::Overflow).
    fn is_within_band(
        session: &Session,
        id: InstrumentId,
        underlying: InstrumentId,
        price: Price,
    ) -> Result<bool>;

    /// The fees of maker and taker for a fill, rounded up.
    ///
    /// # Errors
    /// [`Overflow`](risk::Error::Overflow).
    fn fees(
        session: &Session,
        id: InstrumentId,
        underlying: InstrumentId,
        fill: (Size, Price),
    ) -> Result<[Usd; 2]>;

    /// Whether an instrument is traded only where that reduces the risk of both sides.
    fn only_reduces_risk(session: &Session, id: InstrumentId) -> bool;

    /// Counts a fill for what all instruments on the underlying add up to. Reverts if it raised that beyond a limit.
    fn count(session: &mut Session, fill: &Fill);

    /// Lets funding observe the premium of a fill that paid `fees`, if there is funding. Returns the volume of the underlying's period.
    fn observe(session: &mut Session, fill: &Fill, fees: Usd) -> Volume;
}

/// settle(Order maker, bytes makerSig, Order taker, bytes takerSig, uint256 size)
///
/// Fails with `SameAccount`, `OrderMismatch`, `InvalidAmount`, `UnknownInstrument`, `OrderExpired`, `OrderCancelled`,
/// `OrderFilled`, `InvalidSignature`, `InsufficientGas`, `ReduceOnly`, `PriceOutsideBand`, `ActionBlocked`, `TooManyLegs`,
/// `NoEquity`, `InsufficientMargin`, `OpenInterestLimit`, `CoverExceeded`, `ExposureLimit`, `GuardFailed`, `EngineFailed`,
/// `PoolFailed` or `Overflow`.
pub fn settle<P: Product>(store: &mut Storage, args: Args) -> Bytes {
    const MAKER_SIGNATURE: usize = ORDER_WORDS;
    const TAKER: usize = MAKER_SIGNATURE + 1;
    const TAKER_SIGNATURE: usize = TAKER + ORDER_WORDS;
    let maker = Order::decode(args, 0);
    let taker = Order::decode(args, TAKER);
    let maker_signature = args.bytes(MAKER_SIGNATURE);
    let taker_signature = args.bytes(TAKER_SIGNATURE);
    let size = args.unsigned(TAKER_SIGNATURE + 1);
    settlement::settle::<P>(
        store,
        [(&maker, maker_signature), (&taker, taker_signature)],
        size,
    )
}
