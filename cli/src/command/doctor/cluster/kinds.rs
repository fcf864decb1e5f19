//! Our kinds: whether the cluster has them, and as this command knows them. Helm installs them once and never upgrades
//! them.
//!
//! Left to others: their objects.

use std::collections::BTreeSet;

use colvin_crds::definition;
use colvin_crds::v1alpha1::API_VERSION;
use serde_json::Value;

use super::super::Check;
use super::{some, text};
use crate::cluster::{Any, AnyKind, Cluster, Which};

const NAME: &str = "kinds";
const DEFINITIONS: AnyKind = AnyKind::new(
    "customresourcedefinitions.apiextensions.k8s.io",
    "v1",
    "CustomResourceDefinition",
);
const REMEDY: &str = "kubectl apply --server-side -f deploy/chart/colvin/crds, of the version that the agents have; Helm does not upgrade kinds";

/// Whether Networks and topologies can be asked for, and the checks.
pub(super) fn checks(cluster: &mut Cluster) -> anyhow::Result<(bool, Vec<Check>)> {
    let there = match cluster.any(DEFINITIONS, Which::default())? {
        Any::Objects(there) => there,
        Any::Forbidden | Any::NoSuchKind => return Ok(served(cluster)),
    };
    if there.is_empty() && cluster.connection().is_none() {
        let message = "are not judged: the files hold no CustomResourceDefinition";
        return Ok((true, vec![Check::ok(NAME, message)]));
    }
    let mut checks = Vec::new();
    let mut installed = true;
    for wanted in [
        definition::network()?,
        definition::node_topology()?,
        definition::address_block()?,
    ] {
        let wanted = serde_json::to_value(wanted)?;
        let name = text(&wanted, "/metadata/name");
        let found = there.iter().find(|one| text(one, "/metadata/name") == name);
        let Some(found) = found else {
            // blocks of addresses came later than the others
            installed &= name.starts_with("addressblocks");
            let message = format!("{name} is not installed");
            checks.push(Check::fail(NAME, message, REMEDY));
            continue;
        };
        checks.extend(difference(name, found, &wanted));
    }
    if checks.is_empty() {
        let message = "are installed, as this command knows them";
        checks.push(Check::ok(NAME, message));
    }
    Ok((installed, checks))
}

/// Who may not read definitions can still ask which kinds are served.
fn served(cluster: &Cluster) -> (bool, Vec<Check>) {
    let Some(connection) = cluster.connection() else {
        return (true, Vec::new());
    };
    let listed = connection.ask(connection.client().list_api_group_resources(API_VERSION));
    match listed {
        Ok(listed) => {
            let there: BTreeSet<String> = listed.resources.into_iter().map(|it| it.name).collect();
            let wanted = ["networks", "nodetopologies", "addressblocks"];
            let missing = wanted.into_iter().filter(|kind| !there.contains(*kind));
            let missing: Vec<String> = missing.map(str::to_owned).collect();
            if missing.is_empty() {
                let message = "are served; whether they are of this version you may not read";
                return (true, vec![Check::ok(NAME, message)]);
            }
            let installed = missing.iter().all(|kind| kind == "addressblocks");
            let message = format!("{} of colvin.dev not installed", some(&missing));
            (installed, vec![Check::fail(NAME, message, REMEDY)])
        }
        Err(error) if error.is_unknown_kind() => {
            let message = "colvin.dev is not installed";
            (false, vec![Check::fail(NAME, message, REMEDY)])
        }
        Err(error) => {
            let asked = DEFINITIONS.asked();
            let message = format!("{:#}", connection.told(&error, asked));
            (true, vec![Check::warn(NAME, message, REMEDY)])
        }
    }
}

/// How a definition differs from the one that is known here.
fn difference(name: &str, found: &Value, wanted: &Value) -> Option<Check> {
    let version = text(wanted, "/spec/versions/0/name");
    let schema = |definition: &Value| -> Option<Value> {
        let versions = definition.pointer("/spec/versions")?.as_array()?;
        let one = versions.iter().find(|one| text(one, "/name") == version)?;
        one.pointer("/schema/openAPIV3Schema").cloned()
    };
    let Some(there) = schema(found) else {
        let message = format!("{name} has no version {version}");
        return Some(Check::fail(NAME, message, REMEDY));
    };
    let here = schema(wanted)?;
    let (mut old, mut new) = (BTreeSet::new(), BTreeSet::new());
    fields(&there, "", &mut old);
    fields(&here, "", &mut new);
    let lacks: Vec<String> = top(&new, &old);
    let has: Vec<String> = top(&old, &new);
    if !lacks.is_empty() {
        let message = format!(
            "{name} is older than this command: it lacks {}",
            some(&lacks)
        );
        return Some(Check::warn(NAME, message, REMEDY));
    }
    if !has.is_empty() {
        let message = format!("{name} is newer than this command: it has {}", some(&has));
        let remedy = "use the colvin command of the version that is installed";
        return Some(Check::warn(NAME, message, remedy));
    }
    rules(&there, &here).then(|| {
        let message = format!("{name} has the fields of this version and other rules");
        Check::warn(NAME, message, REMEDY)
    })
}

