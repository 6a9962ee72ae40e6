//! What may happen to an asset: rounds that feeds answer with, good and bad, and everything that people do.

use std::ops::RangeInclusive;

use oracle::source::MAX_CEILING;
use oracle::{Parameters, Round, Surface, Tier, WAD};
use proptest::prelude::*;
use proptest::sample::select;
use ruint::aliases::U256;

use crate::reference::Source;

/// A day in seconds, and the time of day of expiries.
const DAY: u64 = 86_400;
pub const TIME_OF_DAY: u64 = 8 * 3_600;

/// Decimals of an answer are at most those of a price.
const PRICE_DECIMALS: u8 = 18;

/// One thing that happens.
#[derive(Clone, Debug)]
pub enum Step {
    /// The true price moves by so many basis points in so many seconds, each source is heard, and somebody pokes.
    Poke {
        secs: u64,
        drift: i32,
        heard: [Heard; 2],
    },
    /// The same, but that somebody acts on the price.
    Operate {
        secs: u64,
        drift: i32,
        heard: [Heard; 2],
    },
    /// Nothing happens for so long.
    Wait(u64),
    /// What the uptime feed says from now on.
    Sequencer(Said),
    /// Somebody pokes another asset.
    PokeAnother,
    /// The guardian asks for a trip of so many seconds.
    Trip(u8, u32),
    /// Governance sets other parameters, and another rate of the stable price.
    Parameters(Box<Parameters>, u64),
    /// Governance configures other sources.
    Configure(Vec<Limits>),
    /// The provider quotes the expiry that is so many days from the next.
    Quote(i64, Surface),
    /// The guardian distrusts the surface of the expiry that is so many days from the next, for so many seconds.
    Distrust(i64, u32),
}

/// What the uptime feed says.
#[derive(Clone, Copy, Debug)]
pub enum Said {
    /// The sequencer is up, since now if it was not.
    Up,
    Down,
    /// Nothing, or something that is neither.
    Nothing,
    Garbage(u64),
}

/// What a feed does.
#[derive(Clone, Debug)]
pub enum Heard {
    /// It answers with its last round again.
    Again,
    /// It reverts, burns its gas or returns too little.
    Nothing,
    /// A round.
    Round(Answer, Time, Answered, Option<u64>),
    /// It has another answer of the true price and so many basis points in its last round, with the same time.
    Rewritten(i32),
    /// It has the same answer in a new round of this second.
    Repeated,
}

/// What a round says.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The true price and so many basis points.
    Near(i32),
    /// Some share of the true price in percent.
    Percent(u32),
    /// The floor, or the ceiling, and so many units of the answer.
    Floor(i64),
    Ceiling(i64),
    /// Minus so much.
    Negative(u64),
    /// Anything that 256 bits can be.
    Word([u64; 4]),
}

/// When a round says that it was answered.
#[derive(Clone, Debug)]
pub enum Time {
    /// So many seconds ago.
    Ago(u64),
    /// As long ago as the heartbeat, and so many seconds.
    Heartbeat(i64),
    /// In so many seconds.
    Ahead(u64),
    Never,
    Word([u64; 4]),
}

/// In which round its answer was given: in the one it says, or so many before or after it.
pub type Answered = i64;

/// How a source is configured: its decimals, its heartbeat, and floor and ceiling as shares of the true price, in percent.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub decimals: u8,
    pub heartbeat: u32,
    pub floor: u32,
    pub ceiling: u32,
}

impl Limits {
    pub fn around(&self, truth: u128) -> Source {
        let share = |percent: u32| truth / 100 * u128::from(percent);
        Source {
            decimals: self.decimals,
            heartbeat: self.heartbeat,
            floor: share(self.floor),
            ceiling: share(self.ceiling).clamp(1, MAX_CEILING),
        }
    }
}

/// A price as a feed with these decimals says it.
fn answer_of(price: u128, decimals: u8) -> U256 {
    U256::from(price) / U256::from(10).pow(U256::from(PRICE_DECIMALS - decimals))
}

fn moved(by: U256, units: i64) -> U256 {
    let distance = U256::from(units.unsigned_abs());
    if units < 0 {
        by.wrapping_sub(distance)
    } else {
        by.wrapping_add(distance)
    }
}

impl Heard {
    /// The round that the feed answers with, given its last one, or nothing.
    pub fn round(
        &self,
        source: &Source,
        last: Option<Round>,
        truth: u128,
        now: u64,
    ) -> Option<Round> {
        let (answer, time, answered, decimals) = match self {
            Self::Round(answer, time, answered, decimals) => (answer, time, answered, decimals),
            Self::Again | Self::Nothing => return last,
            Self::Rewritten(points) => {
                return last.map(|last| Round {
                    answer: Answer::Near(*points).word(source, truth),
                    ..last
                });
            }
            Self::Repeated => {
                return last.map(|last| Round {
                    round_id: last.round_id.wrapping_add(U256::from(1)),
                    updated_at: U256::from(now),
                    answered_in_round: last.round_id.wrapping_add(U256::from(1)),
                    ..last
                });
            }
        };
        let round_id = last.map_or(U256::from(1), |last| {
            last.round_id.wrapping_add(U256::from(1))
        });
        Some(Round {
            round_id,
            answer: answer.word(source, truth),
            updated_at: time.word(source, now),
            answered_in_round: moved(round_id, *answered),
            decimals: U256::from(decimals.unwrap_or(source.decimals.into())),
        })
    }
}

