//! The device plugin as a part of the agent: its settings, what it asks of the machine, what is heard of it.
//!
//! Left to others: serving (`colvin_device_plugin`), what is offered (`decide`).

mod nodes;
mod report;

use std::path::PathBuf;

use colvin_device_plugin::{Folders, PodName, Settings};
use colvin_model::offer::Offers;
use tracing::warn;

pub(crate) use nodes::SysfsNodes;
pub(crate) use report::Reporter;

use crate::args::DevicePluginArgs;

/// The settings that the flags ask for.
pub(crate) fn settings(args: &DevicePluginArgs, gate: Option<PathBuf>) -> Settings {
    Settings {
        folders: Folders {
            kubelet: args.kubelet.kubelet_dir.clone(),
            run: args.run_dir.clone(),
            cdi: args.cdi_dir.clone(),
            device_info: args.device_info_dir.clone(),
        },
        registration: args.registration.into(),
        cdi: args.cdi.into(),
        own_pod: args
            .pod
            .clone()
            .map(|(namespace, name)| PodName { namespace, name }),
        boot_id: boot_id(),
        gate,
        ..Settings::default()
    }
}

/// The boot that this is, or `None` when the kernel does not tell.
pub(crate) fn boot_id() -> Option<String> {
    let file = "/proc/sys/kernel/random/boot_id";
    match std::fs::read(file) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).trim().to_owned()),
        Err(error) => {
            warn!(file, %error, "records of an earlier boot cannot be told from this one's");
            None
        }
    }
}

/// What is offered before anything is decided: what the last run offered, as far as it is there.
///
/// What is not there may still come, and a pod may hold it: that is left to the first decision, which knows.
pub(crate) fn there(mut offers: Offers, nodes: &SysfsNodes) -> Offers {
    for offer in offers.0.values_mut() {
        offer
            .devices
            .retain(|id, device| nodes.is_there(id, device));
    }
    offers
}
