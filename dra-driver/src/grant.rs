//! Which devices a claim is given, of what it was allocated: ours, there, well, and each once. Pure.
//!
//! Left to others: whether somebody else holds them, and writing anything.

mod heard;

use std::collections::BTreeMap;

use colvin_attach::record::{ClaimAttach, ClaimDevice};
use colvin_model::offer::{DeviceId, DeviceNodes, NodeReader};
use serde_json::{Value, json};

use crate::claim::{AllocationResult, ClaimAllocation, base_request};
use crate::config::Configs;
use crate::devices::{Child, Device, is_label};
use crate::error::ClaimError;
use crate::holds::Place;
use crate::metadata::SHARE;
use crate::state::{Claim, Given};
use crate::{AttachConfig, DRIVER, DeviceName, Devices, environment};
use heard::heard;

/// Gives devices of this node.
#[derive(Clone, Copy)]
pub(crate) struct Grant<'a> {
    pub(crate) devices: &'a Devices,
    /// The claim as it was prepared before.
    pub(crate) before: Option<&'a Claim>,
    /// The boot of the machine: in another one nothing is as it was.
    pub(crate) boot_id: Option<&'a str>,
    /// Whether nobody else holds a device: of an uplink's children one that is free is given.
    pub(crate) is_free: &'a dyn Fn(&ClaimDevice) -> bool,
    /// Finds what a device has for programs.
    pub(crate) nodes: &'a dyn NodeReader,
}

impl<'a> Grant<'a> {
    /// What a claim is given; of other drivers' devices nothing.
    ///
    /// # Errors
    /// [`ClaimError`] of the first that it cannot be given.
    pub(crate) fn of(self, allocation: &ClaimAllocation) -> Result<Vec<Given>, ClaimError> {
        let configs = Configs::read(&allocation.config).map_err(ClaimError::Config)?;
        let mut given: Vec<Given> = Vec::new();
        let ours = allocation.results.iter();
        for result in ours.filter(|result| result.driver == DRIVER) {
            let next = match self.before().and_then(|before| of_before(before, result)) {
                // who has it keeps it as it is: the kubelet asks again after its restart, and the pod runs
                Some(had) => had.clone(),
                None => self.one(result, configs.of(&result.request), &given)?,
            };
            let place = Place::of(&next.device);
            let mut own = given.iter().filter(|it| !it.admin);
            if !next.admin && own.any(|it| Place::of(&it.device).excludes(&place)) {
                return Err(ClaimError::Twice(next.device.device));
            }
            given.push(next);
        }
        Ok(given)
    }

    /// The claim as it was prepared in this boot of the machine.
    fn before(self) -> Option<&'a Claim> {
        self.before.filter(|claim| claim.is_of_boot(self.boot_id))
    }

    fn one(
        self,
        result: &AllocationResult,
        config: AttachConfig,
        others: &[Given],
    ) -> Result<Given, ClaimError> {
        let mut parts = result.request.splitn(2, '/');
        if !parts.all(is_label) {
            return Err(wrong("the request", &result.request));
        }
        let name = result.device.parse::<DeviceName>();
        let name = name.map_err(|_invalid| wrong("the device", &result.device))?;
        let Some(device) = self.devices.get(&name) else {
            return Err(ClaimError::Unknown(name));
        };
        if device.pool != result.pool {
            return Err(ClaimError::OtherPool {
                device: name,
                pool: result.pool.chars().take(253).collect(),
                ours: device.pool.clone(),
            });
        }
        self.ensure_network(device, result, &config)?;
        let nodes = self.nodes.nodes(&device.id, &device.is);
        let (attach, nodes) = if result.admin_access {
            // to look at a device is not to use it
            (ClaimAttach::default(), nodes.unwrap_or_default())
        } else {
            let nodes = nodes.map_err(|error| match &device.is.ill {
                Some(why) => ClaimError::Ill {
                    device: device.id.clone(),
                    why: why.clone(),
                },
                None => ClaimError::Nodes(error),
            })?;
            (heard(&config, device, &nodes)?, nodes)
        };
        let is = match device.children.as_slice() {
            [] => claim_device(&device.id, device, result, attach),
            children if !result.admin_access => {
                self.child((device, children), result, &attach, others)?
            }
            _ => claim_device(&device.id, device, result, attach),
        };
        let given = given(name, is, (device, &nodes), result, config);
        match &device.is.ill {
            Some(why) if !given.admin && !self.had(&given.device) => Err(ClaimError::Ill {
                device: given.device.device,
                why: why.clone(),
            }),
            _ => Ok(given),
        }
    }

    /// One of an uplink's children: what the claim had before, else the first that nobody has. Which one is known only
    /// here: the allocation says that it is one (KEP-5075).
    fn child(
        self,
        (uplink, children): (&Device, &[Child]),
        result: &AllocationResult,
        attach: &ClaimAttach,
        others: &[Given],
    ) -> Result<ClaimDevice, ClaimError> {
        if result.share_id.as_deref().is_none_or(str::is_empty) {
            // a server that drops `allowMultipleAllocations` gives one claim the whole of it
            return Err(ClaimError::NoShare(uplink.id.clone()));
        }
        let all = children.iter().map(|child| {
            let device = claim_device(&child.id, uplink, result, attach.clone());
            (child, device)
        });
        let mut free: Vec<ClaimDevice> = all
            .filter(|(child, device)| {
                let had = self.had(device);
                let is_given = others.iter().any(|it| {
                    let is = &it.device;
                    !it.admin && is.network == device.network && is.device == child.id
                });
                !is_given && (had || child.ill.is_none()) && (self.is_free)(device)
            })
            .map(|(_, device)| device)
            .collect();
        free.sort_by_key(|device| (!self.had_by(device), !self.had(device)));
        let first = free.into_iter().next();
        first.ok_or_else(|| ClaimError::NoneLeft {
            uplink: uplink.id.clone(),
            children: children.len(),
        })
    }

    /// The cable may have been moved since the claim was allocated: it is for the network that the class says, or that
    /// it was prepared for before, and never for another (invariant 12).
    fn ensure_network(
        self,
        device: &Device,
        result: &AllocationResult,
        config: &AttachConfig,
    ) -> Result<(), ClaimError> {
        let before = self.before.and_then(|before| of_before(before, result));
        let before = before.map(|before| &before.device.network);
        let wanted = config.network.as_ref().or(before);
        match wanted.filter(|wanted| **wanted != device.network) {
            Some(wanted) => Err(ClaimError::OtherNetwork {
                device: device.id.clone(),
                wanted: wanted.clone(),
                is: device.network.clone(),
            }),
            None => Ok(()),
        }
    }

    /// Whether the claim holds the device already: then its illness keeps nobody away.
    fn had(self, device: &ClaimDevice) -> bool {
        let mut held = self.before().into_iter().flat_map(Claim::held);
        held.any(|it| it.network == device.network && it.device == device.device)
    }

    /// Whether it holds it for the same request.
    fn had_by(self, device: &ClaimDevice) -> bool {
        let mut held = self.before().into_iter().flat_map(Claim::held);
        held.any(|it| it.request == device.request && it.device == device.device)
    }
}