impl Answer {
    fn word(&self, source: &Source, truth: u128) -> U256 {
        let said = |price| answer_of(price, source.decimals);
        match *self {
            Self::Near(points) => {
                said(truth / 10_000 * (10_000 + i128::from(points)).cast_unsigned())
            }
            Self::Percent(percent) => said(truth / 100 * u128::from(percent)),
            Self::Floor(units) => moved(said(source.floor), units),
            Self::Ceiling(units) => moved(said(source.ceiling), units),
            Self::Negative(value) => U256::ZERO.wrapping_sub(U256::from(value)),
            Self::Word(limbs) => U256::from_limbs(limbs),
        }
    }
}

impl Time {
    fn word(&self, source: &Source, now: u64) -> U256 {
        match *self {
            Self::Ago(secs) => U256::from(now - secs),
            Self::Heartbeat(secs) => moved(U256::from(now - u64::from(source.heartbeat)), -secs),
            Self::Ahead(secs) => U256::from(now) + U256::from(secs),
            Self::Never => U256::ZERO,
            Self::Word(limbs) => U256::from_limbs(limbs),
        }
    }
}

fn answer() -> impl Strategy<Value = Answer> {
    let edges = vec![0, 99, 100, 101, 299, 300, 301, 500, 999, 1_000, 1_001];
    let edge = (select(edges), any::<bool>());
    prop_oneof![
        12 => (-60..60).prop_map(Answer::Near),
        3 => edge.prop_map(|(points, up)| Answer::Near(if up { points } else { -points })),
        2 => (-2_000..2_000).prop_map(Answer::Near),
        1 => (0_u32..400).prop_map(Answer::Percent),
        1 => (-2_i64..3).prop_map(Answer::Floor),
        1 => (-2_i64..3).prop_map(Answer::Ceiling),
        1 => any::<u64>().prop_map(Answer::Negative),
        1 => any::<[u64; 4]>().prop_map(Answer::Word),
    ]
}

fn time() -> impl Strategy<Value = Time> {
    prop_oneof![
        16 => (0_u64..120).prop_map(Time::Ago),
        2 => (0_u64..20_000).prop_map(Time::Ago),
        1 => (-2_i64..3).prop_map(Time::Heartbeat),
        1 => (1_u64..4_000).prop_map(Time::Ahead),
        1 => Just(Time::Never),
        1 => any::<[u64; 4]>().prop_map(Time::Word),
    ]
}

/// Good rounds of this second, and as many others as `bad` out of ten times that.
fn heard(bad: u32) -> impl Strategy<Value = Heard> {
    let answered = prop_oneof![30 => Just(0_i64), 1 => -3_i64..3, 1 => any::<i64>()];
    let decimals = prop_oneof![40 => Just(None), 1 => (0_u64..25).prop_map(Some)];
    let good =
        (-60..60).prop_map(|points| Heard::Round(Answer::Near(points), Time::Ago(0), 0, None));
    let any_round =
        (answer(), time(), answered, decimals).prop_map(|(answer, time, answered, decimals)| {
            Heard::Round(answer, time, answered, decimals)
        });
    let silent = prop_oneof![3 => Just(Heard::Again), 1 => Just(Heard::Nothing)];
    let odd = prop_oneof![(-60..60).prop_map(Heard::Rewritten), Just(Heard::Repeated)];
    prop_oneof![40 => good, 3 * bad => any_round, bad => silent, 2 => odd]
}

fn secs() -> impl Strategy<Value = u64> {
    prop_oneof![
        2 => Just(0),
        16 => 1_u64..120,
        6 => 120_u64..900,
        1 => 900_u64..8_000,
    ]
}

fn poke(bad: u32) -> impl Strategy<Value = Step> {
    let drift = prop_oneof![12 => -60..60, 2 => -700..700, 1 => -2_500..2_500];
    (secs(), drift, heard(bad), heard(bad)).prop_map(|(secs, drift, one, two)| Step::Poke {
        secs,
        drift,
        heard: [one, two],
    })
}

/// Half of those who act find that the feeds have said nothing new.
fn operate(bad: u32) -> impl Strategy<Value = Step> {
    let again = (secs(), Just([Heard::Again, Heard::Again]));
    let heard = (secs(), [heard(bad), heard(bad)]);
    (prop_oneof![again, heard], -60..60).prop_map(|((secs, heard), drift)| Step::Operate {
        secs,
        drift,
        heard,
    })
}

