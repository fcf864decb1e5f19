//! Who may do what: who asks, the agents, the controller.
//!
//! The programs' rights are those of the chart's roles. Left to others: making roles.

use super::super::Check;
use super::need::{Need, Use};
use super::programs::Programs;
use super::some;
use crate::cluster::Cluster;
use crate::cluster::server::{REVIEWS, Right};

/// What commands of `colvin` read, for whom, and what is not known without.
const READ: [(&str, &str, Need, &str); 7] = [
    (
        "colvin.dev",
        "networks",
        Need::Always,
        "no command about Networks works",
    ),
    (
        "colvin.dev",
        "nodetopologies",
        Need::Always,
        "no command about nodes works",
    ),
    (
        "",
        "nodes",
        Need::Always,
        "nodes without an agent are not seen, nor labels",
    ),
    (
        "",
        "pods",
        Need::Always,
        "how many devices are free is not seen",
    ),
    (
        "colvin.dev",
        "addressblocks",
        Need::Always,
        "addresses of nodes are not seen",
    ),
    (
        "resource.k8s.io",
        "resourceclaims",
        Need::Claims,
        "which devices claims hold is not seen",
    ),
    (
        "resource.k8s.io",
        "resourceslices",
        Need::Claims,
        "which devices claims may have is not seen",
    ),
];

/// What a program may do by its roles, in the whole cluster.
#[derive(Clone, Copy)]
struct Granted {
    group: &'static str,
    resource: &'static str,
    verbs: &'static [&'static str],
    need: Need,
}

impl Granted {
    const fn for_those(mut self, need: Need) -> Self {
        self.need = need;
        self
    }
}

const fn granted(
    group: &'static str,
    resource: &'static str,
    verbs: &'static [&'static str],
) -> Granted {
    Granted {
        group,
        resource,
        verbs,
        need: Need::Always,
    }
}

/// To read, and to follow.
const FOLLOW: &[&str] = &["get", "list", "watch"];

/// What agents do.
const AGENT: [Granted; 10] = [
    granted("colvin.dev", "networks", FOLLOW),
    granted(
        "colvin.dev",
        "nodetopologies",
        &["get", "list", "watch", "create", "patch"],
    ),
    granted("colvin.dev", "nodetopologies/status", &["patch"]),
    granted("", "nodes", FOLLOW),
    granted("colvin.dev", "addressblocks", FOLLOW),
    granted("colvin.dev", "addressblocks/status", &["patch"]),
    granted("", "pods", &["patch"]).for_those(Need::Mode("Chained")),
    granted(
        "resource.k8s.io",
        "resourceslices",
        &[
            "get", "list", "watch", "create", "update", "patch", "delete",
        ],
    )
    .for_those(Need::Claims),
    granted("resource.k8s.io", "resourceclaims", &["get"]).for_those(Need::Claims),
    granted(
        "resource.k8s.io",
        "resourceclaims/status",
        &["update", "patch"],
    )
    .for_those(Need::Claims),
];
/// What the controller does.
const CONTROLLER: [Granted; 6] = [
    granted("colvin.dev", "networks", FOLLOW),
    granted("colvin.dev", "nodetopologies", FOLLOW),
    granted("colvin.dev", "networks/status", &["patch"]),
    granted(
        "colvin.dev",
        "addressblocks",
        &["get", "list", "watch", "create", "delete", "patch"],
    ),
    granted(
        "k8s.cni.cncf.io",
        "network-attachment-definitions",
        &["list", "watch", "create", "patch", "delete"],
    )
    .for_those(Need::Mode("BelowMultus")),
    granted(
        "resource.k8s.io",
        "deviceclasses",
        &["list", "watch", "create", "patch", "delete"],
    )
    .for_those(Need::Claims),
];

