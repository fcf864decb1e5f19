//! A guest's disk: a file that holds an empty ext4, with room only where something was written.
//!
//! Left to others: plugging it in (`qemu.rs`), mounting it (`init.sh`).

use std::fs::File;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::process::checked;

/// Makes the file `path`, which appears as a disk of so many MiB.
///
/// # Errors
/// When it cannot be written, or there is no `mkfs.ext4` (package e2fsprogs).
pub(super) fn make(path: &Path, mib: u32) -> Result<()> {
    let file = File::create(path).with_context(|| format!("cannot make {}", path.display()))?;
    file.set_len(u64::from(mib) * 1024 * 1024)
        .with_context(|| format!("cannot give {} its size", path.display()))?;
    // it is found also where a user's PATH lacks the administrator's programs
    let mut mkfs = Command::new("/sbin/mkfs.ext4");
    checked(mkfs.args(["-q", "-E", "lazy_itable_init=1"]).arg(path)).map(drop)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[test]
    fn a_disk_takes_little_room_for_its_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("disk");
        make(&path, 1024).unwrap();
        let made = path.metadata().unwrap();
        assert_eq!(made.len(), 1 << 30);
        assert!(made.blocks() * 512 < 64 << 20, "{}", made.blocks());
    }
}
