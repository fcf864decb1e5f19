//! Whose slices: one driver's on one node, and what follows from that for an object (DRA-21).
//!
//! Left to others: the pools and devices in it.

use k8s_openapi::api::resource::v1::{Device, ResourcePool, ResourceSlice, ResourceSliceSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use crate::name::{DriverName, NodeName, PoolName};

/// The most bytes that the API server keeps of `generateName` before it adds its own.
///
/// Source: `MaxGeneratedNameLength` in apiserver's `pkg/storage/names/generate.go`.
const GENERATED_FROM: usize = 58;

/// One driver on one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The driver.
    pub driver: DriverName,
    /// The node.
    pub node: NodeName,
    /// The uid of the `Node` object, read once: slices go with it, and a node that is made anew needs a new
    /// keeper.
    pub node_uid: String,
}

impl Scope {
    /// The field selector of our slices.
    pub fn selector(&self) -> String {
        let Self { driver, node, .. } = self;
        format!("spec.driver={driver},spec.nodeName={node}")
    }

    /// Whether a slice is ours.
    pub(crate) fn covers(&self, spec: &ResourceSliceSpec) -> bool {
        let node = spec.node_name.as_deref();
        spec.driver == self.driver.as_str() && node == Some(self.node.as_str())
    }

    /// Whether an object goes with the node that there is.
    pub(crate) fn owns(&self, metadata: &ObjectMeta) -> bool {
        let owner = self.owner();
        let mut owners = metadata.owner_references.iter().flatten();
        owners.any(|it| {
            (&it.kind, &it.name, &it.uid, it.controller)
                == (&owner.kind, &owner.name, &owner.uid, owner.controller)
        })
    }

    /// The metadata of a slice that is yet to be made: its name is the server's, from our beginning.
    pub(crate) fn metadata(&self) -> ObjectMeta {
        ObjectMeta {
            generate_name: Some(self.generate_name()),
            owner_references: Some(vec![self.owner()]),
            ..ObjectMeta::default()
        }
    }

    /// The metadata of a slice that is there, which shall go with the node that there is.
    pub(crate) fn adopted(&self, mut metadata: ObjectMeta) -> ObjectMeta {
        if !self.owns(&metadata) {
            let others = metadata.owner_references.take().into_iter().flatten();
            let others = others.filter(|it| it.kind != "Node" && it.controller != Some(true));
            metadata.owner_references = Some(others.chain([self.owner()]).collect());
        }
        metadata
    }

    /// The one slice of a pool.
    pub(crate) fn slice(
        &self,
        metadata: ObjectMeta,
        pool: &PoolName,
        generation: i64,
        devices: Vec<Device>,
    ) -> ResourceSlice {
        ResourceSlice {
            metadata,
            spec: ResourceSliceSpec {
                driver: self.driver.to_string(),
                node_name: Some(self.node.to_string()),
                pool: ResourcePool {
                    name: pool.to_string(),
                    generation,
                    resource_slice_count: 1,
                },
                devices: Some(devices),
                ..ResourceSliceSpec::default()
            },
        }
    }

    /// `<index in the pool>-<driver>-<node>-`, cut where the server would cut it. The index comes first,
    /// so that the slices of a pool are in order by name; ours has one.
    fn generate_name(&self) -> String {
        let Self { driver, node, .. } = self;
        let whole = format!("00000-{driver}-{node}");
        let cut: String = whole.chars().take(GENERATED_FROM - 1).collect();
        format!("{}-", cut.trim_end_matches(['-', '.']))
    }

    fn owner(&self) -> OwnerReference {
        OwnerReference {
            api_version: "v1".to_owned(),
            kind: "Node".to_owned(),
            name: self.node.to_string(),
            uid: self.node_uid.clone(),
            controller: Some(true),
            block_owner_deletion: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{pool, scope};

    /// DRA-21: the node is the controller, and the name begins with index, driver and node.
    #[test]
    fn a_slice_goes_with_its_node_and_is_named_after_it() {
        let metadata = scope().metadata();
        assert_eq!(
            metadata.generate_name.as_deref(),
            Some("00000-colvin.dev-n1-")
        );
        let owner = OwnerReference {
            api_version: "v1".to_owned(),
            kind: "Node".to_owned(),
            name: "n1".to_owned(),
            uid: "uid-of-n1".to_owned(),
            controller: Some(true),
            block_owner_deletion: None,
        };
        assert_eq!(metadata.owner_references, Some(vec![owner]));
        let slice = scope().slice(metadata, &pool("n1"), 7, Vec::new());
        assert!(scope().covers(&slice.spec));
        assert!(scope().owns(&slice.metadata));
        let fields = "spec.driver=colvin.dev,spec.nodeName=n1";
        assert_eq!(scope().selector(), fields);
    }

    /// DRA-21: a name that the server would cut is cut so that it stays a name.
    #[test]
    fn a_long_node_name_is_cut_to_what_the_server_keeps() {
        let long = format!("{}.example.net", "n".repeat(39));
        let scope = Scope {
            node: long.parse().unwrap(),
            ..scope()
        };
        let name = scope.metadata().generate_name.unwrap();
        assert_eq!(name, format!("00000-colvin.dev-{}-", "n".repeat(39)));
        assert!(name.len() <= GENERATED_FROM);
    }

    /// DRA-21: a slice of a node that was there before under the same name becomes this one's.
    #[test]
    fn an_old_nodes_slice_is_adopted_and_others_stay_owners() {
        let foreign = OwnerReference {
            kind: "ConfigMap".to_owned(),
            ..OwnerReference::default()
        };
        let old = Scope {
            node_uid: "uid-of-an-old-n1".to_owned(),
            ..scope()
        };
        let mut metadata = old.metadata();
        metadata
            .owner_references
            .as_mut()
            .unwrap()
            .push(foreign.clone());
        assert!(!scope().owns(&metadata));
        let adopted = scope().adopted(metadata);
        let expected = Some(vec![foreign, scope().owner()]);
        assert_eq!(adopted.owner_references, expected);
        assert_eq!(scope().adopted(adopted.clone()), adopted);
    }
}
