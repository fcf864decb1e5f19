//! Writes a Network's status by server-side apply.
//!
//! Left to others: blocks of addresses ([`block`]), what is kept for Networks ([`kept`]), what the status is ([`crate::summary`]), when ([`crate::schedule`]).

use colvin_crds::v1alpha1::{API_VERSION, Network, NetworkStatus};
use colvin_service::client;
use colvin_service::metrics::WriteResult;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
use serde_json::json;

pub(crate) mod block;
pub(crate) mod kept;

/// This program; also the field manager of what it writes.
pub(crate) const PROGRAM: &str = "colvin-controller";

/// A status to be written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Write {
    pub(crate) network: String,
    /// The object that it is for: another of the same name is refused by the API server.
    pub(crate) uid: Option<String>,
    pub(crate) status: NetworkStatus,
}

/// How a write ended.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) network: String,
    /// The object as it is now, or why it is not known.
    pub(crate) answer: Result<Network, NotWritten>,
}

/// Why something is not known to be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotWritten {
    #[error("the API server refused or failed")]
    Answer(#[from] kube::Error),
    #[error("the API server did not answer in time")]
    NoAnswer,
}

impl Written {
    /// What is counted.
    pub(crate) fn result(&self) -> WriteResult {
        match &self.answer {
            Ok(_) => WriteResult::Ok,
            Err(error) => error.result(),
        }
    }
}

impl NotWritten {
    /// What is counted.
    fn result(&self) -> WriteResult {
        match self {
            Self::Answer(error) => WriteResult::of_error(error),
            Self::NoAnswer => WriteResult::Failed,
        }
    }
}

/// Writes a status, and takes the fields from whoever else wrote them.
pub(crate) async fn write(client: Client, write: Write) -> Written {
    let Write {
        network,
        uid,
        status,
    } = write;
    let body = json!({
        "apiVersion": API_VERSION,
        "kind": "Network",
        "metadata": {"name": network, "uid": uid},
        "status": status,
    });
    let networks: Api<Network> = Api::all(client);
    let params = PatchParams::apply(PROGRAM).force();
    let patch = Patch::Apply(&body);
    let answer = networks.patch_status(&network, &params, &patch);
    let answer = match tokio::time::timeout(client::REQUEST_LIMIT, answer).await {
        Ok(answer) => answer.map_err(NotWritten::from),
        Err(_elapsed) => Err(NotWritten::NoAnswer),
    };
    Written { network, answer }
}
