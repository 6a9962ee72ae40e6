//! One side of an instrument, and its buckets.

use std::collections::BTreeMap;

use num_traits::{One, Zero};

use crate::Exact;

/// Buckets of one side.
pub const BUCKETS: usize = 16;
/// The bucket of accounts in debt, which is cut first.
pub const DEBT: usize = BUCKETS - 1;

/// Upper edge of a bucket of margin utilisation: 2^((bucket - 14) / 2), to nine decimals.
#[must_use]
pub fn edge(bucket: usize) -> Exact {
    assert!(bucket < DEBT, "the last bucket has no edge");
    let steps_below_one = (DEBT - 1 - bucket) as f64;
    let billionths = (2_f64.powf(-steps_below_one / 2.0) * 1e9).round() as i64;
    Exact::new(billionths.into(), 1_000_000_000.into())
}

/// Legs of one side whose owners had about the same margin utilisation.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// A: effective size = base x scale.
    pub scale: Exact,
    /// K: what one unit of base gained up to `synced`.
    pub gain: Exact,
    /// The signed index at which K was last brought up to date.
    pub synced: Exact,
    /// Sum of the bases of its legs.
    pub base: Exact,
    /// M: sum over its legs of (size now)^2 / size at joining.
    pub weight: Exact,
    /// Number of times that a cut has emptied it.
    pub epoch: u32,
    /// K at the end of each epoch.
    pub ended: BTreeMap<u32, Exact>,
}

impl Default for Bucket {
    fn default() -> Self {
        Self {
            scale: Exact::one(),
            gain: Exact::zero(),
            synced: Exact::zero(),
            base: Exact::zero(),
            weight: Exact::zero(),
            epoch: 0,
            ended: BTreeMap::new(),
        }
    }
}

impl Bucket {
    /// Effective size.
    #[must_use]
    pub fn size(&self) -> Exact {
        &self.base * &self.scale
    }

    /// K at a signed index.
    #[must_use]
    pub fn gain_at(&self, index: &Exact) -> Exact {
        &self.gain + &self.scale * (index - &self.synced)
    }

    /// The bucket's edge x what cuts have left of its legs: the mean, by their sizes now, of size now / size at joining.
    #[must_use]
    pub fn level(&self, bucket: usize) -> Exact {
        edge(bucket) * &self.weight / self.size()
    }

    /// Scales the bucket down to the share `keep` of its size.
    pub fn cut(&mut self, index: &Exact, keep: &Exact) {
        self.gain = self.gain_at(index);
        self.synced = index.clone();
        if !keep.is_zero() {
            self.scale *= keep;
            self.weight *= keep * keep;
            return;
        }
        let mut ended = std::mem::take(&mut self.ended);
        ended.insert(self.epoch, self.gain.clone());
        *self = Self {
            epoch: self.epoch + 1,
            synced: index.clone(),
            ended,
            ..Self::default()
        };
    }
}

/// One side of an instrument.
#[derive(Clone, Debug)]
pub struct Side {
    /// Its buckets.
    pub buckets: [Bucket; BUCKETS],
    /// Sum of effective sizes.
    pub open_interest: Exact,
    /// Unsettled gain = open interest x signed index - offset.
    pub offset: Exact,
}

impl Default for Side {
    fn default() -> Self {
        Self {
            buckets: std::array::from_fn(|_| Bucket::default()),
            open_interest: Exact::zero(),
            offset: Exact::zero(),
        }
    }
}

impl Side {
    /// The gain at a signed index that nobody has settled.
    #[must_use]
    pub fn unsettled(&self, index: &Exact) -> Exact {
        &self.open_interest * index - &self.offset
    }

    /// Size that no bucket holds: none, but in a state that was rounded.
    #[must_use]
    pub fn residue(&self) -> Exact {
        self.buckets
            .iter()
            .fold(self.open_interest.clone(), |rest, bucket| {
                rest - bucket.size()
            })
    }

    /// Takes `amount` off the side at a signed index: from accounts in debt first, then from every bucket above the water
    /// level, which is scaled down to it. Gains that nobody has settled stay as they are.
    pub fn shrink(&mut self, index: &Exact, amount: &Exact) {
        assert!(amount <= &self.open_interest, "a side has what is cut");
        let unsettled = self.unsettled(index);
        let mut left = amount.clone();
        let in_debt = self.buckets[DEBT].size();
        if in_debt > Exact::zero() && left > Exact::zero() {
            let taken = left.clone().min(in_debt.clone());
            self.buckets[DEBT].cut(index, &(Exact::one() - &taken / in_debt));
            left -= taken;
        }
        if left > Exact::zero() {
            self.fill(index, &left);
        }
        self.open_interest -= amount;
        self.offset = &self.open_interest * index - unsettled;
    }

    fn fill(&mut self, index: &Exact, left: &Exact) {
        let mut levels: Vec<(Exact, usize)> = (0..DEBT)
            .filter(|&bucket| self.buckets[bucket].size() > Exact::zero())
            .map(|bucket| (self.buckets[bucket].level(bucket), bucket))
            .collect();
        levels.sort_by(|a, b| b.cmp(a));
        let (mut above, mut weight, mut water) = (Exact::zero(), Exact::zero(), Exact::zero());
        for (place, (level, bucket)) in levels.iter().enumerate() {
            let size = self.buckets[*bucket].size();
            weight += &size / level;
            above += size;
            water = (&above - left) / &weight;
            if levels.get(place + 1).is_none_or(|next| water >= next.0) {
                break;
            }
        }
        // Below zero where a state that was rounded holds less than is cut.
        let water = water.max(Exact::zero());
        for (level, bucket) in levels {
            if water < level {
                self.buckets[bucket].cut(index, &(&water / level));
            }
        }
    }
}
