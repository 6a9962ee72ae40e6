//! Where everything is stored. A slot is two halves of 128 bits, least significant byte first, which spares every access the
//! reversal of 32 bytes.
//!
//! | Slot | Contents |
//! |---|---|
//! | [`Field`] | the vault's own values |
//! | instrument, [`InstrumentField`] | an instrument's mark, funding and parameters |
//! | instrument, side | open interest, offset |
//! | instrument, side, bucket, 0 | drift, scale (96 bits), epoch (32 bits) |
//! | instrument, side, bucket, 1 | base, joined |
//! | instrument, side, bucket, epoch | K at the end of the epoch |
//! | id | an instrument's place in the listing, plus one |
//! | hash of account, 0 | capital, pnl |
//! | hash of account, 1 | instruments of its legs (16 bytes), clock (64 + 32 bits), bucket, number of legs |
//! | hash of account, instrument, 0 | a leg's base, size at joining |
//! | hash of account, instrument, 1 | a leg's K, epoch, side, bucket |
//! | hash of account, nonce / 128 | order page: see [`crate::nonces`] |
//! | hash of account, nonce | filled size, while an order is partly filled |
//! | hash of owner, nonce / 256 | bitmap of cancelled nonces |
//! | hash of owner, signer | whether it may act for the owner |

use alloy_primitives::{Address, B256};
use risk::{
    Account, Base, Bucket, Clock, Cumulative, Index, Instrument, InstrumentId, Leg, Legs, Price,
    Scale, Side, SideState, Size, Store, Totals, Usd,
};
use stylus_sdk::host::WasmVM;
use stylus_sdk::hostio;
use stylus_sdk::stylus_core::CryptographyAccess;

use crate::error::{Error, OrRevert};
use crate::parameters::{Amounts, InstrumentRates, Rates, ratio};
use crate::word::Word;

/// Decimals of the ABI's amounts, and the most that a quote token may have.
pub const MAX_DECIMALS: u32 = 18;

/// The vault's own slots.
#[derive(Clone, Copy)]
pub enum Field {
    Owner = 1,
    PendingOwner,
    /// The quote token, and above its address its decimals; zero before initialisation.
    QuoteToken,
    Guard,
    Pool,
    /// See [`Rates`].
    Rates,
    /// Largest reward, dust notional.
    Amounts,
    Treasury,
    /// Number of listed instruments.
    Listed,
    /// V, sum of capital.
    Backing,
    /// Sum of profit, sum of debt.
    Claims,
    /// Shortfall, unsettled gains.
    Missing,
}

/// An instrument's own slots.
#[derive(Clone, Copy)]
pub enum InstrumentField {
    /// Mark, funding.
    Price = 0,
    /// See [`InstrumentRates`].
    Rates,
    /// The guard's asset id.
    Asset,
    /// Limit of one side's open interest, allowance of the cover.
    Limits,
}

/// First byte of the key of every slot that is not hashed.
#[derive(Clone, Copy)]
enum Region {
    Field = 1,
    Instrument,
    Side,
    Bucket,
    Closed,
    Listing,
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
}

/// Key of a slot.
pub(crate) type Slot = [u8; 32];

fn fixed(region: Region, [a, b, c]: [u8; 3], number: u32) -> Slot {
    let mut slot = [0; 32];
    slot[24..28].copy_from_slice(&[region as u8, a, b, c]);
    slot[28..].copy_from_slice(&number.to_be_bytes());
    slot
}

const fn side_number(side: Side) -> u8 {
    match side {
        Side::Long => 0,
        Side::Short => 1,
    }
}

/// The vault's storage. Writes go to the VM's cache; the entrypoint flushes it after a call that may change state.
#[derive(Clone, Debug, Default)]
pub struct Storage {
    vm: WasmVM,
}

impl Storage {
    #[inline(never)]
    #[expect(clippy::unused_self, reason = "it reads what the host keeps")]
    pub(crate) fn load(&self, slot: Slot) -> Word {
        let mut halves = [[0; 16]; 2];
        // SAFETY: both are 32 bytes.
        unsafe { hostio::storage_load_bytes32(slot.as_ptr(), halves.as_mut_ptr().cast()) };
        Word::new(
            u128::from_le_bytes(halves[0]),
            u128::from_le_bytes(halves[1]),
        )
    }

