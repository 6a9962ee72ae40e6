//! What the pool's interface names, and why it reverts.

use contract_support::lock::Reentered;
use contract_support::ownable::{NotOwner, NotPendingOwner};
use contract_support::token::TokenCallFailed;

pub use crate::interface::Erc4626::{Approval, Deposit, Transfer, Withdraw};
pub use crate::interface::IInsurancePool::{
    AlreadyInitialized, AssetsMissing, BondSlashed, Covered, DebtKnown, ExceedsClaimable,
    Fulfilled, FulfilmentClosed, Harvested, InsufficientAllowance, InsufficientBalance, NotClone,
    NotFactory, NotOperator, NotSteward, NotVault, NothingMature, OperatorSet, Overflow,
    Parameters, ParametersOutOfBounds, ParametersSet, PaymentDue, PreviewUnsupported, Promoted,
    RedeemRequest, SharesConsolidated, StewardSet, TooManyBatches, TooManyVaults,
    UnsupportedDecimals, VaultSet, VaultSilent, ZeroAddress, ZeroAmount,
};

contract_support::errors! {
    /// Why the pool reverts.
    pub struct Error {
        NotOwner,
        NotPendingOwner,
        Reentered,
        TokenCallFailed,
        NotClone,
        AlreadyInitialized,
        ZeroAddress,
        ZeroAmount,
        ParametersOutOfBounds,
        TooManyVaults,
        Overflow,
    }
}

/// A rule's overflow, as the contract reports it.
impl From<insurance::Overflow> for Error {
    fn from(_: insurance::Overflow) -> Self {
        Overflow {}.into()
    }
}
