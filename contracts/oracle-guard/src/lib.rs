//! The oracle guard: prices that money may depend on.
//!
//! Feeds are asked by [`poke`](OracleGuard::poke) only, which anyone may call; what it accepts is stored and
//! [`read`](OracleGuard::read) serves it. A feed that reverts, lies, burns gas or returns rubbish freezes its own
//! asset and no other. The decisions are those of the crate `oracle`; here are storage, feeds, roles and events.
//!
//! Built without the SDK's feature `reentrant`: a feed or anyone else who calls back is refused.

extern crate alloc;

mod abi;
mod feeds;
mod store;

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use contract_support::ownable::Ownable;
use oracle::{Cause, Observation, Sources, Tier, TripRefusal};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageAddress, StorageB256, StorageMap};

use crate::abi::*;
use crate::feeds::Sequencer;
use crate::store::{Entry, Shared, Source, StoredAsset};

/// Storage of the guard. New fields go at the end.
#[storage]
#[entrypoint]
pub struct OracleGuard {
    ownership: Ownable,
    guardian: StorageAddress,
    registrar: StorageAddress,
    sequencer_feed: StorageAddress,
    shared: StorageB256,
    assets: StorageMap<B256, StoredAsset>,
}

#[public]
impl OracleGuard {
    /// Runs once, in the transaction that deploys the guard. A zero `guardian` is none; a zero `sequencer_uptime_feed`
    /// is a chain without one. The parameters start at [`oracle::Parameters::DEFAULT`].
    ///
    /// Fails with `ZeroAddress` for a zero owner and `FeedUnavailable` for a sequencer feed without code.
    #[constructor]
    pub fn constructor(
        &mut self,
        owner: Address,
        guardian: Address,
        sequencer_uptime_feed: Address,
    ) -> Result<(), Error> {
        if owner.is_zero() {
            return Err(ZeroAddress {}.into());
        }
        if !sequencer_uptime_feed.is_zero() && self.vm().code_size(sequencer_uptime_feed) == 0 {
            return Err(FeedUnavailable {
                feed: sequencer_uptime_feed,
            }
            .into());
        }
        self.ownership.initialize(owner);
        self.guardian.set(guardian);
        self.sequencer_feed.set(sequencer_uptime_feed);
        self.vm().log(GuardianSet { guardian });
        self.apply_parameters(oracle::Parameters::DEFAULT);
        Ok(())
    }

    /// The owner.
    pub fn owner(&self) -> Address {
        self.ownership.owner()
    }

    /// The account that may accept ownership.
    pub fn pending_owner(&self) -> Address {
        self.ownership.pending_owner()
    }

    /// Offers ownership to `new_owner`. Owner only (`NotOwner`).
    pub fn transfer_ownership(&mut self, new_owner: Address) -> Result<(), Error> {
        Ok(self.ownership.transfer(new_owner)?)
    }

    /// Takes offered ownership. Fails with `NotPendingOwner`.
    pub fn accept_ownership(&mut self) -> Result<(), Error> {
        Ok(self.ownership.accept()?)
    }

    /// Configures the sources of `asset`: the owner at any time, the registrar for an unknown asset.
    ///
    /// The last trusted mark and the tier of a known asset stay; its mean restarts. Fails with `NotRegistrar`,
    /// `AssetExists`, `InvalidHeartbeat`, `InvalidPriceRange`, `SameSource`, `FeedUnavailable` or
    /// `UnsupportedDecimals`.
    pub fn set_feed(&mut self, asset: B256, feed: Feed) -> Result<(), Error> {
        self.check_may_set_feed(asset)?;
        check_feed(&feed)?;
        let decimals = self.supported_decimals(feed.primary)?;
        let secondary_decimals = if feed.secondary.is_zero() {
            0
        } else {
            self.supported_decimals(feed.secondary)?
        };
        self.assets
            .setter(asset)
            .configure(&feed, decimals, secondary_decimals);
        self.vm().log(FeedSet { asset, feed });
        Ok(())
    }

