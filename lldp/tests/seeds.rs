//! The fuzz targets' seeds keep the laws, and every kind of TLV has one.
#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "a test reads its own folder")]

#[path = "properties/laws.rs"]
mod laws;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use lldp_rs::{Frame, MAX_TLVS, Tlv};

fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/seeds")
        .join(target);
    let read = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        (name, fs::read(entry.path()).unwrap())
    };
    fs::read_dir(folder)
        .unwrap()
        .map(Result::unwrap)
        .map(read)
        .collect()
}

#[test]
fn lldp_10_every_seed_is_an_error_or_a_value() {
    for (_, bytes) in seeds("frame") {
        laws::walk(&bytes);
    }
    for (_, steps) in seeds("neighbors") {
        laws::hear(&steps);
    }
}

#[test]
fn every_kind_of_tlv_has_a_seed_and_one_seed_has_as_many_as_there_may_be() {
    let mut kinds = BTreeSet::new();
    let mut most = 0;
    for (_, bytes) in seeds("frame") {
        let Ok(frame) = Frame::decode(&bytes) else {
            continue;
        };
        most = most.max(frame.lldpdu().tlvs().count());
        kinds.extend(frame.lldpdu().tlvs().filter_map(|tlv| match tlv {
            Tlv::Organizational(known) if !tlv.is_unrecognized() => {
                Some((127, known.oui().0.last().copied().unwrap(), known.subtype()))
            }
            Tlv::Organizational(_) | Tlv::Reserved(_) => None,
            other => Some((other.kind(), 0, 0)),
        }));
    }
    assert_eq!(most, MAX_TLVS);
    let basic = (1..=8).map(|kind| (kind, 0, 0));
    let ieee8021 = [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13].map(|subtype| (127, 0xc2, subtype));
    let ieee8023 = [1, 2, 3, 4, 5, 7].map(|subtype| (127, 0x0f, subtype));
    let med = (1..=11).map(|subtype| (127, 0xbb, subtype));
    let vendors = [(127, 0x0d, 12), (127, 0x21, 2)];
    let expected: BTreeSet<_> = basic
        .chain(ieee8021)
        .chain(ieee8023)
        .chain(med)
        .chain(vendors)
        .collect();
    assert_eq!(kinds, expected);
}
