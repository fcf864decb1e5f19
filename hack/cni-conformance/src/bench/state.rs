//! What plugins keep below `/var/lib`: on an ext4 of its own, in a file on the machine's disk, seen by this process only.
//!
//! `fsync` in memory costs nothing, so a disk it is. The machine's own file system would be measured with its past: ext4
//! gives out no inode that was free less than a minute ago (five more while that is not on the disk), and looks at each;
//! where tens of thousands of leases were removed not long ago, an ADD takes half as long again, now in one folder, now in
//! another.
//!
//! Where no loop device may be used (user namespaces, many containers) it is a folder of the machine's file system, and the
//! benchmark says so.
//!
//! Left to others: what is kept there.

use crate::stage::shell;
use anyhow::{Context as _, Result};
use colvin_testkit::ext4;
use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

/// Room for 262,144 files (one for 16 KiB): the leases of all cases are 68,000, and each is indexed by a file more. On the
/// disk it takes what is written.
const MIB: u32 = 4096;

/// Puts a file system of its own on `/var/lib`, or else a folder; what is written is below `state`.
///
/// # Errors
/// When neither can be mounted.
pub(crate) fn mount(state: &Path) -> Result<()> {
    let Err(error) = mount_own(state) else {
        return Ok(());
    };
    // whoever cannot be told is not listening
    drop(writeln!(
        io::stderr(),
        "cni-bench: what plugins keep is on the machine's own file system, whose past is measured too: {error:#}"
    ));
    let lib = state.join("lib");
    fs::create_dir_all(&lib).with_context(|| lib.display().to_string())?;
    shell(&format!("mount --bind {} /var/lib", lib.display()))
}

/// An ext4 in a file. The loop device goes with the last mount, which goes with this process' namespace.
fn mount_own(state: &Path) -> Result<()> {
    let image = state.join("ext4");
    ext4::make(&image, MIB)?;
    // inode tables would be written while calls are measured
    shell(&format!(
        "mount -t ext4 -o loop,noinit_itable {} /var/lib",
        image.display()
    ))
}
