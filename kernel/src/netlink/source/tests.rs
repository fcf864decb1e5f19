//! Records of any content, and none at all, asked every question.

use std::collections::BTreeMap;

use colvin_model::IfIndex;
use proptest::prelude::*;

use super::*;
use crate::netlink::RECORD_FILES;

/// Asks every question; gives how many had an answer.
fn ask_all(netlink: &mut Netlink, findings: &mut Vec<Finding>) -> usize {
    let index = IfIndex::new(1).unwrap();
    let ports = BTreeMap::from([(index, "lo".parse().unwrap())]);
    let answers = [
        netlink.links(findings).unwrap().is_some(),
        netlink.link(index, findings).unwrap().is_some(),
        netlink.link_named("lo", findings).unwrap().is_some(),
        netlink.vfs(index, findings).unwrap().is_some(),
        netlink.addresses(findings).unwrap().is_some(),
        netlink.ports(&ports, findings).unwrap().is_some(),
        netlink.devlink(|_| true, findings).unwrap().is_some(),
        netlink.devlink_ports(findings).unwrap().is_some(),
        netlink.rdma(findings).unwrap().is_some(),
    ];
    answers.iter().filter(|answered| **answered).count()
}

/// An attribute of any kind, mostly with a length that is right, so that what is inside is read.
fn attribute() -> impl Strategy<Value = Vec<u8>> {
    let inner = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..12),
        Just(b"pci\0".to_vec()),
        Just(vec![8, 0, 1, 0, 7, 0, 0, 0]),
    ];
    (0_u16..110, inner).prop_map(|(kind, value)| {
        let whole = Request::get(0, &[]).with(kind, &value).encode(0);
        whole[16..].to_vec()
    })
}

#[test]
fn an_empty_record_answers_nothing_and_has_no_findings() {
    let root = tempfile::tempdir().unwrap();
    let mut findings = Vec::new();
    let answered = ask_all(&mut Netlink::recorded(root.path()), &mut findings);
    assert_eq!((answered, findings), (0, Vec::new()));
}

#[test]
fn this_machine_answers_without_any_right() {
    let mut findings = Vec::new();
    let mut netlink = Netlink::live().unwrap();
    let links = netlink.links(&mut findings).unwrap().unwrap();
    let lo = links.values().find(|link| link.name.as_str() == "lo");
    let lo = lo.unwrap();
    assert_eq!(lo.hardware_type, 772);
    assert_eq!(
        netlink.link(lo.index, &mut findings).unwrap().as_ref(),
        Some(lo)
    );
    assert!(netlink.addresses(&mut findings).unwrap().is_some());
    assert_eq!(findings, []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn disc_19_any_record_is_read_to_its_end(
        messages in prop::collection::vec(
            (
                prop_oneof![Just(16_u16), Just(20), Just(24), Just(5121), any::<u16>()],
                prop::collection::vec(any::<u8>(), 0..5),
                prop::collection::vec(attribute(), 0..8),
            ),
            0..4,
        ),
        rest in prop::collection::vec(any::<u8>(), 0..24),
    ) {
        let mut bytes = Vec::new();
        for (kind, fixed, attributes) in messages {
            let payload = [fixed, attributes.concat()].concat();
            bytes.extend(Request::get(kind, &payload).encode(0));
        }
        bytes.extend(rest);
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("netlink")).unwrap();
        for name in RECORD_FILES {
            std::fs::write(root.path().join("netlink").join(name), &bytes).unwrap();
        }
        ask_all(&mut Netlink::recorded(root.path()), &mut Vec::new());
    }
}
