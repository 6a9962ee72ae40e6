//! The types, events and errors of `IInsurancePool`, and what it calls in a vault.

use alloy_sol_types::sol;
use contract_support::lock::Reentered;
use contract_support::ownable::{NotOwner, NotPendingOwner};
use contract_support::token::TokenCallFailed;
use program_support::steward::{EmergencySince, StewardFailed};

sol! {
    /// Every parameter of the pool.
    struct Parameters {
        uint32 cooldown;
        uint64 dailyDrawShare;
    }

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);
    event Deposit(address indexed sender, address indexed owner, uint256 assets, uint256 shares);
    event Withdraw(address indexed sender, address indexed receiver, address indexed owner, uint256 assets, uint256 shares);
    event RedeemRequest(address indexed controller, address indexed owner, uint256 indexed requestId, address sender, uint256 shares);
    event OperatorSet(address indexed controller, address indexed operator, bool approved);
    event Fulfilled(address indexed controller, uint256 shares, uint256 assets);
    event SharesConsolidated(uint256 supply, uint8 generation);
    event Covered(address indexed vault, uint256 amount, uint256 paid);
    event VaultSet(address indexed vault, bool registered);
    event Harvested(address indexed vault, uint256 assets);
    event ParametersSet(Parameters parameters);
    event StewardSet(address indexed steward);
    event Promoted(address indexed creator, uint256 shares);
    event BondSlashed(uint256 shares, uint256 assets);

    error NotClone();
    error AlreadyInitialized();
    error ZeroAddress();
    error ZeroAmount();
    error UnsupportedDecimals(address token, uint8 decimals);
    error ParametersOutOfBounds();
    error TooManyVaults();
    error NotSteward(address caller);
    error NotFactory(address caller);
    error NotVault(address vault);
    error InsufficientBalance(address owner, uint256 transferable, uint256 needed);
    error InsufficientAllowance(address owner, address spender, uint256 allowance, uint256 needed);
    error ExceedsClaimable(address controller, uint256 claimable, uint256 needed);
    error NotOperator(address caller, address controller);
    error TooManyBatches(address controller);
    error NothingMature(address controller);
    error FulfilmentClosed(uint64 opensAt);
    error PaymentDue(address vault);
    error DebtKnown(address vault);
    error VaultSilent(address vault);
    error PreviewUnsupported();
    error AssetsMissing(uint256 held, uint256 expected);
    error Overflow();
}

contract_support::abi_struct!(Parameters {
    "uint32" "cooldown",
    "uint64" "dailyDrawShare",
});

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
        UnsupportedDecimals,
        ParametersOutOfBounds,
        TooManyVaults,
        NotSteward,
        EmergencySince,
        StewardFailed,
        NotFactory,
        NotVault,
        InsufficientBalance,
        InsufficientAllowance,
        ExceedsClaimable,
        NotOperator,
        TooManyBatches,
        NothingMature,
        FulfilmentClosed,
        PaymentDue,
        DebtKnown,
        VaultSilent,
        PreviewUnsupported,
        AssetsMissing,
        Overflow,
    }
}

/// What the pool calls in a vault.
pub mod vault {
    use alloy_sol_types::sol;

    sol! {
        function claims() external view returns (uint256 deficit, uint256 closable, uint256 due);
        function balances(bytes32 account) external view returns (uint256 capital, int256 pnl);
        function convert(bytes32 account, uint256 maxProfit) external returns (uint256 received);
        function withdraw(bytes32 account, uint256 amount, address to) external returns (uint256 paid);
    }
}

/// A rule's overflow, as the contract reports it.
impl From<insurance::Overflow> for Error {
    fn from(_: insurance::Overflow) -> Self {
        Overflow {}.into()
    }
}
