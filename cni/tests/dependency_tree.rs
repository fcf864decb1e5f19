//! The plugin stays small: what long-running programs need is not below it.
//!
//! Left to others: its size (`cargo xtask cni`).
#![expect(clippy::disallowed_methods, reason = "a test asks cargo")]

use std::process::Command;

#[test]
fn neither_a_runtime_nor_a_client_of_the_api_server_is_linked() {
    let cargo = std::env::var_os("CARGO").unwrap();
    let tree = Command::new(cargo)
        .args("tree --offline -p colvin-cni -e normal,build --prefix none".split(' '))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        tree.status.success(),
        "{}",
        String::from_utf8_lossy(&tree.stderr)
    );
    let tree = String::from_utf8(tree.stdout).unwrap();
    let crates: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert!(crates.contains(&"colvin-attach"), "{crates:?}");
    for refused in [
        "tokio",
        "kube",
        "tonic",
        "tracing",
        "clap",
        "k8s-openapi",
        "anyhow",
        "hyper",
    ] {
        assert!(!crates.contains(&refused), "{refused} is linked");
    }
}
