//! A control plane with a node that is an object, and a keeper.
//! Left to others: what is wanted and judged.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use colvin_slices::{ApiServer, Keeper, KeeperError, Nudge, Scope, State, Timing, Wanted};
use colvin_testkit::kube::{ControlPlane, Options};
use k8s_openapi::api::resource::v1::{
    Device, DeviceAttribute, DeviceCapacity, DeviceTaint, ResourceSlice,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long something may take on a busy machine.
const LIMIT: Duration = Duration::from_mins(1);

/// Who the keepers are to the API server.
const KEEPER: &str = "keeper";

/// As in life, but for how long others' changes settle.
const TIMING: Timing = Timing {
    settle: Duration::from_secs(1),
    settle_in_haste: Duration::from_millis(500),
    haste: Duration::from_mins(1),
    believed: Duration::from_mins(1),
    ask_again: Duration::from_hours(1),
    answer: Duration::from_secs(30),
};

pub(crate) struct Bench {
    plane: ControlPlane,
    wanted: watch::Sender<Option<Arc<Wanted>>>,
    state: watch::Receiver<Arc<State>>,
    running: Running,
}

struct Running {
    server: ApiServer,
    nudge: Nudge,
    stop: CancellationToken,
    task: JoinHandle<Result<(), KeeperError>>,
}

impl Bench {
    /// A control plane whose API server has these flags too, and a keeper of nothing.
    pub(crate) async fn start(flags: &[&str]) -> Self {
        Self::start_at(flags, "").await
    }

    /// The same, where the keeper looks for the APIs below this path.
    pub(crate) async fn start_at(flags: &[&str], path: &str) -> Self {
        let plane = ControlPlane::start(&Options {
            api_server_flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
            ..Options::default()
        });
        let plane = plane.unwrap();
        let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}});
        plane.apply(&node.to_string()).unwrap();
        let (wanted, wishes) = watch::channel(None);
        let (states, state) = watch::channel(Arc::new(State::default()));
        let running = Running::start(&plane, path, wishes, states).await;
        Self {
            plane,
            wanted,
            state,
            running,
        }
    }

    /// Ends the keeper and starts another.
    pub(crate) async fn restart(&mut self) {
        let (states, state) = watch::channel(Arc::new(State::default()));
        let next = Running::start(&self.plane, "", self.wanted.subscribe(), states).await;
        let before = std::mem::replace(&mut self.running, next);
        before.stop.cancel();
        before.task.await.unwrap().unwrap();
        self.state = state;
    }

    pub(crate) fn want(&self, wanted: Wanted) {
        self.wanted.send_replace(Some(Arc::new(wanted)));
    }

    pub(crate) fn nudge(&self) {
        self.running.nudge.now();
    }

    /// What the keeper asks.
    pub(crate) const fn server(&self) -> &ApiServer {
        &self.running.server
    }

    pub(crate) fn state(&self) -> Arc<State> {
        Arc::clone(&self.state.borrow())
    }

    pub(crate) async fn until(&mut self, fits: impl Fn(&State) -> bool) {
        let wait = self.state.wait_for(|state| fits(state));
        let state = tokio::time::timeout(LIMIT, wait)
            .await
            .map(|state| state.map(drop));
        state
            .unwrap_or_else(|_| panic!("the state is {:?}", self.state()))
            .unwrap();
    }

    /// Waits until there were so many writes.
    pub(crate) async fn until_written(&self, count: usize) {
        let wait = async {
            while self.verbs().len() < count {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(LIMIT, wait).await.unwrap();
    }

    /// Lets pass what a hot loop would need to be seen.
    pub(crate) async fn settle(&self) {
        tokio::time::sleep(TIMING.settle * 3).await;
    }

    /// The verbs of the keepers' writes, when there have been no more for a moment.
    pub(crate) async fn writes(&self) -> Vec<String> {
        let mut verbs = self.verbs();
        loop {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let now = self.verbs();
            if now == verbs {
                return verbs;
            }
            verbs = now;
        }
    }

    fn verbs(&self) -> Vec<String> {
        let verbs = ["create", "update", "patch", "delete", "deletecollection"];
        let writes = self.plane.api_requests(|it| {
            let is_ours = it.resource == "resourceslices" && it.user == KEEPER;
            is_ours && verbs.contains(&it.verb.as_str())
        });
        let writes = writes.unwrap().into_iter();
        writes
            .inspect(|it| assert!(it.code < 300, "{it:?}"))
            .map(|it| it.verb)
            .collect()
    }

    pub(crate) fn kubectl(&self, args: &[&str]) {
        self.plane.kubectl(args).unwrap();
    }

    pub(crate) fn slices(&self) -> Vec<ResourceSlice> {
        let mut list = self.plane.get_json(&["resourceslices"]).unwrap();
        serde_json::from_value(list["items"].take()).unwrap()
    }

    /// Since when each taint of each device is there.
    pub(crate) fn taint_times(&self) -> BTreeMap<(String, String), String> {
        let devices = self
            .slices()
            .into_iter()
            .flat_map(|it| it.spec.devices.unwrap_or_default());
        let taints = devices.flat_map(|device| {
            let taints = device.taints.unwrap_or_default().into_iter();
            taints.map(move |it| {
                (
                    (device.name.clone(), it.key),
                    it.time_added.unwrap().0.to_string(),
                )
            })
        });
        taints.collect()
    }

    /// Somebody makes a slice of this pool with a device.
    pub(crate) fn put(&self, pool: &str, generation: i64, driver: &str) {
        let slice = json!({
            "apiVersion": "resource.k8s.io/v1",
            "kind": "ResourceSlice",
            "metadata": {"name": format!("left-{generation}-{}", pool.replace('/', "-"))},
            "spec": {
                "driver": driver,
                "nodeName": "n1",
                "pool": {"name": pool, "generation": generation, "resourceSliceCount": 1},
                "devices": [{"name": "left"}],
            },
        });
        self.plane.apply(&slice.to_string()).unwrap();
    }
}

impl Running {
    async fn start(
        plane: &ControlPlane,
        path: &str,
        wanted: watch::Receiver<Option<Arc<Wanted>>>,
        state: watch::Sender<Arc<State>>,
    ) -> Self {
        let node = plane.get_json(&["node", "n1"]).unwrap();
        let scope = Scope {
            driver: "colvin.dev".parse().unwrap(),
            node: "n1".parse().unwrap(),
            node_uid: node["metadata"]["uid"].as_str().unwrap().to_owned(),
        };
        let file = plane
            .kubeconfig_for_user(KEEPER, &["system:masters"])
            .unwrap();
        let file = Kubeconfig::read_from(file).unwrap();
        let options = KubeConfigOptions::default();
        let mut config = Config::from_custom_kubeconfig(file, &options)
            .await
            .unwrap();
        config.default_retry = false;
        config.cluster_url = format!("{}{path}", config.cluster_url).parse().unwrap();
        let client = Client::try_from(config).unwrap();
        let server = ApiServer::new(client, &scope, "colvin-slices");
        let keeper = Keeper::new(server.clone(), scope, wanted, state).with_timing(TIMING);
        let (nudge, stop) = (keeper.nudge(), CancellationToken::new());
        let task = tokio::spawn(keeper.run(stop.clone()));
        Self {
            server,
            nudge,
            stop,
            task,
        }
    }
}

pub(crate) fn device(name: &str) -> Device {
    Device {
        name: name.to_owned(),
        attributes: Some(BTreeMap::from([text("network", "green")])),
        ..Device::default()
    }
}

pub(crate) fn text(name: &str, value: &str) -> (String, DeviceAttribute) {
    let attribute = DeviceAttribute {
        string: Some(value.to_owned()),
        ..DeviceAttribute::default()
    };
    (name.to_owned(), attribute)
}

pub(crate) fn capacity(name: &str, value: &str) -> (String, DeviceCapacity) {
    let capacity = DeviceCapacity {
        value: Quantity(value.to_owned()),
        ..DeviceCapacity::default()
    };
    (name.to_owned(), capacity)
}

pub(crate) fn taint(key: &str) -> DeviceTaint {
    DeviceTaint {
        key: key.to_owned(),
        effect: "NoSchedule".to_owned(),
        ..DeviceTaint::default()
    }
}
