//! Where everything is stored. A slot is two halves of 128 bits, least significant byte first, which spares every access the
//! reversal of 32 bytes. How a value is packed into its slot: [`packing`] and [`parameters`](crate::parameters).
//!
//! | Slot | Contents |
//! |---|---|
//! | [`Field`] | the vault's own values |
//! | instrument, [`InstrumentField`] | an instrument's price, funding, parameters and flows |
//! | instrument, side, 0 | open interest, offset, occupied buckets |
//! | instrument, side, 1 | what was deleveraged of late |
//! | instrument, side, bucket, 0 | base, M, epoch; all there is of a bucket that was not cut since it was last empty |
//! | instrument, side, bucket, 1 | drift, scale; means nothing unless the bucket was cut |
//! | instrument, side, bucket, epoch | K at the end of the epoch, and whether that left nothing |
//! | id | an instrument's place in the listing, plus one |
//! | strike, underlying, kind, expiry | the place of the option with these terms in the listing, while there is one |
//! | hash of account, 0 | capital, profit, time of its maturity |
//! | hash of account, 1 | instruments of its legs, immature gain of quiet markets, clock, bucket |
//! | hash of account, 2 | immature gains of stricter tiers, and what was lost of such; means nothing unless the account says that it has some |
//! | hash of account, instrument, 0 | a leg's base, K, epoch, side; all there is of one that joined a bucket that was not cut, and of one that was cut to nothing |
//! | hash of account, instrument, 1 | size at joining; means nothing unless the leg joined apart |
//! | hash of account, nonce / 128 | order page: see [`nonces`](crate::nonces) |
//! | hash of account, nonce | filled size, while an order is partly filled |
//! | hash of owner, nonce / 256 | a bit for each cancelled nonce |
//! | hash of owner, signer | whether it may act for the owner |
//! | hash of account | a deleveraging that goes on; who revealed its debt: see [`closings`](crate::closings) |
//! | hash of owner | what it deposited of late and has not taken away again: see [`Credit`] |
//! | hash of account, 0 and 1 | how its debt is divided among underlyings: see [`Attribution`]; means nothing without a debt |
//!
//! A slot that means nothing any more is left as it is: clearing it would cost more than the refund, and using it again would
//! cost more than changing it. For the same reason a closed leg keeps its slots; the account's list says which legs there are.

use alloc::vec::Vec;
use core::cell::RefCell;

use alloy_primitives::{Address, B256};
use program_support::steward::Steward;
use program_support::storage::{self, Slot};
use risk::options::black::Kind;
use risk::options::encoding::Requirement;
use risk::rules::cover::Flow;
use risk::rules::funding::{Funding, Volume};
use risk::{
    Account, Attribution, Bucket, Cover, Credit, Debts, Ended, InstrumentId, Leg, Mark, Outflow,
    Position, Positions, Prices, Ratio, Records, Result, Side, SideState, Store, Throttle,
    TierEnds, Totals, Usd, math,
};
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::CryptographyAccess;

use crate::changes::{tell_balances, tell_closed, tell_position};
use crate::error::{Error, OrRevert};
use crate::options::{Series, is_option};
use crate::packing::{self, Backing};
use crate::parameters::{Amounts, InstrumentRates, QuoteToken, Rates};
use crate::valuation::Valuations;
use crate::word::Word;

/// The vault's own slots.
#[derive(Clone, Copy)]
pub enum Field {
    Owner = 1,
    PendingOwner,
    /// See [`QuoteToken`]; zero before initialisation.
    QuoteToken,
    Guard,
    Pool,
    /// See [`Rates`].
    Rates,
    /// See [`Amounts`].
    Amounts,
    Treasury,
    /// Number of listed perpetuals.
    Listed,
    /// V, sum of capital, start of impairment. Of an abandoned vault, in which no program is called any more, what accounts get: see
    /// `contracts/vault/Words.sol`.
    Backing,
    /// Sum of profit, sum of debt.
    Claims,
    /// Shortfall, unsettled gains.
    Missing,
    /// See [`Outflow`].
    Outflow,
    /// See [`PoolAssets`].
    PoolAssets,
    /// What margins accounts with options.
    Engine,
    /// See [`Places`](crate::options::Places).
    Places,
    /// See [`Storage::steward`].
    Steward,
    /// Instruments with debts, known or on record; what haircuts have left of records. See [`Records`].
    Records,
    /// Debts that are stuck.
    Stuck,
    /// Reports of dead programs, which the dispatcher counts: see `contracts/vault/Escape.sol`.
    Reports,
}

