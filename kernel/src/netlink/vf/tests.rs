//! VF lists as kernels make them: whole, empty, cut, and with a length that has wrapped around.

use proptest::prelude::*;

use super::*;
use crate::netlink::wire::{Messages, Request};

fn setting(vf: u32, values: &[u32]) -> Vec<u8> {
    let words = std::iter::once(&vf).chain(values);
    words.flat_map(|word| word.to_ne_bytes()).collect()
}

/// A `struct ifla_vf_guid`, with the gap before its 64 bits.
fn guid(vf: u32, guid: u64) -> Vec<u8> {
    let mut bytes = setting(vf, &[0]);
    bytes.extend(guid.to_ne_bytes());
    bytes
}

/// One `IFLA_VF_INFO`, as `rtnl_fill_vfinfo` orders it.
fn info(list: Request, vf: u32) -> Request {
    let mut mac = setting(vf, &[]);
    mac.extend([2, 0, 0, 0, 1, u8::try_from(vf % 256).unwrap()]);
    mac.resize(36, 0);
    let mut tag = setting(vf, &[100, 3]);
    tag.extend(0x88a8_u16.to_be_bytes());
    tag.extend([0; 2]);
    list.with_nested(VF_INFO, |info| {
        info.with(1, &mac)
            .with(13, &[0xff; 32]) // IFLA_VF_BROADCAST
            .with(2, &setting(vf, &[100, 3])) // IFLA_VF_VLAN
            .with(6, &setting(vf, &[10, 200])) // IFLA_VF_RATE
            .with(3, &setting(vf, &[200])) // IFLA_VF_TX_RATE
            .with(4, &setting(vf, &[1])) // IFLA_VF_SPOOFCHK
            .with(5, &setting(vf, &[2])) // IFLA_VF_LINK_STATE
            .with(7, &setting(vf, &[0])) // IFLA_VF_RSS_QUERY_EN
            .with(9, &setting(vf, &[u32::MAX])) // IFLA_VF_TRUST: not told
            .with(10, &guid(vf, 0x0202_02ff_fe02_0202)) // IFLA_VF_IB_NODE_GUID
            .with(11, &guid(vf, 7)) // IFLA_VF_IB_PORT_GUID
            .with_nested(12, |list| list.with(1, &tag)) // IFLA_VF_VLAN_LIST
    })
}

fn expected(vf: u32) -> VfSettings {
    VfSettings {
        address: LinkAddress::from_bytes(&[2, 0, 0, 0, 1, u8::try_from(vf % 256).unwrap()]),
        vlan: Some(100.try_into().unwrap()),
        qos: 3,
        vlan_protocol: Some(0x88a8),
        spoof_check: Some(true),
        trust: None,
        link_state: Some(VfLinkState::Disable),
        min_rate_mbps: Some(10),
        max_rate_mbps: Some(200),
        rss_query: Some(false),
        node_guid: Some(0x0202_02ff_fe02_0202),
        port_guid: Some(7),
    }
}

/// A PF's message with so many VFs. A list that is too long gets the length that older kernels give
/// it: what is left of it in 16 bits.
fn message(count: u32) -> Vec<u8> {
    let whole = Request::get(libc::RTM_NEWLINK, &[0; HEADER_BYTES])
        .with(libc::IFLA_NUM_VF, &count.to_ne_bytes())
        .with_nested(libc::IFLA_VFINFO_LIST, |mut list| {
            for vf in 0..count {
                list = info(list, vf);
            }
            list
        })
        .with(libc::IFLA_VF_PORTS, &[]);
    let mut bytes = whole.encode(0);
    let list = 16 + HEADER_BYTES + 8;
    let length = bytes.len() - list - 4;
    let low = u16::try_from(length % 65_536).unwrap();
    bytes[list..list + 2].copy_from_slice(&low.to_ne_bytes());
    bytes
}

fn read(bytes: &[u8]) -> VfList {
    decode(Messages::new(bytes).next().unwrap().unwrap())
}

fn pf() -> IfIndex {
    IfIndex::new(4).unwrap()
}

#[test]
fn disc_17_sixteen_vfs_and_an_empty_list_are_read() {
    let list = read(&message(16));
    assert_eq!(list.vfs, (0..16).map(|vf| (vf, expected(vf))).collect());
    assert_eq!(list.finding(pf()), None);
    let list = read(&message(0));
    assert_eq!((list.vfs.len(), list.finding(pf())), (0, None));
}

#[test]
fn disc_17_three_hundred_vfs_are_read_though_their_list_s_length_wrapped() {
    let bytes = message(300);
    assert!(bytes.len() > 64 * 1024);
    let list = read(&bytes);
    assert_eq!(list.vfs, (0..300).map(|vf| (vf, expected(vf))).collect());
    assert_eq!(list.finding(pf()), None);
}

#[test]
fn disc_17_a_list_that_is_cut_keeps_what_decodes_and_says_so() {
    let whole = message(300);
    let one = (whole.len() - 48) / 300;
    for cut in [one / 2, 3 * one + 7, 280 * one] {
        let end = 44 + cut;
        let mut bytes = whole[..end].to_vec();
        bytes[..4].copy_from_slice(&u32::try_from(end).unwrap().to_ne_bytes());
        let list = read(&bytes);
        assert_eq!(list.vfs.len(), cut / one, "{cut}");
        let finding = list.finding(pf()).unwrap();
        let told = format!("{} of 300 can be read", cut / one);
        assert!(finding.message.ends_with(&told), "{}", finding.message);
    }
}

#[test]
fn disc_17_the_question_is_for_one_pf_with_vfs_and_without_counters() {
    let bytes = link::get_request_with(pf(), VFS_WITHOUT_STATS).encode(1);
    assert_eq!(u32_at(&bytes, 20), Some(4)); // ifi_index
    let mask = Attributes::new(&bytes[32..]).find(libc::IFLA_EXT_MASK);
    assert_eq!(mask.unwrap().u32(), Some(9));
}

#[test]
fn disc_17_a_list_that_the_kernel_cannot_send_is_reported_and_no_error() {
    let refused = |number| {
        Err(DumpError::Refused {
            what: "links",
            said: None,
            source: std::io::Error::from_raw_os_error(number),
        })
    };
    let mut findings = Vec::new();
    let answer = told(refused(libc::EMSGSIZE), pf(), &mut findings);
    assert_eq!((answer.unwrap(), findings.len()), (None, 1));
    assert!(
        findings[0]
            .message
            .contains("more VFs than the kernel can tell")
    );
    assert_eq!(
        told(refused(libc::ENODEV), pf(), &mut findings).unwrap(),
        None
    );
    assert!(told(refused(libc::EPERM), pf(), &mut findings).is_err());
    assert_eq!(findings.len(), 1);
}

#[test]
fn an_infiniband_address_has_twenty_bytes() {
    let mut value = vec![0; 4];
    value.extend([9; 20]);
    value.resize(36, 0);
    assert_eq!(address(&value), LinkAddress::from_bytes(&[9; 20]));
}

proptest! {
    #[test]
    fn disc_17_flipped_bits_never_panic(flips in prop::collection::vec((0_usize..1000, 0_u8..8), 1..6)) {
        let mut bytes = message(3);
        for (position, bit) in flips {
            let length = bytes.len();
            bytes[16 + position % (length - 16)] ^= 1 << bit;
        }
        read(&bytes);
    }
}
