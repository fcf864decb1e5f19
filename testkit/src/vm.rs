//! The VM bench: guests with real SR-IOV (QEMU's `igb`) in which programs built on the host run.
//!
//! It needs a Debian machine, root, the network for the first call (packages), and no KVM. Nothing
//! is installed; everything ends with the process that started it.
//!
//! Left to others: the switches at the other end of the cables (`crate::switch`), what is tested.

mod apt;
mod bench;
mod booted;
mod channel;
mod guest;
mod initramfs;
mod monitor;
mod nics;
mod packages;
pub(crate) mod process;
mod qemu;
mod scenario;
mod shell;

pub use bench::{Bench, default_cache};
pub use channel::{Output, Process};
pub use guest::{Reboot, Vm, VmConfig};
pub use scenario::{Scenario, SharedScenario};
pub use shell::shell;
