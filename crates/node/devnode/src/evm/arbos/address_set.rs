//! Sets of addresses: `arbos/addressSet/addressSet.go` in Nitro. Slot 0 has the size, slots from 1 on the members,
//! a space of its own each member's slot.

use revm::primitives::{Address, U256};

use super::{
    call::{Call, Failure},
    space::Space,
    state::{to_address, to_word},
};

/// A set, read and changed at the cost of a precompile's caller.
pub(in crate::evm) struct AddressSet<'s> {
    members: &'s Space,
    positions: Space,
}

/// Where a set of `members` lies in storage if nobody touched it since genesis.
pub(in crate::evm) fn initial(space: &Space, members: &[Address]) -> Vec<(U256, U256)> {
    let set = AddressSet::new(space);
    let mut slots = vec![(space.slot_at(0), U256::from(members.len()))];
    for (position, &member) in (1_u64..).zip(members) {
        slots.push((space.slot_at(position), to_word(member)));
        slots.push((set.position_slot(member), U256::from(position)));
    }
    slots
}

impl<'s> AddressSet<'s> {
    /// The set in `space`.
    pub(in crate::evm) fn new(space: &'s Space) -> Self {
        Self {
            members: space,
            positions: space.sub(&[0]),
        }
    }

    fn position_slot(&self, address: Address) -> U256 {
        self.positions.slot(address.into_word())
    }

    /// Whether `address` is a member.
    pub(in crate::evm) fn contains(
        &self,
        call: &mut Call<'_, '_>,
        address: Address,
    ) -> Result<bool, Failure> {
        Ok(!call.get(self.position_slot(address))?.is_zero())
    }

    /// All members, at most `limit`.
    pub(in crate::evm) fn members(
        &self,
        call: &mut Call<'_, '_>,
        limit: u64,
    ) -> Result<Vec<Address>, Failure> {
        let size = call
            .get(self.members.slot_at(0))?
            .saturating_to::<u64>()
            .min(limit);
        (1..=size)
            .map(|i| call.get(self.members.slot_at(i)).map(to_address))
            .collect()
    }

    /// Adds a member, if it is not one.
    pub(in crate::evm) fn add(
        &self,
        call: &mut Call<'_, '_>,
        address: Address,
    ) -> Result<(), Failure> {
        if self.contains(call, address)? {
            return Ok(());
        }
        let position = 1 + call.get(self.members.slot_at(0))?.saturating_to::<u64>();
        call.set(self.position_slot(address), U256::from(position))?;
        call.set(self.members.slot_at(position), to_word(address))?;
        // The size is read once more before it is incremented.
        let size = call.get(self.members.slot_at(0))?;
        call.set(self.members.slot_at(0), size + U256::ONE)
    }

    /// Removes a member by moving the last one into its place.
    pub(in crate::evm) fn remove(
        &self,
        call: &mut Call<'_, '_>,
        address: Address,
    ) -> Result<(), Failure> {
        let position = call
            .get(self.position_slot(address))?
            .saturating_to::<u64>();
        if position == 0 {
            return Ok(());
        }
        call.set(self.position_slot(address), U256::ZERO)?;
        let size = call.get(self.members.slot_at(0))?.saturating_to::<u64>();
        if position < size {
            let last = call.get(self.members.slot_at(size))?;
            call.set(self.members.slot_at(position), last)?;
            call.set(self.position_slot(to_address(last)), U256::from(position))?;
        }
        call.set(self.members.slot_at(size), U256::ZERO)?;
        let size = call.get(self.members.slot_at(0))?;
        call.set(self.members.slot_at(0), size - U256::ONE)
    }
}
