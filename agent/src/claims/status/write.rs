//! One claim's status written. Left to others: what it says, when it is written.

use std::collections::BTreeMap;

use colvin_service::client::REQUEST_LIMIT;
use k8s_openapi::api::resource::v1::ResourceClaim;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client, ResourceExt as _};
use serde_json::{Value, json};
use tracing::{debug, warn};

use super::{DeviceStatus, Key};

/// Who we are among an object's managers.
const MANAGER: &str = "colvin-agent";

/// What the granular authorisation of Kubernetes 1.36 asks for (DRA-36).
const VERBS: &str = "resourceclaims/status (patch, update), and from Kubernetes 1.36 on resourceclaims/driver \
                     (associated-node:patch, associated-node:update) for colvin.dev";

/// When a condition became what it is.
type Since = (String, Time);

/// Writes statuses, each condition with the time of its last change.
pub(super) struct Writer {
    client: Client,
    since: BTreeMap<(Key, String, &'static str), Since>,
    forbidden: bool,
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    Written,
    /// There is no such claim any more, or it has no such device.
    Gone,
    Failed,
}

impl Writer {
    pub(super) const fn new(client: Client) -> Self {
        Self {
            client,
            since: BTreeMap::new(),
            forbidden: false,
        }
    }

    /// Forgets the times of claims that are gone.
    pub(super) fn forget_all_but(&mut self, is_there: impl Fn(&Key) -> bool) {
        self.since.retain(|(key, _, _), _| is_there(key));
    }

    /// Writes what is said of a claim's devices.
    pub(super) async fn write(&mut self, key: &Key, devices: &[DeviceStatus]) -> Done {
        let (namespace, name, uid) = key;
        let api: Api<ResourceClaim> = Api::namespaced(self.client.clone(), namespace);
        let is_new = !self.since.keys().any(|(known, _, _)| known == key);
        if is_new {
            match tokio::time::timeout(REQUEST_LIMIT, api.get_opt(name)).await {
                Ok(Ok(Some(claim))) if claim.uid().as_ref() == Some(uid) => self.learn(key, &claim),
                Ok(Ok(_)) => return Done::Gone,
                Ok(Err(error)) => return Self::failed(key, &error.to_string()),
                Err(_elapsed) => return Self::failed(key, "no answer in time"),
            }
        }
        let status: Vec<Value> = devices.iter().map(|it| self.timed(key, it)).collect();
        let object = json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim",
            "metadata": {"name": name, "namespace": namespace, "uid": uid}, "status": {"devices": status}});
        let params = PatchParams::apply(MANAGER).force();
        let patch = Patch::Apply(&object);
        let written = api.patch_status(name, &params, &patch);
        match tokio::time::timeout(REQUEST_LIMIT, written).await {
            Ok(Ok(_)) => {
                self.forbidden = false;
                debug!(
                    namespace,
                    claim = name,
                    "the claim says how its devices stand"
                );
                Done::Written
            }
            Ok(Err(kube::Error::Api(status))) => match status.code {
                404 | 409 => Done::Gone,
                // a right to a driver's rows that is missing is told as an invalid claim (422)
                _ if status.code == 403 || status.message.contains("resourceclaims/driver") => {
                    if !self.forbidden {
                        let error = &status.message;
                        warn!(
                            error,
                            "claims do not say how their devices stand: a role lacks {VERBS}"
                        );
                    }
                    self.forbidden = true;
                    Done::Failed
                }
                _ => Self::failed(key, &status.message),
            },
            Ok(Err(error)) => Self::failed(key, &error.to_string()),
            Err(_elapsed) => Self::failed(key, "no answer in time"),
        }
    }

    fn failed((namespace, claim, _): &Key, error: &str) -> Done {
        warn!(
            namespace,
            claim, error, "the claim does not say how its devices stand; tried again"
        );
        Done::Failed
    }

    /// Takes over the times of what an agent before us said.
    fn learn(&mut self, key: &Key, claim: &ResourceClaim) {
        let status = claim.status.iter();
        let devices = status.flat_map(|status| status.devices.iter().flatten());
        for device in devices.filter(|it| it.driver == colvin_dra_driver::DRIVER) {
            for condition in device.conditions.iter().flatten() {
                let kinds = ["Healthy", "LinkUp", "Membership"];
                if let Some(kind) = kinds.into_iter().find(|kind| *kind == condition.type_) {
                    let place = (key.clone(), device.device.clone(), kind);
                    let since = (
                        condition.status.clone(),
                        condition.last_transition_time.clone(),
                    );
                    self.since.insert(place, since);
                }
            }
        }
    }

    fn timed(&mut self, key: &Key, status: &DeviceStatus) -> Value {
        // texts, numbers and lists are always JSON
        let mut value = serde_json::to_value(status).unwrap_or_default();
        let device = value.get("device").and_then(Value::as_str);
        let device = device.unwrap_or_default().to_owned();
        for (condition, written) in status.conditions.iter().zip(
            value
                .get_mut("conditions")
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten(),
        ) {
            let place = (key.clone(), device.clone(), condition.r#type);
            let now = || (condition.status.to_owned(), Time(Timestamp::now()));
            let since = self.since.entry(place).or_insert_with(now);
            if since.0 != condition.status {
                *since = now();
            }
            if let (Value::Object(written), Ok(time)) = (written, serde_json::to_value(&since.1)) {
                written.insert("lastTransitionTime".to_owned(), time);
            }
        }
        value
    }
}
