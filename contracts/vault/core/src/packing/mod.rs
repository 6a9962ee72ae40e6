//! How the ledger's values are packed into words. Nothing is rounded: a value that does not fit reverts with `Overflow`, which
//! the ledger's own limits come before.

mod closing;
mod insurance;
mod outflow;

pub use closing::{closing, of_closing};
pub use insurance::{
    attribution, cover, debts, of_attribution, of_cover, of_debts, of_records, records,
};
pub use outflow::{credit, of_credit, of_outflow, outflow};

use risk::rules::cover::Flow;
use risk::rules::funding::{Funding, Volume};
use risk::{
    Account, Base, Bucket, Clock, Cumulative, Ended, Index, Leg, Legs, Mark, Maturing, Scale, Side,
    SideState, Size, Throttle, Totals, Usd,
};

use crate::error::{Error, require};
use crate::word::Word;

/// Bits of an amount, a size and a base's lower part.
const WIDE: u32 = 112;
/// Bits of a leg's cumulative gain, the highest of them apart.
const GAIN: u32 = WIDE + 1;
/// Bits of a mark, and of the funding that a unit has paid.
const PRICE: u32 = 100;
/// Bits of a funding rate.
const RATE: u32 = 24;
/// Bits of a bucket's epoch.
const EPOCH: u32 = 28;
/// Bits of a bucket's scale.
const SCALE: u32 = 96;

/// The lowest `bits` of a number.
const fn lowest(value: u128, bits: u32) -> u128 {
    value & ((1 << bits) - 1)
}

/// A number of at most `bits`.
fn narrow(value: u128, bits: u32) -> u128 {
    require(value >> bits == 0, Error::Overflow);
    value
}

/// A signed number of at most `bits`, without its higher sign bits.
fn narrow_signed(value: i128, bits: u32) -> u128 {
    let stored = lowest(value.cast_unsigned(), bits);
    require(widened(stored, bits) == value, Error::Overflow);
    stored
}

/// The signed number in the lowest `bits`.
const fn widened(stored: u128, bits: u32) -> i128 {
    (stored << (128 - bits)).cast_signed() >> (128 - bits)
}

/// Two numbers of 112 bits, and 32 bits beside them: half of those above each number.
fn pair(high: u128, low: u128, beside: u32) -> Word {
    let beside = u128::from(beside);
    Word::new(
        high | beside >> 16 << WIDE,
        low | lowest(beside, 16) << WIDE,
    )
}

/// What [`pair`] was given.
#[expect(clippy::cast_possible_truncation, reason = "two times 16 bits")]
const fn unpair(word: Word) -> (u128, u128, u32) {
    let beside = word.high >> WIDE << 16 | word.low >> WIDE;
    (
        lowest(word.high, WIDE),
        lowest(word.low, WIDE),
        beside as u32,
    )
}

fn amount(amount: Usd) -> u128 {
    narrow_signed(amount.0, WIDE)
}

const fn of_amount(stored: u128) -> Usd {
    Usd(widened(stored, WIDE))
}

/// The totals that a deposit moves, of one slot.
#[derive(Clone, Copy)]
pub struct Backing {
    /// V.
    pub tokens: Usd,
    /// Sum of C.
    pub capital: Usd,
    /// Unix time since when the vault has been impaired, or zero.
    pub impaired_since: u32,
}

/// V, sum of C and the start of impairment.
pub fn backing(backing: &Backing) -> Word {
    pair(
        amount(backing.capital),
        amount(backing.tokens),
        backing.impaired_since,
    )
}

pub const fn of_backing(word: Word) -> Backing {
    let (capital, tokens, impaired_since) = unpair(word);
    Backing {
        tokens: of_amount(tokens),
        capital: of_amount(capital),
        impaired_since,
    }
}

/// V, sum of C and the start of impairment; profit and debt; shortfall and unsettled gains.
pub fn totals(totals: &Totals) -> [Word; 3] {
    [
        backing(&Backing {
            tokens: totals.tokens,
            capital: totals.capital,
            impaired_since: totals.impaired_since,
        }),
        pair(amount(totals.debt), amount(totals.profit), 0),
        pair(amount(totals.gains), amount(totals.shortfall), 0),
    ]
}

pub const fn of_totals([backing, claims, missing]: [Word; 3]) -> Totals {
    let backing = of_backing(backing);
    let (debt, profit, _) = unpair(claims);
    let (gains, shortfall, _) = unpair(missing);
    Totals {
        tokens: backing.tokens,
        capital: backing.capital,
        profit: of_amount(profit),
        debt: of_amount(debt),
        shortfall: of_amount(shortfall),
        gains: of_amount(gains),
        impaired_since: backing.impaired_since,
    }
}

