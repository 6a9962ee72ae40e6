//! What the program serves.

margin_vault::functions! {
    DEPOSIT_WITH_PERMIT = vault::depositWithPermitCall;
    RECOVER = vault::recoverCall;
    CONVERT = vault::convertCall;
    DISTRIBUTE_FEES = vault::distributeFeesCall;
}
