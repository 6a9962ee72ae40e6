//! The search: random sequences, and hill climbing from the best of them. Each of several things that an adversary is after has
//! sequences of its own, which are mutated, spliced and prolonged, so that an attack of many steps is found step by step.

use std::collections::BTreeMap;

use risk::Store;

use crate::invariants::Violation;
use crate::moves::{Gene, step};
use crate::vault::Fault;
use crate::wealth::{Judge, Score, in_dollars};
use crate::world::World;

/// Steps of a sequence, at least and at most.
const LEAST: usize = 20;
const MOST: usize = 60;
/// Sequences that are kept for each aim.
const KEPT: usize = 12;
const AIMS: usize = 5;

/// Random numbers that follow from a seed (`SplitMix64`).
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub fn below(&mut self, limit: u32) -> u32 {
        (self.next() % u64::from(limit.max(1))) as u32
    }
}

/// What a search has done.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub sequences: u64,
    /// Steps that took effect, of one operation or several, and all that were tried.
    pub operations: u64,
    pub tried: u64,
    pub best: Score,
    /// How often each kind of step took effect.
    pub done: BTreeMap<String, u64>,
    /// How often operations were refused, by rule.
    pub refused: BTreeMap<String, u64>,
    pub found: Option<Found>,
}

/// A sequence that did what none must.
#[derive(Clone, Debug)]
pub struct Found {
    pub violation: Violation,
    pub operations: u64,
    pub genes: Vec<Gene>,
}

/// Tells a sequence step by step: marks, and what has become of the accounts that a step changed.
pub fn tell(genes: &[Gene], fault: Fault) {
    let mut world = World::new(fault);
    let mut judge = Judge::new(&mut world.vault);
    for &gene in genes {
        let before = world.vault.book.accounts;
        let stepped = step(&mut world, &mut judge, gene);
        let marks = world
            .vault
            .feeds
            .map(|feed| (feed.mark.0 as f64 / 1e18, feed.tier));
        println!(
            "{gene:?} -> {stepped:?}\n  at {} {marks:?}",
            world.vault.now
        );
        let after = world.vault.book.accounts;
        for (id, (old, new)) in before.iter().zip(&after).enumerate() {
            if old == new {
                continue;
            }
            let (capital, pnl) = (in_dollars(new.capital.0), in_dollars(new.pnl.0));
            let held = world.vault.ask(|ledger| ledger.positions(id));
            let held: Vec<_> = held
                .iter()
                .map(|(id, size)| (id, in_dollars(size.0)))
                .collect();
            println!(
                "  {id}: C {capital} P {pnl} {:?} bucket {} {held:?}",
                new.maturing, new.bucket
            );
        }
        let totals = world.vault.book.totals();
        println!(
            "  shortfall {} debt {}",
            in_dollars(totals.shortfall.0),
            in_dollars(totals.debt.0)
        );
    }
    println!("{:?}", judge.close(&mut world.vault));
}

struct Search {
    start: World,
    judge: Judge,
    random: Random,
    kept: [Vec<(f64, Vec<Gene>)>; AIMS],
    report: Report,
}

/// Searches until so many operations have taken effect, or something is found.
pub fn search(seed: u64, operations: u64, fault: Fault) -> Report {
    let mut start = World::new(fault);
    let judge = Judge::new(&mut start.vault);
    let mut search = Search {
        start,
        judge,
        random: Random(seed),
        kept: Default::default(),
        report: Report::default(),
    };
    while search.report.operations < operations {
        let genes = search.propose();
        search.report.sequences += 1;
        match search.play(&genes) {
            Ok(score) => search.keep(score, genes),
            Err(violation) => {
                let genes = search.shortened(genes, &violation);
                search.report.found = Some(Found {
                    violation,
                    operations: search.report.operations,
                    genes,
                });
                break;
            }
        }
    }
    search.report
}