/// Values at both ends and between.
fn within(range: RangeInclusive<u32>) -> impl Strategy<Value = u32> {
    prop_oneof![1 => Just(*range.start()), 1 => Just(*range.end()), 4 => range]
}

fn parameters() -> impl Strategy<Value = Step> {
    const UNIT: u64 = WAD / 1_000_000_000;
    let moves = (5_000_000_u64..100_000_000, 1_u64..100_000_000);
    let rate = prop_oneof![1_000_u64..1_000_000, 1_000_u64..10_000_001];
    let window = prop_oneof![4 => 60_u32..900, 1 => within(60..=3_600)];
    let calm = prop_oneof![4 => 60_u32..1_200, 1 => within(60..=86_400)];
    (
        moves,
        rate,
        window,
        calm,
        within(0..=86_400),
        within(300..=14_400),
    )
        .prop_map(
            |((caution, more), rate, mean_window, calm_period, grace_period, settlement_window)| {
                let parameters = Parameters {
                    caution_move: caution * UNIT,
                    restricted_move: (caution + more) * UNIT,
                    mean_window,
                    calm_period,
                    grace_period,
                    settlement_window: settlement_window / 60 * 60,
                    ..Parameters::DEFAULT
                };
                Step::Parameters(Box::new(parameters), rate * UNIT)
            },
        )
}

/// One source, or two.
pub fn sources() -> impl Strategy<Value = Vec<Limits>> {
    let decimals = prop_oneof![3 => Just(8_u8), 1 => 4_u8..=PRICE_DECIMALS];
    let heartbeat = prop_oneof![3 => Just(3_600), 2 => within(1..=7 * 86_400)];
    // Floor and ceiling are those of both.
    let range = prop_oneof![4 => Just((5, 5_000)), 1 => (0_u32..100, 101_u32..200)];
    let each = prop::collection::vec((decimals, heartbeat), 1..=2);
    (each, range).prop_map(|(each, (floor, ceiling))| {
        let limits = |(decimals, heartbeat)| Limits {
            decimals,
            heartbeat,
            floor,
            ceiling,
        };
        each.into_iter().map(limits).collect()
    })
}

/// Seconds that the guardian asks for.
fn spell() -> impl Strategy<Value = u32> {
    let longest = 72 * 3_600_u32;
    prop_oneof![3 => 0_u32..40 * 3_600, 1 => longest - 2..longest + 3, 1 => any::<u32>()]
}

fn trip() -> impl Strategy<Value = Step> {
    (any::<u8>().prop_map(|tier| tier % 5), spell()).prop_map(|(tier, secs)| Step::Trip(tier, secs))
}

fn surface() -> impl Strategy<Value = Surface> {
    let slope =
        prop_oneof![3 => -60_000_i32..60_000, 1 => -4_100_000_i32..4_100_000, 1 => any::<i32>()];
    let atm = prop_oneof![4 => 600_000_u32..680_000, 1 => 0_u32..6_000_000, 1 => any::<u32>()];
    (atm, slope.clone(), slope).prop_map(|(atm, skew, curvature)| Surface {
        atm,
        skew,
        curvature,
    })
}

fn wait() -> impl Strategy<Value = Step> {
    prop_oneof![4 => 0_u64..3_600, 3 => 0_u64..2 * DAY, 1 => 0_u64..40 * DAY].prop_map(Step::Wait)
}

fn step(bad: u32) -> impl Strategy<Value = Step> {
    let sequencer = prop_oneof![
        2 => Just(Said::Down),
        1 => Just(Said::Nothing),
        1 => any::<u64>().prop_map(Said::Garbage),
        12 => Just(Said::Up),
    ];
    prop_oneof![
        40 => poke(bad),
        30 => operate(bad),
        3 => wait(),
        3 => sequencer.prop_map(Step::Sequencer),
        2 => Just(Step::PokeAnother),
        5 => trip(),
        1 => parameters(),
        1 => sources().prop_map(Step::Configure),
        4 => (-2_i64..4, surface()).prop_map(|(day, surface)| Step::Quote(day, surface)),
        2 => (-2_i64..4, spell()).prop_map(|(day, secs)| Step::Distrust(day, secs)),
    ]
}

/// What happens to one asset, whose feeds are good, mediocre or bad.
pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let many = |bad| prop::collection::vec(step(bad), 1..300);
    prop_oneof![many(1), many(5), many(12)]
}

/// The expiry so many days from the first one after `now`.
pub fn expiry(days: i64, now: u64) -> u64 {
    let today = now - now % DAY + TIME_OF_DAY;
    let next = if today > now { today } else { today + DAY };
    next.checked_add_signed(days * DAY as i64).unwrap()
}

pub fn tier(number: u8) -> Tier {
    Tier::from_u8(number)
}
