//! What the program serves.

margin_vault::functions! {
    OWNER = ownable::ownerCall;
    PENDING_OWNER = ownable::pendingOwnerCall;
    TRANSFER_OWNERSHIP = ownable::transferOwnershipCall;
    ACCEPT_OWNERSHIP = ownable::acceptOwnershipCall;
    STEWARD = vault::stewardCall;
    EMERGENCIES = vault::emergenciesCall;
    SET_STEWARD = vault::setStewardCall;
    QUOTE_TOKEN = vault::quoteTokenCall;
    GUARD = vault::guardCall;
    ENGINE = vault::engineCall;
    POOL = vault::poolCall;
    INSTRUMENT = vault::instrumentCall;
    INSTRUMENTS = vault::instrumentsCall;
    PARAMETERS = vault::parametersCall;
    HEALTH = vault::healthCall;
    BALANCES = vault::balancesCall;
    POSITION = vault::positionCall;
    LEGS = vault::legsCall;
    COVERAGE = vault::coverageCall;
    TOTALS = vault::totalsCall;
    SHORTFALL = vault::shortfallCall;
    OPEN_INTEREST = vault::openInterestCall;
    UNSETTLED = vault::unsettledCall;
    IMMATURE = vault::immatureCall;
    IMPAIRED_SINCE = vault::impairedSinceCall;
    OUTFLOW = vault::outflowCall;
    OUTFLOW_CREDIT = vault::outflowCreditCall;
    COVER = vault::coverCall;
    DEBTS = vault::debtsCall;
    STUCK_DEBT = vault::stuckDebtCall;
    CLAIMS = vault::claimsCall;
    FUNDING = vault::fundingCall;
    DUST = vault::dustCall;
    INITIALIZE = vault::initializeCall;
    SET_INSTRUMENT = vault::setInstrumentCall;
    SET_PARAMETERS = vault::setParametersCall;
}
