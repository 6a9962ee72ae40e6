//! What insurance pays, on random books of debts with short covers, a short pool, rewards, haircuts and options: the ledger agrees
//! with the exact reference after every step, closing moves no h, and no order changes what is missing.

mod common;

use std::collections::BTreeMap;

use common::{UNLIMITED, Vault, usd, wad};
use ledger_model::{self as model, Exact, OptionTerms};
use num_traits::{Signed, ToPrimitive};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use risk::{Draw, InstrumentId, Legs, Price, Ratio, Size, Store, Usd, WAD};

const MARK: u128 = 100 * WAD;
/// By how much everything rises.
const RISE: u128 = 10;
/// Holds the other side of everything.
const WINNER: usize = 100;
/// Three underlyings, and an option on each of the first two.
const OPTIONS: [(InstrumentId, InstrumentId); 2] = [(70, 0), (71, 1)];
/// Rounding of a step, in units of 1e-18: records are kept to 1e-9, rewards to a micro-dollar.
const TOLERANCE: i128 = 20_000_000_000_000;

/// How many books; `RISK_BOOKS` and `RISK_SEED` set others.
fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |value| value.parse().unwrap())
}

/// A vault with debts that were just found, and the exact reference of its insurance.
#[derive(Clone)]
struct Book {
    vault: Vault,
    exact: model::Insurance,
    debtors: Vec<usize>,
    rewards: (Ratio, Usd),
}

impl Book {
    fn draw(random: &mut ChaCha8Rng) -> Self {
        let underlyings: InstrumentId = random.random_range(1..=3);
        let short = random.random_bool(0.4);
        let pool = if short {
            random.random_range(0..600)
        } else {
            1_000_000
        };
        let mut vault = Vault {
            insurance: usd(pool),
            ..Vault::default()
        };
        let mut listed: Vec<InstrumentId> = (0..underlyings).collect();
        for id in 0..underlyings {
            vault.list(id, Price(MARK));
            vault
                .memory
                .cover_sizes
                .insert(id, usd(random.random_range(0..500)));
        }
        for (id, underlying) in OPTIONS.into_iter().filter(|option| option.1 < underlyings) {
            let delta = 8;
            vault.list_option(id, Price(MARK), OptionTerms { underlying, delta });
            listed.push(id);
        }
        vault.deposit(WINNER, usd(1_000_000)).unwrap();
        let debtors: Vec<usize> = (0..random.random_range(1..6)).collect();
        for &debtor in &debtors {
            let mut lost = 0;
            for &id in &listed {
                if random.random_bool(0.6) || id == 0 {
                    let units = random.random_range(1..20);
                    lost += units * RISE.cast_signed();
                    let size = Size(units.unsigned_abs() * WAD);
                    vault.trade(WINNER, debtor, id, size, Price(MARK)).unwrap();
                }
            }
            let had = random.random_range(0..lost);
            if had > 0 {
                vault.deposit(debtor, usd(had)).unwrap();
            }
        }
        for &id in &listed {
            vault.poke(id, Price(MARK + RISE * WAD)).unwrap();
        }
        for &debtor in debtors.iter().chain([&WINNER]) {
            vault.touch(debtor, false).unwrap();
        }
        // Beside the others' draws.
        let mut apart = random.clone();
        if apart.random_bool(0.3) {
            vault.recorded = Some(usd(apart.random_range(0..300)));
        }
        let share = random.random_range(0..3) * WAD / 10;
        let most = usd(random.random_range(0..40));
        let mut book = Self {
            exact: model::Insurance {
                pool: model::wad(vault.insurance.0),
                recorded: vault.recorded.map(|size| model::wad(size.0)),
                covers: vault
                    .memory
                    .cover_sizes
                    .iter()
                    .map(|(&id, size)| (id, model::wad(size.0)))
                    .collect(),
                ..model::Insurance::default()
            },
            vault,
            debtors,
            rewards: (Ratio(share), most),
        };
        for debtor in book.debtors.clone() {
            let parts = book.parts(debtor);
            book.exact.debts.insert(debtor, parts);
        }
        book
    }

    /// The parts of an account's debt, to the last digit.
    fn parts(&self, debtor: usize) -> BTreeMap<InstrumentId, Exact> {
        let memory = &self.vault.memory;
        let debt = memory.account(debtor).pnl.deficit().unwrap();
        let parts = memory.attribution(debtor).parts(debt).unwrap();
        parts
            .iter()
            .map(|(id, part)| (id, model::wad(part.0)))
            .collect()
    }

