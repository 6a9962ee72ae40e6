//! Random sequences, and hill climbing from the best of them: each of several aims keeps sequences of its own, which are
//! mutated, spliced and prolonged, so that an attack of many steps is found step by step. What a step is, and what a sequence is
//! worth, is the market's that is attacked: the ledger natively, or the programs on a node.

/// Steps of a sequence, at least and at most.
const LEAST: usize = 20;
const MOST: usize = 60;
/// Sequences that are kept for each aim.
const KEPT: usize = 12;

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

/// One step of a sequence.
pub trait Step: Copy {
    /// Any step.
    fn random(random: &mut Random) -> Self;
    /// The step with one of its numbers changed.
    fn tweaked(self, random: &mut Random) -> Self;
}

/// The sequences that have come furthest, for each of several aims.
#[derive(Clone, Debug)]
pub struct Climb<S, const AIMS: usize> {
    random: Random,
    kept: [Vec<(f64, Vec<S>)>; AIMS],
}

impl<S: Step, const AIMS: usize> Climb<S, AIMS> {
    pub fn new(seed: u64) -> Self {
        Self {
            random: Random(seed),
            kept: core::array::from_fn(|_| Vec::new()),
        }
    }

    /// A new sequence, or one that came from kept ones.
    pub fn propose(&mut self) -> Vec<S> {
        let aim = self.random.below(AIMS as u32) as usize;
        if self.random.below(3) == 0 || self.kept[aim].is_empty() {
            let length = LEAST + self.random.below((MOST - LEAST) as u32 + 1) as usize;
            return (0..length).map(|_| S::random(&mut self.random)).collect();
        }
        let mut steps = self.kept_of(aim);
        if self.random.below(4) == 0 {
            let other = self.random.below(AIMS as u32) as usize;
            if !self.kept[other].is_empty() {
                steps = self.spliced(&steps, &self.kept_of_cloned(other));
            }
        }
        for _ in 0..=self.random.below(4) {
            self.mutate(&mut steps);
        }
        while steps.len() < LEAST {
            steps.push(S::random(&mut self.random));
        }
        steps.truncate(MOST);
        steps
    }

    /// Keeps a sequence for every aim that it has come far towards.
    pub fn keep(&mut self, values: [f64; AIMS], steps: &[S]) {
        for (kept, value) in self.kept.iter_mut().zip(values) {
            let worst = kept.last().map_or(f64::MIN, |(value, _)| *value);
            if kept.len() < KEPT || value > worst {
                if kept
                    .iter()
                    .any(|(known, _)| known.to_bits() == value.to_bits())
                {
                    continue;
                }
                kept.push((value, steps.to_vec()));
                kept.sort_by(|a, b| b.0.total_cmp(&a.0));
                kept.truncate(KEPT);
            }
        }
    }

    fn kept_of(&mut self, aim: usize) -> Vec<S> {
        let at = self.random.below(self.kept[aim].len() as u32) as usize;
        self.kept[aim][at].1.clone()
    }

    fn kept_of_cloned(&self, aim: usize) -> Vec<S> {
        let at = self.random.0 as usize % self.kept[aim].len();
        self.kept[aim][at].1.clone()
    }

    fn spliced(&mut self, first: &[S], second: &[S]) -> Vec<S> {
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

    fn mutate(&mut self, steps: &mut Vec<S>) {
        let at = self.random.below(steps.len() as u32) as usize;
        match self.random.below(6) {
            0 => steps[at] = S::random(&mut self.random),
            1 | 2 => steps[at] = steps[at].tweaked(&mut self.random),
            3 => steps.insert(at, S::random(&mut self.random)),
            4 if steps.len() > 1 => {
                steps.remove(at);
            }
            _ => steps.push(S::random(&mut self.random)),
        }
    }
}

/// The sequence without the steps that do not matter for what it found.
pub fn shortened<S: Copy>(mut steps: Vec<S>, mut still: impl FnMut(&[S]) -> bool) -> Vec<S> {
    let mut again = true;
    while again {
        again = false;
        for at in (0..steps.len()).rev() {
            let mut fewer = steps.clone();
            fewer.remove(at);
            if still(&fewer) {
                steps = fewer;
                again = true;
            }
        }
    }
    steps
}
