//! What an adversary can do, and what happens around it: one gene is one step of a sequence.

use std::ops::Range;

use alloy::primitives::{Address, Log, U256};
use client::abi::{IInsurancePool, IMarginVault, IQuoteToken, IRiskSteward};

use crate::bounds::Violation;
use crate::gene::{Weighted, share, signed};
use crate::judge::{Cause, Judge};
use crate::node::{Node, Question};
use crate::pool;
use crate::seen::{INSTRUMENTS, tokens_as_money};
use crate::setters;
use crate::system::{
    ADVERSARY, ALLOWANCES, ETH, FIRST_OWNER, HONEST, KEEPER, POOL, QUIET, System, THIN,
};
use crate::world::{SHOCK, Scene, UNIT, World};

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;
const WAD: u128 = 1_000_000_000_000_000_000;

/// What a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Its own accounts trade with one another, at any price of the band.
    TradeOwn,
    /// One of its accounts trades with an honest one, at the mark.
    TradeHonest,
    /// One of its accounts takes nearly all of a size from a second and the rest from a third.
    Split,
    /// One account hands its whole position to another.
    Close,
    Touch,
    Rebucket,
    Liquidate,
    /// Several at once.
    Batch,
    Deleverage,
    Recover,
    Convert,
    ConvertOther,
    Deposit,
    Withdraw,
    Transfer,
    /// Tokens for a moment: in, another step, and out.
    Flash,
    /// A new series in the place of one that has settled.
    List,
    Distribute,
    Harvest,
    /// Into the pool.
    PoolDeposit,
    /// Shares are to be paid out.
    PoolRequest,
    /// What they are paid is fixed, once their time has come.
    PoolFulfil,
    /// What was fixed is taken, or a part of it.
    PoolRedeem,
    /// It pokes an asset, or nobody does.
    Poke,
    /// It moves the surface that it provides.
    Quote,
    /// It moves a parameter as an agent.
    Adjust,
    /// It trades, moves prices, goes bankrupt and converts in a market of its own.
    OwnMarket,
    Jump,
    Drift,
    Pump,
    Revert,
    Wait,
    Expire,
    Freeze,
    HonestTrade,
    HonestMove,
    Keepers,
    /// The owner takes most of a cover away, or gives it back.
    Allowance,
    /// Two of its accounts bet as high as they can, and the price moves until one of them is ill, or in debt: mostly beyond what insurance
    /// may pay.
    Ruin,
    /// All that its owners have leaves, as far as it may; tokens that are borrowed pass through in between.
    Leave,
}

impl Weighted for Kind {
    const WEIGHTS: &'static [(Self, u32)] = &[
        (Self::TradeOwn, 22),
        (Self::TradeHonest, 14),
        (Self::Split, 4),
        (Self::Close, 7),
        (Self::Touch, 4),
        (Self::Rebucket, 3),
        (Self::Liquidate, 6),
        (Self::Batch, 2),
        (Self::Deleverage, 12),
        (Self::Recover, 3),
        (Self::Convert, 8),
        (Self::ConvertOther, 3),
        (Self::Deposit, 4),
        (Self::Withdraw, 4),
        (Self::Transfer, 3),
        (Self::Flash, 2),
        (Self::List, 2),
        (Self::Distribute, 2),
        (Self::Harvest, 3),
        (Self::PoolDeposit, 4),
        (Self::PoolRequest, 4),
        (Self::PoolFulfil, 4),
        (Self::PoolRedeem, 4),
        (Self::Poke, 4),
        (Self::Quote, 6),
        (Self::Adjust, 5),
        (Self::OwnMarket, 8),
        (Self::Jump, 14),
        (Self::Drift, 2),
        (Self::Pump, 4),
        (Self::Revert, 3),
        (Self::Wait, 12),
        (Self::Expire, 3),
        (Self::Freeze, 2),
        (Self::HonestTrade, 8),
        (Self::HonestMove, 4),
        (Self::Keepers, 2),
        (Self::Allowance, 2),
        (Self::Ruin, 4),
        (Self::Leave, 3),
    ];
    const ADVERSARY: usize = ADVERSARY.end;
    const HONEST: Range<usize> = HONEST;
    const INSTRUMENTS: usize = INSTRUMENTS;
}

/// Of a cover's allowance, what the owner may leave of it.
const ALLOWED: [f64; 6] = [0.0, 0.001, 0.01, 0.1, 0.5, 1.0];

/// One step of a sequence.
pub type Gene = crate::gene::Gene<Kind>;

