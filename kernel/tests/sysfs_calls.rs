//! What a scan costs in system calls. Left to others: what it costs in time (`cargo xtask bench`).

#![expect(clippy::unwrap_used, reason = "test")]

use colvin_kernel::sysfs::{SysfsRoot, pci};
use colvin_testkit::machine::Machine;
use colvin_testkit::tree::{TreeSpec, generate};

/// Functions and calls of one scan of a generated tree.
fn scan(pfs: u16, vfs_per_pf: u16) -> (usize, u64) {
    let folder = Machine::empty().unwrap();
    let spec = TreeSpec {
        whole: false,
        netdevs: false,
        ..TreeSpec::ice(pfs, vfs_per_pf)
    };
    generate(folder.path(), spec).unwrap();
    let root = SysfsRoot::new(folder.path()).unwrap();
    let mut findings = Vec::new();
    let functions = pci::scan(&root, &mut findings).unwrap();
    assert_eq!(findings, []);
    assert_eq!(functions.len(), spec.functions());
    (functions.len(), root.calls())
}

#[test]
fn disc_02_at_most_sixteen_calls_a_device() {
    for (pfs, vfs_per_pf) in [(8, 128), (1, 1), (16, 0)] {
        let (functions, calls) = scan(pfs, vfs_per_pf);
        let most = if vfs_per_pf == 0 { 32 } else { 16 };
        let functions = u64::try_from(functions).unwrap();
        assert!(
            calls <= most * functions + 16,
            "{calls} calls for {functions} functions"
        );
    }
}

#[test]
fn disc_02_four_times_the_devices_cost_four_times_the_calls() {
    let (few, calls_for_few) = scan(8, 128);
    let (many, calls_for_many) = scan(32, 128);
    assert_eq!((few, many), (1_032, 4_128));
    // all but opening and listing is the same for each device
    let spare = (4 * calls_for_few).abs_diff(calls_for_many);
    assert!(spare <= 32, "{calls_for_few} and {calls_for_many} calls");
}

#[test]
fn disc_01_every_read_is_three_calls_and_every_link_one() {
    let machine = Machine::unpack("vfs-in-pods").unwrap();
    let root = SysfsRoot::new(machine.path()).unwrap();
    let vf = "0000:3b:01.0".parse().unwrap();
    let mut findings = Vec::new();
    // the first look opens the folder of all devices, too
    pci::read_one(&root, vf, &mut findings).unwrap();
    let before = root.calls();
    pci::read_one(&root, vf, &mut findings).unwrap();
    let (files, links) = (2, 3);
    assert_eq!(root.calls() - before, 3 * files + links);
}

#[test]
fn disc_01_no_read_goes_by_an_absolute_path() {
    let machine = Machine::unpack("two-pf-sixteen-vf").unwrap();
    let root = SysfsRoot::new(machine.path()).unwrap();
    let before = pci::scan(&root, &mut Vec::new()).unwrap();
    assert_eq!(before.len(), 18);
    // what is open stays open under another name
    let (sys, elsewhere) = (machine.path().join("sys"), machine.path().join("moved"));
    std::fs::rename(sys, elsewhere).unwrap();
    let mut findings = Vec::new();
    assert_eq!(pci::scan(&root, &mut findings).unwrap(), before);
    assert_eq!(findings, []);
    for (address, function) in before {
        let again = pci::read_one(&root, address, &mut findings);
        assert_eq!(again, Some(function));
    }
}
