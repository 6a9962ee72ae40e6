//! What an account owns.

use crate::{Clock, Error, InstrumentId, Maturing, Maturity, Position, Result, Usd};

/// Legs that an account may hold.
pub const MAX_LEGS: usize = 16;

/// An account's own state; its legs are stored apart, by instrument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// C: deposits and converted profit, never negative, always worth 1.
    pub capital: Usd,
    /// P: settled profit, worth the coverage ratio; debt when negative, and then there is no capital.
    pub pnl: Usd,
    /// I: settled gains and losses that have not matured.
    pub maturing: Maturing,
    /// The bucket that the account's legs are in, on every side.
    pub bucket: u8,
    /// How long the account has been seen in ill health.
    pub clock: Clock,
    /// Whether a deleveraging of it goes on as it was decided: until the account is seen in health, enters or leaves debt, trades
    /// or takes over positions. Nothing that a stranger does starts it anew: no deposit, touch, conversion or move to another
    /// bucket; a liquidation takes its share off what is left to close.
    pub closing: bool,
    /// Whether its debt is [attributed](crate::Attribution) to instruments: from when it is found until it is gone.
    pub attributed: bool,
    /// Whether the rest of its debt counts as stuck: its legs were frozen when it was closed.
    pub stuck: bool,
    /// Instruments in which the account has a leg.
    pub legs: Legs,
}

impl Account {
    /// Adds profit or loss, and capital; a loss eats profit, then capital, then becomes debt.
    ///
    /// # Errors
    /// [`Error::InsufficientCapital`] if a negative `capital` takes more than there is; [`Error::Overflow`], beyond
    /// [`Usd::MAX`] as well.
    pub(crate) fn credit(&mut self, pnl: Usd, capital: Usd) -> Result<()> {
        self.capital = self.capital.plus(capital)?;
        if self.capital < Usd::ZERO {
            return Err(Error::InsufficientCapital);
        }
        self.pnl = self.pnl.plus(pnl)?;
        let paid = self.pnl.deficit()?.min(self.capital);
        self.capital = self.capital.minus(paid)?;
        self.pnl = self.pnl.plus(paid)?;
        self.capital.within(Usd::MAX)?;
        self.pnl.within(Usd::MAX)?;
        Ok(())
    }

    /// Adds a settled gain or loss, which matures; nothing is one as well, for what arises later arises from `now` on.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub(crate) fn gain(&mut self, gain: Usd, class: Maturity, now: u64) -> Result<()> {
        self.maturing = self.maturing.plus(gain, class, now);
        self.credit(gain, Usd::ZERO)
    }

    /// How much of the settled profit is neither convertible nor counted for initial margin at unix time `now`.
    #[must_use]
    pub fn immature(&self, now: u64) -> Usd {
        self.maturing.immature(self.pnl, now)
    }

    /// Moves the clock by an observation; health ends a deleveraging as well.
    pub fn observe(&mut self, now: u64, healthy: bool) {
        self.clock = self.clock.observed(now, healthy);
        self.closing &= !healthy;
    }

    /// Whether losses have exceeded everything that the account held.
    #[must_use]
    pub fn in_debt(&self) -> bool {
        self.pnl < Usd::ZERO
    }
}

/// A set of at most [`MAX_LEGS`] instruments, in no particular order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Legs {
    ids: [InstrumentId; MAX_LEGS],
    len: u8,
}

impl Legs {
    /// A set from the parts that [`Legs::parts`] gave; a length beyond [`MAX_LEGS`] counts as that.
    #[must_use]
    pub fn from_parts(ids: [InstrumentId; MAX_LEGS], len: u8) -> Self {
        Self {
            ids,
            len: len.min(MAX_LEGS as u8),
        }
    }

    /// The instruments, zeros after the last, and their number.
    #[must_use]
    pub const fn parts(&self) -> ([InstrumentId; MAX_LEGS], u8) {
        (self.ids, self.len)
    }

    /// The instruments.
    #[must_use]
    pub fn as_slice(&self) -> &[InstrumentId] {
        self.ids.get(..self.len.into()).unwrap_or(&[])
    }

    /// Whether an instrument is in the set.
    #[must_use]
    #[allow(
        clippy::manual_contains,
        reason = "the slice's search of bytes takes a kilobyte of code"
    )]
    pub fn contains(&self, id: InstrumentId) -> bool {
        self.as_slice().iter().any(|&held| held == id)
    }

    /// This set, in the order of another that holds the same: what is stored of it does not change then.
    #[must_use]
    pub(crate) fn ordered_as(self, other: Self) -> Self {
        let mut held = self.as_slice().iter();
        if self.len == other.len && held.all(|&id| other.contains(id)) {
            other
        } else {
            self
        }
    }

    /// Adds an instrument that is not in the set.
    ///
    /// # Errors
    /// [`Error::TooManyLegs`] if the set is full.
    pub fn push(&mut self, id: InstrumentId) -> Result<()> {
        *self
            .ids
            .get_mut(usize::from(self.len))
            .ok_or(Error::TooManyLegs)? = id;
        self.len += 1;
        Ok(())
    }

    /// Takes an instrument out of the set, if it is in it.
    pub fn remove(&mut self, id: InstrumentId) {
        if let Some(at) = self.as_slice().iter().position(|&held| held == id) {
            self.len -= 1;
            self.ids[at] = self.ids[usize::from(self.len)];
            self.ids[usize::from(self.len)] = 0;
        }
    }
}

/// Positions, or changes of positions, by instrument.
#[derive(Clone, Copy, Debug)]
pub struct Positions {
    held: Legs,
    sizes: [Position; MAX_LEGS],
}

impl Default for Positions {
    fn default() -> Self {
        Self {
            held: Legs::default(),
            sizes: [Position::ZERO; MAX_LEGS],
        }
    }
}

impl Positions {
    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> u8 {
        self.held.len
    }

    /// The instruments.
    #[must_use]
    pub const fn legs(&self) -> &Legs {
        &self.held
    }

    /// Instruments with their positions.
    pub fn iter(&self) -> impl Iterator<Item = (InstrumentId, Position)> {
        self.held.as_slice().iter().copied().zip(self.sizes)
    }

    /// The position in one instrument.
    #[must_use]
    pub fn get(&self, id: InstrumentId) -> Position {
        self.iter()
            .find(|entry| entry.0 == id)
            .map_or(Position::ZERO, |entry| entry.1)
    }

    /// These positions without some others.
    ///
    /// # Errors
    /// [`Error::TooManyLegs`] and [`Error::Overflow`] never, if the others are part of these.
    pub fn without(&self, others: &Self) -> Result<Self> {
        let mut rest = *self;
        for (id, position) in others.iter() {
            rest.add(id, position.negated()?)?;
        }
        Ok(rest)
    }

    /// Adds a change to the position in one instrument; a position of zero is dropped.
    ///
    /// # Errors
    /// [`Error::TooManyLegs`] if that would be one too many; [`Error::Overflow`].
    pub fn add(&mut self, id: InstrumentId, change: Position) -> Result<()> {
        if change == Position::ZERO {
            return Ok(());
        }
        let Some(at) = self.held.as_slice().iter().position(|&held| held == id) else {
            self.held.push(id)?;
            self.sizes[usize::from(self.held.len) - 1] = change;
            return Ok(());
        };
        self.sizes[at] = self.sizes[at].plus(change)?;
        if self.sizes[at] == Position::ZERO {
            self.held.remove(id);
            self.sizes[at] = self.sizes[usize::from(self.held.len)];
        }
        Ok(())
    }
}
