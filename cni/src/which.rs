//! Which devices a call is about: named on standard input and checked against the node's records, or
//! found by them and by the agent.
//!
//! A tenant may write what arrives on standard input, so below Kubernetes a device counts only when
//! it was given to this pod (CNI-P10). Left to others: how a device is set (`asked.rs`), the records
//! (`colvin-attach`).

mod given;
mod named;

use std::collections::BTreeMap;
use std::path::Path;

use colvin_attach::record::{self, ClaimAttach, NetworkRecord};
use colvin_attach::{HostDeviceRef, Roots, sweep};
use colvin_model::inventory::UplinkId;
use colvin_model::offer::DeviceId;
use colvin_model::{IfName, NetworkName, PciAddress};

use crate::arguments::{Arguments, Pod};
use crate::config::Config;
use crate::failure::{Code, Failure};
use crate::kind::Kind;
use given::{Asker, Given};
use named::{Named, named};

/// A device, and what the node knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What the pod's interface is called.
    pub name: IfName,
    /// What it is.
    pub kind: Kind,
    /// Which it is.
    pub device: Device,
    /// What the kubelet calls it, where the pod was given it.
    pub given: Option<DeviceId>,
    /// The Network that it attaches to, and how, the claim's own words in it; `None` when it is of none.
    pub network: Option<NetworkRecord>,
    /// Which words those are.
    pub claim: ClaimAttach,
}

/// A device by what it is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Device {
    /// A PCI function.
    Function(PciAddress),
    /// A netdev of the host.
    Host(HostDeviceRef),
    /// The uplink of a child.
    Uplink(UplinkId),
}

/// Whose devices: an attachment's names, and where records are.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// The folders.
    pub roots: &'a Roots,
    /// The configuration.
    pub config: &'a Config<'a>,
    /// `CNI_ARGS`.
    pub arguments: &'a Arguments,
    /// `CNI_CONTAINERID`.
    pub container: &'a str,
    /// `CNI_IFNAME`.
    pub ifname: &'a IfName,
}

impl<'a> Search<'a> {
    /// The devices; none when the pod needs nothing from us.
    ///
    /// # Errors
    /// Code 7 when the configuration does not say what is meant, 100 when a device is not the pod's,
    /// 11 when nobody can say now, 5 when a record cannot be read.
    pub fn found(self) -> Result<Vec<Found>, Failure> {
        let named = named(self.config)?;
        let pod = self.pod()?;
        if self.config.is_chained() {
            return match pod {
                Some(pod) => self.all(pod),
                None => Ok(Vec::new()),
            };
        }
        let found = match (named, pod) {
            (Some(Named::Id(id)), Some(pod)) => self.given(&self.asker(pod).named(&id)?)?,
            (Some(Named::Id(id)), None) => self.function(&id)?,
            (Some(Named::Host(host)), Some(pod)) => self.host_of(pod, &host)?,
            (Some(Named::Host(host)), None) => self.alone(Kind::HostDevice, Device::Host(host))?,
            // a Network's uplink is one that the pod was given a share of
            (Some(Named::Master(_)), Some(pod)) if self.config.what.network.is_some() => {
                self.next(pod)?
            }
            (Some(Named::Master(master)), _) => {
                let uplink = Device::Uplink(UplinkId::Netdev(master));
                self.alone(named::child(self.config)?, uplink)?
            }
            (None, Some(pod)) => self.next(pod)?,
            (None, None) => return Err(named::nothing_named(self.config)),
        };
        named::agrees(self.config, &found)?;
        Ok(vec![found])
    }

    /// Whether standard input names a device or an uplink.
    ///
    /// # Errors
    /// Code 7 when it names two.
    pub fn names_device(self) -> Result<bool, Failure> {
        Ok(named(self.config)?.is_some())
    }

    fn asker(self, pod: &'a Pod) -> Asker<'a> {
        Asker {
            roots: self.roots,
            pod,
            container: self.container,
        }
    }

    fn pod(self) -> Result<Option<&'a Pod>, Failure> {
        let pod = self.arguments.pod.as_ref();
        if pod.is_none() && self.arguments.is_of_kubernetes() {
            let message =
                "CNI_ARGS names a pod by half: K8S_POD_NAMESPACE and K8S_POD_NAME are needed";
            return Err(Failure::new(Code::Environment, message));
        }
        Ok(pod)
    }

    /// A PCI function that everything on standard input counts for.
    fn function(self, id: &DeviceId) -> Result<Found, Failure> {
        let address: PciAddress = id.as_str().parse().map_err(|_malformed| {
            let message = format!("deviceID {id} is no PCI address, and nobody gave it to a pod");
            Failure::new(Code::Config, message)
        })?;
        let kind = self
            .config
            .what
            .kind
            .map_or_else(|| self.kind_of(address), Ok)?;
        let device = match kind {
            Kind::HostDevice => Device::Host(HostDeviceRef::Pci(address)),
            Kind::VirtualFunction | Kind::PhysicalFunction => Device::Function(address),
            Kind::Macvlan | Kind::Ipvlan | Kind::Vlan => {
                Device::Uplink(UplinkId::Function(address))
            }
        };
        self.alone(kind, device)
    }

