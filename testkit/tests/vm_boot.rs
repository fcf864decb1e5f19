//! The bench itself: what the other VM tests take for granted.

use colvin_testkit::vm::Scenario;

#[test]
#[ignore = "vm"]
fn a_guest_boots_and_runs_a_command() {
    let bench = Scenario::shared().unwrap();
    let output = bench
        .vm
        .run("uname -r; ls /sys/class/net; echo oops >&2; exit 3")
        .unwrap();
    assert_eq!(
        (output.stderr.as_str(), output.status),
        ("oops\n", 3),
        "{}",
        bench.vm.report()
    );
    assert!(
        output.stdout.contains("pf0") && output.stdout.contains("pf1"),
        "{}",
        output.stdout
    );
}
