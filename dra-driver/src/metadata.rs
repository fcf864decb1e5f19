//! Files by which a container learns what its devices are (KEP-5304, DRA-35).
//!
//! There is one per request of a claim: the same object in each version that programs read, the newest first. It is
//! mounted into containers, and a mount is of an inode: so a change is written into the file and never renamed over
//! it. Left to others: when, and what is known of an interface.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use colvin_model::digest::digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::claim::base_request;
use crate::files::{self, FileError};
use crate::state::{Claim, Given};
use crate::turn::take_blocking;
use crate::{ClaimHold, DRIVER, Folders, Uid};

/// The versions that are written, the newest first. They are the same but for their name.
const VERSIONS: [&str; 2] = ["v1beta1", "v1alpha1"];

/// The attribute by which one of an uplink's children is told from another.
pub(crate) const SHARE: &str = "share";

/// Where containers find the files.
const IN_CONTAINER: &str = "/var/run/kubernetes.io/dra-device-attributes";

/// The most bytes of a folder's name; a claim's two names may have 317.
const LONGEST_NAME: usize = 255;

/// How long whoever writes metadata waits for a call that writes files.
const TURN_LIMIT: Duration = Duration::from_secs(10);

/// What is known of an interface in a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NetworkData {
    /// Its name in the pod.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub interface_name: String,
    /// Its addresses with their prefixes' lengths.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ips: Vec<String>,
    /// Its MAC address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hardware_address: String,
}

