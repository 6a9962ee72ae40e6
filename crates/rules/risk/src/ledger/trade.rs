//! Trades between two accounts.

use super::Ledger;
use super::bucket::bucket_due;
use super::value::{Assessment, Valued};
use crate::rules::trading::reduced_risk;
use crate::{
    Account, Coverage, Error, Health, Index, InstrumentId, Maturity, Position, Positions, Price,
    Result, Side, Size, Store, Usd, math, refuse,
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
    /// The buyer's fee.
    pub buyer_fee: Usd,
    /// The seller's fee.
    pub seller_fee: Usd,
    /// The account that both fees are paid into.
    pub fees: A,
}

/// One party of a trade.
#[derive(Clone, Copy, Debug)]
pub struct Traded {
    /// Its equity before the trade.
    pub equity_before: Usd,
    /// Its positions before the trade.
    pub positions_before: Positions,
    /// The account afterwards, with the gains of legs that were left unsettled counted.
    pub valued: Valued,
    /// The fee that it paid.
    pub fee: Usd,
}

/// One party's side of a trade.
struct Fill<'p, A> {
    party: A,
    instrument: InstrumentId,
    change: Position,
    /// What it is paid for the distance of the price from the mark.
    edge: Usd,
    /// How fast that matures, but for what the payer had that was immature.
    edge_class: Maturity,
    /// What the payer had, of each maturity.
    payer: &'p [i64; 3],
    fee: Usd,
    fees: A,
}

