//! Where the machine's folders are, and which boot this is: arguments, so that a test has its own.
//!
//! Left to others: what is in the folders.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The boot that a record was made in, as the kernel names it.
///
/// Source: `/proc/sys/kernel/random/boot_id` (kernel `Documentation/admin-guide/sysctl/kernel.rst`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BootId(String);

impl BootId {
    /// The boot with this name.
    pub fn new(name: &str) -> Self {
        Self(name.trim().to_owned())
    }

    /// The boot that this machine is in.
    ///
    /// # Errors
    /// When the kernel's file cannot be read.
    pub fn current(proc_root: &Path) -> io::Result<Self> {
        let mut file = fs::File::open(proc_root.join("sys/kernel/random/boot_id"))?;
        let mut bytes = [0; 64]; // 36 and a line's end, which the kernel gives at once
        let length = file.read(&mut bytes)?;
        let name = bytes.get(..length).unwrap_or_default();
        Ok(Self::new(&String::from_utf8_lossy(name)))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The folders that attachments live in, and the boot they are of.
#[derive(Clone, Debug)]
pub struct Roots {
    /// What outlives a reboot; the journal is its `attachments` folder. On a node `/var/lib/colvin`.
    pub state: PathBuf,
    /// What ends with a boot. On a node `/run/colvin`.
    pub run: PathBuf,
    /// The folder whose `sys` is read. On a node `/`.
    pub sysfs: PathBuf,
    /// The process file system of the host. On a node `/proc`.
    pub proc: PathBuf,
    /// Whether `proc` shows every process of the machine, where that is known already.
    pub sees_all: OnceLock<bool>,
    /// This boot.
    pub boot_id: BootId,
    /// Now, since the epoch; only ever shown to people.
    pub now: Duration,
}

impl Roots {
    /// The folders of a node.
    ///
    /// # Errors
    /// When the boot's name cannot be read.
    pub fn node(now: Duration) -> io::Result<Self> {
        let proc = PathBuf::from("/proc");
        Ok(Self {
            state: PathBuf::from("/var/lib/colvin"),
            run: PathBuf::from("/run/colvin"),
            sysfs: PathBuf::from("/"),
            sees_all: OnceLock::new(),
            boot_id: BootId::current(&proc)?,
            proc,
            now,
        })
    }

    /// Whether `proc` shows every process of the machine: then a namespace that no process and no mount
    /// holds is gone. In a container it shows only some. Looked at when it is asked for first.
    pub(crate) fn sees_all(&self) -> bool {
        *self
            .sees_all
            .get_or_init(|| is_first_pid_namespace(&self.proc))
    }
}

/// Whether this process is in the machine's first PID namespace, and so sees all processes.
///
/// Source: `PROC_PID_INIT_INO` (kernel `include/linux/proc_ns.h`).
fn is_first_pid_namespace(proc: &Path) -> bool {
    let link = fs::read_link(proc.join("self/ns/pid"));
    link.is_ok_and(|target| target.as_os_str() == "pid:[4026531836]")
}
