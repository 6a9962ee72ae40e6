//! From selectors to functions. The SDK's router and coders would not leave the program its size.

use alloc::vec::Vec;
use alloy_primitives::{B256, U256};
use contract_support::words::word;
use insurance::Claim;
use insurance::claim::By;
use insurance::shares::SHARE_DECIMALS;
use stylus_sdk::prelude::*;

use alloy_sol_types::SolError;
use contract_support::entry::InvalidCalldata;
use insurance::Rounding::{Down, Up};
use program_support::encoding::concat;
use program_support::{Arguments, Refuse, exit};
use stylus_sdk::ArbResult;
use stylus_sdk::abi::Router;

use crate::InsurancePool;
use crate::abi::{Error, Parameters, PreviewUnsupported};
use crate::functions::selector;

/// Interfaces that the pool says it has (ERC-165), by their ids: ERC-165; the operators of ERC-7540, and its asynchronous
/// redemption; ERC-7575 in whole, and its parts for assets and shares, deposits, mints, redemptions and withdrawals.
const INTERFACES: [[u8; 4]; 9] = [
    [0x01, 0xff, 0xc9, 0xa7],
    [0xe3, 0xbc, 0x4e, 0x65],
    [0x62, 0x0e, 0xe8, 0xe4],
    [0x2f, 0x0a, 0x18, 0xc5],
    [0x50, 0xa5, 0x26, 0xd6],
    [0xc1, 0xf3, 0x29, 0xef],
    [0xe1, 0x55, 0x03, 0x42],
    [0x2f, 0xd7, 0xd4, 0x2a],
    [0x70, 0xde, 0xc0, 0x94],
];

/// What does not decode ends the call with `InvalidCalldata`.
struct Malformed;

impl Refuse for Malformed {
    fn malformed() -> ! {
        exit::revert(&InvalidCalldata::SELECTOR)
    }
}

type Args<'a> = Arguments<'a, Malformed>;

impl Router<Self> for InsurancePool {
    type Storage = Self;

    fn route(pool: &mut Self, selector: u32, input: &[u8]) -> Option<ArbResult> {
        let args = Args::new(input);
        let served = match view(pool, selector, args) {
            Ok(None) => execute(pool, selector, args),
            served => served,
        };
        served.map_err(Vec::from).transpose()
    }

    fn receive(_: &mut Self) -> Option<Result<(), Vec<u8>>> {
        None
    }

    fn fallback(_: &mut Self, _: &[u8]) -> Option<ArbResult> {
        None
    }

    fn constructor(_: &mut Self, _: &[u8]) -> Option<ArbResult> {
        None
    }
}

/// A whole `uint256`.
fn number(args: Args, place: usize) -> U256 {
    U256::from_be_bytes(args.b256(place).0)
}

/// The only request there is.
fn is_request(args: Args) -> bool {
    args.b256(0).is_zero()
}

/// Serves what changes nothing; `None` if it is not that.
fn view(pool: &InsurancePool, selector: u32, args: Args) -> Result<Option<Vec<u8>>, Error> {
    let answer = match selector {
        selector::OWNER => pool.ownership.owner().into_word(),
        selector::PENDING_OWNER => pool.ownership.pending_owner().into_word(),
        selector::DECIMALS => word(SHARE_DECIMALS.into()),
        selector::TOTAL_SUPPLY => word(pool.reserves.totals().shares),
        selector::BALANCE_OF => word(pool.balance_of(args.address(0))),
        selector::ALLOWANCE => pool.allowance(args.address(0), args.address(1)).into(),
        selector::ASSET => pool.config.get().asset.into_word(),
        selector::SHARE => pool.vm().contract_address().into_word(),
        selector::SUPPORTS_INTERFACE => {
            let (id, rest) = args.slice(0, 32).split_at(4);
            if rest != [0; 28] {
                Malformed::malformed();
            }
            word(INTERFACES.iter().any(|known| id == known).into())
        }
        selector::TOTAL_ASSETS => word(pool.released().assets),
        selector::CONVERT_TO_SHARES | selector::PREVIEW_DEPOSIT => {
            word(pool.price().to_shares(args.saturated(0), Down)?)
        }
        selector::CONVERT_TO_ASSETS => word(pool.price().to_assets(args.saturated(0), Down)?),
        selector::PREVIEW_MINT => word(pool.price().to_assets(args.saturated(0), Up)?),
        // What an exit pays was fixed when it was fulfilled (ERC-7540).
        selector::PREVIEW_WITHDRAW | selector::PREVIEW_REDEEM => {
            return Err(Error::of::<PreviewUnsupported>(&[]));
        }
        selector::MAX_DEPOSIT => word(pool.room_for(args.address(0)).assets),
        selector::MAX_MINT => word(pool.room_for(args.address(0)).shares),
        selector::MAX_WITHDRAW => word(pool.claim_of(args.address(0)).assets),
        selector::MAX_REDEEM => word(pool.claim_of(args.address(0)).shares),
        selector::PENDING_REDEEM_REQUEST if is_request(args) => {
            word(pool.requested(args.address(1)))
        }
        selector::CLAIMABLE_REDEEM_REQUEST if is_request(args) => {
            word(pool.claim_of(args.address(1)).shares)
        }
        selector::PENDING_REDEEM_REQUEST | selector::CLAIMABLE_REDEEM_REQUEST => word(0),
        selector::IS_OPERATOR => {
            let is_operator = pool.is_operator(args.address(0), args.address(1));
            word(is_operator.into())
        }
        selector::IS_VAULT => word(pool.is_vault(args.address(0)).into()),
        selector::FACTORY => pool.factory.get().into_word(),
        selector::IS_PROMOTED => word(pool.config.get().promoted.into()),
        selector::EMERGENCIES => pool.current_steward().counted().b256(),
        selector::STEWARD => pool.steward.get().into_word(),
        selector::NAME => return Ok(Some(text("Bulkhead Insurance"))),
        selector::SYMBOL => return Ok(Some(text("bkIN"))),
        selector::BOND => {
            let shares = pool.bonded();
            let worth = pool.price().to_assets(shares, Down)?;
            return Ok(Some(concat(&[], &[word(shares), word(worth)])));
        }
        selector::PARAMETERS => return Ok(Some(concat(&[], &pool.config.get().words()))),
        selector::AVAILABLE => {
            let vault = args.address(0);
            let [measured, lasting, recorded] = pool.measured_assets(vault);
            let amounts = [pool.drawable(vault), measured, lasting, recorded];
            return Ok(Some(concat(&[], &amounts.map(word))));
        }
        _ => return Ok(None),
    };
    Ok(Some(concat(&[], &[answer])))
}

