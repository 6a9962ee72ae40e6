//! Orders: made, signed by both sides, and settled by anyone.

use crate::{
    abi::IMarginVault::{Order, settleCall},
    chain::{Chain, ChainError, Transaction, Wallet},
};
use alloy::{
    primitives::{Address, B256, I256, U256},
    sol_types::{Eip712Domain, SolStruct, eip712_domain},
};

/// Orders of the demo do not expire within its time.
const NO_EXPIRY: u64 = u64::MAX;

/// One side of a trade.
#[derive(Clone, Copy)]
pub struct Party<'a> {
    /// Signs.
    pub wallet: &'a Wallet,
    /// One of the wallet's accounts.
    pub account: B256,
}

impl<'a> Party<'a> {
    /// A wallet's first account.
    pub fn main(wallet: &'a Wallet) -> Self {
        Self {
            wallet,
            account: wallet.account(),
        }
    }
}

/// A trade that two parties have agreed on.
pub struct Trade<'a> {
    /// Sells; makes the price.
    pub seller: Party<'a>,
    /// Buys.
    pub buyer: Party<'a>,
    /// Instrument of the vault.
    pub instrument: u32,
    /// WAD size, positive.
    pub size: U256,
    /// WAD price.
    pub price: U256,
    /// A number that neither account has used in an order.
    pub nonce: u64,
    /// Whether neither side may open or increase a position.
    pub reduce_only: bool,
}

/// The domain in which a vault's orders are signed.
pub fn domain(chain_id: u64, vault: Address) -> Eip712Domain {
    eip712_domain! { name: "Bulkhead", version: "1", chain_id: chain_id, verifying_contract: vault, }
}

/// What the owner of an order's account signs.
pub fn digest(order: &Order, chain_id: u64, vault: Address) -> B256 {
    order.eip712_signing_hash(&domain(chain_id, vault))
}

/// Both orders of a trade, the seller's as maker.
pub fn orders(trade: &Trade) -> [Order; 2] {
    let size = I256::from_raw(trade.size);
    let order = |party: Party, size: I256, maker: bool| Order {
        account: party.account,
        instrument: trade.instrument,
        size,
        limitPrice: trade.price,
        nonce: U256::from(trade.nonce),
        expiry: NO_EXPIRY,
        maker,
        reduceOnly: trade.reduce_only,
    };
    [
        order(trade.seller, -size, true),
        order(trade.buyer, size, false),
    ]
}

/// The call that settles a trade, signed by both.
pub fn settlement(chain: &Chain, vault: Address, trade: &Trade) -> Result<settleCall, ChainError> {
    let [maker, taker] = orders(trade);
    Ok(settleCall {
        makerSig: trade
            .seller
            .wallet
            .sign_digest(digest(&maker, chain.id, vault))?,
        takerSig: trade
            .buyer
            .wallet
            .sign_digest(digest(&taker, chain.id, vault))?,
        maker,
        taker,
        size: trade.size,
    })
}

/// The transaction with which `submitter` settles a trade.
pub fn settle(
    chain: &Chain,
    vault: Address,
    submitter: &Wallet,
    trade: &Trade,
) -> Result<Transaction, ChainError> {
    submitter.call(chain, vault, &settlement(chain, vault, trade)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::{primitives::keccak256, sol_types::SolValue};

    #[test]
    fn the_digest_is_that_of_eip_712() {
        let (chain_id, vault) = (412346_u64, Address::repeat_byte(9));
        let order = Order {
            account: B256::repeat_byte(1),
            instrument: 2,
            size: I256::MINUS_ONE,
            limitPrice: U256::from(3),
            nonce: U256::from(4),
            expiry: 5,
            maker: true,
            reduceOnly: false,
        };
        let kind = "Order(bytes32 account,uint32 instrument,int256 size,uint256 limitPrice,uint256 nonce,uint64 expiry,\
                    bool maker,bool reduceOnly)";
        let domain_kind =
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
        let domain = (
            keccak256(domain_kind),
            keccak256("Bulkhead"),
            keccak256("1"),
            U256::from(chain_id),
            vault,
        )
            .abi_encode();
        let body = (
            keccak256(kind),
            order.account,
            U256::from(2),
            order.size,
            order.limitPrice,
            order.nonce,
            U256::from(5),
            true,
            false,
        );
        let expected = keccak256(
            [
                &[0x19, 0x01],
                &keccak256(domain)[..],
                &keccak256(body.abi_encode())[..],
            ]
            .concat(),
        );
        assert_eq!(digest(&order, chain_id, vault), expected);
    }

    #[test]
    fn both_sides_of_a_trade_agree() {
        let (seller, buyer) = (
            Wallet::derived("orders", 1).unwrap(),
            Wallet::derived("orders", 2).unwrap(),
        );
        let trade = Trade {
            seller: Party::main(&seller),
            buyer: Party {
                wallet: &buyer,
                account: buyer.sub_account(3),
            },
            instrument: 1,
            size: U256::from(7),
            price: U256::from(8),
            nonce: 9,
            reduce_only: true,
        };
        let [maker, taker] = orders(&trade);
        assert_eq!(maker.size, -taker.size);
        assert_eq!((maker.maker, taker.maker), (true, false));
        assert_eq!(
            (maker.account, taker.account),
            (seller.account(), buyer.sub_account(3))
        );
        assert!(maker.reduceOnly && taker.reduceOnly && maker.limitPrice == taker.limitPrice);
    }
}
