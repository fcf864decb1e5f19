//! The object of an inventory. Left to others: joining the facts, choosing the node's name.

use colvin_model::inventory as model;
use colvin_model::observation as seen;
use colvin_model::{Inventory, Subject, Symbol};
use kube::core::ObjectMeta;

use super::{
    Finding, Neighbor, NodeTopology, NodeTopologyStatus, Sriov, Subfunction, Summary, TEXT_LIMIT,
    Uplink, VirtualFunction, Vlan, ranges,
};

/// Bytes of an untagged Ethernet frame beside its payload: two addresses, type, check sum.
const FRAME_OVERHEAD_BYTES: u16 = 18;

/// How much of a PF's VFs an object says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VfDetail {
    /// Ranges that share driver and state, as in the cluster.
    #[default]
    Ranges,
    /// Every VF by itself as well, as for `--vfs`.
    Each,
}

impl NodeTopology {
    /// The object of a node's inventory.
    ///
    /// `model` names a card by its PCI function, where it can.
    pub fn of_inventory(
        node: &str,
        inventory: &Inventory,
        detail: VfDetail,
        model: impl Fn(&seen::PciFunction) -> Option<String>,
    ) -> Self {
        let uplink = |uplink: &model::Uplink| of_uplink(uplink, detail, &model);
        let uplinks = inventory.uplinks.iter();
        let up = uplinks.filter(|uplink| uplink.state == model::LinkState::Up);
        Self {
            api_version: crate::v1alpha1::API_VERSION.to_owned(),
            kind: "NodeTopology".to_owned(),
            metadata: ObjectMeta {
                name: Some(node.to_owned()),
                ..ObjectMeta::default()
            },
            status: NodeTopologyStatus {
                summary: Summary {
                    uplinks: inventory.uplinks.len().try_into().unwrap_or(u16::MAX),
                    up: up.count().try_into().unwrap_or(u16::MAX),
                    networks: None,
                },
                uplinks: inventory.uplinks.iter().map(uplink).collect(),
                findings: inventory
                    .findings
                    .iter()
                    .map(|found| of_finding(found, inventory))
                    .collect(),
                conditions: Vec::new(),
            },
        }
    }
}

fn text(value: Option<&Symbol>) -> Option<String> {
    value.map(ToString::to_string)
}

fn of_uplink(
    uplink: &model::Uplink,
    detail: VfDetail,
    model: impl Fn(&seen::PciFunction) -> Option<String>,
) -> Uplink {
    let function = uplink.function.as_ref();
    let link = uplink.link.as_ref();
    Uplink {
        id: uplink.id.to_string(),
        name: uplink.name().map(ToString::to_string),
        alt_names: link.map_or_else(Vec::new, |link| {
            link.alt_names.iter().map(ToString::to_string).collect()
        }),
        vendor: function.map(|function| format!("{:04x}", function.id.vendor)),
        device: function.map(|function| format!("{:04x}", function.id.device)),
        model: function.and_then(model),
        driver: text(uplink.driver()),
        firmware: text(uplink.firmware.as_ref()),
        numa_node: function
            .and_then(|function| function.numa_node)
            .map(colvin_model::NumaNode::get),
        pcie_root: function.and_then(|function| text(function.pcie_root.as_ref())),
        mac: uplink.mac().map(|mac| mac.to_string()),
        mtu: link.map(|link| link.mtu_bytes),
        speed_mbps: uplink.port.speed_mbps,
        link: uplink.state.as_str().to_owned(),
        bond: uplink.bond.as_ref().map(ToString::to_string),
        bridge: uplink.bridge.as_ref().map(ToString::to_string),
        rdma: text(uplink.rdma.as_ref()),
        protected: uplink
            .protected
            .iter()
            .map(|why| why.as_str().to_owned())
            .collect(),
        sriov: uplink.sriov().map(|sriov| of_sriov(sriov, uplink, detail)),
        representors: uplink
            .representors
            .iter()
            .map(ToString::to_string)
            .collect(),
        subfunctions: uplink.subfunctions.iter().map(of_subfunction).collect(),
        addresses: Vec::new(),
        neighbors: uplink.neighbors.iter().map(of_neighbor).collect(),
        networks: Vec::new(),
        refused: Vec::new(),
    }
}

