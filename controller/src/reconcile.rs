//! The loop: events of watches in, writes and events of ours out.
//!
//! One task, so that nothing is shared; at most one write is on its way, and watching goes on
//! meanwhile. Left to others: what it knows and decides ([`Desk`], which is pure), the lease
//! ([`crate::election`]).

mod desk;
mod read;

use std::future::{Future, pending};
use std::pin::Pin;
use std::time::Duration;

use colvin_crds::v1alpha1::{AddressBlock, Network, NodeTopology};
use colvin_service::metrics::WriteResult;
use colvin_service::{CancellationToken, Pulse, Uptime};
use k8s_openapi::jiff::Timestamp;
use kube::Client;
use tokio::sync::{mpsc, watch};
use tracing::{debug, info, warn};

use crate::blocks::Step;
use crate::classes::Classes;
use crate::cluster_ranges::ClusterRanges;
use crate::definitions::Definitions;
use crate::event::send::Told;
use crate::kept::{self, Kept};
use crate::publish::block::{self, BlockWritten};
use crate::publish::kept::{KeptWritten, act};
use crate::publish::{self, NotWritten, Written};
use crate::telemetry::{BLOCK, Metrics, NETWORK, PUBLISH, WATCH};
use crate::watch::Watch;
use crate::watch::optional::OptionalWatch;
use desk::{Desk, OnDesk};

/// What the loop works with.
pub(crate) struct Parts {
    pub(crate) client: Client,
    pub(crate) networks: Watch<Network>,
    pub(crate) topologies: Watch<NodeTopology>,
    pub(crate) blocks: Watch<AddressBlock>,
    pub(crate) definitions: OptionalWatch<<Definitions as Kept>::Object>,
    pub(crate) classes: OptionalWatch<<Classes as Kept>::Object>,
    /// The ranges of the cluster, and whether somebody wants to know them.
    pub(crate) ranges: watch::Receiver<ClusterRanges>,
    pub(crate) pools: watch::Sender<bool>,
    pub(crate) leader: watch::Receiver<bool>,
    pub(crate) events: mpsc::Sender<Told>,
    pub(crate) metrics: Metrics,
    pub(crate) pulse: Pulse,
}

/// How a write of any kind ended.
enum Ended {
    Status(Box<Written>),
    Block(BlockWritten),
    Definition(Box<KeptWritten<Definitions>>),
    Class(Box<KeptWritten<Classes>>),
}

type Writing = Pin<Box<dyn Future<Output = Ended> + Send>>;

/// Runs until it is told to end. A write on its way is then given up: it would be the same again.
pub(crate) async fn run(parts: Parts, stop: CancellationToken) -> anyhow::Result<()> {
    let Parts {
        client,
        mut networks,
        mut topologies,
        mut blocks,
        mut definitions,
        mut classes,
        mut ranges,
        pools,
        mut leader,
        events,
        metrics,
        pulse,
    } = parts;
    let clock = Uptime::start();
    let mut desk = Desk::default();
    let mut writing: Option<Writing> = None;
    loop {
        let now = clock.now();
        let idle = pulse.interval();
        let wake = desk.wake(now).filter(|_| writing.is_none());
        let wait = wake.map_or(idle, |at| at.saturating_sub(now).min(idle));
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            event = networks.next() => desk.see_network(read::network(event), clock.now()),
            event = topologies.next() => {
                tell(desk.see_topology(read::topology(event), clock.now()), &events);
            }
            event = blocks.next() => desk.see_block(read::address_block(event), clock.now()),
            event = definitions.next() => if let Some(event) = event {
                desk.see_kept::<Definitions>(read::kept::<Definitions>(event), clock.now());
            },
            event = classes.next() => if let Some(event) = event {
                desk.see_kept::<Classes>(read::kept::<Classes>(event), clock.now());
            },
            Ok(()) = ranges.changed() => {
                let ranges = ranges.borrow_and_update().clone();
                desk.see_cluster(ranges, clock.now());
            }
            changed = leader.changed() => {
                changed?;
                let leads = *leader.borrow_and_update();
                metrics.leader.set(i64::from(leads));
                desk.lead(leads, clock.now());
                writing = writing.filter(|_| leads);
            }
            ended = on_its_way(&mut writing) => {
                writing = None;
                match ended {
                    Ended::Status(written) => settle(&mut desk, *written, &metrics, clock.now()),
                    Ended::Block(written) => settle_block(&mut desk, written, &metrics, clock.now()),
                    Ended::Definition(written) => {
                        settle_kept(&mut desk, *written, &metrics, clock.now());
                    }
                    Ended::Class(written) => settle_kept(&mut desk, *written, &metrics, clock.now()),
                }
            }
            () = tokio::time::sleep(wait) => {}
        }
        let well = networks.is_well() && topologies.is_well() && blocks.is_well();
        desk.sees(well, clock.now());
        pools.send_if_modified(|kept| std::mem::replace(kept, desk.has_pools()) != *kept);
        follow::<Definitions>(&mut definitions, &mut desk, clock.now());
        follow::<Classes>(&mut classes, &mut desk, clock.now());
        if writing.is_none() {
            writing = next(&mut desk, &client, &metrics, clock.now());
        }
        report(&desk, &metrics, well);
        pulse.beat();
    }
}

