//! The market as time goes on: feeds, honest accounts, series, and what may be sent by whom.
//!
//! | Place | What | Feed |
//! |---|---|---|
//! | 0 | perpetual on ETH | jumps by at most its shock since keepers last came by |
//! | 1 | perpetual, quiet | moves by a tenth of a per cent |
//! | 2 | perpetual, thin and manipulated | pumped by at most its shock, which the guardian answers with Restricted for three days |
//! | 3, 4 | a call and a put on ETH | follow 0, by a surface that the adversary provides |

use alloy::primitives::{Address, I256, Log, U256};
use client::abi::IMarginVault::Order;
use client::abi::{IMarginVault, IOracleGuard, IPriceFeed};
use client::orders;
use client::units::{tokens, wad};
use risk::Usd;

use crate::bounds::Passage;
use crate::node::Node;
use crate::own_market::OwnMarket;
use crate::seen::{Series, money};
use crate::setters;
use crate::system::{self, ALLOWANCES, ETH, FEED, HONEST, KEEPER, PRICES, QUIET, System, THIN};

/// Largest move that covers have to pay for, in basis points.
pub const SHOCK: i64 = 1_500;
/// Volatility that honest people believe in.
const VOLATILITY: f64 = 0.8;
/// What surfaces start with.
const BELIEVED: [f64; 2] = [VOLATILITY, 0.0];
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;
const EXPIRY_HOUR: u64 = 8 * HOUR;
/// Keepers come by so often.
const TURN: u64 = 600;
/// How long a manipulated market stays Restricted.
pub const TRIPPED: u64 = 72 * HOUR;
/// Addresses at which the adversary has tokens.
pub const PURSES: usize = 4;
/// A quote token in WAD.
pub const UNIT: i128 = 1_000_000_000_000;

/// What a sequence changes beside the chain.
#[derive(Clone, Debug)]
pub struct State {
    /// Answers of the feeds, 8 decimals.
    answers: [i64; 3],
    /// Those when keepers last came by.
    anchors: [i64; 3],
    silent: [bool; 3],
    pub series: Vec<Series>,
    nonce: u64,
    /// What the owner lets insurance pay for each perpetual, dollars.
    pub allowances: [f64; 3],
    /// When the thin market was first manipulated.
    pub tripped: Option<u64>,
    /// What accounts brought before a sequence begins: for two days it may leave again.
    pub brought: Vec<Passage>,
}

/// A chain, and what happens on it.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub node: &'a Node,
    pub system: &'a System,
}

/// A scene in some state.
#[derive(Clone)]
pub struct World<'a> {
    pub scene: Scene<'a>,
    /// The adversary's, beside.
    pub own_market: OwnMarket,
    pub state: State,
}

impl<'a> World<'a> {
    /// Deposits, open positions, series.
    pub fn open(scene: Scene<'a>) -> Self {
        let answers = PRICES.map(|price| (price * FEED) as i64);
        start_with_a_day(scene.node);
        mint(scene);
        let mut world = Self {
            own_market: OwnMarket::create(scene),
            scene,
            state: State {
                answers,
                anchors: answers,
                silent: [false; 3],
                series: vec![],
                nonce: 1,
                allowances: ALLOWANCES,
                tripped: None,
                brought: vec![],
            },
        };
        world.settle_down();
        world.deposit_all();
        // Longer than what they brought may leave again beside the caps.
        world.pass(3 * DAY);
        world.settle_down();
        world.list_both();
        world.trade_honestly();
        world.settle_down();
        world
    }

    /// Two hours in which nothing happens and everybody sees it.
    fn settle_down(&mut self) {
        self.publish();
        self.pass_poked(2 * HOUR);
    }

    fn deposit_all(&mut self) {
        // What the second owner has is more than may leave at once.
        let brought = [20, 20, 60, 60, 400, 400, 100, 3_000];
        for (place, thousands) in brought.into_iter().enumerate() {
            self.deposit(place, f64::from(thousands) * 1_000.0);
        }
        let brought = [30, 60, 150, 400, 1_000, 4_000, 8_000, 8_000];
        for (place, thousands) in HONEST.chain([KEEPER]).zip(brought) {
            self.deposit(place, f64::from(thousands) * 1_000.0);
        }
    }

    fn deposit(&mut self, place: usize, dollars: f64) {
        let Scene { node, system } = self.scene;
        let totals = node.view(system.vault, &IMarginVault::totalsCall {});
        self.state.brought.push(Passage {
            time: node.now(),
            owner: system::owner_place(place),
            amount: Usd(money(wad(dollars))),
            tokens: Usd(money(totals.tokens)),
        });
        let call = IMarginVault::depositCall {
            account: system.accounts[place],
            amount: tokens(dollars),
        };
        node.must(system.owner_of(place), system.vault, &call);
    }

