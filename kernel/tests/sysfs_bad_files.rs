//! Files that are empty, huge, no text, unreadable or gone: each is a finding, the device stays.

#![expect(clippy::unwrap_used, reason = "test")]

use std::collections::BTreeMap;

use colvin_kernel::sysfs::{SysfsRoot, infiniband, net, pci};
use colvin_model::observation::{Carrier, OperState, PciFunction, Role};
use colvin_model::{Finding, FindingReason, PciAddress, Subject};
use colvin_testkit::machine::Machine;
use proptest::prelude::*;

const GOOD: &str = "sys/devices/pci0000:3a/0000:3b:00.0";

fn scan(machine: &Machine) -> (BTreeMap<PciAddress, PciFunction>, Vec<Finding>) {
    let root = SysfsRoot::new(machine.path()).unwrap();
    let mut findings = Vec::new();
    let functions = pci::scan(&root, &mut findings).unwrap();
    (functions, findings)
}

fn device(number: u16) -> PciAddress {
    PciAddress::from_routing_id(0, 0x3b00 | (number << 3))
}

/// What was found of a function, and which finding it has.
fn seen(
    number: u16,
    (functions, findings): &(BTreeMap<PciAddress, PciFunction>, Vec<Finding>),
) -> (Option<PciFunction>, String) {
    let address = device(number);
    let own: Vec<_> = findings
        .iter()
        .filter(|finding| finding.subject == Subject::Function(address))
        .collect();
    assert!(own.len() <= 1, "one bad device is one finding: {own:?}");
    let message = own.first().map(|finding| finding.message.clone());
    (
        functions.get(&address).cloned(),
        message.unwrap_or_default(),
    )
}

#[test]
fn disc_06_one_bad_device_is_one_finding_and_hides_no_other() {
    let all = scan(&Machine::unpack("broken").unwrap());
    let (good, message) = seen(0, &all);
    assert_eq!(
        (good.unwrap().driver.unwrap().as_str(), message),
        ("ice", String::new())
    );
    for number in 1..=14 {
        let (_, message) = seen(number, &all);
        let folder = format!("{}", device(number));
        // the last one is told apart by having no file at all
        assert!(
            number == 14 || message.contains(&folder),
            "{number}: {message}"
        );
        assert!(!message.is_empty(), "{number}");
    }
    let (functions, findings) = all;
    // 13 tells neither class nor maker and 14 nothing: they are findings only, as are the names
    assert_eq!((functions.len(), findings.len()), (13, 15));
}

#[test]
fn disc_01_a_file_that_does_not_serve_leaves_one_fact_out() {
    let all = scan(&Machine::unpack("broken").unwrap());
    let good = seen(0, &all).0.unwrap();
    for (number, expected) in [
        (1, "0000:3b:01.0/uevent is \"\""),
        (2, "is longer than 4096 bytes"),
        (3, "is not UTF-8"),
        (12, "cannot read"),
    ] {
        let (function, message) = seen(number, &all);
        assert!(message.contains(expected), "{number}: {message}");
        // what uevent did not tell, the single files did
        let function = function.unwrap();
        assert_eq!((function.class, function.id), (good.class, good.id));
        assert_eq!(function.subsystem, good.subsystem, "{number}");
        assert_eq!(function.driver, good.driver, "{number}");
    }
    let (function, message) = seen(4, &all);
    assert_eq!(function.unwrap().driver, None);
    assert!(message.contains("\"DRIVER=bad name\""), "{message}");
    assert_eq!(seen(5, &all).0.unwrap().id, good.id);
    for (number, file) in [(6, "numa_node"), (7, "numa_node"), (8, "iommu_group")] {
        let (function, message) = seen(number, &all);
        assert!(message.contains(file), "{message}");
        let function = function.unwrap();
        assert!(function.numa_node.is_none() || function.iommu_group.is_none());
    }
}

#[test]
fn disc_07_an_unreadable_number_is_not_zero() {
    let all = scan(&Machine::unpack("broken").unwrap());
    let (function, message) = seen(9, &all);
    assert_eq!(function.unwrap().role, Role::Physical { sriov: None });
    assert!(message.contains("sriov_totalvfs is \"lots\""), "{message}");
    let (function, message) = seen(10, &all);
    assert!(message.contains("virtfn0 is \"../elsewhere\""), "{message}");
    let Role::Physical { sriov: Some(sriov) } = function.unwrap().role else {
        unreachable!("its numbers serve");
    };
    assert_eq!((sriov.configured, sriov.virtfn.len()), (2, 0));
}

#[test]
fn disc_06_a_bad_number_of_a_pf_does_not_hide_its_vfs() {
    let pf = "sys/devices/pci0000:3a/0000:3a:00.0/0000:3b:00.0";
    let (good, _) = scan(&Machine::unpack("two-pf-sixteen-vf").unwrap());
    let role = |functions: &BTreeMap<_, PciFunction>| functions[&device(0)].role.clone();
    for file in ["numvfs", "offset", "stride"] {
        let machine = Machine::unpack("two-pf-sixteen-vf").unwrap();
        machine.write(&format!("{pf}/sriov_{file}"), "?\n").unwrap();
        let (functions, findings) = scan(&machine);
        assert_eq!(role(&functions), role(&good), "{file}");
        assert_eq!(findings.len(), 1, "{file}");
        // an old kernel does not have it
        machine.remove(&format!("{pf}/sriov_{file}")).unwrap();
        let (functions, findings) = scan(&machine);
        assert_eq!(
            (role(&functions), findings),
            (role(&good), vec![]),
            "{file}"
        );
    }
    let machine = Machine::unpack("two-pf-sixteen-vf").unwrap();
    machine.write(&format!("{pf}/sriov_totalvfs"), "").unwrap();
    let (functions, findings) = scan(&machine);
    let Role::Physical { sriov: Some(sriov) } = role(&functions) else {
        unreachable!("it has VFs");
    };
    // at least those that are there
    assert_eq!((sriov.total, sriov.virtfn.len(), findings.len()), (8, 8, 1));
}

