//! What is held over restarts, failed sources and networks that change.
//!
//! Left to others: who may gain what (`widening`), named attacks (`spoof`).

use super::*;

fn networks() -> Vec<NetworkSpec> {
    let by_vlan = |called: &str, created, wanted| {
        let leaf = member("leaf", &[vlan(wanted)]);
        giving(Devices::Macvlan(shares(4)), called, created, &[leaf])
    };
    let subnet = member("net", &[subnet("10.20.0.0/16")]);
    vec![
        by_vlan("green", 1, 110),
        by_vlan("blue", 2, 120),
        giving(Devices::Macvlan(shares(4)), "addressed", 3, &[subnet]),
    ]
}

fn remembered(vlan: u16) -> Neighbor {
    Neighbor {
        stale: true,
        ..neighbor("leaf-1", vlan)
    }
}

fn held_green() -> Membership {
    Membership::resume([(id("0000:04:00.0"), name("green"))])
}

/// One look: the networks that the port is on.
fn look(membership: &mut Membership, heard_now: &[Neighbor], frames: u32) -> Vec<String> {
    let machine = Machine::with(vec![heard(uplink(4, "ens4"), heard_now)]);
    let networks = networks();
    let found = match_members(machine.view(), &networks);
    let map = settle(membership.confirm(found, |_| frames), &networks);
    let port = id("0000:04:00.0");
    let on = map.networks_of(&port);
    on.map(|(name, _)| name.to_string()).collect()
}

fn none() -> Vec<String> {
    Vec::new()
}

#[test]
fn lldp_15_a_restart_with_a_remembered_neighbour_changes_nothing_until_it_is_heard() {
    let mut membership = held_green();
    for _ in 0..3 {
        assert_eq!(look(&mut membership, &[remembered(110)], 0), ["green"]);
    }
    assert_eq!(membership, held_green());
    assert_eq!(
        look(&mut membership, &[neighbor("leaf-1", 110)], 1),
        ["green"],
        "the first live frame says the same, so nothing flaps"
    );
}

#[test]
fn lldp_15_a_memory_alone_gains_no_network() {
    let mut fresh = Membership::default();
    assert_eq!(look(&mut fresh, &[remembered(110)], 0), none());
    let mut membership = held_green();
    assert_eq!(
        look(&mut membership, &[remembered(120)], 0),
        none(),
        "the memory contradicts what was held, and is not enough for another"
    );
}

#[test]
fn lldp_16_after_a_restart_a_different_network_needs_two_frames() {
    let mut membership = held_green();
    let now = [remembered(110), neighbor("leaf-1", 120)];
    assert_eq!(
        look(&mut membership, &now, 1),
        none(),
        "green is lost at once"
    );
    assert_eq!(look(&mut membership, &now, 2), ["blue"]);
    assert_eq!(
        look(&mut membership, &[neighbor("leaf-1", 110)], 1),
        none(),
        "what was held before the restart is forgotten once it was lost"
    );
}

#[test]
fn what_a_failed_source_saw_last_is_still_there_and_so_is_the_network() {
    // its last facts stand in the observations, and the frames are counted no further
    let mut membership = Membership::default();
    let facts = [neighbor("leaf-1", 110)];
    assert_eq!(look(&mut membership, &facts, 2), ["green"]);
    for _ in 0..3 {
        assert_eq!(look(&mut membership, &facts, 2), ["green"]);
        assert_eq!(look(&mut membership, &facts, 0), ["green"]);
    }
}

#[test]
fn a_network_made_anew_waits_as_any_other() {
    let machine = Machine::with(vec![heard(uplink(4, "ens4"), &[neighbor("leaf-1", 110)])]);
    let mut membership = held_green();
    let gone = membership.confirm(match_members(machine.view(), &[]), |_| 9);
    assert_eq!(gone, Candidates::default());
    assert_eq!(look(&mut membership, &[neighbor("leaf-1", 110)], 1), none());
}

#[test]
fn what_is_held_reads_back_from_text() {
    let mut membership = held_green();
    look(&mut membership, &[neighbor("leaf-1", 110)], 2);
    let kept: Vec<_> = membership
        .held()
        .map(|(uplink, network)| (uplink.to_string(), network.to_string()))
        .collect();
    assert_eq!(kept, [("0000:04:00.0".to_owned(), "green".to_owned())]);
    let read =
        |(uplink, network): (String, String)| (uplink.parse().unwrap(), network.parse().unwrap());
    assert_eq!(Membership::resume(kept.into_iter().map(read)), membership);
    assert_eq!(
        "eth1".parse(),
        Ok(UplinkId::Netdev("eth1".parse().unwrap()))
    );
    for text in ["", "0000:04:00", "eth 1", "a:b"] {
        assert!(text.parse::<UplinkId>().is_err(), "{text:?}");
    }
}