    #[inline(never)]
    #[expect(
        clippy::needless_pass_by_ref_mut,
        clippy::unused_self,
        reason = "it changes what the host keeps"
    )]
    pub(crate) fn store(&mut self, slot: Slot, word: Word) {
        let halves = [word.high.to_le_bytes(), word.low.to_le_bytes()];
        // SAFETY: both are 32 bytes; nothing else caches storage, since no value of it outlives the call that loaded it.
        unsafe { hostio::storage_cache_bytes32(slot.as_ptr(), halves.as_ptr().cast()) }
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

    fn account_slot(&self, account: B256, part: u8) -> Slot {
        self.hashed(Hashed::Account, account, part, Word::ZERO)
    }

    fn leg_slot(&self, account: B256, id: InstrumentId, part: u8) -> Slot {
        self.hashed(Hashed::Leg, account, part, Word::of(id.into()))
    }

    pub fn field(&self, field: Field) -> Word {
        self.load(fixed(Region::Field, [0; 3], field as u32))
    }

    pub fn set_field(&mut self, field: Field, word: Word) {
        self.store(fixed(Region::Field, [0; 3], field as u32), word);
    }

    pub fn address(&self, field: Field) -> Address {
        self.field(field).low_address()
    }

    /// WAD value of one smallest unit of the quote token.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "stored from a number up to 18"
    )]
    pub fn unit(&self) -> u128 {
        let decimals = (self.field(Field::QuoteToken).high >> 32) as u32;
        10_u64.pow(MAX_DECIMALS.saturating_sub(decimals)).into()
    }

    pub fn rates(&self) -> Rates {
        Rates::of_word(self.field(Field::Rates))
    }

    pub fn amounts(&self) -> Amounts {
        Amounts::of_word(self.field(Field::Amounts))
    }

    pub fn rates_of(&self, id: InstrumentId) -> InstrumentRates {
        InstrumentRates::of_word(self.instrument_field(id, InstrumentField::Rates))
    }

    pub fn instrument_field(&self, id: InstrumentId, field: InstrumentField) -> Word {
        self.load(fixed(Region::Instrument, [id, 0, 0], field as u32))
    }

    pub fn set_instrument_field(&mut self, id: InstrumentId, field: InstrumentField, word: Word) {
        self.store(fixed(Region::Instrument, [id, 0, 0], field as u32), word);
    }

    /// Place in the listing of the instrument that the interface calls `instrument`; reverts with `UnknownInstrument`.
    pub fn listing(&self, instrument: u32) -> InstrumentId {
        (self.listed(instrument), Error::UnknownInstrument).or_revert()
    }

    /// Place in the listing of the instrument that the interface calls `instrument`, if it is listed.
    pub fn listed(&self, instrument: u32) -> Option<InstrumentId> {
        let place = self.load(fixed(Region::Listing, [0; 3], instrument)).low;
        u8::try_from(place)
            .ok()
            .and_then(|place| place.checked_sub(1))
    }

    pub fn set_listed(&mut self, instrument: u32, id: InstrumentId) {
        self.store(
            fixed(Region::Listing, [0; 3], instrument),
            Word::of(u128::from(id) + 1),
        );
    }
}

/// Two signed amounts in a word.
const fn pair(high: Usd, low: Usd) -> Word {
    Word::new(high.0.cast_unsigned(), low.0.cast_unsigned())
}

const fn unpair(word: Word) -> (Usd, Usd) {
    (Usd(word.high.cast_signed()), Usd(word.low.cast_signed()))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "narrow fields are cut out of 128 bits"
)]
impl Store for Storage {
    type AccountId = B256;

    fn totals(&self) -> Totals {
        let (tokens, capital) = unpair(self.field(Field::Backing));
        let (profit, debt) = unpair(self.field(Field::Claims));
        let (shortfall, gains) = unpair(self.field(Field::Missing));
        Totals {
            tokens,
            capital,
            profit,
            debt,
            shortfall,
            gains,
        }
    }

    fn set_totals(&mut self, totals: &Totals) {
        self.set_field(Field::Backing, pair(totals.tokens, totals.capital));
        self.set_field(Field::Claims, pair(totals.profit, totals.debt));
        self.set_field(Field::Missing, pair(totals.shortfall, totals.gains));
    }

    fn account(&self, id: B256) -> Account {
        let (capital, pnl) = unpair(self.load(self.account_slot(id, 0)));
        let Word { high, low } = self.load(self.account_slot(id, 1));
        Account {
            capital,
            pnl,
            bucket: (low >> 8) as u8,
            clock: Clock {
                seen: (low >> 48) as u64,
                unhealthy: (low >> 16) as u32,
            },
            legs: Legs::from_parts(high.to_be_bytes(), low as u8),
        }
    }

