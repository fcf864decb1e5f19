//! One look at one link in `class/net`.
//!
//! Left to others: what joins several links (masters by name are resolved by the scan).

use colvin_model::observation::{Carrier, Link, LinkParent, OperState, PortFacts, WireText};
use colvin_model::{IfIndex, IfName, LinkAddress, PciAddress, Symbol};
use rustix::io::Errno;

use super::value::{self, address_at, bytes_of, flags, number};
use super::{Folder, Look, Symbols, SysfsError, SysfsRoot, device_path, is_name};

/// `IFF_UP` (kernel `include/uapi/linux/if.h`).
const UP: u32 = 1;

/// `NET_ADDR_PERM` (kernel `include/uapi/linux/netdevice.h`): the address is the hardware's own.
const PERMANENT: u8 = 0;

/// Kinds that stand on another link of the same namespace, as `uevent` names them.
const STACKED: &[&str] = &["ipvlan", "macsec", "macvlan", "macvtap", "vlan", "vxlan"];

/// What is known of a link, its master by name.
pub(super) struct Seen {
    pub(super) link: Link,
    pub(super) master: Option<IfName>,
    pub(super) port: PortFacts,
}

/// One look at one link.
pub(super) struct Reader<'a> {
    pub(super) look: Look<'a>,
    symbols: &'a mut Symbols,
    name: &'a IfName,
}

impl<'a> Reader<'a> {
    pub(super) fn new(root: &'a SysfsRoot, name: &'a IfName, symbols: &'a mut Symbols) -> Self {
        Self {
            look: Look::new(root, Folder::Net, name.as_str()),
            symbols,
            name,
        }
    }

    /// What is known of the link, or `None` when it is none or its index is not to be had.
    pub(super) fn seen(&mut self) -> Option<Seen> {
        let index = self.look.attribute("ifindex", "an index", |text| {
            text.parse().ok().and_then(IfIndex::new)
        })?;
        let (function, is_virtual) = self.place();
        let kind = self.kind().filter(|_| is_virtual);
        let lower = self.lower(index, kind.as_ref());
        let master = self.look.link("master", "a link to a link", |target| {
            device_path::last(target).parse().ok()
        });
        let bond = self.bond_member(master.as_ref());
        let address = self.hardware_address("address");
        let own = self
            .look
            .attribute("addr_assign_type", "0 to 3", |text| text.parse().ok());
        let before_bond = self.hardware_address("bonding_slave/perm_hwaddr");
        let parent = self.parent();
        let port = self.port(parent.is_some());
        let link = Link {
            index,
            name: self.name.clone(),
            alt_names: Vec::new(),
            alias: self.alias(),
            hardware_type: self.required("type", "a hardware type", number)?,
            permanent_address: before_bond.or_else(|| match own {
                Some(PERMANENT) => address.clone(),
                _ => None,
            }),
            address,
            mtu_bytes: self.required("mtu", "a number of bytes", number)?,
            admin_up: self.required("flags", "flags such as 0x1003", flags)? & UP != 0,
            carrier: self.carrier(),
            oper_state: self.oper_state(),
            master: None,
            lower,
            kind,
            parent,
            function,
            switch_id: self.driver_answer("phys_switch_id", "hexadecimal digits", |text| {
                bytes_of(text, "").map(Vec::into_boxed_slice)
            }),
            port_name: self.name_from("phys_port_name"),
            bond,
        };
        Some(Seen { link, master, port })
    }

    /// A file without which there is no link to speak of.
    fn required<T>(
        &mut self,
        file: &str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let look = &mut self.look;
        let read = look.root.attribute(look.at(file), expected, parse);
        // a link that went meanwhile is no finding
        if matches!(read, Ok(None)) && look.root.is_there(look.at("ifindex")).unwrap_or(true) {
            let path = look.at(file).shown();
            look.note(SysfsError::Missing { path });
        }
        look.keep(read)
    }

    /// A file whose reading fails when the driver has no answer, or the link is down.
    fn driver_answer<T>(
        &mut self,
        file: &str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let unanswered = [Errno::INVAL, Errno::OPNOTSUPP].map(Errno::raw_os_error);
        let read = self
            .look
            .root
            .attribute(self.look.at(file), expected, |text| {
                if text.is_empty() {
                    Some(None)
                } else {
                    parse(text).map(Some)
                }
            });
        match read {
            Err(error)
                if error
                    .errno()
                    .is_some_and(|errno| unanswered.contains(&errno)) =>
            {
                None
            }
            other => self.look.keep(other).flatten(),
        }
    }

