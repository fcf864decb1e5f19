//! One device, one holder, whatever happens.

use std::time::Duration;

use super::*;
use crate::grant::examples;
use proptest::prelude::*;

const UNSEEN: Duration = Duration::from_mins(5);

fn green() -> ResourceName {
    "colvin.dev/green".parse().unwrap()
}

fn blue() -> ResourceName {
    "colvin.dev/blue".parse().unwrap()
}

fn holder(pod: &str) -> Holder {
    Holder {
        namespace: "default".into(),
        pod: pod.into(),
        container: "main".into(),
    }
}

fn wanted(ids: &[&str]) -> Vec<(DeviceId, Place)> {
    let of = |text: &&str| {
        let id: DeviceId = text.parse().unwrap();
        let device = if text.contains('/') {
            Some(examples::share(text).device)
        } else {
            // an auxiliary device is its id
            (!text.contains("sf")).then(|| examples::vf(text).device)
        };
        (id.clone(), Place::of(&id, device.as_ref()))
    };
    ids.iter().map(of).collect()
}

fn answer(held: &[(&ResourceName, &str, &str)]) -> Answer {
    let held = held.iter().map(|(resource, id, pod)| {
        let key = ((*resource).clone(), id.parse().unwrap());
        (key, holder(pod))
    });
    Answer {
        held: held.collect(),
        complete: true,
    }
}

fn key(resource: &ResourceName, id: &str) -> Key {
    (resource.clone(), id.parse().unwrap())
}

#[test]
fn a_device_of_one_resource_is_refused_to_another() {
    let (mut state, now) = (State::default(), Instant::now());
    state
        .claim(&green(), wanted(&["0000:3b:00.2"]), now)
        .unwrap();
    let both = wanted(&["0000:3b:00.3", "0000:3b:00.2"]);
    let conflict = state.claim(&blue(), both, now).unwrap_err();
    let text = "0000:3b:00.2 is held as colvin.dev/green 0000:3b:00.2";
    assert_eq!(conflict.to_string(), text);
    assert!(
        !state.holds(&blue(), &"0000:3b:00.3".parse().unwrap()),
        "all or none"
    );
    state
        .claim(&green(), wanted(&["0000:3b:00.2"]), now)
        .unwrap();
}

#[test]
fn shares_share_their_uplink_and_keep_it_from_who_wants_it_whole() {
    let (mut state, now) = (State::default(), Instant::now());
    state
        .claim(&green(), wanted(&["0000:3b:00.0/0"]), now)
        .unwrap();
    state
        .claim(&blue(), wanted(&["0000:3b:00.0/0"]), now)
        .unwrap();
    let whole = "intel.com/pf".parse().unwrap();
    state
        .claim(&whole, wanted(&["0000:3b:00.0"]), now)
        .unwrap_err();
}

#[test]
fn a_claim_that_is_undone_leaves_what_was() {
    let (mut state, now) = (State::default(), Instant::now());
    state
        .claim(&green(), wanted(&["0000:3b:00.2"]), now)
        .unwrap();
    state.apply(
        answer(&[(&green(), "0000:3b:00.2", "web")]),
        now,
        UNSEEN,
        now,
    );
    let before = state.holders();
    let claim = state.claim(&green(), wanted(&["0000:3b:00.2", "0000:3b:00.3"]), now);
    assert_ne!(state.holders(), before);
    state.undo(claim.unwrap());
    assert_eq!(state.holders(), before);
}

#[test]
fn dp_16_a_device_is_its_pods_by_the_kubelets_word_and_free_by_it() {
    let (mut state, start) = (State::default(), Instant::now());
    let later = start + Duration::from_secs(1);
    state
        .claim(&green(), wanted(&["0000:3b:00.2"]), start)
        .unwrap();
    assert!(state.has_unknown());
    let named = answer(&[(&green(), "0000:3b:00.2", "web")]);
    assert_eq!(state.apply(named, later, UNSEEN, later), []);
    let device = "0000:3b:00.2".parse().unwrap();
    assert_eq!(
        state.holders().holder(&green(), &device),
        Some(&holder("web"))
    );
    let free = state.apply(answer(&[]), later, UNSEEN, later);
    assert_eq!(free, [key(&green(), "0000:3b:00.2")]);
}

