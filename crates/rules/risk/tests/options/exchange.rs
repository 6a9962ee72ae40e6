//! Prices of an exchange: the marks of a chain of Bitcoin options from their implied volatilities.
//!
//! The chain is a file that is not part of this repository: `OPTION_CHAIN`, or the one beside the checkout. A mark is a share
//! of the forward, to four decimals; of the forward of an expiry, only its part in the puts and calls of equal strike is known,
//! and the minute at which the chain was taken is the one at which the marks fit best.

use std::collections::BTreeMap;

use risk::options::black::{Inputs, Kind};
use risk::{Price, Ratio};

use crate::wad;

/// Half a digit of the mark, half a digit of what the forward was found from, and half a digit of the volatility.
const TOLERANCE: f64 = 1.5e-4;
const DAY: u64 = 86_400;

struct Quoted {
    is_call: bool,
    strike: f64,
    expiry: u64,
    mark: f64,
    volatility: f64,
    index: f64,
}

/// Seconds since 1970 of `2024-05-25 08:00:00` (Howard Hinnant, chrono-compatible low-level date algorithms).
fn seconds(text: &str) -> u64 {
    let numbers: Vec<u64> = text
        .split(['-', ' ', ':'])
        .map(|part| part.parse().unwrap())
        .collect();
    let [year, month, day, hour, minute, second] = numbers[..] else {
        panic!("{text} is no time");
    };
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    (days - 719_468) * DAY + hour * 3600 + minute * 60 + second
}

fn read(line: &str) -> Quoted {
    let fields: Vec<&str> = line.split(',').collect();
    let number = |n: usize| fields[n].parse::<f64>().unwrap();
    Quoted {
        is_call: fields[0] == "call",
        strike: number(1),
        expiry: seconds(fields[3]),
        mark: number(4),
        volatility: number(6) / 100.0,
        index: number(7),
    }
}

fn chain() -> Option<Vec<Quoted>> {
    let beside = "../../../../shared/data/options_BTC_deribit_snapshot_2024-05-23.csv";
    let path = std::env::var_os("OPTION_CHAIN").unwrap_or(beside.into());
    let text = std::fs::read_to_string(path).ok()?;
    Some(text.lines().skip(1).map(read).collect())
}

/// The forward of each expiry by the index: call - put = 1 - strike / forward, of each pair; the median of them.
fn forwards(chain: &[Quoted]) -> BTreeMap<u64, f64> {
    let mut pairs: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for call in chain.iter().filter(|option| option.is_call) {
        let put = chain
            .iter()
            .find(|put| !put.is_call && put.expiry == call.expiry && put.strike == call.strike);
        if let Some(put) = put {
            let forward = call.strike / (1.0 - (call.mark - put.mark));
            let index = f64::midpoint(call.index, put.index);
            pairs.entry(call.expiry).or_default().push(forward / index);
        }
    }
    pairs
        .into_iter()
        .map(|(expiry, mut found)| {
            found.sort_by(f64::total_cmp);
            (expiry, found[found.len() / 2])
        })
        .collect()
}

/// The mark of an option at a time, and what it is by its volatility.
fn error(option: &Quoted, ratio: f64, now: u64) -> f64 {
    let inputs = Inputs {
        kind: if option.is_call {
            Kind::Call
        } else {
            Kind::Put
        },
        forward: Price(wad(option.index * ratio)),
        strike: Price(wad(option.strike)),
        seconds: option.expiry - now,
        volatility: Ratio(wad(option.volatility)),
    };
    let value = inputs.quote().unwrap().value.0 as f64 / inputs.forward.0 as f64;
    (value - option.mark).abs()
}

#[test]
fn the_marks_of_an_exchange_follow_from_its_volatilities() {
    let Some(mut chain) = chain() else {
        println!("skipped: no chain of options (OPTION_CHAIN)");
        return;
    };
    let forwards = forwards(&chain);
    chain.retain(|option| forwards.contains_key(&option.expiry));
    let first = *forwards.keys().next().unwrap();
    let soon: Vec<_> = chain
        .iter()
        .filter(|option| option.expiry < first + 30 * DAY)
        .collect();
    let misfit = |now: u64| -> f64 {
        let errors = soon
            .iter()
            .map(|o| error(o, forwards[&o.expiry], now).powi(2));
        errors.sum()
    };
    let minutes = (1..3 * 24 * 12).map(|step| first - step * 300);
    let now = minutes
        .min_by(|a, b| misfit(*a).total_cmp(&misfit(*b)))
        .unwrap();
    let errors: Vec<f64> = chain
        .iter()
        .map(|option| error(option, forwards[&option.expiry], now))
        .collect();
    let far = errors.iter().filter(|error| **error > TOLERANCE).count();
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    println!(
        "{} marks; off by {mean:e} of the forward on average, {far} by more than {TOLERANCE:e}",
        errors.len()
    );
    // Some marks of a chain are old.
    assert!(errors.len() >= 500 && far * 100 <= errors.len() && mean < 5e-5);
}
