//! Each claim is answered for itself, in time, whatever breaks down.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use super::*;
use crate::Pace;
use crate::claim::{ClaimReadError, ClaimReader};
use crate::scene::{NO_NODES, devices, read, result, settings};

/// Reads claims whose names say what becomes of it.
#[derive(Default)]
struct Odd {
    asked: Mutex<Vec<String>>,
}

#[tonic::async_trait]
impl ClaimReader for Odd {
    async fn get(&self, _: &str, name: &str) -> Result<ReadClaim, ClaimReadError> {
        self.asked.lock().unwrap().push(name.to_owned());
        match name {
            "panics" => panic!("as it was asked to"),
            "hangs" => std::future::pending().await,
            "gone" => Err(ClaimReadError::NotFound),
            "second" => Ok(read("second", vec![result("main", 2)])),
            name => Ok(read(name, vec![result("main", 1)])),
        }
    }
}

fn driver(top: &Path) -> Arc<Driver> {
    let settings = Settings {
        pace: Pace {
            read: Duration::from_millis(50),
            call: Duration::from_secs(20),
            ..Pace::default()
        },
        ..settings(top)
    };
    of(settings)
}

fn of(settings: Settings) -> Arc<Driver> {
    let inputs = Inputs {
        devices: watch::Sender::new(Arc::new(devices(4))).subscribe(),
        others: watch::Sender::new(Arc::default()).subscribe(),
        attached: watch::Sender::new(Some(Arc::new(BTreeSet::new()))).subscribe(),
        claims: Arc::new(Odd::default()),
        nodes: Arc::new(NO_NODES),
    };
    let claimed = watch::Sender::new(None);
    Arc::new(Driver::new(settings, inputs, claimed, Arc::new(Clumsy)))
}

/// Who hears of what happened breaks down each time.
struct Clumsy;

impl Report for Clumsy {
    fn prepared(&self, _: &str, _: &str, _: usize, _: Duration) {
        panic!("as it was asked to");
    }

    fn prepare_failed(&self, _: &str, _: &str, _: &'static str, _: &str) {
        panic!("as it was asked to");
    }

    fn claimed_changed(&self, _: &Claimed) {
        panic!("as it was asked to");
    }
}

fn claimed(driver: &Driver) -> Arc<Claimed> {
    driver.claimed.borrow().clone().unwrap()
}

fn named(name: &str) -> Named {
    Named {
        namespace: "default".into(),
        uid: name.into(),
        name: name.into(),
    }
}

fn refusal<T>(became: &Became<T>, uid: &str) -> String {
    let one = became.iter().find(|(name, _)| name == uid);
    match &one.unwrap().1 {
        Ok(_) => panic!("{uid} is refused"),
        Err(message) => message.clone(),
    }
}

/// DRA-10, DRA-37: a claim that fails, or breaks us down, is one claim's error.
#[tokio::test]
async fn dra_10_every_claim_that_was_asked_for_is_in_the_answer() {
    let top = tempfile::tempdir().unwrap();
    let driver = driver(top.path());
    let mut all: Vec<_> = ["panics", "first", "hangs", "gone", "second", "third"]
        .map(named)
        .into();
    all.push(Named {
        uid: "../../x".into(),
        ..named("odd")
    });
    all.push(Named {
        namespace: "..".into(),
        ..named("odder")
    });
    let became = driver.prepare(all).await;
    let uids: Vec<_> = became.iter().map(|(uid, _)| uid.as_str()).collect();
    let expected = [
        "panics", "first", "hangs", "gone", "second", "third", "../../x", "odder",
    ];
    assert_eq!(uids, expected);
    for (uid, part) in [
        (
            "panics",
            "ResourceClaim default/panics: the driver broke down in this call; look ",
        ),
        (
            "hangs",
            "ResourceClaim default/hangs: the API server did not answer within 50ms; it is ",
        ),
        (
            "gone",
            "ResourceClaim default/gone: there is no such ResourceClaim; correct ",
        ),
        (
            "third",
            "0000:3b:00.1 is held by the claim default/first (first); delete the pod that ",
        ),
        ("../../x", "the kubelet's UID is none: "),
        ("odder", "\"..\" is no name of a namespace or a claim"),
    ] {
        let told = refusal(&became, uid);
        assert!(told.contains(part), "{told} has no {part}");
    }
    for uid in ["first", "second"] {
        let one = became.iter().find(|(name, _)| name == uid).unwrap();
        assert_eq!(one.1.as_ref().unwrap().len(), 1, "{uid}");
    }
    assert_eq!(claimed(&driver).0.len(), 2);
}

/// DRA-11.
#[tokio::test]
async fn dra_11_a_claim_that_is_not_known_is_undone_already() {
    let top = tempfile::tempdir().unwrap();
    let driver = driver(top.path());
    driver.prepare(vec![named("first")]).await;
    let odd = Named {
        uid: "../../x".into(),
        ..named("odd")
    };
    let first = Named {
        name: "?".into(),
        ..named("first")
    };
    // the claim may be gone and its name too: nothing is read
    let became = driver.unprepare(vec![first, named("never"), odd]).await;
    assert!(became.iter().all(|(_, it)| it.is_ok()), "{became:?}");
    assert_eq!(became.len(), 3);
    assert!(claimed(&driver).0.is_empty());
}

/// DRA-10: the kubelet waits for 45 s.
#[tokio::test]
async fn dra_10_a_call_ends_in_time_though_another_process_has_the_lock() {
    assert!(Pace::default().call < Duration::from_secs(45));
    let top = tempfile::tempdir().unwrap();
    let mut settings = settings(top.path());
    settings.pace.call = Duration::from_millis(100);
    let (one, two) = (of(settings.clone()), of(settings));
    let until = Instant::now() + Duration::from_secs(20);
    let turn = one.turns.take(until).await.unwrap();
    let became = two.prepare(vec![named("first"), named("second")]).await;
    let first = refusal(&became, "first");
    assert!(
        first.contains("another call of the driver did not end in time"),
        "{first}"
    );
    assert!(refusal(&became, "second").contains("it took longer than 100ms"));
    drop(turn);
    assert!(two.claimed.borrow().is_none(), "nothing was done meanwhile");
}

/// DRA-37: what breaks down between the files is contained too, and what is on disk counts.
#[tokio::test]
async fn dra_37_work_that_breaks_down_is_one_claims_error() {
    let top = tempfile::tempdir().unwrap();
    let driver = driver(top.path());
    driver.prepare(vec![named("first")]).await;
    let until = Instant::now() + Duration::from_secs(20);
    let done = driver.in_turn(until, vec![1, 2, 3], |_, state, _, number| {
        let claims = state.claims.len();
        state.claims.clear();
        assert!(number != 2, "as it was asked to");
        Ok(claims)
    });
    let done: Vec<_> = done.await.into_iter().map(Result::ok).collect();
    assert_eq!(done, [Some(1), None, Some(1)]);
}

/// DRA-37.
#[tokio::test]
async fn dra_37_calls_are_numbered() {
    let top = tempfile::tempdir().unwrap();
    let driver = driver(top.path());
    for number in 1..4 {
        assert_eq!(driver.calls.load(Ordering::Relaxed), number);
        driver.unprepare(vec![]).await;
    }
}
