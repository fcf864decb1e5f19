//! Folders of ours listened to, and looks at them beside the other tasks. Left to others: what is looked at.

use std::path::Path;

use anyhow::Context as _;
use colvin_service::{FolderEvents, Hear};
use tracing::warn;

/// Runs what waits for disks and the kernel beside the other tasks.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> anyhow::Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.context("a look at our folders broke down")
}

/// Changes of the folder, which is made where it is missing.
pub(super) fn listen(folder: &Path) -> Option<FolderEvents> {
    let events = std::fs::create_dir_all(folder)
        .and_then(|()| FolderEvents::open())
        .and_then(|events| events.add(folder, Hear::NamesAndWrites).map(|()| events));
    match events {
        Ok(events) => Some(events),
        Err(error) => {
            warn!(folder = %folder.display(), %error, "changes there are seen within a minute, not at once");
            None
        }
    }
}

/// Waits until it changes; for ever where nothing is heard.
pub(super) async fn changed(events: Option<&FolderEvents>) {
    match events {
        Some(events) if events.changed().await.is_ok() => {}
        Some(_) | None => std::future::pending().await,
    }
}
