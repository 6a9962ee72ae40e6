//! A store that counts storage slots, packed as the vault packs them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use risk::{
    Account, Attribution, Bucket, Cover, Debts, Ended, InstrumentId, Ledger, Leg, Maturing, Pool,
    Position, Positions, Prices, Records, Result, Side, SideState, Store, TierEnds, Totals, Usd,
};

use super::{Memory, is_long};

/// Name of a slot.
type Slot = String;

/// [`Memory`] that notes which slots are read.
pub struct Counted {
    memory: Memory,
    read: RefCell<BTreeSet<Slot>>,
}

/// Slots that one operation used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Different slots that were read.
    pub read: usize,
    /// Slots with another content afterwards, which was there before and after.
    pub changed: usize,
    /// Slots that were zero before.
    pub created: usize,
    /// Slots that are zero now.
    pub cleared: usize,
}

/// Runs an operation on a copy of the memory. Returns the slots it used, and the memory afterwards.
pub fn count<T>(
    memory: &Memory,
    insurance: Usd,
    operation: impl FnOnce(&mut Ledger<'_, Counted>) -> Result<T>,
) -> (Count, Memory) {
    let mut counted = Counted {
        memory: memory.clone(),
        read: RefCell::default(),
    };
    let before = slots(memory);
    let mut ledger = Ledger::open(&mut counted, 0);
    let pool = Pool {
        payable: insurance,
        measured: insurance,
        recorded: insurance,
    };
    ledger.insure(pool).unwrap();
    operation(&mut ledger).unwrap();
    ledger.save().unwrap();
    let after = slots(&counted.memory);
    let both = before.keys().filter(|slot| after.contains_key(*slot));
    let count = Count {
        read: counted.read.borrow().len(),
        changed: both.filter(|slot| before[*slot] != after[*slot]).count(),
        created: after
            .keys()
            .filter(|slot| !before.contains_key(*slot))
            .count(),
        cleared: before
            .keys()
            .filter(|slot| !after.contains_key(*slot))
            .count(),
    };
    (count, counted.memory)
}

/// All slots that are not zero.
fn slots(memory: &Memory) -> BTreeMap<Slot, Vec<u128>> {
    let mut slots = BTreeMap::new();
    let Totals {
        tokens,
        capital,
        profit,
        debt,
        shortfall,
        gains,
        ..
    } = memory.totals;
    for (part, pair) in [[tokens, capital], [profit, debt], [shortfall, gains]]
        .iter()
        .enumerate()
    {
        slots.insert(
            format!("totals {part}"),
            pair.map(|sum| sum.0.cast_unsigned()).to_vec(),
        );
    }
    for (id, account) in &memory.accounts {
        account_slots(&mut slots, *id, account);
    }
    for (key, side) in &memory.sides {
        let words = vec![
            side.open_interest.0,
            side.offset.0.cast_unsigned(),
            side.occupied.into(),
        ];
        slots.insert(format!("side {key:?}"), words);
    }
    let records = memory.records;
    let words = vec![
        records.known.into(),
        records.unpaid.into(),
        records.rate,
        records.generation.into(),
    ];
    slots.insert("records".to_owned(), words);
    slots.insert("stuck".to_owned(), vec![memory.stuck.0.cast_unsigned()]);
    for (id, debts) in &memory.debts {
        let words = vec![
            debts.known.0.cast_unsigned(),
            debts.base,
            debts.generation.into(),
        ];
        slots.insert(format!("debts {id}"), words);
    }
    for (id, cover) in &memory.covers {
        let words = vec![
            cover.debts.0.cast_unsigned(),
            cover.rewards.into(),
            cover.size.into(),
            cover.seen.into(),
        ];
        slots.insert(format!("cover {id}"), words);
    }
    for (id, attribution) in &memory.attributions {
        for (part, shares) in attribution.shares.chunks(8).enumerate() {
            let words = shares
                .iter()
                .flat_map(|&(place, share)| [place.into(), share.into()]);
            slots.insert(format!("attribution {id} {part}"), words.collect());
        }
    }
    for (id, prices) in &memory.prices {
        slots.insert(
            format!("prices {id}"),
            vec![prices.mark.0, prices.funding.0.cast_unsigned()],
        );
    }
    for (key, bucket) in &memory.buckets {
        let low = bucket.base.0 & ((1 << 112) - 1);
        let words = vec![
            low,
            bucket.weight.0,
            bucket.epoch.into(),
            bucket.is_cut().into(),
        ];
        slots.insert(format!("bucket {key:?} 0"), words);
        if bucket.is_cut() {
            let words = vec![
                bucket.drift.0.cast_unsigned(),
                bucket.scale.0,
                bucket.base.0 >> 112,
            ];
            slots.insert(format!("bucket {key:?} 1"), words);
        }
    }
    for (key, ended) in &memory.ended {
        let words = vec![ended.cumulative.0.cast_unsigned(), ended.emptied.into()];
        slots.insert(format!("ended {key:?}"), words);
    }
    for (key, leg) in &memory.legs {
        let low = leg.base.0 & ((1 << 112) - 1);
        // What is left of none is kept in the place of a base.
        let low = if leg.base.0 == 0 { leg.joined.0 } else { low };
        let state = vec![
            low,
            (leg.base.0 == 0).into(),
            leg.settled.0.cast_unsigned(),
            leg.epoch.into(),
            is_long(leg.side).into(),
        ];
        slots.insert(format!("leg {key:?} 0"), state);
        if leg.joined_apart() {
            slots.insert(
                format!("leg {key:?} 1"),
                vec![leg.joined.0, leg.base.0 >> 112],
            );
        }
    }
    slots.retain(|_, words| words.iter().any(|&word| word != 0));
    slots
}

fn account_slots(slots: &mut BTreeMap<Slot, Vec<u128>>, id: usize, account: &Account) {
    let (capital, pnl) = (
        account.capital.0.cast_unsigned(),
        account.pnl.0.cast_unsigned(),
    );
    let maturing = account.maturing;
    slots.insert(
        format!("account {id} 0"),
        vec![capital, pnl, maturing.since.into()],
    );
    let (ids, len) = account.legs.parts();
    let words = [
        u128::from_be_bytes(ids),
        len.into(),
        i128::from(maturing.amounts[0]).cast_unsigned(),
        account.clock.seen.into(),
        account.clock.unhealthy.into(),
        account.bucket.into(),
        account.attributed.into(),
        account.stuck.into(),
    ];
    slots.insert(format!("account {id} 1"), words.to_vec());
    let [_, hour, day] = maturing.amounts.map(i64::unsigned_abs);
    slots.insert(format!("account {id} 2"), vec![hour.into(), day.into()]);
}

impl Counted {
    fn note(&self, slot: Slot) {
        self.read.borrow_mut().insert(slot);
    }
}

impl Store for Counted {
    type AccountId = usize;

    fn totals(&self) -> Totals {
        (0..3).for_each(|part| self.note(format!("totals {part}")));
        self.memory.totals()
    }
    fn set_totals(&mut self, totals: &Totals) {
        self.memory.set_totals(totals);
    }
    fn account(&self, id: usize) -> Account {
        let account = self.memory.account(id);
        let Maturing { amounts, lost, .. } = account.maturing;
        let slow = amounts[1..] != [0; 2] || lost != [0; 2];
        let slots = 0..2 + i32::from(slow);
        slots.for_each(|part| self.note(format!("account {id} {part}")));
        account
    }
    fn set_account(&mut self, id: usize, account: &Account) {
        self.memory.set_account(id, account);
    }
    fn prices(&self, id: InstrumentId) -> Prices {
        self.note(format!("prices {id}"));
        self.memory.prices(id)
    }
    fn set_prices(&mut self, id: InstrumentId, prices: &Prices) {
        self.memory.set_prices(id, prices);
    }
    fn maintenance(&self, positions: &Positions) -> Result<Usd> {
        self.weights(positions)
    }
    fn weight(&self, id: InstrumentId, position: Position) -> Result<Usd> {
        self.note(format!("prices {id}"));
        self.note(format!("rates {id}"));
        self.memory.weight(id, position)
    }
    fn is_settled(&self, id: InstrumentId) -> bool {
        self.memory.is_settled(id)
    }
    fn tier_ends(&self, id: InstrumentId) -> TierEnds {
        self.memory.tier_ends(id)
    }
    fn underlying(&self, id: InstrumentId) -> InstrumentId {
        self.memory.underlying(id)
    }
    fn cover_size(&self, id: InstrumentId, measured: Usd, now: u64) -> Result<Usd> {
        self.note(format!("limits {id}"));
        self.note(format!("flow {id}"));
        self.memory.cover_size(id, measured, now)
    }
    fn cover(&self, id: InstrumentId) -> Cover {
        self.note(format!("cover {id}"));
        self.memory.cover(id)
    }
    fn set_cover(&mut self, id: InstrumentId, cover: &Cover) {
        self.memory.set_cover(id, cover);
    }
    fn debts(&self, id: InstrumentId) -> Debts {
        self.note(format!("debts {id}"));
        self.memory.debts(id)
    }
    fn set_debts(&mut self, id: InstrumentId, debts: &Debts) {
        self.memory.set_debts(id, debts);
    }
    fn records(&self) -> Records {
        self.note("records".to_owned());
        self.memory.records()
    }
    fn set_records(&mut self, records: &Records) {
        self.memory.set_records(records);
    }
    fn stuck(&self) -> Usd {
        self.note("stuck".to_owned());
        self.memory.stuck()
    }
    fn set_stuck(&mut self, stuck: Usd) {
        self.memory.set_stuck(stuck);
    }
    fn attribution(&self, id: usize) -> Attribution {
        (0..2).for_each(|part| self.note(format!("attribution {id} {part}")));
        self.memory.attribution(id)
    }
    fn set_attribution(&mut self, id: usize, attribution: &Attribution) {
        self.memory.set_attribution(id, attribution);
    }
    fn side(&self, id: InstrumentId, side: Side) -> SideState {
        self.note(format!("side {:?}", (id, is_long(side))));
        self.memory.side(id, side)
    }
    fn set_side(&mut self, id: InstrumentId, side: Side, state: &SideState) {
        self.memory.set_side(id, side, state);
    }
    fn bucket(&self, id: InstrumentId, side: Side, bucket: u8) -> Bucket {
        let key = (id, is_long(side), bucket);
        let state = self.memory.bucket(id, side, bucket);
        self.note(format!("bucket {key:?} 0"));
        if state.is_cut() {
            self.note(format!("bucket {key:?} 1"));
        }
        state
    }
    fn set_bucket(&mut self, id: InstrumentId, side: Side, bucket: u8, state: &Bucket) {
        self.memory.set_bucket(id, side, bucket, state);
    }
    fn ended(&self, id: InstrumentId, side: Side, bucket: u8, epoch: u32) -> Ended {
        self.note(format!("ended {:?}", ((id, is_long(side), bucket), epoch)));
        self.memory.ended(id, side, bucket, epoch)
    }
    fn set_ended(&mut self, id: InstrumentId, side: Side, bucket: u8, epoch: u32, ended: &Ended) {
        self.memory.set_ended(id, side, bucket, epoch, ended);
    }
    fn leg(&self, account: usize, id: InstrumentId) -> Leg {
        let leg = self.memory.leg(account, id);
        self.note(format!("leg {:?} 0", (account, id)));
        if leg.joined_apart() {
            self.note(format!("leg {:?} 1", (account, id)));
        }
        leg
    }
    fn set_leg(&mut self, account: usize, id: InstrumentId, leg: Option<&Leg>) {
        self.memory.set_leg(account, id, leg);
    }
}
