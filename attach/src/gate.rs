//! How a device stands towards a container that is about to start: the gate that keeps a container from running
//! without an interface that its pod was promised.
//!
//! Left to others: who asks (`colvin-cni gate`, which a container runtime runs as a hook), and what is said then.

mod hook;

use std::path::PathBuf;

use colvin_kernel::netns::{NetNs, NetNsError};
use colvin_model::offer::DeviceId;

use crate::error::AttachError;
use crate::journal::{Content, State, peek};
use crate::pod::{Known, holds};
use crate::roots::Roots;
use crate::sweep::{Seen, attachments};

pub use hook::GateHook;

/// How a device stands towards the network namespace of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is attached there.
    Attached,
    /// The namespace is the caller's own, the node's: nobody makes an interface there.
    NodesOwn,
    /// Its attachment there was begun, and is not done or is being undone.
    Unfinished,
    /// It is attached in the namespace of this container (`CNI_CONTAINERID`).
    Elsewhere(String),
    /// The journal does not have it.
    Absent,
}

/// Looks how the device stands, as the kubelet knows it, towards the network namespace of a process.
///
/// # Errors
/// When the namespace or the journal cannot be read.
pub fn standing(roots: &Roots, device: &DeviceId, process: u32) -> Result<Standing, AttachError> {
    let path: PathBuf = roots.proc.join(process.to_string()).join("ns/net");
    let failed = |error: NetNsError| AttachError::Netns {
        path: path.clone(),
        reason: error.to_string(),
    };
    let netns = NetNs::open(&path).map_err(failed)?;
    if netns.is_same(&NetNs::current().map_err(failed)?) {
        return Ok(Standing::NodesOwn);
    }
    let mut seen = attachments(roots)?;
    seen.retain(|seen| is_of(seen, device));
    let id = netns.id().to_string();
    let standing = judge(&seen, &id);
    if standing == Standing::Attached && !are_there(roots, &seen, &netns, &id)? {
        return Ok(Standing::Absent);
    }
    Ok(standing)
}

/// Whether the interfaces are in the namespace, too: the kernel gives the number of a namespace that has ended to the
/// next one, so a record alone may be of another.
fn are_there(
    roots: &Roots,
    of_device: &[Seen],
    netns: &NetNs,
    id: &str,
) -> Result<bool, AttachError> {
    for seen in of_device.iter().filter(|seen| seen.is_in(id)) {
        let Some(Content::Record { record, .. }) = peek(roots, &seen.record)? else {
            return Ok(false); // it was undone meanwhile
        };
        if !holds(netns, &record, Known::ByKind)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether the device is attached, in whichever namespace: for who is not told which container it is about.
///
/// # Errors
/// When the journal cannot be read.
pub fn is_attached(roots: &Roots, device: &DeviceId) -> Result<bool, AttachError> {
    let seen = attachments(roots)?;
    let mut of_device = seen.iter().filter(|seen| is_of(seen, device));
    Ok(of_device.any(|seen| seen.state == Some(State::Applied)))
}

/// Whether a record of this boot is the device's.
fn is_of(seen: &Seen, device: &DeviceId) -> bool {
    let given = seen.given.as_ref().unwrap_or(device);
    let named = seen.given.is_some() || seen.record == device.as_str();
    named && given == device && seen.this_boot
}

impl Seen {
    /// Whether it was made in the namespace with this device and inode.
    fn is_in(&self, netns: &str) -> bool {
        self.netns.as_ref().is_some_and(|(_, id)| id == netns)
    }
}

fn judge(of_device: &[Seen], netns: &str) -> Standing {
    let here: Vec<&Seen> = of_device.iter().filter(|seen| seen.is_in(netns)).collect();
    if here.iter().any(|seen| seen.state == Some(State::Applied)) {
        return Standing::Attached;
    }
    if !here.is_empty() {
        return Standing::Unfinished;
    }
    let mut holders = of_device.iter().filter_map(|seen| seen.key.as_ref());
    match holders.next() {
        Some(key) => Standing::Elsewhere(key.container.clone()),
        None => Standing::Absent,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::request::{AttachmentKey, Owner};

    fn seen(record: &str, given: Option<&str>, netns: &str, state: State) -> Seen {
        Seen {
            record: record.to_owned(),
            key: Some(AttachmentKey {
                network: "cluster".to_owned(),
                container: "c1".to_owned(),
                ifname: "eth0".parse().unwrap(),
                name: "green0".parse().unwrap(),
            }),
            owner: Owner::default(),
            device: None,
            given: given.map(|id| id.parse().unwrap()),
            network: None,
            is_changing: false,
            interface: None,
            netns: Some(("/run/netns/a".into(), netns.to_owned())),
            state: Some(state),
            kind: None,
            since: Duration::ZERO,
            dead: None,
            this_boot: true,
            generation: 1,
        }
    }

    fn stands(all: &[Seen], device: &str) -> Standing {
        let device: DeviceId = device.parse().unwrap();
        let of_device: Vec<Seen> = all
            .iter()
            .filter(|it| is_of(it, &device))
            .cloned()
            .collect();
        judge(&of_device, "4:1")
    }

    #[test]
    fn only_a_finished_attachment_in_that_namespace_lets_a_container_start() {
        let vf = "0000:3b:02.1";
        assert_eq!(stands(&[], vf), Standing::Absent);
        for (netns, state, wanted) in [
            ("4:1", State::Applied, Standing::Attached),
            ("4:1", State::Intent, Standing::Unfinished),
            ("4:1", State::Releasing, Standing::Unfinished),
            ("4:2", State::Applied, Standing::Elsewhere("c1".to_owned())),
        ] {
            assert_eq!(stands(&[seen(vf, None, netns, state)], vf), wanted);
        }
        let earlier = Seen {
            this_boot: false,
            ..seen(vf, None, "4:1", State::Applied)
        };
        assert_eq!(stands(&[earlier], vf), Standing::Absent);
    }

    #[test]
    fn a_share_is_known_by_what_the_kubelet_calls_it() {
        let child = |given| seen("child-c1~eth0~green0", Some(given), "4:1", State::Applied);
        let share = "0000:3b:00.0/7";
        assert_eq!(stands(&[child(share)], share), Standing::Attached);
        assert_eq!(stands(&[child("0000:3b:00.0/8")], share), Standing::Absent);
        // a name that happens to be the id counts only where nothing else is said
        let other = seen(share, Some("0000:3b:00.0/8"), "4:1", State::Applied);
        assert_eq!(stands(&[other], share), Standing::Absent);
    }
}
