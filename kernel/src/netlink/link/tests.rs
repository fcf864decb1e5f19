//! Links from made messages: whole, cut, with bits flipped, and with what no host here has.

use std::collections::BTreeMap;

use colvin_model::observation::{BondMember, Carrier, LinkParent, OperState};
use colvin_model::{LinkAddress, MacAddr, PciAddress};
use proptest::prelude::*;

use super::*;
use crate::netlink::dump::replay;

const ETHERNET: u16 = 1;

/// A link message with this index and name, up, to be continued with attributes.
fn message(index: u32, name: &str) -> Request {
    let mut header = vec![0, 0];
    header.extend(ETHERNET.to_ne_bytes());
    header.extend(index.to_ne_bytes());
    header.extend(1_u32.to_ne_bytes()); // IFF_UP
    header.extend([0; 4]);
    Request::get(libc::RTM_NEWLINK, &header).with_text(libc::IFLA_IFNAME, name)
}

fn decode(bytes: &[u8]) -> (BTreeMap<IfIndex, Link>, Vec<Finding>) {
    let (links, _) = replay(bytes, Links::default(), Links::take);
    let mut findings = Vec::new();
    (links.finish(&mut findings), findings)
}

fn index(number: u32) -> IfIndex {
    IfIndex::new(number).unwrap()
}

/// An uplink in switchdev mode, as mlx5 shows it.
fn uplink() -> Vec<u8> {
    message(7, "ens2f0np0")
        .with(libc::IFLA_ADDRESS, &[2, 0, 0, 0, 0, 7])
        .with(libc::IFLA_PERM_ADDRESS, &[2, 0, 0, 0, 0, 8])
        .with(libc::IFLA_MTU, &9000_u32.to_ne_bytes())
        .with(libc::IFLA_MASTER, &9_u32.to_ne_bytes())
        .with(libc::IFLA_OPERSTATE, &[6])
        .with(libc::IFLA_CARRIER, &[1])
        .with_text(libc::IFLA_IFALIAS, "to the left leaf")
        .with(libc::IFLA_PHYS_SWITCH_ID, &[0xab, 0xcd])
        .with_text(libc::IFLA_PHYS_PORT_NAME, "p0")
        .with_text(libc::IFLA_PARENT_DEV_NAME, "0000:3b:00.0")
        .with_text(libc::IFLA_PARENT_DEV_BUS_NAME, "pci")
        .with_nested(libc::IFLA_PROP_LIST, |list| {
            list.with_text(libc::IFLA_ALT_IFNAME, "enp59s0f0np0")
                .with_text(libc::IFLA_ALT_IFNAME, "uplink-left")
        })
        .encode(0)
}

fn expected_uplink() -> Link {
    Link {
        index: index(7),
        name: "ens2f0np0".parse().unwrap(),
        alt_names: vec!["enp59s0f0np0".into(), "uplink-left".into()],
        alias: Some("to the left leaf".into()),
        hardware_type: ETHERNET,
        address: Some(LinkAddress::Ethernet(MacAddr::new([2, 0, 0, 0, 0, 7]))),
        permanent_address: Some(LinkAddress::Ethernet(MacAddr::new([2, 0, 0, 0, 0, 8]))),
        mtu_bytes: 9000,
        admin_up: true,
        carrier: Carrier::Up,
        oper_state: OperState::Up,
        master: Some(index(9)),
        lower: None,
        kind: None,
        parent: Some(LinkParent {
            bus: "pci".into(),
            name: "0000:3b:00.0".into(),
        }),
        function: Some("0000:3b:00.0".parse::<PciAddress>().unwrap()),
        switch_id: Some([0xab, 0xcd].into()),
        port_name: Some("p0".into()),
        bond: None,
    }
}

#[test]
fn disc_16_one_message_has_all_of_a_link() {
    let (links, findings) = decode(&uplink());
    assert_eq!(links, BTreeMap::from([(index(7), expected_uplink())]));
    assert_eq!(findings, []);
}

#[test]
fn disc_16_the_inventory_asks_for_neither_vfs_nor_counters() {
    let bytes = dump_request().encode(1);
    let mask = Attributes::after(&bytes[16..], HEADER_BYTES).find(libc::IFLA_EXT_MASK);
    assert_eq!(mask.unwrap().u32(), Some(8)); // RTEXT_FILTER_SKIP_STATS, not RTEXT_FILTER_VF
}

