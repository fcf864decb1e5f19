//! The host's side of the work: its network namespace, a socket in it, its sysfs.
//!
//! Left to others: the pod's side ([`crate::pod`]).

use colvin_kernel::netlink::change::RouteSocket;
use colvin_kernel::netns::NetNs;
use colvin_kernel::sysfs::SysfsRoot;

use crate::error::AttachError;
use crate::roots::Roots;
use crate::trace::{StepKind, Trace};

/// The namespace of the calling thread, which is where devices come from and go back to.
#[derive(Debug)]
pub(crate) struct Host {
    /// The namespace.
    pub(crate) netns: NetNs,
    /// For questions and changes in it.
    pub(crate) socket: RouteSocket,
    /// Its sysfs.
    pub(crate) sysfs: SysfsRoot,
}

impl Host {
    /// Opens all of it, in the calling thread's network namespace.
    pub(crate) fn open(roots: &Roots) -> Result<Self, AttachError> {
        Ok(Self {
            netns: NetNs::current()?,
            socket: RouteSocket::open()?,
            sysfs: SysfsRoot::new(&roots.sysfs)?,
        })
    }

    /// Puts what was sent since the last call into the trace.
    pub(crate) fn note(&mut self, trace: &mut Trace) {
        note(&mut self.socket, trace, "host");
    }
}

/// Puts what was sent by a socket since the last call into the trace.
pub(crate) fn note(socket: &mut RouteSocket, trace: &mut Trace, place: &str) {
    for sent in socket.take_sent() {
        let kind = if sent.what.starts_with("look at") {
            StepKind::Look
        } else {
            StepKind::Netlink
        };
        let error = sent
            .errno
            .map(|errno| std::io::Error::from_raw_os_error(errno).to_string());
        trace.push(kind, format!("{place}: {}", sent.what), sent.took, error);
    }
}
