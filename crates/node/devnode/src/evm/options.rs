//! What a transaction is held to, and what is recorded of it.

use super::steps::StepOptions;

/// Which rules hold for a transaction. The default is a signed transaction's: all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The nonce must be the sender's next one. Switch off for calls.
    pub check_nonce: bool,
    /// The sender must be able to pay for gas limit x fee cap + value. Without it the sender's balance is
    /// topped up for the execution only; a value transfer still needs the balance to cover it.
    pub check_balance: bool,
    /// The fee cap must reach the base fee. Without it a gas price of 0 also makes `BASEFEE` 0, as geth's
    /// `eth_call` does.
    pub check_base_fee: bool,
    /// The sender must not have code (EIP-3607). Switch off for calls and impersonation.
    pub check_sender_code: bool,
    /// The gas limit must be within the block's and within ArbOS's limit per transaction. Switch off for calls.
    pub check_gas_limit: bool,
    /// Record [`Outcome::trace`](super::Outcome::trace).
    pub trace: bool,
    /// Record [`Outcome::steps`](super::Outcome::steps).
    pub steps: Option<StepOptions>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            check_nonce: true,
            check_balance: true,
            check_base_fee: true,
            check_sender_code: true,
            check_gas_limit: true,
            trace: false,
            steps: None,
        }
    }
}

impl Options {
    /// The rules of `eth_call` and `eth_estimateGas`: anybody, any nonce, any price.
    pub fn call() -> Self {
        Self {
            check_nonce: false,
            check_balance: false,
            check_base_fee: false,
            check_sender_code: false,
            check_gas_limit: false,
            trace: false,
            steps: None,
        }
    }
}
