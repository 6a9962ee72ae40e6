//! The invariants of the design (section 3), by number, and what is seen of a vault's accounts.

use std::fmt;

use risk::{Account, DEBT, InstrumentId, Side, Size, Store, Usd};

use crate::book::{ACCOUNTS, INSTRUMENTS};
use crate::vault::{HONEST, KEEPER, MAX_REWARD, OUTFLOW, Vault, face_of, main_account};
use crate::wealth::{ROUNDING, in_dollars};

/// Dust that rounding may declare in one sequence, in units of 1e-18 of size: 2 a join, leave, leg and renormalisation; 1e-21 of
/// the size a cut; 2^16 an emptying. At most 60 operations move 20 accounts' legs, of sizes up to 1e6.
const DUST: u128 = 100_000_000;
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;
const COVER_WINDOW: u64 = 90 * DAY;

/// What was violated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An account has more than the rules gave it.
    Theft,
    /// Accounts together have more or less than the rules gave them.
    Lost,
    /// An operation was refused because a number did not fit.
    Overflow,
    /// Profit of the manipulated market is convertible too early.
    Early,
    /// Invariant 1: totals and conservation.
    Conservation,
    /// Invariant 2: capital is backed.
    Backing,
    /// Invariant 3: long is short, up to declared dust.
    Dust,
    /// Invariant 6: one result, whatever the order.
    Order,
    /// Invariant 7: claims are at most what there is.
    Claims,
    /// Invariant 8: what insurance pays.
    Cover,
    /// Invariant 9: what leaves.
    Outflow,
}

/// What a sequence of operations must not do, and did.
#[derive(Clone, Debug)]
pub struct Violation {
    pub kind: Kind,
    pub detail: String,
}

impl Violation {
    pub fn new(kind: Kind, detail: impl fmt::Display) -> Self {
        Self {
            kind,
            detail: detail.to_string(),
        }
    }
}

fn hold(kind: Kind, holds: bool, detail: impl FnOnce() -> String) -> Result<(), Violation> {
    if holds {
        Ok(())
    } else {
        Err(Violation::new(kind, detail()))
    }
}

/// Every account as it is with all its legs settled.
#[derive(Clone, Debug)]
pub struct Seen {
    /// C + P.
    pub faces: [i128; ACCOUNTS],
    /// C + P at its worth.
    pub equities: [i128; ACCOUNTS],
    pub settled: [Account; ACCOUNTS],
    /// Sizes of the legs of each side: long, short.
    sizes: [[u128; 2]; INSTRUMENTS],
}

impl Seen {
    pub fn of(vault: &mut Vault) -> Self {
        let mut seen = Self {
            faces: [0; ACCOUNTS],
            equities: [0; ACCOUNTS],
            settled: [Account::default(); ACCOUNTS],
            sizes: [[0; 2]; INSTRUMENTS],
        };
        vault.ask(|ledger| {
            for account in 0..ACCOUNTS {
                let valued = ledger.valued(account)?;
                seen.faces[account] = face_of(&valued);
                seen.equities[account] = valued.health.equity.0;
                seen.settled[account] = valued.account;
                for (id, position) in valued.positions.iter() {
                    let side = usize::from(position.0 < 0);
                    seen.sizes[usize::from(id)][side] += position.size().0;
                }
            }
            Ok(())
        });
        seen
    }
}

