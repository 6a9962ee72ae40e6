//! Accounts re-margined per second and core: a perpetual and 1, 16 or 64 options of one underlying, 37 revaluations each.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use option_model::yardstick::{PORTFOLIO, option};
use risk::options::OptionLeg;

fn accounts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("accounts re-margined");
    group.throughput(Throughput::Elements(1));
    for count in [1, 16, 64] {
        let options: Vec<OptionLeg> = (0..count).map(option).collect();
        group.bench_with_input(
            BenchmarkId::from_parameter(count),
            &options[..],
            |bencher, options| {
                bencher.iter(|| black_box(&PORTFOLIO).requirement(black_box(options)));
            },
        );
    }
    group.finish();
}

criterion_group!(benches, accounts);
criterion_main!(benches);
