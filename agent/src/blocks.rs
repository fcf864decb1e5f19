//! This node's blocks of the Networks' address ranges: followed for the plugin, and how they are used told back.
//!
//! The records of Networks get the blocks that are not deleted, and the plugin gives out of those. A block
//! that is deleted is `Released` when the record is without it and none of its addresses is in use. Where this agent
//! has no part in attaching, nobody gives out of a block, and that is told: the state folder is only read then. What
//! was known before an outage of the API server stands meanwhile. Left to others: which blocks a node gets (the controller),
//! the records ([`crate::attachments`]), how they are used ([`usage`]).

mod usage;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use colvin_attach::pool::{self, Pool};
use colvin_attach::record::{self, Cidr};
use colvin_crds::v1alpha1::address_block::Usage;
use colvin_crds::v1alpha1::{API_VERSION, AddressBlock};
use colvin_model::NetworkName;
use colvin_service::client::REQUEST_LIMIT;
use colvin_service::{CancellationToken, Pulse};
use futures_util::StreamExt as _;
use kube::api::{Patch, PatchParams};
use kube::core::DeserializeGuard;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client, ResourceExt as _};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{debug, info, warn};

use crate::attachments::Attached;
use crate::networks::Networks;
use usage::{Block, Memory, Network};

/// Who we are among an object's managers.
const MANAGER: &str = "colvin-agent";

/// Between two looks at what is given out, beside those that a change asks for.
const EVERY: Duration = Duration::from_secs(10);

/// How long one that gives nothing waits for a Network with a pool, and up to as long again at random: there may be blocks
/// of one that is gone, and a cluster's agents start at once.
const LATE: Duration = Duration::from_mins(2);

/// The blocks that the plugin may give out of, by network.
pub(crate) type Blocks = BTreeMap<NetworkName, Vec<Cidr>>;

/// Follows the blocks.
pub(crate) struct Follower {
    pub(crate) client: Client,
    pub(crate) node: String,
    /// The state folder.
    pub(crate) state: PathBuf,
    /// Whether the records of Networks get the blocks: not with attaching off.
    pub(crate) gives: bool,
    /// `None` until they are listed.
    pub(crate) networks: watch::Receiver<Option<Arc<Networks>>>,
    /// `None` until they are listed.
    pub(crate) found: watch::Sender<Option<Arc<Blocks>>>,
    pub(crate) attached: watch::Receiver<Arc<Attached>>,
    pub(crate) pulse: Pulse,
}

/// What is known of the objects, by name.
#[derive(Default)]
struct Known {
    now: BTreeMap<String, Block>,
    /// What a new list brought so far; the old one stands until it is whole.
    listing: Option<BTreeMap<String, Block>>,
}