    /// Profit is converted below one: what it gives up pays for debts, open or written off.
    fn haircut(&mut self, percent: i128) {
        let profit = Usd(self.vault.memory.account(WINNER).pnl.0 / 100 * percent);
        self.vault
            .memory
            .accounts
            .get_mut(&WINNER)
            .unwrap()
            .maturing = Default::default();
        let converted = self
            .vault
            .run(|ledger| ledger.convert(WINNER, profit))
            .unwrap();
        let haircut = converted.profit.minus(converted.received).unwrap();
        self.exact.haircut(&model::wad(haircut.0));
        self.exact.shorten();
        self.compare();
    }

    /// Closes at most `count` legs of an account, those that are closable, one by one or at once. What closing does to W, it does not.
    fn close(&mut self, debtor: usize, closable: &Legs, count: usize) {
        let missing = self.vault.missing();
        let mut at_once = self.vault.clone();
        let mut draw = self.unpaid();
        let close = |vault: &mut Vault, count, draw: &mut Draw| {
            vault
                .run(|ledger| ledger.close(debtor, closable, count, draw))
                .unwrap()
        };
        close(&mut at_once, count, &mut draw);
        for _ in 0..count {
            if !self.vault.memory.account(debtor).in_debt() {
                break;
            }
            let mut draw = self.unpaid();
            close(&mut self.vault, 1, &mut draw);
            self.follow(debtor, &draw);
        }
        let moved = self.vault.missing().0.abs_diff(missing.0);
        assert!(moved < 1_000_000, "closing moves no h: {moved}");
        let apart = at_once.missing().0.abs_diff(missing.0);
        assert!(
            apart < 1_000_000,
            "whatever the number of legs a call: {apart}"
        );
        self.vault.check();
    }

    fn unpaid(&self) -> Draw {
        let (reward_share, reward_left) = self.rewards;
        Draw {
            unit: Usd(1),
            reward_share,
            reward_left,
            ..Draw::default()
        }
    }

    /// The reference writes off what the ledger has written off, in the same order.
    fn follow(&mut self, debtor: usize, draw: &Draw) {
        // Deficits come in the order of rewards, where there are any.
        for (id, insured) in draw.insured.iter() {
            let deficit = draw.deficits.get(id);
            let paid = self.exact.close(debtor, id, &model::wad(deficit.0));
            near("paid", insured.0, &paid);
        }
        for (id, reward) in draw.rewards.iter() {
            let paid = self.exact.reward(id, &model::wad(reward.0));
            near("reward", reward.0, &paid);
        }
        self.exact.shorten();
        // Rounding of a unit has moved parts that stay.
        let after = self.parts(debtor);
        self.exact.debts.insert(debtor, after);
    }

    fn recover(&mut self, id: InstrumentId) {
        let missing = self.vault.missing();
        let paid = self.vault.recover(id).unwrap();
        near("recovered", paid.0, &self.exact.recover(id));
        self.exact.shorten();
        assert!(self.vault.missing() <= missing);
        self.compare();
    }

    fn advance(&mut self, seconds: u64) {
        self.vault.now += seconds;
        self.exact.advance(seconds);
        self.exact.shorten();
        self.compare();
    }

    /// Everything that both keep agrees, and invariants hold.
    fn compare(&self) {
        let memory = &self.vault.memory;
        near(
            "shortfall",
            memory.totals.shortfall.0,
            &self.exact.shortfall,
        );
        near("debt", memory.totals.debt.0, &self.exact.debt());
        near("pool", self.vault.insurance.0, &self.exact.pool);
        near("missing", self.vault.missing().0, &self.exact.missing());
        for &id in self.exact.covers.keys() {
            let debts = memory.debts(id);
            near("known", debts.known.0, &self.exact.known(id));
            let record = memory.records.unpaid_of(&debts).unwrap();
            let expected = self.exact.records.get(&id).cloned().unwrap_or_default();
            near("record", record.0, &expected);
            let cover = self.vault.ask(|ledger| ledger.cover_of(id)).unwrap();
            near("room", cover.room().unwrap().0, &self.exact.room(id));
            let rewards = cover.reward_room().unwrap();
            near("room for rewards", rewards.0, &self.exact.reward_room(id));
        }
        self.vault.check();
    }

