//! What a keeper does about what it sees: pure decisions, no chain. What may be done to an account the rules say, and how much of it
//! a liquidation takes; what is worth doing, and in which order, is the keeper's own policy.

use alloy::primitives::B256;
use risk::rules::conversion::is_forcible;
use risk::rules::tiers::action;
use risk::{Clock, Closing, Ground, Health, MAX_LEGS, Ratio, Result, Usd, WAD, math};
use standing::{Book, Leg, MarketState};
use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

/// A smaller share is not worth a transaction: 2 %.
const LEAST_SHARE: Ratio = Ratio(WAD / 50);
/// Part of its free margin that the keeper commits, so that its own loss until the next round cannot stop it: 80 %.
const COMMITTED: Ratio = Ratio(WAD / 5 * 4);
/// Accounts in one batch, so that it fits any block.
const BATCH: usize = 20;
/// What a cover has for what is missing, the pool can pay, or profit to convert comes to, to be worth a transaction: a dollar.
const WORTHWHILE: Usd = Usd(WAD as i128);
/// Collected fees that are worth distributing: 100 dollars.
const FEES_WORTHWHILE: Usd = Usd(100 * WAD as i128);

/// What the views say of an account.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// Which.
    pub account: B256,
    /// Equity and maintenance margin, after settling.
    pub health: Health,
    /// Initial margin.
    pub initial: Usd,
    /// Settled profit, or debt when negative.
    pub profit: Usd,
    /// How long it has been in ill health.
    pub clock: Clock,
    /// Its positions.
    pub legs: Vec<Leg>,
}

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Settle an account, which also moves its clock.
    Touch(B256),
    /// Take over at most this share of the legs of each account.
    Liquidate(Vec<B256>, Ratio),
    /// Close an account's legs against the other side.
    Deleverage(B256),
    /// Have the pool pay for what is missing of an instrument.
    Recover(u32),
    /// Turn an account's profit into capital at the coverage ratio, which works off what is missing.
    Convert(B256),
    /// Move the fees to the pool's and the treasury's accounts.
    DistributeFees,
}

/// One look at the vault.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    /// Its instruments, and what it liquidates by.
    pub market: MarketState,
    /// What the keeper's own account has beyond initial margin; profit that has not matured left out.
    pub free: Usd,
    /// Instruments that the keeper's own account holds.
    pub held: BTreeSet<u32>,
    /// All others.
    pub others: Vec<Account>,
    /// Accounts whose deleveraging has begun and is not finished, with the unix times at which it did.
    pub unfinished: BTreeMap<B256, u64>,
    /// Instruments with what nobody has paid for and their covers have.
    pub recoverable: Vec<(u32, Usd)>,
    /// What the pool would pay now.
    pub available: Usd,
    /// Unix time since when the vault has been impaired; zero if it is not.
    pub impaired_since: u32,
    /// Fees that wait to be distributed.
    pub fees: Usd,
}

/// What may be done to an account in ill health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    /// Deleveraging it.
    Deleveraging,
    /// Taking over this share of it.
    Liquidation(Ratio),
    /// Nothing but touching it.
    Nothing,
}

/// Chooses the actions of a round, the most endangered account first. Liquidations stop where the keeper's own margin would
/// be used up, or its account would hold more legs than one may; what then still ails is touched, so that its clock runs and
/// deleveraging comes due.
pub fn plan(outlook: &Outlook) -> Vec<Action> {
    let ailing = outlook.others.iter();
    let mut ill: Vec<&Account> = ailing
        .filter(|account| !account.health.is_healthy())
        .collect();
    ill.sort_by(|a, b| by_danger(&a.health, &b.health));
    let (mut actions, mut weak) = (Vec::new(), Vec::new());
    for account in ill {
        // What cannot be worked out is left to whoever can: a touch does no harm.
        match due(outlook, account).unwrap_or(Due::Nothing) {
            Due::Deleveraging => actions.push(Action::Deleverage(account.account)),
            Due::Liquidation(share) => weak.push((account, share)),
            Due::Nothing => weak.push((account, Ratio::ZERO)),
        }
    }
    let free = outlook.free.or_zero().times_down(COMMITTED);
    let room = Room {
        free: free
            .ok()
            .filter(|_| !is_frozen(outlook))
            .unwrap_or(Usd::ZERO),
        held: outlook.held.clone(),
    };
    actions.extend(liquidations(&weak, room));
    actions.extend(upkeep(outlook));
    actions
}

