//! Why a pod is pending: what it asks for, which nodes reach that, and what keeps the scheduler from each of them.
//!
//! A pure function over objects. It judges devices, amounts, taints, labels and cordons; what it does not judge is
//! named. Left to others: fetching (`cluster`), the words (`words`), showing them.

mod ask;
mod devices;
mod obstacle;
mod place;
mod state;
#[cfg(test)]
mod tests;
pub(crate) mod words;

use std::collections::{BTreeMap, BTreeSet};

use colvin_crds::v1alpha1::{Network, NodeTopology};
use k8s_openapi::api::core::v1::{Pod, PodSpec};

pub(crate) use ask::{Ask, Choice, Meaning, is_device};
pub(crate) use devices::Devices;
use devices::Known;
pub(crate) use obstacle::Obstacle;
pub(crate) use place::Place;
pub(crate) use state::State;

use crate::claims::{self, Claims};
use crate::cluster::Bound;
use crate::demand::{Amount, Amounts, demand};

/// The objects that are looked at.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    /// The pod.
    pub(crate) pod: &'a Pod,
    /// The cluster's nodes, or `None` where they are not known.
    pub(crate) nodes: Option<&'a [Place]>,
    /// The pods that hold something, or `None` where they are not known.
    pub(crate) bound: Option<&'a [Bound]>,
    /// Slices and claims, or `None` where they are not known.
    pub(crate) claims: Option<&'a Claims>,
    /// The Networks.
    pub(crate) networks: &'a [Network],
    /// What the nodes' agents say.
    pub(crate) topologies: &'a [NodeTopology],
    /// The labels of the pod's namespace, or `None` where they are not known.
    pub(crate) namespace: Option<&'a BTreeMap<String, String>>,
}

/// Why a pod is pending, or that it is not.
#[derive(Debug)]
pub(crate) struct Explanation {
    /// The pod, as `namespace/name`.
    pub(crate) pod: String,
    /// Where it stands.
    pub(crate) state: State,
    /// The devices it asks for, by resource.
    pub(crate) asks: Vec<Ask>,
    /// Every node, by name.
    pub(crate) nodes: Vec<Candidate>,
    /// Networks that its namespace may not ask for.
    pub(crate) refused: Vec<String>,
    /// What else decides and is not judged here.
    pub(crate) unjudged: Vec<&'static str>,
    /// What the scheduler says itself.
    pub(crate) scheduler: Option<String>,
}

/// A node, and what keeps the pod from it.
#[derive(Debug)]
pub(crate) struct Candidate {
    /// Its name.
    pub(crate) node: String,
    /// What it has of each of the devices that are asked for, in their order.
    pub(crate) devices: Vec<Devices>,
    /// What keeps the pod away; nothing where it fits.
    pub(crate) obstacles: Vec<Obstacle>,
}

impl Candidate {
    /// Whether it has all networks and resources, used up or not, that are asked for.
    pub(crate) fn reaches_all(&self) -> bool {
        self.devices.iter().all(|devices| devices.reached)
    }

    /// Whether it has one of them.
    pub(crate) fn reaches_some(&self) -> bool {
        self.devices.iter().any(|devices| devices.reached)
    }
}

impl Explanation {
    /// The nodes that have all it asks for.
    pub(crate) fn fitting(&self) -> impl Iterator<Item = &Candidate> {
        let fits = |candidate: &&Candidate| candidate.obstacles.is_empty();
        self.nodes.iter().filter(fits)
    }

    /// Whether nothing can run the pod as things are.
    pub(crate) fn is_hopeless(&self) -> bool {
        match self.state {
            State::Gated(_) => true,
            State::Pending { .. } => self.fitting().next().is_none(),
            State::Placed { .. } | State::Runs { .. } | State::Over { .. } | State::Leaving => {
                false
            }
        }
    }
}

/// Explains it.
pub(crate) fn explain(scene: Scene<'_>) -> Explanation {
    let wanted = demand(scene.pod);
    let asks = ask::asks(scene.pod, &wanted, scene.networks, scene.claims);
    let view = View {
        scene,
        on_nodes: by_node(scene.bound.unwrap_or_default()),
        spec: scene.pod.spec.clone().unwrap_or_default(),
        wanted,
    };
    let nodes = view
        .names()
        .into_iter()
        .map(|node| view.candidate(node, &asks));
    Explanation {
        pod: called(scene.pod),
        state: state::state(scene.pod),
        nodes: nodes.collect(),
        refused: ask::refused(&asks, scene.networks, scene.namespace),
        unjudged: ask::unjudged(scene.pod, &view.wanted, scene.claims),
        scheduler: state::scheduler(scene.pod),
        asks,
    }
}

