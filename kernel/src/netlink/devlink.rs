//! devlink: firmware, serial number, embedded switch and ports of a card.
//!
//! Left to others: telling uplinks from representors, and what to do without the right to ask for
//! the embedded switch (`colvin-model`).
//!
//! Source: kernel `include/uapi/linux/devlink.h`, `Documentation/networking/devlink/`.

mod parameter;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use colvin_model::observation::{DevlinkDevice, DevlinkFlavour, DevlinkPort, EswitchMode};
use colvin_model::{Finding, IfIndex, PciAddress, Symbol};

pub(super) use parameter::{PARAMETERS, handle, request as parameter_request};

use super::dump::DumpError;
use super::genl;
use super::source::{Family, Live, Netlink, Topic};
use super::wire::{Attributes, Message, Request};

/// `DEVLINK_CMD_GET`.
pub(super) const GET: u8 = 1;

/// `DEVLINK_CMD_PORT_GET`.
pub(super) const GET_PORT: u8 = 5;

/// `DEVLINK_CMD_ESWITCH_GET`.
pub(super) const GET_ESWITCH: u8 = 29;

/// `DEVLINK_CMD_INFO_GET`.
pub(super) const GET_INFO: u8 = 51;

/// `DEVLINK_ATTR_BUS_NAME`.
const BUS: u16 = 1;

/// `DEVLINK_ATTR_DEV_NAME`.
const DEVICE: u16 = 2;

/// `DEVLINK_ATTR_PORT_NETDEV_IFINDEX`.
const PORT_LINK: u16 = 6;

/// `DEVLINK_ATTR_ESWITCH_MODE`.
const ESWITCH_MODE: u16 = 25;

/// `DEVLINK_ATTR_PORT_FLAVOUR`.
const PORT_FLAVOUR: u16 = 77;

/// `DEVLINK_ATTR_INFO_SERIAL_NUMBER`.
const SERIAL: u16 = 99;

/// `DEVLINK_ATTR_INFO_VERSION_RUNNING`.
const RUNNING: u16 = 101;

/// `DEVLINK_ATTR_INFO_VERSION_NAME`.
const VERSION_NAME: u16 = 103;

/// `DEVLINK_ATTR_INFO_VERSION_VALUE`.
const VERSION_VALUE: u16 = 104;

/// The running version that names a package of the firmware, as ice has it.
const APPLICATION: &str = "fw.app.name";

const FAMILY: Family = Family::Generic("devlink");

pub(super) const DEVICES: Topic = Topic {
    family: FAMILY,
    what: "devlink devices",
    file: "devlink-get",
};

pub(super) const INFO: Topic = Topic {
    family: FAMILY,
    what: "devlink versions",
    file: "devlink-info",
};

pub(super) const ESWITCH: Topic = Topic {
    family: FAMILY,
    what: "the embedded switch",
    file: "devlink-eswitch",
};

pub(super) const PORTS: Topic = Topic {
    family: FAMILY,
    what: "devlink ports",
    file: "devlink-port",
};

/// The question of a command about one PCI function.
pub(super) fn request(family: u16, command: u8, function: PciAddress) -> Request {
    genl::get_request(family, command)
        .with_text(BUS, "pci")
        .with_text(DEVICE, &function.to_string())
}

/// Devices as they come from messages; each message adds what it has.
pub(super) type Devices = BTreeMap<PciAddress, DevlinkDevice>;

/// Takes in a message about a device; one about a device that is no PCI function is passed over.
pub(super) fn take(devices: &mut Devices, message: Message<'_>) {
    let attributes = genl::attributes(message);
    let Some(function) = function(attributes.clone()) else {
        return;
    };
    let device = devices.entry(function).or_insert_with(|| DevlinkDevice {
        function,
        firmware: None,
        application: None,
        serial: None,
        eswitch: None,
    });
    let mut is_exact = false;
    for attribute in attributes {
        match attribute.kind {
            SERIAL => device.serial = attribute.text().filter(|t| !t.is_empty()).map(Into::into),
            RUNNING => {
                let Some((name, value)) = running(attribute.nested()) else {
                    continue;
                };
                if name == APPLICATION {
                    device.application = Some(value);
                } else if (name == "fw" || (device.firmware.is_none() && name.starts_with("fw")))
                    && !is_exact
                {
                    is_exact = name == "fw";
                    device.firmware = Some(value);
                }
            }
            ESWITCH_MODE => {
                device.eswitch = match attribute.u16() {
                    Some(0) => Some(EswitchMode::Legacy),
                    Some(1) => Some(EswitchMode::Switchdev),
                    _ => None,
                }
            }
            _ => {}
        }
    }
}

