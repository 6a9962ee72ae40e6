//! Any database behind one type, so that the machine is compiled once.

use revm::{
    Database,
    database_interface::DBErrorMarker,
    primitives::{Address, B256, StorageKey, StorageValue},
    state::{AccountInfo, Bytecode},
};

/// A database's failure, in its own words.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct DbError(String);

impl DBErrorMarker for DbError {}

/// [`Database`] without its error type.
trait AnyDatabase {
    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, DbError>;
    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode, DbError>;
    fn storage(&mut self, address: Address, key: StorageKey) -> Result<StorageValue, DbError>;
    fn block_hash(&mut self, number: u64) -> Result<B256, DbError>;
}

impl<D: Database> AnyDatabase for D {
    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, DbError> {
        Database::basic(self, address).map_err(erase)
    }

    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode, DbError> {
        Database::code_by_hash(self, code_hash).map_err(erase)
    }

    fn storage(&mut self, address: Address, key: StorageKey) -> Result<StorageValue, DbError> {
        Database::storage(self, address, key).map_err(erase)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, DbError> {
        Database::block_hash(self, number).map_err(erase)
    }
}

fn erase(error: impl std::fmt::Display) -> DbError {
    DbError(error.to_string())
}

/// A database of unknown type.
pub(super) struct Db<'a>(&'a mut dyn AnyDatabase);

impl<'a> Db<'a> {
    /// Hides the type of `database`.
    pub(super) fn new<D: Database>(database: &'a mut D) -> Self {
        Self(database)
    }
}

impl Database for Db<'_> {
    type Error = DbError;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, DbError> {
        self.0.basic(address)
    }

    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode, DbError> {
        self.0.code_by_hash(code_hash)
    }

    fn storage(&mut self, address: Address, key: StorageKey) -> Result<StorageValue, DbError> {
        self.0.storage(address, key)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, DbError> {
        self.0.block_hash(number)
    }
}
