//! The follower against an API server that has one Node. Left to others: a real one (`kube_nodes`).

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::ACCEPT;
use colvin_model::inventory::Carriers;
use colvin_model::network::{Devices, Member, NetworkSpec, Term};
use colvin_service::Health;
use futures_util::stream;
use serde_json::{Value, json};

use super::*;

const LIMIT: Duration = Duration::from_secs(10);

fn node(rack: &str, addresses: &[(&str, &str)]) -> Value {
    let addresses = addresses
        .iter()
        .map(|(kind, address)| json!({"type": kind, "address": address}));
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "worker-1", "uid": "uid-of-worker-1", "resourceVersion": "7", "labels": {"rack": rack}},
        "status": {"addresses": addresses.collect::<Vec<_>>()},
    })
}

fn known(rack: &str, addresses: &[&str]) -> Known {
    Known {
        uid: "uid-of-worker-1".to_owned(),
        facts: NodeFacts {
            name: Symbol::from("worker-1"),
            labels: [(Symbol::from("rack"), Symbol::from(rack))].into(),
        },
        addresses: addresses.iter().map(|text| text.parse().unwrap()).collect(),
    }
}

#[test]
fn the_nodes_addresses_are_the_internal_and_external_ones_of_both_families() {
    let node = node(
        "a",
        &[
            ("InternalIP", "192.0.2.7"),
            ("InternalIP", "2001:db8::7"),
            ("ExternalIP", "198.51.100.7"),
            ("Hostname", "192.0.2.99"),
            ("InternalDNS", "worker-1.example"),
            ("InternalIP", "not an address"),
        ],
    );
    let expected = known("a", &["192.0.2.7", "2001:db8::7", "198.51.100.7"]);
    assert_eq!(Known::of(&serde_json::from_value(node).unwrap()), expected);
    let bare = json!({"metadata": {"name": "worker-1", "uid": "uid-of-worker-1", "labels": {"rack": "a"}}});
    let bare: Node = serde_json::from_value(bare).unwrap();
    assert_eq!(Known::of(&bare), known("a", &[]));
}

/// An API server: the Node as it is now, and how often it was asked for whole by name.
struct Server {
    node: watch::Sender<Value>,
    reads: Arc<AtomicUsize>,
}

/// The Node as metadata, for who wants no more.
fn shown(node: &Value, metadata_only: bool) -> Value {
    let mut shown = node.clone();
    if metadata_only {
        shown = json!({
            "apiVersion": "meta.k8s.io/v1",
            "kind": "PartialObjectMetadata",
            "metadata": node["metadata"],
        });
    }
    shown
}

fn answer(request: &Request, mut node: watch::Receiver<Value>, reads: &AtomicUsize) -> Body {
    let accept = request.headers().get(ACCEPT);
    let metadata_only =
        accept.is_some_and(|accept| accept.to_str().unwrap().contains("PartialObjectMetadata"));
    let uri = request.uri();
    if uri.path() == "/api/v1/nodes/worker-1" {
        reads.fetch_add(1, Ordering::Relaxed);
        return Body::from(node.borrow().to_string());
    }
    assert_eq!(uri.path(), "/api/v1/nodes");
    let query = uri.query().unwrap_or_default();
    assert!(query.contains("metadata.name%3Dworker-1"), "{query}");
    if query.contains("watch=true") {
        // what changed since the list must not be missed
        node.mark_changed();
        return Body::from_stream(stream::unfold(node, move |mut node| async move {
            node.changed().await.ok()?;
            let object = shown(&node.borrow_and_update(), metadata_only);
            let event = json!({"type": "MODIFIED", "object": object});
            Some((Ok::<_, Infallible>(format!("{event}\n")), node))
        }));
    }
    let items = [shown(&node.borrow(), metadata_only)];
    let list = json!({"apiVersion": "v1", "kind": "NodeList", "metadata": {"resourceVersion": "7"}, "items": items});
    Body::from(list.to_string())
}

impl Server {
    fn with(node: Value) -> Self {
        Self {
            node: watch::channel(node).0,
            reads: Arc::default(),
        }
    }

    fn client(&self) -> Client {
        let (node, reads) = (self.node.clone(), Arc::clone(&self.reads));
        let router = Router::new().fallback(move |request: Request| {
            let body = answer(&request, node.subscribe(), &reads);
            async move { body }
        });
        Client::new(router, "default")
    }

    fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }
}

