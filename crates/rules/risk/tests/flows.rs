//! What is kept over time: what insurance received for an instrument, funding, and profit that matures.

use risk::rules::cover::Flow;
use risk::rules::funding::{Funding, MAX_PAID, MAX_RATE};
use risk::{Index, Maturity, Usd, WAD};

const NOW: u64 = 1_800_000_000;
/// The time in which what is kept falls to 1/e.
const NINETY_DAYS: u64 = 90 * 86_400;

#[test]
fn a_payment_alone_is_forgotten() {
    let flow = Flow::default().with_paid(Usd(100 * WAD.cast_signed()), NOW);
    let later = flow.at(NOW + NINETY_DAYS);
    assert_eq!(later.paid, 36_787_944);
}

#[test]
fn a_funding_rate_counts_billionths_of_the_mark() {
    let at = |rate| Funding {
        rate,
        ..Funding::default()
    };
    assert_eq!(at(7).wad_rate(), 7_000_000_000);
    assert_eq!(at(-MAX_RATE).wad_rate(), -5_000_000_000_000_000);
}

#[test]
fn funding_stops_where_an_index_does() {
    assert_eq!(MAX_PAID, Index::MAX_FUNDING.0);
}

#[test]
fn profit_matures_by_the_tier_in_which_it_arose() {
    let seconds = [0, 1, 2, 3].map(|tier| Maturity::from_u8(tier).seconds());
    assert_eq!(seconds, [600, 3_600, 86_400, 86_400]);
}
