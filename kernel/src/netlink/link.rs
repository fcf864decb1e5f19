//! Links: the inventory dump, and one link by number or by name.
//!
//! VFs are never asked for here: their list may not fit any message ([`vf`] has it for one PF).
//! Left to others: the PCI function of a link whose parent is not on the PCI bus
//! (`colvin-discovery`).
//!
//! Source: `struct ifinfomsg` and `IFLA_*` (kernel `include/uapi/linux/if_link.h`,
//! `net/core/rtnetlink.c`).

mod bond;

use std::collections::{BTreeMap, BTreeSet};

use colvin_model::observation::{Carrier, Link, LinkParent, OperState};
use colvin_model::{Finding, FindingReason, IfIndex, IfName, LinkAddress, Symbol};

pub use bond::{Partner, join_bonds};

use super::dump::DumpError;
use super::source::{Family, Live, Netlink, Topic};
use super::wire::{Attribute, Attributes, Message, Request, u16_at, u32_at};

/// Bytes of a `struct ifinfomsg`.
const HEADER_BYTES: usize = 16;

/// `IFF_UP`: told to be up.
const UP: u32 = 1;

/// `RTEXT_FILTER_SKIP_STATS`: no counters.
const SKIP_STATS: u32 = 1 << 3;

pub(super) const TOPIC: Topic = Topic {
    family: Family::Route,
    what: "links",
    file: "links",
};

/// The question for all links, without counters and without VFs.
pub fn dump_request() -> Request {
    Request::dump(libc::RTM_GETLINK, &[0; HEADER_BYTES])
        .with(libc::IFLA_EXT_MASK, &SKIP_STATS.to_ne_bytes())
}

/// The question for one link.
pub fn get_request(index: IfIndex) -> Request {
    get_request_with(index, SKIP_STATS)
}

pub(super) fn get_request_with(index: IfIndex, mask: u32) -> Request {
    let mut header = Vec::with_capacity(HEADER_BYTES);
    header.extend_from_slice(&[0; 4]); // family, padding, hardware type
    header.extend_from_slice(&index.get().to_ne_bytes());
    header.resize(HEADER_BYTES, 0);
    Request::get(libc::RTM_GETLINK, &header).with(libc::IFLA_EXT_MASK, &mask.to_ne_bytes())
}

/// The question for the link that has this name, or this alternative name.
///
/// Source: `rtnl_getlink`: `IFLA_ALT_IFNAME` finds both, since Linux 5.5.
pub fn named_request(name: &str) -> Request {
    Request::get(libc::RTM_GETLINK, &[0; HEADER_BYTES])
        .with(libc::IFLA_EXT_MASK, &SKIP_STATS.to_ne_bytes())
        .with_text(libc::IFLA_ALT_IFNAME, name)
}

impl Netlink {
    /// All links, or `None` when a record has none (then `class/net` is to be asked).
    ///
    /// # Errors
    /// [`DumpError`].
    pub fn links(
        &mut self,
        findings: &mut Vec<Finding>,
    ) -> Result<Option<BTreeMap<IfIndex, Link>>, DumpError> {
        let request = |_| dump_request();
        let links = self.everything(TOPIC, request, findings, Links::default, Links::take)?;
        Ok(links.map(|links| links.finish(findings)))
    }

    /// One link, joined with its bond, or `None` when it is gone.
    ///
    /// # Errors
    /// [`DumpError`].
    pub fn link(
        &mut self,
        index: IfIndex,
        findings: &mut Vec<Finding>,
    ) -> Result<Option<Link>, DumpError> {
        let Some(live) = self.live_mut() else {
            let links = self.links(findings)?;
            return Ok(links.and_then(|mut links| links.remove(&index)));
        };
        let Some(mut links) = live.one(get_request(index))? else {
            return Ok(None);
        };
        let link = links.by_index.get(&index);
        let bond = link.and_then(|link| link.bond.as_ref().and(link.master));
        if let Some(bond) = bond
            && let Some(bond) = live.one(get_request(bond))?
        {
            links.partners.extend(bond.partners);
        }
        Ok(links.finish(findings).remove(&index))
    }

    /// The link that has this name or alternative name, or `None` when none has. Its bond's partner
    /// is not asked for.
    ///
    /// # Errors
    /// [`DumpError`].
    pub fn link_named(
        &mut self,
        name: &str,
        findings: &mut Vec<Finding>,
    ) -> Result<Option<Link>, DumpError> {
        let Some(live) = self.live_mut() else {
            let links = self.links(findings)?.unwrap_or_default();
            let has_name = |link: &Link| {
                link.name.as_str() == name || link.alt_names.iter().any(|other| other == name)
            };
            return Ok(links.into_values().find(has_name));
        };
        let links = live.one(named_request(name))?;
        Ok(links
            .and_then(|links| links.finish(findings).pop_first())
            .map(|(_, link)| link))
    }
}

