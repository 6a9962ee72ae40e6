//! Where implied volatility is accepted and served.

use alloc::vec::Vec;

use alloy_primitives::B256;
use alloy_sol_types::SolError;
use oracle::{Surface, SurfaceRefusal, WAD};
use program_support::event::emit;
use program_support::topic;

use guard_support::abi::guard;
use guard_support::arguments::Args;
use guard_support::host::{encode, int, now, revert, sender, uint};
use guard_support::store::{Field, known, surface_limits};

/// WAD volatility of a millionth.
const MILLIONTH: u64 = WAD / 1_000_000;

/// Sets the surface of an expiry of an asset. Surface provider only.
///
/// Fails with `NotSurfaceProvider`, `UnknownAsset`, `InvalidExpiry`, `SurfaceOutOfBounds`, `SurfaceTooSoon`,
/// `SurfaceStepTooLarge`, or with `SurfaceUntrusted` while the guardian distrusts it.
pub fn set(args: Args) {
    let caller = sender();
    if caller != Field::SurfaceProvider.address() {
        revert(guard::NotSurfaceProvider::SELECTOR, &[caller.into_word()]);
    }
    let (asset, expiry) = (args.b256(0), args.u64(1));
    let (record, _) = known(&asset);
    let limits = surface_limits();
    let surface = surface_of(args);
    let (before, now) = (record.quoted(expiry), now());
    let next = match before.update(surface, expiry, &limits, now) {
        Ok(next) => next,
        Err(refusal) => refuse(refusal, expiry, limits.max_step),
    };
    // What outlived an 08:00 is kept, for series that close settle by the surface of then.
    record.replace_quoted(expiry, &before, &next, now);
    let [atm, skew, curvature] = words_of(&surface);
    let words = [asset, uint(expiry), atm, skew, curvature];
    emit(topic!(guard::SurfaceSet), 2, &words);
}

/// A surface in millionths, from the third argument on.
fn surface_of(args: Args) -> Surface {
    let (atm, skew, curvature) = (args.u64(2), args.i64(3), args.i64(4));
    let magnitudes = [atm, skew.unsigned_abs(), curvature.unsigned_abs()];
    if magnitudes
        .iter()
        .any(|part| !part.is_multiple_of(MILLIONTH))
    {
        revert(guard::SurfaceOutOfBounds::SELECTOR, &[]);
    }
    let millionths = |part: i64| (part / MILLIONTH.cast_signed()) as i32;
    Surface {
        atm: (atm / MILLIONTH) as u32,
        skew: millionths(skew),
        curvature: millionths(curvature),
    }
}

fn refuse(refusal: SurfaceRefusal, expiry: u64, max_step: u64) -> ! {
    match refusal {
        SurfaceRefusal::InvalidExpiry => revert(guard::InvalidExpiry::SELECTOR, &[uint(expiry)]),
        SurfaceRefusal::OutOfBounds => revert(guard::SurfaceOutOfBounds::SELECTOR, &[]),
        SurfaceRefusal::TooSoon { allowed_at } => {
            revert(guard::SurfaceTooSoon::SELECTOR, &[uint(allowed_at)])
        }
        SurfaceRefusal::StepTooLarge { step } => {
            let words = [uint(step), uint(max_step)];
            revert(guard::SurfaceStepTooLarge::SELECTOR, &words)
        }
        SurfaceRefusal::Distrusted { until } => {
            revert(guard::SurfaceUntrusted::SELECTOR, &[uint(until)])
        }
    }
}

fn words_of(surface: &Surface) -> [B256; 3] {
    let wad = |millionths: i64| int(i128::from(millionths * MILLIONTH.cast_signed()));
    [
        wad(surface.atm.into()),
        wad(surface.skew.into()),
        wad(surface.curvature.into()),
    ]
}

/// The surface of an expiry, when it was set, and whether its options may be opened. Fails with `UnknownAsset`.
pub fn surface(asset: B256, expiry: u64) -> Vec<u8> {
    let (record, _) = known(&asset);
    let (quoted, now) = (record.quoted(expiry), now());
    let [atm, skew, curvature] = words_of(&quoted.surface);
    let fresh = now < expiry && quoted.is_fresh(now);
    encode(&[
        atm,
        skew,
        curvature,
        uint(quoted.updated_at),
        uint(u8::from(fresh)),
    ])
}
