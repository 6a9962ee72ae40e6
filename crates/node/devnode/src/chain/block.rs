//! Blocks as Nitro writes them.

use std::sync::Arc;

use alloy::{
    consensus::{
        EMPTY_OMMER_ROOT_HASH, Eip658Value, Header, Receipt, ReceiptEnvelope, ReceiptWithBloom,
        Transaction, TxEnvelope, TxType,
        proofs::{calculate_receipt_root, calculate_transaction_root},
    },
    primitives::{Address, B64, B256, Bloom, Bytes, Log, U256, address, logs_bloom},
};
use revm::context::BlockEnv;

use super::{SharedTransaction, state::Version};

/// ArbOS version that the headers carry: Nitro's internal number, which for upgrades since ArbOS 20
/// is the number by which the upgrade is known.
pub const ARBOS_VERSION: u64 = 51;
/// Base fee of every block in wei per gas: Nitro's minimum, 0.1 gwei, which a chain without congestion has.
pub const BASE_FEE: u64 = 100_000_000;
/// Gas limit in every header, 2^50: Nitro bounds blocks by computation time instead.
pub const BLOCK_GAS_LIMIT: u64 = 1 << 50;
/// Beneficiary of blocks that come from the sequencer: ArbOS's batch poster address.
pub const SEQUENCER: Address = address!("0xa4b000000000000000000073657175656e636572");
/// Seconds between the blocks of the parent chain that `l1BlockNumber` pretends to follow.
const L1_BLOCK_SECONDS: u64 = 12;

/// A transaction in a block and what it did.
#[derive(Clone, Debug)]
pub struct Executed {
    /// The transaction.
    pub transaction: SharedTransaction,
    /// Whether it took effect.
    pub success: bool,
    /// Gas charged to the sender.
    pub gas_used: u64,
    /// The contract that it deployed.
    pub created: Option<Address>,
    /// Logs in order of emission.
    pub logs: Vec<Log>,
}

/// A mined block.
#[derive(Clone, Debug)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// Hash of the header.
    pub hash: B256,
    /// Transactions in order.
    pub transactions: Vec<Executed>,
    /// The parent chain's block number at the time.
    pub l1_block_number: u64,
    /// Length of the encoded block in bytes.
    pub size: usize,
    /// The state after this block; none for blocks whose state was not loaded with them.
    pub version: Option<Version>,
}

/// A block that other parts share.
pub type SharedBlock = Arc<Block>;

/// What is fixed about a block before its transactions are executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockDraft {
    /// Height.
    pub number: u64,
    /// Hash of the block below; zero for the first.
    pub parent_hash: B256,
    /// Seconds since the Unix epoch.
    pub timestamp: u64,
    /// Timestamp of the first block, from which the parent chain's height is counted.
    pub genesis_timestamp: u64,
    /// Who receives the fees.
    pub beneficiary: Address,
    /// Base fee in wei per gas.
    pub base_fee: u64,
    /// Gas limit.
    pub gas_limit: u64,
}

impl BlockDraft {
    /// The height of the parent chain, as if it had started with this one.
    pub fn l1_block_number(&self) -> u64 {
        self.timestamp.saturating_sub(self.genesis_timestamp) / L1_BLOCK_SECONDS + 1
    }

    /// The block's environment for execution.
    pub fn env(&self) -> BlockEnv {
        block_env(
            self.number,
            self.timestamp,
            self.beneficiary,
            self.base_fee,
            self.gas_limit,
        )
    }

    /// Completes the block.
    pub fn seal(self, transactions: Vec<Executed>, version: Option<Version>) -> Block {
        let envelopes: Vec<&TxEnvelope> = transactions
            .iter()
            .map(|done| &done.transaction.envelope)
            .collect();
        let receipts = receipts(&transactions);
        let l1_block_number = self.l1_block_number();
        let header = Header {
            parent_hash: self.parent_hash,
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            beneficiary: self.beneficiary,
            state_root: B256::ZERO,
            transactions_root: calculate_transaction_root(&envelopes),
            receipts_root: calculate_receipt_root(&receipts),
            logs_bloom: receipts
                .iter()
                .fold(Bloom::ZERO, |bloom, receipt| bloom | *receipt.logs_bloom()),
            difficulty: U256::ONE,
            number: self.number,
            gas_limit: self.gas_limit,
            gas_used: transactions.iter().map(|done| done.gas_used).sum(),
            timestamp: self.timestamp,
            // Root and number of the messages to the parent chain: none are ever proven here.
            extra_data: Bytes::copy_from_slice(B256::ZERO.as_slice()),
            mix_hash: mix_hash(0, l1_block_number),
            nonce: B64::ZERO,
            base_fee_per_gas: Some(self.base_fee),
            ..Default::default()
        };
        Block::new(header, transactions, l1_block_number, version)
    }
}

