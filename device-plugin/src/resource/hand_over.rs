//! The end of a process while another of ours begins: it goes on serving until the kubelet has the other's list.
//!
//! Left to others: who is told to end, and when. A roll-out ends the old one when the next says that it has started,
//! which may be before the kubelet has come to it.

use std::path::Path;
use std::time::Duration;

use colvin_model::offer::ResourceName;
use tokio::time::{Instant, sleep, timeout};
use tracing::{info, warn};

use super::is_of_another;
use crate::files;
use crate::scene::Places;
use crate::sockets::{self, Instance};

/// Between two looks at the other's sockets.
const LOOK: Duration = Duration::from_millis(100);

/// How long another process may be without a socket before it counts as gone: it makes one anew now and then.
const GONE: Duration = Duration::from_secs(2);

/// How far another process has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Other {
    /// There is none.
    None,
    /// The kubelet has its list.
    Taken,
    /// The kubelet has not come to it yet.
    OnItsWay,
}

/// Waits until the kubelet has taken each other living process that serves this resource, at most for `limit`.
pub(super) async fn wait(
    places: &Places,
    resource: &ResourceName,
    instance: Instance,
    limit: Duration,
) {
    if look(places, resource, instance).await != Other::OnItsWay {
        return;
    }
    info!(%resource, "another process begins to serve this resource: this one serves until the kubelet has it");
    let taken = async {
        let mut seen = Instant::now();
        loop {
            match look(places, resource, instance).await {
                Other::Taken => return,
                Other::None if seen.elapsed() >= GONE => return,
                Other::None => {}
                Other::OnItsWay => seen = Instant::now(),
            }
            sleep(LOOK).await;
        }
    };
    if timeout(limit, taken).await.is_err() {
        let seconds = limit.as_secs();
        warn!(%resource, seconds, "the kubelet has not taken the other process in time");
    }
}

/// How far the one is that has come least far.
async fn look(places: &Places, resource: &ResourceName, instance: Instance) -> Other {
    let mut least = Other::None;
    for folder in [&places.registry, &places.plugins] {
        least = least.max(look_in(folder, resource, instance).await);
    }
    least
}

async fn look_in(folder: &Path, resource: &ResourceName, instance: Instance) -> Other {
    // a folder that cannot be listed has nobody to wait for
    let names = files::names(folder).unwrap_or_default();
    let others = names.iter().filter(|name| sockets::is_ours(name));
    let mut least = Other::None;
    for name in others.filter(|name| is_of_another(name, resource, instance)) {
        let path = folder.join(name);
        if sockets::is_taken(&path) {
            least = least.max(Other::Taken);
        } else if !sockets::is_dead(&path).await {
            return Other::OnItsWay;
        }
    }
    least
}
