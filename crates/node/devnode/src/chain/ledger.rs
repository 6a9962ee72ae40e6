//! The blocks of the chain, by number, hash and transaction.

use std::sync::Arc;

use alloy::{
    eips::{BlockId, BlockNumberOrTag},
    primitives::{B256, map::B256Map},
};

use super::block::{Block, SharedBlock};

/// All blocks from the first to the newest.
#[derive(Debug)]
pub struct Ledger {
    blocks: Vec<SharedBlock>,
    numbers: B256Map<u64>,
    transactions: B256Map<(u64, usize)>,
}

impl Ledger {
    /// A chain that starts with `genesis`.
    pub fn new(genesis: Block) -> Self {
        let mut ledger = Self {
            blocks: Vec::new(),
            numbers: B256Map::default(),
            transactions: B256Map::default(),
        };
        ledger.push(genesis);
        ledger
    }

    /// Appends a block.
    pub fn push(&mut self, block: Block) -> SharedBlock {
        let block = Arc::new(block);
        let number = self.blocks.len() as u64;
        debug_assert_eq!(
            block.header.number, number,
            "blocks are numbered without gaps"
        );
        self.numbers.insert(block.hash, number);
        for (index, done) in block.transactions.iter().enumerate() {
            self.transactions
                .insert(done.transaction.hash(), (number, index));
        }
        self.blocks.push(block.clone());
        block
    }

    /// Puts a block that differs only in what is not hashed in the newest one's place.
    pub fn replace_head(&mut self, block: Block) {
        debug_assert_eq!(block.hash, self.head().hash);
        self.blocks.pop();
        self.blocks.push(Arc::new(block));
    }

    /// Removes all blocks above `number`.
    pub fn truncate(&mut self, number: u64) {
        let keep = usize::try_from(number)
            .unwrap_or(usize::MAX)
            .saturating_add(1)
            .min(self.blocks.len());
        for block in self.blocks.drain(keep..) {
            self.numbers.remove(&block.hash);
            for done in &block.transactions {
                self.transactions.remove(&done.transaction.hash());
            }
        }
    }

    /// The newest block.
    pub fn head(&self) -> &SharedBlock {
        self.blocks
            .last()
            .expect("a ledger is created with a block and truncated to at least one")
    }

    /// The first block.
    pub fn genesis(&self) -> &SharedBlock {
        &self.blocks[0]
    }

    /// The block at a height.
    pub fn by_number(&self, number: u64) -> Option<&SharedBlock> {
        self.blocks.get(usize::try_from(number).ok()?)
    }

    /// The block with a hash.
    pub fn by_hash(&self, hash: &B256) -> Option<&SharedBlock> {
        self.by_number(*self.numbers.get(hash)?)
    }

    /// The block that an id stands for; none for `pending`.
    pub fn get(&self, id: BlockId) -> Option<&SharedBlock> {
        match id {
            BlockId::Hash(hash) => self.by_hash(&hash.block_hash),
            BlockId::Number(BlockNumberOrTag::Number(number)) => self.by_number(number),
            BlockId::Number(BlockNumberOrTag::Earliest) => Some(self.genesis()),
            BlockId::Number(BlockNumberOrTag::Pending) => None,
            BlockId::Number(_) => Some(self.head()),
        }
    }

    /// The block that has a transaction, and the transaction's index in it.
    pub fn transaction(&self, hash: &B256) -> Option<(&SharedBlock, usize)> {
        let (number, index) = *self.transactions.get(hash)?;
        Some((self.by_number(number)?, index))
    }

    /// All blocks, oldest first.
    pub fn blocks(&self) -> &[SharedBlock] {
        &self.blocks
    }
}
