//! The invariants of the design (section 3), by number, and what is seen of a vault's accounts.

use risk::{Account, DEBT, InstrumentId, Side, Size, Store, Usd};

use crate::book::{ACCOUNTS, INSTRUMENTS};
use crate::bounds::{self, Kind, ROUNDING, Violation, hold, in_dollars};
use crate::vault::{KEEPER, MAX_REWARD, OUTFLOW, Vault, face_of, main_account};

/// Residue that rounding may leave in one sequence, in units of 1e-18 of size: 2 a join, leave, leg and renormalisation; 1e-21 of
/// the size a cut; 2^16 an emptying. At most 60 operations move 20 accounts' legs, of sizes up to 1e6.
const RESIDUE: u128 = 100_000_000;

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

/// Invariants 1, 2 and 3. Returns how worn the most worn bucket is, in decimal digits, and the value of what is residue.
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
            Kind::Residue,
            book.settled[place] || interest[0] == interest[1],
            || format!("open interest {interest:?} of {id}"),
        )?;
        for (side, open) in interest.into_iter().enumerate() {
            if book.settled[place] {
                continue;
            }
            let Size(open) = open;
            let residue = open.wrapping_sub(seen.sizes[place][side]);
            worn = worn.max(residue as f64 * book.prices(id).mark.0 as f64 / 1e36);
            hold(Kind::Residue, residue <= RESIDUE, || {
                format!("{} of {id} is nobody's", in_dollars(residue as i128))
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

/// Invariants 6, 7 and 9, once a sequence is over and every mark is fresh.
pub fn at_the_end(vault: &mut Vault) -> Result<(), Violation> {
    bounds::outflow(&vault.passages, OUTFLOW)?;
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
    bounds::covers(&there.0.payments)?;
    bounds::covers(&back.0.payments)?;
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