/// What who asks may read.
pub(super) fn of_caller(cluster: &Cluster, used: Option<&Use>) -> Vec<Check> {
    const NAME: &str = "your rights";
    let Some(connection) = cluster.connection() else {
        return Vec::new();
    };
    let mut checks = Vec::new();
    let is_needed = |need| used.map_or(matches!(need, Need::Always), |used| used.needs(need));
    for (group, resource, _, unknown) in READ.into_iter().filter(|it| is_needed(it.2)) {
        let right = Right {
            verb: "list",
            group,
            resource,
            namespace: None,
            name: None,
        };
        match connection.may_i(right) {
            Ok(true) => {}
            Ok(false) => {
                let message = format!("you may not list {resource}: {unknown}");
                let role = if group.is_empty() {
                    "view"
                } else {
                    "colvin-view"
                };
                let remedy =
                    format!("ask for the verbs get and list on it, as in the ClusterRole {role}");
                checks.push(Check::warn(NAME, message, remedy));
            }
            Err(error) => {
                let message = format!("{:#}", connection.told(&error, REVIEWS));
                checks.push(Check::warn(NAME, message, "kubectl auth can-i --list"));
                break;
            }
        }
    }
    if checks.is_empty() {
        let message = "you may read all that commands show";
        checks.push(Check::ok(NAME, message));
    }
    checks
}

/// What agents and controller may do.
pub(super) fn of_programs(cluster: &Cluster, programs: &Programs, used: &Use) -> Vec<Check> {
    const NAME: &str = "their rights";
    let Some(connection) = cluster.connection().filter(|_| programs.is_known()) else {
        return Vec::new();
    };
    let space = programs.namespace();
    let mut checks = Vec::new();
    for (account, rights) in [
        ("colvin-agent", &AGENT[..]),
        ("colvin-controller", &CONTROLLER),
    ] {
        let account_name = format!("system:serviceaccount:{space}:{account}");
        let mut missing = Vec::new();
        let is_needed = |right: &&Granted| used.needs(right.need);
        for granted in rights.iter().filter(is_needed) {
            for verb in granted.verbs {
                let right = Right {
                    verb,
                    group: granted.group,
                    resource: granted.resource,
                    namespace: None,
                    name: None,
                };
                match connection.may(&account_name, right) {
                    Ok(true) => {}
                    Ok(false) => missing.push(format!("{verb} {}", granted.resource)),
                    Err(error) if error.is_forbidden() => {
                        let message = "are not judged: only who may create subjectaccessreviews may ask about others";
                        return vec![Check::ok(NAME, message)];
                    }
                    Err(error) => {
                        let message = format!("{:#}", connection.told(&error, REVIEWS));
                        let remedy = format!("kubectl auth can-i --list --as={account_name}");
                        return vec![Check::warn(NAME, message, remedy)];
                    }
                }
            }
        }
        if !missing.is_empty() {
            let message = format!("{account_name} may not {}", some(&missing));
            let remedy = format!(
                "the ClusterRole {account} and its binding are the chart's: helm upgrade puts them back"
            );
            checks.push(Check::fail(NAME, message, remedy));
        }
    }
    if checks.is_empty() {
        let message = "agents and controller may do what they do";
        checks.push(Check::ok(NAME, message));
    }
    checks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of `key: [a, b]` in a line.
    fn words(line: &str) -> Vec<String> {
        let (_, list) = line.split_once('[').unwrap_or_default();
        let list = list.trim_end_matches(']').split(',');
        list.map(|word| word.trim().trim_matches('"').to_owned())
            .collect()
    }

    /// Whether the chart's role grants it.
    fn is_in(role: &str, wanted: &Granted, verb: &str) -> bool {
        let lines: Vec<&str> = role.lines().map(str::trim).collect();
        lines.windows(3).any(|rule| {
            let [groups, resources, verbs] = rule else {
                return false;
            };
            groups.starts_with("- apiGroups:")
                && words(groups).contains(&wanted.group.to_owned())
                && words(resources).contains(&wanted.resource.to_owned())
                && words(verbs).contains(&verb.to_owned())
        })
    }

    #[test]
    fn what_programs_are_asked_for_is_in_the_charts_roles() {
        let chart = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../deploy/chart/colvin/templates"
        );
        for (part, rights) in [("agent", &AGENT[..]), ("controller", &CONTROLLER)] {
            let role = std::fs::read(format!("{chart}/{part}/rbac.yaml")).unwrap();
            let role = String::from_utf8(role).unwrap();
            for right in rights {
                for verb in right.verbs {
                    assert!(
                        is_in(&role, right, verb),
                        "{part}: {verb} {}",
                        right.resource
                    );
                }
            }
        }
    }
}