    /// The sources of `asset`; all zero for an unknown one.
    pub fn feed(&self, asset: B256) -> Feed {
        self.assets.get(asset).feed()
    }

    /// Sets every parameter; rates must be multiples of 1e-9. Owner only; fails with `NotOwner` or
    /// `ParametersOutOfBounds`.
    pub fn set_parameters(&mut self, parameters: Parameters) -> Result<(), Error> {
        self.ownership.only_owner()?;
        let parameters = oracle::Parameters::from(&parameters);
        if !parameters.is_within_bounds() || !Shared::can_store(&parameters) {
            return Err(ParametersOutOfBounds {}.into());
        }
        self.apply_parameters(parameters);
        Ok(())
    }

    /// The parameters.
    pub fn parameters(&self) -> Parameters {
        self.shared().parameters.into()
    }

    /// Sets the guardian; zero removes it. Owner only (`NotOwner`).
    pub fn set_guardian(&mut self, guardian: Address) -> Result<(), Error> {
        self.ownership.only_owner()?;
        self.guardian.set(guardian);
        self.vm().log(GuardianSet { guardian });
        Ok(())
    }

    /// The account that may trip breakers.
    pub fn guardian(&self) -> Address {
        self.guardian.get()
    }

    /// Sets the registrar, which may add assets; zero removes it. Owner only (`NotOwner`).
    pub fn set_registrar(&mut self, registrar: Address) -> Result<(), Error> {
        self.ownership.only_owner()?;
        self.registrar.set(registrar);
        self.vm().log(RegistrarSet { registrar });
        Ok(())
    }

    /// The account that may add assets: the market factory.
    pub fn registrar(&self) -> Address {
        self.registrar.get()
    }

    /// The sequencer's uptime feed; zero if the chain has none.
    pub fn sequencer_uptime_feed(&self) -> Address {
        self.sequencer_feed.get()
    }

    /// Asks the feeds of `asset` and updates its mark and tier. Anyone may call.
    ///
    /// A feed that cannot be trusted is no error: the asset freezes at its last mark. Returns the WAD mark and the tier
    /// in force. Fails with `UnknownAsset`, or with `InsufficientGas` if a feed could not get its whole gas allowance.
    pub fn poke(&mut self, asset: B256) -> Result<(U256, u8), Error> {
        let shared = self.update_sequencer()?;
        let (mark, tier) = self.poke_one(asset, &shared)?;
        Ok((U256::from(mark), tier as u8))
    }

    /// [`poke`](Self::poke) for many assets, each independent of the others' feeds. Fails as `poke` does.
    pub fn poke_many(&mut self, assets: Vec<B256>) -> Result<(), Error> {
        let shared = self.update_sequencer()?;
        for asset in assets {
            self.poke_one(asset, &shared)?;
        }
        Ok(())
    }

    /// What the guard knows of `asset` now, without asking a feed. Fails with `UnknownAsset`.
    pub fn read(&self, asset: B256) -> Result<Reading, Error> {
        self.reading(asset, &self.shared())
    }

    /// [`read`](Self::read) for many assets.
    pub fn read_many(&self, assets: Vec<B256>) -> Result<Vec<Reading>, Error> {
        let shared = self.shared();
        assets
            .into_iter()
            .map(|asset| self.reading(asset, &shared))
            .collect()
    }

    /// What a vault needs of [`read_many`](Self::read_many), from two slots an asset while its sources agree, and three
    /// while they do not. Fails with `UnknownAsset`.
    pub fn marks(&self, assets: Vec<B256>) -> Result<Vec<Mark>, Error> {
        let shared = self.shared();
        assets
            .into_iter()
            .map(|asset| self.mark(asset, &shared))
            .collect()
    }

