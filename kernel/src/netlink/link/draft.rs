//! One link, attribute by attribute. Left to others: the messages around it.
//!
//! Source: `IFLA_*` (kernel `include/uapi/linux/if_link.h`).

use std::collections::BTreeSet;

use colvin_model::observation::{Carrier, Link, LinkParent, OperState};
use colvin_model::{IfIndex, IfName, LinkAddress, Symbol};

use super::bond::{self, Partner};
use crate::netlink::wire::{Attribute, u16_at, u32_at};

/// `IFF_UP`: told to be up.
const UP: u32 = 1;

/// What a `struct ifinfomsg` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) index: IfIndex,
    hardware_type: u16,
    flags: u32,
}

impl Header {
    pub(super) fn decode(payload: &[u8]) -> Option<Self> {
        let header = payload.get(..super::HEADER_BYTES)?;
        Some(Self {
            index: IfIndex::new(u32_at(header, 4)?)?,
            hardware_type: u16_at(header, 2)?,
            flags: u32_at(header, 8)?,
        })
    }
}

/// A link under construction.
pub(super) struct Draft {
    link: Link,
    bus: Option<Symbol>,
    parent: Option<Symbol>,
    /// Whether the link it stands on is in another namespace.
    is_elsewhere: bool,
    partner: Option<Partner>,
}

impl Draft {
    /// A link of which nothing but the header and the name is known.
    pub(super) fn new(header: Header, name: IfName) -> Self {
        let link = Link {
            index: header.index,
            name,
            alt_names: Vec::new(),
            alias: None,
            hardware_type: header.hardware_type,
            address: None,
            permanent_address: None,
            mtu_bytes: 0,
            admin_up: header.flags & UP != 0,
            carrier: Carrier::Unknown,
            oper_state: OperState::Unknown,
            master: None,
            lower: None,
            kind: None,
            parent: None,
            function: None,
            switch_id: None,
            port_name: None,
            bond: None,
        };
        Self {
            link,
            bus: None,
            parent: None,
            is_elsewhere: false,
            partner: None,
        }
    }

    /// Takes in an attribute; `None` when its value is impossible. Unknown ones are skipped.
    pub(super) fn take(
        &mut self,
        attribute: Attribute<'_>,
        words: &mut BTreeSet<Symbol>,
    ) -> Option<()> {
        let link = &mut self.link;
        match attribute.kind {
            libc::IFLA_ADDRESS => link.address = LinkAddress::from_bytes(attribute.value),
            libc::IFLA_PERM_ADDRESS => {
                link.permanent_address = LinkAddress::from_bytes(attribute.value);
            }
            libc::IFLA_MTU => link.mtu_bytes = attribute.u32()?,
            libc::IFLA_LINK => link.lower = IfIndex::new(attribute.u32()?),
            libc::IFLA_LINK_NETNSID => self.is_elsewhere = true,
            libc::IFLA_MASTER => link.master = IfIndex::new(attribute.u32()?),
            libc::IFLA_OPERSTATE => link.oper_state = oper_state(attribute.u8()?),
            // of a link that is down the carrier says nothing
            libc::IFLA_CARRIER if link.admin_up => {
                link.carrier = match attribute.u8()? {
                    0 => Carrier::Down,
                    _ => Carrier::Up,
                }
            }
            libc::IFLA_IFALIAS => link.alias = Some(attribute.text()?.into()),
            libc::IFLA_PHYS_SWITCH_ID => link.switch_id = Some(attribute.value.into()),
            libc::IFLA_PHYS_PORT_NAME => link.port_name = Some(attribute.text()?.into()),
            libc::IFLA_PARENT_DEV_NAME => self.parent = Some(attribute.text()?.into()),
            libc::IFLA_PARENT_DEV_BUS_NAME => self.bus = Some(word(words, attribute.text()?)),
            libc::IFLA_PROP_LIST => return self.take_names(attribute),
            libc::IFLA_LINKINFO => return self.take_info(attribute, words),
            _ => {}
        }
        Some(())
    }

    fn take_names(&mut self, list: Attribute<'_>) -> Option<()> {
        let mut names = list.nested();
        for name in &mut names {
            if name.kind == libc::IFLA_ALT_IFNAME {
                self.link.alt_names.push(name.text()?.into());
            }
        }
        (!names.is_torn()).then_some(())
    }

    fn take_info(&mut self, info: Attribute<'_>, words: &mut BTreeSet<Symbol>) -> Option<()> {
        let (mut is_bond, mut is_member) = (false, false);
        let mut attributes = info.nested();
        for attribute in &mut attributes {
            match attribute.kind {
                libc::IFLA_INFO_KIND => {
                    let kind = attribute.text()?;
                    is_bond = kind == "bond";
                    self.link.kind = Some(word(words, kind));
                }
                libc::IFLA_INFO_SLAVE_KIND => is_member = attribute.text()? == "bond",
                libc::IFLA_INFO_DATA if is_bond => {
                    // there when the bond speaks LACP
                    if let Some(info) = attribute.nested().find(bond::AD_INFO) {
                        self.partner = Some(Partner::decode(info.nested())?);
                    }
                }
                libc::IFLA_INFO_SLAVE_DATA if is_member => {
                    self.link.bond = Some(bond::member(attribute.nested())?);
                }
                _ => {}
            }
        }
        (!attributes.is_torn()).then_some(())
    }

    /// The link, and what it says of its partner when it is a bond.
    pub(super) fn finish(self) -> (Link, Option<Partner>) {
        let mut link = self.link;
        // a veth's or netkit's `IFLA_LINK` is its other end: it does not stand on it
        let is_pair = matches!(
            link.kind.as_ref().map(Symbol::as_str),
            Some("veth" | "netkit")
        );
        if is_pair || self.is_elsewhere {
            link.lower = None;
        }
        link.parent = self
            .bus
            .zip(self.parent)
            .map(|(bus, name)| LinkParent { bus, name });
        let on_pci = link.parent.as_ref().filter(|parent| parent.bus == "pci");
        link.function = on_pci.and_then(|parent| parent.name.as_str().parse().ok());
        (link, self.partner)
    }
}

/// One copy of a text that many links have.
fn word(words: &mut BTreeSet<Symbol>, text: &str) -> Symbol {
    if let Some(word) = words.get(text) {
        return word.clone();
    }
    let word = Symbol::from(text);
    words.insert(word.clone());
    word
}

/// Source: `IF_OPER_*` (kernel `include/uapi/linux/if.h`).
fn oper_state(number: u8) -> OperState {
    match number {
        1 => OperState::NotPresent,
        2 => OperState::Down,
        3 => OperState::LowerLayerDown,
        4 => OperState::Testing,
        5 => OperState::Dormant,
        6 => OperState::Up,
        _ => OperState::Unknown,
    }
}
