//! Which devices a container gets: those of init containers first, then those of the wanted NUMA nodes,
//! then what the plugin would take, then any.
//!
//! Left to others: giving them.

use std::collections::HashSet;

use colvin_kubelet_api::device_plugin::v1beta1::{
    ContainerPreferredAllocationRequest, PreferredAllocationRequest,
};

use super::admission::{AdmissionError, Asking};
use super::judge;
use super::pods::nodes;
use super::record::What;
use super::shared::Shared;
use super::state::State;

/// Devices that can be given, by how well they fit.
#[derive(Debug)]
struct Free {
    /// On a NUMA node that is wanted.
    aligned: HashSet<String>,
    /// On another NUMA node.
    unaligned: HashSet<String>,
    /// Without a place, or where nobody wants one.
    anywhere: HashSet<String>,
}

/// What is taken so far.
#[derive(Debug)]
struct Taken {
    ids: HashSet<String>,
    needed: usize,
}

impl Taken {
    /// Takes from these; true when no more are needed.
    fn from(&mut self, from: impl IntoIterator<Item = String>) -> bool {
        for id in from {
            if self.needed == 0 {
                break;
            }
            if self.ids.insert(id) {
                self.needed -= 1;
            }
        }
        self.needed == 0
    }
}

/// The devices for the container; `None` when it has them already.
pub(super) async fn choose(
    shared: &Shared,
    asking: &Asking,
    count: usize,
) -> Result<Option<HashSet<String>>, AdmissionError> {
    let Some((mut taken, free)) = shared.look(|state| begin(state, asking, count))? else {
        return Ok(None);
    };
    if taken.needed == 0 {
        return Ok(Some(taken.ids));
    }
    let all: HashSet<String> = free
        .aligned
        .iter()
        .chain(&free.unaligned)
        .chain(&free.anywhere)
        .cloned()
        .collect();
    let from = if taken.needed < free.aligned.len() {
        &free.aligned
    } else {
        if taken.from(free.aligned.clone()) {
            return Ok(Some(taken.ids));
        }
        &all
    };
    let preferred = preferred(shared, &asking.resource, from, &taken.ids, count).await?;
    let wanted = preferred.into_iter().filter(|id| from.contains(id));
    let done = taken.from(wanted)
        || taken.from(free.aligned)
        || taken.from(free.unaligned)
        || taken.from(free.anywhere);
    let free = count - taken.needed;
    done.then_some(Some(taken.ids))
        .ok_or(AdmissionError::TooFew {
            needed: count,
            free,
        })
}

/// What the container reuses, and what is free beside that.
fn begin(
    state: &State,
    asking: &Asking,
    count: usize,
) -> Result<Option<(Taken, Free)>, AdmissionError> {
    let Asking {
        pod,
        container,
        resource,
        role: _,
    } = asking;
    let held = state.pods.of(pod, container, resource);
    if held.as_ref().is_some_and(|held| held.len() != count) {
        return Err(AdmissionError::Changed);
    }
    let healthy = state.healthy.get(resource);
    let healthy = healthy.ok_or(AdmissionError::Unregistered)?;
    if healthy.is_empty() {
        return Err(AdmissionError::NoneHealthy);
    }
    if let Some(held) = held {
        return if held.is_subset(healthy) {
            Ok(None)
        } else {
            Err(AdmissionError::HeldUnhealthy)
        };
    }
    let mut taken = Taken {
        ids: HashSet::new(),
        needed: count,
    };
    taken.from(state.pods.reusable(pod, resource));
    let in_use = state.pods.held(resource);
    let free: HashSet<String> = healthy.difference(&in_use).cloned().collect();
    if free.len() < taken.needed {
        return Err(AdmissionError::TooFew {
            needed: taken.needed,
            free: free.len(),
        });
    }
    Ok(Some((taken, by_affinity(state, resource, free))))
}

fn by_affinity(state: &State, resource: &str, free: HashSet<String>) -> Free {
    let mut sorted = Free {
        aligned: HashSet::new(),
        unaligned: HashSet::new(),
        anywhere: HashSet::new(),
    };
    let devices = state.devices.get(resource);
    let places = |id: &String| nodes(devices.and_then(|devices| devices.get(id)).cloned());
    let has_places = devices.is_some_and(|devices| devices.keys().any(|id| !places(id).is_empty()));
    for id in free {
        let places = places(&id);
        match &state.affinity {
            Some(wanted) if has_places && places.iter().any(|node| wanted.contains(node)) => {
                sorted.aligned.insert(id)
            }
            Some(_) if has_places && !places.is_empty() => sorted.unaligned.insert(id),
            Some(_) | None => sorted.anywhere.insert(id),
        };
    }
    sorted
}

/// What the plugin would take of these; empty where it does not want to be asked.
async fn preferred(
    shared: &Shared,
    resource: &str,
    free: &HashSet<String>,
    taken: &HashSet<String>,
    count: usize,
) -> Result<Vec<String>, AdmissionError> {
    let plugin = match shared.look(|state| state.plugin(resource)) {
        Some(Ok(plugin)) => plugin,
        Some(Err(_)) => return Err(AdmissionError::Stopped),
        None => return Err(AdmissionError::Unregistered),
    };
    if !plugin.options.get_preferred_allocation_available {
        return Ok(Vec::new());
    }
    let asked = ContainerPreferredAllocationRequest {
        available_device_i_ds: free.union(taken).cloned().collect(),
        must_include_device_i_ds: taken.iter().cloned().collect(),
        allocation_size: i32::try_from(count).unwrap_or(i32::MAX),
    };
    let request = PreferredAllocationRequest {
        container_requests: vec![asked.clone()],
    };
    let mut client = plugin.client;
    let answer = client.get_preferred_allocation(request).await;
    let answers = match answer {
        Ok(answer) => answer.into_inner().container_responses,
        Err(status) => {
            let text = format!("{resource}: GetPreferredAllocation failed: {status}");
            shared.change(|state| state.breach("DP-18", text));
            return Err(status.into());
        }
    };
    let ids = answers.into_iter().next().map(|answer| answer.device_i_ds);
    let ids = ids.unwrap_or_default();
    let breaches = judge::preferred(resource, &asked, &ids);
    shared.change(|state| {
        for text in breaches {
            state.breach("DP-18", text);
        }
        state.happened(What::Preferred {
            resource: resource.to_owned(),
            available: asked.available_device_i_ds.len(),
            ids: ids.clone(),
        });
    });
    Ok(ids)
}
