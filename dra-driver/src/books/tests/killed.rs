//! Killed between any two steps of Prepare and Unprepare, the next process finds what it needs to go on, or to go back.

use super::*;
use crate::files::death;

/// The most steps that any of it has.
const MANY: usize = 200;

fn results() -> Vec<AllocationResult> {
    vec![result("main", 1), result("other", 2)]
}

/// What is left on the node. Unfinished files are overwritten by whoever writes there next, and passed over by all who
/// read.
fn left(desk: &Desk) -> Vec<String> {
    let mut files = files_below(desk.top.path());
    files.retain(|path| Path::new(path).extension().is_none_or(|it| it != "tmp"));
    files
}

/// One whose checkpoint is there already, as on any node but a new one.
fn used() -> Desk {
    let mut desk = Desk::new();
    desk.prepare("u0", vec![result("main", 4)]).unwrap();
    desk.unprepare("u0").unwrap();
    desk
}

/// All is well behind a kill: the kubelet asks again, has it undone, and gives the devices to another claim.
fn goes_on(mut desk: Desk, expected: &[String], steps: usize) {
    desk.restart();
    assert!(desk.prepare("u1", results()).is_ok(), "after {steps} steps");
    assert_eq!(left(&desk), expected, "after {steps} steps");
    goes_back(desk, steps);
}

fn goes_back(mut desk: Desk, steps: usize) {
    desk.restart();
    desk.unprepare("u1").unwrap();
    desk.restart();
    assert_eq!(desk.state, State::default(), "after {steps} steps");
    assert_eq!(left(&desk), [""; 0], "after {steps} steps");
    assert!(desk.prepare("u2", results()).is_ok(), "after {steps} steps");
}

/// DRA-10, DRA-11: nothing is only in memory.
#[test]
fn prepare_may_end_anywhere() {
    let mut whole = Desk::new();
    whole.prepare("u1", results()).unwrap();
    let expected = files_below(whole.top.path());
    for steps in 0..MANY {
        for (back, new) in [(false, false), (true, false), (false, true), (true, true)] {
            let mut desk = if new { Desk::new() } else { used() };
            let ((), ended) = death::after(steps, || drop(desk.prepare("u1", results())));
            if !ended {
                assert!(steps > 10, "there are steps in it");
                return;
            }
            if back {
                goes_back(desk, steps);
            } else {
                goes_on(desk, &expected, steps);
            }
        }
    }
    panic!("it never ends");
}

/// DRA-10, DRA-11.
#[test]
fn unprepare_may_end_anywhere() {
    let mut whole = Desk::new();
    whole.prepare("u1", results()).unwrap();
    let expected = files_below(whole.top.path());
    for steps in 0..MANY {
        for back in [false, true] {
            let mut desk = Desk::new();
            desk.prepare("u1", results()).unwrap();
            let ((), ended) = death::after(steps, || drop(desk.unprepare("u1")));
            if !ended {
                assert!(steps > 5, "there are steps in it");
                return;
            }
            if back {
                goes_back(desk, steps);
            } else {
                goes_on(desk, &expected, steps);
            }
        }
    }
    panic!("it never ends");
}

/// One that is torn when we are killed is put aside by the next process, and nothing is lost.
#[test]
fn to_put_a_checkpoint_aside_may_end_anywhere() {
    for steps in 0..MANY {
        let mut desk = Desk::new();
        desk.prepare("u1", results()).unwrap();
        let checkpoint = desk.top.path().join("state/dra/checkpoint.json");
        fs::write(&checkpoint, b"torn").unwrap();
        let ((), ended) = death::after(steps, || drop(desk.books.open()));
        desk.restart();
        let held: Vec<_> = desk.state.holds().map(|it| it.device.device).collect();
        assert_eq!(held, [claim_device(1).device, claim_device(2).device]);
        assert!(desk.prepare("u2", results()).is_err());
        if !ended {
            return;
        }
    }
    panic!("it never ends");
}
