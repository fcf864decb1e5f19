//! The words of a device event: what happened, to which kind of device.
//!
//! Left to others: the rest of the message.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;

/// What happened to a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It came, also into this network namespace.
    Add,
    /// It went, also to another network namespace.
    Remove,
    /// Something about it changed.
    Change,
    /// It has another name or another place.
    Move,
    /// A driver took it.
    Bind,
    /// A driver left it.
    Unbind,
    /// It was switched on.
    Online,
    /// It was switched off.
    Offline,
    /// Something that kernels of today do not say.
    Other(OsString),
}

/// The subsystems that network functions live in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subsystem {
    /// `pci`: functions, physical and virtual.
    Pci,
    /// `net`: net devices.
    Net,
    /// `infiniband`: RDMA devices.
    Infiniband,
    /// `vdpa`: vDPA devices.
    Vdpa,
    /// `auxiliary`: subfunctions and parts of drivers.
    Auxiliary,
    /// Anything else, or none.
    Other,
}

impl Action {
    pub(super) fn from_bytes(action: &[u8]) -> Self {
        match action {
            b"add" => Self::Add,
            b"remove" => Self::Remove,
            b"change" => Self::Change,
            b"move" => Self::Move,
            b"bind" => Self::Bind,
            b"unbind" => Self::Unbind,
            b"online" => Self::Online,
            b"offline" => Self::Offline,
            other => Self::Other(OsStr::from_bytes(other).to_owned()),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add => f.pad("add"),
            Self::Remove => f.pad("remove"),
            Self::Change => f.pad("change"),
            Self::Move => f.pad("move"),
            Self::Bind => f.pad("bind"),
            Self::Unbind => f.pad("unbind"),
            Self::Online => f.pad("online"),
            Self::Offline => f.pad("offline"),
            Self::Other(other) => f.pad(&other.to_string_lossy()),
        }
    }
}

impl Subsystem {
    pub(super) fn from_bytes(subsystem: &[u8]) -> Self {
        match subsystem {
            b"pci" => Self::Pci,
            b"net" => Self::Net,
            b"infiniband" => Self::Infiniband,
            b"vdpa" => Self::Vdpa,
            b"auxiliary" => Self::Auxiliary,
            _ => Self::Other,
        }
    }
}
