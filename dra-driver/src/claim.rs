//! What is read of a `ResourceClaim`, and by whom. Left to others: the API server.
//!
//! There are no pods in it: `status.reservedFor` names a `PodGroup`, many pods or nobody, and whose device it is
//! is known when the pod is attached (DRA-18).

use std::error::Error;

use crate::Uid;

/// Reads claims from the API server. One call may take as long as its caller waits.
#[tonic::async_trait]
pub trait ClaimReader: Send + Sync {
    /// The claim of this name, as the API server has it now.
    ///
    /// # Errors
    /// [`ClaimReadError`] when there is none, or it cannot be read.
    async fn get(&self, namespace: &str, name: &str) -> Result<ReadClaim, ClaimReadError>;
}

/// A claim, as far as it is prepared by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadClaim {
    /// `metadata.uid`.
    pub uid: Uid,
    /// What the pod calls it whose template it was made of: the annotation
    /// `resource.kubernetes.io/pod-claim-name`.
    pub pod_claim_name: Option<String>,
    /// `status.allocation`.
    pub allocation: Option<ClaimAllocation>,
}

/// `status.allocation.devices`. What it has besides is not read: newer servers say more (VER-6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimAllocation {
    /// `results`, of every driver.
    pub results: Vec<AllocationResult>,
    /// `config`, of every driver.
    pub config: Vec<ClaimConfig>,
}

/// A device that was allocated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllocationResult {
    /// The request it answers, or `request/subrequest`.
    pub request: String,
    /// Whose device it is.
    pub driver: String,
    /// The pool it is from.
    pub pool: String,
    /// Its name in the pool.
    pub device: String,
    /// Whether it is only to be looked at.
    pub admin_access: bool,
    /// Which of several allocations of the device it is.
    pub share_id: Option<String>,
}

/// Parameters for devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimConfig {
    /// Who says it.
    pub source: ConfigSource,
    /// The requests it is for; none: all.
    pub requests: Vec<String>,
    /// `opaque.driver`.
    pub driver: String,
    /// `opaque.parameters`.
    pub parameters: serde_json::Value,
}

/// Who says a device's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConfigSource {
    /// The `DeviceClass`, which is an administrator's.
    FromClass,
    /// The claim, which is a tenant's.
    FromClaim,
}

/// A claim could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ClaimReadError {
    /// There is no such claim.
    #[error("there is no such ResourceClaim")]
    NotFound,
    /// The API server does not say.
    #[error("the ResourceClaim cannot be read")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

/// The request that a claim's containers name: of `main/large` it is `main` (DRA-13).
pub(crate) fn base_request(request: &str) -> &str {
    request.split_once('/').map_or(request, |(base, _)| base)
}