/// P, C and the time of I; ids of the legs, and below them, from the highest bit: stuck, attributed, closing, whether there is a third
/// word, number of legs, bucket, seconds of ill health, when it was seen, I of ten minutes; of a day and of an hour, what was lost, and I.
pub fn account(account: &Account) -> ([Word; 2], Option<Word>) {
    let (instruments, count) = account.legs.parts();
    let [fast, hour, day] = account.maturing.amounts;
    let [lost_hour, lost_day] = account.maturing.lost;
    let slow = hour | day | lost_hour | lost_day != 0;
    let low = u128::from(fast.cast_unsigned())
        | u128::from(account.clock.seen) << 64
        | u128::from(account.clock.unhealthy) << 96
        | u128::from(account.bucket) << 112
        | u128::from(count) << 116
        | u128::from(slow) << 121
        | u128::from(account.closing) << 124
        | u128::from(account.attributed) << 125
        | u128::from(account.stuck) << 126;
    let words = [
        pair(
            amount(account.pnl),
            amount(account.capital),
            account.maturing.since,
        ),
        Word::new(u128::from_le_bytes(instruments), low),
    ];
    let both = |lost: i64, amount: i64| {
        u128::from(lost.cast_unsigned()) << 64 | u128::from(amount.cast_unsigned())
    };
    let third = Word::new(both(lost_day, day), both(lost_hour, hour));
    (words, slow.then_some(third))
}

/// The account of its first words and, if they say that there is one, its third.
#[expect(
    clippy::cast_possible_truncation,
    reason = "narrow fields are cut out of 128 bits"
)]
pub fn of_account([funds, state]: [Word; 2], third: impl FnOnce() -> Word) -> Account {
    let (pnl, capital, since) = unpair(funds);
    let low = state.low;
    let (mut slow, fast) = ([0_u128; 2], low as u64);
    if low >> 121 & 1 == 1 {
        let Word { high, low } = third();
        slow = [low, high];
    }
    let [hour, day] = slow.map(|part| (part as u64).cast_signed());
    let [lost_hour, lost_day] = slow.map(|part| ((part >> 64) as u64).cast_signed());
    Account {
        capital: of_amount(capital),
        pnl: of_amount(pnl),
        maturing: Maturing {
            amounts: [fast.cast_signed(), hour, day],
            lost: [lost_hour, lost_day],
            since,
        },
        bucket: lowest(low >> 112, 4) as u8,
        clock: Clock {
            seen: (low >> 64) as u32,
            unhealthy: (low >> 96) as u16,
        },
        closing: low >> 124 & 1 == 1,
        attributed: low >> 125 & 1 == 1,
        stuck: low >> 126 & 1 == 1,
        legs: Legs::from_parts(state.high.to_le_bytes(), lowest(low >> 116, 5) as u8),
    }
}

/// Mark, funding paid, its rate and its time, whose lowest 4 bits are above the mark and the rate.
pub fn price(mark: Mark, funding: &Funding) -> Word {
    let since = u128::from(funding.since);
    let high = narrow_signed(funding.paid.0, PRICE) | since >> 4 << PRICE;
    let low = narrow(mark.0, PRICE)
        | narrow_signed(funding.rate.into(), RATE) << PRICE
        | since << (PRICE + RATE);
    Word::new(high, low)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "narrow fields are cut out of 128 bits"
)]
pub const fn of_price(word: Word) -> (Mark, Funding) {
    let Word { high, low } = word;
    let funding = Funding {
        paid: Index(widened(high, PRICE)),
        rate: widened(low >> PRICE, RATE) as i32,
        since: (high >> PRICE << 4 | low >> (PRICE + RATE)) as u32,
    };
    (Mark(lowest(low, PRICE)), funding)
}

/// Volume of the period and what was paid into insurance; whether insurance ever paid, the time of what was paid in, and the period.
pub fn flow(volume: &Volume, flow: &Flow) -> Word {
    Word::new(
        u128::from(volume.micros) << 64 | u128::from(flow.paid),
        u128::from(flow.drew) << 64
            | u128::from(flow.since) << 32
            | narrow(volume.period.into(), 24),
    )
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "narrow fields are cut out of 128 bits"
)]
pub const fn of_flow(word: Word) -> (Volume, Flow) {
    let Word { high, low } = word;
    let volume = Volume {
        micros: (high >> 64) as u64,
        period: low as u32,
    };
    let flow = Flow {
        paid: high as u64,
        drew: low >> 64 & 1 == 1,
        since: (low >> 32) as u32,
    };
    (volume, flow)
}

