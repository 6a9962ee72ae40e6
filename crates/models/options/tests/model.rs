//! The margin in double precision against the reference model of it.
//!
//! `OPTION_PORTFOLIOS` is how many portfolios the model draws and evaluates, `OPTION_SEED` the seed.

use option_model::reference::{self, Reference};
use option_model::{Margin, Portfolio};

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| {
        text.parse().unwrap_or_else(|_| panic!("{name}={text}"))
    })
}

/// Relative to what adds up to the number.
fn agree(got: f64, expected: f64, scale: f64, what: &str, case: &Reference) {
    let error = (got - expected).abs() / scale;
    assert!(
        error < 1e-11,
        "{what} is {got}, not {expected}: {error:e} {case:?}"
    );
}

/// The model counts what may be lost between two rows, which the reference model does not: no margin is less for it, and it is the
/// same where short options add more.
fn check_between_rows(portfolio: &Portfolio, at_rows: &Margin) {
    let (margin, shock) = (portfolio.margin(), &portfolio.shock);
    assert!(margin.maintenance >= at_rows.maintenance && margin.initial >= at_rows.initial);
    let range = shock.spot_range.max(shock.initial_spot_range);
    if portfolio.between_rows(portfolio.spot, range) <= portfolio.short_floor() {
        assert_eq!(&margin, at_rows);
    }
}

fn check(case: &Reference) {
    let (portfolio, got) = (&case.portfolio, case.portfolio.margin_at_rows());
    check_between_rows(portfolio, &got);
    let gross = portfolio.gross();
    agree(
        got.maintenance,
        case.maintenance,
        gross,
        "maintenance",
        case,
    );
    agree(got.initial, case.initial, gross, "initial", case);
    agree(
        got.losses.by_number[case.worst],
        got.losses.largest(),
        gross,
        "worst",
        case,
    );
    let sum = |part: fn(&option_model::Greeks) -> f64| -> f64 {
        let options = portfolio.options.iter();
        let part = options.map(|leg| {
            leg.size.unsigned_abs() as f64 / 1e18 * part(&portfolio.inputs(leg).greeks()).abs()
        });
        part.sum::<f64>() + 1e-9
    };
    let (got, expected) = (got.greeks, case.greeks);
    agree(got.value, expected.value, gross, "value", case);
    agree(
        got.delta,
        expected.delta,
        sum(|g| g.delta) + gross,
        "delta",
        case,
    );
    agree(got.gamma, expected.gamma, sum(|g| g.gamma), "gamma", case);
    agree(got.vega, expected.vega, sum(|g| g.vega), "vega", case);
}

#[test]
fn it_agrees_with_portfolios_that_the_reference_model_has_evaluated() {
    let cases: Vec<_> = reference::FIXTURE.lines().map(reference::parse).collect();
    assert_eq!(cases.len(), 24);
    cases.iter().for_each(check);
}

#[test]
fn it_agrees_with_the_reference_model() {
    let (seed, count) = (
        setting("OPTION_SEED", 1),
        setting("OPTION_PORTFOLIOS", 1_000),
    );
    match reference::draw(seed, count as usize, 64) {
        Some(cases) => {
            assert_eq!(cases.len() as u64, count);
            cases.iter().for_each(check);
            println!("{count} portfolios of seed {seed} agree to 1e-11");
        }
        None => println!("skipped: no reference model (MARGIN_MODEL), or no python3"),
    }
}
