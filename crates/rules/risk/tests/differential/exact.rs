//! The ledger's state in exact fractions, and the operations of the exact model on the ledger.

use std::collections::BTreeMap;

use ledger_model::{self as model, Exact, Operation};
use risk::{
    BUCKETS, Base, Bucket, Closing, Cumulative, Error, Ground, Index, InstrumentId, Price, Ratio,
    Result, Side, Size, Store, Usd, Valued,
};

use crate::common::{MAINTENANCE_RATE, POOL, Vault, unrewarded};

/// One, in the scale of a bucket's scale.
const SCALE_ONE: i128 = 10_i128.pow(27);
/// One, in the scale of a cumulative gain.
const CUMULATIVE_ONE: i128 = 10_i128.pow(21);

/// An unsigned number of units of 1e-18.
fn wad(units: u128) -> Exact {
    model::wad(units.try_into().unwrap())
}

/// The same vault in the exact model, to the last digit.
pub fn lift(vault: &Vault) -> model::Vault {
    let mut lifted = model::Vault::new(wad(MAINTENANCE_RATE.0));
    if !vault.memory.options.is_empty() {
        lifted.margin = model::hedged;
    }
    let totals = &vault.memory.totals;
    lifted.tokens = model::wad(totals.tokens.0);
    lifted.capital = model::wad(totals.capital.0);
    lifted.profit = model::wad(totals.profit.0);
    lifted.debt = model::wad(totals.debt.0);
    lifted.shortfall = model::wad(totals.shortfall.0);
    lifted.insurance = model::wad(vault.insurance.0);
    for (&id, prices) in &vault.memory.prices {
        let mut exact = model::Instrument {
            mark: wad(prices.mark.0),
            funding: model::wad(prices.funding.0),
            option: vault.memory.options.get(&id).copied(),
            is_settled: vault.memory.settled.contains(&id),
            ..model::Instrument::default()
        };
        for side in Side::BOTH {
            let long = side == Side::Long;
            let index = exact.index(long);
            *exact.side_mut(long) = lift_side(vault, id, side, &index);
        }
        lifted.instruments.insert(id, exact);
    }
    for (&id, account) in &vault.memory.accounts {
        // What is kept of a leg that was cut to nothing has no base.
        let held = account.legs.as_slice().iter();
        let legs = held.filter(|&&leg| vault.memory.leg(id, leg).base != Base::ZERO);
        let exact = model::Account {
            capital: model::wad(account.capital.0),
            pnl: model::wad(account.pnl.0),
            bucket: account.bucket.into(),
            legs: legs.map(|&leg| (leg, lift_leg(vault, id, leg))).collect(),
        };
        lifted.accounts.insert(id, exact);
    }
    lifted
}

fn lift_side(vault: &Vault, id: InstrumentId, side: Side, index: &Exact) -> model::Side {
    let state = vault.memory.side(id, side);
    let mut exact = model::Side {
        open_interest: wad(state.open_interest.0),
        offset: model::wad(state.offset.0),
        ..model::Side::default()
    };
    for number in 0..BUCKETS {
        let bucket = vault.memory.bucket(id, side, number.try_into().unwrap());
        let scale = Exact::new(bucket.scale.0.into(), SCALE_ONE.into());
        let drift = gain(bucket.drift);
        exact.buckets[number] = model::Bucket {
            gain: drift + &scale * index,
            scale,
            synced: index.clone(),
            base: wad(bucket.base.0),
            weight: weight(vault, (id, side, number.try_into().unwrap()), &bucket),
            epoch: bucket.epoch,
            ended: ended(vault, id, side, number.try_into().unwrap()),
        };
    }
    exact
}

fn gain(cumulative: Cumulative) -> Exact {
    Exact::new(cumulative.0.into(), CUMULATIVE_ONE.into())
}

/// M of a bucket that has legs, at least what they take along and a unit: so that it is never used up before they have left.
fn weight(vault: &Vault, (id, side, number): (InstrumentId, Side, u8), bucket: &Bucket) -> Exact {
    let legs = vault.memory.legs.keys().filter(|key| {
        let held = key.1 == id && vault.memory.leg(key.0, id).side == side;
        held && vault.memory.account(key.0).bucket == number
    });
    let parts = legs.map(|&(account, _)| {
        let leg = lift_leg(vault, account, id);
        if leg.epoch != bucket.epoch {
            return Exact::default();
        }
        let size = leg.base * Exact::new(bucket.scale.0.into(), SCALE_ONE.into());
        &size * &size / leg.joined
    });
    let parts: Exact = parts.sum();
    wad(bucket.weight.0).max(parts + wad(1))
}

/// K at the end of each epoch of a bucket.
fn ended(vault: &Vault, id: InstrumentId, side: Side, bucket: u8) -> BTreeMap<u32, Exact> {
    let key = (id, side == Side::Long, bucket);
    let epochs = vault.memory.ended.range((key, 0)..=(key, u32::MAX));
    epochs
        .map(|((_, epoch), ended)| (*epoch, gain(ended.cumulative)))
        .collect()
}

