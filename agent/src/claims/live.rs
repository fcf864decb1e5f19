//! What a container's metadata file says of its interface: name and addresses as they are in the pod now (KEP-5304).
//!
//! The driver writes the file when it prepares a claim, before there is an interface. Left to others: what is seen in
//! pods (`following`), the file (`colvin_dra_driver`).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use colvin_dra_driver::{
    ClaimHold, Claimed, Folders, MetadataError, NetworkData, update_network_data,
};
use colvin_service::CancellationToken;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tracing::{debug, warn};

use super::Latest;
use crate::following::{InPod, Sightings, seen_of};

/// Until what failed is tried again.
const AGAIN: Duration = Duration::from_secs(30);

/// Keeps metadata files.
pub(super) struct Live {
    pub(super) folders: Folders,
    pub(super) claimed: Latest<Claimed>,
    pub(super) sightings: watch::Receiver<Arc<Sightings>>,
    pub(super) sole: watch::Receiver<bool>,
}

/// What was written, by the claim's UID and the device's id.
type Told = BTreeMap<(String, String), NetworkData>;

impl Live {
    /// Keeps them until told to stop.
    ///
    /// # Errors
    /// When an input ended, or writing breaks down.
    pub(super) async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        self.sole.wait_for(|sole| *sole).await?;
        let mut told = Told::new();
        loop {
            let claimed = self.claimed.borrow_and_update().clone().unwrap_or_default();
            let sightings = Arc::clone(&self.sightings.borrow_and_update());
            let is_all = self.tell(&mut told, &claimed, &sightings).await?;
            let again = Instant::now() + AGAIN;
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                changed = self.claimed.changed() => changed?,
                changed = self.sightings.changed() => changed?,
                () = sleep_until(again), if !is_all => {}
            }
        }
    }

    /// Writes what is news; gives whether all of it is written.
    async fn tell(
        &self,
        told: &mut Told,
        claimed: &Claimed,
        sightings: &Sightings,
    ) -> anyhow::Result<bool> {
        let known = known(claimed, sightings);
        told.retain(|key, _| known.contains_key(key));
        let mut is_all = true;
        for (key, (hold, data)) in known {
            if told.get(&key) == Some(&data) {
                continue;
            }
            match self.write(hold.clone(), data.clone()).await? {
                Ok(is_news) => {
                    if is_news {
                        let (claim, device) = (&hold.name, &hold.device.device);
                        debug!(claim, %device, "a container is told what its interface is");
                    }
                    told.insert(key, data);
                }
                Err(error) => {
                    let (namespace, claim) = (&hold.namespace, &hold.name);
                    let error = format!("{:#}", anyhow::Error::from(error));
                    warn!(
                        namespace,
                        claim, error, "a container does not see its addresses; tried again"
                    );
                    is_all = false;
                }
            }
        }
        Ok(is_all)
    }

    async fn write(
        &self,
        hold: ClaimHold,
        data: NetworkData,
    ) -> anyhow::Result<Result<bool, MetadataError>> {
        let folders = self.folders.clone();
        let written =
            tokio::task::spawn_blocking(move || update_network_data(&folders, &hold, &data));
        written.await.context("writing a container's metadata")
    }
}

/// What is known of each device that a claim holds and a pod has.
fn known<'a>(
    claimed: &'a Claimed,
    sightings: &Sightings,
) -> BTreeMap<(String, String), (&'a ClaimHold, NetworkData)> {
    let holds = claimed.0.iter().filter(|hold| !hold.leaving);
    let known = holds.filter_map(|hold| {
        let device = &hold.device;
        let in_pod = seen_of(sightings, &device.network, &device.device)?;
        let key = (hold.claim.to_string(), hold.device.device.to_string());
        Some((key, (hold, data(in_pod))))
    });
    known.collect()
}

fn data(in_pod: &InPod) -> NetworkData {
    NetworkData {
        interface_name: in_pod.name.to_string(),
        ips: in_pod.cidrs.clone(),
        hardware_address: in_pod.mac.clone().unwrap_or_default(),
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the file is ours on any machine")]
mod tests {
    use std::path::Path;

    use colvin_dra_driver::Allocated;
    use serde_json::json;

    use super::*;

    fn live(top: &Path, claimed: Claimed) -> Live {
        let folders = Folders {
            kubelet: top.join("kubelet"),
            state: top.join("state"),
            run: top.join("run"),
            cdi: top.join("cdi"),
        };
        std::fs::create_dir_all(folders.state.join("dra")).unwrap();
        Live {
            folders,
            claimed: watch::channel(Some(Arc::new(claimed))).1,
            sightings: watch::channel(Arc::default()).1,
            sole: watch::channel(true).1,
        }
    }

    fn hold() -> ClaimHold {
        let device = json!({"request": "net", "network": "green", "device": "0000:3b:00.5", "kind": "VirtualFunction"});
        ClaimHold {
            claim: "u1".parse().unwrap(),
            namespace: "default".into(),
            name: "net".into(),
            device: serde_json::from_value(device).unwrap(),
            allocated: Some(Allocated {
                pool: "n1/0000-3b-00-0-0".into(),
                name: "0000-3b-00-5".parse().unwrap(),
                share_id: None,
            }),
            leaving: false,
        }
    }

    fn seen(address: &str) -> Sightings {
        let in_pod = InPod {
            name: "green0".parse().unwrap(),
            mac: Some("02:00:00:00:00:01".into()),
            cidrs: vec![address.into()],
        };
        Sightings::from([((None, "0000:3b:00.5".parse().unwrap()), in_pod)])
    }

    /// DRA-35: a container reads the address that came after it was started.
    #[tokio::test]
    async fn a_containers_file_follows_what_is_seen_in_its_pod() {
        let top = tempfile::tempdir().unwrap();
        let claimed = Claimed(vec![hold()]);
        let live = live(top.path(), claimed.clone());
        let file = live
            .folders
            .kubelet
            .join("plugins/colvin.dev/dra-device-metadata/default_net/net/metadata.json");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let written = json!({"kind": "DeviceMetadata", "apiVersion": "metadata.resource.k8s.io/v1beta1",
            "metadata": {"name": "net", "namespace": "default", "uid": "u1", "generation": 1},
            "requests": [{"name": "net", "devices": [{"driver": "colvin.dev", "pool": "n1/0000-3b-00-0-0",
                "name": "0000-3b-00-5"}]}]});
        std::fs::write(&file, written.to_string()).unwrap();
        let mut told = Told::new();
        for address in ["10.9.0.2/24", "2001:db8::2/64"] {
            assert!(
                live.tell(&mut told, &claimed, &seen(address))
                    .await
                    .unwrap()
            );
            let text = std::fs::read_to_string(&file).unwrap();
            assert!(text.contains(address) && text.contains("green0"), "{text}");
        }
        // the same is not written again, and a claim that is gone is forgotten
        let before = std::fs::metadata(&file).unwrap().modified().unwrap();
        live.tell(&mut told, &claimed, &seen("2001:db8::2/64"))
            .await
            .unwrap();
        assert_eq!(
            std::fs::metadata(&file).unwrap().modified().unwrap(),
            before
        );
        live.tell(&mut told, &Claimed::default(), &Sightings::new())
            .await
            .unwrap();
        assert!(told.is_empty());
        // a file that is no metadata is told of, and tried again
        std::fs::write(&file, "{").unwrap();
        assert!(
            !live
                .tell(&mut told, &claimed, &seen("10.9.0.3/24"))
                .await
                .unwrap()
        );
    }
}
