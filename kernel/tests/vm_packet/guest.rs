//! A test that runs itself once more inside the guest.
#![expect(clippy::unwrap_used, reason = "test")]

use colvin_testkit::vm::Scenario;

/// Set where a test runs for the second time, inside the guest.
const INSIDE: &str = "COLVIN_INSIDE_THE_GUEST";

/// Does the work inside the guest, by running the test with this name there.
pub(crate) fn in_the_guest(name: &str, work: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        return work();
    }
    let scenario = Scenario::shared().unwrap();
    let program = std::env::current_exe().unwrap();
    let program = program.to_str().unwrap();
    let output = scenario
        .vm
        .run(&format!(
            "ip link set pf0 up; ip link set pf1 up; {INSIDE}=1 {program} --ignored --exact {name} --nocapture"
        ))
        .unwrap();
    assert!(
        output.status == 0 && output.stdout.contains("1 passed"),
        "{}\n{}\n{}",
        output.stdout,
        output.stderr,
        scenario.vm.report()
    );
}