    fn name_from(&mut self, file: &str) -> Option<Symbol> {
        let name = self.driver_answer(file, "a name", |text| {
            is_name(text).then(|| text.to_owned())
        })?;
        Some(self.symbols.get(&name))
    }

    /// The PCI function below which the link lies, and whether it lies below none at all.
    fn place(&mut self) -> (Option<PciAddress>, bool) {
        let place = self.look.link("", "a link to a device", |target| {
            let is_virtual = target.contains("/devices/virtual/");
            Some((device_path::function(target), is_virtual))
        });
        place.unwrap_or_default()
    }

    fn parent(&mut self) -> Option<LinkParent> {
        let name = self.look.link("device", "a link to a device", |target| {
            let name = device_path::last(target);
            is_name(name).then(|| name.to_owned())
        })?;
        let bus = self
            .look
            .link("device/subsystem", "a link to a bus", |target| {
                let name = device_path::last(target);
                is_name(name).then(|| name.to_owned())
            })?;
        Some(LinkParent {
            bus: self.symbols.get(&bus),
            name: self.symbols.get(&name),
        })
    }

    /// The kind of a software link, as far as sysfs tells.
    fn kind(&mut self) -> Option<Symbol> {
        let kind = self.look.attribute("uevent", "KEY=value lines", |text| {
            let kind = text.lines().find_map(|line| line.strip_prefix("DEVTYPE="));
            Some(kind.filter(|kind| is_name(kind)).map(str::to_owned))
        });
        if let Some(kind) = kind.flatten() {
            return Some(self.symbols.get(&kind));
        }
        let folders = [
            ("bonding", "bond"),
            ("bridge", "bridge"),
            ("tun_flags", "tun"),
        ];
        for (folder, kind) in folders {
            if self.look.has(folder) {
                return Some(self.symbols.get(kind));
            }
        }
        None
    }

    /// The link it stands on. A veth's `iflink` may count in another namespace: it is left out.
    fn lower(&mut self, index: IfIndex, kind: Option<&Symbol>) -> Option<IfIndex> {
        if !kind.is_some_and(|kind| STACKED.contains(&kind.as_str())) {
            return None;
        }
        let lower = self
            .look
            .attribute("iflink", "an index", |text| text.parse().ok());
        lower.and_then(IfIndex::new).filter(|lower| *lower != index)
    }

    fn hardware_address(&mut self, file: &str) -> Option<LinkAddress> {
        let read = address_at(self.look.root, self.look.at(file));
        self.look.keep(read).flatten()
    }

    fn alias(&mut self) -> Option<Symbol> {
        let read = self.look.root.bytes(self.look.at("ifalias"), |bytes| {
            Ok(WireText::from_wire(bytes).map(|text| Symbol::from(text.as_str())))
        });
        self.look.keep(read).flatten()
    }

    fn carrier(&mut self) -> Carrier {
        let carrier = self.driver_answer("carrier", "0 or 1", value::carrier);
        carrier.unwrap_or(Carrier::Unknown)
    }

    fn oper_state(&mut self) -> OperState {
        let state = self
            .look
            .attribute("operstate", "a state of RFC 2863", value::oper_state);
        state.unwrap_or(OperState::Unknown)
    }

    /// What else ethtool would tell: the speed of a link that has hardware, and its driver.
    fn port(&mut self, has_hardware: bool) -> PortFacts {
        if !has_hardware {
            return PortFacts::default();
        }
        let speed = self.driver_answer("speed", "a speed in Mb/s", |text| text.parse().ok());
        let driver = self
            .look
            .link("device/driver", "a link to a driver", |target| {
                let name = device_path::last(target);
                is_name(name).then(|| name.to_owned())
            });
        PortFacts {
            // the kernel says −1, or all ones, where there is none
            speed_mbps: speed
                .and_then(|speed: i64| u32::try_from(speed).ok())
                .filter(|speed| (1..u32::MAX).contains(speed)),
            driver: driver.map(|name| self.symbols.get(&name)),
            ..PortFacts::default()
        }
    }
}
