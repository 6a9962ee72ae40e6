//! Scenarios to draw sequences from.

use crate::{InstrumentId, Listing, OptionTerms, Scenario, WAD, Weights};

/// A mark in units of 1e-18, with prices to a 1e-8 of it and sizes to about 1e-8 dollars.
const fn listing(mark: i128) -> Listing {
    let step = if mark > 100_000_000 {
        mark / 100_000_000
    } else {
        1
    };
    Listing {
        mark,
        price_step: step,
        size_step: 100_000_000 * (WAD / step),
        option: None,
    }
}

/// An option with a delta in sixteenths.
const fn option(mark: i128, underlying: InstrumentId, delta: i8) -> Listing {
    Listing {
        option: Some(OptionTerms { underlying, delta }),
        ..listing(mark)
    }
}

const FOUR_DECIMALS: i128 = WAD / 10_000;

/// The mix of the reference model.
const REFERENCE: Weights = Weights {
    poke: 30,
    trade: 25,
    touch: 10,
    withdraw: 6,
    deposit: 4,
    convert: 6,
    fund: 3,
    liquidate: 12,
    deleverage: 9,
    rebucket: 0,
    insure: 0,
    recover: 0,
    expire: 0,
    relist: 0,
};

const EVERYTHING: Weights = Weights {
    rebucket: 4,
    insure: 1,
    recover: 3,
    ..REFERENCE
};

/// The market that the reference model plays.
pub static MODEL: Scenario = Scenario {
    name: "model",
    listings: &[
        Listing {
            mark: 2_000 * WAD,
            price_step: FOUR_DECIMALS,
            size_step: FOUR_DECIMALS,
            option: None,
        },
        Listing {
            mark: 60_000 * WAD,
            price_step: FOUR_DECIMALS,
            size_step: FOUR_DECIMALS,
            option: None,
        },
    ],
    accounts: 12,
    deposits: 500..=5000,
    insurance: 500,
    largest_move: 0.07,
    leverage: 1..=8,
    poorer_counts: false,
    aimed: false,
    weights: REFERENCE,
};

/// Many instruments, from a price of 1e-9 to one of 1e6.
pub static PORTFOLIOS: Scenario = Scenario {
    name: "portfolios",
    listings: &[
        listing(WAD / 1_000_000_000),
        listing(WAD / 3000),
        listing(WAD),
        listing(187 * WAD),
        listing(61_234 * WAD),
        listing(1_000_000 * WAD),
    ],
    accounts: 8,
    deposits: 50..=5000,
    insurance: 200,
    largest_move: 0.15,
    leverage: 1..=10,
    poorer_counts: false,
    aimed: true,
    weights: EVERYTHING,
};

/// One market in which debts are the rule and profit loses its worth.
pub static CRASH: Scenario = Scenario {
    name: "crash",
    listings: &[listing(100 * WAD)],
    accounts: 4,
    deposits: 100..=1000,
    insurance: 30,
    largest_move: 0.4,
    leverage: 2..=20,
    poorer_counts: false,
    aimed: true,
    weights: Weights {
        deposit: 2,
        withdraw: 2,
        convert: 25,
        deleverage: 20,
        liquidate: 8,
        ..EVERYTHING
    },
};

/// Dwarfs beside giants, whose closing leaves next to nothing of a bucket.
pub static GIANTS: Scenario = Scenario {
    name: "giants",
    listings: &[listing(100 * WAD)],
    accounts: 6,
    deposits: 1..=500_000_000,
    insurance: 0,
    largest_move: 0.3,
    leverage: 3..=20,
    poorer_counts: true,
    aimed: true,
    weights: Weights {
        deposit: 2,
        trade: 40,
        deleverage: 30,
        ..EVERYTHING
    },
};

/// Two markets with options, hedged and not, that expire and make room for others.
pub static OPTIONS: Scenario = Scenario {
    name: "options",
    listings: &[
        listing(2_000 * WAD),
        listing(WAD / 2),
        option(150 * WAD, 0, 9),
        option(20 * WAD, 0, 2),
        option(90 * WAD, 0, -6),
        option(900 * WAD, 0, -15),
        option(WAD / 40, 1, 8),
        option(WAD / 25, 1, -8),
    ],
    accounts: 8,
    deposits: 100..=4000,
    insurance: 200,
    largest_move: 0.3,
    leverage: 1..=12,
    poorer_counts: false,
    aimed: true,
    weights: Weights {
        trade: 45,
        deposit: 3,
        expire: 6,
        relist: 8,
        ..EVERYTHING
    },
};

/// All of them.
pub static SCENARIOS: [&Scenario; 5] = [&MODEL, &PORTFOLIOS, &CRASH, &GIANTS, &OPTIONS];
