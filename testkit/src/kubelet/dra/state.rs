//! The kubelet's books: drivers that are used, claims, pods, the health of devices. Left to others: calls.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::pods::Pod;
use super::record::{ClaimName, Device, Event, Health, What};
use super::watch::Found;
use crate::kubelet::record::Breach;

/// A driver that is used.
#[derive(Clone, Debug)]
pub(super) struct Plugin {
    pub(super) driver: String,
    pub(super) endpoint: PathBuf,
    pub(super) service: &'static str,
    /// Which appearance of which socket it is.
    pub(super) found: Found,
}

/// A claim that pods use. It is kept over a restart, as the checkpoint of Kubernetes' keeps it.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) name: ClaimName,
    pub(super) drivers: Vec<String>,
    pub(super) pods: BTreeSet<String>,
    /// Not kept over a restart: then it is prepared again.
    pub(super) prepared: bool,
    pub(super) devices: Vec<Device>,
}

/// What was last told of a device.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) health: Health,
    pub(super) message: String,
    pub(super) at: Instant,
    pub(super) holds: Duration,
}

/// The books.
#[derive(Debug, Default)]
pub(super) struct State {
    /// In the order in which they registered.
    pub(super) plugins: Vec<Plugin>,
    /// By namespace and name.
    pub(super) claims: BTreeMap<(String, String), Claim>,
    /// Those that were bound, by name.
    pub(super) pods: BTreeMap<String, Pod>,
    /// By pool and device.
    pub(super) health: HashMap<(String, String), Told>,
    pub(super) health_lists: usize,
    pub(super) events: Vec<Event>,
    pub(super) breaches: Vec<Breach>,
    pub(super) refuses: Option<String>,
}

impl State {
    pub(super) fn happened(&mut self, what: What) {
        let at = Instant::now();
        self.events.push(Event { at, what });
    }

    pub(super) fn breach(&mut self, rule: &'static str, text: String) {
        self.breaches.push(Breach { rule, text });
    }

    /// What a process forgets when it ends.
    pub(super) fn restart(&mut self) {
        self.plugins.clear();
        self.health.clear();
        for claim in self.claims.values_mut() {
            claim.prepared = false;
        }
        for pod in self.pods.values_mut() {
            pod.at_work = false;
        }
    }

    /// Uses a driver from now on.
    ///
    /// # Errors
    /// When somebody serves it there already.
    pub(super) fn register(&mut self, plugin: Plugin, health: Option<&str>) -> Result<(), String> {
        let (driver, endpoint) = (&plugin.driver, &plugin.endpoint);
        let same = |it: &Plugin| it.driver == *driver && it.endpoint == *endpoint;
        if self.plugins.iter().any(same) {
            let shown = endpoint.display();
            let text = format!("endpoint {shown} already registered for DRA driver {driver}");
            self.breach("DRA-06", text.clone());
            return Err(text);
        }
        self.happened(What::Registered {
            driver: driver.clone(),
            endpoint: endpoint.clone(),
            service: plugin.service.to_owned(),
            health: health.map(ToOwned::to_owned),
        });
        self.plugins.push(plugin);
        Ok(())
    }

    /// Uses those no more whose sockets have gone or are others now.
    pub(super) fn retain(&mut self, there: &BTreeSet<Found>) {
        let plugins = std::mem::take(&mut self.plugins);
        let (stay, gone): (Vec<_>, Vec<_>) = plugins
            .into_iter()
            .partition(|it| there.contains(&it.found));
        self.plugins = stay;
        for Plugin { endpoint, .. } in gone {
            self.happened(What::Gone { endpoint });
        }
    }

    /// The drivers of this name, the newest first.
    pub(super) fn plugins_of(&self, driver: &str) -> Vec<Plugin> {
        let plugins = self.plugins.iter().rev();
        plugins.filter(|it| it.driver == driver).cloned().collect()
    }

    /// Whether a driver that was found there is used.
    pub(super) fn uses(&self, found: &Found) -> bool {
        self.plugins.iter().any(|it| it.found == *found)
    }

    /// How a device is now.
    pub(super) fn health_of(&self, pool: &str, device: &str) -> (Health, String) {
        let told = self.health.get(&(pool.to_owned(), device.to_owned()));
        match told.filter(|told| told.at.elapsed() <= told.holds) {
            Some(told) => (told.health, told.message.clone()),
            None => (Health::Unknown, String::new()),
        }
    }
}
