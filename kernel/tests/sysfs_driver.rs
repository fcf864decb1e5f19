//! Drivers and places of PCI functions, on recorded machines whose files take what is written. What
//! the kernel does with it is tried in the guest (`vm_change.rs`).
#![expect(clippy::unwrap_used, reason = "test")]

use colvin_kernel::sysfs::driver::{self, DriverError};
use colvin_kernel::sysfs::vf::{self, VfPlace};
use colvin_kernel::sysfs::{SysfsError, SysfsRoot};
use colvin_model::PciAddress;
use colvin_testkit::machine::Machine;

const VF: &str = "0000:3b:01.3";

fn machine() -> (Machine, SysfsRoot) {
    let machine = Machine::unpack("two-pf-sixteen-vf").unwrap();
    let root = SysfsRoot::new(machine.path()).unwrap();
    (machine, root)
}

fn at(text: &str) -> PciAddress {
    text.parse().unwrap()
}

fn text(machine: &Machine, file: &str) -> String {
    String::from_utf8(std::fs::read(machine.path().join(file)).unwrap()).unwrap()
}

#[test]
fn a_driver_is_taken_and_given_by_the_files_of_the_bus() {
    let (machine, root) = machine();
    let old = driver::current(&root, at(VF)).unwrap().unwrap();
    let unbind = format!("sys/bus/pci/drivers/{old}/unbind");
    let device = format!("sys/bus/pci/devices/{VF}");
    for file in [
        unbind.as_str(),
        "sys/bus/pci/drivers/vfio-pci/bind",
        "sys/bus/pci/drivers_probe",
    ] {
        machine.write(file, "").unwrap();
    }
    machine
        .write(&format!("{device}/driver_override"), "(null)\n")
        .unwrap();
    assert_eq!(driver::driver_override(&root, at(VF)).unwrap(), None);
    driver::set_driver_override(&root, at(VF), Some("vfio-pci")).unwrap();
    assert_eq!(
        driver::driver_override(&root, at(VF)).unwrap().unwrap(),
        "vfio-pci"
    );
    assert!(driver::unbind(&root, at(VF)).unwrap());
    assert_eq!(text(&machine, &unbind), VF);
    driver::bind(&root, at(VF), "vfio-pci").unwrap();
    assert_eq!(text(&machine, "sys/bus/pci/drivers/vfio-pci/bind"), VF);
    driver::probe(&root, at(VF)).unwrap();
    assert_eq!(text(&machine, "sys/bus/pci/drivers_probe"), VF);
    machine
        .write(&format!("{device}/driver_override"), "")
        .unwrap();
    driver::set_driver_override(&root, at(VF), None).unwrap();
    assert_eq!(text(&machine, &format!("{device}/driver_override")), "\n");
    assert_eq!(driver::driver_override(&root, at(VF)).unwrap(), None);
}

#[test]
fn a_function_without_a_driver_or_none_at_all_has_nothing_to_take() {
    let (machine, root) = machine();
    machine
        .remove(&format!("sys/bus/pci/devices/{VF}/driver"))
        .unwrap();
    assert_eq!(driver::current(&root, at(VF)).unwrap(), None);
    assert!(!driver::unbind(&root, at(VF)).unwrap());
    assert!(!driver::unbind(&root, at("0000:ff:00.0")).unwrap());
    let error = driver::set_driver_override(&root, at("0000:ff:00.0"), Some("x")).unwrap_err();
    let DriverError::Write { path, source, .. } = &error else {
        unreachable!("{error:?}");
    };
    assert_eq!(source.kind(), std::io::ErrorKind::NotFound);
    assert_eq!(
        path.as_str(),
        "sys/bus/pci/devices/0000:ff:00.0/driver_override"
    );
    assert_eq!(
        error.to_string(),
        "cannot write \"x\" to sys/bus/pci/devices/0000:ff:00.0/driver_override"
    );
}

#[test]
fn what_is_no_name_of_a_driver_reaches_no_file() {
    let (_machine, root) = machine();
    for name in [
        "",
        ".",
        "..",
        "../../x",
        "a/b",
        "a b",
        "a\n",
        "ä",
        &"x".repeat(65),
    ] {
        let refused = driver::bind(&root, at(VF), name);
        assert!(
            matches!(refused, Err(DriverError::InvalidName { .. })),
            "{name:?}"
        );
        let refused = driver::set_driver_override(&root, at(VF), Some(name));
        assert!(
            matches!(refused, Err(DriverError::InvalidName { .. })),
            "{name:?}"
        );
    }
}

#[test]
fn a_vf_is_placed_with_a_handful_of_calls() {
    let (_machine, root) = machine();
    for number in 0..16 {
        let pf = at("0000:3b:00.0");
        let first = vf::place(&root, pf).unwrap();
        assert_eq!(first, None, "a PF is no VF");
        let known = colvin_kernel::sysfs::pci::read_one(&root, pf, &mut Vec::new()).unwrap();
        let colvin_model::observation::Role::Physical { sriov: Some(sriov) } = known.role else {
            unreachable!("a PF");
        };
        let Some(address) = sriov.virtfn.get(&number) else {
            assert!(number > 0, "the fixture has VFs");
            continue;
        };
        let before = root.calls();
        let place = vf::place(&root, *address).unwrap();
        assert_eq!(place, Some(VfPlace { pf, number }));
        assert!(root.calls() - before <= 8, "{}", root.calls() - before);
    }
    assert_eq!(vf::place(&root, at("0000:ff:00.0")).unwrap(), None);
}

#[test]
fn a_vf_is_found_by_its_link_where_the_distances_mislead() {
    let (machine, root) = machine();
    let right = vf::place(&root, at(VF)).unwrap().unwrap();
    let pf = format!("sys/bus/pci/devices/{}", right.pf);
    for offset in ["1\n", "999\n"] {
        machine
            .write(&format!("{pf}/sriov_offset"), offset)
            .unwrap();
        assert_eq!(vf::place(&root, at(VF)).unwrap(), Some(right), "{offset}");
    }
    machine
        .remove(&format!("{pf}/virtfn{}", right.number))
        .unwrap();
    assert_eq!(
        vf::place(&root, at(VF)).unwrap(),
        None,
        "its PF does not know it"
    );
    machine
        .write(&format!("{pf}/sriov_stride"), "many\n")
        .unwrap();
    let refused = vf::place(&root, at(VF));
    assert!(
        matches!(refused, Err(SysfsError::Malformed { .. })),
        "{refused:?}"
    );
}

#[test]
fn the_netdevs_of_a_function_are_listed_also_below_virtio() {
    let (machine, root) = machine();
    let names = |address: &str| {
        let names = vf::netdevs(&root, at(address)).unwrap();
        names
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let device = format!("sys/bus/pci/devices/{VF}");
    for folder in ["net/b0", "net/a0"] {
        machine.folder(&format!("{device}/{folder}")).unwrap();
    }
    assert!(names(VF).starts_with("a0 b0"), "{}", names(VF));
    assert_eq!(names("0000:ff:00.0"), "");
    let cloud = Machine::unpack("cloud-vm").unwrap();
    let root = SysfsRoot::new(cloud.path()).unwrap();
    let found = colvin_kernel::sysfs::pci::scan(&root, &mut Vec::new()).unwrap();
    let count = |address: &PciAddress| vf::netdevs(&root, *address).unwrap().len();
    assert!(
        found.keys().map(count).sum::<usize>() > 0,
        "virtio functions have netdevs"
    );
}
