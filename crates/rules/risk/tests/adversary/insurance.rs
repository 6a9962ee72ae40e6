//! What the insurance pool pays for, and what it has paid.

use risk::rules::margin::rate_of_weights;
use risk::{Draw, InstrumentId, Pool, Ratio, Store, Usd, Valued, WAD};

use crate::bounds::Payment;
use crate::session::Session;
use crate::vault::{DAY, Done, FEES, Fault, UNIT, main_account, require};

/// Part of the pool that a vault draws at most in a day.
const DAILY_DRAW: Ratio = Ratio(WAD / 4);
/// Reward for closing a leg, a share of its margin.
const REWARD_SHARE: Ratio = Ratio(WAD / 20);
/// In the place of an instrument where rewards for several were paid at once.
pub const REWARDS: InstrumentId = InstrumentId::MAX;

/// Who found a debt, and what is left of the reward for closing it.
#[derive(Clone, Copy, Debug)]
pub struct Revealed {
    pub by: usize,
    pub reward: Usd,
}

/// The insurance pool's tokens.
#[derive(Clone, Copy, Debug)]
pub struct Purse {
    pub tokens: Usd,
    opening: Usd,
    day: u64,
    drawn: Usd,
}

impl Purse {
    pub fn new(tokens: Usd, now: u64) -> Self {
        Self {
            tokens,
            opening: tokens,
            day: now / DAY,
            drawn: Usd::ZERO,
        }
    }

    fn at(self, now: u64) -> Self {
        if now / DAY == self.day {
            return self;
        }
        Self::new(self.tokens, now)
    }

    /// What the pool says that it pays, and that covers are measured by.
    pub fn answer(self, now: u64) -> Pool {
        let purse = self.at(now);
        let limit = purse.opening.times_down(DAILY_DRAW).unwrap();
        let left = Usd(limit.0 - purse.drawn.0).or_zero();
        let measured = purse.opening.min(Usd(purse.tokens.0 + purse.drawn.0));
        Pool {
            payable: left.min(purse.tokens),
            measured,
            recorded: measured,
        }
    }

    /// Pays at most `wanted`.
    fn draw(&mut self, now: u64, wanted: Usd) -> Usd {
        let paid = wanted.min(self.answer(now).payable);
        *self = self.at(now);
        self.drawn = Usd(self.drawn.0 + paid.0);
        self.tokens = Usd(self.tokens.0 - paid.0);
        paid
    }
}

impl Session<'_> {
    /// Closes at most `max_legs` legs of a settled account in debt.
    pub fn close(&mut self, id: usize, valued: &Valued, max_legs: usize, caller: usize) -> Done {
        let legs = valued.account.legs;
        let closable = self.allowed(&legs);
        require(
            !closable.as_slice().is_empty() || legs.as_slice().is_empty(),
            "frozen",
        )?;
        let weights = self.ledger.store.weights(&valued.positions)?;
        let revealed = self.around.revealed[id].unwrap_or(Revealed {
            by: main_account(caller),
            reward: Usd::ZERO,
        });
        let mut draw = Draw {
            unit: UNIT,
            reward_share: rate_of_weights(REWARD_SHARE, valued.health.maintenance, weights)?,
            reward_left: revealed.reward,
            ..Draw::default()
        };
        let owed = self.ledger.store.account(id).pnl;
        self.ledger.close(id, &closable, max_legs, &mut draw)?;
        let left = self.ledger.store.account(id).legs;
        let is_open = left.as_slice().iter().any(|&leg| closable.contains(leg));
        assert!(
            !is_open || draw.deficit == Usd::ZERO,
            "a debt is written off while a leg is left that can be closed"
        );
        let written_off = self.ledger.store.account(id).pnl.minus(owed)?;
        self.explained[id] += written_off.0;
        self.written_off[id] += written_off.0;
        let arrived = self.around.purse.draw(self.ledger.now, draw.total()?);
        self.ledger.arrived(&mut draw, arrived)?;
        for (instrument, paid) in draw.insured.iter() {
            self.note(instrument, paid, false)?;
        }
        self.note_reward(&legs, draw.reward)?;
        let half = Usd(draw.reward.0 / 2);
        for (payee, amount) in [
            (revealed.by, half),
            (main_account(caller), draw.reward.minus(half)?),
        ] {
            // Who owes earns none.
            let owes = self.ledger.store.account(payee).in_debt();
            let payee = if owes { FEES } else { payee };
            self.ledger.deposit(payee, amount)?;
            self.explained[payee] += amount.0;
        }
        let in_debt = self.ledger.store.account(id).in_debt();
        self.around.revealed[id] = in_debt.then_some(Revealed {
            reward: draw.reward_left,
            ..revealed
        });
        Ok(())
    }

    /// Draws on the pool for what is on record of an instrument.
    pub fn recover(&mut self, id: InstrumentId) -> Done {
        self.ledger.store.covers_unbounded = self.fault == Fault::RecoverWhole;
        let paid = self.ledger.recover(id, UNIT);
        self.ledger.store.covers_unbounded = false;
        let paid = paid?;
        require(paid > Usd::ZERO, "nothing")?;
        let arrived = self.around.purse.draw(self.ledger.now, paid);
        self.ledger.refused(id, paid.minus(arrived)?)?;
        self.note(id, arrived, false)
    }

    /// An instrument's cover as large as it is before anything is drawn.
    fn whole_cover(&self, id: InstrumentId) -> Done<Usd> {
        let measured = self.around.purse.answer(self.ledger.now).measured;
        Ok(self
            .ledger
            .store
            .cover_size(id, measured, self.ledger.now)?)
    }

    fn note(&mut self, instrument: InstrumentId, amount: Usd, reward: bool) -> Done {
        let whole = self.whole_cover(instrument)?;
        self.payments.push(Payment {
            time: self.ledger.now,
            instrument,
            amount,
            whole,
            reward,
        });
        Ok(())
    }

    /// A reward is paid for the instrument of an account's legs, or for several.
    fn note_reward(&mut self, legs: &risk::Legs, amount: Usd) -> Done {
        if amount == Usd::ZERO {
            return Ok(());
        }
        let underlyings = || {
            let store = &*self.ledger.store;
            legs.as_slice().iter().map(|&leg| store.underlying(leg))
        };
        let one = underlyings()
            .min()
            .filter(|&first| underlyings().all(|id| id == first));
        if let Some(id) = one {
            return self.note(id, amount, true);
        }
        let mut whole = Usd::ZERO;
        for id in [0, 3, 4] {
            whole = whole.plus(self.whole_cover(id)?)?;
        }
        self.payments.push(Payment {
            time: self.ledger.now,
            instrument: REWARDS,
            amount,
            whole: Usd(whole.0 / 10),
            reward: true,
        });
        Ok(())
    }
}
