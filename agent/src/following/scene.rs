//! A pod that tests follow, and an API server that has it. Left to others: what becomes of both.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use kube::Client;
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::annotation::{KEY, Names};
use super::server::{AT_A_TIME, Server};
use crate::attachments::{ChainedPod, Interface};
use crate::telemetry::FollowMetrics;

/// An interface made of a device that the kubelet calls so.
pub(super) fn interface(name: &str, device: &str) -> Interface {
    Interface {
        name: name.parse().unwrap(),
        is_netdev: true,
        device: device.parse().unwrap(),
        function: device.parse().ok(),
        network: None,
    }
}

/// The pod `default/web` with a VF of network green.
pub(super) fn pod() -> ChainedPod {
    ChainedPod {
        namespace: "default".to_owned(),
        name: "web".to_owned(),
        uid: "u1".to_owned(),
        cluster: "kindnet".to_owned(),
        ifname: "eth0".parse().unwrap(),
        netns: "/run/netns/a".into(),
        netns_id: "4:1".to_owned(),
        interfaces: vec![interface("green0", "0000:3b:02.1")],
    }
}

/// Which network its interface is of.
pub(super) fn names() -> Names {
    let key = ("green0".parse().unwrap(), "0000:3b:02.1".parse().unwrap());
    Names::from([(key, "green".parse().unwrap())])
}

/// An API server that has one pod, `default/web`.
pub(super) struct ApiServer(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    /// None is there while this is empty.
    uid: String,
    annotation: Option<String>,
    heard: Vec<String>,
    /// Answers every request with this code instead.
    refuses: Option<u16>,
}

impl ApiServer {
    pub(super) fn with(uid: &str, annotation: Option<&str>) -> Self {
        let server = Self(Arc::default());
        server.now(uid, annotation);
        server
    }

    /// Another pod is there, or the same one changed.
    pub(super) fn now(&self, uid: &str, annotation: Option<&str>) {
        let mut kept = self.0.lock().unwrap();
        kept.uid = uid.to_owned();
        kept.annotation = annotation.map(str::to_owned);
    }

    /// Refuses everything from now on, or nothing.
    pub(super) fn refuse(&self, code: Option<u16>) {
        self.0.lock().unwrap().refuses = code;
    }

    /// What it was asked.
    pub(super) fn heard(&self) -> Vec<String> {
        self.0.lock().unwrap().heard.clone()
    }

    pub(super) fn client(&self) -> Client {
        let kept = Arc::clone(&self.0);
        let router = Router::new().fallback(move |method: Method, uri: Uri, body: String| {
            assert_eq!(uri.path(), "/api/v1/namespaces/default/pods/web");
            let answer = kept.lock().unwrap().answer(&method, &body);
            async move { answer }
        });
        Client::new(router, "default")
    }

    pub(super) fn limits() -> Server {
        Server {
            limit: Arc::new(Semaphore::new(AT_A_TIME)),
            metrics: FollowMetrics::register(&mut Registry::default()),
        }
    }
}

impl Kept {
    fn answer(&mut self, method: &Method, body: &str) -> (StatusCode, String) {
        let patch: Value = serde_json::from_str(body).unwrap_or_default();
        let (uid, text) = (
            &patch["metadata"]["uid"],
            &patch["metadata"]["annotations"][KEY],
        );
        let heard = match *method {
            Method::PATCH => format!("PATCH {} {text}", uid.as_str().unwrap()),
            _ => method.to_string(),
        };
        self.heard.push(heard);
        let refused = if self.uid.is_empty() {
            Some(404)
        } else if method == Method::PATCH && *uid != *self.uid {
            Some(422)
        } else {
            self.refuses
        };
        if let Some(code) = refused {
            let reason = match code {
                404 => "NotFound",
                422 => "Invalid",
                _ => "InternalError",
            };
            let status = json!({
                "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                "message": "no", "reason": reason, "code": code,
            });
            return (StatusCode::from_u16(code).unwrap(), status.to_string());
        }
        if method == Method::PATCH {
            self.annotation = text.as_str().map(str::to_owned);
        }
        let mut metadata = json!({"name": "web", "namespace": "default", "uid": self.uid});
        if let Some(text) = &self.annotation {
            metadata["annotations"] = json!({KEY: text});
        }
        let pod = json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": metadata});
        (StatusCode::OK, pod.to_string())
    }
}