/// An instrument's own slots.
#[derive(Clone, Copy)]
pub enum InstrumentField {
    /// Mark, funding.
    Price = 0,
    /// See [`InstrumentRates`].
    Rates,
    /// The guard's asset id; of an option, its [`Series`](crate::options::Series).
    Asset,
    /// Limit of one side's open interest, allowance of the cover.
    Limits,
    /// Volume, and what was paid into insurance.
    Flow,
    /// See [`OptionRules`](crate::options::OptionRules).
    OptionRules,
    /// See [`OptionLimits`](crate::options::OptionLimits).
    OptionLimits,
    /// See [`Counted`](crate::options::Counted).
    Counted,
    /// What payments have used up of the cover. See [`Cover`].
    Cover,
    /// See [`Debts`].
    Debts,
}

/// Bits of an address in the upper half of a word.
pub(crate) const ADDRESS_IN_HIGH: u32 = 32;

/// First byte of the key of every slot that is not hashed.
#[derive(Clone, Copy)]
enum Region {
    Field = 1,
    Instrument,
    Side,
    Bucket,
    Ended,
    Listing,
    Series,
}

/// Last byte of what is hashed into the key of a slot.
#[derive(Clone, Copy)]
pub(crate) enum Hashed {
    Account = 1,
    Leg,
    Orders,
    Filled,
    Cancelled,
    Signer,
    Closing,
    Revealed,
    Credit,
    Attribution,
}

/// What the vault last heard of its pool.
#[derive(Clone, Copy, Default)]
pub struct PoolAssets {
    /// What new open interest is limited by: what covers are measured by, less pending requests; in the token's smallest units.
    pub units: u128,
    /// Time of the answer, seconds.
    pub seen: u64,
    /// Share of trade fees that is counted as paid into insurance, in units of 1e-9: what it was when fees were last
    /// distributed.
    pub fee_share: u32,
}

fn fixed(region: Region, [a, b, c]: [u8; 3], number: u32) -> Slot {
    let mut slot = [0; 32];
    slot[24..28].copy_from_slice(&[region as u8, a, b, c]);
    slot[28..].copy_from_slice(&number.to_be_bytes());
    slot
}

/// Key of the place of an option with such terms; its number is none of them.
fn series_slot(series: &Series) -> Slot {
    let call = (series.kind == Kind::Call).into();
    let mut slot = fixed(Region::Series, [series.underlying, call, 0], series.expiry);
    slot[16..24].copy_from_slice(&series.strike.to_be_bytes());
    slot
}

const fn side_number(side: Side) -> u8 {
    match side {
        Side::Long => 0,
        Side::Short => 1,
    }
}

/// The vault's storage. Writes go to the VM's cache, which keeps a slot that is given its old value out of the state; the
/// entrypoint flushes it after a call that may change state.
#[derive(Clone, Debug, Default)]
pub struct Storage {
    vm: WasmVM,
    /// What the guard said in this operation.
    pub valuations: Valuations,
    /// What the engine said in this operation, by what it was asked.
    pub(crate) answers: RefCell<Vec<(Positions, Requirement)>>,
}

impl Storage {
    #[expect(clippy::unused_self, reason = "it reads what the host keeps")]
    pub(crate) fn load(&self, slot: Slot) -> Word {
        storage::load(&slot)
    }

