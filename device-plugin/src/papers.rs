//! The files that go with a device that is given out: its record, device-info and CDI spec.
//!
//! They are written before the device is promised and removed when it is free again. Left to others: when
//! either is.

use std::collections::BTreeSet;
use std::path::PathBuf;

use colvin_attach::record::{Outstanding, Record as _, outstanding_folder};
use colvin_model::offer::{DeviceId, OfferedDevice, Origin, ResourceName};
use tracing::warn;

use crate::files::{self, FilesError};
use crate::grant::Grant;
use crate::outstanding;
use crate::{Cdi, Folders, Settings, cdi, device_info};

/// Writes and removes the files of devices.
#[derive(Debug)]
pub(crate) struct Papers {
    folders: Folders,
    records: PathBuf,
    cdi: Cdi,
    gate: Option<PathBuf>,
    boot_id: Option<String>,
}

impl Papers {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            folders: settings.folders.clone(),
            records: outstanding_folder(&settings.folders.run),
            cdi: settings.cdi,
            gate: settings.gate.clone(),
            boot_id: settings.boot_id.clone(),
        }
    }

    /// The record of a device, not written yet.
    pub(crate) fn record(
        &self,
        resource: &ResourceName,
        origin: &Origin,
        id: &DeviceId,
        device: &OfferedDevice,
    ) -> Outstanding {
        Outstanding::new(resource, origin, id, device, self.boot_id.as_deref())
    }

    /// Writes all files of a device, its record first: whoever finds another of them without a record
    /// may remove it.
    ///
    /// # Errors
    /// [`FilesError::Write`]; some may be written then.
    pub(crate) fn write(
        &self,
        origin: &Origin,
        grant: &Grant,
        record: &Outstanding,
    ) -> Result<(), FilesError> {
        let resource = &record.resource;
        self.write_record(record)?;
        if let Some(info) = device_info::content(grant) {
            let name = device_info::file_name(resource, &grant.id);
            files::write(&self.folders.device_info.join(name), &info)?;
        }
        if self.cdi != Cdi::Off {
            // nobody makes an interface of a device of the other plugin's file
            let gate = self.gate.as_deref().filter(|_| origin.is_network());
            let spec = cdi::spec(resource, origin, grant, gate);
            let name = cdi::file_name(resource, &grant.id);
            files::write(&self.folders.cdi.join(name), &spec)?;
        }
        Ok(())
    }

    /// Writes a record alone.
    ///
    /// # Errors
    /// [`FilesError::Write`].
    pub(crate) fn write_record(&self, record: &Outstanding) -> Result<(), FilesError> {
        outstanding::write(&self.records, record)
    }

    /// What the record in the file of this one says now.
    pub(crate) fn on_disk(&self, record: &Outstanding) -> Option<Outstanding> {
        outstanding::read(&self.records.join(record.file_name()))
    }

    /// All records of this boot; files that are none are removed.
    ///
    /// # Errors
    /// [`FilesError::Read`].
    pub(crate) fn records(&self) -> Result<Vec<Outstanding>, FilesError> {
        let (records, others) = outstanding::all(&self.records, self.boot_id.as_deref())?;
        for name in others {
            warn!(
                file = name,
                "removing a record that is torn, of another boot or of another version"
            );
            removed(files::remove(&self.records.join(name)));
        }
        Ok(records)
    }

    /// Removes the files of a device, and its record if that is still this one's.
    pub(crate) fn remove(
        &self,
        resource: &ResourceName,
        id: &DeviceId,
        record: Option<&Outstanding>,
    ) {
        let info = device_info::file_name(resource, id);
        removed(files::remove(&self.folders.device_info.join(info)));
        removed(files::remove(
            &self.folders.cdi.join(cdi::file_name(resource, id)),
        ));
        if let Some(record) = record {
            let path = self.records.join(record.file_name());
            if outstanding::read(&path).is_none_or(|it| it.resource == *resource) {
                removed(files::remove(&path));
            }
        }
    }

    /// Removes CDI specs, and device-info files of these resources, of devices that are not held.
    pub(crate) fn remove_stale(
        &self,
        resources: &BTreeSet<ResourceName>,
        held: &BTreeSet<(ResourceName, DeviceId)>,
    ) {
        let specs: BTreeSet<_> = held.iter().map(|(it, id)| cdi::file_name(it, id)).collect();
        let infos: BTreeSet<_> = held
            .iter()
            .map(|(it, id)| device_info::file_name(it, id))
            .collect();
        let prefixes: Vec<_> = resources.iter().map(device_info::file_prefix).collect();
        for name in files::names(&self.folders.cdi).unwrap_or_default() {
            if name.starts_with(cdi::FILE_PREFIX) && !specs.contains(&name) {
                removed(files::remove(&self.folders.cdi.join(name)));
            }
        }
        for name in files::names(&self.folders.device_info).unwrap_or_default() {
            let ours = prefixes.iter().any(|prefix| name.starts_with(prefix));
            if ours && name.ends_with("-device.json") && !infos.contains(&name) {
                removed(files::remove(&self.folders.device_info.join(name)));
            }
        }
    }

    /// Removes what a process of ours was writing when it was killed.
    pub(crate) fn remove_abandoned(&self) {
        for folder in [&self.records, &self.folders.cdi, &self.folders.device_info] {
            files::remove_abandoned(folder);
        }
    }
}

/// A file that stays harms nobody: it is overwritten when its device is given out again.
fn removed(result: Result<(), FilesError>) {
    if let Err(FilesError::Remove { path, source }) = result {
        warn!(file = %path.display(), error = %source, "a file of a free device stays");
    }
}
