//! Prices: what the guard is asked of the instruments of one operation, and funding up to now.

use alloc::vec;
use alloc::vec::Vec;

use alloy_sol_types::SolCall;
use risk::options::black::Kind;
use risk::rules::listing::{is_closing, seconds_to_expiry};
use risk::{InstrumentId, Ledger, Mark, Prices, Ranges, Ratio, Stable, Tier, TierEnds, Underlying};

use crate::abi::{Args, Bytes, encode_call};
use crate::calls;
use crate::error::{Error, OrRevert, require};
use crate::interfaces::Guard;
use crate::options::{Series, is_option};
use crate::parameters::ratio;
use crate::storage::{Field, InstrumentField, Storage};
use crate::valuation::{Life, Valuation, Valuations, action};
use crate::word::Word;

/// Words of one of the guard's marks: mark, stable price, tier, blocked, spot range, initial spot range, ends of Caution and Restricted.
const MARK_WORDS: usize = 8;
/// Words of what the guard is told of an option: place of its asset, expiry, strike, whether it is a call, when its series settles if
/// that is before.
const OPTION_WORDS: usize = 5;
/// Words of its mark of one: mark, volatility, tier, blocked, whether it is final, delta, gamma, vega, what is counted of its
/// settlement, and at which mean.
const OPTION_MARK_WORDS: usize = 10;

impl Storage {
    /// Asks for the price of an instrument, and of its underlying. An option that has settled before it expired is not asked
    /// about, nor one that an account names although it has been delisted since: that has settled long ago. Of both, the gains take
    /// the tiers of the underlying.
    pub fn want(&mut self, id: InstrumentId) {
        if self.valuations.places.is_empty() {
            self.valuations.places = vec![0; 256];
        }
        if self.valuations.places[usize::from(id)] > 0 {
            return;
        }
        let mut valuation = Valuation {
            id,
            ..Valuation::default()
        };
        if is_option(id) {
            let series = self.series(id);
            self.want(series.underlying);
            valuation.asset = self.valuations.get(series.underlying).asset;
            valuation.series = Some(series);
            valuation.life = if series.number == 0 {
                Life::Delisted
            } else if series.is_settled {
                Life::Settled
            } else {
                Life::Live
            };
            if valuation.life.is_over() {
                valuation.blocked = action::OPEN | action::REDUCE;
                valuation.answer = vec![0; OPTION_MARK_WORDS * 32].leak();
            } else {
                self.valuations.options += 1;
            }
        } else {
            valuation.asset = self.valuations.perpetuals;
            self.valuations.perpetuals += 1;
        }
        let valuations = &mut self.valuations;
        valuations.known.push(valuation);
        valuations.places[usize::from(id)] = valuations.known.len() as u8;
    }
}

/// Asks the guard in one call, accrues funding, and moves every mark to what the guard trusts now, or trusted last.
///
/// The guard asks the feeds in that call, so that no operation goes by a mark that somebody chose not to update; it stores what it
/// has observed where that is news, unless a view asks. If it fails, so does the operation: no failure is taken for a frozen asset.
pub fn read(ledger: &mut Ledger<Storage>) {
    let mut valuations = core::mem::take(&mut ledger.store.valuations);
    if valuations.perpetuals > 0 {
        let question = valuations.question(ledger.store);
        let guard = ledger.store.address(Field::Guard);
        let data = (calls::write(guard, question), Error::GuardFailed).or_revert();
        valuations.accept(ledger, Args::new(data));
    }
    ledger.store.valuations = valuations;
}

impl Valuations {
    /// What to ask the guard: the assets, and the options on them if there are any.
    fn question(&self, store: &Storage) -> Bytes {
        let (assets, options) = (u128::from(self.perpetuals), u128::from(self.options));
        let mut words = Vec::with_capacity(4 + self.known.len() * OPTION_WORDS);
        words.push(Word::of(64));
        words.push(Word::of(96 + 32 * assets));
        words.push(Word::of(assets));
        for perpetual in self.perpetuals() {
            words.push(store.instrument_field(perpetual.id, InstrumentField::Asset));
        }
        if options == 0 {
            words[1] = Word::of(32);
            return encode_call(self.selector(), &words[1..]);
        }
        words.push(Word::of(options));
        for valuation in &self.known {
            if let (Some(series), false) = (&valuation.series, valuation.life.is_over()) {
                let rules = store.option_rules(series.underlying);
                words.push(Word::of(valuation.asset.into()));
                words.push(Word::of(series.expiry.into()));
                words.push(Word::of(series.strike_price(&rules).0));
                words.push(Word::of((series.kind == Kind::Call).into()));
                words.push(Word::of(series.closes.into()));
            }
        }
        encode_call(self.selector(), &words)
    }

