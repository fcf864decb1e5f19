//! What is kept of an `AddressBlock`. Left to others: who gets one ([`crate::blocks`]).

use colvin_crds::v1alpha1::AddressBlock;
use colvin_crds::v1alpha1::address_block::{FINALIZER, Usage};
use ipnet::IpNet;
use kube::core::DeserializeGuard;

use super::pool::subnet;
use super::version;

/// A block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BlockFacts {
    pub(crate) uid: Option<String>,
    /// Of two versions of one kind, the larger is newer; 0 when it cannot be told.
    pub(crate) version: u64,
    pub(crate) network: String,
    pub(crate) node: String,
    /// Its addresses, or why the object is not understood: then nobody knows which it takes.
    pub(crate) range: Result<IpNet, String>,
    /// As its node says; `None` before the node has taken it.
    pub(crate) usage: Option<Usage>,
    pub(crate) deleting: bool,
    pub(crate) finalizers: Vec<String>,
}

impl BlockFacts {
    /// Reads an object. One that does not parse takes addresses all the same, of the network that its
    /// name says.
    pub(crate) fn read(object: DeserializeGuard<AddressBlock>) -> (String, Self) {
        match object.0 {
            Ok(block) => Self::of(block),
            Err(invalid) => {
                let name = invalid.metadata.name.clone().unwrap_or_default();
                let facts = Self {
                    version: version(&invalid.metadata),
                    uid: invalid.metadata.uid,
                    network: network_in(&name).to_owned(),
                    node: String::new(),
                    range: Err(invalid.error),
                    usage: None,
                    deleting: invalid.metadata.deletion_timestamp.is_some(),
                    finalizers: invalid.metadata.finalizers.unwrap_or_default(),
                };
                (name, facts)
            }
        }
    }

    /// Reads an object that parsed.
    pub(crate) fn of(block: AddressBlock) -> (String, Self) {
        let metadata = block.metadata;
        let facts = Self {
            version: version(&metadata),
            uid: metadata.uid,
            range: subnet(&block.spec.range).map_err(|error| error.to_string()),
            network: block.spec.network,
            node: block.spec.node_name,
            usage: block.status.and_then(|status| status.usage),
            deleting: metadata.deletion_timestamp.is_some(),
            finalizers: metadata.finalizers.unwrap_or_default(),
        };
        (metadata.name.unwrap_or_default(), facts)
    }

    /// Whether it stays until the controller lets it go.
    pub(crate) fn is_kept(&self) -> bool {
        self.finalizers.iter().any(|each| each == FINALIZER)
    }
}

/// The network in a block's name: what is before its first address. A network's name has no dot.
fn network_in(block: &str) -> &str {
    let head = block.split('.').next().unwrap_or_default();
    head.rsplit_once('-').map_or(head, |(network, _)| network)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(object: Value) -> (String, BlockFacts) {
        BlockFacts::read(serde_json::from_value(object).unwrap())
    }

    #[test]
    fn a_block_is_read_with_its_status() {
        let (name, facts) = read(json!({
            "apiVersion": "colvin.dev/v1alpha1",
            "kind": "AddressBlock",
            "metadata": {
                "name": "green-10.20.4.16", "uid": "b1", "resourceVersion": "17",
                "finalizers": [FINALIZER], "deletionTimestamp": "2026-11-26T12:00:00Z",
            },
            "spec": {"network": "green", "nodeName": "worker-1", "range": "10.20.4.16/28"},
            "status": {"usage": "InUse"},
        }));
        let expected = BlockFacts {
            uid: Some("b1".to_owned()),
            version: 17,
            network: "green".to_owned(),
            node: "worker-1".to_owned(),
            range: Ok("10.20.4.16/28".parse().unwrap()),
            usage: Some(Usage::InUse),
            deleting: true,
            finalizers: vec![FINALIZER.to_owned()],
        };
        assert_eq!((name.as_str(), &facts), ("green-10.20.4.16", &expected));
        assert!(facts.is_kept());
    }

    #[test]
    fn a_block_of_a_newer_version_is_of_the_network_in_its_name() {
        let object = |name: &str| {
            read(json!({
                "metadata": {"name": name, "uid": "b1"},
                "spec": {"network": "?", "nodeName": "worker-1", "range": "10.20.4.16/28"},
                "status": {"usage": "Teleported"},
            }))
        };
        let (_, facts) = object("green-east-10.20.4.16");
        assert_eq!(facts.network, "green-east");
        assert!(facts.range.unwrap_err().contains("Teleported"));
        let (_, facts) = object("green-2001.db8.4.0.0.0.0.10");
        assert_eq!(facts.network, "green");
        assert_eq!(object("odd").1.network, "odd");
    }
}
