//! The guest's initramfs: a static busybox, the few modules that reach the host's files, `/init`.
//!
//! Left to others: everything after the root is mounted (`init.sh`).

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::packages::{Group, Packages};
use super::process::checked;

/// The script that the kernel starts.
const INIT: &str = include_str!("initramfs-init.sh");

/// The modules that are needed before the host's files are there; all others come from there.
const MODULES: [&str; 3] = ["9pnet_virtio", "9p", "overlay"];

/// What an initramfs for the kernel `release` is made from: it is made again when this changes.
pub(super) fn form(release: &str) -> String {
    format!("{release} {MODULES:?}\n{INIT}")
}

/// Writes `modules.dep` into the kernel's tree, and the initramfs to `to`.
///
/// # Errors
/// When kmod or busybox fails or a file cannot be written.
pub(super) fn make(packages: &Packages, release: &str, to: &Path) -> Result<()> {
    let tree = packages.folder(Group::Linux);
    if !tree.join("lib").exists() {
        std::os::unix::fs::symlink("usr/lib", tree.join("lib")).context("linking lib")?;
    }
    // kmod is one program that goes by the name it is called by
    let kmod = |name: &str| {
        let mut command = packages.command(Group::Tools, "bin/kmod");
        command.arg0(name);
        command
    };
    checked(kmod("depmod").arg("-b").arg(&tree).arg(release))?;
    let busybox = packages.folder(Group::Tools).join("bin/busybox");
    let mut archive = Archive::default();
    for folder in ["bin", "mod"] {
        archive.entry(folder, 0o040_755, &[]);
    }
    archive.entry("init", 0o100_755, INIT.as_bytes());
    archive.entry("bin/busybox", 0o100_755, &read(&busybox)?);
    let mut order = Vec::new();
    for module in MODULES {
        let needed = checked(kmod("modprobe").arg("-d").arg(&tree).args([
            "-S",
            release,
            "--show-depends",
            module,
        ]))?;
        for file in needed
            .lines()
            .filter_map(|line| line.strip_prefix("insmod "))
        {
            let file = Path::new(file.trim());
            if !order.iter().any(|seen| seen == file) {
                order.push(file.to_owned());
            }
        }
    }
    let mut names = String::new();
    for file in &order {
        let name = file
            .file_stem()
            .context("a module without a name")?
            .to_string_lossy();
        let unpacked = Command::new(&busybox)
            .args(["xz", "-dc"])
            .arg(file)
            .output()
            .with_context(|| format!("cannot unpack {}", file.display()))?;
        archive.entry(&format!("mod/{name}"), 0o100_644, &unpacked.stdout);
        names.push_str(&name);
        names.push('\n');
    }
    archive.entry("mod/order", 0o100_644, names.as_bytes());
    fs::write(to, archive.finish()).with_context(|| format!("cannot write {}", to.display()))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// A cpio archive in the form `newc` (kernel `Documentation/driver-api/early-userspace/buffer-format.rst`).
#[derive(Default)]
struct Archive {
    bytes: Vec<u8>,
    entries: usize,
}

impl Archive {
    fn entry(&mut self, name: &str, mode: u32, content: &[u8]) {
        self.entries += 1;
        let (inode, size, name_size) = (self.entries, content.len(), name.len() + 1);
        let head = format!(
            "070701{inode:08X}{mode:08X}{zero}{zero}{links:08X}{zero}{size:08X}{zero}{zero}{zero}{zero}\
             {name_size:08X}{zero}{name}\0",
            zero = "00000000",
            links = 1,
        );
        self.bytes.extend_from_slice(head.as_bytes());
        self.pad();
        self.bytes.extend_from_slice(content);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, &[]);
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_newc_headers_names_and_contents_each_padded_to_four_bytes() {
        let mut archive = Archive::default();
        archive.entry("ab", 0o100_644, b"hello");
        let bytes = archive.finish();
        let head = "070701000000010000\
                    81A4000000000000000000000001000000000000000500000000000000000000000000000000\
                    0000000300000000";
        let expected = [head.as_bytes(), b"ab\0\0\0\0hello\0\0\0"].concat();
        let (entry, trailer) = bytes.split_at(expected.len());
        assert_eq!(
            String::from_utf8_lossy(entry),
            String::from_utf8_lossy(&expected)
        );
        assert_eq!(trailer.len() % 4, 0);
        assert!(trailer.starts_with(b"070701") && trailer.ends_with(b"TRAILER!!!\0\0\0\0"));
    }
}
