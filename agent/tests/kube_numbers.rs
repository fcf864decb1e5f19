//! What the agent costs: bytes stored, the API server's time for a write, requests while nothing
//! happens, memory, wake-ups; and two hundred agents at once.
//!
//! Counts are held and times printed, but for the API server's own time, which is processor time.
//! Left to others: what is published (`kube_nodes.rs`).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "test"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "the programs under test are started"
)]

#[path = "kube_numbers/fleet.rs"]
mod fleet;
#[path = "kube_admission/installed.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod installed;

use std::time::{Duration, Instant};

use colvin_testkit::cable::Words;
use colvin_testkit::kube::{ControlPlane, Options};
use colvin_testkit::tree::{TreeSpec, generate};
use colvin_testkit::wait::wait_for;
use installed::Installed;
use kube::Api;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams};
use serde_json::{Value, json};

/// No step takes longer.
const LIMIT: Duration = Duration::from_mins(2);

/// The bars of the design.
const STORED_BYTES: usize = 8 << 10;
/// 8 ms of an API server that took 54 ms for the peers' shape: of any server that part of what it takes.
const WRITE_PART_OF_PEER: f64 = 8.0 / 54.0;
const RESIDENT_BYTES: u64 = 20 << 20;
const WAKES_PER_SECOND: f64 = 1.0;

/// A machine of four PFs with 64 VFs each, and a neighbour on every PF.
fn large_machine() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    generate(root.path(), TreeSpec::ice(4, 64)).unwrap();
    let devices = root.path().join("sys/bus/pci/devices");
    let mut pfs = 0_u8;
    for device in std::fs::read_dir(devices).unwrap() {
        let device = device.unwrap().path();
        if !device.join("sriov_numvfs").exists() {
            continue;
        }
        let netdev = std::fs::read_dir(device.join("net"))
            .unwrap()
            .next()
            .unwrap()
            .unwrap();
        let folder = root.path().join("frames").join(netdev.file_name());
        let words = Words {
            port: "Ethernet1/17/3",
            description: "worker-17.rack-4.example.net green bay 7",
            ..Words::of("leaf-12.pod-3.dc-1.example.net", 110)
        };
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(
            folder.join("0001"),
            words.frame([2, 0, 0x5e, 0, 0x53, pfs]).unwrap(),
        )
        .unwrap();
        pfs += 1;
    }
    assert_eq!(pfs, 4);
    root
}

const GREEN: &str = r#"
apiVersion: colvin.dev/v1alpha1
kind: Network
metadata: {name: green}
spec:
  members:
  - name: leaves
    neighbor: {systemName: "leaf-*", vlan: 110}
"#;

fn stored(plane: &ControlPlane, node: &str) -> String {
    let path = format!("/apis/colvin.dev/v1alpha1/nodetopologies/{node}");
    plane.raw(&path).unwrap_or_default()
}

/// How often the threads of a process went to sleep, which is how often they were woken.
fn wakes(pid: u32) -> u64 {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let of = |status: String| {
        let line = status
            .lines()
            .find(|line| line.starts_with("voluntary_ctxt_switches"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    let statuses =
        tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("status")).unwrap());
    statuses.filter_map(of).sum()
}

#[test]
#[ignore = "kube"]
fn a_node_with_256_vfs_is_a_small_object_and_an_idle_agent_asks_and_takes_nothing() {
    let bench = Installed::start(&Options::default()).unwrap();
    let plane = &bench.plane;
    plane.apply(GREEN).unwrap();
    let machine = large_machine();
    let agent = fleet::start(&bench, "node-a", machine.path());
    let published = || stored(plane, "node-a").contains("\"green\"");
    wait_for(LIMIT, published).unwrap();
    let object = stored(plane, "node-a");
    println!(
        "stored at 4 PFs, 256 VFs and a neighbour each: {} bytes (bar {STORED_BYTES})",
        object.len()
    );
    assert!(
        object.contains("0-63") && object.contains("managedFields"),
        "{object}"
    );
    assert!(object.len() <= STORED_BYTES, "{} bytes", object.len());

    let asked = || {
        plane
            .api_requests(|request| {
                request.user_agent.starts_with("colvin-agent") && request.verb != "watch"
            })
            .unwrap()
            .len()
    };
    let (before, woken) = (asked(), wakes(agent.pid()));
    let (cpu, minute) = (agent.cpu().unwrap(), Duration::from_mins(1));
    std::thread::sleep(minute);
    let requests = asked() - before;
    #[expect(
        clippy::cast_precision_loss,
        clippy::as_conversions,
        reason = "a few hundred"
    )]
    let wakes = (wakes(agent.pid()) - woken) as f64 / 60.0;
    let (rss, spent) = (
        agent.rss().unwrap(),
        agent.cpu().unwrap().saturating_sub(cpu),
    );
    println!(
        "a minute in which nothing happens: {requests} requests, {wakes:.2} wake-ups a second (bar {WAKES_PER_SECOND}), {spent:?} of processor time"
    );
    println!("resident: {} KiB (bar {})", rss >> 10, RESIDENT_BYTES >> 10);
    assert_eq!(requests, 0);
    assert!(wakes <= WAKES_PER_SECOND);
    assert!(rss <= RESIDENT_BYTES, "{rss} bytes");
    drop(agent);
    cost_of_a_write(plane, &object);
}

