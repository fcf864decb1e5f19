//! What `ip -json -details link` says of a link, without what may differ although nothing was left.
//!
//! Left to others: which links are looked at, and when.

use serde_json::Value;

/// Numbers that the kernel counts up, what follows from the far end of a cable, and where that end is; and
/// the address that a VF's driver took at its last reset, which nobody sets.
const VOLATILE: [&str; 6] = [
    "ifindex",
    "link",
    "link_index",
    "link_netnsid",
    "operstate",
    "permaddr",
];

/// Flags that follow from a cable.
const FOLLOWING: [&str; 3] = ["LOWER_UP", "NO-CARRIER", "M-DOWN"];

/// The link without what is volatile.
pub(crate) fn lasting(link: &Value) -> Value {
    let mut link = link.clone();
    if let Some(facts) = link.as_object_mut() {
        for volatile in VOLATILE {
            facts.remove(volatile);
        }
        let flags = facts.get("flags").and_then(Value::as_array);
        let set = flags.into_iter().flatten();
        let set = set.filter(|flag| !FOLLOWING.iter().any(|it| flag == it));
        let set: Value = set.cloned().collect();
        facts.insert("flags".to_owned(), set);
    }
    link
}

/// What differs between two looks at a link, in words.
pub(crate) fn difference(now: Option<&Value>, then: Option<&Value>) -> String {
    let (now, then) = match (now, then) {
        (Some(now), Some(then)) => (now, then),
        (Some(_), None) => return "is left".to_owned(),
        _ => return "is gone".to_owned(),
    };
    let keys = [now, then].into_iter().filter_map(Value::as_object);
    let mut keys: Vec<&String> = keys.flat_map(|facts| facts.keys()).collect();
    keys.sort();
    keys.dedup();
    let shown = |value: &Value, key: &str| {
        let value = value.get(key);
        value.map_or("nothing".to_owned(), Value::to_string)
    };
    keys.into_iter()
        .filter(|key| now.get(*key) != then.get(*key))
        .map(|key| format!("{key} is {}, was {}", shown(now, key), shown(then, key)))
        .collect::<Vec<_>>()
        .join("; ")
}