#[test]
fn disc_19_an_unknown_attribute_is_skipped_and_not_the_message() {
    let mut request = message(7, "ens2f0np0");
    for kind in 200..1200 {
        request = request.with(kind, &[0xff; 3]);
    }
    let bytes = request
        .with_nested(libc::IFLA_LINKINFO, |info| {
            info.with_text(libc::IFLA_INFO_KIND, "vxlan")
                .with(libc::IFLA_INFO_DATA, &[1, 0]) // shorter than any attribute
                .with(99, &[1])
        })
        .with(libc::IFLA_MTU, &1500_u32.to_ne_bytes())
        .encode(0);
    let (links, findings) = decode(&bytes);
    assert_eq!(links[&index(7)].mtu_bytes, 1500);
    assert_eq!(links[&index(7)].kind, Some("vxlan".into()));
    assert_eq!(findings, []);
}

#[test]
fn disc_19_what_does_not_decode_is_a_finding_and_the_rest_stands() {
    let mut bytes = message(1, "lo").encode(0);
    bytes.extend(Request::get(libc::RTM_NEWLINK, &[0; 8]).encode(0)); // half a header
    bytes.extend(message(2, "bad name").encode(0));
    let odd = message(3, "eth3").with(libc::IFLA_MTU, &[1, 2]); // an MTU of two bytes
    bytes.extend(odd.with(libc::IFLA_CARRIER, &[1]).encode(0));
    let (links, findings) = decode(&bytes);
    assert_eq!(links.keys().map(|i| i.get()).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(links[&index(3)].carrier, Carrier::Up);
    let messages: Vec<_> = findings.iter().map(|f| f.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "a message about a link has no whole header",
            "the message about link 2 has no name that is text; the link is left out",
            "attribute 4 of the link has an impossible value; the rest of it stands",
        ]
    );
    let reason = FindingReason::UndecodableMessage;
    assert!(findings.iter().all(|finding| finding.reason == reason));
}

#[test]
fn disc_19_a_message_cut_anywhere_gives_a_link_or_a_finding() {
    let whole = uplink();
    for end in 16..whole.len() {
        let mut bytes = whole[..end].to_vec();
        bytes[..4].copy_from_slice(&u32::try_from(end).unwrap().to_ne_bytes());
        let (links, findings) = decode(&bytes);
        let is_whole = links.get(&index(7)) == Some(&expected_uplink());
        // cut between two attributes it is a shorter message, which nothing can tell
        assert!(!links.is_empty() || findings.len() == 1, "{end}");
        assert!(!is_whole || end + 4 > whole.len(), "{end}");
    }
}

#[test]
fn disc_18_a_hundred_alternative_names_and_a_message_over_64_kib_decode() {
    let name = |number: usize| format!("{number:0>127}");
    let with_names = |request: Request, names: std::ops::Range<usize>| {
        request.with_nested(libc::IFLA_PROP_LIST, |mut list| {
            for number in names {
                list = list.with_text(libc::IFLA_ALT_IFNAME, &name(number));
            }
            list
        })
    };
    let hundred = with_names(message(7, "eth7"), 0..100).encode(0);
    let (links, findings) = decode(&hundred);
    assert_eq!(links[&index(7)].alt_names.len(), 100);
    assert_eq!(findings, []);
    let lists = with_names(with_names(message(7, "eth7"), 0..400), 400..800).encode(0);
    assert!(lists.len() > 100_000);
    let (links, findings) = decode(&lists);
    assert_eq!(links[&index(7)].alt_names[799], *name(799));
    assert_eq!(findings, []);
}

#[test]
fn a_link_of_a_bridge_s_own_family_is_no_link() {
    let mut bytes = message(7, "eth7").encode(0);
    bytes[16] = 7; // AF_BRIDGE
    assert_eq!(decode(&bytes), (BTreeMap::new(), Vec::new()));
}