    /// Which function of the guard's is asked.
    fn selector(&self) -> [u8; 4] {
        match (self.options > 0, self.kept) {
            (false, false) => Guard::marksCall::SELECTOR,
            (false, true) => Guard::freshMarksCall::SELECTOR,
            (true, false) => Guard::marksWithOptionsCall::SELECTOR,
            (true, true) => Guard::freshMarksWithOptionsCall::SELECTOR,
        }
    }

    /// Takes in what the guard has answered.
    fn accept(&mut self, ledger: &mut Ledger<Storage>, answer: Args<'static>) {
        let (mut marks, assets) = answer.array(0, MARK_WORDS * 32);
        let (mut option_marks, options) = if self.options > 0 {
            answer.array(1, OPTION_MARK_WORDS * 32)
        } else {
            (Args::new(&[]), 0)
        };
        // A guard that has answered less than it was asked has failed: no instrument goes by a default.
        let complete = assets == self.perpetuals.into() && options == self.options.into();
        require(complete, Error::GuardFailed);
        for place in 0..self.known.len() {
            let mut valuation = self.known[place];
            if let Some(series) = valuation.series {
                let underlying = self.get(series.underlying);
                valuation.ends = underlying.ends;
                if !valuation.life.is_over() {
                    (valuation.answer, option_marks.bytes) =
                        option_marks.bytes.split_at(OPTION_MARK_WORDS * 32);
                    valuation.accept_option(ledger, &series, underlying);
                }
            } else {
                (valuation.answer, marks.bytes) = marks.bytes.split_at(MARK_WORDS * 32);
                valuation.accept(ledger);
            }
            self.known[place] = valuation;
        }
    }
}

impl Valuation {
    /// Reads what the guard says of a perpetual, by its own rates. Accrues funding at the mark until now first.
    fn accept(&mut self, ledger: &mut Ledger<Storage>) {
        self.reprice(ledger);
        let answer = Args::new(self.answer);
        let rates = ledger.store.rates_of(self.id);
        let own = Ranges {
            maintenance: ratio(rates.maintenance),
            initial: ratio(rates.initial),
        };
        let guarded = Ranges {
            maintenance: Ratio(answer.unsigned(4)),
            initial: Ratio(answer.unsigned(5)),
        };
        self.ends = TierEnds::new(answer.u32(6), answer.u32(7));
        let spot = self.mark.of_underlying();
        self.underlying = Underlying {
            spot,
            stable: match answer.unsigned(1) {
                0 => spot.as_stable(),
                stable => Stable(stable),
            },
            ranges: Ranges::of(own, guarded, self.tier, rates.step()),
        };
    }

    /// Reads what the guard says of an option on `underlying`.
    #[expect(clippy::cast_possible_truncation, reason = "the expiry has 32 bits")]
    fn accept_option(&mut self, ledger: &mut Ledger<Storage>, series: &Series, underlying: &Self) {
        self.reprice(ledger);
        self.underlying = underlying.underlying;
        let (now, closes) = (ledger.now, series.closes.into());
        self.seconds = seconds_to_expiry(series.expiry.into(), closes, now) as u32;
        // Nothing settles at a mark that the ledger could not count with.
        let is_final = Args::new(self.answer).bool(4) && self.blocked & action::MARK == 0;
        self.life = if is_final {
            Life::Settled
        } else if is_closing(closes, now) {
            Life::Closing
        } else {
            Life::Live
        };
    }

    /// Reads tier and what is forbidden, accrues funding, then moves the mark to the guard's, which is the last that it trusted if
    /// the asset is frozen: it may have moved since anybody touched the instrument here. Options follow, so that a hedge is
    /// never valued at two prices of its underlying. Prices that the ledger cannot count with stay what they were, as if the
    /// asset were frozen.
    #[inline(never)]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the guard's types are that narrow"
    )]
    fn reprice(&mut self, ledger: &mut Ledger<Storage>) {
        let answer = Args::new(self.answer);
        self.tier = Tier::from_u8(answer.u32(2) as u8);
        self.blocked = answer.u32(3) as u16;
        let (mark, old) = ledger.store.price_of(self.id);
        // Funding up to now is due at the mark that was in force: it accrues before the mark moves.
        let funding = old.at(mark, ledger.now);
        // Of a perpetual the stable price, of an option the volatility: zero where the guard knows nothing to value it by.
        let known = answer.unsigned(1) > 0;
        let new_mark = if known || self.blocked & action::MARK == 0 {
            Mark(answer.unsigned(0))
        } else {
            mark
        };
        self.mark = mark;
        if (new_mark, funding) != (mark, old) {
            let prices = Prices {
                mark: new_mark,
                funding: funding.paid,
            };
            if ledger.set_prices(self.id, &prices).is_ok() {
                self.mark = new_mark;
                ledger.store.set_price_of(self.id, new_mark, &funding);
            } else {
                self.blocked |= action::ALL;
            }
        }
    }
}
