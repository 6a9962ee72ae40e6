//! Trades between two accounts.

use super::Ledger;
use super::value::{Assessment, Valued};
use crate::bucket::bucket_due;
use crate::{
    Account, Coverage, Error, Health, Index, InstrumentId, Position, Price, Ratio, Result, Side,
    Size, Store, Usd, math,
};

/// A trade, and what it costs.
#[derive(Clone, Copy, Debug)]
pub struct Trade<A> {
    /// Who grows longer.
    pub buyer: A,
    /// Who grows shorter.
    pub seller: A,
    /// What is traded.
    pub instrument: InstrumentId,
    /// How much of it.
    pub size: Size,
    /// At what price; the distance from the mark is paid between the two.
    pub price: Price,
    /// The buyer's fee, a share of size x price.
    pub buyer_fee: Ratio,
    /// The seller's fee, a share of size x price.
    pub seller_fee: Ratio,
    /// The account that both fees are paid into.
    pub fees: A,
}

/// One party of a trade.
#[derive(Clone, Copy, Debug)]
pub struct Traded {
    /// Its health before the trade.
    pub before: Health,
    /// The account afterwards, with the gains of legs that were left unsettled counted.
    pub valued: Valued,
    /// The fee that it paid.
    pub fee: Usd,
}

/// One party's side of a trade.
struct Fill<A> {
    party: A,
    instrument: InstrumentId,
    change: Position,
    /// What it is paid for the distance of the price from the mark.
    edge: Usd,
    fee: Usd,
    fees: A,
}

