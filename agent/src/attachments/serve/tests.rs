//! Questions over the real socket, beside a real device plugin and the conformance kubelet.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream as Client;
use std::path::Path;
use std::time::Instant;

use colvin_attach::ask::{GivenBy, ask, encode, socket};
use colvin_device_plugin::{DeviceReader, Folders, NoReport, Settings};
use colvin_model::offer::{DeviceId, DeviceNodes, NodeReader, NodesError, OfferedDevice};
use colvin_service::Health;
use colvin_testkit::kubelet::{Answer as Answering, Call, Kubelet, Options};
use colvin_testkit::wait::wait_for;
use serde_json::json;
use tempfile::TempDir;

use super::*;

const LIMIT: Duration = Duration::from_secs(30);

/// A machine on which every device is there.
struct Whole;

impl NodeReader for Whole {
    fn nodes(&self, _: &DeviceId, _: &OfferedDevice) -> Result<DeviceNodes, NodesError> {
        Ok(DeviceNodes::default())
    }
}

impl DeviceReader for Whole {
    fn exists(&self, _: &DeviceId, _: &OfferedDevice) -> bool {
        true
    }
}

/// A node: what is in `/run`, its kubelet, what is offered.
struct Node {
    run: TempDir,
    kubelet: Kubelet,
    offers: watch::Sender<Option<Arc<Offers>>>,
    health: Health,
    own: Option<(String, String)>,
    uid: u32,
}

impl Node {
    fn new() -> Self {
        let vf = |n: u16| {
            let address = format!("0000:3b:00.{n}");
            let device = json!({"kind": "VirtualFunction", "address": address, "uplink": "0000:3b:00.0",
                "vf_index": n, "numa_node": null, "ill": null});
            (address, device)
        };
        let devices: serde_json::Map<_, _> = (1..=3).map(vf).collect();
        let offers = json!({"colvin.dev/green": {"origin": {"Network": "green"}, "placement": "Packed",
            "devices": devices}});
        let offers = serde_json::from_value(offers).unwrap();
        let run = tempfile::tempdir().unwrap();
        let made = std::fs::metadata(run.path()).unwrap();
        Self {
            uid: std::os::unix::fs::MetadataExt::uid(&made),
            run,
            kubelet: Kubelet::start(Options::default()).unwrap(),
            offers: watch::channel(Some(Arc::new(offers))).0,
            health: Health::new(),
            own: None,
        }
    }

    fn answers(&self) -> Answers {
        Answers {
            run: self.run.path().to_owned(),
            uid: self.uid,
            boot_id: Some("boot-1".to_owned()),
            pods: Pods::of_kubelet(self.kubelet.folder(), self.own.clone()),
            offers: self.offers.subscribe(),
            ready: self.health.condition("questions", "not yet"),
        }
    }

    async fn plug(&self, stop: CancellationToken) {
        let settings = Settings {
            folders: Folders {
                kubelet: self.kubelet.folder().to_owned(),
                run: self.run.path().to_owned(),
                cdi: self.run.path().join("cdi"),
                device_info: self.run.path().join("info"),
            },
            boot_id: Some("boot-1".to_owned()),
            ..Settings::default()
        };
        let holders = watch::channel(Arc::default()).0;
        let offers = self.offers.subscribe();
        let (nodes, report) = (Arc::new(Whole), Arc::new(NoReport));
        let served = colvin_device_plugin::serve(settings, offers, holders, nodes, report, stop);
        served.await.unwrap();
    }

    /// Runs the agent's parts beside what a plugin does.
    async fn run<T: Send + 'static>(&self, plugin: impl FnOnce() -> T + Send + 'static) -> T {
        let stop = CancellationToken::new();
        tokio::select! {
            _ = self.answers().run(stop.clone()) => panic!("it ended"),
            () = self.plug(stop.clone()) => panic!("the device plugin ended"),
            done = tokio::task::spawn_blocking(plugin) => done.unwrap(),
        }
    }

    fn socket(&self) -> PathBuf {
        socket(self.run.path())
    }
}

fn question(pod: &str) -> Question {
    Question {
        version: VERSION,
        namespace: "default".into(),
        pod: pod.into(),
        uid: None,
        container_id: None,
    }
}

/// Asks once there is somebody to ask.
fn asked(socket: &Path, pod: &str) -> Answer {
    // the socket is there a moment before anybody listens
    wait_for(LIMIT, || ask(socket, &question(pod), LIMIT).is_ok()).unwrap();
    ask(socket, &question(pod), LIMIT).unwrap()
}

