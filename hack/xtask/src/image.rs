//! `cargo xtask image`: the image that `deploy/Containerfile` describes, as an OCI layout in a tar,
//! made without a container builder. `ctr images import`, `skopeo copy oci-archive:` and the like
//! take it.
//!
//! Left to others: the layout (`testkit/src/oci.rs`), pushing it to a registry.

mod containerfile;

use crate::{cni, place, run};
use anyhow::{Context as _, Result};
use clap::Args;
use colvin_testkit::{
    kube::binaries,
    oci::{self, Image},
};
use containerfile::Containerfile;
use std::{path::PathBuf, process::Command};

/// The name that the chart asks for, without a tag.
const REPOSITORY: &str = "ghcr.io/colvin-dev/colvin";

/// What it is told.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Build quickly, for tests: not optimized, without debug information
    #[arg(long)]
    debug: bool,
    /// The image's tag; the version unless given
    #[arg(long, default_value = env!("CARGO_PKG_VERSION"))]
    tag: String,
    /// The file to write; in the target folder unless given
    #[arg(long)]
    output: Option<PathBuf>,
}

/// Builds the programs and writes the image.
///
/// # Errors
/// When a program does not build or the image cannot be written.
pub(crate) fn make(arguments: &Arguments) -> Result<()> {
    let to = arguments
        .output
        .clone()
        .unwrap_or_else(|| binaries::image_file(arguments.debug));
    build(arguments.debug, &arguments.tag, &to)?;
    run::say(&format!(
        "{REPOSITORY}:{} is in {}",
        arguments.tag,
        to.display()
    ));
    Ok(())
}

/// The image for the tests, where they look for it, with the tag that the chart asks for.
///
/// # Errors
/// As [`make`].
pub(crate) fn for_tests() -> Result<()> {
    build(true, env!("CARGO_PKG_VERSION"), &binaries::image_file(true))
}

/// The image as it is released, where the demo looks for it, with the tag that the chart asks for.
///
/// # Errors
/// As [`make`].
pub(crate) fn for_demo() -> Result<()> {
    build(
        false,
        env!("CARGO_PKG_VERSION"),
        &binaries::image_file(false),
    )
}

/// A program of the released image. It runs on this machine too.
pub(crate) fn released(name: &str) -> PathBuf {
    folder().join(triple()).join(profile(false)).join(name)
}

fn build(debug: bool, tag: &str, to: &std::path::Path) -> Result<()> {
    let described = described()?;
    run::succeed(compile(&described, debug))?;
    let built = folder().join(triple()).join(profile(debug));
    cni::make()?;
    let program = |name: &str| match name {
        cni::NAME => cni::program(),
        name => built.join(name),
    };
    let image = Image {
        name: format!("{REPOSITORY}:{tag}"),
        programs: described
            .programs
            .iter()
            .map(|(name, place)| (place.clone(), program(name)))
            .collect(),
        labels: described.labels,
        user: described.user,
        entrypoint: described.entrypoint,
        ..Image::default()
    };
    oci::write(&[image], to)
}

fn described() -> Result<Containerfile> {
    let text = place::text(&place::top().join("deploy/Containerfile"))?;
    Containerfile::parse(&text).context("deploy/Containerfile")
}

/// A build folder of its own: static programs and those of the tests have nothing in common, and do not
/// wait for each other.
fn folder() -> PathBuf {
    place::target().join("static")
}

/// The machine type that programs are built for: this one's, but named, so that what runs while building
/// is not static too.
fn triple() -> String {
    format!("{}-unknown-linux-gnu", std::env::consts::ARCH)
}

fn profile(debug: bool) -> &'static str {
    if debug { "debug" } else { "release" }
}

/// The command that builds the programs of the image.
fn compile(described: &Containerfile, debug: bool) -> Command {
    let mut cargo = run::cargo("build --locked --workspace --target-dir");
    cargo.arg(folder()).args(["--target", &triple()]);
    // the plugin is built by itself, and for tests too as it is released
    let programs = described.programs.keys();
    for program in programs.filter(|name| *name != cni::NAME) {
        cargo.args(["--bin", program]);
    }
    cargo.env("RUSTFLAGS", "-C target-feature=+crt-static");
    if debug {
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "none");
        cargo.env("CARGO_PROFILE_DEV_STRIP", "true");
    } else {
        cargo.arg("--release");
    }
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_is_the_one_that_the_containerfile_describes() {
        let described = described().unwrap();
        let programs: Vec<&str> = described.programs.keys().map(String::as_str).collect();
        assert_eq!(
            programs,
            ["colvin", "colvin-agent", "colvin-cni", "colvin-controller"]
        );
        assert_eq!(described.user, "65532:65532");
        assert_eq!(described.entrypoint, ["/colvin"]);
        let title = described.labels.get("org.opencontainers.image.title");
        assert_eq!(title.unwrap(), "colvin");
    }

    #[test]
    fn both_ways_build_the_same_programs_with_the_same_flags() {
        let text = place::text(&place::top().join("deploy/Containerfile")).unwrap();
        let compiled = compile(&described().unwrap(), false);
        let flags = compiled.get_envs().find(|(name, _)| *name == "RUSTFLAGS");
        let flags = flags.unwrap().1.unwrap().to_str().unwrap();
        assert!(text.contains(&format!(
            "RUSTFLAGS=\"{flags}\" cargo build --release --locked"
        )));
        assert!(text.contains("--target x86_64-unknown-linux-gnu"));
    }

    #[test]
    fn the_chart_asks_for_this_image() {
        let values = place::top().join("deploy/chart/colvin/values.yaml");
        let wanted = format!("  repository: {REPOSITORY}\n");
        assert!(place::text(&values).unwrap().contains(&wanted));
    }
}
