//! What changes in a pod's network namespace is heard there within a second, and what is seen is what others can use.
//!
//! The agent is a program, so its ear is taken in as a module. Left to others: what is written of it
//! (`agent/src/following/pod/tests.rs`).
#![expect(clippy::unwrap_used, reason = "test")]

#[path = "../src/following/ear.rs"]
mod ear;

use std::time::Duration;

use colvin_kernel::netns::NetNs;
use colvin_model::IfName;
use colvin_testkit::netns::Netns;
use ear::{Ear, EarError, PodLink};

/// A pod with an interface that has an address.
fn pod() -> (Netns, Ear) {
    let netns = Netns::new().unwrap();
    netns.ip("link add green0 type veth peer name far").unwrap();
    netns.ip("link set green0 up").unwrap();
    netns.ip("link set far up").unwrap();
    netns.ip("address add 10.20.4.5/24 dev green0").unwrap();
    let id = NetNs::open(&netns.path()).unwrap().id().to_string();
    let ear = Ear::new(netns.path(), id);
    (netns, ear)
}

fn name(text: &str) -> IfName {
    text.parse().unwrap()
}

/// What the pod's interface is now.
async fn look(ear: &mut Ear) -> PodLink {
    let names = vec![name("eth0"), name("green0")];
    let mut links = ear.look(names, vec![name("green0")]).await.unwrap();
    assert!(!links.contains_key(&name("eth0")));
    links.remove(&name("green0")).unwrap()
}

/// Hears and looks until it is so, for a second at most.
async fn within_a_second(ear: &mut Ear, is_so: impl Fn(&PodLink) -> bool) {
    assert!(hears(ear, Duration::from_secs(1), is_so).await, "not heard");
}

/// Whether it becomes so within this time, by news alone.
async fn hears(ear: &mut Ear, limit: Duration, is_so: impl Fn(&PodLink) -> bool) -> bool {
    let heard = async {
        loop {
            ear.heard().await;
            if is_so(&look(ear).await) {
                return;
            }
        }
    };
    tokio::time::timeout(limit, heard).await.is_ok()
}

fn addresses(link: &PodLink) -> Vec<String> {
    link.addresses.iter().map(ToString::to_string).collect()
}

#[tokio::test]
#[ignore = "netns"]
async fn a_change_by_hand_is_heard_within_a_second() {
    let (netns, mut ear) = pod();
    assert_eq!(addresses(&look(&mut ear).await), ["10.20.4.5"]);

    netns.ip("address add 2001:db8::5/64 dev green0").unwrap();
    netns.ip("address add 169.254.3.4/16 dev green0").unwrap();
    // until duplicates were looked for it may not be used; then there is news again
    let both = |link: &PodLink| addresses(link) == ["10.20.4.5", "2001:db8::5"];
    assert!(hears(&mut ear, Duration::from_secs(5), both).await);

    netns.ip("link set green0 mtu 1400").unwrap();
    within_a_second(&mut ear, |link| link.mtu_bytes == 1400).await;
    netns
        .ip("link set green0 address 02:00:00:00:00:07")
        .unwrap();
    within_a_second(&mut ear, |link| {
        link.mac.as_ref().unwrap().to_string() == "02:00:00:00:00:07"
    })
    .await;
    netns.ip("address flush dev green0 scope global").unwrap();
    within_a_second(&mut ear, |link| link.addresses.is_empty()).await;
}

#[tokio::test]
#[ignore = "netns"]
async fn a_namespace_that_is_another_by_now_is_not_taken_for_the_pods() {
    let (netns, _ear) = pod();
    let mut other = Ear::new(netns.path(), "4:1".to_owned());
    let names = || vec![name("green0")];
    let refused = other.look(names(), names()).await.unwrap_err();
    assert!(matches!(refused, EarError::Another { .. }), "{refused}");
    assert!(!other.is_there());

    // its number came back, with another pod in it
    let id = NetNs::open(&netns.path()).unwrap().id().to_string();
    let mut again = Ear::new(netns.path(), id);
    let blue = vec![name("blue0")];
    let refused = again.look(blue.clone(), blue).await.unwrap_err();
    assert!(matches!(refused, EarError::Foreign { .. }), "{refused}");
    assert!(!again.is_open());
}

#[tokio::test]
#[ignore = "netns"]
async fn a_namespace_whose_file_is_gone_is_let_go() {
    let (netns, mut ear) = pod();
    look(&mut ear).await;
    assert!(ear.is_there() && ear.is_open());
    drop(netns);
    assert!(!ear.is_there() && !ear.is_open());
    // nothing is heard of it any more
    let heard = tokio::time::timeout(Duration::from_millis(100), ear.heard()).await;
    assert!(heard.is_err());
}
