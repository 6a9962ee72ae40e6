//! Who trades with whom in a minute.

use super::{
    Play,
    operations::{Kind, Planned},
};
use crate::{
    audit::Snapshot,
    crowd::{HEDGE, PERPETUALS, Temper, Trader},
    options::FEE,
};
use alloy::primitives::U256;
use client::{
    chain::{ChainError, Wallet},
    orders::{Party, Trade, settle},
    units::{mul_up, number, share_up, signed_number, wad},
};
use risk::rules::tiers::action;
use stage::market::rate;

/// Dollars of inventory from which the keeper looks for somebody to sell it to.
const LEAST_UNWIND: f64 = 1_000.0;
/// Counterparties that a keeper finds in a minute.
const UNWINDS_A_MINUTE: usize = 3;

impl Play<'_> {
    /// Trades of the crowd that are due; they wait while the breaker or the vault lets nobody open a position.
    pub(super) fn trades(
        &mut self,
        minute: u64,
        marks: &[U256],
    ) -> Result<Vec<Planned>, ChainError> {
        let mut planned = Vec::new();
        while let Some(due) = self.waiting.pop_front_if(|next| next.minute <= minute) {
            let (seller, buyer) = (&self.traders[due.short].1, &self.traders[due.long].1);
            let size = round_size(due.notional / number(marks[underlying(due.contract)]));
            planned.push(self.trade(seller, buyer, due.contract, size, marks, false)?);
            self.next_nonce += 1;
        }
        Ok(planned)
    }

    /// The keeper sells what it took over to traders who close the other side, at the mark.
    pub(super) fn unwind(
        &mut self,
        marks: &[U256],
        blocked: &[u16],
    ) -> Result<Vec<Planned>, ChainError> {
        let mut planned = Vec::new();
        let (Some(last), Some(own)) = (
            self.audit.last(),
            self.audit.place(self.keeper.wallet.account()),
        ) else {
            return Ok(planned);
        };
        for contract in 0..marks.len() {
            if blocked[contract] & action::REDUCE != 0 {
                continue;
            }
            let mut left = signed_number(last.accounts[own].sizes[contract]);
            for (place, size) in counterparties(last, &self.traders, contract, left) {
                let amount = round_size(left.abs().min(size.abs()));
                if number(amount) * number(marks[underlying(contract)]) < LEAST_UNWIND {
                    break;
                }
                let (keeper, other) = (&self.keeper.wallet, &self.traders[place].1);
                let (seller, buyer) = if left > 0.0 {
                    (keeper, other)
                } else {
                    (other, keeper)
                };
                planned.push(self.trade(seller, buyer, contract, amount, marks, true)?);
                left -= left.signum() * number(amount);
                self.next_nonce += 1;
            }
        }
        Ok(planned)
    }

    fn trade(
        &self,
        seller: &Wallet,
        buyer: &Wallet,
        contract: usize,
        size: U256,
        marks: &[U256],
        reduce_only: bool,
    ) -> Result<Planned, ChainError> {
        let (instrument, rates) = match contract.checked_sub(PERPETUALS) {
            Some(series) => (self.options.series[series].instrument, [rate(FEE); 2]),
            None => (self.market.contracts[contract].instrument, self.fees),
        };
        let notional = mul_up(size, marks[underlying(contract)]);
        let nonce = self.next_nonce;
        let trade = Trade {
            seller: Party::main(seller),
            buyer: Party::main(buyer),
            instrument,
            size,
            price: marks[contract],
            nonce,
            reduce_only,
        };
        let transaction = settle(self.chain, self.market.vault, self.operator, &trade)?;
        Ok(Planned {
            transaction,
            kind: Kind::Trade {
                contract,
                maker: seller.account(),
                taker: buyer.account(),
                size,
                price: marks[contract],
                fee: rates.map(|rate| share_up(notional, rate)),
            },
        })
    }
}

/// Traders on the other side of `inventory`, the largest first; hedgers keep their hedges.
fn counterparties(
    last: &Snapshot,
    traders: &[(Trader, Wallet)],
    contract: usize,
    inventory: f64,
) -> Vec<(usize, f64)> {
    let sizes = traders
        .iter()
        .enumerate()
        .filter(|(_, (trader, _))| trader.temper != Temper::Hedged);
    let mut found: Vec<(usize, f64)> = sizes
        .map(|(place, _)| (place, signed_number(last.accounts[place].sizes[contract])))
        .filter(|(_, size)| size * inventory < 0.0)
        .collect();
    found.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    found.truncate(UNWINDS_A_MINUTE);
    found
}

/// The perpetual that a contract is, or is an option on.
fn underlying(contract: usize) -> usize {
    if contract < PERPETUALS {
        contract
    } else {
        HEDGE
    }
}

/// A size in thousandths of a unit, rounded down.
fn round_size(size: f64) -> U256 {
    wad((size * 1000.0).floor() / 1000.0)
}
