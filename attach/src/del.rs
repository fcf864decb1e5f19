//! `DEL`: undone, whatever is missing.
//!
//! Left to others: how each kind goes back ([`crate::undo`]).

use std::path::PathBuf;
use std::time::Duration;

use colvin_kernel::netlink::change::{By, RouteSocket};
use colvin_model::{IfName, PciAddress};

use crate::error::AttachError;
use crate::host::{Host, note};
use crate::journal::{Content, Held, Record, child_name, hold, is_child_of_another, list, peek};
use crate::pod::opened;
use crate::rebuild::{Rebuilt, bring, mark, rebuild};
use crate::release::release_all;
use crate::request::{AttachmentKey, IpamCall, Patience, Request};
use crate::roots::Roots;
use crate::settings::Kind;
use crate::trace::Trace;
use crate::undo::{Given, Undo, call};

/// An attachment that is to be undone, as far as the caller knows it. The journal knows the rest.
#[derive(Clone, Debug)]
pub struct Former {
    /// The `name` of the CNI configuration.
    pub network: String,
    /// `CNI_CONTAINERID`.
    pub container: String,
    /// `CNI_IFNAME`.
    pub ifname: IfName,
    /// What the interface is called in the pod; `None` for every one of this container and `ifname`,
    /// as in a chain.
    pub name: Option<IfName>,
    /// `CNI_NETNS`, when it was given. It may be gone, or another one by now.
    pub netns: Option<PathBuf>,
    /// The PCI function that the configuration names: where to look first.
    pub device: Option<PciAddress>,
    /// How to call IPAM where the journal does not say it: its `DEL` is always called.
    pub ipam: Option<IpamCall>,
    /// The waits.
    pub patience: Patience,
}

/// What was undone.
#[derive(Debug, Default)]
pub struct Detached {
    /// The attachments that the journal had, and has no more.
    pub undone: Vec<AttachmentKey>,
    /// What could not be finished. Its record stays, and the next `ADD`, `DEL`, `GC` or sweep goes
    /// on with it.
    pub unfinished: Vec<AttachError>,
}

impl Former {
    /// The attachment it would be with this name in the pod.
    fn key(&self) -> AttachmentKey {
        AttachmentKey {
            network: self.network.clone(),
            container: self.container.clone(),
            ifname: self.ifname.clone(),
            name: self.name.as_ref().unwrap_or(&self.ifname).clone(),
        }
    }

    /// Whether a record's name says that it is this attachment's.
    fn has(&self, name: &str) -> bool {
        name == child_name(&self.key())
            || self.device.is_some_and(|device| device.to_string() == name)
    }

    /// Whether a record is of this attachment.
    fn is(&self, record: &Record) -> bool {
        record.key.container == self.container
            && record.key.ifname == self.ifname
            && self
                .name
                .as_ref()
                .is_none_or(|name| record.key.name == *name)
    }
}

/// Undoes an attachment. That something is gone already, or was never there, is no failure.
///
/// # Errors
/// When nothing could be looked at, such as the journal's folder; what was looked at and could not be
/// finished is in [`Detached::unfinished`].
pub fn del(roots: &Roots, former: &Former, trace: &mut Trace) -> Result<Detached, AttachError> {
    let mut done = Detached::default();
    let mut host = Host::open(roots)?;
    let mut is_given_back = false;
    for name in candidates(roots, former)? {
        // an empty one is being begun, unless who made it is dead: then its lock is free
        let is_empty = matches!(peek(roots, &name)?, Some(Content::New));
        let limit = former.patience.device;
        let (held, content) = match hold(
            roots,
            &name,
            false,
            if is_empty { Duration::ZERO } else { limit },
        ) {
            Ok(Some(found)) => found,
            Ok(None) => continue,
            Err(AttachError::Busy { .. }) if is_empty => continue,
            Err(error) => {
                done.unfinished.push(error);
                continue;
            }
        };
        match content {
            Content::Record { mut record, .. } if former.is(&record) => {
                is_given_back |= record.undo.iter().any(|undo| matches!(undo, Undo::Ipam(_)));
                let (is_undone, failures) =
                    release_all(roots, &mut host, held, &mut record, former.patience, trace);
                if is_undone {
                    done.undone.push(record.key.clone());
                }
                done.unfinished.extend(failures);
            }
            Content::Record { .. } => {}
            // whose it is cannot be told any more but by where its link is
            Content::Unreadable | Content::New => {
                done.unfinished
                    .extend(unread(roots, &mut host, held, former, trace).err());
            }
        }
    }
    if done.undone.is_empty() && done.unfinished.is_empty() {
        done.unfinished
            .extend(unrecorded(roots, &mut host, former, trace).err());
    }
    if let Some(ipam) = former.ipam.as_ref().filter(|_| !is_given_back) {
        let given = Given {
            roots,
            network: &former.network,
            interface: Some(&former.key()),
            netns: former.netns.as_deref(),
            patience: former.patience,
        };
        done.unfinished
            .extend(call(&given, ipam, "DEL", trace, colvin_ipam::del).err());
    }
    Ok(done)
}

