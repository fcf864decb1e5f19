//! `colvin import surveyor`: the map that a person filled in by hand becomes pins.
//!
//! An `InterfaceMap` is named as its node, and its `spec` is a list of interface and network (SV-01 to
//! SV-03). Left to others: reading files.

use std::collections::{BTreeMap, BTreeSet};

use colvin_crds::v1alpha1::Network;
use colvin_crds::v1alpha1::network::member::{Member, UplinkTerms};
use colvin_crds::v1alpha1::network::{Advertise, DeviceKind, Devices, NetworkSpec, Policy};
use colvin_model::IfName;

use super::Imported;
use super::foreign::Objects;
use crate::document::{Kind, Node};
use crate::names;

/// The Networks of these maps.
pub(super) fn import(objects: &Objects) -> Imported {
    let mut imported = Imported {
        failures: objects.unreadable.clone(),
        ..Imported::default()
    };
    let mut pins: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for (file, map) in &objects.wanted {
        of_node(file, map, &mut pins, &mut imported);
    }
    let mut taken = BTreeSet::new();
    for (network, pins) in pins {
        let Some(valid) = names::network(&network) else {
            let failure = format!(
                "network {network:?} has no letter that a Network's name may have: it is left out"
            );
            imported.failures.push(failure);
            continue;
        };
        let name = names::free(&valid, |name| taken.contains(name));
        if name != network {
            imported.notes.push(format!("network {network:?} is called {name} now: a name is lower-case letters, digits and -"));
        }
        let nodes: BTreeSet<&String> = pins.iter().map(|(node, _)| node).collect();
        let comment = format!("{name}: pins of {} nodes, from InterfaceMap", nodes.len());
        imported
            .networks
            .push((vec![comment], pinned(&name, &pins)));
        taken.insert(name);
    }
    imported
}

/// Adds the pins of one node.
fn of_node(
    file: &str,
    map: &Node,
    pins: &mut BTreeMap<String, BTreeSet<(String, String)>>,
    imported: &mut Imported,
) {
    let at = |node: &Node| format!("{file}:{}", node.place);
    let name = map
        .entry("metadata")
        .and_then(|metadata| metadata.value.text("name"));
    let Some(node) = name.filter(|name| name.len() <= 64) else {
        let failure = format!(
            "{}: an InterfaceMap is named as its node, in at most 64 characters: it is left out",
            at(map)
        );
        imported.failures.push(failure);
        return;
    };
    let Some(Kind::List(entries)) = map.entry("spec").map(|spec| &spec.value.kind) else {
        imported.failures.push(format!(
            "{}: the InterfaceMap {node} has no list in spec: it is left out",
            at(map)
        ));
        return;
    };
    for entry in entries {
        let field = |name: &str| entry.text(name).unwrap_or_default().trim();
        let (interface, network) = (field("interface"), field("network"));
        if network.is_empty() {
            imported.notes.push(format!(
                "{}: {interface} of {node} has no network: it is left out",
                at(entry)
            ));
        } else if interface.parse::<IfName>().is_err() || interface.contains(['*', '?']) {
            imported.failures.push(format!(
                "{}: {interface:?} of {node} is no interface: it is left out",
                at(entry)
            ));
        } else {
            let pin = (node.to_owned(), interface.to_owned());
            pins.entry(network.to_owned()).or_default().insert(pin);
        }
    }
}

fn pinned(name: &str, pins: &BTreeSet<(String, String)>) -> Network {
    let mut members: BTreeMap<String, Member> = BTreeMap::new();
    for (node, interface) in pins {
        let plain = names::member(node).unwrap_or_else(|| "node".to_owned());
        let both = names::member(&format!("{node}-{interface}")).unwrap_or_default();
        let name = if members.contains_key(&plain) {
            both
        } else {
            plain
        };
        let name = names::free(&name, |name| members.contains_key(name));
        let uplink = UplinkTerms {
            node: Some(node.clone()),
            interface: Some(interface.clone()),
            ..UplinkTerms::default()
        };
        let member = Member {
            name: name.clone(),
            uplink: Some(uplink),
            ..Member::default()
        };
        members.insert(name, member);
    }
    // what the Surveyor CNI makes (SV-10)
    let devices = Devices {
        kind: DeviceKind::Macvlan,
        ..Devices::default()
    };
    Network::new(
        name,
        NetworkSpec {
            members: members.into_values().collect(),
            devices,
            attach: None,
            advertise: Advertise::default(),
            policy: Policy::default(),
            allowed_namespaces: None,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::import::foreign::INTERFACE_MAPS;
    use crate::command::lint::object::Schemas;
    use crate::command::lint::text_linted;
    use crate::manifest;

    fn imported(text: &str) -> Imported {
        let mut objects = Objects::default();
        objects.add("maps.yaml", text, INTERFACE_MAPS);
        import(&objects)
    }

    fn map(node: &str, spec: &str) -> String {
        format!(
            "apiVersion: k8s.cni.cncf.io/v1\nkind: InterfaceMap\nmetadata: {{name: {node}, namespace: kube-system}}\nspec:{spec}\n---\n"
        )
    }

    #[test]
    fn sv_01_interface_maps_become_pins_per_node() {
        let text = map(
            "worker-1",
            "\n- {interface: eth1, network: \"green\"}\n- {interface: eth2, network: \"Storage Net\"}",
        ) + &map(
            "worker-2",
            "\n- {interface: ens2, network: green}\n- {interface: ens3, network: green}\n- {interface: ens9, network: \"\"}",
        );
        let imported = imported(&text);
        assert!(imported.failures.is_empty(), "{:?}", imported.failures);
        assert_eq!(
            imported.notes,
            [
                "maps.yaml:14:3: ens9 of worker-2 has no network: it is left out",
                "network \"Storage Net\" is called storage-net now: a name is lower-case letters, digits and -",
            ]
        );
        let shown: String = imported
            .networks
            .iter()
            .map(|(comments, network)| {
                manifest::document(comments, &manifest::spare(network).unwrap())
            })
            .collect();
        insta::assert_snapshot!(shown);
        let linted = text_linted(&Schemas::new().unwrap(), "out", &shown);
        assert_eq!(linted.problems, [], "its own lint has nothing to say");
        assert_eq!(linted.networks.len(), 2);
    }

    #[test]
    fn sv_02_what_is_no_map_is_told_with_its_place() {
        let text = map("worker-1", " {interface: eth1}")
            + &map("worker-2", "\n- {interface: \"a b\", network: red}");
        let imported = imported(&text);
        assert!(imported.networks.is_empty());
        assert_eq!(
            imported.failures,
            [
                "maps.yaml:1:1: the InterfaceMap worker-1 has no list in spec: it is left out",
                "maps.yaml:10:3: \"a b\" of worker-2 is no interface: it is left out",
            ]
        );
    }

    #[test]
    fn two_networks_that_differ_by_case_stay_two() {
        let text = map(
            "worker-1",
            "\n- {interface: eth1, network: Red}\n- {interface: eth2, network: red}",
        );
        let names: Vec<_> = imported(&text)
            .networks
            .iter()
            .filter_map(|(_, network)| network.metadata.name.clone())
            .collect();
        assert_eq!(names, ["red", "red-2"]);
    }
}
