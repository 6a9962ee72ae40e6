//! Who has nothing but the vault's events, and knows everybody's balances and positions all the same.

use client::abi::IMarginVault;

use crate::followed::Followed;
use crate::node::Question;
use crate::world::World;

/// What the events of so many blocks have said.
#[derive(Clone, Debug)]
pub struct Outsider {
    followed: Followed,
    /// The first block that has not been read.
    unread: u64,
    /// Time of the last that was.
    time: u64,
}

impl Outsider {
    /// Has read everything from the chain's beginning.
    pub fn of(world: &World<'_>) -> Self {
        let mut outsider = Self {
            followed: Followed::default(),
            unread: 0,
            time: 0,
        };
        outsider.check(world);
        outsider
    }

    /// Reads on, and asserts that every account is what the events say, to the unit.
    pub fn check(&mut self, world: &World<'_>) {
        let (node, system) = (world.scene.node, world.scene.system);
        for block in node.chain().blocks(self.unread, u64::MAX) {
            for log in block.transactions.iter().flat_map(|done| &done.logs) {
                self.followed.read(system.vault, log);
            }
            self.unread = block.header.number + 1;
            self.time = block.header.timestamp;
        }
        let mut questions = vec![];
        for &account in &system.accounts {
            let balances = IMarginVault::balancesCall { account };
            questions.push(Question::new(system.vault, &balances));
            let legs = IMarginVault::legsCall { account };
            questions.push(Question::new(system.vault, &legs));
        }
        let mut answers = node.look(&questions);
        for &account in &system.accounts {
            let balances = answers.take::<IMarginVault::balancesCall>();
            let legs = answers.take::<IMarginVault::legsCall>();
            let context = format!("block {}", self.unread - 1);
            self.followed
                .assert_is(account, &balances, &legs, self.time, &context);
        }
    }

    /// How many legs have moved, and how often a side was cut.
    pub fn followed(&self) -> [u64; 2] {
        self.followed.counts()
    }
}
