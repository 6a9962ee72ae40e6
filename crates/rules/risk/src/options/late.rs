//! The words of options of which something is fixed: their series is closing, or some of their settlement is counted. What they are
//! beside others is in the table of [`encoding`](super::encoding).

use super::encoding::{Halves, OptionLeg};
use super::settlement::Counted;
use crate::{Error, Ratio, Result, SettlementPrice, refused};

/// Of the high half of an option: its series is closing.
const CLOSING: u128 = 1 << 62;
/// Of the same: some of its settlement is counted, so that two words follow.
const COUNTED: u128 = 1 << 61;

impl OptionLeg {
    /// The words of an option of whose settlement as much is counted, and whose series is closing or not; the last two only if anything
    /// is.
    #[must_use]
    pub fn pack_late(&self, counted: &Counted, is_closing: bool) -> [Option<Halves>; 3] {
        let [mut terms, size] = self.pack();
        if is_closing {
            terms |= CLOSING;
        }
        let (mut average, mut share) = (None, None);
        if counted.share > Ratio::ZERO {
            terms |= COUNTED;
            average = Some([counted.average.0, 0]);
            share = Some([counted.share.0, 0]);
        }
        [Some([terms, size]), average, share]
    }
}

/// Whether an option's word says more of it than others' do.
#[must_use]
pub const fn is_late([terms, _]: Halves) -> bool {
    terms & (CLOSING | COUNTED) != 0
}

/// Whether an option's word says that its series is closing.
#[must_use]
pub const fn is_closing([terms, _]: Halves) -> bool {
    terms & CLOSING != 0
}

/// What is counted of the settlement of the option of a word: of the next two words, where it says so.
///
/// # Errors
/// [`Error::Overflow`] if it says so, and there are none.
pub fn counted([terms, _]: Halves, mut next: impl FnMut() -> Option<Halves>) -> Result<Counted> {
    if terms & COUNTED == 0 {
        return Ok(Counted::default());
    }
    let mut word = || next().ok_or_else(|| refused(Error::Overflow));
    let ([average, _], [share, _]) = (word()?, word()?);
    Ok(Counted {
        share: Ratio(share),
        average: SettlementPrice(average),
    })
}