/// Invariants 1, 2 and 3. Returns how worn the most worn bucket is, in decimal digits, and the value of what is dust.
pub fn state(vault: &Vault, seen: &Seen) -> Result<f64, Violation> {
    let book = &vault.book;
    let totals = book.totals();
    let sum = |part: fn(&Account) -> i128| book.accounts.iter().map(part).sum::<i128>();
    let same = [
        (totals.capital.0, sum(|account| account.capital.0)),
        (totals.profit.0, sum(|account| account.pnl.0.max(0))),
        (totals.debt.0, sum(|account| (-account.pnl.0).max(0))),
    ];
    hold(Kind::Conservation, same.iter().all(|(a, b)| a == b), || {
        format!("totals {same:?}")
    })?;
    hold(Kind::Backing, totals.capital <= totals.tokens, || {
        format!("{totals:?}")
    })?;
    let claims: i128 = seen.faces.iter().sum();
    let beyond = totals.tokens.0 + totals.shortfall.0 - claims;
    let holds = (-ROUNDING..100 * ROUNDING).contains(&beyond);
    hold(Kind::Conservation, holds, || {
        format!("the vault holds {} beyond all claims", in_dollars(beyond))
    })?;
    let mut worn = 0.0_f64;
    for id in 0..INSTRUMENTS as InstrumentId {
        let place = usize::from(id);
        let interest = Side::BOTH.map(|side| book.side(id, side).open_interest);
        hold(
            Kind::Dust,
            book.settled[place] || interest[0] == interest[1],
            || format!("open interest {interest:?} of {id}"),
        )?;
        for (side, open) in interest.into_iter().enumerate() {
            if book.settled[place] {
                continue;
            }
            let Size(open) = open;
            let dust = open.wrapping_sub(seen.sizes[place][side]);
            worn = worn.max(dust as f64 * book.prices(id).mark.0 as f64 / 1e36);
            hold(Kind::Dust, dust <= DUST, || {
                format!("{} of {id} is nobody's", in_dollars(dust as i128))
            })?;
            for bucket in &book.buckets[place][side] {
                if !bucket.is_empty() {
                    let size = bucket.size().unwrap_or_default().0 as f64;
                    let value = size * book.prices(id).mark.0 as f64 / 1e36;
                    let digits = 27.0 - (bucket.scale.0 as f64).log10();
                    worn = worn.max(digits + value.ln_1p() / 20.0);
                }
            }
        }
    }
    Ok(worn)
}

/// Invariant 8. Returns the largest share of a cover that was used up.
pub fn covers(vault: &Vault) -> Result<f64, Violation> {
    let mut worst = 0.0_f64;
    let Some(last) = vault.payments.last() else {
        return Ok(worst);
    };
    let of_it = || {
        vault
            .payments
            .iter()
            .filter(|payment| payment.instrument == last.instrument)
    };
    let (mut at_once, mut in_window) = (0, 0);
    for payment in of_it() {
        let age = last.time - payment.time;
        in_window += if age <= COVER_WINDOW {
            payment.amount.0
        } else {
            0
        };
        at_once += if age == 0 { payment.amount.0 } else { 0 };
    }
    let whole = of_it().map(|payment| payment.whole.0).max().unwrap_or(0);
    worst = worst.max(at_once as f64 / whole.max(1) as f64);
    hold(Kind::Cover, at_once <= whole + ROUNDING, || {
        let (paid, whole) = (in_dollars(at_once), in_dollars(whole));
        format!(
            "{paid} at once for {}, whose cover is {whole}",
            last.instrument
        )
    })?;
    hold(Kind::Cover, in_window <= 2 * whole + ROUNDING, || {
        let (paid, whole) = (in_dollars(in_window), in_dollars(whole));
        format!(
            "{paid} in 90 days for {}, whose cover is {whole}",
            last.instrument
        )
    })?;
    Ok(worst)
}

/// Invariants 6, 7 and 9, once a sequence is over and every mark is fresh.
pub fn at_the_end(vault: &mut Vault) -> Result<(), Violation> {
    outflow(vault)?;
    for account in 0..ACCOUNTS {
        // A touch that is refused would be an overflow; the sum below would then differ.
        let _ = vault.touch(account, KEEPER);
    }
    let seen = Seen::of(vault);
    state(vault, &seen)?;
    claims(vault, &seen)?;
    orders(vault)
}

/// Invariant 7, of accounts that have all been touched.
fn claims(vault: &mut Vault, seen: &Seen) -> Result<(), Violation> {
    let totals = vault.book.totals();
    let insured = vault.insured().0;
    let claims: i128 = seen.equities.iter().map(|&equity| equity.max(0)).sum();
    let beyond = claims - totals.tokens.0 - insured;
    hold(Kind::Claims, beyond <= ROUNDING, || {
        format!("claims exceed what there is by {}", in_dollars(beyond))
    })
}

