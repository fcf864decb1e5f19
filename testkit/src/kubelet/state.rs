//! What the kubelet knows: plugins by resource and socket, devices, pods. It follows the device
//! manager of Kubernetes, with its oddities.
//!
//! Left to others: calls to plugins, the choice of devices (`admission`), the watcher's books.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use colvin_kubelet_api::device_plugin::v1beta1::device_plugin_client::DevicePluginClient;
use colvin_kubelet_api::device_plugin::v1beta1::{Device, DevicePluginOptions};
use tokio::task::AbortHandle;
use tonic::transport::Channel;

use super::options::{Answer, Call, Overlap};
use super::pods::Pods;
use super::record::{Breach, Event, List, Way, What, is_healthy};

/// A plugin that is connected.
#[derive(Clone, Debug)]
pub(super) struct Plugin {
    pub(super) socket: PathBuf,
    pub(super) client: DevicePluginClient<Channel>,
    pub(super) options: DevicePluginOptions,
    pub(super) following: AbortHandle,
}

/// Whom the kubelet asks for a resource.
#[derive(Clone, Debug)]
enum Primary {
    Serving(PathBuf),
    Stopped(Stopped),
}

/// A plugin that has gone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stopped {
    since: Instant,
    /// Whether it wanted to hear of containers that start. Not known after a restart.
    pub(super) pre_start: bool,
}

/// Everything the kubelet knows.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Whom to ask, by resource.
    primary: HashMap<String, Primary>,
    /// Connected plugins by resource; several during an overlap.
    plugins: HashMap<String, Vec<Plugin>>,
    /// Resource and socket of each connection whose end is noticed.
    clients: Vec<(String, PathBuf)>,
    /// What the last list of each resource had.
    pub(super) devices: HashMap<String, HashMap<String, Device>>,
    pub(super) healthy: HashMap<String, HashSet<String>>,
    unhealthy: HashMap<String, HashSet<String>>,
    /// The pods and what they have; survives a restart, as the kubelet's checkpoint does.
    pub(super) pods: Pods,
    /// NUMA nodes that containers are to be aligned to.
    pub(super) affinity: Option<HashSet<i64>>,
    pub(super) refuses: Option<String>,
    pub(super) answers: HashMap<Call, Answer>,
    pub(super) lists: Vec<List>,
    pub(super) events: Vec<Event>,
    pub(super) breaches: Vec<Breach>,
}

impl State {
    pub(super) fn happened(&mut self, what: What) {
        let at = Instant::now();
        self.events.push(Event { at, what });
    }

    pub(super) fn breach(&mut self, rule: &'static str, text: String) {
        self.breaches.push(Breach { rule, text });
    }

    /// A new process: what was in memory is gone, the checkpoint is read. Resources that were
    /// registered count zero until their plugin lists them.
    pub(super) fn restart(&mut self) {
        self.plugins.clear();
        self.clients.clear();
        self.devices.clear();
        let stopped = Stopped {
            since: Instant::now(),
            pre_start: false,
        };
        for (resource, healthy) in &mut self.healthy {
            healthy.clear();
            self.unhealthy.insert(resource.clone(), HashSet::new());
            self.primary
                .insert(resource.clone(), Primary::Stopped(stopped));
        }
    }

    /// A connection is made, its options are still to be asked.
    pub(super) fn add_client(&mut self, overlap: Overlap, resource: &str, socket: &Path) {
        if overlap == Overlap::ByResource {
            self.clients.retain(|(name, _)| name != resource);
        }
        self.clients.push((resource.to_owned(), socket.to_owned()));
    }

    /// The end of this connection is not noticed any more. Every connection to the socket is meant, so
    /// that a second registration of it that fails takes the first with it: so does Kubernetes.
    pub(super) fn remove_client(&mut self, resource: &str, socket: &Path) {
        self.clients
            .retain(|(name, path)| name != resource || path != socket);
    }

    /// The connection that the end of this stream disconnects.
    pub(super) fn client_to_end(
        &self,
        overlap: Overlap,
        resource: &str,
        socket: &Path,
    ) -> Option<PathBuf> {
        let mut of_resource = self.clients.iter().filter(|(name, _)| name == resource);
        let found = match overlap {
            Overlap::BySocket => of_resource.find(|(_, path)| path == socket),
            Overlap::ByResource => of_resource.next(),
        };
        found.map(|(_, path)| path.clone())
    }

    /// Whether a plugin is connected by this socket.
    pub(super) fn is_connected(&self, resource: &str, socket: &Path) -> bool {
        let plugins = self.plugins.get(resource);
        plugins.is_some_and(|plugins| plugins.iter().any(|plugin| plugin.socket == socket))
    }

    /// The plugin is the one to ask from now on.
    pub(super) fn connected(&mut self, resource: &str, plugin: Plugin, way: Way) {
        let socket = plugin.socket.clone();
        self.primary
            .insert(resource.to_owned(), Primary::Serving(socket.clone()));
        let plugins = self.plugins.entry(resource.to_owned()).or_default();
        plugins.push(plugin);
        self.happened(What::Registered {
            resource: resource.to_owned(),
            socket,
            way,
        });
    }

