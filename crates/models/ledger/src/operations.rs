//! The operations of the ledger.

use num_traits::{One, Signed, Zero};
use serde::Deserialize;

use crate::bucket::DEBT;
use crate::vault::positive;
use crate::{
    Account, AccountId, Exact, Instrument, InstrumentId, OptionTerms, POOL, Sizes, Vault, reading,
    wad,
};

/// Equity / maintenance margin that a liquidation restores.
fn target() -> Exact {
    Exact::new(5.into(), 4.into())
}

/// One operation; numbers in units of 1e-18.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Operation {
    /// A new mark.
    Poke {
        #[serde(deserialize_with = "reading::instrument")]
        instrument: InstrumentId,
        #[serde(deserialize_with = "reading::units")]
        price: i128,
    },
    /// Longs pay this much a unit to shorts.
    Fund {
        #[serde(deserialize_with = "reading::instrument")]
        instrument: InstrumentId,
        #[serde(deserialize_with = "reading::units")]
        paid_by_longs: i128,
    },
    /// Tokens become capital.
    Deposit {
        #[serde(deserialize_with = "reading::account")]
        account: AccountId,
        #[serde(deserialize_with = "reading::units")]
        amount: i128,
    },
    /// Capital leaves.
    Withdraw {
        #[serde(deserialize_with = "reading::account")]
        account: AccountId,
        #[serde(deserialize_with = "reading::units")]
        amount: i128,
    },
    /// Profit becomes capital, as far as tokens allow.
    Convert {
        #[serde(deserialize_with = "reading::account")]
        account: AccountId,
    },
    /// Legs are settled.
    Touch {
        #[serde(deserialize_with = "reading::account")]
        account: AccountId,
        by_owner: bool,
    },
    /// `buyer` takes `size` from `seller`.
    Trade {
        #[serde(deserialize_with = "reading::account")]
        buyer: AccountId,
        #[serde(deserialize_with = "reading::account")]
        seller: AccountId,
        #[serde(deserialize_with = "reading::instrument")]
        instrument: InstrumentId,
        #[serde(deserialize_with = "reading::units")]
        size: i128,
        #[serde(deserialize_with = "reading::units")]
        price: i128,
    },
    /// `into` takes a share of every leg.
    Liquidate {
        #[serde(deserialize_with = "reading::account")]
        account: AccountId,
        #[serde(deserialize_with = "reading::account")]
        into: AccountId,
        #[serde(deserialize_with = "reading::units")]
        penalty_rate: i128,
    },
    /// Legs are closed against the opposite side.
    Deleverage {
        #[serde(deserialize_with = "reading::account")]
        account: AccountId,
        /// Taken from what equity is left; zero in the reference model.
        #[serde(default)]
        penalty_rate: i128,
    },
    /// Somebody else moves the account up to the bucket that is due.
    Rebucket {
        #[serde(deserialize_with = "reading::account")]
        account: AccountId,
    },
    /// The pool would pay this much more.
    Insure {
        #[serde(deserialize_with = "reading::units")]
        amount: i128,
    },
    /// The pool pays what it can for deficits written off.
    Recover,
    /// An option expires at its mark.
    Expire {
        #[serde(deserialize_with = "reading::instrument")]
        instrument: InstrumentId,
    },
    /// The place of an option that has expired, and of which no leg is in a bucket, is another option's.
    Relist {
        #[serde(deserialize_with = "reading::instrument")]
        instrument: InstrumentId,
        #[serde(deserialize_with = "reading::units")]
        price: i128,
    },
}

impl Vault {
    /// Lists an instrument.
    pub fn list(&mut self, id: InstrumentId, mark: Exact) {
        let instrument = Instrument {
            mark,
            ..Instrument::default()
        };
        self.instruments.insert(id, instrument);
    }

    /// Lists an option.
    pub fn list_option(&mut self, id: InstrumentId, mark: Exact, terms: OptionTerms) {
        self.list(id, mark);
        self.listed(id).option = Some(terms);
    }

