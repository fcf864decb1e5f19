//! A driver that prepares claims of a made-up API server on a made-up node, and what it reported.

use std::collections::BTreeSet;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use colvin_attach::record::ClaimRecord;
use colvin_dra_driver::{
    ClaimReader, Claimed, DRIVER, DeviceName, Devices, DraDriverError, Folders, Inputs, Pace,
    RegistrationState, Report, Settings, serve,
};
use colvin_model::offer::{DeviceId, DeviceNodes, Holders, NodeReader, NodesError, OfferedDevice};
use colvin_testkit::kubelet::dra::{ClaimName, DraKubelet, Options, What};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::api::{Api, devices};

/// How long a test waits for what should come at once.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

pub(crate) const POOL: &str = "n1/0000-3b-00-0-0";

pub(crate) fn device_name(number: u8) -> DeviceName {
    format!("0000-3b-00-{number}").parse().unwrap()
}

pub(crate) fn device_id(number: u8) -> DeviceId {
    format!("0000:3b:00.{number}").parse().unwrap()
}

/// What was reported.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) states: Mutex<Vec<RegistrationState>>,
    pub(crate) failed: Mutex<Vec<&'static str>>,
}

impl Heard {
    pub(crate) fn has(&self, is: impl Fn(&RegistrationState) -> bool) -> bool {
        self.states.lock().unwrap().iter().any(is)
    }
}

impl Report for Heard {
    fn registration(&self, is: &RegistrationState) {
        self.states.lock().unwrap().push(is.clone());
    }

    fn prepare_failed(&self, _: &str, _: &str, reason: &'static str, _: &str) {
        self.failed.lock().unwrap().push(reason);
    }
}

/// A node with a kubelet, its folders and what it has.
pub(crate) struct Node {
    pub(crate) kubelet: DraKubelet,
    pub(crate) api: Arc<Api>,
    pub(crate) devices: watch::Sender<Arc<Devices>>,
    pub(crate) others: watch::Sender<Arc<Holders>>,
    pub(crate) attached: watch::Sender<Option<Arc<BTreeSet<DeviceId>>>>,
    top: TempDir,
}

