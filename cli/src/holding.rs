//! Who holds which device, as `colvin-agent holders` prints it or claims say it, joined with the uplink that the device
//! is of.
//!
//! Left to others: asking an agent (`cluster`), what claims say ([`crate::claims`]), what is behind the uplink
//! (`NodeTopology`).

use colvin_crds::v1alpha1::NodeTopology;
use colvin_crds::v1alpha1::node_topology::Uplink;
use colvin_model::PciAddress;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A device and who holds it. What is not known is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Held {
    /// The node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) node: Option<String>,
    /// The namespace of the pod that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    /// The pod that holds it; absent when nobody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pod: Option<String>,
    /// The container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) container: Option<String>,
    /// The claim that was given it, where it was asked for by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) claim: Option<String>,
    /// The request of the claim that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<String>,
    /// The extended resource; of a claim how the pod calls it, or the class.
    pub(crate) resource: String,
    /// The kubelet's name of the device.
    pub(crate) device: String,
    /// What it is, such as `VirtualFunction`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    /// Its uplink's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) uplink: Option<String>,
    /// Its PCI address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<String>,
    /// Its index below the PF.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) vf_index: Option<u16>,
    /// The Network that it is offered for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) network: Option<String>,
    /// Why no new pod may have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ill: Option<String>,
}

/// Where a device is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Located<'a> {
    /// Its uplink, where the node's object has it.
    pub(crate) uplink: Option<&'a Uplink>,
    /// Its PCI address, when it is a function.
    pub(crate) address: Option<PciAddress>,
    /// Its index below the PF, when it is a VF.
    pub(crate) vf_index: Option<u16>,
}

impl Held {
    /// The devices among objects that were read: what has a device and a resource, and is no object of Kubernetes.
    ///
    /// # Errors
    /// When one of them is not as `colvin-agent holders` prints it.
    pub(crate) fn among(objects: &[Value]) -> Result<Vec<Self>, serde_json::Error> {
        let is_one = |object: &&Value| {
            let has = |field: &str| object.get(field).is_some();
            has("device") && has("resource") && !has("apiVersion")
        };
        let found = objects.iter().filter(is_one).cloned();
        found.map(serde_json::from_value).collect()
    }

    /// Whether this pod holds it.
    pub(crate) fn is_of(&self, namespace: &str, pod: &str) -> bool {
        self.namespace.as_deref() == Some(namespace) && self.pod.as_deref() == Some(pod)
    }

    /// Who holds it, as `namespace/pod (container)` or with the claim in place of the container; `None` when nobody does.
    pub(crate) fn holder(&self) -> Option<String> {
        let namespace = self.namespace.as_deref()?;
        let claim = self.claim.as_ref().map(|claim| format!("claim {claim}"));
        match (&self.pod, claim) {
            (None, None) => None,
            (None, Some(_)) => Some(format!("claim {namespace}/{}", self.claim.as_deref()?)),
            (Some(pod), claim) => {
                let by = claim.or_else(|| self.container.clone()).unwrap_or_default();
                Some(format!("{namespace}/{pod} ({by})"))
            }
        }
    }

    /// Whether it is, or may be, on this node.
    pub(crate) fn may_be_on(&self, node: &str) -> bool {
        self.node.as_deref().is_none_or(|on| on == node)
    }

    /// The Network: the one that is said, or the one that the resource is named after.
    pub(crate) fn network(&self) -> Option<&str> {
        let named = self.network.as_deref();
        named.or_else(|| self.resource.strip_prefix("colvin.dev/"))
    }

    /// Where the device is: by what the agent says, else by its name and where the PFs put their VFs.
    pub(crate) fn locate<'a>(&self, topology: Option<&'a NodeTopology>) -> Located<'a> {
        let uplinks = topology.map_or(&[][..], |topology| &topology.status.uplinks);
        // a share is called by its uplink, as 0000:3b:00.0/7
        let share = self.device.split_once('/').map(|(uplink, _)| uplink);
        let address = match (&self.address, share) {
            (Some(address), _) => address.parse().ok(),
            (None, Some(_)) => None,
            (None, None) => self.device.parse().ok(),
        };
        let id = self.uplink.as_deref().or(share);
        let said = id.and_then(|id| uplinks.iter().find(|uplink| uplink.id == id));
        let own = || {
            uplinks
                .iter()
                .find(|uplink| uplink.id.parse().ok() == address)
        };
        let own = address.is_some().then(own).flatten();
        let above = || {
            let of = |uplink: &'a Uplink| Some((uplink, index(uplink, address?)?));
            uplinks.iter().find_map(of)
        };
        let reckoned = if own.is_none() { above() } else { None };
        let uplink = said.or(own).or(reckoned.map(|(uplink, _)| uplink));
        let reckoned = reckoned.filter(|(pf, _)| uplink.is_some_and(|uplink| uplink.id == pf.id));
        Located {
            uplink,
            address,
            vf_index: self.vf_index.or(reckoned.map(|(_, index)| index)),
        }
    }
}

