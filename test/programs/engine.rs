//! The risk engine's program on a node: portfolios by its public and by its packed function, and prices, against the same
//! code natively and against double precision. Options of which something is fixed, those that are closing and those in their
//! settlement windows, are known to the packed function alone.
//!
//! `OPTION_SEED` is the first portfolio, `OPTION_PORTFOLIOS` their number. It needs the built programs.

use std::fs;

use alloy::primitives::{Address, B256, Bytes, I256, U256, address};
use client::abi::{IArbWasm, IRiskEngine};
use client::chain::{Chain, OPERATOR, Wallet};
use client::project;
use option_model::bound::ENOUGH;
use option_model::reference;
use option_model::{Closing, Draw, Inputs, Leg, Portfolio as Model, Shape};
use risk::options::black::{self, Kind};
use risk::options::scenario::Worth;
use risk::options::{Counted, Requirement};
use risk::{Position, Price, Ratio, SettlementPrice, WAD};

const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
/// Wei sent with an activation, of which the rest returns.
const ACTIVATION_VALUE: u128 = WAD / 10;
/// Of gross notional.
const TOLERANCE: f64 = 1e-7;
/// Units of volatility in one, of a packed option.
const MICRO: u128 = WAD / 1_000_000;
/// Widest move of a 30-day volatility that accounts are margined by, WAD.
const WIDEST_VOLATILITY: u64 = 600_000_000_000_000_000;

struct Engine {
    chain: Chain,
    address: Address,
}

fn setting(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).map_or(default, |text| {
        text.parse().unwrap_or_else(|_| panic!("{name}={text}"))
    });
    println!("{name}={value}");
    value
}

fn signed(x: i128) -> I256 {
    I256::try_from(x).unwrap()
}

fn number(x: U256) -> f64 {
    f64::from(x) / 1e18
}

impl Engine {
    async fn deploy(url: &str) -> Self {
        let path = project::root()
            .unwrap()
            .join("out/contracts/risk-engine.initcode");
        let initcode = fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}; make contracts", path.display()));
        let chain = Chain::connect(url).await.unwrap();
        let operator = Wallet::open(&chain, OPERATOR).await.unwrap();
        let initcode: Bytes = initcode.trim().parse().unwrap();
        let create = operator.create(&chain, "create", initcode).unwrap();
        let address = create.to;
        let activate = IArbWasm::activateProgramCall { program: address };
        let data = alloy::sol_types::SolCall::abi_encode(&activate).into();
        let value = U256::from(ACTIVATION_VALUE);
        let activate = operator
            .transact(&chain, "activate", ARB_WASM, value, data)
            .unwrap();
        chain.execute(&[create, activate]).await.unwrap();
        Self { chain, address }
    }

    /// By the public function.
    async fn evaluate(&self, model: &Model) -> IRiskEngine::EngineResult {
        let shock = &model.shock;
        let option = |leg: &Leg| IRiskEngine::EngineOption {
            isCall: leg.is_call,
            strike: U256::from(model.tick) * U256::from(leg.ticks),
            secs: U256::from(leg.seconds),
            size: signed(leg.size),
            vol: U256::from(leg.volatility) * U256::from(MICRO),
        };
        let call = IRiskEngine::evaluateCall {
            spot: U256::from(model.spot),
            perp: signed(model.perpetual),
            options: model.options.iter().map(option).collect(),
            shock: IRiskEngine::Shock {
                spotRange: U256::from(shock.spot_range),
                initialSpotRange: U256::from(shock.initial_spot_range),
                volRange: U256::from(shock.volatility_range),
                shortOptionRate: U256::from(shock.short_option_rate),
                initialFactor: U256::from(shock.initial_factor),
            },
        };
        self.chain.call(self.address, &call).await.unwrap()
    }

    /// By the packed function, all in one call.
    async fn requirements(&self, models: &[Model], late: Late) -> Vec<Requirement> {
        let portfolios = models
            .iter()
            .flat_map(|model| packed(model, late))
            .collect();
        let call = IRiskEngine::requirementsCall { portfolios };
        let margins: Vec<B256> = self.chain.call(self.address, &call).await.unwrap();
        let half = |word: &B256, from: usize| {
            u128::from_be_bytes(word[from..from + 16].try_into().unwrap())
        };
        margins
            .iter()
            .map(|word| Requirement::unpack([half(word, 0), half(word, 16)]).unwrap())
            .collect()
    }

    async fn price(&self, inputs: &black::Inputs) -> IRiskEngine::priceReturn {
        let call = IRiskEngine::priceCall {
            isCall: inputs.kind == Kind::Call,
            forward: U256::from(inputs.forward.0),
            strike: U256::from(inputs.strike.0),
            secs: U256::from(inputs.seconds),
            vol: U256::from(inputs.volatility.0),
        };
        self.chain.call(self.address, &call).await.unwrap()
    }
}

