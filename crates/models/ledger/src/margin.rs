//! Margin of positions: a rule that whoever tests hands in, and two to choose from.

use std::collections::BTreeMap;

use num_traits::{Signed, Zero};

use crate::{Exact, InstrumentId, Vault};

/// Signed positions by instrument.
pub type Sizes = BTreeMap<InstrumentId, Exact>;

/// Maintenance margin of everything that an account holds.
pub type Margin = fn(&Vault, &Sizes) -> Exact;

/// What makes an instrument an option; its mark is given like any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionTerms {
    /// The perpetual on its underlying.
    pub underlying: InstrumentId,
    /// Delta in sixteenths, as the margin counts it; negative for a put.
    pub delta: i8,
}

/// The rule of the reference model: a share of each position's notional, at the mark of its underlying.
#[must_use]
pub fn linear(vault: &Vault, sizes: &Sizes) -> Exact {
    let notional: Exact = sizes
        .iter()
        .map(|(&id, size)| size.abs() * vault.spot(id))
        .sum();
    notional * &vault.maintenance_rate
}

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
