//! Claims become prepared and are so no more, with all their files.

mod histories;
mod killed;
mod lost;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use colvin_attach::record::{ClaimRecord, claims};
use colvin_model::offer::DeviceId;
use tempfile::TempDir;

use super::*;
use crate::claim::AllocationResult;
use crate::scene::{
    NO_NODES, asked, claim_device, devices, files_below, read, result, settings, uid,
};

/// A node with its books.
pub(super) struct Desk {
    pub(super) top: TempDir,
    pub(super) books: Books,
    pub(super) state: State,
    pub(super) devices: Devices,
    pub(super) others: Holders,
    pub(super) attached: Option<BTreeSet<DeviceId>>,
}

impl Desk {
    pub(super) fn new() -> Self {
        let top = tempfile::tempdir().unwrap();
        Self {
            books: Books::new(&settings(top.path())),
            state: State::default(),
            devices: devices(4),
            others: Holders::default(),
            attached: Some(BTreeSet::new()),
            top,
        }
    }

    /// The next process of ours.
    pub(super) fn restart(&mut self) {
        self.books = Books::new(&settings(self.top.path()));
        self.state = self.books.open().unwrap().state;
    }

    fn reboot(&mut self) {
        let mut settings = settings(self.top.path());
        for folder in [&settings.folders.run, &settings.folders.cdi] {
            fs::remove_dir_all(folder).unwrap();
        }
        settings.boot_id = Some("boot-2".into());
        self.books = Books::new(&settings);
        self.state = self.books.open().unwrap().state;
    }

    pub(super) fn prepare(
        &mut self,
        of: &str,
        results: Vec<AllocationResult>,
    ) -> Result<Vec<Answer>, ClaimError> {
        self.prepare_read(of, Ok(read(of, results)))
    }

    fn prepare_read(
        &mut self,
        of: &str,
        read: Result<ReadClaim, ClaimError>,
    ) -> Result<Vec<Answer>, ClaimError> {
        let around = Around {
            devices: &self.devices,
            others: &self.others,
            attached: self.attached.as_ref(),
            nodes: &NO_NODES,
        };
        self.books
            .prepare(&mut self.state, &asked(of), read, around)
    }

    pub(super) fn unprepare(&mut self, of: &str) -> Result<(), ClaimError> {
        let attached = self.attached.as_ref();
        self.books.unprepare(&mut self.state, &uid(of), attached)
    }

    fn record(&self, of: &str) -> ClaimRecord {
        let records = claims(&self.top.path().join("run"), Some("boot-1")).unwrap();
        assert!(records.odd.is_empty(), "{:?}", records.odd);
        let mut found = records.found.into_iter();
        found.find(|record| record.uid == of).unwrap()
    }
}

fn message<T>(result: Result<T, ClaimError>) -> String {
    match result {
        Ok(_) => panic!("it is refused"),
        Err(error) => error.to_string(),
    }
}

const FILES: [&str; 4] = [
    "cdi/colvin-dra-u1.json",
    "cdi/colvin.dev_metadata_u1_main.json",
    "kubelet/plugins/colvin.dev/dra-device-metadata/default_u1/main/metadata.json",
    "run/claims/u1.json",
];

/// DRA-16, DRA-35: what `colvin-cni` and the runtime need is there before the kubelet is answered.
#[test]
fn a_prepared_claim_has_its_files_and_one_that_is_undone_has_none() {
    let mut desk = Desk::new();
    let answers = desk
        .prepare("u1", vec![result("main", 1), result("main", 2)])
        .unwrap();
    assert_eq!(answers.len(), 2);
    assert_eq!(files_below(desk.top.path()), FILES);
    let devices = [claim_device(1), claim_device(2)];
    assert_eq!(desk.record("u1").devices, devices);
    desk.unprepare("u1").unwrap();
    assert_eq!(files_below(desk.top.path()), [""; 0]);
    assert_eq!(desk.state, State::default());
}

/// DRA-10, DRA-11.
#[test]
fn to_prepare_or_undo_again_changes_nothing() {
    let mut desk = Desk::new();
    let results = vec![result("main/large", 1)];
    let first = desk.prepare("u1", results.clone()).unwrap();
    let spec = desk.top.path().join(FILES[0]);
    let written = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
    let (before, kept) = (written(&spec), desk.state.clone());
    desk.restart();
    assert_eq!(desk.prepare("u1", results).unwrap(), first);
    assert_eq!((written(&spec), &desk.state), (before, &kept));
    for _ in 0..2 {
        desk.unprepare("u1").unwrap();
        desk.restart();
    }
    desk.unprepare("never-known").unwrap();
    assert_eq!(desk.state, State::default());
}

/// DRA-09.
#[test]
fn the_claim_must_be_the_one_that_was_asked_for_and_allocated() {
    let mut desk = Desk::new();
    let other = read("u2", vec![result("main", 1)]);
    let told = message(desk.prepare_read("u1", Ok(other)));
    assert_eq!(
        told,
        "the API server has a claim of this name with the UID u2"
    );
    let mut none = read("u1", vec![]);
    none.allocation = None;
    assert_eq!(
        message(desk.prepare_read("u1", Ok(none))),
        "it has no allocation"
    );
    let gone = || Err(ClaimError::Read(ClaimReadError::NotFound));
    assert!(desk.prepare_read("u1", gone()).is_err());
    assert_eq!(files_below(desk.top.path()), [""; 0]);
    // of other drivers' devices nothing is ours to do
    assert_eq!(desk.prepare("u1", vec![]).unwrap(), []);
    assert_eq!(desk.state, State::default());
}

