//! Reports of frames with annotated bytes.

use super::*;

/// An LLDPDU with a known, an unknown and a malformed TLV.
#[rustfmt::skip]
const LLDPDU: &[u8] = &[
    0x02, 0x07, 0x04, 0x02, 0x00, 0x5e, 0x00, 0x53, 0x01, // chassis ID: MAC 02:00:5e:00:53:01
    0x04, 0x04, 0x05, b'E', 0x1b, b'1',                   // port ID: interface name with an escape
    0x06, 0x02, 0x00, 0x78,                               // TTL 120 s
    0xfe, 0x06, 0x00, 0x80, 0xc2, 0x01, 0x00, 0x6e,       // 802.1 port VLAN ID 110
    0xfe, 0x05, 0x00, 0x1c, 0x73, 0x09, 0xff,             // of a vendor
    0x0e, 0x01, 0x00,                                     // capabilities, cut off
    0x00, 0x00,                                           // end
];

#[test]
fn every_tlv_is_reported_with_its_raw_octets() {
    let lldpdu = Lldpdu::decode(LLDPDU).unwrap();
    let report = serde_json::to_value(tlvs(&lldpdu)).unwrap();
    let expected = serde_json::json!([
        {"type": 1, "name": "chassisId", "value": {"subtype": "mac", "id": "02:00:5e:00:53:01"}, "raw": "0402005e005301"},
        {"type": 2, "name": "portId", "value": {"subtype": "interfaceName", "id": "E\\u{1b}1"}, "raw": "05451b31"},
        {"type": 3, "name": "ttl", "value": {"seconds": 120}, "raw": "0078"},
        {"type": 127, "oui": "00-80-C2", "subtype": 1, "name": "portVlanId", "value": {"vlan": 110}, "raw": "0080c201006e"},
        {"type": 127, "oui": "00-1C-73", "subtype": 9, "name": "unknown", "raw": "001c7309ff"},
        {"type": 7, "name": "malformed", "value": {"error": "system capabilities needs 2 octets, 1 are left"}, "raw": "00"},
    ]);
    assert_eq!(report, expected);
}
