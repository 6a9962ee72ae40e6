//! Where options are valued.

use alloc::vec;
use alloc::vec::Vec;

use alloy_primitives::B256;
use alloy_sol_types::SolError;
use oracle::settlement::DAY;
use oracle::surface::day_of_volatility;
use oracle::tier::action;
use oracle::{Expiry, OptionQuote};
use risk::options::black::Kind;
use risk::{Price, SettlementPrice};

use crate::prices::{Observer, Purpose, Reading};
use crate::readings::MARK_WORDS;
use crate::settlements::final_price;
use guard_support::abi::guard;
use guard_support::arguments::Args;
use guard_support::host::{fill, int, revert, uint};

/// Bytes of an encoded `OptionId`.
const ID_BYTES: usize = 160;
/// Words of an encoded `OptionMark`.
const OPTION_WORDS: usize = 10;

/// [`marks`](crate::readings::marks), and the marks of options on these assets. Each asset is observed once, and a surface or
/// settlement read once for neighbours of the same expiry. Fails as `marks` does, or with `AssetIndexOutOfRange`.
pub fn marks_with_options(purpose: Purpose, args: Args) -> Vec<u8> {
    let (assets, options) = (args.items(0), args.items(1));
    let observer = Observer::new(purpose);
    let (marks, quotes) = (
        assets.len() * MARK_WORDS * 32,
        options.len() * OPTION_WORDS * 32,
    );
    let mut bytes = vec![0; 128 + marks + quotes];
    let (head, rest) = bytes.split_at_mut(96);
    let place = uint(96 + marks as u64);
    fill(head, &[uint(64u8), place, uint(assets.len() as u64)]);
    let (body, rest) = rest.split_at_mut(marks);
    let mut underlyings = Vec::with_capacity(assets.len());
    for (place, asset) in body.chunks_exact_mut(MARK_WORDS * 32).zip(assets) {
        let underlying = observer.observe(&B256::new(*asset));
        fill(place, &observer.mark(&underlying));
        underlyings.push(underlying);
    }
    let (head, body) = rest.split_at_mut(32);
    fill(head, &[uint(options.len() as u64)]);
    write_options(body, options, &underlyings, &observer);
    bytes
}

fn write_options(
    body: &mut [u8],
    options: &[[u8; ID_BYTES]],
    underlyings: &[Reading],
    observer: &Observer,
) {
    let mut last = None;
    for (place, option) in body.chunks_exact_mut(OPTION_WORDS * 32).zip(options) {
        let id = Args::new(option);
        let asset = id.u8(0);
        // When it expires, and when its series settles, if that is before.
        let times = (id.u64(1), id.u64(4));
        let Some(underlying) = underlyings.get(usize::from(asset)) else {
            revert(guard::AssetIndexOutOfRange::SELECTOR, &[uint(asset)])
        };
        let expiry = match last {
            Some((of, at, expiry)) if (of, at) == (asset, times) => expiry,
            _ => expiry_of(underlying, times, observer),
        };
        last = Some((asset, times, expiry));
        let kind = if id.bool(3) { Kind::Call } else { Kind::Put };
        let strike = Price(id.unsigned(2));
        // A series that is to close can only be left.
        let closing = if times.1 > 0 { action::OPEN } else { 0 };
        let blocked = expiry.blocked(underlying.blocked) | closing;
        let option = expiry.quote(kind, strike);
        let mark = option_mark(&expiry, &option, underlying.tier as u8, blocked);
        fill(place, &mark);
    }
}

fn option_mark(
    expiry: &Expiry,
    option: &OptionQuote,
    tier: u8,
    blocked: u16,
) -> [B256; OPTION_WORDS] {
    [
        uint(option.quote.value.0),
        uint(option.volatility),
        uint(tier),
        uint(blocked),
        uint(u8::from(expiry.is_final())),
        int(option.quote.delta),
        uint(option.quote.gamma),
        uint(option.quote.vega),
        uint(expiry.counted.share.0),
        uint(expiry.counted.average.0),
    ]
}

/// The expiry at `time` as it stands now: its surface until then, its settlement from then on. Of series that settle at `closes`,
/// unless that is zero, the same from a day before that on.
fn expiry_of(underlying: &Reading, (time, closes): (u64, u64), observer: &Observer) -> Expiry {
    let (mark, now) = (underlying.entry.price.mark, observer.now);
    let counted = |at| underlying.settlements.fixed(at, observer.windows(), now);
    let settled = |at| {
        if now < at {
            SettlementPrice::ZERO
        } else {
            final_price(underlying, at, now)
        }
    };
    if closes > 0 && now.saturating_add(DAY) >= closes {
        let record = &underlying.record;
        let day = day_of_volatility(closes, |day| record.was_distrusted(time, day));
        let quoted = record.quoted_at(time, day, now);
        // Nobody holds an option of an expiry that never had a surface.
        if quoted.exists() {
            let price = (mark, counted(closes), settled(closes));
            let volatility = (quoted, settled(day));
            return Expiry::early(price, (time, closes), volatility, now);
        }
    }
    if now < time {
        let quoted = underlying.record.quoted(time);
        return Expiry::ahead(mark, counted(time), time, quoted, now);
    }
    Expiry::over(mark, counted(time), settled(time))
}
