//! What insurance received and paid for an instrument is forgotten, also where there was only one of the two.

use risk::cover::Flow;
use risk::{Usd, WAD};

const NOW: u64 = 1_800_000_000;
/// The time in which what is kept falls to 1/e.
const NINETY_DAYS: u64 = 90 * 86_400;

#[test]
fn a_payment_alone_is_forgotten() {
    let flow = Flow::default().with_paid(Usd(100 * WAD.cast_signed()), NOW);
    let later = flow.at(NOW + NINETY_DAYS);
    assert_eq!((later.paid, later.drawn), (36_787_944, 0));
}

#[test]
fn a_draw_alone_is_forgotten() {
    let flow = Flow::default().with_drawn(Usd(100 * WAD.cast_signed()), NOW);
    let later = flow.at(NOW + NINETY_DAYS);
    assert_eq!((later.paid, later.drawn), (0, 36_787_945));
}
