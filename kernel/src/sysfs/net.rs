//! Links from `class/net`: only for roots that have no recorded netlink dump.
//!
//! On a live machine links come from one netlink dump; here each costs some twenty reads, and
//! sysfs does not tell everything (altnames, most kinds). Other names, LACP's partner of a member
//! that is not in the active aggregator and links of other namespaces are not to be had.
//!
//! Left to others: which link is an uplink (`colvin-model`).

mod bond;
mod reader;
mod value;

use std::collections::BTreeMap;

use colvin_model::observation::{Link, PortFacts};
use colvin_model::{Finding, FindingReason, IfIndex, IfName, PciAddress, Subject};

use super::look::Look;
use super::place::{At, Folder};
use super::symbols::{Symbols, is_name, is_part};
use super::{SysfsError, SysfsRoot, device_path, error};
use reader::Reader;

/// What `class/net` tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetFacts {
    /// All links.
    pub links: BTreeMap<IfIndex, Link>,
    /// Speed and driver of the links that have any.
    pub ports: BTreeMap<IfIndex, PortFacts>,
}

/// Reads all links. A file that does not serve is a finding about its link, which stays without
/// that fact. A link whose index, hardware type, MTU or flags are not to be had is left out, with a
/// finding: none of these has a value that says "not known".
///
/// # Errors
/// [`SysfsError::List`] when they cannot be listed.
pub fn scan(root: &SysfsRoot, findings: &mut Vec<Finding>) -> Result<NetFacts, SysfsError> {
    let names = list(root, findings)?;
    let mut symbols = Symbols::default();
    let mut facts = NetFacts::default();
    let mut masters: BTreeMap<IfIndex, IfName> = BTreeMap::new();
    for name in names {
        let mut reader = Reader::new(root, &name, &mut symbols);
        if let Some(seen) = reader.seen() {
            let index = seen.link.index;
            if let Some(master) = seen.master {
                masters.insert(index, master);
            }
            if seen.port != PortFacts::default() {
                facts.ports.insert(index, seen.port);
            }
            facts.links.insert(index, seen.link);
        }
        let finding = reader.look.finding(Subject::Link(name.clone()));
        findings.extend(finding);
    }
    let indexes: BTreeMap<IfName, IfIndex> = facts
        .links
        .values()
        .map(|link| (link.name.clone(), link.index))
        .collect();
    for (member, master) in masters {
        if let Some(link) = facts.links.get_mut(&member) {
            link.master = indexes.get(&master).copied();
        }
    }
    Ok(facts)
}

/// The PCI function that a device on another bus (virtio, auxiliary, usb) is or lies below; `None`
/// when there is none, or no such device.
///
/// Source: the text of the link `bus/<bus>/devices/<device>`.
///
/// # Errors
/// [`SysfsError::Read`] when the link is there and cannot be read.
pub fn function_of(
    root: &SysfsRoot,
    bus: &str,
    device: &str,
) -> Result<Option<PciAddress>, SysfsError> {
    if !is_part(bus) || !is_part(device) {
        return Ok(None);
    }
    let folder = format!("bus/{bus}/devices");
    let at = Folder::Sys.at(&folder, device);
    let function = root.link(at, "a link to a device", |target| {
        Some(device_path::function(target))
    })?;
    Ok(function.flatten())
}

/// The names of all links, in order; what is no name makes one finding.
fn list(root: &SysfsRoot, findings: &mut Vec<Finding>) -> Result<Vec<IfName>, SysfsError> {
    let at = Folder::Net.at("", "");
    let mut names: Vec<IfName> = Vec::new();
    let mut strange = Vec::new();
    root.list(at, |name| {
        let text = std::str::from_utf8(name).ok();
        match text.and_then(|text| text.parse().ok()) {
            Some(name) => names.push(name),
            None => strange.push(error::shown_name(name)),
        }
    })?;
    names.sort_unstable();
    findings.extend(error::strange_names(
        at,
        strange,
        "link's name",
        FindingReason::MalformedFile,
    ));
    Ok(names)
}
