//! Where options are valued.

use alloc::vec;
use alloc::vec::Vec;

use alloy_primitives::B256;
use alloy_sol_types::SolError;
use oracle::{Expiry, Stage};
use risk::options::black::Kind;
use risk::options::settlement::Counted;

use crate::prices::{Observer, Purpose, Reading};
use crate::readings::MARK_WORDS;
use crate::settlements::final_price;
use guard_support::abi::{Args, guard};
use guard_support::host::{fill, int, revert, uint};

/// Bytes of an encoded `OptionId`.
const ID_BYTES: usize = 128;
/// Words of an encoded `OptionMark`.
const OPTION_WORDS: usize = 10;

/// [`marks`](crate::readings::marks), and the marks of options on these assets. Each asset is observed once, and a surface or
/// settlement read once for neighbours of the same expiry. Fails as `marks` does, or with `AssetIndexOutOfRange`.
pub fn marks_with_options(purpose: Purpose, args: Args) -> Vec<u8> {
    let (assets, options) = (args.b256s(0), args.structs(1));
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
        let id = Args(option);
        let (asset, time) = (id.u8(0), id.u64(1));
        let Some(underlying) = underlyings.get(usize::from(asset)) else {
            revert(guard::AssetIndexOutOfRange::SELECTOR, &[uint(asset)])
        };
        let expiry = match last {
            Some((of, at, expiry)) if (of, at) == (asset, time) => expiry,
            _ => expiry_of(underlying, time, observer),
        };
        last = Some((asset, time, expiry));
        let kind = if id.bool(3) { Kind::Call } else { Kind::Put };
        let strike = id.uint(2, u128::BITS);
        fill(place, &option_mark(&expiry, underlying, kind, strike));
    }
}

fn option_mark(
    expiry: &Expiry,
    underlying: &Reading,
    kind: Kind,
    strike: u128,
) -> [B256; OPTION_WORDS] {
    let option = expiry.quote(kind, strike);
    [
        uint(option.quote.value.0),
        uint(option.volatility),
        uint(underlying.tier as u8),
        uint(expiry.blocked(underlying.blocked)),
        uint(u8::from(expiry.is_final())),
        int(option.quote.delta),
        uint(option.quote.gamma),
        uint(option.quote.vega),
        uint(expiry.counted.share.0),
        uint(expiry.counted.average.0),
    ]
}

/// The expiry at `time` as it stands now: its surface until then, its settlement from then on.
fn expiry_of(underlying: &Reading, time: u64, observer: &Observer) -> Expiry {
    let (mark, now) = (underlying.entry.price.mark, observer.now);
    let settlements = &underlying.settlements;
    let counted = settlements.fixed(time, observer.windows(), now);
    if now < time {
        return Expiry::ahead(mark, counted, time, underlying.record.quoted(time), now);
    }
    match final_price(underlying, time, now) {
        0 => Expiry {
            price: mark,
            counted,
            stage: Stage::Settling,
        },
        price => Expiry {
            price,
            counted: Counted::default(),
            stage: Stage::Settled,
        },
    }
}