/// What an option is of whose settlement something is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Late {
    /// Closing: its volatility is fixed.
    Closing,
    /// In its settlement window.
    InWindow,
}

fn counted(closing: &Closing) -> Counted {
    Counted {
        share: Ratio(closing.counted.into()),
        average: SettlementPrice(closing.average),
    }
}

/// The words of a portfolio, in the order of its options.
fn packed(model: &Model, late: Late) -> Vec<B256> {
    let word = |[high, low]: [u128; 2]| {
        let mut bytes = high.to_be_bytes().to_vec();
        bytes.extend(low.to_be_bytes());
        B256::from_slice(&bytes)
    };
    let words = |leg: &Leg| match &leg.closing {
        Some(closing) => {
            let native = leg.native();
            native.pack_late(&counted(closing), late == Late::Closing)
        }
        None => [Some(leg.native().pack()), None, None],
    };
    let options: Vec<_> = model.options.iter().flat_map(words).flatten().collect();
    let (portfolio, _) = model.native();
    let header = portfolio.pack(options.len()).unwrap();
    header.into_iter().chain(options).map(word).collect()
}

/// What the native code asks for.
fn native(model: &Model, late: Late) -> Requirement {
    let (portfolio, mut legs) = model.native();
    let closing = model.native_closing();
    if late == Late::Closing {
        return portfolio.requirement_with(&legs, &closing).unwrap();
    }
    let moving = closing
        .iter()
        .map(|leg| leg.option.in_settlement(portfolio.tick, &leg.counted));
    legs.extend(moving);
    // By whole sizes, of which a part is counted: they say in what the loop counts.
    let sizes = model.options.iter().map(|leg| Position(leg.size));
    let revaluation = portfolio.begin(sizes).unwrap();
    let mut worth = Worth::NOTHING;
    for leg in &legs {
        revaluation.add(&mut worth, &revaluation.contract(leg));
    }
    let contract_at = |place: usize| legs.get(place).map(|leg| revaluation.contract(leg));
    revaluation
        .requirement(&worth, (&contract_at, &[]))
        .unwrap()
        .0
}

fn kind(is_call: bool) -> Kind {
    if is_call { Kind::Call } else { Kind::Put }
}

/// Portfolios of the reference model where it is at hand, and otherwise ours, of up to 64 options; and some of 128.
fn portfolios(seed: u64, count: usize) -> Vec<Model> {
    let mut draw = Draw::new(seed);
    let mut models: Vec<Model> = match reference::draw(seed, count, 64) {
        Some(cases) => cases.into_iter().map(|case| case.portfolio).collect(),
        None => {
            println!("no reference model (MARGIN_MODEL), or no python3: portfolios of our own");
            let mut one = || {
                let options = draw.whole(0, 64) as usize;
                draw.portfolio(Shape::Usual, options)
            };
            (0..count).map(|_| one()).collect()
        }
    };
    models.extend(Shape::ALL.map(|shape| draw.portfolio(shape, 128)));
    models
}

