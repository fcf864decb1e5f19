//! The loop: events of watches in, writes and events of ours out.
//!
//! One task, so that nothing is shared; at most one write is on its way, and watching goes on
//! meanwhile. Left to others: what it knows and decides ([`Desk`], which is pure), the lease
//! ([`crate::election`]).

mod desk;

use std::future::{Future, pending};
use std::pin::Pin;
use std::time::Duration;

use colvin_crds::v1alpha1::{Network, NodeTopology};
use colvin_service::{CancellationToken, Pulse, Uptime};
use k8s_openapi::jiff::Timestamp;
use kube::Client;
use kube::core::DeserializeGuard;
use kube::runtime::watcher::Event;
use tokio::sync::{mpsc, watch};
use tracing::{debug, warn};

use crate::cluster::Seen;
use crate::event::send::Told;
use crate::facts::{NetworkFacts, NodeFacts};
use crate::publish::{self, Written};
use crate::telemetry::{Metrics, NETWORK, PUBLISH, WATCH};
use crate::watch::Watch;
use desk::Desk;

/// What the loop works with.
pub(crate) struct Parts {
    pub(crate) client: Client,
    pub(crate) networks: Watch<Network>,
    pub(crate) topologies: Watch<NodeTopology>,
    pub(crate) leader: watch::Receiver<bool>,
    pub(crate) events: mpsc::Sender<Told>,
    pub(crate) metrics: Metrics,
    pub(crate) pulse: Pulse,
}

type Writing = Pin<Box<dyn Future<Output = Written> + Send>>;

/// Runs until it is told to end. A write on its way is then given up: it would be the same again.
pub(crate) async fn run(parts: Parts, stop: CancellationToken) -> anyhow::Result<()> {
    let Parts {
        client,
        mut networks,
        mut topologies,
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
            event = networks.next() => desk.see_network(network(event), clock.now()),
            event = topologies.next() => {
                if let Some(seen) = topology(event) {
                    tell(desk.see_node(seen, clock.now()), &events);
                }
            }
            changed = leader.changed() => {
                changed?;
                let leads = *leader.borrow_and_update();
                metrics.leader.set(i64::from(leads));
                desk.lead(leads, clock.now());
                writing = writing.filter(|_| leads);
            }
            written = on_its_way(&mut writing) => {
                writing = None;
                settle(&mut desk, written, &metrics, clock.now());
            }
            () = tokio::time::sleep(wait) => {}
        }
        if writing.is_none() {
            let (write, suppressed) = desk.next_write(clock.now(), Timestamp::now());
            (0..suppressed).for_each(|_| metrics.publishing.suppressed());
            writing =
                write.map(|write| -> Writing { Box::pin(publish::write(client.clone(), write)) });
        }
        report(&desk, &metrics, networks.is_well() && topologies.is_well());
        pulse.beat();
    }
}

async fn on_its_way(writing: &mut Option<Writing>) -> Written {
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
            let cause = std::error::Error::source(error).map(ToString::to_string);
            warn!(network, %error, cause, "cannot write the status; again later");
        }
    }
    desk.wrote(written, now, fastrand::f64());
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

fn network(event: Event<DeserializeGuard<Network>>) -> Seen<NetworkFacts> {
    match event {
        Event::Init => Seen::ListBegins,
        Event::InitDone => Seen::ListEnds,
        Event::InitApply(object) => {
            let (name, facts) = NetworkFacts::read(object);
            Seen::Listed(name, facts)
        }
        Event::Apply(object) => {
            let (name, facts) = NetworkFacts::read(object);
            Seen::Changed(name, facts)
        }
        Event::Delete(object) => Seen::Gone(NetworkFacts::read(object).0),
    }
}

/// `None` for an object that does not parse: what was known of the node stands.
fn topology(event: Event<DeserializeGuard<NodeTopology>>) -> Option<Seen<NodeFacts>> {
    let read = |object| {
        let (name, facts) = NodeFacts::read(object);
        match facts {
            Ok(facts) => Some((name, facts)),
            Err(error) => {
                warn!(
                    node = name,
                    error, "a NodeTopology does not parse; it is passed over"
                );
                None
            }
        }
    };
    Some(match event {
        Event::Init => Seen::ListBegins,
        Event::InitDone => Seen::ListEnds,
        Event::InitApply(object) => {
            let (name, facts) = read(object)?;
            Seen::Listed(name, facts)
        }
        Event::Apply(object) => {
            let (name, facts) = read(object)?;
            Seen::Changed(name, facts)
        }
        Event::Delete(object) => Seen::Gone(NodeFacts::read(object).0),
    })
}