impl Follower {
    /// Follows them until told to stop.
    ///
    /// # Errors
    /// When an input ended. What fails is tried again.
    pub(crate) async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        if !self.gives && !self.is_needed(&stop).await? {
            return Ok(());
        }
        let blocks: Api<DeserializeGuard<AddressBlock>> = Api::all(self.client.clone());
        let own = watcher::Config::default().fields(&format!("spec.nodeName={}", self.node));
        let mut events = pin!(watcher(blocks, own).default_backoff());
        let (mut known, mut memory, mut failing) = (Known::default(), Memory::default(), false);
        loop {
            self.pulse.beat();
            tokio::select! {
                biased; // the end before that of others, who tell us things
                () = stop.cancelled() => return Ok(()),
                Some(event) = events.next() => match event {
                    Ok(event) => {
                        failing = false;
                        if known.apply(event) {
                            self.tell(&known);
                        }
                        if known.listing.is_some() {
                            continue;
                        }
                    }
                    Err(error) => {
                        let error = format!("{:#}", anyhow::Error::from(error));
                        if failing {
                            debug!(error, "blocks of addresses cannot be followed yet");
                        } else {
                            warn!(error, "blocks of addresses cannot be followed, those known stand");
                            failing = true;
                        }
                        continue;
                    }
                },
                changed = self.attached.changed() => changed?,
                () = tokio::time::sleep(EVERY) => {}
            }
            if !known.now.is_empty() {
                self.look(&mut known, &mut memory).await;
            }
        }
    }

    /// Waits until there may be blocks to let go of. Says whether that came before the end.
    async fn is_needed(&mut self, stop: &CancellationToken) -> anyhow::Result<bool> {
        let late = Instant::now() + LATE.mul_f64(1.0 + fastrand::f64());
        loop {
            self.pulse.beat();
            let networks = self.networks.borrow_and_update().clone();
            let records = networks.iter().flat_map(|it| it.records.values().flatten());
            if records.into_iter().any(|it| Pool::of(it).is_some()) || Instant::now() >= late {
                return Ok(true);
            }
            tokio::select! {
                biased; // the end before that of others, who tell us things
                () = stop.cancelled() => return Ok(false),
                changed = self.networks.changed() => changed?,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    fn tell(&self, known: &Known) {
        let blocks = Arc::new(known.to_give_from());
        self.found.send_if_modified(|last| {
            let is_news = last.as_ref() != Some(&blocks);
            if is_news {
                debug!(?blocks, "blocks of addresses are others");
                *last = Some(blocks);
            }
            is_news
        });
    }

    /// Looks how the blocks are used, and writes what is another than the API server has.
    async fn look(&self, known: &mut Known, memory: &mut Memory) {
        let networks = known.now.values().map(|block| &block.network);
        let networks = networks.collect::<std::collections::BTreeSet<_>>();
        let seen: BTreeMap<NetworkName, Network> = networks
            .into_iter()
            .filter_map(|network| Some((network.clone(), see(&self.state, network)?)))
            .collect();
        let usages = usage::of(&known.now, &seen, self.gives, memory, Instant::now());
        for (name, usage) in usages {
            let Some(block) = known.now.get_mut(&name) else {
                continue;
            };
            if block.usage == Some(usage) {
                continue;
            }
            match self.write(&name, block.uid.as_deref(), usage).await {
                Ok(()) => {
                    info!(
                        block = name,
                        ?usage,
                        "usage of a block of addresses is told"
                    );
                    block.usage = Some(usage);
                }
                Err(error) => {
                    warn!(
                        block = name,
                        error, "usage of a block of addresses cannot be told yet"
                    );
                    return;
                }
            }
        }
    }

    async fn write(&self, name: &str, uid: Option<&str>, usage: Usage) -> Result<(), String> {
        let body = json!({
            "apiVersion": API_VERSION,
            "kind": "AddressBlock",
            "metadata": {"name": name, "uid": uid},
            "status": {"usage": usage},
        });
        let api: Api<AddressBlock> = Api::all(self.client.clone());
        let params = PatchParams::apply(MANAGER).force();
        let patch = Patch::Apply(&body);
        let written = api.patch_status(name, &params, &patch);
        match tokio::time::timeout(REQUEST_LIMIT, written).await {
            Ok(Ok(_object)) => Ok(()),
            Ok(Err(error)) => Err(format!("{:#}", anyhow::Error::from(error))),
            Err(_elapsed) => Err("the API server did not answer in time".to_owned()),
        }
    }
}

/// What the plugin gives out of, and has given out; `None` when that cannot be seen now.
fn see(state: &Path, network: &NetworkName) -> Option<Network> {
    let record = record::network(state, network);
    let given = pool::given(state, network);
    match (record, given) {
        (Ok(record), Ok(given)) => Some(Network { record, given }),
        (Err(error), _) => {
            let error = format!("{:#}", anyhow::Error::from(error));
            warn!(%network, error, "cannot see how blocks of addresses are used");
            None
        }
        (_, Err(error)) => {
            warn!(%network, %error, "cannot see which addresses are given out");
            None
        }
    }
}

impl Known {
    /// Takes in an event. Says whether the whole is known and may be another.
    fn apply(&mut self, event: Event<DeserializeGuard<AddressBlock>>) -> bool {
        match event {
            Event::Init => {
                self.listing = Some(BTreeMap::new());
                false
            }
            Event::InitApply(object) => {
                self.listing.get_or_insert_default().extend(read(object));
                false
            }
            Event::InitDone => {
                self.now = self.listing.take().unwrap_or_default();
                true
            }
            Event::Apply(object) => {
                self.now.extend(read(object));
                true
            }
            Event::Delete(object) => self.now.remove(&object.name_any()).is_some(),
        }
    }

    fn to_give_from(&self) -> Blocks {
        let mut blocks = Blocks::new();
        for block in self.now.values().filter(|block| !block.is_deleted) {
            let of_network = blocks.entry(block.network.clone()).or_default();
            of_network.push(block.range);
        }
        for ranges in blocks.values_mut() {
            ranges.sort_unstable();
        }
        blocks
    }
}

/// A block by its name; none for an object that says nothing that we understand.
fn read(object: DeserializeGuard<AddressBlock>) -> Option<(String, Block)> {
    let name = object.name_any();
    let understood = object.0.map_err(|error| error.error).and_then(|object| {
        let network = object.spec.network.parse();
        let range = object.spec.range.0.parse();
        Ok(Block {
            network: network.map_err(|error| format!("spec.network: {error}"))?,
            range: range.map_err(|error| format!("spec.range: {error}"))?,
            is_deleted: object.metadata.deletion_timestamp.is_some(),
            uid: object.metadata.uid,
            usage: object.status.unwrap_or_default().usage,
        })
    });
    match understood {
        Ok(block) => Some((name, block)),
        Err(error) => {
            warn!(
                block = name,
                error, "a block of addresses is not understood"
            );
            None
        }
    }
}

#[cfg(test)]
mod tests;
