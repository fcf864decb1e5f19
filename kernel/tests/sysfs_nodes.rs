//! Device nodes of whole machines. Left to others: what containers get of them.

#![expect(clippy::unwrap_used, reason = "test")]

use colvin_kernel::sysfs::nodes::{Device, exists, read};
use colvin_kernel::sysfs::{SysfsError, SysfsRoot};
use colvin_model::PciAddress;
use colvin_model::offer::{CharDevice, DeviceNodes, Extras, Kind, OfferedDevice, RdmaNodes};
use colvin_testkit::machine::Machine;

fn machine() -> (Machine, SysfsRoot) {
    let machine = Machine::unpack("selectable").unwrap();
    let root = SysfsRoot::new(machine.path()).unwrap();
    (machine, root)
}

fn function(address: &str) -> Device<'static> {
    Device::Function(address.parse::<PciAddress>().unwrap())
}

fn nodes(root: &SysfsRoot, address: &str) -> DeviceNodes {
    read(root, function(address)).unwrap().unwrap()
}

fn rdma(device: &str, number: u32) -> RdmaNodes {
    let node = |kind| Some(CharDevice::same(format!("/dev/infiniband/{kind}{number}")));
    RdmaNodes {
        device: device.to_owned(),
        uverbs: node("uverbs"),
        umad: node("umad"),
        issm: node("issm"),
        rdma_cm: Some(CharDevice::same("/dev/infiniband/rdma_cm")),
    }
}

/// The folder of the function `0000:18:00.<number>`.
fn card(number: u8, file: &str) -> String {
    format!("sys/devices/pci0000:17/0000:17:01.0/0000:18:00.{number}/{file}")
}

#[test]
fn sdp_23_a_function_with_a_vfio_driver_has_the_node_of_its_iommu_group() {
    let (_machine, root) = machine();
    // vfio-pci, and a vendor's variant of it
    for (address, group) in [("0000:18:00.7", 26), ("0000:18:00.6", 25)] {
        let expected = DeviceNodes {
            vfio: Some(CharDevice::same(format!("/dev/vfio/{group}"))),
            ..DeviceNodes::default()
        };
        assert_eq!(nodes(&root, address), expected, "{address}");
    }
    // a group alone makes no node: iavf is no driver for programs
    assert_eq!(nodes(&root, "0000:3b:01.0"), DeviceNodes::default());
}

#[test]
fn sdp_23_without_an_iommu_the_host_has_the_node_by_another_name() {
    let (machine, root) = machine();
    let name = "sys/kernel/iommu_groups/26/name";
    machine.write(name, "vfio-noiommu\n").unwrap();
    let vfio = CharDevice {
        host: "/dev/vfio/noiommu-26".to_owned(),
        container: "/dev/vfio/26".to_owned(),
    };
    assert_eq!(nodes(&root, "0000:18:00.7").vfio, Some(vfio));
    // a group may have a name for other reasons
    machine.write(name, "smmu\n").unwrap();
    let vfio = CharDevice::same("/dev/vfio/26");
    assert_eq!(nodes(&root, "0000:18:00.7").vfio, Some(vfio));
}

#[test]
fn sdp_23_a_vfio_driver_without_a_group_is_an_error_and_no_empty_answer() {
    let (machine, root) = machine();
    machine.remove(&card(7, "iommu_group")).unwrap();
    let error = read(&root, function("0000:18:00.7")).unwrap_err();
    assert!(matches!(error, SysfsError::Missing { .. }), "{error}");
    machine.link(&card(7, "iommu_group"), "../many").unwrap();
    let error = read(&root, function("0000:18:00.7")).unwrap_err();
    assert!(matches!(error, SysfsError::Malformed { .. }), "{error}");
}

#[test]
fn sdp_24_a_uio_node_is_named_by_its_folder_and_an_empty_folder_is_no_error() {
    let (_machine, root) = machine();
    let uio = |number: u8| Some(CharDevice::same(format!("/dev/uio{number}")));
    assert_eq!(nodes(&root, "0000:3b:01.1").uio, uio(3));
    assert_eq!(nodes(&root, "0000:3b:01.2"), DeviceNodes::default());
    assert_eq!(nodes(&root, "0000:86:00.0").uio, uio(0));
}

#[test]
fn sdp_16_an_rdma_device_brings_its_verbs_and_mad_nodes() {
    let (_machine, root) = machine();
    let expected = DeviceNodes {
        rdma: Some(rdma("mlx5_2", 2)),
        ..DeviceNodes::default()
    };
    assert_eq!(nodes(&root, "0000:18:00.2"), expected);
    assert_eq!(nodes(&root, "0000:18:00.0").rdma, Some(rdma("mlx5_0", 0)));
    let slice = read(&root, Device::Auxiliary("mlx5_core.sf.2")).unwrap();
    assert_eq!(slice.unwrap().rdma, Some(rdma("mlx5_5", 5)));
}

#[test]
fn sdp_16_nodes_of_another_rdma_device_of_the_function_are_not_taken() {
    let (machine, root) = machine();
    let ibdev = |file: &str| card(2, &format!("{file}/ibdev"));
    machine
        .write(&ibdev("infiniband_verbs/uverbs1"), "mlx5_9\n")
        .unwrap();
    machine
        .write(&ibdev("infiniband_mad/umad1"), "mlx5_9\n")
        .unwrap();
    // a second port of the same device
    machine
        .write(&ibdev("infiniband_mad/umad3"), "mlx5_2\n")
        .unwrap();
    assert_eq!(nodes(&root, "0000:18:00.2").rdma, Some(rdma("mlx5_2", 2)));
}

