//! The runtime's folder of CNI configurations, with our plugin in the one that the runtime uses.
//!
//! Left to others: the text (`conflist`), when to look (`chain`).

#![expect(
    clippy::disallowed_methods,
    reason = "the folder is the runtime's on any machine; sysfs is not read here"
)]

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use tracing::info;

use super::conflist::{self, ConflistError};

/// How often a file is tried again that somebody else writes at the same time.
const TRIES: usize = 5;

/// Why the runtime does not call our plugin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    #[error("{} cannot be read", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} cannot be written", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{} is written by somebody else all the time", path.display())]
    Busy { path: PathBuf },
    #[error("{} cannot have colvin-cni in it", path.display())]
    Unsuited {
        path: PathBuf,
        source: ConflistError,
    },
    #[error("{} has no CNI configuration yet: the cluster's network writes one", path.display())]
    NoneYet { path: PathBuf },
}

/// Puts our plugin into the configuration that the runtime uses, which is the first by name, and takes it out of the
/// others. Gives that file.
///
/// # Errors
/// [`FolderError`]; a file is either as it was or complete.
pub(crate) fn chain(folder: &Path) -> Result<PathBuf, FolderError> {
    let mut files = files(folder)?.into_iter();
    let none = || FolderError::NoneYet {
        path: folder.to_owned(),
    };
    let first = files.next().ok_or_else(none)?;
    if first
        .extension()
        .is_none_or(|extension| extension != "conflist")
    {
        return Err(FolderError::Unsuited {
            path: first,
            source: ConflistError::OnePlugin,
        });
    }
    edit(&first, conflist::with)?;
    for other in files {
        // one that is torn or no list is not ours either
        if let Err(error @ (FolderError::Write { .. } | FolderError::Busy { .. })) =
            edit(&other, conflist::without)
        {
            return Err(error);
        }
    }
    Ok(first)
}

/// Takes our plugin out of every configuration.
///
/// # Errors
/// [`FolderError`] for the first that failed; the others are done.
pub(crate) fn unchain(folder: &Path) -> Result<(), FolderError> {
    let mut failed = None;
    for file in files(folder)? {
        match edit(&file, conflist::without) {
            Ok(()) | Err(FolderError::Unsuited { .. }) => {}
            Err(error) => drop(failed.get_or_insert(error)),
        }
    }
    failed.map_or(Ok(()), Err)
}

/// The configurations, in the order in which a runtime takes the first.
fn files(folder: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let failed = |source| FolderError::Read {
        path: folder.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if matches!(extension, Some("conf" | "conflist" | "json")) && path.is_file() {
            files.push(path);
        }
    }
    files.sort_unstable();
    Ok(files)
}

type Edit = fn(&str) -> Result<Option<String>, ConflistError>;

/// Changes a file at once. Who writes to it meanwhile wins, and his file is changed then.
fn edit(named: &Path, change: Edit) -> Result<(), FolderError> {
    let path = named.canonicalize().unwrap_or_else(|_| named.to_owned());
    for _ in 0..TRIES {
        let text = fs::read_to_string(&path).map_err(|source| FolderError::Read {
            path: path.clone(),
            source,
        })?;
        let unsuited = |source| FolderError::Unsuited {
            path: path.clone(),
            source,
        };
        let Some(changed) = change(&text).map_err(unsuited)? else {
            return Ok(());
        };
        let write = || replace(&path, &text, &changed);
        if write().map_err(|source| FolderError::Write {
            path: path.clone(),
            source,
        })? {
            info!(file = %path.display(), "the runtime's CNI configuration is changed");
            return Ok(());
        }
    }
    Err(FolderError::Busy { path })
}

/// Puts another text in the place of a file, unless the file says something else by now: then it is put back, and where
/// that fails it stays beside.
fn replace(path: &Path, was: &str, text: &str) -> io::Result<bool> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // no runtime reads a name that ends like this
    let beside = path.with_file_name(format!(".{name}.{:08x}.colvin", fastrand::u32(..)));
    let mut is_ours = true;
    let done = (|| {
        let like = fs::metadata(path)?;
        let mut file = File::create_new(&beside)?;
        file.set_permissions(fs::Permissions::from_mode(like.mode() & 0o7777))?;
        fchown(&file, Some(like.uid()), Some(like.gid()))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        let exchange = || renameat_with(CWD, &beside, CWD, path, RenameFlags::EXCHANGE);
        exchange()?;
        let is_same = fs::read(&beside).is_ok_and(|bytes| bytes == was.as_bytes());
        if !is_same {
            is_ours = false;
            exchange()?;
            is_ours = true;
        }
        Ok(is_same)
    })();
    if !is_ours {
        return done;
    }
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => done.and(Err(error)),
        _ => done,
    }
}

#[cfg(test)]
mod tests {
    use super::super::conflist::ENTRY;
    use super::*;

    const BRIDGE: &str =
        r#"{"cniVersion": "1.0.0", "name": "pods", "plugins": [{"type": "bridge"}]}"#;

    fn text(folder: &Path, name: &str) -> String {
        fs::read_to_string(folder.join(name)).unwrap()
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|it| it.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_first_by_name_has_ours_and_no_other_has() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert!(matches!(chain(folder), Err(FolderError::NoneYet { .. })));
        fs::write(folder.join("20-b.conflist"), BRIDGE).unwrap();
        fs::set_permissions(
            folder.join("20-b.conflist"),
            fs::Permissions::from_mode(0o600),
        )
        .unwrap();
        assert_eq!(chain(folder).unwrap(), folder.join("20-b.conflist"));
        assert!(text(folder, "20-b.conflist").contains(ENTRY));
        assert_eq!(
            fs::metadata(folder.join("20-b.conflist")).unwrap().mode() & 0o777,
            0o600
        );
        // another network takes over
        fs::write(folder.join("10-a.conflist"), BRIDGE).unwrap();
        assert_eq!(chain(folder).unwrap(), folder.join("10-a.conflist"));
        assert!(text(folder, "10-a.conflist").contains(ENTRY));
        assert_eq!(text(folder, "20-b.conflist"), BRIDGE);
        // it is written anew
        fs::write(folder.join("10-a.conflist"), BRIDGE).unwrap();
        chain(folder).unwrap();
        assert!(text(folder, "10-a.conflist").contains(ENTRY));
        unchain(folder).unwrap();
        assert_eq!(text(folder, "10-a.conflist"), BRIDGE);
        assert_eq!(names(folder), ["10-a.conflist", "20-b.conflist"]);
    }

    #[test]
    fn what_is_not_understood_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::write(folder.join("20-b.conflist"), BRIDGE).unwrap();
        for (name, torn) in [
            ("10-a.conflist", r#"{"cniVersion": "1.0.0", "plug"#),
            ("05-a.conf", BRIDGE),
        ] {
            fs::write(folder.join(name), torn).unwrap();
            assert!(
                matches!(chain(folder), Err(FolderError::Unsuited { .. })),
                "{name}"
            );
            assert_eq!(text(folder, name), torn);
        }
        unchain(folder).unwrap();
        assert_eq!(
            names(folder),
            ["05-a.conf", "10-a.conflist", "20-b.conflist"]
        );
    }

    #[test]
    fn who_writes_meanwhile_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("10-a.conflist");
        fs::write(&file, "another").unwrap();
        assert!(!replace(&file, BRIDGE, "ours").unwrap());
        assert_eq!(text(folder.path(), "10-a.conflist"), "another");
        assert_eq!(names(folder.path()), ["10-a.conflist"]);
    }
}
