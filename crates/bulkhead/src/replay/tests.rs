use super::{measures::largest_rises, *};
use oracle::Tier;
use std::io::Write;

const MINUTE: u64 = 60;

fn path(prices: &[f64], step: u64) -> Vec<Point> {
    let times = (1_700_000_000..).step_by(step as usize);
    let point = |(&price, time)| Point { time, price };
    prices.iter().zip(times).map(point).collect()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

#[test]
fn a_day_weighs_six_percent_in_the_average_of_risk_metrics() {
    assert!(close((-(DAY as f64) / RISK_METRICS_PERIOD).exp(), 0.94));
}

/// 0.94 x 1.5^2 / 365 + 0.06 x 0.1^2, then 0.94 of that and 0.06 x 0.05^2, by the day.
#[test]
fn the_average_of_a_hand_made_series() {
    let prices = [100.0, 100.0 * 0.1_f64.exp(), 100.0 * 0.05_f64.exp()];
    let daily: Vec<f64> = deviations(&path(&prices, DAY), RISK_METRICS_PERIOD)
        .into_iter()
        .map(|deviation| deviation * deviation * DAY as f64)
        .collect();
    let expected = [
        0.006_164_383_561_643_836,
        0.006_394_520_547_945_206,
        0.006_160_849_315_068_493,
    ];
    for (variance, expected) in daily.iter().zip(expected) {
        assert!(close(*variance, expected), "{variance} is not {expected}");
    }
}

#[test]
fn an_average_of_a_price_that_never_moves_can_be_divided_by() {
    let still = deviations(&path(&[1.0; 3], 100 * 365 * DAY), 1.0);
    assert!(still.iter().all(|deviation| *deviation > 0.0));
}

#[test]
fn the_least_multiplier_covers_what_is_asked_and_no_more() {
    let multiples = [0.5, 1.0, 2.0, 4.0];
    let least: Vec<f64> = (0..=5)
        .map(|count| least_multiplier(&multiples, count))
        .collect();
    for (least, expected) in least.into_iter().zip([0.0, 0.5, 1.0, 2.0, 4.0, 4.0]) {
        assert!(close(least, expected), "{least} is not {expected}");
    }
}

#[test]
fn peak_to_trough_of_a_known_series() {
    assert_eq!(peak_to_trough(&[0.2, 0.1, 0.45, 0.3]), 4.5);
    assert_eq!(peak_to_trough(&[]), 1.0);
}

#[test]
fn a_rise_counts_within_its_days_only() {
    let times = [0, 2 * DAY, 6 * DAY, 8 * DAY, 20 * DAY];
    let levels = [0.1, 0.2, 0.25, 0.2, 0.9];
    let (relative, absolute) = largest_rises(&times, &levels, 5 * DAY);
    assert!(close(relative, 1.0), "0.1 to 0.2 in two days: {relative}");
    assert!(close(absolute, 0.1), "{absolute}");
    let (relative, absolute) = largest_rises(&times, &levels, 6 * DAY);
    assert!(close(relative, 1.5) && close(absolute, 0.15), "six days");
    assert_eq!(
        largest_rises(&times, &[0.5, 0.4, 0.3, 0.2, 0.1], DAY),
        (0.0, 0.0)
    );
}

#[test]
fn moves_are_taken_over_the_horizon_and_both_ways() {
    let points = path(&[100.0, 110.0, 99.0, 99.0], MINUTE);
    let moves = Moves::new(&points, 0, 2 * MINUTE);
    assert_eq!(moves.count(), 2, "the last two begin no move");
    let multiples = moves.multiples(&[0.01, 0.05, 1.0, 1.0]);
    assert!(
        close(multiples[0], 1.0) && close(multiples[1], 2.0),
        "{multiples:?}"
    );
    assert_eq!(moves.covered(&[0.011, 0.09, 0.0, 0.0]), 1);
    assert_eq!(moves.covered(&[0.011, 0.11, 0.0, 0.0]), 2);
    assert_eq!(
        Moves::new(&points, 1, 2 * MINUTE).covered(&[0.0, 0.11, 0.0, 0.0]),
        1
    );
}

/// 150 % x sqrt(4 h / year) x 3 is 9.616 %; the initial margin is a quarter more.
#[test]
fn the_guard_starts_at_the_stressed_volatility() {
    let steps = replay(&path(&[100.0], MINUTE));
    let step = steps[0];
    assert!((0.0961..0.0963).contains(&step.maintenance), "{step:?}");
    assert_eq!(step.maintenance, step.initial);
    assert!(close(step.margin, 1.25 * step.maintenance), "{step:?}");
    assert_eq!(step.tier, Tier::Normal);
}

#[test]
fn a_fall_of_six_percent_is_caution_for_ten_minutes_after_the_mean_has_followed() {
    let mut prices = vec![100.0; 20];
    prices.extend([94.0; 40]);
    let steps = replay(&path(&prices, MINUTE));
    let tiers: Vec<Tier> = steps.iter().map(|step| step.tier).collect();
    assert!(tiers[..20].iter().all(|tier| *tier == Tier::Normal));
    let cautious = tiers[20..]
        .iter()
        .take_while(|tier| **tier == Tier::Caution)
        .count();
    assert!((10..=16).contains(&cautious), "{cautious} minutes");
    assert!(
        tiers[20 + cautious..]
            .iter()
            .all(|tier| *tier == Tier::Normal)
    );
    let (before, at) = (steps[19], steps[20]);
    assert!(
        at.initial > 1.5 * before.initial,
        "fast volatility acts at once: {at:?}"
    );
    assert!(
        at.maintenance < before.maintenance + 0.001,
        "maintenance does not: {at:?}"
    );
    assert!(
        at.margin >= 1.249 * at.initial,
        "the tier adds a quarter: {at:?}"
    );
}

#[test]
fn a_seed_determines_the_years() {
    let years = regimes(1);
    let days: u64 = REGIMES.iter().map(|regime| regime.days).sum();
    assert_eq!(days, 8 * 365);
    assert_eq!(years.len() as u64, days * DAY / STEP_SECS);
    assert!(
        years
            .windows(2)
            .all(|pair| pair[1].time - pair[0].time == STEP_SECS)
    );
    assert!(
        years
            .iter()
            .all(|point| point.price.is_finite() && point.price > 0.0)
    );
    assert_eq!(years, regimes(1));
    assert_ne!(years, regimes(2));
}

/// Volatility clusters: squared hourly returns of a quiet year resemble those of an hour before, which independent ones do not.
#[test]
fn volatility_clusters() {
    let years = regimes(1);
    let hours: Vec<f64> = years[..360 * 288]
        .iter()
        .step_by(12)
        .map(|point| point.price.ln())
        .collect();
    let squares: Vec<f64> = hours
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).powi(2).min(1e-3))
        .collect();
    let mean = squares.iter().sum::<f64>() / squares.len() as f64;
    let product = |lag: usize| -> f64 {
        let pairs = squares.iter().zip(&squares[lag..]);
        pairs.map(|(a, b)| (a - mean) * (b - mean)).sum()
    };
    let correlation = product(1) / product(0);
    assert!(correlation > 0.05, "{correlation}");
}

