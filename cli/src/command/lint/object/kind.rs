//! Whether a document is an object of ours, of somebody else, or ours with a typo in its head.
//!
//! Left to others: everything below `apiVersion` and `kind`.

use colvin_crds::v1alpha1::GROUP;

use crate::command::lint::nearest::nearest;
use crate::command::lint::problem::Problem;
use crate::document::{Kind, Node};

const VERSION: &str = "colvin.dev/v1alpha1";
const KINDS: [&str; 2] = ["Network", "NodeTopology"];

/// What a document is.
pub(crate) enum Known {
    /// A `Network`.
    Network,
    /// A `NodeTopology`.
    NodeTopology,
    /// An object of somebody else, by this name.
    Foreign(String),
    /// It is likely ours, and its head has this typo.
    Typo(Problem),
}

/// What a document is.
pub(crate) fn known(root: &Node) -> Known {
    if !matches!(root.kind, Kind::Map(_)) {
        let message = "a single value or list stands here, and an object is wanted";
        return Known::Typo(Problem::error(root.place, "", message));
    }
    match (root.text("apiVersion"), root.text("kind")) {
        (Some(version), Some(kind)) => headed(root, version, kind),
        (version, _) => {
            let field = if version.is_none() {
                "apiVersion"
            } else {
                "kind"
            };
            let keys = root.entries().iter().map(|entry| entry.key.as_str());
            let keys =
                keys.filter(|key| !matches!(*key, "apiVersion" | "kind" | "metadata" | "spec"));
            let typo = nearest(field, keys).and_then(|typo| root.entry(typo));
            let there = root.entry(field);
            let at = typo.or(there).map_or(root.place, |entry| entry.place);
            let problem = match (typo, there) {
                (Some(typo), None) => {
                    Problem::error(at, &typo.key, "there is no such field").meant(Some(field))
                }
                (_, Some(_)) => Problem::error(at, field, "text is wanted"),
                (None, None) => {
                    let message =
                        format!("the field {field} is missing: this is no Kubernetes object");
                    Problem::error(at, "", message)
                }
            };
            Known::Typo(problem)
        }
    }
}

fn headed(root: &Node, version: &str, kind: &str) -> Known {
    let at = |field: &str| {
        root.entry(field)
            .map_or(root.place, |entry| entry.value.place)
    };
    let group = version.split('/').next().unwrap_or_default();
    let ours = KINDS.contains(&kind);
    if version == VERSION {
        return match kind {
            "Network" => Known::Network,
            "NodeTopology" => Known::NodeTopology,
            _ => {
                let message = format!("{VERSION} has no kind {kind:?}");
                let problem = Problem::error(at("kind"), "kind", message);
                Known::Typo(problem.meant(nearest(kind, KINDS)))
            }
        };
    }
    let near = nearest(kind, KINDS).is_some();
    if group == GROUP || near && nearest(group, [GROUP]).is_some() {
        let message = format!("there is no {version:?}");
        let problem = Problem::error(at("apiVersion"), "apiVersion", message);
        return Known::Typo(problem.meant(Some(VERSION)));
    }
    if ours && !version.contains('/') {
        let message = format!("{version:?} has no {kind}");
        let problem = Problem::error(at("apiVersion"), "apiVersion", message);
        return Known::Typo(problem.meant(Some(VERSION)));
    }
    let name = root
        .entry("metadata")
        .and_then(|metadata| metadata.value.text("name"));
    Known::Foreign(name.map_or_else(|| kind.to_owned(), |name| format!("{kind} {name}")))
}
