//! A pool made of nothing but the rules, in one number for everybody's shares.

use std::collections::BTreeMap;

use insurance::batch::{self, MAX_BATCHES};
use insurance::{
    Batch, Claim, DAY, Fulfilment, Income, MAX_ASSETS, MAX_SUPPLY, PoolTotals, Price, Rounding,
};

/// Asset units of a dollar.
pub const DOLLAR: u128 = 1_000_000;
const WEEK: u64 = 7 * DAY;

/// Shares, and the generation in which they were counted.
#[derive(Clone, Copy)]
pub struct Shares(u128, u8);

#[derive(Default)]
pub struct Pool {
    pub now: u64,
    virtual_shares: u128,
    /// With income that is still locked.
    totals: PoolTotals,
    income: Income,
    exits: BTreeMap<u8, (Claim, Vec<Batch>)>,
    /// Tokens at the pool's address.
    tokens: u128,
}

impl Pool {
    pub fn at(now: u64) -> Self {
        Self::with_decimals(now, 6)
    }

    pub fn with_decimals(now: u64, decimals: u8) -> Self {
        Self {
            now,
            virtual_shares: 10_u128.pow(21 - u32::from(decimals)),
            ..Self::default()
        }
    }

    fn released(&self) -> PoolTotals {
        PoolTotals {
            assets: match self.totals.shares {
                0 => 0,
                _ => self.totals.assets - self.income.locked_at(self.now),
            },
            ..self.totals
        }
    }

    fn price(&self) -> Price {
        Price::new(self.released(), self.virtual_shares)
    }

    /// Assets that the shares own.
    pub fn assets(&self) -> u128 {
        self.released().assets
    }

    /// Assets that can be drawn.
    pub fn held(&self) -> u128 {
        self.totals.assets
    }

    pub fn generation(&self) -> u8 {
        self.totals.generation
    }

    pub fn try_deposit(&mut self, amount: u128) -> Option<Shares> {
        let shares = self.price().to_shares(amount, Rounding::Down).ok()?;
        let after = (
            self.totals.assets + amount,
            self.totals.shares.checked_add(shares)?,
        );
        if shares == 0 || after.0 > MAX_ASSETS || after.1 > MAX_SUPPLY {
            return None;
        }
        if self.totals.shares == 0 {
            self.income = Income::new(self.totals.assets, self.now);
        }
        (self.totals.assets, self.totals.shares) = after;
        self.tokens += amount;
        Some(Shares(shares, self.generation()))
    }

    pub fn deposit(&mut self, amount: u128) -> Shares {
        self.try_deposit(amount).expect("within the limits")
    }

    /// Shares as they count now.
    pub fn raw(&self, shares: Shares) -> u128 {
        self.totals.carried(shares.0, shares.1)
    }

    /// Shares as they count now, whether they are given with their generation or without.
    pub fn worth(&self, shares: Shares) -> u128 {
        self.price()
            .to_assets(self.raw(shares), Rounding::Down)
            .unwrap()
    }

    pub fn worth_of_million(&self) -> u128 {
        self.price()
            .to_assets(10_u128.pow(30), Rounding::Down)
            .unwrap()
    }

    pub fn harvest(&mut self, amount: u128) {
        if amount > 0 && self.totals.assets + amount < MAX_ASSETS {
            self.income = self.income.with(amount, self.now);
            self.totals.assets += amount;
            self.tokens += amount;
        }
    }

    pub fn draw(&mut self, amount: u128) {
        self.income = self.income.without(amount, self.now);
        self.totals.assets -= amount;
        self.tokens -= amount;
        let after = self.released().consolidated(self.virtual_shares);
        self.totals = PoolTotals {
            assets: self.totals.assets,
            ..after
        };
    }

    pub fn try_request(&mut self, controller: u8, shares: u128) -> bool {
        let (released, matures) = (self.released(), batch::maturity(self.now, WEEK));
        let (_, batches) = self.exits.entry(controller).or_default();
        for batch in batches.iter_mut() {
            if batch.join(shares, matures, released, self.virtual_shares) {
                return true;
            }
        }
        if batches.len() == MAX_BATCHES {
            return false;
        }
        batches.push(Batch {
            shares,
            requested_at: released,
            matures,
        });
        true
    }

    pub fn request(&mut self, controller: u8, shares: Shares) {
        let shares = self.raw(shares);
        assert!(self.try_request(controller, shares), "a place is free");
    }

    /// What shares are worth at the price now, whatever comes.
    pub fn requested_at(&self) -> impl Fn(Shares) -> u128 + use<> {
        let price = self.price();
        move |shares| price.to_assets(shares.0, Rounding::Down).unwrap()
    }

    pub fn batches(&self, controller: u8) -> Vec<Batch> {
        self.exits
            .get(&controller)
            .map_or_else(Vec::new, |exits| exits.1.clone())
    }

    pub fn claim(&self, controller: u8) -> Claim {
        self.exits
            .get(&controller)
            .map_or_else(Claim::default, |exits| exits.0)
    }

    /// Fulfils what is mature; nothing at another time than the first hour of a day.
    pub fn fulfil(&mut self, controller: u8) -> u128 {
        let (now, released) = (self.now, self.released());
        if !batch::is_open(now) {
            return 0;
        }
        let Some((claim, batches)) = self.exits.get_mut(&controller) else {
            return 0;
        };
        let mut closed = Fulfilment::default();
        batches.retain(|batch| {
            if batch.is_mature(now) {
                closed.add(batch, released, self.virtual_shares).unwrap();
            }
            !batch.is_mature(now)
        });
        let assets = closed.paid(released, self.virtual_shares);
        claim.shares += closed.shares;
        claim.assets += assets;
        self.income = self.income.with(closed.worth - assets, now);
        self.totals.shares -= closed.shares;
        self.totals.assets -= assets;
        assets
    }

    pub fn redeem(&mut self, controller: u8, shares: u128) -> u128 {
        let Some((claim, _)) = self.exits.get_mut(&controller) else {
            return 0;
        };
        let assets = claim.assets_for(shares).expect("no more than is claimed");
        claim.shares -= shares;
        claim.assets -= assets;
        self.tokens -= assets;
        assets
    }

    /// Everything that is owed is held, and every share is somebody's.
    pub fn check(&self, free: [u128; 4]) {
        let aside: u128 = self.exits.values().map(|exits| exits.0.assets).sum();
        assert_eq!(self.totals.assets + aside, self.tokens);
        let pending: u128 = self
            .exits
            .values()
            .flat_map(|exits| &exits.1)
            .map(|batch| batch.pending(&self.totals))
            .sum();
        let shares = pending + free.iter().sum::<u128>();
        assert!(
            shares <= self.totals.shares,
            "{shares} of {}",
            self.totals.shares
        );
        let worth = self.price().to_assets(shares, Rounding::Down).unwrap();
        assert!(
            worth <= self.assets(),
            "shares are worth more than they own"
        );
    }
}