fn ids(answer: Answer) -> Vec<String> {
    match answer {
        Answer::Devices { devices } => devices.iter().map(|it| it.device.to_string()).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_pod_is_told_its_devices_as_soon_as_it_is_admitted() {
    let node = Arc::new(Node::new());
    let (it, path) = (Arc::clone(&node), node.socket());
    node.kubelet.add_pod("default", "plain", "main");
    node.run(move || {
        wait_for(LIMIT, || it.kubelet.capacity("colvin.dev/green") == Some(3)).unwrap();
        let given = it
            .kubelet
            .allocate("default", "web", "main", "colvin.dev/green", 2);
        let given = given.wait().unwrap().unwrap();
        let mut expected = given.ids.clone();
        expected.sort();
        let Answer::Devices { devices } = asked(&path, "web") else {
            panic!("no devices");
        };
        let told: Vec<_> = devices.iter().map(|it| it.device.to_string()).collect();
        assert_eq!(told, expected);
        assert_eq!(devices[0].network, "green".parse().ok());
        assert!(matches!(devices[0].by, GivenBy::Resource(_)));
        assert_eq!(ids(asked(&path, "plain")), Vec::<String>::new());

        // its successor of the same name has another device, whatever was known a moment ago
        let freed = it.kubelet.free("default", "web");
        assert!(freed);
        let given = it
            .kubelet
            .allocate("default", "web", "main", "colvin.dev/green", 1);
        let given = given.wait().unwrap().unwrap();
        assert_eq!(ids(asked(&path, "web")), given.ids);
    })
    .await;
}

#[tokio::test]
async fn while_the_kubelet_does_not_tell_a_pod_waits() {
    let node = Arc::new(Node::new());
    let (it, path) = (Arc::clone(&node), node.socket());
    node.run(move || {
        it.kubelet.stop();
        let told = asked(&path, "web");
        assert!(matches!(told, Answer::Later { .. }), "{told:?}");
    })
    .await;
}

#[tokio::test]
async fn a_kubelet_that_does_not_know_our_own_pod_is_not_believed_when_it_knows_no_pod() {
    let mut node = Node::new();
    node.own = Some(("colvin-system".into(), "agent".into()));
    let node = Arc::new(node);
    let (it, path) = (Arc::clone(&node), node.socket());
    node.run(move || {
        let told = asked(&path, "web");
        assert!(matches!(told, Answer::Later { .. }), "{told:?}");
        it.kubelet.add_pod("default", "web", "main");
        assert_eq!(ids(asked(&path, "web")), Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn many_questions_share_few_looks() {
    let node = Arc::new(Node::new());
    let (it, path) = (Arc::clone(&node), node.socket());
    node.kubelet.add_pod("default", "web", "main");
    node.run(move || {
        wait_for(LIMIT, || path.exists()).unwrap();
        it.kubelet.answer(
            Call::PodResources,
            Answering::Late(Duration::from_millis(100)),
        );
        let begun = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..100 {
                scope.spawn(|| assert_eq!(ids(asked(&path, "web")), Vec::<String>::new()));
            }
        });
        assert!(
            begun.elapsed() < Duration::from_secs(8),
            "one by one it takes 10 s"
        );
    })
    .await;
}

#[tokio::test]
async fn who_is_not_root_asks_in_vain_and_so_does_who_says_nothing_or_nonsense() {
    let mut node = Node::new();
    let path = node.socket();
    let (mine, nobody) = (node.uid, node.uid + 1);
    node.uid = nobody;
    let socket = path.clone();
    let expected = Answer::Refused {
        reason: format!("uid {mine} may not ask"),
    };
    let refused = expected.clone();
    let told = node.run(move || {
        let told = asked(&socket, "web");
        // who is slow with the question reads the answer all the same
        let mut slow = Client::connect(&socket).unwrap();
        let mut answer = encode(&refused).unwrap();
        slow.read_exact(&mut answer).unwrap();
        slow.write_all(&encode(&question("web")).unwrap()).unwrap();
        assert_eq!(slow.read(&mut [0]).unwrap(), 0);
        told
    });
    assert_eq!(told.await, expected);

    // that agent is gone; what it left is nobody's socket
    std::fs::remove_file(&path).unwrap();
    node.uid = mine;
    node.kubelet.add_pod("default", "web", "main");
    node.run(move || {
        wait_for(LIMIT, || path.exists()).unwrap();
        // one that never asks holds nobody up
        let silent = Client::connect(&path).unwrap();
        let newer = Question {
            version: 2,
            ..question("web")
        };
        let told = ask(&path, &newer, LIMIT).unwrap();
        assert!(matches!(told, Answer::Refused { .. }), "{told:?}");
        for bytes in [
            encode(&json!("?")).unwrap(),
            0x0fff_ffff_u32.to_be_bytes().to_vec(),
        ] {
            let mut client = Client::connect(&path).unwrap();
            client.write_all(&bytes).unwrap();
            let mut answer = Vec::new();
            client.read_to_end(&mut answer).unwrap();
            let told: Answer = ask::decode(&answer[LENGTH_BYTES..]).unwrap();
            assert!(matches!(told, Answer::Refused { .. }), "{told:?}");
        }
        assert_eq!(ids(asked(&path, "web")), Vec::<String>::new());
        drop(silent);
    })
    .await;
}

#[tokio::test]
async fn a_socket_that_was_removed_is_made_again_and_one_that_was_taken_over_is_left() {
    let node = Node::new();
    let path = node.socket();
    node.kubelet.add_pod("default", "web", "main");
    node.run(move || {
        wait_for(LIMIT, || path.exists()).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(ids(asked(&path, "web")), Vec::<String>::new());
        let mode = std::fs::metadata(&path).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::mode(&mode.permissions());
        assert_eq!(mode & 0o777, 0o600);

        let newer = path.with_file_name("newer");
        let listener = std::os::unix::net::UnixListener::bind(&newer).unwrap();
        std::fs::rename(&newer, &path).unwrap();
        let client = Client::connect(&path).unwrap();
        listener.accept().unwrap();
        drop(client);
    })
    .await;
}
