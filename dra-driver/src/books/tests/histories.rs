//! Whatever the kubelet asks, and however often we die: no device is two claims', and in the end nothing is left.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::scene::files_below;

/// What happens.
#[derive(Clone, Debug)]
enum Step {
    /// A claim is prepared that was allocated these devices.
    Prepare(u8, Vec<u8>),
    Unprepare(u8),
    /// A claim's pod is attached by what the claim's record says.
    Attach(u8),
    /// What is attached by a device is undone.
    Undo(u8),
    Restart,
    /// The checkpoint is torn, and we start anew.
    Tear,
    Sweep,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let claim = 0..4_u8;
    let devices = proptest::collection::btree_set(1..=4_u8, 1..3);
    let devices = devices.prop_map(|it| it.into_iter().collect::<Vec<_>>());
    let step = prop_oneof![
        6 => (claim.clone(), devices).prop_map(|(claim, devices)| Step::Prepare(claim, devices)),
        4 => claim.clone().prop_map(Step::Unprepare),
        3 => claim.prop_map(Step::Attach),
        3 => (1..=4_u8).prop_map(Step::Undo),
        1 => Just(Step::Restart),
        1 => Just(Step::Tear),
        2 => Just(Step::Sweep),
    ];
    proptest::collection::vec(step, 1..40)
}

/// A claim's UID.
fn of(claim: u8) -> String {
    format!("u{claim}")
}

struct History {
    desk: Desk,
    /// Which claim's pod each attached device is of.
    pods: BTreeMap<DeviceId, String>,
    /// Attached devices whose claims had left them when the checkpoint was torn: that is in no record.
    forgotten: BTreeSet<DeviceId>,
}

impl History {
    fn step(&mut self, step: &Step) {
        let desk = &mut self.desk;
        match step {
            Step::Prepare(claim, devices) => {
                let results = devices.iter().map(|it| result("main", *it)).collect();
                // refused or not: what is so then is looked at
                drop(desk.prepare(&of(*claim), results));
            }
            Step::Unprepare(claim) => desk.unprepare(&of(*claim)).unwrap(),
            Step::Attach(claim) => {
                let Some(claim) = desk.state.claims.get(&uid(&of(*claim))) else {
                    return;
                };
                for device in claim.held() {
                    let pod = self.pods.entry(device.device.clone());
                    pod.or_insert_with(|| claim.name.clone());
                }
                desk.attached = Some(self.pods.keys().cloned().collect());
            }
            Step::Undo(device) => {
                let device = claim_device(*device).device;
                self.pods.remove(&device);
                self.forgotten.remove(&device);
                desk.attached = Some(self.pods.keys().cloned().collect());
            }
            Step::Restart => desk.restart(),
            Step::Tear => {
                let path = desk.top.path().join("state/dra/checkpoint.json");
                if path.exists() {
                    let left = desk.state.leaving.iter().map(|it| it.device.device.clone());
                    self.forgotten
                        .extend(left.filter(|it| self.pods.contains_key(it)));
                    fs::write(path, b"torn").unwrap();
                    desk.restart();
                }
            }
            Step::Sweep => {
                let attached = desk.attached.clone();
                desk.books
                    .sweep(&mut desk.state, attached.as_ref())
                    .unwrap();
            }
        }
    }

    fn judge(&self) -> Result<(), TestCaseError> {
        let mut owners = BTreeMap::new();
        for hold in self.desk.state.holds() {
            let device = hold.device.device.clone();
            let before = owners.insert(device.clone(), hold.claim.clone());
            let same = before.is_none_or(|before| before == hold.claim);
            prop_assert!(same, "{device} is two claims'");
        }
        for (device, pod) in &self.pods {
            let owner = owners.get(device).map(Uid::as_str);
            if owner.is_none() && self.forgotten.contains(device) {
                continue;
            }
            prop_assert_eq!(owner, Some(pod.as_str()), "{} is attached", device);
        }
        let kept = self.desk.books.open().unwrap().state;
        prop_assert_eq!(&kept, &self.desk.state, "nothing is only in memory");
        let mut records = claims(&self.desk.top.path().join("run"), None)
            .unwrap()
            .found;
        records.sort_by(|one, two| one.uid.cmp(&two.uid));
        let recorded = records.iter().map(|it| it.uid.as_str());
        let prepared = kept.claims.keys().map(Uid::as_str);
        prop_assert!(
            recorded.eq(prepared),
            "each claim has its record and no other"
        );
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// DRA-11, DRA-15, invariant 4.
    #[test]
    fn no_device_is_two_claims_and_in_the_end_nothing_is_left(steps in steps()) {
        let mut history = History { desk: Desk::new(), pods: BTreeMap::new(), forgotten: BTreeSet::new() };
        for step in &steps {
            history.step(step);
            history.judge()?;
        }
        for claim in 0..4 {
            history.step(&Step::Unprepare(claim));
        }
        for device in 1..=4 {
            history.step(&Step::Undo(device));
        }
        history.step(&Step::Sweep);
        prop_assert_eq!(&history.desk.state, &State::default());
        let left = files_below(history.desk.top.path());
        prop_assert!(left.is_empty(), "{:?}", left);
    }
}