fn of_sriov(sriov: &seen::SriovCapability, uplink: &model::Uplink, detail: VfDetail) -> Sriov {
    let vfs = &uplink.virtual_functions;
    Sriov {
        total: sriov.total,
        configured: sriov.configured,
        offset: sriov.offset,
        stride: sriov.stride,
        device: sriov.vf_device.map(|device| format!("{device:04x}")),
        eswitch: uplink.eswitch.map(|mode| match mode {
            seen::EswitchMode::Legacy => "Legacy".to_owned(),
            seen::EswitchMode::Switchdev => "Switchdev".to_owned(),
        }),
        functions: ranges::of(vfs),
        vfs: match detail {
            VfDetail::Ranges => Vec::new(),
            VfDetail::Each => vfs.iter().map(of_vf).collect(),
        },
    }
}

fn of_vf(vf: &model::VirtualFunction) -> VirtualFunction {
    VirtualFunction {
        index: vf.index,
        pci_address: vf.address.to_string(),
        driver: text(vf.driver.as_ref()),
        netdev: vf.netdev.as_ref().map(ToString::to_string),
        mac: vf.mac.map(|mac| mac.to_string()),
        numa_node: vf.numa_node.map(colvin_model::NumaNode::get),
        iommu_group: vf.iommu_group,
        rdma: text(vf.rdma.as_ref()),
        usage: vf.usage.as_str().to_owned(),
    }
}

fn of_subfunction(subfunction: &model::Subfunction) -> Subfunction {
    Subfunction {
        name: subfunction.name.to_string(),
        netdev: subfunction.netdev.as_ref().map(ToString::to_string),
    }
}

/// A neighbour as the API says it.
fn of_neighbor(neighbor: &seen::Neighbor) -> Neighbor {
    let cut = |text: &seen::WireText| text.cut(TEXT_LIMIT).to_owned();
    let vlan = |vlan: &seen::NamedVlan| Vlan {
        id: vlan.id.get(),
        name: vlan.name.as_ref().map(cut),
    };
    Neighbor {
        chassis_id: cut(&neighbor.chassis_id),
        port_id: cut(&neighbor.port_id),
        port_description: neighbor.port_description.as_ref().map(cut),
        system_name: neighbor.system_name.as_ref().map(cut),
        vlan: neighbor.vlan.map(colvin_model::VlanId::get),
        vlans: neighbor.vlans.iter().map(vlan).collect(),
        management_addresses: neighbor
            .management_addresses
            .iter()
            .map(ToString::to_string)
            .collect(),
        capabilities: neighbor
            .capabilities
            .iter()
            .map(|does| does.as_str().to_owned())
            .collect(),
        mtu: neighbor
            .max_frame_bytes
            .and_then(|frame| frame.checked_sub(FRAME_OVERHEAD_BYTES)),
        stale: neighbor.stale,
    }
}

impl From<&seen::Neighbor> for Neighbor {
    fn from(neighbor: &seen::Neighbor) -> Self {
        of_neighbor(neighbor)
    }
}

fn of_finding(finding: &colvin_model::Finding, inventory: &Inventory) -> Finding {
    let owner = || {
        inventory
            .uplinks
            .iter()
            .find(|uplink| uplink.is_subject(&finding.subject))
    };
    let uplink = match &finding.subject {
        Subject::Node => None,
        subject => {
            Some(owner().map_or_else(|| subject.to_string(), |uplink| uplink.id.to_string()))
        }
    };
    Finding {
        uplink,
        reason: finding.reason.to_string(),
        message: finding.message.clone(),
    }
}
