//! Margin of positions under a rule by which hedges count, beside the one that a vault begins with.

use std::collections::BTreeMap;

use num_traits::{Signed, Zero};

use crate::{Exact, InstrumentId, Sizes, Vault};

/// A rule under which hedges count: of each underlying the same share of its net delta's notional, and a third of it for every
/// short option. Without options it is the linear one.
#[must_use]
pub fn hedged(vault: &Vault, sizes: &Sizes) -> Exact {
    let mut nets = BTreeMap::<InstrumentId, (Exact, Exact)>::new();
    for (&id, size) in sizes {
        let terms = vault.instruments[&id].option;
        let underlying = terms.map_or(id, |terms| terms.underlying);
        let (net, short) = nets.entry(underlying).or_default();
        let Some(terms) = terms else {
            *net += size;
            continue;
        };
        *net += size * Exact::new(terms.delta.into(), 16.into());
        *short += (-size).max(Exact::zero());
    }
    let three = Exact::from_integer(3.into());
    let notional: Exact = nets
        .iter()
        .map(|(id, (net, short))| (net.abs() + short / &three) * &vault.instruments[id].mark)
        .sum();
    notional * &vault.maintenance_rate
}
