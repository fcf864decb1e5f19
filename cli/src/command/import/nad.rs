//! `colvin import nad`: definitions that say the same for each node become one Network.
//!
//! Left to others: reading files, what a configuration means ([`config`]), which node a definition is
//! for ([`node`]), which belong together ([`group`]).

mod config;
mod group;
mod ipam;
mod node;
mod plugin;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use colvin_crds::v1alpha1::Network;
use colvin_crds::v1alpha1::network::member::Member;
use colvin_crds::v1alpha1::network::{Advertise, Devices, NetworkSpec, Policy};

use self::config::{Settings, Target};
use self::group::Group;
use super::Imported;
use super::foreign::Objects;
use crate::args::authoring::ImportNad;
use crate::document::{Kind, Node, Scalar};
use crate::names;

/// A definition as far as it is understood.
#[derive(Clone, Debug)]
struct Definition {
    namespace: String,
    name: String,
    /// The node it is for, where that is known.
    node: Option<String>,
    /// The uplink it names.
    target: Option<Target>,
    settings: Settings,
}

impl Definition {
    /// What people call it.
    fn called(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

/// The Networks of these definitions.
pub(super) fn import(objects: &Objects, args: &ImportNad) -> Imported {
    let mut imported = Imported {
        failures: objects.unreadable.clone(),
        ..Imported::default()
    };
    let mut nodes: BTreeSet<String> = objects.nodes.iter().cloned().collect();
    nodes.extend(args.nodes.iter().map(|(_, node)| node.clone()));
    let mut definitions = Vec::new();
    for (file, root) in &objects.wanted {
        let place = format!("{file}:{}", root.place);
        let metadata = root.entry("metadata").map(|metadata| &metadata.value);
        let text = |field: &str| metadata.and_then(|metadata| metadata.text(field));
        let Some(name) = text("name") else {
            imported.failures.push(format!(
                "{place}: a NetworkAttachmentDefinition without a name is left out"
            ));
            continue;
        };
        let namespace = text("namespace").unwrap_or("default");
        if args
            .namespace
            .as_deref()
            .is_some_and(|wanted| wanted != namespace)
        {
            continue;
        }
        match understood(file, root, &format!("{namespace}/{name}")) {
            Err(failure) => imported.failures.push(failure),
            Ok((settings, target)) => {
                let named = |pairs: &[(String, String)]| {
                    let mut pairs = pairs.iter().rev();
                    let of_this = |(nad, _): &&(String, String)| {
                        nad == name || *nad == format!("{namespace}/{name}")
                    };
                    pairs.find(of_this).map(|(_, value)| value.clone())
                };
                let interface = named(&args.interfaces).map(Target::Interface);
                definitions.push(Definition {
                    namespace: namespace.to_owned(),
                    name: name.to_owned(),
                    node: named(&args.nodes).or_else(|| node::of(metadata, name, &nodes)),
                    target: interface.or(target),
                    settings,
                });
            }
        }
    }
    let mut taken = BTreeSet::new();
    for group in group::groups(definitions, &nodes) {
        match of_group(&group, &taken) {
            Err(question) => imported.failures.push(question),
            Ok((name, network)) => {
                imported.notes.extend(told(&group, &name));
                let comment = format!("{name}: from {}", group.called());
                imported.networks.push((vec![comment], network));
                taken.insert(name);
            }
        }
    }
    imported
}

/// What the configuration of a definition means.
fn understood(file: &str, root: &Node, called: &str) -> Result<(Settings, Option<Target>), String> {
    let config = root
        .entry("spec")
        .and_then(|spec| spec.value.entry("config"));
    let at = config.map_or(root.place, |config| config.value.place);
    let Some(Kind::Scalar(Scalar { text, block, .. })) = config.map(|config| &config.value.kind)
    else {
        return Err(format!(
            "{file}:{at}: {called}: it has no spec.config: its configuration is in a file on the nodes, which is not read"
        ));
    };
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| {
        // lines of a block stand below the key; in quotes the text is on the line of the key
        let line = match config {
            Some(config) if *block => config.place.line.saturating_add(error.line()),
            _ => at.line,
        };
        format!(
            "{file}:{line}: {called}: spec.config is no JSON, at line {} column {} of it: {error}",
            error.line(),
            error.column()
        )
    })?;
    config::read(&value).map_err(|problem| format!("{file}:{at}: {called}: {problem}"))
}

/// The Network of a group, or what has to be known first.
fn of_group(group: &Group, taken: &BTreeSet<String>) -> Result<(String, Network), String> {
    let [first, ..] = group.definitions.as_slice() else {
        return Err("a group without definitions".to_owned());
    };
    let mut unknown = Vec::new();
    for definition in &group.definitions {
        if definition.target.is_none() {
            let how = format!(
                "colvin import nad --interface {}=NETDEV",
                definition.called()
            );
            unknown.push(format!(
                "{}: which interface is it on? It names none: {how}",
                definition.called()
            ));
        }
        if definition.node.is_none() && group.definitions.len() > 1 {
            let how = format!("colvin import nad --node {}=NODE", definition.called());
            unknown.push(format!(
                "{}: which node is it for? It does not say: {how}",
                definition.called()
            ));
        }
    }
    if !unknown.is_empty() {
        return Err(unknown.join("\n"));
    }
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
        attach: (attach != colvin_crds::v1alpha1::network::Attach::default()).then_some(attach),
        advertise: Advertise::default(),
        policy: Policy::default(),
        allowed_namespaces: None,
    };
    Ok((name.clone(), Network::new(&name, spec)))
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
    let namespaces: BTreeSet<&str> = group
        .definitions
        .iter()
        .map(|one| one.namespace.as_str())
        .collect();
    if namespaces.iter().any(|namespace| *namespace != "default") {
        let namespaces: Vec<&str> = namespaces.into_iter().collect();
        lines.push(format!(
            "{name}: pods of every namespace may ask for it; to keep it to {} write allowedNamespaces",
            namespaces.join(", ")
        ));
    }
    lines
}
