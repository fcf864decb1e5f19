//! Who holds what by claims, for the agent and for everybody who gives devices away. Left to others: the device
//! plugin's own book.

use std::fmt;

use colvin_attach::record::{ClaimDevice, Outstanding};
use colvin_model::offer::{DeviceId, Holders, Kind, ResourceName};
use colvin_model::{NetworkName, PciAddress};

use crate::{DeviceName, Uid};

/// A device that a claim holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimHold {
    /// The claim's UID.
    pub claim: Uid,
    /// Its namespace.
    pub namespace: String,
    /// Its name there.
    pub name: String,
    /// The device.
    pub device: ClaimDevice,
    /// As what it was allocated; `None` where only the claim's record is known, or the claim has left it.
    pub allocated: Option<Allocated>,
    /// Whether the claim is prepared no more, and the journal of attachments still has the device.
    pub leaving: bool,
}

/// As what a device was allocated: the words of the claim's status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocated {
    /// The pool.
    pub pool: String,
    /// The device's name in it.
    pub name: DeviceName,
    /// Which of several allocations of the device it is.
    pub share_id: Option<String>,
}

/// All that claims hold, each device once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claimed(pub Vec<ClaimHold>);

impl Claimed {
    /// Who holds a whole function.
    pub fn of_function(&self, address: PciAddress) -> Option<&ClaimHold> {
        let is_it = |hold: &&ClaimHold| {
            let device = &hold.device;
            !device.kind.is_shared() && device.address == Some(address)
        };
        self.0.iter().find(is_it)
    }

    /// Who holds a network's device of this id.
    pub fn of_device(&self, network: &NetworkName, id: &DeviceId) -> Option<&ClaimHold> {
        let is_it = |device: &ClaimDevice| device.network == *network && device.device == *id;
        self.0.iter().find(|hold| is_it(&hold.device))
    }
}

/// Where a device is: what may not be held twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A function, or a netdev without one.
    Whole(String),
    /// One of an uplink's children.
    Share {
        uplink: String,
        resource: ResourceName,
        id: DeviceId,
    },
}

impl Place {
    pub(crate) fn of(device: &ClaimDevice) -> Self {
        if device.kind.is_shared() {
            let uplink = device.uplink.as_ref().map(ToString::to_string);
            let resource = ResourceName::of_network(&device.network);
            return Self::share(uplink, resource, &device.device);
        }
        // an auxiliary device's address is that of the function it is part of
        let address = device.address.filter(|_| device.kind != Kind::Auxiliary);
        let address = address.map(|address| address.to_string());
        Self::Whole(address.unwrap_or_else(|| device.device.to_string()))
    }

    fn share(uplink: Option<String>, resource: ResourceName, id: &DeviceId) -> Self {
        let by_id = || {
            let (uplink, _) = id.as_str().split_once('/').unwrap_or((id.as_str(), ""));
            uplink.to_owned()
        };
        Self::Share {
            uplink: uplink.unwrap_or_else(by_id),
            resource,
            id: id.clone(),
        }
    }

    /// By what the kubelet calls a device of an extended resource.
    fn by_id(resource: &ResourceName, id: &DeviceId) -> Self {
        if id.as_str().contains('/') {
            Self::share(None, resource.clone(), id)
        } else {
            Self::Whole(id.to_string())
        }
    }

    /// Whether who has one keeps others from the other. Different children of one uplink live beside each other.
    pub(crate) fn excludes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Whole(one), Self::Whole(two)) => one == two,
            (Self::Whole(whole), Self::Share { uplink, .. })
            | (Self::Share { uplink, .. }, Self::Whole(whole)) => whole == uplink,
            (Self::Share { .. }, Self::Share { .. }) => self == other,
        }
    }
}

/// An extended resource that a device is held as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ByResource {
    pub(crate) resource: ResourceName,
    /// Namespace, pod and container, once the kubelet has told.
    pub(crate) holder: Option<String>,
}

impl fmt::Display for ByResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.holder {
            Some(holder) => write!(f, "{} by {holder}", self.resource),
            None => write!(
                f,
                "{} by a pod that the kubelet has not named yet",
                self.resource
            ),
        }
    }
}