/// Whether a leg of the keeper's own account is frozen, which then takes nothing over.
fn is_frozen(outlook: &Outlook) -> bool {
    let market = &outlook.market;
    let mut held = outlook.held.iter();
    held.any(|&leg| market.is_open(leg) && !market.quote(leg).allows(action::MARK))
}

/// Accounts in debt first, then by equity over maintenance margin.
fn by_danger(a: &Health, b: &Health) -> Ordering {
    let magnitudes = |health: &Health| [health.equity, health.maintenance].map(|part| part.0);
    let ([equity, margin], [other_equity, other_margin]) = (magnitudes(a), magnitudes(b));
    if equity < 0 || other_equity < 0 {
        return equity.cmp(&other_equity);
    }
    math::cmp_products(
        equity.unsigned_abs(),
        other_margin.unsigned_abs(),
        other_equity.unsigned_abs(),
        margin.unsigned_abs(),
    )
}

/// What may be done to an account in ill health. A deleveraging that has begun goes on as long as it holds.
fn due(outlook: &Outlook, account: &Account) -> Result<Due> {
    let Account { health, clock, .. } = account;
    let goes_on = outlook.unfinished.get(&account.account);
    let goes_on = goes_on.is_some_and(|&started| holds(started, outlook.market.time));
    if goes_on || Ground::seen(health, *clock)? == Some(Ground::Debt) {
        return Ok(Due::Deleveraging);
    }
    let book = Book::new(&outlook.market, &account.legs)?;
    if book.deleveraged(health, *clock)?.is_some() {
        return Ok(Due::Deleveraging);
    }
    let taken = book.liquidated(health, *clock)?;
    Ok(taken.map_or(Due::Nothing, |taken| Due::Liquidation(taken.share)))
}

/// Whether a deleveraging that began at a time goes on as it was decided.
pub(crate) fn holds(started: u64, now: u64) -> bool {
    let closing = Closing {
        started: u32::try_from(started).unwrap_or(u32::MAX),
        ..Closing::default()
    };
    closing.is_valid(now)
}

/// Takes over what the keeper's own account has room for of the accounts, in their order, each of which needs a share taken: in batches
/// as long as the margin suffices, a part of the next one; the rest is touched.
fn liquidations(weak: &[(&Account, Ratio)], mut room: Room) -> Vec<Action> {
    let mut whole = Vec::new();
    let mut rest = Vec::new();
    for &(account, needed) in weak {
        let affordable = room.affordable(account.initial);
        let is_worthwhile = needed > Ratio::ZERO && affordable >= needed.min(LEAST_SHARE);
        if !is_worthwhile || !room.fits(&account.legs) {
            rest.push(Action::Touch(account.account));
            continue;
        }
        if needed <= affordable {
            whole.push(account.account);
        } else {
            rest.push(Action::Liquidate(vec![account.account], affordable));
        }
        room.take(account, needed.min(affordable));
    }
    let batches = whole
        .chunks(BATCH)
        .map(|accounts| Action::Liquidate(accounts.to_vec(), Ratio::ONE));
    batches.chain(rest).collect()
}

/// What the keeper's own account can still take over.
struct Room {
    /// Margin that it may commit.
    free: Usd,
    /// Instruments that it holds by then; that a leg taken over may end one is not counted on.
    held: BTreeSet<u32>,
}

impl Room {
    /// The share of an account that the margin suffices for, at most one, if what is taken over needs its share of `initial` margin;
    /// rounded down.
    fn affordable(&self, initial: Usd) -> Ratio {
        let [free, initial] = [self.free, initial].map(|amount| amount.or_zero().0.unsigned_abs());
        let share = math::mul_div_down(free, WAD, initial);
        Ratio(share.unwrap_or(WAD).min(WAD))
    }

    /// Whether the account holds no more legs than one may with these: one too many would undo the whole batch.
    fn fits(&self, legs: &[Leg]) -> bool {
        let mut all = self.held.clone();
        all.extend(legs.iter().map(|leg| leg.instrument));
        all.len() <= MAX_LEGS
    }

    /// A share of `account` is taken over.
    fn take(&mut self, account: &Account, share: Ratio) {
        let committed = account.initial.times_up(share);
        let left = committed.and_then(|committed| self.free.minus(committed));
        self.free = left.unwrap_or(Usd::ZERO);
        self.held
            .extend(account.legs.iter().map(|leg| leg.instrument));
    }
}

