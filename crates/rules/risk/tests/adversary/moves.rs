//! What an adversary can do, and what happens around it: one gene is one step of a sequence.

use std::ops::Range;

use risk::{InstrumentId, Price, Ratio, Size, Store, Usd, WAD, math};

use crate::book::INSTRUMENTS;
use crate::bounds::Violation;
use crate::gene::{Weighted, share, signed};
use crate::invariants::closing_moves_nothing;
use crate::vault::{ADVERSARY, HONEST, KEEPER, SHOCK, dollars};
use crate::wealth::Judge;
use crate::world::{CALL, JUMPING, PUT, QUIET, World};

/// What a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// The jumping market moves.
    Jump,
    /// The quiet market moves a little.
    Drift,
    /// The thin market is moved.
    Pump,
    /// It returns.
    Revert,
    Wait,
    /// A series settles.
    Expire,
    /// A cover's allowance falls, or returns.
    Allow,
    /// A feed fails, or returns.
    Freeze,
    /// Honest accounts trade with one another.
    HonestTrade,
    /// They touch, convert or withdraw.
    HonestMove,
    /// Keepers close debts and liquidate who is ill.
    Keepers,
}

impl Weighted for Kind {
    const WEIGHTS: &'static [(Self, u32)] = &[
        (Self::TradeOwn, 22),
        (Self::TradeHonest, 14),
        (Self::Split, 5),
        (Self::Close, 7),
        (Self::Touch, 6),
        (Self::Rebucket, 2),
        (Self::Liquidate, 7),
        (Self::Deleverage, 12),
        (Self::Recover, 3),
        (Self::Convert, 8),
        (Self::ConvertOther, 1),
        (Self::Deposit, 4),
        (Self::Withdraw, 4),
        (Self::Transfer, 3),
        (Self::Flash, 2),
        (Self::List, 2),
        (Self::Distribute, 1),
        (Self::Harvest, 1),
        (Self::Jump, 14),
        (Self::Drift, 2),
        (Self::Pump, 6),
        (Self::Revert, 3),
        (Self::Wait, 12),
        (Self::Expire, 2),
        (Self::Allow, 2),
        (Self::Freeze, 2),
        (Self::HonestTrade, 8),
        (Self::HonestMove, 4),
        (Self::Keepers, 5),
    ];
    const ADVERSARY: usize = ADVERSARY.end;
    const HONEST: Range<usize> = HONEST;
    const INSTRUMENTS: usize = INSTRUMENTS;
}

/// One step of a sequence.
pub type Gene = crate::gene::Gene<Kind>;

