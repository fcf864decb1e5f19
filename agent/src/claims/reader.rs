//! Reads claims at the API server. Left to others: what follows of them (`colvin_dra_driver`).

use colvin_dra_driver::{
    AllocationResult, ClaimAllocation, ClaimConfig, ClaimReadError, ClaimReader, ConfigSource,
    ReadClaim,
};
use k8s_openapi::api::resource::v1::{
    AllocationResult as Allocation, DeviceAllocationConfiguration, DeviceRequestAllocationResult,
    ResourceClaim,
};
use kube::{Api, Client, ResourceExt as _};

/// What a pod calls the claim whose template it was made of.
const POD_CLAIM_NAME: &str = "resource.kubernetes.io/pod-claim-name";

/// Reads them by a client.
pub(crate) struct ApiReader {
    client: Client,
}

impl ApiReader {
    pub(crate) const fn new(client: Client) -> Self {
        Self { client }
    }
}

#[tonic::async_trait]
impl ClaimReader for ApiReader {
    async fn get(&self, namespace: &str, name: &str) -> Result<ReadClaim, ClaimReadError> {
        let api: Api<ResourceClaim> = Api::namespaced(self.client.clone(), namespace);
        let claim = match api.get_opt(name).await {
            Ok(Some(claim)) => claim,
            Ok(None) => return Err(ClaimReadError::NotFound),
            Err(error) => return Err(ClaimReadError::Unavailable(Box::new(error))),
        };
        read(claim)
    }
}

/// What a claim is prepared by. For whom it is reserved is nothing of that: pods, a group of them, or nobody (DRA-18).
fn read(claim: ResourceClaim) -> Result<ReadClaim, ClaimReadError> {
    let uid = claim.uid().unwrap_or_default();
    let uid = uid.parse();
    Ok(ReadClaim {
        uid: uid.map_err(|error| ClaimReadError::Unavailable(Box::new(error)))?,
        pod_claim_name: claim.annotations().get(POD_CLAIM_NAME).cloned(),
        allocation: claim.status.and_then(|it| it.allocation).map(allocation),
    })
}

fn allocation(allocation: Allocation) -> ClaimAllocation {
    let devices = allocation.devices.unwrap_or_default();
    let results = devices.results.unwrap_or_default();
    let config = devices.config.unwrap_or_default();
    ClaimAllocation {
        results: results.into_iter().map(result).collect(),
        config: config.into_iter().filter_map(parameters).collect(),
    }
}

fn result(result: DeviceRequestAllocationResult) -> AllocationResult {
    AllocationResult {
        request: result.request,
        driver: result.driver,
        pool: result.pool,
        device: result.device,
        admin_access: result.admin_access.unwrap_or_default(),
        share_id: result.share_id,
    }
}

/// Parameters that are opaque to Kubernetes; there are no others yet, and others are not ours.
fn parameters(config: DeviceAllocationConfiguration) -> Option<ClaimConfig> {
    let opaque = config.opaque?;
    Some(ClaimConfig {
        // what is not an administrator's word is a tenant's
        source: if config.source == "FromClass" {
            ConfigSource::FromClass
        } else {
            ConfigSource::FromClaim
        },
        requests: config.requests.unwrap_or_default(),
        driver: opaque.driver,
        parameters: opaque.parameters.0,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_allocation_is_read_with_who_says_what() {
        let read: Allocation = serde_json::from_value(json!({"devices": {
            "results": [{"request": "net/large", "driver": "colvin.dev", "pool": "n1/0000-3b-00-0-0",
                "device": "0000-3b-00-2", "adminAccess": true, "shareID": "s1", "somethingNew": 1}],
            "config": [
                {"source": "FromClass", "opaque": {"driver": "colvin.dev", "parameters": {"vlan": 7}}},
                {"source": "FromClaim", "requests": ["net"], "opaque": {"driver": "other", "parameters": {}}},
                {"source": "FromClaim"},
            ]}}))
        .unwrap();
        let read = allocation(read);
        assert_eq!(
            read.results,
            [AllocationResult {
                request: "net/large".into(),
                driver: "colvin.dev".into(),
                pool: "n1/0000-3b-00-0-0".into(),
                device: "0000-3b-00-2".into(),
                admin_access: true,
                share_id: Some("s1".into()),
            }]
        );
        let sources: Vec<_> = read.config.iter().map(|it| it.source).collect();
        assert_eq!(sources, [ConfigSource::FromClass, ConfigSource::FromClaim]);
        assert_eq!(read.config[0].parameters, json!({"vlan": 7}));
        assert_eq!(read.config[1].requests, ["net"]);
    }

    /// DRA-18, RB-6.
    #[test]
    fn dra_18_for_whom_a_claim_is_reserved_changes_nothing() {
        let reserved = |what: serde_json::Value| {
            let claim = serde_json::from_value(json!({
                "apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim",
                "metadata": {"name": "net", "namespace": "default", "uid": "u1"}, "spec": {},
                "status": {"reservedFor": what, "allocation": {"devices": {"results": [
                    {"request": "net", "driver": "colvin.dev", "pool": "n1/0000-3b-00-0-0", "device": "0000-3b-00-2"},
                ]}}},
            }));
            read(claim.unwrap()).unwrap()
        };
        let pod = |name: &str| json!({"resource": "pods", "name": name, "uid": name});
        let group = json!({"apiGroup": "scheduling.k8s.io", "resource": "podgroups", "name": "g", "uid": "g"});
        let one = reserved(json!([pod("web")]));
        assert_eq!(one.allocation.as_ref().unwrap().results.len(), 1);
        for others in [
            json!(null),
            json!([]),
            json!([group]),
            json!([pod("a"), pod("b"), group]),
        ] {
            assert_eq!(reserved(others.clone()), one, "{others}");
        }
    }
}
