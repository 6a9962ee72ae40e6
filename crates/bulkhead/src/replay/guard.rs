//! The guard over a path.

use crate::prices::Point;
use oracle::{
    Asset, Observation, Outlook, Parameters, RangeLimits, Sample, Sources, Tier, Volatility,
};
use risk::{Ranges, Ratio};

/// The guard's parameters.
pub(super) const PARAMETERS: Parameters = Parameters::DEFAULT;
/// The asset's limits.
pub(super) const LIMITS: RangeLimits = RangeLimits::DEFAULT;
/// How long an answer counts; longer than any step of a path.
const HEARTBEAT: u64 = 86_400;
const WAD: f64 = 1e18;

/// What the guard says at a point of a path. Ranges and margins are shares of the price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Seconds since the Unix epoch, UTC.
    pub time: u64,
    /// The price.
    pub price: f64,
    /// The breaker's tier.
    pub tier: Tier,
    /// The range of maintenance margin.
    pub maintenance: f64,
    /// The range of initial margin, before what the tier adds.
    pub initial: f64,
    /// Initial margin of a perpetual alone: the initial range, a quarter wider from Caution, and at least 1.25 times the
    /// maintenance range. What concentration and the stable price add is not in it.
    pub margin: f64,
}

/// Pokes the guard at every point of `points`, as its contract does: observe, sample, and round what readers see.
pub fn replay(points: &[Point]) -> Vec<Step> {
    let mut asset = Asset::default();
    let mut volatility = Volatility::default();
    let poke = |point: &Point| {
        let now = point.time;
        let sample = Sample {
            price: (point.price * WAD) as u128,
            updated_at: now,
            valid_until: now.saturating_add(HEARTBEAT),
        };
        let observation = Observation {
            sources: Sources::One(Some(sample)),
            sequencer_down: false,
        };
        (asset, _) = asset.observe(observation, &PARAMETERS, now);
        if asset.price.is_trusted(now) {
            volatility = volatility.sample(asset.price.mark, &PARAMETERS, &LIMITS, now);
        }
        let ranges = volatility.ranges(&PARAMETERS, &LIMITS, now);
        step(point, asset.price.tier, &Outlook::of(&ranges))
    };
    points.iter().map(poke).collect()
}

fn step(point: &Point, tier: Tier, outlook: &Outlook) -> Step {
    let (maintenance, initial) = outlook.after(&PARAMETERS, 0);
    let guarded = Ranges {
        maintenance: Ratio(maintenance.into()),
        initial: Ratio(initial.into()),
    };
    let ranges = Ranges::of(Ranges::default(), guarded, tier as u8, 0);
    let share = |ratio: Ratio| ratio.0 as f64 / WAD;
    let least = share(risk::requirement::LEAST_INITIAL) * share(ranges.maintenance);
    Step {
        time: point.time,
        price: point.price,
        tier,
        maintenance: share(guarded.maintenance),
        initial: share(guarded.initial),
        margin: share(ranges.initial).max(least),
    }
}
