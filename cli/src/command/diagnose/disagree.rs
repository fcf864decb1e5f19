//! Where the journal, the kernel, the devices that were given out, the kubelet and the API server do not say the same.
//!
//! Judged over what was gathered; nothing is fetched. Left to others: undoing what is left over.

mod api_server;
mod claims;

use colvin_attach::ask::GivenDevice;
use colvin_attach::sweep::Dead;
use colvin_model::offer::Holder;
use serde::Serialize;

use super::agent::{Agent, Said};
use super::api::ApiServer;
use super::facts::{Attachment, Facts, Given, Life, Presence};
use super::{Whom, short};

/// How long an ADD may take before it counts as left over.
const ADD_SECS: u64 = 180;

/// What does not agree, and what to do.
#[derive(Debug, Default, Serialize)]
pub(super) struct Disagreement {
    pub(super) what: String,
    pub(super) remedy: String,
    #[serde(skip)]
    pods: Vec<(String, String)>,
    #[serde(skip)]
    container: Option<String>,
}

impl Disagreement {
    fn of(attachment: &Attachment, what: String, remedy: impl Into<String>) -> Self {
        let owner = attachment.owner();
        let owner = owner.map(|(namespace, pod)| (namespace.to_owned(), pod.to_owned()));
        Self {
            what,
            remedy: remedy.into(),
            pods: owner.into_iter().collect(),
            container: attachment.container.clone(),
        }
    }

    fn and_of(mut self, holder: &Holder) -> Self {
        self.pods
            .push((holder.namespace.clone(), holder.pod.clone()));
        self
    }

    /// Whether it may be about whom was asked about: also when it is not known whom it is about.
    pub(super) fn is_about(&self, whom: &Whom<'_>) -> bool {
        let is_pod = self.pods.iter().any(|(ns, pod)| whom.is_pod(ns, pod));
        let container = self.container.as_deref();
        let is_nobodys = self.pods.is_empty() && container.is_none();
        is_nobodys || is_pod || container.is_some_and(|id| whom.is_container(id))
    }
}

/// Every disagreement.
pub(super) fn disagreements(
    facts: &Facts,
    agent: &Agent,
    api: Option<&ApiServer>,
) -> Vec<Disagreement> {
    let attachments = facts.attachments.iter();
    let mut all: Vec<_> = attachments
        .clone()
        .filter_map(|it| left_over(facts, it).or_else(|| not_as_made(it)))
        .collect();
    for given in &facts.given {
        all.extend(wrong_pod(facts, given));
        all.extend(not_attached(facts, given));
    }
    for said in &agent.said {
        all.extend(by_the_kubelet(facts, said));
    }
    all.extend(claims::disagreements(
        facts,
        api.map(|api| api.claims.as_slice()),
    ));
    for said in api.iter().flat_map(|api| &api.said) {
        all.extend(api_server::disagreements(facts, said));
    }
    all.extend(facts.odd.iter().map(|why| Disagreement {
        what: format!("what was given out is not known: {why}"),
        remedy: "restart the agent, which writes these records by the kubelet's word; if that does not help, remove the file".to_owned(),
        ..Disagreement::default()
    }));
    all
}

/// An attachment that is dead.
fn left_over(facts: &Facts, it: &Attachment) -> Option<Disagreement> {
    const SWEPT: &str = "the agent undoes it within minutes; without an agent the runtime's next GC does, or a DEL of the same container and interface";
    let thing = named(it);
    let (what, remedy) = match it.dead? {
        Dead::NetnsGone => {
            let path = it.netns_path.as_deref().unwrap_or_else(|| "?".as_ref());
            let path = path.display();
            let what = format!("the journal has {thing}, but its network namespace {path} is gone");
            (what, SWEPT.to_owned())
        }
        Dead::OtherBoot => {
            let what =
                format!("the journal has {thing}, but the machine was started again since then");
            (what, SWEPT.to_owned())
        }
        Dead::Unfinished => {
            let what = format!("{thing} is half undone: a DEL is running, or did not finish");
            let remedy = match it.container.as_deref().map(short) {
                Some(id) => format!("look again; `colvin trace {id}` says what failed; {SWEPT}"),
                None => SWEPT.to_owned(),
            };
            (what, remedy)
        }
        Dead::OwnerGone => (
            format!("{thing} is of a pod that is gone"),
            SWEPT.to_owned(),
        ),
        Dead::Unreadable => {
            let journal = facts.journal.display();
            let what = format!("the record {journal}/{}.json cannot be read", it.record);
            let remedy = "look again, an ADD may be writing it; the agent rebuilds it from the kernel; do not delete it, it says what is to be put back";
            (what, remedy.to_owned())
        }
    };
    Some(Disagreement::of(it, what, remedy))
}

