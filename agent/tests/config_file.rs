//! The agent with a config file of the SR-IOV network device plugin beside Networks, on a recorded card with seven VFs:
//! what the kubelet counts and what the node's object says of it.
//!
//! Left to others: which devices a file means (`takeover`), real nodes (`nodes_kubelet.rs`).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "test"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "the program under test is started"
)]

#[path = "config_file/api_server.rs"]
mod api_server;

use std::process::Command;
use std::time::Duration;

use api_server::{ApiServer, NODE};
use colvin_testkit::kube::Program;
use colvin_testkit::kubelet::{Kubelet, Options};
use colvin_testkit::machine::Machine;
use serde_json::{Value, json};
use tempfile::TempDir;

const LIMIT: Duration = Duration::from_secs(30);
const CARD: &str = "sys/devices/pci0000:00/0000:00:02.0";
const NETDEV: &str = "0000:01:00.0/net/enp1s0f0";

/// A Network of VFs of the card's first port; one of a higher age is older.
fn network(name: &str, age: u32, functions: &str) -> Value {
    json!({
        "apiVersion": "colvin.dev/v1alpha1", "kind": "Network",
        "metadata": {
            "name": name, "uid": name, "resourceVersion": "1",
            "creationTimestamp": format!("20{:02}-01-01T00:00:00Z", 30 - age),
        },
        "spec": {
            "members": [{"name": "port", "uplink": {"interface": "enp1s0f0"}}],
            "devices": {"functions": functions},
        },
    })
}

/// A file with one pool of these VFs of the port.
fn pool(functions: &str) -> String {
    let selectors = json!({"pfNames": [format!("enp1s0f0#{functions}")]});
    json!({"resourceList": [{"resourceName": "pool", "selectors": selectors}]}).to_string()
}

/// A machine, its kubelet and its agent.
struct Bench {
    server: ApiServer,
    kubelet: Kubelet,
    machine: Machine,
    folder: TempDir,
    agent: Option<Program>,
}

impl Bench {
    /// One whose second VF has no driver. Green has the first four VFs, blue, which is younger, asks for two of them
    /// and for two more.
    async fn new() -> Self {
        let machine = Machine::unpack("igb").unwrap();
        // without a record it is unknown which of its links are the node's own
        machine.write("netlink/routes", "").unwrap();
        for path in ["driver", "net", "uevent"] {
            machine
                .remove(&format!("{CARD}/0000:01:10.2/{path}"))
                .unwrap();
        }
        machine.remove("sys/class/net/enp1s0f0v1").unwrap();
        let uevent = "PCI_CLASS=20000\nPCI_ID=8086:10CA\nPCI_SUBSYS_ID=8086:A02D\nPCI_SLOT_NAME=0000:01:10.2\n";
        let path = format!("{CARD}/0000:01:10.2/uevent");
        machine.write(&path, uevent).unwrap();
        let networks = vec![network("green", 9, "0-3"), network("blue", 3, "2-5")];
        Self {
            server: ApiServer::start(networks).await,
            kubelet: Kubelet::start(Options::default()).unwrap(),
            machine,
            folder: tempfile::tempdir().unwrap(),
            agent: None,
        }
    }

    fn start_agent(&mut self, file: &str) {
        self.say(file);
        let at = |name: &str| self.folder.path().join(name);
        let mut command = Command::new(env!("CARGO_BIN_EXE_colvin-agent"));
        command
            .args(["--node-name", NODE, "--admin-address", "127.0.0.1:0"])
            .args(["--metrics-access", "open", "--gain-delay", "50ms"])
            .args(["--text-delay", "50ms", "--text-jitter", "0s"])
            .arg("--kubeconfig")
            .arg(self.server.kubeconfig(self.folder.path()))
            .arg("--root")
            .arg(self.machine.path())
            .arg("--kubelet-dir")
            .arg(self.kubelet.folder())
            .arg("--config-file")
            .arg(at("config.json"));
        for (flag, name) in [
            ("--state-dir", "state"),
            ("--run-dir", "run"),
            ("--cdi-dir", "cdi"),
            ("--device-info-dir", "devinfo"),
        ] {
            command.arg(flag).arg(at(name));
        }
        self.agent = Some(Program::start("agent", &command, &at("agent.log")).unwrap());
    }

    /// The file says this from now on; it is replaced as a mounted `ConfigMap` is, in one step.
    fn say(&self, text: &str) {
        let (new, path) = ("config.json.new", "config.json");
        let at = |name: &str| self.folder.path().join(name);
        std::fs::write(at(new), text).unwrap();
        std::fs::rename(at(new), at(path)).unwrap();
    }

