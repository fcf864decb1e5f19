//! A config file of the SR-IOV network device plugin, followed: read at start and whenever it changes.
//!
//! A file that is torn or gone leaves the last good one standing: its pools are served on. A change is heard of by
//! inotify on the file's folder, since a mounted `ConfigMap` is replaced by a link beside it. Left to others: what
//! it means (`colvin_takeover`), which devices that are (`decide`).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use colvin_service::{CancellationToken, FolderEvents, Hear};
use colvin_takeover::{Config, Problem, Severity, parse};
use tokio::sync::watch;
use tracing::{error, info, warn};

use crate::telemetry::{ConfigPart, OfferMetrics};

/// How long a file that cannot be watched waits to be looked for again.
const AGAIN: Duration = Duration::from_secs(10);

/// Follows a file.
pub(crate) struct ConfigFile {
    pub(crate) path: PathBuf,
    /// What stands before the `/` of resources that do not say.
    pub(crate) prefix: String,
    /// What of it can be served; `None` until it was understood once.
    pub(crate) found: watch::Sender<Option<Arc<Config>>>,
    pub(crate) metrics: OfferMetrics,
}

impl ConfigFile {
    /// Reads the file, and again whenever it changes, until told to stop.
    ///
    /// # Errors
    /// When inotify cannot be had.
    pub(crate) async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let events = FolderEvents::open().context("opening inotify")?;
        let mut last = None;
        loop {
            let folder = self.path.parent().unwrap_or(Path::new("."));
            let watched = events.add(folder, Hear::NamesAndWrites);
            self.look(&mut last);
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                changed = events.changed() => changed.context("reading inotify")?,
                () = tokio::time::sleep(AGAIN), if watched.is_err() => {}
            }
        }
    }

    /// Reads the file, and hands on what it says when that is news.
    fn look(&self, last: &mut Option<Result<Vec<u8>, String>>) {
        let read = std::fs::read(&self.path).map_err(|error| error.to_string());
        if last.as_ref() == Some(&read) {
            return;
        }
        match &read {
            Ok(bytes) => self.understand(bytes),
            Err(error) => self.fail(&format!("it cannot be read: {error}")),
        }
        *last = Some(read);
    }

    fn understand(&self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        let parsed = match parse(&text, &self.prefix) {
            Ok(parsed) => parsed,
            Err(error) => {
                self.fail(&format!("{:#}", anyhow::Error::from(error)));
                return;
            }
        };
        for problem in &parsed.problems {
            tell(problem);
        }
        let entries = parsed.config.entries.len();
        info!(file = %self.path.display(), entries, problems = parsed.problems.len(), "config file read");
        self.metrics
            .problems(ConfigPart::Text, parsed.problems.len());
        self.found.send_replace(Some(Arc::new(parsed.config)));
    }

    fn fail(&self, error: &str) {
        let file = self.path.display();
        error!(%file, error, "config file is not understood; what it said before stands, over restarts too");
        self.metrics.problems(ConfigPart::Text, 1);
    }
}

/// Logs a problem once, as badly as it is.
pub(crate) fn tell(problem: &Problem) {
    let reason = format!("{:?}", problem.reason);
    match problem.severity {
        Severity::Note => info!(reason, problem = %problem, "config file: a note"),
        Severity::Warning => warn!(reason, problem = %problem, "config file: a warning"),
        Severity::Error => error!(reason, problem = %problem, "config file: a part is not served"),
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::registry::Registry;

    use super::*;

    const GOOD: &str =
        r#"{"resourceList": [{"resourceName": "netdevice", "selectors": {"drivers": ["iavf"]}}]}"#;

    /// Runs a follower of `config.json` in a folder, and what a test does meanwhile.
    async fn followed<F: Future<Output = ()>>(
        folder: &Path,
        test: impl FnOnce(watch::Receiver<Option<Arc<Config>>>) -> F,
    ) {
        let (found, known) = watch::channel(None);
        let file = ConfigFile {
            path: folder.join("config.json"),
            prefix: "intel.com".to_owned(),
            found,
            metrics: OfferMetrics::register(&mut Registry::default()),
        };
        let stop = CancellationToken::new();
        let run = file.run(stop.clone());
        let test = async {
            let limit = Duration::from_secs(10);
            tokio::time::timeout(limit, test(known)).await.unwrap();
            stop.cancel();
        };
        let (run, ()) = tokio::join!(run, test);
        run.unwrap();
    }

    async fn resources(known: &mut watch::Receiver<Option<Arc<Config>>>, wanted: &str) {
        let is = |known: &Option<Arc<Config>>| {
            let entries = known.iter().flat_map(|config| &config.entries);
            let names: Vec<&str> = entries.map(|entry| entry.resource.as_str()).collect();
            names.join(" ") == wanted
        };
        drop(known.wait_for(is).await.unwrap());
    }

    #[tokio::test]
    async fn a_file_is_read_again_when_it_changes_and_a_torn_one_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        followed(folder.path(), |mut known| async move {
            std::fs::write(&path, GOOD).unwrap();
            resources(&mut known, "intel.com/netdevice").await;
            std::fs::write(&path, GOOD.split_at(20).0).unwrap();
            std::fs::write(&path, GOOD.replace("netdevice", "other")).unwrap();
            resources(&mut known, "intel.com/other").await;
            std::fs::remove_file(&path).unwrap();
            std::fs::write(&path, "{").unwrap();
            resources(&mut known, "intel.com/other").await;
        })
        .await;
    }

    #[tokio::test]
    async fn sdp_22_a_mounted_config_map_is_followed_through_its_links() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("..one")).unwrap();
        std::fs::write(at("..one/config.json"), GOOD).unwrap();
        std::os::unix::fs::symlink("..one", at("..data")).unwrap();
        std::os::unix::fs::symlink("..data/config.json", at("config.json")).unwrap();
        followed(folder.path(), |mut known| async move {
            resources(&mut known, "intel.com/netdevice").await;
            std::fs::create_dir(at("..two")).unwrap();
            std::fs::write(at("..two/config.json"), GOOD.replace("netdevice", "two")).unwrap();
            std::os::unix::fs::symlink("..two", at("..data_tmp")).unwrap();
            std::fs::rename(at("..data_tmp"), at("..data")).unwrap();
            resources(&mut known, "intel.com/two").await;
        })
        .await;
    }
}
