//! The kubelet for drivers behaves as Kubernetes' does, seen by a driver that is made here.

use std::time::Duration;

use super::options::{HEALTH_V1, HEALTH_V1ALPHA1, PLUGIN_V1, PLUGIN_V1BETA1};
use super::*;

const TOY: &str = "toy.example.com";
const LIMIT: Duration = Duration::from_secs(20);

fn rules(kubelet: &DraKubelet) -> Vec<&'static str> {
    kubelet
        .breaches()
        .iter()
        .map(|breach| breach.rule)
        .collect()
}

fn announced(kubelet: &DraKubelet, services: &[&str]) -> OtherDriver {
    let toy = OtherDriver::serve(kubelet, TOY).unwrap();
    toy.announce(kubelet, "toy-reg.sock", services).unwrap();
    toy
}

fn quiet() -> Options {
    Options {
        health_services: vec![],
        ..Options::default()
    }
}

const ALL: [&str; 4] = [PLUGIN_V1, PLUGIN_V1BETA1, HEALTH_V1, HEALTH_V1ALPHA1];

#[tokio::test]
async fn claims_are_prepared_once_and_again_behind_a_restart() {
    let kubelet = DraKubelet::start(quiet()).unwrap();
    let toy = announced(&kubelet, &ALL);
    let used = |kubelet: &DraKubelet| kubelet.drivers(TOY).len() == 1;
    kubelet.until(LIMIT, used).await.unwrap();
    let claim = [ClaimName::new("net", "u1")];
    toy.prepares(Says::No("not today"));
    let started = kubelet.start_pod("web", TOY, &claim).await.unwrap();
    let told = started.unwrap_err().to_string();
    assert_eq!(told, "claim u1: not today");
    toy.prepares(Says::Has("main"));
    for _ in 0..2 {
        let started = kubelet.start_pod("web", TOY, &claim).await.unwrap();
        assert_eq!(started.unwrap()[0].requests, ["main"]);
    }
    let other = [ClaimName::new("net", "u2")];
    let old = kubelet.start_pod("db", TOY, &other).await.unwrap();
    assert_eq!(old, Err(PodError::OldClaim("u1".into())));
    kubelet.restart().unwrap();
    kubelet.until(LIMIT, used).await.unwrap();
    kubelet
        .start_pod("web", TOY, &claim)
        .await
        .unwrap()
        .unwrap();
    kubelet.end_pod("web").await.unwrap().unwrap();
    let asked = kubelet.happened();
    let prepared = asked.iter().filter(|it| matches!(it, What::Prepare { .. }));
    assert_eq!((prepared.count(), kubelet.claims().len()), (3, 0));
    assert_eq!(rules(&kubelet), [""; 0]);
}

#[tokio::test]
async fn what_breaks_the_protocol_is_recorded() {
    let kubelet = DraKubelet::start(quiet()).unwrap();
    let toy = announced(&kubelet, &[PLUGIN_V1BETA1, PLUGIN_V1]);
    let used = |kubelet: &DraKubelet| kubelet.drivers(TOY).len() == 1;
    kubelet.until(LIMIT, used).await.unwrap();
    assert_eq!(rules(&kubelet), ["DRA-04"]);
    // its order counts, not the kubelet's
    let by_beta =
        |it: &What| matches!(it, What::Registered { service, .. } if service == PLUGIN_V1BETA1);
    assert!(kubelet.happened().iter().any(by_beta));
    toy.announce(&kubelet, "again-reg.sock", &ALL).unwrap();
    let refused = |_: &DraKubelet| toy.told().len() > 1;
    kubelet.until(LIMIT, refused).await.unwrap();
    assert!(toy.told()[1].contains("already registered"));
    std::fs::remove_file(kubelet.plugins_registry().join("toy-reg.sock")).unwrap();
    let other = |kubelet: &DraKubelet| {
        kubelet
            .happened()
            .iter()
            .any(|it| matches!(it, What::Gone { .. }))
            && used(kubelet)
    };
    kubelet.until(LIMIT, other).await.unwrap();
    toy.prepares(Says::Nothing);
    let skipped = kubelet.start_pod("web", TOY, &[ClaimName::new("net", "u1")]);
    let skipped = skipped.await.unwrap().unwrap_err();
    assert_eq!(skipped, PodError::Skipped("u1".into()));
    toy.prepares(Says::Has("main/sub"));
    let started = kubelet.start_pod("web", TOY, &[ClaimName::new("net", "u1")]);
    started.await.unwrap().unwrap();
    let rules = rules(&kubelet);
    assert!(rules.ends_with(&["DRA-10", "DRA-13"]), "{rules:?}");
    assert!(rules.contains(&"DRA-06"));
}

