//! What the program serves.

margin_vault::functions! {
    SETTLE = vault::settleCall;
}