#[test]
fn the_link_below_counts_only_in_this_namespace_and_a_veth_stands_on_nothing() {
    let below = |kind: &str, elsewhere: bool| {
        let mut request = message(7, "m0").with(libc::IFLA_LINK, &4_u32.to_ne_bytes());
        if elsewhere {
            request = request.with(libc::IFLA_LINK_NETNSID, &0_u32.to_ne_bytes());
        }
        let bytes = request
            .with_nested(libc::IFLA_LINKINFO, |info| {
                info.with_text(libc::IFLA_INFO_KIND, kind)
            })
            .encode(0);
        decode(&bytes).0[&index(7)].lower
    };
    assert_eq!(below("macvlan", false), Some(index(4)));
    assert_eq!(below("macvlan", true), None);
    assert_eq!(below("veth", false), None);
}

#[test]
fn the_carrier_of_a_link_that_is_down_says_nothing() {
    let mut bytes = message(7, "eth7").with(libc::IFLA_CARRIER, &[1]).encode(0);
    bytes[24] = 0; // no IFF_UP
    let link = &decode(&bytes).0[&index(7)];
    assert_eq!((link.admin_up, link.carrier), (false, Carrier::Unknown));
}

#[test]
fn a_parent_that_is_no_pci_function_is_kept_as_it_is() {
    let bytes = message(7, "eth7")
        .with_text(libc::IFLA_PARENT_DEV_NAME, "virtio2")
        .with_text(libc::IFLA_PARENT_DEV_BUS_NAME, "virtio")
        .encode(0);
    let link = &decode(&bytes).0[&index(7)];
    assert_eq!(link.function, None);
    assert_eq!(link.parent.as_ref().unwrap().bus, "virtio");
}

fn bond_member(number: u32, name: &str, state: u8, aggregator: u16) -> Vec<u8> {
    message(number, name)
        .with(libc::IFLA_MASTER, &9_u32.to_ne_bytes())
        .with_nested(libc::IFLA_LINKINFO, |info| {
            info.with_text(libc::IFLA_INFO_SLAVE_KIND, "bond")
                .with_nested(libc::IFLA_INFO_SLAVE_DATA, |data| {
                    data.with(1, &[state]) // IFLA_BOND_SLAVE_STATE
                        .with(6, &aggregator.to_ne_bytes()) // IFLA_BOND_SLAVE_AD_AGGREGATOR_ID
                })
        })
        .encode(0)
}

#[test]
fn disc_16_a_bond_s_members_learn_their_partner_from_the_bond() {
    let mut bytes = bond_member(2, "eth2", 0, 1);
    bytes.extend(bond_member(3, "eth3", 1, 2));
    let bond = message(9, "bond0").with_nested(libc::IFLA_LINKINFO, |info| {
        info.with_text(libc::IFLA_INFO_KIND, "bond")
            .with_nested(libc::IFLA_INFO_DATA, |data| {
                data.with_nested(bond::AD_INFO, |info| {
                    info.with(1, &1_u16.to_ne_bytes()) // aggregator
                        .with(4, &33_u16.to_ne_bytes()) // the partner's key
                        .with(5, &[2, 0, 0, 0, 0, 0x99]) // the partner's address
                })
            })
    });
    bytes.extend(bond.encode(0));
    let (links, findings) = decode(&bytes);
    assert_eq!(findings, []);
    let in_the_active_aggregator = BondMember {
        active: Some(true),
        aggregator: Some(1),
        partner: LinkAddress::from_bytes(&[2, 0, 0, 0, 0, 0x99]),
        partner_key: Some(33),
    };
    assert_eq!(links[&index(2)].bond, Some(in_the_active_aggregator));
    let in_another = BondMember {
        active: Some(false),
        aggregator: Some(2),
        ..BondMember::default()
    };
    assert_eq!(links[&index(3)].bond, Some(in_another));
    assert_eq!(links[&index(9)].kind, Some("bond".into()));
}

proptest! {
    #[test]
    fn disc_19_flipped_bits_never_panic(flips in prop::collection::vec((16_usize..400, 0_u8..8), 1..6)) {
        let mut bytes = uplink();
        for (position, bit) in flips {
            let length = bytes.len();
            bytes[16 + position % (length - 16)] ^= 1 << bit;
        }
        let (links, findings) = decode(&bytes);
        prop_assert!(links.len() <= 1 && findings.len() <= 1);
    }

    #[test]
    fn disc_19_any_payload_never_panics(payload: Vec<u8>) {
        decode(&Request::get(libc::RTM_NEWLINK, &payload).encode(0));
    }
}