/// Takes one step. Returns whether something changed.
pub fn step(world: &mut World, judge: &mut Judge, gene: Gene) -> Result<bool, Violation> {
    let (a, b, other) = (gene.own(), gene.other_own(), gene.anybody());
    let id = gene.instrument();
    let nobody = [false; INSTRUMENTS];
    match gene.kind {
        Kind::TradeOwn => {
            let size = size(world, gene, [a, b]);
            trade(world, judge, [a, b], id, size, price(world, gene))
        }
        Kind::TradeHonest => {
            let parties = if gene.x & 1 == 0 {
                [a, gene.honest()]
            } else {
                [gene.honest(), a]
            };
            let size = size(world, gene, parties);
            let mark = world.vault.feeds[id].mark;
            trade(world, judge, parties, id, size, mark)
        }
        Kind::Split => split(world, judge, gene),
        Kind::Close => close(world, judge, gene),
        Kind::Touch => {
            let wanted = world.vault.wanted(&[other]);
            judge.watch(&mut world.vault, &wanted, |vault| vault.touch(other, a))
        }
        Kind::Rebucket => first(gene, |id| {
            let wanted = world.vault.wanted(&[id]);
            judge.watch(&mut world.vault, &wanted, |vault| vault.rebucket(id, a))
        }),
        Kind::Liquidate => {
            let share = if gene.x & 1 == 0 {
                Ratio::ONE
            } else {
                Ratio(WAD / 65_536 * u128::from(gene.y) + 1)
            };
            let into = if gene.i.is_multiple_of(2) { a } else { 5 };
            first(gene, |id| liquidate(world, judge, id, into, share))
        }
        Kind::Deleverage => {
            let legs = [16, 1, 2, 16][usize::from(gene.x % 4)];
            first(gene, |id| deleverage(world, judge, id, legs, a))
        }
        Kind::Recover => {
            for turn in 0..3 {
                let id = [0, 3, 4][(usize::from(gene.i) + turn) % 3];
                if judge.watch(&mut world.vault, &nobody, |vault| vault.recover(id))? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Kind::Convert => convert(world, judge, a, a),
        Kind::ConvertOther => convert(world, judge, other, a),
        Kind::Deposit => {
            let amount = amount(world, gene);
            let into = if gene.y.is_multiple_of(8) { other } else { a };
            // One that pays off a debt is a touch.
            let wanted = if world.vault.book.account(into).in_debt() {
                world.vault.wanted(&[into])
            } else {
                nobody
            };
            judge.watch(&mut world.vault, &wanted, |vault| {
                vault.deposit(a, into, amount)
            })
        }
        Kind::Withdraw => {
            let capital = world.capital(a);
            let amount = Usd(share(capital.0, gene.x));
            let wanted = world.vault.wanted(&[a]);
            judge.watch(&mut world.vault, &wanted, |vault| {
                vault.withdraw(a, amount).map(drop)
            })
        }
        Kind::Transfer => {
            let amount = Usd(share(world.capital(a).0, gene.x));
            let wanted = world.vault.wanted(&[a]);
            judge.watch(&mut world.vault, &wanted, |vault| {
                vault.transfer(a, b, amount)
            })
        }
        Kind::Flash => flash(world, judge, gene),
        Kind::List => Ok(world.list([CALL, PUT][usize::from(gene.i & 1)])),
        Kind::Distribute => judge.watch(&mut world.vault, &nobody, |vault| vault.distribute()),
        Kind::Harvest => judge.watch(&mut world.vault, &nobody, |vault| vault.harvest()),
        Kind::Jump => {
            world.jump(JUMPING, signed(gene.x, 1_500));
            Ok(true)
        }
        Kind::Drift => {
            world.jump(QUIET, signed(gene.x, 10));
            Ok(true)
        }
        Kind::Pump => {
            world.pump(signed(gene.x, 1_500));
            Ok(true)
        }
        Kind::Revert => {
            world.revert();
            Ok(true)
        }
        Kind::Wait => {
            let seconds = [1, 30, 60, 120, 600, 1_200, 3_600, 21_600][usize::from(gene.x % 8)];
            world.wait(
                seconds,
                if gene.y & 1 == 0 {
                    0
                } else {
                    signed(gene.y, 10)
                },
            );
            Ok(true)
        }
        Kind::Expire => {
            judge.watch(&mut world.vault, &[true; INSTRUMENTS], |_| Ok(()))?;
            world.expire([CALL, PUT][usize::from(gene.i & 1)]);
            Ok(true)
        }
        Kind::Allow => {
            let percent = [0, 5, 20, 100][usize::from(gene.x % 4)];
            world.allow([0, 3, 4][usize::from(gene.i % 3)], percent);
            Ok(true)
        }
        Kind::Freeze => {
            world.freeze([0, 3, 4][usize::from(gene.i % 3)], gene.x.is_multiple_of(3));
            Ok(true)
        }
        Kind::HonestTrade => {
            let first = HONEST.start + usize::from(gene.a) % HONEST.len();
            if first == gene.honest() {
                return Ok(false);
            }
            let size = size(world, gene, [first, gene.honest()]);
            let mark = world.vault.feeds[id].mark;
            trade(world, judge, [first, gene.honest()], id, size, mark)
        }
        Kind::HonestMove => honest_move(world, judge, gene),
        Kind::Keepers => keepers(world, judge, gene),
    }
}

/// The first account, from the one that a gene names, that an operation works on; every other gene tries that one alone.
fn first(
    gene: Gene,
    mut operation: impl FnMut(usize) -> Result<bool, Violation>,
) -> Result<bool, Violation> {
    let turns = if gene.y & 1 == 0 { 1 } else { KEEPER };
    for turn in 0..turns {
        if operation((gene.anybody() + turn) % KEEPER)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// An amount to bring: for small accounts and large ones.
fn amount(world: &World, gene: Gene) -> Usd {
    let sizes = [1, 20_000, 60_000, 400_000, 5_000_000, 100_000_000];
    let amount = dollars(sizes[usize::from(gene.x % 6)]);
    amount.min(world.vault.around.outside[0])
}

/// A price within the band: the mark, one of its ends, or between.
fn price(world: &World, gene: Gene) -> Price {
    let mark = world.vault.feeds[gene.instrument()].mark.0;
    let distance = match gene.y % 4 {
        0 => 0,
        1 => 200,
        2 => -200,
        _ => i32::from(gene.y / 4) % 401 - 200,
    };
    let spot = world.spot(gene.instrument()).0 as i128;
    Price((mark as i128 + spot / 10_000 * i128::from(distance)).max(1) as u128)
}

/// What two accounts can trade: what the poorer one has margin for, or a part of it, and what covers leave room for.
fn size(world: &mut World, gene: Gene, parties: [usize; 2]) -> Size {
    let id = gene.instrument();
    if gene.x % 8 == 6 {
        let held = parties.map(|party| {
            let place = id as InstrumentId;
            world
                .vault
                .ask(|ledger| ledger.position(party, place))
                .size()
        });
        return held[usize::from(gene.x / 8 % 2)];
    }
    let equities = parties.map(|party| {
        world
            .vault
            .ask(|ledger| ledger.valued(party)?.mature_equity(ledger.now))
    });
    let equity = equities[0].min(equities[1]).or_zero().0.unsigned_abs();
    let rate = world.vault.book.maintenance[id].0 / 3 * 5 + 10 * WAD / 10_000;
    let room = room(world, id);
    let notional = math::mul_div_down(equity, WAD, rate).unwrap_or(0).min(room);
    let part = match gene.x % 8 {
        0..=2 => notional,
        3 | 4 => notional / 8_192 * u128::from(gene.x / 8),
        5 => notional / 10_u128.pow(1 + u32::from(gene.x / 8 % 7)),
        _ => notional / 2,
    };
    world.size(id, part)
}

/// Notional that an instrument's cover still lets in.
fn room(world: &World, id: usize) -> u128 {
    let book = &world.vault.book;
    let underlying = usize::from(book.underlying[id]);
    let open: u128 = (0..INSTRUMENTS)
        .filter(|&place| usize::from(book.underlying[place]) == underlying)
        .map(|place| {
            book.side(place as InstrumentId, risk::Side::Long)
                .open_interest
                .0
        })
        .sum();
    let beyond = SHOCK.0 - book.maintenance[underlying].0;
    let allowance = book.allowances[underlying].0.unsigned_abs();
    let most = math::mul_div_down(allowance, WAD, beyond).unwrap();
    let open = math::mul_div_up(open, world.spot(id).0, WAD).unwrap();
    most.saturating_sub(open) / 1_000 * 999
}

fn trade(
    world: &mut World,
    judge: &mut Judge,
    [buyer, seller]: [usize; 2],
    id: usize,
    size: Size,
    price: Price,
) -> Result<bool, Violation> {
    let mut wanted = world.vault.wanted(&[buyer, seller]);
    wanted[id] = true;
    wanted[usize::from(world.vault.book.underlying[id])] = true;
    judge.watch(&mut world.vault, &wanted, |vault| {
        vault.trade(buyer, seller, id as InstrumentId, size, price)
    })
}

fn split(world: &mut World, judge: &mut Judge, gene: Gene) -> Result<bool, Violation> {
    let (a, b, id) = (gene.own(), gene.other_own(), gene.instrument());
    let third = (0..).find(|&account| account != a && account != b).unwrap();
    let whole = size(world, Gene { x: 0, ..gene }, [a, b]);
    // Between 1e-4 and 1e-8 of it.
    let rest = (whole.0 as f64 * 10_f64.powf(-4.0 - f64::from(gene.y) / 16_384.0)) as u128;
    let most = Size(whole.0 - rest);
    let mark = world.vault.feeds[id].mark;
    let (first, second) = if gene.x & 1 == 0 {
        ([a, b], [a, third])
    } else {
        ([b, a], [third, a])
    };
    let done = trade(world, judge, first, id, most, mark)?;
    Ok(trade(world, judge, second, id, Size(rest), mark)? || done)
}

fn close(world: &mut World, judge: &mut Judge, gene: Gene) -> Result<bool, Violation> {
    let a = gene.own();
    let legs = world.vault.book.account(a).legs;
    let Some(&id) = legs
        .as_slice()
        .get(usize::from(gene.i) % legs.as_slice().len().max(1))
    else {
        return Ok(false);
    };
    let position = world.vault.ask(|ledger| ledger.position(a, id));
    let to_honest = gene.x & 1 == 0;
    let to = if to_honest {
        gene.honest()
    } else {
        gene.other_own()
    };
    let parties = if position.0 > 0 { [to, a] } else { [a, to] };
    let gene = Gene { i: id, ..gene };
    let price = if to_honest {
        world.vault.feeds[usize::from(id)].mark
    } else {
        price(world, gene)
    };
    trade(
        world,
        judge,
        parties,
        usize::from(id),
        position.size(),
        price,
    )
}

fn liquidate(
    world: &mut World,
    judge: &mut Judge,
    id: usize,
    into: usize,
    share: Ratio,
) -> Result<bool, Violation> {
    let wanted = world.vault.wanted(&[id, into]);
    judge.watch(&mut world.vault, &wanted, |vault| {
        vault.liquidate(id, into, share, into)
    })
}

fn deleverage(
    world: &mut World,
    judge: &mut Judge,
    id: usize,
    legs: usize,
    caller: usize,
) -> Result<bool, Violation> {
    let wanted = world.vault.wanted(&[id]);
    judge.watch(&mut world.vault, &wanted, |vault| vault.touch(id, caller))?;
    let known = world.vault.book.account(id).in_debt();
    let before = world.vault.missing();
    let debts = world.vault.book.totals().debt;
    let done = judge.watch(&mut world.vault, &wanted, |vault| {
        vault.deleverage(id, legs, caller)
    })?;
    if done && known {
        closing_moves_nothing(debts, before, world.vault.missing())?;
    }
    Ok(done)
}

fn convert(
    world: &mut World,
    judge: &mut Judge,
    id: usize,
    caller: usize,
) -> Result<bool, Violation> {
    let wanted = world.vault.wanted(&[id]);
    judge.weigh_conversion(&mut world.vault, id);
    judge.watch(&mut world.vault, &wanted, |vault| vault.convert(id, caller))
}

fn flash(world: &mut World, judge: &mut Judge, gene: Gene) -> Result<bool, Violation> {
    let a = gene.own();
    let nobody = [false; INSTRUMENTS];
    let amount = dollars(100_000_000).min(world.vault.around.outside[0]);
    judge.watch(&mut world.vault, &nobody, |vault| {
        vault.deposit(a, a, amount)
    })?;
    let kinds = [
        Kind::TradeOwn,
        Kind::Liquidate,
        Kind::Deleverage,
        Kind::Convert,
        Kind::Touch,
    ];
    let kind = kinds[usize::from(gene.y) % kinds.len()];
    step(world, judge, Gene { kind, ..gene })?;
    let wanted = world.vault.wanted(&[a]);
    judge.watch(&mut world.vault, &wanted, |vault| {
        vault.withdraw(a, amount).map(drop)
    })
}

fn honest_move(world: &mut World, judge: &mut Judge, gene: Gene) -> Result<bool, Violation> {
    let id = gene.honest();
    let amount = Usd(share(world.capital(id).0, gene.x));
    let wanted = world.vault.wanted(&[id]);
    judge.watch(&mut world.vault, &wanted, |vault| match gene.y % 3 {
        0 => vault.touch(id, id),
        1 => vault.convert(id, id),
        _ => vault.withdraw(id, amount).map(drop),
    })
}

/// Everybody is touched; debts are closed, whoever is ill is taken over or, near debt, deleveraged.
fn keepers(world: &mut World, judge: &mut Judge, gene: Gene) -> Result<bool, Violation> {
    for turn in 0..KEEPER {
        let id = (turn + usize::from(gene.a)) % KEEPER;
        if world.vault.book.account(id).legs.as_slice().is_empty()
            && !world.vault.book.account(id).in_debt()
        {
            continue;
        }
        let wanted = world.vault.wanted(&[id]);
        judge.watch(&mut world.vault, &wanted, |vault| vault.touch(id, KEEPER))?;
        if world.vault.book.account(id).in_debt() {
            deleverage(world, judge, id, 16, KEEPER)?;
        } else if world
            .vault
            .ask(|ledger| ledger.valued(id))
            .health
            .maintenance
            > Usd::ZERO
        {
            liquidate(world, judge, id, KEEPER, Ratio::ONE)?;
        }
    }
    world.anchor();
    Ok(true)
}