/// Undoes what a record said that cannot be read, as far as it is known to be this attachment's.
fn unread(
    roots: &Roots,
    host: &mut Host,
    mut held: Held,
    former: &Former,
    trace: &mut Trace,
) -> Result<(), AttachError> {
    let is_own = former.has(&held.name) || !held.says_something();
    match rebuild(roots, host, &mut held, former.netns.as_deref(), trace)? {
        Rebuilt::Home => held.remove(),
        Rebuilt::Nothing if is_own => held.remove(),
        Rebuilt::Nothing | Rebuilt::Lives => {
            held.keep();
            Ok(())
        }
    }
}

/// Undoes an attachment of which there is no record any more: the interface in the pod's namespace, when it
/// bears our mark.
fn unrecorded(
    roots: &Roots,
    host: &mut Host,
    former: &Former,
    trace: &mut Trace,
) -> Result<(), AttachError> {
    let Some(path) = former.netns.clone() else {
        return Ok(());
    };
    let Some(netns) = opened(&path)? else {
        return Ok(());
    };
    if netns.is_same(&host.netns) {
        return Ok(());
    }
    let key = former.key();
    let mut socket = netns.run_from(&host.netns, RouteSocket::open)??;
    let Some(link) = socket.link(By::Name(&key.name))? else {
        return Ok(());
    };
    let Some(found) = mark(&link) else {
        return Ok(()); // it is somebody else's
    };
    if found.record == child_name(&key) {
        let deleted = socket.delete(link.link.index);
        note(&mut socket, trace, "pod");
        return Ok(deleted.map(drop)?);
    }
    if peek(roots, &found.record)?.is_some() {
        return Ok(()); // its record is another attachment's
    }
    bring(roots, host, &link, Some((netns, path)), trace)
}

/// The record of an attachment, as it is now.
pub(crate) fn record_of(roots: &Roots, request: &Request) -> Result<Option<Record>, AttachError> {
    let former = Former {
        network: request.key.network.clone(),
        container: request.key.container.clone(),
        ifname: request.key.ifname.clone(),
        name: Some(request.key.name.clone()),
        netns: None,
        device: match &request.kind {
            Kind::VirtualFunction(vf) => Some(vf.device),
            Kind::PhysicalFunction(pf) => Some(pf.device),
            _ => None,
        },
        ipam: None,
        patience: request.patience,
    };
    for name in candidates(roots, &former)? {
        if let Some(Content::Record { record, .. }) = peek(roots, &name)? {
            return Ok(Some(*record));
        }
    }
    Ok(None)
}

/// The records to look at: the one of the device that is named and that of a child link when one of them
/// is this attachment's and the only one there can be; else every record that may be.
fn candidates(roots: &Roots, former: &Former) -> Result<Vec<String>, AttachError> {
    let key = former.key();
    let mut first: Vec<String> = former
        .device
        .map(|device| device.to_string())
        .into_iter()
        .collect();
    first.push(child_name(&key));
    if former.name.is_some() {
        for name in &first {
            if let Some(Content::Record { record, .. }) = peek(roots, name)?
                && former.is(&record)
            {
                return Ok(vec![name.clone()]);
            }
        }
    }
    let mut names = Vec::new();
    for name in list(roots)? {
        if first.contains(&name) {
            names.push(name);
        } else if !is_child_of_another(&name, &former.container) {
            match peek(roots, &name)? {
                Some(Content::Record { record, .. }) if !former.is(&record) => {}
                Some(_) => names.push(name),
                None => {}
            }
        }
    }
    Ok(names)
}