/// A metadata file cannot be rewritten.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// It cannot be read or written.
    #[error("the metadata of a device stay as they were")]
    File(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It is no metadata.
    #[error("{} is no metadata", path.display())]
    Torn {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    kind: String,
    api_version: String,
    metadata: Head,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pod_claim_name: Option<String>,
    #[serde(default)]
    requests: Vec<Request>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Head {
    name: String,
    namespace: String,
    uid: String,
    generation: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Request {
    name: String,
    #[serde(default)]
    devices: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    driver: String,
    pool: String,
    name: String,
    #[serde(default)]
    attributes: BTreeMap<String, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    network_data: Option<NetworkData>,
}

/// Where a claim's files are, below our folder among the kubelet's plugins.
pub(crate) fn folder(plugin: &Path, namespace: &str, name: &str) -> PathBuf {
    let mut of_claim = format!("{namespace}_{name}");
    if of_claim.len() > LONGEST_NAME {
        let digest = digest(of_claim.as_bytes());
        let cut: String = of_claim.chars().take(LONGEST_NAME - 17).collect();
        of_claim = format!("{cut}_{digest:016x}");
    }
    plugin.join("dra-device-metadata").join(of_claim)
}

/// Where a request's file is, in its claim's folder.
pub(crate) fn file(folder: &Path, request: &str) -> PathBuf {
    folder.join(request).join("metadata.json")
}

/// Where containers see a request's file.
pub(crate) fn in_container(claim: &Claim, request: &str) -> String {
    let (by, name) = match claim.pod_claim_name.as_deref() {
        // it ends up in a path of the container, and is a word of whoever made the claim
        Some(name) if crate::devices::is_label(name) => ("resourceclaimtemplates", name),
        _ => ("resourceclaims", claim.name.as_str()),
    };
    format!("{IN_CONTAINER}/{by}/{name}/{request}/{DRIVER}-metadata.json")
}

/// A claim's devices by request, without subrequests.
pub(crate) fn by_request(given: &[Given]) -> BTreeMap<&str, Vec<&Given>> {
    let mut requests = BTreeMap::<&str, Vec<&Given>>::new();
    for one in given {
        let request = base_request(&one.request);
        requests.entry(request).or_default().push(one);
    }
    requests
}

/// Writes a request's file. What one that is there says of interfaces stays, for its container may run.
///
/// # Errors
/// [`FileError`] when it is not written, or not whole.
pub(crate) fn write(
    path: &Path,
    uid: &Uid,
    claim: &Claim,
    given: &[&Given],
) -> Result<(), FileError> {
    let mut next = document(uid, claim, given);
    let there = files::read(path)?.and_then(|bytes| first(&bytes).ok());
    if let Some(there) = there.filter(|there| there.metadata.uid == uid.as_str()) {
        next.keep_network_data(&there);
        next.metadata.generation = there.metadata.generation;
        if next == there {
            return Ok(());
        }
        next.metadata.generation = next.metadata.generation.saturating_add(1);
    }
    files::write_in_place(path, &stream(&next))
}

/// Says in a claim's metadata what is known of a device's interface, where it is something new.
///
/// Blocks, for at most some seconds while claims are prepared; gives whether there is such a device and it was news.
/// Of a claim that is not prepared, of one that is another by the same name, or where no metadata are kept, there is
/// none.
///
/// # Errors
/// [`MetadataError`] when the file cannot be read, understood or written.
pub fn update_network_data(
    folders: &Folders,
    hold: &ClaimHold,
    data: &NetworkData,
) -> Result<bool, MetadataError> {
    let folder = folder(&folders.plugin(), &hold.namespace, &hold.name);
    let path = file(&folder, base_request(&hold.device.request));
    let Some(allocated) = hold.allocated.as_ref().filter(|_| path.exists()) else {
        return Ok(false);
    };
    // Prepare writes the same file
    let _turn = take_blocking(&folders.lock(), TURN_LIMIT).map_err(kept)?;
    let Some(bytes) = files::read(&path).map_err(kept)? else {
        return Ok(false);
    };
    let mut document = first(&bytes).map_err(|source| MetadataError::Torn {
        path: path.clone(),
        source,
    })?;
    if document.metadata.uid != hold.claim.as_str() {
        return Ok(false);
    }
    let requests = document.requests.iter_mut();
    let mut entries = requests.flat_map(|request| &mut request.devices);
    let entry = entries.find(|it| {
        let is_device = it.pool == allocated.pool && it.name == allocated.name.as_str();
        is_device && it.is_share(hold.device.device.as_str())
    });
    let Some(entry) = entry.filter(|entry| entry.network_data.as_ref() != Some(data)) else {
        return Ok(false);
    };
    entry.network_data = Some(data.clone());
    document.metadata.generation = document.metadata.generation.saturating_add(1);
    files::write_into(&path, &stream(&document)).map_err(kept)
}

fn kept(error: impl std::error::Error + Send + Sync + 'static) -> MetadataError {
    MetadataError::File(Box::new(error))
}

fn document(uid: &Uid, claim: &Claim, given: &[&Given]) -> Document {
    // a request with subrequests is named by the one that was allocated
    let mut requests = BTreeMap::<&str, Vec<Entry>>::new();
    for one in given {
        let entry = Entry {
            driver: DRIVER.to_owned(),
            pool: one.pool.clone(),
            name: one.name.to_string(),
            attributes: one.attributes.clone(),
            network_data: None,
        };
        requests.entry(&one.request).or_default().push(entry);
    }
    let requests = requests.into_iter();
    Document {
        kind: "DeviceMetadata".to_owned(),
        api_version: version(VERSIONS[0]),
        metadata: Head {
            name: claim.name.clone(),
            namespace: claim.namespace.clone(),
            uid: uid.to_string(),
            generation: 1,
        },
        pod_claim_name: claim.pod_claim_name.clone(),
        requests: requests
            .map(|(name, devices)| Request {
                name: name.to_owned(),
                devices,
            })
            .collect(),
    }
}

impl Entry {
    /// Whether it is of this child, where several children of one uplink have the same name.
    fn is_share(&self, id: &str) -> bool {
        let share = self.attributes.get(SHARE);
        let share = share.and_then(|it| it.get("string"));
        share.is_none_or(|share| share == id)
    }
}

impl Document {
    fn keep_network_data(&mut self, there: &Self) {
        let known = there.requests.iter().flat_map(|it| &it.devices);
        let known: Vec<&Entry> = known.collect();
        for entry in self.requests.iter_mut().flat_map(|it| &mut it.devices) {
            let mut same = known.iter();
            let same = same.find(|it| {
                let is_share = it.attributes.get(SHARE) == entry.attributes.get(SHARE);
                it.pool == entry.pool && it.name == entry.name && is_share
            });
            entry.network_data = same.and_then(|it| it.network_data.clone());
        }
    }
}

fn version(name: &str) -> String {
    format!("metadata.resource.k8s.io/{name}")
}

/// The object in every version, one after the other.
fn stream(document: &Document) -> Vec<u8> {
    let each = VERSIONS.map(|name| {
        let document = Document {
            api_version: version(name),
            ..document.clone()
        };
        // text, numbers and lists: there is nothing in it that JSON has not
        let mut bytes = serde_json::to_vec(&document).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    });
    each.concat()
}

fn first(bytes: &[u8]) -> Result<Document, serde_json::Error> {
    Document::deserialize(&mut serde_json::Deserializer::from_slice(bytes))
}

#[cfg(test)]
mod tests;
