//! What is said of the slices: to whoever follows the state, and to the log, a line per change.
//!
//! Left to others: metrics, which who follows the state can make of it.

use std::sync::Arc;

use tokio::sync::watch;
use tracing::{debug, info, warn};

use crate::memory::Kept;
use crate::name::PoolName;
use crate::plan::Step;
use crate::server::Failure;
use crate::slice::Slice;
use crate::state::{Sight, State, Trouble};

/// Tells the state, where it is another.
pub(super) fn changes(sender: &watch::Sender<Arc<State>>, state: State) {
    sender.send_if_modified(|last| {
        if **last == state {
            return false;
        }
        log(last, &state);
        *last = Arc::new(state);
        true
    });
}

fn log(last: &State, state: &State) {
    if last.sight != state.sight {
        match &state.sight {
            Sight::Looking | Sight::Seen => info!(sight = ?state.sight, "slices are followed"),
            Sight::Absent => warn!("no resource.k8s.io/v1: no slices are published"),
            sight @ (Sight::Forbidden(_) | Sight::Failing(_)) => {
                warn!(?sight, "slices cannot be followed yet, those known stand");
            }
        }
    }
    for gate in state.dropped.difference(&last.dropped) {
        warn!(%gate, "the API server drops what needs this gate");
    }
    for gate in last.dropped.difference(&state.dropped) {
        info!(%gate, "what needs this gate is asked for again");
    }
    for (pool, trouble) in &state.troubles {
        if let Trouble::Breach(breach) = trouble
            && last.troubles.get(pool) != Some(trouble)
        {
            let limit = &breach.limit;
            warn!(%pool, device = breach.device, field = breach.field, %limit, "pool breaks a limit");
        }
    }
}

/// Tells how a request ended. `is_known`: that the pool is in trouble was told before.
pub(super) fn answer(step: &Step, answer: &Result<Option<Slice>, Failure>, is_known: bool) {
    let pool = step.pool();
    match answer {
        Ok(Some(slice)) => {
            let (name, generation) = (&slice.name, slice.generation);
            let devices = slice.form.devices.len();
            info!(%pool, slice = name, generation, devices, "slice written");
        }
        Ok(None) => info!(%pool, "slice deleted"),
        Err(failure) if is_known => debug!(%pool, %failure, "pool cannot be written yet"),
        Err(failure) => warn!(%pool, %failure, "pool cannot be written yet"),
    }
}

/// Tells what the server made of a write.
pub(super) fn kept(pool: &PoolName, kept: Option<Kept>) {
    match kept {
        None | Some(Kept::Whole) => {}
        Some(Kept::Without(features)) => debug!(%pool, ?features, "slice is kept without"),
        Some(Kept::Otherwise) => {
            warn!(%pool, "the API server keeps the slice in another form than it was written");
        }
    }
}
