//! What the kubelet calls, in every version that it may speak: one driver behind all of them (DRA-01).
//!
//! Left to others: the sockets, and doing what is asked.

mod health;
mod registration;
mod v1;
mod v1beta1;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::driver::Driver;

pub(crate) use registration::{Notified, Registration};

/// The services that we serve, as the kubelet knows them. It walks the list and takes the first that it knows, so the
/// newest comes first (DRA-04); a kubelet of 1.36 calls the old health service on every driver (DRA-33).
pub(crate) const SERVICES: [&str; 4] = [
    "v1.DRAPlugin",
    "v1beta1.DRAPlugin",
    "v1.DRAResourceHealth",
    "v1alpha1.DRAResourceHealth",
];

/// A server on one socket.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) driver: Arc<Driver>,
    /// Its streams end.
    pub(crate) ended: CancellationToken,
}
