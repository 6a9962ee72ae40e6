//! The benchmarks as they are printed.

use super::{
    Figures,
    accuracy::Accuracy,
    gas::{CACHED, Slots},
};

/// The most gas that a call should use.
const GOALS: [(&str, u64); 18] = [
    ("engine.evaluate.64", 30_000),
    ("engine.evaluateCompact.64", 18_000),
    ("factory.createMarket", 1_500_000),
    // 25,000 above an ordinary one.
    ("guard.poke.boundary", 115_000),
    ("guard.poke.cold", 90_000),
    ("guard.poke.warm", 95_000),
    ("pool.fulfil", 120_000),
    ("vault.deposit", 87_000),
    ("vault.deposit.first", 104_000),
    ("vault.settle.existing", 218_000),
    ("vault.settle.poking", 285_000),
    ("vault.settle.16legs", 600_000),
    ("vault.liquidate.1", 245_000),
    ("vault.liquidate.16", 900_000),
    ("vault.settle.15options", 650_000),
    ("vault.liquidate.15options", 1_100_000),
    ("vault.deleverage.10accounts", 250_000),
    ("vault.deleverage.10000accounts", 250_000),
];

/// Prints everything.
pub fn print(figures: &Figures) {
    stage::say!("\nGas used by the transaction; with the programs cached; goal");
    stage::say!(
        "(engine: inside the call, seen by the caller, with the program cached; .uncached: without)"
    );
    stage::say!(
        "(of 1, 4, 16 legs and of batches: in a market with others in the buckets; .new: in one without)"
    );
    stage::say!("(of 15 options: after every mark has moved; .unmoved: in the same second)");
    for (name, gas) in &figures.gas {
        if !name.ends_with(CACHED) {
            stage::say!("{}", row(figures, name, *gas));
        }
    }
    stage::say!("\nStorage slots of the vault: touched, changed, new; touched elsewhere");
    for (name, slots) in &figures.slots {
        if name.starts_with("vault.") {
            let Slots {
                touched,
                changed,
                created,
                elsewhere,
            } = slots;
            stage::say!("  {name:<52} {touched:>5} {changed:>5} {created:>5} {elsewhere:>5}");
        }
    }
    stage::say!("\nCompressed bytes on chain (limit 24576)");
    for (name, bytes) in &figures.size {
        stage::say!("  {name:<40} {bytes:>12}");
    }
    stage::say!(
        "\nOptions against double precision: points, largest and mean error (shares of the forward,"
    );
    stage::say!(
        "of 1, of 1 / (forward x deviation), of forward x root of the time, and of notional)"
    );
    for (name, accuracy) in &figures.accuracy {
        stage::say!("{}", accuracy_row(name, accuracy));
    }
    stage::say!("\nSpeed");
    for (name, number) in &figures.speed {
        stage::say!("  {name:<52} {number:>12.2}");
    }
}

fn row(figures: &Figures, name: &str, gas: u64) -> String {
    let cached = figures.gas.get(&format!("{name}{CACHED}"));
    let cached = cached.map_or(String::new(), u64::to_string);
    let goal = GOALS.iter().find(|(goal, _)| *goal == name);
    let verdict = goal.map_or(String::new(), |(_, most)| verdict(gas, *most));
    format!("  {name:<52} {gas:>10} {cached:>10}  {verdict}")
        .trim_end()
        .to_owned()
}

fn accuracy_row(name: &str, accuracy: &Accuracy) -> String {
    let Accuracy { points, max, mean } = accuracy;
    format!("  {name:<52} {points:>10} {max:>10.2e} {mean:>10.2e}")
}

fn verdict(gas: u64, most: u64) -> String {
    if gas <= most {
        format!("{most:>8} met")
    } else {
        let excess = (gas - most) as f64 * 100.0 / most as f64;
        format!("{most:>8} missed by {excess:.1} %")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_row_says_whether_the_goal_is_met() {
        let figures = Figures {
            gas: BTreeMap::from([
                ("vault.deposit".to_owned(), 90_000),
                ("vault.deposit.cached".to_owned(), 70_000),
            ]),
            ..Figures::default()
        };
        let columns = |name, gas| {
            let row = row(&figures, name, gas);
            row.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(
            columns("vault.deposit", 87_000),
            "vault.deposit 87000 70000 87000 met"
        );
        assert_eq!(
            columns("vault.settle.existing", 239_800),
            "vault.settle.existing 239800 218000 missed by 10.0 %"
        );
        assert_eq!(columns("pool.mint", 5), "pool.mint 5");
    }
}