/// Compares both functions with the native code, which they have to equal, and with the model. Returns the largest error.
fn check(model: &Model, public: &IRiskEngine::EngineResult, packed: &Requirement) -> f64 {
    let (portfolio, legs) = model.native();
    assert_eq!(portfolio.requirement(&legs).unwrap(), *packed, "{model:?}");
    let evaluation = portfolio.evaluate(&legs).unwrap();
    let sums = evaluation.sums;
    let expected = [sums.delta.0, sums.gamma, sums.vega.0, sums.value.0].map(signed);
    let got = [public.delta, public.gamma, public.vega, public.value];
    assert_eq!(got, expected, "{model:?}");
    let (margin, gross) = (model.margin(), model.gross().max(1e-9));
    let packed = [packed.maintenance.0, packed.initial.0].map(|x| x as f64 / 1e18);
    let public_margins = [number(public.maintenance), number(public.initial)];
    let exact = [margin.maintenance, margin.initial];
    let mut worst = 0.0_f64;
    for n in 0..2 {
        for got in [packed[n], public_margins[n]] {
            worst = worst.max((got - exact[n]).abs() / gross);
        }
    }
    assert!(
        worst <= TOLERANCE,
        "{worst:e} {public:?} {exact:?} {model:?}"
    );
    let named = margin.losses.by_number[usize::from(public.worst)];
    let largest = margin.losses.largest();
    assert!(
        largest - named <= 2.0 * TOLERANCE * gross,
        "{public:?} {margin:?}"
    );
    worst
}

#[tokio::test]
async fn the_engine_on_a_node_margins_portfolios_as_the_model_does() {
    let (seed, count) = (setting("OPTION_SEED", 1), setting("OPTION_PORTFOLIOS", 200));
    let node = devnode::spawn(devnode::Config::default()).unwrap();
    let engine = Engine::deploy(&node.url()).await;
    let models = portfolios(seed, count as usize);
    let mut worst = 0.0_f64;
    // Several underlyings in one call, as a vault asks.
    for models in models.chunks(3) {
        let packed = engine.requirements(models, Late::Closing).await;
        assert_eq!(packed.len(), models.len());
        for (model, packed) in models.iter().zip(&packed) {
            let public = engine.evaluate(model).await;
            worst = worst.max(check(model, &public, packed));
        }
    }
    println!(
        "{} portfolios; margins off by at most {worst:e} of gross notional",
        models.len()
    );
}

/// A portfolio of any shape, about half of whose options settle within a day, early.
fn closing_portfolio(draw: &mut Draw, shape: Shape) -> Model {
    let options = draw.whole(1, 32) as usize;
    let mut model = draw.portfolio(shape, options);
    draw.close(&mut model);
    for closing in model
        .options
        .iter_mut()
        .filter_map(|leg| leg.closing.as_mut())
    {
        // Of some nothing is counted yet.
        if draw.whole(0, 4) == 0 {
            closing.counted = 0;
        }
    }
    model.shock.volatility_range = model.shock.volatility_range.min(WIDEST_VOLATILITY);
    if draw.coin() {
        model.stable = (model.spot as f64 * draw.spread(0.8, 1.25)) as u128;
    }
    model
}

/// How far margins are from those of double precision, in gross notional. Where a bound is as large as needs no closer look, but for the
/// error, either is right.
fn off(model: &Model, found: &Requirement) -> f64 {
    let gross = model.gross() * (model.stable as f64 / model.spot as f64).max(1.0);
    let found = [found.maintenance.0, found.initial.0].map(|margin| margin as f64 / 1e18);
    let near = [1.0, 1.0 - 1e-5, 1.0 + 1e-5].map(|near| {
        let expected = model.margin_refined(ENOUGH * near);
        let off = [expected.maintenance - found[0], expected.initial - found[1]];
        off.map(f64::abs).into_iter().fold(0.0, f64::max) / gross.max(1e-9)
    });
    near.into_iter().fold(f64::INFINITY, f64::min)
}

