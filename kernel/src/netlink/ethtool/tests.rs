//! ethtool's messages as drivers fill them, and the lines of recorded drivers.

use super::*;
use crate::netlink::dump::replay;
use crate::netlink::wire::Attributes;

fn reply(command: u8, index: u32) -> Request {
    Request::get(0x15, &[command, 1, 0, 0]).with_nested(HEADER, |header| {
        header
            .with(HEADER_INDEX, &index.to_ne_bytes())
            .with_text(2, "eth7")
    })
}

fn index() -> IfIndex {
    IfIndex::new(7).unwrap()
}

fn flag_bit(list: Request, number: u32, name: &str, is_set: bool) -> Request {
    list.with_nested(1, |bit| {
        let bit = bit.with(1, &number.to_ne_bytes()).with_text(BIT_NAME, name);
        if is_set {
            bit.with(BIT_VALUE, &[])
        } else {
            bit
        }
    })
}

#[test]
fn disc_21_private_flags_come_with_their_names() {
    let bytes = reply(14, 7)
        .with_nested(FLAGS, |set| {
            set.with(2, &2_u32.to_ne_bytes()).with_nested(BITS, |bits| {
                let bits = flag_bit(bits, 0, "fw-lldp-agent", true);
                flag_bit(bits, 1, "disable-fw-lldp", false)
            })
        })
        .encode(0);
    let (ports, _) = replay(&bytes, Ports::default(), Ports::take_private_flags);
    let flags = BTreeMap::from([
        ("fw-lldp-agent".into(), true),
        ("disable-fw-lldp".into(), false),
    ]);
    assert_eq!(ports.0[&index()].private_flags, flags);
}

#[test]
fn disc_21_speed_and_lanes_that_nobody_knows_are_none() {
    let modes = |speed: u32, lanes: u32| {
        let bytes = reply(4, 7)
            .with_nested(3, |set| set.with(1, &[])) // ETHTOOL_A_LINKMODES_OURS
            .with(SPEED, &speed.to_ne_bytes())
            .with(LANES, &lanes.to_ne_bytes())
            .encode(0);
        let (ports, _) = replay(&bytes, Ports::default(), Ports::take_link_modes);
        let facts = &ports.0[&index()];
        (facts.speed_mbps, facts.lanes)
    };
    assert_eq!(modes(25_000, 1), (Some(25_000), Some(1)));
    assert_eq!(modes(u32::MAX, 0), (None, None));
}

#[test]
fn a_message_without_a_link_is_passed_over() {
    let bytes = Request::get(0x15, &[4, 1, 0, 0])
        .with(SPEED, &10_u32.to_ne_bytes())
        .encode(0);
    let (ports, _) = replay(&bytes, Ports::default(), Ports::take_link_modes);
    assert!(ports.0.is_empty());
}

#[test]
fn the_question_names_the_port_by_number() {
    let bytes = request(PRIVATE_FLAGS, 0x15, Some(index())).encode(1);
    assert_eq!(bytes[16], GET_PRIVATE_FLAGS);
    let header = Attributes::new(&bytes[20..]).find(HEADER).unwrap();
    assert_eq!(header.nested().find(HEADER_INDEX).unwrap().u32(), Some(7));
}

#[test]
fn recorded_drivers_read_back_and_a_line_that_is_none_is_a_finding() {
    let info = DriverInfo {
        driver: "ice".to_owned(),
        version: "6.12.0".to_owned(),
        firmware: "4.40 0x8001c7d4\t1.3534.0".to_owned(),
        bus_info: "0000:3b:00.0".to_owned(),
    };
    let name: IfName = "eth7".parse().unwrap();
    let lines = format!("{}no line\n\tdriver\n", info.line(&name));
    let mut findings = Vec::new();
    let drivers = driver::parse(lines.as_bytes(), &mut findings);
    let firmware = "4.40 0x8001c7d4 1.3534.0".to_owned(); // a tab would end the column
    assert_eq!(
        drivers,
        BTreeMap::from([(name, DriverInfo { firmware, ..info })])
    );
    assert_eq!(findings.len(), 2);
}

#[test]
fn firmware_that_is_not_told_is_none() {
    let info = DriverInfo {
        driver: "virtio_net".to_owned(),
        firmware: "N/A".to_owned(),
        ..DriverInfo::default()
    };
    let mut facts = PortFacts::default();
    info.fill(&mut facts);
    assert_eq!(
        (facts.driver, facts.firmware),
        (Some("virtio_net".into()), None)
    );
}
