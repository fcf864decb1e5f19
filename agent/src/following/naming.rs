//! Which network each interface of a pod is of, by the node's records of what the kubelet gave.
//!
//! The journal names the cluster's configuration and the device only. Left to others: the records
//! (`colvin_attach::record`), when to ask.

use std::collections::BTreeSet;
use std::path::Path;

use colvin_attach::record::{
    self, ClaimRecord, InterfaceBase, NetworkRecord, Outstanding, RecordError,
};
use colvin_model::{IfName, NetworkName};
use tracing::debug;

use super::annotation::Names;
use crate::attachments::{ChainedPod, Interface};

/// The networks of a pod's interfaces, as far as records tell. Reads files.
pub(crate) fn names(state: &Path, run: &Path, boot_id: Option<&str>, pod: &ChainedPod) -> Names {
    let outstanding = known(record::outstanding(run, boot_id));
    let claims = known(record::claims(run, boot_id));
    let base = |network: &NetworkName| match record::network(state, network) {
        Ok(Some(NetworkRecord { attach, .. })) => attach.interface_name,
        // what it is where the Network does not say
        Ok(None) | Err(_) => InterfaceBase::of_network(network),
    };
    let interfaces = pod.interfaces.iter();
    let named = interfaces.filter_map(|interface| {
        let network = network_of(interface, pod, &outstanding, &claims, base)?;
        Some(((interface.name.clone(), interface.device.clone()), network))
    });
    named.collect()
}

/// What is understood; the rest is nobody's.
fn known<T>(records: Result<record::Records<T>, RecordError>) -> Vec<T> {
    match records {
        Ok(records) => records.found,
        Err(error) => {
            let error = format!("{:#}", anyhow::Error::from(error));
            debug!(error, "records of what was given cannot be read");
            Vec::new()
        }
    }
}

/// The network that a device was given for. Shares of one uplink are called the same in several networks: there the
/// interface's name says which, where it can.
fn network_of(
    interface: &Interface,
    pod: &ChainedPod,
    outstanding: &[Outstanding],
    claims: &[ClaimRecord],
    base: impl Fn(&NetworkName) -> InterfaceBase,
) -> Option<NetworkName> {
    let (given, maybe): (Vec<_>, Vec<_>) = outstanding
        .iter()
        .filter(|it| it.device == interface.device)
        .filter(|it| it.holder.is_none() || it.is_of_pod(&pod.namespace, &pod.name))
        .partition(|it| it.holder.is_some());
    let claimed = claims.iter().filter(|it| it.namespace == pod.namespace);
    let claimed = claimed.flat_map(|claim| &claim.devices);
    let claimed = claimed.filter(|it| it.device == interface.device);
    let by_claim = || claimed.map(|it| &it.network).collect();
    let of = |records: Vec<&Outstanding>| -> BTreeSet<NetworkName> {
        let networks = records.into_iter().filter_map(|it| it.network.clone());
        networks.collect()
    };
    let mut candidates = of(given);
    if candidates.is_empty() {
        candidates = of(maybe);
    }
    if candidates.is_empty() {
        let claimed: BTreeSet<&NetworkName> = by_claim();
        candidates = claimed.into_iter().cloned().collect();
    }
    if candidates.len() > 1 {
        candidates.retain(|network| begins(&interface.name, &base(network)));
    }
    let only = candidates.len() == 1;
    candidates.pop_first().filter(|_| only)
}

/// Whether an interface is called so, with a number behind it.
fn begins(name: &IfName, base: &InterfaceBase) -> bool {
    let number = name.as_str().strip_prefix(base.as_str());
    number.is_some_and(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::{Value, json};

    use super::*;
    use crate::following::scene::{interface, pod};

    /// A record of the device plugin, as it writes them.
    fn given(network: &str, device: &str, pod: Option<&str>) -> Outstanding {
        let mut record = json!({
            "version": 1, "resource": format!("colvin.dev/{network}"), "network": network,
            "device": device, "kind": "Macvlan",
        });
        if let Some(pod) = pod {
            record["namespace"] = json!("default");
            record["pod"] = json!(pod);
            record["container"] = json!("main");
        }
        serde_json::from_value(record).unwrap()
    }

    fn claim(namespace: &str, network: &str, device: &str) -> ClaimRecord {
        let device = json!({"request": "r", "network": network, "device": device, "kind": "VirtualFunction"});
        let claim: Value = json!({
            "version": 1, "uid": "c", "namespace": namespace, "name": "c", "devices": [device],
        });
        serde_json::from_value(claim).unwrap()
    }

    const SHARE: &str = "0000:3b:00.0/7";

    fn found(name: &str, records: &[Outstanding], claims: &[ClaimRecord]) -> Option<String> {
        let interface = interface(name, SHARE);
        let base = |network: &NetworkName| InterfaceBase::of_network(network);
        let network = network_of(&interface, &pod(), records, claims, base);
        network.map(|network| network.to_string())
    }

    #[test]
    fn a_device_is_of_the_network_that_the_pod_was_given_it_for() {
        let others = given("blue", SHARE, Some("another"));
        let unknown = given("red", SHARE, None);
        let ours = given("green", SHARE, Some("web"));
        let all = [others.clone(), unknown.clone(), ours];
        assert_eq!(found("green0", &all, &[]).as_deref(), Some("green"));
        // the kubelet has not told yet
        let early = [others, unknown];
        assert_eq!(found("red0", &early, &[]).as_deref(), Some("red"));
        assert_eq!(found("red0", &[], &[]), None);
    }

    #[test]
    fn where_a_pod_has_equal_shares_of_two_networks_the_interfaces_name_says_which() {
        let both = [
            given("green", SHARE, Some("web")),
            given("blue", SHARE, Some("web")),
        ];
        assert_eq!(found("blue0", &both, &[]).as_deref(), Some("blue"));
        assert_eq!(found("green12", &both, &[]).as_deref(), Some("green"));
        assert_eq!(found("net0", &both, &[]), None);
    }

    #[test]
    fn a_claim_of_the_pods_namespace_says_it_too() {
        let claims = [
            claim("other", "blue", SHARE),
            claim("default", "green", SHARE),
        ];
        assert_eq!(found("green0", &[], &claims).as_deref(), Some("green"));
    }

    #[test]
    fn the_records_are_read_from_the_nodes_folders() {
        let top = tempfile::tempdir().unwrap();
        let folder = record::outstanding_folder(top.path());
        fs::create_dir_all(&folder).unwrap();
        let record = json!({
            "version": 1, "resource": "colvin.dev/green", "network": "green", "device": "0000:3b:02.1",
            "kind": "VirtualFunction", "namespace": "default", "pod": "web", "container": "main",
        });
        fs::write(folder.join("0000:3b:02.1.json"), record.to_string()).unwrap();
        let named = names(top.path(), top.path(), None, &pod());
        assert_eq!(named, crate::following::scene::names());
    }
}
