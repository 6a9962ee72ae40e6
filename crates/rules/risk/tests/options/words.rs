//! Words in which portfolios reach the risk engine, and what it refuses.

use option_model::{Draw, Shape};
use risk::options::black::Kind;
use risk::options::encoding::{counted, is_closing, is_late};
use risk::options::{Counted, OptionLeg, Portfolio, Refusal};
use risk::{Position, Ratio, SettlementPrice, WAD};

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
