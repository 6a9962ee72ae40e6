//! Which instruments an account holds, and how much of each.

use super::{InstrumentId, Position};
use crate::{Error, Result, refused};

/// Legs that an account may hold.
pub const MAX_LEGS: usize = 16;

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
            .ok_or_else(|| refused(Error::TooManyLegs))? = id;
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

    /// Those of these positions whose instruments are `chosen`.
    ///
    /// # Errors
    /// [`Error::Overflow`] never, for a part of what fits.
    pub fn among(&self, chosen: impl Fn(InstrumentId) -> bool) -> Result<Self> {
        let mut some = Self::default();
        for (id, position) in self.iter() {
            if chosen(id) {
                some.add(id, position)?;
            }
        }
        Ok(some)
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
