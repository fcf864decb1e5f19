//! What is attached, and how: the configuration and the Network together, as `colvin-attach` takes it.
//!
//! Where several sources give a value, the runtime comes first, then `args.cni`, then `CNI_ARGS`, then
//! the configuration (CAP-2). A Network's own values come before all of them: another one is refused,
//! since a tenant may have written it. Left to others: which device (`which.rs`), doing it
//! (`colvin-attach`).

mod addressing;
mod refused;

pub use addressing::{ipam_call, method_of};

use std::path::Path;

use colvin_attach::record::NetworkAttach;
use colvin_attach::{
    HostDevice, Ipvlan, Kind as AttachKind, Macvlan, Master, PhysicalFunction, VfTag,
    VirtualFunction, Vlan,
};
use colvin_kernel::sysfs::{self, SysfsRoot};
use colvin_model::inventory::UplinkId;
use colvin_model::{IfName, MacAddr, PciAddress, VlanId};

use crate::arguments::Arguments;
use crate::config::{Bandwidth, Config, Mode};
use crate::failure::{Code, Failure};
use crate::kind::Kind;
use crate::which::{Device, Found};
use refused::refuse_different;

/// One attachment's settings, from all that is said of them.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// The configuration.
    pub config: &'a Config<'a>,
    /// `CNI_ARGS`.
    pub arguments: &'a Arguments,
    /// The device.
    pub found: &'a Found,
    /// The folder whose `sys` is read.
    pub sysfs: &'a Path,
    /// The state folder.
    pub state: &'a Path,
}