    /// They expire in the morning of tomorrow.
    fn list_both(&mut self) {
        let expiry = (self.scene.node.now() / DAY + 1) * DAY + EXPIRY_HOUR;
        for (is_call, strike) in [(true, 2_000), (false, 1_900)] {
            self.state.series.push(Series {
                instrument: 0,
                expiry,
                strike: strike * 1_000_000_000_000_000_000,
                is_call,
                surface: BELIEVED,
            });
        }
        self.quote(0, BELIEVED)
            .unwrap_or_else(|error| panic!("{error}"));
        for place in 0..2 {
            let wanted = self.state.series[place];
            self.state.series[place] = self.list(wanted, KEEPER).expect("it can be listed").0;
        }
    }

    /// Lists a series, which an account pays for.
    fn list(&self, wanted: Series, payer: usize) -> Result<(Series, Vec<Log>), String> {
        let Scene { node, system } = self.scene;
        let underlying = system.instruments[ETH];
        let call = IMarginVault::listOptionCall {
            underlying,
            expiry: wanted.expiry,
            strike: U256::from(wanted.strike),
            isCall: wanted.is_call,
            account: system.accounts[payer],
        };
        let logs = node.send(system.owner_of(payer), system.vault, &call)?;
        let call = IMarginVault::seriesOfCall {
            underlying,
            expiry: wanted.expiry,
            strike: U256::from(wanted.strike),
            isCall: wanted.is_call,
        };
        let instrument = node.view(system.vault, &call);
        Ok((
            Series {
                instrument,
                ..wanted
            },
            logs,
        ))
    }

    fn trade_honestly(&mut self) {
        let calls = self.scene.node.view(
            self.scene.system.guard,
            &IOracleGuard::marksWithOptionsCall {
                assets: vec![self.scene.system.assets[ETH]],
                options: vec![IOracleGuard::OptionId {
                    asset: 0,
                    expiry: self.state.series[0].expiry,
                    strike: self.state.series[0].strike,
                    isCall: true,
                    closes: 0,
                }],
            },
        );
        let call = calls._1[0].mark;
        for (buyer, seller, place, dollars, mark) in [
            (8, 9, ETH, 200_000, None),
            (10, 11, ETH, 200_000, None),
            (12, 13, QUIET, 300_000, None),
            (9, 14, THIN, 50_000, None),
            (14, 12, 3, 100_000, Some(call)),
        ] {
            let underlying = if place < 3 { place } else { ETH };
            let spot = self.spot(underlying);
            let size = dollars * 1_000_000_000_000_000_000 / (spot / 1_000_000_000_000_000_000);
            let price = mark.unwrap_or(spot);
            self.settle(KEEPER, [buyer, seller], place, size, price)
                .unwrap_or_else(|error| panic!("{buyer} {seller} {place}: {error}"));
        }
    }

    /// WAD price that the feed of a perpetual says.
    pub fn spot(&self, place: usize) -> u128 {
        u128::from(self.state.answers[place].unsigned_abs()) * 10_000_000_000
    }

    /// The number of an instrument in the vault.
    pub fn number(&self, place: usize) -> u32 {
        match place {
            0..3 => self.scene.system.instruments[place],
            _ => self.state.series[place - 3].instrument,
        }
    }

    /// Whether honest people trade it: options only while the surface is what they believe in.
    pub fn is_honest(&self, place: usize) -> bool {
        place < 3 || self.state.series[place - 3].surface == BELIEVED
    }

    // ---- what is sent

    /// A trade at a price between the two orders; the seller makes it.
    pub fn settle(
        &mut self,
        submitter: usize,
        parties: [usize; 2],
        place: usize,
        size: u128,
        price: u128,
    ) -> Result<Vec<Log>, String> {
        let (vault, instrument) = (self.scene.system.vault, self.number(place));
        self.settle_in(vault, submitter, parties, instrument, size, price)
    }

