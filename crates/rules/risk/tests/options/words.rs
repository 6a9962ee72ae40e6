//! Words in which portfolios reach the risk engine, and what it refuses.

use option_model::{Draw, Shape};
use risk::options::black::Kind;
use risk::options::encoding::{millionths, parts_of_ticks};
use risk::options::late::{counted, is_closing, is_late};
use risk::options::{Counted, OptionLeg, Portfolio, Refusal, Requirement, Shock};
use risk::{Error, Position, Ratio, SettlementPrice, Usd, WAD};

#[test]
fn an_option_is_read_as_it_was_packed() {
    for kind in [Kind::Call, Kind::Put] {
        for (strike, seconds, volatility, size) in [
            (0, 0, 0, 0),
            (1, 536_870_911, 1, -1),
            (u64::MAX, 1, u32::MAX, i128::MAX),
        ] {
            let leg = OptionLeg {
                kind,
                strike,
                seconds,
                volatility,
                size: Position(size),
            };
            assert_eq!(OptionLeg::unpack(leg.pack()), leg);
            // More seconds than fit are as many as do, and never a put's bit, or that of a late one.
            let forever = OptionLeg {
                seconds: u32::MAX,
                ..leg
            };
            let longest = OptionLeg {
                seconds: 536_870_911,
                ..leg
            };
            assert_eq!(OptionLeg::unpack(forever.pack()), longest);
            assert!(!is_late(forever.pack()));
            for closing in [false, true] {
                for (average, share) in [(0, 0), (1, WAD), (u128::MAX, u128::MAX)] {
                    let fixed = Counted {
                        share: Ratio(share),
                        average: SettlementPrice(average),
                    };
                    let words = forever.pack_late(&fixed, closing);
                    let option = words[0].unwrap();
                    assert_eq!(OptionLeg::unpack(option), longest);
                    assert_eq!(is_closing(option), closing);
                    assert_eq!(is_late(option), closing || share > 0);
                    let mut rest = words.into_iter().flatten().skip(1);
                    assert_eq!(counted(option, || rest.next()), Ok(fixed));
                    assert_eq!(rest.next(), None, "no word too many");
                    // Among the options, the words that follow have no size.
                    assert!(
                        words
                            .into_iter()
                            .flatten()
                            .skip(1)
                            .all(|[_, size]| size == 0)
                    );
                    let cut = counted(option, || None);
                    assert_eq!(cut.is_err(), share > 0, "nor one too few");
                }
            }
        }
    }
}

#[test]
fn a_portfolio_is_read_as_it_was_packed() {
    let mut draw = Draw::new(1);
    for shape in Shape::ALL {
        let mut model = draw.portfolio(shape, 3);
        model.stable = model.spot / 2;
        let (portfolio, legs) = model.native();
        let words = portfolio.pack(legs.len()).unwrap();
        assert_eq!(Portfolio::unpack(words), (portfolio, 3));
    }
}

#[test]
fn a_portfolio_has_at_most_128_options() {
    let mut model = Draw::new(1).portfolio(Shape::Usual, 128);
    let (most, legs) = model.native();
    assert!(most.requirement(&legs).is_ok());
    model.options.push(model.options[0]);
    let (more, legs) = model.native();
    assert_eq!(more.requirement(&legs), Err(Refusal::TooManyOptions));
}

#[test]
fn the_fields_of_an_option_s_word_are_where_they_are_documented() {
    let leg = OptionLeg {
        kind: Kind::Put,
        strike: 5,
        seconds: 7,
        volatility: 9,
        size: Position(-3),
    };
    let terms = 5 << 64 | 1 << 63 | 7 << 32 | 9;
    let size = u128::MAX - 2;
    assert_eq!(leg.pack(), [terms, size]);
    let counted = Counted {
        share: Ratio(4),
        average: SettlementPrice(6),
    };
    let late = leg.pack_late(&counted, true);
    let all = terms | 1 << 62 | 1 << 61;
    assert_eq!(late, [Some([all, size]), Some([6, 0]), Some([4, 0])]);
    let closing = leg.pack_late(&Counted::default(), true);
    assert_eq!(closing, [Some([terms | 1 << 62, size]), None, None]);
}

#[test]
fn a_volatility_is_in_whole_millionths_and_a_strike_in_parts_of_ticks() {
    assert_eq!(
        [
            0,
            999_999_999_999,
            1_000_000_000_000,
            1_999_999_999_999,
            u64::MAX
        ]
        .map(millionths),
        [0, 0, 1, 1, 18_446_744]
    );
    let most = (1 << 48) - 1;
    assert_eq!(
        [0, 1, most, most + 1, u64::MAX].map(parts_of_ticks),
        [0, 1 << 16, most << 16, most << 16, most << 16]
    );
}

#[test]
fn a_requirement_is_read_as_it_was_packed_and_is_below_127_bits() {
    for (maintenance, initial) in [(0, 1), (7, 3), (i128::MAX, i128::MAX)] {
        let (maintenance, initial) = (Usd(maintenance), Usd(initial));
        let requirement = Requirement {
            maintenance,
            initial,
        };
        assert_eq!(Requirement::unpack(requirement.pack()), Ok(requirement));
    }
    for words in [[1 << 127, 0], [0, 1 << 127]] {
        assert_eq!(Requirement::unpack(words), Err(Error::Overflow));
    }
}

#[test]
fn distrust_doubles_the_range_of_volatility_and_nothing_else() {
    let shock = |volatility| Shock {
        spot_range: Ratio(3),
        initial_spot_range: Ratio(5),
        volatility_range: Ratio(volatility),
        short_option_rate: Ratio(11),
        initial_factor: Ratio(13),
    };
    let mut distrusted = shock(WAD / 10 * 3 + 1);
    distrusted.distrust();
    assert_eq!(distrusted, shock(WAD / 10 * 6 + 2));
}
