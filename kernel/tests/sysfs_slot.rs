//! How slots are wired, read at both ends.

use colvin_kernel::sysfs::{SysfsRoot, slot};
use colvin_model::observation::SlotLink;
use colvin_testkit::machine::Machine;

#[test]
fn a_slot_is_read_at_both_ends() {
    let machine = Machine::unpack("two-pf-sixteen-vf").unwrap();
    let root = SysfsRoot::new(machine.path()).unwrap();
    let read = |at: &str| slot::read(&root, at.parse().unwrap()).unwrap();
    let expected = SlotLink {
        card_lanes: 16,
        slot_lanes: 8,
        card_mega_transfers: Some(16_000),
        slot_mega_transfers: Some(16_000),
    };
    assert_eq!(read("0000:5e:00.0"), Some(expected));
    assert_eq!(read("0000:3a:00.0"), None, "nothing is above a root port");
    assert_eq!(read("0000:3b:01.0"), None, "a VF tells no width");
    let file = "sys/devices/pci0000:5d/0000:5d:00.0/0000:5e:00.0/max_link_speed";
    machine.write(file, "Unknown\n").unwrap();
    assert_eq!(read("0000:5e:00.0").unwrap().card_mega_transfers, None);
    machine.write(file, "brisk\n").unwrap();
    assert!(slot::read(&root, "0000:5e:00.0".parse().unwrap()).is_err());
}
