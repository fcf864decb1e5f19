//! ethtool by netlink: speed, lanes and the driver's private flags of a port.
//!
//! Ports are asked for one by one, those that the caller names: a dump asks every VF's driver too,
//! which asks the card's firmware. Dumps are for recording. Left to others: what a flag means.
//!
//! Source: kernel `include/uapi/linux/ethtool_netlink.h`,
//! `Documentation/networking/ethtool-netlink.rst`.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use colvin_model::observation::PortFacts;
use colvin_model::{Finding, IfIndex, IfName, Symbol};

use super::driver::{self, DriverInfo};
use super::dump::DumpError;
use super::genl;
use super::source::{Family, Live, Netlink, Topic};
use super::wire::{Attribute, Message, Request};

/// `ETHTOOL_MSG_LINKMODES_GET`.
const GET_LINK_MODES: u8 = 4;

/// `ETHTOOL_MSG_PRIVFLAGS_GET`.
const GET_PRIVATE_FLAGS: u8 = 13;

/// `ETHTOOL_A_*_HEADER`, in every message.
const HEADER: u16 = 1;

/// `ETHTOOL_A_HEADER_DEV_INDEX`.
const HEADER_INDEX: u16 = 1;

/// `ETHTOOL_A_HEADER_FLAGS`.
const HEADER_FLAGS: u16 = 3;

/// `ETHTOOL_FLAG_COMPACT_BITSETS`: no names of link modes.
const COMPACT: u32 = 1;

/// `ETHTOOL_A_LINKMODES_SPEED`.
const SPEED: u16 = 5;

/// `ETHTOOL_A_LINKMODES_LANES`.
const LANES: u16 = 9;

/// `ETHTOOL_A_PRIVFLAGS_FLAGS`.
const FLAGS: u16 = 2;

/// `ETHTOOL_A_BITSET_BITS`.
const BITS: u16 = 3;

/// `ETHTOOL_A_BITSET_BIT_NAME`.
const BIT_NAME: u16 = 2;

/// `ETHTOOL_A_BITSET_BIT_VALUE`: there when the bit is set.
const BIT_VALUE: u16 = 3;

pub(super) const LINK_MODES: Topic = Topic {
    family: Family::Generic("ethtool"),
    what: "link modes",
    file: "ethtool-linkmodes",
};

pub(super) const PRIVATE_FLAGS: Topic = Topic {
    family: Family::Generic("ethtool"),
    what: "private flags",
    file: "ethtool-privflags",
};

/// The question for a topic about one port, or about all.
pub(super) fn request(topic: Topic, family: u16, port: Option<IfIndex>) -> Request {
    let (command, flags) = if topic == LINK_MODES {
        (GET_LINK_MODES, COMPACT)
    } else {
        (GET_PRIVATE_FLAGS, 0)
    };
    let request = match port {
        Some(_) => genl::get_request(family, command),
        None => genl::dump_request(family, command),
    };
    request.with_nested(HEADER, |header| {
        let header = header.with(HEADER_FLAGS, &flags.to_ne_bytes());
        match port {
            Some(index) => header.with(HEADER_INDEX, &index.get().to_ne_bytes()),
            None => header,
        }
    })
}

/// What ethtool told, by link. One `take` reads link modes and private flags alike: a topic's
/// messages are told apart by the command that made them.
#[derive(Debug, Default)]
struct Ports(BTreeMap<IfIndex, PortFacts>);

impl Ports {
    fn take_link_modes(&mut self, message: Message<'_>) {
        let Some(facts) = self.port(message) else {
            return;
        };
        for attribute in genl::attributes(message) {
            let number = attribute.u32().filter(|n| *n != 0 && *n != u32::MAX);
            match attribute.kind {
                SPEED => facts.speed_mbps = number,
                LANES => facts.lanes = number,
                _ => {}
            }
        }
    }

    fn take_private_flags(&mut self, message: Message<'_>) {
        let Some(facts) = self.port(message) else {
            return;
        };
        let set = genl::attributes(message).find(FLAGS);
        let bits = set.and_then(|set| set.nested().find(BITS));
        if let Some(bits) = bits {
            facts.private_flags = bits.nested().filter_map(|bit| flag(&bit)).collect();
        }
    }

    /// The facts of the port that a message is about.
    fn port(&mut self, message: Message<'_>) -> Option<&mut PortFacts> {
        let header = genl::attributes(message).find(HEADER)?;
        let index = IfIndex::new(header.nested().find(HEADER_INDEX)?.u32()?)?;
        Some(self.0.entry(index).or_default())
    }
}

