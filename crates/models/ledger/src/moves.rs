//! Moves within the ledger that operations are made of.

use num_traits::{One, Signed, Zero};

use crate::bucket::DEBT;
use crate::vault::{bucket_due, positive};
use crate::{Account, AccountId, Exact, InstrumentId, Leg, Sizes, Vault};

impl Vault {
    /// Takes an account out of the vault, to be changed and put back.
    pub(crate) fn take(&mut self, id: AccountId) -> Account {
        self.accounts.remove(&id).unwrap_or_default()
    }

    pub(crate) fn put(&mut self, id: AccountId, account: Account) {
        self.accounts.insert(id, account);
    }

    /// Adds profit or loss, and capital; a loss eats profit, then capital, then becomes debt.
    pub(crate) fn credit(&mut self, account: &mut Account, pnl: &Exact, capital: &Exact) {
        self.count(account, false);
        account.capital += capital;
        account.pnl += pnl;
        if account.pnl.is_negative() {
            let paid = account.capital.clone().min(-account.pnl.clone());
            account.capital -= &paid;
            account.pnl += paid;
        }
        self.count(account, true);
    }

    fn count(&mut self, account: &Account, add: bool) {
        let profit = positive(account.pnl.clone());
        let debt = positive(-account.pnl.clone());
        if add {
            self.capital += &account.capital;
            self.profit += profit;
            self.debt += debt;
        } else {
            self.capital -= &account.capital;
            self.profit -= profit;
            self.debt -= debt;
        }
    }

    /// Pays `value`: profit moves as profit, at h; the rest moves as capital.
    pub(crate) fn pay(&mut self, from: &mut Account, to: AccountId, value: &Exact) {
        let coverage = self.coverage();
        let junior = if from.pnl.is_positive() && coverage.is_positive() {
            from.pnl.clone().min(value / &coverage)
        } else {
            Exact::zero()
        };
        let senior = value - &junior * coverage;
        self.credit(from, &-junior.clone(), &-senior.clone());
        let mut payee = self.take(to);
        self.credit(&mut payee, &junior, &senior);
        self.put(to, payee);
    }

    /// Takes a leg out of its bucket. Returns its signed position, none in an instrument that is settled, and its unsettled
    /// gain.
    pub(crate) fn detach(&mut self, account: &mut Account, id: InstrumentId) -> (Exact, Exact) {
        let leg = account.legs.remove(&id).expect("the account has the leg");
        let instrument = self.instruments.get_mut(&id).expect("a listed instrument");
        let index = instrument.index(leg.long);
        let is_settled = instrument.is_settled;
        let side = instrument.side_mut(leg.long);
        let bucket = &mut side.buckets[leg.bucket];
        let live = leg.epoch == bucket.epoch;
        let (end, size) = if live {
            (bucket.gain_at(&index), &leg.base * &bucket.scale)
        } else {
            (bucket.ended[&leg.epoch].clone(), Exact::zero())
        };
        if live {
            bucket.base -= &leg.base;
            bucket.weight -= &size * &size / &leg.joined;
            if bucket.base.is_zero() {
                bucket.scale = Exact::one();
                bucket.weight = Exact::zero();
            }
        }
        let gain = &leg.base * (end - leg.settled);
        side.offset += &gain - &size * index;
        side.open_interest -= &size;
        let position = match (is_settled, leg.long) {
            (true, _) => Exact::zero(),
            (false, true) => size,
            (false, false) => -size,
        };
        (position, gain)
    }

    /// Puts a signed size into the account's bucket.
    pub(crate) fn attach(&mut self, account: &mut Account, id: InstrumentId, size: &Exact) {
        if size.is_zero() {
            return;
        }
        let long = size.is_positive();
        let size = size.abs();
        let instrument = self.instruments.get_mut(&id).expect("a listed instrument");
        let index = instrument.index(long);
        let side = instrument.side_mut(long);
        let bucket = &mut side.buckets[account.bucket];
        let base = &size / &bucket.scale;
        let leg = Leg {
            long,
            bucket: account.bucket,
            epoch: bucket.epoch,
            base: base.clone(),
            joined: size.clone(),
            settled: bucket.gain_at(&index),
        };
        bucket.base += base;
        bucket.weight += &size;
        side.offset += &size * index;
        side.open_interest += size;
        account.legs.insert(id, leg);
    }

    /// The bucket that is due for an account with these positions.
    pub(crate) fn due(&self, account: &Account, sizes: &Sizes) -> usize {
        if account.pnl.is_negative() {
            return DEBT;
        }
        bucket_due(&(self.margin)(self, sizes), &self.equity(account))
    }

    /// Settles all legs net, in place: nothing but gains moves, and legs of settled instruments go.
    pub(crate) fn settle(&mut self, account: &mut Account) {
        let mut net = Exact::zero();
        for id in account.legs.keys().copied().collect::<Vec<_>>() {
            let instrument = self.instruments.get_mut(&id).expect("a listed instrument");
            let leg = account.legs.get_mut(&id).expect("the account has the leg");
            let index = instrument.index(leg.long);
            let is_settled = instrument.is_settled;
            let side = instrument.side_mut(leg.long);
            let bucket = &side.buckets[leg.bucket];
            let end = if leg.epoch == bucket.epoch && !is_settled {
                bucket.gain_at(&index)
            } else {
                net += self.detach(account, id).1;
                continue;
            };
            let gain = &leg.base * (&end - &leg.settled);
            leg.settled = end;
            side.offset += &gain;
            net += gain;
        }
        self.credit(account, &net, &Exact::zero());
    }

    /// Settles all legs net, applies changes of size, and puts the legs into the bucket due now.
    pub(crate) fn rebuild(&mut self, account: &mut Account, changes: &Sizes) {
        let (mut sizes, mut net) = (Sizes::new(), Exact::zero());
        for id in account.legs.keys().copied().collect::<Vec<_>>() {
            let (size, gain) = self.detach(account, id);
            sizes.insert(id, size);
            net += gain;
        }
        self.credit(account, &net, &Exact::zero());
        for (&id, change) in changes {
            *sizes.entry(id).or_insert_with(Exact::zero) += change;
        }
        account.bucket = self.due(account, &sizes);
        for (id, size) in sizes {
            self.attach(account, id, &size);
        }
    }
}
