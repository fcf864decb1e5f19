//! Definitions as they are read: which object, which node, which uplink, and what the configuration means.
//!
//! Left to others: what a configuration means ([`super::config`]), which definitions are one network
//! (`import nad`) and what is made of one (`convert`).

use std::collections::BTreeSet;

use colvin_crds::v1alpha1::GROUP;
use colvin_crds::v1alpha1::network::attachment_definition::{PLUGIN, RESOURCE_NAME};

use super::config::{self, Settings, Target};
use super::node;
use crate::args::authoring::Answers;
use crate::command::import::foreign::Objects;
use crate::document::{Kind, Node, Scalar};

/// A definition as far as it is understood.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// The node it is for, where that is known.
    pub(super) node: Option<String>,
    /// The uplink it names.
    pub(super) target: Option<Target>,
    /// The resource that its pods ask for, of the device plugin beside it.
    pub(crate) resource: Option<String>,
    pub(crate) settings: Settings,
}

impl Definition {
    /// What people call it.
    pub(crate) fn called(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// The Network that it gives to pods, where it is a definition for colvin-cni.
    pub(crate) fn network(&self) -> Option<&str> {
        if self.settings.plugin != PLUGIN {
            return None;
        }
        let resource = self.resource.as_deref();
        let resource = resource.and_then(|resource| resource.split_once('/'));
        let of_ours = resource.filter(|(group, _)| *group == GROUP);
        let named = self.settings.network.as_deref();
        let named = named.or(of_ours.map(|(_, name)| name));
        Some(named.unwrap_or(&self.name))
    }

    /// What has to be asked for, where it does not say its uplink.
    pub(crate) fn interface_question(&self, command: &str) -> Option<String> {
        let called = self.called();
        self.target.is_none().then(|| {
            format!("{called}: which interface is it on? It names none: {command} --interface {called}=NETDEV")
        })
    }
}

/// The definitions among these objects, and what does not read, a line each.
pub(crate) fn definitions(
    objects: &Objects,
    answers: &Answers,
    namespace: Option<&str>,
) -> (Vec<Definition>, Vec<String>) {
    let nodes = known_nodes(objects, answers);
    let (mut definitions, mut failures) = (Vec::new(), Vec::new());
    for (file, root) in &objects.wanted {
        match definition(file, root, answers, &nodes) {
            Ok(definition) if namespace.is_some_and(|it| it != definition.namespace) => {}
            Ok(definition) => definitions.push(definition),
            // what is in another namespace is none of ours, however it is written
            Err(_) if namespace.is_some_and(|it| it != namespace_of(root)) => {}
            Err(failure) => failures.push(failure),
        }
    }
    (definitions, failures)
}

/// The names of nodes that were seen or said.
pub(super) fn known_nodes(objects: &Objects, answers: &Answers) -> BTreeSet<String> {
    let mut nodes: BTreeSet<String> = objects.nodes.iter().cloned().collect();
    nodes.extend(answers.nodes.iter().map(|(_, node)| node.clone()));
    nodes
}

fn namespace_of(root: &Node) -> &str {
    let metadata = root.entry("metadata");
    let namespace = metadata.and_then(|metadata| metadata.value.text("namespace"));
    namespace.unwrap_or("default")
}

/// One definition.
fn definition(
    file: &str,
    root: &Node,
    answers: &Answers,
    nodes: &BTreeSet<String>,
) -> Result<Definition, String> {
    let metadata = root.entry("metadata").map(|metadata| &metadata.value);
    let Some(name) = metadata.and_then(|metadata| metadata.text("name")) else {
        let place = root.place;
        return Err(format!(
            "{file}:{place}: a NetworkAttachmentDefinition without a name is left out"
        ));
    };
    let namespace = namespace_of(root);
    let called = format!("{namespace}/{name}");
    let (settings, target) = understood(file, root, &called)?;
    let named = |pairs: &[(String, String)]| {
        let mut pairs = pairs.iter().rev();
        let of_this = |(nad, _): &&(String, String)| nad == name || *nad == called;
        pairs.find(of_this).map(|(_, value)| value.clone())
    };
    let annotations = metadata.and_then(|metadata| metadata.entry("annotations"));
    let resource = annotations.and_then(|annotations| annotations.value.text(RESOURCE_NAME));
    Ok(Definition {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        node: named(&answers.nodes).or_else(|| node::of(metadata, name, nodes)),
        target: named(&answers.interfaces).map(Target::Interface).or(target),
        resource: resource.map(str::to_owned),
        settings,
    })
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
