//! Follows the pods that are attached in the chain: each says in an annotation which networks it has, over its life.
//!
//! Multus writes `k8s.v1.cni.cncf.io/network-status` when a pod starts; in a chain nobody would. Here it is written
//! off the pod's way, and follows what becomes of the interfaces: addresses that a router or a DHCP server gave late,
//! or somebody changed by hand. Left to others: which pods there are ([`crate::attachments`]), and each of them
//! ([`pod`]).

mod annotation;
mod ear;
mod loss;
mod naming;
mod pace;
mod pod;
#[cfg(test)]
mod scene;
mod server;
mod sighting;

use std::collections::BTreeMap;
use std::sync::Arc;

use colvin_service::{CancellationToken, Pulse};
use futures_util::StreamExt as _;
use futures_util::future::{AbortHandle, Aborted, BoxFuture, abortable};
use futures_util::stream::FuturesUnordered;
use kube::Client;
use tokio::sync::{Semaphore, mpsc, watch};
use tracing::debug;

pub(crate) use pod::Records;
pub(crate) use sighting::{InPod, Sight, Sightings, seen_of};

use crate::attachments::{ChainedPod, ChainedPods};
use crate::event::PodEvent;
use crate::telemetry::FollowMetrics;
use ear::Ear;
use pod::Follow;
use server::{AT_A_TIME, Annotation, Server};

/// Follows.
pub(crate) struct Follower {
    pub(crate) client: Client,
    pub(crate) pods: watch::Receiver<Arc<ChainedPods>>,
    /// Whether this agent is the one of its node that writes.
    pub(crate) sole: watch::Receiver<bool>,
    pub(crate) records: Records,
    pub(crate) events: mpsc::Sender<PodEvent>,
    /// Told what is seen in pods.
    pub(crate) sight: Sight,
    pub(crate) metrics: FollowMetrics,
    pub(crate) pulse: Pulse,
}

/// A pod that is followed, or whose following has ended: it is not begun anew.
struct Running {
    told: watch::Sender<ChainedPod>,
    /// Ends it at once: as long as it runs it holds the pod's namespace.
    end: AbortHandle,
}

/// The work on all pods.
type Work = FuturesUnordered<BoxFuture<'static, Result<(), Aborted>>>;

impl Follower {
    /// Follows until told to stop.
    ///
    /// # Errors
    /// When an input ended.
    pub(crate) async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let server = Server {
            limit: Arc::new(Semaphore::new(AT_A_TIME)),
            metrics: self.metrics.clone(),
        };
        let mut running = BTreeMap::new();
        let mut work = Work::new();
        let mut writes = false;
        loop {
            self.pulse.beat();
            tokio::select! {
                biased; // the end before that of others, who tell us things
                () = stop.cancelled() => return Ok(()),
                sole = may_write(&mut self.sole), if !writes => {
                    if !sole {
                        // who waits for the right to write was told to stop
                        stop.cancelled().await;
                        return Ok(());
                    }
                    writes = true;
                }
                changed = self.pods.changed(), if writes => changed?,
                Some(_ended) = work.next() => continue,
                () = tokio::time::sleep(self.pulse.interval()) => continue,
            }
            let pods = Arc::clone(&self.pods.borrow_and_update());
            self.follow(&pods, &mut running, &mut work, &server);
        }
    }

    /// Follows these, and no others any more.
    fn follow(
        &self,
        pods: &ChainedPods,
        running: &mut BTreeMap<String, Running>,
        work: &mut Work,
        server: &Server,
    ) {
        running.retain(|uid, running| {
            let is_there = pods.get(uid).is_some_and(|pod| {
                let last = running.told.borrow();
                last.netns == pod.netns && last.netns_id == pod.netns_id
            });
            if !is_there {
                running.end.abort();
            }
            is_there
        });
        sighting::forget(&self.sight, pods);
        for (uid, pod) in pods {
            if let Some(running) = running.get(uid) {
                running.told.send_if_modified(|last| {
                    let is_news = last != pod;
                    if is_news {
                        last.clone_from(pod);
                    }
                    is_news
                });
                continue;
            }
            debug!(
                namespace = pod.namespace,
                pod = pod.name,
                "a pod is followed"
            );
            let (told, heard) = watch::channel(pod.clone());
            let follow = Follow::new(
                heard,
                Ear::new(pod.netns.clone(), pod.netns_id.clone()),
                Annotation::new(self.client.clone(), server.clone(), pod),
                self.records.clone(),
                self.events.clone(),
                self.sight.clone(),
            );
            let (follow, end) = abortable(follow.run());
            work.push(Box::pin(follow));
            running.insert(uid.clone(), Running { told, end });
        }
    }
}

/// Waits until this agent is the one that writes; `false` when it will not be.
async fn may_write(sole: &mut watch::Receiver<bool>) -> bool {
    sole.wait_for(|sole| *sole).await.is_ok()
}

#[cfg(test)]
mod tests;
