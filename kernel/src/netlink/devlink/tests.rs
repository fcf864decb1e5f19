//! devlink's and RDMA's messages, as mlx5 and ice fill them: no host of ours has either.

use super::*;
use crate::netlink::Netlink;

fn about(command: u8, device: &str) -> Request {
    Request::get(0x16, &[command, 1, 0, 0])
        .with_text(BUS, "pci")
        .with_text(DEVICE, device)
}

fn version(message: Request, kind: u16, name: &str, value: &str) -> Request {
    message.with_nested(kind, |version| {
        version
            .with_text(VERSION_NAME, name)
            .with_text(VERSION_VALUE, value)
    })
}

fn port(device: &str, flavour: u16, link: u32) -> Vec<u8> {
    about(GET_PORT, device)
        .with(3, &0_u32.to_ne_bytes()) // DEVLINK_ATTR_PORT_INDEX
        .with(PORT_FLAVOUR, &flavour.to_ne_bytes())
        .with(PORT_LINK, &link.to_ne_bytes())
        .encode(0)
}

const PF0: &str = "0000:3b:00.0";
const PF1: &str = "0000:3b:00.1";

/// A machine with two cards, as a record.
fn machine() -> (tempfile::TempDir, Netlink) {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("netlink");
    std::fs::create_dir(&folder).unwrap();
    let write = |name: &str, messages: Vec<Vec<u8>>| {
        std::fs::write(folder.join(name), messages.concat()).unwrap();
    };
    let auxiliary = Request::get(0x16, &[3, 1, 0, 0])
        .with_text(BUS, "auxiliary")
        .with_text(DEVICE, "mlx5_core.sf.4");
    let devices = vec![
        about(3, PF0).encode(0),
        about(3, PF1).encode(0),
        auxiliary.encode(0),
    ];
    write("devlink-get", devices);
    let info = about(GET_INFO, PF0).with_text(SERIAL, "MT2116X09299");
    let info = version(info, 100, "fw.psid", "MT_0000000359"); // VERSION_FIXED
    let info = version(info, RUNNING, "fw.version", "22.31.1014");
    let info = version(info, RUNNING, "fw", "22.31.1015");
    let info = version(info, RUNNING, "fw.mgmt", "1.2");
    let info = version(info, RUNNING, "fw.app.name", "GTPv1-C/U IPv4/IPv6 payload");
    let other = version(about(GET_INFO, PF1), RUNNING, "fw.mgmt", "7.2.11");
    let other = version(other, RUNNING, "fw.undi", "1.3");
    write("devlink-info", vec![info.encode(0), other.encode(0)]);
    let switch = about(GET_ESWITCH, PF0).with(ESWITCH_MODE, &1_u16.to_ne_bytes());
    write("devlink-eswitch", vec![switch.encode(0)]);
    let representor = port(PF0, 4, 9);
    let without_netdev = about(GET_PORT, PF0).with(PORT_FLAVOUR, &3_u16.to_ne_bytes());
    let ports = vec![port(PF0, 0, 7), representor, without_netdev.encode(0)];
    write("devlink-port", ports);
    let rdma = |name: &str, protocol: &str| {
        Request::get((5 << 10) | 1, &[])
            .with(1, &0_u32.to_ne_bytes()) // RDMA_NLDEV_ATTR_DEV_INDEX
            .with_text(2, name)
            .with_text(67, protocol)
            .encode(0)
    };
    write("rdma", vec![rdma("mlx5_0", "roce"), rdma("ibp1s0", "ib")]);
    let netlink = Netlink::recorded(root.path());
    (root, netlink)
}

#[test]
fn disc_20_firmware_serial_number_and_switch_of_each_device() {
    let (_root, mut netlink) = machine();
    let mut findings = Vec::new();
    let devices = netlink.devlink(|_| true, &mut findings).unwrap().unwrap();
    let function = |text: &str| text.parse::<PciAddress>().unwrap();
    let first = DevlinkDevice {
        function: function(PF0),
        firmware: Some("22.31.1015".into()),
        application: Some("GTPv1-C/U IPv4/IPv6 payload".into()),
        serial: Some("MT2116X09299".into()),
        eswitch: Some(EswitchMode::Switchdev),
    };
    let second = DevlinkDevice {
        function: function(PF1),
        firmware: Some("7.2.11".into()),
        application: None,
        serial: None,
        eswitch: None, // eswitch-get was not permitted
    };
    let expected = BTreeMap::from([(function(PF0), first), (function(PF1), second)]);
    assert_eq!(devices, expected);
    let one = netlink.devlink(|at| at == function(PF1), &mut findings);
    assert_eq!(one.unwrap().unwrap().len(), 1);
    assert_eq!(findings, []);
}

#[test]
fn disc_20_ports_are_told_apart_by_their_flavour() {
    let (_root, mut netlink) = machine();
    let ports = netlink.devlink_ports(&mut Vec::new()).unwrap().unwrap();
    let flavours: Vec<_> = ports
        .values()
        .map(|port| {
            (
                port.link.get(),
                port.flavour,
                port.function.unwrap().to_string(),
            )
        })
        .collect();
    let expected = [
        (7, DevlinkFlavour::Physical, PF0.to_owned()),
        (9, DevlinkFlavour::PciVf, PF0.to_owned()),
    ];
    assert_eq!(flavours, expected);
}

#[test]
fn disc_20_no_devlink_is_a_fact_and_no_error() {
    let root = tempfile::tempdir().unwrap();
    let mut recorded = Netlink::recorded(root.path());
    let mut findings = Vec::new();
    assert_eq!(recorded.devlink(|_| true, &mut findings).unwrap(), None);
    assert_eq!(recorded.devlink_ports(&mut findings).unwrap(), None);
    // this machine has it or not: neither is an error
    let mut live = Netlink::live().unwrap();
    live.devlink(|_| true, &mut findings).unwrap();
    live.devlink_ports(&mut findings).unwrap();
    assert_eq!(findings, []);
}

#[test]
fn disc_22_rdma_devices_come_with_name_and_link_layer() {
    let (_root, mut netlink) = machine();
    let devices = netlink.rdma(&mut Vec::new()).unwrap().unwrap();
    let seen: Vec<_> = devices
        .iter()
        .map(|device| {
            (
                device.name.as_str(),
                device.link_layer.as_ref().unwrap().as_str(),
            )
        })
        .collect();
    assert_eq!(seen, [("mlx5_0", "Ethernet"), ("ibp1s0", "InfiniBand")]);
}

#[test]
fn a_torn_record_is_a_finding_with_the_offset() {
    let (root, mut netlink) = machine();
    let path = root.path().join("netlink/devlink-port");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    let mut findings = Vec::new();
    let ports = netlink.devlink_ports(&mut findings).unwrap().unwrap();
    assert_eq!(ports.len(), 2);
    let offset = port(PF0, 0, 7).len() * 2;
    let told = format!("torn at byte {offset}");
    assert!(findings[0].message.contains(&told), "{findings:?}");
}

#[test]
fn a_record_that_cannot_be_read_is_an_error_that_names_it() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("netlink/rdma");
    std::fs::create_dir_all(&folder).unwrap();
    let error = Netlink::recorded(root.path())
        .rdma(&mut Vec::new())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot read {}", folder.display())
    );
}