/// What is due whatever the health of accounts.
fn upkeep(outlook: &Outlook) -> Vec<Action> {
    let mut actions = Vec::new();
    if outlook.available > WORTHWHILE {
        let worthwhile = outlook.recoverable.iter().filter(|due| due.1 > WORTHWHILE);
        actions.extend(worthwhile.map(|due| Action::Recover(due.0)));
    }
    if is_forcible(outlook.impaired_since, outlook.market.time) {
        let others = outlook.others.iter();
        let profitable = others.filter(|account| account.profit > WORTHWHILE);
        actions.extend(profitable.map(|account| Action::Convert(account.account)));
    }
    if outlook.fees > FEES_WORTHWHILE {
        actions.push(Action::DistributeFees);
    }
    actions
}

#[cfg(test)]
mod tests {
    use super::*;
    use risk::{Mark, Penalty, Position, Spot};
    use standing::{Instrument, Quote};

    const PERPETUAL: u32 = 1;
    const NOW: u64 = 1_000_000;
    const CENT: Usd = Usd(WAD as i128 / 100);

    fn usd(dollars: i64) -> Usd {
        Usd(i128::from(dollars) * WAD as i128)
    }

    fn percent(share: u128) -> Ratio {
        Ratio(share * WAD / 100)
    }

    fn ill(number: u8, equity: Usd, unhealthy: u16) -> Account {
        let maintenance = usd(50);
        Account {
            account: account(number),
            health: Health {
                equity,
                maintenance,
            },
            initial: usd(100),
            profit: Usd::ZERO,
            clock: Clock {
                seen: NOW as u32,
                unhealthy,
            },
            legs: vec![Leg {
                instrument: PERPETUAL,
                size: Position(WAD as i128),
            }],
        }
    }

    /// One perpetual at 1,000 dollars with a maintenance margin of 5 %; liquidations cost 20 % of it from the start.
    fn outlook(free: Usd, others: Vec<Account>) -> Outlook {
        let quote = Quote {
            mark: Mark(1_000 * WAD),
            spot: Spot(1_000 * WAD),
            range: percent(5),
            ..Quote::default()
        };
        let asset = B256::ZERO;
        Outlook {
            market: MarketState {
                time: NOW,
                instruments: [(PERPETUAL, Instrument::Perpetual { asset })].into(),
                quotes: [(PERPETUAL, quote)].into(),
                option_rates: BTreeMap::new(),
                penalty: Penalty {
                    start: percent(20),
                    ramp: 600,
                },
                dust_notional: Usd::ZERO,
            },
            free,
            held: BTreeSet::new(),
            others,
            unfinished: BTreeMap::new(),
            recoverable: vec![],
            available: Usd::ZERO,
            impaired_since: 0,
            fees: Usd::ZERO,
        }
    }

    fn actions(free: Usd, others: Vec<Account>) -> Vec<Action> {
        plan(&outlook(free, others))
    }

    fn account(number: u8) -> B256 {
        B256::repeat_byte(number)
    }

    fn blocked(bits: u16, account: Account) -> Vec<Action> {
        let mut outlook = outlook(usd(1_000), vec![account]);
        outlook.market.quotes.get_mut(&PERPETUAL).unwrap().blocked = bits;
        plan(&outlook)
    }

    #[test]
    fn healthy_accounts_are_left_alone() {
        let nothing = Account {
            health: Health::default(),
            legs: vec![],
            ..ill(2, Usd::ZERO, 0)
        };
        let healthy = ill(1, usd(50), 0);
        assert_eq!(actions(usd(1_000), vec![healthy, nothing]), []);
    }

    #[test]
    fn a_keeper_with_a_frozen_leg_takes_nothing_over() {
        let taken = [Action::Liquidate(vec![account(1)], Ratio::ONE)];
        let watched = [Action::Touch(account(1))];
        for (held, bits, expected) in [
            (Some(2), 0, &taken),
            (None, action::MARK, &taken),
            (Some(2), action::MARK, &watched),
        ] {
            let mut outlook = outlook(usd(1_000), vec![ill(1, usd(1), 0)]);
            let own = outlook.market.instruments[&PERPETUAL];
            let blocked = Quote {
                blocked: bits,
                ..Quote::default()
            };
            outlook.market.instruments.insert(2, own);
            outlook.market.quotes.insert(2, blocked);
            outlook.held.extend(held);
            assert_eq!(plan(&outlook), expected);
        }
    }

