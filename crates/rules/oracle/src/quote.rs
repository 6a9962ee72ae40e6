//! From one or two sources to the mark.

use risk::{Mark, Stable};

use crate::math::share_at_least;
use crate::source::{Sample, SourcePrice};
use crate::stable::clamp_sole_source;
use crate::tier::Tier;

/// What the configured sources answered; `None` is an untrusted source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sources {
    /// The asset is configured with one source.
    One(Option<Sample>),
    /// The asset is configured with a primary and a secondary source.
    Two(Option<Sample>, Option<Sample>),
}

/// How the trusted sources stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// Every configured source is trusted and they differ by less than 3 %.
    Agreeing,
    /// Both are trusted and differ by 3 % or more.
    Diverged,
    /// One of two is trusted.
    Sole,
}

/// A trusted price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The price that everything uses.
    pub mark: Mark,
    /// Price of the primary source; none if it is untrusted.
    pub primary: SourcePrice,
    /// Price of the secondary source; none if it is untrusted or absent.
    pub secondary: SourcePrice,
    /// When the oldest source that counts was updated.
    pub updated_at: u64,
    /// The last second at which every source that counts is young enough.
    pub valid_until: u64,
    /// How the sources stand to each other.
    pub agreement: Agreement,
    /// The tier that the divergence alone asks for.
    pub divergence: Tier,
}

/// The divergence of two prices is their distance as a share of the lower one, in per cent.
const CAUTION_DIVERGENCE: u64 = 1;
const RESTRICTED_DIVERGENCE: u64 = 3;
const HALTED_DIVERGENCE: u64 = 10;

/// The mark that `sources` and the `stable` price (zero before the first mark) give, or `None`: frozen.
///
/// Two sources are never averaged: while they agree the primary is the mark, and when they diverge by 3 % or more it
/// is the median of both and the stable price. One of two is clamped to 10 % around the stable price. Before the
/// first mark there is nothing to outvote or bound a source with, so then every configured source must agree.
pub fn resolve(sources: Sources, stable: Stable) -> Option<Quote> {
    match sources {
        Sources::One(primary) => primary.map(only),
        Sources::Two(Some(primary), Some(secondary)) => both(primary, secondary, stable),
        Sources::Two(None, None) => None,
        Sources::Two(..) if stable == Stable::ZERO => None,
        Sources::Two(Some(primary), None) => Some(Quote {
            agreement: Agreement::Sole,
            mark: clamp_sole_source(primary.price, stable),
            ..only(primary)
        }),
        Sources::Two(None, Some(secondary)) => Some(Quote {
            agreement: Agreement::Sole,
            mark: clamp_sole_source(secondary.price, stable),
            primary: SourcePrice::NONE,
            secondary: secondary.price,
            ..only(secondary)
        }),
    }
}

fn only(sample: Sample) -> Quote {
    Quote {
        mark: sample.price.as_mark(),
        primary: sample.price,
        secondary: SourcePrice::NONE,
        updated_at: sample.updated_at,
        valid_until: sample.valid_until,
        agreement: Agreement::Agreeing,
        divergence: Tier::Normal,
    }
}

fn both(primary: Sample, secondary: Sample, stable: Stable) -> Option<Quote> {
    let divergence = divergence_tier(primary.price, secondary.price);
    let agreeing = divergence < Tier::Restricted;
    if !agreeing && stable == Stable::ZERO {
        return None;
    }
    Some(Quote {
        mark: if agreeing {
            primary.price.as_mark()
        } else {
            median(primary.price, secondary.price, stable)
        },
        primary: primary.price,
        secondary: secondary.price,
        updated_at: primary.updated_at.min(secondary.updated_at),
        valid_until: primary.valid_until.min(secondary.valid_until),
        agreement: if agreeing {
            Agreement::Agreeing
        } else {
            Agreement::Diverged
        },
        divergence,
    })
}

/// The tier that the divergence of two prices asks for.
fn divergence_tier(SourcePrice(a): SourcePrice, SourcePrice(b): SourcePrice) -> Tier {
    let (distance, lower) = (a.abs_diff(b), a.min(b));
    let reaches = |percent| share_at_least(distance, lower, percent, 100);
    match () {
        () if reaches(HALTED_DIVERGENCE) => Tier::Halted,
        () if reaches(RESTRICTED_DIVERGENCE) => Tier::Restricted,
        () if reaches(CAUTION_DIVERGENCE) => Tier::Caution,
        () => Tier::Normal,
    }
}

