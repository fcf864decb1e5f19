//! What the node's own traffic uses: its addresses and default routes, put together.
//!
//! Left to others: which uplink that protects (`colvin-model`).

use std::collections::BTreeSet;

use colvin_model::observation::{Addresses, DefaultRoute, InterfaceAddress};
use colvin_model::{Finding, FindingReason};

use super::dump::DumpError;
use super::route::{Nexthop, Ways};
use super::source::Netlink;
use super::{address, route};

/// What came of a dump, and how many of its messages did not decode.
type Counted<T> = (Vec<T>, u32);

impl Netlink {
    /// All addresses and default routes, or `None` when a record has neither.
    ///
    /// # Errors
    /// [`DumpError`].
    pub fn addresses(
        &mut self,
        findings: &mut Vec<Finding>,
    ) -> Result<Option<Addresses>, DumpError> {
        let addresses = self.everything(
            address::TOPIC,
            |_| address::dump_request(),
            findings,
            Counted::<InterfaceAddress>::default,
            |(addresses, lost), message| {
                if message.kind == libc::RTM_NEWADDR && address::is_internet(message) {
                    match address::decode(message) {
                        Some(address) => addresses.push(address),
                        None => *lost += 1,
                    }
                }
            },
        )?;
        let routes = self.everything(
            route::TOPIC,
            |_| route::dump_request(),
            findings,
            Counted::<Ways>::default,
            |(routes, lost), message| {
                if message.kind == libc::RTM_NEWROUTE {
                    match route::decode(message) {
                        Some(Ways::Elsewhere) => {}
                        Some(ways) => routes.push(ways),
                        None => *lost += 1,
                    }
                }
            },
        )?;
        if addresses.is_none() && routes.is_none() {
            return Ok(None);
        }
        let (addresses, lost_addresses) = addresses.unwrap_or_default();
        let (routes, lost_routes) = routes.unwrap_or_default();
        findings.extend(lost("addresses", lost_addresses));
        findings.extend(lost("routes", lost_routes));
        let mut default_routes = Vec::new();
        for ways in routes {
            match ways {
                Ways::Elsewhere => {}
                Ways::Known(known) => default_routes.extend(known),
                Ways::Nexthop { id, ipv6 } => {
                    default_routes.extend(self.nexthop_ways(id, ipv6, findings)?);
                }
            }
        }
        Ok(Some(Addresses {
            addresses,
            default_routes,
        }))
    }

    /// The ways behind a nexthop object. A group has members that are no groups.
    fn nexthop_ways(
        &mut self,
        id: u32,
        ipv6: bool,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<DefaultRoute>, DumpError> {
        let Some(live) = self.live_mut() else {
            let message = format!(
                "a recorded default route leads to the nexthop object {id}, which no record has"
            );
            findings.push(Finding::of_node(FindingReason::MalformedFile, message));
            return Ok(Vec::new());
        };
        let mut ways = Vec::new();
        let mut waiting = BTreeSet::from([id]);
        let mut asked = BTreeSet::new();
        while let Some(id) = waiting.pop_first() {
            if !asked.insert(id) {
                continue;
            }
            let answer = live.ask(
                route::NEXTHOP_TOPIC,
                |_| route::nexthop_request(id),
                || None,
                |found, message| *found = route::decode_nexthop(message),
            );
            match answer {
                Ok(Some(Some(Nexthop::Way { link, gateway }))) => ways.push(DefaultRoute {
                    link,
                    gateway,
                    ipv6,
                }),
                Ok(Some(Some(Nexthop::Group(members)))) => waiting.extend(members),
                Ok(_) => {}
                // gone since the dump: an event will tell
                Err(error) if error.refusal() == Some(libc::ENOENT) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(ways)
    }
}

/// The finding that so many messages did not decode.
fn lost(what: &str, count: u32) -> Option<Finding> {
    (count > 0).then(|| {
        let message = format!("{count} messages about {what} did not decode and are left out");
        Finding::of_node(FindingReason::UndecodableMessage, message)
    })
}