    #[test]
    fn a_debt_is_closed_at_once_with_legs_or_without() {
        let debt = ill(1, Usd(-1), 0);
        let without_legs = Account {
            health: Health {
                maintenance: Usd::ZERO,
                ..debt.health
            },
            legs: vec![],
            ..debt.clone()
        };
        for debt in [debt, without_legs] {
            let closed = [Action::Deleverage(account(1))];
            assert_eq!(actions(usd(1_000), vec![debt]), closed);
        }
    }

    #[test]
    fn an_account_with_nothing_left_waits_for_two_minutes() {
        let plan = |unhealthy| actions(usd(1_000), vec![ill(1, Usd::ZERO, unhealthy)]);
        assert_eq!(plan(119), [Action::Touch(account(1))]);
        assert_eq!(plan(120), [Action::Deleverage(account(1))]);
    }

    #[test]
    fn less_than_a_fifth_of_maintenance_and_two_minutes_allow_deleveraging() {
        let plan = |equity, unhealthy| actions(usd(1_000), vec![ill(1, equity, unhealthy)]);
        let deleveraged = [Action::Deleverage(account(1))];
        let liquidated = [Action::Liquidate(vec![account(1)], Ratio::ONE)];
        let fifth = usd(10);
        assert_eq!(plan(Usd(fifth.0 - 1), 120), deleveraged);
        assert_eq!(plan(Usd(fifth.0 - 1), 119), liquidated);
        assert_eq!(plan(fifth, 120), liquidated);
        assert_eq!(plan(fifth, 500), liquidated);
    }

    /// (1.25 x 50 - 25) / (50 x (1.25 - 0.2)) = 71.4 %, where a target without the penalty would ask for 60 %.
    #[test]
    fn the_share_that_is_needed_pays_for_the_penalty() {
        let plan = |free| actions(free, vec![ill(1, usd(25), 0)]);
        // 80 % of 87.5 dollars is 70 % of 100; of 90 it is 72 %.
        let part = Action::Liquidate(vec![account(1)], percent(70));
        assert_eq!(plan(Usd(87 * WAD as i128 + 50 * CENT.0)), [part]);
        let whole = Action::Liquidate(vec![account(1)], Ratio::ONE);
        assert_eq!(plan(usd(90)), [whole]);
    }

    #[test]
    fn the_most_endangered_comes_first_and_gets_the_margin_that_there_is() {
        let others = vec![ill(1, usd(45), 0), ill(2, usd(25), 0)];
        assert_eq!(
            actions(usd(50), others),
            [
                Action::Liquidate(vec![account(2)], percent(40)),
                Action::Touch(account(1))
            ]
        );
    }

    #[test]
    fn dust_is_taken_over_whole_or_in_part() {
        let plan = |free| {
            let mut outlook = outlook(free, vec![ill(1, usd(45), 0)]);
            // One unit at 1,000 dollars.
            outlook.market.dust_notional = usd(1_001);
            plan(&outlook)
        };
        // 80 % of 62.5 suffices for half of it.
        let part = Action::Liquidate(vec![account(1)], percent(50));
        assert_eq!(plan(Usd(62 * WAD as i128 + 50 * CENT.0)), [part]);
        let whole = Action::Liquidate(vec![account(1)], Ratio::ONE);
        assert_eq!(plan(usd(125)), [whole]);
    }

    #[test]
    fn a_keeper_without_margin_moves_the_clock() {
        for free in [Usd::ZERO, usd(-5)] {
            let weak = ill(1, usd(30), 0);
            assert_eq!(actions(free, vec![weak]), [Action::Touch(account(1))]);
        }
    }

