//! Every Network that a page shows is one.
//!
//! Left to others: what the API server says of it (`kube_definitions.rs`), what it does.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test reads the repository's files"
)]

use std::path::Path;

use colvin_crds::v1alpha1::Network;
use colvin_model::network::NetworkSpec;

const PAGES: [&str; 4] = [
    "README.md",
    "docs/concepts.md",
    "docs/operating.md",
    "kind-configs/green.yaml",
];

/// The YAML of the page: its fenced blocks, without the list's indentation, or the whole of a manifest.
fn manifests(page: &str) -> Vec<String> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = std::fs::read_to_string(top.join(page)).unwrap();
    if Path::new(page)
        .extension()
        .is_some_and(|kind| kind == "yaml")
    {
        return vec![text];
    }
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(indent) = line.find("```yaml") {
            let inside = lines.by_ref().take_while(|line| line.trim() != "```");
            let block: Vec<_> = inside.map(|line| line.split_at(indent).1).collect();
            found.push(block.join("\n"));
        }
    }
    found
}

#[test]
fn every_network_on_a_page_means_something() {
    for page in PAGES {
        let all = manifests(page);
        let mut networks = all.iter().filter(|text| text.contains("kind: Network\n"));
        let first = networks.next().map(String::as_str);
        assert!(first.is_some(), "{page} shows no Network");
        for text in first.into_iter().chain(networks.map(String::as_str)) {
            let network: Network = serde_saphyr::from_str(text)
                .unwrap_or_else(|error| panic!("{page}: {error}\n{text}"));
            let spec = NetworkSpec::try_from(&network).unwrap();
            assert!(!spec.members().is_empty(), "{page}");
        }
    }
}
