//! What was planned is done in the pod, or taken back where something of it cannot be done.
//!
//! Left to others: what is planned ([`super::plan`]), the journal ([`super`]).

use colvin_kernel::netlink::change::{By, ChangeError, LinkChange, LinkFacts, Route, RouteSocket};
use colvin_model::IfIndex;

use super::Changes;
use super::plan::{Plan, is_same};
use crate::error::AttachError;

/// All is done.
pub(super) struct Applied {
    /// What is another now.
    pub(super) changes: Changes,
    /// Routes that somebody else made in the meantime.
    pub(super) others: Vec<Route>,
}

/// Something could not be done.
pub(super) struct Failed {
    pub(super) why: AttachError,
    /// Whether the pod has what it had.
    pub(super) is_taken_back: bool,
}

/// What was done, or may be.
enum Step {
    Mtu { before: u32, now: u32 },
    Removed(Route),
    Added(Route),
}

/// Does it.
pub(super) fn apply(
    socket: &mut RouteSocket,
    link: &LinkFacts,
    plan: &Plan,
) -> Result<Applied, Failed> {
    let (mut steps, mut others) = (Vec::new(), Vec::new());
    match forward(socket, link, plan, &mut steps, &mut others) {
        Ok(()) => Ok(Applied {
            changes: changes(&steps),
            others,
        }),
        Err(first) => {
            let more = back(socket, link.link.index, &steps);
            let is_taken_back = more.is_empty();
            let why = if is_taken_back {
                first
            } else {
                AttachError::Several {
                    first: Box::new(first),
                    more,
                }
            };
            Err(Failed { why, is_taken_back })
        }
    }
}

fn forward(
    socket: &mut RouteSocket,
    link: &LinkFacts,
    plan: &Plan,
    steps: &mut Vec<Step>,
    others: &mut Vec<Route>,
) -> Result<(), AttachError> {
    let (index, before) = (link.link.index, link.link.mtu_bytes);
    if let Some(now) = plan.mtu.filter(|mtu| *mtu != before) {
        steps.push(Step::Mtu { before, now });
        set_mtu(socket, index, now)?;
    }
    // an old way to the same place would keep the new one out
    for route in &plan.remove {
        let removed = socket.remove_route(route);
        if is_perhaps_done(&removed) {
            steps.push(Step::Removed(route.clone()));
        }
        removed?;
    }
    for (_, route) in &plan.add {
        let added = socket.add_route(route);
        if is_perhaps_done(&added) {
            steps.push(Step::Added(route.clone()));
        }
        match added {
            Err(error) if error.is_taken() && has(socket, index, route)? => {
                others.push(route.clone());
            }
            answer => answer?,
        }
    }
    Ok(())
}

/// Whether there is the very route by now.
fn has(socket: &mut RouteSocket, index: IfIndex, route: &Route) -> Result<bool, AttachError> {
    let routes = socket.routes(Some(index))?;
    Ok(routes.iter().any(|has| is_same(has, route)))
}

/// Sets it, and looks: a driver may take less than it was told.
fn set_mtu(socket: &mut RouteSocket, index: IfIndex, mtu: u32) -> Result<(), AttachError> {
    let change = LinkChange {
        mtu_bytes: Some(mtu),
        ..LinkChange::default()
    };
    socket.set(index, &change)?;
    let now = socket.link(By::Index(index))?;
    match now.map(|link| link.link.mtu_bytes) {
        Some(now) if now == mtu => Ok(()),
        now => Err(AttachError::Kernel {
            what: format!("the driver did not take the mtu {mtu}"),
            reason: format!("it has {now:?}"),
        }),
    }
}

fn is_perhaps_done<T>(answer: &Result<T, ChangeError>) -> bool {
    matches!(answer, Ok(_) | Err(ChangeError::Unanswered { .. }))
}

/// Takes the steps back, the last one first. Gives what could not be.
fn back(socket: &mut RouteSocket, index: IfIndex, steps: &[Step]) -> Vec<AttachError> {
    let mut failures = Vec::new();
    for step in steps.iter().rev() {
        let taken_back = match step {
            Step::Mtu { before, .. } => set_mtu(socket, index, *before),
            Step::Removed(route) => match socket.add_route(route) {
                Err(error) if error.is_taken() => Ok(()),
                answer => answer.map_err(AttachError::from),
            },
            Step::Added(route) => {
                let removed = socket.remove_route(route);
                removed.map(drop).map_err(AttachError::from)
            }
        };
        failures.extend(taken_back.err());
    }
    failures
}

fn changes(steps: &[Step]) -> Changes {
    let mut changes = Changes::default();
    for step in steps {
        match step {
            Step::Mtu { before, now } => changes.mtu = Some((*before, *now)),
            Step::Removed(route) => changes.removed.push(words(route)),
            Step::Added(route) => changes.added.push(words(route)),
        }
    }
    changes
}

fn words(route: &Route) -> String {
    let gateway = route.gateway.map(|gateway| format!(" by {gateway}"));
    let (to, length) = (route.destination, route.prefix_length);
    format!("{to}/{length}{}", gateway.unwrap_or_default())
}