    /// Raises the tier of `asset` for `secs` seconds, at most 72 hours in 30 days, and at most to Restricted while the
    /// sources agree. Guardian only.
    ///
    /// Fails with `NotGuardian`, `UnknownAsset`, `TierNotRaised`, `SourcesAgree`, `TripTooShort` or
    /// `TripAllowanceExceeded`.
    pub fn trip(&mut self, asset: B256, tier: u8, secs: u32, reason: B256) -> Result<(), Error> {
        let caller = self.vm().msg_sender();
        if caller != self.guardian.get() {
            return Err(NotGuardian { caller }.into());
        }
        let now = self.vm().block_timestamp();
        let before = self.entry(asset)?;
        let price = before.price;
        let current = price.tier_at(&before.trip, now);
        let agree = price.sources_agree(now);
        let trip = before
            .trip
            .raise(Tier::from_u8(tier), secs, now, current, agree)
            .map_err(|refusal| trip_error(refusal, current, tier, secs))?;
        let reported = price.tier_at(&trip, now);
        self.assets.setter(asset).set_entry(&Entry {
            trip,
            reported,
            ..before
        });
        self.vm().log(Tripped {
            asset,
            tier: trip.tier as u8,
            until: trip.until,
            reason,
        });
        self.log_tier(asset, before.reported, reported, Cause::Guardian);
        Ok(())
    }
}

impl OracleGuard {
    fn shared(&self) -> Shared {
        Shared::unpack(self.shared.get())
    }

    fn apply_parameters(&mut self, parameters: oracle::Parameters) {
        let shared = Shared {
            parameters,
            ..self.shared()
        };
        self.shared.set(shared.pack());
        self.vm().log(ParametersSet {
            parameters: parameters.into(),
        });
    }

    fn check_may_set_feed(&self, asset: B256) -> Result<(), Error> {
        let caller = self.vm().msg_sender();
        if caller == self.ownership.owner() {
            return Ok(());
        }
        if caller != self.registrar.get() {
            return Err(NotRegistrar { caller }.into());
        }
        if self.assets.get(asset).entry().is_some() {
            return Err(AssetExists { asset }.into());
        }
        Ok(())
    }

    /// The decimals that `feed` answers with, if prices can be scaled from them.
    fn supported_decimals(&self, feed: Address) -> Result<u8, Error> {
        let decimals = feeds::decimals(self.vm(), feed)?.ok_or(FeedUnavailable { feed })?;
        match u8::try_from(decimals) {
            Ok(supported) if supported <= oracle::source::MAX_DECIMALS => Ok(supported),
            _ => Err(UnsupportedDecimals { feed, decimals }.into()),
        }
    }

    /// Asks the uptime feed and stores its status where it changed. Without a feed the sequencer counts as up.
    fn update_sequencer(&mut self) -> Result<Shared, Error> {
        let known = self.shared();
        let feed = self.sequencer_feed.get();
        if feed.is_zero() {
            return Ok(known);
        }
        let sequencer = feeds::sequencer(self.vm(), feed)?;
        let Sequencer { down, since } = sequencer;
        let still_down = down && known.sequencer.down;
        if still_down || sequencer == known.sequencer {
            return Ok(known);
        }
        let shared = Shared { sequencer, ..known };
        self.shared.set(shared.pack());
        self.vm().log(SequencerStatusChanged { down, since });
        Ok(shared)
    }

    fn poke_one(&mut self, asset: B256, shared: &Shared) -> Result<(u128, Tier), Error> {
        let now = self.vm().block_timestamp();
        let before = self.entry(asset)?;
        let observation = Observation {
            sources: self.ask_sources(asset, before.has_secondary)?,
            sequencer_down: shared.sequencer.down,
        };
        let mut stored = self.assets.setter(asset);
        let (state, cause) =
            stored
                .asset(before.price)
                .observe(observation, &shared.parameters, now);
        let price = state.price;
        let reported = price.tier_at(&before.trip, now);
        stored.set_progress(&state);
        stored.set_entry(&Entry {
            price,
            reported,
            ..before
        });
        self.vm().log(Poked {
            asset,
            mark: U256::from(price.mark),
            volatility: U256::ZERO,
        });
        let cause = if reported < before.reported {
            Cause::Calm
        } else {
            cause
        };
        self.log_tier(asset, before.reported, reported, cause);
        Ok((price.mark, reported))
    }

