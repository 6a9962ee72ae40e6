//! What insurance pays for instruments, in exact fractions: a translation of the reference model `insurance.py`, with rewards.

use std::collections::BTreeMap;

use num_traits::{One, Signed, Zero};

use crate::{AccountId, Exact, InstrumentId, WAD};

/// Seconds in which a whole cover drains.
const WINDOW: u64 = 90 * 86_400;

/// The insurance of one vault. Amounts of the quote token.
#[derive(Clone, Debug, Default)]
pub struct Insurance {
    /// How large covers are.
    pub covers: BTreeMap<InstrumentId, Exact>,
    /// How large they are at most for what is on record, while the pool had less before the deposits that came since.
    pub recorded: Option<Exact>,
    /// By what each drains since its last payment.
    pub drains: BTreeMap<InstrumentId, Exact>,
    /// What debts have used up of nine tenths of each.
    pub used: BTreeMap<InstrumentId, Exact>,
    /// What rewards have used up of one tenth of each.
    pub rewarded: BTreeMap<InstrumentId, Exact>,
    /// What the pool pays now.
    pub pool: Exact,
    /// The parts of each account's debt.
    pub debts: BTreeMap<AccountId, BTreeMap<InstrumentId, Exact>>,
    /// Deficits written off, less what was paid and haircuts.
    pub shortfall: Exact,
    /// What nobody has paid, by instrument.
    pub records: BTreeMap<InstrumentId, Exact>,
}

/// An amount by instrument.
fn of(amounts: &BTreeMap<InstrumentId, Exact>, id: InstrumentId) -> Exact {
    amounts.get(&id).cloned().unwrap_or_default()
}

fn positive(amount: Exact) -> Exact {
    amount.max(Exact::zero())
}

/// To 1e-36.
fn shortened(amount: &Exact) -> Exact {
    let unit = Exact::from_integer(WAD.into()).pow(2);
    (amount * &unit).round() / unit
}

/// A share in tenths.
fn tenths(amount: &Exact, count: u32) -> Exact {
    amount * Exact::new(count.into(), 10.into())
}

impl Insurance {
    /// Covers drain linearly.
    pub fn advance(&mut self, seconds: u64) {
        let passed = Exact::new(seconds.into(), WINDOW.into());
        for (used, count) in [(&mut self.used, 9), (&mut self.rewarded, 1)] {
            for (id, amount) in used {
                let size = of(&self.covers, *id).min(of(&self.drains, *id));
                let drained = tenths(&size, count) * &passed;
                *amount = positive(&*amount - drained);
            }
        }
    }

    /// Rounds what has been paid and recorded to 1e-36: each closing multiplies the digits of a fraction, so that some dozen of them
    /// would have more than memory holds.
    pub fn shorten(&mut self) {
        let maps = [&mut self.used, &mut self.rewarded, &mut self.records];
        let amounts = maps.into_iter().flat_map(BTreeMap::values_mut);
        for amount in amounts.chain([&mut self.pool, &mut self.shortfall]) {
            *amount = shortened(amount);
        }
    }

    /// What an instrument's cover has left for debts.
    #[must_use]
    pub fn room(&self, id: InstrumentId) -> Exact {
        positive(tenths(&of(&self.covers, id), 9) - of(&self.used, id))
    }

    /// How large an instrument's cover is for what is on record.
    fn size_on_record(&self, id: InstrumentId) -> Exact {
        let size = of(&self.covers, id);
        match &self.recorded {
            Some(recorded) => size.min(recorded.clone()),
            None => size,
        }
    }

    /// What it has left for rewards.
    #[must_use]
    pub fn reward_room(&self, id: InstrumentId) -> Exact {
        positive(tenths(&of(&self.covers, id), 1) - of(&self.rewarded, id))
    }

    /// Known debts of an instrument.
    #[must_use]
    pub fn known(&self, id: InstrumentId) -> Exact {
        self.debts.values().map(|parts| of(parts, id)).sum()
    }

    /// Sum of what covers have for known debts.
    #[must_use]
    pub fn insured(&self) -> Exact {
        let ids = self.covers.keys();
        ids.map(|&id| self.known(id).min(self.room(id))).sum()
    }

    /// All known debts.
    #[must_use]
    pub fn debt(&self) -> Exact {
        self.debts.values().flat_map(BTreeMap::values).sum()
    }

    /// W.
    #[must_use]
    pub fn missing(&self) -> Exact {
        positive(&self.shortfall + self.debt() - self.insured().min(self.pool.clone()))
    }

    /// Writes off a part of an account's debt. Returns what insurance pays of it.
    ///
    /// # Panics
    /// Unless the account owes that for the instrument.
    pub fn close(&mut self, account: AccountId, id: InstrumentId, part: &Exact) -> Exact {
        let insured = self.insured();
        let paid = if insured.is_zero() {
            Exact::zero()
        } else {
            let needed = positive(&self.shortfall + self.debt());
            let scale = Exact::one()
                .min(&self.pool / &insured)
                .min(needed / &insured);
            let known = self.known(id);
            part * known.clone().min(self.room(id)) / known * scale
        };
        let owed = self.debts.get_mut(&account).expect("an account in debt");
        *owed.get_mut(&id).expect("a part of its debt") -= part;
        self.pay(id, &paid);
        self.record(id, part - &paid);
        paid
    }

    /// Pays a reward, as far as the instrument's cover has one, and the pool beyond the debts that it insures. Returns it.
    pub fn reward(&mut self, id: InstrumentId, wanted: &Exact) -> Exact {
        let beyond = positive(&self.pool - self.insured());
        let paid = wanted.clone().min(self.reward_room(id)).min(beyond);
        *self.rewarded.entry(id).or_default() += &paid;
        self.pool -= &paid;
        self.look(id, &paid);
        paid
    }

    fn pay(&mut self, id: InstrumentId, amount: &Exact) {
        *self.used.entry(id).or_default() += amount;
        self.pool -= amount;
        self.look(id, amount);
    }

    /// A payment fixes by what the cover drains from then on: by what it is for what is on record.
    fn look(&mut self, id: InstrumentId, paid: &Exact) {
        if !paid.is_zero() {
            self.drains.insert(id, self.size_on_record(id));
        }
    }

    fn record(&mut self, id: InstrumentId, unpaid: Exact) {
        let before = positive(self.shortfall.clone());
        self.shortfall += unpaid;
        let grown = positive(self.shortfall.clone()) - before;
        *self.records.entry(id).or_default() += grown;
    }

    /// Profit was converted below one.
    pub fn haircut(&mut self, haircut: &Exact) {
        let left = positive(&self.shortfall - haircut);
        if self.shortfall.is_positive() {
            let share = &left / &self.shortfall;
            self.records
                .values_mut()
                .for_each(|record| *record *= &share);
        }
        self.shortfall -= haircut;
    }

    /// Pays of an instrument's record what its cover, as large as it is for that, has beyond known debts. Returns it.
    pub fn recover(&mut self, id: InstrumentId) -> Exact {
        let left = tenths(&self.size_on_record(id), 9) - of(&self.used, id);
        let room = positive(left - self.known(id));
        let paid = of(&self.records, id).min(room).min(self.pool.clone());
        *self.records.entry(id).or_default() -= &paid;
        self.shortfall -= &paid;
        self.pay(id, &paid);
        paid
    }
}
