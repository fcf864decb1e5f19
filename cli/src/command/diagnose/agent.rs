//! What the node's agent says of pods, which has it from the kubelet. Without an agent that is said too.
//!
//! Left to others: the socket's protocol (`colvin-attach`).

use std::collections::BTreeSet;
use std::time::Duration;

use colvin_attach::Roots;
use colvin_attach::ask::{self, Answer, GivenDevice, Question, VERSION};
use serde::Serialize;

use super::Whom;
use super::facts::Facts;

/// How long the agent may take for a pod: it asks the kubelet.
const LIMIT: Duration = Duration::from_secs(3);

/// What was answered about a pod.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Said {
    pub(super) namespace: String,
    pub(super) pod: String,
    /// Its devices, or `None` when the agent cannot tell now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) devices: Option<Vec<GivenDevice>>,
    /// Why it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

/// What the agent said.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Agent {
    pub(super) said: Vec<Said>,
    /// Why it was asked no further.
    #[serde(skip_serializing_if = "Option::is_none")]
    silent: Option<String>,
}

impl Agent {
    /// Asks about each pod that has something and is asked about, until there is no answer.
    pub(super) fn ask(roots: &Roots, whom: &Whom<'_>, facts: &Facts) -> Self {
        let socket = ask::socket(&roots.run);
        let mut agent = Self::default();
        for (namespace, pod) in pods(whom, facts) {
            let question = Question {
                version: VERSION,
                namespace: namespace.clone(),
                pod: pod.clone(),
                uid: None,
                container_id: None,
            };
            let (devices, why) = match ask::ask(&socket, &question, LIMIT) {
                Ok(Answer::Devices { devices }) => (Some(devices), None),
                Ok(Answer::Later { reason } | Answer::Refused { reason }) => (None, Some(reason)),
                Err(error) => {
                    agent.silent = Some(format!("{:#}", anyhow::Error::new(error)));
                    break;
                }
            };
            agent.said.push(Said {
                namespace,
                pod,
                devices,
                why,
            });
        }
        agent
    }

    /// Whether it says of any pod that it has a device.
    pub(super) fn knows_devices(&self) -> bool {
        let mut devices = self.said.iter().filter_map(|said| said.devices.as_ref());
        devices.any(|devices| !devices.is_empty())
    }

    /// A line for each pod, and for what is not known.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.said.iter().map(line).collect();
        if let Some(why) = &self.silent {
            lines.push(format!(
                "{why}; what the kubelet says is not known here (no agent runs, or it is being restarted)"
            ));
        } else if lines.is_empty() {
            lines.push("not asked, since nothing here is of a pod".to_owned());
        }
        lines
    }
}

fn line(said: &Said) -> String {
    let Said { namespace, pod, .. } = said;
    let Some(devices) = &said.devices else {
        let why = said.why.as_deref().unwrap_or("no reason is given");
        return format!("it cannot tell now which devices {namespace}/{pod} has: {why}");
    };
    let names: Vec<String> = devices
        .iter()
        .map(|it| match &it.network {
            Some(network) => format!("{} (network {network})", it.device),
            None => it.device.to_string(),
        })
        .collect();
    let names = match names.as_slice() {
        [] => "no device".to_owned(),
        names => names.join(", "),
    };
    format!("the kubelet says that {namespace}/{pod} has {names}")
}

/// The pods that have something here and are asked about.
pub(super) fn pods(whom: &Whom<'_>, facts: &Facts) -> BTreeSet<(String, String)> {
    let attached = facts.attachments.iter().filter(|it| it.is_of(whom));
    let attached = attached.filter_map(|it| it.owner());
    let given = facts.given.iter().filter(|it| it.is_of(whom));
    let given = given.filter_map(|it| it.holder.as_ref());
    let given = given.map(|it| (it.namespace.as_str(), it.pod.as_str()));
    let all = attached.chain(given).chain(whom.pod());
    all.map(|(namespace, pod)| (namespace.to_owned(), pod.to_owned()))
        .collect()
}