#[test]
fn a_name_that_is_no_address_is_one_finding_in_safe_letters() {
    let (_, findings) = scan(&Machine::unpack("broken").unwrap());
    let names: Vec<_> = findings
        .iter()
        .filter(|finding| finding.reason == FindingReason::InvalidPciAddress)
        .collect();
    assert_eq!(names.len(), 1);
    let message = &names[0].message;
    assert!(
        message.contains("\"0000:3b:1f.9\", and 2 more"),
        "{message}"
    );
    for finding in &findings {
        assert!(
            !finding.message.chars().any(char::is_control),
            "{finding:?}"
        );
    }
}

#[test]
fn the_same_bad_machine_gives_the_same_findings() {
    let machine = Machine::unpack("broken").unwrap();
    assert_eq!(scan(&machine), scan(&machine));
}

#[test]
fn a_link_stays_without_what_does_not_serve() {
    let machine = Machine::unpack("broken").unwrap();
    let root = SysfsRoot::new(machine.path()).unwrap();
    let mut findings = Vec::new();
    let facts = net::scan(&root, &mut findings).unwrap();
    let names: Vec<_> = facts
        .links
        .values()
        .map(|link| link.name.as_str())
        .collect();
    assert_eq!(names, ["lo", "good0", "odd"]);
    let odd = facts.links.values().last().unwrap();
    let rest = (odd.address.clone(), odd.carrier, odd.oper_state);
    assert_eq!(rest, (None, Carrier::Unknown, OperState::Unknown));
    let about = |subject: &str| {
        let finding = findings
            .iter()
            .find(|finding| finding.subject.to_string() == subject);
        finding.map(|finding| finding.message.clone()).unwrap()
    };
    assert!(about("badindex").contains("ifindex is \"0\""));
    assert!(about("badmtu").contains("mtu is \"tiny\""));
    assert!(about("nomtu").contains("mtu is not there"));
    for file in ["address", "carrier", "operstate", "uevent"] {
        assert!(about("odd").contains(&format!("odd/{file}")), "{file}");
    }
    assert!(about("node").contains("which is no link's name"));
    // a folder without an index is no link
    assert_eq!(findings.len(), 5, "{findings:?}");
}

#[test]
fn a_bad_rdma_device_stays_too() {
    let machine = Machine::unpack("infiniband").unwrap();
    let port = "sys/devices/virtual/infiniband/rxe0/ports/1/link_layer";
    machine.write(port, b"\xff\xfe").unwrap();
    let root = SysfsRoot::new(machine.path()).unwrap();
    let mut findings = Vec::new();
    let devices = infiniband::scan(&root, &mut findings).unwrap();
    assert_eq!((devices.len(), findings.len()), (3, 1));
    assert!(findings[0].message.contains("rxe0/ports/1/link_layer"));
}

#[test]
fn a_pipe_in_place_of_a_file_holds_nobody_up() {
    let machine = Machine::unpack("broken").unwrap();
    let uevent = format!("{GOOD}/uevent");
    machine.remove(&uevent).unwrap();
    machine.pipe(&uevent).unwrap();
    let (function, message) = seen(0, &scan(&machine));
    assert_eq!(function, None);
    assert!(message.contains("0000:3b:00.0/uevent is \"\""), "{message}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is in whichever file: no panic, and the other functions stay as they are.
    #[test]
    fn disc_06_no_content_hides_another_device(
        file in prop::sample::select(&[
            "uevent", "numa_node", "sriov_totalvfs", "sriov_numvfs", "sriov_offset",
            "sriov_stride", "sriov_vf_device", "sriov_drivers_autoprobe",
        ][..]),
        content in prop_oneof![
            any::<Vec<u8>>(),
            "[A-Z_]{0,9}=?[0-9a-fA-F:-]{0,9}\n?".prop_map(String::into_bytes),
            "(PCI_CLASS|PCI_ID|DRIVER|PCI_SUBSYS_ID)=[ -~]{0,9}\n".prop_map(String::into_bytes),
            "[0-9]{1,6}\n".prop_map(String::into_bytes),
        ],
    ) {
        let machine = Machine::unpack("no-driver").unwrap();
        let (before, _) = scan(&machine);
        let bad: PciAddress = "0000:3b:00.0".parse().unwrap();
        machine.write(&format!("{GOOD}/{file}"), content).unwrap();
        let (mut after, findings) = scan(&machine);
        prop_assert!(findings.len() <= 1);
        let mut before = before;
        before.remove(&bad);
        after.remove(&bad);
        prop_assert_eq!(before, after);
    }
}
