//! Pods that are bound to the node: tried again and again until their claims are prepared, and when they are deleted,
//! until those are undone.
//!
//! They are the API server's: they come and go whether the kubelet runs or not. Left to others: one try (`claims`), and
//! what a pod is besides its claims.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::time::sleep;

use super::record::{PodClaim, PodPhase};
use super::{DraKubelet, Shared, claims};

/// A pod.
#[derive(Clone, Debug)]
pub(super) struct Pod {
    claims: Vec<PodClaim>,
    phase: PodPhase,
    /// Whether a try is under way.
    pub(super) at_work: bool,
}

/// What is tried next for a pod.
enum Try {
    Start(Vec<PodClaim>),
    End,
}

impl DraKubelet {
    /// A pod is bound to the node, and started as soon as that can be.
    pub fn bind_pod(&self, pod: &str, claims: &[PodClaim]) {
        let made = Pod {
            claims: claims.to_vec(),
            phase: PodPhase::Pending(None),
            at_work: false,
        };
        self.shared
            .change(|state| state.pods.insert(pod.to_owned(), made));
    }

    /// A pod is deleted. It is there until its claims are undone; one that was not started never is.
    pub fn delete_pod(&self, pod: &str) {
        self.shared.change(|state| {
            if let Some(pod) = state.pods.get_mut(pod) {
                pod.phase = PodPhase::Ending(None);
            }
        });
    }

    /// How a pod is that was bound; `None` when it has gone.
    pub fn phase(&self, pod: &str) -> Option<PodPhase> {
        self.shared
            .look(|state| state.pods.get(pod).map(|it| it.phase.clone()))
    }
}

/// Looks after pods for as long as the kubelet runs; none waits for another.
pub(super) async fn sync(shared: Arc<Shared>) {
    loop {
        for (pod, next) in due(&shared) {
            Handle::current().spawn(work(Arc::clone(&shared), pod, next));
        }
        sleep(shared.options.pod_pause).await;
    }
}

fn due(shared: &Shared) -> Vec<(String, Try)> {
    shared.change(|state| {
        let idle = state.pods.iter_mut().filter(|(_, pod)| !pod.at_work);
        let due = idle.filter_map(|(name, pod)| {
            let next = match &pod.phase {
                PodPhase::Pending(_) => Try::Start(pod.claims.clone()),
                PodPhase::Ending(_) => Try::End,
                PodPhase::Running(_) => return None,
            };
            pod.at_work = true;
            Some((name.clone(), next))
        });
        due.collect()
    })
}

async fn work(shared: Arc<Shared>, name: String, next: Try) {
    let phase = match next {
        Try::Start(of_pod) => match claims::start(&shared, &name, &of_pod).await {
            Ok(devices) => PodPhase::Running(devices),
            Err(error) => PodPhase::Pending(Some(error)),
        },
        Try::End => match claims::end(&shared, &name).await {
            Ok(()) => {
                shared.change(|state| state.pods.remove(&name));
                return;
            }
            Err(error) => PodPhase::Ending(Some(error)),
        },
    };
    shared.change(|state| {
        if let Some(pod) = state.pods.get_mut(&name) {
            pod.at_work = false;
            // who was deleted meanwhile stays so
            let ends = |phase: &PodPhase| matches!(phase, PodPhase::Ending(_));
            if ends(&phase) || !ends(&pod.phase) {
                pod.phase = phase;
            }
        }
    });
}
