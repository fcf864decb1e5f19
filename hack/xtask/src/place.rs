//! Where things are: the workspace, the target folder, our own tools in it, and the source files.
//!
//! Left to others: what is done with them.

use anyhow::{Context as _, Result};
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Folders that hold nothing of ours to look at.
const SKIPPED: [&str; 5] = ["target", ".git", "corpus", "artifacts", "node_modules"];

/// The top of the workspace.
pub(crate) fn top() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// Where cargo builds: `CARGO_TARGET_DIR`, else `target/` at the top.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| top().join("target"), |dir| top().join(dir))
}

/// Where the tools that the tiers need are installed, so that nothing outside the clone changes.
pub(crate) fn tools() -> PathBuf {
    target().join("tools")
}

/// A path as people write it: relative to the top of the workspace.
pub(crate) fn relative(path: &Path) -> String {
    path.strip_prefix(top())
        .unwrap_or(path)
        .display()
        .to_string()
}

/// Every file below `dir` with this extension, sorted; build folders and fuzz corpora left out.
///
/// # Errors
/// When a folder cannot be listed.
pub(crate) fn files(dir: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = vec![dir.to_owned()];
    while let Some(dir) = waiting.pop() {
        for entry in fs::read_dir(&dir).with_context(|| format!("listing {}", dir.display()))? {
            let entry = entry.with_context(|| format!("listing {}", dir.display()))?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            if kind.is_dir() && !SKIPPED.iter().any(|name| entry.file_name() == *name) {
                waiting.push(path);
            } else if kind.is_file() && path.extension().is_some_and(|end| end == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The whole text of a file.
///
/// # Errors
/// When it cannot be read or is not UTF-8; the path is in the message.
pub(crate) fn text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}
