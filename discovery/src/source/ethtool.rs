//! What ethtool tells of uplinks: speed, driver, firmware, private flags.
//!
//! Only uplinks are asked: asking a VF costs its PF's firmware time. Left to others: asking
//! (`colvin_kernel::netlink`), what a private flag means (`quirk`).

use std::collections::BTreeMap;

use colvin_model::inventory::uplink_links;
use colvin_model::observation::{Look, Observations, PortFacts};
use colvin_model::{Finding, IfIndex, IfName, Observation, Subject};

use super::{About, Looked, Round, SharedNetlink, Source, SourceError};
use crate::{Dirty, Scope};

/// Looks at ports by ethtool.
#[derive(Debug)]
pub struct EthtoolSource {
    netlink: SharedNetlink,
}

impl EthtoolSource {
    /// The ports that this netlink tells of.
    pub fn new(netlink: SharedNetlink) -> Self {
        Self { netlink }
    }

    /// What ethtool tells of these links, or `None` when there is nobody to ask.
    fn ask(
        &self,
        wanted: &BTreeMap<IfIndex, IfName>,
        findings: &mut Vec<Finding>,
    ) -> Result<Option<BTreeMap<IfIndex, PortFacts>>, SourceError> {
        if wanted.is_empty() {
            return Ok(Some(BTreeMap::new()));
        }
        let ports = self.netlink.lock().ports(wanted, findings);
        ports.map_err(|source| SourceError::new("the ports by ethtool", source))
    }

    fn look_at_all(&self, known: &Observations) -> Result<Looked, SourceError> {
        let mut findings = Vec::new();
        let ports = self.ask(&uplinks(known, |_| true), &mut findings)?;
        let ports = ports.map(|ports| Observation::Ports(Look::Whole(ports)));
        Ok(Looked::whole(ports.into_iter().collect(), findings))
    }

    fn look_at(&self, dirty: &Dirty, known: &Observations) -> Result<Looked, SourceError> {
        let wanted = uplinks(known, |index| dirty.links.contains(&index));
        let mut findings = Vec::new();
        let Some(mut ports) = self.ask(&wanted, &mut findings)? else {
            return Ok(Looked::nothing());
        };
        let told = dirty
            .links
            .iter()
            .map(|index| (*index, ports.remove(index)));
        let seen = told
            .filter(|(index, facts)| facts.is_some() || known.ports.contains_key(index))
            .collect();
        Ok(Looked {
            observations: vec![Observation::Ports(Look::Part(seen))],
            findings,
            about: About::Only(wanted.into_values().map(Subject::Link).collect()),
        })
    }
}

/// The uplinks among the links with such an index.
fn uplinks(known: &Observations, only: impl Fn(IfIndex) -> bool) -> BTreeMap<IfIndex, IfName> {
    let uplinks = uplink_links(known).filter(|link| only(link.index));
    uplinks
        .map(|link| (link.index, link.name.clone()))
        .collect()
}

impl Source for EthtoolSource {
    fn name(&self) -> &'static str {
        "ethtool"
    }

    fn look(&mut self, round: Round<'_>) -> Result<Looked, SourceError> {
        match round.scope {
            Scope::All => self.look_at_all(round.known),
            Scope::Dirty(dirty) if dirty.links.is_empty() => Ok(Looked::nothing()),
            Scope::Dirty(dirty) => self.look_at(dirty, round.known),
        }
    }
}
