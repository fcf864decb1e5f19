//! The annotation at the API server: read once, then written when it is to be another.
//!
//! A merge patch of this one key that names the pod's UID: the API server refuses it for the next pod of the same name,
//! whose UID cannot be changed.
//! Left to others: what it says, when it is written.

use std::sync::Arc;

use colvin_service::client::REQUEST_LIMIT;
use colvin_service::metrics::WriteResult;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
use serde_json::json;
use tokio::sync::Semaphore;

use super::annotation::KEY;
use crate::attachments::ChainedPod;
use crate::telemetry::FollowMetrics;

/// Who we are among an object's managers.
const MANAGER: &str = "colvin-agent";

/// How many of a node's pods are read or written at a time: an agent that starts asks for all of them.
pub(crate) const AT_A_TIME: usize = 4;

/// How all pods of the node are written.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) limit: Arc<Semaphore>,
    pub(crate) metrics: FollowMetrics,
}

/// The annotation of one pod.
pub(crate) struct Annotation {
    server: Server,
    pods: Api<Pod>,
    name: String,
    uid: String,
    held: Held,
}

/// What the API server has.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Held {
    /// It was not asked, or a write did not succeed.
    Unknown,
    Is(Option<String>),
}

/// What became of a write.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Put {
    /// It says what it should.
    Done,
    /// The pod is gone, or another has its name.
    Gone,
    Failed(String),
}

/// The API server gave no good answer.
#[derive(Debug, thiserror::Error)]
enum ServerError {
    #[error("the API server refuses")]
    Api(#[from] kube::Error),
    #[error("the API server gave no answer")]
    Timeout,
}

impl Annotation {
    /// Of this pod. Nothing is asked yet.
    pub(crate) fn new(client: Client, server: Server, pod: &ChainedPod) -> Self {
        Self {
            server,
            pods: Api::namespaced(client, &pod.namespace),
            name: pod.name.clone(),
            uid: pod.uid.clone(),
            held: Held::Unknown,
        }
    }

    /// Whether it is not known that the annotation says this.
    pub(crate) fn is_news(&self, text: &str) -> bool {
        !matches!(&self.held, Held::Is(Some(held)) if held == text)
    }

    /// Makes it say this.
    pub(crate) async fn put(&mut self, text: &str) -> Put {
        let limit = Arc::clone(&self.server.limit);
        // nobody closes it
        let Ok(_permit) = limit.acquire().await else {
            return Put::Failed("the agent ends".to_owned());
        };
        let put = async {
            if self.held == Held::Unknown && self.read().await? == Read::Gone {
                return Ok(Put::Gone);
            }
            if self.is_news(text) {
                self.write(text).await?;
            }
            Ok(Put::Done)
        };
        match put.await {
            Ok(put) => put,
            Err(ServerError::Api(kube::Error::Api(status))) if status.is_not_found() => Put::Gone,
            Err(error) => {
                // that another pod has the name is found by asking
                self.held = Held::Unknown;
                Put::Failed(format!("{:#}", anyhow::Error::from(error)))
            }
        }
    }

    async fn read(&mut self) -> Result<Read, ServerError> {
        let asked = self.pods.get_metadata(&self.name);
        let pod = tokio::time::timeout(REQUEST_LIMIT, asked).await;
        let pod = pod.map_err(|_elapsed| ServerError::Timeout)??;
        if pod.metadata.uid.as_deref() != Some(self.uid.as_str()) {
            return Ok(Read::Gone);
        }
        let mut annotations = pod.metadata.annotations.unwrap_or_default();
        self.held = Held::Is(annotations.remove(KEY));
        Ok(Read::There)
    }

    async fn write(&mut self, text: &str) -> Result<(), ServerError> {
        let patch = json!({"metadata": {"uid": self.uid, "annotations": {KEY: text}}});
        let params = PatchParams {
            field_manager: Some(MANAGER.to_owned()),
            ..PatchParams::default()
        };
        let patch = Patch::Merge(&patch);
        let written = self.pods.patch_metadata(&self.name, &params, &patch);
        let Ok(answer) = tokio::time::timeout(REQUEST_LIMIT, written).await else {
            self.server.metrics.wrote(WriteResult::Failed);
            return Err(ServerError::Timeout);
        };
        self.server.metrics.wrote(WriteResult::of(&answer));
        answer?;
        self.held = Held::Is(Some(text.to_owned()));
        Ok(())
    }
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Read {
    There,
    Gone,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::following::scene::{ApiServer, pod};

    fn annotation(server: &ApiServer) -> Annotation {
        Annotation::new(server.client(), ApiServer::limits(), &pod())
    }

    #[tokio::test]
    async fn what_is_there_already_is_not_written_again() {
        let server = ApiServer::with("u1", Some("[]"));
        let mut annotation = annotation(&server);
        assert!(annotation.is_news("[]"), "it was not asked yet");
        assert_eq!(annotation.put("[]").await, Put::Done);
        assert!(!annotation.is_news("[]"));
        assert_eq!(annotation.put("[1]").await, Put::Done);
        assert_eq!(annotation.put("[2]").await, Put::Done);
        let patch = |text: &str| format!(r#"PATCH u1 "{text}""#);
        let wanted = ["GET".to_owned(), patch("[1]"), patch("[2]")];
        assert_eq!(server.heard(), wanted);
    }

    #[tokio::test]
    async fn a_pod_that_is_gone_and_one_that_has_its_name_are_let_alone() {
        let server = ApiServer::with("u2", None);
        assert_eq!(annotation(&server).put("[]").await, Put::Gone);
        let server = ApiServer::with("u1", None);
        let mut known = annotation(&server);
        assert_eq!(known.put("[1]").await, Put::Done);
        // while it is followed, another comes in its place
        server.now("u2", None);
        assert!(matches!(known.put("[2]").await, Put::Failed(_)));
        assert_eq!(known.put("[2]").await, Put::Gone);
        server.now("", None);
        assert_eq!(annotation(&server).put("[]").await, Put::Gone);
        let patched = server.heard().into_iter().filter(|it| it.contains("[2]"));
        assert_eq!(patched.count(), 1, "the server refused that one");
    }
}