#[tokio::test]
async fn the_engine_on_a_node_margins_options_that_are_closing_or_in_their_windows_as_the_native_code_does()
 {
    let (seed, count) = (setting("OPTION_SEED", 1), setting("OPTION_PORTFOLIOS", 200));
    let node = devnode::spawn(devnode::Config::default()).unwrap();
    let engine = Engine::deploy(&node.url()).await;
    let mut draw = Draw::new(seed);
    let models: Vec<_> = (0..count as usize)
        .map(|n| {
            let shape = [Shape::Usual, Shape::Hedged, Shape::Edges][n % 3];
            (shape, closing_portfolio(&mut draw, shape))
        })
        .collect();
    let (mut worst, mut fixed, mut told_apart) = (0.0_f64, [0, 0], 0);
    for drawn in models.chunks(3) {
        let (shapes, models): (Vec<_>, Vec<_>) = drawn.iter().cloned().unzip();
        let closing = engine.requirements(&models, Late::Closing).await;
        let in_window = engine.requirements(&models, Late::InWindow).await;
        assert_eq!([closing.len(), in_window.len()], [models.len(); 2]);
        let margins = closing.into_iter().zip(in_window);
        for ((model, shape), (closing, in_window)) in models.iter().zip(shapes).zip(margins) {
            assert_eq!(closing, native(model, Late::Closing), "{model:?}");
            assert_eq!(in_window, native(model, Late::InWindow), "{model:?}");
            // Those at the edges, with volatilities of next to nothing, are held to the native code alone.
            if shape != Shape::Edges {
                let off = off(model, &closing);
                assert!(off <= TOLERANCE, "{off:e} {closing:?} {model:?}");
                worst = worst.max(off);
            }
            told_apart += u64::from(closing != in_window);
            for closing in model.options.iter().filter_map(|leg| leg.closing.as_ref()) {
                fixed[usize::from(closing.counted > 0)] += 1;
            }
        }
    }
    println!(
        "{count} portfolios; of {} closing options something is counted, of {} nothing; margins off by at most {worst:e} of gross notional",
        fixed[1], fixed[0]
    );
    assert!(fixed[0] > count && fixed[1] > count, "{fixed:?}");
    assert!(told_apart * 2 > count, "{told_apart}");
}

#[tokio::test]
async fn the_engine_on_a_node_prices_options_as_the_native_code_does() {
    let node = devnode::spawn(devnode::Config::default()).unwrap();
    let engine = Engine::deploy(&node.url()).await;
    let mut draw = Draw::new(setting("OPTION_SEED", 1));
    let mut worst = 0.0_f64;
    for _ in 0..500 {
        let forward = draw.spread(1e-9, 1e9);
        let inputs = black::Inputs {
            kind: kind(draw.coin()),
            forward: Price((forward * 1e18) as u128),
            strike: Price((forward * draw.spread(0.2, 5.0) * 1e18) as u128),
            seconds: draw.spread(1.0, 1e8) as u64,
            volatility: Ratio((draw.spread(0.01, 5.0) * 1e18) as u128),
        };
        let (got, native) = (engine.price(&inputs).await, inputs.quote().unwrap());
        assert_eq!(got.value, U256::from(native.value.0), "{inputs:?}");
        assert_eq!(got.delta, signed(native.delta), "{inputs:?}");
        assert_eq!(got.gamma, U256::from(native.gamma), "{inputs:?}");
        assert_eq!(got.vega, U256::from(native.vega), "{inputs:?}");
        let model = Inputs {
            is_call: inputs.kind == Kind::Call,
            forward: inputs.forward.0 as f64 / 1e18,
            strike: inputs.strike.0 as f64 / 1e18,
            years: inputs.seconds as f64 / option_model::YEAR,
            volatility: inputs.volatility.0 as f64 / 1e18,
        };
        let off = ((number(got.value) - model.value()).abs() - 2e-18).max(0.0);
        worst = worst.max(off / model.forward);
    }
    println!("500 prices; off by at most {worst:e} of the forward");
    assert!(worst <= 1e-9, "{worst:e}");
}