impl Wish<'_> {
    /// What is attached and how.
    ///
    /// # Errors
    /// Code 7 for a setting that means nothing to the kind, or is another than the Network's; 100 when
    /// the uplink is not there.
    pub fn kind(self) -> Result<AttachKind, Failure> {
        let network = self.found.network.as_ref();
        if !self.config.is_chained() {
            self.config.refuse_foreign(self.found.kind)?;
            network.map_or(Ok(()), |network| refuse_different(self.config, network))?;
        }
        self.refuse_bandwidth()?;
        let attach = network.map(|network| &network.attach);
        Ok(match (self.found.kind, &self.found.device) {
            (Kind::VirtualFunction, Device::Function(address)) => {
                AttachKind::VirtualFunction(self.virtual_function(*address, attach))
            }
            (Kind::PhysicalFunction, Device::Function(address)) => {
                AttachKind::PhysicalFunction(PhysicalFunction {
                    device: *address,
                    mac: self.mac(),
                    mtu: self.mtu(attach),
                })
            }
            (_, Device::Host(host)) => AttachKind::HostDevice(HostDevice {
                device: host.clone(),
                mac: self.mac(),
                mtu: self.mtu(attach),
            }),
            (Kind::Vlan, Device::Uplink(uplink)) => AttachKind::Vlan(Vlan {
                master: self.master(uplink)?,
                id: self.vlan(attach)?,
                protocol: self.config.settings.vlan_protocol.unwrap_or_default(),
                mtu: self.mtu(attach),
            }),
            (Kind::Ipvlan, Device::Uplink(uplink)) => {
                AttachKind::Ipvlan(self.ipvlan(uplink, attach)?)
            }
            (_, Device::Uplink(uplink)) => AttachKind::Macvlan(self.macvlan(uplink, attach)?),
            (kind, Device::Function(address)) => {
                let message = format!("{address} cannot be attached as a {kind}");
                return Err(Failure::new(Code::Config, message));
            }
        })
    }

    /// The address, by the first source that says one. In a chain what the runtime says of an address
    /// is meant for the cluster network's interface.
    fn mac(self) -> Option<MacAddr> {
        if self.config.is_chained() {
            return None;
        }
        let first = self.config.runtime.mac.or(self.config.args_mac);
        first.or(self.arguments.mac).or(self.config.settings.mac)
    }

    fn mtu(self, attach: Option<&NetworkAttach>) -> Option<u32> {
        attach
            .and_then(|attach| attach.mtu)
            .or(self.config.settings.mtu)
    }

    fn virtual_function(
        self,
        address: PciAddress,
        attach: Option<&NetworkAttach>,
    ) -> VirtualFunction {
        let settings = &self.config.settings;
        let own = settings.vlan.map(|id| VfTag {
            id,
            qos: settings.vlan_qos.unwrap_or_default(),
            protocol: settings.vlan_protocol.unwrap_or_default(),
        });
        let networks = attach.map(|attach| VfTag {
            id: attach.vlan,
            qos: 0,
            protocol: settings.vlan_protocol.unwrap_or_default(),
        });
        let bandwidth = self
            .config
            .runtime
            .bandwidth
            .and_then(Bandwidth::max_rate_mbps);
        VirtualFunction {
            mac: self.mac(),
            mtu: self.mtu(attach),
            vlan: networks.or(own),
            spoof_check: attach
                .map(|attach| attach.spoof_check)
                .or(settings.spoof_check),
            trust: attach.map(|attach| attach.trust).or(settings.trust),
            link_state: settings.link_state,
            min_rate_mbps: settings.min_rate_mbps,
            max_rate_mbps: bandwidth.or(settings.max_rate_mbps),
            query_rss: settings.query_rss,
            infiniband_guid: self
                .config
                .runtime
                .infiniband_guid
                .or(settings.infiniband_guid),
            all_multicast: settings.all_multicast,
            promiscuous: settings.promiscuous,
            ..VirtualFunction::new(address)
        }
    }

    fn macvlan(
        self,
        uplink: &UplinkId,
        attach: Option<&NetworkAttach>,
    ) -> Result<Macvlan, Failure> {
        Ok(Macvlan {
            master: self.master(uplink)?,
            mode: match self.config.settings.mode {
                Some(Mode::Macvlan(mode)) => mode,
                _ => colvin_attach::MacvlanMode::default(),
            },
            mac: self.mac(),
            mtu: self.mtu(attach),
            broadcast_queue: self.config.settings.broadcast_queue,
        })
    }

    fn ipvlan(self, uplink: &UplinkId, attach: Option<&NetworkAttach>) -> Result<Ipvlan, Failure> {
        Ok(Ipvlan {
            master: self.master(uplink)?,
            mode: match self.config.settings.mode {
                Some(Mode::Ipvlan(mode)) => mode,
                _ => colvin_attach::IpvlanMode::default(),
            },
            flag: self.config.settings.flag.unwrap_or_default(),
            mtu: self.mtu(attach),
        })
    }

    fn vlan(self, attach: Option<&NetworkAttach>) -> Result<VlanId, Failure> {
        let networks = attach.and_then(|attach| attach.vlan);
        networks.or(self.config.settings.vlan_id).ok_or_else(|| {
            Failure::new(
                Code::Config,
                "key `vlanId` is missing: which VLAN is the child of?",
            )
        })
    }

    fn master(self, uplink: &UplinkId) -> Result<Master, Failure> {
        let name = match uplink {
            UplinkId::Netdev(name) => name.clone(),
            UplinkId::Function(address) => self.netdev_of(*address)?,
        };
        if let Some(asked) = &self.config.what.master
            && *asked != name
        {
            let message =
                format!("key `master` is {asked}, and the device's uplink is {name}: leave it out");
            return Err(Failure::new(Code::Config, message));
        }
        Ok(Master {
            name: Some(name),
            in_container: self.config.settings.link_in_container,
        })
    }

    fn netdev_of(self, address: PciAddress) -> Result<IfName, Failure> {
        let looking = "looking for the uplink's netdev";
        let root = SysfsRoot::new(self.sysfs)
            .map_err(|error| Failure::caused(Code::Io, looking, &error))?;
        let netdevs = sysfs::vf::netdevs(&root, address)
            .map_err(|error| Failure::caused(Code::Io, looking, &error))?;
        netdevs.into_iter().next().ok_or_else(|| {
            Failure::new(
                Code::Device,
                format!("the uplink {address} has no netdev on this node"),
            )
        })
    }

    /// A limit that cannot be kept is refused: a pod must not run with less than it was promised.
    fn refuse_bandwidth(self) -> Result<(), Failure> {
        let Some(limit) = self
            .config
            .runtime
            .bandwidth
            .filter(|_| !self.config.is_chained())
        else {
            return Ok(());
        };
        let refused = |message: &str| Err(Failure::new(Code::Config, message));
        if limit.max_rate_mbps().is_some() && self.found.kind != Kind::VirtualFunction {
            return refused(
                "capability `bandwidth`: only a VF's card can limit what is sent; chain the plugin `bandwidth` behind this one",
            );
        }
        if limit.ingress_bit_per_s > 0 {
            return refused(
                "capability `bandwidth`: a card cannot limit what a VF receives: leave `ingressRate` out",
            );
        }
        if limit.max_rate_mbps().is_some() && self.found.network.is_some() {
            return refused(
                "capability `bandwidth`: rates of a Network's device are the Network's, which has none: leave it out",
            );
        }
        Ok(())
    }
}
