//! Addresses for a pod's interface, as far as one node can give them: in process (`static`,
//! `host-local`) or by any other IPAM plugin, run by the CNI protocol.
//!
//! Whatever [`add`] gave out, [`del`] takes back when it is given the network, the container, the
//! interface and the same configuration bytes ([`RawConfig`]): keep those bytes as they came. A failed
//! [`add`] has given out nothing. Every wait has an end ([`Request::limit`]).
//!
//! Left to others: putting addresses on links and waiting for SLAAC (`colvin-attach`), the CNI protocol
//! towards the runtime and the JSON of results (`colvin-cni`).

#![forbid(unsafe_code)]

mod config;
mod delegate;
mod error;
pub mod host_local;
mod lease;
mod prefix;
mod request;
mod r#static;

pub use config::{Method, RawConfig, Slaac};
pub use error::{ConfigError, DelegateError, ErrorKind, FolderError, IpamError};
pub use lease::{Dns, Ip, Lease, Route};
pub use prefix::{InvalidIpPrefix, IpPrefix};
pub use request::{Attachment, Owner, Request};

/// Gives the interface its addresses.
///
/// Without `ipam`, and with `ipam.type: slaac`, the lease is empty. A delegate that fails is run again
/// with `DEL` before this returns.
///
/// # Errors
/// [`IpamError`]; nothing is given out then.
pub fn add(request: &Request<'_>, attachment: &Attachment<'_>) -> Result<Lease, IpamError> {
    match request.config.method() {
        Method::None | Method::Slaac(_) => Ok(Lease::default()),
        Method::Static => r#static::add(request, attachment),
        Method::HostLocal => host_local::add(request, attachment),
        Method::Delegate(plugin) => delegate::add(request, attachment, plugin),
    }
}

/// Whether the interface still has what it was given.
///
/// `lease` is what [`add`] gave, where the caller knows it; without it any reservation of the interface
/// will do.
///
/// # Errors
/// [`IpamError`]: what is missing, or why nobody can say.
pub fn check(
    request: &Request<'_>,
    attachment: &Attachment<'_>,
    lease: Option<&Lease>,
) -> Result<(), IpamError> {
    match request.config.method() {
        Method::None | Method::Slaac(_) => Ok(()),
        Method::Static => r#static::check(request, attachment, lease),
        Method::HostLocal => host_local::check(request, attachment, lease),
        Method::Delegate(plugin) => delegate::check(request, attachment, plugin),
    }
}

/// Takes back what the interface was given. It succeeds when there is nothing to take back.
///
/// # Errors
/// [`IpamError`] when something may still be given out. For `host-local` an `ipam` that is otherwise
/// invalid is none, as long as it says which folder.
pub fn del(request: &Request<'_>, attachment: &Attachment<'_>) -> Result<(), IpamError> {
    match request.config.method() {
        Method::None | Method::Slaac(_) | Method::Static => Ok(()),
        Method::HostLocal => host_local::del(request, attachment),
        Method::Delegate(plugin) => delegate::del(request, attachment, plugin),
    }
}

/// Whether an [`add`] could succeed now.
///
/// # Errors
/// [`IpamError`]: why it could not.
pub fn status(request: &Request<'_>) -> Result<(), IpamError> {
    match request.config.method() {
        Method::None | Method::Slaac(_) => Ok(()),
        Method::Static => r#static::status(request),
        Method::HostLocal => host_local::status(request),
        Method::Delegate(plugin) => delegate::status(request, plugin),
    }
}

/// Takes back what belongs to none of `valid`, and gives what was taken back where it is known
/// (`host-local`). `None` means that nobody says what is valid: nothing is taken back.
///
/// A delegate gets the configuration bytes as they are, with their `cni.dev/valid-attachments`; `valid`
/// is for what is done in process. Its `ifname` is the one that [`add`] was given.
///
/// # Errors
/// [`IpamError`] when something could not be taken back; the rest was.
pub fn gc(request: &Request<'_>, valid: Option<&[Owner]>) -> Result<Vec<Owner>, IpamError> {
    match request.config.method() {
        Method::None | Method::Slaac(_) | Method::Static => Ok(Vec::new()),
        Method::HostLocal => host_local::gc(request, valid),
        Method::Delegate(plugin) => delegate::gc(request, plugin).map(|()| Vec::new()),
    }
}