    /// What sysfs says a function is.
    fn kind_of(self, address: PciAddress) -> Result<Kind, Failure> {
        let folder = function_folder(&self.roots.sysfs, address);
        if !folder.exists() {
            let message = format!("there is no PCI function {address} on this node");
            return Err(Failure::new(Code::Device, message));
        }
        let is_vf = folder.join("physfn").exists();
        Ok(if is_vf {
            Kind::VirtualFunction
        } else {
            Kind::PhysicalFunction
        })
    }

    /// A device of no pod of Kubernetes; a Network's settings count where one is named.
    fn alone(self, kind: Kind, device: Device) -> Result<Found, Failure> {
        let network = self.config.what.network.as_ref();
        Ok(Found {
            name: self.ifname.clone(),
            kind: self.config.what.kind.unwrap_or(kind),
            device,
            given: None,
            network: network.map(|network| self.record(network)).transpose()?,
            claim: ClaimAttach::default(),
        })
    }

    /// A netdev that a tenant names: it must have been given to the pod under that name.
    fn host_of(self, pod: &Pod, host: &HostDeviceRef) -> Result<Found, Failure> {
        let id = match host {
            HostDeviceRef::Name(name) => name.as_str().parse().ok(),
            _ => None,
        };
        let id: DeviceId = id.ok_or_else(|| {
            let message =
                "below Kubernetes a netdev is named by key `device`, or better by key `network`";
            Failure::new(Code::Config, message)
        })?;
        self.given(&self.asker(pod).named(&id)?)
    }

    /// What a given device is.
    fn given(self, given: &Given) -> Result<Found, Failure> {
        let (kind, device) = given.is()?;
        let network = given.network.as_ref();
        let mut network = network.map(|network| self.record(network)).transpose()?;
        if let Some(network) = &mut network {
            given.attach.over(&mut network.attach);
        }
        Ok(Found {
            name: self.ifname.clone(),
            kind,
            device,
            given: Some(given.device.clone()),
            network,
            claim: given.attach.clone(),
        })
    }

    /// All that the pod was given, each named as its network says, numbered within it.
    fn all(self, pod: &Pod) -> Result<Vec<Found>, Failure> {
        let mut numbers: BTreeMap<String, u16> = BTreeMap::new();
        let mut all = Vec::new();
        for given in self.asker(pod).all()? {
            let mut found = self.given(&given)?;
            let Some(network) = &found.network else {
                continue;
            };
            let base = &network.attach.interface_name;
            let number = numbers.entry(base.as_str().to_owned()).or_default();
            found.name = base.interface(*number).ok_or_else(|| {
                let message = format!(
                    "network {} has more than 999 interfaces in this pod",
                    network.network
                );
                Failure::new(Code::Config, message)
            })?;
            *number = number.saturating_add(1);
            all.push(found);
        }
        Ok(all)
    }

    /// The pod's device of the network that is attached as this interface, else its first that is not
    /// attached yet.
    fn next(self, pod: &Pod) -> Result<Found, Failure> {
        let Some(network) = &self.config.what.network else {
            return Err(named::nothing_named(self.config));
        };
        let mut devices = self.asker(pod).all()?;
        devices.retain(|given| given.network.as_ref() == Some(network));
        let attached = sweep::attachments(self.roots)
            .map_err(|error| Failure::caused(Code::Io, "reading the journal", &error))?;
        let holder = |given: &Given| {
            let of = attached.iter().find(|seen| {
                let address = seen.device.is_some() && seen.device == given.address;
                !given.kind.is_shared() && (address || seen.record == given.device.as_str())
            });
            of.and_then(|seen| seen.key.as_ref())
        };
        let ours = devices.iter().find(|given| {
            holder(given)
                .is_some_and(|key| key.container == self.container && key.ifname == *self.ifname)
        });
        let free = || devices.iter().find(|given| holder(given).is_none());
        if let Some(given) = ours.or_else(free) {
            return self.given(given);
        }
        let message = format!(
            "pod {}/{} has no device of network {network} left: it was given {}; ask for more as a resource",
            pod.namespace,
            pod.name,
            devices.len()
        );
        Err(Failure::new(Code::Device, message))
    }

    /// What the network's devices and settings are on this node.
    ///
    /// # Errors
    /// Code 7 when it is not known here, 5 when its record cannot be read.
    pub fn record(self, network: &NetworkName) -> Result<NetworkRecord, Failure> {
        let record = record::network(&self.roots.state, network)
            .map_err(|error| Failure::caused(Code::Io, "reading the network", &error))?;
        record.ok_or_else(|| {
            let message = format!(
                "network {network} is not known on this node: is there such a Network, and does the agent run?"
            );
            Failure::new(Code::Config, message)
        })
    }
}

/// Where sysfs has a PCI function.
pub(crate) fn function_folder(sysfs: &Path, address: PciAddress) -> std::path::PathBuf {
    sysfs.join("sys/bus/pci/devices").join(address.to_string())
}

#[cfg(test)]
mod tests;
