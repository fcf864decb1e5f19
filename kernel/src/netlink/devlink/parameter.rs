//! The parameter `enable_rdma` of devlink devices: whether a function may have an RDMA device.
//!
//! It tells where the RDMA device itself is not seen, being in another network namespace. Devices are
//! asked one by one and only by this parameter, because others ask the card's firmware. Left to others:
//! whose word counts when the device is seen.
//!
//! Source: kernel `Documentation/networking/devlink/devlink-params.rst`, `net/devlink/param.c`.

use std::collections::BTreeMap;

use colvin_model::Finding;

use super::{BUS, DEVICE, DEVICES, FAMILY, GET};
use crate::netlink::dump::DumpError;
use crate::netlink::genl;
use crate::netlink::source::{Netlink, Topic};
use crate::netlink::wire::{Attributes, Message, Request};

/// `DEVLINK_CMD_PARAM_GET`.
const GET_PARAMETER: u8 = 38;

/// `DEVLINK_ATTR_PARAM`.
const PARAMETER: u16 = 80;

/// `DEVLINK_ATTR_PARAM_NAME`.
const NAME: u16 = 81;

/// `DEVLINK_ATTR_PARAM_VALUES_LIST`.
const VALUES: u16 = 84;

/// `DEVLINK_ATTR_PARAM_VALUE`.
const VALUE: u16 = 85;

/// `DEVLINK_ATTR_PARAM_VALUE_DATA`: for a Boolean it is there when it is true.
const DATA: u16 = 86;

/// `DEVLINK_ATTR_PARAM_VALUE_CMODE`.
const MODE: u16 = 87;

/// The parameter.
const ENABLE_RDMA: &str = "enable_rdma";

pub(in crate::netlink) const PARAMETERS: Topic = Topic {
    family: FAMILY,
    what: "devlink parameters",
    file: "devlink-param",
};

/// Whether RDMA is enabled, by the devlink device's handle.
type Enabled = BTreeMap<String, bool>;