impl Node {
    pub(crate) fn new() -> Self {
        Self::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Self {
        let node = Self::of(options);
        node.kubelet.run().unwrap();
        node
    }

    /// One whose kubelet does not run yet.
    pub(crate) fn of(options: Options) -> Self {
        Self {
            kubelet: DraKubelet::prepare(options).unwrap(),
            api: Arc::default(),
            devices: watch::Sender::new(Arc::new(devices(4))),
            others: watch::Sender::new(Arc::default()),
            attached: watch::Sender::new(Some(Arc::default())),
            top: tempfile::tempdir().unwrap(),
        }
    }

    /// Settings with short waits.
    pub(crate) fn settings(&self) -> Settings {
        let ms = Duration::from_millis;
        Settings {
            folders: Folders {
                kubelet: self.kubelet.folder().to_owned(),
                state: self.top.path().join("state"),
                run: self.top.path().join("run"),
                cdi: self.top.path().join("cdi"),
            },
            pace: Pace {
                retry_first: ms(10),
                retry_longest: ms(100),
                health: ms(100),
                occupied: LIMIT,
                unheard: LIMIT,
                ..Pace::default()
            },
            boot_id: Some("boot-1".into()),
            ..Settings::default()
        }
    }

    pub(crate) fn driver(&self) -> Driver {
        Driver::start(self, self.settings())
    }

    /// A driver that the kubelet uses.
    pub(crate) async fn registered(&self) -> Driver {
        let before = self.registrations();
        let driver = self.driver();
        self.until_registered(before + 1).await;
        driver
    }

    /// How often the kubelet has begun to use an instance.
    pub(crate) fn registrations(&self) -> usize {
        let all = self.kubelet.happened();
        let registered = |what: &&What| matches!(what, What::Registered { .. });
        all.iter().filter(registered).count()
    }

    pub(crate) async fn until_registered(&self, times: usize) {
        let so = |_: &DraKubelet| self.registrations() >= times;
        self.kubelet.until(LIMIT, so).await.unwrap();
        self.until_used(1).await;
    }

    pub(crate) async fn until_used(&self, instances: usize) {
        let used = |kubelet: &DraKubelet| kubelet.drivers(DRIVER).len() == instances;
        self.kubelet.until(LIMIT, used).await.unwrap();
    }

    pub(crate) fn record(&self, uid: &str) -> Option<ClaimRecord> {
        let path = self.top.path().join(format!("run/claims/{uid}.json"));
        let text = std::fs::read(path).ok()?;
        Some(serde_json::from_slice(&text).unwrap())
    }

    pub(crate) fn top(&self) -> &Path {
        self.top.path()
    }

    /// How many files claims have.
    pub(crate) fn files(&self) -> usize {
        let folders = ["run/claims", "cdi"].map(|name| self.top.path().join(name));
        folders.iter().map(|folder| names(folder).len()).sum()
    }

    pub(crate) fn attach(&self, numbers: &[u8]) {
        let devices = numbers.iter().map(|it| device_id(*it)).collect();
        self.attached.send_replace(Some(Arc::new(devices)));
    }

    /// Starts a pod with these claims; gives its devices, or why it does not start.
    pub(crate) async fn start(
        &self,
        pod: &str,
        claims: &[ClaimName],
    ) -> Result<Vec<String>, String> {
        let started = self.kubelet.start_pod(pod, DRIVER, claims).await;
        let devices = started.unwrap().map_err(|error| error.to_string())?;
        Ok(devices.into_iter().map(|it| it.name).collect())
    }

    pub(crate) async fn end(&self, pod: &str) -> Result<(), String> {
        let ended = self.kubelet.end_pod(pod).await.unwrap();
        ended.map_err(|error| error.to_string())
    }
}

/// A machine whose devices have no nodes.
struct NoNodes;

impl NodeReader for NoNodes {
    fn nodes(&self, _: &DeviceId, _: &OfferedDevice) -> Result<DeviceNodes, NodesError> {
        Ok(DeviceNodes::default())
    }
}

/// A driver that runs.
pub(crate) struct Driver {
    pub(crate) claimed: watch::Receiver<Option<Arc<Claimed>>>,
    pub(crate) heard: Arc<Heard>,
    stop: CancellationToken,
    pub(crate) task: JoinHandle<Result<(), DraDriverError>>,
}

impl Driver {
    #[expect(clippy::disallowed_methods, reason = "a test has no supervisor")]
    pub(crate) fn start(node: &Node, settings: Settings) -> Self {
        let (sender, claimed) = watch::channel(None);
        let heard = Arc::<Heard>::default();
        let stop = CancellationToken::new();
        let claims: Arc<dyn ClaimReader> = Arc::<Api>::clone(&node.api);
        let inputs = Inputs {
            devices: node.devices.subscribe(),
            others: node.others.subscribe(),
            attached: node.attached.subscribe(),
            claims,
            nodes: Arc::new(NoNodes),
        };
        let report: Arc<dyn Report> = Arc::<Heard>::clone(&heard);
        let run = serve(settings, inputs, sender, report, stop.clone());
        Self {
            claimed,
            heard,
            stop,
            task: tokio::spawn(run),
        }
    }

    pub(crate) async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }

    /// Ends as a process does that is killed: at whatever it is at.
    pub(crate) async fn kill(self) {
        self.task.abort();
        drop(self.task.await);
    }

    /// Waits until that many devices are held.
    pub(crate) async fn until_held(&mut self, count: usize) {
        let waited = self
            .claimed
            .wait_for(|claimed| claimed.as_ref().is_some_and(|it| it.0.len() == count));
        tokio::time::timeout(LIMIT, waited).await.unwrap().unwrap();
    }
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn until(so: impl Fn() -> bool) -> impl Future<Output = ()> {
    let who = Location::caller();
    let looking = async move {
        while !so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    async move {
        let looked = tokio::time::timeout(LIMIT, looking).await;
        assert!(looked.is_ok(), "what {who} waits for does not come");
    }
}

/// The names in a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().into_iter().flatten();
    let mut names: Vec<_> = entries
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The driver's and the registration's socket.
pub(crate) fn sockets(settings: &Settings) -> [PathBuf; 2] {
    let own = settings.pod_uid.as_ref();
    let own = own.map(|uid| format!("-{uid}")).unwrap_or_default();
    [
        settings.folders.plugin().join(format!("dra{own}.sock")),
        settings
            .folders
            .registry()
            .join(format!("colvin.dev{own}-reg.sock")),
    ]
}

/// How often drivers were asked to prepare and to undo.
pub(crate) fn calls(node: &Node) -> (usize, usize) {
    let all = node.kubelet.happened();
    let count = |so: fn(&What) -> bool| all.iter().filter(|it| so(it)).count();
    (
        count(|it| matches!(it, What::Prepare { .. })),
        count(|it| matches!(it, What::Unprepare { .. })),
    )
}
