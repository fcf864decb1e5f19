//! Recorded machines, looked at as a whole.
#![expect(clippy::unwrap_used, reason = "test")]

use std::path::Path;
use std::time::Duration;

use colvin_discovery::{Dirty, Discovery};
use colvin_model::inventory::VfUse;
use colvin_model::{FindingReason, Inventory};
use colvin_testkit::machine::Machine;

fn look(root: &Path) -> Discovery {
    let mut discovery = Discovery::at_root(root).unwrap();
    // a real clock's time: a record does not age
    discovery.look_all(Duration::from_secs(1_000_000));
    discovery
}

fn inventory_of(name: &str) -> Inventory {
    let machine = Machine::unpack(name).unwrap();
    look(machine.path()).inventory().clone()
}

/// One line per uplink: id, netdev, driver, VFs present of total, bond.
fn lines(inventory: &Inventory) -> Vec<String> {
    let or = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let uplinks = inventory.uplinks.iter().map(|up| {
        let vfs = up
            .sriov()
            .map(|sriov| format!("{}/{}", up.virtual_functions.len(), sriov.total));
        format!(
            "{} {} {} {} {}",
            up.id,
            or(up.name().map(ToString::to_string)),
            or(up.driver().map(ToString::to_string)),
            or(vfs),
            or(up.bond.as_ref().map(ToString::to_string)),
        )
    });
    uplinks.collect()
}

fn reasons(inventory: &Inventory) -> Vec<FindingReason> {
    let mut reasons: Vec<_> = inventory
        .findings
        .iter()
        .map(|finding| finding.reason)
        .collect();
    reasons.sort();
    reasons.dedup();
    reasons
}

#[test]
fn a_card_whose_vfs_lie_between_one_another_has_each_under_its_own_pf() {
    let inventory = inventory_of("igb");
    assert_eq!(
        lines(&inventory),
        [
            "0000:01:00.0 enp1s0f0 igb 7/7 -",
            "0000:01:00.1 enp1s0f1 igb 0/7 -"
        ]
    );
    let vfs = &inventory.uplinks[0].virtual_functions;
    let shown: Vec<String> = vfs
        .iter()
        .map(|vf| format!("{} {}", vf.index, vf.address))
        .collect();
    assert_eq!(
        shown[..3],
        ["0 0000:01:10.0", "1 0000:01:10.2", "2 0000:01:10.4"]
    );
    assert!(vfs.iter().all(|vf| vf.usage == VfUse::Here));
    assert_eq!(reasons(&inventory), []);
}

#[test]
fn vfs_that_are_all_in_pods_stay_listed() {
    let inventory = inventory_of("vfs-in-pods");
    let vfs: Vec<_> = inventory
        .uplinks
        .iter()
        .flat_map(|up| &up.virtual_functions)
        .collect();
    assert!(!vfs.is_empty());
    assert!(vfs.iter().all(|vf| vf.usage != VfUse::HalfCreated));
    assert!(vfs.iter().any(|vf| vf.usage == VfUse::Elsewhere));
}

#[test]
fn disc_10_vfs_that_are_being_made_are_counted_and_named_as_such() {
    let inventory = inventory_of("half-created");
    let vfs = inventory
        .uplinks
        .iter()
        .flat_map(|up| &up.virtual_functions);
    assert!(vfs.filter(|vf| vf.usage == VfUse::HalfCreated).count() > 0);
    assert!(reasons(&inventory).contains(&FindingReason::HalfCreated));
}

#[test]
fn disc_10_a_pf_that_settles_without_an_event_is_looked_at_again() {
    let machine = Machine::unpack("half-created").unwrap();
    let mut discovery = look(machine.path());
    let half = |seen: &Discovery| reasons(seen.inventory()).contains(&FindingReason::HalfCreated);
    let now = Duration::from_secs(1_000_000);
    assert_eq!(discovery.next_due(now), Some(now + Duration::from_secs(2)));
    // VF 2 is not there; with two VFs there is none to wait for
    machine
        .write("sys/bus/pci/devices/0000:3b:00.0/sriov_numvfs", "2\n")
        .unwrap();
    discovery.look(&Dirty::default(), now + Duration::from_secs(1));
    assert!(half(&discovery), "too early");
    assert_eq!(
        discovery.next_due(now),
        Some(now + Duration::from_secs(2)),
        "not put off"
    );
    discovery.look(&Dirty::default(), now + Duration::from_secs(2));
    assert!(!half(&discovery));
    assert_eq!(discovery.next_due(now), None);
}

