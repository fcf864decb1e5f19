//! Where the programs of the Kubernetes bench are: Kubernetes itself and helm, which
//! `cargo xtask kube` builds, and our own programs as they are released.
//!
//! Left to others: building them.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

/// The variable that says which Kubernetes the bench starts: `1.35`, or the newest, where it is not set.
pub const VERSION: &str = "COLVIN_KUBE_VERSION";

/// A Kubernetes that the bench can start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// What has no taints, no extended resources and no `distinctAttribute` yet; built when it is asked for.
    V1_35,
    /// What everything is tested with.
    V1_37,
}

impl Version {
    /// The one that [`VERSION`] asks for.
    ///
    /// # Errors
    /// When there is none such.
    pub fn asked() -> Result<Self> {
        let asked = std::env::var_os(VERSION).unwrap_or_default();
        match asked.to_str() {
            Some("" | "1.37") => Ok(Self::V1_37),
            Some("1.35") => Ok(Self::V1_35),
            _ => bail!("{VERSION} is {}: 1.35 or 1.37", asked.display()),
        }
    }

    /// Where its program is in the folder of tools: its last name is what it is called by.
    pub const fn program(self) -> &'static str {
        match self {
            Self::V1_35 => "kube-1.35/kube",
            Self::V1_37 => "kube",
        }
    }
}

/// Etcd, the API server, the controller manager, the scheduler, the kubelet and kubectl in one
/// program, of the version that is asked for; the first argument chooses.
///
/// # Errors
/// When it is not built, or there is no such version.
pub fn kube() -> Result<PathBuf> {
    let program = tool(Version::asked()?.program());
    built(&program, "cargo xtask kube --build")
}

/// The program `helm`.
///
/// # Errors
/// When it is not built.
pub fn helm() -> Result<PathBuf> {
    built(&tool("helm"), "cargo xtask kube --build")
}

/// One of our programs (`colvin`, `colvin-agent`, `colvin-controller`), as `cargo build --release`
/// makes it.
///
/// # Errors
/// When it is not built. Whether it is stale is not looked at: `cargo xtask kube` builds first.
pub fn release(program: &str) -> Result<PathBuf> {
    let path = target().join("release").join(program);
    built(&path, &format!("cargo build --release -p {program}"))
}

/// Our image as `cargo xtask image` makes it for tests: a file with an OCI layout.
///
/// # Errors
/// When it is not made. Whether it is stale is not looked at: `cargo xtask nodes` makes it first.
pub fn image() -> Result<PathBuf> {
    built(&image_file(true), "cargo xtask image --debug")
}

/// Where the image is written to: the one for tests (`debug`), or as it is released.
pub fn image_file(debug: bool) -> PathBuf {
    let name = if debug {
        "colvin-debug.tar"
    } else {
        "colvin.tar"
    };
    target().join("image").join(name)
}

/// Where cargo builds: `CARGO_TARGET_DIR`, else `target/` at the top of the workspace.
pub fn target() -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let top = crate_folder.parent().unwrap_or(crate_folder);
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| top.join("target"), |dir| top.join(dir))
}

fn tool(name: &str) -> PathBuf {
    target().join("tools").join(name)
}

fn built(path: &Path, remedy: &str) -> Result<PathBuf> {
    if !path.is_file() {
        bail!("{} is not built: `{remedy}`", path.display());
    }
    Ok(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_built_is_an_error_with_the_remedy() {
        let error = release("no-such-program").unwrap_err().to_string();
        assert!(
            error.ends_with("is not built: `cargo build --release -p no-such-program`"),
            "{error}"
        );
    }
}
