//! The risk engine's program on a node: portfolios by its public and by its packed function, and prices, against the same
//! code natively and against double precision.
//!
//! `OPTION_SEED` is the first portfolio, `OPTION_PORTFOLIOS` their number. It needs the built programs.

use std::fs;

use alloy::primitives::{Address, B256, Bytes, I256, U256, address};
use client::abi::{IArbWasm, IRiskEngine};
use client::chain::{Chain, OPERATOR, Wallet};
use client::project;
use option_model::reference;
use option_model::{Draw, Inputs, Portfolio as Model, Shape};
use risk::options::Requirement;
use risk::options::black::{self, Kind};
use risk::{Price, Ratio, WAD};

const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
/// Wei sent with an activation, of which the rest returns.
const ACTIVATION_VALUE: u128 = WAD / 10;
/// Of gross notional.
const TOLERANCE: f64 = 1e-7;
/// Units of volatility in one, of a packed option.
const MICRO: u128 = WAD / 1_000_000;

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
        let option = |leg: &option_model::Leg| IRiskEngine::EngineOption {
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
    async fn requirements(&self, models: &[Model]) -> Vec<Requirement> {
        let word = |[high, low]: [u128; 2]| {
            let mut bytes = high.to_be_bytes().to_vec();
            bytes.extend(low.to_be_bytes());
            B256::from_slice(&bytes)
        };
        let mut portfolios = vec![];
        for model in models {
            let (portfolio, legs) = model.native();
            portfolios.extend(portfolio.pack(legs.len()).unwrap().map(word));
            portfolios.extend(legs.iter().map(|leg| word(leg.pack())));
        }
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
        let packed = engine.requirements(models).await;
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
