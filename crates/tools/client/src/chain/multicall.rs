//! Many views in one `eth_call`, through Multicall3.

use super::{ChainError, reverts};
use crate::abi::IMulticall3::{Call3, aggregate3Call, getCurrentBlockTimestampCall};
use alloy::{
    primitives::{Address, Bytes, address},
    sol_types::SolCall,
};

/// <https://github.com/mds1/multicall>: the same address on every chain.
pub const MULTICALL3: Address = address!("cA11bde05977b3631167028862bE2a173976CA11");

/// One call of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    to: Address,
    data: Bytes,
}

impl View {
    /// `call` on the contract `to`.
    pub fn new<C: SolCall>(to: Address, call: &C) -> Self {
        Self {
            to,
            data: call.abi_encode().into(),
        }
    }

    /// A call that is already encoded, to be taken with [`Answers::outcome`].
    pub fn raw(to: Address, data: Bytes) -> Self {
        Self { to, data }
    }

    /// The block's timestamp, to be taken with [`Answers::timestamp`].
    pub fn timestamp() -> Self {
        Self::new(MULTICALL3, &getCurrentBlockTimestampCall {})
    }
}

/// The target and data of one call that makes all `views`.
pub fn multicall(views: &[View]) -> (Address, Bytes) {
    let calls = views
        .iter()
        .map(|view| Call3 {
            target: view.to,
            allowFailure: true,
            callData: view.data.clone(),
        })
        .collect();
    (MULTICALL3, aggregate3Call { calls }.abi_encode().into())
}

/// The answers to a group of views, to be taken in the order of the questions.
#[derive(Debug)]
pub struct Answers {
    results: std::vec::IntoIter<crate::abi::IMulticall3::Result>,
}

impl Answers {
    /// The answers in what [`MULTICALL3`] returned.
    pub fn decode(data: &[u8]) -> Result<Self, ChainError> {
        Ok(Self {
            results: decode::<aggregate3Call>(data)?.into_iter(),
        })
    }

    /// The next answer, which is one to a call of `C`.
    pub fn take<C: SolCall>(&mut self) -> Result<C::Return, ChainError> {
        let data = self.outcome()?.map_err(|reason| ChainError::Reverted {
            what: C::SIGNATURE.into(),
            reason,
        })?;
        decode::<C>(&data)
    }

    /// What the next call returned, or the name of the error with which it reverted.
    pub fn outcome(&mut self) -> Result<Result<Bytes, String>, ChainError> {
        let missing = || ChainError::Malformed {
            what: "aggregate3".into(),
            reason: "fewer answers than views".into(),
        };
        let result = self.results.next().ok_or_else(missing)?;
        Ok(if result.success {
            Ok(result.returnData)
        } else {
            Err(reverts::name(&result.returnData))
        })
    }

    /// The next answer, which is one to [`View::timestamp`], in seconds.
    pub fn timestamp(&mut self) -> Result<u64, ChainError> {
        Ok(self.take::<getCurrentBlockTimestampCall>()?.saturating_to())
    }
}

/// What `C` returned.
pub(super) fn decode<C: SolCall>(data: &[u8]) -> Result<C::Return, ChainError> {
    C::abi_decode_returns(data).map_err(|error| ChainError::Malformed {
        what: C::SIGNATURE.into(),
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::{IERC4626::totalAssetsCall, IMulticall3, IOwnable::NotOwner};
    use alloy::{primitives::U256, sol_types::SolError};

    fn answers(results: Vec<IMulticall3::Result>) -> Answers {
        Answers::decode(&aggregate3Call::abi_encode_returns(&results)).unwrap()
    }

    #[test]
    fn answers_come_in_the_order_of_the_views() {
        let word = |value: u64| IMulticall3::Result {
            success: true,
            returnData: U256::from(value).to_be_bytes_vec().into(),
        };
        let mut answers = answers(vec![word(7), word(9)]);
        assert_eq!(answers.take::<totalAssetsCall>().unwrap(), U256::from(7));
        assert_eq!(answers.take::<totalAssetsCall>().unwrap(), U256::from(9));
        assert!(matches!(
            answers.take::<totalAssetsCall>(),
            Err(ChainError::Malformed { .. })
        ));
    }

    #[test]
    fn a_view_that_reverts_is_an_error_with_its_name() {
        let data = NotOwner {
            caller: Address::ZERO,
        }
        .abi_encode()
        .into();
        let mut answers = answers(vec![IMulticall3::Result {
            success: false,
            returnData: data,
        }]);
        let error = answers.take::<totalAssetsCall>().unwrap_err().to_string();
        assert!(error.contains("NotOwner"), "{error}");
    }
}