    fn legs(&self, debtor: usize) -> Legs {
        self.vault.memory.account(debtor).legs
    }

    fn underlyings(&self) -> Vec<InstrumentId> {
        self.exact.covers.keys().copied().collect()
    }
}

fn near(what: &str, got: i128, exact: &Exact) {
    let off = (model::wad(got) - exact).abs() * Exact::from_integer(WAD.into());
    let off = off.to_i128().unwrap();
    assert!(
        off <= TOLERANCE,
        "{what}: {got} instead of {exact}, {off} off"
    );
}

/// Closes every debt, an account or some legs of it at a time, some of them frozen at first, in a random order.
fn close_all(book: &mut Book, random: &mut ChaCha8Rng, recovering: bool) {
    let mut open = book.debtors.clone();
    while !open.is_empty() {
        open.shuffle(random);
        let debtor = open[0];
        let mut closable = book.legs(debtor);
        for &leg in book.legs(debtor).as_slice() {
            if random.random_bool(0.2) {
                closable.remove(leg);
            }
        }
        let count = random.random_range(1..6);
        book.close(debtor, &closable, count);
        if book.vault.memory.account(debtor).in_debt() {
            book.vault
                .run(|ledger| ledger.set_stuck(debtor, false))
                .unwrap();
        } else {
            open.retain(|&other| other != debtor);
        }
        if recovering && random.random_bool(0.5) {
            let ids = book.underlyings();
            book.recover(ids[random.random_range(0..ids.len())]);
        }
    }
}

#[test]
fn no_order_of_closings_and_recoveries_changes_what_is_missing() {
    let (books, seed) = (setting("RISK_BOOKS", 2_000), setting("RISK_SEED", 1));
    println!("RISK_BOOKS={books} RISK_SEED={seed}");
    let (mut short_covers, mut short_pools, mut credits, mut rewards) = (0, 0, 0, 0);
    for number in 0..books {
        let mut random = ChaCha8Rng::seed_from_u64(seed + number);
        let mut start = Book::draw(&mut random);
        if random.random_bool(0.5) {
            start.haircut(random.random_range(0..100));
            credits += u64::from(start.vault.memory.totals.shortfall < Usd::ZERO);
        }
        let recovering = random.random_bool(0.5);
        if recovering {
            // What is paid as a reward is not there to recover.
            start.rewards = (Ratio::ZERO, Usd::ZERO);
        }
        let insured = start.exact.insured();
        short_covers += u64::from(insured < start.exact.debt());
        short_pools += u64::from(start.exact.pool < insured);
        let mut results = Vec::new();
        for _ in 0..3 {
            let mut book = start.clone();
            close_all(&mut book, &mut random, recovering);
            book.compare();
            if recovering {
                let mut ids = book.underlyings();
                ids.shuffle(&mut random);
                ids.into_iter().for_each(|id| book.recover(id));
            }
            rewards += u64::from(book.exact.rewarded.values().any(Exact::is_positive));
            results.push((book.vault.missing().0, book));
        }
        // A credit of haircuts is taken by what is closed first: whose record stays, and what its cover has for it, is then its order's.
        let one_record = !recovering || start.vault.memory.totals.shortfall >= Usd::ZERO;
        for (missing, _) in results.iter().filter(|_| one_record) {
            let off = missing.abs_diff(results[0].0);
            assert!(off < TOLERANCE.unsigned_abs(), "book {number}: {off}");
        }
        // Time passes, profits are cut, and covers pay what they have again.
        let (_, mut book) = results.remove(0);
        for _ in 0..3 {
            book.haircut(random.random_range(0..30));
            book.advance(random.random_range(0..100 * 86_400));
            let mut ids = book.underlyings();
            ids.shuffle(&mut random);
            ids.into_iter().for_each(|id| book.recover(id));
        }
    }
    println!(
        "{short_covers} books with short covers, {short_pools} with a short pool, {credits} with a credit of haircuts; rewards in \
         {rewards} of {} closings",
        3 * books
    );
    for count in [short_covers, short_pools, credits, rewards] {
        assert!(count * 20 > books, "too few: {count}");
    }
}

