//! A vault's state, what it is worth, and what must always hold.

use std::collections::BTreeMap;

use num_traits::{One, Signed, Zero};

use crate::{Exact, Side, bucket};

/// Names an account.
pub type AccountId = usize;
/// Names an instrument.
pub type InstrumentId = u8;

/// The insurance pool's own account.
pub const POOL: AccountId = 1000;

/// Signed positions by instrument.
pub type Sizes = BTreeMap<InstrumentId, Exact>;

/// Maintenance margin of everything that an account holds.
pub type Margin = fn(&Vault, &Sizes) -> Exact;

/// What makes an instrument an option; its mark is given like any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionTerms {
    /// The perpetual on its underlying.
    pub underlying: InstrumentId,
    /// Delta in sixteenths, as the margin counts it; negative for a put.
    pub delta: i8,
}

/// An instrument.
#[derive(Clone, Debug, Default)]
pub struct Instrument {
    /// Mark price.
    pub mark: Exact,
    /// Cumulative funding paid by one unit of long position.
    pub funding: Exact,
    /// The long side and the short side.
    pub sides: [Side; 2],
    /// What makes it an option.
    pub option: Option<OptionTerms>,
    /// Whether it has expired at its last mark.
    pub is_settled: bool,
}

impl Instrument {
    /// mark - funding, with the sign of a side.
    #[must_use]
    pub fn index(&self, long: bool) -> Exact {
        let index = &self.mark - &self.funding;
        if long { index } else { -index }
    }

    /// One of its sides.
    #[must_use]
    pub fn side(&self, long: bool) -> &Side {
        &self.sides[usize::from(!long)]
    }

    /// One of its sides, to be changed.
    pub fn side_mut(&mut self, long: bool) -> &mut Side {
        &mut self.sides[usize::from(!long)]
    }

    /// What a side has gained and nobody has settled.
    #[must_use]
    pub fn unsettled(&self, long: bool) -> Exact {
        self.side(long).unsettled(&self.index(long))
    }
}

/// An account's position in one instrument.
#[derive(Clone, Debug)]
pub struct Leg {
    /// Which side.
    pub long: bool,
    /// Bucket of that side.
    pub bucket: usize,
    /// The bucket's epoch when the leg joined.
    pub epoch: u32,
    /// Effective size = base x the bucket's scale, while the epoch lasts.
    pub base: Exact,
    /// Size when it joined.
    pub joined: Exact,
    /// The bucket's K when the leg was last settled.
    pub settled: Exact,
}

/// An account.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// C: senior, never negative.
    pub capital: Exact,
    /// P: settled profit, or debt when negative.
    pub pnl: Exact,
    /// Bucket of its legs.
    pub bucket: usize,
    /// Its legs by instrument.
    pub legs: BTreeMap<InstrumentId, Leg>,
}

/// A vault, with what its insurance pool would pay.
#[derive(Clone, Debug)]
pub struct Vault {
    /// What the rule of the margin takes of notional.
    pub maintenance_rate: Exact,
    /// The rule.
    pub margin: Margin,
    /// V: quote tokens held for accounts.
    pub tokens: Exact,
    /// Sum of C.
    pub capital: Exact,
    /// Sum of max(P, 0).
    pub profit: Exact,
    /// Sum of max(-P, 0).
    pub debt: Exact,
    /// Deficits written off, less haircuts taken.
    pub shortfall: Exact,
    /// What the pool would pay now; outside V.
    pub insurance: Exact,
    /// Whether all debts that are known share what the pool would pay, as [`Insurance`](crate::Insurance) has it; not in the
    /// reference model of the ledger alone, which pays whoever is closed first.
    pub shared: bool,
    /// Listed instruments.
    pub instruments: BTreeMap<InstrumentId, Instrument>,
    /// Accounts that have been named.
    pub accounts: BTreeMap<AccountId, Account>,
}

impl Vault {
    /// An empty vault with a maintenance margin of `maintenance_rate` of each position's notional.
    #[must_use]
    pub fn new(maintenance_rate: Exact) -> Self {
        Self {
            maintenance_rate,
            margin: linear,
            tokens: Exact::zero(),
            capital: Exact::zero(),
            profit: Exact::zero(),
            debt: Exact::zero(),
            shortfall: Exact::zero(),
            insurance: Exact::zero(),
            shared: true,
            instruments: BTreeMap::new(),
            accounts: BTreeMap::from([(POOL, Account::default())]),
        }
    }

    /// G: unsettled gains of the sides that are ahead.
    #[must_use]
    pub fn gains(&self) -> Exact {
        let sides = self
            .instruments
            .values()
            .flat_map(|instrument| [true, false].map(|long| instrument.unsettled(long)));
        sides.filter(Signed::is_positive).sum()
    }

    /// W: written-off deficits, and known debt beyond insurance.
    #[must_use]
    pub fn missing(&self) -> Exact {
        let debt = positive(&self.debt - &self.insurance);
        positive(&self.shortfall + debt)
    }