#[test]
fn sdp_16_what_is_not_there_of_rdma_is_left_out() {
    let (machine, root) = machine();
    machine.remove("sys/class/misc/rdma_cm").unwrap();
    machine.remove(&card(2, "infiniband_mad")).unwrap();
    let expected = RdmaNodes {
        umad: None,
        issm: None,
        rdma_cm: None,
        ..rdma("mlx5_2", 2)
    };
    assert_eq!(nodes(&root, "0000:18:00.2").rdma, Some(expected));
}

#[test]
fn sdp_17_a_vdpa_device_has_a_node_where_vhost_drives_it() {
    let (machine, root) = machine();
    let vhost = DeviceNodes {
        vhost_vdpa: Some(CharDevice::same("/dev/vhost-vdpa-0")),
        vdpa_name: Some("vdpa0".to_owned()),
        ..DeviceNodes::default()
    };
    assert_eq!(nodes(&root, "0000:18:00.4"), vhost);
    let virtio = DeviceNodes {
        vdpa_name: Some("blue".to_owned()),
        ..DeviceNodes::default()
    };
    assert_eq!(nodes(&root, "0000:18:00.5"), virtio);
    machine.remove(&card(4, "vdpa0/driver")).unwrap();
    let unbound = DeviceNodes {
        vhost_vdpa: None,
        ..vhost
    };
    assert_eq!(nodes(&root, "0000:18:00.4"), unbound);
}

#[test]
fn a_device_without_a_driver_has_no_nodes_and_one_that_is_gone_no_answer() {
    let (_machine, root) = machine();
    assert_eq!(nodes(&root, "0000:86:02.1"), DeviceNodes::default());
    for gone in [
        function("0000:18:01.0"),
        Device::Auxiliary("mlx5_core.sf.7"),
        Device::Auxiliary("../../pci/devices/0000:18:00.2"),
        Device::Netdev(&"ens9".parse().unwrap()),
    ] {
        assert_eq!(read(&root, gone).unwrap(), None, "{gone:?}");
        assert!(!exists(&root, gone).unwrap(), "{gone:?}");
    }
    for there in [
        function("0000:86:02.1"),
        Device::Auxiliary("mlx5_core.sf.3"),
        Device::Netdev(&"ens2f0".parse().unwrap()),
    ] {
        let nodes = read(&root, there).unwrap();
        assert_eq!(nodes, Some(DeviceNodes::default()), "{there:?}");
        assert!(exists(&root, there).unwrap(), "{there:?}");
    }
}

#[test]
fn an_unreadable_folder_is_an_error() {
    let (machine, root) = machine();
    machine.remove(&card(2, "infiniband")).unwrap();
    machine.link(&card(2, "infiniband"), "infiniband").unwrap();
    let error = read(&root, function("0000:18:00.2")).unwrap_err();
    assert!(matches!(error, SysfsError::Read { .. }), "{error}");
}

#[test]
fn an_offered_device_is_found_by_what_it_is() {
    let offered = |kind, address: Option<&str>, uplink: Option<&str>| OfferedDevice {
        kind,
        address: address.map(|address| address.parse().unwrap()),
        uplink: uplink.map(|uplink| uplink.parse().unwrap()),
        vf_index: None,
        numa_node: None,
        ill: None,
        extras: Extras::default(),
    };
    let id = |text: &str| text.parse().unwrap();
    let (vf, slice) = (id("0000:18:00.2"), id("mlx5_core.sf.2"));
    let device = offered(
        Kind::VirtualFunction,
        Some("0000:18:00.2"),
        Some("0000:18:00.0"),
    );
    let found = Device::offered(&vf, &device);
    assert_eq!(found, Some(function("0000:18:00.2")));
    let device = offered(Kind::Auxiliary, Some("0000:18:00.0"), Some("0000:18:00.0"));
    let found = Device::offered(&slice, &device);
    assert_eq!(found, Some(Device::Auxiliary("mlx5_core.sf.2")));
    let share = id("eth1/7");
    let device = offered(Kind::Macvlan, None, Some("eth1"));
    let name = "eth1".parse().unwrap();
    assert_eq!(
        Device::offered(&share, &device),
        Some(Device::Netdev(&name))
    );
    let device = offered(Kind::Macvlan, None, None);
    assert_eq!(Device::offered(&share, &device), None);
}

#[test]
fn the_nodes_of_a_device_cost_few_calls() {
    let (_machine, root) = machine();
    let calls = |address: &str| {
        // the first look opens the folder of all devices, too
        exists(&root, function(address)).unwrap();
        let before = root.calls();
        nodes(&root, address);
        root.calls() - before
    };
    let (link, absent, list) = (1, 1, 4);
    assert_eq!(calls("0000:18:00.7"), 2 * link + absent, "vfio");
    // uio, vdpa with three devices by two links, infiniband
    let vdpa = list + 3 * 2 * link;
    assert_eq!(calls("0000:3b:01.0"), link + absent + vdpa + absent, "iavf");
    // of those three the function's is the second; then infiniband is absent
    let rdma = 3 * list + 2;
    assert_eq!(calls("0000:18:00.2"), link + absent + vdpa + rdma, "RDMA");
}
