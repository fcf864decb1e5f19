//! `colvin doctor --cluster`: whether a cluster has what Colvin needs, seen from a terminal.
//!
//! FAIL is what does not work or is not served, WARN what may not be what was meant, or cannot be seen. Objects may come
//! from files; then nothing is asked, and what only a server knows is not judged. Left to others: the machine that the
//! command runs on ([`super`]), healing.

mod api;
mod clocks;
mod kinds;
mod need;
mod networks;
mod nodes;
mod pod;
mod policies;
mod programs;
mod rights;

use serde_json::Value;

use super::Check;
use crate::args;
use crate::cluster::{Any, AnyKind, Cluster, Which};
use need::Use;
use programs::{Programs, programs};

/// Where the chart is put by the documentation.
const NAMESPACE: &str = "colvin-system";
/// How many names a sentence has at most.
const MOST_NAMES: usize = 8;

/// All checks of a cluster.
///
/// # Errors
/// When there is no cluster to ask, or a file cannot be read.
pub(super) fn checks(args: &args::cluster::Cluster) -> anyhow::Result<Vec<Check>> {
    judged(&mut Cluster::open(args)?)
}

/// All checks of a cluster that is open.
///
/// # Errors
/// When there is no answer.
pub(crate) fn judged(cluster: &mut Cluster) -> anyhow::Result<Vec<Check>> {
    let mut checks = Vec::new();
    if let Some(connection) = cluster.connection() {
        let (answered, server) = api::checks(connection);
        checks.push(server);
        if !answered {
            return Ok(checks);
        }
    }
    let (installed, kinds) = kinds::checks(cluster)?;
    checks.extend(kinds);
    let programs = programs(cluster)?;
    let used = Use::of(&programs, cluster)?;
    checks.extend(rights::of_caller(cluster, used.as_ref()));
    checks.extend(programs.checks(cluster));
    if installed {
        checks.extend(objects(cluster, &programs)?);
    }
    if let Some(used) = &used {
        checks.extend(rights::of_programs(cluster, &programs, used));
        checks.extend(policies::checks(cluster, used)?);
    }
    checks.extend(clocks::checks(cluster, &programs)?);
    let partial = cluster.partial().iter();
    checks.extend(partial.map(|line| {
        let remedy = "what was read is judged; ask again, or ask for the right";
        Check::warn("partial", line, remedy)
    }));
    Ok(checks)
}

/// What nodes and Networks say.
fn objects(cluster: &mut Cluster, programs: &Programs) -> anyhow::Result<Vec<Check>> {
    let mut checks = Vec::new();
    let topologies = match cluster.topologies() {
        Ok(topologies) => topologies,
        Err(error) => {
            let remedy = "the nodes are not judged";
            checks.push(Check::warn("nodes", format!("{error:#}"), remedy));
            Vec::new()
        }
    };
    let known = cluster.nodes()?;
    checks.extend(nodes::checks(&topologies, known.as_deref(), programs));
    match cluster.networks() {
        Ok(found) => checks.extend(networks::checks(&found, &topologies)),
        Err(error) => {
            let remedy = "the Networks are not judged";
            checks.push(Check::warn("networks", format!("{error:#}"), remedy));
        }
    }
    Ok(checks)
}

/// The objects of a kind, or `None` with the check that says why they are not known.
fn known(
    cluster: &mut Cluster,
    kind: AnyKind,
    which: Which<'_>,
    name: &'static str,
) -> anyhow::Result<Result<Vec<Value>, Check>> {
    let resource = kind.resource;
    Ok(match cluster.any(kind, which)? {
        Any::Objects(objects) => Ok(objects),
        Any::Forbidden => Err(Check::warn(
            name,
            format!("is not judged: you may not list {resource}"),
            format!("ask for the verb list on {resource}, or let an administrator run it"),
        )),
        Any::NoSuchKind => Err(Check::warn(
            name,
            format!("is not judged: the cluster does not know {resource}"),
            "is it a cluster of Kubernetes 1.33 or newer?",
        )),
    })
}

/// A text in an object, or an empty one.
fn text<'a>(object: &'a Value, path: &str) -> &'a str {
    let value = object.pointer(path).and_then(Value::as_str);
    value.unwrap_or_default()
}

/// A number in an object, or 0.
fn number(object: &Value, path: &str) -> u64 {
    let value = object.pointer(path).and_then(Value::as_u64);
    value.unwrap_or_default()
}

/// Names with commas between, the first of many.
fn some(names: &[String]) -> String {
    let shown = names.iter().take(MOST_NAMES);
    let shown = shown.map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
