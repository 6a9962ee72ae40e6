//! The oracle guard.

use super::{Bench, START_PRICE, feed_answer};
use crate::{
    abi::{IOracleGuard, IPriceFeed},
    bench::BenchError,
};

impl Bench<'_> {
    pub(super) async fn guard(&mut self) -> Result<(), BenchError> {
        let guard = self.market.guard;
        let (asset, feed) = (
            self.market.contracts[0].asset,
            self.market.contracts[0].feed,
        );
        let push = IPriceFeed::pushCall {
            answer: feed_answer(START_PRICE),
        };
        let push = self.operator.call(self.chain, feed, &push)?;
        self.chain.execute(&[push]).await?;
        let poke = IOracleGuard::pokeCall { asset };
        self.call("guard.poke.new_price", 0, guard, &poke).await?;
        self.call("guard.poke.same_price", 0, guard, &poke).await?;
        let poke_many = IOracleGuard::pokeManyCall {
            assets: vec![asset],
        };
        self.call("guard.pokeMany.1", 0, guard, &poke_many).await
    }
}