    /// What the node's object says of the networks of the card's first port, by name.
    fn networks(&self) -> Value {
        let status = self.server.status();
        let uplinks = status["uplinks"].as_array().cloned().unwrap_or_default();
        let port = uplinks.iter().find(|it| it["name"] == "enp1s0f0");
        port.map_or(Value::Null, |port| port["networks"].clone())
    }

    /// Waits until the object says so of networks, and the kubelet counts so many devices, and so many that a pod may get.
    async fn is(&self, networks: &Value, counts: &[(&str, (usize, usize))]) {
        let counted = |kubelet: &Kubelet| {
            let all = kubelet.counts();
            counts
                .iter()
                .all(|(name, wanted)| all.get(*name) == Some(wanted))
        };
        let so = async {
            while self.networks() != *networks || !counted(&self.kubelet) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if tokio::time::timeout(LIMIT, so).await.is_err() {
            let log = self.agent.as_ref().map(|agent| agent.log().unwrap());
            panic!(
                "{:#}\nis not\n{networks:#}\nor {:?} not {counts:?}\n{}",
                self.networks(),
                self.kubelet.counts(),
                log.unwrap_or_default()
            );
        }
    }
}

/// What the object says of a network: the VFs that it may give, capacity and allocatable, and the rest.
fn on(
    name: &str,
    functions: &str,
    counts: (u32, u32),
    unhealthy: &[&str],
    overlaps: &[&str],
) -> Value {
    let mut on = json!({
        "name": name, "member": "port", "evidence": ["interface"],
        "functions": functions, "capacity": counts.0, "allocatable": counts.1,
    });
    for (key, words) in [("unhealthy", unhealthy), ("overlaps", overlaps)] {
        if !words.is_empty() {
            on[key] = json!(words);
        }
    }
    on
}

/// Invariant 4; SDP-06: the file comes before a Network, an older Network before a younger.
#[tokio::test]
async fn the_nodes_object_says_which_devices_a_network_lost_to_the_file_and_which_are_not_well() {
    let mut bench = Bench::new().await;
    bench.start_agent(&pool("5-6"));
    let blue = on("blue", "4-5", (1, 1), &[], &["green", "intel.com/pool"]);
    let green = on("green", "0-3", (4, 3), &["NoDriver"], &[]);
    let counts = [
        ("intel.com/pool", (2, 2)),
        ("colvin.dev/blue", (1, 1)),
        ("colvin.dev/green", (4, 3)),
    ];
    bench.is(&json!([blue, green]), &counts).await;
    // the file takes the ill VF and another of green's, and gives back one of blue's
    bench.say(&pool("0-1"));
    let blue = on("blue", "4-5", (2, 2), &[], &["green"]);
    let green = on("green", "0-3", (2, 2), &[], &["intel.com/pool"]);
    let counts = [
        ("intel.com/pool", (2, 1)),
        ("colvin.dev/blue", (2, 2)),
        ("colvin.dev/green", (2, 2)),
    ];
    bench.is(&json!([blue, green]), &counts).await;
    // a torn file changes nothing; the next whole one does
    bench.say("{\"resourceList\": [");
    let agent = bench.agent.as_mut().unwrap();
    agent
        .wait_for_log("config file is not understood", LIMIT)
        .unwrap();
    bench.say(&pool("6"));
    let green = on("green", "0-3", (4, 3), &["NoDriver"], &[]);
    let counts = [("intel.com/pool", (1, 1)), ("colvin.dev/green", (4, 3))];
    bench.is(&json!([blue, green]), &counts).await;
    assert_eq!(bench.kubelet.breaches(), []);
}

/// Invariant 11: a link keeps new pods away, and the object says so beside what else is wrong.
#[tokio::test]
async fn the_nodes_object_says_that_a_link_keeps_new_pods_away() {
    let mut bench = Bench::new().await;
    for (file, text) in [("carrier", "0\n"), ("operstate", "down\n")] {
        let path = format!("{CARD}/{NETDEV}/{file}");
        bench.machine.write(&path, text).unwrap();
    }
    bench.start_agent(&pool("5-6"));
    let blue = on(
        "blue",
        "4-5",
        (1, 0),
        &["LinkDown"],
        &["green", "intel.com/pool"],
    );
    let green = on("green", "0-3", (4, 0), &["LinkDown", "NoDriver"], &[]);
    let counts = [
        // the file has no policy of links, as the plugin has none
        ("intel.com/pool", (2, 2)),
        ("colvin.dev/blue", (1, 0)),
        ("colvin.dev/green", (4, 0)),
    ];
    bench.is(&json!([blue, green]), &counts).await;
}
