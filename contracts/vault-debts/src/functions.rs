//! What the program serves.

margin_vault::functions! {
    DELEVERAGE = vault::deleverageCall;
    RECOVER = vault::recoverCall;
    CONVERT = vault::convertCall;
    DISTRIBUTE_FEES = vault::distributeFeesCall;
}