    /// As [`World::settle`], in any vault.
    pub fn settle_in(
        &mut self,
        vault: Address,
        submitter: usize,
        [buyer, seller]: [usize; 2],
        instrument: u32,
        size: u128,
        price: u128,
    ) -> Result<Vec<Log>, String> {
        let Scene { node, system } = self.scene;
        self.state.nonce += 1;
        let size = I256::try_from(size).map_err(|error| error.to_string())?;
        let order = |party: usize, size: I256, maker: bool| Order {
            account: system.accounts[party],
            instrument,
            size,
            limitPrice: U256::from(price),
            nonce: U256::from(self.state.nonce),
            expiry: u64::MAX,
            maker,
            reduceOnly: false,
        };
        let (maker, taker) = (order(seller, -size, true), order(buyer, size, false));
        let sign = |party: usize, order: &Order| {
            let digest = orders::digest(order, system.chain_id, vault);
            system.wallet_of(party).sign_digest(digest).expect("a key")
        };
        let call = IMarginVault::settleCall {
            makerSig: sign(seller, &maker),
            takerSig: sign(buyer, &taker),
            maker,
            taker,
            size: size.into_raw(),
        };
        node.send(system.owner_of(submitter), vault, &call)
    }

    // ---- feeds and time

    /// A perpetual's feed moves by so many basis points, never further than its shock from where keepers last saw it. Nobody pokes.
    pub fn jump(&mut self, place: usize, basis_points: i64) {
        let anchor = self.state.anchors[place];
        let reach = anchor / 10_000 * SHOCK;
        let moved = self.state.answers[place] / 10_000 * (10_000 + basis_points);
        self.state.answers[place] = moved.clamp(anchor - reach, anchor + reach);
        self.push(place);
    }

    /// Somebody moves the thin market; the guardian sees it coming.
    pub fn pump(&mut self, basis_points: i64) {
        let Scene { node, system } = self.scene;
        if self.state.tripped.is_none() {
            let call = IOracleGuard::tripCall {
                asset: system.assets[THIN],
                tier: 2,
                secs: TRIPPED as u32,
                reason: Default::default(),
            };
            // A market that is Halted already needs no guardian, and gives nobody a price.
            if node.send(system.owner, system.guard, &call).is_err() {
                return;
            }
            self.state.tripped = Some(node.now());
        }
        self.jump(THIN, basis_points);
    }

    /// The owner changes what insurance may pay for a perpetual. Returns whether it is another amount.
    pub fn allow(&mut self, place: usize, dollars: f64) -> bool {
        let Scene { node, system } = self.scene;
        let before = std::mem::replace(&mut self.state.allowances[place], dollars);
        let changes = before.to_bits() != dollars.to_bits();
        if changes {
            setters::set_instrument(node, system, place, dollars);
        }
        changes
    }

    /// The thin market returns to its true price.
    pub fn revert(&mut self) {
        let from = self.state.answers[THIN];
        let back = ((PRICES[THIN] * FEED) as i64 - from) * 10_000 / from;
        self.pump(back);
    }

    fn push(&self, place: usize) {
        let Scene { node, system } = self.scene;
        if !self.state.silent[place] {
            let answer = I256::try_from(self.state.answers[place]).expect("it fits");
            node.must(
                system.owner,
                system.feeds[place],
                &IPriceFeed::pushCall { answer },
            );
        }
    }

    fn publish(&self) {
        for place in 0..3 {
            self.push(place);
        }
    }

    /// Keepers have seen these prices.
    pub fn anchor(&mut self) {
        self.state.anchors = self.state.answers;
    }

    /// Time passes in which nobody looks, and then the feeds say that nothing has changed.
    pub fn pass(&mut self, seconds: u64) {
        self.scene.node.wait(seconds);
        self.publish();
    }

    /// As [`World::pass`], and every ten minutes somebody pokes, as keepers do, and the provider repeats what it quotes.
    pub fn pass_poked(&mut self, seconds: u64) {
        let mut left = seconds;
        while left > 0 {
            let step = left.min(TURN);
            // So that quotes are fresh at the end, and another may follow.
            if left == TURN {
                self.repeat_quotes();
            }
            self.pass(step);
            for place in 0..3 {
                let _ = self.poke(place);
            }
            left -= step;
        }
    }

    fn repeat_quotes(&self) {
        let mut quoted = None;
        for series in &self.state.series {
            if quoted != Some(series.expiry) {
                let _ = self.quote_one(series.expiry, series.surface);
                quoted = Some(series.expiry);
            }
        }
    }

    /// Anybody pokes an asset.
    pub fn poke(&self, place: usize) -> Result<Vec<Log>, String> {
        let Scene { node, system } = self.scene;
        let asset = system.assets[place];
        let poke = IOracleGuard::pokeCall { asset };
        node.send(system.adversary(), system.guard, &poke)
    }

    /// A feed falls silent for as long as nobody believes it, or returns.
    pub fn silence(&mut self, place: usize, silent: bool) {
        self.state.silent[place] = silent;
        if silent {
            self.pass(3 * HOUR);
        } else {
            self.push(place);
        }
    }

    // ---- options