/// Invariant 6: what is missing and what the pool has left, in two orders of closing.
fn orders(vault: &Vault) -> Result<(), Violation> {
    let broke: Vec<_> = (0..ACCOUNTS)
        .filter(|&account| vault.book.accounts[account].bucket == DEBT)
        .collect();
    // What an account in debt is rewarded with pays its own debt, which then is not missing.
    let may_be_rewarded = broke
        .iter()
        .any(|&account| main_account(account) == account);
    if broke.is_empty() || may_be_rewarded {
        return Ok(());
    }
    let close = |order: &[usize], legs| {
        let mut copy = vault.clone();
        for round in 0..16 {
            for &account in order {
                if round == 0 || legs < 16 {
                    let _ = copy.deleverage(account, legs, KEEPER);
                }
            }
        }
        // A reward pays for what margin is closed, of which whoever is closed first leaves others less.
        let rewards = copy.payments.iter().filter(|payment| payment.reward);
        let rewards: i128 = rewards.map(|payment| payment.amount.0).sum();
        let debts = copy.book.totals().debt.0;
        let pool = copy.around.purse.tokens.0 + rewards;
        let numbers = [copy.missing().0, debts, pool];
        (copy, numbers)
    };
    let most = rounding_of(vault.book.totals().debt);
    let backwards: Vec<_> = broke.iter().rev().copied().collect();
    let (there, back) = (close(&broke, 16), close(&backwards, 1));
    covers(&there.0)?;
    covers(&back.0)?;
    let same = there
        .1
        .iter()
        .zip(back.1)
        .all(|(a, b)| (a - b).abs() <= most);
    hold(Kind::Order, same, || {
        format!(
            "missing, owed and the pool's: {:?} or {:?}",
            there.1.map(in_dollars),
            back.1.map(in_dollars)
        )
    })
}

/// Closing a known debt moves no coverage ratio: what is missing before and after it. A reward that is paid to an account in debt
/// pays that debt.
pub fn closing_moves_nothing(debts: Usd, before: Usd, after: Usd) -> Result<(), Violation> {
    let rise = after.0 - before.0;
    let most = rounding_of(debts);
    let holds = (-MAX_REWARD.0 - most..=most).contains(&rise);
    hold(Kind::Order, holds, || {
        format!(
            "closing a debt raises what is missing by {}",
            in_dollars(rise)
        )
    })
}

/// What dividing debts among instruments may be rounded by: shares have 26 bits, and payments are in whole units of the token.
fn rounding_of(debts: Usd) -> i128 {
    100 * ROUNDING + debts.0 / (1 << 24)
}

/// Invariant 9: in every hour and day, what leaves beyond what its owner has brought within two days is at most the cap.
fn outflow(vault: &Vault) -> Result<(), Violation> {
    for (at, end) in vault.passages.iter().enumerate() {
        if end.amount >= Usd::ZERO {
            continue;
        }
        for (window, rate) in [(HOUR, OUTFLOW.hourly), (DAY, OUTFLOW.daily)] {
            let mut left = 0;
            let mut largest = 0;
            for owner in owners() {
                let gone: i128 = vault.passages[..=at]
                    .iter()
                    .filter(|passage| passage.owner == owner && passage.amount < Usd::ZERO)
                    .filter(|passage| passage.time + window >= end.time)
                    .map(|passage| -passage.amount.0)
                    .sum();
                let brought: i128 = vault.passages[..=at]
                    .iter()
                    .filter(|passage| passage.owner == owner && passage.amount > Usd::ZERO)
                    .filter(|passage| passage.time + window + 2 * DAY >= end.time)
                    .map(|passage| passage.amount.0)
                    .sum();
                left += (gone - brought).max(0);
            }
            for passage in &vault.passages[..=at] {
                largest = largest.max(passage.tokens.0);
            }
            let cap = Usd(largest)
                .times_up(rate)
                .unwrap()
                .0
                .max(1_000_000 * 1_000_000_000_000_000_000);
            hold(Kind::Outflow, left <= cap + ROUNDING, || {
                format!("{} left within {window} s", in_dollars(left))
            })?;
        }
    }
    Ok(())
}

/// Everybody who may withdraw.
fn owners() -> impl Iterator<Item = usize> {
    core::iter::once(0).chain(HONEST).chain([KEEPER])
}
