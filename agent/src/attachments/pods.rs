//! All pods of the node with their devices, by the kubelet's word.
//!
//! Left to others: what follows of it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use colvin_attach::record::RecordError;
use colvin_kubelet_api::pod_resources::v1::PodResources;
use colvin_kubelet_api::pod_resources::{self, ListError};

/// How long the kubelet may take: less than a plugin waits.
const LIMIT: Duration = Duration::from_secs(4);

/// Asks the kubelet.
#[derive(Clone, Debug)]
pub(crate) struct Pods {
    socket: PathBuf,
    own: Option<(String, String)>,
    limit: Duration,
}

/// What the kubelet said.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) pods: Vec<PodResources>,
    /// Whether it knew its pods: our own is among them. One that has just started answers before it has
    /// heard of them.
    pub(crate) complete: bool,
}

/// It is not known which pods there are, or what they have.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PodsError {
    #[error("the kubelet does not tell which pod has which device: {}", sentence(.0))]
    List(ListError),
    #[error("{}", sentence(.0))]
    Records(RecordError),
}

/// An error with its cause, as one sentence: it goes over the wire.
fn sentence(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

impl Pods {
    /// Of the kubelet with this folder. `own` is the pod that we run in, by namespace and name.
    pub(crate) fn of_kubelet(folder: &Path, own: Option<(String, String)>) -> Self {
        Self {
            socket: folder.join("pod-resources/kubelet.sock"),
            own,
            limit: LIMIT,
        }
    }

    /// Asks.
    ///
    /// # Errors
    /// [`PodsError::List`] when the kubelet does not answer.
    pub(crate) async fn list(&self) -> Result<Listed, PodsError> {
        let listed = pod_resources::list(&self.socket, self.limit).await;
        let pods = listed.map_err(PodsError::List)?;
        let complete = self.own.as_ref().is_none_or(|(namespace, name)| {
            let mut named = pods.iter();
            named.any(|pod| pod.namespace == *namespace && pod.name == *name)
        });
        Ok(Listed { pods, complete })
    }
}
