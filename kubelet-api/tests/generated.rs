//! The generated files below `src/` are those that `proto/` makes.
//!
//! `COLVIN_UPDATE=1 cargo test -p colvin-kubelet-api --test generated` writes them anew. Left to others:
//! whether `proto/` is what Kubernetes has (`kube_wire.rs`).

#![expect(clippy::unwrap_used, reason = "test")]

use std::path::Path;

/// Files below `proto/` without their ending, which are the modules below `src/` too.
const APIS: [&str; 7] = [
    "device_plugin/v1beta1",
    "dra/v1",
    "dra/v1beta1",
    "dra_health/v1",
    "dra_health/v1alpha1",
    "pod_resources/v1",
    "registration/v1",
];

/// The Rust that a file below `proto/` makes. Each is compiled alone, for two packages are called `v1`.
fn generated(api: &str) -> String {
    let proto = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto");
    let files = protox::compile([proto.join(format!("{api}.proto"))], [&proto]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    tonic_prost_build::configure()
        .out_dir(folder.path())
        .compile_fds(files)
        .unwrap();
    let made: Vec<_> = folder.path().read_dir().unwrap().collect();
    assert_eq!(made.len(), 1, "{api} is one package");
    let code = text(&made.first().unwrap().as_ref().unwrap().path());
    format!(
        "//! @generated from proto/{api}.proto by \
         `COLVIN_UPDATE=1 cargo test -p colvin-kubelet-api --test generated`.\n\n{code}"
    )
}

fn text(file: &Path) -> String {
    String::from_utf8(std::fs::read(file).unwrap()).unwrap()
}

#[test]
fn the_code_is_what_the_protos_make() {
    for api in APIS {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/{api}.rs"));
        let wanted = generated(api);
        if std::env::var_os("COLVIN_UPDATE").is_some() {
            std::fs::write(&file, &wanted).unwrap();
        }
        let kept = text(&file);
        assert!(
            kept == wanted,
            "src/{api}.rs is stale: COLVIN_UPDATE=1 cargo test -p colvin-kubelet-api --test generated"
        );
    }
}
