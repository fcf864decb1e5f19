//! A device becomes a pod's interface, and always comes back: the journal, one file per kind of
//! attachment, the list of what is to be undone.
//!
//! [`add()`], [`check()`], [`del()`], [`gc()`] and [`status()`] are what a runtime asks for; [`sweep`] is
//! what the agent does for those that nobody asks about any more, [`reconfigure()`] what it does when a Network is another; [`standing()`] says whether a
//! container may start. Everything here blocks and needs neither an API server nor a daemon. Left to others: the CNI protocol
//! (`colvin-cni`), when to sweep (`colvin-agent`), how Linux is told (`colvin-kernel`), where addresses come from
//! (`colvin-ipam`).

#![forbid(unsafe_code)]

pub mod ask;
pub mod pool;
pub mod record;

mod add;
mod apply;
mod attached;
mod check;
mod claim;
mod del;
mod error;
mod gate;
mod gc;
mod host;
mod journal;
mod kind;
mod pod;
mod rebuild;
mod reconfigure;
mod release;
mod request;
mod roots;
mod settings;
mod status;
pub mod sweep;
pub mod trace;
mod undo;

pub use add::add;
pub use attached::{Attached, Interface};
pub use check::{Expected, check};
pub use colvin_ipam::Lease;
pub use del::{Detached, Former, del};
pub use error::{AttachError, Class};
pub use gate::{GateHook, Standing, is_attached, standing};
pub use gc::{Valid, gc};
pub use journal::State;
pub use reconfigure::{Changes, reconfigure};
pub use request::{Addressing, AttachmentKey, IpamCall, OfNetwork, Owner, Patience, Request};
pub use roots::{BootId, Roots};
pub use settings::{
    HostDevice, HostDeviceRef, Ipvlan, IpvlanFlag, IpvlanMode, Kind, LinkState, Macvlan,
    MacvlanMode, Master, PhysicalFunction, VfTag, VirtualFunction, Vlan, VlanProtocol,
};
pub use status::{Target, Unavailable, status};