    #[expect(
        clippy::needless_pass_by_ref_mut,
        clippy::unused_self,
        reason = "it changes what the host keeps"
    )]
    pub(crate) fn store(&mut self, slot: Slot, word: Word) {
        storage::store(&slot, word);
    }

    /// Slot of a value that belongs to `name`: an account or an owner.
    #[inline(never)]
    pub(crate) fn hashed(&self, region: Hashed, name: B256, part: u8, number: Word) -> Slot {
        let mut bytes = [0; 66];
        bytes[..32].copy_from_slice(&name.0);
        bytes[32..48].copy_from_slice(&number.high.to_le_bytes());
        bytes[48..64].copy_from_slice(&number.low.to_le_bytes());
        bytes[64] = part;
        bytes[65] = region as u8;
        self.vm.native_keccak256(&bytes).0
    }

    // ---- the vault ----

    pub fn field(&self, field: Field) -> Word {
        self.load(fixed(Region::Field, [0; 3], field as u32))
    }

    pub fn set_field(&mut self, field: Field, word: Word) {
        self.store(fixed(Region::Field, [0; 3], field as u32), word);
    }

    pub fn address(&self, field: Field) -> Address {
        self.field(field).low_address()
    }

    /// The steward, and what those before it had counted.
    #[expect(clippy::cast_possible_truncation, reason = "stored from 32 bits")]
    #[must_use]
    pub fn steward(&self) -> Steward {
        let word = self.field(Field::Steward);
        Steward {
            address: word.low_address(),
            left: (word.high >> ADDRESS_IN_HIGH) as u32,
        }
    }

    /// Stores the steward.
    pub fn set_steward(&mut self, steward: &Steward) {
        let Word { high, low } = Word::of_address(steward.address);
        let left = u128::from(steward.left) << ADDRESS_IN_HIGH;
        self.set_field(Field::Steward, Word::new(high | left, low));
    }

    pub fn token(&self) -> QuoteToken {
        QuoteToken::of_word(self.field(Field::QuoteToken))
    }

    pub fn rates(&self) -> Rates {
        Rates::of_word(self.field(Field::Rates))
    }

    pub fn amounts(&self) -> Amounts {
        Amounts::of_word(self.field(Field::Amounts))
    }

    pub fn backing(&self) -> Backing {
        packing::of_backing(self.field(Field::Backing))
    }

    pub fn set_backing(&mut self, backing: &Backing) {
        self.set_field(Field::Backing, packing::backing(backing));
    }

    pub fn outflow(&self) -> Outflow {
        packing::of_outflow(self.field(Field::Outflow))
    }

    pub fn set_outflow(&mut self, outflow: &Outflow) {
        self.set_field(Field::Outflow, packing::outflow(outflow));
    }

    /// What an owner may take away without using up the outflow of all.
    #[must_use]
    pub fn credit(&self, owner: Address) -> Credit {
        packing::of_credit(self.load(self.credit_slot(owner)))
    }

    /// Stores what an owner may take away without using up the outflow of all.
    pub fn set_credit(&mut self, owner: Address, credit: &Credit) {
        self.store(self.credit_slot(owner), packing::credit(credit));
    }

    fn credit_slot(&self, owner: Address) -> Slot {
        self.hashed(Hashed::Credit, owner.into_word(), 0, Word::ZERO)
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "stored from 64 and 32 bits"
    )]
    pub fn pool_assets(&self) -> PoolAssets {
        let Word { high, low } = self.field(Field::PoolAssets);
        PoolAssets {
            units: low,
            seen: high as u64,
            fee_share: (high >> 64) as u32,
        }
    }

    pub fn set_pool_assets(&mut self, assets: &PoolAssets) {
        let high = u128::from(assets.fee_share) << 64 | u128::from(assets.seen);
        let word = Word::new(high, assets.units);
        self.set_field(Field::PoolAssets, word);
    }

    // ---- instruments ----

    pub fn instrument_field(&self, id: InstrumentId, field: InstrumentField) -> Word {
        self.load(fixed(Region::Instrument, [id, 0, 0], field as u32))
    }

    pub fn set_instrument_field(&mut self, id: InstrumentId, field: InstrumentField, word: Word) {
        self.store(fixed(Region::Instrument, [id, 0, 0], field as u32), word);
    }

    pub fn rates_of(&self, id: InstrumentId) -> InstrumentRates {
        InstrumentRates::of_word(self.instrument_field(id, InstrumentField::Rates))
    }

    /// Mark and funding of an instrument.
    pub fn price_of(&self, id: InstrumentId) -> (Mark, Funding) {
        packing::of_price(self.instrument_field(id, InstrumentField::Price))
    }

    pub fn set_price_of(&mut self, id: InstrumentId, mark: Mark, funding: &Funding) {
        let word = packing::price(mark, funding);
        self.set_instrument_field(id, InstrumentField::Price, word);
    }

    pub fn flow(&self, id: InstrumentId) -> (Volume, Flow) {
        packing::of_flow(self.instrument_field(id, InstrumentField::Flow))
    }

    pub fn set_flow(&mut self, id: InstrumentId, volume: &Volume, flow: &Flow) {
        let word = packing::flow(volume, flow);
        self.set_instrument_field(id, InstrumentField::Flow, word);
    }

    pub fn throttle(&self, id: InstrumentId, side: Side) -> Throttle {
        let slot = fixed(Region::Side, [id, side_number(side), 0], 1);
        packing::of_throttle(self.load(slot))
    }

    pub fn set_throttle(&mut self, id: InstrumentId, side: Side, throttle: &Throttle) {
        let slot = fixed(Region::Side, [id, side_number(side), 0], 1);
        self.store(slot, packing::throttle(throttle));
    }

    /// Place in the listing of the instrument that the interface calls `instrument`; reverts with `UnknownInstrument`.
    pub fn listing(&self, instrument: u32) -> InstrumentId {
        (self.listed(instrument), Error::UnknownInstrument).or_revert()
    }

    /// Place in the listing of the instrument that the interface calls `instrument`, if it is listed.
    pub fn listed(&self, instrument: u32) -> Option<InstrumentId> {
        let place = self.load(fixed(Region::Listing, [0; 3], instrument)).low;
        u8::try_from(place.checked_sub(1)?).ok()
    }

    pub fn set_listed(&mut self, instrument: u32, id: InstrumentId) {
        self.store(
            fixed(Region::Listing, [0; 3], instrument),
            Word::of(u128::from(id) + 1),
        );
    }

    /// Frees the number of an instrument; nothing is listed under it any more.
    pub fn unlist(&mut self, instrument: u32) {
        self.store(fixed(Region::Listing, [0; 3], instrument), Word::ZERO);
    }

    /// Place in the listing of the option with such terms, if there is one.
    pub fn place_of(&self, series: &Series) -> Option<InstrumentId> {
        let place = self.load(series_slot(series)).low;
        u8::try_from(place).ok().filter(|&place| is_option(place))
    }

    /// Stores the place of the option with such terms, or that there is none.
    pub fn set_place_of(&mut self, series: &Series, place: Option<InstrumentId>) {
        self.store(series_slot(series), Word::of(place.unwrap_or(0).into()));
    }

    // ---- accounts ----

    fn account_slot(&self, account: B256, part: u8) -> Slot {
        self.hashed(Hashed::Account, account, part, Word::ZERO)
    }

    fn attribution_slot(&self, account: B256, part: u8) -> Slot {
        self.hashed(Hashed::Attribution, account, part, Word::ZERO)
    }

    fn leg_slot(&self, account: B256, id: InstrumentId, part: u8) -> Slot {
        self.hashed(Hashed::Leg, account, part, Word::of(id.into()))
    }
}