impl Live {
    /// The answer to a question for one link, or `None` when there is none.
    fn one(&mut self, request: Request) -> Result<Option<Links>, DumpError> {
        match self.ask(TOPIC, |_| request, Links::default, Links::take) {
            Err(error) if error.refusal() == Some(libc::ENODEV) => Ok(None),
            answer => answer,
        }
    }
}

/// Links as they come from messages, and what each bond says of its partner.
#[derive(Debug, Default)]
pub struct Links {
    by_index: BTreeMap<IfIndex, Link>,
    partners: BTreeMap<IfIndex, Partner>,
    words: BTreeSet<Symbol>,
    findings: Vec<Finding>,
}

impl Links {
    /// Takes in a message. One that does not decode becomes a finding, and of one that decodes in
    /// part the rest is kept.
    pub fn take(&mut self, message: Message<'_>) {
        if message.kind != libc::RTM_NEWLINK {
            return;
        }
        let Some(link) = self.decode(message) else {
            return;
        };
        self.by_index.insert(link.index, link);
    }

    /// The links, joined with their bonds; what did not decode is added to the findings.
    pub fn finish(mut self, findings: &mut Vec<Finding>) -> BTreeMap<IfIndex, Link> {
        join_bonds(&mut self.by_index, &self.partners);
        findings.append(&mut self.findings);
        self.by_index
    }

    fn decode(&mut self, message: Message<'_>) -> Option<Link> {
        let payload = message.payload;
        let Some(index) = u32_at(payload, 4).and_then(IfIndex::new) else {
            self.lost("a link message has no index".to_owned());
            return None;
        };
        let mut attributes = Attributes::after(payload, HEADER_BYTES);
        let name = attributes.clone().find(libc::IFLA_IFNAME);
        let name = name.and_then(|name| name.text()?.parse::<IfName>().ok());
        let Some(name) = name else {
            self.lost(format!(
                "the message about link {index} has no name that is text; the link is left out"
            ));
            return None;
        };
        let flags = u32_at(payload, 8)?;
        let mut draft = Draft {
            link: blank(index, name, u16_at(payload, 2)?, flags & UP != 0),
            bus: None,
            parent: None,
            is_elsewhere: false,
            partner: None,
            odd: None,
        };
        for attribute in &mut attributes {
            if draft.take(attribute, &mut self.words).is_none() {
                draft.odd = draft.odd.or(Some(attribute.kind));
            }
        }
        let (odd, torn) = (draft.odd, attributes.is_torn());
        if let Some(partner) = draft.partner.take() {
            self.partners.insert(index, partner);
        }
        let link = draft.finish();
        if let Some(kind) = odd {
            let message = format!("attribute {kind} of the link has an impossible value");
            self.odd(&link.name, &message);
        } else if torn {
            let message = "the message about the link ends inside an attribute";
            self.odd(&link.name, message);
        }
        Some(link)
    }

    fn lost(&mut self, message: String) {
        let reason = FindingReason::UndecodableMessage;
        self.findings.push(Finding::of_node(reason, message));
    }

    fn odd(&mut self, name: &IfName, message: &str) {
        let finding = Finding::of_link(
            name.clone(),
            FindingReason::UndecodableMessage,
            format!("{message}; the rest of it stands"),
        );
        self.findings.push(finding);
    }
}

/// A link under construction.
struct Draft {
    link: Link,
    bus: Option<Symbol>,
    parent: Option<Symbol>,
    /// Whether the link it stands on is in another namespace.
    is_elsewhere: bool,
    partner: Option<Partner>,
    /// The first attribute that did not decode.
    odd: Option<u16>,
}

fn blank(index: IfIndex, name: IfName, hardware_type: u16, admin_up: bool) -> Link {
    Link {
        index,
        name,
        alt_names: Vec::new(),
        alias: None,
        hardware_type,
        address: None,
        permanent_address: None,
        mtu_bytes: 0,
        admin_up,
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
    }
}

impl Draft {
    /// Takes in an attribute; `None` when its value is impossible. Unknown ones are skipped.
    fn take(&mut self, attribute: Attribute<'_>, words: &mut BTreeSet<Symbol>) -> Option<()> {
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

    fn finish(self) -> Link {
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
        link
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
