//! Ownership.

use super::Bench;
use crate::BenchError;
use client::abi::IOwnable;
use stage::market::Market;

impl Bench<'_> {
    /// Both steps of passing ownership on, last: afterwards the operator owns nothing.
    pub(super) async fn ownership(&mut self) -> Result<(), BenchError> {
        let Market {
            vault, pool, guard, ..
        } = self.market;
        let new_owner = self.people[0].address();
        for (name, contract) in [
            ("vault", vault),
            ("pool", pool),
            ("guard", guard),
            ("factory", self.deployment.factory),
        ] {
            let offer = IOwnable::transferOwnershipCall {
                newOwner: new_owner,
            };
            self.owner_call(&format!("{name}.transferOwnership"), contract, &offer)
                .await?;
            self.call(
                &format!("{name}.acceptOwnership"),
                0,
                contract,
                &IOwnable::acceptOwnershipCall {},
            )
            .await?;
        }
        Ok(())
    }
}
