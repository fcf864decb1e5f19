//! The files of a claim: its record for `colvin-cni`, its CDI specs, its metadata. Left to others: when it has them,
//! and that one process at a time writes them.

use std::path::{Path, PathBuf};

use colvin_attach::record::{ClaimRecord, Record as _, VERSION, claims_folder};

use crate::files::{self, FileError};
use crate::state::{Claim, State};
use crate::{Settings, Uid, cdi, metadata};

/// Writes and removes the files of claims.
#[derive(Clone, Debug)]
pub(crate) struct Papers {
    records: PathBuf,
    cdi: PathBuf,
    plugin: PathBuf,
    gate: Option<PathBuf>,
    metadata: bool,
}

impl Papers {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            records: claims_folder(&settings.folders.run),
            cdi: settings.folders.cdi.clone(),
            plugin: settings.folders.plugin(),
            gate: settings.gate.clone(),
            metadata: settings.metadata,
        }
    }

    /// Writes all files of a claim, its record first: who attaches finds it before any container is made.
    ///
    /// # Errors
    /// [`FileError`] of the first that is not written; some may be written then.
    pub(crate) fn write(&self, uid: &Uid, claim: &Claim) -> Result<(), FileError> {
        let record = record(uid, claim);
        // text and numbers: there is nothing in it that JSON has not
        let content = serde_json::to_vec(&record).unwrap_or_default();
        files::write(&self.records.join(record.file_name()), &content)?;
        let given = claim.given();
        let spec = self.cdi.join(cdi::file_name(uid));
        match cdi::spec(uid, given, self.gate.as_deref()) {
            Some(content) => files::write(&spec, &content)?,
            None => files::remove(&spec)?,
        }
        if !self.metadata {
            return Ok(());
        }
        let folder = metadata::folder(&self.plugin, &claim.namespace, &claim.name);
        for (request, given) in metadata::by_request(given) {
            let file = metadata::file(&folder, request);
            metadata::write(&file, uid, claim, &given)?;
            let seen = metadata::in_container(claim, request);
            let content = cdi::metadata_spec(uid, request, &file, &seen);
            files::write(&self.metadata_spec(uid, request), &content)?;
        }
        Ok(())
    }

    /// Removes all files of a claim, and goes on where one stays.
    ///
    /// # Errors
    /// Each [`FileError`].
    pub(crate) fn remove(
        &self,
        uid: &Uid,
        claim: &Claim,
        state: &State,
    ) -> Result<(), Vec<FileError>> {
        let mut failures = Vec::new();
        let mut note = |removed: Result<(), FileError>| failures.extend(removed.err());
        note(files::remove(&self.records.join(format!("{uid}.json"))));
        note(files::remove(&self.cdi.join(cdi::file_name(uid))));
        match files::names(&self.cdi) {
            Ok(names) => {
                let prefix = cdi::metadata_prefix(uid);
                for name in names.iter().filter(|name| name.starts_with(&prefix)) {
                    note(files::remove(&self.cdi.join(name)));
                }
            }
            Err(error) => note(Err(error)),
        }
        let is_same = |(other, it): (&Uid, &Claim)| {
            other != uid && it.namespace == claim.namespace && it.name == claim.name
        };
        // a claim that was made anew by the same name has the same folder
        if !state.claims.iter().any(is_same) {
            let folder = metadata::folder(&self.plugin, &claim.namespace, &claim.name);
            note(files::remove_folder(&folder));
        }
        if failures.is_empty() {
            Ok(())
        } else {
            Err(failures)
        }
    }

    fn metadata_spec(&self, uid: &Uid, request: &str) -> PathBuf {
        let name = format!("{}{request}.json", cdi::metadata_prefix(uid));
        Path::new(&self.cdi).join(name)
    }
}

/// What `colvin-cni` reads of a claim. A device that is only to be looked at is not in it, so nobody moves it
/// (DRA-17).
fn record(uid: &Uid, claim: &Claim) -> ClaimRecord {
    ClaimRecord {
        version: VERSION,
        uid: uid.to_string(),
        namespace: claim.namespace.clone(),
        name: claim.name.clone(),
        boot_id: claim.boot_id.clone(),
        devices: claim.held().cloned().collect(),
    }
}
