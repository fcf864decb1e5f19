//! A control plane with our kinds, nodes that are objects, and controllers that are programs.
//! Left to others: what is judged.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use colvin_crds::definition;
use colvin_testkit::kube::{ControlPlane, Options, Program, Request};
use colvin_testkit::wait::wait_for_some;
use serde_json::{Value, json};

/// How long something may take on a busy machine.
pub(crate) const LIMIT: Duration = Duration::from_mins(1);

pub(crate) struct Bench {
    pub(crate) plane: ControlPlane,
}

impl Bench {
    pub(crate) fn start(options: &Options) -> Self {
        let bench = Self {
            plane: ControlPlane::start(options).unwrap(),
        };
        bench.define();
        let namespace =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "colvin-system"}});
        bench.plane.apply(&namespace.to_string()).unwrap();
        bench
    }

    /// Defines our kinds and waits until they are served.
    pub(crate) fn define(&self) {
        for definition in [
            definition::network(),
            definition::node_topology(),
            definition::address_block(),
        ] {
            let definition = serde_json::to_string(&definition.unwrap()).unwrap();
            self.plane.apply(&definition).unwrap();
        }
        let kinds = ["networks", "nodetopologies", "addressblocks"];
        let kinds = kinds.map(|kind| format!("crd/{kind}.colvin.dev"));
        let kinds = kinds.each_ref().map(String::as_str);
        let wait = ["wait", "--for=condition=Established", "--timeout=60s"];
        self.plane
            .kubectl(&[&wait[..], &kinds[..]].concat())
            .unwrap();
    }

    /// Starts a controller as the user of a kubeconfig.
    pub(crate) fn controller(&self, identity: &str, kubeconfig: &Path, access: &str) -> Program {
        self.controller_with_lease(identity, kubeconfig, access, "colvin-controller")
    }

    /// The same with a lease of this name: controllers of several leases all lead.
    pub(crate) fn controller_with_lease(
        &self,
        identity: &str,
        kubeconfig: &Path,
        access: &str,
        lease: &str,
    ) -> Program {
        let mut command = Command::new(env!("CARGO_BIN_EXE_colvin-controller"));
        command.args(["--admin-address=127.0.0.1:0", "--log-format=json"]);
        command.arg("--log-level=info,colvin_controller=debug");
        command.arg(format!("--identity={identity}"));
        command.arg(format!("--metrics-access={access}"));
        command.arg(format!("--lease-name={lease}"));
        command.arg(format!("--kubeconfig={}", kubeconfig.display()));
        self.plane.program(identity, &command).unwrap()
    }

    /// A network whose members none of the test's agents reads.
    pub(crate) fn network(&self, name: &str) {
        let members = json!([{"name": "leaves", "neighbor": {"systemName": "leaf-*"}}]);
        let network = json!({
            "apiVersion": "colvin.dev/v1alpha1",
            "kind": "Network",
            "metadata": {"name": name},
            "spec": {"members": members},
        });
        self.plane.apply(&network.to_string()).unwrap();
    }

    /// What the agent of a node would report: one uplink, on these networks.
    pub(crate) fn report(&self, node: &str, networks: &[&str]) {
        let networks: Vec<Value> = networks
            .iter()
            .map(|name| json!({"name": name, "member": "leaves", "evidence": ["neighbor.systemName"], "capacity": 8, "allocatable": 8}))
            .collect();
        self.report_uplink(node, &json!({"networks": networks}));
    }

    /// The same, with fields of the uplink.
    pub(crate) fn report_uplink(&self, node: &str, fields: &Value) {
        let object = json!({
            "apiVersion": "colvin.dev/v1alpha1",
            "kind": "NodeTopology",
            "metadata": {"name": node},
        });
        self.plane.apply(&object.to_string()).unwrap();
        let mut uplink = json!({"id": "0000:3b:00.0", "name": "ens2", "link": "Up"});
        let uplink_fields = uplink.as_object_mut().unwrap();
        uplink_fields.extend(fields.as_object().unwrap().clone());
        let status = json!({"status": {"uplinks": [uplink]}}).to_string();
        let what = ["patch", "nodetopology", node, "--subresource=status"];
        let how = ["--type=merge", "--patch", &status];
        self.plane.kubectl(&[&what[..], &how[..]].concat()).unwrap();
    }

    /// Waits until a network's status has so many nodes.
    #[track_caller]
    pub(crate) fn wait_for_nodes(&self, network: &str, nodes: u32) {
        let mut last = Value::Null;
        let seen = wait_for_some(LIMIT, || {
            last = self.plane.get_json(&["network", network]).ok()?;
            (last.pointer("/status/nodes")?.as_u64()? == u64::from(nodes)).then_some(())
        });
        assert!(seen.is_ok(), "{nodes} nodes wanted: {last:#}");
    }

    /// `status reason` of a network's condition.
    pub(crate) fn condition(&self, network: &str, kind: &str) -> Option<String> {
        let object = self.plane.get_json(&["network", network]).ok()?;
        let conditions = object.pointer("/status/conditions")?.as_array()?;
        let found = conditions.iter().find(|each| each["type"] == kind)?;
        let (status, reason) = (found["status"].as_str()?, found["reason"].as_str()?);
        Some(format!("{status} {reason}"))
    }

    /// The controllers' writes of a network's status.
    pub(crate) fn writes(&self, network: &str) -> Vec<Request> {
        let ours = |request: &Request| {
            request.user_agent.starts_with("colvin-controller/")
                && (request.verb.as_str(), request.subresource.as_str()) == ("patch", "status")
                && request.name == network
        };
        self.plane.api_requests(ours).unwrap()
    }

    /// The events about a network, as `reason: note`.
    pub(crate) fn events(&self, network: &str) -> Vec<String> {
        let events = self.plane.get_json(&["events.events.k8s.io"]).unwrap();
        let events = events.pointer("/items").unwrap().as_array().unwrap().iter();
        let about = events.filter(|each| each.pointer("/regarding/name") == Some(&network.into()));
        let text = |each: &Value, field: &str| each[field].as_str().unwrap_or_default().to_owned();
        about
            .map(|each| format!("{}: {}", text(each, "reason"), text(each, "note")))
            .collect()
    }
}

/// The admin port's address, from the log.
pub(crate) fn admin_address(program: &mut Program) -> String {
    program.wait_for_log("admin port is open", LIMIT).unwrap();
    let log = program.log().unwrap();
    let line = log.lines().find(|line| line.contains("admin port is open"));
    let line: Value = serde_json::from_str(line.unwrap()).unwrap();
    let address = line.pointer("/address").unwrap();
    address.as_str().unwrap().to_owned()
}

/// The status code and body of an admin port's answer.
pub(crate) fn ask(address: &str, path: &str, token: Option<&str>) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let token = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
    let token = token.unwrap_or_default();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{token}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let code = head.split(' ').nth(1).unwrap().parse().unwrap();
    (code, body.to_owned())
}