/// Watches the objects of a kind while they are needed.
fn follow<K: OnDesk>(watch: &mut OptionalWatch<K::Object>, desk: &mut Desk, now: Duration) {
    watch.keep(desk.needs::<K>());
    desk.sees_kept::<K>(watch.sight(), now);
}

/// What is written next. What is kept for Networks comes first, so that the status tells of it at once; then statuses:
/// both are few.
fn next(desk: &mut Desk, client: &Client, metrics: &Metrics, now: Duration) -> Option<Writing> {
    let client = client.clone();
    if let Some(action) = desk.next_kept::<Definitions>(now) {
        return Some(Box::pin(async move {
            Ended::Definition(Box::new(act(client, action).await))
        }));
    }
    if let Some(action) = desk.next_kept::<Classes>(now) {
        return Some(Box::pin(async move {
            Ended::Class(Box::new(act(client, action).await))
        }));
    }
    let (write, suppressed) = desk.next_write(now, Timestamp::now());
    (0..suppressed).for_each(|_| metrics.publishing.suppressed());
    if let Some(write) = write {
        return Some(Box::pin(async move {
            Ended::Status(Box::new(publish::write(client, write).await))
        }));
    }
    let action = desk.next_action(now)?;
    Some(Box::pin(async move {
        Ended::Block(block::act(client, action).await)
    }))
}

async fn on_its_way(writing: &mut Option<Writing>) -> Ended {
    match writing {
        Some(writing) => writing.await,
        None => pending().await,
    }
}

fn settle(desk: &mut Desk, written: Written, metrics: &Metrics, now: Duration) {
    metrics.publishing.wrote(NETWORK, written.result());
    match &written.answer {
        Ok(_) => {
            metrics.last_success.mark(PUBLISH);
            debug!(network = written.network, "status written");
        }
        Err(error) => {
            let network = &written.network;
            let cause = cause(error);
            warn!(network, %error, cause, "cannot write the status; again later");
        }
    }
    desk.wrote(written, now, fastrand::f64());
}

fn settle_block(desk: &mut Desk, written: BlockWritten, metrics: &Metrics, now: Duration) {
    let result = written.result();
    metrics.publishing.wrote(BLOCK, result);
    let (block, step) = (&written.action.block, &written.action.step);
    match (&written.answer, step) {
        (Ok(_), Step::Create { node, range }) => info!(block, node, %range, "block made"),
        (Ok(_), Step::Delete { .. }) => info!(block, "block deleted"),
        (Ok(_), Step::Release { .. }) => info!(block, "block let go"),
        (Err(error), _) if result == WriteResult::Conflict => {
            // another replica was quicker, or the node: the watch brings it
            debug!(block, %error, "block changed meanwhile; again later");
        }
        (Err(error), _) => {
            let cause = cause(error);
            warn!(block, %error, cause, "cannot write the block; again later");
        }
    }
    if written.answer.is_ok() {
        metrics.last_success.mark(PUBLISH);
    }
    desk.acted(written, now, fastrand::f64());
}

fn settle_kept<K: OnDesk>(
    desk: &mut Desk,
    written: KeptWritten<K>,
    metrics: &Metrics,
    now: Duration,
) {
    metrics.publishing.wrote(K::OBJECT, written.result());
    let (kind, object) = (K::OBJECT, written.action.place.key());
    match (&written.answer, &written.action.step) {
        (Ok(_), kept::Step::Create { .. }) => info!(kind, object, "object made"),
        (Ok(_), kept::Step::Mend { .. }) => info!(kind, object, "object made what it was"),
        (Ok(_), kept::Step::Delete { .. }) => info!(kind, object, "object taken away"),
        (Err(error), _) => {
            let cause = cause(error);
            warn!(kind, object, %error, cause, "cannot write the object; again later");
        }
    }
    if written.answer.is_ok() {
        metrics.last_success.mark(PUBLISH);
    }
    desk.wrote_kept(written, now, fastrand::f64());
}

fn cause(error: &NotWritten) -> Option<String> {
    std::error::Error::source(error).map(ToString::to_string)
}

fn tell(told: Vec<Told>, events: &mpsc::Sender<Told>) {
    for each in told {
        if events.try_send(each).is_err() {
            warn!("too many events wait to be sent; one is dropped");
        }
    }
}

fn report(desk: &Desk, metrics: &Metrics, well: bool) {
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    metrics.networks.set(number(desk.networks()));
    metrics.topologies.set(number(desk.nodes()));
    if well {
        metrics.last_success.mark(WATCH);
    }
}
