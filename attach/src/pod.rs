//! The pod's side of the work: its network namespace, and what is done inside.
//!
//! Left to others: the host's side ([`crate::host`]), what is moved or made ([`crate::kind`]).

mod inside;
mod life;

use std::path::Path;
use std::time::Duration;

use colvin_kernel::netlink::change::{By, RouteSocket};
use colvin_kernel::netns::{NetNs, sysctl};
use colvin_model::IfName;

use crate::error::AttachError;
use crate::host::{Host, note};
use crate::request::Request;
use crate::roots::Roots;
use crate::trace::{StepKind, Trace};

pub(crate) use inside::{Inside, route_of, settle};
pub(crate) use life::{Known, Life, at_its_path, holds, is_the_one, life, opened, reopen};

/// The namespace of a pod, with a socket in it.
#[derive(Debug)]
pub(crate) struct Pod {
    /// The namespace.
    pub(crate) netns: NetNs,
    /// For questions and changes in it.
    pub(crate) socket: RouteSocket,
    /// Whether a new link in it heeds router advertisements by itself.
    pub(crate) heeds_routers: bool,
}

/// Opens the namespace that a request names, and looks that it is another one than the host's.
pub(crate) fn open(host: &Host, request: &Request) -> Result<NetNs, AttachError> {
    let failed = |reason: String| AttachError::Netns {
        path: request.netns.clone(),
        reason,
    };
    let netns = NetNs::open(&request.netns).map_err(|error| failed(chain(&error)))?;
    if netns.is_same(&host.netns) && !request.own_netns {
        return Err(failed(
            "it is the host's own; CNI_NETNS_OVERRIDE=1 says that this is meant".to_owned(),
        ));
    }
    Ok(netns)
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(reason) = source {
        text.push_str(": ");
        text.push_str(&reason.to_string());
        source = reason.source();
    }
    text
}

impl Pod {
    /// Opens a socket in the namespace, and looks that the name is free there.
    ///
    /// # Errors
    /// [`AttachError::NameTaken`]; nothing was touched.
    pub(crate) fn enter(
        roots: &Roots,
        host: &Host,
        netns: NetNs,
        name: &IfName,
        trace: &mut Trace,
    ) -> Result<Self, AttachError> {
        let proc = &roots.proc;
        let (mut socket, taken, heeds_routers) = netns.run_from(&host.netns, || {
            let mut socket = RouteSocket::open()?;
            let taken = socket.link(By::AnyName(name.as_str()))?;
            Ok::<_, AttachError>((socket, taken, heeds_routers(proc)?))
        })??;
        note(&mut socket, trace, "pod");
        if taken.is_some() {
            return Err(AttachError::NameTaken { name: name.clone() });
        }
        Ok(Self {
            netns,
            socket,
            heeds_routers,
        })
    }

    /// Keeps an interface from heeding router advertisements, before anybody sets it up.
    pub(crate) fn hush(
        &self,
        roots: &Roots,
        name: &IfName,
        trace: &mut Trace,
    ) -> Result<(), AttachError> {
        if !self.heeds_routers {
            return Ok(());
        }
        let setting = format!("net/ipv6/conf/{name}/accept_ra");
        self.netns
            .run(|| sysctl::write(&roots.proc, &setting, "0"))??;
        let what = format!("pod: write 0 to {setting}");
        trace.push(StepKind::Netlink, what, Duration::ZERO, None);
        Ok(())
    }

    /// Puts what was sent since the last call into the trace.
    pub(crate) fn note(&mut self, trace: &mut Trace) {
        note(&mut self.socket, trace, "pod");
    }
}

/// Whether a new link of the calling thread's namespace heeds router advertisements; not without IPv6.
fn heeds_routers(proc: &Path) -> Result<bool, AttachError> {
    let value = sysctl::read(proc, "net/ipv6/conf/default/accept_ra")?;
    Ok(value.is_some_and(|value| value != "0"))
}
