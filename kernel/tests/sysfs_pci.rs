//! PCI functions of whole machines: PFs, VFs, and what is neither.

#![expect(clippy::unwrap_used, reason = "test")]

use std::collections::BTreeMap;

use colvin_kernel::sysfs::{SysfsRoot, pci};
use colvin_model::observation::{PciFunction, Role, SriovCapability};
use colvin_model::{Finding, NumaNode, PciAddress, PciClass, Symbol};
use colvin_testkit::machine::Machine;
use colvin_testkit::tree::{TreeSpec, generate};

fn address(text: &str) -> PciAddress {
    text.parse().unwrap()
}

fn scan(machine: &Machine) -> (BTreeMap<PciAddress, PciFunction>, Vec<Finding>) {
    let root = SysfsRoot::new(machine.path()).unwrap();
    let mut findings = Vec::new();
    let functions = pci::scan(&root, &mut findings).unwrap();
    (functions, findings)
}

/// The functions of a fixture that has nothing odd about it.
fn functions(name: &str) -> BTreeMap<PciAddress, PciFunction> {
    let (functions, findings) = scan(&Machine::unpack(name).unwrap());
    assert_eq!(findings, [], "{name}");
    functions
}

fn sriov(function: &PciFunction) -> &SriovCapability {
    match &function.role {
        Role::Physical { sriov: Some(sriov) } => Some(sriov),
        Role::Physical { sriov: None } | Role::Virtual { .. } => None,
    }
    .unwrap()
}

#[test]
fn a_pf_is_read_whole() {
    let functions = functions("two-pf-sixteen-vf");
    let pf = address("0000:3b:00.0");
    let virtfn = (0..8).map(|index| {
        let vf = pf.virtual_function(8, 1, index).unwrap();
        (index, vf)
    });
    let expected = PciFunction {
        address: pf,
        class: PciClass::new(0x02_0000),
        id: "8086:1592".parse().unwrap(),
        subsystem: "8086:0002".parse().ok(),
        driver: Some(Symbol::from("ice")),
        numa_node: Some(NumaNode::new(0)),
        iommu_group: Some(1),
        pcie_root: Some(Symbol::from("pci0000:3a")),
        role: Role::Physical {
            sriov: Some(SriovCapability {
                total: 128,
                configured: 8,
                offset: 8,
                stride: 1,
                vf_device: Some(0x1889),
                drivers_autoprobe: Some(true),
                virtfn: virtfn.collect(),
            }),
        },
        slot: None,
    };
    assert_eq!(functions[&pf], expected);
    // the root ports are none of ours
    assert_eq!(functions.len(), 18);
}

#[test]
fn a_vf_names_its_pf_and_its_driver() {
    let functions = functions("two-pf-sixteen-vf");
    let drivers = |device: &str| {
        let function = &functions[&address(device)];
        let pf = address("0000:3b:00.0");
        assert_eq!(function.role, Role::Virtual { pf });
        function.driver.as_ref().map(ToString::to_string)
    };
    assert_eq!(drivers("0000:3b:01.5").as_deref(), Some("iavf"));
    assert_eq!(drivers("0000:3b:01.6").as_deref(), Some("vfio-pci"));
    assert_eq!(drivers("0000:3b:01.7"), None);
}

#[test]
fn disc_03_offset_and_stride_are_not_one() {
    let functions = functions("igb");
    let pf = &functions[&address("0000:01:00.0")];
    let sriov = sriov(pf);
    assert_eq!((sriov.offset, sriov.stride), (128, 2));
    let expected = ["10.0", "10.2", "10.4", "10.6", "11.0", "11.2", "11.4"];
    for (index, place) in (0..).zip(expected) {
        let vf = address(&format!("0000:01:{place}"));
        assert_eq!(pf.address.index_of(128, 2, vf), Some(index));
        assert_eq!(sriov.virtfn[&index], vf);
    }
    assert_eq!(sriov.virtfn.len(), 7);
}