/// A follower at work, with its inputs and what it found.
struct Bench {
    networks: watch::Sender<Option<Arc<Networks>>>,
    seen: watch::Sender<Option<Arc<Seen>>>,
    found: watch::Receiver<Option<Arc<Known>>>,
}

impl Bench {
    /// Starts it; it ends with the bench, as its inputs do.
    fn start(server: &Server) -> Self {
        let (networks, networks_out) = watch::channel(None);
        let (seen, seen_out) = watch::channel(Some(on_uplinks(&["192.0.2.7"])));
        let (found_in, found) = watch::channel(None);
        let ready = Health::new().condition("node", "not looked up");
        let follower = Follower {
            settle: Duration::ZERO,
            ..Follower::new(server.client(), "worker-1", found_in, ready)
        };
        let run = follower.run(networks_out, seen_out, CancellationToken::new());
        #[expect(clippy::disallowed_methods, reason = "a test has no supervisor")]
        drop(tokio::spawn(run));
        Self {
            networks,
            seen,
            found,
        }
    }

    async fn wait_for(&mut self, expected: &Known) {
        let found = self
            .found
            .wait_for(|found| found.as_deref() == Some(expected));
        tokio::time::timeout(LIMIT, found).await.unwrap().unwrap();
    }
}

/// A machine whose only uplink has these addresses.
fn on_uplinks(addresses: &[&str]) -> Arc<Seen> {
    let machine = colvin_testkit::machine::Machine::unpack("intel-82576-linux-6.12").unwrap();
    let mut discovery = colvin_discovery::Discovery::at_root(machine.path()).unwrap();
    discovery.look_all(Duration::from_secs(1));
    let uplinks = &discovery.inventory().uplinks;
    let mut observations = discovery.observations().clone();
    let link = uplinks[1].link.as_ref().unwrap().index;
    let addresses = addresses.iter().map(|text| {
        let address = text.parse().unwrap();
        colvin_model::observation::InterfaceAddress {
            link,
            address,
            prefix_length: 24,
        }
    });
    observations.addresses.as_mut().unwrap().addresses = addresses.collect();
    Arc::new(Seen {
        carriers: Carriers::of(&observations, uplinks),
        ..Seen::default()
    })
}

#[tokio::test]
async fn the_node_is_read_again_when_an_uplinks_addresses_are_others_and_only_then() {
    let server = Server::with(node("a", &[("InternalIP", "192.0.2.7")]));
    let mut bench = Bench::start(&server);
    bench.wait_for(&known("a", &["192.0.2.7"])).await;
    let moved = [("InternalIP", "192.0.2.8")];
    server.node.send_replace(node("a", &moved));
    // the same addresses, seen again
    bench.seen.send_replace(Some(on_uplinks(&["192.0.2.7"])));
    tokio::task::yield_now().await;
    assert_eq!(server.reads(), 0);
    bench.seen.send_replace(Some(on_uplinks(&["192.0.2.8"])));
    bench.wait_for(&known("a", &["192.0.2.8"])).await;
    assert_eq!(server.reads(), 1);
}

#[tokio::test]
async fn a_change_of_the_labels_brings_the_addresses_of_that_moment() {
    let server = Server::with(node("a", &[("InternalIP", "192.0.2.7")]));
    let mut bench = Bench::start(&server);
    bench.wait_for(&known("a", &["192.0.2.7"])).await;
    let rack = Term::node_label(Symbol::from("rack"), [Symbol::from("b")]).unwrap();
    let member = Member::new(Symbol::from("racks"), vec![rack]).unwrap();
    let name = "green".parse().unwrap();
    let green = NetworkSpec::new(name, 1, Devices::PhysicalFunction, false, vec![member]).unwrap();
    let specs = vec![green];
    bench.networks.send_replace(Some(Arc::new(Networks {
        specs,
        ..Networks::default()
    })));
    server
        .node
        .send_replace(node("b", &[("InternalIP", "2001:db8::7")]));
    bench.wait_for(&known("b", &["2001:db8::7"])).await;
    assert_eq!(server.reads(), 1);
}

#[tokio::test]
async fn a_node_without_addresses_is_watched_until_it_has_some() {
    let server = Server::with(node("a", &[]));
    let mut bench = Bench::start(&server);
    bench.wait_for(&known("a", &[])).await;
    server
        .node
        .send_replace(node("a", &[("ExternalIP", "192.0.2.7")]));
    bench.wait_for(&known("a", &["192.0.2.7"])).await;
    assert_eq!(server.reads(), 0);
}
