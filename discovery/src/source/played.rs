//! A recorded machine played here: its links have the carrier of the links of this network namespace
//! that bear the same name and index; one without such a link is down.
//!
//! So a veth in a namespace of a test stands for a recorded port: LLDP is heard on it, and it is
//! raised and unplugged like one. Left to others: the recorded facts ([`super::LinkSource`]).

use std::collections::BTreeMap;

use colvin_kernel::netlink::Netlink;
use colvin_model::Observation;
use colvin_model::observation::{Carrier, Look, OperState};

use super::{About, Looked, Round, Source, SourceError};
use crate::Scope;

/// Looks at the links of this namespace for those of the recorded machine.
#[derive(Debug)]
pub struct PlayedSource {
    live: Netlink,
}

impl PlayedSource {
    /// The links that this netlink tells of stand for recorded ones.
    pub fn new(live: Netlink) -> Self {
        Self { live }
    }
}

impl Source for PlayedSource {
    fn name(&self) -> &'static str {
        "played"
    }

    fn look(&mut self, round: Round<'_>) -> Result<Looked, SourceError> {
        if matches!(round.scope, Scope::Dirty(dirty) if dirty.links.is_empty()) {
            return Ok(Looked::nothing());
        }
        let mut findings = Vec::new();
        let live = self.live.links(&mut findings);
        let live =
            live.map_err(|source| SourceError::new("the links of this namespace", source))?;
        let live = live.unwrap_or_default();
        let played = round.known.links.iter().map(|(index, recorded)| {
            let here = live.get(index).filter(|here| here.name == recorded.name);
            let mut link = recorded.clone();
            link.admin_up = here.is_some_and(|here| here.admin_up);
            link.carrier = here.map_or(Carrier::Unknown, |here| here.carrier);
            link.oper_state = here.map_or(OperState::Down, |here| here.oper_state);
            (*index, Some(link))
        });
        let played: BTreeMap<_, _> = played.collect();
        Ok(Looked {
            observations: vec![Observation::Links(Look::Part(played))],
            findings,
            about: About::Everything,
        })
    }
}
