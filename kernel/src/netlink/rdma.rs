//! RDMA devices by name. Left to others: the PCI function of each, which stands in
//! `class/infiniband` (the protocol does not tell it).
//!
//! Source: kernel `include/uapi/rdma/rdma_netlink.h`, `drivers/infiniband/core/nldev.c`.

use colvin_model::observation::RdmaDevice;
use colvin_model::{Finding, Symbol};

use super::dump::DumpError;
use super::source::{Family, Netlink, Topic};
use super::wire::{Attributes, Message, Request};

/// `RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, RDMA_NLDEV_CMD_GET)`.
const GET: u16 = (5 << 10) | 1;

/// `RDMA_NLDEV_ATTR_DEV_NAME`.
const NAME: u16 = 2;

/// `RDMA_NLDEV_ATTR_DEV_PROTOCOL`: `ib`, `roce`, `iw`, `opa`, `usnic`.
const PROTOCOL: u16 = 67;

pub(super) const TOPIC: Topic = Topic {
    family: Family::Rdma,
    what: "RDMA devices",
    file: "rdma",
};

/// The question for all RDMA devices.
pub(super) fn dump_request() -> Request {
    Request::dump(GET, &[])
}

impl Netlink {
    /// All RDMA devices of the namespace, or `None` where the kernel has no RDMA. Their PCI
    /// functions are not known here.
    ///
    /// The first call makes the kernel load `ib_core` where that is a module: ask only where
    /// `class/infiniband` is there.
    ///
    /// # Errors
    /// [`DumpError`].
    pub fn rdma(
        &mut self,
        findings: &mut Vec<Finding>,
    ) -> Result<Option<Vec<RdmaDevice>>, DumpError> {
        let answer = self.everything(
            TOPIC,
            |_| dump_request(),
            findings,
            Vec::new,
            |devices, message| devices.extend(decode(message)),
        );
        match answer {
            // the protocol is there, and nobody answers in this namespace
            Err(DumpError::Send { source, .. })
                if source.raw_os_error() == Some(libc::ECONNREFUSED) =>
            {
                Ok(None)
            }
            answer => answer,
        }
    }
}

/// The device in a message; `None` when it has no name.
fn decode(message: Message<'_>) -> Option<RdmaDevice> {
    let attributes = Attributes::new(message.payload);
    let name = attributes.clone().find(NAME)?.text()?;
    let protocol = attributes.find(PROTOCOL);
    Some(RdmaDevice {
        name: name.into(),
        function: None,
        subfunction: None,
        link_layer: protocol.and_then(|protocol| link_layer(protocol.text()?)),
    })
}

/// The link layer in the words of `class/infiniband/<name>/ports/1/link_layer`.
fn link_layer(protocol: &str) -> Option<Symbol> {
    match protocol {
        "ib" | "opa" => Some("InfiniBand".into()),
        "roce" | "iw" | "usnic" => Some("Ethernet".into()),
        _ => None,
    }
}
