//! The plugin killed in front of every system call that it makes, and with every kind of system call
//! failing: what a runtime does next leaves the node as it was. An oracle of `ip` and the folders
//! judges.
//!
//! Left to others: real VFs (`nodes_attach.rs`).

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "test"
)]

#[path = "netns_crash/arena.rs"]
mod arena;
#[path = "netns_crash/call.rs"]
mod call;
#[path = "netns_crash/errors.rs"]
mod errors;
#[path = "looked/links.rs"]
mod links;
#[path = "netns_crash/soak.rs"]
mod soak;
#[path = "netns_crash/state.rs"]
mod state;
#[path = "netns_crash/subject.rs"]
mod subject;
#[path = "netns_crash/sweep.rs"]
mod sweep;

use std::time::Instant;

use subject::Subject;
use sweep::Sweep;

/// I1, I2, I3: kills at every system call of ADD and DEL.
fn killed_at_every_call(subject: Subject) {
    let begun = Instant::now();
    let mut sweep = Sweep::new(subject).unwrap();
    let adds = sweep.adds().unwrap();
    let dels = sweep.dels().unwrap();
    println!(
        "{subject:?}: ADD has {adds} system calls, DEL {dels}; {} ({:.0} s)",
        sweep.count,
        begun.elapsed().as_secs_f32()
    );
    assert!(sweep.count.kills + 20 > adds + dels, "{}", sweep.count);
}

/// CNI-ADD-3, CNI-ADD-4, CNI-DEL-1.
#[test]
#[ignore = "netns"]
fn a_host_device_comes_back_after_a_kill_at_any_system_call() {
    killed_at_every_call(Subject::HostDevice);
}

/// CNI-ADD-3, CNI-ADD-4, CNI-DEL-1.
#[test]
#[ignore = "netns"]
fn a_macvlan_child_is_gone_after_a_kill_at_any_system_call() {
    killed_at_every_call(Subject::Macvlan);
}

/// CNI-ADD-3: every kind of system call that can run out of something does so once, at each place.
#[test]
#[ignore = "netns"]
fn a_system_call_that_fails_at_any_place_leaves_nothing() {
    for subject in [Subject::HostDevice, Subject::Macvlan] {
        let begun = Instant::now();
        let tried = errors::everywhere(subject).unwrap();
        println!(
            "{subject:?}: {tried} ({:.0} s)",
            begun.elapsed().as_secs_f32()
        );
    }
}

#[test]
#[ignore = "netns"]
fn a_full_disk_fails_an_add_before_the_device_is_touched() {
    errors::full_disk(Subject::HostDevice).unwrap();
    errors::full_disk(Subject::Macvlan).unwrap();
}

/// I1, I2, I3, I6. `cargo xtask soak` asks for more of it.
#[test]
#[ignore = "netns"]
fn kills_by_chance_leave_nothing() {
    let report = soak::run(soak::Plan::asked()).unwrap();
    println!("{report}");
    assert_eq!(report.leaks, Vec::<String>::new());
}
