//! The arguments of the normal distribution that an option is priced by: what its price is made of, without the prices themselves.

use core::marker::PhantomData;

pub(super) use super::fixed::FRACTION_BITS;
use super::fixed::WHOLE;
pub(super) use super::normal::ARGUMENT_BITS;
use super::normal::Normal;
use super::scaled::Scaled;

/// Power of two from which half a deviation, and moneyness in deviations, make no more difference: 1e-57 is left of 16.
const MOST: i64 = 4;

/// The side of an option that is out of the money: a share of the smaller of forward and strike.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arguments<N> {
    /// k / s - s/2 and k / s + s/2, where k = |ln(forward / strike)| and s is the deviation of the logarithm.
    near: i64,
    far: i64,
    /// phi of `near`.
    pub(super) density: i64,
    normal: PhantomData<N>,
}

/// A number as an argument of the normal distribution, below 16: two of them add up to one.
fn argument(x: Scaled) -> i64 {
    if x.reaches(MOST) {
        (1 << (ARGUMENT_BITS + MOST as u32)) - 1
    } else {
        x.to_fixed(ARGUMENT_BITS.into())
    }
}

impl<N: Normal> Arguments<N> {
    /// Of k / s and s.
    pub(super) fn new(moneyness: Scaled, deviation: Scaled) -> Self {
        Self::of_arguments(argument(moneyness), argument(deviation.shifted(-1)))
    }

    /// Of k / s and s/2, both below 16.
    pub(super) fn of_arguments(moneyness: i64, half: i64) -> Self {
        let near = moneyness.wrapping_sub(half);
        Self {
            near,
            far: moneyness.wrapping_add(half),
            density: N::density(near),
            normal: PhantomData,
        }
    }

    /// N(-near): the probability that the option ends inside, by the measure of the smaller price.
    pub(super) fn likelihood(&self) -> i64 {
        let upper = N::product(self.density, N::mills(self.near.wrapping_abs()));
        if self.near < 0 {
            WHOLE.wrapping_sub(upper)
        } else {
            upper
        }
    }

    /// Value as a share of the smaller price, N(-near) - exp(k) N(-far), of [`likelihood`](Self::likelihood) and the
    /// [ratio](Self::far_ratio) of `far`. With exp(k) phi(far) = phi(near), the second term is phi(near) R(far), R being Mills'
    /// ratio: nothing large is multiplied.
    pub(super) fn outside_of(&self, likelihood: i64, far: i64) -> i64 {
        let second = N::product(self.density, far);
        likelihood.wrapping_sub(second).clamp(0, WHOLE)
    }

    /// Mills' ratio of `far`.
    pub(super) fn far_ratio(&self) -> i64 {
        N::mills(self.far)
    }
}