/// Serves what may change state; `None` if it is not that.
fn execute(pool: &mut InsurancePool, selector: u32, args: Args) -> Result<Option<Vec<u8>>, Error> {
    let answer = match selector {
        selector::APPROVE => pool.approve(args.address(0), number(args, 1)),
        selector::TRANSFER => {
            let from = pool.vm().msg_sender();
            pool.move_shares(from, args.address(0), number(args, 1))?;
            word(1)
        }
        selector::TRANSFER_FROM => {
            let (from, value) = (args.address(0), number(args, 2));
            let spender = pool.vm().msg_sender();
            pool.spend_allowance(from, spender, value)?;
            pool.move_shares(from, args.address(1), value)?;
            word(1)
        }
        selector::DEPOSIT => {
            let (assets, receiver) = (args.saturated(0), args.address(1));
            word(pool.locked(|pool| pool.deposit(assets, receiver))?)
        }
        selector::MINT => {
            let (shares, receiver) = (args.saturated(0), args.address(1));
            word(pool.locked(|pool| pool.mint(shares, receiver))?)
        }
        selector::WITHDRAW => word(redeem(pool, args, By::Assets)?.shares),
        selector::REDEEM => word(redeem(pool, args, By::Shares)?.assets),
        selector::REQUEST_REDEEM => {
            let (shares, controller, owner) = (number(args, 0), args.address(1), args.address(2));
            pool.locked(|pool| pool.request(shares, controller, owner))?;
            word(0)
        }
        selector::SET_OPERATOR => pool.set_operator(args.address(0), args.bool(1)),
        selector::FULFIL => {
            let controller = args.address(0);
            word(pool.locked(|pool| pool.fulfil(controller))?)
        }
        selector::COVER => {
            let amount = number(args, 0);
            word(pool.locked(|pool| pool.pay_cover(amount))?)
        }
        selector::HARVEST => {
            let vault = args.address(0);
            word(pool.locked(|pool| pool.fetch_income(vault))?)
        }
        _ => {
            return Ok(govern(pool, selector, args)?.then(Vec::new));
        }
    };
    Ok(Some(concat(&[], &[answer])))
}

/// Serves what sets up and governs, and returns nothing; whether it is that.
fn govern(pool: &mut InsurancePool, selector: u32, args: Args) -> Result<bool, Error> {
    match selector {
        selector::TRANSFER_OWNERSHIP => pool.ownership.transfer(args.address(0))?,
        selector::ACCEPT_OWNERSHIP => pool.ownership.accept()?,
        selector::INITIALIZE => {
            let [owner, steward, asset, vault] = [0, 1, 2, 3].map(|place| args.address(place));
            pool.initialize(owner, steward, asset, vault)?;
        }
        selector::SET_VAULT => pool.set_vault(args.address(0), args.bool(1))?,
        selector::PROMOTE => pool.promote(args.address(0))?,
        selector::SET_STEWARD => pool.set_steward(args.address(0), args.u32(1))?,
        selector::SET_PARAMETERS => {
            let parameters = Parameters {
                cooldown: args.u32(0),
                dailyDrawShare: args.u64(1),
            };
            pool.set_parameters(parameters, args.u32(2))?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn redeem(pool: &mut InsurancePool, args: Args, by: By) -> Result<Claim, Error> {
    let (asked, receiver, controller) = (number(args, 0), args.address(1), args.address(2));
    pool.locked(|pool| pool.leave(asked, by, receiver, controller))
}

/// A `string` of at most 32 bytes.
fn text(text: &str) -> Vec<u8> {
    let mut bytes = B256::ZERO;
    bytes[..text.len()].copy_from_slice(text.as_bytes());
    concat(&[], &[word(32), word(text.len() as u128), bytes])
}
