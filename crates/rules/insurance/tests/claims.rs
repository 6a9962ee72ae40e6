//! What was set aside, and what the day is measured by.

use insurance::claim::By;
use insurance::{Claim, Day, Overflow};
use proptest::prelude::*;

const DOLLAR: u128 = 1_000_000;

#[test]
fn a_claim_is_redeemed_in_proportion_and_to_the_end() {
    let claim = Claim {
        shares: 1_000,
        assets: 333,
    };
    assert_eq!(claim.assets_for(500), Ok(166));
    assert_eq!(claim.assets_for(1_000), Ok(333));
    assert_eq!(claim.assets_for(1_001), Err(Overflow));
    assert_eq!(claim.shares_for(166), Ok(499));
    assert_eq!(claim.shares_for(333), Ok(1_000));
    assert_eq!(claim.shares_for(334), Err(Overflow));
    let worthless = Claim {
        shares: 5,
        assets: 0,
    };
    assert_eq!(
        (worthless.assets_for(5), worthless.shares_for(0)),
        (Ok(0), Ok(5))
    );
}

#[test]
fn a_part_of_a_claim_leaves_the_rest_and_a_share_for_it() {
    let claim = |shares, assets| Claim { shares, assets };
    let halves = claim(1_000, 333).split(500, By::Shares);
    assert_eq!(halves, Ok((claim(500, 166), claim(500, 167))));
    let halves = claim(1_000, 333).split(166, By::Assets);
    assert_eq!(halves, Ok((claim(499, 166), claim(501, 167))));
    // A share that is worth ten units: the last of them waits for the last unit.
    let nearly_all = claim(10, 100).split(99, By::Assets);
    assert_eq!(nearly_all, Ok((claim(9, 99), claim(1, 1))));
    assert_eq!(claim(1, 1).split(2, By::Assets), Err(Overflow));
    assert_eq!(claim(1, 1).split(2, By::Shares), Err(Overflow));
}

#[test]
fn a_claim_is_redeemed_in_shares_and_withdrawn_in_assets() {
    let claim = Claim {
        shares: 1_000,
        assets: 333,
    };
    let amounts = [By::Shares, By::Assets].map(|by| claim.amount(by));
    assert_eq!(amounts, [1_000, 333]);
}

#[test]
fn exits_lower_the_opening_and_deposits_do_not_raise_it() {
    let day = Day {
        drawn: 0,
        opening: 100 * DOLLAR,
    }
    .with_exit(40 * DOLLAR, DOLLAR);
    assert_eq!(day.measure(60 * DOLLAR, DOLLAR), 60 * DOLLAR);
    assert_eq!(
        day.measure(600 * DOLLAR, DOLLAR),
        60 * DOLLAR,
        "whatever comes in"
    );
    let drawn = day.with_draw(10 * DOLLAR);
    assert_eq!(
        drawn.measure(50 * DOLLAR, DOLLAR),
        60 * DOLLAR,
        "paying makes it no smaller"
    );
    assert_eq!(drawn.basis(50 * DOLLAR, 10 * DOLLAR, DOLLAR), 60 * DOLLAR);
}

#[test]
fn a_new_pool_covers_from_its_first_hour_and_one_that_everybody_left_does_not() {
    let new = Day {
        drawn: 0,
        opening: DOLLAR - 1,
    };
    assert_eq!(new.measure(500 * DOLLAR, DOLLAR), 500 * DOLLAR);
    assert_eq!(
        new.with_draw(9).measure(500 * DOLLAR - 9, DOLLAR),
        500 * DOLLAR
    );
    let left = Day {
        drawn: 0,
        opening: 100 * DOLLAR,
    }
    .with_exit(100 * DOLLAR, DOLLAR);
    assert_eq!(left.measure(500 * DOLLAR, DOLLAR), DOLLAR);
    assert_eq!(new.with_exit(500 * DOLLAR, DOLLAR), new);
}

proptest! {
    /// In whatever parts a claim is redeemed or withdrawn, all of it is paid and nothing else.
    #[test]
    fn a_claim_pays_exactly_what_was_set_aside(
        shares in 1_u128..1 << 90, assets in 0_u128..1 << 90,
        steps in prop::collection::vec((prop::bool::ANY, 0_u128..=1_000), 0..20),
    ) {
        let (mut claim, mut paid) = (Claim { shares, assets }, 0);
        for (redeems, part) in steps {
            let by = if redeems { By::Shares } else { By::Assets };
            let (out, rest) = claim.split(claim.amount(by) / 1_000 * part, by).unwrap();
            prop_assert_eq!((out.shares + rest.shares, out.assets + rest.assets), (claim.shares, claim.assets));
            claim = rest;
            paid += out.assets;
            prop_assert!(claim.shares > 0 || claim.assets == 0, "assets are left and no share");
        }
        paid += claim.assets_for(claim.shares).unwrap();
        prop_assert_eq!(paid, assets);
    }
}
