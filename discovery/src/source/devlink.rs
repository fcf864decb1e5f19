//! devlink devices and ports of network functions.
//!
//! The ports are few and cheap; a device's info asks its firmware, so it is read again only when the
//! device itself changed. Left to others: asking (`colvin_kernel::netlink`), telling representors from
//! uplinks (`colvin-model`).

use colvin_model::Observation;
use colvin_model::observation::{Look, Role};

use super::{About, Looked, Round, SharedNetlink, Source, SourceError};
use crate::Scope;

/// Looks at devlink.
#[derive(Debug)]
pub struct DevlinkSource {
    netlink: SharedNetlink,
}

impl DevlinkSource {
    /// The devlink devices that this netlink tells of.
    pub fn new(netlink: SharedNetlink) -> Self {
        Self { netlink }
    }
}

impl Source for DevlinkSource {
    fn name(&self) -> &'static str {
        "devlink"
    }

    fn look(&mut self, round: Round<'_>) -> Result<Looked, SourceError> {
        let known = round.known;
        let (devices_too, ports_too) = match round.scope {
            Scope::All => (true, true),
            Scope::Dirty(dirty) => {
                let mut links = dirty
                    .links
                    .iter()
                    .filter_map(|index| known.links.get(index));
                (
                    dirty.devlink,
                    dirty.devlink || links.any(|link| link.port_name.is_some()),
                )
            }
        };
        let mut findings = Vec::new();
        let mut observations = Vec::new();
        if devices_too {
            let physical = |address| {
                let function = known.functions.get(&address);
                function.is_some_and(|function| matches!(function.role, Role::Physical { .. }))
            };
            let devices = self.netlink.lock().devlink(physical, &mut findings);
            let devices =
                devices.map_err(|source| SourceError::new("the devlink devices", source))?;
            observations.push(Observation::Devlink(Look::Whole(
                devices.unwrap_or_default(),
            )));
        }
        if ports_too {
            let ports = self.netlink.lock().devlink_ports(&mut findings);
            let ports = ports.map_err(|source| SourceError::new("the devlink ports", source))?;
            observations.push(Observation::DevlinkPorts(Look::Whole(
                ports.unwrap_or_default(),
            )));
        }
        let about = if devices_too {
            About::Everything
        } else {
            About::Only(
                findings
                    .iter()
                    .map(|finding| finding.subject.clone())
                    .collect(),
            )
        };
        Ok(Looked {
            observations,
            findings,
            about,
        })
    }
}
