//! What WASM pages cost: `arbos/programs/memory.go` in Nitro.

use crate::api::PageCount;

/// The linear part of the price; the exponential part is a constant of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryModel {
    /// Pages that a transaction gets for free.
    pub free_pages: u16,
    /// Gas per open page after those.
    pub page_gas: u16,
}

impl MemoryModel {
    /// Gas of opening `new` pages while `pages` are in use. Saturates: more than 128 pages cannot be paid for.
    pub fn gas_cost(&self, new: u16, pages: PageCount) -> u64 {
        let after = pages.with_opened(new);
        if after.ever <= self.free_pages {
            return 0;
        }
        let paid = |open: u16| u64::from(open.saturating_sub(self.free_pages));
        let linear = (paid(after.open) - paid(pages.open)) * u64::from(self.page_gas);
        linear.saturating_add(ramp(after.ever) - ramp(pages.ever))
    }
}

impl PageCount {
    /// The counts after opening `new` more pages.
    #[must_use]
    pub fn with_opened(self, new: u16) -> Self {
        let open = self.open.saturating_add(new);
        Self {
            open,
            ever: self.ever.max(open),
        }
    }
}

/// Total exponential price in gas of `pages` pages.
fn ramp(pages: u16) -> u64 {
    RAMP.get(usize::from(pages))
        .map_or(u64::MAX, |&gas| u64::from(gas))
}

/// `exp(ln(31,874,000) / 128 * pages)`, rounded down.
#[rustfmt::skip]
const RAMP: [u32; 129] = [
    1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 5, 6, 7, 8, 9, 11, 12, 14, 17, 19, 22, 25, 29, 33, 38,
    43, 50, 57, 65, 75, 85, 98, 112, 128, 147, 168, 193, 221, 253, 289, 331, 379, 434, 497, 569,
    651, 745, 853, 976, 1117, 1279, 1463, 1675, 1917, 2194, 2511, 2874, 3290, 3765, 4309, 4932,
    5645, 6461, 7395, 8464, 9687, 11087, 12689, 14523, 16621, 19024, 21773, 24919, 28521, 32642,
    37359, 42758, 48938, 56010, 64104, 73368, 83971, 96106, 109994, 125890, 144082, 164904, 188735,
    216010, 247226, 282953, 323844, 370643, 424206, 485509, 555672, 635973, 727880, 833067, 953456,
    1091243, 1248941, 1429429, 1636000, 1872423, 2143012, 2452704, 2807151, 3212820, 3677113,
    4208502, 4816684, 5512756, 6309419, 7221210, 8264766, 9459129, 10826093, 12390601, 14181199,
    16230562, 18576084, 21260563, 24332984, 27849408, 31873999,
];

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: MemoryModel = MemoryModel {
        free_pages: 2,
        page_gas: 1_000,
    };

    #[test]
    fn the_ramp_is_the_exponential_that_ends_at_32_million() {
        let base = f64::exp(31_874_000_f64.ln() / 128.0);
        for pages in 0..=128_u16 {
            assert_eq!(ramp(pages), base.powi(pages.into()) as u64, "{pages} pages");
        }
        assert_eq!(ramp(129), u64::MAX);
    }

    #[test]
    fn all_pages_cost_the_same_in_steps_of_any_size() {
        for step in 1..=128_u16 {
            let (mut total, mut pages) = (0, PageCount::default());
            while pages.open < 128 {
                let new = step.min(128 - pages.open);
                total += MODEL.gas_cost(new, pages);
                pages = pages.with_opened(new);
            }
            assert_eq!(total, 31_999_998, "steps of {step}");
        }
    }

    #[test]
    fn pages_that_were_open_before_cost_only_the_linear_part() {
        let pages = PageCount { open: 2, ever: 10 };
        assert_eq!(MODEL.gas_cost(3, pages), 3_000);
        assert_eq!(MODEL.gas_cost(9, pages), 9_000 + 4 - 3);
        assert_eq!(MODEL.gas_cost(0, PageCount { open: 1, ever: 2 }), 0);
    }

    #[test]
    fn more_than_128_pages_cannot_be_paid_for() {
        assert!(MODEL.gas_cost(127, PageCount { open: 2, ever: 2 }) > u64::MAX / 2);
        assert!(MODEL.gas_cost(u16::MAX, PageCount { open: 2, ever: 2 }) > u64::MAX / 2);
    }
}