/// Invariant 8 over every path that pays: closing, recovering after a day or a season, and rewards.
#[test]
fn insurance_pays_at_most_a_cover_at_once_and_two_in_ninety_days() {
    const WINDOW: u64 = 90 * 86_400;
    let seed = setting("RISK_SEED", 1);
    println!("RISK_SEED={seed}");
    let (mut paid_in_all, mut tightest) = (0, 0.0_f64);
    for number in 0..200 {
        let mut random = ChaCha8Rng::seed_from_u64(seed + number);
        let mut book = Book::draw(&mut random);
        book.vault.insurance = UNLIMITED;
        book.exact.pool = model::wad(UNLIMITED.0);
        book.rewards = (Ratio(10 * WAD), usd(1_000));
        let mut log: Vec<(u64, InstrumentId, i128)> = Vec::new();
        let mut paid = |book: &mut Book, action: &mut dyn FnMut(&mut Book)| {
            let used = |book: &Book| -> BTreeMap<InstrumentId, Exact> {
                let all = book.exact.covers.keys();
                all.map(|&id| (id, book.exact.room(id) + book.exact.reward_room(id)))
                    .collect()
            };
            let before = used(book);
            action(book);
            for (id, left) in used(book) {
                let amount = (&before[&id] - left) * Exact::from_integer(WAD.into());
                log.push((book.vault.now, id, amount.to_i128().unwrap()));
            }
        };
        paid(&mut book, &mut |book| {
            close_all(book, &mut random.clone(), false)
        });
        for _ in 0..12 {
            let ids = book.underlyings();
            for &id in &ids {
                paid(&mut book, &mut |book| book.recover(id));
            }
            book.advance(random.random_range(0..40 * 86_400));
        }
        for &(end, id, _) in &log {
            let cover = book.vault.memory.cover_sizes[&id].0;
            let entries = log.iter().filter(|entry| entry.1 == id);
            let at_once: i128 = entries
                .clone()
                .filter(|entry| entry.0 == end)
                .map(|entry| entry.2)
                .sum();
            let recent = entries.filter(|entry| entry.0 <= end && end - entry.0 <= WINDOW);
            let season: i128 = recent.map(|entry| entry.2).sum();
            assert!(at_once <= cover + TOLERANCE, "{at_once} of {cover}");
            assert!(season <= 2 * cover + TOLERANCE, "{season} of {cover}");
            paid_in_all += at_once;
            if cover > 0 {
                tightest = tightest.max(season as f64 / cover as f64);
            }
        }
    }
    println!("at most {tightest:.3} covers within ninety days");
    assert!(paid_in_all > wad(1_000) && tightest > 1.2);
}

/// What the pool is told that insurance would pay of what is known is what it pays, in whatever order that is asked for; and no more
/// where haircuts have paid for debts that are open.
#[test]
fn what_is_due_is_what_insurance_then_pays() {
    let (books, seed) = (setting("RISK_BOOKS", 2_000) / 4, setting("RISK_SEED", 1));
    println!("RISK_BOOKS={books} RISK_SEED={seed}");
    let (mut dues, mut with_records, mut credits) = (0, 0, 0);
    for number in 0..books {
        let mut random = ChaCha8Rng::seed_from_u64(seed + number);
        let mut book = Book::draw(&mut random);
        book.vault.insurance = UNLIMITED;
        book.exact.pool = model::wad(UNLIMITED.0);
        book.rewards = (Ratio::ZERO, Usd::ZERO);
        // Some debts are on record already, and covers have drained since.
        let written_off = book.debtors.split_off(book.debtors.len() / 2);
        let open = std::mem::replace(&mut book.debtors, written_off);
        close_all(&mut book, &mut random, false);
        book.debtors = open;
        if random.random_bool(0.5) {
            book.haircut(random.random_range(0..100));
        }
        book.advance(random.random_range(0..60 * 86_400));
        let [deficit, closable, due] = book
            .vault
            .ask(|ledger| ledger.claims(ledger.store.stuck()))
            .unwrap();
        let (totals, had) = (&book.vault.memory.totals, book.vault.insurance);
        assert_eq!(closable, totals.debt);
        assert_eq!(deficit.0, (totals.debt.0 + totals.shortfall.0).max(0));
        let is_credit = totals.shortfall < Usd::ZERO;
        with_records += u64::from(totals.shortfall > Usd::ZERO && closable > Usd::ZERO);
        close_all(&mut book, &mut random, true);
        let mut ids = book.underlyings();
        ids.shuffle(&mut random);
        ids.into_iter().for_each(|id| book.recover(id));
        let paid = had.minus(book.vault.insurance).unwrap();
        assert!(paid.0 <= due.0 + TOLERANCE, "{paid:?} of {due:?}");
        assert!(
            is_credit || paid.0 >= due.0 - TOLERANCE,
            "{paid:?} of {due:?}"
        );
        credits += u64::from(is_credit);
        dues += u64::from(due > Usd::ZERO);
    }
    assert!(dues * 2 > books && with_records * 10 > books && credits * 20 > books);
}