impl Store for Storage {
    type AccountId = B256;
    const ATTRIBUTES: bool = cfg!(feature = "debts");

    fn totals(&self) -> Totals {
        packing::of_totals([Field::Backing, Field::Claims, Field::Missing].map(|f| self.field(f)))
    }

    fn set_totals(&mut self, totals: &Totals) {
        let [backing, claims, missing] = packing::totals(totals);
        self.set_field(Field::Backing, backing);
        self.set_field(Field::Claims, claims);
        self.set_field(Field::Missing, missing);
    }

    fn account(&self, id: B256) -> Account {
        let word = |part| self.load(self.account_slot(id, part));
        packing::of_account([0, 1].map(word), || word(2))
    }

    fn set_account(&mut self, id: B256, account: &Account) {
        let ([funds, state], third) = packing::account(account);
        let slot = self.account_slot(id, 0);
        if self.load(slot) != funds {
            tell_balances(&id, account);
        }
        self.store(slot, funds);
        self.store(self.account_slot(id, 1), state);
        if let Some(third) = third {
            self.store(self.account_slot(id, 2), third);
        }
    }

    fn prices(&self, id: InstrumentId) -> Prices {
        let (mark, funding) = self.price_of(id);
        Prices {
            mark,
            funding: funding.paid,
        }
    }

    fn set_prices(&mut self, id: InstrumentId, prices: &Prices) {
        let (_, mut funding) = self.price_of(id);
        funding.paid = prices.funding;
        self.set_price_of(id, prices.mark, &funding);
    }

    fn maintenance(&self, positions: &Positions) -> Result<Usd> {
        self.maintenance_of(positions)
    }

    fn weight(&self, id: InstrumentId, position: Position) -> Result<Usd> {
        self.valuations.get(id).underlying.maintenance(position)
    }

    fn is_settled(&self, id: InstrumentId) -> bool {
        self.valuations
            .find(id)
            .is_some_and(|valuation| valuation.life.is_over())
    }

    fn tier_ends(&self, id: InstrumentId) -> TierEnds {
        let valuation = self.valuations.find(id);
        valuation.map_or_else(TierEnds::default, |valuation| valuation.ends)
    }

    fn underlying(&self, id: InstrumentId) -> InstrumentId {
        self.underlying_of(id)
    }

