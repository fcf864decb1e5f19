//! What the agent keeps on disk over a restart, each a JSON file with a version.
//!
//! A file that is torn counts as none, and is said to be. Neighbours are kept by the LLDP source.
//! Left to others: what follows from it.

use std::io;
use std::path::{Path, PathBuf};

use colvin_discovery::replace_file;
use colvin_model::NetworkName;
use colvin_model::network::Membership;
use colvin_model::offer::Offers;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tracing::warn;

/// The version that this agent writes and reads.
const VERSION: u32 = 1;

/// What is in a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept<T> {
    version: u32,
    #[serde(alias = "held")]
    kept: T,
}

/// A file in the state folder.
#[derive(Clone, Debug)]
struct StateFile {
    path: PathBuf,
    /// What is in it, for people.
    content: &'static str,
}

impl StateFile {
    /// What was kept; nothing when there is no file, or none that can be read.
    fn load<T: DeserializeOwned>(&self) -> Option<T> {
        let (file, content) = (self.path.display(), self.content);
        let bytes = match std::fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                warn!(%file, content, %error, "what the last run kept is lost");
                return None;
            }
        };
        match serde_json::from_slice::<Kept<T>>(&bytes) {
            Ok(kept) if kept.version == VERSION => Some(kept.kept),
            Ok(kept) => {
                let version = kept.version;
                warn!(%file, content, version, "what the last run kept is of another version");
                None
            }
            Err(error) => {
                warn!(%file, content, %error, "what the last run kept is torn");
                None
            }
        }
    }

    fn save<T: Serialize>(&self, kept: T) -> io::Result<()> {
        let version = VERSION;
        replace_file(&self.path, &serde_json::to_vec(&Kept { version, kept })?)
    }
}

/// Which networks each uplink was on, so that a restart loses none.
#[derive(Clone, Debug)]
pub(crate) struct MembershipFile(StateFile);

impl MembershipFile {
    /// In this folder.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self(StateFile {
            path: folder.join("membership.json"),
            content: "memberships",
        })
    }

    /// What was kept.
    pub(crate) fn load(&self) -> Membership {
        let held: Option<Vec<(String, NetworkName)>> = self.0.load();
        let held = held.into_iter().flatten();
        Membership::resume(
            held.filter_map(|(uplink, network)| Some((uplink.parse().ok()?, network))),
        )
    }

    /// Keeps what is held.
    ///
    /// # Errors
    /// When it cannot be written; what was kept before stands.
    pub(crate) fn save(&self, membership: &Membership) -> io::Result<()> {
        let held = membership.held();
        let held = held.map(|(uplink, network)| (uplink.to_string(), network.clone()));
        self.0.save(held.collect::<Vec<_>>())
    }
}

/// What was offered to the kubelet, so that a restart offers it at once.
#[derive(Clone, Debug)]
pub(crate) struct OffersFile(StateFile);

impl OffersFile {
    /// In this folder.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self(StateFile {
            path: folder.join("offers.json"),
            content: "offers",
        })
    }

    /// The same for what resource claims were offered.
    pub(crate) fn of_claims(folder: &Path) -> Self {
        Self(StateFile {
            path: folder.join("claim-offers.json"),
            content: "offers to claims",
        })
    }

    /// What was offered last, or `None` when that is not known.
    pub(crate) fn load(&self) -> Option<Offers> {
        self.0.load()
    }

    /// Keeps what is offered.
    ///
    /// # Errors
    /// When it cannot be written; what was kept before stands.
    pub(crate) fn save(&self, offers: &Offers) -> io::Result<()> {
        self.0.save(offers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_and_a_torn_file_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = MembershipFile::in_folder(folder.path());
        assert_eq!(file.load(), Membership::default(), "no file");
        let held = [
            ("0000:3b:00.0".parse().unwrap(), "green".parse().unwrap()),
            ("eth1".parse().unwrap(), "blue".parse().unwrap()),
        ];
        let membership = Membership::resume(held);
        file.save(&membership).unwrap();
        assert_eq!(file.load(), membership);
        let whole = std::fs::read(&file.0.path).unwrap();
        for length in 0..whole.len() {
            std::fs::write(&file.0.path, &whole[..length]).unwrap();
            assert_eq!(file.load(), Membership::default(), "cut at {length}");
        }
    }

    #[test]
    fn memberships_that_an_older_agent_kept_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = MembershipFile::in_folder(folder.path());
        std::fs::write(&file.0.path, br#"{"version":1,"held":[["eth1","blue"]]}"#).unwrap();
        assert_eq!(file.load().held().count(), 1);
    }

    #[test]
    fn offers_that_were_kept_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = OffersFile::in_folder(folder.path());
        assert_eq!(file.load(), None);
        let offers: Offers = serde_json::from_value(serde_json::json!({"colvin.dev/green": {
            "origin": {"Network": "green"}, "placement": "Packed", "devices": {"0000:04:00.2": {
                "kind": "VirtualFunction", "address": "0000:04:00.2", "uplink": "0000:04:00.0",
                "vf_index": 0, "numa_node": 1, "ill": {"PortOf": "br0"}}}}}))
        .unwrap();
        file.save(&offers).unwrap();
        assert_eq!(file.load(), Some(offers));
    }
}
