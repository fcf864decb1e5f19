//! `colvin import nad`: definitions that say the same for each node become one Network, and the pods that ask for them
//! are told what changes.
//!
//! Left to others: reading files, one definition ([`definition`]), which belong together ([`group`]), the pods
//! ([`pods`]), the Network of one definition by itself (`convert`).

mod config;
pub(crate) mod definition;
pub(crate) mod group;
mod ipam;
mod node;
mod plugin;
mod pods;
mod selection;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use colvin_crds::v1alpha1::Network;
use colvin_crds::v1alpha1::network::member::Member;
use colvin_crds::v1alpha1::network::{Advertise, Attach, Devices, NetworkSpec, Policy};

use self::definition::Definition;
use self::group::Group;
use self::pods::Became;
use super::Imported;
use super::foreign::Objects;
use crate::args::authoring::ImportNad;
use crate::names;

/// What asks for an answer of a person.
const COMMAND: &str = "colvin import nad";

/// The Networks of these definitions.
pub(super) fn import(objects: &Objects, args: &ImportNad) -> Imported {
    let namespace = args.namespace.as_deref();
    let (definitions, failures) = definition::definitions(objects, &args.answers, namespace);
    let mut imported = Imported {
        failures: [objects.unreadable.clone(), failures].concat(),
        notes: objects.unknown.clone(),
        ..Imported::default()
    };
    let (ours, foreign): (Vec<_>, Vec<_>) = definitions
        .into_iter()
        .partition(|definition| definition.network().is_some());
    for definition in &ours {
        let network = definition.network().unwrap_or_default();
        let called = definition.called();
        let note = format!("{called}: is for colvin-cni already, by the Network {network}");
        imported.notes.push(note);
    }
    let nodes = definition::known_nodes(objects, &args.answers);
    let mut became = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for group in group::groups(foreign, &nodes) {
        let questions = questions(&group);
        if !questions.is_empty() {
            imported.failures.extend(questions);
            continue;
        }
        let Some((name, network)) = of_group(&group, &taken) else {
            continue;
        };
        imported.notes.extend(told(&group, &name));
        let comment = format!("{name}: from {}", group.called());
        for definition in &group.definitions {
            let interface = network.spec.attach.as_ref();
            let interface = interface.and_then(|attach| attach.interface_name.clone());
            let is = Became {
                network: name.clone(),
                interface: interface.unwrap_or_else(|| name.chars().take(12).collect()),
                node: definition.node.clone(),
                resource: definition.resource.clone(),
            };
            became.insert((definition.namespace.clone(), definition.name.clone()), is);
        }
        imported.networks.push((vec![comment], network));
        taken.insert(name);
    }
    if !became.is_empty() {
        let changes = pods::changes(&objects.workloads, &became);
        imported.notes.extend(changes.lines);
        imported.failures.extend(changes.failures);
    }
    imported
}

/// What has to be known of a group first.
fn questions(group: &Group) -> Vec<String> {
    let mut questions = Vec::new();
    for definition in &group.definitions {
        questions.extend(definition.interface_question(COMMAND));
        if definition.node.is_none() && group.definitions.len() > 1 {
            let called = definition.called();
            questions.push(format!(
                "{called}: which node is it for? It does not say: {COMMAND} --node {called}=NODE"
            ));
        }
    }
    questions
}

/// The Network of a group; `None` of a group without definitions.
pub(crate) fn of_group(group: &Group, taken: &BTreeSet<String>) -> Option<(String, Network)> {
    let first = group.definitions.first()?;
    let wished = names::network(&group.base).unwrap_or_else(|| "imported".to_owned());
    let with_namespace = names::network(&format!("{}-{}", first.namespace, group.base));
    let wished = match with_namespace {
        Some(longer) if taken.contains(&wished) => longer,
        _ => wished,
    };
    let name = names::free(&wished, |name| taken.contains(name));
    let settings = &first.settings;
    let attach = settings.attach.clone();
    let spec = NetworkSpec {
        members: members(&group.definitions),
        devices: Devices {
            kind: settings.kind,
            ..Devices::default()
        },
        attach: (attach != Attach::default()).then_some(attach),
        advertise: Advertise::default(),
        policy: Policy::default(),
        allowed_namespaces: None,
    };
    Some((name.clone(), Network::new(&name, spec)))
}

/// A member per node, or one for all where no node is said.
fn members(definitions: &[Definition]) -> Vec<Member> {
    let mut members: Vec<Member> = Vec::new();
    for definition in definitions {
        let Some(target) = &definition.target else {
            continue;
        };
        let mut uplink = target.terms();
        uplink.node.clone_from(&definition.node);
        if members
            .iter()
            .any(|member| member.uplink.as_ref() == Some(&uplink))
        {
            continue;
        }
        let wished = definition.node.as_deref().unwrap_or_else(|| target.text());
        let wished = names::member(wished).unwrap_or_else(|| "uplink".to_owned());
        let name = names::free(&wished, |name| {
            members.iter().any(|member| member.name == name)
        });
        members.push(Member {
            name,
            uplink: Some(uplink),
            ..Member::default()
        });
    }
    members
}

/// What was understood of a group, carried over and dropped.
fn told(group: &Group, name: &str) -> Vec<String> {
    let Some(first) = group.definitions.first() else {
        return Vec::new();
    };
    let settings = &first.settings;
    let mut lines = vec![format!(
        "{name}: {:?} for {}, of {}",
        settings.kind,
        group.called(),
        settings.plugin
    )];
    if !settings.carried.is_empty() {
        lines.push(format!(
            "{name}: carried over: {}",
            settings.carried.join(", ")
        ));
    }
    if !settings.dropped.is_empty() {
        lines.push(format!("{name}: dropped: {}", settings.dropped.join("; ")));
    }
    lines.extend(namespaces_told(group, name));
    lines
}

/// That a Network is of no namespace, where its definitions were of one.
pub(crate) fn namespaces_told(group: &Group, name: &str) -> Option<String> {
    let namespaces = group.definitions.iter().map(|one| one.namespace.as_str());
    let namespaces: BTreeSet<&str> = namespaces.collect();
    let is_telling = namespaces.iter().any(|namespace| *namespace != "default");
    is_telling.then(|| {
        let namespaces: Vec<&str> = namespaces.into_iter().collect();
        format!(
            "{name}: pods of every namespace may ask for it; to keep it to {} write allowedNamespaces",
            namespaces.join(", ")
        )
    })
}
