//! What the program serves.

program_support::functions! {
    {
        use crate::interface::{Erc4626 as erc4626, IInsurancePool as pool, IOwnable as ownable};
    }
    OWNER = ownable::ownerCall;
    PENDING_OWNER = ownable::pendingOwnerCall;
    TRANSFER_OWNERSHIP = ownable::transferOwnershipCall;
    ACCEPT_OWNERSHIP = ownable::acceptOwnershipCall;
    NAME = erc4626::nameCall;
    SYMBOL = erc4626::symbolCall;
    DECIMALS = erc4626::decimalsCall;
    TOTAL_SUPPLY = erc4626::totalSupplyCall;
    BALANCE_OF = erc4626::balanceOfCall;
    ALLOWANCE = erc4626::allowanceCall;
    APPROVE = erc4626::approveCall;
    TRANSFER = erc4626::transferCall;
    TRANSFER_FROM = erc4626::transferFromCall;
    ASSET = erc4626::assetCall;
    TOTAL_ASSETS = erc4626::totalAssetsCall;
    CONVERT_TO_SHARES = erc4626::convertToSharesCall;
    CONVERT_TO_ASSETS = erc4626::convertToAssetsCall;
    MAX_DEPOSIT = erc4626::maxDepositCall;
    MAX_MINT = erc4626::maxMintCall;
    MAX_WITHDRAW = erc4626::maxWithdrawCall;
    MAX_REDEEM = erc4626::maxRedeemCall;
    PREVIEW_DEPOSIT = erc4626::previewDepositCall;
    PREVIEW_MINT = erc4626::previewMintCall;
    PREVIEW_WITHDRAW = erc4626::previewWithdrawCall;
    PREVIEW_REDEEM = erc4626::previewRedeemCall;
    DEPOSIT = erc4626::depositCall;
    MINT = erc4626::mintCall;
    WITHDRAW = erc4626::withdrawCall;
    REDEEM = erc4626::redeemCall;
    SHARE = pool::shareCall;
    SUPPORTS_INTERFACE = pool::supportsInterfaceCall;
    REQUEST_REDEEM = pool::requestRedeemCall;
    PENDING_REDEEM_REQUEST = pool::pendingRedeemRequestCall;
    CLAIMABLE_REDEEM_REQUEST = pool::claimableRedeemRequestCall;
    IS_OPERATOR = pool::isOperatorCall;
    SET_OPERATOR = pool::setOperatorCall;
    FULFIL = pool::fulfilCall;
    INITIALIZE = pool::initializeCall;
    SET_VAULT = pool::setVaultCall;
    IS_VAULT = pool::isVaultCall;
    FACTORY = pool::factoryCall;
    PROMOTE = pool::promoteCall;
    IS_PROMOTED = pool::isPromotedCall;
    BOND = pool::bondCall;
    SET_STEWARD = pool::setStewardCall;
    STEWARD = pool::stewardCall;
    EMERGENCIES = pool::emergenciesCall;
    SET_PARAMETERS = pool::setParametersCall;
    PARAMETERS = pool::parametersCall;
    COVER = pool::coverCall;
    AVAILABLE = pool::availableCall;
    HARVEST = pool::harvestCall;
}
