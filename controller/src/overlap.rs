//! Which addresses of a network's ranges another network has too, or the network itself twice.
//!
//! Pure. Each network gives its addresses out by itself, so that two pods may have one; where nothing
//! reaches both networks that is well, so nothing is withheld for it. Ranges of the cluster itself are hidden from
//! a pod by its route to the network's. Left to others: the same at admission (`deploy/`), saying it
//! ([`crate::summary`]).

use std::collections::BTreeMap;

use ipnet::IpNet;

use crate::cluster_ranges::ClusterRanges;
use crate::facts::{NetworkFacts, Pool, Source};

/// Who has addresses of a network too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Whose {
    /// The cluster's services.
    Services,
    /// The pods of the cluster's nodes.
    Pods,
    /// The network of this name; its own where they are twice in its ranges.
    Network(String),
}

/// The subnets that are in the network's ranges and somebody else's.
pub(crate) type Overlaps = BTreeMap<Whose, Vec<IpNet>>;

/// With whom a network's ranges overlap.
pub(crate) fn overlaps(
    network: &str,
    networks: &BTreeMap<String, NetworkFacts>,
    cluster: &ClusterRanges,
) -> Overlaps {
    let mut overlaps = Overlaps::new();
    let Some(own) = pool(networks.get(network)) else {
        return overlaps;
    };
    let services = (Whose::Services, &cluster.services);
    for (whose, ranges) in [services, (Whose::Pods, &cluster.pods)] {
        let hidden = in_both(&own.ranges, ranges);
        if !hidden.is_empty() {
            overlaps.insert(whose, hidden);
        }
    }
    for (name, facts) in networks {
        let shared = match pool(Some(facts)) {
            None => continue,
            Some(pool) if name == network => twice(pool),
            Some(other) => shared(own, other),
        };
        if !shared.is_empty() {
            overlaps.insert(Whose::Network(name.clone()), shared);
        }
    }
    overlaps
}

const fn pool(facts: Option<&NetworkFacts>) -> Option<&Pool> {
    match facts {
        Some(NetworkFacts {
            addresses: Source::Pool(pool),
            ..
        }) => Some(pool),
        _ => None,
    }
}

/// What both may give out.
fn shared(one: &Pool, other: &Pool) -> Vec<IpNet> {
    let mut left = in_both(&one.ranges, &other.ranges);
    let excluded = [one.exclude.as_slice(), &other.exclude].concat();
    // subnets that adjoin become one, so that what is excluded in parts is found in one
    let excluded = IpNet::aggregate(&excluded);
    left.retain(|subnet| !excluded.iter().any(|each| each.contains(subnet)));
    left
}

fn in_both(ranges: &[IpNet], others: &[IpNet]) -> Vec<IpNet> {
    let pairs = ranges.iter();
    let pairs = pairs.flat_map(|range| others.iter().map(move |other| (range, other)));
    let common = pairs.filter_map(|(range, other)| common(range, other));
    IpNet::aggregate(&common.collect())
}

fn twice(pool: &Pool) -> Vec<IpNet> {
    let ranges = pool.ranges.iter().enumerate();
    let pairs = ranges.flat_map(|(place, range)| {
        let behind = pool.ranges.iter().skip(place.saturating_add(1));
        behind.map(move |other| (range, other))
    });
    let twice: Vec<IpNet> = pairs
        .filter_map(|(range, other)| common(range, other))
        .collect();
    IpNet::aggregate(&twice)
}