/// The name and state in an `ETHTOOL_A_BITSET_BITS_BIT`.
fn flag(bit: &Attribute<'_>) -> Option<(Symbol, bool)> {
    let name = bit.nested().find(BIT_NAME)?.text()?;
    Some((name.into(), bit.nested().find(BIT_VALUE).is_some()))
}

impl Netlink {
    /// What ethtool tells of these ports: speed, lanes, private flags, driver and firmware. What a
    /// driver does not tell is left empty; a port that is gone, or of which nothing is told, is left
    /// out.
    ///
    /// `None` when a record has nothing of all this, or the kernel lacks ethtool's family.
    ///
    /// # Errors
    /// [`DumpError`].
    pub fn ports(
        &mut self,
        wanted: &BTreeMap<IfIndex, IfName>,
        findings: &mut Vec<Finding>,
    ) -> Result<Option<BTreeMap<IfIndex, PortFacts>>, DumpError> {
        if let Some(live) = self.live_mut() {
            let mut ports = Ports::default();
            for (index, name) in wanted {
                if !live.ask_port(&mut ports, *index)? {
                    return Ok(None);
                }
                let info = live.driver(name)?;
                if let Some(info) = info {
                    info.fill(ports.0.entry(*index).or_default());
                }
            }
            return Ok(Some(ports.0));
        }
        self.recorded_ports(wanted, findings)
    }

    fn recorded_ports(
        &mut self,
        wanted: &BTreeMap<IfIndex, IfName>,
        findings: &mut Vec<Finding>,
    ) -> Result<Option<BTreeMap<IfIndex, PortFacts>>, DumpError> {
        let (modes, flags) = (LINK_MODES, PRIVATE_FLAGS);
        let question = |topic: Topic| move |family| request(topic, family, None);
        let ports = self.everything(
            modes,
            question(modes),
            findings,
            Ports::default,
            Ports::take_link_modes,
        )?;
        let flags = self.everything(
            flags,
            question(flags),
            findings,
            Ports::default,
            Ports::take_private_flags,
        )?;
        let drivers = self.recorded_file(driver::FILE)?;
        if ports.is_none() && flags.is_none() && drivers.is_none() {
            return Ok(None);
        }
        let mut ports = ports.unwrap_or_default().0;
        for (index, seen) in flags.unwrap_or_default().0 {
            ports.entry(index).or_default().private_flags = seen.private_flags;
        }
        let drivers = driver::parse(&drivers.unwrap_or_default(), findings);
        for (index, name) in wanted {
            if let Some(info) = drivers.get(name) {
                info.fill(ports.entry(*index).or_default());
            }
        }
        ports.retain(|index, _| wanted.contains_key(index));
        Ok(Some(ports))
    }
}

impl Live {
    /// Adds what ethtool tells of one port; `false` when the kernel lacks the family.
    fn ask_port(&mut self, ports: &mut Ports, index: IfIndex) -> Result<bool, DumpError> {
        for topic in [LINK_MODES, PRIVATE_FLAGS] {
            let answer = self.ask(
                topic,
                |family| request(topic, family, Some(index)),
                Ports::default,
                |ports, message| {
                    if topic == LINK_MODES {
                        ports.take_link_modes(message);
                    } else {
                        ports.take_private_flags(message);
                    }
                },
            );
            match answer {
                Ok(None) => return Ok(false),
                Ok(Some(told)) => {
                    for (index, told) in told.0 {
                        let facts = ports.0.entry(index).or_default();
                        facts.speed_mbps = facts.speed_mbps.or(told.speed_mbps);
                        facts.lanes = facts.lanes.or(told.lanes);
                        facts.private_flags.extend(told.private_flags);
                    }
                }
                Err(error) if error.refusal() == Some(libc::ENODEV) => return Ok(true),
                Err(error) if is_silence(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Who drives a link; `None` when the driver does not tell, or the link is gone.
    pub(super) fn driver(&mut self, name: &IfName) -> Result<Option<DriverInfo>, DumpError> {
        let told = driver::ask(self.route.transport(), name);
        let what = "drivers";
        told.map_err(|source| DumpError::Receive { what, source })
    }
}

/// Whether the kernel refused because a driver has no answer, or cannot give one now.
fn is_silence(error: &DumpError) -> bool {
    matches!(
        error.refusal(),
        Some(libc::EOPNOTSUPP | libc::EINVAL | libc::EIO | libc::EBUSY | libc::ETIMEDOUT)
    )
}