/// `namespace/name`.
pub(crate) fn called(pod: &Pod) -> String {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or("default");
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    format!("{namespace}/{name}")
}

fn by_node(bound: &[Bound]) -> BTreeMap<&str, Vec<&Bound>> {
    let mut by_node: BTreeMap<&str, Vec<&Bound>> = BTreeMap::new();
    for pod in bound {
        by_node.entry(&pod.node).or_default().push(pod);
    }
    by_node
}

/// The scene, sorted for looking things up.
struct View<'a> {
    scene: Scene<'a>,
    on_nodes: BTreeMap<&'a str, Vec<&'a Bound>>,
    spec: PodSpec,
    wanted: Amounts,
}

impl<'a> View<'a> {
    /// The nodes' names: those that Kubernetes knows, or those of agents where that is not known.
    fn names(&self) -> BTreeSet<&'a str> {
        if let Some(nodes) = self.scene.nodes {
            return nodes.iter().map(|node| node.name.as_str()).collect();
        }
        let topologies = self.scene.topologies.iter();
        let names = topologies.filter_map(|one| one.metadata.name.as_deref());
        names.collect()
    }

    fn candidate(&self, node: &str, asks: &[Ask]) -> Candidate {
        let mut places = self.scene.nodes.into_iter().flatten();
        let place = places.find(|place| place.name == node);
        // a node whose kubelet never told what it has is judged by the rest
        let told = place.filter(|place| !place.allocatable.is_empty());
        let named = |one: &&NodeTopology| one.metadata.name.as_deref() == Some(node);
        let topology = self.scene.topologies.iter().find(named);
        let held = self.scene.bound.is_some().then(|| {
            let held = self.on_nodes.get(node);
            held.map_or(&[][..], Vec::as_slice)
        });
        let known = Known {
            node,
            place: told,
            topology,
            held,
            claims: self.scene.claims,
        };
        let devices = asks.iter().map(|ask| Devices::of(ask, known));
        let devices: Vec<Devices> = devices.collect();
        let mut obstacles: Vec<Obstacle> = devices
            .iter()
            .filter_map(|devices| devices.obstacle(told.is_some()))
            .collect();
        obstacles.extend(self.claimed_elsewhere(node));
        if let Some(place) = place {
            obstacles.extend(place.obstacles(&self.spec));
        }
        if let Some(place) = told {
            obstacles.extend(self.short(place, held));
        }
        Candidate {
            node: node.to_owned(),
            devices,
            obstacles,
        }
    }

    /// The claims of the pod that were given devices of another node.
    fn claimed_elsewhere(&self, node: &str) -> Vec<Obstacle> {
        let Some(known) = self.scene.claims else {
            return Vec::new();
        };
        let namespace = self.scene.pod.metadata.namespace.as_deref();
        let of_pod = claims::of_pod(self.scene.pod).into_iter();
        let elsewhere = of_pod.filter_map(|entry| {
            let name = entry.claim?;
            let claim = known.claim(namespace.unwrap_or("default"), &name)?;
            let on = known.node_of(claim).filter(|on| *on != node)?;
            Some(Obstacle::ClaimElsewhere {
                node: on.to_owned(),
                claim: name,
            })
        });
        elsewhere.collect()
    }

    /// What there is not enough of, devices aside.
    fn short<'b>(
        &'b self,
        place: &'b Place,
        held: Option<&'b [&Bound]>,
    ) -> impl Iterator<Item = Obstacle> + 'b {
        let pods = ("pods", Amount::whole(1));
        let wanted = self
            .wanted
            .iter()
            .map(|(resource, amount)| (resource.as_str(), *amount));
        let wanted = wanted.filter(|(resource, _)| !is_device(resource));
        wanted.chain([pods]).filter_map(move |(resource, asked)| {
            let there = place.allocatable.get(resource).copied().unwrap_or_default();
            let of = |pod: &&Bound| match resource {
                "pods" => Amount::whole(1),
                _ => pod.amounts.get(resource).copied().unwrap_or_default(),
            };
            let held = held.unwrap_or_default().iter().map(of);
            let free = there.less(held.fold(Amount::default(), Amount::plus));
            (asked > free).then(|| Obstacle::Short {
                resource: resource.to_owned(),
                asked: asked.shown(resource),
                free: free.shown(resource),
                there: there.shown(resource),
            })
        })
    }
}
