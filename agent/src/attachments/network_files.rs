//! The files `networks/<network>.json`, kept as the Networks are.
//!
//! A file whose Network is gone stays while something of that network is attached or held: who undoes or
//! checks that reads it. Left to others: what is in them.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use colvin_attach::record::{self, NetworkRecord, Record as _, RecordError};
use colvin_model::NetworkName;
use tracing::{debug, info};

use crate::blocks::Blocks;
use crate::networks::Networks;

/// What a file that is being written begins with: a reader passes over it.
const UNFINISHED: &str = ".writing-";

/// A record could not be written, or an old one not removed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NetworkFilesError {
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot remove {}", path.display())]
    Remove { path: PathBuf, source: io::Error },
    #[error("cannot look which there are")]
    List(#[source] RecordError),
}

/// Makes the files what the Networks are. Gives how many of networks that are gone had to stay.
///
/// A Network that is not understood keeps the file that it had, and one whose blocks are not known (`None`)
/// keeps those that its file has.
///
/// # Errors
/// [`NetworkFilesError`] for the first that failed; the others are as they should be.
pub(crate) fn settle(
    state: &Path,
    networks: &Networks,
    blocks: Option<&Blocks>,
    in_use: &BTreeSet<NetworkName>,
) -> Result<usize, NetworkFilesError> {
    let folder = record::networks_folder(state);
    let mut failed = None;
    for record in networks.records.values().flatten() {
        if let Err(error) = write(&folder, record.clone(), blocks) {
            failed.get_or_insert(error);
        }
    }
    let there = record::all::<NetworkRecord>(&folder).map_err(NetworkFilesError::List)?;
    let mut kept = 0;
    for record in there.found {
        if networks.records.contains_key(&record.network) {
            continue;
        }
        if in_use.contains(&record.network) {
            kept += 1;
            continue;
        }
        let path = folder.join(record.file_name());
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                failed.get_or_insert(NetworkFilesError::Remove { path, source });
            }
            _ => {
                info!(network = %record.network, "the record of a network that is gone is removed");
            }
        }
    }
    failed.map_or(Ok(kept), Err)
}

fn write(
    folder: &Path,
    mut record: NetworkRecord,
    blocks: Option<&Blocks>,
) -> Result<(), NetworkFilesError> {
    let path = folder.join(record.file_name());
    // one that cannot be read or understood is written anew
    let there: Option<NetworkRecord> = record::read(&path).ok().flatten();
    record.blocks = match (blocks, &there) {
        (Some(blocks), _) => blocks.get(&record.network).cloned().unwrap_or_default(),
        (None, Some(there)) => there.blocks.clone(),
        (None, None) => Vec::new(),
    };
    if there.as_ref() == Some(&record) {
        return Ok(());
    }
    match replace(folder, &path, &record) {
        Ok(()) => {
            debug!(network = %record.network, "a network's record is written");
            Ok(())
        }
        Err(source) => Err(NetworkFilesError::Write { path, source }),
    }
}

/// Writes it beside its place, under a name of its own: for a while two agents may be at it.
fn replace(folder: &Path, path: &Path, record: &NetworkRecord) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let unfinished = folder.join(format!("{UNFINISHED}{:016x}", fastrand::u64(..)));
    let content = serde_json::to_vec(record)?;
    let written = fill(&unfinished, &content).and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        // the first error tells more than that of cleaning up behind it
        drop(fs::remove_file(&unfinished));
    }
    written?;
    File::open(folder)?.sync_all()
}

