//! A device becomes a pod's interface, and always comes back: the journal, one file per kind of
//! attachment, the list of what is to be undone.
//!
//! Everything here blocks and needs neither an API server nor a daemon. Left to others: the CNI
//! protocol (`colvin-cni`), when to sweep (`colvin-agent`), how Linux is told (`colvin-kernel`),
//! where addresses come from (`colvin-ipam`).

#![forbid(unsafe_code)]

pub mod ask;
pub mod record;
