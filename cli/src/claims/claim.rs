//! A resource claim: what it asks for, what it was given, and which claims a pod has. Left to others: the devices.

use k8s_openapi::api::core::v1::{Container, Pod};
use k8s_openapi::api::resource::v1::{DeviceRequest, DeviceToleration, ResourceClaim};

use super::DRIVER;

/// A claim.
#[derive(Clone, Debug, Default)]
pub(crate) struct Claim {
    /// Its namespace.
    pub(crate) namespace: String,
    /// Its name there.
    pub(crate) name: String,
    /// Its UID.
    pub(crate) uid: String,
    /// What it asks for.
    pub(crate) requests: Vec<Request>,
    /// Whether it has conditions between its devices.
    pub(crate) is_constrained: bool,
    /// Whether it was given what it asks for, by whatever driver.
    pub(crate) is_allocated: bool,
    /// The devices of this driver that it was given.
    pub(crate) given: Vec<Given>,
    /// Whether it is reserved for anybody.
    pub(crate) is_reserved: bool,
    /// The pods that may use it, by name.
    pub(crate) pods: Vec<String>,
}

/// A device that a claim was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    /// The request that it answers; with the alternative, where it had some.
    pub(crate) request: String,
    /// Its pool.
    pub(crate) pool: String,
    /// Its name there.
    pub(crate) device: String,
    /// Whether only looking at it was asked for.
    admin: bool,
}

/// A request of a claim: one of these, the first before the others.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Its name.
    pub(crate) name: String,
    /// What it may be answered with.
    pub(crate) alternatives: Vec<Alternative>,
}

/// What a request may be answered with.
#[derive(Clone, Debug)]
pub(crate) struct Alternative {
    /// The `DeviceClass`.
    pub(crate) class: String,
    /// How many devices of it.
    pub(crate) number: u64,
    /// The taints that it tolerates.
    pub(crate) tolerations: Vec<DeviceToleration>,
    /// Whether more decides than the class and the number.
    pub(crate) is_choosy: bool,
}

/// A claim of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PodClaim {
    /// What it is called in the pod.
    pub(crate) entry: String,
    /// The claim's own name; `None` while it was not made from its template.
    pub(crate) claim: Option<String>,
    /// The template that it is to be made from.
    pub(crate) template: Option<String>,
    /// Who uses it.
    users: Vec<User>,
}

/// A container that uses a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
struct User {
    container: String,
    /// The one request that it uses; all where none is named.
    request: Option<String>,
    /// The extended resource that it asked for in place of a claim.
    resource: Option<String>,
}

impl Claim {
    pub(super) fn of(claim: ResourceClaim) -> Self {
        let status = claim.status.unwrap_or_default();
        let is_allocated = status.allocation.is_some();
        let results = status.allocation.and_then(|it| it.devices?.results);
        let ours = results
            .into_iter()
            .flatten()
            .filter(|it| it.driver == DRIVER);
        let given = ours.map(|it| Given {
            request: it.request,
            pool: it.pool,
            device: it.device,
            admin: it.admin_access.unwrap_or_default(),
        });
        let consumers = status.reserved_for.unwrap_or_default();
        let is_reserved = !consumers.is_empty();
        let consumers = consumers.into_iter();
        let pods = consumers
            .filter(|it| it.resource == "pods")
            .map(|it| it.name);
        let asked = claim.spec.and_then(|it| it.devices).unwrap_or_default();
        let requests = asked.requests.unwrap_or_default().into_iter();
        Self {
            namespace: claim
                .metadata
                .namespace
                .unwrap_or_else(|| "default".to_owned()),
            name: claim.metadata.name.unwrap_or_default(),
            uid: claim.metadata.uid.unwrap_or_default(),
            requests: requests.map(Request::of).collect(),
            is_constrained: asked.constraints.is_some_and(|it| !it.is_empty()),
            is_allocated,
            given: given.collect(),
            is_reserved,
            pods: pods.collect(),
        }
    }

    /// The devices that it holds, by pool and name: looking at one alone does not hold it.
    pub(super) fn held(&self) -> impl Iterator<Item = (String, String)> {
        let given = self.given.iter().filter(|it| !it.admin);
        given.map(|it| (it.pool.clone(), it.device.clone()))
    }

