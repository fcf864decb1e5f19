//! Any other IPAM plugin, run by the CNI protocol. Left to others: what the plugin does.

use crate::{Attachment, IpamError, Lease, Request};

pub(crate) fn add(_: &Request<'_>, _: &Attachment<'_>, _plugin: &str) -> Result<Lease, IpamError> {
    Err(unfinished())
}

pub(crate) fn check(_: &Request<'_>, _: &Attachment<'_>, _plugin: &str) -> Result<(), IpamError> {
    Err(unfinished())
}

pub(crate) fn del(_: &Request<'_>, _: &Attachment<'_>, _plugin: &str) -> Result<(), IpamError> {
    Err(unfinished())
}

pub(crate) fn status(_: &Request<'_>, _plugin: &str) -> Result<(), IpamError> {
    Err(unfinished())
}

pub(crate) fn gc(_: &Request<'_>, _plugin: &str) -> Result<(), IpamError> {
    Err(unfinished())
}

fn unfinished() -> IpamError {
    IpamError::Config(crate::ConfigError::Value {
        key: "ipam.type".into(),
        reason: "not served yet".into(),
    })
}