fn wrong(what: &'static str, text: &str) -> ClaimError {
    let text = text.chars().take(253).collect();
    ClaimError::Allocation { what, text }
}

/// What a claim was given before for a result of its allocation.
fn of_before<'a>(before: &'a Claim, result: &AllocationResult) -> Option<&'a Given> {
    before.given().iter().find(|given| given.is_of(result))
}

impl Given {
    /// Whether it was given for this result of an allocation.
    fn is_of(&self, result: &AllocationResult) -> bool {
        self.request == result.request
            && self.pool == result.pool
            && self.name.as_str() == result.device
            && self.share_id == result.share_id
            && self.admin == result.admin_access
    }
}

/// A device as whoever attaches reads it.
fn claim_device(
    id: &DeviceId,
    device: &Device,
    result: &AllocationResult,
    attach: ClaimAttach,
) -> ClaimDevice {
    ClaimDevice {
        request: base_request(&result.request).to_owned(),
        network: device.network.clone(),
        device: id.clone(),
        kind: device.is.kind,
        address: device.is.address,
        uplink: device.is.uplink.clone(),
        vf_index: device.is.vf_index,
        attach,
    }
}

/// A device that is given.
fn given(
    name: DeviceName,
    is: ClaimDevice,
    (device, nodes): (&Device, &DeviceNodes),
    result: &AllocationResult,
    config: AttachConfig,
) -> Given {
    let admin = result.admin_access;
    Given {
        info: environment::info(&is.device, device, nodes),
        attributes: attributes(&is, (device, nodes), &config),
        device: is,
        request: result.request.clone(),
        pool: result.pool.clone(),
        name,
        share_id: result.share_id.clone(),
        admin,
        // to look at a device is not to use it
        nodes: if admin {
            Vec::new()
        } else {
            device.char_devices(nodes)
        },
        config,
    }
}

/// What a metadata file says of a device, as attributes of a slice are written.
fn attributes(
    given: &ClaimDevice,
    (device, nodes): (&Device, &DeviceNodes),
    config: &AttachConfig,
) -> BTreeMap<String, Value> {
    let is = &device.is;
    let uplink = is.uplink.as_ref().map(ToString::to_string);
    let numa = is
        .numa_node
        .map(|node| node.to_string().parse::<i64>().ok());
    let whole = is.address.filter(|_| !is.kind.is_shared());
    let vfio = nodes.vfio.as_ref();
    let share = is.kind.is_shared().then_some(&given.device);
    let all = [
        ("network", Some(json!({"string": device.network}))),
        ("kind", Some(json!({"string": is.kind.as_str()}))),
        ("pf", uplink.map(|uplink| json!({"string": uplink}))),
        ("vf", is.vf_index.map(|index| json!({"int": index}))),
        (SHARE, share.map(|id| json!({"string": id}))),
        ("vlan", config.vlan.map(|vlan| json!({"int": vlan.get()}))),
        ("mtu", config.mtu.map(|mtu| json!({"int": mtu}))),
        ("vfio", vfio.map(|node| json!({"string": node.container}))),
        (
            "resource.kubernetes.io/pciBusID",
            whole.map(|address| json!({"string": address.to_string()})),
        ),
        (
            "resource.kubernetes.io/numaNode",
            numa.flatten().map(|node| json!({"int": node})),
        ),
    ];
    let known = all.into_iter();
    known
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

#[cfg(test)]
mod tests;