/// Who holds a device as an extended resource (DRA-15): by the device plugin's book, or by a record that it wrote
/// before it gave the device away.
pub(crate) fn by_resource(
    device: &ClaimDevice,
    holders: &Holders,
    outstanding: &[Outstanding],
) -> Option<ByResource> {
    let place = Place::of(device);
    let is_it =
        |resource: &ResourceName, id: &DeviceId| Place::by_id(resource, id).excludes(&place);
    let all = holders.held.iter();
    let all = all.flat_map(|(resource, devices)| devices.iter().map(move |it| (resource, it)));
    let mut in_book = all.filter(|(resource, (id, _))| is_it(resource, id));
    let in_book = in_book.next().map(|(resource, (_, holder))| ByResource {
        resource: resource.clone(),
        holder: holder.as_ref().map(ToString::to_string),
    });
    let mut in_records = outstanding
        .iter()
        .filter(|it| is_it(&it.resource, &it.device));
    in_book.or_else(|| {
        in_records.next().map(|record| ByResource {
            resource: record.resource.clone(),
            holder: record.holder.as_ref().map(ToString::to_string),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{claim_device, share};
    use colvin_model::offer::Holder;

    fn holders(resource: &str, id: &str, holder: Option<Holder>) -> Holders {
        let mut holders = Holders::default();
        let devices = holders.held.entry(resource.parse().unwrap()).or_default();
        devices.insert(id.parse().unwrap(), holder);
        holders
    }

    #[test]
    fn a_function_has_one_holder_and_children_of_an_uplink_live_beside_each_other() {
        let place = |device: &ClaimDevice| Place::of(device);
        let (one, two) = (claim_device(1), claim_device(2));
        assert!(place(&one).excludes(&place(&one)) && !place(&one).excludes(&place(&two)));
        let (seven, eight) = (share("green", 7), share("green", 8));
        assert!(place(&seven).excludes(&place(&seven)));
        assert!(!place(&seven).excludes(&place(&eight)));
        assert!(!place(&seven).excludes(&place(&share("blue", 7))));
        let mut whole = claim_device(1);
        whole.device = "0000:3b:00.0".parse().unwrap();
        whole.address = "0000:3b:00.0".parse().ok();
        assert!(place(&whole).excludes(&place(&seven)) && place(&seven).excludes(&place(&whole)));
    }

    /// DRA-15.
    #[test]
    fn a_device_that_the_device_plugin_gave_away_is_held_and_its_holder_named() {
        let device = claim_device(1);
        let id = device.device.as_str();
        let web = Holder {
            namespace: "default".into(),
            pod: "web".into(),
            container: "main".into(),
        };
        let held = holders("intel.com/net", id, Some(web));
        let told = by_resource(&device, &held, &[]).unwrap().to_string();
        assert_eq!(told, "intel.com/net by default/web (main)");
        let held = holders("colvin.dev/green", id, None);
        assert!(by_resource(&device, &held, &[]).unwrap().holder.is_none());
        assert_eq!(by_resource(&claim_device(2), &held, &[]), None);
        // it was given away a moment ago, and the book has not been told round yet
        let record = serde_json::json!({"version": 1, "resource": "colvin.dev/green", "device": id,
            "kind": "VirtualFunction"});
        let record: Outstanding = serde_json::from_value(record).unwrap();
        let told = by_resource(&device, &Holders::default(), &[record]).unwrap();
        assert_eq!(told.resource.as_str(), "colvin.dev/green");
        let shares = holders("colvin.dev/green", "0000:3b:00.0/7", None);
        assert!(by_resource(&share("green", 7), &shares, &[]).is_some());
        assert!(by_resource(&share("green", 8), &shares, &[]).is_none());
    }

    #[test]
    fn others_ask_by_function_and_by_device() {
        let hold = ClaimHold {
            claim: "u1".parse().unwrap(),
            namespace: "default".into(),
            name: "net".into(),
            device: claim_device(1),
            allocated: None,
            leaving: true,
        };
        let claimed = Claimed(vec![hold.clone()]);
        let address = hold.device.address.unwrap();
        assert_eq!(claimed.of_function(address), Some(&hold));
        let device = &hold.device;
        assert_eq!(
            claimed.of_device(&device.network, &device.device),
            Some(&hold)
        );
        assert_eq!(claimed.of_function("0000:3b:00.7".parse().unwrap()), None);
    }
}
