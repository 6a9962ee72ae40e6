//! Storage that a transaction touches: what gas mostly goes into.

use crate::BenchError;
use alloy::{
    primitives::{Address, B256, address},
    rpc::types::AccessListResult,
};
use client::chain::{Chain, Transaction};
use serde::Serialize;
use serde_json::json;

/// Where ArbOS keeps its own state, which every transaction touches.
const ARBOS_STATE: Address = address!("A4b05FffffFffFFFFfFFfffFfffFFfffFfFfFFFf");

/// Storage slots of one transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Slots {
    /// Slots of the contract called that were read or written, 2,100 gas each.
    pub touched: usize,
    /// Those whose value changed, 2,900 gas more each, new ones not among them.
    pub changed: usize,
    /// Those that were empty and are no longer, 20,000 gas more each.
    pub created: usize,
    /// Slots of other contracts that were touched.
    pub elsewhere: usize,
}

/// The slots that a transaction will touch in the contract it calls, with their values before it.
pub struct Before {
    contract: Address,
    slots: Vec<B256>,
    values: Vec<B256>,
    elsewhere: usize,
}

/// Looks at what `transaction` would touch if it came next.
pub async fn before(chain: &Chain, transaction: &Transaction) -> Result<Before, BenchError> {
    let call = json!({ "from": transaction.from, "to": transaction.to, "data": transaction.data });
    let accessed: AccessListResult = chain
        .request("eth_createAccessList", json!([call, "latest"]))
        .await?;
    let (mut slots, mut elsewhere) = (Vec::new(), 0);
    for item in accessed.access_list.0 {
        if item.address == transaction.to {
            slots = item.storage_keys;
        } else if item.address != ARBOS_STATE {
            elsewhere += item.storage_keys.len();
        }
    }
    Ok(Before {
        contract: transaction.to,
        values: values(chain, transaction.to, &slots).await?,
        slots,
        elsewhere,
    })
}

impl Before {
    /// What the transaction, which has been mined, did to the slots.
    pub async fn compare(self, chain: &Chain) -> Result<Slots, BenchError> {
        let after = values(chain, self.contract, &self.slots).await?;
        Ok(count(&self.values, &after, self.elsewhere))
    }
}

fn count(before: &[B256], after: &[B256], elsewhere: usize) -> Slots {
    let written = before.iter().zip(after).filter(|(old, new)| old != new);
    let (created, changed): (Vec<_>, Vec<_>) = written.partition(|(old, _)| old.is_zero());
    Slots {
        touched: before.len(),
        changed: changed.len(),
        created: created.len(),
        elsewhere,
    }
}

async fn values(chain: &Chain, contract: Address, slots: &[B256]) -> Result<Vec<B256>, BenchError> {
    /// Requests in one HTTP message.
    const BATCH: usize = 100;
    let mut values = Vec::with_capacity(slots.len());
    for slots in slots.chunks(BATCH) {
        let mut batch = chain.batch();
        let mut waiting = Vec::with_capacity(slots.len());
        for slot in slots {
            let params = json!([contract, slot, "latest"]);
            waiting.push(batch.add::<B256>("eth_getStorageAt", params)?);
        }
        batch.finish().await?;
        for value in waiting {
            let value = value
                .await
                .map_err(|error| client::chain::refused("eth_getStorageAt", &error))?;
            values.push(value);
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_and_changed_slots_are_told_apart() {
        let words = |bytes: [u8; 4]| bytes.map(B256::repeat_byte);
        let (before, after) = (words([0, 1, 1, 0]), words([2, 2, 1, 0]));
        let expected = Slots {
            touched: 4,
            changed: 1,
            created: 1,
            elsewhere: 3,
        };
        assert_eq!(count(&before, &after, 3), expected);
    }
}
