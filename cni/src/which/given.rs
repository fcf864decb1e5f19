//! What a pod was given, by the records on the node and by the agent.
//!
//! Left to others: what is attached of it (`which.rs`).

use std::time::Duration;

use colvin_attach::ask::{self, Answer, GivenDevice, Question};
use colvin_attach::record::{self, ClaimAttach, ForPod, Outstanding, RecordError};
use colvin_attach::sweep::{self, Seen};
use colvin_attach::{HostDeviceRef, Roots};
use colvin_model::inventory::UplinkId;
use colvin_model::offer::{self, DeviceId};
use colvin_model::{NetworkName, PciAddress};

use crate::arguments::Pod;
use crate::failure::{Code, Failure};
use crate::kind::Kind;

use super::Device;

/// How long the agent may take to answer.
const AGENT_LIMIT: Duration = Duration::from_secs(5);

/// A device that a pod was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) network: Option<NetworkName>,
    pub(super) device: DeviceId,
    pub(super) kind: offer::Kind,
    pub(super) address: Option<PciAddress>,
    pub(super) uplink: Option<UplinkId>,
    /// What its claim says of the interface.
    pub(super) attach: ClaimAttach,
}

impl Given {
    /// Its kind, and by what it is found.
    pub(super) fn is(&self) -> Result<(Kind, Device), Failure> {
        let uplink = |kind| {
            let uplink = self.uplink.clone();
            let uplink = uplink.or_else(|| self.address.map(UplinkId::Function));
            let uplink = uplink.ok_or_else(|| self.unknown_uplink())?;
            Ok((kind, Device::Uplink(uplink)))
        };
        match self.kind {
            offer::Kind::Macvlan => uplink(Kind::Macvlan),
            offer::Kind::Ipvlan => uplink(Kind::Ipvlan),
            offer::Kind::Vlan => uplink(Kind::Vlan),
            offer::Kind::VirtualFunction | offer::Kind::PhysicalFunction => {
                let vf = self.kind == offer::Kind::VirtualFunction;
                match (self.address, &self.uplink) {
                    (Some(address), _) if vf => {
                        Ok((Kind::VirtualFunction, Device::Function(address)))
                    }
                    (Some(address), _) => Ok((Kind::PhysicalFunction, Device::Function(address))),
                    // an uplink without a PCI function of its own
                    (None, Some(UplinkId::Netdev(name))) if !vf => Ok((
                        Kind::HostDevice,
                        Device::Host(HostDeviceRef::Name(name.clone())),
                    )),
                    (None, _) => Err(self.unknown_uplink()),
                }
            }
            offer::Kind::Accelerator | offer::Kind::Auxiliary => {
                let message = format!(
                    "device {} is a {}, which has no interface for a pod",
                    self.device,
                    self.kind.as_str()
                );
                Err(Failure::new(Code::Config, message))
            }
        }
    }

    fn unknown_uplink(&self) -> Failure {
        let message = format!(
            "the record of device {} does not say where it is",
            self.device
        );
        Failure::new(Code::Device, message)
    }
}

impl From<&Outstanding> for Given {
    fn from(record: &Outstanding) -> Self {
        Self {
            network: record.network.clone(),
            device: record.device.clone(),
            kind: record.kind,
            address: record.address,
            uplink: record.uplink.clone(),
            attach: ClaimAttach::default(),
        }
    }
}

impl From<GivenDevice> for Given {
    fn from(given: GivenDevice) -> Self {
        Self {
            network: given.network,
            device: given.device,
            kind: given.kind,
            address: given.address,
            uplink: given.uplink,
            attach: given.attach,
        }
    }
}

/// Whose devices are looked for.
#[derive(Clone, Copy)]
pub(super) struct Asker<'a> {
    pub(super) roots: &'a Roots,
    pub(super) pod: &'a Pod,
    pub(super) container: &'a str,
}

/// What the agent says: the devices, or that it cannot be asked.
enum Told {
    Devices(Vec<Given>),
    Down,
}

