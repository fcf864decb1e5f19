//! What is offered: the VFs of 4 PFs with 256 each, 32 to a pool. Left to others: offering it.

use std::error::Error;

use colvin_model::offer::{
    DeviceId, Extras, Ill, Kind, Offer, OfferedDevice, Offers, Origin, Placement, ResourceName,
};

/// Pools.
pub(crate) const POOLS: usize = 32;

/// Devices of all pools.
pub(crate) const DEVICES: usize = 1024;

/// Devices of a pool.
pub(crate) const OF_POOL: usize = DEVICES / POOLS;

const VFS_OF_PF: usize = 256;

/// The resource of a pool.
pub(crate) fn name(pool: usize) -> String {
    format!("colvin.dev/pool-{pool}")
}

/// A device of a pool: the VFs of a PF follow it on its bus.
pub(crate) fn id(pool: usize, index: usize) -> String {
    let number = pool * OF_POOL + index;
    let (pf, vf) = (number / VFS_OF_PF, number % VFS_OF_PF);
    format!(
        "0000:{:02x}:{:02x}.{}",
        0x10 + 2 * pf + vf / 248,
        vf % 248 / 8,
        vf % 8
    )
}

/// All of it, with one device of the first pool ill or well.
pub(crate) fn offers(ill: bool) -> Result<Offers, Box<dyn Error>> {
    let mut offers = Offers::default();
    for pool in 0..POOLS {
        let mut offer = Offer {
            origin: Origin::ConfigFile,
            placement: Placement::Packed,
            devices: [].into(),
        };
        for index in 0..OF_POOL {
            let id: DeviceId = id(pool, index).parse()?;
            let number = pool * OF_POOL + index;
            let device = OfferedDevice {
                kind: Kind::VirtualFunction,
                address: Some(id.as_str().parse()?),
                uplink: Some(format!("0000:{:02x}:00.0", 0x80 + number / VFS_OF_PF).parse()?),
                vf_index: Some(u16::try_from(number % VFS_OF_PF)?),
                numa_node: None,
                ill: (ill && number == 0).then_some(Ill::LinkDown),
                extras: Extras::default(),
            };
            offer.devices.insert(id, device);
        }
        let name: ResourceName = name(pool).parse()?;
        offers.0.insert(name, offer);
    }
    Ok(offers)
}
