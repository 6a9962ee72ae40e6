//! What the program serves.

guard_support::functions! {
    OWNER = ownable::ownerCall;
    PENDING_OWNER = ownable::pendingOwnerCall;
    TRANSFER_OWNERSHIP = ownable::transferOwnershipCall;
    ACCEPT_OWNERSHIP = ownable::acceptOwnershipCall;
    SET_FEED = guard::setFeedCall;
    FEED = guard::feedCall;
    SET_RANGE_LIMITS = guard::setRangeLimitsCall;
    RANGE_LIMITS = guard::rangeLimitsCall;
    SET_PARAMETERS = guard::setParametersCall;
    PARAMETERS = guard::parametersCall;
    SET_GUARDIAN = guard::setGuardianCall;
    GUARDIAN = guard::guardianCall;
    SET_REGISTRAR = guard::setRegistrarCall;
    REGISTRAR = guard::registrarCall;
    SET_STEWARD = guard::setStewardCall;
    STEWARD = guard::stewardCall;
    EMERGENCIES = guard::emergenciesCall;
    SET_SURFACE_LIMITS = guard::setSurfaceLimitsCall;
    SURFACE_LIMITS = guard::surfaceLimitsCall;
    SET_SURFACE_PROVIDER = guard::setSurfaceProviderCall;
    SURFACE_PROVIDER = guard::surfaceProviderCall;
    SET_SURFACE = guard::setSurfaceCall;
    SURFACE = guard::surfaceCall;
    DISTRUST_SURFACE = guard::distrustSurfaceCall;
    SURFACE_DISTRUST = guard::surfaceDistrustCall;
    SET_UPTIME_FEED = guard::setUptimeFeedCall;
    SEQUENCER_UPTIME_FEED = guard::sequencerUptimeFeedCall;
}