/// The mark of sources that differ: the stable price, but no further out than either.
fn median(a: SourcePrice, b: SourcePrice, stable: Stable) -> Mark {
    Mark(a.max(b).0.min(a.min(b).0.max(stable.0)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(price: u128) -> Option<Sample> {
        Some(Sample {
            price: SourcePrice(price),
            updated_at: 100,
            valid_until: 200,
        })
    }

    fn two(primary: u128, secondary: u128, stable: u128) -> Quote {
        resolve(Sources::Two(at(primary), at(secondary)), Stable(stable)).unwrap()
    }

    #[test]
    fn agreeing_sources_give_the_primary() {
        let quote = two(1_000, 1_029, 900);
        assert_eq!(
            (quote.mark, quote.agreement, quote.divergence),
            (Mark(1_000), Agreement::Agreeing, Tier::Caution)
        );
    }

    #[test]
    fn divergence_is_measured_against_the_lower_price() {
        for (a, b, tier) in [
            (10_000, 10_099, Tier::Normal),
            (10_000, 10_100, Tier::Caution),
            (10_300, 10_000, Tier::Restricted),
            (10_000, 10_999, Tier::Restricted),
            (11_000, 10_000, Tier::Halted),
        ] {
            assert_eq!(
                divergence_tier(SourcePrice(a), SourcePrice(b)),
                tier,
                "{a} {b}"
            );
        }
    }

    /// A stablecoin at 0.65 on one venue and 0.92 on another, after 0.99.
    #[test]
    fn one_venues_print_is_outvoted() {
        assert_eq!(two(65, 92, 99).mark, Mark(92));
        assert_eq!(two(92, 65, 99).mark, Mark(92));
    }

    /// A thin venue pumped by 11 % while the primary is true.
    #[test]
    fn a_pumped_secondary_moves_the_mark_no_further_than_primary_and_stable_price() {
        let quote = two(100, 111, 99);
        assert_eq!((quote.mark, quote.divergence), (Mark(100), Tier::Halted));
    }

    #[test]
    fn a_sole_source_is_clamped_to_the_stable_price() {
        let low = resolve(Sources::Two(at(50), None), Stable(100)).unwrap();
        assert_eq!(
            (low.mark, low.primary, low.agreement),
            (Mark(90), SourcePrice(50), Agreement::Sole)
        );
        let high = resolve(Sources::Two(None, at(120)), Stable(100)).unwrap();
        let found = (high.mark, high.primary, high.secondary);
        assert_eq!(found, (Mark(110), SourcePrice::NONE, SourcePrice(120)));
    }

    #[test]
    fn a_single_configured_source_is_the_mark() {
        let quote = resolve(Sources::One(at(50)), Stable(100)).unwrap();
        assert_eq!(
            (quote.mark, quote.agreement),
            (Mark(50), Agreement::Agreeing)
        );
    }

    #[test]
    fn without_a_trusted_source_there_is_no_price() {
        assert_eq!(resolve(Sources::One(None), Stable(100)), None);
        assert_eq!(resolve(Sources::Two(None, None), Stable(100)), None);
    }

    #[test]
    fn the_first_mark_needs_every_source_in_agreement() {
        assert_eq!(resolve(Sources::Two(at(100), None), Stable(0)), None);
        assert_eq!(resolve(Sources::Two(None, at(100)), Stable(0)), None);
        assert_eq!(resolve(Sources::Two(at(100), at(103)), Stable(0)), None);
        assert!(resolve(Sources::Two(at(100), at(102)), Stable(0)).is_some());
    }

    #[test]
    fn the_older_source_decides_how_long_a_quote_counts() {
        let old = Sample {
            price: SourcePrice(100),
            updated_at: 50,
            valid_until: 400,
        };
        let quote = resolve(Sources::Two(Some(old), at(100)), Stable(100)).unwrap();
        assert_eq!((quote.updated_at, quote.valid_until), (50, 200));
    }

    proptest! {
        #[test]
        fn the_mark_of_two_sources_is_never_outside_what_two_of_three_support(p in 1u128.., s in 1u128.., stable in 1u128..) {
            let Mark(mark) = two(p, s, stable).mark;
            let mut votes = [p, s, stable];
            votes.sort_unstable();
            prop_assert!(mark == p || mark == votes[1]);
            prop_assert!(mark >= p.min(s) && mark <= p.max(s));
        }
    }
}
