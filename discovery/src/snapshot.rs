//! A machine taken home: its network part of sysfs, its netlink answers and the frames that were heard,
//! as one archive that every command reads like the machine itself.
//!
//! Hardware addresses and serial numbers are replaced, the same one by the same other one wherever it
//! stands. Names, descriptions, IP addresses, PCI addresses, firmware versions and models stay: read
//! it before you send it. `vpd` is never read. What this user may not read is left out, and a finding
//! says so.
//!
//! Left to others: the archive's form (`colvin_kernel::archive`), hearing frames (`source::lldp`).

mod collect;
mod disguise;
mod frame;
mod message;

use std::collections::BTreeMap;
use std::path::Path;

use colvin_kernel::archive::{Archive, Entry, EntryPath};
use colvin_kernel::netlink::{DumpError, Netlink};
use colvin_model::observation::Observations;
use colvin_model::{Finding, FindingReason, IfName, LinkAddress};

use crate::Discovery;
use collect::Collected;
pub use disguise::Disguise;

/// A machine's archive, and what could not be put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The machine.
    pub archive: Archive,
    /// What is missing from it, and why.
    pub findings: Vec<Finding>,
}

/// A snapshot could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The kernel's answers could not be recorded.
    #[error("cannot record what the kernel says of its links")]
    Netlink {
        /// Why.
        source: DumpError,
    },
}

/// What was heard, by link: whole frames in the order they came.
pub type Frames = BTreeMap<IfName, Vec<Vec<u8>>>;

/// Takes this machine, as `discovery` saw it last, with the LLDP frames that count at the moment.
///
/// # Errors
/// [`SnapshotError`] when not even the links can be recorded.
pub fn take_live(discovery: &Discovery) -> Result<Snapshot, SnapshotError> {
    let mut findings = Vec::new();
    let seen = discovery.observations();
    let netlink = Netlink::live()
        .and_then(|mut netlink| netlink.record(!seen.rdma.is_empty(), &mut findings))
        .map_err(|source| SnapshotError::Netlink { source })?;
    let netlink = netlink
        .into_iter()
        .map(|(name, bytes)| (name.to_owned(), bytes))
        .collect();
    let mut snapshot = take(Path::new("/"), &netlink, seen, &discovery.lldp().frames());
    snapshot.findings.extend(findings);
    Ok(snapshot)
}

/// Takes the machine below this root, of which `seen` was seen, with these raw netlink answers (by the
/// name of their file) and these frames.
pub fn take(
    root: &Path,
    netlink: &BTreeMap<String, Vec<u8>>,
    seen: &Observations,
    frames: &Frames,
) -> Snapshot {
    let by_class = !netlink.contains_key("links");
    let mut collected = collect::of(root, seen, by_class);
    for (name, bytes) in netlink {
        collected.file(&format!("netlink/{name}"), bytes.clone());
    }
    for (link, heard) in frames {
        for (frame, number) in heard.iter().zip(1_u32..) {
            collected.file(&format!("frames/{link}/{number:04}"), frame.clone());
        }
    }
    disguised(&collected, &learned(&collected, seen))
}

/// Learns everything that is to be replaced.
fn learned(collected: &Collected, seen: &Observations) -> Disguise {
    let mut disguise = Disguise::default();
    for link in seen.links.values() {
        let partner = link.bond.as_ref().and_then(|bond| bond.partner.as_ref());
        for address in [
            link.address.as_ref(),
            link.permanent_address.as_ref(),
            partner,
        ] {
            match address {
                Some(LinkAddress::Ethernet(mac)) => disguise.learn_mac(*mac),
                // an InfiniBand address ends with the port's GUID
                Some(LinkAddress::Other(bytes)) if bytes.len() == 20 => {
                    disguise.learn_identifier(bytes.get(12..).unwrap_or_default());
                }
                Some(LinkAddress::Other(_)) | None => {}
            }
        }
        if let Some(switch) = &link.switch_id {
            disguise.learn_identifier(switch);
        }
    }
    for neighbor in seen.neighbors.values().flatten() {
        disguise.learn_mac(neighbor.source);
    }
    for (path, entry) in &collected.entries {
        disguise.learn_text(path.as_bytes());
        match entry {
            Entry::File(bytes) if path.starts_with("netlink/") => {
                message::learn(path, bytes, &mut disguise);
            }
            Entry::File(bytes) if path.starts_with("frames/") => frame::learn(bytes, &mut disguise),
            Entry::File(bytes) | Entry::Link(bytes) => disguise.learn_text(bytes),
            Entry::Folder => {}
        }
    }
    disguise
}

/// The archive of what was collected, with everything replaced.
fn disguised(collected: &Collected, disguise: &Disguise) -> Snapshot {
    let mut archive = Archive::new();
    let mut findings = collected.findings();
    for (path, entry) in &collected.entries {
        let entry = match entry {
            Entry::File(bytes) if path.starts_with("netlink/") => {
                Entry::File(message::disguised(path, bytes, disguise))
            }
            Entry::File(bytes) if path.starts_with("frames/") => {
                Entry::File(frame::disguised(bytes, disguise))
            }
            Entry::File(bytes) => Entry::File(disguise.apply(bytes)),
            Entry::Link(target) => Entry::Link(disguise.apply(target)),
            Entry::Folder => Entry::Folder,
        };
        let inserted = EntryPath::new(disguise.apply(path.as_bytes()))
            .map_err(|error| error.to_string())
            .and_then(|path| {
                archive
                    .insert(path, entry)
                    .map_err(|error| error.to_string())
            });
        if let Err(error) = inserted {
            let message = format!("left out of the snapshot: {error}");
            findings.push(Finding::of_node(FindingReason::MalformedFile, message));
        }
    }
    Snapshot { archive, findings }
}
