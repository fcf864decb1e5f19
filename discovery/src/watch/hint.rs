//! What an event makes dirty: keys only, never facts (DISC-05, DISC-26).
//!
//! Left to others: receiving events, looking.

use colvin_kernel::netlink::Change;
use colvin_kernel::uevent::{Event, Subsystem, Uevent};
use colvin_model::PciAddress;
use colvin_model::observation::{Observations, Role};

use crate::Dirty;

/// What a device event makes dirty.
pub fn of_uevent(event: &Event, known: &Observations) -> Dirty {
    match event {
        Event::Overrun => Dirty::everything(),
        Event::Device(uevent) => of_device(uevent, known),
    }
}

fn of_device(uevent: &Uevent, known: &Observations) -> Dirty {
    let mut dirty = Dirty::default();
    match uevent.subsystem {
        Subsystem::Pci => {
            if let Some(address) = uevent.pci_slot_name.or_else(|| last_function(uevent)) {
                dirty.functions.insert(address);
                // a VF has no devlink of interest; of a function that is not known, its own look tells
                let function = known.functions.get(&address);
                dirty.devlink = function.is_none_or(|f| matches!(f.role, Role::Physical { .. }));
            } else {
                dirty.everything = true;
            }
        }
        Subsystem::Net => dirty.links.extend(uevent.ifindex),
        // an RDMA device makes a function of another class a network function (DISC-11)
        Subsystem::Infiniband => {
            dirty.rdma = true;
            dirty.functions.extend(last_function(uevent));
        }
        Subsystem::Auxiliary | Subsystem::Vdpa => dirty.functions.extend(last_function(uevent)),
        Subsystem::Other => {}
    }
    dirty
}

/// The innermost PCI function on the device's path.
fn last_function(uevent: &Uevent) -> Option<PciAddress> {
    let mut parts = uevent.devpath.components().rev();
    parts.find_map(|part| part.as_os_str().to_str()?.parse().ok())
}

/// What a link event makes dirty.
pub fn of_change(change: Change) -> Dirty {
    let mut dirty = Dirty::default();
    match change {
        Change::LinkChanged(index) | Change::LinkGone(index) => {
            dirty.links.insert(index);
        }
        Change::AddressesChanged | Change::RoutesChanged => dirty.addresses = true,
        Change::Overrun => dirty.everything = true,
    }
    dirty
}

#[cfg(test)]
mod tests {
    use super::*;
    use colvin_model::IfIndex;

    fn dirty(message: &[u8]) -> Dirty {
        let event = Event::Device(Uevent::parse(message).unwrap());
        of_uevent(&event, &Observations::default())
    }

    #[test]
    fn disc_26_a_bound_driver_makes_one_function_dirty() {
        let seen = dirty(b"bind@/devices/pci0000:00/0000:00:03.0/0000:01:10.0\0SUBSYSTEM=pci\0PCI_SLOT_NAME=0000:01:10.0\0");
        assert_eq!(
            seen.functions.into_iter().collect::<Vec<_>>(),
            ["0000:01:10.0".parse().unwrap()]
        );
        assert!(!seen.everything);
    }

    #[test]
    fn disc_26_an_rdma_device_names_its_function() {
        let seen = dirty(
            b"add@/devices/pci0000:00/0000:00:03.0/infiniband/mlx5_0\0SUBSYSTEM=infiniband\0",
        );
        assert!(seen.rdma);
        assert_eq!(
            seen.functions.into_iter().collect::<Vec<_>>(),
            ["0000:00:03.0".parse().unwrap()]
        );
    }

    #[test]
    fn disc_26_a_netdev_makes_its_link_dirty_and_no_function() {
        let seen = dirty(b"add@/devices/pci0000:00/0000:00:03.0/net/eth3\0SUBSYSTEM=net\0INTERFACE=eth3\0IFINDEX=7\0");
        assert_eq!(
            seen.links.into_iter().map(IfIndex::get).collect::<Vec<_>>(),
            [7]
        );
        assert!(seen.functions.is_empty());
    }

    #[test]
    fn disc_27_lost_events_make_everything_dirty() {
        assert_eq!(
            of_uevent(&Event::Overrun, &Observations::default()),
            Dirty::everything()
        );
        assert_eq!(of_change(Change::Overrun), Dirty::everything());
    }

    #[test]
    fn an_event_of_no_concern_makes_nothing_dirty() {
        assert!(dirty(b"add@/devices/virtual/block/loop0\0SUBSYSTEM=block\0").is_empty());
    }
}
