//! The market: instruments and their feeds, honest accounts, keepers, and time.
//!
//! | Place | What | Feed |
//! |---|---|---|
//! | 0 | perpetual, promoted | jumps by at most its shock since keepers last came by |
//! | 1, 2 | a call and a put on it, of which a series settles and another is listed | follow 0 |
//! | 3 | perpetual, quiet | moves by a tenth of a per cent |
//! | 4 | perpetual, thin and manipulated | pumped by at most its shock, Restricted ever since; returns to its true price |

use risk::{Index, InstrumentId, Mark, Price, Prices, Ratio, Size, Store, Usd, WAD, math};

use crate::book::{Book, INSTRUMENTS};
use crate::vault::{ADVERSARY, BASIS_POINT, Fault, Feed, HONEST, KEEPER, SHOCK, Vault, dollars};

/// The perpetual that jumps.
pub const JUMPING: usize = 0;
/// The call and the put on it.
pub const CALL: usize = 1;
pub const PUT: usize = 2;
/// The perpetual that nothing happens to.
pub const QUIET: usize = 3;
/// The perpetual that somebody manipulates.
pub const MANIPULATED: usize = 4;

const TRUE_PRICE: u128 = 10 * WAD;
const START: u64 = 1_790_000_000;
/// Seconds of calm after which a tier falls by one.
const CALM: u64 = 1_800;

/// A vault in its surroundings.
#[derive(Clone, Debug)]
pub struct World {
    pub vault: Vault,
    /// The marks when keepers last came by.
    anchors: [Price; INSTRUMENTS],
    strikes: [u128; INSTRUMENTS],
    calm_since: [u64; INSTRUMENTS],
}

impl World {
    /// Honest accounts of thirty thousand to eight million, some of them with positions; the adversary with small accounts and
    /// large ones, and as many tokens outside as it likes.
    pub fn new(fault: Fault) -> Self {
        let spots = [2_000, 0, 0, 60_000, 10].map(|price| price * WAD);
        let mut strikes = [0; INSTRUMENTS];
        (strikes[CALL], strikes[PUT]) = (2_000 * WAD, 1_900 * WAD);
        let mut marks = spots.map(Price);
        marks[CALL] = option(CALL, spots[JUMPING], strikes[CALL]);
        marks[PUT] = option(PUT, spots[JUMPING], strikes[PUT]);
        let prices = marks.map(|mark| Prices {
            mark: Mark(mark.0),
            funding: Index::ZERO,
        });
        let mut maintenance = [Ratio(300 * BASIS_POINT); INSTRUMENTS];
        maintenance[MANIPULATED] = Ratio(500 * BASIS_POINT);
        let mut book = Book::new([0, 0, 0, 3, 4], maintenance, prices);
        book.allowances = [500_000, 0, 0, 400_000, 50_000].map(dollars);
        let feeds = marks.map(|mark| Feed {
            mark,
            funding: Index::ZERO,
            tier: 0,
            ended: [0; 2],
            frozen: false,
        });
        let mut vault = Vault::new(book, feeds, dollars(6_000_000), START);
        vault.fault = fault;
        vault.book.covers_drawn_late = fault == Fault::CoverOfEachLeg;
        vault.book.worn_buckets_end = fault == Fault::WornBucketsEnd;
        let brought = [30, 60, 150, 400, 1_000, 2_000, 4_000, 8_000, 8_000];
        for (id, thousands) in HONEST.chain([KEEPER]).zip(brought) {
            vault.around.outside[id] = dollars(20_000_000);
            vault.deposit(id, id, dollars(1_000 * thousands)).unwrap();
        }
        vault.around.outside[ADVERSARY.start] = dollars(1_000_000_000);
        for (id, amount) in [20_000, 20_000, 60_000, 60_000, 400_000, 400_000]
            .into_iter()
            .enumerate()
        {
            vault.deposit(0, id, dollars(amount)).unwrap();
        }
        let mut world = Self {
            vault,
            anchors: marks,
            strikes,
            calm_since: [START; INSTRUMENTS],
        };
        for (buyer, seller, id, dollars) in [
            (8, 9, JUMPING, 400_000),
            (10, 11, JUMPING, 200_000),
            (12, 13, QUIET, 300_000),
            (9, 14, MANIPULATED, 50_000),
            (15, 8, CALL, 100_000),
        ] {
            let size = world.size(id, dollars * WAD);
            let mark = world.vault.feeds[id].mark;
            world
                .vault
                .trade(buyer, seller, id as InstrumentId, size, mark)
                .unwrap();
        }
        world.vault.now += 7_200;
        world
    }

    /// The size of a notional, at the mark of the underlying.
    pub fn size(&self, id: usize, notional: u128) -> Size {
        let spot = self.spot(id);
        Size(math::mul_div_down(notional, WAD, spot.0).unwrap())
    }

