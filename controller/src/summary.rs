//! What the cluster sees of a network: a pure function of what the nodes report.
//!
//! Time is an argument, and stands only where a condition's status changes: the same facts make the
//! same status. Left to others: writing it ([`crate::publish`]), how often ([`crate::schedule`]).

use std::collections::{BTreeMap, BTreeSet};

use colvin_crds::v1alpha1::NetworkStatus;
use colvin_crds::v1alpha1::network::status::DeviceCounts;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use k8s_openapi::jiff::Timestamp;

use crate::blocks::Lacking;
use crate::classes::Classed;
use crate::definitions::Defined;
use crate::facts::{NetworkFacts, NodeFacts, Refusal, Spec, Standing};
use crate::overlap::Overlaps;
use crate::reason::{Kind, Reason};

mod addresses;
mod classes;
mod definitions;

/// How many ports or networks a message names.
const NAMED: usize = 5;

/// What is known of a network beside what nodes report.
#[derive(Clone, Debug)]
pub(crate) struct Beside {
    pub(crate) lacking: Lacking,
    pub(crate) overlaps: Overlaps,
    pub(crate) defined: Defined,
    pub(crate) classed: Classed,
}

/// The status of a network, given what the nodes report and what else is known.
///
/// `network.status` is what it was: a condition whose status is the same keeps its time.
pub(crate) fn summarize(
    name: &str,
    network: &NetworkFacts,
    nodes: &BTreeMap<String, NodeFacts>,
    beside: &Beside,
    now: Timestamp,
) -> NetworkStatus {
    let tally = Tally::of(name, nodes);
    let conditions = Kind::ALL.map(|kind| {
        let verdict = match kind {
            Kind::Ready => tally.ready(&network.spec),
            Kind::Ambiguous => tally.ambiguous(),
            Kind::Overlap => tally.overlap(),
            Kind::Protected => tally.protected(),
            Kind::Exhausted => addresses::exhausted(&network.addresses, &beside.lacking),
            Kind::AddressesOverlap => {
                addresses::overlap(name, &network.addresses, &beside.overlaps)
            }
            Kind::Undefined => match definitions::undefined(&beside.defined) {
                Some(verdict) => verdict,
                None => return before(kind, definitions::pending(), network, now),
            },
            Kind::Unclassed => match classes::unclassed(name, &beside.classed) {
                Some(verdict) => verdict,
                None => return before(kind, classes::pending(), network, now),
            },
        };
        condition(kind, verdict, network, now)
    });
    NetworkStatus {
        observed_generation: network.generation,
        nodes: tally.nodes,
        uplinks: tally.uplinks,
        devices: tally.devices,
        conditions: conditions.into(),
    }
}

/// What a condition says.
struct Verdict {
    is_true: bool,
    reason: Reason,
    message: String,
}

impl Verdict {
    fn yes(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            is_true: true,
            reason,
            message: message.into(),
        }
    }

    fn no(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            is_true: false,
            reason,
            message: message.into(),
        }
    }
}

/// What was said before, where nothing is known yet; else this.
fn before(kind: Kind, first: Verdict, network: &NetworkFacts, now: Timestamp) -> Condition {
    let mut before = network.status.conditions.iter();
    let before = before.find(|before| before.type_ == kind.as_str());
    before.map_or_else(|| condition(kind, first, network, now), Clone::clone)
}

fn condition(kind: Kind, verdict: Verdict, network: &NetworkFacts, now: Timestamp) -> Condition {
    let status = if verdict.is_true { "True" } else { "False" };
    let mut before = network.status.conditions.iter();
    let before = before.find(|before| before.type_ == kind.as_str() && before.status == status);
    Condition {
        last_transition_time: before
            .map_or(Time(now), |before| before.last_transition_time.clone()),
        message: verdict.message,
        observed_generation: network.generation,
        reason: verdict.reason.as_str().to_owned(),
        status: status.to_owned(),
        type_: kind.as_str().to_owned(),
    }
}

/// What all nodes together say of one network.
#[derive(Default)]
struct Tally {
    /// Whether any node has reported.
    reported: bool,
    nodes: u32,
    uplinks: u32,
    devices: DeviceCounts,
    /// The ports where it is refused, by why.
    refused: BTreeMap<Refusal, Vec<String>>,
    /// The ports where other networks keep what it asks for.
    overlapping: Vec<String>,
    /// Those other networks.
    keepers: BTreeSet<String>,
}

impl Tally {
    fn of(network: &str, nodes: &BTreeMap<String, NodeFacts>) -> Self {
        let mut tally = Self {
            reported: !nodes.is_empty(),
            ..Self::default()
        };
        for (node, facts) in nodes {
            let before = tally.uplinks;
            for port in facts.ports.values() {
                if let Some(standing) = port.networks.get(network) {
                    tally.count(standing, || format!("{node}/{}", port.shown));
                }
            }
            tally.nodes += u32::from(tally.uplinks > before);
        }
        tally
    }