impl Gene {
    /// One of the two owners' main accounts.
    fn owner(&self) -> usize {
        if self.a.is_multiple_of(4) {
            FIRST_OWNER
        } else {
            0
        }
    }
}

/// Takes one step. Returns whether something changed.
pub fn step(world: &mut World<'_>, judge: &mut Judge, gene: Gene) -> Result<bool, Violation> {
    let (a, b) = (gene.own(), gene.other_own());
    let id = gene.instrument();
    judge.doing = format!("{:?}", gene.kind);
    match gene.kind {
        Kind::TradeOwn => {
            let size = size(world, judge, gene, [a, b]);
            let price = price(judge, gene);
            trade(world, judge, [a, b], id, size, price)
        }
        Kind::TradeHonest => {
            let parties = if gene.x & 1 == 0 {
                [a, gene.honest()]
            } else {
                [gene.honest(), a]
            };
            trade_at_mark(world, judge, gene, parties)
        }
        Kind::HonestTrade => {
            let first = HONEST.start + usize::from(gene.a) % HONEST.len();
            if first == gene.honest() {
                return Ok(false);
            }
            trade_at_mark(world, judge, gene, [first, gene.honest()])
        }
        Kind::Split => split(world, judge, gene),
        Kind::Close => close(world, judge, gene),
        Kind::Touch
        | Kind::Rebucket
        | Kind::Liquidate
        | Kind::Batch
        | Kind::Deleverage
        | Kind::Recover => closing(world, judge, gene),
        Kind::Convert
        | Kind::ConvertOther
        | Kind::Deposit
        | Kind::Withdraw
        | Kind::Transfer
        | Kind::Distribute => money(world, judge, gene),
        Kind::Flash => flash(world, judge, gene),
        Kind::List => list(world, judge, gene),
        Kind::Harvest
        | Kind::PoolDeposit
        | Kind::PoolRequest
        | Kind::PoolFulfil
        | Kind::PoolRedeem => in_pool(world, judge, gene),
        Kind::Poke => judge.watch(world, &[], |world| world.poke(id % 3)),
        Kind::Quote => {
            let place = usize::from(gene.i & 1);
            let wanted = world.wanted_surface(place, gene.x);
            if let Err(reason) = world.quote(place, wanted) {
                judge.count(&reason);
                return Ok(false);
            }
            judge.moved(world, Cause::Surface)
        }
        Kind::Adjust => adjust(world, judge, gene),
        Kind::OwnMarket => {
            let market = world.own_market.clone();
            let done = judge.watch(world, &[], |world| market.step(world, gene.x, gene.y))?;
            if done {
                market.check(world.scene)?;
            }
            Ok(done)
        }
        Kind::HonestMove => honest_move(world, judge, gene),
        Kind::Keepers => keepers(world, judge, gene),
        Kind::Allowance => allow(world, judge, usize::from(gene.i) % 3, gene.x),
        Kind::Ruin => ruin(world, judge, gene),
        Kind::Leave => leave(world, judge, gene),
        _ => market(world, judge, gene),
    }
}

/// Feeds and time.
fn market(world: &mut World<'_>, judge: &mut Judge, gene: Gene) -> Result<bool, Violation> {
    let mut cause = Cause::Market;
    match gene.kind {
        // Some trip no breaker.
        Kind::Jump => {
            let most = [SHOCK, SHOCK / 2, SHOCK / 5, SHOCK / 10][usize::from(gene.y % 4)];
            world.jump(ETH, signed(gene.x, most));
        }
        Kind::Drift => world.jump(QUIET, signed(gene.x, 10)),
        Kind::Pump => {
            world.pump(signed(gene.x, SHOCK));
            cause = Cause::Pump;
        }
        Kind::Revert => {
            world.revert();
            cause = Cause::Pump;
        }
        Kind::Wait => {
            let seconds = [1, 30, 60, 120, 600, 1_200, 3_600, 21_600];
            let seconds = seconds[usize::from(gene.x % 8)];
            // Keepers poke, or nobody does.
            if gene.y.is_multiple_of(4) {
                world.pass(seconds);
            } else {
                world.pass_poked(seconds);
            }
        }
        Kind::Expire => world.expire(usize::from(gene.i & 1)),
        _ => world.silence(
            [ETH, QUIET, THIN][usize::from(gene.i % 3)],
            gene.x.is_multiple_of(3),
        ),
    }
    judge.moved(world, cause)
}

// ---- trades

