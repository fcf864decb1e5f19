//! Addresses from ranges of this node, in the folders of the plugin `host-local`.
//! Left to others: other nodes, which may have the same ranges.

use crate::{Attachment, IpamError, Lease, Request};

pub(crate) fn add(
    _request: &Request<'_>,
    _attachment: &Attachment<'_>,
) -> Result<Lease, IpamError> {
    Err(unfinished())
}

pub(crate) fn check(
    _request: &Request<'_>,
    _attachment: &Attachment<'_>,
    _lease: Option<&Lease>,
) -> Result<(), IpamError> {
    Err(unfinished())
}

pub(crate) fn status(_request: &Request<'_>) -> Result<(), IpamError> {
    Err(unfinished())
}

fn unfinished() -> IpamError {
    IpamError::Config(crate::ConfigError::Value {
        key: "ipam.type".into(),
        reason: "not served yet".into(),
    })
}

pub(crate) fn del(_request: &Request<'_>, _attachment: &Attachment<'_>) -> Result<(), IpamError> {
    Err(unfinished())
}

pub(crate) fn gc(
    _request: &Request<'_>,
    _valid: Option<&[crate::Owner]>,
) -> Result<Vec<crate::Owner>, IpamError> {
    Err(unfinished())
}
