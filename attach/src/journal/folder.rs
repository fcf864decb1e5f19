//! The journal's folder: which records there are, and what they are called.
//!
//! Left to others: what is in them.

#![expect(
    clippy::disallowed_methods,
    reason = "the journal's folder is ours on any machine; sysfs is not read here"
)]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access, statvfs};
use rustix::io::Errno;

use crate::error::AttachError;
use crate::request::AttachmentKey;
use crate::roots::Roots;

/// What a record's file ends in.
const SUFFIX: &str = ".json";

/// The longest name of a record; the file system's limit is 255 bytes with the suffix.
const LONGEST_NAME: usize = 200;

/// What the record of a child link (macvlan, ipvlan, vlan) begins with.
pub(crate) const CHILD: &str = "child-";

/// What a record begins with that only has addresses to give back.
pub(crate) const IPAM: &str = "ipam-";

/// Where the journal is.
pub(super) fn place(roots: &Roots) -> PathBuf {
    roots.state.join("attachments")
}

/// Where records go that cannot be read.
pub(super) fn quarantine(roots: &Roots) -> PathBuf {
    roots.state.join("quarantine")
}

/// The file of a record.
pub(super) fn path(roots: &Roots, name: &str) -> PathBuf {
    place(roots).join(format!("{name}{SUFFIX}"))
}

/// The names of all records, in order; none where there is no journal yet.
pub(crate) fn list(roots: &Roots) -> Result<Vec<String>, AttachError> {
    let folder = place(roots);
    let failed = |source| AttachError::File {
        verb: "list",
        path: folder.clone(),
        source,
    };
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(failed)?.file_name();
        let name = name.to_str().and_then(|name| name.strip_suffix(SUFFIX));
        names.extend(name.map(ToOwned::to_owned));
    }
    names.sort_unstable();
    Ok(names)
}

/// Makes the folder, when it is not there.
pub(super) fn make(folder: &Path) -> Result<(), AttachError> {
    fs::create_dir_all(folder).map_err(|source| AttachError::File {
        verb: "make",
        path: folder.to_owned(),
        source,
    })
}

/// Room that an `ADD` needs at least.
const LEAST_ROOM_BYTES: u64 = 64 * 1024;

/// Looks whether a record could be begun.
pub(crate) fn ensure_room(roots: &Roots) -> Result<(), AttachError> {
    let folder = place(roots);
    make(&folder)?;
    let failed = |errno: Errno| AttachError::File {
        verb: "write to",
        path: folder.clone(),
        source: errno.into(),
    };
    access(&folder, Access::WRITE_OK).map_err(failed)?;
    let room = statvfs(&folder).map_err(failed)?;
    if room.f_bavail.saturating_mul(room.f_frsize) < LEAST_ROOM_BYTES {
        return Err(failed(Errno::NOSPC));
    }
    Ok(())
}

/// The name of the record of a child link.
pub(crate) fn child_name(key: &AttachmentKey) -> String {
    named(CHILD, key)
}

/// The name of the record of addresses that are still to be given back.
pub(crate) fn ipam_name(key: &AttachmentKey) -> String {
    named(IPAM, key)
}

/// A name made of container and interfaces. Container ids have letters, digits, `_`, `.` and `-`; `~`
/// keeps the parts apart.
fn named(prefix: &str, key: &AttachmentKey) -> String {
    let AttachmentKey {
        container,
        ifname,
        name,
        ..
    } = key;
    let plain = format!("{prefix}{container}~{ifname}~{name}");
    if plain.len() <= LONGEST_NAME {
        return plain;
    }
    // long ids are cut, and told apart by a checksum of the whole
    let short: String = plain.chars().take(100).collect();
    format!("{short}~{:08x}", super::line::crc32(plain.as_bytes()))
}

/// Whether a record's name says that it is of another container, without a look into it.
pub(crate) fn is_child_of_another(name: &str, container: &str) -> bool {
    let rest = name.strip_prefix(CHILD).or_else(|| name.strip_prefix(IPAM));
    let Some(rest) = rest else {
        return false;
    };
    match rest.split_once('~') {
        Some((own, _)) => own != container,
        None => false, // the id was cut
    }
}
