//! `ADD`: journal first, then the change.
//!
//! Left to others: how each kind is attached ([`crate::kind`], [`crate::apply`]).

use std::time::Duration;

use colvin_ipam::{Lease, Method};

use crate::apply::{Applying, finish, place};
use crate::attached::Attached;
use crate::claim::claim;
use crate::error::AttachError;
use crate::host::Host;
use crate::journal::{Held, Record, State, Target};
use crate::kind::{self, LinkPlan, Plan};
use crate::pod::{self, Inside, Pod};
use crate::rebuild;
use crate::release::release_all;
use crate::request::{Addressing, IpamCall, Request};
use crate::roots::Roots;
use crate::trace::{StepKind, Trace};
use crate::undo::{ChildImage, Given, Undo, call, mark_of, method};

/// Makes the attachment. When it fails, the node is as it was before.
///
/// # Errors
/// [`AttachError`], with every failure of the undoing after the first.
pub fn add(roots: &Roots, request: &Request, trace: &mut Trace) -> Result<Attached, AttachError> {
    let addressing = Resolved::of(&request.addressing)?;
    let mut host = Host::open(roots)?;
    let netns = pod::open(&host, request)?;
    let name = find_record(roots, &mut host, request, trace)?;
    let mut held = claim(roots, &mut host, &netns, request, &name, trace)?;
    let mut pod = Pod::enter(roots, &host, netns, &request.key.name, trace)?;
    let plan = look(roots, &mut host, &mut pod, request, &name, trace)?;
    if plan.link.is_none() && addressing.has_addresses() {
        return Err(AttachError::Config(
            "ipam cannot be used: a userspace driver has the function, so it has no interface for addresses"
                .to_owned(),
        ));
    }
    let mut record = begun(roots, request, &pod, (&plan, &name), &addressing);
    trace.step(StepKind::Journal, "journal: Intent", || {
        held.begin(roots, &record)
    })?;
    let mut applying = Applying {
        roots,
        host: &mut host,
        pod: &mut pod,
        trace,
    };
    match make(
        &mut applying,
        request,
        &plan,
        &addressing,
        &mut held,
        &mut record,
    ) {
        Ok(attached) => Ok(attached),
        Err(first) => Err(undone(
            roots,
            &mut host,
            held,
            &mut record,
            request,
            first,
            trace,
        )),
    }
}

/// Looks what is to be done. A link that bears the mark of a record which was lost is made what it was
/// first.
fn look(
    roots: &Roots,
    host: &mut Host,
    pod: &mut Pod,
    request: &Request,
    record: &str,
    trace: &mut Trace,
) -> Result<Plan, AttachError> {
    let mut plan = kind::plan(host, pod, &request.kind, record);
    if let Ok(Plan {
        link: Some(LinkPlan::Move(link)),
        ..
    }) = &plan
        && rebuild::is_mark(link.image.alias.as_deref())
    {
        rebuild::rebuild_at_home(roots, host, record, trace)?;
        plan = kind::plan(host, pod, &request.kind, record);
    }
    host.note(trace);
    pod.note(trace);
    plan
}

/// Asks IPAM and does what was planned, in their order, and writes that it is done.
fn make(
    applying: &mut Applying<'_>,
    request: &Request,
    plan: &Plan,
    addressing: &Resolved<'_>,
    held: &mut Held,
    record: &mut Record,
) -> Result<Attached, AttachError> {
    let is_first = addressing.order == Order::AddressesFirst;
    let none = Lease::default();
    let early = if is_first {
        lease(applying, request, addressing)?
    } else {
        None
    };
    let mut inside = Inside {
        name: &request.key.name,
        lease: early.as_ref().unwrap_or(&none),
        routes: request.network.as_ref().map_or(&[], |it| &it.routes),
        slaac: addressing.slaac,
        mark: match &plan.link {
            Some(LinkPlan::Make(_)) => Some(mark_of(&held.name, &request.key.name)),
            _ => None,
        },
        is_up: is_first
            && early.as_ref().is_none_or(|lease| lease.ips.is_empty())
            && (!applying.pod.heeds_routers || addressing.slaac.is_some()),
    };
    let vf = place(applying, plan, &inside)?;
    let late = if is_first {
        None
    } else {
        applying
            .pod
            .hush(applying.roots, inside.name, applying.trace)?;
        lease(applying, request, addressing)?
    };
    inside.lease = late.as_ref().unwrap_or(inside.lease);
    let (attached, made) = finish(applying, request, plan, &inside, vf)?;
    record.state = State::Applied;
    record.made = Some(made);
    applying
        .trace
        .step(StepKind::Journal, "journal: Applied", || held.note(record))?;
    Ok(attached)
}

