//! The factory.

use super::{Bench, SPEC};
use crate::BenchError;
use alloy::primitives::U64;
use client::abi::IMarketFactory;
use serde_json::json;
use stage::market::Market;

impl Bench<'_> {
    pub(super) async fn factory(&mut self) -> Result<(), BenchError> {
        self.create_market("factory.createMarket", &["A"]).await?;
        self.create_market("factory.createMarket.2", &["A", "B"])
            .await?;
        let set = IMarketFactory::setQuoteTokenCall {
            token: self.market.token,
            allowed: true,
        };
        self.owner_call("factory.setQuoteToken", self.deployment.factory, &set)
            .await
    }

    async fn create_market(&mut self, name: &str, symbols: &[&str]) -> Result<(), BenchError> {
        #[derive(Clone, Debug, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Header {
            gas_used: U64,
        }
        let feed = self.deployment.price_feed;
        let listed: Vec<_> = symbols.iter().map(|symbol| (*symbol, feed)).collect();
        let before = self.chain.block_number().await?;
        let deployment = &self.deployment;
        Market::create(self.chain, self.operator, deployment, &listed, &SPEC).await?;
        // After two blocks for the bond, and one for the second source of each contract.
        let block = U64::from(before + 2 + symbols.len() as u64 + 1);
        let header: Header = self
            .chain
            .request("eth_getBlockByNumber", json!([block, false]))
            .await?;
        self.meter
            .figures
            .gas
            .insert(name.to_owned(), header.gas_used.to());
        Ok(())
    }
}
