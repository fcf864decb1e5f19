//! The device that standard input names: by one key, or by several that say the same.
//!
//! Left to others: whether it is the pod's (`given.rs`).

use colvin_attach::HostDeviceRef;
use colvin_model::IfName;
use colvin_model::offer::DeviceId;

use crate::config::Config;
use crate::failure::{Code, Failure};

/// A device as standard input names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    Id(DeviceId),
    Host(HostDeviceRef),
    Master(IfName),
}

/// The one device that standard input names.
///
/// # Errors
/// Code 7 when it names two.
pub(super) fn named(config: &Config<'_>) -> Result<Option<Named>, Failure> {
    let what = &config.what;
    let stated = [&config.runtime.device_id, &what.device_id, &what.pci_bus_id];
    let ids = stated
        .into_iter()
        .flatten()
        .cloned()
        .map(|id| ("deviceID", Named::Id(id)));
    let mut all: Vec<(&str, Named)> = ids.collect();
    // what the runtime says comes before the keys (CAP-2)
    if config.runtime.device_id.is_some() {
        all.truncate(1);
    }
    let host = |host| Named::Host(host);
    let device = what.device.clone().map(HostDeviceRef::Name).map(host);
    let hwaddr = what.hwaddr.map(HostDeviceRef::Mac).map(host);
    let path = what
        .kernel_path
        .clone()
        .map(HostDeviceRef::KernelPath)
        .map(host);
    all.extend(device.map(|it| ("device", it)));
    all.extend(hwaddr.map(|it| ("hwaddr", it)));
    all.extend(path.map(|it| ("kernelpath", it)));
    // a share of an uplink is named by its id, and may say the uplink, too
    if all.is_empty() {
        all.extend(what.master.clone().map(|it| ("master", Named::Master(it))));
    }
    let mut all = all.into_iter();
    let first = all.next();
    if let Some((key, named)) = &first
        && let Some((other, _)) = all.find(|(_, other)| other != named)
    {
        let message = format!("keys `{key}` and `{other}` name two devices: leave one out");
        return Err(Failure::new(Code::Config, message));
    }
    Ok(first.map(|(_, named)| named))
}
