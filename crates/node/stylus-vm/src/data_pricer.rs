//! The fee for keeping a program's native code on every node: `arbos/programs/data_pricer.go` in Nitro.

/// The state of the pricing model. [`DataPricer::default`] is a new chain's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataPricer {
    /// Bytes asked for and not yet paid back by time.
    pub demand: u32,
    /// Bytes that each second pays back.
    pub bytes_per_second: u32,
    /// Unix time that demand is paid back from.
    pub last_update_time: u64,
    /// Price of a byte without demand, in wei.
    pub min_price: u32,
    /// Demand in bytes at which the price has risen by a factor of e.
    pub inertia: u32,
}

const ONE_IN_BIPS: u64 = 10_000;
const EXP_TERMS: u64 = 12;
/// One tebibyte a year.
const HOURLY_BYTES: u64 = (1 << 40) / (365 * 24);

impl Default for DataPricer {
    fn default() -> Self {
        Self {
            demand: 0,
            bytes_per_second: (HOURLY_BYTES / 3_600) as u32,
            last_update_time: crate::params::ARBITRUM_START_TIME,
            min_price: 82_928_201,
            inertia: 21_360_419,
        }
    }
}

impl DataPricer {
    /// Adds `bytes` of code at Unix time `time` and returns the fee in wei; every step is rounded down.
    pub fn update(&mut self, bytes: u32, time: u64) -> u64 {
        let elapsed = u32::try_from(time.wrapping_sub(self.last_update_time)).unwrap_or(u32::MAX);
        let credit = self.bytes_per_second.saturating_mul(elapsed);
        self.demand = self.demand.saturating_sub(credit).saturating_add(bytes);
        self.last_update_time = time;
        let exponent = ONE_IN_BIPS * u64::from(self.demand) / u64::from(self.inertia.max(1));
        let byte_price = u64::from(self.min_price).saturating_mul(exp_bips(exponent)) / ONE_IN_BIPS;
        byte_price.saturating_mul(u64::from(bytes))
    }
}

/// `e^x` by its series to twelve terms, in basis points, each step rounded down.
fn exp_bips(x: u64) -> u64 {
    let first = ONE_IN_BIPS + x / EXP_TERMS;
    (1..EXP_TERMS).fold(first, |sum, i| {
        ONE_IN_BIPS + sum.saturating_mul(x) / ((EXP_TERMS - i) * ONE_IN_BIPS)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_is_the_exponential() {
        assert_eq!(exp_bips(0), 10_000);
        for x in [1_u64, 500, 10_000, 25_000] {
            let exact = (x as f64 / 10_000.0).exp() * 10_000.0;
            assert!((exp_bips(x) as f64 - exact).abs() / exact < 0.001, "{x}");
        }
    }

    #[test]
    fn a_first_program_pays_about_the_least_price() {
        let mut pricer = DataPricer::default();
        // demand 600,000 of 21,360,419 bytes is 280 bips, e^0.028 is 10,283 bips, 82,928,201 * 1.0283 = 85,275,069
        assert_eq!(pricer.update(600_000, 1_700_000_000), 85_275_069 * 600_000);
        assert_eq!(pricer.demand, 600_000);
        assert_eq!(pricer.last_update_time, 1_700_000_000);
    }

    #[test]
    fn a_program_of_1_098_088_bytes_pays_first_what_nitro_asked() {
        // Measured there: the first of eleven programs that were activated within seconds.
        let mut pricer = DataPricer::default();
        assert_eq!(pricer.update(1_098_088, 1_760_000_000), 95_861_453_935_496);
    }

    #[test]
    fn demand_raises_the_price_and_time_lowers_it() {
        let mut pricer = DataPricer::default();
        let first = pricer.update(5 << 20, 1_700_000_000);
        let second = pricer.update(5 << 20, 1_700_000_000);
        assert!(second > first);
        assert_eq!(pricer.update(5 << 20, 1_700_003_600), first);
        assert_eq!(DataPricer::default().bytes_per_second, 34_865);
    }

    #[test]
    fn nothing_overflows() {
        let mut pricer = DataPricer::default();
        for _ in 0..3 {
            pricer.update(u32::MAX, 0);
        }
        assert_eq!(pricer.demand, u32::MAX);
    }
}
