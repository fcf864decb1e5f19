//! How children are listed, by servers that keep shares and by such as drop them.

use colvin_dra_driver::{Allocated, ClaimHold};
use colvin_model::claimable::Taint;
use colvin_model::offer::Ill;
use serde_json::json;

use super::*;

const UPLINK: &str = "0000-5e-00-0-green";

fn child(number: u32, held: bool, ill: Option<Ill>) -> Claimable {
    let is = json!({"kind": "Macvlan", "address": "0000:5e:00.0", "uplink": "0000:5e:00.0", "vf_index": null,
        "numa_node": null, "ill": ill});
    Claimable {
        name: format!("{UPLINK}-{number}"),
        port: UPLINK.into(),
        place: number,
        id: format!("0000:5e:00.0/{number}").parse().unwrap(),
        network: "green".parse().unwrap(),
        is: serde_json::from_value(is).unwrap(),
        held,
        attributes: BTreeMap::new(),
        taints: ill
            .map(|_| Taint {
                key: TaintKey::Quarantined,
                evicts: false,
                value: None,
            })
            .into_iter()
            .collect(),
    }
}

/// A claim that holds this child, allocated by this name.
fn holds(number: u32, name: &str) -> Claimed {
    let device = json!({"request": "net", "network": "green", "device": format!("0000:5e:00.0/{number}"),
        "kind": "Macvlan"});
    Claimed(vec![ClaimHold {
        claim: "u1".parse().unwrap(),
        namespace: "default".into(),
        name: "net".into(),
        device: serde_json::from_value(device).unwrap(),
        allocated: Some(Allocated {
            pool: format!("n1/{UPLINK}-0"),
            name: name.parse().unwrap(),
            share_id: None,
        }),
        leaving: false,
    }])
}

/// Names, and of uplinks how many claims may share them.
fn shown(all: &[Listed<'_>]) -> Vec<(String, Option<usize>)> {
    let shown = |it: &Listed<'_>| {
        let capacity = it.shared.as_ref().map(|shared| shared.capacity);
        (it.name.to_owned(), capacity)
    };
    all.iter().map(shown).collect()
}

fn dropped() -> BTreeSet<Feature> {
    BTreeSet::from([Feature::Capacity])
}

/// The scheduler counts what claims have of an uplink: so the capacity is of all children, held or free. One that is not
/// undone is nobody's, and none that a claim may have.
#[test]
fn an_uplink_has_the_children_that_claims_have_or_may_have() {
    let all = [
        child(0, true, None),
        child(1, false, Some(Ill::NotUndone)),
        child(2, false, None),
    ];
    let of = listed(&all, &holds(0, UPLINK), &BTreeSet::new());
    assert_eq!(shown(&of), [(UPLINK.to_owned(), Some(2))]);
    assert_eq!(of[0].of.taints, [], "what ails one child ails no other");
    let shared = of[0].shared.as_ref().unwrap();
    let ill: Vec<_> = shared.children.iter().map(|it| it.ill.clone()).collect();
    assert_eq!(ill, [None, Some(Ill::NotUndone), None]);
    let all = [child(0, false, Some(Ill::NotUndone))];
    let of = listed(&all, &Claimed::default(), &BTreeSet::new());
    assert_eq!(shown(&of), [(UPLINK.to_owned(), Some(0))]);
    assert_eq!(of[0].of.taints.len(), 1);
}

/// VER-3: and counted once, whatever the server was when the claim was allocated.
#[test]
fn where_shares_are_dropped_children_are_counted_and_each_is_in_one_place() {
    let all = [child(0, true, None), child(1, false, None)];
    let names =
        |claimed: &Claimed, dropped: &BTreeSet<Feature>| shown(&listed(&all, claimed, dropped));
    let own = |number: u32| (format!("{UPLINK}-{number}"), None);
    let nobody = Claimed::default();
    assert_eq!(names(&nobody, &dropped()), [own(0), own(1)]);
    // allocated by a server that dropped shares, and kept by one that has them
    let counted = holds(0, &format!("{UPLINK}-0"));
    let expected = [own(0), (UPLINK.to_owned(), Some(1))];
    assert_eq!(names(&counted, &BTreeSet::new()), expected);
    assert_eq!(names(&counted, &dropped()), [own(0), own(1)]);
    // and the other way round: it is not offered a second time
    assert_eq!(names(&holds(0, UPLINK), &dropped()), [own(1)]);
}
