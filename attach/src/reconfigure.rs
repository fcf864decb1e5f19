//! A running attachment follows its Network: MTU and routes, in the pod's namespace, journal first.
//!
//! What will be is written before it is made, and what is after it; so a kill in between is finished by the next
//! call. The list of what is to be undone stays as it is: a link goes back with the settings that it had before its
//! `ADD`. What cannot be made is taken back, and the pod has what it had. Left to others: which attachments, when, and
//! who is told (`colvin-agent`), what is to be done ([`plan`]).

mod apply;
mod plan;

use std::fmt;

use colvin_kernel::netlink::change::{By, LinkFacts, RouteSocket, Scope};
use colvin_kernel::netns::NetNs;
use colvin_kernel::sysfs::vf;
use colvin_model::IfName;

use crate::error::AttachError;
use crate::host::{Host, note};
use crate::journal::{Change, Content, Held, Made, Record, State, hold};
use crate::pod::{Known, at_its_path, is_the_one};
use crate::request::{OfNetwork, Patience};
use crate::roots::Roots;
use crate::sweep::Seen;
use crate::trace::{StepKind, Trace};
use crate::undo::{Undo, link_of, seek};
use plan::{Now, Plan};

/// The least MTU with which the kernel keeps IPv6 on a link (RFC 8200, section 5).
const LEAST_V6_MTU: u32 = 1280;

/// What is another in the pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The MTU of before, and that of now, in bytes.
    pub mtu: Option<(u32, u32)>,
    /// Routes that are new, in words.
    pub added: Vec<String>,
    /// Routes that are gone.
    pub removed: Vec<String>,
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mtu = self
            .mtu
            .map(|(before, now)| format!("mtu {now} in place of {before}"));
        let added = self.added.iter().map(|route| format!("a route to {route}"));
        let removed = self.removed.iter();
        let removed = removed.map(|route| format!("no route to {route} any more"));
        let words: Vec<String> = mtu.into_iter().chain(added).chain(removed).collect();
        f.write_str(&words.join(", "))
    }
}

/// Makes the attachment what its Network says, if its record is still the one that was seen. `None`: nothing in the
/// pod had to be changed, or there is no pod any more.
///
/// # Errors
/// [`AttachError::Config`] for what the device cannot have, [`AttachError::Kernel`] for what the kernel refused,
/// [`AttachError::Drift`] when the pod has not the interface any more: the pod has what it had. Others where it could
/// not be looked at, or changed now: the next call finishes what was begun.
pub fn reconfigure(
    roots: &Roots,
    seen: &Seen,
    wanted: &OfNetwork,
    patience: Patience,
    trace: &mut Trace,
) -> Result<Option<Changes>, AttachError> {
    let Some((mut held, content)) = hold(roots, &seen.record, false, patience.device)? else {
        return Ok(None);
    };
    let Content::Record { mut record, .. } = content else {
        held.keep(); // whoever can tell what it was finds it
        return Ok(None);
    };
    let is_it = record.begun_ns == seen.generation
        && record.state == State::Applied
        && record.boot_id == roots.boot_id;
    let Some(before) = record.network.clone().filter(|_| is_it) else {
        return Ok(None); // another one has the device by now
    };
    if before == *wanted && record.change.is_none() {
        return Ok(None);
    }
    let Some(pod) = at_its_path(&record.netns)? else {
        return Ok(None);
    };
    let mut host = Host::open(roots)?;
    let plan = match record.interface.clone() {
        Some(name) => {
            let mut place = Place::find(&pod, &record, &name)?;
            let planned = plan_in(&mut host, &mut place, &record, wanted);
            note(&mut place.socket, trace, "pod");
            host.note(trace);
            Some((place, planned?))
        }
        // a userspace driver has it
        None => None,
    };
    let Some((mut place, plan)) = plan else {
        settle(&mut record, wanted, &Plan::default());
        held.note(&record)?;
        return Ok(None);
    };
    if !plan.changes_anything(place.link.link.mtu_bytes) {
        settle(&mut record, wanted, &plan);
        held.note(&record)?;
        return Ok(None);
    }
    let changes = make(
        roots,
        &mut held,
        &mut record,
        (wanted, plan),
        &mut place,
        trace,
    )?;
    Ok(Some(changes))
}

/// The interface in the pod.
struct Place {
    socket: RouteSocket,
    link: LinkFacts,
}

impl Place {
    fn find(pod: &NetNs, record: &Record, name: &IfName) -> Result<Self, AttachError> {
        let mut socket = pod.run(RouteSocket::open)??;
        let named = socket.link(By::Name(name))?;
        let mut found = named.filter(|link| is_the_one(link, record, Known::ByKind));
        for undo in &record.undo {
            // the pod may have named it otherwise
            if let (None, Undo::Link(image)) = (&found, undo) {
                found = seek(&mut socket, image, name)?;
            }
        }
        let link = found.ok_or_else(|| {
            AttachError::Drift(format!("the pod has no interface {name} of ours"))
        })?;
        Ok(Self { socket, link })
    }
}

