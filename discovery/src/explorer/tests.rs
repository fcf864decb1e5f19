//! Discovery over sources that do as they are told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use super::step::failure;
use super::*;
use crate::source::{About, Looked, Round, SourceError};
use colvin_model::observation::{Look, PciFunction, Role};
use colvin_model::{DeviceId, FindingReason, Observation, PciAddress, PciClass, Subject};

/// What a told source does next, and the scopes it was asked for.
#[derive(Default)]
struct Told {
    answers: Vec<Result<Looked, &'static str>>,
    asked: Vec<&'static str>,
}

#[derive(Clone, Default)]
struct ToldSource(Arc<Mutex<Told>>);

impl Source for ToldSource {
    fn name(&self) -> &'static str {
        "told"
    }

    fn look(&mut self, round: Round<'_>) -> Result<Looked, SourceError> {
        let mut told = self.0.lock().unwrap();
        told.asked.push(match round.scope {
            Scope::All => "all",
            Scope::Dirty(_) => "dirty",
        });
        told.answers.remove(0).map_err(|why| SourceError {
            what: "the told things",
            not_permitted: false,
            source: why.into(),
        })
    }
}

fn nic(address: &str) -> (PciAddress, PciFunction) {
    let address = address.parse().unwrap();
    let function = PciFunction {
        address,
        class: PciClass::new(0x02_0000),
        id: DeviceId {
            vendor: 0x8086,
            device: 0x10c9,
        },
        subsystem: None,
        driver: Some("igb".into()),
        numa_node: None,
        iommu_group: None,
        pcie_root: None,
        role: Role::Physical { sriov: None },
        slot: None,
    };
    (address, function)
}

fn odd(address: &str) -> Finding {
    Finding::of_function(
        address.parse().unwrap(),
        FindingReason::UnreadableFile,
        "cannot read it",
    )
}

fn told(answers: Vec<Result<Looked, &'static str>>) -> (Discovery, ToldSource) {
    let source = ToldSource(Arc::new(Mutex::new(Told {
        answers,
        asked: Vec::new(),
    })));
    (
        Discovery::of_sources(vec![Box::new(source.clone())]),
        source,
    )
}

fn whole(functions: &[&str], findings: &[&str]) -> Looked {
    let all = functions.iter().map(|address| nic(address)).collect();
    let findings = findings.iter().map(|address| odd(address)).collect();
    Looked::whole(vec![Observation::Functions(Look::Whole(all))], findings)
}

#[test]
fn disc_06_a_source_that_fails_leaves_its_last_facts_and_one_finding() {
    let answers = vec![
        Ok(whole(&["0000:01:00.0"], &[])),
        Err("boom"),
        Err("boom"),
        Ok(whole(&["0000:01:00.0"], &[])),
    ];
    let (mut discovery, source) = told(answers);
    assert!(discovery.look_all(Duration::ZERO));
    let well = discovery.inventory().clone();
    assert_eq!(well.uplinks.len(), 1);

    assert!(discovery.look(&Dirty::default(), Duration::ZERO));
    assert_eq!(discovery.inventory().uplinks, well.uplinks);
    let failed = Finding::of_node(
        FindingReason::SourceFailed,
        "cannot look at the told things: boom; what was seen of it before stands",
    );
    assert_eq!(discovery.inventory().findings, [failed]);
    assert!(
        !discovery.look(&Dirty::default(), Duration::ZERO),
        "the same failure is no news"
    );

    assert!(discovery.look(&Dirty::default(), Duration::ZERO));
    assert_eq!(*discovery.inventory(), well);
    let asked = source.0.lock().unwrap().asked.clone();
    assert_eq!(
        asked,
        ["all", "dirty", "all", "all"],
        "after a failure a whole look is owed"
    );
}

#[test]
fn disc_05_a_look_at_a_part_replaces_the_findings_of_that_part_only() {
    let (first, second): (PciAddress, PciAddress) = (
        "0000:01:00.0".parse().unwrap(),
        "0000:02:00.0".parse().unwrap(),
    );
    let part = Looked {
        observations: vec![Observation::Functions(Look::Part(BTreeMap::from([(
            first, None,
        )])))],
        findings: Vec::new(),
        about: About::Only(BTreeSet::from([Subject::Function(first)])),
    };
    let answers = vec![
        Ok(whole(
            &["0000:01:00.0", "0000:02:00.0"],
            &["0000:01:00.0", "0000:02:00.0"],
        )),
        Ok(part),
    ];
    let (mut discovery, _source) = told(answers);
    discovery.look_all(Duration::ZERO);
    assert!(discovery.look(
        &Dirty {
            functions: BTreeSet::from([first]),
            ..Dirty::default()
        },
        Duration::ZERO
    ));
    assert_eq!(discovery.inventory().findings, [odd("0000:02:00.0")]);
    assert_eq!(discovery.inventory().uplink_at(first), None);
    assert!(discovery.inventory().uplink_at(second).is_some());
}

#[test]
fn disc_27_a_lost_event_is_a_look_at_everything() {
    let answers = vec![Ok(whole(&[], &[])), Ok(whole(&["0000:01:00.0"], &[]))];
    let (mut discovery, source) = told(answers);
    discovery.look_all(Duration::ZERO);
    assert!(discovery.look(&Dirty::everything(), Duration::ZERO));
    assert_eq!(source.0.lock().unwrap().asked, ["all", "all"]);
}

#[test]
fn what_is_not_permitted_says_what_to_do() {
    let error = SourceError {
        what: "the told things",
        not_permitted: true,
        source: "no".into(),
    };
    let finding = failure(&error);
    assert_eq!(finding.reason, FindingReason::NotPermitted);
    assert!(
        finding.message.contains("run as root"),
        "{}",
        finding.message
    );
}

#[test]
fn a_source_that_failed_is_asked_again_though_nothing_happens() {
    let answers = vec![Err("boom"), Ok(whole(&["0000:01:00.0"], &[]))];
    let (mut discovery, _source) = told(answers);
    let now = Duration::from_secs(7);
    discovery.look_all(now);
    assert_eq!(discovery.next_due(now), Some(now + RETRY));
    discovery.look(&Dirty::default(), now + RETRY);
    assert_eq!(discovery.inventory().uplinks.len(), 1);
    assert_eq!(discovery.next_due(now + RETRY), None);
}
