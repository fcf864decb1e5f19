//! STATUS: could an ADD succeed now? If not, code 50; 51 where what is missing is what running attachments stand on.
//!
//! Left to others: looking at devices, the journal and IPAM (`colvin-attach`).

use colvin_attach::{Class, Patience, Target, Unavailable};
use colvin_model::IfName;

use super::Call;
use crate::arguments::Arguments;
use crate::asked::{Wish, ipam_call, method_of};
use crate::failure::{Code, Failure};
use crate::version::Version;
use crate::which::Search;

/// Looks. There is no result.
pub(super) fn answer(call: &Call<'_>) -> Result<String, Failure> {
    call.config.version.at_least(Version::V1_1_0, "STATUS")?;
    let kind = kind(call).map_err(unavailable)?;
    let ipam = ipam_call(call.bytes, call.environment);
    let has_ipam = call.config.ipam.is_some();
    if has_ipam {
        method_of(&ipam)?;
    }
    let target = Target {
        network: call.config.name.clone(),
        kind,
        ipam: has_ipam.then_some(ipam),
        patience: Patience::default(),
    };
    match colvin_attach::status(call.roots, &target) {
        Ok(()) => Ok(String::new()),
        Err(Unavailable { why, hurts_running }) => {
            let class = why.class();
            let failure = Failure::from(why);
            // a configuration that no ADD could take is no state of the node
            Err(match class {
                Class::Config => failure,
                _ if hurts_running => Failure {
                    code: Code::Limited,
                    ..failure
                },
                _ => unavailable(failure),
            })
        }
    }
}

/// What would be attached; `None` when that is the pod's affair.
fn kind(call: &Call<'_>) -> Result<Option<colvin_attach::Kind>, Failure> {
    let named = call.config.what.network.as_ref();
    let arguments = Arguments::default();
    let Ok(ifname): Result<IfName, _> = "net0".parse() else {
        return Ok(None);
    };
    let search = Search {
        roots: call.roots,
        config: call.config,
        arguments: &arguments,
        container: "",
        ifname: &ifname,
    };
    if let Some(network) = named {
        search.record(network)?;
    }
    if !search.names_device()? {
        return Ok(None);
    }
    let found = search.found()?;
    let Some(found) = found.first() else {
        return Ok(None);
    };
    let wish = Wish {
        config: call.config,
        arguments: &arguments,
        found,
        sysfs: &call.roots.sysfs,
        state: &call.roots.state,
    };
    wish.kind().map(Some)
}

/// Code 50 for what is not there now; what was wrong with the configuration stays so.
fn unavailable(failure: Failure) -> Failure {
    match failure.code {
        Code::Device | Code::Io | Code::Kernel | Code::Address | Code::TryAgain => Failure {
            code: Code::NotAvailable,
            ..failure
        },
        _ => failure,
    }
}
