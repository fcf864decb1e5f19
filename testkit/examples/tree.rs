//! Makes a large sysfs tree: `tree DIR PFS VFS_PER_PF`.
//!
//! Left to others: reading it (`pci_scan` of `colvin-kernel`).

use std::path::Path;

use anyhow::{Context as _, bail};
use colvin_testkit::tree::{TreeSpec, generate};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, pfs, vfs] = arguments.as_slice() else {
        bail!("tree DIR PFS VFS_PER_PF");
    };
    let pfs = pfs.parse().context("PFS is a number")?;
    let vfs = vfs.parse().context("VFS_PER_PF is a number")?;
    generate(Path::new(folder), TreeSpec::ice(pfs, vfs))
}
