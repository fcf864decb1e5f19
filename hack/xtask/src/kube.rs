//! The Kubernetes bench's programs: Kubernetes and helm, built from the Go module `hack/kube` into the
//! target folder, and ours, as they are released. Those of Go are built again only when the module
//! changes; an older Kubernetes only where `COLVIN_KUBE_VERSION` asks for it.
//!
//! Left to others: starting them (`testkit/src/kube.rs`), the tests (`ignored.rs`).

pub(crate) mod cluster;

use crate::{place, run};
use anyhow::{Context as _, Result};
use colvin_testkit::kube::binaries::Version;
use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
};

/// A program of the Go module.
struct Program {
    /// Where it is in the folder of tools.
    name: &'static str,
    package: &'static str,
    /// The module's file, without its extension: another has other versions of what it is made from.
    versions: &'static str,
    /// What the linker writes into it. Without its version the API server says it is 0.0.0, and
    /// clients and feature gates believe it.
    set: &'static [&'static str],
}

const PROGRAMS: [Program; 3] = [
    Program {
        name: "kube",
        package: ".",
        versions: "go",
        set: &[
            "k8s.io/component-base/version.gitVersion=v1.37.0",
            "k8s.io/component-base/version.gitMajor=1",
            "k8s.io/component-base/version.gitMinor=37",
        ],
    },
    Program {
        name: "kube-1.35/kube",
        package: ".",
        versions: "kube-1.35",
        set: &[
            "k8s.io/component-base/version.gitVersion=v1.35.4",
            "k8s.io/component-base/version.gitMajor=1",
            "k8s.io/component-base/version.gitMinor=35",
        ],
    },
    Program {
        name: "helm",
        package: "helm.sh/helm/v4/cmd/helm",
        versions: "go",
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

/// Builds the Kubernetes that is asked for, and helm.
///
/// # Errors
/// When one does not build, or no such Kubernetes is known.
pub(crate) fn kubernetes() -> Result<()> {
    let kubernetes = Version::asked()?.program();
    let is_wanted = |program: &&Program| [kubernetes, "helm"].contains(&program.name);
    PROGRAMS
        .iter()
        .filter(is_wanted)
        .try_for_each(Program::build)
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
        let stamp = place::tools().join(format!("{}.stamp", self.name));
        let wanted = self.fingerprint(&module())?;
        if program.is_file() && fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
            return Ok(());
        }
        let folder = program.parent().unwrap_or(&program);
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let modfile = format!("-modfile={}.mod", self.versions);
        let mut go = run::command("nice", "go build -trimpath");
        go.args([&modfile, "-ldflags"])
            .arg(self.linker_flags())
            .arg("-o")
            .arg(&program);
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
        for extension in ["mod", "sum"] {
            let path = module.join(self.versions).with_added_extension(extension);
            place::text(&path)?.hash(&mut hasher);
        }
        for path in place::files(module, "go")? {
            place::text(&path)?.hash(&mut hasher);
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
                versions: "go",
                set,
            };
            program.fingerprint(folder.path()).unwrap()
        };
        fs::write(folder.path().join("go.mod"), "module x\n").unwrap();
        fs::write(folder.path().join("go.sum"), "").unwrap();
        let first = made(&["v=1"]);
        assert_eq!(first, made(&["v=1"]));
        assert_ne!(first, made(&["v=2"]));
        // another's versions are not its own
        fs::write(folder.path().join("older.mod"), "module x\n").unwrap();
        assert_eq!(first, made(&["v=1"]));
        fs::write(folder.path().join("main.go"), "package main\n").unwrap();
        assert_ne!(first, made(&["v=1"]));
    }

    #[test]
    fn the_version_told_is_the_version_built() {
        for program in &PROGRAMS {
            let (path, variable) = match program.name {
                "helm" => ("helm.sh/helm/v4 ", "version.version="),
                _ => ("k8s.io/kubernetes ", "version.gitVersion="),
            };
            let versions = module().join(program.versions).with_added_extension("mod");
            let versions = place::text(&versions).unwrap();
            let required = versions
                .lines()
                .find_map(|line| line.trim().strip_prefix(path));
            let version = required.unwrap().split(' ').next().unwrap();
            let told = format!("{variable}{version}");
            let says = program.set.iter().any(|set| set.ends_with(&told));
            assert!(says, "{}: {told}", program.name);
        }
    }
}