/// What a write takes of the API server, beside two others of the same server in the same minute: the
/// least that any write takes, and the shape that lists every VF by itself.
fn cost_of_a_write(plane: &ControlPlane, object: &str) {
    let object: Value = serde_json::from_str(object).unwrap();
    plane.apply(BY_VF).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let client = runtime.block_on(fleet::client(plane.kubeconfig()));
    let kind = |group: &str, kind: &str| {
        ApiResource::from_gvk(&GroupVersionKind::gvk(group, "v1alpha1", kind))
    };
    let ours: Api<DynamicObject> =
        Api::all_with(client.clone(), &kind("colvin.dev", "NodeTopology"));
    let by_vf: Api<DynamicObject> = Api::all_with(
        client,
        &ApiResource {
            plural: "byvfs".to_owned(),
            ..kind("bench.colvin.dev", "ByVf")
        },
    );
    let make = json!({"apiVersion": "bench.colvin.dev/v1alpha1", "kind": "ByVf", "metadata": {"name": "node-a"}});
    runtime
        .block_on(by_vf.patch("node-a", &PatchParams::apply("bench"), &Patch::Apply(&make)))
        .unwrap();
    let write = |api: &Api<DynamicObject>, kind: &str, status: &Value, round: u32| {
        let mut status = status.clone();
        status["uplinks"][0]["link"] = json!(if round.is_multiple_of(2) {
            "Up"
        } else {
            "NoCarrier"
        });
        let patch = json!({"apiVersion": kind.split_once(' ').unwrap().0, "kind": kind.split_once(' ').unwrap().1, "metadata": {"name": "node-a"}, "status": status});
        let params = PatchParams::apply("colvin-agent").force();
        runtime
            .block_on(api.patch_status("node-a", &params, &Patch::Apply(&patch)))
            .unwrap();
    };
    let full = &object["status"];
    let least = json!({"uplinks": [{"id": "eth0", "link": "Up"}]});
    let listed = json!({"uplinks": listed(full)});
    let node_topology = "colvin.dev/v1alpha1 NodeTopology";
    let least = each(plane, 200, &|round| {
        write(&ours, node_topology, &least, round);
    });
    let full = each(plane, 200, &|round| {
        write(&ours, node_topology, full, round);
    });
    let listed = each(plane, 60, &|round| {
        write(&by_vf, "bench.colvin.dev/v1alpha1 ByVf", &listed, round);
    });
    let bar = listed * WRITE_PART_OF_PEER;
    println!(
        "API server's processor time for a write at 4 PFs, 256 VFs: {full:.1} ms (bar {bar:.1}: 8/54 of a list keyed by VF, {listed:.1} ms); the least that a write takes here: {least:.1} ms"
    );
    assert!(
        full <= bar,
        "{full} ms, a list keyed by VF takes {listed} ms"
    );
}

/// The uplinks with each VF by itself, as the peers list them.
fn listed(status: &Value) -> Vec<Value> {
    let mut uplinks = status["uplinks"].as_array().unwrap().clone();
    for uplink in &mut uplinks {
        let pf = uplink["id"].as_str().unwrap().to_owned();
        let vf = |index: u32| json!({"id": format!("{pf}-{index}"), "vfID": index, "driver": "iavf", "name": format!("ens{index}v"), "mac": "02:00:00:00:00:01", "mtu": 1500, "vendor": "8086", "device": "1889"});
        uplink["vfs"] = (0..64).map(vf).collect();
    }
    uplinks
}

/// Milliseconds of processor time that the API server takes for each of these writes, beyond what it
/// takes all the time.
fn each(plane: &ControlPlane, writes: u32, write: &dyn Fn(u32)) -> f64 {
    (0..20).for_each(write);
    let spent = |work: &dyn Fn()| {
        let before = plane.api_server_cpu().unwrap();
        work();
        plane.api_server_cpu().unwrap().saturating_sub(before)
    };
    let begun = Instant::now();
    let with = spent(&|| (0..writes).for_each(write));
    let took = begun.elapsed();
    let without = spent(&|| std::thread::sleep(took));
    with.saturating_sub(without).as_secs_f64() * 1000.0 / f64::from(writes)
}

/// A kind that lists every VF under a key of its own: the shape that peers have.
const BY_VF: &str = include_str!("kube_numbers/by_vf.yaml");

#[test]
#[ignore = "kube"]
fn two_hundred_agents_of_different_machines_settle_without_an_error() {
    const AGENTS: usize = 200;
    let bench = Installed::start(&Options::default()).unwrap();
    let plane = &bench.plane;
    plane.apply(GREEN).unwrap();
    let fleet = fleet::Fleet::start(&bench, AGENTS);
    let published = || {
        let list = plane
            .raw("/apis/colvin.dev/v1alpha1/nodetopologies")
            .unwrap_or_default();
        list.matches("\"Complete\"").count() >= AGENTS
    };
    let took = wait_for(Duration::from_mins(5), published).unwrap();
    let requests = || {
        plane
            .api_requests(|request| request.user_agent.starts_with("colvin-agent"))
            .unwrap()
    };
    std::thread::sleep(Duration::from_secs(10));
    let settled = requests();
    let writes = |verb: &str| {
        settled
            .iter()
            .filter(|request| request.verb == verb)
            .count()
    };
    let errors: Vec<_> = settled
        .iter()
        .filter(|request| request.code >= 400)
        .collect();
    println!(
        "{AGENTS} agents settled {took:?} after they were started, with {} writes, {} reads and watches, API server {} MiB",
        writes("patch"),
        settled.len() - writes("patch"),
        plane.api_server_rss().unwrap() >> 20
    );
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(
        writes("patch"),
        2 * AGENTS,
        "the object and its status, once each"
    );
    std::thread::sleep(Duration::from_secs(20));
    let later = requests()
        .iter()
        .filter(|request| request.verb == "patch")
        .count();
    assert_eq!(
        later,
        writes("patch"),
        "nothing changes, nothing is written"
    );
    fleet.all_alive();
}
