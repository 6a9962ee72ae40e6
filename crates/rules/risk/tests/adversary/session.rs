//! The rules of the vault's programs: margins, trades, liquidations, deleveraging, conversions.

use risk::rules::cover;
use risk::rules::liquidation;
use risk::rules::margin::least_initial;
use risk::rules::trading::within_band;
use risk::{
    Closing, DEBT, Index, InstrumentId, Ledger, Legs, Maturing, Maturity, Positions, Price, Ranges,
    Ratio, Side, Size, Store, Tier, Trade, Traded, Underlying, Usd, Valued, WAD, math,
};

use crate::book::{ACCOUNTS, Book, INSTRUMENTS};
use crate::bounds::Payment;
use crate::insurance::Revealed;
use crate::vault::{
    Around, BAND, DUST, Done, FEE, FEE_SHARE, FEES, FORCIBLE_AFTER, Fault, Feed, HALTED, KEEPER,
    MAX_REWARD, PENALTY, POOL, RESTRICTED, SHOCK, face_of, main_account, require,
};

pub struct Session<'v> {
    pub ledger: Ledger<'v, Book>,
    pub around: &'v mut Around,
    pub feeds: &'v [Feed; INSTRUMENTS],
    pub explained: &'v mut [i128; ACCOUNTS],
    pub written_off: &'v mut [i128; ACCOUNTS],
    pub haircuts: &'v mut [i128; ACCOUNTS],
    pub beyond_worth: &'v mut i128,
    pub fault: Fault,
    pub payments: &'v mut Vec<Payment>,
}