/// DRA-15, invariant 4.
#[test]
fn a_device_of_another_claim_or_of_the_device_plugin_is_refused_with_its_holder() {
    let mut desk = Desk::new();
    desk.prepare("u1", vec![result("main", 1)]).unwrap();
    let results = vec![result("main", 2), result("main", 1)];
    let told = message(desk.prepare("u2", results));
    assert_eq!(told, "0000:3b:00.1 is held by the claim default/u1 (u1)");
    let resource = "colvin.dev/green".parse().unwrap();
    let devices = desk.others.held.entry(resource).or_default();
    devices.insert(claim_device(3).device, None);
    let told = message(desk.prepare("u3", vec![result("main", 3)]));
    assert!(
        told.starts_with("0000:3b:00.3 is held as colvin.dev/green"),
        "{told}"
    );
    assert_eq!(files_below(desk.top.path()), FILES, "of the first claim");
    desk.unprepare("u1").unwrap();
    assert!(desk.prepare("u2", vec![result("main", 1)]).is_ok());
}

/// DRA-15: the device plugin's records tell before its book is told round.
#[test]
fn a_device_that_was_given_away_a_moment_ago_is_refused() {
    let mut desk = Desk::new();
    let folder = desk.top.path().join("run/outstanding");
    fs::create_dir_all(&folder).unwrap();
    let record = serde_json::json!({"version": 1, "resource": "colvin.dev/green", "network": "green",
        "device": "0000:3b:00.1", "kind": "VirtualFunction", "bootId": "boot-1",
        "namespace": "default", "pod": "web", "container": "main"});
    fs::write(folder.join("0000:3b:00.1.json"), record.to_string()).unwrap();
    let told = message(desk.prepare("u1", vec![result("main", 1)]));
    assert_eq!(
        told,
        "0000:3b:00.1 is held as colvin.dev/green by default/web (main)"
    );
}

/// DRA-08, RB-9.
#[test]
fn a_device_that_is_not_undone_yet_is_no_other_claims() {
    let mut desk = Desk::new();
    desk.prepare("u1", vec![result("main", 1)]).unwrap();
    desk.attached = Some([claim_device(1).device].into());
    desk.unprepare("u1").unwrap();
    assert_eq!(
        files_below(desk.top.path()),
        [""; 0],
        "all but the hold is gone"
    );
    desk.restart();
    let told = message(desk.prepare("u2", vec![result("main", 1)]));
    assert_eq!(
        told,
        "0000:3b:00.1 is still attached for the claim default/u1 (u1)"
    );
    desk.attached = Some(BTreeSet::new());
    assert!(desk.prepare("u2", vec![result("main", 1)]).is_ok());
    let attached = desk.attached.clone();
    desk.books
        .sweep(&mut desk.state, attached.as_ref())
        .unwrap();
    assert_eq!(desk.state.leaving, []);
}

/// DRA-17, RB-3: who looks at a device leaves it where it is, though a pod has it.
#[test]
fn a_claim_that_only_looks_is_prepared_beside_the_holder_and_nothing_is_attached_by_it() {
    let mut desk = Desk::new();
    desk.prepare("u2", vec![result("main", 1)]).unwrap();
    let mut look = result("main", 1);
    look.admin_access = true;
    let answers = desk.prepare("u1", vec![look]).unwrap();
    assert_eq!(answers[0].cdi, ["colvin.dev/metadata=u1_main"]);
    assert_eq!(desk.record("u1").devices, []);
    assert!(!desk.top.path().join(FILES[0]).exists());
    desk.unprepare("u1").unwrap();
    assert_eq!(desk.record("u2").devices, [claim_device(1)]);
}

/// DRA-19: only Unprepare takes away what Prepare gave.
#[test]
fn a_prepared_claim_without_a_sandbox_is_kept() {
    let mut desk = Desk::new();
    desk.prepare("u1", vec![result("main", 1)]).unwrap();
    // a claim that was left is what a sweep is for
    desk.prepare("u2", vec![result("main", 2)]).unwrap();
    desk.attached = None;
    desk.unprepare("u2").unwrap();
    for attached in [None, Some(BTreeSet::new())] {
        desk.books
            .sweep(&mut desk.state, attached.as_ref())
            .unwrap();
        desk.attached = attached;
        desk.prepare("u3", vec![result("main", 3)]).unwrap();
        desk.unprepare("u3").unwrap();
        desk.restart();
    }
    assert_eq!(files_below(desk.top.path()), FILES);
    assert!(desk.state.claims.contains_key(&uid("u1")));
}

/// DRA-16, invariant 15.
#[test]
fn parameters_that_a_claim_must_not_give_are_refused_with_their_place() {
    let mut desk = Desk::new();
    let mut claim = read("u1", vec![result("main", 1)]);
    let config = crate::claim::ClaimConfig {
        source: crate::claim::ConfigSource::FromClaim,
        requests: vec![],
        driver: crate::DRIVER.into(),
        parameters: serde_json::json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "AttachConfig", "vlan": 7}),
    };
    claim.allocation.as_mut().unwrap().config.push(config);
    let told = message(desk.prepare_read("u1", Ok(claim)));
    let place = "status.allocation.devices.config[0].opaque.parameters.vlan: ";
    assert!(told.starts_with(place), "{told}");
    assert_eq!(files_below(desk.top.path()), [""; 0]);
}
