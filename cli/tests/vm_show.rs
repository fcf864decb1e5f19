//! The command on real SR-IOV: two igb PFs between two real lldpd leaf switches, in a guest.
//!
//! Only outcomes and order are judged, save where a change must be seen in under a second. Left to
//! others: the bench (`colvin-testkit`), the rendering of tables (the snapshot tests).

#![expect(clippy::unwrap_used, reason = "test")]

use std::time::{Duration, Instant};

use colvin_testkit::vm::{Process, Scenario, SharedScenario};
use serde_json::{Value, json};

const COLVIN: &str = env!("CARGO_BIN_EXE_colvin");
const PATIENCE: Duration = Duration::from_secs(30);

/// What `colvin ARGUMENTS -o json` prints in the guest.
fn colvin(bench: &SharedScenario, arguments: &str) -> Value {
    let text = bench
        .vm
        .sh(&format!("{COLVIN} {arguments} -o json"))
        .unwrap();
    serde_json::from_str(&text).unwrap()
}

fn uplink<'a>(topology: &'a Value, name: &str) -> &'a Value {
    let uplinks = topology
        .pointer("/status/uplinks")
        .unwrap()
        .as_array()
        .unwrap();
    uplinks
        .iter()
        .find(|uplink| uplink["name"] == name)
        .unwrap()
}

/// `colvin watch` in the guest, once it says that it watches.
fn watch(bench: &SharedScenario) -> Process {
    let watch = bench.vm.spawn(&format!("{COLVIN} watch")).unwrap();
    let begun = |out: &str| (!out.is_empty()).then_some(());
    watch.wait_for("its first line", PATIENCE, begun).unwrap();
    watch
}

/// Waits until a line of the watch has all these words, and gives how long that took.
fn line_with(watch: &Process, words: &[&str]) -> Duration {
    let start = Instant::now();
    let has_all = |out: &str| {
        out.lines()
            .any(|line| words.iter().all(|word| line.contains(word)))
            .then_some(())
    };
    watch
        .wait_for(&format!("a line with {words:?}"), PATIENCE, has_all)
        .unwrap();
    start.elapsed()
}

