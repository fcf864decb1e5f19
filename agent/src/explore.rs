//! The machine, watched by a thread: it blocks on file descriptors and hands on what it saw.
//!
//! Left to others: what it means (`decide`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use colvin_discovery::pci_names::Names;
use colvin_discovery::source::lldp::Listening;
use colvin_discovery::watch::Waker;
use colvin_discovery::{Discovery, Watcher, clock};
use colvin_model::inventory::{Carriers, UplinkId};
use colvin_model::observation::Addresses;
use colvin_model::{DeviceId, Inventory};
use colvin_service::{CancellationToken, Condition, Pulse};
use colvin_takeover::Facts;
use tokio::sync::watch;
use tracing::{info, warn};

use crate::telemetry::DiscoveryMetrics;

/// How often the neighbours are kept on disk, when frames came.
const SAVE: Duration = Duration::from_secs(30);

/// Which machine.
#[derive(Clone, Debug)]
pub(crate) enum Machine {
    /// This one.
    Live,
    /// A recorded one, with its recorded frames.
    Recorded(PathBuf),
    /// A recorded one whose cables are links of this network namespace.
    Played(PathBuf),
}

impl Machine {
    /// The folder that has its `sys`.
    pub(crate) fn root(&self) -> &Path {
        match self {
            Self::Live => Path::new("/"),
            Self::Recorded(root) | Self::Played(root) => root,
        }
    }
}

/// What was seen in one look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// What the node has.
    pub(crate) inventory: Inventory,
    /// Its addresses, or `None` while they were never read.
    pub(crate) addresses: Option<Addresses>,
    /// Which uplinks carry which of them.
    pub(crate) carriers: Carriers,
    /// Per uplink how many frames in a row said what its neighbour says now.
    pub(crate) frames: BTreeMap<UplinkId, u32>,
    /// What the selectors of a config file ask beside the inventory, where there is such a file.
    pub(crate) selectable: Option<Facts>,
    /// What cards are called.
    pub(crate) models: BTreeMap<DeviceId, String>,
}

/// The thread's side.
pub(crate) struct Explorer {
    pub(crate) machine: Machine,
    /// Where neighbours are kept over a restart.
    pub(crate) memory: PathBuf,
    pub(crate) watcher: Watcher,
    /// Whether there is a config file, whose selectors ask for more than the inventory.
    pub(crate) selects: bool,
    pub(crate) found: watch::Sender<Option<Arc<Seen>>>,
    pub(crate) ready: Condition,
    pub(crate) pulse: Pulse,
    pub(crate) metrics: DiscoveryMetrics,
}

impl Explorer {
    /// Ends the wait when the token is cancelled.
    pub(crate) fn waker(&mut self) -> anyhow::Result<Waker> {
        self.watcher.waker().context("opening a waker")
    }

    /// Looks, and looks again whenever something happens, until told to stop.
    ///
    /// # Errors
    /// When the machine cannot be looked at or followed.
    pub(crate) fn run(mut self, stop: &CancellationToken) -> anyhow::Result<()> {
        let mut discovery = self.open()?;
        discovery.ask_selectable(self.selects);
        let mut names = Models::default();
        self.look_at_all(&mut discovery, &mut names);
        self.ready.met();
        let follows = !matches!(self.machine, Machine::Recorded(_));
        let mut saved = clock::now();
        let mut frames = self.metrics.count(&discovery);
        while !stop.is_cancelled() {
            self.pulse.beat();
            let until = clock::now().saturating_add(self.pulse.interval().min(SAVE));
            let news = self
                .watcher
                .wait(&mut discovery, Some(until))
                .context("following the machine")?;
            let now = clock::now();
            if follows && news {
                self.hand_on(&discovery, &mut names);
            }
            let heard = self.metrics.count(&discovery);
            if heard != frames && now >= saved.saturating_add(SAVE) {
                self.save(&discovery);
                (frames, saved) = (heard, now);
            }
        }
        self.save(&discovery);
        Ok(())
    }

    fn open(&self) -> anyhow::Result<Discovery> {
        let mut discovery = match &self.machine {
            Machine::Live => {
                let mut discovery = Discovery::live()?;
                discovery.listen(Listening::Uplinks);
                discovery
            }
            Machine::Recorded(root) => return Ok(Discovery::at_root(root)?),
            Machine::Played(root) => Discovery::played(root)?,
        };
        // A neighbour of the last run counts for its whole time once more: that we were away is no
        // silence of its. A frame confirms or replaces it.
        let loaded = discovery.lldp_mut().load(&self.memory, "", clock::now());
        if let Err(error) = loaded {
            warn!(
                error = format!("{:#}", anyhow::Error::from(error)),
                "neighbours of the last run are lost"
            );
        }
        Ok(discovery)
    }

    fn look_at_all(&self, discovery: &mut Discovery, names: &mut Models) {
        let begin = clock::now();
        discovery.look_all(begin);
        let took = clock::now().saturating_sub(begin);
        self.metrics.looked(took);
        let uplinks = discovery.inventory().uplinks.len();
        info!(uplinks, millis = took.as_millis(), "machine looked at");
        self.hand_on(discovery, names);
    }

    fn hand_on(&self, discovery: &Discovery, models: &mut Models) {
        let inventory = discovery.inventory().clone();
        let frames = inventory.uplinks.iter().filter_map(|uplink| {
            let link = uplink.link.as_ref()?.index;
            Some((uplink.id.clone(), discovery.lldp().frames_in_a_row(link)))
        });
        let seen = Seen {
            frames: frames.collect(),
            selectable: discovery.facts().cloned(),
            models: models.of(&inventory),
            addresses: discovery.observations().addresses.clone(),
            carriers: Carriers::of(discovery.observations(), &inventory.uplinks),
            inventory,
        };
        let first = self.found.borrow().is_none();
        if first && seen.addresses.is_none() && matches!(self.machine, Machine::Live) {
            // half a picture would lose what is held by a subnet; it is looked at again soon
            warn!("addresses cannot be read, nothing is decided yet");
            return;
        }
        let news = self.found.borrow().as_deref() != Some(&seen);
        if news {
            self.found.send_replace(Some(Arc::new(seen)));
        }
    }

    fn save(&self, discovery: &Discovery) {
        if matches!(self.machine, Machine::Recorded(_)) {
            return;
        }
        let saved = discovery
            .lldp()
            .save(&self.memory, "agent", discovery.observations());
        if let Err(error) = saved {
            warn!(
                error = format!("{:#}", anyhow::Error::from(error)),
                "neighbours cannot be kept over a restart"
            );
        }
    }
}

/// What cards are called, looked up once per kind of card.
#[derive(Default)]
struct Models(BTreeMap<DeviceId, String>);

impl Models {
    fn of(&mut self, inventory: &Inventory) -> BTreeMap<DeviceId, String> {
        let functions = inventory
            .uplinks
            .iter()
            .filter_map(|up| up.function.as_ref());
        let wanted: BTreeSet<DeviceId> = functions.map(|function| function.id).collect();
        if wanted.iter().any(|id| !self.0.contains_key(id)) {
            let names = Names::load(Path::new("/"), &wanted);
            self.0 = wanted
                .into_iter()
                .map(|id| (id, names.model_of(id).unwrap_or_default().into_owned()))
                .collect();
        }
        self.0.clone()
    }
}