/// Occupied buckets and open interest; offset.
pub fn side(state: &SideState) -> Word {
    let open = narrow(state.open_interest.0, WIDE);
    Word::new(
        u128::from(state.occupied) << WIDE | open,
        state.offset.0.cast_unsigned(),
    )
}

pub const fn of_side(word: Word) -> SideState {
    SideState {
        open_interest: Size(lowest(word.high, WIDE)),
        offset: Usd(word.low.cast_signed()),
        occupied: (word.high >> WIDE) as u16,
    }
}

/// Size and time of what was closed of late.
pub fn throttle(throttle: &Throttle) -> Word {
    Word::new(throttle.seen.into(), throttle.closed.0)
}

#[expect(clippy::cast_possible_truncation, reason = "stored from 32 bits")]
pub const fn of_throttle(word: Word) -> Throttle {
    Throttle {
        closed: Size(word.low),
        seen: word.high as u32,
    }
}

/// M, base, whether the bucket was cut, epoch; for one that was cut, drift, and scale with the base's higher part.
pub fn bucket(bucket: &Bucket) -> (Word, Option<Word>) {
    let cut = bucket.is_cut();
    let beside = u32::from(cut) << EPOCH | epoch(bucket.epoch);
    let low = lowest(bucket.base.0, WIDE);
    let first = pair(narrow(bucket.weight.0, WIDE), low, beside);
    let second = Word::new(
        bucket.drift.0.cast_unsigned(),
        narrow(bucket.scale.0, SCALE) | bucket.base.0 >> WIDE << SCALE,
    );
    require(cut || bucket.base.0 >> WIDE == 0, Error::Overflow);
    (first, cut.then_some(second))
}

/// The bucket of its first word and, if that says that it was cut, its second.
pub fn of_bucket(first: Word, second: impl FnOnce() -> Word) -> Bucket {
    let (weight, base, beside) = unpair(first);
    let mut bucket = Bucket {
        weight: Size(weight),
        base: Base(base),
        ..Bucket::empty(beside & ((1 << EPOCH) - 1))
    };
    if beside >> EPOCH & 1 == 1 {
        let Word { high, low } = second();
        bucket.drift = Cumulative(high.cast_signed());
        bucket.scale = Scale(lowest(low, SCALE));
        bucket.base.0 |= low >> SCALE << WIDE;
    }
    bucket
}

/// Whether an epoch was emptied, and K at its end.
pub fn ended(ended: &Ended) -> Word {
    let cumulative = ended.cumulative.0.cast_unsigned();
    Word::new(ended.emptied.into(), cumulative)
}

pub const fn of_ended(word: Word) -> Ended {
    Ended {
        cumulative: Cumulative(word.low.cast_signed()),
        emptied: word.high != 0,
    }
}

/// What a leg's first word says beside its numbers.
mod flag {
    /// It is short.
    pub const SHORT: u32 = super::EPOCH;
    /// It joined apart: its second word counts.
    pub const APART: u32 = SHORT + 1;
    /// Nothing is left of it: its size at joining is in the place of a base.
    pub const ENDED: u32 = APART + 1;
    /// The highest bit of K.
    pub const GAIN: u32 = ENDED + 1;
}

/// K, base, [`flag`]s, epoch; for one that joined apart, the base's higher part and its size at joining.
pub fn leg(leg: &Leg) -> (Word, Option<Word>) {
    let apart = leg.joined_apart();
    let ended = leg.base == Base::ZERO;
    let gain = narrow_signed(leg.settled.0, GAIN);
    let beside = u32::from(gain >> WIDE != 0) << flag::GAIN
        | u32::from(ended) << flag::ENDED
        | u32::from(apart) << flag::APART
        | u32::from(leg.side == Side::Short) << flag::SHORT
        | epoch(leg.epoch);
    let joined = narrow(leg.joined.0, WIDE);
    let base = if ended { joined } else { leg.base.0 };
    let first = pair(lowest(gain, WIDE), lowest(base, WIDE), beside);
    (first, apart.then_some(Word::new(base >> WIDE, joined)))
}