    fn count(&mut self, standing: &Standing, port: impl FnOnce() -> String) {
        match standing {
            Standing::On {
                capacity,
                allocatable,
                leaving,
                overlaps,
            } => {
                self.uplinks = self.uplinks.saturating_add(1);
                let devices = &mut self.devices;
                devices.capacity = devices.capacity.saturating_add(*capacity);
                devices.allocatable = devices.allocatable.saturating_add(*allocatable);
                devices.leaving = devices.leaving.saturating_add(*leaving);
                if !overlaps.is_empty() {
                    self.overlapping.push(port());
                    self.keepers.extend(overlaps.iter().cloned());
                }
            }
            Standing::Refused { why, with } => {
                let port = port();
                if *why == Refusal::Overlap {
                    self.overlapping.push(port.clone());
                }
                self.keepers.extend(with.iter().cloned());
                self.refused.entry(*why).or_default().push(port);
            }
        }
    }

    fn ambiguous(&self) -> Verdict {
        match self.refused.get(&Refusal::Ambiguous) {
            Some(ports) => Verdict::yes(Reason::AmbiguousPort, named(ports)),
            None => Verdict::no(Reason::NoneAmbiguous, "no port is ambiguous"),
        }
    }

    fn protected(&self) -> Verdict {
        match self.refused.get(&Refusal::Protected) {
            Some(ports) => Verdict::yes(Reason::ProtectedUplink, named(ports)),
            None => Verdict::no(
                Reason::NoneProtected,
                "no member chooses a protected uplink",
            ),
        }
    }

    fn overlap(&self) -> Verdict {
        let keepers: Vec<String> = self.keepers.iter().cloned().collect();
        let (reason, ports) = match self.refused.get(&Refusal::Exclusive) {
            _ if !self.overlapping.is_empty() => (Reason::OlderNetwork, &self.overlapping),
            Some(ports) => (Reason::ExclusiveUplink, ports),
            None => {
                return Verdict::no(Reason::NoOverlap, "no other network keeps what it asks for");
            }
        };
        let message = format!("with {} on {}", named(&keepers), named(ports));
        Verdict::yes(reason, message)
    }

    fn ready(&self, spec: &Spec) -> Verdict {
        match spec {
            Spec::Invalid(why) => return Verdict::no(Reason::InvalidSpec, cut(why)),
            Spec::WithoutMembers => {
                return Verdict::no(Reason::NoMembers, "it has no members");
            }
            Spec::WithMembers => {}
        }
        if self.uplinks > 0 {
            return self.devices();
        }
        if !self.reported {
            return Verdict::no(Reason::NoTopology, "no node has reported what it has");
        }
        let mut refused = self.refused.iter();
        match (refused.next(), refused.next()) {
            (None, _) => Verdict::no(Reason::NoUplink, "no uplink of any node matches a member"),
            (Some((why, ports)), None) => {
                let message = format!("{}: {}", why.words(), named(ports));
                Verdict::no(alone(*why), message)
            }
            (Some(_), Some(_)) => {
                let counts = self.refused.iter();
                let counts = counts.map(|(why, ports)| format!("{} {}", ports.len(), why.words()));
                let counts: Vec<String> = counts.collect();
                let message = format!("every match is refused: {}", counts.join(", "));
                Verdict::no(Reason::Refused, message)
            }
        }
    }

    /// The verdict of a network that some node reaches.
    fn devices(&self) -> Verdict {
        let (nodes, uplinks) = (count(self.nodes, "node"), count(self.uplinks, "uplink"));
        let reached = format!("{nodes} by {uplinks}");
        match self.devices {
            DeviceCounts { capacity: 0, .. } => Verdict::no(
                Reason::NoDevices,
                format!("{reached}, which have no devices"),
            ),
            DeviceCounts {
                capacity,
                allocatable: 0,
                ..
            } => {
                let message = format!("{reached}: none of {capacity} devices can be used");
                Verdict::no(Reason::NoneUsable, message)
            }
            DeviceCounts { .. } => Verdict::yes(Reason::Reachable, reached),
        }
    }
}

/// The reason where all that a network asks for is refused for the same.
const fn alone(why: Refusal) -> Reason {
    match why {
        Refusal::Ambiguous => Reason::AmbiguousPort,
        Refusal::Protected => Reason::ProtectedUplink,
        Refusal::Unconfirmed => Reason::Unconfirmed,
        Refusal::Exclusive => Reason::ExclusiveUplink,
        Refusal::Overlap => Reason::OlderNetwork,
        Refusal::Other => Reason::Refused,
    }
}

fn count(number: u32, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// The first few, and how many more.
pub(crate) fn named(all: &[String]) -> String {
    let mut text: Vec<&str> = all.iter().take(NAMED).map(String::as_str).collect();
    let more = format!("{} more", all.len().saturating_sub(NAMED));
    if all.len() > NAMED {
        text.push(&more);
    }
    text.join(", ")
}

/// A message of others, cut to what people read.
fn cut(text: &str) -> String {
    text.chars().take(512).collect()
}

#[cfg(test)]
mod tests;
