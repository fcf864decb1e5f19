//! What follows from what the journal says, the kernel has and the Network wants. Left to others: doing it.

use std::net::IpAddr;

use super::*;

/// As an administrator makes them with `ip route`.
const BY_HAND: u8 = 3;

fn index() -> IfIndex {
    IfIndex::new(7).unwrap()
}

fn said(text: &str) -> Said {
    let (dst, gw) = text.split_once(' ').unwrap();
    serde_json::from_value(serde_json::json!({"dst": dst, "gw": gw})).unwrap()
}

fn network(mtu: Option<u32>, routes: &[&str]) -> OfNetwork {
    OfNetwork {
        network: "green".parse().unwrap(),
        mtu,
        routes: routes.iter().map(|text| said(text)).collect(),
        claims_mtu: false,
        claims_routes: false,
    }
}

fn made(routes: &[&str]) -> Made {
    Made {
        mtu: Some(1500),
        routes: routes.iter().map(|text| said(text)).collect(),
        ..Made::default()
    }
}

/// As the kernel has it.
fn there(text: &str) -> Route {
    route_of(index(), &said(text), &[])
}

fn by_hand(text: &str) -> Route {
    Route {
        protocol: BY_HAND,
        ..there(text)
    }
}

/// MTU, routes that go, routes that come, routes that are ours then.
type Told = (Option<u32>, Vec<IpAddr>, Vec<IpAddr>, Vec<IpAddr>);

fn planned(
    before: &OfNetwork,
    begun: Option<&Change>,
    made: &Made,
    wanted: &OfNetwork,
    routes: &[Route],
) -> Told {
    let now = Now {
        index: index(),
        own_mtu: 1500,
        routes,
    };
    let plan = plan((before, begun), made, wanted, &now);
    let of_pairs = |pairs: &[(Said, Route)]| pairs.iter().map(|(_, it)| it.destination).collect();
    let removed = plan.remove.iter().map(|route| route.destination).collect();
    (plan.mtu, removed, of_pairs(&plan.add), of_pairs(&plan.ours))
}

fn ips(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

const A: &str = "10.1.0.0/16 10.20.4.1";
const B: &str = "10.2.0.0/16 10.20.4.1";

#[test]
fn routes_come_and_go_and_the_mtu_is_the_networks_or_the_devices_own() {
    let (before, wanted) = (network(Some(9000), &[A]), network(Some(1400), &[B]));
    let routes = [there(A)];
    assert_eq!(
        planned(&before, None, &made(&[A]), &wanted, &routes),
        (
            Some(1400),
            ips(&["10.1.0.0"]),
            ips(&["10.2.0.0"]),
            ips(&["10.2.0.0"])
        )
    );
    let silent = network(None, &[A]);
    assert_eq!(
        planned(&before, None, &made(&[A]), &silent, &routes),
        (Some(1500), vec![], vec![], ips(&["10.1.0.0"]))
    );
}

#[test]
fn a_route_that_somebody_made_by_hand_is_never_ours() {
    // it was there before the Network wanted it
    let (before, wanted) = (network(None, &[]), network(None, &[A]));
    let routes = [by_hand(A)];
    assert_eq!(
        planned(&before, None, &made(&[]), &wanted, &routes),
        (None, vec![], vec![], vec![])
    );
    // it was made anew by hand, and the Network does not want it any more
    assert_eq!(
        planned(&wanted, None, &made(&[A]), &before, &routes),
        (None, vec![], vec![], vec![])
    );
    // it is one of those that we make, but the journal does not say so
    assert_eq!(
        planned(&wanted, None, &made(&[]), &before, &[there(A)]),
        (None, vec![], vec![], vec![])
    );
}

#[test]
fn another_gateway_is_another_route_and_another_rank_too() {
    let other = "10.1.0.0/16 10.20.4.9";
    let (before, wanted) = (network(None, &[A]), network(None, &[other]));
    assert_eq!(
        planned(&before, None, &made(&[A]), &wanted, &[there(A)]),
        (
            None,
            ips(&["10.1.0.0"]),
            ips(&["10.1.0.0"]),
            ips(&["10.1.0.0"])
        )
    );
    let ranked = Route {
        priority: Some(100),
        ..by_hand(A)
    };
    assert_eq!(
        planned(&wanted, None, &made(&[other]), &before, &[ranked]).2,
        ips(&["10.1.0.0"])
    );
}

#[test]
fn a_route_of_the_addresses_stays_when_the_network_drops_it() {
    let (before, wanted) = (network(None, &[A]), network(None, &[]));
    let mut made = made(&[A]);
    made.lease.routes = vec![said(A)];
    let plan = planned(&before, None, &made, &wanted, &[there(A)]);
    assert_eq!(plan, (None, vec![], vec![], vec![]));
}

#[test]
fn what_a_change_may_have_made_before_it_was_killed_is_taken_back_or_kept() {
    let (before, meant) = (network(Some(1500), &[]), network(Some(1400), &[A]));
    let begun = Change {
        to: meant.clone(),
        adds: vec![said(A)],
    };
    let made = made(&[]);
    for routes in [vec![], vec![there(A)]] {
        let gone: Vec<IpAddr> = routes.iter().map(|it: &Route| it.destination).collect();
        let back = planned(&before, Some(&begun), &made, &before, &routes);
        assert_eq!(back, (Some(1500), gone, vec![], vec![]));
        let on = planned(&before, Some(&begun), &made, &meant, &routes);
        assert_eq!((on.0, on.1, on.3), (Some(1400), vec![], ips(&["10.1.0.0"])));
    }
    // in between somebody made it by hand
    let back = planned(&before, Some(&begun), &made, &before, &[by_hand(A)]);
    assert_eq!(back, (Some(1500), vec![], vec![], vec![]));
}

#[test]
fn an_mtu_that_the_network_says_as_before_is_left_as_it_is() {
    let (before, wanted) = (network(Some(9000), &[]), network(Some(9000), &[A]));
    let plan = planned(&before, None, &made(&[]), &wanted, &[]);
    assert_eq!((plan.0, plan.2), (None, ips(&["10.1.0.0"])));
}

#[test]
fn ipv6_routes_are_known_with_the_rank_that_the_kernel_gives_them() {
    let v6 = "2001:db8:9::/48 2001:db8:4::1";
    let has = Route {
        priority: Some(V6_PRIORITY),
        ..there(v6)
    };
    let (before, wanted) = (network(None, &[v6]), network(None, &[]));
    let plan = planned(&before, None, &made(&[v6]), &wanted, &[has]);
    assert_eq!(plan.1, ips(&["2001:db8:9::"]));
}
