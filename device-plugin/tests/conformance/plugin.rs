//! A device plugin that serves made-up offers of a made-up machine, and what it reported.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use colvin_device_plugin::{
    Cdi, DevicePluginError, DeviceReader, Folders, Outstanding, Pace, RegistrationState, Report,
    Settings, serve,
};
use colvin_kubelet_api::device_plugin::v1beta1::device_plugin_client::DevicePluginClient;
use colvin_kubelet_api::uds;
use colvin_model::offer::{
    DeviceId, DeviceNodes, Extras, Holders, Ill, Kind, NodeReader, NodesError, Offer,
    OfferedDevice, Offers, Origin, Placement, ResourceName,
};
use colvin_testkit::kubelet::{Kubelet, Options};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;

/// How long a test waits for what should come at once.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

pub(crate) const GREEN: &str = "colvin.dev/green";
pub(crate) const BLUE: &str = "colvin.dev/blue";

/// The first two VFs.
pub(crate) const VFS: [&str; 2] = ["0000:3b:00.1", "0000:3b:00.2"];

/// Offers by resource and id.
pub(crate) fn offers(of: &[(&str, &[&str])]) -> Offers {
    let offer = |(name, ids): &(&str, &[&str])| {
        let resource: ResourceName = name.parse().unwrap();
        let network = resource.name().parse().unwrap();
        let origin = match resource.prefix() {
            "colvin.dev" => Origin::Network(network),
            _ => Origin::ConfigFile,
        };
        let devices = ids.iter().map(|id| (id.parse().unwrap(), device(id)));
        let offer = Offer {
            origin,
            placement: Placement::Packed,
            devices: devices.collect(),
        };
        (resource, offer)
    };
    Offers(of.iter().map(offer).collect())
}

fn device(id: &str) -> OfferedDevice {
    let (function, share) = id.split_once('/').map_or((id, false), |(it, _)| (it, true));
    OfferedDevice {
        kind: if share {
            Kind::Macvlan
        } else {
            Kind::VirtualFunction
        },
        address: Some(function.parse().unwrap()),
        uplink: Some("0000:3b:00.0".parse().unwrap()),
        vf_index: Some(0),
        numa_node: None,
        ill: None,
        extras: Extras::default(),
    }
}

/// The same offers with one device ill.
pub(crate) fn ill(mut offers: Offers, resource: &str, id: &str, why: Ill) -> Offers {
    let offer = offers.0.get_mut(&resource.parse().unwrap()).unwrap();
    offer.devices.get_mut(&id.parse().unwrap()).unwrap().ill = Some(why);
    offers
}

/// A made-up machine.
#[derive(Default)]
pub(crate) struct Machine {
    pub(crate) nodes: Mutex<BTreeMap<String, DeviceNodes>>,
    pub(crate) gone: Mutex<BTreeSet<String>>,
    pub(crate) applied: Mutex<BTreeSet<String>>,
}

impl NodeReader for Machine {
    fn nodes(&self, id: &DeviceId, _: &OfferedDevice) -> Result<DeviceNodes, NodesError> {
        let nodes = self.nodes.lock().unwrap();
        Ok(nodes.get(id.as_str()).cloned().unwrap_or_default())
    }
}

impl DeviceReader for Machine {
    fn exists(&self, id: &DeviceId, _: &OfferedDevice) -> bool {
        !self.gone.lock().unwrap().contains(id.as_str())
    }

    fn applied(&self, _: &ResourceName, id: &DeviceId) -> bool {
        self.applied.lock().unwrap().contains(id.as_str())
    }
}

/// What was reported.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) states: Mutex<Vec<(String, RegistrationState)>>,
    pub(crate) failed: Mutex<Vec<&'static str>>,
    pub(crate) allocated: Mutex<usize>,
    pub(crate) withdrawn: Mutex<Vec<String>>,
    pub(crate) silent: Mutex<usize>,
    pub(crate) answered: Mutex<usize>,
}

impl Heard {
    pub(crate) fn refusals(&self) -> Vec<String> {
        let states = self.states.lock().unwrap();
        let refused = states.iter().filter_map(|(_, state)| match state {
            RegistrationState::Refused { reason } => Some(reason.clone()),
            _ => None,
        });
        refused.collect()
    }

    pub(crate) fn waits(&self) -> usize {
        let waiting =
            |it: &&(String, RegistrationState)| matches!(it.1, RegistrationState::Waiting { .. });
        self.states.lock().unwrap().iter().filter(waiting).count()
    }
}

impl Report for Heard {
    fn registration(&self, resource: &ResourceName, is: &RegistrationState) {
        let said = (resource.to_string(), is.clone());
        self.states.lock().unwrap().push(said);
    }

    fn withdrawn(&self, resource: &ResourceName) {
        self.withdrawn.lock().unwrap().push(resource.to_string());
    }

    fn allocated(&self, _: &ResourceName, _: &[DeviceId], _: Duration) {
        *self.allocated.lock().unwrap() += 1;
    }

    fn allocation_failed(&self, _: &ResourceName, reason: &'static str, _: &str) {
        self.failed.lock().unwrap().push(reason);
    }

    fn pod_resources(&self, failure: Option<&str>) {
        let count = match failure {
            Some(_) => &self.silent,
            None => &self.answered,
        };
        *count.lock().unwrap() += 1;
    }
}

/// A node's folders for files, apart from the kubelet's.
pub(crate) struct Node {
    folder: PathBuf,
    own: Option<TempDir>,
}

