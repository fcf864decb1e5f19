//! What the owner of a pod should know of the devices that the pod holds: one sentence per change.
//!
//! Pure. Left to others: what is so ([`HeldDevice`] is made with each decision; what becomes of interfaces in pods is
//! seen by [`crate::following`], how they follow their Network by [`crate::attachments`]), sending ([`send`]).

pub(crate) mod send;

use std::collections::BTreeMap;
use std::fmt;

use colvin_model::inventory::{LinkState, UplinkId};
use colvin_model::network::NetworkMap;
use colvin_model::offer::{DeviceId, Holder, Holders, Ill, Offers, Origin, ResourceName};
use colvin_model::{IfName, Inventory, NetworkName};

/// A device that a pod holds, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeldDevice {
    pub(crate) holder: Holder,
    /// The uplink that it is of, with its netdev's name.
    uplink: Option<(UplinkId, Option<IfName>)>,
    link: Option<LinkState>,
    /// The network that it was given for, when its uplink is not on it.
    off: Option<NetworkName>,
    ill: Option<Ill>,
}

/// The devices that pods hold.
pub(crate) type Held = BTreeMap<(ResourceName, DeviceId), HeldDevice>;

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum PodEventReason {
    DeviceUnhealthy,
    DeviceHealthy,
    NetworkLost,
    NetworkBack,
    LinkDown,
    LinkUp,
    AddressesLost,
    AddressesBack,
    NetworkFollowed,
    NetworkNotFollowed,
}

/// Something that a pod's owner should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PodEvent {
    pub(crate) reason: PodEventReason,
    pub(crate) pod: Subject,
    pub(crate) device: DeviceId,
    pub(crate) note: String,
}

/// The pod that an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// `None` where it is to be looked up.
    pub(crate) uid: Option<String>,
    /// The container that holds the device, where it is known.
    pub(crate) container: Option<String>,
}

impl From<Holder> for Subject {
    fn from(holder: Holder) -> Self {
        Self {
            namespace: holder.namespace,
            name: holder.pod,
            uid: None,
            container: Some(holder.container),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)?;
        match &self.container {
            Some(container) => write!(f, " ({container})"),
            None => Ok(()),
        }
    }
}

impl PodEventReason {
    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 10] = [
        Self::DeviceUnhealthy,
        Self::DeviceHealthy,
        Self::NetworkLost,
        Self::NetworkBack,
        Self::LinkDown,
        Self::LinkUp,
        Self::AddressesLost,
        Self::AddressesBack,
        Self::NetworkFollowed,
        Self::NetworkNotFollowed,
    ];

    /// The word for programs.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::DeviceUnhealthy => "DeviceUnhealthy",
            Self::DeviceHealthy => "DeviceHealthy",
            Self::NetworkLost => "NetworkLost",
            Self::NetworkBack => "NetworkBack",
            Self::LinkDown => "LinkDown",
            Self::LinkUp => "LinkUp",
            Self::AddressesLost => "AddressesLost",
            Self::AddressesBack => "AddressesBack",
            Self::NetworkFollowed => "NetworkFollowed",
            Self::NetworkNotFollowed => "NetworkNotFollowed",
        }
    }

    /// `Warning` or `Normal`.
    pub(crate) const fn severity(self) -> &'static str {
        match self {
            Self::DeviceUnhealthy
            | Self::NetworkLost
            | Self::LinkDown
            | Self::AddressesLost
            | Self::NetworkNotFollowed => "Warning",
            Self::DeviceHealthy
            | Self::NetworkBack
            | Self::LinkUp
            | Self::AddressesBack
            | Self::NetworkFollowed => "Normal",
        }
    }

    #[cfg(test)]
    const fn meaning(self) -> &'static str {
        match self {
            Self::DeviceUnhealthy => {
                "A device that the pod holds is gone or has no driver: its container cannot be restarted with it"
            }
            Self::DeviceHealthy => "It is there again",
            Self::NetworkLost => {
                "The uplink of a device that the pod holds is not on the device's network any more, as when a cable was moved; the pod keeps the device"
            }
            Self::NetworkBack => "It is on the network again",
            Self::LinkDown => {
                "The uplink of a device that the pod holds has no carrier; the pod keeps the device"
            }
            Self::LinkUp => "It has a carrier again",
            Self::AddressesLost => {
                "An interface that the pod was given has had no address for 3 s, and had one before; only where pods are attached in the chain"
            }
            Self::AddressesBack => "It has an address again",
            Self::NetworkFollowed => {
                "MTU or routes of an interface of the pod were changed, for its Network says `reconfigure: InPlace` and is another now"
            }
            Self::NetworkNotFollowed => {
                "MTU or routes of an interface could not be made what its Network says now, as with an MTU above that of the PF: the pod has what it had, and it is tried again every minute"
            }
        }
    }
}