    /// Who holds its devices, as `namespace/pod`; the claim itself where no pod is named.
    pub(crate) fn holders(&self) -> Vec<String> {
        let namespace = &self.namespace;
        if self.pods.is_empty() {
            return vec![format!("claim {namespace}/{}", self.name)];
        }
        let pods = self.pods.iter();
        pods.map(|pod| format!("{namespace}/{pod}")).collect()
    }
}

impl Request {
    fn of(request: DeviceRequest) -> Self {
        let mut alternatives = Vec::new();
        if let Some(exact) = request.exactly {
            alternatives.push(Alternative {
                is_choosy: exact.selectors.is_some_and(|it| !it.is_empty())
                    || exact.allocation_mode.is_some_and(|it| it == "All"),
                class: exact.device_class_name,
                number: number(exact.count),
                tolerations: exact.tolerations.unwrap_or_default(),
            });
        }
        let others = request.first_available.into_iter().flatten();
        alternatives.extend(others.map(|one| Alternative {
            is_choosy: one.selectors.is_some_and(|it| !it.is_empty())
                || one.allocation_mode.is_some_and(|it| it == "All"),
            class: one.device_class_name,
            number: number(one.count),
            tolerations: one.tolerations.unwrap_or_default(),
        }));
        Self {
            name: request.name,
            alternatives,
        }
    }
}

fn number(count: Option<i64>) -> u64 {
    count.and_then(|it| u64::try_from(it).ok()).unwrap_or(1)
}

impl PodClaim {
    /// Whether the scheduler made it for the pod's extended resources.
    pub(crate) fn is_extended(&self) -> bool {
        self.users.iter().any(|user| user.resource.is_some())
    }

    /// Its containers that use what a request was answered with, each with the resource it asked for, if it was one.
    pub(super) fn users(&self, request: &str) -> Vec<(String, Option<String>)> {
        // an alternative is written behind its request
        let name = request.split('/').next().unwrap_or_default();
        let users = self.users.iter();
        let is_meant = |user: &&User| user.request.as_deref().is_none_or(|it| it == name);
        users
            .filter(is_meant)
            .map(|it| (it.container.clone(), it.resource.clone()))
            .collect()
    }
}

/// The claims of a pod: those it names, and the one that the scheduler made for its extended resources.
pub(crate) fn of_pod(pod: &Pod) -> Vec<PodClaim> {
    let Some(spec) = &pod.spec else {
        return Vec::new();
    };
    let status = pod.status.as_ref();
    let made = status.and_then(|it| it.resource_claim_statuses.as_deref());
    let made = made.unwrap_or_default();
    let containers: Vec<&Container> = spec
        .containers
        .iter()
        .chain(spec.init_containers.iter().flatten())
        .collect();
    let named = spec.resource_claims.iter().flatten().map(|entry| {
        let from_template = || {
            let mut made = made.iter();
            made.find(|it| it.name == entry.name)?
                .resource_claim_name
                .clone()
        };
        PodClaim {
            claim: entry.resource_claim_name.clone().or_else(from_template),
            template: entry.resource_claim_template_name.clone(),
            users: users(&containers, &entry.name),
            entry: entry.name.clone(),
        }
    });
    let mut all: Vec<PodClaim> = named.collect();
    if let Some(extended) = status.and_then(|it| it.extended_resource_claim_status.as_ref()) {
        let users = extended.request_mappings.iter().map(|it| User {
            container: it.container_name.clone(),
            request: Some(it.request_name.clone()),
            resource: Some(it.resource_name.clone()),
        });
        all.push(PodClaim {
            entry: extended.resource_claim_name.clone(),
            claim: Some(extended.resource_claim_name.clone()),
            template: None,
            users: users.collect(),
        });
    }
    all
}

fn users(containers: &[&Container], entry: &str) -> Vec<User> {
    let uses = containers.iter().flat_map(|container| {
        let resources = container.resources.as_ref();
        let claims = resources.and_then(|it| it.claims.as_deref());
        let used = claims
            .unwrap_or_default()
            .iter()
            .filter(|it| it.name == entry);
        used.map(|it| User {
            container: container.name.clone(),
            request: it.request.clone(),
            resource: None,
        })
    });
    uses.collect()
}
