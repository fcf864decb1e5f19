//! DEL: undone, whatever is missing. What cannot be finished stays in the journal for the agent, so the
//! answer is success: a chain stops at the first failing DEL, and the cluster's network would be kept
//! from its own (CNI-DEL-3).
//!
//! Left to others: undoing (`colvin-attach`).

use colvin_attach::{Former, Patience};
use colvin_model::PciAddress;

use super::Call;
use crate::asked::{ipam_call, method_of};
use crate::device_info;
use crate::failure::Failure;

/// Undoes what the call is about. There is no result.
pub(super) fn answer(call: &mut Call<'_>) -> Result<String, Failure> {
    let (container, ifname) = call.names()?;
    let ipam = ipam_call(call.bytes, call.environment);
    let former = Former {
        network: call.config.name.clone(),
        container: container.to_owned(),
        ifname: ifname.clone(),
        name: (!call.config.names_nothing()).then(|| ifname.clone()),
        netns: call.environment.netns.clone(),
        device: device(call),
        ipam: (call.config.ipam.is_some() && method_of(&ipam).is_ok()).then_some(ipam),
        patience: Patience::default(),
    };
    if let Some(file) = &call.config.runtime.device_info_file
        && let Err(error) = device_info::remove(file)
    {
        call.notes
            .push(format!("removing {}: {error}", file.display()));
    }
    match colvin_attach::del(call.roots, &former, &mut call.trace) {
        Ok(detached) => {
            let left = detached.unfinished.iter().map(Failure::from);
            call.notes
                .extend(left.map(|failure| format!("left for the agent: {failure}")));
            Ok(String::new())
        }
        Err(error) if call.config.names_nothing() => {
            let failure = Failure::from(&error);
            call.notes.push(format!("left for the agent: {failure}"));
            Ok(String::new())
        }
        Err(error) => Err(error.into()),
    }
}

/// The PCI function that the configuration names.
fn device(call: &Call<'_>) -> Option<PciAddress> {
    let what = &call.config.what;
    let id = call.config.runtime.device_id.as_ref();
    let id = id.or(what.device_id.as_ref()).or(what.pci_bus_id.as_ref());
    id.and_then(|id| id.as_str().parse().ok())
}