    fn cover_size(&self, id: InstrumentId, measured: Usd, now: u64) -> Result<Usd> {
        let limits = self.instrument_field(id, InstrumentField::Limits);
        let allowance = Usd(math::signed(limits.low)?);
        self.flow(id).1.cover(allowance, measured, now)
    }

    fn cover(&self, id: InstrumentId) -> Cover {
        packing::of_cover(self.instrument_field(id, InstrumentField::Cover))
    }

    fn set_cover(&mut self, id: InstrumentId, cover: &Cover) {
        self.set_instrument_field(id, InstrumentField::Cover, packing::cover(cover));
        let (volume, flow) = self.flow(id);
        self.set_flow(id, &volume, &Flow { drew: true, ..flow });
    }

    fn debts(&self, id: InstrumentId) -> Debts {
        packing::of_debts(self.instrument_field(id, InstrumentField::Debts))
    }

    fn set_debts(&mut self, id: InstrumentId, debts: &Debts) {
        self.set_instrument_field(id, InstrumentField::Debts, packing::debts(debts));
    }

    fn records(&self) -> Records {
        packing::of_records(self.field(Field::Records))
    }

    fn set_records(&mut self, records: &Records) {
        self.set_field(Field::Records, packing::records(records));
    }

    fn stuck(&self) -> Usd {
        Usd(self.field(Field::Stuck).low.cast_signed())
    }

    fn set_stuck(&mut self, stuck: Usd) {
        self.set_field(Field::Stuck, Word::of_signed(stuck.0));
    }

    fn attribution(&self, id: B256) -> Attribution {
        packing::of_attribution([0, 1].map(|part| self.load(self.attribution_slot(id, part))))
    }

    fn set_attribution(&mut self, id: B256, attribution: &Attribution) {
        for (part, word) in (0..).zip(packing::attribution(attribution)) {
            self.store(self.attribution_slot(id, part), word);
        }
    }

    fn side(&self, id: InstrumentId, side: Side) -> SideState {
        packing::of_side(self.load(fixed(Region::Side, [id, side_number(side), 0], 0)))
    }

    fn set_side(&mut self, id: InstrumentId, side: Side, state: &SideState) {
        let slot = fixed(Region::Side, [id, side_number(side), 0], 0);
        self.store(slot, packing::side(state));
    }

    fn bucket(&self, id: InstrumentId, side: Side, bucket: u8) -> Bucket {
        let slot = |part| fixed(Region::Bucket, [id, side_number(side), bucket], part);
        packing::of_bucket(self.load(slot(0)), || self.load(slot(1)))
    }

    fn set_bucket(&mut self, id: InstrumentId, side: Side, bucket: u8, state: &Bucket) {
        let slot = |part| fixed(Region::Bucket, [id, side_number(side), bucket], part);
        let (first, second) = packing::bucket(state);
        self.store(slot(0), first);
        if let Some(second) = second {
            self.store(slot(1), second);
        }
    }

    fn ended(&self, id: InstrumentId, side: Side, bucket: u8, epoch: u32) -> Ended {
        let slot = fixed(Region::Ended, [id, side_number(side), bucket], epoch);
        packing::of_ended(self.load(slot))
    }

    fn set_ended(&mut self, id: InstrumentId, side: Side, bucket: u8, epoch: u32, ended: &Ended) {
        let slot = fixed(Region::Ended, [id, side_number(side), bucket], epoch);
        self.store(slot, packing::ended(ended));
    }

    fn leg(&self, account: B256, id: InstrumentId) -> Leg {
        let slot = |part| self.leg_slot(account, id, part);
        packing::of_leg(self.load(slot(0)), || self.load(slot(1)))
    }

    fn set_leg(&mut self, account: B256, id: InstrumentId, leg: Option<&Leg>) {
        let Some(leg) = leg else { return };
        let (first, second) = packing::leg(leg);
        self.store(self.leg_slot(account, id, 0), first);
        if let Some(second) = second {
            self.store(self.leg_slot(account, id, 1), second);
        }
    }

    fn note_position(&mut self, account: B256, id: InstrumentId, position: Position, bucket: u8) {
        tell_position(&account, self.number_of(id), position, bucket);
    }

    fn note_closed(&mut self, account: B256, id: InstrumentId, closed: Position, level: Ratio) {
        let (number, mark) = (self.number_of(id), self.valuations.get(id).mark);
        tell_closed(&account, number, closed, mark, level);
    }
}
