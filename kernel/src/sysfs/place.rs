//! Places in sysfs: a device or a file of it, below a folder that is opened once.
//!
//! Left to others: what is read there.

use std::fmt;

use super::error::SysfsPath;

/// The most bytes a path below a folder may have.
pub(super) const PATH_LIMIT_BYTES: usize = 512;

/// A folder that is opened once.
#[derive(Clone, Copy, Debug)]
pub(super) enum Folder {
    Sys,
    PciDevices,
    Net,
    Infiniband,
    AuxiliaryDevices,
}

impl Folder {
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Sys => "sys",
            Self::PciDevices => "sys/bus/pci/devices",
            Self::Net => "sys/class/net",
            Self::Infiniband => "sys/class/infiniband",
            Self::AuxiliaryDevices => "sys/bus/auxiliary/devices",
        }
    }

    /// A place below it: a device, or a file of that.
    pub(super) fn at<'a>(self, device: &'a str, file: &'a str) -> At<'a> {
        At {
            folder: self,
            device,
            file,
        }
    }
}

/// A place below a folder: a device's folder (or the link to it), or a file in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a> {
    pub(super) folder: Folder,
    pub(super) device: &'a str,
    /// The file in the device's folder, or nothing for the device itself.
    pub(super) file: &'a str,
}

impl At<'_> {
    /// The path below the folder, on the stack.
    pub(super) fn path<'b>(&self, space: &'b mut [u8; PATH_LIMIT_BYTES]) -> Option<&'b [u8]> {
        let slash = if self.device.is_empty() || self.file.is_empty() {
            ""
        } else {
            "/"
        };
        let mut end = 0;
        for part in [self.device, slash, self.file] {
            let next = end + part.len();
            space.get_mut(end..next)?.copy_from_slice(part.as_bytes());
            end = next;
        }
        space.get(..end)
    }

    pub(super) fn shown(&self) -> SysfsPath {
        self.to_string().into()
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.folder.path())?;
        for part in [self.device, self.file] {
            if !part.is_empty() {
                write!(f, "/{part}")?;
            }
        }
        Ok(())
    }
}
