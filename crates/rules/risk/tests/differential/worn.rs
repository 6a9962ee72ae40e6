//! Sequences that wear buckets down: giants are closed against the bucket that dwarfs are in too, again and again, so that bases
//! are divided while legs sleep, are touched, grow or go. To the exact model a bucket's epochs are one.

use ledger_model::{self as model, Exact, Operation, WAD, floor_wad};
use risk::Price;

use crate::common::Vault;
use crate::compare::{Furthest, Tolerance, compare};
use crate::{Settings, Tally, exact, settle_parties};

const MARK: i128 = 100;
const DWARFS: usize = 6;
/// A giant that stays, long.
const GIANT: usize = 10;
/// From here on, a giant short each round.
const SHORTS: usize = 20;
const ROUNDS: usize = 9;

/// Draws numbers: a linear congruential generator.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn dwarf(&mut self) -> usize {
        usize::try_from(self.below(DWARFS as u64)).unwrap()
    }
}

fn trade(buyer: usize, seller: usize, size: i128) -> Operation {
    Operation::Trade {
        buyer,
        seller,
        instrument: 0,
        size,
        price: MARK * WAD,
    }
}

fn poke(price: i128) -> Operation {
    Operation::Poke {
        instrument: 0,
        price: price * WAD,
    }
}

/// A round: dwarfs trade with one another; a giant sells to the one that stays; the price moves until that short, eight times
/// as large as its deposit, is in debt, and it is closed; the price moves back.
fn round(draw: &mut Draw, number: usize) -> Vec<Operation> {
    let short = SHORTS + number;
    let mut operations = vec![];
    for _ in 0..draw.below(4) {
        let (buyer, seller) = (draw.dwarf(), draw.dwarf());
        let tens = u32::try_from(draw.below(9)).unwrap();
        let size = i128::from(1 + draw.below(999)) * WAD / 10_i128.pow(tens);
        if buyer != seller {
            operations.push(trade(buyer, seller, size));
        }
    }
    // From all that dwarfs may hold to 1e9 times as much.
    let tens = u32::try_from(draw.below(5)).unwrap();
    let size = i128::from(1 + draw.below(99)) * 10_i128.pow(3 + tens) * WAD;
    operations.extend([
        Operation::Deposit {
            account: short,
            amount: size * MARK / 8,
        },
        trade(GIANT, short, size),
        poke(MARK * 6 / 5),
        Operation::Deleverage {
            account: short,
            penalty_rate: 0,
        },
        poke(MARK),
    ]);
    for account in (0..DWARFS).chain([GIANT]) {
        match draw.below(8) {
            0 => operations.push(Operation::Touch {
                account,
                by_owner: true,
            }),
            1 | 2 => operations.push(Operation::Touch {
                account,
                by_owner: false,
            }),
            _ => {}
        }
    }
    operations
}

/// An empty ledger, and the same in the exact model.
fn vaults() -> (Vault, model::Vault) {
    let mut vault = Vault {
        insurance: risk::Usd(10_i128.pow(11) * WAD),
        ..Vault::default()
    };
    vault.list(0, Price((MARK * WAD).unsigned_abs()));
    let mut exact = model::Vault::new(Exact::new(3.into(), 100.into()));
    exact.insurance = model::wad(vault.insurance.0);
    exact.list(0, model::wad(MARK * WAD));
    (vault, exact)
}

fn play(sequence: u64, tally: &mut Tally) -> Furthest {
    let (mut vault, mut exact) = vaults();
    let mut draw = Draw(sequence);
    let mut operations: Vec<_> = (0..DWARFS)
        .map(|account| Operation::Deposit {
            account,
            amount: 100_000 * WAD,
        })
        .collect();
    operations.push(Operation::Deposit {
        account: GIANT,
        amount: 20_000_000_000 * WAD,
    });
    operations.extend((0..ROUNDS).flat_map(|number| round(&mut draw, number)));
    let (mut furthest, mut tolerance) = (Furthest::default(), Tolerance::default());
    for operation in operations {
        let context = (sequence, operation.clone());
        let before = exact.clone();
        let allowed = exact.apply(&operation);
        let got = exact::apply(&mut vault, &operation);
        assert_eq!(got, Ok(allowed), "{context:?}");
        settle_parties(&mut vault, &operation);
        tally.note(&before, &exact, allowed);
        tolerance.grow(&vault);
        furthest = furthest.or(compare(&vault, &exact, tolerance, &context));
        vault.check();
    }
    assert!(floor_wad(&exact.tokens).is_some());
    tally.note_epochs(&vault);
    furthest
}

#[test]
fn worn_buckets_agree_with_the_exact_model() {
    let settings = Settings::new();
    let (mut tally, mut furthest) = (Tally::default(), Furthest::default());
    for sequence in settings.seed..settings.seed + settings.sequences.div_ceil(4) {
        furthest = furthest.or(play(sequence, &mut tally));
    }
    println!("worn: {} operations, {furthest}", tally.operations);
    println!(
        "bases divided {} times, {} emptied",
        tally.divided, tally.emptied
    );
    assert!(tally.divided > 40 && tally.emptied > 4);
}