    /// The plugin is not to be asked any more; the last of a resource takes its devices' health along.
    pub(super) fn disconnect(&mut self, overlap: Overlap, resource: &str, socket: &Path) {
        self.remove_client(resource, socket);
        let plugins = self.plugins.entry(resource.to_owned()).or_default();
        let Some(place) = plugins.iter().position(|plugin| plugin.socket == socket) else {
            return;
        };
        let gone = plugins.swap_remove(place);
        gone.following.abort();
        let next = match overlap {
            Overlap::BySocket => plugins.first().map(|plugin| plugin.socket.clone()),
            Overlap::ByResource => None,
        };
        if let Some(next) = next {
            self.primary
                .insert(resource.to_owned(), Primary::Serving(next));
        } else {
            let stopped = Stopped {
                since: Instant::now(),
                pre_start: gone.options.pre_start_required,
            };
            self.primary
                .insert(resource.to_owned(), Primary::Stopped(stopped));
            self.all_unhealthy(resource);
        }
        self.happened(What::Disconnected {
            resource: resource.to_owned(),
            socket: socket.to_owned(),
        });
    }

    fn all_unhealthy(&mut self, resource: &str) {
        let healthy = self.healthy.get_mut(resource).map(std::mem::take);
        let unhealthy = self.unhealthy.entry(resource.to_owned()).or_default();
        unhealthy.extend(healthy.unwrap_or_default());
    }

    /// The plugin to ask; an error where it has stopped, `None` where there never was one.
    pub(super) fn plugin(&self, resource: &str) -> Option<Result<Plugin, Stopped>> {
        match self.primary.get(resource)? {
            Primary::Stopped(stopped) => Some(Err(*stopped)),
            Primary::Serving(socket) => {
                let mut plugins = self.plugins.get(resource)?.iter();
                plugins
                    .find(|plugin| plugin.socket == *socket)
                    .cloned()
                    .map(Ok)
            }
        }
    }

    /// A list has come: it replaces the last one of the resource, whoever sent that.
    pub(super) fn list(&mut self, resource: &str, socket: &Path, devices: Vec<Device>) {
        self.judge_list(resource, &devices);
        let (healthy, unhealthy): (Vec<&Device>, Vec<&Device>) =
            devices.iter().partition(|device| is_healthy(device));
        self.healthy.insert(resource.to_owned(), ids(&healthy));
        self.unhealthy.insert(resource.to_owned(), ids(&unhealthy));
        let by_id = devices
            .iter()
            .map(|device| (device.id.clone(), device.clone()));
        self.devices.insert(resource.to_owned(), by_id.collect());
        self.lists.push(List {
            at: Instant::now(),
            resource: resource.to_owned(),
            socket: socket.to_owned(),
            devices,
        });
    }

    fn judge_list(&mut self, resource: &str, devices: &[Device]) {
        let mut ids = HashSet::new();
        for device in devices {
            let id = &device.id;
            if id.is_empty() || id.len() > 63 {
                self.breach(
                    "DP-12",
                    format!("{resource}: id {id:?} of {} bytes", id.len()),
                );
            }
            if !ids.insert(id.as_str()) {
                self.breach("DP-09", format!("{resource}: {id} is listed twice"));
            }
            if !["Healthy", "Unhealthy"].contains(&device.health.as_str()) {
                let health = &device.health;
                self.breach("DP-09", format!("{resource}: {id} is {health:?}"));
            }
            let nodes = device.topology.iter().flat_map(|topology| &topology.nodes);
            if nodes.into_iter().any(|node| node.id < 0) {
                self.breach("DP-15", format!("{resource}: {id} has a NUMA node below 0"));
            }
        }
        for held in self.pods.held(resource) {
            if !ids.contains(held.as_str()) {
                self.breach(
                    "DP-13",
                    format!("{resource}: {held} is held and not listed"),
                );
            }
        }
    }

    /// Capacity and allocatable of each resource in the node's status. Resources whose plugin has gone
    /// for longer than the grace are forgotten by this, as in Kubernetes.
    pub(super) fn counts(
        &mut self,
        grace: std::time::Duration,
    ) -> BTreeMap<String, (usize, usize)> {
        let gone = |primary: Option<&Primary>| match primary {
            Some(Primary::Serving(_)) => false,
            Some(Primary::Stopped(stopped)) => stopped.since.elapsed() > grace,
            None => true,
        };
        let primary = &mut self.primary;
        self.healthy
            .retain(|resource, _| !gone(primary.get(resource)));
        self.unhealthy
            .retain(|resource, _| !gone(primary.get(resource)));
        let healthy = &self.healthy;
        primary.retain(|resource, of| !gone(Some(of)) || healthy.contains_key(resource));
        let count = |(resource, healthy): (&String, &HashSet<String>)| {
            let unhealthy = self.unhealthy.get(resource).map_or(0, HashSet::len);
            let counts = (healthy.len() + unhealthy, healthy.len());
            (resource.clone(), counts)
        };
        self.healthy.iter().map(count).collect()
    }
}

fn ids(devices: &[&Device]) -> HashSet<String> {
    devices.iter().map(|device| device.id.clone()).collect()
}