    /// Runs one operation. Returns whether it was allowed.
    pub fn apply(&mut self, operation: &Operation) -> bool {
        match *operation {
            Operation::Poke { instrument, price } => {
                self.listed(instrument).mark = wad(price);
            }
            Operation::Fund {
                instrument,
                paid_by_longs,
            } => self.listed(instrument).funding += wad(paid_by_longs),
            Operation::Deposit { account, amount } => self.deposit(account, &wad(amount)),
            Operation::Withdraw { account, amount } => return self.withdraw(account, &wad(amount)),
            Operation::Convert { account } => self.convert(account),
            Operation::Touch { account, by_owner } => self.touch(account, by_owner),
            Operation::Trade {
                buyer,
                seller,
                instrument,
                size,
                price,
            } => self.trade(buyer, seller, instrument, &wad(size), &wad(price)),
            Operation::Liquidate {
                account,
                into,
                penalty_rate,
            } => return self.liquidate(account, into, &wad(penalty_rate)),
            Operation::Deleverage {
                account,
                penalty_rate,
            } => return self.deleverage(account, &wad(penalty_rate)),
            Operation::Rebucket { account } => return self.rebucket(account),
            Operation::Insure { amount } => self.insurance += wad(amount),
            Operation::Recover => self.recover(),
            Operation::Expire { instrument } => self.listed(instrument).is_settled = true,
            Operation::Relist { instrument, price } => return self.relist(instrument, wad(price)),
        }
        true
    }

    fn listed(&mut self, id: InstrumentId) -> &mut Instrument {
        self.instruments.get_mut(&id).expect("a listed instrument")
    }

    /// What is left of open interest goes; what the sides have gained stays, whatever the new mark.
    fn relist(&mut self, id: InstrumentId, mark: Exact) -> bool {
        let instrument = self.listed(id);
        let mut buckets = instrument.sides.iter().flat_map(|side| &side.buckets);
        if !buckets.all(|bucket| bucket.base.is_zero()) {
            return false;
        }
        for long in [true, false] {
            let unsettled = instrument.unsettled(long);
            let side = instrument.side_mut(long);
            side.offset = -unsettled;
            side.open_interest = Exact::zero();
        }
        instrument.mark = mark;
        instrument.is_settled = false;
        true
    }

    fn deposit(&mut self, id: AccountId, amount: &Exact) {
        self.tokens += amount;
        let mut account = self.take(id);
        self.credit(&mut account, &Exact::zero(), amount);
        self.put(id, account);
    }

    fn withdraw(&mut self, id: AccountId, amount: &Exact) -> bool {
        self.touch(id, true);
        let mut account = self.take(id);
        let enough = amount <= &account.capital;
        if enough {
            self.credit(&mut account, &Exact::zero(), &-amount);
            self.tokens -= amount;
            self.rebuild(&mut account, &Sizes::new());
        }
        self.put(id, account);
        enough
    }

    fn convert(&mut self, id: AccountId) {
        self.touch(id, true);
        let coverage = self.coverage();
        let mut account = self.take(id);
        let profit = positive(account.pnl.clone());
        if coverage.is_zero() {
            // Worthless profit is cancelled against the shortfall.
            self.shortfall -= &profit;
            self.credit(&mut account, &-profit, &Exact::zero());
        } else {
            let received = (profit * &coverage).min(&self.tokens - &self.capital);
            if received.is_positive() {
                let taken = &received / coverage;
                self.credit(&mut account, &-taken.clone(), &received);
                self.shortfall -= taken - received;
            }
        }
        self.put(id, account);
    }

    fn touch(&mut self, id: AccountId, by_owner: bool) {
        let mut account = self.take(id);
        self.touch_taken(&mut account, by_owner);
        self.put(id, account);
    }

    /// Somebody else's touch leaves the legs where they are, unless it finds debt.
    fn touch_taken(&mut self, account: &mut Account, by_owner: bool) {
        if !by_owner {
            self.settle(account);
        }
        if by_owner || account.pnl.is_negative() != (account.bucket == DEBT) {
            self.rebuild(account, &Sizes::new());
        }
    }

    fn trade(
        &mut self,
        buyer: AccountId,
        seller: AccountId,
        id: InstrumentId,
        size: &Exact,
        price: &Exact,
    ) {
        let edge = size * (&self.instruments[&id].mark - price);
        for (party, edge, change) in [
            (buyer, edge.clone(), size.clone()),
            (seller, -edge, -size.clone()),
        ] {
            let mut account = self.take(party);
            self.credit(&mut account, &edge, &Exact::zero());
            self.rebuild(&mut account, &Sizes::from([(id, change)]));
            self.put(party, account);
        }
    }

    /// The smallest share of every leg whose removal restores equity to the target.
    fn share_to_target(&self, margin: &Exact, equity: &Exact, rate: &Exact) -> Exact {
        if !equity.is_positive() || margin.is_zero() || *rate >= target() {
            return Exact::one();
        }
        let share = (target() * margin - equity) / (margin * (target() - rate));
        share.min(Exact::one())
    }

