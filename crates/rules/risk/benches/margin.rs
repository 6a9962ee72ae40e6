//! Accounts re-margined per second and core: a perpetual and 1, 16 or 64 options of one underlying, 37 revaluations each.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use risk::options::black::Kind;
use risk::options::encoding::parts_of_ticks;
use risk::options::{OptionLeg, Portfolio, Shock};
use risk::{Position, Price, Ratio, Spot, Stable, WAD};

const SPOT: u128 = 2_000 * WAD;
const TICK: u128 = WAD / 100;
const STRIKE_STEP: u128 = 100 * WAD;
const EXPIRY_DAYS: [u32; 4] = [14, 28, 56, 84];
const DAY: u32 = 86_400;

/// Options around the money, calls and puts, long and short.
fn option(i: usize) -> OptionLeg {
    let (expiry, rank) = (i % EXPIRY_DAYS.len(), i / EXPIRY_DAYS.len());
    let distance = rank.div_ceil(2) as u128 * STRIKE_STEP;
    let strike = if rank % 2 == 1 {
        SPOT + distance
    } else {
        SPOT - distance
    };
    OptionLeg {
        kind: if (rank + expiry).is_multiple_of(2) {
            Kind::Call
        } else {
            Kind::Put
        },
        strike: parts_of_ticks((strike / TICK) as u64),
        seconds: EXPIRY_DAYS[expiry] * DAY,
        volatility: 800_000,
        size: Position(if (rank / 2 + expiry).is_multiple_of(2) {
            -(WAD as i128)
        } else {
            WAD as i128
        }),
    }
}

fn accounts(criterion: &mut Criterion) {
    let portfolio = Portfolio {
        spot: Spot(SPOT),
        stable: Stable(SPOT),
        tick: Price(TICK),
        perpetual: Position(2 * WAD as i128),
        shock: Shock {
            spot_range: Ratio(WAD / 5),
            initial_spot_range: Ratio(WAD / 5),
            volatility_range: Ratio(WAD * 35 / 100),
            short_option_rate: Ratio(WAD / 100),
            initial_factor: Ratio(WAD * 5 / 4),
        },
    };
    let mut group = criterion.benchmark_group("accounts re-margined");
    group.throughput(Throughput::Elements(1));
    for count in [1, 16, 64] {
        let options: Vec<OptionLeg> = (0..count).map(option).collect();
        group.bench_with_input(
            BenchmarkId::from_parameter(count),
            &options[..],
            |bencher, options| {
                bencher.iter(|| black_box(&portfolio).requirement(black_box(options)));
            },
        );
    }
    group.finish();
}

criterion_group!(benches, accounts);
criterion_main!(benches);
