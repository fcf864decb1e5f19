//! Links, by netlink; from `class/net` where a recorded machine has no netlink dump.
//!
//! A link whose device is on another bus than PCI (virtio, auxiliary, USB) is traced up to the PCI
//! function it lies below. Left to others: asking (`colvin_kernel::netlink`), which links are uplinks
//! (`colvin-model`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use colvin_kernel::sysfs::{SysfsRoot, net};
use colvin_model::observation::{Link, Look, Observations};
use colvin_model::{Finding, FindingReason, IfIndex, Observation, Subject};

use super::{About, Looked, Round, SharedNetlink, Source, SourceError};
use crate::Scope;

/// What this source looks at, for its errors.
const WHAT: &str = "the links";

/// Looks at links.
#[derive(Debug)]
pub struct LinkSource {
    sysfs: Arc<SysfsRoot>,
    netlink: SharedNetlink,
    /// Whether there was no netlink dump, so that `class/net` is read, always all of it.
    by_class: bool,
}

impl LinkSource {
    /// The links that this netlink tells of.
    pub fn new(sysfs: Arc<SysfsRoot>, netlink: SharedNetlink) -> Self {
        Self {
            sysfs,
            netlink,
            by_class: false,
        }
    }

    fn look_at_all(&mut self) -> Result<Looked, SourceError> {
        let mut findings = Vec::new();
        let links = self.netlink.lock().links(&mut findings);
        let Some(mut links) = links.map_err(|source| SourceError::new(WHAT, source))? else {
            self.by_class = true;
            return self.look_at_class();
        };
        self.by_class = false;
        for link in links.values_mut() {
            self.trace(link, &mut findings);
        }
        Ok(Looked::whole(
            vec![Observation::Links(Look::Whole(links))],
            findings,
        ))
    }

    fn look_at_class(&self) -> Result<Looked, SourceError> {
        let mut findings = Vec::new();
        let facts = net::scan(&self.sysfs, &mut findings)
            .map_err(|source| SourceError::new(WHAT, source))?;
        let links = Observation::Links(Look::Whole(facts.links));
        let ports = Observation::Ports(Look::Whole(facts.ports));
        Ok(Looked::whole(vec![links, ports], findings))
    }

    fn look_at(
        &self,
        dirty: &BTreeSet<IfIndex>,
        known: &Observations,
    ) -> Result<Looked, SourceError> {
        let mut findings = Vec::new();
        let mut seen = BTreeMap::new();
        let mut about = BTreeSet::new();
        for index in dirty {
            let link = self.netlink.lock().link(*index, &mut findings);
            let mut link = link.map_err(|source| SourceError::new(WHAT, source))?;
            if let Some(link) = &mut link {
                self.trace(link, &mut findings);
            }
            let names = [known.links.get(index), link.as_ref()]
                .into_iter()
                .flatten();
            about.extend(names.map(|link| Subject::Link(link.name.clone())));
            seen.insert(*index, link);
        }
        Ok(Looked {
            observations: vec![Observation::Links(Look::Part(seen))],
            findings,
            about: About::Only(about),
        })
    }

    /// Finds the PCI function above a link's device, when the link does not name it itself.
    fn trace(&self, link: &mut Link, findings: &mut Vec<Finding>) {
        if let (None, Some(parent)) = (link.function, &link.parent) {
            match net::function_of(&self.sysfs, parent.bus.as_str(), parent.name.as_str()) {
                Ok(function) => link.function = function,
                Err(error) => {
                    let message = format!("the device it belongs to could not be found: {error}");
                    let reason = FindingReason::UnreadableFile;
                    findings.push(Finding::of_link(link.name.clone(), reason, message));
                }
            }
        }
    }
}

impl Source for LinkSource {
    fn name(&self) -> &'static str {
        "link"
    }

    fn look(&mut self, round: Round<'_>) -> Result<Looked, SourceError> {
        match round.scope {
            Scope::All => self.look_at_all(),
            Scope::Dirty(dirty) if dirty.links.is_empty() => Ok(Looked::nothing()),
            Scope::Dirty(_) if self.by_class => self.look_at_class(),
            Scope::Dirty(dirty) => self.look_at(&dirty.links, round.known),
        }
    }
}