impl<S: Store> Ledger<'_, S> {
    /// `buyer` takes `size` at `price` from `seller`. For each, the buyer first: the distance from the mark is credited,
    /// legs are settled, the fee is paid (profit at h first, then capital, at most what there is), and the new position
    /// is put into the bucket that is due.
    ///
    /// Legs that are not traded stay unsettled where that changes nothing: the account's bucket stays, nothing is missing,
    /// none of those legs has been cut, the account is not in debt, and no loss is taken out of capital that an
    /// unsettled gain would have met. A touch then gives what settling all legs at once would have given.
    ///
    /// Returns the buyer and the seller.
    ///
    /// # Errors
    /// [`Error::SameAccount`] unless the three accounts differ; [`Error::TooManyLegs`]; [`Error::Overflow`], also if open
    /// interest rises beyond [`Size::MAX`] or, at the mark, beyond [`Usd::MAX_TRADED`].
    pub fn trade(&mut self, trade: &Trade<S::AccountId>) -> Result<[Traded; 2]> {
        let Trade {
            buyer,
            seller,
            instrument,
            size,
            price,
            fees,
            ..
        } = *trade;
        if buyer == seller || fees == buyer || fees == seller {
            return Err(Error::SameAccount);
        }
        let mark = self.store.prices(instrument).mark;
        let edge = Index(math::signed(mark.0)?).minus(Index(math::signed(price.0)?))?;
        let notional = size.notional_up(price)?;
        let before = self.store.side(instrument, Side::Long).open_interest;
        let fill = |party, side: Side, rate| -> Result<Fill<S::AccountId>> {
            Ok(Fill {
                party,
                instrument,
                change: side.position(size)?,
                edge: size.value_floor(side.signed(edge))?,
                fee: notional.times_up(rate)?,
                fees,
            })
        };
        let bought = self.fill(&fill(buyer, Side::Long, trade.buyer_fee)?)?;
        let sold = self.fill(&fill(seller, Side::Short, trade.seller_fee)?)?;
        let after = self.store.side(instrument, Side::Long).open_interest;
        if after > before {
            after.notional_up(mark)?.within(Usd::MAX_TRADED)?;
        }
        Ok([bought, sold])
    }

    fn fill(&mut self, fill: &Fill<S::AccountId>) -> Result<Traded> {
        let Fill {
            party, instrument, ..
        } = *fill;
        let stored = self.store.account(party);
        let missing = self.totals.missing(self.insurance)? > Usd::ZERO;
        let shared = missing.then(|| self.valued(party)).transpose()?;
        let mut account = stored;
        account.closing = false;
        let held = account.legs;
        let class = self.maturities.get(instrument);
        self.gain(&mut account, fill.edge, class)?;
        let mut traded = Assessment::default();
        if held.contains(instrument) {
            let (position, gain) = self.detach(party, &mut account, instrument)?;
            traded.add_gain(gain, class)?;
            self.add_position(&mut traded, instrument, position)?;
        }
        let others = self.assess(party, &account)?;
        let before = match shared {
            Some(valued) => valued.health,
            None => self.health_of_both(stored, &traded, &others)?,
        };
        traded.positions.add(instrument, fill.change)?;
        traded.margin = self.maintenance(&traded.positions)?;
        let stays = !missing && self.may_stay(&account, &traded, &others, fill.fee)?;
        let (mut valued, fee) = if stays {
            self.fill_in_place(fill, &mut account, traded, &others)?
        } else {
            self.fill_and_rebuild(fill, &mut account, traded)?
        };
        account.legs = account.legs.ordered_as(held);
        valued.account.legs = account.legs;
        self.store.set_account(party, &account);
        Ok(Traded {
            before,
            valued,
            fee,
        })
    }

    /// Health of an account while nothing is missing, with the gains of its traded leg and of the others.
    fn health_of_both(
        &self,
        mut account: Account,
        traded: &Assessment,
        others: &Assessment,
    ) -> Result<Health> {
        account.credit(traded.gain.plus(others.gain)?, Usd::ZERO)?;
        Ok(Health {
            equity: Coverage::FULL.equity(&account)?,
            maintenance: traded.margin.plus(others.margin)?,
        })
    }

    /// Whether legs that are not traded can stay as they are while nothing is missing: see [`Ledger::trade`].
    fn may_stay(
        &self,
        account: &Account,
        traded: &Assessment,
        others: &Assessment,
        fee: Usd,
    ) -> Result<bool> {
        if others.cut || account.in_debt() {
            return Ok(false);
        }
        let profit = account.pnl.plus(traded.gain)?.minus(fee)?;
        let equity = profit.plus(others.gain)?.plus(account.capital)?;
        if equity < Usd::ZERO || (profit < Usd::ZERO && others.gain > Usd::ZERO) {
            return Ok(false);
        }
        let mut positions = others.positions;
        for (instrument, position) in traded.positions.iter() {
            positions.add(instrument, position)?;
        }
        let due = bucket_due(traded.margin.plus(others.margin)?, equity)?;
        Ok(self.with_room(due, account.bucket, &positions) == account.bucket)
    }

    /// Settles the traded leg alone.
    fn fill_in_place(
        &mut self,
        fill: &Fill<S::AccountId>,
        account: &mut Account,
        traded: Assessment,
        others: &Assessment,
    ) -> Result<(Valued, Usd)> {
        self.gain(account, traded.gain, traded.class)?;
        let fee = self.pay_to(account, fill.fees, fill.fee)?;
        let position = traded.positions.get(fill.instrument);
        self.attach(fill.party, account, fill.instrument, position)?;
        let mut sum = *others;
        self.add_position(&mut sum, fill.instrument, position)?;
        let mut settled = *account;
        settled.gain(others.gain, others.class, self.now)?;
        Ok((self.value(settled, &sum, Coverage::FULL)?, fee))
    }

    /// Settles all legs, and puts them into the bucket that is due.
    fn fill_and_rebuild(
        &mut self,
        fill: &Fill<S::AccountId>,
        account: &mut Account,
        mut sum: Assessment,
    ) -> Result<(Valued, Usd)> {
        self.detach_all(fill.party, account, &mut sum)?;
        self.gain(account, sum.gain, sum.class)?;
        let fee = self.pay_to(account, fill.fees, fill.fee)?;
        sum.margin = self.maintenance(&sum.positions)?;
        self.attach_all(fill.party, account, &sum)?;
        Ok((self.value(*account, &sum, self.coverage()?)?, fee))
    }
}
