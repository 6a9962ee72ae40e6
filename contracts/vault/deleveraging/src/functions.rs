//! What the program serves.

margin_vault::functions! {
    DELEVERAGE = vault::deleverageCall;
}
