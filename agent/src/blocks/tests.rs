//! Objects as blocks to give out of. Left to others: how they are used, the API server.

use serde_json::{Value, json};

use super::*;

fn object(name: &str, range: &str, more: &Value) -> DeserializeGuard<AddressBlock> {
    let mut object = json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "AddressBlock",
        "metadata": {"name": name}, "spec": {"network": "green", "nodeName": "one", "range": range}});
    if let (Some(metadata), Some(more)) = (object["metadata"].as_object_mut(), more.as_object()) {
        metadata.extend(more.clone());
    }
    serde_json::from_value(object).unwrap()
}

#[test]
fn the_plugin_gives_out_of_blocks_that_are_not_deleted() {
    let mut known = Known::default();
    let none = json!({});
    known.apply(Event::Init);
    known.apply(Event::InitApply(object("b", "10.20.4.32/28", &none)));
    known.apply(Event::InitApply(object("a", "10.20.4.16/28", &none)));
    known.apply(Event::InitApply(object("odd", "10.20.4.17/28", &none)));
    assert_eq!(known.to_give_from(), Blocks::new(), "the list is not whole");
    assert!(known.apply(Event::InitDone));
    let ranges = |known: &Known| {
        let blocks = known.to_give_from().remove(&"green".parse().unwrap());
        let ranges = blocks.unwrap_or_default().into_iter();
        ranges.map(|range| range.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ranges(&known), ["10.20.4.16/28", "10.20.4.32/28"]);
    let deleted = json!({"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["colvin.dev/addresses"]});
    known.apply(Event::Apply(object("a", "10.20.4.16/28", &deleted)));
    assert_eq!(ranges(&known), ["10.20.4.32/28"]);
    assert!(known.now.contains_key("a"), "it is told when it is free");
    known.apply(Event::Delete(object("b", "10.20.4.32/28", &none)));
    assert_eq!(ranges(&known), Vec::<String>::new());
}
