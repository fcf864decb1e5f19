//! The Kubernetes bench's programs: Kubernetes and helm, built from the Go module `hack/kube` into the
//! target folder, and ours, as they are released. Those of Go are built again only when the module
//! changes.
//!
//! Left to others: starting them (`testkit/src/kube.rs`), the tests (`ignored.rs`).

pub(crate) mod cluster;

use crate::{place, run};
use anyhow::{Context as _, Result};
use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
};

/// A program of the Go module.
struct Program {
    name: &'static str,
    package: &'static str,
    /// What the linker writes into it. Without its version the API server says it is 0.0.0, and
    /// clients and feature gates believe it.
    set: &'static [&'static str],
}

const PROGRAMS: [Program; 2] = [
    Program {
        name: "kube",
        package: ".",
        set: &[
            "k8s.io/component-base/version.gitVersion=v1.37.0",
            "k8s.io/component-base/version.gitMajor=1",
            "k8s.io/component-base/version.gitMinor=37",
        ],
    },
    Program {
        name: "helm",
        package: "helm.sh/helm/v4/cmd/helm",
        set: &["helm.sh/helm/v4/internal/version.version=v4.3.1"],
    },
];

/// Builds all that the tests of the tiers `kube` and `vm` start.
///
/// # Errors
/// When something does not build.
pub(crate) fn build() -> Result<()> {
    kubernetes()?;
    run::succeed(run::cargo(
        "build --release --package colvin --package colvin-agent --package colvin-controller",
    ))
}

/// Builds Kubernetes and helm.
///
/// # Errors
/// When one does not build.
pub(crate) fn kubernetes() -> Result<()> {
    PROGRAMS.iter().try_for_each(Program::build)
}

/// The Go module.
fn module() -> PathBuf {
    place::top().join("hack/kube")
}

impl Program {
    /// Builds it, where it is not there as the module says it should be. Takes minutes the first
    /// time, so it gives way to everything else.
    fn build(&self) -> Result<()> {
        let program = place::tools().join(self.name);
        let stamp = program.with_extension("stamp");
        let wanted = self.fingerprint(&module())?;
        if program.is_file() && fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
            return Ok(());
        }
        fs::create_dir_all(place::tools())
            .with_context(|| format!("making {}", place::tools().display()))?;
        let mut go = run::command("nice", "go build -trimpath -ldflags");
        go.arg(self.linker_flags()).arg("-o").arg(&program);
        go.arg(self.package)
            .current_dir(module())
            .env("CGO_ENABLED", "0");
        run::succeed(go)?;
        fs::write(&stamp, wanted).with_context(|| format!("writing {}", stamp.display()))
    }

    fn linker_flags(&self) -> String {
        let set = self.set.iter().map(|value| format!(" -X {value}"));
        format!("-s -w{}", set.collect::<String>())
    }

    /// What it is made from, as one short word: the module's files and the flags.
    fn fingerprint(&self, module: &Path) -> Result<String> {
        let mut hasher = DefaultHasher::new();
        (self.package, self.linker_flags()).hash(&mut hasher);
        for extension in ["mod", "sum", "go"] {
            for path in place::files(module, extension)? {
                place::text(&path)?.hash(&mut hasher);
            }
        }
        Ok(format!("{:016x}", hasher.finish()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_the_module_or_the_flags_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let made = |set| {
            let program = Program {
                name: "x",
                package: ".",
                set,
            };
            program.fingerprint(folder.path()).unwrap()
        };
        fs::write(folder.path().join("go.mod"), "module x\n").unwrap();
        let first = made(&["v=1"]);
        assert_eq!(first, made(&["v=1"]));
        assert_ne!(first, made(&["v=2"]));
        fs::write(folder.path().join("main.go"), "package main\n").unwrap();
        assert_ne!(first, made(&["v=1"]));
    }

    #[test]
    fn the_version_told_is_the_version_built() {
        let module = place::text(&module().join("go.mod")).unwrap();
        let wanted = [
            ("k8s.io/kubernetes ", "version.gitVersion="),
            ("helm.sh/helm/v4 ", "version.version="),
        ];
        for (program, (path, variable)) in PROGRAMS.iter().zip(wanted) {
            let required = module
                .lines()
                .find_map(|line| line.trim().strip_prefix(path));
            let version = required.unwrap().split(' ').next().unwrap();
            let told = format!("{variable}{version}");
            let says = program.set.iter().any(|set| set.ends_with(&told));
            assert!(says, "{}: {told}", program.name);
        }
    }
}
