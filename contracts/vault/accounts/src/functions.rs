//! What the program serves.

margin_vault::functions! {
    DEPOSIT = vault::depositCall;
    WITHDRAW = vault::withdrawCall;
    TOUCH = vault::touchCall;
    REBUCKET = vault::rebucketCall;
    TRANSFER = vault::transferCall;
}
