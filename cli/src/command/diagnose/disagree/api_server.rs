//! Where the API server and the journal do not say the same of a pod.
//!
//! Left to others: asking it (`api`), other disagreements.

use super::super::api::OfPod;
use super::super::facts::{Attachment, Facts, Presence};
use super::{Disagreement, named};

/// Who writes the annotation, and what to do where it is wrong.
const ANNOTATED: &str = "the agent writes it within seconds where pods are attached in a chain, and Multus below Multus: look again; \
         if it stays, see the agent's log, or the pod's events";

/// Where the API server does not say of a pod what the journal says.
pub(super) fn disagreements(facts: &Facts, said: &OfPod) -> Vec<Disagreement> {
    let pod = (said.namespace.as_str(), said.pod.as_str());
    let attached = facts.attachments.iter();
    let attached = attached.filter(|it| it.owner() == Some(pod) && it.dead.is_none());
    let attached: Vec<&Attachment> = attached.collect();
    let name = format!("{}/{}", said.namespace, said.pod);
    let mut all = Vec::new();
    for it in &attached {
        let thing = named(it);
        match (&said.uid, &it.uid) {
            (None, _) => all.push(Disagreement::of(
                it,
                format!("the journal has {thing}, but the API server has no such pod"),
                "look again if the pod is ending; a kubelet that cannot reach the API server runs it on",
            )),
            (Some(now), Some(then)) if now != then => all.push(Disagreement::of(
                it,
                format!("the journal has {thing} with the UID {then}, but the pod of this name is {now} by now"),
                "the one before has ended and its DEL is missing: the agent undoes it within minutes",
            )),
            _ => {}
        }
    }
    let Some(told) = said.interfaces.as_ref().filter(|_| said.uid.is_some()) else {
        return all;
    };
    let is_told = |it: &&&Attachment| {
        let name = it.interface.as_ref().map(colvin_model::IfName::as_str);
        it.link == Presence::Userspace || told.iter().any(|told| told.interface.as_deref() == name)
    };
    for it in attached.iter().filter(|it| !is_told(it)) {
        let what = format!("network-status of {name} does not have {}", named(it));
        all.push(Disagreement::of(it, what, ANNOTATED));
    }
    let ours = |network: &str| {
        attached
            .iter()
            .any(|it| it.network.as_deref() == Some(network))
    };
    for told in told.iter().filter(|told| ours(&told.name)) {
        let Some(interface) = &told.interface else {
            continue;
        };
        let is_there = attached.iter().any(|it| {
            it.interface
                .as_ref()
                .is_some_and(|it| it.as_str() == interface)
        });
        if !is_there {
            let mut gone = Disagreement {
                what: format!(
                    "network-status of {name} has {interface} of network {}, which the journal has not",
                    told.name
                ),
                remedy: ANNOTATED.to_owned(),
                ..Disagreement::default()
            };
            gone.pods.push((said.namespace.clone(), said.pod.clone()));
            all.push(gone);
        }
    }
    all
}
