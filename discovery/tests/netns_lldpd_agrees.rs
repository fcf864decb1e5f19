//! Our decoder and lldpd's hear the same frame on the same wire, and say the same of it, field by field.
#![expect(clippy::unwrap_used, reason = "test")]

#[path = "netns_lldpd_agrees/json0.rs"]
mod json0;

use std::time::Duration;

use colvin_discovery::source::lldp::neighbor_of;
use colvin_kernel::packet::{FRAME_BYTES, Listen, LldpSocket};
use colvin_model::IfIndex;
use colvin_testkit::netns::Netns;
use colvin_testkit::switch::{MED, Port, Switch, SwitchConfig, everything};
use colvin_testkit::vm::{Bench, default_cache};
use colvin_testkit::wait::try_wait_for;
use lldp_rs::Frame;
use serde_json::Value;

/// TLVs that lldpd hears, shows, and sends of its own accord only on interfaces of other kinds.
const CUSTOM: [&str; 5] = [
    "oui 00,12,0f subtype 4 oui-info 24,00", // largest frame 9216
    "oui 00,12,0f subtype 3 oui-info 03,00,00,00,2a", // aggregated, port 42
    "oui 00,80,c2 subtype 2 oui-info 06,00,78", // protocol VLAN 120, capable and enabled
    "oui 00,80,c2 subtype 4 oui-info 02,88,8e", // protocol identity: 802.1X
    "oui 00,80,c2 subtype 3 oui-info 00,6f,04,62,6c,75,65", // VLAN 111 "blue"
];

/// The bytes that only the last TLV has.
const LAST: &[u8] = b"\x00\x6f\x04blue";

/// A frame with every TLV that lldpd can send, as it was on the wire, and what another lldpd says of it.
fn heard_by_both() -> (Vec<u8>, Value) {
    let bench = Bench::prepare_switches(&default_cache()).unwrap();
    let netns = Netns::new().unwrap();
    netns.ip("link add a1 up type veth peer name a2").unwrap();
    netns.ip("link set a2 up").unwrap();
    let port = Port::new("a1", "Ethernet1/7", "green bay 7").vlan(110, "green");
    let mut config = SwitchConfig::leaf(1).port(port);
    config.flags = MED.map(ToOwned::to_owned).to_vec();
    let talker = Switch::start(&bench, &netns, &config).unwrap();
    let custom = CUSTOM.map(|tlv| format!("configure ports a1 lldp custom-tlv add {tlv}"));
    let custom = custom
        .iter()
        .map(|line| line.split(' ').map(ToOwned::to_owned).collect());
    for line in everything("a1").into_iter().chain(custom) {
        let line: Vec<String> = line;
        let words: Vec<&str> = line.iter().map(String::as_str).collect();
        talker.lldpcli(&words).unwrap();
    }
    let index = IfIndex::new(netns.ifindex("a2").unwrap()).unwrap();
    let socket = netns
        .run(|| LldpSocket::open(index, Listen::Bound))
        .unwrap()
        .unwrap();
    let listener = SwitchConfig::leaf(2).port(Port::new("a2", "2", "listener"));
    let listener = Switch::start(&bench, &netns, &listener).unwrap();
    let mut frame = Vec::new();
    let both = try_wait_for(
        "the frame with the last TLV",
        Duration::from_secs(20),
        || {
            let mut buffer = [0; FRAME_BYTES];
            while let Some(received) = socket.recv(&mut buffer)? {
                frame = received.frame.to_vec();
            }
            let said = listener.lldpcli(&["-f", "json0", "show", "neighbors", "details"])?;
            let whole = frame.windows(LAST.len()).any(|bytes| bytes == LAST);
            Ok((whole && said.contains("blue")).then_some(said))
        },
    );
    let said: Value = serde_json::from_str(&both.unwrap()).unwrap();
    (frame, said.pointer("/lldp/0/interface/0").unwrap().clone())
}

#[test]
#[ignore = "netns"]
fn our_decoder_agrees_with_lldpd_on_a_frame_with_every_tlv_it_can_send() {
    let (bytes, mut said) = heard_by_both();
    let frame = Frame::decode(&bytes).unwrap();
    let lldpdu = frame.lldpdu();
    assert_eq!(lldpdu.counts().malformed, 0);

    // what is lldpd's own view of the wire, not the frame's
    let own = said.as_object_mut().unwrap();
    for key in ["name", "via", "rid", "age"] {
        assert!(own.remove(key).is_some(), "{key}");
    }
    // the power that MED and 802.3 speak of is told apart by the decoder, so both must be there
    assert_eq!(json0::of(lldpdu), said);

    let neighbor = neighbor_of(lldpdu, frame.source()).unwrap();
    let text = |path: &str| {
        said.pointer(path)
            .and_then(Value::as_str)
            .unwrap()
            .to_owned()
    };
    assert_eq!(neighbor.chassis_id.as_str(), text("/chassis/0/id/0/value"));
    assert_eq!(neighbor.port_id.as_str(), text("/port/0/id/0/value"));
    assert_eq!(
        neighbor.port_description.unwrap().as_str(),
        text("/port/0/descr/0/value")
    );
    assert_eq!(
        neighbor.system_name.unwrap().as_str(),
        text("/chassis/0/name/0/value")
    );
    assert_eq!(
        neighbor.system_description.unwrap().as_str(),
        text("/chassis/0/descr/0/value")
    );
    assert_eq!(neighbor.vlan.unwrap().to_string(), text("/vlan/0/vlan-id"));
    let vlans: Vec<String> = neighbor
        .vlans
        .iter()
        .map(|vlan| vlan.id.to_string())
        .collect();
    assert_eq!(vlans, [text("/vlan/0/vlan-id"), text("/vlan/1/vlan-id")]);
    assert_eq!(
        neighbor.management_addresses[0].to_string(),
        text("/chassis/0/mgmt-ip/0/value")
    );
    assert_eq!(
        neighbor.max_frame_bytes.unwrap().to_string(),
        text("/port/0/mfs/0/value")
    );
    assert_eq!(
        neighbor.aggregation_port.unwrap().to_string(),
        text("/port/0/aggregation/0/value")
    );
    let capabilities: Vec<_> = neighbor
        .capabilities
        .iter()
        .map(|capability| capability.as_str())
        .collect();
    assert_eq!(capabilities, ["Bridge", "Router"]);
}