#[tokio::test]
async fn health_that_nobody_serves_is_a_breach_where_all_are_asked() {
    let kubelet = DraKubelet::start(Options::v1_36()).unwrap();
    let _toy = announced(&kubelet, &ALL);
    let breach = |kubelet: &DraKubelet| rules(kubelet).contains(&"DRA-33");
    kubelet.until(LIMIT, breach).await.unwrap();
    assert_eq!(kubelet.health("p", "d"), (Health::Unknown, String::new()));
    kubelet.stop();
}

/// A pod of a claim with devices of two drivers, the toy asked first.
fn of_both() -> [PodClaim; 1] {
    [PodClaim::new(
        &ClaimName::new("net", "u1"),
        &[TOY, "other.example.com"],
    )]
}

fn asked(kubelet: &DraKubelet) -> (usize, usize) {
    let all = kubelet.happened();
    let count = |so: fn(&What) -> bool| all.iter().filter(|it| so(it)).count();
    (
        count(|it| matches!(it, What::Prepare { .. })),
        count(|it| matches!(it, What::Unprepare { .. })),
    )
}

#[tokio::test]
async fn a_pod_is_tried_until_every_driver_has_done_its_part_and_each_is_asked_again() {
    let kubelet = DraKubelet::start(quiet()).unwrap();
    let _toy = announced(&kubelet, &ALL);
    kubelet.bind_pod("web", &of_both());
    let missing = PodPhase::Pending(Some(PodError::NotRegistered("other.example.com".into())));
    let is = |phase: PodPhase| move |it: &DraKubelet| it.phase("web").as_ref() == Some(&phase);
    kubelet.until(LIMIT, is(missing)).await.unwrap();
    assert_eq!((asked(&kubelet), kubelet.claims().len()), ((0, 0), 0));
    let other = OtherDriver::serve(&kubelet, "other.example.com").unwrap();
    other.prepares(Says::No("not today"));
    other.announce(&kubelet, "other-reg.sock", &ALL).unwrap();
    let twice = |kubelet: &DraKubelet| asked(kubelet).0 >= 4;
    kubelet.until(LIMIT, twice).await.unwrap();
    other.prepares(Says::Has("main"));
    let runs =
        |it: &DraKubelet| matches!(it.phase("web"), Some(PodPhase::Running(its)) if its.len() == 2);
    kubelet.until(LIMIT, runs).await.unwrap();
    other.undoes(Says::No("not today"));
    kubelet.delete_pod("web");
    let twice = |kubelet: &DraKubelet| asked(kubelet).1 >= 4;
    kubelet.until(LIMIT, twice).await.unwrap();
    assert_eq!(kubelet.claims(), ["u1"]);
    other.undoes(Says::Has(""));
    let gone = |kubelet: &DraKubelet| kubelet.phase("web").is_none();
    kubelet.until(LIMIT, gone).await.unwrap();
    assert_eq!(kubelet.claims(), [""; 0]);
    assert_eq!(rules(&kubelet), [""; 0]);
}

#[tokio::test]
async fn a_pod_that_was_deleted_before_it_was_started_is_never_prepared() {
    let kubelet = DraKubelet::prepare(quiet()).unwrap();
    let claim = PodClaim::new(&ClaimName::new("net", "u1"), &[TOY]);
    kubelet.bind_pod("web", std::slice::from_ref(&claim));
    kubelet.delete_pod("web");
    kubelet.bind_pod("db", &[claim]);
    kubelet.run().unwrap();
    let _toy = announced(&kubelet, &ALL);
    let runs = |it: &DraKubelet| matches!(it.phase("db"), Some(PodPhase::Running(_)));
    kubelet.until(LIMIT, runs).await.unwrap();
    assert_eq!((kubelet.phase("web"), asked(&kubelet)), (None, (1, 0)));
    // one that runs is not asked for again behind a restart
    kubelet.restart().unwrap();
    let used = |kubelet: &DraKubelet| kubelet.drivers(TOY).len() == 1;
    kubelet.until(LIMIT, used).await.unwrap();
    kubelet.delete_pod("db");
    let gone = |kubelet: &DraKubelet| kubelet.phase("db").is_none();
    kubelet.until(LIMIT, gone).await.unwrap();
    assert_eq!(asked(&kubelet), (1, 1));
}
