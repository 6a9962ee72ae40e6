//! What the program serves.

margin_vault::functions! {
    SET_OPTION_RULES = vault::setOptionRulesCall;
    OPTION_RULES = vault::optionRulesCall;
    LIST_OPTION = vault::listOptionCall;
    DELIST = vault::delistCall;
    CLOSE_OPTION = vault::closeOptionCall;
    SETTLE_OPTION = vault::settleOptionCall;
    REFRESH = vault::refreshCall;
    OPTION = vault::optionCall;
    SERIES_OF = vault::seriesOfCall;
    OPTION_TOTALS = vault::optionTotalsCall;
    PORTFOLIO = vault::portfolioCall;
    HASH_ORDER = vault::hashOrderCall;
    EIP712_DOMAIN = vault::eip712DomainCall;
    FILLED = vault::filledCall;
    IS_SIGNER = vault::isSignerCall;
    CANCEL = vault::cancelCall;
    SET_SIGNER = vault::setSignerCall;
}