impl<S: Store> Ledger<'_, S> {
    /// `buyer` takes `size` at `price` from `seller`. For each, the buyer first: the distance from the mark is credited,
    /// legs are settled, the fee is paid (profit at h first, then capital, at most what there is), and the new position
    /// is put into the bucket that is due.
    ///
    /// Legs that are not traded stay unsettled where that changes nothing: the account's bucket stays, nothing is missing,
    /// none of those legs has been cut, none has gained in a stricter tier than Normal, the account is not in debt, and no
    /// loss is taken out of capital that an unsettled gain would have met. A touch then gives what settling all legs at once
    /// would have given, of which no less is immature. Where one of them is of a settled instrument, all are settled.
    ///
    /// What is paid for the distance from the mark matures as slowly as what it may come from: first what is immature of the
    /// payer's profit, and then by the traded instrument and what else the payer holds.
    ///
    /// Returns the buyer and the seller. The margin of each is asked for once, of what it holds afterwards; that of before
    /// only by [`Ledger::reduced_risk`].
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
            return refuse(Error::SameAccount);
        }
        let mark = self.store.prices(instrument).mark;
        let edge = Index(math::signed(mark.0)?).minus(Index(math::signed(price.0)?))?;
        let payer = self.store.account(if edge.0 < 0 { buyer } else { seller });
        let own = payer.maturing.at(self.now).amounts;
        let edge_class = self.class_of_payment(&payer, instrument);
        let before = self.store.side(instrument, Side::Long).open_interest;
        let fill = |party, side: Side, fee| -> Result<Fill<'_, S::AccountId>> {
            Ok(Fill {
                party,
                instrument,
                change: side.position(size)?,
                edge: size.value_floor(side.signed(edge))?,
                edge_class,
                payer: &own,
                fee,
                fees,
            })
        };
        let bought = self.fill(&fill(buyer, Side::Long, trade.buyer_fee)?)?;
        let sold = self.fill(&fill(seller, Side::Short, trade.seller_fee)?)?;
        let after = self.store.side(instrument, Side::Long).open_interest;
        if after > before {
            after.notional_up(mark.price())?.within(Usd::MAX_TRADED)?;
        }
        Ok([bought, sold])
    }

    /// Whether a trade that has just been made reduced the risk of one of its parties.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn reduced_risk(&self, traded: &Traded) -> Result<bool> {
        let before = Health {
            equity: traded.equity_before,
            maintenance: self.maintenance(&traded.positions_before)?,
        };
        Ok(reduced_risk(&before, &traded.valued.health))
    }

    /// How fast matures what a party pays for the distance from the mark, but for what is immature of its profit: as slowly as gains
    /// in the traded instrument, and what its legs have gained. Money that may not leave by itself does not leave through a
    /// partner in a quiet market either (DESIGN 3, Maturity).
    fn class_of_payment(&self, payer: &Account, instrument: InstrumentId) -> Maturity {
        // Of who holds nothing there, what the market is now counts.
        let now = u32::try_from(self.now).unwrap_or(u32::MAX);
        let mut class = self.store.tier_ends(instrument).maturity_since(now);
        for &held in payer.legs.as_slice() {
            class = class.max(self.class_of_gains(payer, held));
        }
        class
    }

    fn fill(&mut self, fill: &Fill<'_, S::AccountId>) -> Result<Traded> {
        let Fill {
            party, instrument, ..
        } = *fill;
        let stored = self.store.account(party);
        let missing = self.missing()? > Usd::ZERO;
        let shared = missing.then(|| self.shared_equity(party, &stored));
        let mut account = stored;
        account.closing = false;
        let held = account.legs;
        self.note_loss(instrument, fill.edge)?;
        let mut traded = Assessment::of(&stored);
        if held.contains(instrument) {
            let (position, gain) = self.detach(party, &mut account, instrument)?;
            traded.add_gain(gain, self.store.tier_ends(instrument))?;
            traded.positions.add(instrument, position)?;
        }
        let mut after = self.assess(party, &account)?;
        let (edge, class) = (fill.edge, fill.edge_class);
        account.maturing = account.maturing.paid(edge, class, fill.payer, self.now);
        self.credit(&mut account, edge, Usd::ZERO)?;
        let equity_before = match shared {
            Some(equity) => equity?,
            None => equity_of_both(stored, &traded, &after)?,
        };
        let old = traded.positions.get(instrument);
        after.positions.add(instrument, old)?;
        let positions_before = after.positions;
        after.positions.add(instrument, fill.change)?;
        after.margin = self.maintenance(&after.positions)?;
        let stays = !missing && self.may_stay(&account, &traded, &after, fill.fee)?;
        let (mut valued, fee) = if stays {
            self.fill_in_place(fill, &mut account, &traded, &after)?
        } else {
            self.fill_and_rebuild(fill, &mut account, traded, after)?
        };
        account.legs = account.legs.ordered_as(held);
        valued.account.legs = account.legs;
        self.keep(party, &mut account)?;
        Ok(Traded {
            equity_before,
            positions_before,
            valued,
            fee,
        })
    }

    /// Equity of an account with the gains of all its legs, while something may be missing.
    fn shared_equity(&self, id: S::AccountId, stored: &Account) -> Result<Usd> {
        let legs = self.assess(id, stored)?;
        let (account, coverage) = self.once_settled(id, stored, &legs)?;
        coverage.equity(&account)
    }

    /// Whether legs that are not traded can stay as they are while nothing is missing: see [`Ledger::trade`]. `after` has
    /// their gains, and the positions and the margin after the trade.
    fn may_stay(
        &self,
        account: &Account,
        traded: &Assessment,
        after: &Assessment,
        fee: Usd,
    ) -> Result<bool> {
        let matures_later = after.class > Maturity::TenMinutes;
        if after.cut || after.settled || matures_later || account.in_debt() {
            return Ok(false);
        }
        let profit = account.pnl.plus(traded.gain)?.minus(fee)?;
        let equity = profit.plus(after.gain)?.plus(account.capital)?;
        if equity < Usd::ZERO || (profit < Usd::ZERO && after.gain > Usd::ZERO) {
            return Ok(false);
        }
        let due = bucket_due(after.margin, equity)?;
        Ok(self.with_room(due, account.bucket, &after.positions) == account.bucket)
    }

    /// Settles the traded leg alone.
    fn fill_in_place(
        &mut self,
        fill: &Fill<'_, S::AccountId>,
        account: &mut Account,
        traded: &Assessment,
        after: &Assessment,
    ) -> Result<(Valued, Usd)> {
        self.gain(account, traded.gain, traded.class)?;
        let fee = self.pay_to(account, fill.fees, fill.fee)?;
        let position = after.positions.get(fill.instrument);
        self.attach(fill.party, account, fill.instrument, position)?;
        let mut settled = *account;
        settled.gain(after.gain, after.class, self.now)?;
        Ok((self.value(settled, after, Coverage::FULL)?, fee))
    }

    /// Settles all legs, and puts them into the bucket that is due.
    fn fill_and_rebuild(
        &mut self,
        fill: &Fill<'_, S::AccountId>,
        account: &mut Account,
        mut traded: Assessment,
        mut after: Assessment,
    ) -> Result<(Valued, Usd)> {
        self.detach_all(fill.party, account, &mut traded)?;
        self.gain(account, traded.gain, traded.class)?;
        let fee = self.pay_to(account, fill.fees, fill.fee)?;
        self.attach_all(fill.party, account, &after)?;
        if after.positions.get(fill.instrument) == Position::ZERO {
            self.left(fill.party, fill.instrument, account);
        }
        after.gain = traded.gain;
        Ok((self.value(*account, &after, self.coverage()?)?, fee))
    }
}

/// Equity of an account while nothing is missing, with the gains of its traded leg and of the others.
fn equity_of_both(mut account: Account, traded: &Assessment, others: &Assessment) -> Result<Usd> {
    account.credit(traded.gain.plus(others.gain)?, Usd::ZERO)?;
    Coverage::FULL.equity(&account)
}