fn report_of(points: Vec<Point>) -> Result<Report, ReplayError> {
    let series = Series {
        title: "test".into(),
        points,
        learning: 0,
    };
    Report::new(&series, &replay(&series.points))
}

fn covers_as_much(comparison: &Comparison) -> bool {
    comparison
        .averages
        .iter()
        .all(|row| (row.coverage - comparison.guard.coverage).abs() < 1e-3)
}

#[test]
fn everything_is_compared_at_equal_coverage() {
    let quarter = regimes(3)
        .split_off(800 * 288)
        .into_iter()
        .take(60 * 288)
        .collect();
    let report = report_of(quarter).unwrap();
    assert_eq!(report.minutes, 60 * 1440);
    assert_eq!(report.minutes_in_tier.iter().sum::<u64>(), report.minutes);
    assert!(
        report.minutes_in_tier[1] > 0,
        "there is a crash in it: {report}"
    );
    assert_eq!(report.comparisons.len(), 3);
    for comparison in &report.comparisons {
        assert!(covers_as_much(comparison), "{report}");
        let (ours, theirs) = (
            &comparison.guard.behaviour,
            &comparison.averages[0].behaviour,
        );
        assert_eq!(
            comparison.is_less_procyclical.relative_rise,
            ours.relative_rise < theirs.relative_rise
        );
        assert!(ours.trough <= ours.mean && ours.mean <= ours.peak);
    }
}

#[test]
fn a_path_shorter_than_the_horizon_is_refused() {
    let short = report_of(path(&[100.0; 240], MINUTE));
    assert!(
        matches!(
            short,
            Err(ReplayError::TooShort {
                horizon: 14_400,
                ..
            })
        ),
        "{short:?}"
    );
    assert!(report_of(path(&[100.0; 242], MINUTE)).is_ok());
}

#[test]
fn a_file_is_replayed_and_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prices.csv");
    let mut text = "timestamp_utc_ms,open,high,low,close,volume\n".to_owned();
    for minute in 0..600_u64 {
        let price = if minute < 300 { 100.0 } else { 88.0 };
        text += &format!("{},{price},{price},{price},{price},1\n", minute * 60_000);
    }
    std::fs::File::create(&file)
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let report = run(&Source::File(file), Some(folder.path())).unwrap();
    assert_eq!(report.minutes, 600);
    assert!(report.minutes_in_tier[2] >= 10, "{report}");
    let picture = image::open(folder.path().join("replay.png"))
        .unwrap()
        .to_rgb8();
    let inked = picture
        .pixels()
        .filter(|pixel| pixel.0 != [255, 255, 255])
        .count();
    assert!(inked > 5_000, "{inked} pixels");
    let nowhere = Path::new("/dev/null/plots");
    let file = folder.path().join("prices.csv");
    assert!(matches!(
        run(&Source::File(file), Some(nowhere)),
        Err(ReplayError::Folder { .. })
    ));
}

/// A single source never diverges and is never lost, so that no move of the market, however bad, may halt it.
#[test]
fn real_days_of_crisis_never_halt() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let names = [
        "2020-03-12_blackthursday_ETHUSDT_binance_spot_5m.csv",
        "2021-05-19_BTCUSDT_binance_spot_1m.csv",
        "2022-11-08_ftx_ETHUSDT_binance_spot_5m.csv",
    ];
    for name in names {
        let file = folder.join(name);
        if !file.exists() {
            eprintln!("skipped: there is no {}", file.display());
            continue;
        }
        let report = run(&Source::File(file), None).unwrap();
        assert_eq!(report.minutes_in_tier[3], 0, "{report}");
        assert!(report.minutes_in_tier[1] > 0, "{report}");
        assert!(report.comparisons.iter().all(covers_as_much), "{report}");
    }
}
