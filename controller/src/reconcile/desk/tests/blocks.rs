//! Blocks of addresses over changes, failures and lost leadership. Left to others: which block who gets
//! (`crate::blocks`).

use colvin_crds::v1alpha1::AddressBlock;
use colvin_crds::v1alpha1::address_block::{FINALIZER, Usage};

use super::*;
use crate::blocks::Step;
use crate::facts::{Pool, Source};
use crate::publish::block::Answer;

fn pool(version: u64) -> NetworkFacts {
    NetworkFacts {
        addresses: Source::Pool(Pool {
            ranges: vec!["10.0.0.0/24".parse().unwrap()],
            block_size: 28,
            exclude: Vec::new(),
        }),
        ..green(version)
    }
}

/// A desk that leads since second 0, with the pool green and two nodes on it.
fn giving() -> Desk {
    let mut desk = leading();
    desk.sees(true, at(0));
    desk.see_network(Seen::Changed("green".to_owned(), pool(6)), at(0));
    change_node(&mut desk, "worker-2", &["green"], at(0));
    desk
}

fn action(desk: &mut Desk, now: Duration) -> Option<Action> {
    desk.next_action(now)
}

/// The object that the API server answers with.
fn object(action: &Action, version: u64) -> AddressBlock {
    let Step::Create { node, range } = &action.step else {
        panic!("{action:?}");
    };
    let object = serde_json::json!({
        "metadata": {"name": action.block, "uid": format!("u-{version}"), "resourceVersion": version.to_string(), "finalizers": [FINALIZER]},
        "spec": {"network": action.network, "nodeName": node, "range": range.to_string()},
    });
    serde_json::from_value(object).unwrap()
}

/// The API server takes it, and its object comes back with this version.
fn take(desk: &mut Desk, action: Action, version: u64, now: Duration) -> BlockFacts {
    let object = object(&action, version);
    let facts = BlockFacts::of(object.clone()).1;
    let answer = Ok(Answer::There(Box::new(object)));
    desk.acted(BlockWritten { action, answer }, now, 0.0);
    facts
}

fn fail(desk: &mut Desk, action: Action, now: Duration) {
    let answer = Err(NotWritten::NoAnswer);
    desk.acted(BlockWritten { action, answer }, now, 1.0);
}

fn changed(desk: &mut Desk, name: &str, facts: BlockFacts, now: Duration) {
    desk.see_block(Seen::Changed(name.to_owned(), facts), now);
}

/// Writes what there is to write beside blocks.
fn write_statuses(desk: &mut Desk, now: Duration) {
    while let Some(status) = write(desk, now) {
        accept(desk, status, 40, now);
    }
}

#[test]
fn blocks_are_made_one_after_the_other_each_with_the_last_taken_into_account() {
    let mut desk = giving();
    assert_eq!(action(&mut desk, at(0)), None, "changes settle first");
    let first = action(&mut desk, at(1)).unwrap();
    assert_eq!(first.block, "green-10.0.0.0");
    assert_eq!(action(&mut desk, at(1)), None, "one is on its way");
    let facts = take(&mut desk, first, 20, at(1));
    let second = action(&mut desk, at(1)).unwrap();
    assert_eq!(second.block, "green-10.0.0.16");
    take(&mut desk, second, 21, at(1));
    assert_eq!(action(&mut desk, at(2)), None);
    // the watch brings our own writes back
    changed(&mut desk, "green-10.0.0.0", facts, at(2));
    assert_eq!(action(&mut desk, at(3)), None);
}

#[test]
fn a_follower_and_who_has_not_seen_all_blocks_makes_none() {
    let mut desk = Desk::default();
    desk.see_network(Seen::Listed("green".to_owned(), pool(5)), at(0));
    desk.see_network(Seen::ListEnds, at(0));
    desk.see_node(Seen::Listed("worker-1".to_owned(), node(&["green"])), at(0));
    desk.see_node(Seen::ListEnds, at(0));
    desk.lead(true, at(0));
    assert_eq!(action(&mut desk, at(1)), None);
    assert_eq!(
        write(&mut desk, at(1)),
        None,
        "nor is it known who lacks one"
    );
    desk.see_block(Seen::ListEnds, at(1));
    desk.lead(false, at(1));
    assert_eq!(action(&mut desk, at(2)), None);
    desk.lead(true, at(2));
    assert!(action(&mut desk, at(3)).is_some());
}

#[test]
fn a_block_that_cannot_be_made_holds_the_others_up_for_a_moment_only() {
    let mut desk = giving();
    let first = action(&mut desk, at(1)).unwrap();
    fail(&mut desk, first.clone(), at(1));
    assert_eq!(action(&mut desk, at(1)), None, "not at once");
    let second = action(&mut desk, at(2)).unwrap();
    assert_ne!(second.block, first.block);
    take(&mut desk, second, 21, at(2));
    let again = action(&mut desk, at(2)).unwrap();
    assert_eq!(again.block, first.block);
    fail(&mut desk, again, at(2));
    write_statuses(&mut desk, at(2));
    assert_eq!(desk.wake(at(2)), Some(Duration::from_millis(2500)));
}

