//! ADD: attaches, and says what came of it.
//!
//! Several devices of one pod are attached in turn; when one fails, those before it are undone. Left to
//! others: each attachment and its own undoing (`colvin-attach`).

use std::path::PathBuf;

use colvin_attach::{Attached, AttachmentKey, Former, OfNetwork, Owner, Patience, Request};
use colvin_kernel::sysfs::{self, SysfsRoot};
use colvin_model::PciAddress;

use super::Call;
use crate::asked::{Wish, ipam_call};
use crate::device_info;
use crate::failure::{Code, Failure};
use crate::outcome::{Made, Outcome};
use crate::which::{Found, Search};

/// Attaches what the call is about; gives the result.
pub(super) fn answer(call: &mut Call<'_>) -> Result<String, Failure> {
    // what cannot be answered is refused before anything is done
    let mut outcome = Outcome::after(call.config.previous, call.config.version)?;
    let requests = requests(call)?;
    let sandbox = netns(call)?;
    let mut made: Vec<AttachmentKey> = Vec::new();
    for request in &requests {
        let attached = colvin_attach::add(call.roots, request, &mut call.trace)
            .map_err(Failure::from)
            .and_then(|attached| {
                made.push(request.key.clone());
                tell(call, &mut outcome, &attached, &sandbox)
            });
        if let Err(failure) = attached {
            return Err(undone(call, &made, failure));
        }
    }
    if let Some(dns) = call.config.dns
        && outcome.has_no_dns()
    {
        outcome.set_dns(dns);
    }
    outcome
        .json()
        .map_err(|failure| undone(call, &made, failure))
}

/// One request for each device.
pub(super) fn requests(call: &Call<'_>) -> Result<Vec<Request>, Failure> {
    let (container, ifname) = call.names()?;
    let search = Search {
        roots: call.roots,
        config: call.config,
        arguments: &call.environment.arguments,
        container,
        ifname,
    };
    let found = search.found()?;
    found.iter().map(|found| request(call, found)).collect()
}

fn request(call: &Call<'_>, found: &Found) -> Result<Request, Failure> {
    let (container, ifname) = call.names()?;
    let arguments = &call.environment.arguments;
    let wish = Wish {
        config: call.config,
        arguments,
        found,
        sysfs: &call.roots.sysfs,
        state: &call.roots.state,
    };
    let pod = arguments.pod.as_ref();
    Ok(Request {
        key: AttachmentKey {
            network: call.config.name.clone(),
            container: container.to_owned(),
            ifname: ifname.clone(),
            name: found.name.clone(),
        },
        netns: netns(call)?,
        owner: Owner {
            namespace: pod.map(|pod| pod.namespace.clone()),
            pod: pod.map(|pod| pod.name.clone()),
            uid: pod.and_then(|pod| pod.uid.clone()),
        },
        given: found.given.clone(),
        kind: wish.kind()?,
        addressing: wish.addressing(call.bytes, call.environment)?,
        network: found
            .network
            .as_ref()
            .map(|network| OfNetwork::of(network, &found.claim)),
        patience: Patience::default(),
        own_netns: call.environment.own_netns_allowed,
    })
}

pub(super) fn netns(call: &Call<'_>) -> Result<PathBuf, Failure> {
    let netns = call.environment.netns.clone();
    netns.ok_or_else(|| Failure::new(Code::Environment, "CNI_NETNS is needed"))
}

/// Adds an attachment to the result, and writes the file that says which device it is.
fn tell(
    call: &Call<'_>,
    outcome: &mut Outcome<'_>,
    attached: &Attached,
    sandbox: &std::path::Path,
) -> Result<(), Failure> {
    let interface = attached.interface.as_ref();
    let made = Made {
        name: interface.map(|interface| &interface.name),
        mac: interface.and_then(|interface| interface.mac),
        mtu: interface.map(|interface| interface.mtu),
        pci: attached.device,
        lease: &attached.lease,
    };
    outcome.add(&made, sandbox)?;
    // a chain's file would be one for several devices
    if let (Some(file), Some(device)) = (&call.config.runtime.device_info_file, attached.device)
        && !call.config.is_chained()
    {
        device_info::write(file, device, pf_of(call, device))?;
    }
    Ok(())
}

fn pf_of(call: &Call<'_>, vf: PciAddress) -> Option<PciAddress> {
    let root = SysfsRoot::new(&call.roots.sysfs).ok()?;
    let place = sysfs::vf::place(&root, vf).ok()??;
    Some(place.pf)
}

/// Undoes what was made before something failed; what cannot be undone is said, too.
fn undone(call: &mut Call<'_>, made: &[AttachmentKey], mut failure: Failure) -> Failure {
    if let Some(file) = &call.config.runtime.device_info_file
        && let Err(error) = device_info::remove(file)
    {
        call.notes
            .push(format!("removing {}: {error}", file.display()));
    }
    for key in made.iter().rev() {
        let former = Former {
            network: key.network.clone(),
            container: key.container.clone(),
            ifname: key.ifname.clone(),
            name: Some(key.name.clone()),
            netns: call.environment.netns.clone(),
            device: None,
            ipam: Some(ipam_call(call.bytes, call.environment)),
            patience: Patience::default(),
        };
        let left = match colvin_attach::del(call.roots, &former, &mut call.trace) {
            Ok(detached) => detached.unfinished,
            Err(error) => vec![error],
        };
        for error in left {
            let said = format!("undoing {}: {error}", key.name);
            if !failure.details.is_empty() {
                failure.details.push_str("; ");
            }
            failure.details.push_str(&said);
        }
    }
    failure
}
