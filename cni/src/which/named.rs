//! What standard input says of the device: its name by one key or by several that say the same, and what its other
//! keys say of it.
//!
//! Left to others: whether it is the pod's (`given.rs`).

use colvin_attach::HostDeviceRef;
use colvin_model::IfName;
use colvin_model::offer::DeviceId;

use crate::config::Config;
use crate::failure::{Code, Failure};
use crate::kind::Kind;

use super::Found;

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

/// The kind of child that `master` is for.
pub(super) fn child(config: &Config<'_>) -> Result<Kind, Failure> {
    let children = [Kind::Macvlan, Kind::Ipvlan, Kind::Vlan];
    match config.what.kind {
        Some(kind) if children.contains(&kind) => Ok(kind),
        Some(kind) => {
            let message = format!(
                "key `master` means nothing to a {kind}: it is for Macvlan, Ipvlan and Vlan"
            );
            Err(Failure::new(Code::Config, message))
        }
        None if config.settings.vlan_id.is_some() => Ok(Kind::Vlan),
        None => {
            let message =
                "key `master` alone does not say what is meant: is `kind` Macvlan, Ipvlan or Vlan?";
            Err(Failure::new(Code::Config, message))
        }
    }
}

/// What is missing where nothing is named.
pub(super) fn nothing_named(config: &Config<'_>) -> Failure {
    let needs = match (config.what.kind, &config.what.network) {
        (Some(Kind::Macvlan | Kind::Ipvlan | Kind::Vlan), _) => {
            "key `master` is missing: there is no default".to_owned()
        }
        (_, Some(network)) => format!(
            "key `network` {network} alone names no device outside Kubernetes: add `deviceID`, `device` or `master`"
        ),
        _ => "nothing says what is attached: give `deviceID`, `device`, `master` with `kind`, or `network`".to_owned(),
    };
    Failure::new(Code::Config, needs)
}

/// `kind` and `network` on standard input say the same as the node's records.
pub(super) fn agrees(config: &Config<'_>, found: &Found) -> Result<(), Failure> {
    let what = &config.what;
    let actual = found.network.as_ref().map(|record| &record.network);
    if let Some(asked) = &what.network
        && actual != Some(asked)
    {
        let of = actual.map_or("no network".to_owned(), |it| format!("network {it}"));
        let message = format!("key `network` is {asked}, and the device is of {of}");
        return Err(Failure::new(Code::Config, message));
    }
    match what.kind {
        Some(kind) if kind != found.kind => {
            let message = format!("key `kind` is {kind}, and the device is a {}", found.kind);
            Err(Failure::new(Code::Config, message))
        }
        _ => Ok(()),
    }
}
