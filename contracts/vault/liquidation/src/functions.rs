//! What the program serves.

margin_vault::functions! {
    LIQUIDATE = vault::liquidateCall;
    LIQUIDATE_BATCH = vault::liquidateBatchCall;
}