/// The leg of its first word and, if that says that it joined apart, its second.
pub fn of_leg(first: Word, second: impl FnOnce() -> Word) -> Leg {
    let (gain, joined, beside) = unpair(first);
    let has = |flag| beside >> flag & 1 == 1;
    let gain = u128::from(has(flag::GAIN)) << WIDE | gain;
    let mut leg = Leg {
        side: if has(flag::SHORT) {
            Side::Short
        } else {
            Side::Long
        },
        epoch: beside & ((1 << EPOCH) - 1),
        base: Base(joined),
        joined: Size(joined),
        settled: Cumulative(widened(gain, GAIN)),
    };
    if has(flag::ENDED) {
        leg.base = Base::ZERO;
    } else if has(flag::APART) {
        let Word { high, low } = second();
        leg.base.0 |= high << WIDE;
        leg.joined = Size(low);
    }
    leg
}

fn epoch(epoch: u32) -> u32 {
    require(epoch >> EPOCH == 0, Error::Overflow);
    epoch
}

#[cfg(test)]
mod tests {
    use risk::{Credit, Debts, Price};

    use super::*;

    const MAX: i128 = Usd::MAX.0;

    fn bucket_back(state: &Bucket) -> Bucket {
        let (first, second) = bucket(state);
        of_bucket(first, || {
            second.expect("only a bucket that was cut has a second word")
        })
    }

    fn account_back(state: &Account) -> Account {
        let (words, third) = account(state);
        of_account(words, || {
            third.expect("only an account that says so has a third word")
        })
    }

    fn leg_back(state: &Leg) -> Leg {
        let (first, second) = leg(state);
        of_leg(first, || {
            second.expect("only a leg that joined apart has a second word")
        })
    }

    #[test]
    fn totals_come_back_at_their_limits() {
        for amount in [0, 1, -1, MAX, -MAX] {
            let stored = Totals {
                tokens: Usd(amount.max(0)),
                capital: Usd(MAX),
                profit: Usd(amount.max(0)),
                debt: Usd(MAX),
                shortfall: Usd(amount),
                gains: Usd(-amount),
                impaired_since: u32::MAX,
            };
            assert_eq!(of_totals(totals(&stored)), stored);
        }
    }

    #[test]
    fn an_account_comes_back_with_every_field_at_its_end() {
        let mut legs = Legs::default();
        for id in 240..=255 {
            legs.push(id).unwrap();
        }
        for (pnl, amounts, lost) in [
            (MAX, [i64::MAX; 3], [i64::MAX; 2]),
            (-MAX, [i64::MIN, 0, 0], [0; 2]),
            (-1, [-1, 1, 0], [0, 1]),
            (1, [1, 0, 1], [1, 0]),
        ] {
            let stored = Account {
                capital: Usd(MAX),
                pnl: Usd(pnl),
                maturing: Maturing {
                    amounts,
                    lost,
                    since: u32::MAX,
                },
                bucket: 15,
                clock: Clock {
                    seen: u32::MAX,
                    unhealthy: u16::MAX,
                },
                closing: true,
                attributed: true,
                stuck: true,
                legs,
            };
            assert_eq!(account_back(&stored), stored);
        }
        let new = of_account([Word::ZERO; 2], || unreachable!());
        assert_eq!(new, Account::default());
    }

    #[test]
    fn only_slow_gains_need_a_third_word() {
        for (amounts, lost, needed) in [
            ([i64::MIN, 0, 0], [0; 2], false),
            ([i64::MAX, 0, 0], [0; 2], false),
            ([0, 1, 0], [0; 2], true),
            ([0, 0, 1], [0; 2], true),
            ([0; 3], [1, 0], true),
            ([0; 3], [0, 1], true),
        ] {
            let maturing = Maturing {
                amounts,
                lost,
                since: 5,
            };
            let (_, third) = account(&Account {
                maturing,
                ..Account::default()
            });
            assert_eq!(third.is_some(), needed);
        }
    }

    #[test]
    fn each_flag_of_an_account_has_a_bit_of_its_own() {
        for flag in 0..4 {
            let stored = Account {
                closing: flag == 0,
                attributed: flag == 1,
                stuck: flag == 2,
                bucket: if flag == 3 { 15 } else { 0 },
                ..Account::default()
            };
            assert_eq!(account_back(&stored), stored);
        }
    }

    #[test]
    fn a_price_comes_back_with_funding_of_either_sign() {
        for (paid, rate) in [
            (Index::MAX_FUNDING.0, 5_000_000),
            (-Index::MAX_FUNDING.0, -5_000_000),
        ] {
            let funding = Funding {
                paid: Index(paid),
                rate,
                since: u32::MAX - 1,
            };
            const MARK: Mark = Mark(Price::MAX.0);
            assert_eq!(of_price(price(MARK, &funding)), (MARK, funding));
        }
    }