/// Of two subnets that overlap one is in the other.
fn common(one: &IpNet, other: &IpNet) -> Option<IpNet> {
    if one.contains(other) {
        Some(*other)
    } else if other.contains(one) {
        Some(*one)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nets(all: &[&str]) -> Vec<IpNet> {
        all.iter().map(|each| each.parse().unwrap()).collect()
    }

    fn with(ranges: &[&str], exclude: &[&str]) -> NetworkFacts {
        NetworkFacts {
            addresses: Source::Pool(Pool {
                ranges: nets(ranges),
                block_size: 28,
                exclude: nets(exclude),
            }),
            ..NetworkFacts::default()
        }
    }

    /// With whom green's overlap, beside this network.
    fn of(green: NetworkFacts, blue: NetworkFacts) -> Vec<(String, Vec<String>)> {
        let networks = [
            ("green".to_owned(), green),
            ("blue".to_owned(), blue),
            ("red".to_owned(), NetworkFacts::default()),
        ];
        let cluster = ClusterRanges {
            services: nets(&["10.96.0.0/16"]),
            pods: nets(&["10.244.0.0/16"]),
        };
        let overlaps = overlaps("green", &networks.into(), &cluster).into_iter();
        let words = |all: Vec<IpNet>| all.iter().map(ToString::to_string).collect();
        let name = |whose| match whose {
            Whose::Services => "services".to_owned(),
            Whose::Pods => "pods".to_owned(),
            Whose::Network(name) => name,
        };
        let said = overlaps.map(|(whose, all)| (name(whose), words(all)));
        said.collect()
    }

    #[test]
    fn ranges_of_the_cluster_are_hidden_excluded_or_not() {
        let green = with(&["10.96.4.0/24", "10.244.0.0/15"], &["10.96.4.0/24"]);
        let said = of(green, NetworkFacts::default());
        let expected = [("services", "10.96.4.0/24"), ("pods", "10.244.0.0/16")];
        assert_eq!(
            said,
            expected.map(|(name, all)| (name.to_owned(), vec![all.to_owned()]))
        );
    }

    fn with_blue(subnets: &[&str]) -> Vec<(String, Vec<String>)> {
        let subnets = subnets.iter().map(ToString::to_string).collect();
        vec![("blue".to_owned(), subnets)]
    }

    #[test]
    fn what_is_in_both_is_named_whichever_is_the_larger() {
        let blue = || with(&["10.20.4.0/24", "2001:db8:4::/64"], &[]);
        let inside = with(&["10.20.4.128/25"], &[]);
        assert_eq!(of(inside, blue()), with_blue(&["10.20.4.128/25"]));
        let around = with(&["10.0.0.0/10"], &[]);
        assert_eq!(of(around, blue()), with_blue(&["10.20.4.0/24"]));
        let six = with(&["10.99.0.0/24", "2001:db8::/32"], &[]);
        assert_eq!(of(six, blue()), with_blue(&["2001:db8:4::/64"]));
        let apart = with(&["10.20.5.0/24", "2001:db8:5::/64"], &[]);
        assert_eq!(of(apart, blue()), []);
    }

    #[test]
    fn what_either_excludes_is_not_given_out_twice() {
        let whole = with(&["10.20.0.0/16"], &["10.20.4.0/25", "10.20.4.128/25"]);
        let blue = || with(&["10.20.4.0/24"], &[]);
        assert_eq!(of(whole, blue()), [], "excluded in two halves");
        assert_eq!(of(blue(), with(&["10.20.4.0/24"], &["10.20.0.0/16"])), []);
        let half = with(&["10.20.4.0/24"], &["10.20.4.0/25"]);
        assert_eq!(of(half, blue()), with_blue(&["10.20.4.0/24"]));
        let each_a_half = with(&["10.20.4.0/24"], &["10.20.4.0/25"]);
        let other_half = with(&["10.20.4.0/24"], &["10.20.4.128/25"]);
        assert_eq!(of(each_a_half, other_half), []);
    }

    #[test]
    fn what_is_twice_in_its_own_ranges_stands_under_its_own_name() {
        let green = with(&["10.20.4.0/24", "10.20.0.0/16", "10.30.0.0/16"], &[]);
        let said = of(green, NetworkFacts::default());
        assert_eq!(
            said,
            [("green".to_owned(), vec!["10.20.4.0/24".to_owned()])]
        );
    }

    #[test]
    fn a_network_without_ranges_overlaps_nobody() {
        assert_eq!(of(NetworkFacts::default(), with(&["10.0.0.0/8"], &[])), []);
        let none = overlaps("gone", &BTreeMap::new(), &ClusterRanges::default());
        assert_eq!(none, Overlaps::new());
    }
}
