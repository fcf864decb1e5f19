//! The node's addresses and default routes, by netlink, always all of them.
//!
//! Left to others: asking (`colvin_kernel::netlink`), what they protect (`colvin-model`).

use colvin_model::Observation;

use super::{Looked, Round, SharedNetlink, Source, SourceError};
use crate::Scope;

/// Looks at addresses and default routes.
#[derive(Debug)]
pub struct AddressSource {
    netlink: SharedNetlink,
}

impl AddressSource {
    /// The addresses that this netlink tells of.
    pub fn new(netlink: SharedNetlink) -> Self {
        Self { netlink }
    }
}

impl Source for AddressSource {
    fn name(&self) -> &'static str {
        "address"
    }

    fn look(&mut self, round: Round<'_>) -> Result<Looked, SourceError> {
        if matches!(round.scope, Scope::Dirty(dirty) if !dirty.addresses) {
            return Ok(Looked::nothing());
        }
        let mut findings = Vec::new();
        let addresses = self.netlink.lock().addresses(&mut findings);
        let addresses =
            addresses.map_err(|source| SourceError::new("the addresses and routes", source))?;
        let observations = addresses.map(Observation::Addresses).into_iter().collect();
        Ok(Looked::whole(observations, findings))
    }
}
