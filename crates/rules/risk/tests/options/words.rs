//! Words in which portfolios reach the risk engine, and what it refuses.

use option_model::{Draw, Shape};
use risk::Position;
use risk::options::black::Kind;
use risk::options::{OptionLeg, Portfolio, Refusal};

#[test]
fn an_option_is_read_as_it_was_packed() {
    for kind in [Kind::Call, Kind::Put] {
        for (strike, seconds, volatility, size) in [
            (0, 0, 0, 0),
            (1, 2_147_483_647, 1, -1),
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
            // More seconds than fit are as many as do, and never a put's bit.
            let forever = OptionLeg {
                seconds: u32::MAX,
                ..leg
            };
            let longest = OptionLeg {
                seconds: 2_147_483_647,
                ..leg
            };
            assert_eq!(OptionLeg::unpack(forever.pack()), longest);
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