#[test]
fn what_another_replica_made_is_seen_before_it_is_tried_again() {
    let mut desk = giving();
    let first = action(&mut desk, at(1)).unwrap();
    let mut of_other = BlockFacts::of(object(&first, 20)).1;
    of_other.node = "worker-2".to_owned();
    fail(&mut desk, first, at(1));
    changed(&mut desk, "green-10.0.0.0", of_other, at(1));
    let next = action(&mut desk, at(3)).unwrap();
    let Step::Create { node, .. } = &next.step else {
        panic!("{next:?}");
    };
    assert_eq!(
        (next.block.as_str(), node.as_str()),
        ("green-10.0.0.16", "worker-1")
    );
}

#[test]
fn a_spare_block_is_looked_at_when_its_wait_ends_and_not_before() {
    let mut desk = giving();
    let mut facts = Vec::new();
    for version in [20, 21] {
        let action = action(&mut desk, at(1)).unwrap();
        facts.push((
            action.block.clone(),
            take(&mut desk, action, version, at(1)),
        ));
    }
    for (name, facts) in &mut facts {
        facts.usage = Some(Usage::Unused);
        facts.version += 10;
        changed(&mut desk, name, facts.clone(), at(2));
    }
    change_node(&mut desk, "worker-2", &[], at(2));
    assert_eq!(action(&mut desk, at(3)), None);
    write_statuses(&mut desk, at(3));
    assert_eq!(desk.wake(at(4)), Some(at(603)));
    assert_eq!(action(&mut desk, at(603)), None, "it settles");
    let ending = action(&mut desk, at(604)).unwrap();
    assert_eq!(ending.block, "green-10.0.0.16");
    assert_eq!(
        ending.step,
        Step::Delete {
            uid: Some("u-21".to_owned())
        }
    );
    // it was the last thing: a block that is no more leaves nothing to do
    let answer = Ok(Answer::Gone);
    desk.acted(
        BlockWritten {
            action: ending,
            answer,
        },
        at(604),
        0.0,
    );
    assert_eq!(action(&mut desk, at(605)), None);
}

/// A desk whose first two actions are done, at second 1.
fn having_given() -> Desk {
    let mut desk = giving();
    for version in [20, 21] {
        let action = action(&mut desk, at(1)).unwrap();
        take(&mut desk, action, version, at(1));
    }
    desk
}

#[test]
fn who_was_blind_for_a_moment_waits_anew() {
    let mut desk = having_given();
    desk.see_node(Seen::Gone("worker-1".to_owned()), at(2));
    assert_eq!(action(&mut desk, at(3)), None);
    desk.sees(false, at(300));
    assert_eq!(action(&mut desk, at(650)), None);
    desk.sees(false, at(650));
    desk.sees(true, at(700));
    assert_eq!(action(&mut desk, at(701)), None);
    assert_eq!(action(&mut desk, at(1300)), None);
    assert_eq!(action(&mut desk, at(1302)), None, "it settles");
    assert_eq!(action(&mut desk, at(1303)).unwrap().block, "green-10.0.0.0");
}

#[test]
fn who_did_not_lead_for_a_moment_waits_anew() {
    let mut desk = having_given();
    desk.see_node(Seen::Gone("worker-1".to_owned()), at(2));
    assert_eq!(action(&mut desk, at(3)), None);
    desk.lead(false, at(300));
    desk.lead(true, at(700));
    assert_eq!(action(&mut desk, at(701)), None);
    assert_eq!(action(&mut desk, at(1301)), None, "it settles");
    assert!(action(&mut desk, at(1302)).is_some());
}

#[test]
fn a_report_that_is_not_understood_does_not_take_the_node_away() {
    let mut desk = having_given();
    desk.see_topology(Seen::ListBegins, at(2));
    for name in ["worker-1", "worker-2", "worker-3"] {
        desk.see_topology(Seen::Listed(name.to_owned(), None), at(2));
    }
    desk.see_topology(Seen::ListEnds, at(2));
    assert_eq!(action(&mut desk, at(3)), None);
    assert_eq!(action(&mut desk, at(9999)), None);
    assert_eq!(desk.nodes(), 3);
}

#[test]
fn a_network_without_blocks_left_for_a_node_says_so_and_takes_it_back() {
    let mut desk = giving();
    let mut small = pool(7);
    if let Source::Pool(pool) = &mut small.addresses {
        pool.ranges = vec!["10.0.0.0/28".parse().unwrap()];
    }
    desk.see_network(Seen::Changed("green".to_owned(), small), at(0));
    let status = write(&mut desk, at(1)).unwrap().status;
    let exhausted = |status: &colvin_crds::v1alpha1::NetworkStatus| {
        let mut conditions = status.conditions.iter();
        let found = conditions.find(|each| each.type_ == "Exhausted").unwrap();
        format!("{} {}", found.status, found.message)
    };
    assert_eq!(
        exhausted(&status),
        "True no block of IPv4 is left for worker-2"
    );
    desk.see_network(Seen::Changed("green".to_owned(), pool(8)), at(1));
    let status = write(&mut desk, at(2)).unwrap().status;
    assert_eq!(exhausted(&status), "False no node lacks addresses");
}