    fn liquidate(&mut self, id: AccountId, into: AccountId, penalty_rate: &Exact) -> bool {
        self.touch(id, false);
        self.touch(into, true);
        let mut account = self.take(id);
        let (margin, equity) = (self.maintenance(&account), self.equity(&account));
        let allowed = !margin.is_zero() && equity < margin && equity.is_positive();
        if allowed {
            let rate = penalty_rate.clone().min(&equity / &margin);
            let share = self.share_to_target(&margin, &equity, &rate);
            let legs = account.legs.keys();
            let moved: Sizes = legs
                .map(|&leg| (leg, self.size(&account, leg) * &share))
                .collect();
            let penalty = share * rate * margin;
            for payee in [into, POOL] {
                self.pay(
                    &mut account,
                    payee,
                    &(&penalty / Exact::from_integer(2.into())),
                );
            }
            let given = moved.iter().map(|(&leg, size)| (leg, -size)).collect();
            self.rebuild(&mut account, &given);
            let mut receiver = self.take(into);
            self.rebuild(&mut receiver, &moved);
            self.put(into, receiver);
        }
        self.put(id, account);
        allowed
    }

    fn deleverage(&mut self, id: AccountId, penalty_rate: &Exact) -> bool {
        self.touch(id, false);
        let mut account = self.take(id);
        let (margin, equity) = (self.maintenance(&account), self.equity(&account));
        let in_debt = account.pnl.is_negative();
        let allowed = in_debt || &equity * Exact::from_integer(5.into()) < margin;
        if allowed {
            let rate = if equity.is_positive() {
                penalty_rate.clone().min(&equity / &margin)
            } else {
                Exact::zero()
            };
            let share = self.share_to_target(&margin, &equity, &rate);
            self.pay(&mut account, POOL, &(&share * rate * margin));
            self.close(&mut account, &share);
            if account.legs.is_empty() && account.pnl.is_negative() {
                self.write_off(&mut account);
            }
        }
        self.put(id, account);
        allowed
    }

    /// Closes a share of every leg at the mark against the opposite side; gains are settled with it.
    fn close(&mut self, account: &mut Account, share: &Exact) {
        let (mut sizes, mut net) = (Sizes::new(), Exact::zero());
        for id in account.legs.keys().copied().collect::<Vec<_>>() {
            let (size, gain) = self.detach(account, id);
            sizes.insert(id, size);
            net += gain;
        }
        self.credit(account, &net, &Exact::zero());
        for (&id, size) in sizes.iter().filter(|(_, size)| !size.is_zero()) {
            let against_long = size.is_negative();
            let instrument = self.listed(id);
            let index = instrument.index(against_long);
            let side = instrument.side_mut(against_long);
            side.shrink(&index, &(size.abs() * share));
        }
        for (id, size) in sizes {
            self.attach(account, id, &(size * (Exact::one() - share)));
        }
    }

    /// Writes off a debt; insurance pays what haircuts have not paid already.
    fn write_off(&mut self, account: &mut Account) {
        let deficit = -account.pnl.clone();
        let paid = if self.shared {
            let needed = positive(&self.shortfall + &self.debt);
            &deficit * needed.min(self.insurance.clone()).min(self.debt.clone()) / &self.debt
        } else {
            let unpaid = positive(&deficit + self.shortfall.clone().min(Exact::zero()));
            unpaid.min(self.insurance.clone())
        };
        self.insurance -= &paid;
        self.tokens += &paid;
        self.shortfall += &deficit - paid;
        self.credit(account, &deficit, &Exact::zero());
    }

    fn rebucket(&mut self, id: AccountId) -> bool {
        self.touch(id, false);
        let mut account = self.take(id);
        let sizes = account
            .legs
            .keys()
            .map(|&leg| (leg, self.size(&account, leg)))
            .collect();
        let moves = !self.ails_by_cuts(&account) && self.due(&account, &sizes) > account.bucket;
        if moves {
            self.rebuild(&mut account, &Sizes::new());
        }
        self.put(id, account);
        moves
    }

    /// Whether a settled account is ill because cuts of others took what hedged it: its equity covers the margin, now, of the sizes
    /// that its legs had when they joined.
    fn ails_by_cuts(&self, account: &Account) -> bool {
        let equity = self.equity(account);
        let joined = account.legs.iter().map(|(&id, leg)| {
            let size = leg.joined.clone();
            (id, if leg.long { size } else { -size })
        });
        !account.pnl.is_negative()
            && equity < self.maintenance(account)
            && equity >= (self.margin)(self, &joined.collect())
    }

    fn recover(&mut self) {
        let paid = positive(self.shortfall.clone()).min(self.insurance.clone());
        self.tokens += &paid;
        self.shortfall -= &paid;
        self.insurance -= paid;
    }
}