fn fill(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Removes all of them, for a node on which nobody reads them any more.
///
/// # Errors
/// When the folder cannot be removed.
pub(crate) fn remove_all(state: &Path) -> io::Result<()> {
    match fs::remove_dir_all(record::networks_folder(state)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Removes what an agent was writing when it was killed. Another one that is writing tries again.
#[expect(
    clippy::disallowed_methods,
    reason = "the folder is ours on any machine; sysfs is not read here"
)]
pub(crate) fn remove_unfinished(state: &Path) {
    let Ok(entries) = fs::read_dir(record::networks_folder(state)) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().map(std::ffi::OsStr::as_encoded_bytes);
        if name.is_some_and(|name| name.starts_with(UNFINISHED.as_bytes())) {
            // it takes a few bytes; the next start tries again
            drop(fs::remove_file(path));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use colvin_attach::record::{Cidr, InterfaceBase, NetworkAttach, Reconfigure, VERSION};
    use colvin_model::offer::Kind;

    use super::*;

    /// While the blocks are not known.
    fn settle(
        state: &Path,
        networks: &Networks,
        in_use: &BTreeSet<NetworkName>,
    ) -> Result<usize, NetworkFilesError> {
        super::settle(state, networks, None, in_use)
    }

    fn name(text: &str) -> NetworkName {
        text.parse().unwrap()
    }

    fn record(network: &str, mtu: u32) -> NetworkRecord {
        let network = name(network);
        NetworkRecord {
            version: VERSION,
            kind: Kind::VirtualFunction,
            attach: NetworkAttach {
                vlan: None,
                mtu: Some(mtu),
                trust: false,
                spoof_check: true,
                interface_name: InterfaceBase::of_network(&network),
                reconfigure: Reconfigure::Never,
                ipam: None,
                routes: Vec::new(),
            },
            blocks: Vec::new(),
            network,
        }
    }

    fn networks(records: &[NetworkRecord]) -> Networks {
        let records = records.iter();
        let records = records.map(|it| (it.network.clone(), Some(it.clone())));
        Networks {
            records: records.collect(),
            ..Networks::default()
        }
    }

    fn there(state: &Path) -> Vec<NetworkRecord> {
        let found = record::all(&record::networks_folder(state)).unwrap();
        assert!(found.odd.is_empty());
        found.found
    }

    #[test]
    fn files_are_as_the_networks_are() {
        let top = tempfile::tempdir().unwrap();
        let state = top.path();
        let none = BTreeSet::new();
        let (blue, green) = (record("blue", 1500), record("green", 9000));
        settle(state, &networks(&[blue.clone(), green.clone()]), &none).unwrap();
        assert_eq!(there(state), [blue.clone(), green]);
        let changed = record("green", 1500);
        settle(state, &networks(&[blue, changed.clone()]), &none).unwrap();
        settle(state, &networks(std::slice::from_ref(&changed)), &none).unwrap();
        assert_eq!(there(state), [changed]);
    }

    #[test]
    fn a_file_that_is_as_it_should_be_is_left_alone_and_one_that_is_torn_is_written_anew() {
        let top = tempfile::tempdir().unwrap();
        let state = top.path();
        let none = BTreeSet::new();
        let networks = networks(&[record("green", 9000)]);
        settle(state, &networks, &none).unwrap();
        let path = record::networks_folder(state).join("green.json");
        let before = fs::metadata(&path).unwrap().modified().unwrap();
        settle(state, &networks, &none).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
        fs::write(&path, b"{\"version\":1,").unwrap();
        settle(state, &networks, &none).unwrap();
        assert_eq!(there(state), [record("green", 9000)]);
    }

    #[test]
    fn the_file_of_a_network_that_is_gone_stays_while_it_is_in_use() {
        let top = tempfile::tempdir().unwrap();
        let state = top.path();
        let green = record("green", 9000);
        settle(
            state,
            &networks(std::slice::from_ref(&green)),
            &BTreeSet::new(),
        )
        .unwrap();
        let kept = settle(state, &Networks::default(), &[name("green")].into()).unwrap();
        assert_eq!((kept, there(state)), (1, vec![green]));
        let kept = settle(state, &Networks::default(), &[name("blue")].into()).unwrap();
        assert_eq!((kept, there(state)), (0, vec![]));
    }

    #[test]
    fn a_network_that_is_not_understood_keeps_the_file_that_it_had() {
        let top = tempfile::tempdir().unwrap();
        let state = top.path();
        let green = record("green", 9000);
        settle(
            state,
            &networks(std::slice::from_ref(&green)),
            &BTreeSet::new(),
        )
        .unwrap();
        let odd = Networks {
            records: BTreeMap::from([(name("green"), None)]),
            ..Networks::default()
        };
        settle(state, &odd, &BTreeSet::new()).unwrap();
        assert_eq!(there(state), [green]);
    }

    #[test]
    fn what_cannot_be_written_is_told_and_the_others_are_written() {
        let top = tempfile::tempdir().unwrap();
        let state = top.path();
        let folder = record::networks_folder(state);
        fs::create_dir_all(folder.join("blue.json")).unwrap();
        let wanted = networks(&[record("blue", 1500), record("green", 9000)]);
        let error = settle(state, &wanted, &BTreeSet::new()).unwrap_err();
        assert!(error.to_string().ends_with("networks/blue.json"), "{error}");
        assert!(record::network(state, &name("green")).unwrap().is_some());
        fs::write(folder.join(format!("{UNFINISHED}1")), b"{").unwrap();
        remove_unfinished(state);
        assert!(!folder.join(format!("{UNFINISHED}1")).exists());
        remove_all(state).unwrap();
        remove_all(state).unwrap();
        assert!(!folder.exists());
    }

    #[test]
    fn blocks_stand_in_the_record_and_stay_while_they_are_not_known() {
        let state = tempfile::tempdir().unwrap();
        let state = state.path();
        let none = BTreeSet::new();
        let green = networks(&[record("green", 1500)]);
        let ranges: Vec<Cidr> = vec!["10.20.4.0/28".parse().unwrap()];
        let blocks = Blocks::from([(name("green"), ranges.clone())]);
        super::settle(state, &green, Some(&blocks), &none).unwrap();
        assert_eq!(there(state).remove(0).blocks, ranges);
        let changed = networks(&[record("green", 9000)]);
        settle(state, &changed, &none).unwrap();
        let kept = there(state).remove(0);
        assert_eq!((kept.attach.mtu, kept.blocks), (Some(9000), ranges));
        super::settle(state, &changed, Some(&Blocks::new()), &none).unwrap();
        assert_eq!(there(state).remove(0).blocks, []);
    }
}
