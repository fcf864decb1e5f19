//! The bench itself: what the other VM tests take for granted.

use std::time::Duration;

use colvin_testkit::netns::Netns;
use colvin_testkit::vm::{Scenario, Vm, VmConfig};
use colvin_testkit::wait::try_wait_for;

#[test]
#[ignore = "vm"]
fn a_guest_runs_scripts_and_tells_output_errors_and_status_apart() {
    let bench = Scenario::shared().unwrap();
    let output = bench
        .vm
        .run("cd /sys/class/net; ls -d */; echo oops >&2; exit 3")
        .unwrap();
    assert_eq!(
        (
            output.stdout.as_str(),
            output.stderr.as_str(),
            output.status
        ),
        ("lo/\npf0/\npf1/\n", "oops\n", 3),
        "{}",
        bench.vm.report()
    );
}

#[test]
#[ignore = "vm"]
fn a_script_in_the_background_is_watched_and_killed_with_its_children() {
    let bench = Scenario::shared().unwrap();
    let second = Duration::from_secs(5);
    let ticking = bench
        .vm
        .spawn("echo one; sleep 987 & echo two; wait")
        .unwrap();
    ticking
        .wait_for("its second line", second, |out| {
            out.contains("two\n").then_some(())
        })
        .unwrap();
    assert_eq!(ticking.status(), None);
    ticking.kill().unwrap();
    let output = ticking.wait(second).unwrap();
    assert_eq!(output.status, 128 + 9);
    let sleeps = "grep -l 987 /proc/[0-9]*/cmdline 2>/dev/null | grep -v self | wc -l";
    try_wait_for("no sleep is left", second, || {
        Ok((bench.vm.sh(sleeps)? == "1\n").then_some(()))
    })
    .unwrap();
}

#[test]
#[ignore = "vm"]
fn a_script_that_does_not_end_is_an_error_with_its_output() {
    let bench = Scenario::shared().unwrap();
    let error = bench
        .vm
        .run_within(Duration::from_millis(300), "echo so far; sleep 99")
        .unwrap_err();
    assert!(format!("{error:#}").contains("so far"), "{error:#}");
}

#[test]
#[ignore = "vm"]
fn seven_vfs_have_addresses_that_are_not_next_to_each_other() {
    let bench = Scenario::shared().unwrap();
    let vfs = bench.vm.create_vfs("pf0", 7).unwrap();
    let pf = bench.vm.pci_address("pf0").unwrap();
    let bus = pf.strip_suffix("00.0").unwrap();
    let expected: Vec<String> = ["10.0", "10.2", "10.4", "10.6", "11.0", "11.2", "11.4"]
        .iter()
        .map(|function| format!("{bus}{function}"))
        .collect();
    assert_eq!(vfs, expected);
    let numbers = bench
        .vm
        .sh("cd /sys/class/net/pf0/device; cat sriov_offset sriov_stride")
        .unwrap();
    assert_eq!(numbers, "128\n2\n");
}

#[test]
#[ignore = "vm"]
fn a_vf_bound_to_vfio_has_no_netdev_and_a_group_of_its_own() {
    let bench = Scenario::shared().unwrap();
    let vfs = bench.vm.create_vfs("pf0", 2).unwrap();
    assert!(bench.vm.netdev(&vfs[0]).unwrap().is_some());
    bench.vm.bind_vfio(&vfs[0]).unwrap();
    assert_eq!(bench.vm.netdev(&vfs[0]).unwrap(), None);
    let group = format!("/sys/bus/pci/devices/{}/iommu_group", vfs[0]);
    let held = bench.vm.sh(&format!(
        "ls {group}/devices; ls /dev/vfio/$(basename $(readlink {group}))"
    ));
    assert!(
        held.unwrap()
            .starts_with(&format!("{}\n/dev/vfio/", vfs[0]))
    );
    bench.vm.bind(&vfs[0], "igbvf").unwrap();
    assert!(bench.vm.netdev(&vfs[0]).unwrap().is_some());
}

#[test]
#[ignore = "vm"]
fn a_vf_moved_into_a_namespace_is_gone_from_the_host_and_comes_back_with_the_reset() {
    let bench = Scenario::shared().unwrap();
    let vfs = bench.vm.create_vfs("pf0", 1).unwrap();
    let netdev = bench.vm.netdev(&vfs[0]).unwrap().unwrap();
    bench.vm.add_netns("pod1").unwrap();
    bench.vm.move_to_netns(&netdev, "pod1", "green0").unwrap();
    assert_eq!(bench.vm.netdev(&vfs[0]).unwrap(), None);
    bench
        .vm
        .sh("ip netns exec pod1 ip link show green0")
        .unwrap();
    bench.vm.reset().unwrap();
    assert_eq!(
        bench
            .vm
            .sh("cd /sys/class/net; ls -d */; ip netns")
            .unwrap(),
        "lo/\npf0/\npf1/\n"
    );
}

#[test]
#[ignore = "vm"]
fn each_pf_hears_its_own_leaf_and_after_a_move_of_the_cable_the_other() {
    let mut bench = Scenario::shared().unwrap();
    let lldpd = bench.vm.start_lldpd().unwrap();
    let heard = |bench: &Scenario, pf: &str, words: &[&str], not: &str| {
        let command = format!("-f keyvalue show neighbors details ports {pf}");
        try_wait_for(
            &format!("{words:?} on {pf}"),
            Duration::from_secs(20),
            || {
                let text = bench.vm.lldpcli(&command)?;
                let all = words.iter().all(|word| text.contains(word)) && !text.contains(not);
                Ok(all.then_some(()))
            },
        )
        .unwrap();
    };
    let green = [
        "leaf1",
        "02:00:5e:00:00:01",
        "Ethernet1/7",
        "green bay 7",
        "110",
        "192.0.2.1",
    ];
    heard(&bench, "pf0", &green, "leaf2");
    let blue = [
        "leaf2",
        "02:00:5e:00:00:02",
        "Ethernet1/3",
        "blue bay 3",
        "120",
    ];
    heard(&bench, "pf1", &blue, "leaf1");

    let old = bench.move_pf0_to_leaf2("Ethernet1/9", "moved").unwrap();
    heard(
        &bench,
        "pf0",
        &["leaf2", "Ethernet1/9", "moved", "120"],
        "leaf1",
    );
    bench.move_pf0_back(&old).unwrap();
    heard(&bench, "pf0", &green, "leaf2");
    lldpd.kill().unwrap();
}

#[test]
#[ignore = "vm"]
fn a_qemu_that_dies_is_started_four_times_and_no_more() {
    let bench = Scenario::shared().unwrap();
    let netns = Netns::new().unwrap();
    let mut config = VmConfig::new("dying", &[]);
    config.extra = vec!["-device".to_owned(), "no-such-device".to_owned()];
    let error = Vm::boot(bench.vm.bench(), &netns, &config).unwrap_err();
    assert_eq!(error.to_string(), "QEMU died in each of 4 boots");
}
