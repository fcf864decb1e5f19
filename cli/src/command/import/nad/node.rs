//! Which node a definition is for. Left to others: asking a person (`--node`).

use std::collections::BTreeSet;

use crate::document::Node;

/// Keys of labels and annotations that name a node.
const KEYS: [&str; 4] = [
    "kubernetes.io/hostname",
    "node",
    "nodeName",
    "colvin.dev/node",
];
/// The annotation that the network resources injector makes a node selector of.
const SELECTOR: &str = "k8s.v1.cni.cncf.io/nodeSelector";

/// The node that a label, an annotation, the node selector or the name of the definition says.
///
/// A name says it where it ends with, or begins with, one of the `known` nodes.
pub(super) fn of(metadata: Option<&Node>, name: &str, known: &BTreeSet<String>) -> Option<String> {
    let metadata = metadata?;
    let maps = ["annotations", "labels"]
        .into_iter()
        .filter_map(|field| metadata.entry(field));
    for map in maps {
        let map = &map.value;
        if let Some(node) = KEYS.iter().find_map(|key| map.text(key)) {
            return Some(node.to_owned());
        }
        let selected = map
            .text(SELECTOR)
            .and_then(|selector| selector.split_once('='));
        if let Some((_, node)) = selected.filter(|(key, _)| key.trim() == "kubernetes.io/hostname")
        {
            return Some(node.trim().to_owned());
        }
    }
    // the longest, as worker-1 is also the end of big-worker-1
    let named = known.iter().filter(|node| stripped(name, node).is_some());
    named.max_by_key(|node| node.len()).cloned()
}

/// The name without the node at its end or beginning.
pub(super) fn stripped(name: &str, node: &str) -> Option<String> {
    let mark = |letter: char| matches!(letter, '-' | '.' | '_');
    let before = name
        .strip_suffix(node)
        .and_then(|rest| rest.strip_suffix(mark));
    let after = || {
        name.strip_prefix(node)
            .and_then(|rest| rest.strip_prefix(mark))
    };
    before
        .or_else(after)
        .filter(|rest| !rest.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(metadata: &str, name: &str) -> Option<String> {
        let known = ["worker-1", "big-worker-1"].map(str::to_owned).into();
        let document = crate::document::read(metadata).remove(0).unwrap();
        of(Some(&document), name, &known)
    }

    #[test]
    fn a_definition_says_its_node_in_several_ways() {
        let some = |node: &str| Some(node.to_owned());
        assert_eq!(
            node("{name: x, labels: {kubernetes.io/hostname: a}}", "x"),
            some("a")
        );
        assert_eq!(node("{name: x, annotations: {node: b}}", "x"), some("b"));
        let selector =
            "{name: x, annotations: {k8s.v1.cni.cncf.io/nodeSelector: kubernetes.io/hostname=c}}";
        assert_eq!(node(selector, "x"), some("c"));
        assert_eq!(node("{name: x}", "green-worker-1"), some("worker-1"));
        assert_eq!(
            node("{name: x}", "green-big-worker-1"),
            some("big-worker-1")
        );
        assert_eq!(node("{name: x}", "worker-1.green"), some("worker-1"));
        assert_eq!(node("{name: x}", "green-a"), None, "a letter is no node");
        assert_eq!(node("{name: x}", "worker-1"), None, "nothing would be left");
    }
}
