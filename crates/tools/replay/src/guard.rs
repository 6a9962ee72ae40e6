//! The guard over a path.

use super::series::{HEARTBEAT, Moment};
use oracle::{
    Asset, Observation, Outlook, Parameters, Price, RangeLimits, Sample, SourcePrice, Sources,
    Volatility,
};
use risk::{Ranges, Ratio};

pub use oracle::Tier;

/// The guard's parameters.
pub(super) const PARAMETERS: Parameters = Parameters::DEFAULT;
/// What a price may be off by, as a share of it, for having gone through fixed point.
pub(super) const ROUNDING: f64 = 1e-12;
const WAD: f64 = 1e18;

/// What the guard says at a moment of a path. Ranges and margins are shares of the price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// What its sources say.
    pub moment: Moment,
    /// The mark.
    pub mark: f64,
    /// The stable price.
    pub stable: f64,
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

/// Pokes the guard of an asset with such `limits` at every one of `moments`, as its contract does: observe, sample, and round what
/// readers see. The steps from the first mark on: where two sources differ before, there is none.
pub fn replay(moments: &[Moment], limits: &RangeLimits) -> Vec<Step> {
    let mut asset = Asset::default();
    let mut volatility = Volatility::default();
    let poke = |moment: &Moment| {
        let now = moment.time;
        let rate = limits.stable_price_rate;
        (asset, _) = asset.observe(observation(moment), &PARAMETERS, rate, now);
        if asset.price.is_trusted(now) {
            volatility = volatility.sample(asset.price.mark, &PARAMETERS, limits, now);
        }
        let ranges = volatility.ranges(&PARAMETERS, limits, now);
        step(moment, &asset.price, &Outlook::of(&ranges))
    };
    let steps = moments.iter().map(poke);
    steps.skip_while(|step| step.mark == 0.0).collect()
}

fn observation(moment: &Moment) -> Observation {
    let sample = |price: f64, age: u64| {
        let updated_at = moment.time - age;
        (age <= HEARTBEAT).then(|| Sample {
            price: SourcePrice((price * WAD) as u128),
            updated_at,
            valid_until: updated_at.saturating_add(HEARTBEAT),
        })
    };
    let primary = sample(moment.primary, moment.ages[0]);
    let sources = match moment.secondary {
        None => Sources::One(primary),
        Some(secondary) => Sources::Two(primary, sample(secondary, moment.ages[1])),
    };
    Observation {
        sources,
        sequencer_down: false,
    }
}

fn step(moment: &Moment, price: &Price, outlook: &Outlook) -> Step {
    let (maintenance, initial) = outlook.after(&PARAMETERS, 0);
    let guarded = Ranges {
        maintenance: Ratio(maintenance.into()),
        initial: Ratio(initial.into()),
    };
    let ranges = Ranges::of(Ranges::default(), guarded, price.tier, 0);
    let share = |ratio: Ratio| ratio.0 as f64 / WAD;
    let least = share(risk::rules::margin::LEAST_INITIAL) * share(ranges.maintenance);
    Step {
        moment: *moment,
        mark: price.mark.0 as f64 / WAD,
        stable: price.stable.0 as f64 / WAD,
        tier: price.tier,
        maintenance: share(guarded.maintenance),
        initial: share(guarded.initial),
        margin: share(ranges.initial).max(least),
    }
}