impl Node {
    pub(crate) fn new() -> Self {
        let own = tempfile::tempdir().unwrap();
        let mut node = Self::at(own.path());
        node.own = Some(own);
        node
    }

    /// In a folder that is the test's.
    pub(crate) fn at(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            own: None,
        }
    }

    pub(crate) fn folders(&self, kubelet: &Path) -> Folders {
        Folders {
            kubelet: kubelet.to_owned(),
            run: self.folder.join("run"),
            cdi: self.cdi(),
            device_info: self.device_info(),
        }
    }

    pub(crate) fn records(&self) -> PathBuf {
        self.folder.join("run/outstanding")
    }

    pub(crate) fn cdi(&self) -> PathBuf {
        self.folder.join("cdi")
    }

    pub(crate) fn device_info(&self) -> PathBuf {
        self.folder.join("devinfo/dp")
    }

    /// The names of all files, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let folders = [self.records(), self.cdi(), self.device_info()];
        let entries = folders.iter().filter_map(|it| it.read_dir().ok()).flatten();
        let mut names: Vec<_> = entries
            .map(|it| it.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// What a reboot does to them.
    pub(crate) fn reboot(&self) {
        for folder in [self.records(), self.cdi(), self.device_info()] {
            std::fs::remove_dir_all(folder).unwrap();
        }
    }

    pub(crate) fn record(&self, device: &str) -> Option<Outstanding> {
        let text = std::fs::read(self.records().join(format!("{device}.json"))).ok()?;
        Some(serde_json::from_slice(&text).unwrap())
    }
}

/// A device plugin that runs.
pub(crate) struct Plugin {
    pub(crate) offers: watch::Sender<Option<Arc<Offers>>>,
    pub(crate) holders: watch::Receiver<Arc<Holders>>,
    pub(crate) machine: Arc<Machine>,
    pub(crate) heard: Arc<Heard>,
    pub(crate) stop: CancellationToken,
    pub(crate) task: JoinHandle<Result<(), DevicePluginError>>,
}

/// Settings with short waits.
pub(crate) fn settings(kubelet: &Kubelet, node: &Node) -> Settings {
    let ms = Duration::from_millis;
    Settings {
        folders: node.folders(kubelet.folder()),
        cdi: Cdi::Names,
        pace: Pace {
            retry_first: ms(10),
            retry_longest: ms(100),
            no_client: LIMIT,
            lost_client: ms(20),
            look_first: ms(5),
            look_longest: ms(20),
            look_held: ms(20),
            ..Pace::default()
        },
        ..Settings::default()
    }
}

impl Plugin {
    #[expect(clippy::disallowed_methods, reason = "a test has no supervisor")]
    pub(crate) fn start(settings: Settings, first: Option<Offers>) -> Self {
        let (offers, offered) = watch::channel(first.map(Arc::new));
        let (sender, holders) = watch::channel(Arc::default());
        let (machine, heard) = (Arc::<Machine>::default(), Arc::<Heard>::default());
        let stop = CancellationToken::new();
        let nodes: Arc<dyn DeviceReader> = Arc::<Machine>::clone(&machine);
        let report: Arc<dyn Report> = Arc::<Heard>::clone(&heard);
        let run = serve(settings, offered, sender, nodes, report, stop.clone());
        Self {
            offers,
            holders,
            machine,
            heard,
            stop,
            task: tokio::spawn(run),
        }
    }

    /// One with two VFs of green, which the kubelet counts.
    pub(crate) async fn of_green(kubelet: &Kubelet, node: &Node) -> Self {
        let plugin = Self::start(settings(kubelet, node), Some(offers(&[(GREEN, &VFS)])));
        counted(kubelet, GREEN, 2).await;
        plugin
    }

    pub(crate) fn offer(&self, offers: Offers) {
        self.offers.send_replace(Some(Arc::new(offers)));
    }

    pub(crate) async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }

    /// Waits until the holders are so.
    pub(crate) async fn held(&mut self, so: impl Fn(&Holders) -> bool) {
        let waited = self.holders.wait_for(|holders| so(holders));
        tokio::time::timeout(LIMIT, waited).await.unwrap().unwrap();
    }
}

/// A kubelet whose plugin watcher finds sockets, and one that has to be called.
pub(crate) fn both_ways() -> [Kubelet; 2] {
    [true, false].map(|watcher| {
        let options = Options {
            watcher,
            ..Options::default()
        };
        Kubelet::start(options).unwrap()
    })
}

/// Waits until the kubelet counts so many devices that a pod may get.
pub(crate) async fn counted(kubelet: &Kubelet, resource: &str, devices: usize) {
    let so = |kubelet: &Kubelet| kubelet.allocatable(resource) == Some(devices);
    kubelet.until(LIMIT, so).await.unwrap();
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

/// The sockets in a folder that are a plugin's.
pub(crate) fn sockets(folder: &Path) -> Vec<String> {
    let names = folder.read_dir().into_iter().flatten();
    let names = names.map(|it| it.unwrap().file_name().into_string().unwrap());
    let mut ours: Vec<_> = names.filter(|name| name.starts_with("colvin-")).collect();
    ours.sort();
    ours
}

/// A client of the only socket in a folder.
pub(crate) async fn client(folder: &Path) -> DevicePluginClient<Channel> {
    let name = sockets(folder).pop().unwrap();
    DevicePluginClient::new(uds::connect(&folder.join(name)).await.unwrap())
}
