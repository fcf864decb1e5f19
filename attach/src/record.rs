//! What the agent leaves on a node for the plugin: small JSON files, each written whole or not at all.
//!
//! | folder | a file says | written by |
//! | --- | --- | --- |
//! | `networks/` in `/var/lib/colvin` | how a network's pods are attached ([`NetworkRecord`]) | the agent, when a Network changes |
//! | `outstanding/` in `/run/colvin` | a device that the kubelet gave to a container ([`Outstanding`]) | the device plugin, before it promises the device |
//! | `claims/` in `/run/colvin` | the devices of a resource claim ([`ClaimRecord`]) | whoever prepares claims |
//!
//! Here are the values and how they are read. Left to others: when one is written and removed, and the
//! journal of what was attached.

#![expect(
    clippy::disallowed_methods,
    reason = "these folders are ours on any machine; sysfs is not read here"
)]

mod cidr;
mod claim;
mod network;
mod outstanding;

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use colvin_model::NetworkName;
use serde::Deserialize;
use serde::de::DeserializeOwned;

pub use cidr::{Cidr, InvalidCidr};
pub use claim::{ClaimAttach, ClaimDevice, ClaimRecord};
pub use network::{
    InterfaceBase, InvalidInterfaceBase, NetworkAttach, NetworkIpam, NetworkRecord, NetworkRoute,
    Reconfigure,
};
pub use outstanding::{ForPod, Outstanding, for_pod};

/// The most bytes that a record has. A Network of the largest size that its schema allows stays within it.
pub const MAX_BYTES: u64 = 64 * 1024;

/// The version of all records that is written and read.
pub const VERSION: u32 = 1;

/// A record could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The file or folder is there and cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It has more than [`MAX_BYTES`].
    #[error("{} has more than {MAX_BYTES} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// It is no record.
    #[error("{} is no record", path.display())]
    Torn {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// It is a record of another version than [`VERSION`].
    #[error("{} is of version {found}, and {VERSION} is understood", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// It stands under another name than its own.
    #[error("{} should be called {name}", path.display())]
    Misplaced {
        /// The file.
        path: PathBuf,
        /// The name that it should have.
        name: String,
    },
}

/// What was found in a folder of records.
#[derive(Debug)]
pub struct Records<T> {
    /// Those that are understood, in the order of their files' names.
    pub found: Vec<T>,
    /// Why each other file is none. One that vanished meanwhile is not in it.
    pub odd: Vec<RecordError>,
}

/// A value that is kept in a file of its own.
pub trait Record: DeserializeOwned {
    /// The name of its file.
    fn file_name(&self) -> String;
}

/// Where records of networks are, below the state folder (`/var/lib/colvin`).
pub fn networks_folder(state: &Path) -> PathBuf {
    state.join("networks")
}

/// Where records of devices that were given out are, below the run folder (`/run/colvin`).
pub fn outstanding_folder(run: &Path) -> PathBuf {
    run.join("outstanding")
}

/// Where records of claims are, below the run folder (`/run/colvin`).
pub fn claims_folder(run: &Path) -> PathBuf {
    run.join("claims")
}

/// How pods are attached to a network, or `None` where the agent wrote nothing of such a network.
///
/// # Errors
/// [`RecordError`] when there is a record and it cannot be read or understood.
pub fn network(state: &Path, name: &NetworkName) -> Result<Option<NetworkRecord>, RecordError> {
    read(&networks_folder(state).join(NetworkRecord::file_name_of(name)))
}

/// The devices that were given out and are not known to be free again, of this boot of the machine.
///
/// # Errors
/// [`RecordError::Read`] when the folder cannot be read. None where there is no folder.
pub fn outstanding(run: &Path, boot_id: Option<&str>) -> Result<Records<Outstanding>, RecordError> {
    let mut records: Records<Outstanding> = all(&outstanding_folder(run))?;
    records
        .found
        .retain(|it| is_of_boot(it.boot_id.as_deref(), boot_id));
    Ok(records)
}

/// The claims that were prepared, of this boot of the machine.
///
/// # Errors
/// [`RecordError::Read`] when the folder cannot be read. None where there is no folder.
pub fn claims(run: &Path, boot_id: Option<&str>) -> Result<Records<ClaimRecord>, RecordError> {
    let mut records: Records<ClaimRecord> = all(&claims_folder(run))?;
    records
        .found
        .retain(|it| is_of_boot(it.boot_id.as_deref(), boot_id));
    Ok(records)
}

/// Whether something of one boot is of another: what does not say is of any.
pub fn is_of_boot(written: Option<&str>, now: Option<&str>) -> bool {
    match (written, now) {
        (Some(written), Some(now)) => written == now,
        _ => true,
    }
}

/// The record in a file, or `None` when there is no such file.
///
/// # Errors
/// [`RecordError`] when there is one and it cannot be read or understood.
pub fn read<T: Record>(path: &Path) -> Result<Option<T>, RecordError> {
    let failed = |source| RecordError::Read {
        path: path.to_owned(),
        source,
    };
    let mut content = Vec::new();
    match File::open(path) {
        Ok(file) => file
            .take(MAX_BYTES + 1)
            .read_to_end(&mut content)
            .map_err(failed)?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(failed(source)),
    };
    if u64::try_from(content.len()).unwrap_or(u64::MAX) > MAX_BYTES {
        let path = path.to_owned();
        return Err(RecordError::TooLarge { path });
    }
    understand(path, &content).map(Some)
}

fn understand<T: Record>(path: &Path, content: &[u8]) -> Result<T, RecordError> {
    /// What every version has.
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    let torn = |source| RecordError::Torn {
        path: path.to_owned(),
        source,
    };
    let Versioned { version } = serde_json::from_slice(content).map_err(torn)?;
    if version != VERSION {
        let path = path.to_owned();
        let found = version;
        return Err(RecordError::Version { path, found });
    }
    let record: T = serde_json::from_slice(content).map_err(torn)?;
    let name = record.file_name();
    if path.file_name().is_some_and(|it| *it == *name) {
        Ok(record)
    } else {
        let path = path.to_owned();
        Err(RecordError::Misplaced { path, name })
    }
}

/// All records of a folder; none where there is no folder.
///
/// # Errors
/// [`RecordError::Read`] when the folder cannot be read.
pub fn all<T: Record>(folder: &Path) -> Result<Records<T>, RecordError> {
    let failed = |source| RecordError::Read {
        path: folder.to_owned(),
        source,
    };
    let mut records = Records {
        found: Vec::new(),
        odd: Vec::new(),
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(records),
        Err(source) => return Err(failed(source)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        // one that is being written begins with a dot, or ends with something of its own
        let hidden = path
            .file_name()
            .is_none_or(|it| it.as_encoded_bytes().starts_with(b"."));
        if !hidden && path.extension().is_some_and(|it| it == "json") {
            paths.push(path);
        }
    }
    paths.sort_unstable();
    for path in paths {
        match read(&path) {
            Ok(Some(record)) => records.found.push(record),
            Ok(None) => {}
            Err(error) => records.odd.push(error),
        }
    }
    Ok(records)
}

#[cfg(test)]
mod tests;
