//! The plugin's program in the runtime's folder of CNI plugins: the one that came with this agent.
//!
//! Left to others: when to look (`chain`).

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use tracing::info;

/// The program's name, which is what configurations call it.
pub(crate) const PROGRAM: &str = "colvin-cni";

/// Puts the program there when another one, or none, is there. One that runs meanwhile is not disturbed.
///
/// # Errors
/// When it cannot be read or written; then what was there is still there.
pub(crate) fn install(ours: &Path, folder: &Path) -> io::Result<()> {
    let program = fs::read(ours)?;
    let place = folder.join(PROGRAM);
    if is_there(&place, &program) {
        return Ok(());
    }
    let beside = folder.join(format!(".{PROGRAM}.{:08x}", fastrand::u32(..)));
    let installed = (|| {
        let mut file = File::create_new(&beside)?;
        file.write_all(&program)?;
        file.set_permissions(fs::Permissions::from_mode(0o755))?;
        file.sync_all()?;
        drop(file);
        if !is_there(&beside, &program) {
            return Err(io::Error::other("it reads otherwise than it was written"));
        }
        fs::rename(&beside, &place)
    })();
    if installed.is_err() {
        // the first error tells more than that of cleaning up behind it
        drop(fs::remove_file(&beside));
    }
    installed?;
    info!(program = %place.display(), bytes = program.len(), "the CNI plugin is installed");
    Ok(())
}

fn is_there(place: &Path, program: &[u8]) -> bool {
    let runs = fs::metadata(place).is_ok_and(|it| it.is_file() && it.mode() & 0o111 == 0o111);
    runs && fs::read(place).is_ok_and(|bytes| bytes == program)
}

/// Takes the program away.
///
/// # Errors
/// When it is there and cannot be removed.
pub(crate) fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_file(folder.join(PROGRAM)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "a folder of the test's own")]
    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn another_program_is_replaced_and_the_same_one_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let (ours, bin) = (folder.path().join("ours"), folder.path().join("bin"));
        fs::create_dir(&bin).unwrap();
        let place = bin.join(PROGRAM);
        fs::write(&ours, "new").unwrap();
        fs::write(&place, "old").unwrap();
        install(&ours, &bin).unwrap();
        let there = fs::metadata(&place).unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"new");
        assert_eq!(there.mode() & 0o777, 0o755);
        install(&ours, &bin).unwrap();
        assert_eq!(fs::metadata(&place).unwrap().ino(), there.ino());
        // a program that may not be run is none
        fs::set_permissions(&place, fs::Permissions::from_mode(0o644)).unwrap();
        install(&ours, &bin).unwrap();
        assert_eq!(fs::metadata(&place).unwrap().mode() & 0o777, 0o755);
        assert_eq!(names(&bin), [PROGRAM]);
        remove(&bin).unwrap();
        remove(&bin).unwrap();
        assert!(install(&folder.path().join("none"), &bin).is_err());
        assert!(names(&bin).is_empty());
    }
}