    #[test]
    fn what_the_margin_suffices_for_goes_into_one_batch() {
        let others = vec![
            ill(1, usd(45), 0),
            ill(2, usd(25), 0),
            ill(3, Usd(-WORTHWHILE.0), 0),
        ];
        assert_eq!(
            actions(usd(1_000), others),
            [
                Action::Deleverage(account(3)),
                Action::Liquidate(vec![account(2), account(1)], Ratio::ONE)
            ]
        );
        let many = (0..45).map(|number| ill(number, usd(45), 0)).collect();
        let sizes: Vec<usize> = actions(usd(1_000_000), many)
            .iter()
            .map(|action| match action {
                Action::Liquidate(accounts, _) => accounts.len(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(sizes, [20, 20, 5]);
    }

    #[test]
    fn nothing_is_taken_over_that_its_account_has_no_place_for() {
        let plan = |held: u32| {
            let mut outlook = outlook(usd(1_000), vec![]);
            let listed = outlook.market.instruments[&PERPETUAL];
            let quote = outlook.market.quotes[&PERPETUAL];
            outlook.held = (100..100 + held).collect();
            for number in 1..=2_u8 {
                let instrument = PERPETUAL + u32::from(number) / 2;
                outlook.market.instruments.insert(instrument, listed);
                outlook.market.quotes.insert(instrument, quote);
                let mut account = ill(number, usd(24 + i64::from(number)), 0);
                account.legs[0].instrument = instrument;
                outlook.others.push(account);
            }
            super::plan(&outlook)
        };
        let both = vec![account(1), account(2)];
        assert_eq!(plan(14), [Action::Liquidate(both, Ratio::ONE)]);
        let first = Action::Liquidate(vec![account(1)], Ratio::ONE);
        assert_eq!(plan(15), [first, Action::Touch(account(2))]);
        assert_eq!(
            plan(16),
            [1, 2].map(|number| Action::Touch(account(number)))
        );
    }

    #[test]
    fn what_the_guard_forbids_is_left_to_the_clock() {
        let touched = [Action::Touch(account(1))];
        assert_eq!(blocked(action::LIQUIDATE, ill(1, usd(30), 0)), touched);
        assert_eq!(blocked(action::ALL, ill(1, usd(5), 500)), touched);
        let deleveraged = [Action::Deleverage(account(1))];
        assert_eq!(blocked(action::LIQUIDATE, ill(1, usd(5), 500)), deleveraged);
    }

    #[test]
    fn an_account_with_nearly_enough_is_spared_in_the_grace_period() {
        let plan = |equity| blocked(action::GRACE, ill(1, equity, 0));
        let least = Usd(47 * WAD as i128 + 50 * CENT.0);
        assert_eq!(plan(least), [Action::Touch(account(1))]);
        let liquidated = [Action::Liquidate(vec![account(1)], Ratio::ONE)];
        assert_eq!(plan(Usd(least.0 - 1)), liquidated);
    }

    #[test]
    fn a_deleveraging_that_has_begun_goes_on_for_an_hour_while_the_account_is_ill() {
        let plan = |equity, started| {
            let mut outlook = outlook(usd(1_000), vec![ill(1, equity, 0)]);
            outlook.unfinished.insert(account(1), started);
            plan(&outlook)
        };
        let goes_on = [Action::Deleverage(account(1))];
        assert_eq!(plan(usd(40), NOW - 3_600), goes_on);
        let liquidated = [Action::Liquidate(vec![account(1)], Ratio::ONE)];
        assert_eq!(plan(usd(40), NOW - 3_601), liquidated);
        assert_eq!(plan(usd(60), NOW), []);
    }

    #[test]
    fn the_pool_is_asked_when_it_can_pay_for_what_is_missing() {
        let plan = |recoverable, available| {
            plan(&Outlook {
                recoverable: vec![(1, WORTHWHILE), (2, recoverable)],
                available,
                ..outlook(Usd::ZERO, vec![])
            })
        };
        let cent_more = Usd(WORTHWHILE.0 + 1);
        assert_eq!(plan(cent_more, cent_more), [Action::Recover(2)]);
        assert_eq!(plan(usd(500), WORTHWHILE), []);
        assert_eq!(plan(Usd::ZERO, usd(100)), []);
    }

    #[test]
    fn profit_is_converted_by_force_after_a_day() {
        let winner = |number, profit| Account {
            profit,
            ..ill(number, usd(100), 0)
        };
        let plan = |impaired_since| {
            plan(&Outlook {
                impaired_since,
                ..outlook(Usd::ZERO, vec![winner(1, usd(10)), winner(2, Usd::ZERO)])
            })
        };
        let a_day_ago = (NOW - 86_400) as u32;
        assert_eq!(plan(a_day_ago), [Action::Convert(account(1))]);
        assert_eq!(plan(a_day_ago + 1), []);
        assert_eq!(plan(0), []);
    }

    #[test]
    fn fees_are_distributed_once_there_are_enough() {
        let fees = |fees| {
            plan(&Outlook {
                fees,
                ..outlook(Usd::ZERO, vec![])
            })
        };
        assert_eq!(fees(usd(101)), [Action::DistributeFees]);
        assert_eq!(fees(usd(100)), []);
    }
}
