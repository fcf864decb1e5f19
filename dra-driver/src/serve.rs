//! The whole of it: claims are prepared, until the end. Left to others: each part.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use colvin_model::offer::{DeviceId, Holders, NodeReader};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::driver::Driver;
use crate::endpoint::Endpoint;
use crate::ground::Ground;
use crate::{ClaimReader, Claimed, Devices, Report, Settings};

/// The devices that the journal of attachments has in this boot, attached or not undone yet: functions by their
/// address, children by the id that they were given as. `None` as long as nobody has read it.
pub(crate) type JournalDevices = Option<Arc<BTreeSet<DeviceId>>>;

/// What the driver is told.
#[derive(Clone)]
pub struct Inputs {
    /// What the node has for claims.
    pub devices: watch::Receiver<Arc<Devices>>,
    /// What the device plugin gave away. Its records below `/run` count too.
    pub others: watch::Receiver<Arc<Holders>>,
    /// The devices that the journal of attachments has in this boot, attached or not undone yet: functions by their
    /// address, children by the id that they were given as. `None` as long as nobody has read it: then a device that a
    /// claim leaves stays held.
    pub attached: watch::Receiver<Option<Arc<BTreeSet<DeviceId>>>>,
    /// Reads claims.
    pub claims: Arc<dyn ClaimReader>,
    /// Finds what a device has for programs, when it is given away.
    pub nodes: Arc<dyn NodeReader>,
}

/// Nothing can be served at all.
#[derive(Debug, thiserror::Error)]
pub enum DraDriverError {
    /// The folders cannot be watched.
    #[error("cannot watch the kubelet's folders")]
    Watch(#[source] io::Error),
}

/// Prepares claims until `stop`.
///
/// `claimed` is told who holds what: first what was prepared before, then every change, also by another instance. As
/// long as it is `None` nobody knows, and nothing may be given away by another API. All
/// that was begun has ended when it returns, or is given up after [`crate::Pace::leave`]; what is prepared stays so.
/// That it is not registered is never a reason to return.
///
/// # Errors
/// [`DraDriverError`] when the folders cannot be watched. What else goes wrong is tried again, logged once, and told
/// to `report`.
pub async fn serve(
    settings: Settings,
    inputs: Inputs,
    claimed: watch::Sender<Option<Arc<Claimed>>>,
    report: Arc<dyn Report>,
    stop: CancellationToken,
) -> Result<(), DraDriverError> {
    let ground = Ground::new(&settings.folders).map_err(DraDriverError::Watch)?;
    let attached = inputs.attached.clone();
    let driver = Arc::new(Driver::new(settings, inputs, claimed, report));
    let endpoint = Endpoint::new(Arc::clone(&driver), ground.stirred());
    tokio::select! {
        watched = ground.run() => watched.map_err(DraDriverError::Watch),
        () = keep_looking(&driver, attached, ground.stirred()) => Ok(()),
        () = endpoint.run(stop) => Ok(()),
    }
}

/// Looks whenever the journal, or perhaps another instance, has changed something. Never ends.
async fn keep_looking(
    driver: &Arc<Driver>,
    mut attached: watch::Receiver<JournalDevices>,
    mut stirred: watch::Receiver<()>,
) {
    let mut told = true;
    loop {
        stirred.borrow_and_update();
        attached.borrow_and_update();
        driver.look().await;
        tokio::select! {
            changed = attached.changed(), if told => told = changed.is_ok(),
            changed = stirred.changed() => {
                if changed.is_err() {
                    // nobody watches any more: the end is near
                    std::future::pending::<()>().await;
                }
            }
        }
    }
}
