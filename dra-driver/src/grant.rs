//! Which devices a claim is given, of what it was allocated: ours, there, well, and each once. Pure.
//!
//! Left to others: whether somebody else holds them, and writing anything.

use std::collections::BTreeMap;

use colvin_attach::record::ClaimDevice;
use colvin_model::offer::DeviceId;
use serde_json::{Value, json};

use crate::claim::{AllocationResult, ClaimAllocation, base_request};
use crate::config::Configs;
use crate::devices::{Device, is_label};
use crate::error::ClaimError;
use crate::holds::Place;
use crate::state::{Claim, Given};
use crate::{AttachConfig, DRIVER, DeviceName, Devices, environment};

/// Gives devices of this node.
#[derive(Clone, Copy)]
pub(crate) struct Grant<'a> {
    pub(crate) devices: &'a Devices,
    /// The claim as it was prepared before.
    pub(crate) before: Option<&'a Claim>,
    /// The boot of the machine: in another one nothing is as it was.
    pub(crate) boot_id: Option<&'a str>,
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
                None => self.one(result, configs.of(&result.request))?,
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

    fn one(self, result: &AllocationResult, config: AttachConfig) -> Result<Given, ClaimError> {
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
        let given = given(name, device, result, config);
        let share = result.share_id.as_deref().unwrap_or_default();
        let given = given.ok_or_else(|| wrong("the share", share))?;
        if let Some(word) = unheard(&given.config).filter(|_| !given.admin) {
            return Err(ClaimError::Unheard(word));
        }
        match &device.is.ill {
            Some(why) if !given.admin && !self.had(&given.device) => Err(ClaimError::Ill {
                device: given.device.device,
                why: why.clone(),
            }),
            _ => Ok(given),
        }
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
}

/// A word that whoever attaches never hears: a claim's record has no place for it, and how a pod is attached is the
/// Network's word alone. What is not done is not promised. Taken apart whole, so that no field is forgotten.
fn unheard(config: &AttachConfig) -> Option<&'static str> {
    let AttachConfig {
        network: _, // it is compared, and nothing has to be done
        vlan,
        trust,
        spoof_check,
        min_tx_rate_mbps,
        max_tx_rate_mbps,
        mtu,
        interface_name,
        routes,
    } = config;
    let said = [
        ("vlan", vlan.is_some()),
        ("trust", trust.is_some()),
        ("spoofCheck", spoof_check.is_some()),
        ("minTxRateMbps", min_tx_rate_mbps.is_some()),
        ("maxTxRateMbps", max_tx_rate_mbps.is_some()),
        ("mtu", mtu.is_some()),
        ("interfaceName", interface_name.is_some()),
        ("routes", routes.is_some()),
    ];
    let mut said = said.into_iter().filter(|(_, said)| *said);
    said.next().map(|(word, _)| word)
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

/// A device that is given; `None` when its share has no name that can be used.
fn given(
    name: DeviceName,
    device: &Device,
    result: &AllocationResult,
    config: AttachConfig,
) -> Option<Given> {
    let admin = result.admin_access;
    let id = share(device, result.share_id.as_deref())?;
    Some(Given {
        device: ClaimDevice {
            request: base_request(&result.request).to_owned(),
            network: device.network.clone(),
            device: id,
            kind: device.is.kind,
            address: device.is.address,
            uplink: device.is.uplink.clone(),
            vf_index: device.is.vf_index,
        },
        request: result.request.clone(),
        pool: result.pool.clone(),
        name,
        share_id: result.share_id.clone(),
        admin,
        // to look at a device is not to use it
        nodes: if admin {
            Vec::new()
        } else {
            device.char_devices()
        },
        info: environment::info(device),
        attributes: attributes(device, &config),
        config,
    })
}

/// What an allocation of a device is called on this node. Of an uplink that many claims may be allocated, each is
/// another child, named by its share.
fn share(device: &Device, share_id: Option<&str>) -> Option<DeviceId> {
    match share_id {
        Some(share) if device.is.kind.is_shared() && !device.id.as_str().contains('/') => {
            let clean = share
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            let text = format!("{}/{share}", device.id);
            text.parse().ok().filter(|_| clean && !share.is_empty())
        }
        _ => Some(device.id.clone()),
    }
}

/// What a metadata file says of a device, as attributes of a slice are written.
fn attributes(device: &Device, config: &AttachConfig) -> BTreeMap<String, Value> {
    let is = &device.is;
    let uplink = is.uplink.as_ref().map(ToString::to_string);
    let numa = is
        .numa_node
        .map(|node| node.to_string().parse::<i64>().ok());
    let whole = is.address.filter(|_| !is.kind.is_shared());
    let vfio = device.nodes.vfio.as_ref();
    let all = [
        ("network", Some(json!({"string": device.network}))),
        ("kind", Some(json!({"string": is.kind.as_str()}))),
        ("pf", uplink.map(|uplink| json!({"string": uplink}))),
        ("vf", is.vf_index.map(|index| json!({"int": index}))),
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