/// The index of the function below this uplink, when it is one of its VFs.
fn index(uplink: &Uplink, function: PciAddress) -> Option<u16> {
    let sriov = uplink.sriov.as_ref()?;
    let pf: PciAddress = uplink.id.parse().ok()?;
    let index = pf.index_of(sriov.offset, sriov.stride, function)?;
    (index < sriov.configured).then_some(index)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn topology() -> NodeTopology {
        let pf = |function: u8, offset: u16| {
            json!({"id": format!("0000:01:00.{function}"), "name": format!("ens1f{function}"), "link": "Up",
                "sriov": {"total": 7, "configured": 7, "offset": offset, "stride": 2}})
        };
        serde_json::from_value(
            json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "NodeTopology",
            "metadata": {"name": "a"}, "status": {"uplinks": [pf(0, 128), pf(1, 128)]}}),
        )
        .unwrap()
    }

    fn located(held: &Value) -> (Option<String>, Option<String>, Option<u16>) {
        let held: Held = serde_json::from_value(held.clone()).unwrap();
        let topology = topology();
        let Located {
            uplink,
            address,
            vf_index,
        } = held.locate(Some(&topology));
        let uplink = uplink.and_then(|uplink| uplink.name.clone());
        (uplink, address.map(|address| address.to_string()), vf_index)
    }

    fn expected(
        uplink: &str,
        address: Option<&str>,
        index: Option<u16>,
    ) -> (Option<String>, Option<String>, Option<u16>) {
        (Some(uplink.to_owned()), address.map(str::to_owned), index)
    }

    #[test]
    fn a_vf_is_found_by_where_its_pf_puts_it() {
        let held = json!({"resource": "colvin.dev/green", "device": "0000:02:10.3"});
        let none = (None, Some("0000:02:10.3".to_owned()), None);
        assert_eq!(
            located(&held),
            none,
            "it would be the 129th of a PF that has 7"
        );
        let held = json!({"resource": "colvin.dev/green", "device": "0000:01:10.3"});
        assert_eq!(
            located(&held),
            expected("ens1f1", Some("0000:01:10.3"), Some(1))
        );
        let held = json!({"resource": "colvin.dev/green", "device": "0000:01:10.4"});
        assert_eq!(
            located(&held),
            expected("ens1f0", Some("0000:01:10.4"), Some(2))
        );
    }

    #[test]
    fn what_the_agent_says_counts_first() {
        let held = json!({"resource": "colvin.dev/green", "device": "vf-three", "uplink": "0000:01:00.1",
            "address": "0000:01:10.7", "vfIndex": 3});
        assert_eq!(
            located(&held),
            expected("ens1f1", Some("0000:01:10.7"), Some(3))
        );
    }

    #[test]
    fn a_share_and_a_whole_port_are_of_the_uplink_they_name() {
        let held = json!({"resource": "colvin.dev/blue", "device": "0000:01:00.1/7"});
        assert_eq!(located(&held), expected("ens1f1", None, None));
        let held = json!({"resource": "colvin.dev/blue", "device": "0000:01:00.0"});
        assert_eq!(
            located(&held),
            expected("ens1f0", Some("0000:01:00.0"), None)
        );
    }

    #[test]
    fn devices_are_told_from_objects() {
        let objects = [
            json!({"apiVersion": "v1", "kind": "Pod", "device": "x", "resource": "y"}),
            json!({"device": "x", "resource": "colvin.dev/green", "pod": "web", "namespace": "shop"}),
            json!({"resource": "y"}),
        ];
        let held = Held::among(&objects).unwrap();
        assert_eq!(held.len(), 1);
        let first = held.first().unwrap();
        assert!(first.is_of("shop", "web") && !first.is_of("shop", "other"));
        assert_eq!(first.network(), Some("green"));
        assert!(Held::among(&[json!({"device": 7, "resource": "y"})]).is_err());
    }
}