    /// h: what one unit of profit is worth.
    #[must_use]
    pub fn coverage(&self) -> Exact {
        let missing = self.missing();
        let claims = &self.profit + self.gains();
        if missing.is_zero() || claims.is_zero() {
            return Exact::one();
        }
        positive(Exact::one() - missing / claims)
    }

    /// Capital and settled profit of a settled account.
    #[must_use]
    pub fn equity(&self, account: &Account) -> Exact {
        if account.pnl.is_positive() {
            &account.capital + &account.pnl * self.coverage()
        } else {
            &account.capital + &account.pnl
        }
    }

    /// Mark of an instrument's underlying, of a perpetual its own.
    #[must_use]
    pub fn spot(&self, id: InstrumentId) -> &Exact {
        let instrument = &self.instruments[&id];
        let underlying = instrument.option.map_or(id, |terms| terms.underlying);
        &self.instruments[&underlying].mark
    }

    /// An account's signed position in one instrument, none in one that is settled.
    #[must_use]
    pub fn size(&self, account: &Account, id: InstrumentId) -> Exact {
        if self.instruments[&id].is_settled {
            return Exact::zero();
        }
        self.effective_size(account, id)
    }

    /// Signed size of an account's leg.
    fn effective_size(&self, account: &Account, id: InstrumentId) -> Exact {
        let Some(leg) = account.legs.get(&id) else {
            return Exact::zero();
        };
        let bucket = &self.instruments[&id].side(leg.long).buckets[leg.bucket];
        if leg.epoch != bucket.epoch {
            return Exact::zero();
        }
        let size = &leg.base * &bucket.scale;
        if leg.long { size } else { -size }
    }

    /// Maintenance margin of an account.
    #[must_use]
    pub fn maintenance(&self, account: &Account) -> Exact {
        let legs = account.legs.keys();
        let sizes: Sizes = legs.map(|&id| (id, self.size(account, id))).collect();
        (self.margin)(self, &sizes)
    }

    /// What an account's legs have gained since they were last settled.
    #[must_use]
    pub fn unsettled(&self, account: &Account) -> Exact {
        let gains = account.legs.iter().map(|(id, leg)| {
            let instrument = &self.instruments[id];
            let bucket = &instrument.side(leg.long).buckets[leg.bucket];
            let gain = if leg.epoch == bucket.epoch {
                bucket.gain_at(&instrument.index(leg.long))
            } else {
                bucket.ended[&leg.epoch].clone()
            };
            (gain - &leg.settled) * &leg.base
        });
        gains.sum()
    }

    /// Asserts conservation, that all capital is backed, and that both sides of every instrument are equal until it is
    /// settled.
    pub fn check(&self) {
        let sum = |part: fn(&Account) -> Exact| -> Exact { self.accounts.values().map(part).sum() };
        assert_eq!(self.capital, sum(|account| account.capital.clone()));
        assert_eq!(self.profit, sum(|account| positive(account.pnl.clone())));
        assert_eq!(self.debt, sum(|account| positive(-account.pnl.clone())));
        assert!(
            self.accounts
                .values()
                .all(|account| !account.capital.is_negative())
        );
        assert!(self.capital <= self.tokens, "all capital is backed");
        let mut unsettled = Exact::zero();
        for (&id, instrument) in &self.instruments {
            let [long, short] = &instrument.sides;
            assert!(
                instrument.is_settled || long.open_interest == short.open_interest,
                "long = short"
            );
            for long in [true, false] {
                self.check_side(id, long);
                unsettled += instrument.unsettled(long);
            }
        }
        let claims = &self.capital + &self.profit - &self.debt + unsettled;
        assert_eq!(self.tokens, claims - &self.shortfall, "conservation");
    }

    fn check_side(&self, id: InstrumentId, long: bool) {
        let side = self.instruments[&id].side(long);
        let legs = self
            .accounts
            .values()
            .filter(|account| account.legs.get(&id).is_some_and(|leg| leg.long == long));
        let held: Exact = legs
            .map(|account| self.effective_size(account, id).abs())
            .sum();
        assert_eq!(
            side.open_interest,
            held + side.residue(),
            "a side holds its legs"
        );
        assert!(!side.residue().is_negative(), "a side holds its buckets");
    }
}

/// max(value, 0).
pub(crate) fn positive(value: Exact) -> Exact {
    value.max(Exact::zero())
}

/// The rule of the reference model: a share of each position's notional, at the mark of its underlying.
#[must_use]
pub fn linear(vault: &Vault, sizes: &Sizes) -> Exact {
    let notional: Exact = sizes
        .iter()
        .map(|(&id, size)| size.abs() * vault.spot(id))
        .sum();
    notional * &vault.maintenance_rate
}

/// The bucket of an account that is not in debt.
pub(crate) fn bucket_due(margin: &Exact, equity: &Exact) -> usize {
    (0..bucket::DEBT)
        .find(|&bucket| *margin <= bucket::edge(bucket) * equity)
        .unwrap_or(bucket::DEBT - 1)
}
