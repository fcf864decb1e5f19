//! A device that is about to be given out, with its device nodes. Left to others: whether it may be.

use colvin_model::offer::{CharDevice, DeviceId, DeviceNodes, OfferedDevice, Origin, Vdpa};

/// A device and what it has for programs at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Its id.
    pub(crate) id: DeviceId,
    /// What is offered by that id.
    pub(crate) device: OfferedDevice,
    /// What the machine has for it.
    pub(crate) nodes: DeviceNodes,
}

impl Grant {
    /// The device nodes that a container gets (SDP-16 to SDP-18, SDP-23, SDP-24): vfio and uio come with the driver, the
    /// others are given where they are asked for.
    pub(crate) fn char_devices(&self) -> Vec<CharDevice> {
        let (asked, nodes) = (&self.device.extras, &self.nodes);
        let mut given = Vec::new();
        if let Some(group) = &nodes.vfio {
            given.push(CharDevice::same("/dev/vfio/vfio"));
            given.push(group.clone());
        }
        given.extend(nodes.uio.clone());
        if asked.vhost_net {
            given.push(CharDevice::same("/dev/vhost-net"));
            given.push(CharDevice::same("/dev/net/tun"));
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

    /// What was asked for with the device and is not there, as words for people. A config file asks for
    /// RDMA; of a network's devices those have it that can.
    pub(crate) fn missing(&self, origin: &Origin) -> Option<&'static str> {
        let (asked, nodes) = (&self.device.extras, &self.nodes);
        if asked.vdpa == Some(Vdpa::Vhost) && nodes.vhost_vdpa.is_none() {
            Some("a vhost-vdpa device node")
        } else if asked.rdma && nodes.rdma.is_none() && *origin == Origin::ConfigFile {
            Some("an RDMA device")
        } else {
            None
        }
    }
}

#[cfg(test)]
pub(crate) mod examples {
    use super::*;
    use colvin_model::offer::{Extras, Kind, RdmaNodes};

    pub(crate) fn vf(address: &str) -> Grant {
        Grant {
            id: address.parse().unwrap(),
            device: OfferedDevice {
                kind: Kind::VirtualFunction,
                address: Some(address.parse().unwrap()),
                uplink: Some("0000:3b:00.0".parse().unwrap()),
                vf_index: Some(2),
                numa_node: None,
                ill: None,
                extras: Extras::default(),
            },
            nodes: DeviceNodes::default(),
        }
    }

    pub(crate) fn share(id: &str) -> Grant {
        let mut share = vf("0000:3b:00.0");
        share.id = id.parse().unwrap();
        share.device.kind = Kind::Macvlan;
        share.device.vf_index = None;
        share
    }

    pub(crate) fn all_nodes() -> DeviceNodes {
        DeviceNodes {
            vfio: Some(CharDevice {
                host: "/dev/vfio/noiommu-7".into(),
                container: "/dev/vfio/7".into(),
            }),
            uio: Some(CharDevice::same("/dev/uio3")),
            rdma: Some(RdmaNodes {
                device: "mlx5_2".into(),
                uverbs: Some(CharDevice::same("/dev/infiniband/uverbs2")),
                umad: Some(CharDevice::same("/dev/infiniband/umad2")),
                issm: Some(CharDevice::same("/dev/infiniband/issm2")),
                rdma_cm: Some(CharDevice::same("/dev/infiniband/rdma_cm")),
            }),
            vhost_vdpa: Some(CharDevice::same("/dev/vhost-vdpa-1")),
            vdpa_name: Some("vdpa1".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(grant: &Grant) -> Vec<String> {
        let nodes = grant.char_devices().into_iter();
        nodes
            .map(|node| format!("{}={}", node.host, node.container))
            .collect()
    }

    #[test]
    fn sdp_23_a_vfio_group_comes_with_its_container_and_its_name_without_iommu() {
        let mut grant = examples::vf("0000:3b:00.2");
        grant.nodes.vfio = examples::all_nodes().vfio;
        assert_eq!(
            hosts(&grant),
            [
                "/dev/vfio/vfio=/dev/vfio/vfio",
                "/dev/vfio/noiommu-7=/dev/vfio/7"
            ]
        );
    }

    #[test]
    fn sdp_24_a_uio_node_comes_with_its_driver() {
        let mut grant = examples::vf("0000:3b:00.2");
        grant.nodes.uio = examples::all_nodes().uio;
        assert_eq!(hosts(&grant), ["/dev/uio3=/dev/uio3"]);
    }

    #[test]
    fn nodes_that_nobody_asked_for_are_not_given() {
        let mut grant = examples::vf("0000:3b:00.2");
        grant.nodes = examples::all_nodes();
        (grant.nodes.vfio, grant.nodes.uio) = (None, None);
        assert_eq!(grant.char_devices(), []);
        grant.device.extras.rdma = true;
        grant.device.extras.vhost_net = true;
        grant.device.extras.vdpa = Some(Vdpa::Vhost);
        assert_eq!(grant.char_devices().len(), 2 + 4 + 1);
        let file = Origin::ConfigFile;
        assert_eq!(grant.missing(&file), None);
        grant.nodes.vhost_vdpa = None;
        assert_eq!(grant.missing(&file), Some("a vhost-vdpa device node"));
        grant.device.extras.vdpa = Some(Vdpa::Virtio);
        grant.nodes.rdma = None;
        assert_eq!(grant.missing(&file), Some("an RDMA device"));
        // most cards have none, and networks do not ask
        let network = Origin::Network("green".parse().unwrap());
        assert_eq!(grant.missing(&network), None);
    }
}
