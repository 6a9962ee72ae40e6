//! The search on the node: what an adversary is after there, and what has become of its sequences.

use std::collections::BTreeMap;

use crate::bounds::Violation;
use crate::climb::{self, Climb};
use crate::gene::Weighted;
use crate::judge::{Judge, Score};
use crate::moves::{Gene, Kind, step};
use crate::outsider::Outsider;
use crate::own_market::OwnMarket;
use crate::world::{Scene, State, World};

const AIMS: usize = 8;
/// A long search says every so many operations that it goes on.
const TOLD_EVERY: u64 = 1_000;

/// What a search has done.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub sequences: u64,
    /// Steps that took effect, of one operation or several, and all that were tried.
    pub operations: u64,
    pub tried: u64,
    pub best: Score,
    /// How often each kind of step took effect, and was tried.
    pub kinds: BTreeMap<Kind, [u64; 2]>,
    /// How often operations were refused, by error.
    pub refused: BTreeMap<String, u64>,
    /// How many legs an outsider saw move, and how often a side was cut.
    pub followed: [u64; 2],
    pub found: Option<Found>,
}

/// A sequence that did what none must.
#[derive(Clone, Debug)]
pub struct Found {
    pub violation: Violation,
    pub operations: u64,
    pub genes: Vec<Gene>,
}

impl Report {
    /// Kinds of steps that never took effect.
    pub fn never(&self) -> Vec<Kind> {
        Kind::WEIGHTS
            .iter()
            .map(|&(kind, _)| kind)
            .filter(|kind| self.kinds.get(kind).is_none_or(|[done, _]| *done == 0))
            .collect()
    }
}

struct Search<'a> {
    scene: Scene<'a>,
    own_market: OwnMarket,
    start: State,
    judge: Judge,
    outsider: Outsider,
    snapshot: u64,
    climb: Climb<Gene, AIMS>,
    report: Report,
}

/// Searches until so many operations have taken effect, or something is found.
pub fn search(world: &World<'_>, seed: u64, operations: u64) -> Report {
    let mut search = Search {
        scene: world.scene,
        own_market: world.own_market.clone(),
        start: world.state.clone(),
        judge: Judge::new(world),
        outsider: Outsider::of(world),
        snapshot: world.scene.node.chain().snapshot(),
        climb: Climb::new(seed),
        report: Report::default(),
    };
    let mut told = 0;
    while search.report.operations < operations {
        if search.report.operations / TOLD_EVERY > told {
            told = search.report.operations / TOLD_EVERY;
            println!("{} operations", search.report.operations);
        }
        let genes = search.climb.propose();
        search.report.sequences += 1;
        match search.play(&genes) {
            Ok(score) => search.keep(score, &genes),
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

/// Tells a sequence step by step: what is worth what, and what has become of the accounts that a step changed.
pub fn tell(world: &World<'_>, genes: &[Gene]) {
    let mut world = world.clone();
    let mut judge = Judge::new(&world);
    for &gene in genes {
        let before = judge.seen.clone();
        let refusals = judge.refusals.clone();
        let stepped = step(&mut world, &mut judge, gene);
        let refused: Vec<_> = judge
            .refusals
            .iter()
            .filter(|(reason, count)| refusals.get(*reason) != Some(count))
            .map(|(reason, _)| reason.clone())
            .collect();
        println!(
            "{gene:?} -> {stepped:?} {refused:?}\n  at {}",
            judge.seen.time
        );
        judge.seen.tell_changes(&before);
    }
    println!("{:?}", judge.close(&mut world));
}

impl Search<'_> {
    fn play(&mut self, genes: &[Gene]) -> Result<Score, Violation> {
        let chain = self.scene.node.chain();
        assert!(chain.revert(self.snapshot), "the snapshot is there");
        self.snapshot = chain.snapshot();
        let mut world = World {
            scene: self.scene,
            own_market: self.own_market.clone(),
            state: self.start.clone(),
        };
        let mut judge = self.judge.clone();
        let mut played = Ok(());
        for &gene in genes {
            let [done, tried] = self.report.kinds.entry(gene.kind).or_default();
            self.report.tried += 1;
            *tried += 1;
            match step(&mut world, &mut judge, gene) {
                Ok(true) => {
                    self.report.operations += 1;
                    *done += 1;
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
        let score = judge.close(&mut world)?;
        self.follow(&world);
        Ok(score)
    }

    /// Has an outsider follow a sequence that was played.
    fn follow(&mut self, world: &World<'_>) {
        let mut outsider = self.outsider.clone();
        outsider.check(world);
        let (before, after) = (self.outsider.followed(), outsider.followed());
        for (sum, (after, before)) in self
            .report
            .followed
            .iter_mut()
            .zip(after.into_iter().zip(before))
        {
            *sum += after - before;
        }
    }

    fn keep(&mut self, score: Score, genes: &[Gene]) {
        let best = &mut self.report.best;
        for (best, value) in [
            (&mut best.taken, score.taken),
            (&mut best.early, score.early),
            (&mut best.profit, score.profit),
            (&mut best.used, score.used),
            (&mut best.worn, score.worn),
            (&mut best.surface, score.surface),
            (&mut best.earned, score.earned),
            (&mut best.left, score.left),
            (&mut best.ahead, score.ahead),
            (&mut best.unpaid, score.unpaid),
        ] {
            *best = best.max(value);
        }
        let laundered = score.profit + 10.0 * score.early;
        let aims = [
            score.taken,
            laundered,
            score.used,
            score.worn,
            score.surface,
            score.earned,
            score.left,
            score.unpaid,
        ];
        self.climb.keep(aims, genes);
    }

    /// The sequence without the steps that do not matter for what it found; the chain is left as a sequence finds it.
    fn shortened(&mut self, genes: Vec<Gene>, violation: &Violation) -> Vec<Gene> {
        let report = self.report.clone();
        let genes = climb::shortened(genes, |fewer| {
            self.play(fewer)
                .is_err_and(|found| found.kind == violation.kind)
        });
        self.report = report;
        assert!(self.scene.node.chain().revert(self.snapshot), "it is there");
        genes
    }
}