    fn ask_sources(&self, asset: B256, has_secondary: bool) -> Result<Sources, Error> {
        let stored = self.assets.get(asset);
        let primary = self.ask(&stored, stored.primary())?;
        if !has_secondary {
            return Ok(Sources::One(primary));
        }
        Ok(Sources::Two(
            primary,
            self.ask(&stored, stored.secondary())?,
        ))
    }

    fn ask(&self, stored: &StoredAsset, source: Source) -> Result<Option<oracle::Sample>, Error> {
        let round = feeds::latest_round(self.vm(), source.feed)?;
        let limits = stored.limits(source);
        Ok(round.and_then(|round| limits.check(&round, self.vm().block_timestamp()).ok()))
    }

    fn log_tier(&self, asset: B256, from: Tier, to: Tier, cause: Cause) {
        if from != to {
            self.vm().log(TierChanged {
                asset,
                from: from as u8,
                to: to as u8,
                cause: cause as u8,
            });
        }
    }

    fn entry(&self, asset: B256) -> Result<Entry, Error> {
        let entry = self.assets.get(asset).entry();
        Ok(entry.ok_or(UnknownAsset { asset })?)
    }

    fn reading(&self, asset: B256, shared: &Shared) -> Result<Reading, Error> {
        let price = self.entry(asset)?.price;
        let Mark {
            mark,
            stablePrice,
            tier,
            blocked,
        } = self.mark(asset, shared)?;
        let (low, high) = price.range();
        Ok(Reading {
            mark: U256::from(mark),
            low: U256::from(low),
            high: U256::from(high),
            stablePrice: U256::from(stablePrice),
            updatedAt: price.updated_at,
            tier,
            blocked,
            volatility: U256::ZERO,
            spotRange: U256::ZERO,
            initialSpotRange: U256::ZERO,
        })
    }

    fn mark(&self, asset: B256, shared: &Shared) -> Result<Mark, Error> {
        let now = self.vm().block_timestamp();
        let Entry { price, trip, .. } = self.entry(asset)?;
        let tier = price.tier_at(&trip, now);
        Ok(Mark {
            mark: price.mark,
            stablePrice: price.stable_at(now, shared.parameters.stable_price_rate),
            tier: tier as u8,
            blocked: price.blocked_at(tier, shared.is_grace(now), now),
        })
    }
}

/// Checks what can be checked without asking the feeds.
fn check_feed(feed: &Feed) -> Result<(), Error> {
    if feed.primary.is_zero() {
        return Err(ZeroAddress {}.into());
    }
    if feed.primary == feed.secondary {
        return Err(SameSource { feed: feed.primary }.into());
    }
    check_heartbeat(feed.heartbeat)?;
    if !feed.secondary.is_zero() {
        check_heartbeat(feed.secondaryHeartbeat)?;
    }
    if feed.floor >= feed.ceiling || feed.ceiling > oracle::source::MAX_CEILING {
        return Err(InvalidPriceRange {
            floor: feed.floor,
            ceiling: feed.ceiling,
        }
        .into());
    }
    Ok(())
}

fn check_heartbeat(heartbeat: u32) -> Result<(), Error> {
    if heartbeat == 0 || heartbeat > oracle::source::MAX_HEARTBEAT {
        return Err(InvalidHeartbeat { heartbeat }.into());
    }
    Ok(())
}

fn trip_error(refusal: TripRefusal, current: Tier, asked: u8, secs: u32) -> Error {
    match refusal {
        TripRefusal::NotRaised => TierNotRaised {
            current: current as u8,
            asked,
        }
        .into(),
        TripRefusal::SourcesAgree => SourcesAgree {}.into(),
        TripRefusal::TooShort => TripTooShort { secs }.into(),
        TripRefusal::AllowanceExceeded { left } => TripAllowanceExceeded { left }.into(),
    }
}