/// Looks what is to be done.
fn plan_in(
    host: &mut Host,
    place: &mut Place,
    record: &Record,
    wanted: &OfNetwork,
) -> Result<Plan, AttachError> {
    let (Some(before), Some(made)) = (&record.network, &record.made) else {
        return Ok(Plan::default());
    };
    let index = place.link.link.index;
    let below = below(host, place, record)?;
    let at_home = record.undo.iter().find_map(|undo| match undo {
        Undo::Link(image) => Some(image.mtu),
        Undo::Ipam(_) | Undo::Vf(_) | Undo::Child(_) => None,
    });
    let of_below = below.as_ref().map(|(_, link)| link.link.mtu_bytes);
    let now = Now {
        index,
        // what a link has where nobody says: a moved one what it had, a child what its master has
        own_mtu: at_home.or(of_below).unwrap_or(place.link.link.mtu_bytes),
        routes: &place.socket.routes(Some(index))?,
    };
    let plan = plan::plan((before, record.change.as_ref()), made, wanted, &now);
    let Some(mtu) = plan.mtu.filter(|mtu| *mtu != place.link.link.mtu_bytes) else {
        return Ok(plan);
    };
    if let Some((what, link)) = below.filter(|(_, link)| mtu > link.link.mtu_bytes) {
        return Err(AttachError::above(mtu, what, &link));
    }
    if mtu < LEAST_V6_MTU && has_v6(place)? {
        return Err(AttachError::Config(format!(
            "mtu {mtu} would end IPv6 on {}, which has addresses of it: choose at least {LEAST_V6_MTU}",
            place.link.link.name
        )));
    }
    Ok(plan)
}

/// Whether the interface has IPv6 addresses that the kernel does not make by itself.
fn has_v6(place: &mut Place) -> Result<bool, AttachError> {
    let addresses = place.socket.addresses(place.link.link.index)?;
    let mut others = addresses.iter().filter(|it| it.scope != Scope::Link);
    Ok(others.any(|it| it.address.is_ipv6()))
}

/// The link whose MTU the interface's may not be above, and what that is: a VF's PF, a child's master.
fn below(
    host: &mut Host,
    place: &mut Place,
    record: &Record,
) -> Result<Option<(&'static str, LinkFacts)>, AttachError> {
    let is_child = record
        .undo
        .iter()
        .any(|undo| matches!(undo, Undo::Child(_)));
    if let (true, Some(lower)) = (is_child, place.link.lower) {
        let socket = match lower.netnsid {
            None => &mut place.socket,
            Some(_) => &mut host.socket,
        };
        let master = socket.link(By::Index(lower.index))?;
        return Ok(master.map(|link| ("master", link)));
    }
    let Some(device) = record.device else {
        return Ok(None);
    };
    let Some(at) = vf::place(&host.sysfs, device)? else {
        return Ok(None); // it is no VF
    };
    Ok(link_of(host, at.pf)?.map(|link| ("PF", link)))
}

/// Writes what will be, makes it, writes what is.
fn make(
    roots: &Roots,
    held: &mut Held,
    record: &mut Record,
    (wanted, mut plan): (&OfNetwork, Plan),
    place: &mut Place,
    trace: &mut Trace,
) -> Result<Changes, AttachError> {
    let before = record.change.clone();
    record.change = Some(Change {
        to: wanted.clone(),
        adds: plan.adds(before.as_ref()),
    });
    trace.step(StepKind::Journal, "journal: change", || {
        held.change(roots, record)
    })?;
    let applied = apply::apply(&mut place.socket, &place.link, &plan);
    note(&mut place.socket, trace, "pod");
    let changes = match applied {
        Ok(applied) => {
            plan.forget(&applied.others);
            settle(record, wanted, &plan);
            applied.changes
        }
        Err(failed) => {
            if failed.is_taken_back {
                // what an earlier one may have made is known by it alone
                record.change = before;
                trace.step(StepKind::Journal, "journal: no change", || {
                    held.note(record)
                })?;
            }
            return Err(failed.why);
        }
    };
    trace.step(StepKind::Journal, "journal: changed", || held.note(record))?;
    Ok(changes)
}

/// The record of an attachment that is what its Network says.
fn settle(record: &mut Record, wanted: &OfNetwork, plan: &Plan) {
    record.change = None;
    record.network = Some(wanted.clone());
    let made = record.made.get_or_insert_with(Made::default);
    made.followed_mtu = plan.mtu.or(made.followed_mtu);
    made.routes = plan.ours.iter().map(|(route, _)| *route).collect();
}
