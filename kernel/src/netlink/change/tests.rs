//! Messages as they are sent, byte by byte, and as they are read back; what no driver here can do
//! (link state, GUIDs, 802.1ad) is judged by its bytes.

use proptest::prelude::*;

use colvin_model::{IfIndex, IfName, LinkAddress, MacAddr};

use super::facts::{self, family_kind};
use super::new_link::{self, IpvlanFlag, IpvlanMode};
use super::*;
use crate::netlink::vf::{VfLinkState, VfSettings};
use crate::netlink::wire::{Attribute, Attributes, Messages};

const MAC: MacAddr = MacAddr::new([2, 0, 0, 0, 0, 9]);

fn pf() -> IfIndex {
    IfIndex::new(4).unwrap()
}

/// The attributes in what a change of VF 3 sends, as (kind, bytes).
fn sent(change: &VfChange) -> Vec<(u16, Vec<u8>)> {
    let bytes = change.request(pf(), 3).encode(1);
    let message = Messages::new(&bytes).next().unwrap().unwrap();
    assert_eq!(
        (message.kind, message.flags),
        (19, 5),
        "RTM_SETLINK, request with answer"
    );
    assert_eq!(
        message.payload[..16],
        [0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    );
    let mut all = Attributes::after(message.payload, 16);
    let list = all.next().unwrap();
    assert_eq!(
        (list.kind, all.next()),
        (22, None),
        "IFLA_VFINFO_LIST alone"
    );
    let info = list.nested().next().unwrap();
    assert_eq!(info.kind, 1, "IFLA_VF_INFO");
    let each = |attribute: Attribute<'_>| (attribute.kind, attribute.value.to_vec());
    info.nested().map(each).collect()
}

#[test]
fn the_link_state_of_a_vf_is_told_as_the_kernel_has_it() {
    for (state, number) in [
        (VfLinkState::Auto, 0),
        (VfLinkState::Enable, 1),
        (VfLinkState::Disable, 2),
    ] {
        let change = VfChange {
            link_state: Some(state),
            ..VfChange::default()
        };
        let expected = vec![(
            5, // IFLA_VF_LINK_STATE
            vec![
                3, 0, 0, 0, // the VF's number
                number, 0, 0, 0, // the state
            ],
        )];
        assert_eq!(sent(&change), expected, "{state:?}");
    }
}

#[test]
fn guids_stand_behind_a_gap() {
    let change = VfChange {
        node_guid: Some(0x0807_0605_0403_0201),
        port_guid: Some(u64::MAX),
        ..VfChange::default()
    };
    let node = vec![3, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    let port = [[3, 0, 0, 0, 0, 0, 0, 0], [0xff; 8]].concat();
    assert_eq!(sent(&change), [(10, node), (11, port)]);
}

#[test]
fn a_plain_tag_needs_no_list_and_a_service_tag_does() {
    let vlan = |protocol| VfChange {
        vlan: Some(VfVlan {
            id: Some(100.try_into().unwrap()),
            qos: 5,
            protocol,
        }),
        ..VfChange::default()
    };
    let plain = vec![3, 0, 0, 0, 100, 0, 0, 0, 5, 0, 0, 0];
    assert_eq!(sent(&vlan(VlanProtocol::Dot1q)), [(2, plain.clone())]);
    let service = [
        &[20, 0, 1, 0][..], // IFLA_VF_VLAN_INFO, 20 bytes
        &plain,
        &[0x88, 0xa8, 0, 0], // the EtherType in network order, and two bytes to fill up
    ]
    .concat();
    assert_eq!(sent(&vlan(VlanProtocol::Dot1ad)), [(12, service)]);
    let none = VfChange {
        vlan: Some(VfVlan::default()),
        ..VfChange::default()
    };
    assert_eq!(sent(&none), [(2, vec![3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])]);
}

#[test]
fn the_rest_of_a_vf_goes_into_the_same_message() {
    let change = VfChange {
        address: Some(LinkAddress::Ethernet(MAC)),
        rates: Some(VfRates {
            min_mbps: 10,
            max_mbps: 200,
        }),
        spoof_check: Some(false),
        trust: Some(true),
        rss_query: Some(true),
        ..VfChange::default()
    };
    let mut mac = vec![3, 0, 0, 0, 2, 0, 0, 0, 0, 9];
    mac.resize(36, 0);
    let expected = [
        (1, mac),
        (6, vec![3, 0, 0, 0, 10, 0, 0, 0, 200, 0, 0, 0]),
        (4, vec![3, 0, 0, 0, 0, 0, 0, 0]),
        (7, vec![3, 0, 0, 0, 1, 0, 0, 0]),
        (9, vec![3, 0, 0, 0, 1, 0, 0, 0]),
    ];
    assert_eq!(sent(&change), expected);
    assert_eq!(
        change.words(pf(), 3),
        "set VF 3 of link 4: address 02:00:00:00:00:09, rates 10 to 200 Mb/s, spoof check off, \
         trust on, RSS query on"
    );
}

/// A PF's message with the VFs that are given, as the kernel answers a question.
fn told(count: u32, vfs: &[u32], state: VfLinkState) -> Vec<u8> {
    let answer = Request::get(libc::RTM_NEWLINK, &link::header(Some(pf()), (0, 0)));
    let answer = answer.with(libc::IFLA_NUM_VF, &count.to_ne_bytes());
    let answer = answer.with_nested(libc::IFLA_VFINFO_LIST, |mut list| {
        for number in vfs {
            let change = VfChange {
                address: Some(LinkAddress::Ethernet(MAC)),
                link_state: Some(state),
                node_guid: Some(7),
                ..VfChange::default()
            };
            list = list.with_nested(1, |info| change.fill(*number, info));
        }
        list
    });
    answer.encode(1)
}

#[test]
fn a_recorded_link_state_is_read_of_the_vf_that_was_asked_for() {
    for state in [VfLinkState::Auto, VfLinkState::Enable, VfLinkState::Disable] {
        let bytes = told(3, &[0, 1, 2], state);
        let message = Messages::new(&bytes).next().unwrap().unwrap();
        let mut list = crate::netlink::vf::decode(message);
        let expected = VfSettings {
            address: Some(LinkAddress::Ethernet(MAC)),
            link_state: Some(state),
            node_guid: Some(7),
            ..VfSettings::default()
        };
        assert_eq!(vf::one(&mut list, pf(), 1).unwrap(), Some(expected));
        assert_eq!(vf::one(&mut list, pf(), 3).unwrap(), None, "there is none");
    }
}

#[test]
fn a_vf_that_does_not_fit_into_the_list_is_not_a_vf_that_is_not_there() {
    let bytes = told(300, &[0, 1, 2], VfLinkState::Auto);
    let message = Messages::new(&bytes).next().unwrap().unwrap();
    let mut list = crate::netlink::vf::decode(message);
    let error = vf::one(&mut list, pf(), 3).unwrap_err();
    assert!(
        matches!(error, ChangeError::VfsCut { vf: 3, .. }),
        "{error:?}"
    );
    let error = ChangeError::VfsCut { pf: pf(), vf: 3 };
    assert_eq!(
        error.to_string(),
        "the kernel's list of the VFs of link 4 is cut before VF 3"
    );
}

fn kinds() -> impl Strategy<Value = LinkKind> {
    let macvlans: Vec<_> = MacvlanMode::all().collect();
    let queue = proptest::option::of(any::<u32>());
    let macvlan = (proptest::sample::select(macvlans), queue)
        .prop_map(|(mode, bc_queue_len)| LinkKind::Macvlan { mode, bc_queue_len });
    let modes: Vec<_> = IpvlanMode::all().collect();
    let flags: Vec<_> = IpvlanFlag::all().collect();
    let ipvlan = (
        proptest::sample::select(modes),
        proptest::sample::select(flags),
    )
        .prop_map(|(mode, flag)| LinkKind::Ipvlan { mode, flag });
    let protocols: Vec<_> = VlanProtocol::all().collect();
    let vlan = (1_u16..4095, proptest::sample::select(protocols)).prop_map(|(id, protocol)| {
        LinkKind::Vlan {
            id: id.try_into().unwrap(),
            protocol,
        }
    });
    prop_oneof![macvlan, ipvlan, vlan]
}

/// The message of a link of this kind.
fn link_of(kind: LinkKind) -> Request {
    Request::get(libc::RTM_NEWLINK, &link::header(Some(pf()), (0, 0)))
        .with_text(libc::IFLA_IFNAME, "net1")
        .with_nested(libc::IFLA_LINKINFO, |info| new_link::info(kind, info))
}

proptest! {
    #[test]
    fn options_of_a_child_are_read_as_they_are_written(kind in kinds()) {
        let bytes = link_of(kind).encode(1);
        let message = Messages::new(&bytes).next().unwrap().unwrap();
        prop_assert_eq!(facts::decode(message).unwrap().child, Some(kind));
    }

    #[test]
    fn any_message_is_read_without_panic(kind: u16, payload: Vec<u8>) {
        let bytes = Request::get(kind, &payload).encode(1);
        let message = Messages::new(&bytes).next().unwrap().unwrap();
        facts::decode(message);
        address::decode(message);
        route::decode(message);
    }

    #[test]
    fn any_attributes_of_a_link_are_read_without_panic(
        attributes in proptest::collection::vec((0_u16..70, any::<Vec<u8>>()), 0..8),
    ) {
        let name: IfName = "net1".parse().unwrap();
        let mut request = Request::get(libc::RTM_NEWLINK, &link::header(Some(pf()), (0, 0)))
            .with_text(libc::IFLA_IFNAME, name.as_str());
        for (kind, value) in &attributes {
            request = request.with(*kind, value);
        }
        let bytes = request.encode(1);
        facts::decode(Messages::new(&bytes).next().unwrap().unwrap());
    }
}

#[test]
fn words_of_users_are_the_kernels() {
    let words = |all: Vec<String>| all.join(" ");
    let shown = words(MacvlanMode::all().map(|mode| mode.to_string()).collect());
    assert_eq!(shown, "private vepa bridge passthru");
    let shown = words(IpvlanMode::all().map(|mode| mode.to_string()).collect());
    assert_eq!(shown, "l2 l3 l3s");
    let shown = words(
        VlanProtocol::all()
            .map(|protocol| protocol.to_string())
            .collect(),
    );
    assert_eq!(shown, "802.1q 802.1ad");
    for mode in MacvlanMode::all() {
        assert_eq!(MacvlanMode::of_word(&mode.to_string()), Some(mode));
    }
    assert_eq!(MacvlanMode::of_word("bridged"), None);
    assert_eq!(VlanProtocol::of_ether_type(0x9100), None);
}

#[test]
fn what_is_of_another_kind_is_no_child() {
    let answer = |kind: &str| {
        Request::get(libc::RTM_NEWLINK, &link::header(Some(pf()), (0, 0)))
            .with_text(libc::IFLA_IFNAME, "net1")
            .with_nested(libc::IFLA_LINKINFO, |info| {
                info.with_text(libc::IFLA_INFO_KIND, kind)
                    .with_nested(libc::IFLA_INFO_DATA, |data| data.with(1, &[0xff; 4]))
            })
            .with_nested(libc::IFLA_AF_SPEC, |families| {
                families.with_nested(family_kind(libc::AF_INET6), |inet6| inet6.with(8, &[9]))
            })
            .encode(1)
    };
    for kind in ["veth", "macvlan", "ipvlan", "vlan", ""] {
        let bytes = answer(kind);
        let message = Messages::new(&bytes).next().unwrap().unwrap();
        let facts = facts::decode(message).unwrap();
        assert_eq!(
            (facts.child, facts.address_generation),
            (None, None),
            "{kind}"
        );
        assert_eq!(facts.link.name.as_str(), "net1");
    }
}
