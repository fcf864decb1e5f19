//! What the controller does next, over changes, failures and lost leadership.
//! Left to others: the API server, which `tests/kube_controller.rs` has.

mod blocks;
mod classes;
mod definitions;

use colvin_crds::v1alpha1::Network;
use kube::core::Status;
use serde_json::Value;

use super::*;
use crate::facts::kept::KeptFacts;
use crate::facts::{Port, Source, Standing};
use crate::kept::{self, Kept, Sight, Step};
use crate::publish::NotWritten;
use crate::publish::kept::KeptWritten;
use crate::reason::EventReason;
use crate::schedule::SETTLE;

const fn at(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn date() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn green(version: u64) -> NetworkFacts {
    NetworkFacts {
        uid: Some("u1".to_owned()),
        generation: Some(1),
        version,
        ..NetworkFacts::default()
    }
}

fn node(networks: &[&str]) -> NodeFacts {
    let on = Standing::On {
        capacity: 8,
        allocatable: 8,
        leaving: 0,
        overlaps: Vec::new(),
    };
    let networks = networks.iter().map(|name| ((*name).to_owned(), on.clone()));
    let port = Port {
        shown: "ens2".to_owned(),
        networks: networks.collect(),
    };
    NodeFacts {
        uid: Some("n1".to_owned()),
        ports: [("ens2".to_owned(), port)].into(),
    }
}

/// A desk that has seen the network green, one node on it, and leads since second 0.
fn leading() -> Desk {
    let mut desk = Desk::default();
    desk.see_network(Seen::Listed("green".to_owned(), green(5)), at(0));
    desk.see_network(Seen::ListEnds, at(0));
    desk.see_node(Seen::Listed("worker-1".to_owned(), node(&["green"])), at(0));
    desk.see_node(Seen::ListEnds, at(0));
    desk.see_block(Seen::ListEnds, at(0));
    desk.lead(true, at(0));
    desk
}

fn change_node(desk: &mut Desk, name: &str, networks: &[&str], now: Duration) -> Vec<Told> {
    desk.see_node(Seen::Changed(name.to_owned(), node(networks)), now)
}

/// The API server takes the write, and its object comes back with this version.
fn accept(desk: &mut Desk, write: Write, version: u64, now: Duration) {
    let object = serde_json::json!({
        "metadata": {"name": write.network, "uid": write.uid, "resourceVersion": version.to_string()},
        "spec": {},
        "status": write.status,
    });
    let answer = Ok(serde_json::from_value::<Network>(object).unwrap());
    let network = write.network;
    desk.wrote(Written { network, answer }, now, 0.0);
}

/// The API server does what is to be done with an object, which comes back with this version.
fn accept_kept<K: OnDesk>(desk: &mut Desk, action: kept::Action, version: u64, now: Duration) {
    let object = match &action.step {
        Step::Delete { .. } => None,
        Step::Create { object } | Step::Mend { object, .. } => Some(stored(object, version)),
    };
    answer_kept::<K>(desk, action, object, now);
}

/// The API server answers with this.
fn answer_kept<K: OnDesk>(
    desk: &mut Desk,
    action: kept::Action,
    object: Option<Value>,
    now: Duration,
) {
    let answer = Ok(object.map(|object| serde_json::from_value(object).unwrap()));
    desk.wrote_kept::<K>(KeptWritten { action, answer }, now, 0.0);
}

/// An object as the API server has it.
fn stored(object: &Value, version: u64) -> Value {
    let mut object = object.clone();
    object["metadata"]["uid"] = "d1".into();
    object["metadata"]["resourceVersion"] = version.to_string().into();
    object
}

/// The API server refuses it.
fn refuse_kept<K: OnDesk>(desk: &mut Desk, action: kept::Action, now: Duration) {
    let status = Status::failure("no such luck", "").with_code(422);
    let answer = Err(kube::Error::Api(Box::new(status)).into());
    desk.wrote_kept::<K>(KeptWritten { action, answer }, now, 1.0);
}

fn next_kept<K: OnDesk>(desk: &mut Desk, now: Duration) -> Option<String> {
    desk.next_kept::<K>(now).map(|action| action.place.key())
}

/// `status reason` of a condition that is written next.
fn condition(desk: &mut Desk, kind: &str, now: Duration) -> String {
    let status = write(desk, now).unwrap().status;
    let mut conditions = status.conditions.iter();
    let found = conditions.find(|each| each.type_ == kind).unwrap();
    format!("{} {}", found.status, found.reason)
}

/// What a watch brings of an object.
fn seen<K: Kept>(object: &Value) -> Seen<KeptFacts<K::Says>> {
    let (key, facts) = K::read(serde_json::from_value(object.clone()).unwrap());
    Seen::Changed(key, facts)
}

fn write(desk: &mut Desk, now: Duration) -> Option<Write> {
    desk.next_write(now, date()).0
}

#[test]
fn the_leader_writes_what_it_sees_and_then_rests() {
    let mut desk = leading();
    assert_eq!(desk.wake(at(0)), Some(SETTLE));
    let first = write(&mut desk, at(1)).unwrap();
    assert_eq!((first.network.as_str(), first.status.nodes), ("green", 1));
    assert_eq!(first.uid.as_deref(), Some("u1"));
    accept(&mut desk, first.clone(), 6, at(1));
    assert_eq!(desk.next_action(at(1)), None, "it is no pool");
    assert_eq!(desk.wake(at(1)), None);

    // the watch brings our own write back
    let mut own = green(6);
    own.status = first.status;
    desk.see_network(Seen::Changed("green".to_owned(), own), at(2));
    assert_eq!(desk.wake(at(2)), None);
}

#[test]
fn nothing_is_written_before_all_lists_are_whole() {
    let mut desk = Desk::default();
    desk.lead(true, at(0));
    desk.see_block(Seen::ListEnds, at(0));
    desk.see_network(Seen::Listed("green".to_owned(), green(5)), at(0));
    desk.see_network(Seen::ListEnds, at(0));
    assert_eq!(write(&mut desk, at(10)), None);
    assert_eq!(desk.wake(at(10)), None);
    desk.see_node(Seen::ListEnds, at(10));
    assert!(write(&mut desk, at(11)).is_some());
}

#[test]
fn a_follower_writes_and_tells_nothing_and_catches_up_when_it_leads() {
    let mut desk = leading();
    desk.lead(false, at(0));
    assert_eq!(change_node(&mut desk, "worker-2", &[], at(1)).len(), 0);
    assert_eq!(
        change_node(&mut desk, "worker-2", &["green"], at(1)).len(),
        0
    );
    assert_eq!(write(&mut desk, at(100)), None);
    desk.lead(true, at(100));
    assert_eq!(write(&mut desk, at(101)).unwrap().status.nodes, 2);
}

#[test]
fn a_look_that_finds_nothing_new_is_counted_and_not_written() {
    let mut desk = leading();
    let first = write(&mut desk, at(1)).unwrap();
    accept(&mut desk, first, 6, at(1));
    desk.lead(true, at(2));
    assert_eq!(desk.next_write(at(3), date()), (None, 1));
}

#[test]
fn a_failed_write_is_made_again_with_what_is_so_by_then() {
    let mut desk = leading();
    let first = write(&mut desk, at(1)).unwrap();
    let failed = Written {
        network: first.network,
        answer: Err(NotWritten::NoAnswer),
    };
    desk.wrote(failed, at(1), 1.0);
    assert_eq!(write(&mut desk, at(1)), None, "not at once");
    change_node(&mut desk, "worker-2", &["green"], at(1));
    assert_eq!(write(&mut desk, at(2)).unwrap().status.nodes, 2);
}

#[test]
fn what_somebody_else_wrote_into_the_status_is_put_right() {
    let mut desk = leading();
    let first = write(&mut desk, at(1)).unwrap();
    accept(&mut desk, first.clone(), 6, at(1));
    let mut forged = green(7);
    forged.status = first.status.clone();
    forged.status.nodes = 1000;
    desk.see_network(Seen::Changed("green".to_owned(), forged), at(2));
    assert_eq!(write(&mut desk, at(3)).unwrap().status, first.status);
}

#[test]
fn a_watch_that_lags_behind_our_write_causes_no_other() {
    let mut desk = leading();
    let first = write(&mut desk, at(1)).unwrap();
    change_node(&mut desk, "worker-2", &["green"], at(1));
    accept(&mut desk, first.clone(), 6, at(1));
    let second = write(&mut desk, at(2)).unwrap();
    accept(&mut desk, second, 7, at(2));
    let mut lagging = green(6);
    lagging.status = first.status;
    desk.see_network(Seen::Changed("green".to_owned(), lagging), at(2));
    assert_eq!(write(&mut desk, at(5)), None);
}

#[test]
fn a_network_that_was_deleted_is_not_written_and_one_made_anew_is() {
    let mut desk = leading();
    desk.see_network(Seen::Gone("green".to_owned()), at(0));
    assert_eq!(write(&mut desk, at(1)), None);
    let anew = NetworkFacts {
        uid: Some("u2".to_owned()),
        ..green(9)
    };
    desk.see_network(Seen::Changed("green".to_owned(), anew), at(2));
    assert_eq!(write(&mut desk, at(3)).unwrap().uid.as_deref(), Some("u2"));
}

#[test]
fn the_first_and_the_last_report_of_all_touch_every_network() {
    let mut desk = leading();
    let first = write(&mut desk, at(1)).unwrap();
    accept(&mut desk, first, 6, at(1));
    desk.see_node(Seen::Gone("worker-1".to_owned()), at(2));
    let empty = write(&mut desk, at(3)).unwrap();
    assert_eq!(empty.status.conditions[0].reason, "NoTopology");
}

#[test]
fn a_change_of_a_port_is_told_once() {
    let mut desk = leading();
    let told = change_node(&mut desk, "worker-1", &[], at(1));
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].event.reason, EventReason::UplinkLeft);
    assert_eq!(told[0].network_uid.as_deref(), Some("u1"));
    assert_eq!(
        change_node(&mut desk, "worker-1", &["green"], at(2)).len(),
        0
    );
    assert_eq!(change_node(&mut desk, "worker-1", &[], at(601)).len(), 1);
}

#[test]
fn ports_that_leave_a_deleted_network_are_no_news() {
    let mut desk = leading();
    desk.see_network(Seen::Gone("green".to_owned()), at(0));
    assert_eq!(change_node(&mut desk, "worker-1", &[], at(1)).len(), 0);
}