impl Asker<'_> {
    /// The device of this id, if it was given to this pod.
    ///
    /// # Errors
    /// Code 100 when it is another's or nobody's, 11 when nobody can say now, 5 for a record that
    /// cannot be read.
    pub(super) fn named(self, id: &DeviceId) -> Result<Given, Failure> {
        let records = self.outstanding()?;
        let of_id = records.iter().filter(|record| record.device == *id);
        let mut holders = of_id.clone().filter_map(|record| record.holder.as_ref());
        if let Some(record) = of_id.clone().find(|record| self.is_ours(record)) {
            return Ok(record.into());
        }
        let unnamed = of_id.clone().any(|record| record.holder.is_none());
        if let (false, Some(holder)) = (unnamed, holders.next()) {
            let other = format!("{}/{}", holder.namespace, holder.pod);
            return Err(self.not_ours(id, &format!("it was given to pod {other}")));
        }
        match self.agent()? {
            Told::Devices(devices) => devices
                .into_iter()
                .find(|given| given.device == *id)
                .ok_or_else(|| self.not_ours(id, "the kubelet gave it to another or to none")),
            Told::Down if unnamed => Err(later(
                "the agent must say whose the device is, and nobody answers",
            )),
            Told::Down => self.claimed(id),
        }
    }

    /// All devices of this pod that attach to networks, in the agent's order.
    ///
    /// # Errors
    /// Code 11 when nobody can say now, 5 for records that cannot be read.
    pub(super) fn all(self) -> Result<Vec<Given>, Failure> {
        match self.agent()? {
            Told::Devices(devices) => {
                let of_networks = devices.into_iter().filter(|given| given.network.is_some());
                return Ok(of_networks.collect());
            }
            Told::Down => {}
        }
        let records = self.outstanding()?;
        let claimed = record::claims(&self.roots.run, Some(self.boot())).map_err(unreadable)?;
        let maybe_claimed = claimed
            .found
            .iter()
            .any(|claim| claim.namespace == self.pod.namespace);
        match record::for_pod(&records, &self.pod.namespace, &self.pod.name) {
            ForPod::Given(given) => Ok(given.into_iter().map(Given::from).collect()),
            ForPod::Unsure => Err(later(
                "the agent must say which pod was given a device, and nobody answers",
            )),
            ForPod::Nothing if maybe_claimed => Err(later(
                "the agent must say which pod has the namespace's resource claims, and nobody answers",
            )),
            ForPod::Nothing if !self.journal()?.is_empty() => Err(later(
                "the pod has a device already, but no record says which network it is for: the agent must, and nobody answers",
            )),
            ForPod::Nothing => Ok(Vec::new()),
        }
    }

    /// The device of a claim in the pod's namespace: whose pod the claim is of is not written down.
    fn claimed(self, id: &DeviceId) -> Result<Given, Failure> {
        let claims = record::claims(&self.roots.run, Some(self.boot())).map_err(unreadable)?;
        let ours = claims
            .found
            .iter()
            .filter(|claim| claim.namespace == self.pod.namespace);
        let device = ours
            .flat_map(|claim| &claim.devices)
            .find(|device| device.device == *id);
        if let Some(device) = device {
            return Ok(Given {
                network: Some(device.network.clone()),
                device: device.device.clone(),
                kind: device.kind,
                address: device.address,
                uplink: device.uplink.clone(),
                attach: device.attach.clone(),
            });
        }
        if self
            .journal()?
            .iter()
            .any(|seen| seen.record == id.as_str())
        {
            return Err(later(
                "the device is attached to this pod already, and the agent must say by which network",
            ));
        }
        Err(self.not_ours(id, "there is no record of its being given to anyone"))
    }

    /// What the journal has of this pod.
    fn journal(self) -> Result<Vec<Seen>, Failure> {
        let mut seen = sweep::attachments(self.roots)
            .map_err(|error| Failure::caused(Code::Io, "reading the journal", &error))?;
        seen.retain(|seen| {
            seen.owner.namespace.as_deref() == Some(&self.pod.namespace)
                && seen.owner.pod.as_deref() == Some(&self.pod.name)
        });
        Ok(seen)
    }

    fn is_ours(self, record: &Outstanding) -> bool {
        record.is_of_pod(&self.pod.namespace, &self.pod.name)
    }

    fn boot(&self) -> &str {
        self.roots.boot_id.as_str()
    }

    fn outstanding(self) -> Result<Vec<Outstanding>, Failure> {
        let records =
            record::outstanding(&self.roots.run, Some(self.boot())).map_err(unreadable)?;
        Ok(records.found)
    }

    fn agent(self) -> Result<Told, Failure> {
        let question = Question {
            version: ask::VERSION,
            namespace: self.pod.namespace.clone(),
            pod: self.pod.name.clone(),
            uid: self.pod.uid.clone(),
            container_id: Some(self.container.to_owned()),
        };
        match ask::ask(&ask::socket(&self.roots.run), &question, AGENT_LIMIT) {
            Ok(Answer::Devices { devices }) => Ok(Told::Devices(
                devices.into_iter().map(Given::from).collect(),
            )),
            Ok(Answer::Later { reason }) => Err(later(&format!("the agent says: {reason}"))),
            Ok(Answer::Refused { reason }) => Err(Failure::new(
                Code::Io,
                format!("the agent does not understand the question: {reason}"),
            )),
            Err(error) if error.is_down() => Ok(Told::Down),
            Err(error) => Err(Failure::caused(Code::TryAgain, "asking the agent", &error)),
        }
    }

    fn not_ours(self, id: &DeviceId, why: &str) -> Failure {
        let pod = format!("{}/{}", self.pod.namespace, self.pod.name);
        Failure::new(
            Code::Device,
            format!("device {id} is not pod {pod}'s: {why}; ask for it as a resource"),
        )
    }
}

fn later(why: &str) -> Failure {
    Failure::new(Code::TryAgain, why)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unreadable(error: RecordError) -> Failure {
    Failure::caused(Code::Io, "which device the pod has", &error)
}
