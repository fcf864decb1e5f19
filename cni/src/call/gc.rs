//! GC: what the runtime no longer knows of this network is undone.
//!
//! Left to others: undoing, and IPAM's own GC (`colvin-attach`).

use colvin_attach::{Patience, Valid};

use super::Call;
use crate::asked::{ipam_call, method_of};
use crate::failure::{Code, Failure};
use crate::version::Version;

/// Undoes. There is no result.
pub(super) fn answer(call: &mut Call<'_>) -> Result<String, Failure> {
    call.config.version.at_least(Version::V1_1_0, "GC")?;
    let ipam = ipam_call(call.bytes, call.environment);
    let valid = Valid {
        network: call.config.name.clone(),
        attachments: call.config.valid.clone(),
        ipam: (call.config.ipam.is_some() && method_of(&ipam).is_ok()).then_some(ipam),
        patience: Patience::default(),
    };
    let detached = colvin_attach::gc(call.roots, &valid, &mut call.trace)?;
    if detached.unfinished.is_empty() {
        return Ok(String::new());
    }
    let failures: Vec<String> = detached
        .unfinished
        .iter()
        .map(|error| Failure::from(error).to_string())
        .collect();
    let message = format!("{} of what was to be removed is left", failures.len());
    Err(Failure::new(Code::Left, message).with_details(failures.join("; ")))
}
