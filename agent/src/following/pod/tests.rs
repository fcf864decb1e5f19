//! A pod followed with the clock in hand: what is written when, and what its owner is told. Left to others: real
//! namespaces and a real API server (`agent/tests`).

use std::sync::{Arc, Mutex};

use colvin_attach::record;
use colvin_model::LinkAddress;
use serde_json::{Value, json};

use super::*;
use crate::following::ear::PodLink;
use crate::following::scene::{ApiServer, pod};

/// What is in the namespace, and who is told that it changed.
#[derive(Clone)]
struct Inside {
    links: Arc<Mutex<Links>>,
    news: watch::Sender<u32>,
}

/// An ear at it.
struct Fake {
    inside: Inside,
    heard: watch::Receiver<u32>,
}

impl Senses for Fake {
    async fn heard(&mut self) {
        self.heard.changed().await.unwrap();
    }

    async fn look(&mut self, names: Vec<IfName>, _: Vec<IfName>) -> Result<Links, EarError> {
        assert_eq!(names.len(), 2);
        Ok(self.inside.links.lock().unwrap().clone())
    }

    fn is_there(&mut self) -> bool {
        true
    }

    fn is_open(&self) -> bool {
        true
    }
}

impl Inside {
    fn new() -> Self {
        let inside = Self {
            links: Arc::default(),
            news: watch::channel(0).0,
        };
        inside.has("eth0", &["10.244.1.7"]);
        inside
    }

    /// The interface has these addresses from now on.
    fn has(&self, name: &str, addresses: &[&str]) {
        let link = PodLink {
            mac: LinkAddress::from_bytes(&[2, 0, 0, 0, 0, 1]),
            mtu_bytes: 1500,
            addresses: addresses.iter().map(|it| it.parse().unwrap()).collect(),
            cidrs: addresses.iter().map(|it| format!("{it}/24")).collect(),
        };
        self.links
            .lock()
            .unwrap()
            .insert(name.parse().unwrap(), link);
        self.news.send_modify(|count| *count += 1);
    }
}

/// The pod followed, with its node's records.
struct Bench {
    inside: Inside,
    server: ApiServer,
    /// Ends the following when it goes.
    _told: watch::Sender<ChainedPod>,
    events: mpsc::Receiver<PodEvent>,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let outstanding = record::outstanding_folder(folder.path());
        std::fs::create_dir_all(&outstanding).unwrap();
        let record = json!({
            "version": 1, "resource": "colvin.dev/green", "network": "green", "device": "0000:3b:02.1",
            "kind": "VirtualFunction", "namespace": "default", "pod": "web", "container": "main",
        });
        std::fs::write(outstanding.join("0000:3b:02.1.json"), record.to_string()).unwrap();
        let server = ApiServer::with("u1", None);
        let inside = Inside::new();
        let (told, heard) = watch::channel(pod());
        let (events_in, events) = mpsc::channel(8);
        let follow = Follow::new(
            heard,
            Fake {
                inside: inside.clone(),
                heard: inside.news.subscribe(),
            },
            Annotation::new(server.client(), ApiServer::limits(), &pod()),
            Records {
                state: folder.path().to_owned(),
                run: folder.path().to_owned(),
                boot_id: None,
            },
            events_in,
            watch::Sender::new(Arc::default()),
        );
        #[expect(clippy::disallowed_methods, reason = "a test has no supervisor")]
        drop(tokio::spawn(follow.run()));
        Self {
            inside,
            server,
            _told: told,
            events,
            _folder: folder,
        }
    }

    /// The addresses of the pod's second network that were written, in order.
    fn written(&self) -> Vec<Value> {
        let heard = self.server.heard();
        let patches = heard.iter().filter_map(|it| it.strip_prefix("PATCH u1 "));
        let texts = patches.map(|text| serde_json::from_str::<String>(text).unwrap());
        let told = texts.map(|text| serde_json::from_str::<Value>(&text).unwrap());
        told.map(|told| told[1]["ips"].clone()).collect()
    }

    /// Waits until so many were written; gives how long that took.
    async fn wait_for(&self, count: usize) -> Duration {
        let start = Instant::now();
        while self.written().len() < count {
            assert!(start.elapsed() < Duration::from_mins(10), "never written");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        start.elapsed()
    }
}

#[tokio::test(start_paused = true)]
async fn what_changes_in_the_pod_is_written_soon_and_in_one() {
    let bench = Bench::start();
    bench.inside.has("green0", &["10.20.4.5"]);
    bench.wait_for(1).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    bench.inside.has("green0", &[]);
    bench.inside.has("green0", &["10.20.4.6"]);
    bench.inside.has("green0", &["10.20.4.6", "2001:db8::6"]);
    let took = bench.wait_for(2).await;
    assert!(took < Duration::from_millis(500), "{took:?}");
    // what comes right behind waits its second
    bench.inside.has("green0", &["10.20.4.7"]);
    let took = bench.wait_for(3).await;
    assert!(took > Duration::from_millis(900), "{took:?}");
    assert!(took < Duration::from_millis(1500), "{took:?}");
    let wanted = [
        json!(["10.20.4.5"]),
        json!(["10.20.4.6", "2001:db8::6"]),
        json!(["10.20.4.7"]),
    ];
    assert_eq!(bench.written(), wanted);
    // news without a change are no write
    bench.inside.has("green0", &["10.20.4.7"]);
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!(bench.written(), wanted);
}

#[tokio::test(start_paused = true)]
async fn an_api_server_that_refuses_is_asked_seldom_and_gets_the_last_state() {
    let bench = Bench::start();
    bench.inside.has("green0", &["10.20.4.5"]);
    bench.wait_for(1).await;
    bench.server.refuse(Some(500));
    bench.inside.has("green0", &["10.20.4.6"]);
    tokio::time::sleep(Duration::from_mins(10)).await;
    let asked = bench.server.heard().len();
    assert!((5..25).contains(&asked), "{asked}");
    bench.inside.has("green0", &["10.20.4.7"]);
    bench.server.refuse(None);
    tokio::time::sleep(Duration::from_mins(3)).await;
    assert_eq!(bench.written().last(), Some(&json!(["10.20.4.7"])));
}

#[tokio::test(start_paused = true)]
async fn addresses_that_are_gone_for_longer_than_a_moment_are_told() {
    let mut bench = Bench::start();
    bench.inside.has("green0", &["10.20.4.5"]);
    bench.wait_for(1).await;
    // a DHCP client renews
    bench.inside.has("green0", &[]);
    tokio::time::sleep(Duration::from_secs(2)).await;
    bench.inside.has("green0", &["10.20.4.5"]);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(bench.events.try_recv().is_err());
    bench.inside.has("green0", &[]);
    tokio::time::sleep(Duration::from_secs(4)).await;
    let lost = bench.events.try_recv().unwrap();
    assert_eq!(lost.reason, PodEventReason::AddressesLost);
    assert_eq!(
        lost.note,
        "0000:3b:02.1: interface green0 has no address any more"
    );
    assert_eq!(lost.pod.uid.as_deref(), Some("u1"));
    bench.inside.has("green0", &["10.20.4.5"]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let back = bench.events.try_recv().unwrap();
    assert_eq!(back.reason, PodEventReason::AddressesBack);
    assert!(bench.events.try_recv().is_err());
}
