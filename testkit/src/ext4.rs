//! A file that holds an empty ext4, with room only where something was written: a guest's disk, or a file system of one's
//! own on this machine.
//!
//! Left to others: plugging it in (`vm/qemu.rs`), mounting it (`vm/init.sh`; `mount -o loop`).

use std::fs::File;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::vm::process::checked;

/// Makes the file `path`, which appears as a disk of so many MiB. Its inode tables are not written yet: whoever mounts it
/// for measuring says `noinit_itable`, or the kernel writes them meanwhile.
///
/// # Errors
/// When it cannot be written, or there is no `mkfs.ext4` (package e2fsprogs).
pub fn make(path: &Path, mib: u32) -> Result<()> {
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
