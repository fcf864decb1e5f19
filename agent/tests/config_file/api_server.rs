//! An API server that has one node and some Networks, and keeps what is applied to the node's `NodeTopology`.
//!
//! Left to others: a real one (`kube_nodes.rs`); it refuses nothing.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use futures_util::stream;
use serde_json::{Value, json};

/// The node's name.
pub(crate) const NODE: &str = "worker-1";

const OURS: &str = "/apis/colvin.dev/v1alpha1";

/// The server; it ends with the test's runtime.
pub(crate) struct ApiServer {
    address: SocketAddr,
    topology: Arc<Mutex<Value>>,
}

impl ApiServer {
    /// One that has these Networks.
    #[expect(clippy::disallowed_methods, reason = "a test has no supervisor")]
    pub(crate) async fn start(networks: Vec<Value>) -> Self {
        let topology = Arc::new(Mutex::new(Value::Null));
        let (networks, kept) = (Arc::new(networks), Arc::clone(&topology));
        let router = Router::new().fallback(move |request: Request| {
            let (networks, kept) = (Arc::clone(&networks), Arc::clone(&kept));
            async move { answer(request, &networks, &kept).await }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, topology }
    }

    /// A file in this folder that leads here.
    pub(crate) fn kubeconfig(&self, folder: &Path) -> PathBuf {
        let named = |name: &str, what: &str, is: Value| json!([{"name": name, what: is}]);
        let server = json!({"server": format!("http://{}", self.address)});
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "it",
            "users": named("it", "user", json!({})),
            "clusters": named("it", "cluster", server),
            "contexts": named("it", "context", json!({"cluster": "it", "user": "it"})),
        });
        let path = folder.join("kubeconfig");
        std::fs::write(&path, config.to_string()).unwrap();
        path
    }

    /// The status of the node's object; null before it was written.
    pub(crate) fn status(&self) -> Value {
        self.topology.lock().unwrap()["status"].clone()
    }
}

async fn answer(request: Request, networks: &[Value], kept: &Mutex<Value>) -> Body {
    let (parts, body) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default();
    if query.contains("watch=true") {
        // nothing ever happens: what the agent wrote itself it knows from the answer
        return Body::from_stream(stream::pending::<Result<Vec<u8>, Infallible>>());
    }
    let node = json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": NODE, "uid": "7", "resourceVersion": "1"},
    });
    let path = parts.uri.path();
    let answer = match path.strip_prefix(OURS).unwrap_or(path) {
        "/api/v1/nodes" => list("v1", "NodeList", &[node]),
        "/api/v1/nodes/worker-1" => node,
        "/networks" => list("colvin.dev/v1alpha1", "NetworkList", networks),
        "/nodetopologies" => list("colvin.dev/v1alpha1", "NodeTopologyList", &[]),
        "/nodetopologies/worker-1" | "/nodetopologies/worker-1/status" => {
            assert_eq!(parts.method, "PATCH");
            let body = to_bytes(body, 1 << 20).await.unwrap();
            apply(&mut kept.lock().unwrap(), &body)
        }
        other => panic!("{} {other} is not served", parts.method),
    };
    Body::from(answer.to_string())
}

fn list(version: &str, kind: &str, items: &[Value]) -> Value {
    json!({"apiVersion": version, "kind": kind, "metadata": {"resourceVersion": "1"}, "items": items})
}

/// Takes over what is applied; gives the object as it is then.
fn apply(kept: &mut Value, body: &[u8]) -> Value {
    let applied: Value = serde_json::from_slice(body).unwrap();
    let version = kept["metadata"]["resourceVersion"].as_str();
    let version: u64 = version.map_or(1, |text| text.parse().unwrap());
    if kept.is_null() {
        *kept = applied.clone();
    }
    kept["metadata"]["resourceVersion"] = json!((version + 1).to_string());
    if applied.get("status").is_some() {
        kept["status"] = applied["status"].clone();
    }
    kept.clone()
}