    /// The provider quotes a surface for the expiry of a series.
    pub fn quote(&mut self, place: usize, surface: [f64; 2]) -> Result<(), String> {
        let expiry = self.state.series[place].expiry;
        self.quote_one(expiry, surface)?;
        for series in &mut self.state.series {
            if series.expiry == expiry {
                series.surface = surface;
            }
        }
        Ok(())
    }

    fn quote_one(&self, expiry: u64, surface: [f64; 2]) -> Result<(), String> {
        let Scene { node, system } = self.scene;
        let millionths = |value: f64| (value * 1e6).round() as i64 * 1_000_000_000_000;
        let call = IOracleGuard::setSurfaceCall {
            asset: system.assets[ETH],
            expiry,
            surface: IOracleGuard::Surface {
                atm: millionths(surface[0]) as u64,
                skew: millionths(surface[1]),
                curvature: 0,
            },
        };
        node.send(system.adversary(), system.guard, &call).map(drop)
    }

    /// The next surface that the provider would like for a series: as far as one step goes, or back to what is fair.
    pub fn wanted_surface(&self, place: usize, x: u16) -> [f64; 2] {
        const STEP: f64 = 0.05;
        let [atm, skew] = self.state.series[place].surface;
        match x % 5 {
            0 => [(atm + STEP).min(4.9), skew],
            1 => [(atm - STEP).max(0.11), skew],
            2 => [atm, skew + STEP],
            3 => [atm, skew - STEP],
            _ => {
                let back = (VOLATILITY - atm).clamp(-STEP, STEP);
                [atm + back, if back == 0.0 { 0.0 } else { skew }]
            }
        }
    }

    /// Whether a series has expired.
    pub fn is_over(&self, place: usize) -> bool {
        self.scene.node.now() >= self.state.series[place].expiry
    }

    /// Goes nearer to the expiry of a series, by way of its window, or past it; somebody pokes.
    pub fn expire(&mut self, place: usize) {
        let node = self.scene.node;
        let expiry = self.state.series[place].expiry;
        let stations = [DAY - 1, 1_800, 1_200, 600, 1];
        let mut to_come = stations
            .into_iter()
            .filter(|left| node.now() + left < expiry);
        match to_come.next() {
            Some(left) => self.pass(expiry - left - node.now()),
            None => self.pass(2),
        }
        let _ = self.poke(ETH);
    }

    /// Another series in the place of one that has expired and that nobody holds.
    pub fn relist(&mut self, place: usize, payer: usize) -> Result<Vec<Log>, String> {
        let Scene { node, system } = self.scene;
        let old = self.state.series[place];
        let call = IMarginVault::delistCall {
            instrument: old.instrument,
        };
        let next = Series {
            expiry: (node.now() / DAY + 2) * DAY + EXPIRY_HOUR,
            strike: self.spot(ETH) / 10_000_000_000_000_000_000 * 10_000_000_000_000_000_000,
            ..old
        };
        let mut logs = node.send(system.owner_of(payer), system.vault, &call)?;
        match self.list_next(next, payer) {
            Ok((series, more)) => {
                self.state.series[place] = series;
                logs.extend(more);
                Ok(logs)
            }
            // The old one is gone; its number stays unused.
            Err(_) => Ok(logs),
        }
    }

    /// Lists a series; what is quoted for its expiry already stays.
    fn list_next(&self, next: Series, payer: usize) -> Result<(Series, Vec<Log>), String> {
        let mut all = self.state.series.iter();
        if let Some(other) = all.find(|series| series.expiry == next.expiry) {
            let surface = other.surface;
            return self.list(Series { surface, ..next }, payer);
        }
        self.quote_one(next.expiry, next.surface)?;
        self.list(next, payer)
    }

    /// Where the adversary has tokens.
    pub fn purses(&self) -> [Address; PURSES] {
        let [first, second] = self.scene.system.adversaries();
        let [vault, pool] = self.own_market.purses();
        [first, second, vault, pool]
    }

    /// Whole tokens of what an owner holds outside.
    pub fn in_units(amount: i128) -> U256 {
        U256::from((amount / UNIT).unsigned_abs())
    }
}

/// Midnight of the next day: what the pool had before counts as its opening.
fn start_with_a_day(node: &Node) {
    let midnight = (node.now() / DAY + 1) * DAY;
    node.wait(midnight - node.now());
}

fn mint(scene: Scene<'_>) {
    let Scene { node, system } = scene;
    for place in HONEST.chain([KEEPER]) {
        system::mint(node, system, system.owner_of(place), 20_000_000.0);
    }
    let [first, second] = system.adversaries();
    system::mint(node, system, first, 1_000_000_000.0);
    system::mint(node, system, second, 4_000_000.0);
}