/// A price within the band: the mark, one of its ends, or between.
fn price(judge: &Judge, gene: Gene) -> u128 {
    let instrument = &judge.seen.instruments[gene.instrument()];
    let band = instrument.band - 1;
    let distance = match gene.y % 4 {
        0 => 0,
        1 => band,
        2 => -band,
        _ => band / 200 * (i128::from(gene.y / 4) % 401 - 200),
    };
    (instrument.mark + distance).max(1) as u128
}

/// What an account holds of an instrument; nothing of a series that was delisted.
fn held(world: &World<'_>, party: usize, place: usize) -> i128 {
    let Scene { node, system } = world.scene;
    let call = IMarginVault::positionCall {
        account: system.accounts[party],
        instrument: world.number(place),
    };
    node.ask(system.owner, system.vault, &call)
        .map_or(0, |size| size.try_into().expect("a size"))
}

/// What two accounts can trade: what the poorer one has margin for, or a part of it, and what covers leave room for; or what one of
/// them holds.
fn size(world: &World<'_>, judge: &Judge, gene: Gene, parties: [usize; 2]) -> u128 {
    let place = gene.instrument();
    if gene.x % 8 == 6 {
        let party = parties[usize::from(gene.x / 8 % 2)];
        return held(world, party, place).unsigned_abs();
    }
    let seen = &judge.seen;
    let equities = parties.map(|party| {
        let account = &seen.accounts[party];
        account.capital + seen.worth(account.pnl.max(0) - account.immature) + account.pnl.min(0)
    });
    let equity = equities[0].min(equities[1]).max(0) as u128;
    let underlying = if place < 3 { place } else { ETH };
    // An option needs about as much of its underlying's notional as a move of a tenth.
    let rate = [52, 52, 88, 120, 120][place];
    // One of them pays for the distance from the mark.
    let rate = if gene.kind == Kind::TradeOwn && !gene.y.is_multiple_of(4) {
        rate + 21
    } else {
        rate
    };
    let spot = seen.instruments[underlying].mark.max(1) as u128;
    let notional = (equity / rate * 1_000).min(room(world, judge, underlying));
    let part = match gene.x % 8 {
        0..=2 => notional,
        3 | 4 => notional / 8_192 * u128::from(gene.x / 8),
        5 => notional / 10_u128.pow(1 + u32::from(gene.x / 8 % 7)),
        _ => notional / 2,
    };
    part / 1_000_000_000 * WAD / (spot / 1_000_000_000).max(1)
}

/// Notional that an instrument's cover still lets in.
fn room(world: &World<'_>, judge: &Judge, underlying: usize) -> u128 {
    let system = world.scene.system;
    let call = IMarginVault::coverCall {
        instrument: system.instruments[underlying],
    };
    let limit = world.scene.node.view(system.vault, &call).openInterestLimit;
    let limit: u128 = limit.try_into().unwrap_or(u128::MAX);
    let open = judge.seen.open_interest(underlying);
    let spot = judge.seen.instruments[underlying].mark.max(1) as u128;
    let left = limit
        .saturating_sub(open)
        .min(u128::MAX / (spot / 1_000_000_000).max(1));
    left / 1_000_000_000 * (spot / 1_000_000_000) / 1_000 * 999
}

fn trade(
    world: &mut World<'_>,
    judge: &mut Judge,
    parties: [usize; 2],
    place: usize,
    size: u128,
    price: u128,
) -> Result<bool, Violation> {
    if size == 0 {
        return Ok(false);
    }
    let submitter = parties
        .into_iter()
        .find(|party| ADVERSARY.contains(party))
        .unwrap_or(KEEPER);
    judge.watch(world, &parties, |world| {
        world.settle(submitter, parties, place, size, price)
    })
}

fn trade_at_mark(
    world: &mut World<'_>,
    judge: &mut Judge,
    gene: Gene,
    parties: [usize; 2],
) -> Result<bool, Violation> {
    let place = gene.instrument();
    if !world.is_honest(place) {
        return Ok(false);
    }
    let size = size(world, judge, gene, parties);
    let mark = judge.seen.instruments[place].mark as u128;
    trade(world, judge, parties, place, size, mark)
}