#[test]
#[ignore = "vm"]
fn show_names_both_pfs_and_every_vf_by_index_and_address() {
    let bench = Scenario::shared().unwrap();
    let made = bench.vm.create_vfs("pf0", 7).unwrap();
    let topology = colvin(&bench, "show --vfs");
    let pf0 = uplink(&topology, "pf0");
    assert_eq!(pf0["id"], json!(bench.vm.pci_address("pf0").unwrap()));
    assert_eq!(pf0["driver"], "igb");
    assert_eq!(pf0["link"], "Up");
    assert_eq!(pf0["speedMbps"], 1000);
    assert!(pf0["model"].as_str().unwrap().contains("82576"), "{pf0}");
    let sriov = &pf0["sriov"];
    let numbers =
        ["total", "configured", "offset", "stride"].map(|key| sriov[key].as_u64().unwrap());
    assert_eq!(numbers, [7, 7, 128, 2]);
    let vfs: Vec<_> = sriov["vfs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|vf| (vf["index"].clone(), vf["pciAddress"].clone()))
        .collect();
    let expected: Vec<_> = made
        .iter()
        .enumerate()
        .map(|(index, address)| (json!(index), json!(address)))
        .collect();
    assert_eq!(vfs, expected);
    assert!(sriov["vfs"][0]["iommuGroup"].is_u64(), "{sriov}");
    assert_eq!(
        sriov["functions"],
        json!([{"range": "0-6", "driver": "igbvf"}])
    );
    let pf1 = uplink(&topology, "pf1");
    assert_eq!(pf1["id"], json!(bench.vm.pci_address("pf1").unwrap()));
    assert_eq!(pf1["sriov"]["configured"], 0);
    let table = bench.vm.sh(&format!("{COLVIN} show vfs pf0")).unwrap();
    assert!(
        made.iter().all(|address| table.contains(address)),
        "{table}"
    );
}

#[test]
#[ignore = "vm"]
fn neighbors_names_both_leaves_with_port_description_and_vlan() {
    let bench = Scenario::shared().unwrap();
    let heard = colvin(&bench, "neighbors --wait 30s");
    let text = heard.to_string();
    let told = |name: &str| {
        let uplinks = heard
            .pointer("/status/uplinks")
            .unwrap_or(&heard["uplinks"])
            .as_array()
            .unwrap();
        let uplink = uplinks
            .iter()
            .find(|uplink| uplink["name"] == name)
            .unwrap();
        uplink["neighbors"][0].clone()
    };
    let (green, blue) = (told("pf0"), told("pf1"));
    assert_eq!(green["systemName"], "leaf1", "{text}");
    assert_eq!(green["chassisId"], "02:00:5e:00:00:01");
    assert_eq!(green["portId"], "Ethernet1/7");
    assert_eq!(green["portDescription"], "green bay 7");
    assert_eq!(green["vlan"], 110);
    assert_eq!(green["vlans"], json!([{"id": 110, "name": "green"}]));
    assert_eq!(green["managementAddresses"], json!(["192.0.2.1"]));
    assert_eq!(
        (&blue["systemName"], &blue["portId"]),
        (&json!("leaf2"), &json!("Ethernet1/3"))
    );
    assert_eq!(
        (&blue["portDescription"], &blue["vlan"]),
        (&json!("blue bay 3"), &json!(120))
    );
}

#[test]
#[ignore = "vm"]
fn disc_08_a_vf_with_vfio_and_a_vf_in_another_namespace_stay_listed_as_such() {
    let bench = Scenario::shared().unwrap();
    let made = bench.vm.create_vfs("pf0", 3).unwrap();
    bench.vm.bind_vfio(made.first().unwrap()).unwrap();
    let netdev = bench.vm.netdev(made.get(1).unwrap()).unwrap().unwrap();
    bench.vm.add_netns("pod1").unwrap();
    bench.vm.move_to_netns(&netdev, "pod1", "green0").unwrap();
    let topology = colvin(&bench, "show --vfs");
    let vfs = uplink(&topology, "pf0")["sriov"]["vfs"].clone();
    let seen: Vec<_> = vfs
        .as_array()
        .unwrap()
        .iter()
        .map(|vf| (vf["driver"].clone(), vf["usage"].clone()))
        .collect();
    let expected = [
        ("vfio-pci", "Userspace"),
        ("igbvf", "Elsewhere"),
        ("igbvf", "Here"),
    ];
    assert_eq!(
        seen,
        expected.map(|(driver, usage)| (json!(driver), json!(usage))),
        "{vfs}"
    );
}

#[test]
#[ignore = "vm"]
fn new_vfs_and_a_link_set_down_reach_watch_in_under_a_second() {
    let bench = Scenario::shared().unwrap();
    let watch = watch(&bench);
    bench
        .vm
        .sh("echo 3 > /sys/class/net/pf1/device/sriov_numvfs")
        .unwrap();
    let vfs = line_with(&watch, &["pf1", "VFs", "-> 3"]);
    bench.vm.sh("ip link set pf0 down").unwrap();
    let down = line_with(&watch, &["pf0", "link", "AdminDown"]);
    watch.kill().unwrap();

    assert!(vfs.max(down) < Duration::from_secs(1), "{vfs:?} {down:?}");
}

#[test]
#[ignore = "vm"]
fn lldp_11_a_moved_cable_removes_the_old_neighbour_with_the_carrier() {
    let mut bench = Scenario::shared().unwrap();
    let watch = watch(&bench);
    line_with(
        &watch,
        &[
            "pf0",
            "neighbor appeared",
            "leaf1",
            "Ethernet1/7",
            "green bay 7",
            "vlan 110",
        ],
    );
    let old = bench.move_pf0_to_leaf2("Ethernet1/9", "moved").unwrap();
    line_with(&watch, &["pf0", "neighbor gone", "leaf1"]);
    line_with(
        &watch,
        &[
            "pf0",
            "neighbor appeared",
            "leaf2",
            "Ethernet1/9",
            "moved",
            "vlan 120",
        ],
    );
    let out = watch.stdout().unwrap();
    let order = [
        "leaf1 port Ethernet1/7",
        "link Up -> NoCarrier",
        "neighbor gone: leaf1",
        "neighbor appeared: leaf2 port Ethernet1/9",
    ];
    let places: Vec<_> = order.iter().map(|words| out.find(words)).collect();
    assert!(
        places.is_sorted() && places.iter().all(Option::is_some),
        "{places:?} in\n{out}"
    );
    watch.kill().unwrap();
    bench.move_pf0_back(&old).unwrap();
}

#[test]
#[ignore = "vm"]
fn a_snapshot_of_the_guest_shows_the_same_machine_without_its_addresses() {
    let bench = Scenario::shared().unwrap();
    bench.vm.create_vfs("pf0", 4).unwrap();
    bench
        .vm
        .sh(&format!(
            "{COLVIN} snapshot --force -o /share/guest.machine"
        ))
        .unwrap();
    let mac = bench.vm.sh("cat /sys/class/net/pf0/address").unwrap();
    let archive = std::fs::read(bench.vm.share().join("guest.machine")).unwrap();
    assert!(!String::from_utf8_lossy(&archive).contains(mac.trim()));
    let live = colvin(&bench, "show --vfs");
    let kept = colvin(&bench, "show --vfs --from /share/guest.machine");
    let facts = |topology: &Value| {
        let uplinks = topology
            .pointer("/status/uplinks")
            .unwrap()
            .as_array()
            .unwrap()
            .iter();
        let without_macs = uplinks.map(|uplink| {
            let vfs = uplink["sriov"]["vfs"].as_array().into_iter().flatten();
            let vfs =
                vfs.map(|vf| [&vf["pciAddress"], &vf["driver"], &vf["netdev"]].map(Value::clone));
            (
                ["id", "name", "driver", "link", "speedMbps"].map(|key| uplink[key].clone()),
                vfs.collect::<Vec<_>>(),
            )
        });
        without_macs.collect::<Vec<_>>()
    };
    assert_eq!(facts(&kept), facts(&live));
}
