//! The search on the ledger: what an adversary is after there, and what has become of its sequences.

use std::collections::BTreeMap;

use risk::Store;

use crate::bounds::{Violation, in_dollars};
use crate::climb::{self, Climb};
use crate::moves::{Gene, step};
use crate::vault::Fault;
use crate::wealth::{Judge, Score};
use crate::world::World;

const AIMS: usize = 5;

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
    climb: Climb<Gene, AIMS>,
    report: Report,
}

/// Searches until so many operations have taken effect, or something is found.
pub fn search(seed: u64, operations: u64, fault: Fault) -> Report {
    let mut start = World::new(fault);
    let judge = Judge::new(&mut start.vault);
    let mut search = Search {
        start,
        judge,
        climb: Climb::new(seed),
        report: Report::default(),
    };
    while search.report.operations < operations {
        let genes = search.climb.propose();
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
        self.climb.keep(aims, &genes);
    }

    /// The sequence without the steps that do not matter for what it found.
    fn shortened(&mut self, genes: Vec<Gene>, violation: &Violation) -> Vec<Gene> {
        let (operations, tried) = (self.report.operations, self.report.tried);
        let genes = climb::shortened(genes, |fewer| {
            self.play(fewer)
                .is_err_and(|found| found.kind == violation.kind)
        });
        (self.report.operations, self.report.tried) = (operations, tried);
        genes
    }
}