fn split(world: &mut World<'_>, judge: &mut Judge, gene: Gene) -> Result<bool, Violation> {
    let (a, b, place) = (gene.own(), gene.other_own(), gene.instrument());
    let third = (0..)
        .find(|&account| account != a && account != b)
        .unwrap_or(2);
    let whole = size(world, judge, Gene { x: 0, ..gene }, [a, b]);
    // Between 1e-4 and 1e-8 of it.
    let rest = (whole as f64 * 10_f64.powf(-4.0 - f64::from(gene.y) / 16_384.0)) as u128;
    let mark = judge.seen.instruments[place].mark as u128;
    let (first, second) = if gene.x & 1 == 0 {
        ([a, b], [a, third])
    } else {
        ([b, a], [third, a])
    };
    let done = trade(world, judge, first, place, whole - rest, mark)?;
    Ok(trade(world, judge, second, place, rest, mark)? || done)
}

fn close(world: &mut World<'_>, judge: &mut Judge, gene: Gene) -> Result<bool, Violation> {
    let holding = |turn: usize| {
        let a = (gene.own() + turn / INSTRUMENTS) % ADVERSARY.len();
        let place = (gene.instrument() + turn) % INSTRUMENTS;
        let size = held(world, a, place);
        (size != 0).then_some((a, place, size))
    };
    let Some((a, place, size)) = (0..ADVERSARY.len() * INSTRUMENTS).find_map(holding) else {
        return Ok(false);
    };
    let to_honest = gene.x & 1 == 0;
    let to = if to_honest {
        gene.honest()
    } else {
        (a + 1 + usize::from(gene.b) % (ADVERSARY.len() - 1)) % ADVERSARY.len()
    };
    if to_honest && !world.is_honest(place) {
        return Ok(false);
    }
    let parties = if size > 0 { [to, a] } else { [a, to] };
    let gene = Gene {
        i: place as u8,
        ..gene
    };
    let price = if to_honest {
        judge.seen.instruments[place].mark as u128
    } else {
        price(judge, gene)
    };
    trade(world, judge, parties, place, size.unsigned_abs(), price)
}

// ---- closing

/// The accounts, from the one that a gene names, on which a closing may work; every fourth gene names that one alone.
fn candidates(world: &World<'_>, judge: &Judge, gene: Gene) -> Vec<usize> {
    if gene.y.is_multiple_of(4) {
        return vec![gene.anybody()];
    }
    let ill = ill(world, judge);
    (0..KEEPER)
        .map(|turn| (gene.anybody() + turn) % KEEPER)
        .filter(|place| ill.contains(place))
        .collect()
}

