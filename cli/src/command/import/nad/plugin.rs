//! What each CNI plugin is here: a kind of device, and the uplink it names.
//!
//! Left to others: reading the settings that several plugins share ([`super::config`]).

use colvin_crds::v1alpha1::network::DeviceKind;
use colvin_crds::v1alpha1::network::attachment_definition::PLUGIN;
use serde_json::{Map, Value};

use super::config::{Reader, Target, is_nothing};
use super::ipam;

impl Reader {
    /// What each plugin is here, and the uplink it names.
    pub(super) fn plugin(&mut self, plugin: &str) -> Result<(DeviceKind, Option<Target>), String> {
        Ok(match plugin {
            "macvlan" => {
                self.mtu()?;
                self.mode("bridge")?;
                (DeviceKind::Macvlan, self.target(&["master"])?)
            }
            "ipvlan" => {
                self.mtu()?;
                self.mode("l2")?;
                (DeviceKind::Ipvlan, self.target(&["master"])?)
            }
            "vlan" => {
                self.mtu()?;
                if !self.vlan("vlanId")? {
                    return Err("a vlan without vlanId".to_owned());
                }
                (DeviceKind::Vlan, self.target(&["master"])?)
            }
            "host-device" => (DeviceKind::PhysicalFunction, self.device()?),
            "sriov" => {
                self.vlan("vlan")?;
                self.attach.spoof_check = self.switch("spoofchk")?;
                self.attach.trust = self.switch("trust")?;
                (
                    DeviceKind::VirtualFunction,
                    self.target(&["master", "if0"])?,
                )
            }
            "ovn-k8s-cni-overlay" => (self.localnet()?, None),
            PLUGIN => self.ours()?,
            other => {
                return Err(format!(
                    "the plugin {other:?} makes what no kind of device of a Network is: it is left out"
                ));
            }
        })
    }

    /// host-device: one of four ways to name it.
    fn device(&mut self) -> Result<Option<Target>, String> {
        if let Some(address) = self.text("pciBusID")? {
            return Ok(Some(Target::PciAddress(address)));
        }
        if let Some(mac) = self.text("hwaddr")? {
            return Ok(Some(Target::Mac(mac)));
        }
        self.target(&["device"])
    }

    /// colvin-cni: the Network whose devices it gives, and what else may stand beside.
    fn ours(&mut self) -> Result<(DeviceKind, Option<Target>), String> {
        self.network = self.text("network")?;
        self.mtu()?;
        let child = self.vlan("vlanId")?;
        if !child {
            self.vlan("vlan")?;
        }
        self.attach.spoof_check = self.switch("spoofchk")?;
        self.attach.trust = self.switch("trust")?;
        let said = self.text("kind")?;
        let device = self.device()?;
        let target = match device {
            Some(device) => Some(device),
            None => self.text("deviceID")?.map(Target::PciAddress),
        };
        let is_netdev = matches!(target, Some(Target::Interface(_) | Target::Mac(_)));
        let target = match target {
            Some(target) => Some(target),
            None => self.target(&["master"])?,
        };
        let kind = match said.as_deref() {
            Some("VirtualFunction") => DeviceKind::VirtualFunction,
            Some("PhysicalFunction" | "HostDevice") => DeviceKind::PhysicalFunction,
            Some("Macvlan") => DeviceKind::Macvlan,
            Some("Ipvlan") => DeviceKind::Ipvlan,
            Some("Vlan") => DeviceKind::Vlan,
            Some(other) => {
                return Err(format!("kind is {other:?}, which colvin-cni does not know"));
            }
            None if child => DeviceKind::Vlan,
            None if is_netdev => DeviceKind::PhysicalFunction,
            None => DeviceKind::default(),
        };
        match kind {
            DeviceKind::Macvlan => self.mode("bridge")?,
            DeviceKind::Ipvlan => self.mode("l2")?,
            DeviceKind::VirtualFunction | DeviceKind::PhysicalFunction | DeviceKind::Vlan => {}
        }
        Ok((kind, target))
    }

    /// OVN's localnet: a network of the switches, with the tag that OVN puts on.
    fn localnet(&mut self) -> Result<DeviceKind, String> {
        match self.text("topology")?.as_deref() {
            Some("localnet") => {}
            other => {
                let other = other.unwrap_or("no topology");
                return Err(format!(
                    "OVN with {other} makes a network of its own, which is on no uplink: it is left out"
                ));
            }
        }
        self.left.remove("netAttachDefName");
        self.mtu()?;
        let tagged = self.vlan("vlanID")?;
        let subnets = self.text("subnets")?;
        let exclude = self.text("excludeSubnets")?;
        ipam::localnet(subnets.as_deref(), exclude.as_deref(), self)?;
        Ok(if tagged {
            DeviceKind::Vlan
        } else {
            DeviceKind::Macvlan
        })
    }

    /// A plugin behind the first: what it changes of the interface.
    pub(super) fn chained(&mut self, mut plugin: Map<String, Value>) -> Result<(), String> {
        let kind = plugin.remove("type");
        let kind = kind
            .as_ref()
            .and_then(Value::as_str)
            .unwrap_or("a plugin without type");
        if kind == "tuning" {
            if let Some(mtu) = plugin.remove("mtu") {
                let mut rest = std::mem::take(&mut self.left);
                self.left.insert("mtu".to_owned(), mtu);
                self.mtu()?;
                rest.append(&mut self.left);
                self.left = rest;
            }
            let left = plugin.into_iter().filter(|(_, value)| !is_nothing(value));
            self.dropped.extend(left.map(|(key, value)| {
                format!("tuning {key} {value}: a Network has no such setting")
            }));
        } else {
            self.dropped
                .push(format!("the plugin {kind} behind it: Colvin chains none"));
        }
        Ok(())
    }
}