#[test]
fn disc_03_virtfn_is_compared_once_for_each_vf() {
    // twice the VFs, twice the calls: no VF walks the links of its PF
    let calls = |vfs| {
        let machine = Machine::empty().unwrap();
        let spec = TreeSpec {
            whole: false,
            netdevs: false,
            ..TreeSpec::ice(1, vfs)
        };
        generate(machine.path(), spec).unwrap();
        let root = SysfsRoot::new(machine.path()).unwrap();
        pci::scan(&root, &mut Vec::new()).unwrap();
        root.calls()
    };
    let (none, few, many) = (calls(0), calls(32), calls(64));
    assert_eq!(many - few, few - none);
}

#[test]
fn disc_07_none_zero_and_absent_are_told_apart() {
    let functions = functions("cloud-vm");
    let ena = &functions[&address("0000:00:05.0")];
    assert_eq!(ena.numa_node, None, "-1 is none");
    assert_eq!(ena.iommu_group, None);
    assert_eq!(ena.role, Role::Physical { sriov: None });
    let functions = self::functions("two-pf-sixteen-vf");
    let numa = |at: &str| functions[&address(at)].numa_node;
    assert_eq!(numa("0000:3b:01.0"), Some(NumaNode::new(0)));
    assert_eq!(numa("0000:5e:01.0"), Some(NumaNode::new(1)));
    let functions = self::functions("vmd");
    assert_eq!(sriov(&functions[&address("10001:80:05.0")]).configured, 0);
}

#[test]
fn disc_08_a_vf_without_a_netdev_is_a_vf_all_the_same() {
    let functions = functions("vfs-in-pods");
    let vfs = functions
        .values()
        .filter(|function| matches!(function.role, Role::Virtual { .. }));
    let drivers: Vec<_> = vfs.map(|vf| vf.driver.clone().unwrap()).collect();
    assert_eq!(drivers, ["iavf"; 4]);
}

#[test]
fn disc_09_a_domain_of_five_digits_is_a_domain() {
    let functions = functions("vmd");
    let behind = &functions[&address("10001:80:05.0")];
    assert_eq!(behind.address.domain(), 0x1_0001);
    assert_eq!(behind.pcie_root, Some(Symbol::from("pci0000:80")));
    // the VMD controller itself is no network function
    assert_eq!(functions.len(), 1);
}

#[test]
fn disc_10_vfs_that_are_being_made_are_no_finding_of_the_scan() {
    let machine = Machine::unpack("half-created").unwrap();
    let (functions, findings) = scan(&machine);
    let sriov = sriov(&functions[&address("0000:3b:00.0")]);
    assert_eq!((sriov.configured, sriov.virtfn.len()), (5, 5));
    let there: Vec<String> = functions.keys().skip(1).map(ToString::to_string).collect();
    assert_eq!(there, ["0000:3b:01.0", "0000:3b:01.1", "0000:3b:01.3"]);
    assert_eq!(functions[&address("0000:3b:01.1")].driver, None);
    // the empty uevent is one; the folder without anything is not
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].message.contains("0000:3b:01.3/uevent"));
}

#[test]
fn disc_10_vfs_beyond_the_counted_ones_are_seen() {
    let machine = Machine::unpack("half-created").unwrap();
    let pf = "sys/devices/pci0000:3a/0000:3b:00.0";
    machine.write(&format!("{pf}/sriov_numvfs"), "0\n").unwrap();
    let (functions, _) = scan(&machine);
    let sriov = sriov(&functions[&address("0000:3b:00.0")]);
    assert_eq!((sriov.configured, sriov.virtfn.len()), (0, 5));
}

#[test]
fn disc_11_an_rdma_card_of_another_class_is_found_with_its_vfs() {
    let functions = functions("infiniband");
    let found: Vec<String> = functions.keys().map(ToString::to_string).collect();
    // 00:09.0 has the same class and no RDMA device
    assert_eq!(found, ["0000:00:08.0", "0000:00:08.1", "0000:41:00.0"]);
    let card = &functions[&address("0000:00:08.0")];
    assert!(!card.class.is_network());
    let vf = &functions[&address("0000:00:08.1")];
    assert_eq!(vf.role, Role::Virtual { pf: card.address });
}

