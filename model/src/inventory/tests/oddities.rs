//! What is odd is found, and what is not is left alone.

use super::*;

#[test]
fn disc_14_a_pf_without_a_kernel_driver_is_a_finding() {
    for driver in [None, Some(Symbol::from("vfio-pci"))] {
        let function = PciFunction {
            driver,
            ..pf("0000:3b:00.0", 0)
        };
        let inventory = Inventory::of(&observations(vec![function], vec![]));
        assert_eq!(inventory.uplinks[0].state, LinkState::Unknown);
        assert_eq!(inventory.findings[0].reason, FindingReason::NoKernelDriver);
        assert_eq!(
            inventory.findings[0].subject,
            Subject::Function(at("0000:3b:00.0"))
        );
    }
}

#[test]
fn disc_03_a_vf_in_the_wrong_place_is_a_finding() {
    let mut owner = pf("0000:3b:00.0", 2);
    if let Role::Physical { sriov: Some(sriov) } = &mut owner.role {
        sriov.virtfn = BTreeMap::from([(0, at("0000:3b:00.2")), (1, at("0000:3b:00.5"))]);
    }
    let seen = observations(vec![owner, vf("0000:3b:00.2", "0000:3b:00.0")], vec![]);
    let found = Inventory::of(&seen).findings;
    assert!(
        found
            .iter()
            .any(|f| f.reason == FindingReason::VfIndexMismatch && f.message.contains("virtfn1"))
    );
}

#[test]
fn disc_03_the_first_vf_without_an_index_is_named_by_its_own_pf_only() {
    let (near, far) = (pf("0000:3b:00.0", 1), pf("0000:3c:00.0", 0));
    let vfs =
        ["0000:3b:00.2", "0000:3a:00.3", "0000:3a:00.2"].map(|vf_at| vf(vf_at, "0000:3b:00.0"));
    let functions = [near, far].into_iter().chain(vfs).collect();
    let inventory = Inventory::of(&observations(functions, vec![]));
    let mut found = inventory.findings.iter();
    let stray = found.rfind(|found| found.reason == FindingReason::VfIndexMismatch);
    let stray = stray.unwrap();
    assert!(stray.message.starts_with("0000:3a:00.2 names this PF"));
    assert_eq!(stray.subject, Subject::Function(at("0000:3b:00.0")));
    assert!(found.all(|found| found.reason != FindingReason::VfIndexMismatch));
    assert_eq!(inventory.uplinks[0].virtual_functions.len(), 1);
}

#[test]
fn lldp_15_a_neighbour_of_an_earlier_run_contends_with_nobody() {
    let mut seen = observations(
        vec![pf("0000:3b:00.0", 0)],
        vec![link(2, "ens2", Some("0000:3b:00.0"))],
    );
    let remembered = Neighbor {
        stale: true,
        ..neighbor("leaf-1")
    };
    let index = IfIndex::new(2).unwrap();
    seen.neighbors
        .insert(index, vec![remembered, neighbor("leaf-2")]);
    assert_eq!(Inventory::of(&seen).findings, []);
    seen.neighbors
        .insert(index, vec![neighbor("leaf-1"), neighbor("leaf-2")]);
    let found = Inventory::of(&seen).findings;
    assert_eq!(found[0].reason, FindingReason::AmbiguousNeighbor);
}

#[test]
fn what_is_odd_is_said_once_and_with_a_remedy() {
    let narrow = SlotLink {
        card_lanes: 8,
        slot_lanes: 4,
        card_mega_transfers: None,
        slot_mega_transfers: None,
    };
    let function = PciFunction {
        slot: Some(narrow),
        ..pf("0000:3b:00.0", 0)
    };
    let jumbo = Link {
        mtu_bytes: 9000,
        ..link(2, "ens2", Some("0000:3b:00.0"))
    };
    let mut seen = observations(vec![function], vec![jumbo]);
    let small = Neighbor {
        max_frame_bytes: Some(1522),
        ..neighbor("leaf-1")
    };
    seen.neighbors.insert(
        IfIndex::new(2).unwrap(),
        vec![
            small.clone(),
            Neighbor {
                system_name: None,
                ..small
            },
        ],
    );
    let inventory = Inventory::of(&seen);
    let reasons: Vec<_> = inventory
        .findings
        .iter()
        .map(|found| found.reason)
        .collect();
    let twice = [
        FindingReason::AmbiguousNeighbor,
        FindingReason::MtuMismatch,
        FindingReason::NarrowSlot,
    ];
    assert_eq!(reasons, twice);
    assert_eq!(inventory.findings_of(&inventory.uplinks[0]).count(), 3);
    assert_eq!(
        inventory.uplink_at(at("0000:3b:00.0")).unwrap().id,
        UplinkId::Function(at("0000:3b:00.0"))
    );
}
