//! What is read of a file, and where it stands.

use serde_json::json;

use super::*;

fn one(text: &str) -> Node {
    let mut documents = read(text);
    assert_eq!(documents.len(), 1, "{documents:?}");
    documents.remove(0).unwrap()
}

#[test]
fn every_key_has_its_line_and_column() {
    let node = one(
        "# a network\nkind: Network\nspec:\n  members:\n  - name: a\n    neighbor: {vlan: 110}\n",
    );
    let at = |path: &str| node.place_of(path).to_string();
    assert_eq!(at("kind"), "2:1");
    assert_eq!(at("spec.members[0]"), "5:5");
    assert_eq!(at("spec.members[0].name"), "5:5");
    assert_eq!(at("spec.members[0].neighbor.vlan"), "6:16");
    assert_eq!(
        at("spec.members[0].uplink.node"),
        "5:5",
        "the nearest above"
    );
    assert_eq!(at("status"), "2:1");
}

#[test]
fn several_documents_json_and_empty_ones_read() {
    let documents = read("---\n---\na: 1\n---\n# nothing\n---\n{\"b\": [1, \"x\"]}\n");
    let values: Vec<_> = documents
        .iter()
        .map(|node| node.as_ref().unwrap().to_value())
        .collect();
    assert_eq!(values, [json!({"a": 1}), json!({"b": [1, "x"]})]);
    let tabs = one("{\n\t\"a\": {\n\t\t\"b\": \"c\\td\"\n\t}\n}\n");
    assert_eq!(tabs.to_value(), json!({"a": {"b": "c\td"}}));
    assert_eq!(tabs.place_of("a.b").to_string(), "3:3");
}

#[test]
fn a_broken_document_does_not_hide_the_next() {
    let documents = read("a: 1\n---\nb: [1\n---\nc: 3\n");
    assert_eq!(documents.len(), 3, "{documents:?}");
    assert!(documents[1].is_err());
    assert_eq!(documents[2].as_ref().unwrap().to_value(), json!({"c": 3}));
}

#[test]
fn a_tab_is_called_a_tab() {
    let error = read("spec:\n\tmembers: []\n").remove(0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "2:1: a tab: YAML is indented with blanks only"
    );
}

#[test]
fn the_last_of_two_keys_counts_and_nothing_is_left_out() {
    assert_eq!(one("a: 1\na: 2\nb:\nc: ~\n").to_value(), json!({"a": 2}));
}

#[test]
fn aliases_and_merge_keys_are_taken_in() {
    let node = one("d: &d {a: 1, b: 2}\ne: *d\nf:\n  <<: *d\n  b: 3\n");
    let expected = json!({"d": {"a": 1, "b": 2}, "e": {"a": 1, "b": 2}, "f": {"a": 1, "b": 3}});
    assert_eq!(node.to_value(), expected);
}

#[test]
fn a_small_file_cannot_ask_for_much_memory() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let before = vec![format!("*a{}", level - 1); 10].join(", ");
        text = format!("{text}a{level}: &a{level} [{before}]\n");
    }
    let documents = read(&text);
    assert!(documents.iter().any(Result::is_err));
    let deep = "[".repeat(10_000);
    assert!(read(&deep).iter().any(Result::is_err));
}

#[test]
fn text_in_quotes_or_with_a_tag_is_text() {
    let node = one("a: \"110\"\nb: 'no'\nc: !!str 8086\nd: |\n  no\n");
    assert_eq!(
        node.to_value(),
        json!({"a": "110", "b": "no", "c": "8086", "d": "no\n"})
    );
}
