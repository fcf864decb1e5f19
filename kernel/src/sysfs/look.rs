//! One look at one device: a file that does not serve is noted, its fact is `None`, the device stays.
//!
//! Left to others: which file has which fact.

use colvin_model::{Finding, Subject};

use super::error;
use super::place::{At, Folder};
use super::{SysfsError, SysfsRoot};

/// One look at one device.
pub(super) struct Look<'a> {
    pub(super) root: &'a SysfsRoot,
    folder: Folder,
    device: &'a str,
    errors: Vec<SysfsError>,
}

impl<'a> Look<'a> {
    pub(super) fn new(root: &'a SysfsRoot, folder: Folder, device: &'a str) -> Self {
        Self {
            root,
            folder,
            device,
            errors: Vec::new(),
        }
    }

    /// A file of the device, or nothing for the device itself.
    pub(super) fn at<'b>(&self, file: &'b str) -> At<'b>
    where
        'a: 'b,
    {
        self.folder.at(self.device, file)
    }

    /// A file's value without the line's end.
    pub(super) fn attribute<T>(
        &mut self,
        file: &str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let read = self.root.attribute(self.at(file), expected, parse);
        self.keep(read)
    }

    /// What `parse` makes of a link's target.
    pub(super) fn link<T>(
        &mut self,
        file: &str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let read = self.root.link(self.at(file), expected, parse);
        self.keep(read)
    }

    /// Whether the device has this file or folder.
    pub(super) fn has(&mut self, file: &str) -> bool {
        let there = self.root.is_there(self.at(file)).map(Some);
        self.keep(there).unwrap_or_default()
    }

    /// What was read; an error is noted.
    pub(super) fn keep<T>(&mut self, read: Result<Option<T>, SysfsError>) -> Option<T> {
        match read {
            Ok(value) => value,
            Err(error) => {
                self.note(error);
                None
            }
        }
    }

    pub(super) fn note(&mut self, error: SysfsError) {
        self.errors.push(error);
    }

    /// Whether every file so far did serve.
    pub(super) fn is_clean(&self) -> bool {
        self.errors.is_empty()
    }

    /// Forgets the errors: nobody wants to know of this device.
    pub(super) fn forget(&mut self) {
        self.errors.clear();
    }

    /// One finding for all the files that do not serve, or none when all do.
    pub(super) fn finding(&self, subject: Subject) -> Option<Finding> {
        error::finding(subject, &self.errors)
    }
}
