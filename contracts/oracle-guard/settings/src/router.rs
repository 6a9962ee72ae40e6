//! From selectors to functions.

use alloc::vec::Vec;

use guard_support::arguments::Args;
use guard_support::program::{CONSTRUCTOR, Program};
use guard_support::store::Field;

use crate::functions::selector;
use crate::{admin, distrust, surfaces};

/// The program of the guard's settings.
pub struct Settings;

impl Program for Settings {
    fn view(selector: u32, args: Args) -> Option<Vec<u8>> {
        Some(match selector {
            selector::SURFACE => surfaces::surface(args.b256(0), args.u64(1)),
            selector::SURFACE_DISTRUST => distrust::distrusted(args.b256(0), args.u64(1)),
            selector::SURFACE_LIMITS => admin::surface_limits(),
            selector::SURFACE_PROVIDER => admin::address(Field::SurfaceProvider),
            selector::FEED => admin::feed(args.b256(0)),
            selector::RANGE_LIMITS => admin::range_limits(args.b256(0)),
            selector::PARAMETERS => admin::parameters(),
            selector::OWNER => admin::address(Field::Owner),
            selector::PENDING_OWNER => admin::address(Field::PendingOwner),
            selector::GUARDIAN => admin::address(Field::Guardian),
            selector::REGISTRAR => admin::address(Field::Registrar),
            selector::EMERGENCIES => admin::emergencies(),
            selector::STEWARD => admin::address(Field::Steward),
            selector::SEQUENCER_UPTIME_FEED => admin::address(Field::SequencerFeed),
            _ => return None,
        })
    }

    fn execute(selector: u32, args: Args) -> Option<Vec<u8>> {
        match selector {
            CONSTRUCTOR => admin::construct(args.address(0), args.address(1), args.address(2)),
            selector::SET_SURFACE => surfaces::set(args),
            selector::DISTRUST_SURFACE => {
                distrust::distrust(args.b256(0), args.u64(1), args.u32(2), args.b256(3));
            }
            selector::SET_UPTIME_FEED => admin::set_uptime_feed(args.address(0)),
            selector::SET_FEED => admin::set_feed(args),
            selector::SET_RANGE_LIMITS => admin::set_range_limits(args),
            selector::SET_PARAMETERS => admin::set_parameters(args),
            selector::SET_SURFACE_LIMITS => admin::set_surface_limits(args),
            selector::SET_SURFACE_PROVIDER => admin::set_surface_provider(args.address(0)),
            selector::SET_GUARDIAN => admin::set_guardian(args.address(0)),
            selector::SET_REGISTRAR => admin::set_registrar(args.address(0)),
            selector::SET_STEWARD => admin::set_steward(args.address(0), args.u32(1)),
            selector::TRANSFER_OWNERSHIP => admin::transfer_ownership(args.address(0)),
            selector::ACCEPT_OWNERSHIP => admin::accept_ownership(),
            _ => return None,
        }
        Some(Vec::new())
    }
}