/// An attachment that lives and is not what the journal says.
fn not_as_made(it: &Attachment) -> Option<Disagreement> {
    let thing = named(it);
    if it.state.as_deref() == Some("Intent") {
        let is_old = it.age_secs > ADD_SECS;
        let what = format!("{thing} was begun {} s ago and never finished", it.age_secs);
        let remedy =
            "delete the pod or container: its DEL undoes what was done, and so does the next ADD";
        return is_old.then(|| Disagreement::of(it, what, remedy));
    }
    if it.netns == Life::Alive && it.link == Presence::Absent {
        let what = format!("the journal has {thing}, but no such interface is in its namespace");
        let remedy = "somebody renamed, moved or deleted it: start the pod or container anew, whose DEL puts the device back";
        return Some(Disagreement::of(it, what, remedy));
    }
    None
}

/// A device that is attached for one pod and was given to another.
fn wrong_pod(facts: &Facts, given: &Given) -> Option<Disagreement> {
    let holder = given.holder.as_ref().filter(|_| !given.shared)?;
    let it = facts.attachments.iter().find(|it| is_device(it, given))?;
    let (namespace, pod) = it.owner()?;
    if (namespace, pod) == (&holder.namespace, &holder.pod) {
        return None;
    }
    let what = format!(
        "{} is attached for {namespace}/{pod}, but was given to {holder}",
        given.device
    );
    let remedy = format!(
        "if {namespace}/{pod} has ended, its DEL is missing and the agent undoes it; if both run, a configuration names the device itself: take `deviceID` out of it and start both pods anew"
    );
    Some(Disagreement::of(it, what, remedy).and_of(holder))
}

/// A device of a network that was given to a pod, and is attached to none.
fn not_attached(facts: &Facts, given: &Given) -> Option<Disagreement> {
    let holder = given.holder.as_ref()?;
    let network = given.network.as_ref()?;
    let is_there = facts.attachments.iter().any(|it| {
        let is_pods = it.owner() == Some((&holder.namespace, &holder.pod));
        is_device(it, given) || (given.shared && is_pods)
    });
    if is_there {
        return None;
    }
    let disagreement = Disagreement {
        what: format!(
            "{} (network {network}) was given to {holder}, but the journal has no attachment of it",
            given.device
        ),
        remedy: "look again if the pod is starting or ending; else its ADD failed (see its events and `colvin trace`), or the node's CNI configuration does not call colvin-cni".to_owned(),
        ..Disagreement::default()
    };
    Some(disagreement.and_of(holder))
}

/// Where the kubelet does not say of a pod what the journal or the records say.
fn by_the_kubelet(facts: &Facts, said: &Said) -> Vec<Disagreement> {
    let Some(devices) = &said.devices else {
        return Vec::new();
    };
    let pod = (said.namespace.as_str(), said.pod.as_str());
    let name = format!("{}/{}", said.namespace, said.pod);
    let mut all = Vec::new();
    let attached = facts.attachments.iter();
    for it in attached.filter(|it| it.owner() == Some(pod) && it.dead.is_none()) {
        let Some(device) = it.device else { continue };
        if !devices.iter().any(|had| had.address == Some(device)) {
            let what = format!(
                "the journal has {}, but the kubelet did not give {device} to {name}",
                named(it)
            );
            let remedy = "if the pod has ended, the agent undoes it; else a configuration names the device itself, and the kubelet may give it to another pod: request the network's resource instead";
            all.push(Disagreement::of(it, what, remedy));
        }
    }
    let is_recorded = |had: &GivenDevice| {
        let mut given = facts.given.iter();
        given.any(|it| it.device == had.device.as_str())
    };
    // what is recorded as given out was judged by its record
    for had in devices.iter().filter(|had| !is_recorded(had)) {
        let given = Given {
            device: had.device.to_string(),
            address: had.address,
            network: had.network.as_ref().map(ToString::to_string),
            shared: had.kind.is_shared(),
            holder: Some(Holder {
                namespace: said.namespace.clone(),
                pod: said.pod.clone(),
                container: "by the kubelet".to_owned(),
            }),
        };
        all.extend(wrong_pod(facts, &given));
        all.extend(not_attached(facts, &given));
    }
    all
}

/// Whether an attachment has exactly the device that was given out.
fn is_device(it: &Attachment, given: &Given) -> bool {
    !given.shared && it.device.is_some() && it.device == given.address
}

/// An attachment in words.
fn named(it: &Attachment) -> String {
    let kind = it.kind.as_deref().unwrap_or("attachment");
    let device = it.device.map_or_else(String::new, |it| format!(" {it}"));
    let interface = it.interface.as_ref();
    let interface = interface.map_or_else(String::new, |it| format!(" as {it}"));
    let whose = match (it.pod_name(), it.container.as_deref()) {
        (Some(pod), _) => format!(" of {pod}"),
        (None, Some(id)) => format!(" of container {}", short(id)),
        (None, None) => String::new(),
    };
    format!("{kind}{device}{interface}{whose}")
}
