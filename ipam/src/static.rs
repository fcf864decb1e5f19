//! Addresses as they are configured, by the keys of the plugin `static`: `addresses`, `routes`, `dns`.
//! Nothing is kept. Left to others: whether somebody else has the address.

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
