//! Which driver a PCI function has, and giving it another one. Left to others: which driver, when,
//! and what was there before.
//!
//! A driver that is taken away or given makes and removes links, device nodes and IOMMU groups'
//! owners; all of that is done when the call returns, but for what udev does.
//!
//! Source: kernel `Documentation/ABI/testing/sysfs-bus-pci`, `drivers/base/bus.c`.

use std::io;

use colvin_model::{PciAddress, Symbol};
use rustix::fs::{Mode, OFlags, openat};
use rustix::io::{Errno, write};

use super::place::Folder;
use super::{SysfsError, SysfsPath, SysfsRoot, device_path};

/// A driver that could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// What it is now could not be read.
    #[error("cannot tell which driver {device} has")]
    Read {
        /// The PCI function.
        device: PciAddress,
        /// Why not.
        source: SysfsError,
    },
    /// The kernel did not take it.
    #[error("cannot write {value:?} to {path}")]
    Write {
        /// The file.
        path: SysfsPath,
        /// What was to be written.
        value: String,
        /// Why not: `ENODEV` when the driver does not want the device, `ENOENT` when there is no
        /// such driver or device.
        source: io::Error,
    },
    /// A text that can be no driver's name.
    #[error("{name:?} is no driver's name")]
    InvalidName {
        /// The text.
        name: String,
    },
}

/// The driver that is bound, or `None` when there is none, or no such function.
///
/// # Errors
/// [`SysfsError`] when the link is there and does not serve.
pub fn current(root: &SysfsRoot, device: PciAddress) -> Result<Option<Symbol>, SysfsError> {
    let name = device.to_string();
    let at = Folder::PciDevices.at(&name, "driver");
    root.link(at, "a link to a driver", |target| {
        Some(Symbol::from(device_path::last(target)))
    })
}

/// The driver that alone may be bound, or `None` when any may.
///
/// # Errors
/// [`SysfsError`] when the file is there and does not serve.
pub fn driver_override(root: &SysfsRoot, device: PciAddress) -> Result<Option<Symbol>, SysfsError> {
    let name = device.to_string();
    let at = Folder::PciDevices.at(&name, "driver_override");
    let text = root.attribute(at, "a driver's name", |text| Some(Symbol::from(text)))?;
    Ok(text.filter(|text| *text != "" && *text != "(null)"))
}

/// Lets only this driver be bound, or any when `None`. What is bound stays.
///
/// # Errors
/// [`DriverError`].
pub fn set_driver_override(
    root: &SysfsRoot,
    device: PciAddress,
    driver: Option<&str>,
) -> Result<(), DriverError> {
    let driver = driver.map_or(Ok(""), checked)?;
    let path = format!("bus/pci/devices/{device}/driver_override");
    // a line alone takes the name away
    put(root, &path, &format!("{driver}\n"))
}

/// Takes the driver away; `false` when there was none, or no such function.
///
/// # Errors
/// [`DriverError`].
pub fn unbind(root: &SysfsRoot, device: PciAddress) -> Result<bool, DriverError> {
    let driver = current(root, device);
    let driver = driver.map_err(|source| DriverError::Read { device, source })?;
    let Some(driver) = driver else {
        return Ok(false);
    };
    let path = format!("bus/pci/drivers/{driver}/unbind");
    match put(root, &path, &device.to_string()) {
        // it went meanwhile, or another one took it away
        Err(DriverError::Write { source, .. }) if source.raw_os_error() == Some(libc::ENODEV) => {
            Ok(false)
        }
        answer => answer.map(|()| true),
    }
}

/// Binds a driver to a function that has none.
///
/// # Errors
/// [`DriverError`]: `ENODEV` when the driver does not know such devices (see
/// [`set_driver_override`]) or the function has a driver, `ENOENT` when it is not loaded.
pub fn bind(root: &SysfsRoot, device: PciAddress, driver: &str) -> Result<(), DriverError> {
    let path = format!("bus/pci/drivers/{}/bind", checked(driver)?);
    put(root, &path, &device.to_string())
}

/// Lets the kernel find the driver of a function that has none, heeding the override.
///
/// # Errors
/// [`DriverError`]: `ENODEV` when there is no such function. That no driver wants it is none.
pub fn probe(root: &SysfsRoot, device: PciAddress) -> Result<(), DriverError> {
    put(root, "bus/pci/drivers_probe", &device.to_string())
}

/// A driver's name: one part of a path, in one line.
fn checked(name: &str) -> Result<&str, DriverError> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'/';
    let is_name = !name.is_empty() && name.len() <= 64 && name.bytes().all(is_plain);
    if is_name && name != "." && name != ".." {
        return Ok(name);
    }
    Err(DriverError::InvalidName {
        name: name.chars().take(64).collect(),
    })
}

/// Writes a value whole, in one call: each call is a value of its own.
fn put(root: &SysfsRoot, path: &str, value: &str) -> Result<(), DriverError> {
    let flags = OFlags::WRONLY | OFlags::CLOEXEC;
    let opened = openat(&root.sys, path, flags, Mode::empty());
    root.count(2);
    let written =
        opened.and_then(|file| rustix::io::retry_on_intr(|| write(&file, value.as_bytes())));
    let errno = match written {
        Ok(length) if length == value.len() => return Ok(()),
        Ok(_) => Errno::IO,
        Err(errno) => errno,
    };
    Err(DriverError::Write {
        path: format!("sys/{path}").into(),
        value: value.trim_end().to_owned(),
        source: errno.into(),
    })
}
