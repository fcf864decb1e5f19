//! Whatever is sent on a port, it never widens what an administrator granted, on random machines.
//!
//! Left to others: named attacks (`spoof`).

use proptest::prelude::*;
use proptest::sample::Index;

use super::random::*;
use super::*;
use crate::network::candidates::Claims;
use crate::plan::plan;

/// Whether nobody can say who speaks: worded as the rule is, not as the code.
fn is_contended(machine: &Machine, port: &Uplink) -> bool {
    let live: Vec<_> = port.neighbors.iter().filter(|one| !one.stale).collect();
    let remembered: Vec<_> = port.neighbors.iter().collect();
    let counting = if live.is_empty() { remembered } else { live };
    let uplinks = machine.inventory.uplinks.iter();
    let vfs: Vec<_> = uplinks
        .flat_map(|uplink| &uplink.virtual_functions)
        .collect();
    let is_ours = |one: &&Neighbor| {
        let from = |mac: MacAddr| mac == one.source && !mac.is_zero();
        vfs.iter().any(|vf| vf.mac.is_some_and(from))
    };
    counting.len() > 1 || counting.iter().any(is_ours)
}

/// What one port may be on: every term about the neighbour holds for the one that counts.
fn is_said(port: &Uplink, found: &Match) -> bool {
    let live = port.neighbors.iter().filter(|one| !one.stale);
    let one = live.chain(&port.neighbors).next();
    one.is_some_and(|one| match found.term.name() {
        "neighbor.systemName" => {
            Some(found.value.as_str()) == one.system_name.as_ref().map(WireText::as_str)
        }
        "neighbor.vlan" => Some(found.value.clone()) == one.vlan.map(|vlan| vlan.to_string()),
        _ => false,
    })
}

/// What is claimed of a port where nothing is heard, as `claims` says of one where something is.
fn is_granted(
    port: &Uplink,
    network: &NetworkSpec,
    evidence: &Evidence,
    quiet: Option<&Claims>,
) -> bool {
    let mut members = network.members().iter();
    let member = members.find(|member| *member.name() == evidence.member);
    if !evidence.by_neighbor {
        let before = quiet.and_then(|claims| claims.networks.get(network.name()));
        return before == Some(&Ok(evidence.clone()));
    }
    let mut about_neighbors = evidence
        .matches
        .iter()
        .filter(|found| found.term.is_of_neighbor());
    let terms = evidence.matches.iter().map(|found| &found.term);
    member.is_some_and(|member| terms.eq(member.terms()))
        && about_neighbors.all(|found| is_said(port, found))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn lldp_16_frames_touch_their_own_port_alone_and_add_only_what_a_member_grants(
        mut machine in machines(), networks in networks(), spoofed in neighbors(), port: Index,
    ) {
        if machine.inventory.uplinks.is_empty() {
            return Ok(());
        }
        let port = port.index(machine.inventory.uplinks.len());
        machine.inventory.uplinks[port].neighbors.clear();
        let quiet = match_members(machine.view(), &networks);
        let quiet_map = settle(quiet.clone(), &networks);
        let quiet_plan = plan(&machine.inventory, &networks, &quiet_map);
        machine.inventory.uplinks[port].neighbors = spoofed;
        let noisy = match_members(machine.view(), &networks);
        let noisy_map = settle(noisy.clone(), &networks);
        let noisy_plan = plan(&machine.inventory, &networks, &noisy_map);

        let here = &machine.inventory.uplinks[port];
        for uplink in machine.inventory.uplinks.iter().filter(|uplink| uplink.id != here.id) {
            prop_assert_eq!(noisy_map.uplinks.get(&uplink.id), quiet_map.uplinks.get(&uplink.id));
        }
        let elsewhere = |plan: &crate::Plan| {
            let pools = plan.pools().iter().filter(|pool| *pool.uplink() != here.id);
            pools.cloned().collect::<Vec<_>>()
        };
        prop_assert_eq!(elsewhere(&noisy_plan), elsewhere(&quiet_plan));
        if is_contended(&machine, here) {
            prop_assert_eq!(noisy_map.networks_of(&here.id).count(), 0);
        }
        let before = quiet.0.get(&here.id);
        for network in &networks {
            let claims = noisy.0.get(&here.id);
            if let Some(Ok(evidence)) = claims.and_then(|all| all.networks.get(network.name())) {
                prop_assert!(is_granted(here, network, evidence, before), "{}", evidence);
            }
        }
    }

    #[test]
    fn lldp_16_no_sequence_of_frames_holds_more_than_what_matches_now(
        mut machine in machines(), networks in networks(), port: Index,
        frames in prop::collection::vec((neighbors(), 0u32..4), 1..5),
    ) {
        if machine.inventory.uplinks.is_empty() {
            return Ok(());
        }
        let port = port.index(machine.inventory.uplinks.len());
        let here = machine.inventory.uplinks[port].id.clone();
        let mut membership = Membership::default();
        let mut others = None;
        for (heard, in_a_row) in frames {
            machine.inventory.uplinks[port].neighbors = heard;
            let held = membership.clone();
            let found = match_members(machine.view(), &networks);
            let settled = settle(
                membership.confirm(found.clone(), |id| if *id == here { in_a_row } else { 2 }),
                &networks,
            );
            for (network, on) in settled.networks_of(&here) {
                let found = &found.0[&here].networks[network];
                prop_assert_eq!(found.as_ref(), Ok(&on.evidence), "it matches now");
                let was_held = held.held().any(|(id, held)| *id == here && held == network);
                let confirmed = in_a_row >= FRAMES_TO_CONFIRM;
                prop_assert!(was_held || confirmed || !on.evidence.by_neighbor);
            }
            if is_contended(&machine, &machine.inventory.uplinks[port]) {
                prop_assert!(membership.held().all(|(id, _)| *id != here));
            }
            let mut elsewhere = settled.uplinks;
            elsewhere.remove(&here);
            let first = others.get_or_insert_with(|| elsewhere.clone());
            prop_assert_eq!(&elsewhere, first, "another port's frames are nothing to them");
        }
    }
}
