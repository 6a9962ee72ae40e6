//! From selectors to functions.

use alloc::vec::Vec;

use alloy_primitives::B256;
use alloy_sol_types::SolCall;

use crate::abi::{Args, guard, ownable};
use crate::host::{encode, unknown_function};
use crate::prices::Purpose;
use crate::store::Field;
use crate::{admin, distrust, options, prices, readings, settlements, surfaces};

/// The selector under which every Stylus program is constructed, whatever its arguments: that of `stylus_constructor()`.
const CONSTRUCTOR: u32 = 0x5585_258d;

macro_rules! selectors {
    ($($name:ident = $call:ty;)*) => {
        $(const $name: u32 = u32::from_be_bytes(<$call>::SELECTOR);)*
    };
}

selectors! {
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
    SET_SURFACE_LIMITS = guard::setSurfaceLimitsCall;
    SURFACE_LIMITS = guard::surfaceLimitsCall;
    SET_SURFACE_PROVIDER = guard::setSurfaceProviderCall;
    SURFACE_PROVIDER = guard::surfaceProviderCall;
    SET_SURFACE = guard::setSurfaceCall;
    SURFACE = guard::surfaceCall;
    DISTRUST_SURFACE = guard::distrustSurfaceCall;
    SURFACE_DISTRUST = guard::surfaceDistrustCall;
    MARKS_WITH_OPTIONS = guard::marksWithOptionsCall;
    FRESH_MARKS = guard::freshMarksCall;
    FRESH_MARKS_WITH_OPTIONS = guard::freshMarksWithOptionsCall;
    SEQUENCER_UPTIME_FEED = guard::sequencerUptimeFeedCall;
    POKE = guard::pokeCall;
    POKE_MANY = guard::pokeManyCall;
    READ = guard::readCall;
    READ_MANY = guard::readManyCall;
    MARKS = guard::marksCall;
    TRIP = guard::tripCall;
    OPEN_SETTLEMENT = guard::openSettlementCall;
    SETTLEMENT = guard::settlementCall;
}

fn split(input: &[u8]) -> (u32, Args<'_>) {
    match input.split_first_chunk() {
        Some((selector, arguments)) => (u32::from_be_bytes(*selector), Args(arguments)),
        None => unknown_function(),
    }
}

/// Serves a function that changes nothing; `None` if `input` asks for none.
pub fn view(input: &[u8]) -> Option<Vec<u8>> {
    let (selector, args) = split(input);
    Some(match selector {
        MARKS => readings::marks(Purpose::View, args.b256s(0)),
        MARKS_WITH_OPTIONS => options::marks_with_options(Purpose::View, args),
        READ => readings::read(args.word(0)),
        READ_MANY => readings::read_many(args.b256s(0)),
        SETTLEMENT => settlements::settlement(args.word(0), args.u64(1)),
        SURFACE => surfaces::surface(args.word(0), args.u64(1)),
        SURFACE_DISTRUST => distrust::distrusted(args.word(0), args.u64(1)),
        SURFACE_LIMITS => admin::surface_limits(),
        SURFACE_PROVIDER => admin::address(Field::SurfaceProvider),
        FEED => admin::feed(args.word(0)),
        RANGE_LIMITS => admin::range_limits(args.word(0)),
        PARAMETERS => admin::parameters(),
        OWNER => admin::address(Field::Owner),
        PENDING_OWNER => admin::address(Field::PendingOwner),
        GUARDIAN => admin::address(Field::Guardian),
        REGISTRAR => admin::address(Field::Registrar),
        STEWARD => admin::address(Field::Steward),
        SEQUENCER_UPTIME_FEED => admin::address(Field::SequencerFeed),
        _ => return None,
    })
}

/// Serves a function that may change state.
pub fn execute(input: &[u8]) -> Vec<u8> {
    let (selector, args) = split(input);
    let returned: &[B256] = match selector {
        FRESH_MARKS => return readings::marks(Purpose::Operation, args.b256s(0)),
        FRESH_MARKS_WITH_OPTIONS => return options::marks_with_options(Purpose::Operation, args),
        POKE => &prices::poke(args.word(0)),
        POKE_MANY => {
            prices::poke_many(args.b256s(0));
            &[]
        }
        TRIP => {
            prices::trip(args.word(0), args.u8(1), args.u32(2), args.word(3));
            &[]
        }
        SET_SURFACE => {
            surfaces::set(args);
            &[]
        }
        OPEN_SETTLEMENT => {
            settlements::open(args.word(0), args.u64(1));
            &[]
        }
        _ => {
            configure(selector, args);
            &[]
        }
    };
    encode(returned)
}

fn configure(selector: u32, args: Args) {
    match selector {
        CONSTRUCTOR => admin::construct(args.address(0), args.address(1), args.address(2)),
        SET_FEED => admin::set_feed(args),
        SET_RANGE_LIMITS => admin::set_range_limits(args),
        SET_PARAMETERS => admin::set_parameters(args),
        DISTRUST_SURFACE => {
            distrust::distrust(args.word(0), args.u64(1), args.u32(2), args.word(3));
        }
        SET_SURFACE_LIMITS => admin::set_surface_limits(args),
        SET_SURFACE_PROVIDER => admin::set_surface_provider(args.address(0)),
        SET_GUARDIAN => admin::set_guardian(args.address(0)),
        SET_REGISTRAR => admin::set_registrar(args.address(0)),
        SET_STEWARD => admin::set_steward(args.address(0), args.u32(1)),
        TRANSFER_OWNERSHIP => admin::transfer_ownership(args.address(0)),
        ACCEPT_OWNERSHIP => admin::accept_ownership(),
        _ => unknown_function(),
    }
}
