//! `GC`: what a runtime no longer knows is undone.
//!
//! Left to others: the runtime's list (`colvin-cni`).

use std::time::Duration;

use colvin_model::IfName;

use crate::del::Detached;
use crate::error::AttachError;
use crate::host::Host;
use crate::journal::{Content, Record, hold, list, peek};
use crate::rebuild::{Rebuilt, rebuild};
use crate::release::release_all;
use crate::request::{AttachmentKey, IpamCall, Patience};
use crate::roots::Roots;
use crate::sweep::Evidence;
use crate::trace::Trace;
use crate::undo::{Given, call};

/// What a runtime says is still valid, of one network.
#[derive(Clone, Debug)]
pub struct Valid {
    /// The `name` of the CNI configuration: no other network's attachments are looked at.
    pub network: String,
    /// Container ids with their `CNI_IFNAME`. `None` when the runtime gave no list: then only that
    /// is undone which our own evidence proves dead.
    pub attachments: Option<Vec<(String, IfName)>>,
    /// How to call IPAM, whose `GC` is called too.
    pub ipam: Option<IpamCall>,
    /// The waits.
    pub patience: Patience,
}

impl Valid {
    /// Whether a record is of this network, and dead.
    fn is_dead(
        &self,
        host: &mut Host,
        evidence: &mut Evidence<'_>,
        record: &Record,
    ) -> Result<bool, AttachError> {
        if record.key.network != self.network {
            return Ok(false);
        }
        match &self.attachments {
            Some(valid) => Ok(!valid.iter().any(|(container, ifname)| {
                *container == record.key.container && *ifname == record.key.ifname
            })),
            None => Ok(evidence.of(host, record)?.is_some()),
        }
    }
}

/// Undoes every attachment of the network that is not valid, goes on after a failure, and calls
/// IPAM's `GC`.
///
/// # Errors
/// As [`del()`](crate::del()).
pub fn gc(roots: &Roots, valid: &Valid, trace: &mut Trace) -> Result<Detached, AttachError> {
    let mut host = Host::open(roots)?;
    let mut evidence = Evidence::new(roots);
    let mut done = Detached::default();
    let mut left = Vec::new();
    for name in list(roots)? {
        let result = collect(
            roots,
            &mut host,
            &mut evidence,
            valid,
            &name,
            &mut done,
            trace,
        );
        match result {
            Ok(None) => {}
            Ok(Some(key)) => left.push(key),
            Err(error) => done.unfinished.push(error),
        }
    }
    if let Some(ipam) = &valid.ipam {
        done.unfinished
            .extend(collect_ipam(roots, valid, ipam, &left, trace).err());
    }
    Ok(done)
}

/// Undoes one record when it is dead. Gives its key when it is of this network and lives.
fn collect(
    roots: &Roots,
    host: &mut Host,
    evidence: &mut Evidence<'_>,
    valid: &Valid,
    name: &str,
    done: &mut Detached,
    trace: &mut Trace,
) -> Result<Option<AttachmentKey>, AttachError> {
    let record = match peek(roots, name)? {
        Some(Content::Record { record, .. }) => record,
        Some(Content::New) => return empty(roots, host, name, trace).map(|()| None),
        Some(Content::Unreadable) | None => return Ok(None),
    };
    if !valid.is_dead(host, evidence, &record)? {
        let is_here = record.key.network == valid.network;
        return Ok(is_here.then_some(record.key));
    }
    // an ADD of a new container may have it meanwhile
    let Some((held, content)) = hold(roots, name, false, valid.patience.device)? else {
        return Ok(None);
    };
    let Content::Record { mut record, .. } = content else {
        return Ok(None);
    };
    if !valid.is_dead(host, evidence, &record)? {
        return Ok(None);
    }
    let (is_undone, failures) = release_all(roots, host, held, &mut record, valid.patience, trace);
    if is_undone {
        done.undone.push(record.key.clone());
    }
    done.unfinished.extend(failures);
    Ok(None)
}

/// Removes an empty record, which a killed `ADD` left, unless a link says that it is its.
fn empty(roots: &Roots, host: &mut Host, name: &str, trace: &mut Trace) -> Result<(), AttachError> {
    match hold(roots, name, false, Duration::ZERO) {
        Ok(Some((mut held, Content::New))) => {
            match rebuild(roots, host, &mut held, None, trace)? {
                Rebuilt::Lives => held.keep(),
                Rebuilt::Home | Rebuilt::Nothing => held.remove()?,
            }
            Ok(())
        }
        // it is being begun
        Ok(_) | Err(AttachError::Busy { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Calls IPAM's `GC`, with the names that its `ADD` was given.
fn collect_ipam(
    roots: &Roots,
    valid: &Valid,
    ipam: &IpamCall,
    left: &[AttachmentKey],
    trace: &mut Trace,
) -> Result<(), AttachError> {
    let given = Given {
        roots,
        network: &valid.network,
        interface: None,
        netns: None,
        patience: valid.patience,
    };
    let owners = valid.attachments.as_ref().map(|attachments| {
        let listed = attachments
            .iter()
            .map(|(container, ifname)| colvin_ipam::Owner::new(container, ifname.as_str()));
        let ours = left
            .iter()
            .map(|key| colvin_ipam::Owner::new(&key.container, key.name.as_str()));
        listed.chain(ours).collect::<Vec<_>>()
    });
    call(&given, ipam, "GC", trace, |request, _| {
        colvin_ipam::gc(request, owners.as_deref())
    })?;
    Ok(())
}
