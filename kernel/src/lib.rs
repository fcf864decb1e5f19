//! The windows to Linux: sysfs, netlink, network namespaces, packet sockets and uevents.
//!
//! Everything here blocks and nothing here decides: a call fetches facts from the kernel (or from a
//! recorded machine under another root) and hands them over as values of `colvin-model`. Callers
//! that must not block wait on the file descriptors. This is the only crate with `unsafe` code, each
//! file that has some says why.
//!
//! Left to others: what the facts mean (`colvin-model`), which to read when (`colvin-discovery`),
//! what an LLDP frame says (`lldp-rs`).

pub mod announce;
pub mod archive;
pub mod netlink;
pub mod netns;
pub mod packet;
mod processor;
pub mod sysfs;
pub mod uevent;
