//! The kubelet's word of who holds what, asked for once. Left to others: what follows of it.

use std::path::Path;
use std::time::Duration;

use super::v1::pod_resources_lister_client::PodResourcesListerClient;
use super::v1::{ListPodResourcesRequest, PodResources};
use crate::uds::{self, ConnectError};

/// What the kubelet itself allows an answer to have (DP-22).
const ANSWER_LIMIT_BYTES: usize = 16 << 20;

/// The kubelet did not tell.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// Nobody answers on its socket.
    #[error("cannot connect")]
    Connect(#[source] ConnectError),
    /// It answered with an error.
    #[error("{}", .0.message())]
    Refused(tonic::Status),
    /// It did not answer.
    #[error("no answer within {} s", .0.as_secs())]
    Late(Duration),
}

/// Asks for all pods' devices (`List` of pod resources v1).
///
/// # Errors
/// [`ListError`] when there is no answer within the limit.
pub async fn list(socket: &Path, limit: Duration) -> Result<Vec<PodResources>, ListError> {
    let call = async {
        let channel = uds::connect(socket).await.map_err(ListError::Connect)?;
        let client = PodResourcesListerClient::new(channel);
        let mut client = client.max_decoding_message_size(ANSWER_LIMIT_BYTES);
        let answer = client.list(ListPodResourcesRequest {}).await;
        Ok(answer
            .map_err(ListError::Refused)?
            .into_inner()
            .pod_resources)
    };
    let answer = tokio::time::timeout(limit, call).await;
    answer.unwrap_or(Err(ListError::Late(limit)))
}
