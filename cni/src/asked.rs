//! What is attached, and how: the configuration and the Network together, as `colvin-attach` takes it.
//!
//! Where several sources give a value, the runtime comes first, then `args.cni`, then `CNI_ARGS`, then
//! the configuration (CAP-2). A Network's own values come before all of them: another one is refused,
//! since a tenant may have written it. Left to others: which device (`which.rs`), doing it
//! (`colvin-attach`).

mod refused;

use std::path::Path;
use std::time::Duration;

use colvin_attach::record::{NetworkAttach, NetworkIpam};
use colvin_attach::{
    Addressing, HostDevice, IpamCall, Ipvlan, Kind as AttachKind, Macvlan, Master,
    PhysicalFunction, VfTag, VirtualFunction, Vlan,
};
use colvin_ipam::{Method, RawConfig};
use colvin_kernel::sysfs::{self, SysfsRoot};
use colvin_model::inventory::UplinkId;
use colvin_model::{IfName, MacAddr, PciAddress, VlanId};

use crate::arguments::Arguments;
use crate::config::{Config, Mode};
use crate::environment::Environment;
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
            .and_then(|limit| limit.max_rate_mbps());
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

    /// Where addresses come from.
    ///
    /// # Errors
    /// Code 7 when the `ipam` section does not serve, or is another than the Network's.
    pub fn addressing(
        self,
        bytes: &[u8],
        environment: &Environment,
    ) -> Result<Addressing, Failure> {
        let call = ipam_call(bytes, environment);
        let network = self.found.network.as_ref();
        let Some((network, ipam)) = network.and_then(|it| Some((it, it.attach.ipam.as_ref()?)))
        else {
            if self.config.is_chained() {
                return Ok(Addressing::None);
            }
            return self.own_addressing(call);
        };
        if self.config.ipam.is_some_and(|ipam| ipam.get() != "{}") {
            let message = format!(
                "key `ipam`: addresses of network {} are the Network's: leave it out",
                network.network
            );
            return Err(Failure::new(Code::Config, message));
        }
        match ipam {
            NetworkIpam::Slaac => Ok(Addressing::Slaac {
                wait: Duration::ZERO,
            }),
            NetworkIpam::Dhcp => Ok(Addressing::Ipam(IpamCall {
                config: dhcp_config(self.config),
                ..call
            })),
            NetworkIpam::Pool { .. } => {
                let message = format!(
                    "network {} takes addresses from a pool, which this version cannot give",
                    network.network
                );
                Err(Failure::new(Code::Config, message))
            }
        }
    }

    fn own_addressing(self, call: IpamCall) -> Result<Addressing, Failure> {
        let method = method_of(&call)?;
        if self.config.runtime.has_ips && matches!(method, Method::None) {
            let message = "capability `ips` needs key `ipam`, such as {\"type\": \"static\"}";
            return Err(Failure::new(Code::Config, message));
        }
        if let (Method::HostLocal, Some(network), true) = (
            &method,
            &self.found.network,
            self.arguments.is_of_kubernetes(),
        ) {
            let message = format!(
                "key `ipam`: host-local gives addresses of one node, and network {} is on several: they would meet twice",
                network.network
            );
            return Err(Failure::new(Code::Config, message));
        }
        Ok(match method {
            Method::None => Addressing::None,
            Method::Slaac(slaac) => Addressing::Slaac {
                wait: slaac.wait.unwrap_or_default(),
            },
            Method::Static | Method::HostLocal | Method::Delegate(_) => Addressing::Ipam(call),
        })
    }

    /// The Network's own routes.
    pub fn routes(self) -> Vec<colvin_ipam::Route> {
        let routes = self
            .found
            .network
            .iter()
            .flat_map(|network| &network.attach.routes);
        routes
            .filter_map(|route| {
                Some(colvin_ipam::Route {
                    dst: route.dst.to_string().parse().ok()?,
                    gw: route.gw,
                    mtu: None,
                    advmss: None,
                    priority: None,
                    table: None,
                    scope: None,
                })
            })
            .collect()
    }
}

/// How IPAM is called for this configuration.
pub fn ipam_call(bytes: &[u8], environment: &Environment) -> IpamCall {
    IpamCall {
        config: String::from_utf8_lossy(bytes).into_owned(),
        path: environment.path.clone(),
        args: environment.arguments.text.clone(),
    }
}

/// What the `ipam` section asks for.
///
/// # Errors
/// Code 7 when it is none.
pub fn method_of(call: &IpamCall) -> Result<Method, Failure> {
    let config = RawConfig::new(call.config.as_bytes())
        .map_err(|error| Failure::caused(Code::Config, "key `ipam`", &error))?;
    Ok(config.method().clone())
}

/// The configuration that the plugin `dhcp` is given for a Network that says `dhcp`.
fn dhcp_config(config: &Config<'_>) -> String {
    let (version, name) = (config.version, &config.name);
    format!(
        r#"{{"cniVersion":"{version}","name":"{name}","type":"colvin-cni","ipam":{{"type":"dhcp"}}}}"#
    )
}
