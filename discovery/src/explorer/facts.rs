//! What the selectors of a config file ask for, kept up to date with the inventory where someone asked.
//!
//! Left to others: reading it ([`crate::selectable`]), what is selected (`colvin-takeover`).

use colvin_model::Symbol;
use colvin_takeover::Facts;

use super::Discovery;
use super::step::failure;
use crate::Scope;
use crate::selectable::Selectable;

/// The findings of what the selectors ask for stand under this name.
const NAME: &str = "selectable";

impl Discovery {
    /// Also looks, from the next look on, at what the selectors of a config file of the SR-IOV network
    /// device plugin ask for beside the inventory; or no more.
    pub fn ask_selectable(&mut self, wanted: bool) {
        self.selectable = match self.selectable.take() {
            kept @ Some(_) if wanted => kept,
            _ => match (&self.sysfs, &self.netlink) {
                (Some(sysfs), Some(netlink)) if wanted => {
                    Some(Selectable::new(sysfs, netlink.clone()))
                }
                _ => None,
            },
        };
        if self.selectable.is_none() {
            self.seen.findings.remove(&Symbol::from(NAME));
        }
    }

    /// What the selectors ask for, as of the last look; `None` while it was not looked at.
    pub fn facts(&self) -> Option<&Facts> {
        self.selectable.as_ref()?.facts()
    }

    /// Looks at it again where anything may be different. Says whether something is.
    pub(super) fn look_at_selectable(&mut self, scope: Scope<'_>, news: bool) -> bool {
        let Some(selectable) = &mut self.selectable else {
            return false;
        };
        let due = news || selectable.facts().is_none();
        if matches!(scope, Scope::Dirty(dirty) if dirty.is_empty()) && !due {
            return false;
        }
        let (changed, findings) = match selectable.look(&self.seen) {
            Ok(looked) => looked,
            // what was seen before stands
            Err(error) => (false, vec![failure(&error)]),
        };
        let kept = self.seen.findings.entry(NAME.into()).or_default();
        let told = *kept != findings;
        *kept = findings;
        changed || told
    }
}
