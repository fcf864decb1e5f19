//! The whole of it: what is offered is served, until the end. Left to others: one resource's server.

use std::io;
use std::sync::Arc;

use colvin_model::offer::{Holders, Offers};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{NodeReader, Report, Settings};

/// Nothing can be served at all.
#[derive(Debug, thiserror::Error)]
pub enum DevicePluginError {
    /// The kubelet's folders cannot be watched.
    #[error("cannot watch the kubelet's folders")]
    Watch(#[source] io::Error),
}

/// Serves what is offered until `stop`.
///
/// `offers` may change at any time, and is `None` as long as nothing is known: then nothing is registered.
/// A change touches only the resources that changed. `holders` is told who holds what: first what the
/// last run wrote down, then the kubelet's own word. All tasks have ended when it returns; the files of
/// held devices stay.
///
/// # Errors
/// [`DevicePluginError`] when the kubelet's folders cannot be watched. What else goes wrong is tried
/// again, logged once, and told to `report`.
pub async fn serve(
    settings: Settings,
    offers: watch::Receiver<Option<Arc<Offers>>>,
    holders: watch::Sender<Arc<Holders>>,
    nodes: Arc<dyn NodeReader>,
    report: Arc<dyn Report>,
    stop: CancellationToken,
) -> Result<(), DevicePluginError> {
    let _not_yet = (settings, offers, holders, nodes, report);
    stop.cancelled().await;
    Ok(())
}
