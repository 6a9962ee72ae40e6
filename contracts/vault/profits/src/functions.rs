//! What the program serves.

margin_vault::functions! {
    RECOVER = vault::recoverCall;
    CONVERT = vault::convertCall;
    DISTRIBUTE_FEES = vault::distributeFeesCall;
}
