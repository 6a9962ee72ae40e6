//! Products and quotients through 256 bits, against whole numbers of any size. `RISK_CASES` is the number of cases of each.

use ledger_model::Exact;
use num_traits::ToPrimitive;
use proptest::prelude::*;
use risk::math::{cmp_products, mul_div_ceil, mul_div_down, mul_div_floor, mul_div_up};

/// Numbers of every length, and those beside powers of two, whose quotients are guessed wrong first.
fn any_number() -> impl Strategy<Value = u128> {
    prop_oneof![
        (any::<u128>(), 0..128_u32).prop_map(|(bits, shift)| bits >> shift),
        (0..128_u32, 0..4_u128).prop_map(|(power, more)| (1_u128 << power).wrapping_add(more)),
        (0..128_u32, 0..4_u128).prop_map(|(power, less)| (1_u128 << power).wrapping_sub(less)),
        (any::<u64>(), any::<bool>()).prop_map(|(low, high)| {
            u128::from(low) | if high { u128::MAX << 64 } else { 1 << 127 }
        }),
    ]
}

fn exact(x: u128) -> Exact {
    Exact::from_integer(x.into())
}

fn exact_signed(x: i128) -> Exact {
    Exact::from_integer(x.into())
}

fn cases(default: u32) -> ProptestConfig {
    let cases = std::env::var("RISK_CASES").map_or(default, |cases| cases.parse().unwrap());
    ProptestConfig::with_cases(cases)
}

proptest! {
    #![proptest_config(cases(20_000))]

    #[test]
    fn a_product_divided_is_the_whole_number_below_or_above(a in any_number(), b in any_number(), divisor in any_number()) {
        if divisor == 0 {
            prop_assert!(mul_div_down(a, b, 0).is_err() && mul_div_up(a, b, 0).is_err());
            return Ok(());
        }
        let quotient = exact(a) * exact(b) / exact(divisor);
        prop_assert_eq!(mul_div_down(a, b, divisor).ok(), quotient.floor().to_integer().to_u128());
        prop_assert_eq!(mul_div_up(a, b, divisor).ok(), quotient.ceil().to_integer().to_u128());
    }

    #[test]
    fn a_signed_product_divided_is_rounded_to_its_side(a in any_number(), negative in any::<bool>(), b in any_number(), divisor in any_number()) {
        let a = (a >> 1).cast_signed();
        let a = if negative { -a } else { a };
        prop_assume!(divisor > 0);
        let quotient = exact_signed(a) * exact(b) / exact(divisor);
        let fits = |x: Exact| x.to_integer().to_i128().filter(|x| *x > i128::MIN);
        prop_assert_eq!(mul_div_floor(a, b, divisor).ok(), fits(quotient.floor()));
        prop_assert_eq!(mul_div_ceil(a, b, divisor).ok(), fits(quotient.ceil()));
    }

    #[test]
    fn products_are_compared_exactly(a in any_number(), b in any_number(), c in any_number(), d in any_number(), near in any::<bool>()) {
        // Products that differ by little, or by anything.
        let (c, d) = if near && b < u128::MAX { (a, b + 1) } else { (c, d) };
        prop_assert_eq!(cmp_products(a, b, c, d), (exact(a) * exact(b)).cmp(&(exact(c) * exact(d))));
    }
}

#[test]
fn a_quotient_of_all_bits_is_not_refused() {
    assert_eq!(mul_div_down(u128::MAX, u128::MAX, u128::MAX), Ok(u128::MAX));
    assert_eq!(mul_div_up(u128::MAX, 2, 2), Ok(u128::MAX));
    assert!(mul_div_down(u128::MAX, 2, 1).is_err());
    assert!(mul_div_up(u128::MAX, u128::MAX, u128::MAX - 1).is_err());
}
