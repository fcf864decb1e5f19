//! What the API server says of the pods that have something on this node, where it is asked: whether they are there, and
//! which interfaces their annotation `k8s.v1.cni.cncf.io/network-status` has.
//!
//! Left to others: the connection ([`crate::cluster`]), what disagrees (`disagree`).

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Pod;
use serde::{Deserialize, Serialize};

use super::Whom;
use super::agent::pods;
use super::facts::{Facts, Prepared};
use crate::args::attachments::Diagnose;
use crate::claims::Claim;
use crate::cluster::Cluster;

/// The annotation that says which networks a pod has.
const STATUS: &str = "k8s.v1.cni.cncf.io/network-status";

/// What it says of a pod.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfPod {
    pub(super) namespace: String,
    pub(super) pod: String,
    /// Its UID; `None` when there is no such pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phase: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    /// The interfaces that its annotation has, each with its network; `None` without one that can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) interfaces: Option<Vec<Told>>,
}

/// An interface as the annotation has it.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Told {
    /// The network.
    pub(super) name: String,
    /// The interface's name; a function of a userspace driver has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) interface: Option<String>,
}

/// What it says of a claim that was prepared here.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfClaim {
    namespace: String,
    name: String,
    /// Its UID; `None` when there is no such claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uid: Option<String>,
    /// Whether it is reserved for anybody.
    pub(super) is_reserved: bool,
    /// The pods it is reserved for.
    pub(super) pods: Vec<String>,
}

impl OfClaim {
    fn of(claim: &Prepared, found: Option<&Claim>) -> Self {
        Self {
            namespace: claim.namespace.clone(),
            name: claim.name.clone(),
            uid: found.map(|it| it.uid.clone()),
            is_reserved: found.is_some_and(|it| it.is_reserved),
            pods: found.map_or_else(Vec::new, |it| it.pods.clone()),
        }
    }

    /// Whether it is of this one.
    pub(super) fn is_of(&self, claim: &Prepared) -> bool {
        (&self.namespace, &self.name) == (&claim.namespace, &claim.name)
    }

    fn line(&self) -> String {
        let name = format!("{}/{}", self.namespace, self.name);
        match (&self.uid, self.pods.as_slice()) {
            (None, _) => format!("there is no claim {name}"),
            (Some(_), []) => format!("the claim {name} is reserved for no pod by name"),
            (Some(_), pods) => format!("the claim {name} is reserved for {}", pods.join(", ")),
        }
    }
}

/// What the API server said; nothing where it was not asked.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiServer {
    pub(super) said: Vec<OfPod>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) claims: Vec<OfClaim>,
    /// Why it was asked no further.
    #[serde(skip_serializing_if = "Option::is_none")]
    silent: Option<String>,
}

impl ApiServer {
    /// Asks about each pod that has something and is asked about, where a cluster was named or asked for.
    pub(super) fn ask(args: &Diagnose, whom: &Whom<'_>, facts: &Facts) -> Option<Self> {
        let connection = &args.cluster.connection;
        let is_meant = args.api
            || !args.cluster.files.is_empty()
            || connection.kubeconfig.is_some()
            || connection.context.is_some();
        is_meant.then(|| {
            let mut all = Self::default();
            if let Err(error) = all.fill(args, pods(whom, facts), &facts.claims) {
                all.silent = Some(format!("{error:#}"));
            }
            all
        })
    }

    fn fill(
        &mut self,
        args: &Diagnose,
        pods: BTreeSet<(String, String)>,
        claims: &[Prepared],
    ) -> anyhow::Result<()> {
        let mut cluster = Cluster::open(&args.cluster)?;
        for (namespace, pod) in pods {
            let found = cluster.pod(&namespace, &pod)?;
            self.said.push(OfPod::of(namespace, pod, found));
        }
        let known = match claims {
            [] => None,
            _ => cluster.claims(None)?,
        };
        if let Some(known) = known {
            let found =
                |claim: &Prepared| OfClaim::of(claim, known.claim(&claim.namespace, &claim.name));
            self.claims.extend(claims.iter().map(found));
        }
        Ok(())
    }

    /// A line for each pod, and for what is not known.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.said.iter().map(OfPod::line).collect();
        lines.extend(self.claims.iter().map(OfClaim::line));
        lines.extend(
            self.silent
                .iter()
                .map(|why| format!("it does not say: {why}")),
        );
        lines
    }
}

impl OfPod {
    fn of(namespace: String, name: String, found: Option<Pod>) -> Self {
        let mut it = Self {
            namespace,
            pod: name,
            uid: None,
            phase: None,
            node: None,
            interfaces: None,
        };
        let Some(pod) = found else { return it };
        it.uid = Some(pod.metadata.uid.unwrap_or_default());
        it.phase = pod.status.and_then(|status| status.phase);
        it.node = pod.spec.and_then(|spec| spec.node_name);
        let annotations = pod.metadata.annotations.unwrap_or_default();
        let status = annotations.get(STATUS);
        it.interfaces = status.and_then(|text| serde_json::from_str(text).ok());
        it
    }

    fn line(&self) -> String {
        let name = format!("{}/{}", self.namespace, self.pod);
        if self.uid.is_none() {
            return format!("there is no pod {name}");
        }
        let phase = self.phase.as_deref().unwrap_or("of an unknown phase");
        let node = self.node.as_deref().unwrap_or("no node");
        let told = match self.interfaces.as_deref() {
            None => "it has no network-status".to_owned(),
            Some(all) => {
                let each = all
                    .iter()
                    .map(|it| format!("{} ({})", it.interface.as_deref().unwrap_or("-"), it.name));
                format!(
                    "its network-status has {}",
                    each.collect::<Vec<_>>().join(", ")
                )
            }
        };
        format!("{name} is {phase} on {node}; {told}")
    }
}