#[test]
fn disc_13_vfs_are_those_that_are_configured_not_those_that_could_be() {
    let functions = functions("no-driver");
    for pf in functions.values() {
        let sriov = sriov(pf);
        assert_eq!((sriov.total, sriov.configured), (128, 0));
        assert!(sriov.virtfn.is_empty());
    }
}

#[test]
fn disc_14_a_pf_without_a_kernel_driver_is_listed_as_such() {
    let functions = functions("no-driver");
    let drivers: Vec<_> = functions.values().map(|pf| pf.driver.clone()).collect();
    assert_eq!(drivers, [None, Some(Symbol::from("vfio-pci"))]);
}

#[test]
fn disc_05_one_function_is_read_again_by_itself() {
    let machine = Machine::unpack("two-pf-sixteen-vf").unwrap();
    let root = SysfsRoot::new(machine.path()).unwrap();
    let mut findings = Vec::new();
    let whole = pci::scan(&root, &mut findings).unwrap();
    for (address, function) in &whole {
        let again = pci::read_one(&root, *address, &mut findings);
        assert_eq!(again.as_ref(), Some(function));
    }
    let before = root.calls();
    pci::read_one(&root, address("0000:3b:01.0"), &mut findings);
    assert!(root.calls() - before <= 12, "one VF");
    for nothing in ["0000:3a:00.0", "0000:3b:1f.0", "ffff:00:00.0"] {
        assert_eq!(pci::read_one(&root, address(nothing), &mut findings), None);
    }
    assert_eq!(findings, []);
}

#[test]
fn disc_05_a_function_that_goes_is_gone_without_a_finding() {
    let machine = Machine::unpack("two-pf-sixteen-vf").unwrap();
    let root = SysfsRoot::new(machine.path()).unwrap();
    let vf = address("0000:3b:01.0");
    let folder = "sys/devices/pci0000:3a/0000:3a:00.0/0000:3b:01.0";
    machine.remove(folder).unwrap();
    let mut findings = Vec::new();
    assert_eq!(pci::read_one(&root, vf, &mut findings), None);
    let functions = pci::scan(&root, &mut findings).unwrap();
    assert_eq!((functions.len(), findings), (17, vec![]));
}

#[test]
fn disc_12_a_new_iommu_group_is_read_anew() {
    let machine = Machine::unpack("two-pf-sixteen-vf").unwrap();
    let root = SysfsRoot::new(machine.path()).unwrap();
    let vf = address("0000:3b:01.0");
    let group = || {
        pci::read_one(&root, vf, &mut Vec::new())
            .unwrap()
            .iommu_group
    };
    assert_eq!(group(), Some(2));
    let link = "sys/devices/pci0000:3a/0000:3a:00.0/0000:3b:01.0/iommu_group";
    machine.remove(link).unwrap();
    assert_eq!(group(), None);
    machine
        .link(link, "../../../../kernel/iommu_groups/77")
        .unwrap();
    assert_eq!(group(), Some(77));
}

#[test]
fn a_machine_without_pci_has_no_functions() {
    let (functions, findings) = scan(&Machine::empty().unwrap());
    assert!(functions.is_empty() && findings.is_empty());
}

#[test]
fn a_folder_without_sys_is_no_root() {
    let machine = Machine::empty().unwrap();
    machine.remove("sys").unwrap();
    let error = SysfsRoot::new(machine.path()).unwrap_err();
    assert!(error.to_string().ends_with("/sys"), "{error}");
}

#[test]
fn four_pfs_with_256_vfs_each_are_read() {
    let machine = Machine::empty().unwrap();
    let spec = TreeSpec {
        whole: false,
        netdevs: false,
        ..TreeSpec::ice(4, 256)
    };
    generate(machine.path(), spec).unwrap();
    let (functions, findings) = scan(&machine);
    assert_eq!((functions.len(), findings), (4 * 257, vec![]));
    for function in functions.values() {
        if let Role::Virtual { pf } = function.role {
            let sriov = sriov(&functions[&pf]);
            let index = pf.index_of(sriov.offset, sriov.stride, function.address);
            assert_eq!(sriov.virtfn[&index.unwrap()], function.address);
        }
    }
}