impl Session<'_> {
    pub fn finish(&mut self) -> Done {
        self.ledger.store.draw_late();
        let missing = self.ledger.missing()?;
        let (now, tokens) = (self.ledger.now, self.ledger.totals.tokens);
        let average = self.around.outflow.average(now, tokens)?;
        let impaired = self.ledger.totals.is_impaired(missing, || average)?;
        let since = &mut self.ledger.totals.impaired_since;
        if impaired != (*since > 0) {
            *since = if impaired { self.ledger.now as u32 } else { 0 };
        }
        let totals = self.ledger.totals;
        self.ledger.store.set_totals(&totals);
        Ok(())
    }

    pub fn faces<const N: usize>(&self, accounts: [usize; N]) -> Done<[i128; N]> {
        let mut faces = [0; N];
        for (face, account) in faces.iter_mut().zip(accounts) {
            *face = face_of(&self.ledger.valued(account)?);
        }
        Ok(faces)
    }

    /// Counts what was moved among some accounts as the rules had it.
    pub fn count_moved<const N: usize>(&mut self, accounts: [usize; N], before: [i128; N]) -> Done {
        let after = self.faces(accounts)?;
        for ((account, before), after) in accounts.into_iter().zip(before).zip(after) {
            self.explained[account] += after - before;
        }
        Ok(())
    }

    pub fn touch(&mut self, id: usize, caller: usize) -> Done<Valued> {
        let by_owner = main_account(id) == main_account(caller);
        let known = self.ledger.store.account(id).bucket == DEBT;
        let valued = self.ledger.touch(id, by_owner)?;
        self.watch(id, known, &valued, caller);
        self.observe(id, &valued);
        Ok(valued)
    }

    pub fn watch(&mut self, id: usize, known: bool, valued: &Valued, caller: usize) {
        let in_debt = valued.account.in_debt();
        if in_debt && !known {
            self.around.revealed[id] = Some(Revealed {
                by: main_account(caller),
                reward: MAX_REWARD,
            });
        } else if known && !in_debt {
            self.around.revealed[id] = None;
        }
    }

    pub fn observe(&mut self, id: usize, valued: &Valued) {
        let mut account = self.ledger.store.account(id);
        account.observe(self.ledger.now, valued.health.is_healthy());
        self.ledger.store.set_account(id, &account);
    }

    pub fn initial(&self, positions: &Positions) -> Done<Usd> {
        let store = &*self.ledger.store;
        let mut sum = Usd::ZERO;
        for (id, position) in positions.iter() {
            let place = usize::from(store.underlying[usize::from(id)]);
            let spot = store.prices(place as InstrumentId).mark.of_underlying();
            let own = Ranges {
                maintenance: store.maintenance[usize::from(id)],
                initial: Ratio::ZERO,
            };
            let ranges = Ranges::of(own, own, Tier::from_u8(self.feeds[place].tier), 0);
            let ranges = Ranges {
                initial: Ratio(ranges.initial.0.max(own.maintenance.0 / 3 * 5)),
                ..ranges
            };
            let underlying = Underlying {
                spot,
                stable: spot.as_stable(),
                ranges,
            };
            sum = sum.plus(underlying.initial(position)?)?;
        }
        Ok(least_initial(sum, positions.count() > 0, MAX_REWARD)?)
    }

    /// After capital was taken: margin, and what was seen.
    pub fn give(&mut self, id: usize, valued: &Valued) -> Done {
        let mut usable = valued.mature_equity(self.ledger.now)?;
        let legs = valued.account.legs;
        require(self.may_leave(&legs), "frozen or halted leg")?;
        let restricted = |&id: &InstrumentId| self.feeds[usize::from(id)].tier >= RESTRICTED;
        if legs.as_slice().iter().any(restricted) {
            usable = usable.min(usable.or_zero().times_down(Ratio(WAD / 5 * 4))?);
        }
        require(usable >= self.initial(&valued.positions)?, "margin")?;
        self.watch(id, false, valued, id);
        self.observe(id, valued);
        Ok(())
    }

    pub fn reduces(
        &self,
        id: usize,
        instrument: InstrumentId,
        buys: bool,
        size: Size,
    ) -> Done<bool> {
        let position = self.ledger.position(id, instrument)?;
        Ok(position.0 != 0 && (position.0 < 0) == buys && size <= position.size())
    }

    pub fn trade(
        &mut self,
        buyer: usize,
        seller: usize,
        id: InstrumentId,
        size: Size,
        price: Price,
    ) -> Done {
        let place = usize::from(id);
        require(size > Size::ZERO, "size")?;
        require(!self.ledger.store.settled[place], "expired")?;
        let underlying = self.ledger.store.underlying[place];
        let mark = self.ledger.store.prices(id).mark;
        let spot = self.ledger.store.prices(underlying).mark;
        let band = Ratio(math::mul_div_down(BAND.0, spot.0, mark.0.max(1))?);
        require(within_band(price, mark, band)?, "band")?;
        require(!self.feeds[usize::from(underlying)].frozen, "frozen")?;
        for (party, buys) in [(buyer, true), (seller, false)] {
            if !self.reduces(party, id, buys, size)? {
                require(
                    self.feeds[usize::from(underlying)].tier < RESTRICTED,
                    "tier",
                )?;
                let impaired = self.ledger.totals.impaired_since > 0;
                require(!impaired, "impaired")?;
                let legs = self.ledger.store.account(party).legs;
                require(self.may_leave(&legs), "frozen or halted leg")?;
            }
        }
        let known = [buyer, seller].map(|party| self.ledger.store.account(party).bucket == DEBT);
        let open = |ledger: &Ledger<Book>| ledger.store.side(id, Side::Long).open_interest;
        let before = open(&self.ledger);
        let fee = size.notional_up(price)?.times_up(FEE)?;
        let fees_before = self.faces([FEES])?[0];
        let payee = if price < mark.price() { buyer } else { seller };
        let before_edge = self.ledger.store.account(payee).maturing;
        let traded = self.ledger.trade(&Trade {
            buyer,
            seller,
            instrument: id,
            size,
            price,
            buyer_fee: fee,
            seller_fee: fee,
            fees: FEES,
        })?;
        if open(&self.ledger) > before {
            self.check_open_interest(underlying)?;
        }
        let paid = traded[0].fee.plus(traded[1].fee)?;
        let in_fees = paid.times_down(FEE_SHARE)?;
        self.ledger
            .store
            .pay_in(underlying, in_fees, self.ledger.now);
        let edge = Index(mark.0 as i128 - price.0 as i128);
        let edge = size.value_floor(edge)?;
        self.explained[buyer] += edge.0 - traded[0].fee.0;
        self.explained[seller] -= edge.0 + traded[1].fee.0;
        let received = self.faces([FEES])?[0] - fees_before;
        self.explained[FEES] += received;
        *self.beyond_worth += received - paid.0;
        if self.fault == Fault::EdgeOfTheTradedAlone {
            self.mature_as_traded(payee, before_edge, Usd(edge.0.abs()), underlying);
        }
        for ((party, traded), known) in [buyer, seller].into_iter().zip(&traded).zip(known) {
            self.check_margin(party, traded)?;
            if known {
                self.around.revealed[party] = None;
            }
        }
        Ok(())
    }

    pub fn mature_as_traded(
        &mut self,
        id: usize,
        before: Maturing,
        edge: Usd,
        traded: InstrumentId,
    ) {
        let mut account = self.ledger.store.account(id);
        let restricted = |&id: &InstrumentId| self.feeds[usize::from(id)].tier > 0;
        if !account.legs.as_slice().iter().any(restricted) {
            let class = Maturity::from_u8(self.feeds[usize::from(traded)].tier);
            account.maturing = before.plus(edge, class, self.ledger.now);
            self.ledger.store.set_account(id, &account);
        }
    }

    pub fn check_margin(&mut self, id: usize, traded: &Traded) -> Done {
        self.observe(id, &traded.valued);
        let usable = traded.valued.mature_equity(self.ledger.now)?;
        let enough = usable >= self.initial(&traded.valued.positions)?;
        require(enough || self.ledger.reduced_risk(traded)?, "margin")
    }

    pub fn check_open_interest(&self, underlying: InstrumentId) -> Done {
        let store = &*self.ledger.store;
        let mut open_interest = Size::ZERO;
        for id in 0..INSTRUMENTS as InstrumentId {
            if store.underlying(id) == underlying && !store.is_settled(id) {
                open_interest = open_interest.plus(store.side(id, Side::Long).open_interest)?;
            }
        }
        let mark = store.prices(underlying).mark;
        let maintenance = store.maintenance[usize::from(underlying)];
        let exposure = cover::exposure(open_interest, mark, SHOCK, maintenance)?;
        let left = self.ledger.cover_of(underlying)?.left()?;
        require(exposure <= left, "cover")
    }

    /// Those of some legs that are not frozen.
    pub fn allowed(&self, legs: &Legs) -> Legs {
        let mut allowed = *legs;
        for &id in legs.as_slice() {
            let underlying = self.ledger.store.underlying(id);
            if self.feeds[usize::from(underlying)].frozen {
                allowed.remove(id);
            }
        }
        allowed
    }

    /// Whether an account with some legs may give capital, or open a leg that pays others: none is frozen, or in a Halted market.
    fn may_leave(&self, legs: &Legs) -> bool {
        legs.as_slice().iter().all(|&id| {
            let feed = &self.feeds[usize::from(self.ledger.store.underlying(id))];
            !feed.frozen && feed.tier < HALTED
        })
    }

    pub fn is_dust(&self, positions: &Positions) -> Done<bool> {
        let store = &*self.ledger.store;
        let mut notional = Usd::ZERO;
        for (id, position) in positions.iter() {
            let spot = store.prices(store.underlying[usize::from(id)]).mark;
            notional = notional.plus(position.size().notional_up(spot.price())?)?;
        }
        Ok(notional < DUST)
    }

    pub fn liquidate(&mut self, id: usize, into: usize, share: Ratio, caller: usize) -> Done {
        require(id != into, "same")?;
        let taking = self.ledger.store.account(into).legs;
        let known = self.allowed(&taking).as_slice().len() == taking.as_slice().len();
        require(known, "frozen leg")?;
        self.touch(into, KEEPER)?;
        let valued = self.touch(id, caller)?;
        let allowed = self.allowed(&valued.account.legs);
        let closing = || self.around.closings[id];
        let spared = self.ledger.is_spared_as_cut(id, &valued, closing)?;
        require(!spared, "spared")?;
        let (moving, margin) = self.ledger.movable(&valued, &allowed)?;
        let frozen = moving.count() == 0 && valued.positions.count() > 0;
        require(!frozen, "frozen")?;
        let legs = *moving.legs();
        let plan = liquidation::plan(
            &valued.health,
            margin,
            PENALTY.rate(self.ledger.store.account(id).clock.unhealthy)?,
            share,
            self.is_dust(&valued.positions)?,
        )?;
        let parties = [id, into, POOL];
        let before = self.faces(parties)?;
        let coverage = self.ledger.coverage()?;
        let mut taken = Positions::default();
        let left = self
            .ledger
            .take_over(id, into, POOL, &plan, &legs, &mut taken)?;
        if self.ledger.store.account(id).closing {
            self.around.closings[id] = self.around.closings[id].less(plan.share)?;
        }
        self.pay_in(&valued.positions, Usd(plan.penalty.0 - plan.penalty.0 / 2))?;
        self.observe(id, &left);
        let received = self.ledger.receive(into, &taken)?;
        self.observe(into, &received);
        let usable = received.mature_equity(self.ledger.now)?;
        require(usable >= self.initial(&received.positions)?, "margin")?;
        self.count_moved(parties, before)?;
        // What the rules give for the penalty, whatever moved: at h, or in capital.
        let half = Usd(plan.penalty.0 / 2);
        let most = if coverage.is_zero() {
            half
        } else {
            coverage.profit_worth(half)?
        };
        let moved = self.explained[into];
        self.explained[into] = moved.min(most.0);
        Ok(())
    }

    /// Counts what was paid into insurance for the instrument that weighs most.
    pub fn pay_in(&mut self, positions: &Positions, amount: Usd) -> Done {
        let mut largest = (Usd::ZERO, None);
        for (id, position) in positions.iter() {
            let weight = self.ledger.store.weight(id, position)?;
            if weight > largest.0 {
                largest = (weight, Some(id));
            }
        }
        if let Some(id) = largest.1 {
            let underlying = self.ledger.store.underlying(id);
            self.ledger
                .store
                .pay_in(underlying, amount, self.ledger.now);
        }
        Ok(())
    }

    pub fn deleverage(&mut self, id: usize, max_legs: usize, caller: usize) -> Done {
        let valued = self.touch(id, caller)?;
        if valued.account.in_debt() {
            self.close(id, &valued, max_legs, caller)?;
        } else {
            self.reduce(id, &valued, max_legs)?;
        }
        let left = self.ledger.touch(id, false)?;
        self.observe(id, &left);
        Ok(())
    }

    /// Closes a share of legs of a settled account that is not in debt.
    pub fn reduce(&mut self, id: usize, valued: &Valued, max_legs: usize) -> Done {
        let held = self.ledger.store.account(id);
        let mut closing = self.around.closings[id];
        if !(held.closing && closing.is_valid(self.ledger.now)) {
            let allowed = self.allowed(&held.legs);
            let (moving, margin) = self.ledger.movable(valued, &allowed)?;
            let ledger = &self.ledger;
            let ground = ledger.ground(id, &held, &valued.positions, &valued.health)?;
            closing = Closing::decide(
                ground.ok_or(risk::Error::NotDeleverageable)?,
                &valued.health,
                (moving.legs(), margin, self.ledger.store.weights(&moving)?),
                PENALTY.rate(held.clock.unhealthy)?,
                self.is_dust(&valued.positions)?,
                self.ledger.now,
            )?;
        }
        let legs = self.allowed(&closing.remaining);
        require(!legs.as_slice().is_empty(), "frozen")?;
        let before = self.faces([id, POOL])?;
        let (mut any, mut limited) = (false, false);
        for &leg in legs.as_slice().iter().take(max_legs) {
            let side = valued.positions.get(leg).side().opposite();
            let open_interest = self.ledger.store.side(leg, side).open_interest;
            let throttle = &mut self.around.throttles[usize::from(leg)][side as usize];
            let limit = throttle.available(self.ledger.now, open_interest)?;
            let cut = self
                .ledger
                .cut_leg(id, POOL, leg, closing.share, limit, closing.rate)?;
            any |= throttle.take(self.ledger.now, open_interest, cut.size)? > Size::ZERO;
            limited |= cut.left > Size::ZERO;
            closing.remaining.remove(leg);
        }
        require(any || !limited, "throttled")?;
        self.count_moved([id, POOL], before)?;
        let goes_on = !closing.remaining.as_slice().is_empty();
        self.around.closings[id] = closing;
        let mut account = self.ledger.store.account(id);
        account.closing = goes_on;
        self.ledger.store.set_account(id, &account);
        Ok(())
    }

    pub fn convert(&mut self, id: usize, caller: usize) -> Done {
        let by_owner = main_account(id) == main_account(caller);
        let valued = self.touch(id, caller)?;
        let converted = if by_owner {
            self.ledger.convert_own(id, Usd::MAX)?
        } else {
            let since = u64::from(self.ledger.totals.impaired_since);
            let long = since > 0 && self.ledger.now - since >= FORCIBLE_AFTER;
            require(long && self.ledger.insured() == Usd::ZERO, "not forcible")?;
            self.ledger.convert(id, Usd::MAX)?
        };
        let haircut = converted.profit.0 - converted.received.0;
        self.explained[id] -= haircut;
        self.haircuts[id] += haircut;
        self.observe(id, &valued);
        Ok(())
    }
}