/// What IPAM gives, where it is asked.
fn lease(
    applying: &mut Applying<'_>,
    request: &Request,
    addressing: &Resolved<'_>,
) -> Result<Option<Lease>, AttachError> {
    let given = Given {
        roots: applying.roots,
        network: &request.key.network,
        interface: Some(&request.key),
        netns: Some(&request.netns),
        patience: request.patience,
    };
    let ask = |ipam| call(&given, ipam, "ADD", applying.trace, colvin_ipam::add);
    addressing.ipam.map(ask).transpose()
}

/// Undoes what was begun. Gives the error that a caller gets.
fn undone(
    roots: &Roots,
    host: &mut Host,
    held: Held,
    record: &mut Record,
    request: &Request,
    first: AttachError,
    trace: &mut Trace,
) -> AttachError {
    host.note(trace);
    let (_, more) = release_all(roots, host, held, record, request.patience, trace);
    if more.is_empty() {
        return first;
    }
    AttachError::Several {
        first: Box::new(first),
        more,
    }
}

/// The name of the record of what is asked for. A device of the host that is not there may be on its way
/// back from a former pod: it is waited for while the journal has it.
fn find_record(
    roots: &Roots,
    host: &mut Host,
    request: &Request,
    trace: &mut Trace,
) -> Result<String, AttachError> {
    let found = kind::record_name(host, &request.kind, &request.key);
    host.note(trace);
    match found {
        Err(AttachError::NoDevice(reason)) => {
            match crate::claim::holder_of(roots, &request.kind, &request.key)? {
                Some(record) => Ok(record),
                None => Err(AttachError::NoDevice(reason)),
            }
        }
        answer => answer,
    }
}

/// What will be done and undone.
fn begun(
    roots: &Roots,
    request: &Request,
    pod: &Pod,
    (plan, record): (&Plan, &str),
    addressing: &Resolved<'_>,
) -> Record {
    let ipam = || addressing.ipam.cloned().map(Undo::Ipam);
    let mut undo = Vec::new();
    if addressing.order == Order::AddressesFirst {
        undo.extend(ipam());
    }
    if let Some(vf) = plan.vf.as_ref().filter(|vf| !vf.change.is_empty()) {
        undo.push(Undo::Vf(vf.undo.clone()));
    }
    match &plan.link {
        Some(LinkPlan::Move(link)) => undo.push(Undo::Link(link.image.clone())),
        Some(LinkPlan::Make(link)) => undo.push(Undo::Child(ChildImage {
            name: request.key.name.clone(),
            word: link.kind.word().to_owned(),
            mac: link.mac,
            mark: mark_of(record, &request.key.name),
        })),
        None => {}
    }
    if addressing.order == Order::LinkFirst {
        undo.extend(ipam());
    }
    Record {
        state: State::Intent,
        key: request.key.clone(),
        owner: request.owner.clone(),
        kind: kind::word(&request.kind).to_owned(),
        device: plan.device,
        given: request.given.clone(),
        network: request.network.clone(),
        change: None,
        interface: plan.link.as_ref().map(|_| request.key.name.clone()),
        netns: Target {
            path: request.netns.clone(),
            id: pod.netns.id().to_string(),
        },
        boot_id: roots.boot_id.clone(),
        begun_ns: u64::try_from(roots.now.as_nanos()).unwrap_or(u64::MAX),
        undo,
        made: None,
    }
}

/// What is done first; undoing goes the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// What can fail without touching the device comes before it.
    AddressesFirst,
    /// Another program gives addresses, which may need the link for it, as `dhcp` does: it is called as the plugins
    /// call it that it was written for, once the interface is in the pod, and before it goes.
    LinkFirst,
}

/// Where addresses come from, once the configuration was read.
#[derive(Debug)]
struct Resolved<'a> {
    ipam: Option<&'a IpamCall>,
    slaac: Option<Duration>,
    order: Order,
}

impl<'a> Resolved<'a> {
    fn of(addressing: &'a Addressing) -> Result<Self, AttachError> {
        let mut resolved = Self {
            ipam: None,
            slaac: None,
            order: Order::AddressesFirst,
        };
        match addressing {
            Addressing::None => {}
            Addressing::Slaac { wait } => resolved.slaac = Some(*wait),
            Addressing::Ipam(call) => match method(call)? {
                Method::None => {}
                Method::Slaac(slaac) => resolved.slaac = Some(slaac.wait.unwrap_or_default()),
                Method::Static | Method::HostLocal => resolved.ipam = Some(call),
                Method::Delegate(_) => {
                    resolved.ipam = Some(call);
                    resolved.order = Order::LinkFirst;
                }
            },
        }
        Ok(resolved)
    }

    fn has_addresses(&self) -> bool {
        self.ipam.is_some() || self.slaac.is_some()
    }
}
