//! The oracle guard, with two sources for every asset.

use super::{Bench, DAY, SPEC, START_PRICE, feed_answer};
use crate::BenchError;
use alloy::primitives::{Address, B256, keccak256};
use client::{
    abi::{IOracleGuard, IPriceFeed},
    units::wad,
};

/// Assets that are looked at together.
const ASSETS: usize = 8;

/// An asset that no market uses, and its sources.
struct Watched {
    asset: B256,
    feeds: [Address; 2],
}

impl Bench<'_> {
    pub(super) async fn guard(&mut self) -> Result<(), BenchError> {
        let guard = self.market.guard;
        let mut watched = Vec::with_capacity(ASSETS);
        for k in 0..ASSETS {
            watched.push(self.watch(&format!("watched {k}")).await?);
        }
        let assets: Vec<B256> = watched.iter().map(|watched| watched.asset).collect();
        let poke_many = IOracleGuard::pokeManyCall {
            assets: assets.clone(),
        };
        let first = self.operator.call(self.chain, guard, &poke_many)?;
        self.chain.execute(&[first]).await?;
        let asset = assets[0];
        let poke = IOracleGuard::pokeCall { asset };
        self.push(&watched).await?;
        self.call("guard.poke.cold", 0, guard, &poke).await?;
        self.call("guard.poke.warm", 0, guard, &poke).await?;
        let read = IOracleGuard::readCall { asset };
        self.call("guard.read", 0, guard, &read).await?;
        self.push(&watched).await?;
        self.call("guard.pokeMany.8", 0, guard, &poke_many).await?;
        // Nobody looks in the window: the day's price is written at once, into a slot that was empty.
        self.advance(self.until_eight().await?).await?;
        self.push(&watched).await?;
        self.call("guard.poke.boundary", 0, guard, &poke).await
    }

    /// Seconds to the end of the day under way.
    async fn until_eight(&self) -> Result<u64, BenchError> {
        const EIGHT: u64 = 8 * 3_600;
        let time = self.chain.timestamp().await? % DAY;
        Ok((DAY + EIGHT - time) % DAY)
    }

    /// Configures an asset with two sources.
    async fn watch(&self, name: &str) -> Result<Watched, BenchError> {
        let (asset, feeds) = (
            keccak256(name),
            [self.create_feed().await?, self.create_feed().await?],
        );
        let set = IOracleGuard::setFeedCall {
            asset,
            feed: IOracleGuard::Feed {
                primary: feeds[0],
                secondary: feeds[1],
                heartbeat: SPEC.heartbeat,
                secondaryHeartbeat: SPEC.heartbeat,
                floor: wad(SPEC.floor).to(),
                ceiling: wad(SPEC.ceiling).to(),
            },
            emergencies: 0,
        };
        let set = self.operator.call(self.chain, self.market.guard, &set)?;
        self.chain.execute(&[set]).await?;
        Ok(Watched { asset, feeds })
    }

    /// Has every source say another price.
    async fn push(&self, watched: &[Watched]) -> Result<(), BenchError> {
        const MOVE: f64 = 1.002;
        self.advance(super::CALM_SECONDS).await?;
        let answer = feed_answer(START_PRICE * MOVE);
        let mut transactions = Vec::new();
        for feed in watched.iter().flat_map(|watched| watched.feeds) {
            let push = IPriceFeed::pushCall { answer };
            transactions.push(self.operator.call(self.chain, feed, &push)?);
        }
        self.chain.execute(&transactions).await?;
        Ok(())
    }
}
