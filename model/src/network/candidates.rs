//! Which networks' members match which uplinks, before networks contend.
//!
//! Left to others: waiting for a second frame (`membership`), who yields to whom (`settle`).

use std::collections::BTreeMap;
use std::fmt;

use super::facts::UplinkFacts;
use super::{Ambiguity, Devices, Member, NetworkSpec, NodeFacts, NodeView, Overlap, Term};
use crate::inventory::{Protection, UplinkId};
use crate::{NetworkName, Symbol};

/// Why an uplink belongs to a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The member that matched.
    pub member: Symbol,
    /// Whether it rests on what a neighbour says.
    pub by_neighbor: bool,
    /// All its terms, each with the value that matched.
    pub matches: Vec<Match>,
}

/// A term that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// What was asked.
    pub term: Term,
    /// The value that matched.
    pub value: String,
}

/// Why a network that a member matches is not on an uplink after all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody can say what is behind the port, so it is on no network.
    Ambiguous(Ambiguity),
    /// The node's own traffic goes by it.
    Protected {
        /// Why it is protected.
        by: Vec<Protection>,
        /// What the network would give to pods, as [`Devices::as_str`].
        devices: &'static str,
        /// Whether a member that names the uplink would make it free to use.
        pin_helps: bool,
    },
    /// The neighbour said it once; it takes effect when the next frame says the same.
    Unconfirmed,
    /// The two cannot be on one uplink, and this one is older: one of them suffers no other, or one
    /// gives macvlan and the other ipvlan children.
    Exclusive {
        /// The older network.
        with: NetworkName,
    },
    /// All VFs that it asks for belong to older networks.
    Overlap(Vec<Overlap>),
}

/// Per uplink the networks that a member matches; an uplink without any is not listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidates(pub(super) BTreeMap<UplinkId, Claims>);

/// What is claimed of one uplink.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Claims {
    /// The most VFs it can have.
    pub(super) total_functions: u16,
    pub(super) networks: BTreeMap<NetworkName, Result<Evidence, Refusal>>,
}

/// Says for each uplink which networks' members match it.
pub fn match_members(node: NodeView<'_>, networks: &[NetworkSpec]) -> Candidates {
    let networks = for_node(node.node, networks);
    let claimed = node.uplinks().filter_map(|facts| {
        let claims = claims(&facts, &networks);
        (!claims.networks.is_empty()).then(|| (facts.uplink.id.clone(), claims))
    });
    Candidates(claimed.collect())
}

/// A network, and those of its members that may match uplinks of this node.
pub(super) type ForNode<'a> = (&'a NetworkSpec, Vec<&'a Member>);

/// Leaves out members for other nodes, which are most of them where every node has its pin.
pub(super) fn for_node<'a>(node: &NodeFacts, networks: &'a [NetworkSpec]) -> Vec<ForNode<'a>> {
    let of = |network: &'a NetworkSpec| {
        let members = network.members().iter();
        let here = members.filter(|member| member.may_match_on(node));
        (network, here.collect())
    };
    networks.iter().map(of).collect()
}

pub(super) fn claims(facts: &UplinkFacts<'_>, networks: &[ForNode<'_>]) -> Claims {
    let judged = networks.iter().filter_map(|(network, members)| {
        let judgement = judge(facts, network, members)?;
        Some((network.name().clone(), judgement))
    });
    Claims {
        total_functions: facts.uplink.sriov().map_or(0, |sriov| sriov.total),
        networks: judged.collect(),
    }
}

/// The best evidence, or why it does not count, or `None` when no member matches.
fn judge(
    facts: &UplinkFacts<'_>,
    network: &NetworkSpec,
    members: &[&Member],
) -> Option<Result<Evidence, Refusal>> {
    let mut matching = members
        .iter()
        .filter_map(|member| Some((*member, evidence(facts, member)?)))
        .peekable();
    matching.peek()?;
    if let Some(ambiguity) = &facts.ambiguity {
        return Some(Err(Refusal::Ambiguous(ambiguity.clone())));
    }
    let (needs_pin, refused) = match network.devices() {
        _ if facts.uplink.protected.is_empty() => (false, false),
        Devices::VirtualFunction(_) => (false, false),
        Devices::PhysicalFunction => (false, true),
        Devices::Macvlan(_) | Devices::Ipvlan(_) | Devices::Vlan(_) => (true, false),
    };
    let usable = |member: &Member| !refused && (!needs_pin || member.names_the_uplink());
    let best = matching.find(|(member, _)| usable(member));
    Some(
        best.map(|(_, evidence)| evidence)
            .ok_or_else(|| Refusal::Protected {
                by: facts.uplink.protected.clone(),
                devices: network.devices().as_str(),
                pin_helps: needs_pin,
            }),
    )
}

fn evidence(facts: &UplinkFacts<'_>, member: &Member) -> Option<Evidence> {
    // most members do not match: nothing is made for them
    let mut cheapest_first = member.cheapest_first();
    if !cheapest_first.all(|term| term.matches(facts)) {
        return None;
    }
    let matches = member.terms().iter().filter_map(|term| {
        Some(Match {
            value: term.matched(facts)?.into_owned(),
            term: term.clone(),
        })
    });
    Some(Evidence {
        matches: matches.collect(),
        member: member.name().clone(),
        by_neighbor: member.is_by_neighbor(),
    })
}

impl Evidence {
    /// The names of the terms, as `NodeTopology` lists them.
    pub fn terms(&self) -> impl Iterator<Item = &'static str> {
        self.matches.iter().map(|found| found.term.name())
    }
}

impl fmt::Display for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wanted = self.term.wanted();
        write!(f, "{} is {}", self.term.name(), self.value)?;
        if wanted == self.value {
            Ok(())
        } else {
            write!(f, " ({wanted})")
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "member {}", self.member)?;
        for (position, found) in self.matches.iter().enumerate() {
            let before = if position == 0 { ": " } else { ", " };
            write!(f, "{before}{found}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ambiguous(why) => write!(f, "{why}, so it is on no network"),
            Self::Protected {
                by,
                devices,
                pin_helps,
            } => {
                let by: Vec<_> = by.iter().map(|why| why.as_str()).collect();
                let by = by.join(", ");
                write!(
                    f,
                    "it may carry the node's own traffic ({by}), so {devices} "
                )?;
                f.write_str(if *pin_helps {
                    "needs a member that names it (interface, altName, pciAddress or mac)"
                } else {
                    "may not take it away"
                })
            }
            Self::Unconfirmed => f.write_str("the neighbour said so once, the next frame decides"),
            Self::Exclusive { with } => {
                write!(f, "{with} is older, and the two cannot be on one uplink")
            }
            Self::Overlap(overlaps) => {
                f.write_str("all the VFs it asks for belong to older networks")?;
                for (position, overlap) in overlaps.iter().enumerate() {
                    let before = if position == 0 { ": " } else { ", " };
                    write!(f, "{before}{overlap}")?;
                }
                Ok(())
            }
        }
    }
}