#[test]
fn disc_14_a_pf_without_its_driver_is_an_uplink_with_a_finding() {
    let inventory = inventory_of("no-driver");
    assert!(inventory.uplinks.iter().any(|up| up.name().is_none()));
    assert!(reasons(&inventory).contains(&FindingReason::NoKernelDriver));
}

#[test]
fn disc_23_representors_are_no_uplinks() {
    let inventory = inventory_of("switchdev");
    let with: Vec<_> = inventory
        .uplinks
        .iter()
        .filter(|up| !up.representors.is_empty())
        .collect();
    assert!(!with.is_empty());
    for uplink in &inventory.uplinks {
        let name = uplink.name().map(ToString::to_string).unwrap_or_default();
        assert!(
            with.iter()
                .all(|up| up.representors.iter().all(|one| one.as_str() != name)),
            "{name}"
        );
    }
}

#[test]
fn disc_06_one_bad_device_hides_no_other() {
    let inventory = inventory_of("broken");
    assert!(
        lines(&inventory)
            .iter()
            .any(|line| line.starts_with("0000:3b:00.0 good0 ice"))
    );
    assert!(reasons(&inventory).contains(&FindingReason::MalformedFile));
}

#[test]
fn a_second_look_at_an_unchanged_machine_changes_nothing() {
    for name in Machine::all_names().unwrap() {
        let machine = Machine::unpack(&name).unwrap();
        let mut discovery = look(machine.path());
        assert!(
            !discovery.look_all(Duration::from_secs(2_000_000)),
            "{name}"
        );
    }
}

/// An LLDP frame from this address, of port 7 of a leaf.
fn frame(source: [u8; 6]) -> Vec<u8> {
    let mut frame = vec![0x01, 0x80, 0xc2, 0, 0, 0x0e];
    frame.extend(source);
    frame.extend([0x88, 0xcc]);
    frame.extend([0x02, 7, 4, 0x02, 0, 0x5e, 0, 0, 1]); // chassis ID: MAC address
    frame.extend([0x04, 2, 7, b'7']); // port ID: "7"
    frame.extend([0x06, 2, 0, 120]); // 120 s
    frame.extend([0, 0]);
    frame
}

#[test]
fn lldp_05_a_frame_of_our_own_vf_makes_no_neighbor_and_closes_the_port() {
    let machine = Machine::unpack("igb").unwrap();
    // 02:00:00:00:00:02 is enp1s0f0v0, VF 0 of the PF that hears it
    machine
        .write("frames/enp1s0f0/0001", frame([0x02, 0, 0, 0, 0, 2]))
        .unwrap();
    let discovery = look(machine.path());
    let uplink = &discovery.inventory().uplinks[0];
    assert_eq!(uplink.neighbors, []);
    let found: Vec<_> = discovery.inventory().findings_of(uplink).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].reason, FindingReason::AmbiguousNeighbor);
    assert!(
        found[0].message.contains("VF 0000:01:10.0 (enp1s0f0v0)"),
        "{}",
        found[0].message
    );
}

#[test]
fn lldp_05_a_frame_with_the_uplinks_own_address_is_no_neighbor_either() {
    let machine = Machine::unpack("igb").unwrap();
    machine
        .write("frames/enp1s0f0/0001", frame([0x02, 0, 0, 0, 0, 1]))
        .unwrap();
    let discovery = look(machine.path());
    assert_eq!(discovery.inventory().uplinks[0].neighbors, []);
    assert_eq!(discovery.inventory().findings, []);
}

#[test]
fn recorded_frames_are_neighbors_that_do_not_age() {
    let machine = Machine::unpack("igb").unwrap();
    machine
        .write("frames/enp1s0f0/0001", frame([0x02, 0, 0x5e, 0, 0x53, 1]))
        .unwrap();
    let discovery = look(machine.path());
    let neighbors = &discovery.inventory().uplinks[0].neighbors;
    assert_eq!(neighbors.len(), 1);
    assert_eq!(neighbors[0].port_id.as_str(), "7");
}
