//! Keeps the records of networks as the Networks are. Left to others: the files ([`super::network_files`]).

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use colvin_attach::record;
use colvin_model::NetworkName;
use colvin_service::CancellationToken;
use tokio::sync::watch;
use tracing::warn;

use super::journal::Attached;
use super::network_files::{self, NetworkFilesError};
use crate::blocks::Blocks;
use crate::networks::Networks;

/// Until what could not be written is tried again, and a file that had to stay is looked at again.
const AGAIN: Duration = Duration::from_mins(1);

/// Keeps them.
pub(crate) struct NetworkRecords {
    /// The state folder.
    pub(crate) state: PathBuf,
    /// Our folder in `/run`.
    pub(crate) run: PathBuf,
    /// The boot that this is, where the kernel tells it.
    pub(crate) boot_id: Option<String>,
    pub(crate) networks: watch::Receiver<Option<Arc<Networks>>>,
    /// The node's blocks of addresses; `None`: not known yet, and the records keep those that they have.
    pub(crate) blocks: watch::Receiver<Option<Arc<Blocks>>>,
    pub(crate) attached: watch::Receiver<Arc<Attached>>,
}

impl NetworkRecords {
    /// Keeps them until told to stop. Before the Networks are known nothing is touched.
    ///
    /// # Errors
    /// When an input ended.
    pub(crate) async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        network_files::remove_unfinished(&self.state);
        let mut failure: Option<String> = None;
        loop {
            let settled = self.settle();
            let is_done = matches!(settled, Ok(0));
            let failed = settled
                .err()
                .map(|error| format!("{:#}", anyhow::Error::from(error)));
            if failed != failure {
                if let Some(error) = &failed {
                    warn!(
                        error,
                        "the plugin has not the present records of all networks"
                    );
                }
                failure = failed;
            }
            tokio::select! {
                biased; // the end before that of others, who tell us things
                () = stop.cancelled() => return Ok(()),
                changed = self.networks.changed() => changed?,
                changed = self.blocks.changed() => changed?,
                changed = self.attached.changed(), if !is_done => changed?,
                () = tokio::time::sleep(AGAIN), if !is_done => {}
            }
        }
    }

    /// Gives how many files of networks that are gone had to stay.
    fn settle(&mut self) -> Result<usize, NetworkFilesError> {
        let Some(networks) = self.networks.borrow_and_update().clone() else {
            return Ok(0);
        };
        let blocks = self.blocks.borrow_and_update().clone();
        let in_use = self.in_use()?;
        network_files::settle(&self.state, &networks, blocks.as_deref(), &in_use)
    }

    /// Networks of which something is attached, or was given out.
    fn in_use(&mut self) -> Result<BTreeSet<NetworkName>, NetworkFilesError> {
        let given = record::outstanding(&self.run, self.boot_id.as_deref());
        let given = given.map_err(NetworkFilesError::List)?.found.into_iter();
        let mut in_use: BTreeSet<_> = given.filter_map(|record| record.network).collect();
        in_use.extend(self.attached.borrow_and_update().networks.iter().cloned());
        Ok(in_use)
    }
}

#[cfg(test)]
mod tests {
    use colvin_crds::v1alpha1::Network;
    use serde_json::json;

    use super::super::network_record;
    use super::*;

    fn networks(names: &[&str]) -> Arc<Networks> {
        let record = |name: &&str| {
            let object = json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "Network",
                "metadata": {"name": name}, "spec": {}});
            let network: Network = serde_json::from_value(object).unwrap();
            let name: NetworkName = name.parse().unwrap();
            (name.clone(), network_record::of(&name, &network).ok())
        };
        Arc::new(Networks {
            records: names.iter().map(record).collect(),
            ..Networks::default()
        })
    }

    fn files(state: &std::path::Path) -> Vec<String> {
        let found = record::all::<record::NetworkRecord>(&record::networks_folder(state)).unwrap();
        let found = found.found.into_iter();
        found.map(|it| it.network.to_string()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn records_follow_the_networks_and_outlive_one_that_is_in_use() {
        let top = tempfile::tempdir().unwrap();
        let state = top.path().to_owned();
        let (networks_in, networks_out) = watch::channel(None);
        let (attached_in, attached) = watch::channel(Arc::<Attached>::default());
        let (blocks_in, blocks) = watch::channel(None);
        let records = NetworkRecords {
            state: state.clone(),
            run: state.join("run"),
            boot_id: None,
            networks: networks_out,
            blocks,
            attached,
        };
        let earlier = networks(&["old"]);
        network_files::settle(&state, &earlier, None, &BTreeSet::new()).unwrap();
        let stop = CancellationToken::new();
        let told = async {
            let a_while = Duration::from_millis(10);
            tokio::time::sleep(a_while).await;
            assert_eq!(files(&state), ["old"], "the Networks are not known yet");
            networks_in.send_replace(Some(networks(&["blue", "green"])));
            tokio::time::sleep(a_while).await;
            assert_eq!(files(&state), ["blue", "green"]);
            let green: NetworkName = "green".parse().unwrap();
            let range = "10.20.4.0/28".parse().unwrap();
            blocks_in.send_replace(Some(Arc::new(Blocks::from([(green.clone(), vec![range])]))));
            tokio::time::sleep(a_while).await;
            let record = record::network(&state, &green).unwrap().unwrap();
            assert_eq!(record.blocks, [range]);

            let given = json!({"version": 1, "resource": "colvin.dev/blue", "network": "blue",
                "device": "0000:3b:00.2", "kind": "VirtualFunction"});
            let folder = record::outstanding_folder(&state.join("run"));
            std::fs::create_dir_all(&folder).unwrap();
            let path = folder.join("0000:3b:00.2.json");
            std::fs::write(&path, given.to_string()).unwrap();
            let green = Attached {
                networks: ["green".parse().unwrap()].into(),
                ..Attached::default()
            };
            attached_in.send_replace(Arc::new(green));
            networks_in.send_replace(Some(networks(&[])));
            tokio::time::sleep(a_while).await;
            assert_eq!(files(&state), ["blue", "green"], "both are in use");

            attached_in.send_replace(Arc::default());
            tokio::time::sleep(a_while).await;
            assert_eq!(files(&state), ["blue"]);
            std::fs::remove_file(path).unwrap();
            tokio::time::sleep(AGAIN).await;
            tokio::time::sleep(a_while).await;
            assert_eq!(files(&state), Vec::<String>::new());
        };
        tokio::select! {
            ended = records.run(stop) => panic!("{ended:?}"),
            () = told => {}
        }
    }
}
