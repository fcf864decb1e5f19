//! Addresses are asked for and given back by the bytes that the configuration had.
//!
//! Left to others: how (`colvin-ipam`).

use std::path::Path;

use colvin_ipam::{Attachment, IpamError, Method, RawConfig, Request};

use super::Undoing;
use crate::error::AttachError;
use crate::journal::Record;
use crate::request::{AttachmentKey, IpamCall, Patience};
use crate::roots::Roots;
use crate::trace::{StepKind, Trace};

/// For whom IPAM is called, and how long it may take.
pub(crate) struct Given<'a> {
    /// The folders, and the boot.
    pub(crate) roots: &'a Roots,
    /// The `name` of the CNI configuration.
    pub(crate) network: &'a str,
    /// The container, and our interface in it: none for what is about all of them.
    pub(crate) interface: Option<&'a AttachmentKey>,
    /// The pod's network namespace, where there is one.
    pub(crate) netns: Option<&'a Path>,
    /// The waits.
    pub(crate) patience: Patience,
}

/// How a configuration says that addresses are given.
pub(crate) fn method(call: &IpamCall) -> Result<Method, AttachError> {
    let config = RawConfig::new(call.config.as_bytes());
    Ok(config
        .map_err(|error| error_of(&error.into()))?
        .method()
        .clone())
}

/// Calls IPAM, as a step.
pub(crate) fn call<T>(
    given: &Given<'_>,
    call: &IpamCall,
    what: &str,
    trace: &mut Trace,
    work: impl FnOnce(&Request<'_>, &Attachment<'_>) -> Result<T, IpamError>,
) -> Result<T, AttachError> {
    let config = RawConfig::new(call.config.as_bytes());
    let config = config.map_err(|error| error_of(&error.into()))?;
    let request = Request {
        // addresses of a Network's pool are given in the Network's name, whatever the runtime calls it
        network: config.name().unwrap_or(given.network),
        config: &config,
        cni_path: &call.path,
        limit: given.patience.ipam,
        boot_id: given.roots.boot_id.as_str(),
    };
    let attachment = Attachment {
        container_id: given.interface.map_or("", |key| &key.container),
        ifname: given.interface.map_or("", |key| key.name.as_str()),
        netns: given.netns,
        args: Some(call.args.as_str()).filter(|args| !args.is_empty()),
    };
    let result = trace.step(StepKind::Ipam, format!("IPAM {what}"), || {
        work(&request, &attachment)
    });
    result.map_err(|error| error_of(&error))
}

/// An error of IPAM as one of ours.
pub(crate) fn error_of(error: &IpamError) -> AttachError {
    let mut message = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(reason) = source {
        message.push_str(": ");
        message.push_str(&reason.to_string());
        source = reason.source();
    }
    AttachError::Ipam {
        kind: error.kind(),
        message,
    }
}

/// Gives back what the attachment was given.
pub(super) fn del(
    undoing: &mut Undoing<'_>,
    record: &Record,
    ipam: &IpamCall,
) -> Result<(), AttachError> {
    let given = Given {
        roots: undoing.roots,
        network: &record.key.network,
        interface: Some(&record.key),
        netns: undoing.pod.map(|_| record.netns.path.as_path()),
        patience: undoing.patience,
    };
    call(&given, ipam, "DEL", undoing.trace, colvin_ipam::del)
}
