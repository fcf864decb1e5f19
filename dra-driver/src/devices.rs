//! What this node has for claims. Left to others: how it is found, and what of it is in `ResourceSlice`s.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use colvin_model::NetworkName;
use colvin_model::offer::{CharDevice, DeviceId, DeviceNodes, Ill, OfferedDevice, Vdpa};

/// What a device is called in a `ResourceSlice`: a DNS label of at most 63 bytes (LIM-5), such as
/// `0000-3b-00-5`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceName(Arc<str>);

/// A text that is no name of a device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no name of a device (1 to 63 lower-case letters, digits and `-`)")]
pub struct InvalidDeviceName {
    text: String,
}

impl DeviceName {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DeviceName {
    type Err = InvalidDeviceName;

    fn from_str(text: &str) -> Result<Self, InvalidDeviceName> {
        if is_label(text) {
            Ok(Self(text.into()))
        } else {
            let text = text.chars().take(64).collect();
            Err(InvalidDeviceName { text })
        }
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

colvin_model::serde_by_text!(DeviceName);

/// Whether a text is a DNS label: the name of a device, or of a request.
pub(crate) fn is_label(text: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = |byte: Option<u8>| byte.is_some_and(alphanumeric);
    (1..=63).contains(&text.len())
        && text.bytes().all(|byte| alphanumeric(byte) || byte == b'-')
        && ends(text.bytes().next())
        && ends(text.bytes().next_back())
}

/// What this node has for claims, by the names in its `ResourceSlice`s.
///
/// A device that a claim holds stays in it though it is gone or its network is another now, with the reason in
/// `ill`: of one that is not in it the kubelet only learns that its health is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Devices(pub BTreeMap<DeviceName, Device>);

/// A device that claims may be allocated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The pool that it is published in.
    pub pool: String,
    /// Its id on this node.
    pub id: DeviceId,
    /// The network that it attaches to.
    pub network: NetworkName,
    /// What it is, and why no new pod may have it.
    pub is: OfferedDevice,
    /// What is to be said of it though it may be used, such as that its link is down.
    pub notice: Option<&'static str>,
    /// The children of an uplink that many claims are allocated, each a share; none where it is a device by itself.
    pub children: Vec<Child>,
}

/// One of an uplink's children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// Its id on this node.
    pub id: DeviceId,
    /// Why no new pod may have it.
    pub ill: Option<Ill>,
}

impl Devices {
    /// The device of this name.
    pub fn get(&self, name: &DeviceName) -> Option<&Device> {
        self.0.get(name)
    }
}

impl Device {
    /// The device nodes that a container gets: vfio and uio come with the driver, the others are given where they
    /// are asked for.
    pub(crate) fn char_devices(&self, nodes: &DeviceNodes) -> Vec<CharDevice> {
        let asked = &self.is.extras;
        let mut given = Vec::new();
        if let Some(group) = &nodes.vfio {
            given.extend([CharDevice::same("/dev/vfio/vfio"), group.clone()]);
        }
        given.extend(nodes.uio.clone());
        if asked.vhost_net {
            given.extend(["/dev/vhost-net", "/dev/net/tun"].map(CharDevice::same));
        }
        if let (true, Some(rdma)) = (asked.rdma, &nodes.rdma) {
            let all = [&rdma.uverbs, &rdma.umad, &rdma.issm, &rdma.rdma_cm];
            given.extend(all.into_iter().flatten().cloned());
        }
        if asked.vdpa == Some(Vdpa::Vhost) {
            given.extend(nodes.vhost_vdpa.clone());
        }
        given
    }

    /// Whether it can be used by whoever has it: what only keeps new pods away is no illness (invariant 11).
    pub(crate) fn is_usable(&self) -> bool {
        match &self.is.ill {
            None | Some(Ill::LinkDown | Ill::NotReturned | Ill::NotUndone) => true,
            Some(Ill::Gone | Ill::NoDriver | Ill::HalfCreated | Ill::NoNetdev | Ill::PortOf(_)) => {
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::vf;
    use colvin_model::offer::RdmaNodes;

    #[test]
    fn a_name_is_one_that_a_slice_takes() {
        for name in ["0000-3b-00-5", "a", "0000-3b-00-0-green-7"] {
            assert_eq!(name.parse::<DeviceName>().unwrap().to_string(), name);
        }
        let long = "a".repeat(64);
        for wrong in ["", "-a", "a-", "0000:3b:00.5", "A", "a.b", long.as_str()] {
            assert!(wrong.parse::<DeviceName>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn nodes_come_with_the_driver_or_when_they_are_asked_for() {
        let mut device = vf(1);
        let nodes = DeviceNodes {
            vfio: Some(CharDevice {
                host: "/dev/vfio/noiommu-7".into(),
                container: "/dev/vfio/7".into(),
            }),
            rdma: Some(RdmaNodes {
                device: "mlx5_2".into(),
                uverbs: Some(CharDevice::same("/dev/infiniband/uverbs2")),
                ..RdmaNodes::default()
            }),
            ..DeviceNodes::default()
        };
        device.is.extras.rdma = false;
        let hosts = |device: &Device| -> Vec<String> {
            let nodes = device.char_devices(&nodes).into_iter();
            nodes.map(|node| node.host).collect()
        };
        assert_eq!(hosts(&device), ["/dev/vfio/vfio", "/dev/vfio/noiommu-7"]);
        device.is.extras.rdma = true;
        assert_eq!(hosts(&device).len(), 3);
    }

    /// DRA-32, invariant 11.
    #[test]
    fn a_lost_link_is_no_illness() {
        let mut device = vf(1);
        for (ill, usable) in [(Ill::LinkDown, true), (Ill::NoDriver, false)] {
            device.is.ill = Some(ill);
            assert_eq!(device.is_usable(), usable);
        }
    }
}
