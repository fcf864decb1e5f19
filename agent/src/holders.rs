//! `colvin-agent holders`: who holds which device on this node, as JSON, for `colvin path` and `colvin vfs`.
//!
//! The kubelet is asked, and its answer joined with what the agent last offered. Left to others: the running agent's
//! own ledger.

use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use clap::Args;
use colvin_kubelet_api::pod_resources::{self, v1::PodResources};
use colvin_model::offer::{Holder, OfferedDevice, Offers, Origin};
use serde::Serialize;

use crate::args::{KubeletDir, StateDir};
use crate::file::OffersFile;

/// How long the kubelet may take to answer.
const LIMIT: Duration = Duration::from_secs(10);

/// Print who holds which device on this node, as JSON
///
/// The kubelet is asked, so it is so now. What each device is comes from what the agent last offered.
#[derive(Args, Debug)]
#[command(name = "holders")]
pub(crate) struct HoldersArgs {
    #[command(flatten)]
    pub(crate) kubelet: KubeletDir,
    #[command(flatten)]
    pub(crate) state: StateDir,
    /// Also the devices that are offered and that nobody holds
    #[arg(long)]
    pub(crate) offered: bool,
    /// The node's name, which is printed with each device
    #[arg(long, env = "COLVIN_NODE_NAME", value_name = "NAME")]
    pub(crate) node_name: Option<String>,
}

/// A device and who holds it. What is not known is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<&'a str>,
    /// The pod's namespace; with `pod` and `container` absent where nobody holds the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pod: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<String>,
    /// The extended resource.
    resource: String,
    /// The kubelet's name of the device.
    device: String,
    /// What it is, such as `VirtualFunction`.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    /// Its uplink's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    uplink: Option<String>,
    /// Its PCI address.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// Its index below the PF.
    #[serde(skip_serializing_if = "Option::is_none")]
    vf_index: Option<u16>,
    /// The Network that it is offered for.
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<String>,
    /// Why no new pod may have it, such as `LinkDown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    ill: Option<&'static str>,
}

/// Asks the kubelet and prints.
///
/// # Errors
/// When the kubelet cannot be asked, or nothing can be written.
pub(crate) async fn run(args: &HoldersArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let offers = OffersFile::in_folder(&args.state.state_dir).load();
    if offers.is_none() {
        let folder = args.state.state_dir.display();
        let line = format!(
            "colvin-agent: in {folder} is nothing of what was offered: only devices of colvin.dev are printed, without what they are"
        );
        // there is nobody left to tell that standard error is closed
        drop(writeln!(io::stderr(), "{line}"));
    }
    let listed = ask(&args.kubelet.kubelet_dir.join("pod-resources/kubelet.sock")).await?;
    let offers = offers.unwrap_or_default();
    let entries = join(&listed, &offers, args.node_name.as_deref(), args.offered);
    let text = serde_json::to_string_pretty(&entries).context("writing JSON")?;
    writeln!(out, "{text}").context("writing to standard output")
}

/// What the kubelet says of all pods' devices.
async fn ask(socket: &Path) -> anyhow::Result<Vec<PodResources>> {
    let path = socket.display();
    // gRPC says of a socket that it cannot use no more than that
    UnixStream::connect(socket).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => anyhow!(
            "{path} is not there: does the kubelet run, and has this container its folder pod-resources? Another place \
             is named by --kubelet-dir"
        ),
        io::ErrorKind::PermissionDenied => {
            anyhow!("may not open {path}: the socket is root's")
        }
        io::ErrorKind::ConnectionRefused => {
            anyhow!("nobody answers on {path}: the kubelet does not run")
        }
        _ => anyhow!(error).context(format!("opening {path}")),
    })?;
    let answer = pod_resources::list(socket, LIMIT).await;
    answer.with_context(|| format!("the kubelet does not list pods' devices on {path}"))
}

/// The kubelet's answer with what is known of each device; with `offered` also those that nobody holds.
fn join<'a>(
    listed: &[PodResources],
    offers: &Offers,
    node: Option<&'a str>,
    offered: bool,
) -> Vec<Entry<'a>> {
    let mut entries = Vec::new();
    for pod in listed {
        for container in &pod.containers {
            let holder = Holder {
                namespace: pod.namespace.clone(),
                pod: pod.name.clone(),
                container: container.name.clone(),
            };
            for devices in &container.devices {
                let resource = &devices.resource_name;
                if resource.starts_with("colvin.dev/") || known(offers, resource) {
                    let ids = devices.device_ids.iter();
                    entries.extend(ids.map(|id| entry(offers, resource, id, node).held(&holder)));
                }
            }
        }
    }
    if offered {
        let held: std::collections::BTreeSet<(String, String)> = entries
            .iter()
            .map(|entry| (entry.resource.clone(), entry.device.clone()))
            .collect();
        let all = offers.0.iter().flat_map(|(resource, offer)| {
            offer
                .devices
                .keys()
                .map(move |id| (resource.to_string(), id.to_string()))
        });
        let free = all.filter(|pair| !held.contains(pair));
        entries.extend(free.map(|(resource, id)| entry(offers, &resource, &id, node)));
    }
    entries.sort_by(|a, b| (&a.resource, &a.device).cmp(&(&b.resource, &b.device)));
    entries
}

fn known(offers: &Offers, resource: &str) -> bool {
    resource
        .parse()
        .is_ok_and(|resource| offers.get(&resource).is_some())
}

/// What is known of a device.
fn entry<'a>(offers: &Offers, resource: &str, id: &str, node: Option<&'a str>) -> Entry<'a> {
    let offer = resource
        .parse()
        .ok()
        .and_then(|resource| offers.get(&resource));
    let device: Option<&OfferedDevice> =
        offer.and_then(|offer| offer.devices.get(&id.parse().ok()?));
    Entry {
        node,
        resource: resource.to_owned(),
        device: id.to_owned(),
        kind: device.map(|device| device.kind.as_str()),
        uplink: device.and_then(|device| Some(device.uplink.as_ref()?.to_string())),
        address: device.and_then(|device| Some(device.address?.to_string())),
        vf_index: device.and_then(|device| device.vf_index),
        network: offer.and_then(|offer| match &offer.origin {
            Origin::Network(network) => Some(network.to_string()),
            Origin::ConfigFile => None,
        }),
        ill: device.and_then(|device| Some(device.ill.as_ref()?.as_str())),
        ..Entry::default()
    }
}

impl Entry<'_> {
    /// The same, held.
    fn held(self, holder: &Holder) -> Self {
        Self {
            namespace: Some(holder.namespace.clone()),
            pod: Some(holder.pod.clone()),
            container: Some(holder.container.clone()),
            ..self
        }
    }
}

#[cfg(test)]
mod tests;
