//! Links: the inventory dump, and one link by number or by name.
//!
//! VFs are never asked for here: their list may not fit any message ([`Netlink::vfs`] has it for one PF).
//! Left to others: the PCI function of a link whose parent is not on the PCI bus
//! (`colvin-discovery`).
//!
//! Source: `struct ifinfomsg` and `IFLA_*` (kernel `include/uapi/linux/if_link.h`,
//! `net/core/rtnetlink.c`).

mod bond;
mod draft;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use colvin_model::observation::Link;
use colvin_model::{Finding, FindingReason, IfIndex, IfName, Symbol};

pub use bond::{Partner, join_bonds};
use draft::{Draft, Header};

use super::dump::DumpError;
use super::source::{Family, Live, Netlink, Topic};
use super::wire::{Attributes, Message, Request};

/// Bytes of a `struct ifinfomsg`.
pub(super) const HEADER_BYTES: usize = 16;

/// `RTEXT_FILTER_SKIP_STATS`: without the counters that the kernel can leave out, those of VFs and of
/// IPv6. A link's own come always.
pub(super) const SKIP_STATS: u32 = 1 << 3;

pub(super) const TOPIC: Topic = Topic {
    family: Family::Route,
    what: "links",
    file: "links",
};

/// The question for all links, without VFs and, as far as the kernel goes, without counters.
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
        // a bridge tells of its ports in messages of its own family, which are no whole links
        let is_plain = message.payload.first().is_none_or(|family| *family == 0);
        if message.kind == libc::RTM_NEWLINK
            && is_plain
            && let Some(link) = self.decode(message)
        {
            self.by_index.insert(link.index, link);
        }
    }

    /// The links, joined with their bonds; what did not decode is added to the findings.
    pub fn finish(mut self, findings: &mut Vec<Finding>) -> BTreeMap<IfIndex, Link> {
        join_bonds(&mut self.by_index, &self.partners);
        findings.append(&mut self.findings);
        self.by_index
    }

    fn decode(&mut self, message: Message<'_>) -> Option<Link> {
        let Some(header) = Header::decode(message.payload) else {
            self.lost("a message about a link has no whole header".to_owned());
            return None;
        };
        let index = header.index;
        let mut attributes = Attributes::after(message.payload, HEADER_BYTES);
        let name = attributes.clone().find(libc::IFLA_IFNAME);
        let Some(name) = name.and_then(|name| name.text()?.parse::<IfName>().ok()) else {
            self.lost(format!(
                "the message about link {index} has no name that is text; the link is left out"
            ));
            return None;
        };
        let mut draft = Draft::new(header, name);
        let mut odd = None;
        for attribute in &mut attributes {
            if draft.take(attribute, &mut self.words).is_none() {
                odd = odd.or(Some(attribute.kind));
            }
        }
        let (link, partner) = draft.finish();
        self.partners
            .extend(partner.map(|partner| (index, partner)));
        if let Some(kind) = odd {
            let message = format!("attribute {kind} of the link has an impossible value");
            self.odd(&link.name, &message);
        } else if attributes.is_torn() {
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
