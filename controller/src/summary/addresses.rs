//! What is said of a network's addresses. Left to others: who lacks some ([`crate::blocks`]), who has the same
//! ones ([`crate::overlap`]).

use super::{Verdict, named};
use crate::blocks::Lacking;
use crate::facts::Source;
use crate::overlap::{Overlaps, Whose};
use crate::reason::Reason;

/// Whether nodes lack addresses of the network.
pub(super) fn exhausted(addresses: &Source, lacking: &Lacking) -> Verdict {
    match addresses {
        Source::Elsewhere | Source::Unknown => no_pool(),
        Source::Pool(_) if lacking.is_empty() => {
            Verdict::no(Reason::AddressesFree, "no node lacks addresses")
        }
        Source::Pool(_) => {
            let lacking = lacking.iter();
            let of = lacking.map(|(family, nodes)| {
                format!("no block of {family} is left for {}", named(nodes))
            });
            let of: Vec<String> = of.collect();
            Verdict::yes(Reason::PoolExhausted, of.join("; "))
        }
    }
}

/// Whether others give out addresses of the network too.
pub(super) fn overlap(network: &str, addresses: &Source, overlaps: &Overlaps) -> Verdict {
    match addresses {
        Source::Elsewhere | Source::Unknown => no_pool(),
        Source::Pool(_) if overlaps.is_empty() => {
            Verdict::no(Reason::RangesApart, "nobody else has its addresses")
        }
        Source::Pool(_) => {
            let hides = overlaps
                .keys()
                .any(|whose| !matches!(whose, Whose::Network(_)));
            let reason = if hides {
                Reason::RangesHideCluster
            } else {
                Reason::RangesOverlap
            };
            let overlaps = overlaps.iter().map(|(whose, subnets)| {
                let subnets: Vec<String> = subnets.iter().map(ToString::to_string).collect();
                let subnets = named(&subnets);
                match whose {
                    Whose::Services => format!("with the cluster's services: {subnets}"),
                    Whose::Pods => format!("with the nodes' pods: {subnets}"),
                    Whose::Network(other) if other == network => {
                        format!("twice in its own ranges: {subnets}")
                    }
                    Whose::Network(other) => format!("with {other}: {subnets}"),
                }
            });
            let overlaps: Vec<String> = overlaps.collect();
            Verdict::yes(reason, named(&overlaps))
        }
    }
}

fn no_pool() -> Verdict {
    Verdict::no(Reason::NoPool, "no addresses come out of its ranges")
}
