//! Why an uplink is on a network, or is not: computed when somebody asks, never stored.
//!
//! Left to others: choosing the words' place on a page or screen.

use std::fmt;

use super::candidates::{claims, for_node};
use super::facts::UplinkFacts;
use super::settle::{by_name, settle_uplink};
use super::{Belonging, Found, Member, NetworkSpec, NodeView, Refusal, Standing, Term};
use crate::inventory::UplinkId;
use crate::{NetworkName, Symbol};

/// The answer, with whom it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The uplink's netdev, or its id where it has none.
    pub uplink: String,
    /// The network.
    pub network: NetworkName,
    /// The answer.
    pub why: Why,
}

/// Why an uplink is on a network, or is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is.
    On(Belonging),
    /// A member matches, and something forbids it.
    Refused(Refusal),
    /// No member matches; this one came nearest.
    NoMatch(NearMiss),
    /// The network has no members.
    NoMembers,
}

/// The member that came nearest, and the first of its terms that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss {
    /// The member.
    pub member: Symbol,
    /// How many of its terms hold.
    pub holding: usize,
    /// How many terms it has.
    pub terms: usize,
    /// The first term that does not hold.
    pub term: Term,
    /// What is there instead.
    pub found: Found,
}

/// Says why an uplink is on a network or is not, or `None` when there is no such uplink or network.
///
/// Like [`super::map`], it believes what neighbours say now.
pub fn why(
    node: NodeView<'_>,
    networks: &[NetworkSpec],
    uplink: &UplinkId,
    network: &NetworkName,
) -> Option<Explanation> {
    let spec = networks.iter().find(|spec| spec.name() == network)?;
    let facts = node.uplink(uplink)?;
    let mut standings = settle_uplink(
        claims(&facts, &for_node(node.node, networks)),
        &by_name(networks),
    );
    let why = match standings.remove(network) {
        Some(Standing::On(belonging)) => Why::On(belonging),
        Some(Standing::Refused(refusal)) => Why::Refused(refusal),
        None => nearest(&facts, spec).map_or(Why::NoMembers, Why::NoMatch),
    };
    let name = facts.uplink.name().map(ToString::to_string);
    Some(Explanation {
        uplink: name.unwrap_or_else(|| uplink.to_string()),
        network: network.clone(),
        why,
    })
}

/// The member with most terms holding; members for other nodes come last.
fn nearest(facts: &UplinkFacts<'_>, network: &NetworkSpec) -> Option<NearMiss> {
    let misses = network.members().iter().filter_map(|member| {
        let miss = miss(facts, member)?;
        let failing = miss.terms.saturating_sub(miss.holding);
        let nearness = (!miss.term.is_of_node(), miss.holding);
        Some((nearness, std::cmp::Reverse(failing), miss))
    });
    // of equals the first, in the order of the members
    let best = misses.reduce(|best, next| {
        if (next.0, next.1) > (best.0, best.1) {
            next
        } else {
            best
        }
    });
    best.map(|(_, _, miss)| miss)
}

fn miss(facts: &UplinkFacts<'_>, member: &Member) -> Option<NearMiss> {
    let terms = member.terms();
    let failing = |term: &&Term| term.matched(facts).is_none();
    let term = terms.iter().find(failing)?;
    Some(NearMiss {
        member: member.name().clone(),
        holding: terms
            .len()
            .saturating_sub(terms.iter().filter(failing).count()),
        terms: terms.len(),
        term: term.clone(),
        found: term.found(facts),
    })
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            uplink,
            network,
            why,
        } = self;
        write!(f, "uplink {uplink}: ")?;
        match why {
            Why::On(belonging) => {
                write!(f, "on {network} by {}", belonging.evidence)?;
                for overlap in &belonging.overlaps {
                    write!(f, "; {overlap}, which is older")?;
                }
                Ok(())
            }
            Why::Refused(refusal) => write!(f, "not on {network}: {refusal}"),
            Why::NoMatch(NearMiss { term, found, .. }) => {
                let wanted = term.wanted();
                write!(f, "{} is {found}, {network} wants {wanted}", term.name())
            }
            Why::NoMembers => write!(f, "{network} has no members"),
        }
    }
}