/// Name and value of a version.
fn running(version: Attributes<'_>) -> Option<(&str, Symbol)> {
    let name = version.clone().find(VERSION_NAME)?.text()?;
    let value = version.find(VERSION_VALUE)?.text()?;
    Some((name, value.into()))
}

/// The PCI function that a message is about, if it is one.
fn function(attributes: Attributes<'_>) -> Option<PciAddress> {
    let bus = attributes.clone().find(BUS)?.text()?;
    let device = attributes.find(DEVICE)?.text()?;
    (bus == "pci").then(|| device.parse().ok()).flatten()
}

/// The port in a message; `None` when it has no netdev.
fn port(message: Message<'_>) -> Option<DevlinkPort> {
    let attributes = genl::attributes(message);
    let link = IfIndex::new(attributes.clone().find(PORT_LINK)?.u32()?)?;
    let flavour = attributes.clone().find(PORT_FLAVOUR);
    Some(DevlinkPort {
        link,
        function: function(attributes),
        flavour: match flavour.and_then(|flavour| flavour.u16()) {
            Some(0) => DevlinkFlavour::Physical,
            Some(3) => DevlinkFlavour::PciPf,
            Some(4) => DevlinkFlavour::PciVf,
            Some(5) => DevlinkFlavour::Virtual,
            Some(7) => DevlinkFlavour::PciSf,
            _ => DevlinkFlavour::Other,
        },
    })
}

impl Netlink {
    /// The devlink devices that are PCI functions and wanted, with firmware, serial number and, where
    /// this process may know it (`CAP_NET_ADMIN`), the embedded switch. A device that does not tell
    /// is there without.
    ///
    /// Each wanted device is asked by itself, because that asks the card's firmware.
    ///
    /// # Errors
    /// [`DumpError`].
    pub fn devlink(
        &mut self,
        wanted: impl Fn(PciAddress) -> bool,
        findings: &mut Vec<Finding>,
    ) -> Result<Option<BTreeMap<PciAddress, DevlinkDevice>>, DumpError> {
        let all = |family| genl::dump_request(family, GET);
        let devices = self.everything(DEVICES, all, findings, Devices::new, take)?;
        let Some(mut devices) = devices else {
            return Ok(None);
        };
        devices.retain(|function, _| wanted(*function));
        if let Some(live) = self.live_mut() {
            for device in devices.values_mut() {
                for (topic, command) in [(INFO, GET_INFO), (ESWITCH, GET_ESWITCH)] {
                    *device = live.devlink_more(topic, command, device)?;
                }
            }
            return Ok(Some(devices));
        }
        for (topic, command) in [(INFO, GET_INFO), (ESWITCH, GET_ESWITCH)] {
            let all = |family| genl::dump_request(family, command);
            let more = self.everything(topic, all, findings, Devices::new, take)?;
            for (function, more) in more.unwrap_or_default() {
                if let Some(device) = devices.get_mut(&function) {
                    device.firmware = device.firmware.take().or(more.firmware);
                    device.application = device.application.take().or(more.application);
                    device.serial = device.serial.take().or(more.serial);
                    device.eswitch = device.eswitch.or(more.eswitch);
                }
            }
        }
        Ok(Some(devices))
    }

    /// The devlink ports that have a netdev, by netdev; one of a device on another bus has no
    /// function.
    ///
    /// # Errors
    /// [`DumpError`].
    pub fn devlink_ports(
        &mut self,
        findings: &mut Vec<Finding>,
    ) -> Result<Option<BTreeMap<IfIndex, DevlinkPort>>, DumpError> {
        let all = |family| genl::dump_request(family, GET_PORT);
        self.everything(PORTS, all, findings, BTreeMap::new, |ports, message| {
            if let Some(port) = port(message) {
                ports.insert(port.link, port);
            }
        })
    }
}

impl Live {
    /// The device with what one more command tells of it, if anything.
    fn devlink_more(
        &mut self,
        topic: Topic,
        command: u8,
        known: &DevlinkDevice,
    ) -> Result<DevlinkDevice, DumpError> {
        let function = known.function;
        let answer = self.ask(
            topic,
            |family| request(family, command, function),
            || Devices::from([(function, known.clone())]),
            take,
        );
        match answer {
            Ok(devices) => {
                let more = devices.and_then(|mut devices| devices.remove(&function));
                Ok(more.unwrap_or_else(|| known.clone()))
            }
            // it may be gone, unable, or not for us to know: none of this stops the look
            Err(DumpError::Refused { .. }) => Ok(known.clone()),
            Err(error) => Err(error),
        }
    }
}