impl Netlink {
    /// Whether RDMA is enabled on the wanted devlink devices, by their handles (`pci/0000:08:00.2`,
    /// `auxiliary/mlx5_core.sf.4`). One that does not know the parameter is not in it.
    ///
    /// Of its values that which counts now is told: at run-time, else since the driver's start, else the
    /// card's own.
    ///
    /// # Errors
    /// [`DumpError`].
    pub fn rdma_enabled(
        &mut self,
        wanted: impl Fn(&str) -> bool,
        findings: &mut Vec<Finding>,
    ) -> Result<Option<Enabled>, DumpError> {
        if self.live_mut().is_none() {
            let all = |family| genl::dump_request(family, GET_PARAMETER);
            let enabled = self.everything(PARAMETERS, all, findings, Enabled::new, take)?;
            return Ok(enabled.map(|mut enabled| {
                enabled.retain(|handle, _| wanted(handle));
                enabled
            }));
        }
        let all = |family| genl::dump_request(family, GET);
        let handles = self.everything(DEVICES, all, findings, Vec::new, |handles, message| {
            handles.extend(handle(genl::attributes(message)));
        })?;
        let Some(handles) = handles else {
            return Ok(None);
        };
        let mut enabled = Enabled::new();
        for handle in handles.iter().filter(|handle| wanted(handle)) {
            let ask = |family| request(family, handle);
            match self.everything(PARAMETERS, ask, findings, Enabled::new, take) {
                Ok(answer) => enabled.extend(answer.unwrap_or_default()),
                // it went, or does not know the parameter
                Err(DumpError::Refused { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Some(enabled))
    }
}

/// The question for one device's parameter.
pub(in crate::netlink) fn request(family: u16, handle: &str) -> Request {
    let (bus, device) = handle.split_once('/').unwrap_or(("", handle));
    genl::get_request(family, GET_PARAMETER)
        .with_text(BUS, bus)
        .with_text(DEVICE, device)
        .with_text(NAME, ENABLE_RDMA)
}

/// Bus and name of the device that a message is about.
pub(in crate::netlink) fn handle(attributes: Attributes<'_>) -> Option<String> {
    let bus = attributes.clone().find(BUS)?.text()?;
    let device = attributes.find(DEVICE)?.text()?;
    Some(format!("{bus}/{device}"))
}

/// Takes in a message about the parameter; one about another parameter is passed over.
fn take(enabled: &mut Enabled, message: Message<'_>) {
    let attributes = genl::attributes(message);
    if let Some(handle) = handle(attributes.clone())
        && let Some(parameter) = attributes.find(PARAMETER)
        && let Some(value) = value(parameter.nested())
    {
        enabled.insert(handle, value);
    }
}

/// The value that counts now, when the parameter is the one.
fn value(parameter: Attributes<'_>) -> Option<bool> {
    if parameter.clone().find(NAME)?.text()? != ENABLE_RDMA {
        return None;
    }
    let values = parameter.find(VALUES)?.nested();
    let values = values.filter(|attribute| attribute.kind == VALUE);
    let of_mode = values.filter_map(|value| {
        let value = value.nested();
        let mode = value.clone().find(MODE)?.u8()?;
        Some((mode, value.find(DATA).is_some()))
    });
    // DEVLINK_PARAM_CMODE_RUNTIME, _DRIVERINIT, _PERMANENT: 0, 1, 2
    of_mode.min_by_key(|(mode, _)| *mode).map(|(_, on)| on)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answer about a parameter of this name with these values, each with its mode.
    fn parameter(handle: &str, name: &str, values: &[(u8, bool)]) -> Vec<u8> {
        let (bus, device) = handle.split_once('/').unwrap();
        Request::get(0x16, &[GET_PARAMETER, 1, 0, 0])
            .with_text(BUS, bus)
            .with_text(DEVICE, device)
            .with_nested(PARAMETER, |parameter| {
                let parameter = parameter
                    .with_text(NAME, name)
                    .with(82, &[]) // DEVLINK_ATTR_PARAM_GENERIC
                    .with(83, &[6]); // DEVLINK_ATTR_PARAM_TYPE: NLA_FLAG
                parameter.with_nested(VALUES, |list| {
                    values.iter().fold(list, |list, (mode, on)| {
                        list.with_nested(VALUE, |value| {
                            let value = value.with(MODE, &[*mode]);
                            if *on { value.with(DATA, &[]) } else { value }
                        })
                    })
                })
            })
            .encode(0)
    }

    fn recorded(messages: &[Vec<u8>]) -> (tempfile::TempDir, Netlink) {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("netlink")).unwrap();
        let file = root.path().join("netlink/devlink-param");
        std::fs::write(file, messages.concat()).unwrap();
        let netlink = Netlink::recorded(root.path());
        (root, netlink)
    }

    #[test]
    fn sdp_16_the_value_that_counts_now_says_whether_rdma_is_enabled() {
        let (vf, slice) = ("pci/0000:08:00.2", "auxiliary/mlx5_core.sf.4");
        let (_root, mut netlink) = recorded(&[
            parameter(vf, "enable_rdma", &[(2, false), (1, true)]),
            parameter(vf, "enable_vnet", &[(1, false)]),
            parameter("pci/0000:08:00.3", "enable_rdma", &[(1, false), (2, true)]),
            parameter("pci/0000:08:00.4", "enable_rdma", &[]),
            parameter("pci/0000:08:00.5", "enable_roce", &[(1, true)]),
            parameter(slice, "enable_rdma", &[(0, true), (1, false)]),
        ]);
        let mut findings = Vec::new();
        let enabled = netlink.rdma_enabled(|_| true, &mut findings).unwrap();
        let expected = [(vf, true), ("pci/0000:08:00.3", false), (slice, true)];
        let expected = expected.map(|(handle, on)| (handle.to_owned(), on));
        assert_eq!(enabled, Some(Enabled::from(expected)));
        let one = netlink.rdma_enabled(|handle| handle == slice, &mut findings);
        assert_eq!(one.unwrap().unwrap().len(), 1);
        assert_eq!(findings, []);
    }

    #[test]
    fn a_device_is_asked_for_the_one_parameter_by_its_handle() {
        let asked = request(0x16, "auxiliary/mlx5_core.sf.4").encode(0);
        let expected = Request::get(0x16, &[38, 1, 0, 0])
            .with_text(1, "auxiliary")
            .with_text(2, "mlx5_core.sf.4")
            .with_text(81, "enable_rdma");
        assert_eq!(asked, expected.encode(0));
    }

    #[test]
    fn no_devlink_is_a_fact_and_no_error() {
        let root = tempfile::tempdir().unwrap();
        let mut netlink = Netlink::recorded(root.path());
        let mut findings = Vec::new();
        assert_eq!(netlink.rdma_enabled(|_| true, &mut findings).unwrap(), None);
        // this machine has it or not: neither is an error
        let mut live = Netlink::live().unwrap();
        live.rdma_enabled(|_| true, &mut findings).unwrap();
        assert_eq!(findings, []);
    }
}