impl Search {
    /// A new sequence, or one that came from kept ones.
    fn propose(&mut self) -> Vec<Gene> {
        let aim = self.random.below(AIMS as u32) as usize;
        if self.random.below(3) == 0 || self.kept[aim].is_empty() {
            let length = LEAST + self.random.below((MOST - LEAST) as u32 + 1) as usize;
            return (0..length)
                .map(|_| Gene::random(&mut self.random))
                .collect();
        }
        let mut genes = self.kept_of(aim);
        if self.random.below(4) == 0 {
            let other = self.random.below(AIMS as u32) as usize;
            if !self.kept[other].is_empty() {
                genes = self.spliced(&genes, &self.kept_of_cloned(other));
            }
        }
        for _ in 0..=self.random.below(4) {
            self.mutate(&mut genes);
        }
        while genes.len() < LEAST {
            genes.push(Gene::random(&mut self.random));
        }
        genes.truncate(MOST);
        genes
    }

    fn kept_of(&mut self, aim: usize) -> Vec<Gene> {
        let at = self.random.below(self.kept[aim].len() as u32) as usize;
        self.kept[aim][at].1.clone()
    }

    fn kept_of_cloned(&self, aim: usize) -> Vec<Gene> {
        let at = self.random.0 as usize % self.kept[aim].len();
        self.kept[aim][at].1.clone()
    }

    fn spliced(&mut self, first: &[Gene], second: &[Gene]) -> Vec<Gene> {
        let (head, tail) = (
            self.random.below(first.len() as u32) as usize,
            self.random.below(second.len() as u32) as usize,
        );
        first[..head]
            .iter()
            .chain(&second[tail..])
            .copied()
            .collect()
    }

    fn mutate(&mut self, genes: &mut Vec<Gene>) {
        let at = self.random.below(genes.len() as u32) as usize;
        match self.random.below(6) {
            0 => genes[at] = Gene::random(&mut self.random),
            1 | 2 => genes[at] = genes[at].tweaked(&mut self.random),
            3 => genes.insert(at, Gene::random(&mut self.random)),
            4 if genes.len() > 1 => {
                genes.remove(at);
            }
            _ => genes.push(Gene::random(&mut self.random)),
        }
    }

    fn play(&mut self, genes: &[Gene]) -> Result<Score, Violation> {
        let (mut world, mut judge) = (self.start.clone(), self.judge.clone());
        let mut played = Ok(());
        for &gene in genes {
            self.report.tried += 1;
            match step(&mut world, &mut judge, gene) {
                Ok(true) => {
                    self.report.operations += 1;
                    *self
                        .report
                        .done
                        .entry(format!("{:?}", gene.kind))
                        .or_default() += 1;
                }
                Ok(false) => {}
                Err(violation) => {
                    played = Err(violation);
                    break;
                }
            }
        }
        for (rule, count) in &judge.refusals {
            *self.report.refused.entry(rule.clone()).or_default() += count;
        }
        played?;
        judge.close(&mut world.vault)
    }

    fn keep(&mut self, score: Score, genes: Vec<Gene>) {
        let best = &mut self.report.best;
        best.taken = best.taken.max(score.taken);
        best.early = best.early.max(score.early);
        best.used = best.used.max(score.used);
        best.worn = best.worn.max(score.worn);
        best.stale = best.stale.max(score.stale);
        best.profit = best.profit.max(score.profit);
        let laundered = score.profit + 10.0 * score.early;
        let aims = [score.taken, laundered, score.used, score.worn, score.stale];
        for (kept, value) in self.kept.iter_mut().zip(aims) {
            let worst = kept.last().map_or(f64::MIN, |(value, _)| *value);
            if kept.len() < KEPT || value > worst {
                if kept
                    .iter()
                    .any(|(known, _)| known.to_bits() == value.to_bits())
                {
                    continue;
                }
                kept.push((value, genes.clone()));
                kept.sort_by(|a, b| b.0.total_cmp(&a.0));
                kept.truncate(KEPT);
            }
        }
    }

    /// The sequence without the steps that do not matter for what it found.
    fn shortened(&mut self, mut genes: Vec<Gene>, violation: &Violation) -> Vec<Gene> {
        let (operations, tried) = (self.report.operations, self.report.tried);
        let mut again = true;
        while again {
            again = false;
            for at in (0..genes.len()).rev() {
                let mut fewer = genes.clone();
                fewer.remove(at);
                if self
                    .play(&fewer)
                    .is_err_and(|found| found.kind == violation.kind)
                {
                    genes = fewer;
                    again = true;
                }
            }
        }
        (self.report.operations, self.report.tried) = (operations, tried);
        genes
    }
}
