//! Where the claims that were prepared on this node do not agree with each other, the journal or the API server.
//!
//! Left to others: what the kubelet says of their pods.

use std::collections::BTreeMap;

use super::super::api::OfClaim;
use super::super::facts::{Facts, Prepared, PreparedDevice};
use super::{Disagreement, named};

/// Who writes these records.
const KUBELET: &str = "the kubelet has it undone when the last pod that uses it is gone: look again; if it stays, restart the \
         kubelet, which goes through its claims when it starts";

/// Every disagreement about claims. `said` is nothing where the API server was not asked.
pub(super) fn disagreements(facts: &Facts, said: Option<&[OfClaim]>) -> Vec<Disagreement> {
    let mut all = twice(facts);
    for claim in &facts.claims {
        let said = said.and_then(|said| said.iter().find(|it| it.is_of(claim)));
        if let Some(said) = said {
            all.extend(by_the_api_server(facts, claim, said));
        }
    }
    all
}

/// Devices that two claims have, or a claim and a pod by the device plugin.
fn twice(facts: &Facts) -> Vec<Disagreement> {
    let mut all = Vec::new();
    let mut had: BTreeMap<&str, &Prepared> = BTreeMap::new();
    for claim in &facts.claims {
        for device in claim.devices.iter().filter(|device| !device.shared) {
            if let Some(other) = had.insert(&device.device, claim) {
                all.push(both(
                    device,
                    &format!("the claim {}", other.called()),
                    claim,
                ));
            }
            let mut given = facts.given.iter().filter(|given| !given.shared);
            if let Some(given) = given.find(|given| given.device == device.device) {
                let holder = given
                    .holder
                    .as_ref()
                    .map_or_else(|| "a pod".to_owned(), ToString::to_string);
                all.push(both(
                    device,
                    &format!("{holder} by the device plugin"),
                    claim,
                ));
            }
        }
    }
    all
}

fn both(device: &PreparedDevice, first: &str, claim: &Prepared) -> Disagreement {
    Disagreement {
        what: format!(
            "{} was given to {first} and to the claim {}",
            device.device,
            claim.called()
        ),
        remedy: "the journal lets only one of them have it; delete the pod that does not start, and tell us how it came: \
                 colvin support-bundle"
            .to_owned(),
        ..Disagreement::default()
    }
}

/// Where the API server does not say of a claim what was prepared.
fn by_the_api_server(facts: &Facts, claim: &Prepared, said: &OfClaim) -> Vec<Disagreement> {
    let called = claim.called();
    let gone = match &said.uid {
        None => {
            format!("the claim {called} is prepared here, but the API server has no such claim")
        }
        Some(now) if *now != claim.uid => format!(
            "the claim {called} is prepared here with the UID {}, but the claim of this name is {now} by now",
            claim.uid
        ),
        Some(_) => return not_reserved(facts, claim, said),
    };
    vec![Disagreement {
        what: gone,
        remedy: KUBELET.to_owned(),
        ..Disagreement::default()
    }]
}

/// Attachments of a claim's devices for pods that it is not reserved for.
fn not_reserved(facts: &Facts, claim: &Prepared, said: &OfClaim) -> Vec<Disagreement> {
    let attached = facts.attachments.iter().filter(|it| it.dead.is_none());
    let strangers = attached.filter_map(|it| {
        let (namespace, pod) = it.owner()?;
        let mut devices = claim.devices.iter().filter(|device| !device.shared);
        let is_its = devices.any(|device| it.device.is_some() && it.device == device.address);
        let may = namespace == claim.namespace && said.pods.iter().any(|one| one == pod);
        (is_its && !may).then(|| {
            let what = format!(
                "the journal has {}, but the claim {}, whose device it is, is not reserved for that pod",
                named(it),
                claim.called()
            );
            let remedy = "if the pod has ended, its DEL is missing and the agent undoes it; else it names the device itself: \
                          take `deviceID` out of its configuration";
            Disagreement::of(it, what, remedy)
        })
    });
    // a claim for a group of pods names none of them
    if said.pods.is_empty() && said.is_reserved {
        return Vec::new();
    }
    strangers.collect()
}