/// How the devices stand that pods hold, those whose pod is known.
pub(crate) fn held(
    inventory: &Inventory,
    map: &NetworkMap,
    offers: &Offers,
    holders: &Holders,
) -> Held {
    let uplinks: BTreeMap<_, _> = inventory.uplinks.iter().map(|it| (&it.id, it)).collect();
    let all = holders.held.iter().flat_map(|(resource, devices)| {
        let known = devices
            .iter()
            .filter_map(|(id, holder)| Some((id, holder.clone()?)));
        known.map(move |(id, holder)| (resource, id, holder))
    });
    let standing = all.filter_map(|(resource, id, holder)| {
        let offer = offers.get(resource)?;
        let device = offer.devices.get(id)?;
        let uplink = device.uplink.as_ref().and_then(|at| uplinks.get(at));
        let off = match (&offer.origin, &device.uplink) {
            (Origin::Network(network), Some(uplink)) => {
                let is_on = map.belonging(uplink, network).is_some();
                (!is_on).then(|| network.clone())
            }
            (Origin::Network(_) | Origin::ConfigFile, _) => None,
        };
        let held = HeldDevice {
            holder,
            link: uplink.map(|uplink| uplink.state),
            uplink: device
                .uplink
                .clone()
                .map(|id| (id, uplink.and_then(|uplink| uplink.name().cloned()))),
            off,
            ill: device.ill.clone(),
        };
        Some(((resource.clone(), id.clone()), held))
    });
    standing.collect()
}

/// What changed for pods that held their devices before and hold them now.
pub(crate) fn between(before: &Held, after: &Held) -> Vec<PodEvent> {
    let both = after.iter().filter_map(|(key, new)| {
        let old = before.get(key).filter(|old| old.holder == new.holder)?;
        Some((key, old, new))
    });
    let told = both.flat_map(|((resource, id), old, new)| {
        let events = changes(resource, id, old, new);
        let event = |(reason, note)| PodEvent {
            reason,
            pod: new.holder.clone().into(),
            device: id.clone(),
            note,
        };
        events.into_iter().map(event).collect::<Vec<_>>()
    });
    told.collect()
}

fn changes(
    resource: &ResourceName,
    id: &DeviceId,
    old: &HeldDevice,
    new: &HeldDevice,
) -> Vec<(PodEventReason, String)> {
    let device = format!("{id} ({resource})");
    let mut changes = Vec::new();
    match (&old.ill, &new.ill) {
        (old, Some(ill)) if old.as_ref() != Some(ill) => changes.push((
            PodEventReason::DeviceUnhealthy,
            format!("{device}: {ill}; a container that is restarted does not get it"),
        )),
        (Some(_), None) => changes.push((
            PodEventReason::DeviceHealthy,
            format!("{device}: it is there and has its driver"),
        )),
        (_, Some(_)) | (None, None) => {}
    }
    let Some((uplink, netdev)) = &new.uplink else {
        return changes;
    };
    let port = match netdev {
        Some(netdev) => format!("uplink {uplink} ({netdev})"),
        None => format!("uplink {uplink}"),
    };
    match (&old.off, &new.off) {
        (None, Some(network)) => changes.push((
            PodEventReason::NetworkLost,
            format!(
                "{device}: {port} is not on network {network} any more; the pod keeps the device"
            ),
        )),
        (Some(network), None) => changes.push((
            PodEventReason::NetworkBack,
            format!("{device}: {port} is on network {network} again"),
        )),
        (Some(_), Some(_)) | (None, None) => {}
    }
    let down =
        |link: Option<LinkState>| matches!(link, Some(LinkState::NoCarrier | LinkState::AdminDown));
    match (down(old.link), down(new.link)) {
        (false, true) => changes.push((
            PodEventReason::LinkDown,
            format!("{device}: {port} has no carrier; the pod keeps the device"),
        )),
        (true, false) if new.link.is_some() => changes.push((
            PodEventReason::LinkUp,
            format!("{device}: {port} has a carrier again"),
        )),
        _ => {}
    }
    changes
}

#[cfg(test)]
mod tests;
