//! The end of a process while another of ours begins: it goes on serving until the kubelet has the other's list.
//!
//! A roll-out may end the old agent too early: both are on the node's own network, so each may answer the question
//! whether the other is ready. Left to others: who is told to end, and when.

use std::path::Path;
use std::time::Duration;

use colvin_model::offer::ResourceName;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use super::is_of_another;
use crate::files;
use crate::scene::Places;
use crate::sockets::{self, Instance};

/// Between two looks at the other's sockets.
const LOOK: Duration = Duration::from_millis(100);

/// Waits until each other living process that serves this resource is taken by the kubelet, at most for `limit`.
pub(super) async fn wait(
    places: &Places,
    resource: &ResourceName,
    instance: Instance,
    limit: Duration,
) {
    if !is_on_its_way(places, resource, instance).await {
        return;
    }
    info!(%resource, "another process begins to serve this resource: this one serves until the kubelet has it");
    let taken = async {
        while is_on_its_way(places, resource, instance).await {
            sleep(LOOK).await;
        }
    };
    if timeout(limit, taken).await.is_err() {
        let seconds = limit.as_secs();
        warn!(%resource, seconds, "the kubelet has not taken the other process in time");
    }
}

async fn is_on_its_way(places: &Places, resource: &ResourceName, instance: Instance) -> bool {
    for folder in [&places.registry, &places.plugins] {
        if has_untaken(folder, resource, instance).await {
            return true;
        }
    }
    false
}

async fn has_untaken(folder: &Path, resource: &ResourceName, instance: Instance) -> bool {
    // a folder that cannot be listed has nobody to wait for
    let names = files::names(folder).unwrap_or_default();
    let others = names.iter().filter(|name| sockets::is_ours(name));
    for name in others.filter(|name| is_of_another(name, resource, instance)) {
        let path = folder.join(name);
        if !sockets::is_taken(&path) && !sockets::is_dead(&path).await {
            return true;
        }
    }
    false
}