    fn set_account(&mut self, id: B256, account: &Account) {
        let (instruments, legs) = account.legs.parts();
        let low = u128::from(account.clock.seen) << 48
            | u128::from(account.clock.unhealthy) << 16
            | u128::from(account.bucket) << 8
            | u128::from(legs);
        self.store(self.account_slot(id, 0), pair(account.capital, account.pnl));
        self.store(
            self.account_slot(id, 1),
            Word::new(u128::from_be_bytes(instruments), low),
        );
    }

    fn instrument(&self, id: InstrumentId) -> Instrument {
        let price = self.instrument_field(id, InstrumentField::Price);
        Instrument {
            mark: Price(price.high),
            funding: Index(price.low.cast_signed()),
            maintenance_rate: ratio(self.rates_of(id).maintenance),
        }
    }

    fn set_mark(&mut self, id: InstrumentId, mark: Price) {
        let funding = self.instrument_field(id, InstrumentField::Price).low;
        self.set_instrument_field(id, InstrumentField::Price, Word::new(mark.0, funding));
    }

    fn side(&self, id: InstrumentId, side: Side) -> SideState {
        let Word { high, low } = self.load(fixed(Region::Side, [id, side_number(side), 0], 0));
        SideState {
            open_interest: Size(high),
            offset: Usd(low.cast_signed()),
        }
    }

    fn set_side(&mut self, id: InstrumentId, side: Side, state: &SideState) {
        let slot = fixed(Region::Side, [id, side_number(side), 0], 0);
        self.store(
            slot,
            Word::new(state.open_interest.0, state.offset.0.cast_unsigned()),
        );
    }

    fn bucket(&self, id: InstrumentId, side: Side, bucket: u8) -> Bucket {
        let path = [id, side_number(side), bucket];
        let state = self.load(fixed(Region::Bucket, path, 0));
        let sums = self.load(fixed(Region::Bucket, path, 1));
        let epoch = state.low as u32;
        if sums == Word::ZERO {
            return Bucket::empty(epoch);
        }
        Bucket {
            scale: Scale(state.low >> 32),
            drift: Cumulative(state.high.cast_signed()),
            base: Base(sums.high),
            joined: Size(sums.low),
            epoch,
        }
    }

    fn set_bucket(&mut self, id: InstrumentId, side: Side, bucket: u8, state: &Bucket) {
        let path = [id, side_number(side), bucket];
        let low = state.scale.0 << 32 | u128::from(state.epoch);
        self.store(
            fixed(Region::Bucket, path, 0),
            Word::new(state.drift.0.cast_unsigned(), low),
        );
        self.store(
            fixed(Region::Bucket, path, 1),
            Word::new(state.base.0, state.joined.0),
        );
    }

    fn closed(&self, id: InstrumentId, side: Side, bucket: u8, epoch: u32) -> Cumulative {
        let slot = fixed(Region::Closed, [id, side_number(side), bucket], epoch);
        Cumulative(self.load(slot).low.cast_signed())
    }

    fn set_closed(
        &mut self,
        id: InstrumentId,
        side: Side,
        bucket: u8,
        epoch: u32,
        cumulative: Cumulative,
    ) {
        let slot = fixed(Region::Closed, [id, side_number(side), bucket], epoch);
        self.store(slot, Word::of(cumulative.0.cast_unsigned()));
    }

    fn leg(&self, account: B256, id: InstrumentId) -> Leg {
        let sizes = self.load(self.leg_slot(account, id, 0));
        let state = self.load(self.leg_slot(account, id, 1));
        Leg {
            side: if state.low & 1 == 0 {
                Side::Long
            } else {
                Side::Short
            },
            bucket: (state.low >> 8) as u8,
            epoch: (state.low >> 16) as u32,
            base: Base(sizes.high),
            joined: Size(sizes.low),
            settled: Cumulative(state.high.cast_signed()),
        }
    }

    fn set_leg(&mut self, account: B256, id: InstrumentId, leg: Option<&Leg>) {
        let (sizes, state) = leg.map_or((Word::ZERO, Word::ZERO), |leg| {
            let low = u128::from(leg.epoch) << 16
                | u128::from(leg.bucket) << 8
                | u128::from(side_number(leg.side));
            (
                Word::new(leg.base.0, leg.joined.0),
                Word::new(leg.settled.0.cast_unsigned(), low),
            )
        });
        self.store(self.leg_slot(account, id, 0), sizes);
        self.store(self.leg_slot(account, id, 1), state);
    }
}