/// The first of some accounts that an operation works on.
fn first(
    places: Vec<usize>,
    mut operation: impl FnMut(usize) -> Result<bool, Violation>,
) -> Result<bool, Violation> {
    for place in places {
        if operation(place)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Accounts with less than maintenance margin, or in debt.
fn ill(world: &World<'_>, judge: &Judge) -> Vec<usize> {
    let system = world.scene.system;
    let questions: Vec<_> = (0..KEEPER)
        .map(|place| {
            let account = system.accounts[place];
            Question::new(system.vault, &IMarginVault::healthCall { account })
        })
        .collect();
    let mut answers = world.scene.node.look(&questions);
    let mut is_ill = |place: &usize| {
        let health = answers.take::<IMarginVault::healthCall>();
        let maintenance = alloy::primitives::I256::from_raw(health.maintenance);
        health.equity < maintenance || judge.seen.accounts[*place].face() < 0
    };
    (0..KEEPER).filter(|place| is_ill(place)).collect()
}

fn send<C: alloy::sol_types::SolCall>(
    world: &World<'_>,
    place: usize,
    call: &C,
) -> Result<Vec<Log>, String> {
    let system = world.scene.system;
    world
        .scene
        .node
        .send(system.owner_of(place), system.vault, call)
}

/// Closes what an account in debt has, or a part of one near it.
pub fn close_debt(world: &World<'_>, place: usize, caller: usize) -> Result<Vec<Log>, String> {
    deleverage(world, place, 16, caller)
}

fn deleverage(
    world: &World<'_>,
    place: usize,
    legs: u64,
    caller: usize,
) -> Result<Vec<Log>, String> {
    let call = IMarginVault::deleverageCall {
        account: world.scene.system.accounts[place],
        maxLegs: U256::from(legs),
    };
    send(world, caller, &call)
}

fn liquidate(
    world: &World<'_>,
    place: usize,
    into: usize,
    share: u128,
) -> Result<Vec<Log>, String> {
    let accounts = &world.scene.system.accounts;
    let call = IMarginVault::liquidateCall {
        account: accounts[place],
        into: accounts[into],
        maxShare: U256::from(share),
    };
    send(world, into, &call)
}

fn closing(world: &mut World<'_>, judge: &mut Judge, gene: Gene) -> Result<bool, Violation> {
    let a = gene.own();
    match gene.kind {
        Kind::Touch => {
            let account = world.scene.system.accounts[gene.anybody()];
            judge.watch(world, &[], |world| {
                send(world, a, &IMarginVault::touchCall { account })
            })
        }
        Kind::Rebucket => {
            let turns = (0..KEEPER).map(|turn| (gene.anybody() + turn) % KEEPER);
            first(turns.collect(), |place| {
                let account = world.scene.system.accounts[place];
                judge.watch(world, &[], |world| {
                    send(world, a, &IMarginVault::rebucketCall { account })
                })
            })
        }
        Kind::Liquidate => {
            let share = if gene.x & 1 == 0 {
                WAD
            } else {
                WAD / 65_536 * u128::from(gene.y) + 1
            };
            let into = if gene.i.is_multiple_of(2) {
                a
            } else {
                richest(judge)
            };
            let places = candidates(world, judge, gene);
            first(places, |place| {
                if place == into {
                    return Ok(false);
                }
                judge.watch(world, &[into], |world| liquidate(world, place, into, share))
            })
        }
        Kind::Batch => {
            let accounts = &world.scene.system.accounts;
            let call = IMarginVault::liquidateBatchCall {
                accounts: (0..KEEPER)
                    .filter(|&place| place != a)
                    .map(|place| accounts[place])
                    .collect(),
                into: accounts[a],
                maxShare: U256::from(WAD),
            };
            judge.watch(world, &[a], |world| send(world, a, &call))
        }
        Kind::Deleverage => {
            let legs = [16, 1, 2, 16][usize::from(gene.x % 4)];
            let places = candidates(world, judge, gene);
            first(places, |place| {
                judge.watch(world, &[], |world| deleverage(world, place, legs, a))
            })
        }
        _ => recover(world, judge, gene),
    }
}

/// Anybody draws on the pool for what is on record; sometimes a debt comes first that nobody pays.
fn recover(world: &mut World<'_>, judge: &mut Judge, gene: Gene) -> Result<bool, Violation> {
    let a = gene.own();
    if gene.y & 8 == 0 {
        leave_unpaid(world, judge, gene)?;
        judge.doing = format!("{:?}", gene.kind);
    }
    for turn in 0..3 {
        let place = (usize::from(gene.i) + turn) % 3;
        // Mostly the owner lets insurance pay again, more or less.
        if !gene.y.is_multiple_of(4) {
            let part = gene.y % ALLOWED.len() as u16;
            allow(world, judge, place, part.max(ALLOWED.len() as u16 / 2))?;
        }
        let instrument = world.scene.system.instruments[place];
        let call = IMarginVault::recoverCall { instrument };
        if judge.watch(world, &[], |world| send(world, a, &call))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The owner leaves a part of what it once let insurance pay for a perpetual.
fn allow(
    world: &mut World<'_>,
    judge: &mut Judge,
    place: usize,
    part: u16,
) -> Result<bool, Violation> {
    let part = ALLOWED[usize::from(part) % ALLOWED.len()];
    if !world.allow(place, ALLOWANCES[place] * part) {
        return Ok(false);
    }
    judge.moved(world, Cause::Market)
}

/// Unless something is on record: once things are calm, the ruin after which a debt is most likely to be left that nobody has paid. One
/// of the poorest buys, the cover shrinks, the price falls as far as it can, and whoever is in debt is closed.
fn leave_unpaid(world: &mut World<'_>, judge: &mut Judge, gene: Gene) -> Result<(), Violation> {
    if judge.seen.unpaid() > 0 {
        return Ok(());
    }
    // A market that has moved asks for so much margin that its shock leaves no debt.
    world.pass(DAY);
    world.pass_poked(2 * HOUR);
    judge.moved(world, Cause::Market)?;
    let capital = |place: &usize| judge.seen.accounts[*place].capital;
    let can_bet = |place: &usize| capital(place) > 10_000 * WAD as i128;
    let poorest = ADVERSARY.filter(can_bet).min_by_key(capital);
    let gene = Gene {
        a: poorest.map_or(gene.a, |place| place as u8),
        i: u8::from(!gene.i.is_multiple_of(4)),
        x: gene.x | 1,
        y: gene.y & !2 | 5,
        ..gene
    };
    ruin(world, judge, gene)?;
    Ok(())
}

/// A perpetual that a ruin is made of.
fn bet_on(gene: Gene) -> usize {
    [ETH, THIN][usize::from(gene.i % 2)]
}

/// Two accounts on both sides of a perpetual, as large as their margin and its cover allow; then mostly that cover shrinks, and the price
/// goes up or down by its shock, or by a part of it that leaves one of them ill. Whoever has lost more than it had is closed, or left to
/// others.
fn ruin(world: &mut World<'_>, judge: &mut Judge, gene: Gene) -> Result<bool, Violation> {
    let place = bet_on(gene);
    let bet = Gene {
        i: place as u8,
        x: 0,
        y: 0,
        ..gene
    };
    let parties = [gene.own(), gene.other_own()];
    let size = size(world, judge, bet, parties);
    let mark = judge.seen.instruments[place].mark as u128;
    // Other positions need margin as well, and a market that has moved asks for more.
    for eighths in [8, 6, 4, 3, 2] {
        if trade(world, judge, parties, place, size / 8 * eighths, mark)? {
            break;
        }
    }
    if !gene.x.is_multiple_of(4) {
        allow(world, judge, place, gene.x / 4 % (ALLOWED.len() as u16 / 2))?;
    }
    let distance = if gene.y & 4 == 0 { SHOCK / 4 } else { SHOCK };
    let by = if gene.y & 1 == 0 { distance } else { -distance };
    let cause = if place == THIN {
        world.pump(by);
        Cause::Pump
    } else {
        world.jump(place, by);
        Cause::Market
    };
    judge.moved(world, cause)?;
    if gene.y & 2 == 0 {
        for party in parties {
            if judge.seen.accounts[party].face() < 0 {
                judge.watch(world, &[], |world| deleverage(world, party, 16, parties[0]))?;
            }
        }
    }
    Ok(true)
}

/// A new series in the place of one that has settled, or whose expiry is waited for.
fn list(world: &mut World<'_>, judge: &mut Judge, gene: Gene) -> Result<bool, Violation> {
    let (a, place) = (gene.own(), usize::from(gene.i & 1));
    if !world.is_over(place) {
        // Mostly its time is not waited for, which would end what else is going on.
        if !gene.x.is_multiple_of(4) {
            return Ok(false);
        }
        while !world.is_over(place) {
            world.expire(place);
        }
        judge.moved(world, Cause::Market)?;
    }
    for account in 0..KEEPER {
        let account = world.scene.system.accounts[account];
        judge.watch(world, &[], |world| {
            send(world, a, &IMarginVault::touchCall { account })
        })?;
    }
    judge.watch(world, &[a], |world| world.relist(place, a))
}

// ---- money

/// What an owner has outside, WAD.
fn purse(world: &World<'_>, owner: Address) -> i128 {
    let scene = world.scene;
    let call = IQuoteToken::balanceOfCall { owner };
    tokens_as_money(scene.node.view(scene.system.token, &call))
}

/// An amount for an owner to bring: for small accounts and large ones, WAD.
fn amount(world: &World<'_>, owner: Address, x: u16) -> i128 {
    let sizes = [1, 20_000, 60_000, 400_000, 5_000_000, 100_000_000];
    let amount = sizes[usize::from(x % 6)] * WAD as i128;
    amount.min(purse(world, owner))
}

fn convert(world: &World<'_>, place: usize, caller: usize) -> Result<Vec<Log>, String> {
    let call = IMarginVault::convertCall {
        account: world.scene.system.accounts[place],
        maxProfit: U256::MAX,
    };
    send(world, caller, &call)
}

fn deposit(world: &World<'_>, from: usize, into: usize, amount: i128) -> Result<Vec<Log>, String> {
    let call = IMarginVault::depositCall {
        account: world.scene.system.accounts[into],
        amount: World::in_units(amount),
    };
    send(world, from, &call)
}

fn withdraw(world: &World<'_>, place: usize, amount: i128) -> Result<Vec<Log>, String> {
    let system = world.scene.system;
    let call = IMarginVault::withdrawCall {
        account: system.accounts[place],
        amount: World::in_units(amount),
        to: system.owner_of(place),
    };
    send(world, place, &call)
}

fn money(world: &mut World<'_>, judge: &mut Judge, gene: Gene) -> Result<bool, Violation> {
    let (a, b, other) = (gene.own(), gene.other_own(), gene.anybody());
    let capital = judge.seen.accounts[a].capital;
    match gene.kind {
        Kind::Convert => judge.watch(world, &[], |world| convert(world, a, a)),
        Kind::ConvertOther => {
            let other = if gene.y.is_multiple_of(4) {
                POOL
            } else {
                other
            };
            judge.watch(world, &[], |world| convert(world, other, a))
        }
        Kind::Deposit => {
            let amount = amount(world, world.scene.system.owner_of(a), gene.x);
            let into = if gene.y.is_multiple_of(8) { other } else { a };
            judge.watch(world, &[], |world| deposit(world, a, into, amount))
        }
        Kind::Withdraw => {
            let amount = share(capital, gene.x);
            judge.watch(world, &[a], |world| withdraw(world, a, amount))
        }
        Kind::Transfer => {
            let accounts = &world.scene.system.accounts;
            let call = IMarginVault::transferCall {
                from: accounts[a],
                to: accounts[b],
                amount: U256::from(share(capital, gene.x).unsigned_abs()),
            };
            judge.watch(world, &[a], |world| send(world, a, &call))
        }
        _ => judge.watch(world, &[], |world| {
            send(world, a, &IMarginVault::distributeFeesCall {})
        }),
    }
}

fn flash(world: &mut World<'_>, judge: &mut Judge, gene: Gene) -> Result<bool, Violation> {
    let a = gene.own();
    let owner = world.scene.system.owner_of(a);
    let amount = purse(world, owner).min(100_000_000 * WAD as i128);
    if !judge.watch(world, &[], |world| deposit(world, a, a, amount))? {
        return Ok(false);
    }
    let kinds = [
        Kind::TradeOwn,
        Kind::Liquidate,
        Kind::Deleverage,
        Kind::Convert,
        Kind::Touch,
    ];
    let kind = kinds[usize::from(gene.y) % kinds.len()];
    step(world, judge, Gene { kind, ..gene })?;
    judge.doing = format!("{:?}", gene.kind);
    judge.watch(world, &[a], |world| withdraw(world, a, amount))
}

/// Its accounts withdraw all that they have, one after the other. In between one of its owners brings what is not needed for longer than
/// this, to an account of its own or of anybody's, and takes it away again.
fn leave(world: &mut World<'_>, judge: &mut Judge, gene: Gene) -> Result<bool, Violation> {
    let lender = gene.own();
    let owner = world.scene.system.owner_of(lender);
    let mut done = false;
    for turn in 0..2 + usize::from(gene.x % 4) {
        let place = if turn == 0 {
            richest(judge)
        } else {
            (gene.other_own() + turn) % ADVERSARY.len()
        };
        for pass in 0..2 {
            let capital = judge.seen.accounts[place].capital;
            if capital >= UNIT {
                done |= judge.watch(world, &[place], |world| withdraw(world, place, capital))?;
            }
            if pass == 0 {
                let borrowed = amount(world, owner, gene.y);
                judge.watch(world, &[], |world| deposit(world, lender, lender, borrowed))?;
            }
        }
    }
    let capital = judge.seen.accounts[lender].capital;
    if capital >= UNIT {
        done |= judge.watch(world, &[lender], |world| withdraw(world, lender, capital))?;
    }
    Ok(done)
}

/// The account of the adversary's with the most capital.
fn richest(judge: &Judge) -> usize {
    ADVERSARY
        .max_by_key(|&place| judge.seen.accounts[place].capital)
        .unwrap_or(0)
}

// ---- pool, governance

fn in_pool(world: &mut World<'_>, judge: &mut Judge, gene: Gene) -> Result<bool, Violation> {
    let scene = world.scene;
    let owner = scene.system.owner_of(gene.owner());
    let nothing = |done: Result<(), String>| done.map(|()| vec![]);
    match gene.kind {
        Kind::Harvest => judge.watch(world, &[], |_| {
            let vault = scene.system.vault;
            let call = IInsurancePool::harvestCall { vault };
            scene.node.send(owner, scene.system.pool, &call)
        }),
        Kind::PoolDeposit => {
            let (owner, _) = holder(world, owner, pool::tokens);
            let amount =
                World::in_units(amount(world, owner, gene.x).min(50_000_000 * WAD as i128));
            judge.watch(world, &[], |_| {
                nothing(pool::deposit(scene.node, scene.system, owner, amount))
            })
        }
        Kind::PoolRequest => {
            if holder(world, owner, pool::shares).1.is_zero() {
                let kind = Kind::PoolDeposit;
                in_pool(world, judge, Gene { kind, ..gene })?;
            }
            let (owner, shares) = holder(world, owner, pool::shares);
            let shares = shares / U256::from(1 + gene.x % 3);
            judge.watch(world, &[], |_| {
                nothing(pool::request(scene.node, scene.system, owner, shares))
            })
        }
        Kind::PoolFulfil => {
            if holder(world, owner, pool::pending).1.is_zero() {
                let kind = Kind::PoolRequest;
                in_pool(world, judge, Gene { kind, ..gene })?;
            }
            let (controller, pending) = holder(world, owner, pool::pending);
            if pending.is_zero() {
                return Ok(false);
            }
            // Mostly it waits for the time.
            if !gene.x.is_multiple_of(4) {
                world.pass(pool::until_fulfilment(scene.node.now()));
                judge.moved(world, Cause::Market)?;
            }
            judge.watch(world, &[], |_| {
                nothing(pool::fulfil(scene.node, scene.system, owner, controller))
            })
        }
        _ => {
            // Sometimes all that comes before comes now.
            if gene.y.is_multiple_of(2) && holder(world, owner, pool::claimable).1.is_zero() {
                let kind = Kind::PoolFulfil;
                in_pool(world, judge, Gene { kind, ..gene })?;
            }
            let (owner, claimable) = holder(world, owner, pool::claimable);
            if claimable.is_zero() {
                return Ok(false);
            }
            let shares = claimable / U256::from(1 + gene.x % 3);
            judge.watch(world, &[], |_| {
                nothing(pool::redeem(scene.node, scene.system, owner, shares))
            })
        }
    }
}

/// The owner, or the adversary's other one if only that one has any shares of a kind; and how many.
fn holder(
    world: &World<'_>,
    owner: Address,
    shares: impl Fn(&Node, &System, Address) -> U256,
) -> (Address, U256) {
    let scene = world.scene;
    let of = |owner| shares(scene.node, scene.system, owner);
    let others = scene.system.adversaries().into_iter();
    [owner]
        .into_iter()
        .chain(others)
        .map(|owner| (owner, of(owner)))
        .find(|(_, shares)| !shares.is_zero())
        .unwrap_or((owner, U256::ZERO))
}

/// An agent goes as far as it may with one parameter.
fn adjust(world: &mut World<'_>, judge: &mut Judge, gene: Gene) -> Result<bool, Violation> {
    let scene = world.scene;
    let corridors = setters::corridors(scene.system);
    let (subject, field, _) = corridors[usize::from(gene.x) % corridors.len()].clone();
    let call = IRiskSteward::windowsCall {
        subject: subject.clone(),
    };
    let windows = scene.node.view(scene.system.steward, &call);
    let window = &windows[usize::from(field)];
    let value = match gene.y % 3 {
        0 => window.lowest,
        1 => window.highest,
        _ => (window.lowest + window.highest) / U256::from(2),
    };
    let unit = U256::from(window.unit.max(1));
    let call = IRiskSteward::adjustCall {
        subject,
        changes: vec![IRiskSteward::Change {
            field,
            value: value / unit * unit,
        }],
    };
    judge.watch(world, &[], |_| {
        scene
            .node
            .send(scene.system.adversary(), scene.system.steward, &call)
    })
}

// ---- honest people

fn honest_move(world: &mut World<'_>, judge: &mut Judge, gene: Gene) -> Result<bool, Violation> {
    let place = gene.honest();
    let amount = share(judge.seen.accounts[place].capital, gene.x);
    let account = world.scene.system.accounts[place];
    judge.watch(world, &[], |world| match gene.y % 3 {
        0 => send(world, place, &IMarginVault::touchCall { account }),
        1 => convert(world, place, place),
        _ => withdraw(world, place, amount),
    })
}

/// Debts are closed, whoever is ill is taken over or, near debt, deleveraged; and every asset is poked.
fn keepers(world: &mut World<'_>, judge: &mut Judge, gene: Gene) -> Result<bool, Violation> {
    for place in 0..3 {
        judge.watch(world, &[], |world| world.poke(place))?;
    }
    let ill = ill(world, judge);
    let turns = (0..KEEPER).map(|turn| (turn + usize::from(gene.a)) % KEEPER);
    for place in turns.filter(|place| ill.contains(place)) {
        if judge.seen.accounts[place].face() < 0 {
            judge.watch(world, &[], |world| close_debt(world, place, KEEPER))?;
        } else {
            judge.watch(world, &[KEEPER], |world| {
                liquidate(world, place, KEEPER, WAD)
            })?;
        }
    }
    world.anchor();
    Ok(true)
}