/// The paths of all fields of a schema.
fn fields(schema: &Value, path: &str, to: &mut BTreeSet<String>) {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (field, below) in properties.into_iter().flatten() {
        let path = if path.is_empty() {
            field.clone()
        } else {
            format!("{path}.{field}")
        };
        fields(below, &path, to);
        to.insert(path);
    }
    for inside in ["items", "additionalProperties"] {
        if let Some(below) = schema.get(inside) {
            fields(below, path, to);
        }
    }
}

/// Those of `all` that are not in `others`, without what is below one of them.
fn top(all: &BTreeSet<String>, others: &BTreeSet<String>) -> Vec<String> {
    let missing: Vec<&String> = all.difference(others).collect();
    let above = |path: &str| {
        let mut parents = missing.iter();
        parents.any(|it| {
            path.strip_prefix(it.as_str())
                .is_some_and(|it| it.starts_with('.'))
        })
    };
    let tops = missing.iter().filter(|path| !above(path));
    tops.map(|path| (*path).clone()).collect()
}

/// Whether two schemas of the same fields judge by other rules: what they say of themselves does not count.
fn rules(there: &Value, here: &Value) -> bool {
    let plain = |schema: &Value| {
        let mut schema = schema.clone();
        strip(&mut schema, false);
        schema
    };
    plain(there) != plain(here)
}

fn strip(schema: &mut Value, is_fields: bool) {
    match schema {
        Value::Object(map) => {
            if !is_fields {
                map.remove("description");
            }
            for (key, below) in map.iter_mut() {
                strip(below, !is_fields && key == "properties");
            }
            // a definition of a list of objects says "metadata" as it likes
            if !is_fields && let Some(Value::Object(fields)) = map.get_mut("properties") {
                fields
                    .retain(|name, _| !matches!(name.as_str(), "metadata" | "apiVersion" | "kind"));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| strip(item, false)),
        Value::Number(number) => {
            // 1.0 and 1 are one number
            if let Some(whole) = number.as_f64().filter(|it| it.fract() == 0.0)
                && let Ok(whole) = format!("{whole:.0}").parse::<i64>()
            {
                *number = whole.into();
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Verdict;
    use super::*;

    fn network() -> Value {
        serde_json::to_value(definition::network().unwrap()).unwrap()
    }

    #[test]
    fn a_definition_of_this_version_is_the_same_and_an_older_one_lacks_fields() {
        let wanted = network();
        assert_eq!(difference("n", &wanted, &wanted), None);
        let schema = "/spec/versions/0/schema/openAPIV3Schema/properties";
        let mut old = wanted.clone();
        let attach = format!("{schema}/spec/properties");
        let fields = old.pointer_mut(&attach).unwrap().as_object_mut().unwrap();
        fields.remove("attach");
        let check = difference("n", &old, &wanted).unwrap();
        assert_eq!(
            check.message,
            "n is older than this command: it lacks spec.attach"
        );
        let check = difference("n", &wanted, &old).unwrap();
        assert_eq!(
            check.message,
            "n is newer than this command: it has spec.attach"
        );
        let mut other = wanted.clone();
        let mtu = format!("{schema}/spec/properties/attach/properties/mtu");
        *other.pointer_mut(&format!("{mtu}/maximum")).unwrap() = 9000.into();
        *other.pointer_mut(&format!("{mtu}/description")).unwrap() = "x".into();
        let check = difference("n", &other, &wanted).unwrap();
        assert!(check.message.ends_with("other rules"), "{check:?}");
        other["spec"]["versions"][0]["name"] = "v1".into();
        let check = difference("n", &other, &wanted).unwrap();
        assert_eq!(check.verdict, Verdict::Fail);
    }
}
