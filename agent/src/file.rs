//! What the agent keeps on disk: which networks each uplink was on, so that a restart loses none.
//!
//! Neighbours are kept by the LLDP source. A file that is torn counts as none, and is said to be.
//! Left to others: what follows from it ([`colvin_model::network::Membership`]).

use std::io;
use std::path::{Path, PathBuf};

use colvin_discovery::replace_file;
use colvin_model::NetworkName;
use colvin_model::network::Membership;
use serde::{Deserialize, Serialize};
use tracing::warn;

/// The file, in a state folder.
const FILE: &str = "membership.json";

/// What is in the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u32,
    /// Uplink and network.
    held: Vec<(String, NetworkName)>,
}

/// The place where memberships are kept.
#[derive(Clone, Debug)]
pub(crate) struct MembershipFile(PathBuf);

impl MembershipFile {
    /// In this folder.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self(folder.join(FILE))
    }

    /// What was kept; nothing when there is no file, or none that can be read.
    pub(crate) fn load(&self) -> Membership {
        let bytes = match std::fs::read(&self.0) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Membership::default(),
            Err(error) => {
                warn!(file = %self.0.display(), %error, "memberships of the last run are lost");
                return Membership::default();
            }
        };
        match serde_json::from_slice::<Kept>(&bytes) {
            Ok(kept) if kept.version == 1 => Membership::resume(
                kept.held
                    .into_iter()
                    .filter_map(|(uplink, network)| Some((uplink.parse().ok()?, network))),
            ),
            Ok(kept) => {
                warn!(file = %self.0.display(), version = kept.version, "memberships of the last run are of another version");
                Membership::default()
            }
            Err(error) => {
                warn!(file = %self.0.display(), %error, "memberships of the last run are torn");
                Membership::default()
            }
        }
    }

    /// Keeps what is held.
    ///
    /// # Errors
    /// When it cannot be written; what was kept before stands.
    pub(crate) fn save(&self, membership: &Membership) -> io::Result<()> {
        let held = membership.held();
        let kept = Kept {
            version: 1,
            held: held
                .map(|(uplink, network)| (uplink.to_string(), network.clone()))
                .collect(),
        };
        replace_file(&self.0, &serde_json::to_vec(&kept)?)
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
        let whole = std::fs::read(&file.0).unwrap();
        for length in 0..whole.len() {
            std::fs::write(&file.0, &whole[..length]).unwrap();
            assert_eq!(file.load(), Membership::default(), "cut at {length}");
        }
    }
}