impl Block {
    /// A block from its parts.
    pub fn new(
        header: Header,
        transactions: Vec<Executed>,
        l1_block_number: u64,
        version: Option<Version>,
    ) -> Self {
        let hash = header.hash_slow();
        let body = transactions
            .iter()
            .map(|done| done.transaction.envelope.clone())
            .collect();
        let body = alloy::consensus::BlockBody {
            transactions: body,
            ommers: Vec::<Header>::new(),
            withdrawals: None,
        };
        let encoded = alloy::consensus::Block::new(header, body);
        let size = alloy::rlp::Encodable::length(&encoded);
        Self {
            header: encoded.header,
            hash,
            transactions,
            l1_block_number,
            size,
            version,
        }
    }

    /// The block's environment for execution.
    pub fn env(&self) -> BlockEnv {
        let header = &self.header;
        let base_fee = header.base_fee_per_gas.unwrap_or_default();
        block_env(
            header.number,
            header.timestamp,
            header.beneficiary,
            base_fee,
            header.gas_limit,
        )
    }

    /// Index in the block of the first log of the transaction at `index`.
    pub fn first_log_index(&self, index: usize) -> u64 {
        self.transactions[..index]
            .iter()
            .map(|done| done.logs.len() as u64)
            .sum()
    }

    /// Gas used by the block up to and with the transaction at `index`.
    pub fn cumulative_gas(&self, index: usize) -> u64 {
        self.transactions[..=index]
            .iter()
            .map(|done| done.gas_used)
            .sum()
    }
}

fn block_env(
    number: u64,
    timestamp: u64,
    beneficiary: Address,
    basefee: u64,
    gas_limit: u64,
) -> BlockEnv {
    BlockEnv {
        number: U256::from(number),
        beneficiary,
        timestamp: U256::from(timestamp),
        gas_limit,
        basefee,
        // Nitro's `DIFFICULTY` and `PREVRANDAO` are 1 in every block.
        difficulty: U256::ONE,
        prevrandao: Some(B256::with_last_byte(1)),
        ..Default::default()
    }
}

/// Nitro's packing: number of messages sent to the parent chain, its height, the ArbOS version and
/// flags, 8 bytes each.
fn mix_hash(send_count: u64, l1_block_number: u64) -> B256 {
    let mut packed = B256::ZERO;
    packed[..8].copy_from_slice(&send_count.to_be_bytes());
    packed[8..16].copy_from_slice(&l1_block_number.to_be_bytes());
    packed[16..24].copy_from_slice(&ARBOS_VERSION.to_be_bytes());
    packed
}

fn receipts(transactions: &[Executed]) -> Vec<ReceiptEnvelope> {
    let mut cumulative = 0;
    let mut receipts = Vec::with_capacity(transactions.len());
    for done in transactions {
        cumulative += done.gas_used;
        let bloom = logs_bloom(&done.logs);
        receipts.push(receipt_envelope(done, cumulative, bloom, done.logs.clone()));
    }
    receipts
}

/// The receipt of `done` with logs in whatever form the caller needs them.
pub fn receipt_envelope<L>(
    done: &Executed,
    cumulative_gas_used: u64,
    logs_bloom: Bloom,
    logs: Vec<L>,
) -> ReceiptEnvelope<L> {
    let receipt = Receipt {
        status: Eip658Value::Eip658(done.success),
        cumulative_gas_used,
        logs,
    };
    let receipt = ReceiptWithBloom {
        receipt,
        logs_bloom,
    };
    match done.transaction.envelope.tx_type() {
        TxType::Legacy => ReceiptEnvelope::Legacy(receipt),
        TxType::Eip2930 => ReceiptEnvelope::Eip2930(receipt),
        TxType::Eip1559 => ReceiptEnvelope::Eip1559(receipt),
        TxType::Eip4844 => ReceiptEnvelope::Eip4844(receipt),
        TxType::Eip7702 => ReceiptEnvelope::Eip7702(receipt),
    }
}

/// What the sender paid per gas, in wei: Nitro ignores tips.
pub fn effective_gas_price(done: &Executed, header: &Header) -> u128 {
    done.transaction
        .envelope
        .max_fee_per_gas()
        .min(header.base_fee_per_gas.unwrap_or_default().into())
}