/// Debts that wait for a frozen leg are neither closable nor due.
#[test]
fn what_is_stuck_is_not_due() {
    for number in 0..200 {
        let mut random = ChaCha8Rng::seed_from_u64(number);
        let mut book = Book::draw(&mut random);
        let debtors = book.debtors.clone();
        let mut closable = book.vault.memory.totals.debt;
        for debtor in debtors {
            let debt = book.vault.memory.account(debtor).pnl.deficit().unwrap();
            book.vault
                .run(|ledger| ledger.set_stuck(debtor, true))
                .unwrap();
            closable = closable.minus(debt).unwrap();
            let claims = book
                .vault
                .ask(|ledger| ledger.claims(ledger.store.stuck()))
                .unwrap();
            assert_eq!(claims[0], book.vault.memory.totals.debt);
            assert_eq!(claims[1], closable);
            assert!(claims[2] <= closable);
        }
        assert_eq!(closable, Usd::ZERO);
    }
}

/// Whoever joins over a record pays for new debts with all that it has brought, and for the record no more than the pool paid without
/// it: what was left of the cover of before, and what drains of that.
#[test]
fn what_is_on_record_is_paid_by_a_cover_as_large_as_before_the_deposits() {
    const SEASON: u64 = 90 * 86_400;
    let mut vault = Vault {
        insurance: usd(10_000),
        ..Vault::default()
    };
    vault.list(0, Price(MARK));
    vault.memory.cover_sizes.insert(0, usd(100));
    vault.deposit(WINNER, usd(1_000_000)).unwrap();
    let owe = |vault: &mut Vault, debtor: usize| {
        let price = vault.mark(0);
        vault
            .trade(WINNER, debtor, 0, Size(40 * WAD), price)
            .unwrap();
        vault.poke(0, Price(price.0 + RISE * WAD)).unwrap();
        vault.touch(debtor, false).unwrap();
        let mut draw = Draw {
            unit: Usd(1),
            ..Draw::default()
        };
        let legs = vault.memory.account(debtor).legs;
        vault
            .run(|ledger| ledger.close(debtor, &legs, 16, &mut draw))
            .unwrap();
        draw.insured.get(0)
    };
    assert_eq!(owe(&mut vault, 0), usd(90)); // of 400
    // The pool grows to ten times what it had, and covers with it.
    vault.memory.cover_sizes.insert(0, usd(1_000));
    vault.recorded = Some(usd(100));
    let due = |vault: &Vault| vault.ask(|ledger| ledger.claims(Usd::ZERO)).unwrap();
    assert_eq!(due(&vault), [usd(310), Usd::ZERO, Usd::ZERO]);
    assert_eq!(vault.recover(0), Ok(Usd::ZERO));
    vault.now += SEASON / 10;
    assert_eq!(due(&vault)[2], usd(9));
    assert_eq!(vault.recover(0), Ok(usd(9)));
    // It drains as before, although the cover has been larger since.
    vault.now += SEASON / 10;
    assert_eq!(vault.recover(0), Ok(usd(9)));
    // A new debt is insured by all of the cover that is left: 900, less 90.
    assert_eq!(owe(&mut vault, 1), usd(400));
    assert_eq!(vault.recover(0), Ok(Usd::ZERO));
    // With a cover of nothing before them, deposits pay nothing of it, whenever.
    vault.recorded = Some(Usd::ZERO);
    vault.now += 10 * SEASON;
    assert_eq!(due(&vault)[2], Usd::ZERO);
    assert_eq!(vault.recover(0), Ok(Usd::ZERO));
    // Once nothing limits it, the rest is paid.
    vault.recorded = None;
    assert_eq!(vault.recover(0), Ok(usd(292)));
}
