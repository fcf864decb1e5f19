//! Asking the agent of a node who holds which device: its program is run once more in its container, through the API
//! server's `pods/exec`; or what it wrote is read from a file.
//!
//! Left to others: what follows from the answer ([`crate::holding`]).

use std::path::PathBuf;

use anyhow::{Context as _, anyhow, bail};
use k8s_openapi::api::core::v1::{Container, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Status;
use kube::Api;
use kube::api::{AttachParams, ListParams};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::beside::PODS;
use super::connection::Connection;
use super::{Cluster, Source, Unanswered, files};
use crate::args::pods::Holders;
use crate::holding::Held;

/// How the chart labels the agents.
const AGENTS: &str = "app.kubernetes.io/name=colvin,app.kubernetes.io/component=agent";
/// Where they run by the documentation.
const NAMESPACE: &str = "colvin-system";
/// The container of the agent.
const CONTAINER: &str = "agent";
/// The most bytes that an answer may have.
const MOST_BYTES: u64 = 16 << 20;

/// What a program in a container wrote, and how it ended.
struct Ran {
    out: String,
    error: String,
    ended: Option<Status>,
}

impl Cluster {
    /// Who holds which device of a node.
    ///
    /// # Errors
    /// When it cannot be known, with what to do.
    pub(crate) fn holders(&self, node: &str, args: &Holders) -> anyhow::Result<Vec<Held>> {
        if let Some(file) = &args.holders {
            let objects = files::read(&[PathBuf::from(file)])?;
            return held(&objects).with_context(|| format!("cannot use {}", file.display()));
        }
        match &self.source {
            Source::Files(objects) => {
                let held = held(objects)?;
                if held.is_empty() {
                    bail!(
                        "the files do not say who holds which device of {node}: give what its agent says with --holders FILE; \
                         {}",
                        by_hand(NAMESPACE, "POD")
                    );
                }
                Ok(held)
            }
            Source::Live(connection) => live(connection, node, args),
        }
    }
}

fn held(objects: &[serde_json::Value]) -> anyhow::Result<Vec<Held>> {
    Held::among(objects).context("that is not what colvin-agent holders prints")
}

/// What a person can run in place of this.
fn by_hand(namespace: &str, pod: &str) -> String {
    format!("kubectl exec -n {namespace} {pod} -- /colvin-agent holders --offered > holders.json")
}

/// Asks the agent of the node.
fn live(connection: &Connection, node: &str, args: &Holders) -> anyhow::Result<Vec<Held>> {
    let agent = agent(connection, node, args.agent_namespace.as_deref())?;
    let namespace = agent.metadata.namespace.as_deref().unwrap_or(NAMESPACE);
    let name = agent.metadata.name.as_deref().unwrap_or_default();
    let api: Api<Pod> = Api::namespaced(connection.client().clone(), namespace);
    let command = command(&agent);
    let failed = |error: &Unanswered| {
        let remedy = format!("or let somebody who may run {}", by_hand(namespace, name));
        if error.is_forbidden() {
            return anyhow!(
                "you may not run a program in the agent {namespace}/{name}, which knows who holds the devices of {node}: ask \
                 for the Role colvin-holders of {namespace}, {remedy}, and give that with --holders FILE"
            );
        }
        connection.told(error, PODS).context(format!(
            "cannot ask the agent {namespace}/{name} who holds the devices of {node}"
        ))
    };
    let ran = connection
        .ask(run(&api, name, &command))
        .map_err(|error| failed(&error))?;
    let ended = ran.ended.unwrap_or_default();
    if ended.status.as_deref() != Some("Success") {
        let said = [
            ran.error.trim(),
            ended.message.as_deref().unwrap_or_default(),
        ];
        let said = said.into_iter().find(|text| !text.is_empty());
        bail!(
            "the agent {namespace}/{name} cannot tell who holds the devices of {node}: {}",
            said.unwrap_or("it did not say why; is it as new as this command?")
        );
    }
    let objects: Vec<serde_json::Value> = serde_json::from_str(&ran.out)
        .with_context(|| format!("the answer of the agent {namespace}/{name} is no JSON list"))?;
    held(&objects)
}

/// The agent's pod on the node: one that is ready before one that is not.
fn agent(connection: &Connection, node: &str, namespace: Option<&str>) -> anyhow::Result<Pod> {
    let list = |namespace: Option<&str>| {
        let client = connection.client().clone();
        let api: Api<Pod> = match namespace {
            None => Api::all(client),
            Some(namespace) => Api::namespaced(client, namespace),
        };
        let on_node = ListParams::default()
            .labels(AGENTS)
            .fields(&format!("spec.nodeName={node}"));
        connection.ask(async { api.list(&on_node).await })
    };
    let listed = match list(namespace) {
        Err(error) if error.is_forbidden() && namespace.is_none() => list(Some(NAMESPACE)),
        listed => listed,
    };
    let pods = listed.map_err(|error| {
        let place = namespace.unwrap_or(NAMESPACE);
        if error.is_forbidden() {
            anyhow!(
                "you may not look for the agent of {node} in the namespace {place}: ask for the Role colvin-holders there, \
                 name another with --agent-namespace, or let somebody who may run {}, and give that with --holders FILE",
                by_hand(place, "POD")
            )
        } else {
            connection.told(&error, PODS)
        }
    })?;
    let runs = |pod: &Pod| {
        let status = pod.status.as_ref();
        pod.metadata.deletion_timestamp.is_none()
            && status.and_then(|status| status.phase.as_deref()) == Some("Running")
    };
    let running = pods.items.into_iter().filter(runs);
    running.max_by_key(is_ready).ok_or_else(|| {
        let place = namespace.map_or_else(String::new, |namespace| format!(" in the namespace {namespace}"));
        anyhow!(
            "no agent runs on {node}{place}, so nobody tells who holds its devices: kubectl get pods -A -o wide -l {AGENTS} \
             --field-selector spec.nodeName={node}"
        )
    })
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod
        .status
        .as_ref()
        .and_then(|status| status.conditions.as_ref());
    let mut conditions = conditions.into_iter().flatten();
    conditions.any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// The command: the agent's own program, with the folders that it was told itself.
fn command(agent: &Pod) -> Vec<String> {
    let containers = agent.spec.iter().flat_map(|spec| &spec.containers);
    let mut named = containers.filter(|container| container.name == CONTAINER);
    let container: Option<&Container> = named.next();
    let own = container.and_then(|container| container.command.as_ref()?.first());
    let program = own.map_or("/colvin-agent", String::as_str);
    let arguments = container.and_then(|container| container.args.as_deref());
    let folders = arguments.unwrap_or_default().iter().filter(|argument| {
        let flag = argument.split_once('=').map_or("", |(flag, _)| flag);
        matches!(flag, "--state-dir" | "--kubelet-dir")
    });
    let first = [program, "holders", "--offered"].map(str::to_owned);
    first.into_iter().chain(folders.cloned()).collect()
}

/// Runs a program in the agent's container and waits for its end.
async fn run(api: &Api<Pod>, pod: &str, command: &[String]) -> kube::Result<Ran> {
    let attach = AttachParams::default().container(CONTAINER).stdin(false);
    let mut process = api.exec(pod, command, &attach).await?;
    let ended = process.take_status();
    let (out, error) = tokio::join!(all(process.stdout()), all(process.stderr()));
    let ended = match ended {
        Some(ended) => ended.await,
        None => None,
    };
    Ok(Ran { out, error, ended })
}

/// All that comes out of a pipe, up to the limit; what is no UTF-8 is marked.
async fn all(pipe: Option<impl AsyncRead + Unpin>) -> String {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        // what came before a pipe broke is an answer that is cut off, which its reader says
        drop(pipe.take(MOST_BYTES).read_to_end(&mut bytes).await);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_agents_program_is_run_with_the_folders_it_was_told() {
        let pod = |container: serde_json::Value| -> Pod {
            serde_json::from_value(json!({"spec": {"containers": [{"name": "side"}, container]}}))
                .unwrap()
        };
        let told = pod(json!({"name": "agent", "command": ["/bin/colvin-agent"],
            "args": ["--state-dir=/srv/colvin", "--log-level=info", "--kubelet-dir=/srv/kubelet"]}));
        let expected = [
            "/bin/colvin-agent",
            "holders",
            "--offered",
            "--state-dir=/srv/colvin",
            "--kubelet-dir=/srv/kubelet",
        ];
        assert_eq!(command(&told), expected);
        let bare = pod(json!({"name": "agent"}));
        assert_eq!(command(&bare), ["/colvin-agent", "holders", "--offered"]);
    }
}
