//! Agents on recorded machines, each under the token of its own node.
//!
//! Left to others: what they are measured by.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use colvin_testkit::kube::{Program, binaries};
use colvin_testkit::machine::Machine;
use k8s_openapi::api::authentication::v1::{BoundObjectReference, TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use kube::api::PostParams;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config, ResourceExt as _};

use crate::installed::{Installed, SPACE};

/// Agents, and the machines they run on.
pub(crate) struct Fleet {
    programs: Vec<Program>,
    _machines: Vec<Machine>,
    _states: Vec<tempfile::TempDir>,
}

/// The agent of a node that is there with its pod, on the machine in this folder.
pub(crate) fn start(bench: &Installed, node: &str, root: &Path) -> Program {
    let pod = format!("agent-of-{node}");
    let token = bench
        .plane
        .bound_token(SPACE, "colvin-agent", &pod)
        .unwrap();
    // the folder lasts as long as the control plane's
    let state = bench.plane.folder().join(format!("state-of-{node}"));
    agent(bench, node, root, &state, &token)
}

fn agent(bench: &Installed, node: &str, root: &Path, state: &Path, token: &str) -> Program {
    let plane = &bench.plane;
    let mut command = Command::new(binaries::release("colvin-agent").unwrap());
    command
        .args(["--device-plugin", "off"])
        .args(["--admin-address", "127.0.0.1:0", "--metrics-access", "open"])
        .args(["--node-name", node])
        .arg("--kubeconfig")
        .arg(plane.kubeconfig_for_token(token).unwrap())
        .arg("--root")
        .arg(root)
        .arg("--state-dir")
        .arg(state);
    plane.program(node, &command).unwrap()
}

impl Fleet {
    /// So many nodes, the fixtures' machines in turn, an agent on each.
    pub(crate) fn start(bench: &Installed, agents: usize) -> Self {
        let names = Machine::all_names().unwrap();
        // a machine without a whole `sys` is a test of its own
        let machines: Vec<Machine> = names
            .iter()
            .map(|name| Machine::unpack(name).unwrap())
            .collect();
        let nodes: Vec<String> = (0..agents)
            .map(|number| format!("worker-{number}"))
            .collect();
        let mut objects = String::new();
        for node in &nodes {
            writeln!(
                objects,
                "---\n{{apiVersion: v1, kind: Node, metadata: {{name: {node}}}}}\n---\n{{apiVersion: v1, kind: Pod, metadata: {{name: agent-of-{node}, namespace: {SPACE}}}, spec: {{nodeName: {node}, serviceAccountName: colvin-agent, containers: [{{name: agent, image: none}}]}}}}"
            )
            .unwrap();
        }
        bench.plane.apply(&objects).unwrap();
        let tokens = tokens(bench, &nodes);
        let states: Vec<_> = nodes.iter().map(|_| tempfile::tempdir().unwrap()).collect();
        let programs = nodes
            .iter()
            .zip(&tokens)
            .zip(&states)
            .zip(machines.iter().cycle());
        let programs = programs
            .map(|(((node, token), state), machine)| {
                agent(bench, node, machine.path(), state.path(), token)
            })
            .collect();
        Self {
            programs,
            _machines: machines,
            _states: states,
        }
    }

    /// None of them has ended.
    pub(crate) fn all_alive(mut self) {
        for program in &mut self.programs {
            assert!(program.is_alive(), "{}", program.log().unwrap());
        }
    }
}

/// A client of this kubeconfig.
pub(crate) async fn client(kubeconfig: &Path) -> Client {
    let file = Kubeconfig::read_from(kubeconfig).unwrap();
    let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default())
        .await
        .unwrap();
    Client::try_from(config).unwrap()
}

/// A token for the agent of each node, bound to its pod.
fn tokens(bench: &Installed, nodes: &[String]) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let client = client(bench.plane.kubeconfig()).await;
        let pods: Api<Pod> = Api::namespaced(client.clone(), SPACE);
        let accounts: Api<ServiceAccount> = Api::namespaced(client, SPACE);
        let mut tokens = Vec::new();
        for node in nodes {
            let pod = pods.get(&format!("agent-of-{node}")).await.unwrap();
            let request = TokenRequest {
                spec: Some(TokenRequestSpec {
                    bound_object_ref: Some(BoundObjectReference {
                        api_version: Some("v1".to_owned()),
                        kind: Some("Pod".to_owned()),
                        name: Some(pod.name_any()),
                        uid: pod.uid(),
                    }),
                    ..TokenRequestSpec::default()
                }),
                ..TokenRequest::default()
            };
            let made = accounts
                .create_token_request("colvin-agent", &PostParams::default(), &request)
                .await
                .unwrap();
            tokens.push(made.status.unwrap().token.unwrap());
        }
        tokens
    })
}
