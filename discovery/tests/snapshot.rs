//! A snapshot shows the machine that it was taken of, without its addresses.
#![expect(clippy::unwrap_used, reason = "test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use colvin_discovery::Discovery;
use colvin_discovery::snapshot::{Frames, Snapshot, take, take_live};
use colvin_kernel::archive::{Archive, Entry};
use colvin_model::{Inventory, MacAddr};
use colvin_testkit::machine::Machine;

fn look(root: &Path) -> Discovery {
    let mut discovery = Discovery::at_root(root).unwrap();
    discovery.look_all(Duration::ZERO);
    discovery
}

/// The machine's own netlink records and frames, as they are below its root.
fn recorded(root: &Path) -> (BTreeMap<String, Vec<u8>>, Frames) {
    let archive = Archive::pack(root).unwrap();
    let mut netlink = BTreeMap::new();
    let mut frames = Frames::new();
    for (path, entry) in archive.entries() {
        let path = path.to_string();
        let Entry::File(bytes) = entry else { continue };
        if let Some(name) = path.strip_prefix("netlink/") {
            netlink.insert(name.to_owned(), bytes.clone());
        } else if let Some((link, _)) = path
            .strip_prefix("frames/")
            .and_then(|rest| rest.split_once('/'))
        {
            frames
                .entry(link.parse().unwrap())
                .or_default()
                .push(bytes.clone());
        }
    }
    (netlink, frames)
}

fn snapshot_of(root: &Path, discovery: &Discovery) -> Snapshot {
    let (netlink, frames) = recorded(root);
    take(root, &netlink, discovery.observations(), &frames)
}

/// The inventory with every MAC address taken out, and those addresses in the order they stood.
fn without_addresses(inventory: &Inventory) -> (Inventory, Vec<MacAddr>) {
    let mut plain = inventory.clone();
    let mut macs = Vec::new();
    for uplink in &mut plain.uplinks {
        if let Some(link) = &mut uplink.link {
            for address in [link.address.take(), link.permanent_address.take()] {
                macs.extend(address.and_then(|address| address.mac()));
            }
            link.switch_id = None;
            if let Some(bond) = &mut link.bond {
                macs.extend(bond.partner.take().and_then(|address| address.mac()));
            }
        }
        for vf in &mut uplink.virtual_functions {
            macs.extend(vf.mac.take());
        }
        for neighbor in &mut uplink.neighbors {
            macs.push(std::mem::replace(
                &mut neighbor.source,
                MacAddr::new([0; 6]),
            ));
            if let Ok(mac) = neighbor.chassis_id.as_str().parse() {
                macs.push(mac);
                neighbor.chassis_id = neighbor.port_id.clone();
            }
        }
    }
    (plain, macs)
}

#[test]
fn every_machine_is_the_same_in_its_snapshot_but_for_its_addresses() {
    for name in Machine::all_names().unwrap() {
        let machine = Machine::unpack(&name).unwrap();
        let discovery = look(machine.path());
        let snapshot = snapshot_of(machine.path(), &discovery);
        let text = snapshot.archive.to_string();
        let copy = tempfile::tempdir().unwrap();
        Archive::parse(text.as_bytes())
            .unwrap()
            .unpack(copy.path())
            .unwrap();

        let (before, old) = without_addresses(discovery.inventory());
        let (mut after, new) = without_addresses(look(copy.path()).inventory());
        // what could not be read is not in the copy, so it cannot hinder there
        if name == "broken" {
            after.findings.clone_from(&before.findings);
            let ids = |inventory: &Inventory| {
                inventory
                    .uplinks
                    .iter()
                    .map(|up| up.id.to_string())
                    .collect::<Vec<_>>()
            };
            assert_eq!(ids(&after), ids(&before));
            continue;
        }
        assert_eq!(after, before, "{name}");
        assert_eq!(old.len(), new.len(), "{name}");
        let pairs: BTreeSet<_> = old.iter().zip(&new).collect();
        let olds: BTreeSet<&MacAddr> = pairs.iter().map(|(old, _)| *old).collect();
        let news: BTreeSet<&MacAddr> = pairs.iter().map(|(_, new)| *new).collect();
        assert_eq!(
            pairs.len(),
            olds.len(),
            "{name}: one address, one replacement"
        );
        assert_eq!(
            pairs.len(),
            news.len(),
            "{name}: two addresses, two replacements"
        );
        for (old, new) in pairs {
            let stays = old.is_zero()
                || old.is_group()
                || old == new && old.bytes().starts_with(&[2, 0xc0, 0x1f]);
            assert!(stays || old != new, "{name}: {old} is in the snapshot");
            assert!(
                stays || !text.contains(&old.to_string()),
                "{name}: {old} is in the text"
            );
        }
    }
}

#[test]
fn a_snapshot_of_a_snapshot_is_the_same() {
    let machine = Machine::unpack("two-pf-sixteen-vf").unwrap();
    let first = snapshot_of(machine.path(), &look(machine.path()));
    let copy = tempfile::tempdir().unwrap();
    first.archive.unpack(copy.path()).unwrap();
    let second = snapshot_of(copy.path(), &look(copy.path()));
    assert_eq!(second.archive, first.archive);
}

#[test]
fn this_machine_is_the_same_in_its_snapshot() {
    let mut discovery = Discovery::live().unwrap();
    discovery.look_all(colvin_discovery::clock::now());
    let snapshot = take_live(&discovery).unwrap();
    let copy = tempfile::tempdir().unwrap();
    snapshot.archive.unpack(copy.path()).unwrap();
    let (before, old) = without_addresses(discovery.inventory());
    let (after, new) = without_addresses(look(copy.path()).inventory());
    assert_eq!(after, before);
    assert_eq!(old.len(), new.len());
    let text = snapshot.archive.to_string();
    for mac in old.iter().filter(|mac| !mac.is_zero() && !mac.is_group()) {
        assert!(!text.contains(&mac.to_string()), "{mac} is in the text");
        let bytes: Vec<String> = mac
            .bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        for entry in snapshot.archive.entries().values() {
            if let Entry::File(content) = entry {
                let there = content.windows(6).any(|window| window == mac.bytes());
                assert!(!there, "{} is in the bytes", bytes.concat());
            }
        }
    }
}