    pub fn spot(&self, id: usize) -> Price {
        self.vault.feeds[usize::from(self.vault.book.underlying[id])].mark
    }

    /// A perpetual's feed moves by so many basis points, and the marks of options on it with it; never further than its shock
    /// from where keepers last saw it.
    pub fn jump(&mut self, id: usize, basis_points: i64) {
        let factor = 10_000_u128.saturating_add_signed(basis_points.into());
        let anchor = self.anchors[id].0;
        let reach = math::mul_div_down(anchor, SHOCK.0, WAD).unwrap();
        let mark =
            (self.vault.feeds[id].mark.0 * factor / 10_000).clamp(anchor - reach, anchor + reach);
        self.set(id, Price(mark));
    }

    /// Somebody moves the thin market; its price is known to be untrue for more than a day.
    pub fn pump(&mut self, basis_points: i64) {
        self.jump(MANIPULATED, basis_points);
        self.vault.feeds[MANIPULATED].tier = 2;
    }

    /// The thin market returns to its true price.
    pub fn revert(&mut self) {
        let from = self.vault.feeds[MANIPULATED].mark.0;
        let back = (TRUE_PRICE as i128 - from as i128) * 10_000 / from as i128;
        self.pump(back as i64);
    }

    fn set(&mut self, id: usize, mark: Price) {
        let moved = mark.0.abs_diff(self.anchors[id].0) * 10_000 / self.anchors[id].0;
        let tier = match moved {
            1_000.. => 2,
            500.. => 1,
            _ => 0,
        };
        let feed = &mut self.vault.feeds[id];
        feed.mark = mark;
        if tier >= feed.tier {
            feed.tier = tier;
            self.calm_since[id] = self.vault.now;
        }
        if id == JUMPING {
            for series in [CALL, PUT] {
                if !self.vault.book.settled[series] {
                    self.vault.feeds[series].mark = option(series, mark.0, self.strikes[series]);
                }
            }
        }
    }

    /// Time passes; what is calm returns to its tier, one at a time; and longs pay shorts, or are paid.
    pub fn wait(&mut self, seconds: u64, basis_points: i64) {
        self.vault.now += seconds;
        for id in [JUMPING, QUIET] {
            let feed = &mut self.vault.feeds[id];
            if self.vault.now - self.calm_since[id] >= CALM && feed.tier > 0 {
                feed.lower(self.vault.now);
                self.calm_since[id] = self.vault.now;
            }
        }
        let feed = &mut self.vault.feeds[JUMPING];
        let paid = feed.mark.0 as i128 * i128::from(basis_points) / 10_000;
        feed.funding = Index(feed.funding.0 + paid);
    }

    /// An instrument's allowance falls to a share of what it was, or returns.
    pub fn allow(&mut self, id: usize, percent: u32) {
        let whole = [500_000, 0, 0, 400_000, 50_000][id];
        self.vault.book.allowances[id] = dollars(whole / 100 * i128::from(percent));
    }

    /// A feed fails, or returns: its legs are set aside.
    pub fn freeze(&mut self, id: usize, frozen: bool) {
        for place in 0..INSTRUMENTS {
            if usize::from(self.vault.book.underlying[place]) == id {
                self.vault.feeds[place].frozen = frozen;
            }
        }
        self.vault.feeds[id].tier = 3;
        self.calm_since[id] = self.vault.now;
    }

    /// A series settles at its mark.
    pub fn expire(&mut self, id: usize) {
        let mut wanted = [false; INSTRUMENTS];
        wanted[id] = true;
        if self.vault.refresh(&wanted).is_ok() {
            self.vault.book.settled[id] = true;
        }
    }

    /// Another series is listed in the place of one that has settled, at the money.
    pub fn list(&mut self, id: usize) -> bool {
        let spot = self.vault.feeds[JUMPING].mark.0;
        let done = self
            .vault
            .list(id as InstrumentId, option(id, spot, spot))
            .is_ok();
        if done {
            self.strikes[id] = spot;
        }
        done
    }

    /// Keepers have seen these marks.
    pub fn anchor(&mut self) {
        self.anchors = self.vault.feeds.map(|feed| feed.mark);
    }

    /// What the ledger's capital of an account is.
    pub fn capital(&self, id: usize) -> Usd {
        self.vault.book.account(id).capital
    }
}

/// An option's mark: half of the distance from its strike, and the root of that and 2 % of it squared; a smooth price that the
/// forward bounds.
fn option(id: usize, spot: u128, strike: u128) -> Price {
    let distance = if id == CALL {
        spot as f64 - strike as f64
    } else {
        strike as f64 - spot as f64
    };
    let half = distance / 2.0;
    let value = half + (half * half + (0.02 * strike as f64).powi(2)).sqrt();
    Price(value as u128)
}