#[test]
fn a_device_that_no_pod_was_seen_with_is_free_only_after_a_while() {
    let (mut state, start) = (State::default(), Instant::now());
    state
        .claim(&green(), wanted(&["0000:3b:00.2"]), start)
        .unwrap();
    let soon = start + UNSEEN / 2;
    assert_eq!(state.apply(answer(&[]), soon, UNSEEN, soon), []);
    let late = start + UNSEEN;
    let free = state.apply(answer(&[]), late, UNSEEN, late);
    assert_eq!(free, [key(&green(), "0000:3b:00.2")]);
}

#[test]
fn an_answer_does_not_judge_what_was_given_out_after_it_was_asked_for() {
    let (mut state, asked) = (State::default(), Instant::now());
    state.apply(
        answer(&[(&green(), "0000:3b:00.2", "old")]),
        asked,
        UNSEEN,
        asked,
    );
    let later = asked + Duration::from_millis(1);
    state
        .claim(&green(), wanted(&["0000:3b:00.2"]), later)
        .unwrap();
    let late = later + UNSEEN;
    assert_eq!(state.apply(answer(&[]), asked, UNSEEN, late), []);
    state.apply(
        answer(&[(&green(), "0000:3b:00.2", "old")]),
        asked,
        UNSEEN,
        late,
    );
    assert!(state.has_unknown(), "the old pod is not the new holder");
}

#[test]
fn an_answer_that_does_not_know_the_pods_frees_nothing_and_is_not_fresh() {
    let (mut state, now) = (State::default(), Instant::now());
    state.apply(
        answer(&[(&green(), "0000:3b:00.2", "web")]),
        now,
        UNSEEN,
        now,
    );
    let mut state_of_another_run = State::default();
    state_of_another_run
        .claim(&green(), wanted(&["0000:3b:00.2"]), now)
        .unwrap();
    let empty = Answer::default();
    let late = now + UNSEEN * 2;
    assert_eq!(state.apply(empty.clone(), late, UNSEEN, late), []);
    assert_eq!(state_of_another_run.apply(empty, late, UNSEEN, late), []);
    assert!(state.is_fresh() && !state_of_another_run.is_fresh());
}

#[derive(Clone, Debug)]
enum Step {
    Claim {
        resource: usize,
        ids: BTreeSet<usize>,
    },
    Undo {
        resource: usize,
        ids: BTreeSet<usize>,
    },
    PodsEnd,
}

fn step() -> impl Strategy<Value = Step> {
    let of = || (0..3usize, prop::collection::btree_set(0..IDS.len(), 1..3));
    prop_oneof![
        4 => of().prop_map(|(resource, ids)| Step::Claim { resource, ids }),
        1 => of().prop_map(|(resource, ids)| Step::Undo { resource, ids }),
        1 => Just(Step::PodsEnd),
    ]
}

const IDS: [&str; 6] = [
    "0000:3b:00.0",
    "0000:3b:00.2",
    "0000:3b:00.3",
    "0000:3b:00.0/0",
    "0000:3b:00.0/1",
    "mlx5_core.sf.4",
];

proptest! {
    /// Invariant 4.
    #[test]
    fn no_two_holders_are_ever_in_one_place(steps in prop::collection::vec(step(), 0..40)) {
        let names = ["colvin.dev/green", "colvin.dev/blue", "intel.com/nics"];
        let (mut state, now) = (State::default(), Instant::now());
        for step in steps {
            let texts = |ids: &BTreeSet<usize>| ids.iter().map(|it| IDS[*it]).collect::<Vec<_>>();
            match step {
                Step::Claim { resource, ids } => {
                    drop(state.claim(&names[resource].parse().unwrap(), wanted(&texts(&ids)), now));
                }
                Step::Undo { resource, ids } => {
                    let resource = names[resource].parse().unwrap();
                    let before = state.holders();
                    if let Ok(claim) = state.claim(&resource, wanted(&texts(&ids)), now) {
                        state.undo(claim);
                    }
                    prop_assert_eq!(state.holders(), before);
                }
                Step::PodsEnd => {
                    for key in state.apply(answer(&[]), now, Duration::ZERO, now) {
                        state.remove(&key);
                    }
                    prop_assert!(state.is_empty());
                }
            }
            let mut there: BTreeMap<&str, Vec<bool>> = BTreeMap::new();
            for ((_, id), _) in state.iter() {
                let (place, share) = id.as_str().split_once('/')
                    .map_or((id.as_str(), false), |(it, _)| (it, true));
                there.entry(place).or_default().push(share);
            }
            for (place, shares) in there {
                let alone = shares.len() == 1 || shares.iter().all(|share| *share);
                prop_assert!(alone, "{} is held {} times", place, shares.len());
            }
        }
    }
}
