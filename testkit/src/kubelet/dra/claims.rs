//! The claims of pods are prepared and undone, and the books of it kept, as the DRA manager does (`manager.go`).
//!
//! Left to others: which pods there are and when they are tried again (`pods`), the wire (`calls`).

use std::collections::{BTreeMap, HashMap};

use colvin_kubelet_api::uds;
use tonic::transport::Channel;

use super::Shared;
use super::calls::{Said, prepare, unprepare};
use super::record::{ClaimName, Device, PodClaim, PodError};
use super::state::{Claim, Plugin, State};

/// What is asked of each driver, in the order in which they are asked.
type Batches = Vec<(String, Vec<ClaimName>)>;

/// A pod with these claims starts: what of them is not prepared is prepared.
pub(super) async fn start(
    shared: &Shared,
    pod: &str,
    claims: &[PodClaim],
) -> Result<Vec<Device>, PodError> {
    // a driver that is not there fails pods whose claims are prepared, too, and leaves nothing to undo
    let mut plugins = BTreeMap::new();
    for driver in claims.iter().flat_map(|it| &it.drivers) {
        if !plugins.contains_key(driver) {
            plugins.insert(driver.clone(), plugin(shared, driver).await?);
        }
    }
    let batches = shared.change(|state| batches(state, pod, claims))?;
    let mut given = HashMap::<ClaimName, Vec<Device>>::new();
    for (driver, names) in batches {
        let Some((plugin, channel)) = plugins.get(&driver) else {
            return Err(PodError::NotRegistered(driver));
        };
        let mut said = prepare(shared, plugin, channel.clone(), &names).await?;
        for name in names {
            let devices = one(shared, &name, &mut said)?;
            given.entry(name).or_default().extend(devices);
        }
    }
    Ok(shared.change(|state| {
        for (name, devices) in given {
            keep(state, &name, devices);
        }
        let claims = claims.iter().map(|it| place(&it.name));
        let claims = claims.filter_map(|place| state.claims.get(&place));
        claims.flat_map(|claim| claim.devices.clone()).collect()
    }))
}

/// What is to be asked for a pod that uses these claims from now on: a claim is prepared when every driver of it has
/// prepared it, and all are asked again until then.
fn batches(state: &mut State, pod: &str, claims: &[PodClaim]) -> Result<Batches, PodError> {
    let mut batches = Batches::new();
    for PodClaim { name, drivers } in claims {
        let claim = state.claims.entry(place(name)).or_insert_with(|| Claim {
            name: name.clone(),
            drivers: drivers.clone(),
            pods: [].into(),
            prepared: false,
            devices: Vec::new(),
        });
        if claim.name.uid != name.uid {
            return Err(PodError::OldClaim(claim.name.uid.clone()));
        }
        claim.pods.insert(pod.to_owned());
        if !claim.prepared {
            ask(&mut batches, claim);
        }
    }
    Ok(batches)
}

fn ask(batches: &mut Batches, claim: &Claim) {
    for driver in &claim.drivers {
        match batches.iter_mut().find(|(known, _)| known == driver) {
            Some((_, names)) => names.push(claim.name.clone()),
            None => batches.push((driver.clone(), vec![claim.name.clone()])),
        }
    }
}

/// What a driver says of one claim; its error fails the pod, and all of it is asked for again.
fn one<T>(shared: &Shared, name: &ClaimName, said: &mut Said<T>) -> Result<T, PodError> {
    let uid = name.uid.clone();
    let Some(said) = said.remove(&uid) else {
        let text = format!("no answer for the claim {uid}");
        shared.change(|state| state.breach("DRA-10", text));
        return Err(PodError::Skipped(uid));
    };
    said.map_err(|message| PodError::Claim { uid, message })
}

fn keep(state: &mut State, name: &ClaimName, devices: Vec<Device>) {
    for request in devices.iter().flat_map(|it| &it.requests) {
        if request.contains('/') {
            state.breach("DRA-13", format!("{request:?} is no base request"));
        }
    }
    if let Some(claim) = state.claims.get_mut(&place(name)) {
        claim.prepared = true;
        claim.devices = devices;
    }
}

/// A pod has ended: its claims are undone that no other pod uses, whether they were ever prepared or not.
pub(super) async fn end(shared: &Shared, pod: &str) -> Result<(), PodError> {
    let (last, batches) = shared.change(|state| {
        let of_pod = state.claims.values_mut();
        let (mut last, mut batches) = (Vec::new(), Batches::new());
        for claim in of_pod.filter(|it| it.pods.contains(pod)) {
            if claim.pods.len() > 1 {
                claim.pods.remove(pod);
            } else {
                last.push(place(&claim.name));
                ask(&mut batches, claim);
            }
        }
        (last, batches)
    });
    for (driver, names) in batches {
        let (plugin, channel) = plugin(shared, &driver).await?;
        let mut said = unprepare(shared, &plugin, channel, &names).await?;
        for name in names {
            one(shared, &name, &mut said)?;
        }
    }
    shared.change(|state| state.claims.retain(|place, _| !last.contains(place)));
    Ok(())
}

fn place(name: &ClaimName) -> (String, String) {
    (name.namespace.clone(), name.name.clone())
}

/// The newest instance of a driver that can be reached.
async fn plugin(shared: &Shared, driver: &str) -> Result<(Plugin, Channel), PodError> {
    let plugins = shared.change(|state| state.plugins_of(driver));
    let mut failure = PodError::NotRegistered(driver.to_owned());
    for plugin in plugins {
        match uds::connect(&plugin.endpoint).await {
            Ok(channel) => return Ok((plugin, channel)),
            Err(error) => failure = PodError::Call(error.to_string()),
        }
    }
    Err(failure)
}
