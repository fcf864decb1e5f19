//! devlink devices and ports of network functions.
//!
//! The ports are few and cheap; a device's info asks its firmware, so it is read again only when the
//! device itself changed. Left to others: asking (`colvin_kernel::netlink`), telling representors from
//! uplinks (`colvin-model`).

use std::collections::BTreeMap;

use colvin_model::observation::{DevlinkDevice, Look, Observations, Role};
use colvin_model::{Finding, FindingReason, Observation, PciAddress};
use rustix::thread::{CapabilitySet, capabilities};

use super::{About, Looked, Round, SharedNetlink, Source, SourceError};
use crate::Scope;

/// Whether this process may ask how an embedded switch works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// It may, or there is nobody to ask (a recorded machine).
    Enough,
    /// It lacks `CAP_NET_ADMIN`.
    Wanting,
}

impl Rights {
    /// The calling thread's.
    pub fn here() -> Self {
        let admin =
            capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::NET_ADMIN));
        if admin { Self::Enough } else { Self::Wanting }
    }
}

/// Looks at devlink.
#[derive(Debug)]
pub struct DevlinkSource {
    netlink: SharedNetlink,
    rights: Rights,
}

impl DevlinkSource {
    /// The devlink devices that this netlink tells of.
    pub fn new(netlink: SharedNetlink, rights: Rights) -> Self {
        Self { netlink, rights }
    }

    fn look_at_devices(
        &self,
        known: &Observations,
        findings: &mut Vec<Finding>,
    ) -> Result<Observation, SourceError> {
        let physical = |address| {
            let function = known.functions.get(&address);
            function.is_some_and(|function| matches!(function.role, Role::Physical { .. }))
        };
        let devices = self.netlink.lock().devlink(physical, findings);
        let devices = devices.map_err(|source| SourceError::new("the devlink devices", source))?;
        let devices = devices.unwrap_or_default();
        findings.extend(hidden(&devices, known, self.rights));
        Ok(Observation::Devlink(Look::Whole(devices)))
    }
}

/// The finding that embedded switches could not be asked, where there are some to ask.
fn hidden(
    devices: &BTreeMap<PciAddress, DevlinkDevice>,
    known: &Observations,
    rights: Rights,
) -> Option<Finding> {
    let has_switch = |device: &DevlinkDevice| {
        let function = known.functions.get(&device.function);
        let is_pf = function.is_some_and(|f| matches!(f.role, Role::Physical { sriov: Some(_) }));
        is_pf && device.eswitch.is_none()
    };
    (rights == Rights::Wanting && devices.values().any(has_switch)).then(|| {
        let message = "how the cards' embedded switches work is hidden from this user: run as root, or with \
                       CAP_NET_ADMIN, to see it (representors are known by their names)";
        Finding::of_node(FindingReason::NotPermitted, message)
    })
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
                let named = links.any(|link| link.port_name.is_some());
                (dirty.devlink, dirty.devlink || named)
            }
        };
        let mut findings = Vec::new();
        let mut observations = Vec::new();
        if devices_too {
            observations.push(self.look_at_devices(known, &mut findings)?);
        }
        if ports_too {
            let ports = self.netlink.lock().devlink_ports(&mut findings);
            let ports = ports.map_err(|source| SourceError::new("the devlink ports", source))?;
            let ports = ports.unwrap_or_default();
            observations.push(Observation::DevlinkPorts(Look::Whole(ports)));
        }
        let about = if devices_too {
            About::Everything
        } else {
            About::Only(findings.iter().map(|one| one.subject.clone()).collect())
        };
        Ok(Looked {
            observations,
            findings,
            about,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use colvin_model::observation::{EswitchMode, PciFunction, SriovCapability};
    use colvin_model::{DeviceId, PciClass};

    /// A PF, and its devlink device with this mode.
    fn card(mode: Option<EswitchMode>) -> (BTreeMap<PciAddress, DevlinkDevice>, Observations) {
        let address: PciAddress = "0000:3b:00.0".parse().unwrap();
        let sriov = SriovCapability {
            total: 8,
            configured: 0,
            offset: 2,
            stride: 1,
            vf_device: None,
            drivers_autoprobe: None,
            virtfn: BTreeMap::new(),
        };
        let function = PciFunction {
            address,
            class: PciClass::new(0x02_0000),
            id: DeviceId {
                vendor: 0x15b3,
                device: 0x101d,
            },
            subsystem: None,
            driver: None,
            numa_node: None,
            iommu_group: None,
            pcie_root: None,
            role: Role::Physical { sriov: Some(sriov) },
            slot: None,
        };
        let device = DevlinkDevice {
            function: address,
            firmware: None,
            application: None,
            serial: None,
            eswitch: mode,
        };
        let seen = Observations {
            functions: BTreeMap::from([(address, function)]),
            ..Observations::default()
        };
        (BTreeMap::from([(address, device)]), seen)
    }

    #[test]
    fn disc_28_what_needs_a_capability_is_one_finding_that_names_it() {
        let (devices, seen) = card(None);
        let found = hidden(&devices, &seen, Rights::Wanting).unwrap();
        assert_eq!(found.reason, FindingReason::NotPermitted);
        assert!(found.message.contains("CAP_NET_ADMIN"));
        assert_eq!(hidden(&devices, &seen, Rights::Enough), None);
        let (devices, seen) = card(Some(EswitchMode::Switchdev));
        assert_eq!(hidden(&devices, &seen, Rights::Wanting), None);
        assert_eq!(hidden(&BTreeMap::new(), &seen, Rights::Wanting), None);
    }
}
