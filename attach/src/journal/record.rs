//! What the journal knows of one attachment: enough to undo it without anyone's help.
//!
//! Left to others: bytes and files.

use std::path::PathBuf;

use colvin_ipam::{Method, Route};
use colvin_model::offer::DeviceId;
use colvin_model::{IfName, PciAddress};
use serde::{Deserialize, Serialize};

use crate::request::{AttachmentKey, OfNetwork, Owner};
use crate::roots::BootId;
use crate::undo::{Undo, method};

/// How far an attachment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum State {
    /// It was begun.
    Intent,
    /// It was made.
    Applied,
    /// Its undoing was begun.
    Releasing,
}

/// One attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    /// How far it is.
    pub(crate) state: State,
    /// Which attachment.
    pub(crate) key: AttachmentKey,
    /// For whom.
    pub(crate) owner: Owner,
    /// The word for its kind, as in a configuration.
    pub(crate) kind: String,
    /// The PCI function that was attached, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) device: Option<PciAddress>,
    /// What the kubelet calls the device, where it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) given: Option<DeviceId>,
    /// The Network that it is attached to, and what that said; `None` where it is of none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) network: Option<OfNetwork>,
    /// What it is being made by a change of that Network, and perhaps is not yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) change: Option<Change>,
    /// The interface's name in the pod; `None` where a userspace driver has the function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) interface: Option<IfName>,
    /// The pod's network namespace.
    pub(crate) netns: Target,
    /// The boot it was made in: in another one the kernel knows nothing of it any more.
    pub(crate) boot_id: BootId,
    /// When it was begun, in nanoseconds since the epoch; with the record's name it tells it from every other.
    pub(crate) begun_ns: u64,
    /// What is to be undone, in the order it is done: run backwards.
    pub(crate) undo: Vec<Undo>,
    /// What is to be found again by `CHECK`, as it was set and read back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) made: Option<Made>,
}

impl Record {
    /// Whether something of it is still there after a power cut, and can only be given back by who knows this
    /// record: addresses that another program handed out. Links and settings end with the boot, and addresses
    /// of our own are known as an earlier boot's.
    pub(crate) fn outlives_its_boot(&self) -> bool {
        self.undo.iter().any(|undo| match undo {
            Undo::Ipam(call) => !matches!(
                method(call),
                Ok(Method::None | Method::Static | Method::HostLocal | Method::Slaac(_))
            ),
            Undo::Vf(_) | Undo::Link(_) | Undo::Child(_) => false,
        })
    }

    /// What was attached, for people.
    pub(crate) fn shown(&self) -> String {
        match self.device {
            Some(device) => format!("the {} {device}", self.kind),
            None => format!("a {}", self.kind),
        }
    }
}

/// A change of a running attachment: written before it is made, gone when it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Change {
    /// What the Network says now.
    pub(crate) to: OfNetwork,
    /// The routes that will be made: they were not there before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) adds: Vec<Route>,
}

/// The pod's network namespace, as it was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Target {
    /// Its file then.
    pub(crate) path: PathBuf,
    /// Its device and inode, such as `4:4026532281`.
    pub(crate) id: String,
}

/// What an attachment was made to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Made {
    /// The interface's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mac: Option<colvin_model::MacAddr>,
    /// Its MTU in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mtu: Option<u32>,
    /// What IPAM gave.
    pub(crate) lease: colvin_ipam::Lease,
    /// The Network's routes that we made, and take away when it does not want them any more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) routes: Vec<Route>,
    /// The MTU that it has by a change of its Network: what the result of `ADD` says is of before that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) followed_mtu: Option<u32>,
    /// What the PF was told of the VF, as it said it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) vf: Option<crate::undo::VfImage>,
}