    #[test]
    fn a_credit_comes_back_at_its_limits() {
        for amount in [0, 1, MAX] {
            let stored = Credit {
                today: Usd(amount),
                before: Usd(MAX - amount),
                day: u32::MAX,
            };
            assert_eq!(of_credit(credit(&stored)), stored);
        }
        assert_eq!(of_credit(Word::ZERO), Credit::default());
    }

    #[test]
    fn flows_and_volume_come_back() {
        let (traded, paid) = (
            Volume {
                micros: u64::MAX,
                period: (1 << 24) - 1,
            },
            Flow {
                paid: u64::MAX - 1,
                drew: true,
                since: u32::MAX - 3,
            },
        );
        assert_eq!(of_flow(flow(&traded, &paid)), (traded, paid));
    }

    #[test]
    fn debts_come_back() {
        let stored = Debts {
            known: Usd::MAX,
            base: (1 << 112) - 1,
            generation: u32::MAX,
        };
        assert_eq!(of_debts(debts(&stored)), stored);
    }

    #[test]
    fn a_side_and_its_throttle_come_back() {
        let state = SideState {
            open_interest: Size::MAX,
            offset: Usd(i128::MIN),
            occupied: 0x8001,
        };
        assert_eq!(of_side(side(&state)), state);
        let closed = Throttle {
            closed: Size::MAX,
            seen: u32::MAX,
        };
        assert_eq!(of_throttle(throttle(&closed)), closed);
    }

    #[test]
    fn a_bucket_needs_a_second_word_only_once_it_was_cut() {
        let uncut = Bucket {
            base: Base(Size::MAX.0),
            weight: Size((1 << 112) - 1),
            ..Bucket::empty(risk::LAST_EPOCH)
        };
        assert_eq!(bucket(&uncut).1, None);
        assert_eq!(bucket_back(&uncut), uncut);
        for scale in [Scale::ZERO, Scale::MIN, Scale((1 << 96) - 1)] {
            let cut = Bucket {
                scale,
                drift: Cumulative(i128::MIN),
                base: Base((1 << 127) - 1),
                ..uncut
            };
            assert_eq!(bucket_back(&cut), cut);
        }
    }

    #[test]
    fn the_end_of_an_epoch_comes_back() {
        for emptied in [false, true] {
            for cumulative in [0, -1, 1, i128::MAX, i128::MIN].map(Cumulative) {
                let stored = Ended {
                    cumulative,
                    emptied,
                };
                assert_eq!(of_ended(ended(&stored)), stored);
            }
        }
        assert_eq!(of_ended(Word::ZERO), Ended::default(), "one passed over");
    }

    #[test]
    fn a_leg_needs_a_second_word_only_if_it_joined_apart() {
        for side in Side::BOTH {
            for settled in [-(1 << 112), (1 << 112) - 1].map(Cumulative) {
                let joined = Leg {
                    side,
                    epoch: risk::LAST_EPOCH,
                    base: Base(Size::MAX.0),
                    joined: Size::MAX,
                    settled,
                };
                assert_eq!(leg(&joined).1, None);
                assert_eq!(leg_back(&joined), joined);
                let apart = Leg {
                    base: Base((1 << 127) - 1),
                    ..joined
                };
                assert_eq!(leg_back(&apart), apart);
                let ended = joined.ended();
                assert_eq!(leg(&ended).1, None);
                assert_eq!(leg_back(&ended), ended);
            }
        }
    }

    #[test]
    #[should_panic(expected = "reverted")]
    fn a_gain_beyond_its_bits_is_not_stored() {
        leg(&Leg {
            side: Side::Long,
            epoch: 0,
            base: Base(1),
            joined: Size(1),
            settled: Cumulative(1 << 112),
        });
    }

    #[test]
    #[should_panic(expected = "reverted")]
    fn an_amount_beyond_its_bits_is_not_stored() {
        totals(&Totals {
            shortfall: Usd(1 << 111),
            ..Totals::default()
        });
    }

    #[test]
    #[should_panic(expected = "reverted")]
    fn a_mark_beyond_its_bits_is_not_stored() {
        price(Mark(1 << 100), &Funding::default());
    }

    #[test]
    #[should_panic(expected = "reverted")]
    fn an_epoch_beyond_its_bits_is_not_stored() {
        bucket(&Bucket::empty(1 << 28));
    }
}