/// A leg, of an earlier epoch as it came into its bucket's: with the K at which it has gained what it did.
fn lift_leg(vault: &Vault, account: usize, id: InstrumentId) -> model::Leg {
    let leg = vault.memory.leg(account, id);
    let number = vault.memory.account(account).bucket;
    let bucket = vault.memory.bucket(id, leg.side, number);
    let (mut epoch, mut base, mut settled) = (leg.epoch, leg.base, gain(leg.settled));
    while epoch < bucket.epoch {
        let ended = vault.memory.ended(id, leg.side, number, epoch);
        if ended.emptied || base.divided() == Base::ZERO {
            break;
        }
        let gained = (gain(ended.cumulative) - settled) * wad(base.0);
        (epoch, base) = (epoch + 1, base.divided());
        settled = -gained / wad(base.0);
    }
    model::Leg {
        long: leg.side == Side::Long,
        bucket: number.into(),
        epoch,
        base: wad(base.0),
        joined: wad(leg.joined.0),
        settled,
    }
}

/// Runs an operation of the model on the ledger. Returns whether it was allowed.
///
/// # Errors
/// What the ledger refuses and the model does not.
pub fn apply(vault: &mut Vault, operation: &Operation) -> Result<bool> {
    match *operation {
        Operation::Poke { instrument, price } => {
            vault.poke(instrument, Price(price.unsigned_abs()))
        }
        Operation::Fund {
            instrument,
            paid_by_longs,
        } => vault.fund(instrument, Index(paid_by_longs)),
        Operation::Deposit { account, amount } => vault.deposit(account, Usd(amount)),
        Operation::Withdraw { account, amount } => {
            return match vault.withdraw(account, Usd(amount)) {
                Err(Error::InsufficientCapital) => Ok(false),
                result => result.map(|()| true),
            };
        }
        Operation::Convert { account } => vault.convert(account).map(drop),
        Operation::Touch { account, by_owner } => vault.touch(account, by_owner),
        Operation::Trade {
            buyer,
            seller,
            instrument,
            size,
            price,
        } => vault.trade(
            buyer,
            seller,
            instrument,
            Size(size.unsigned_abs()),
            Price(price.unsigned_abs()),
        ),
        Operation::Liquidate {
            account,
            into,
            penalty_rate,
        } => return vault.liquidate(account, into, Ratio(penalty_rate.unsigned_abs())),
        Operation::Deleverage {
            account,
            penalty_rate,
        } => {
            return deleverage(vault, account, Ratio(penalty_rate.unsigned_abs()));
        }
        Operation::Rebucket { account } => return rebucket(vault, account),
        Operation::Insure { amount } => {
            vault.insurance = vault.insurance.plus(Usd(amount))?;
            Ok(())
        }
        Operation::Recover => vault.recover_all(),
        Operation::Expire { instrument } => {
            vault.expire(instrument);
            Ok(())
        }
        Operation::Relist { instrument, price } => {
            return vault.relist(instrument, Price(price.unsigned_abs()));
        }
    }
    .map(|()| true)
}

/// Deleverages all legs at a penalty rate, however short the account has been in ill health.
fn deleverage(vault: &mut Vault, id: usize, rate: Ratio) -> Result<bool> {
    vault.run(|ledger| {
        let Valued {
            mut account,
            health,
            positions,
            ..
        } = ledger.touch(id, false)?;
        account.clock.unhealthy = u16::MAX;
        let Some(ground) = Ground::of(&account, &health, || Ok(Usd::MAX))? else {
            return Ok(false);
        };
        let weights = ledger.store.weights(&positions)?;
        let legs = (&account.legs, health.maintenance, weights);
        let plan = Closing::decide(ground, &health, legs, rate, false, 0)?;
        if ground == Ground::Debt {
            ledger.close(id, &account.legs, usize::MAX, &mut unrewarded())?;
            return Ok(true);
        }
        for &leg in account.legs.as_slice() {
            ledger.cut_leg(id, POOL, leg, plan.share, Size::MAX, plan.rate)?;
        }
        Ok(true)
    })
}

/// Somebody else moves an account up. To the model all epochs are one: no leg joins its own bucket anew.
fn rebucket(vault: &mut Vault, id: usize) -> Result<bool> {
    vault.touch(id, false)?;
    let up = |(old, valued): (u8, Valued)| match valued.account.bucket > old {
        true => Ok(()),
        false => Err(Error::NotDue),
    };
    match vault.run(|ledger| up(ledger.rebucket(id)?)) {
        Err(Error::NotDue) => Ok(false),
        result => result.map(|()| true),
    }
}

/// The account numbers of both agree.
const _: () = assert!(POOL == model::POOL);
