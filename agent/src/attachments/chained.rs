//! The pods that are attached in the chain, with their interfaces, by the journal's records. Pure.
//!
//! Pods without a UID are none: nobody could tell one from the next of its name. Left to others: reading the
//! journal ([`super::journal`]), what is told of these pods ([`crate::following`]).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use colvin_attach::State;
use colvin_attach::sweep::Seen;
use colvin_model::offer::DeviceId;
use colvin_model::{IfName, NetworkName, PciAddress};

/// The pods, by their UID.
pub(crate) type ChainedPods = BTreeMap<String, ChainedPod>;

/// A pod that is attached in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChainedPod {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) uid: String,
    /// The cluster's network: the `name` of the configuration whose chain it is.
    pub(crate) cluster: String,
    /// What the cluster's network is called in the pod.
    pub(crate) ifname: IfName,
    /// The file that stands for the pod's network namespace.
    pub(crate) netns: PathBuf,
    /// Its device and inode when it was attached.
    pub(crate) netns_id: String,
    /// What was attached, by the interfaces' names.
    pub(crate) interfaces: Vec<Interface>,
}

/// An interface that a pod was given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Interface {
    pub(crate) name: IfName,
    /// Whether it is an interface: not where a userspace driver has the function.
    pub(crate) is_netdev: bool,
    /// What the kubelet calls the device.
    pub(crate) device: DeviceId,
    /// The PCI function, where it is one.
    pub(crate) function: Option<PciAddress>,
    /// The network that it was attached to; `None` where an older plugin wrote the record.
    pub(crate) network: Option<NetworkName>,
}

/// The pods whose attachments are done.
///
/// A pod whose sandbox was made anew may have records of both: the newer namespace is its.
pub(crate) fn chained(seen: &[Seen]) -> ChainedPods {
    let mut newest: BTreeMap<String, (Duration, ChainedPod)> = BTreeMap::new();
    for seen in seen {
        let Some((pod, interface)) = read(seen) else {
            continue;
        };
        let (since, known) = newest
            .entry(pod.uid.clone())
            .or_insert_with(|| (seen.since, pod.clone()));
        if known.netns_id != pod.netns_id || known.netns != pod.netns {
            if seen.since <= *since {
                continue;
            }
            *known = pod;
        }
        *since = seen.since.max(*since);
        known.interfaces.push(interface);
    }
    let pods = newest.into_iter().map(|(uid, (_, mut pod))| {
        pod.interfaces.sort_unstable();
        (uid, pod)
    });
    pods.collect()
}

/// A pod without interfaces yet, and one of them; `None` for what is not done, not of this boot, or not of a chain.
fn read(seen: &Seen) -> Option<(ChainedPod, Interface)> {
    if seen.state != Some(State::Applied) || seen.dead.is_some() || !seen.this_boot {
        return None;
    }
    // only in a chain an interface is called otherwise than the runtime says
    let key = seen.key.as_ref().filter(|key| key.name != key.ifname)?;
    let (netns, netns_id) = seen.netns.clone()?;
    let pod = ChainedPod {
        namespace: seen.owner.namespace.clone()?,
        name: seen.owner.pod.clone()?,
        uid: seen.owner.uid.clone()?,
        cluster: key.network.clone(),
        ifname: key.ifname.clone(),
        netns,
        netns_id,
        interfaces: Vec::new(),
    };
    let interface = Interface {
        name: key.name.clone(),
        is_netdev: seen.interface.is_some(),
        device: seen.given.clone()?,
        function: seen.device,
        network: seen.network.as_ref().map(|of| of.network.clone()),
    };
    Some((pod, interface))
}

#[cfg(test)]
mod tests {
    use colvin_attach::sweep::Dead;
    use colvin_attach::{AttachmentKey, Owner};

    use super::*;

    fn seen(name: &str, device: &str, netns: &str, since: u64) -> Seen {
        Seen {
            record: device.to_owned(),
            key: Some(AttachmentKey {
                network: "cluster".to_owned(),
                container: "c1".to_owned(),
                ifname: "eth0".parse().unwrap(),
                name: name.parse().unwrap(),
            }),
            owner: Owner {
                namespace: Some("default".to_owned()),
                pod: Some("web".to_owned()),
                uid: Some("u1".to_owned()),
            },
            device: device.parse().ok(),
            given: device.parse().ok(),
            network: None,
            is_changing: false,
            interface: name.parse().ok(),
            netns: Some((format!("/run/netns/{netns}").into(), format!("4:{netns}"))),
            state: Some(State::Applied),
            kind: None,
            since: Duration::from_secs(since),
            dead: None,
            this_boot: true,
            generation: since,
        }
    }

    fn names(seen: &[Seen]) -> Vec<String> {
        let pods = chained(seen);
        let interfaces = pods.values().flat_map(|pod| &pod.interfaces);
        interfaces.map(|it| it.name.to_string()).collect()
    }

    #[test]
    fn a_pods_interfaces_are_together_and_in_order() {
        let pods = chained(&[
            seen("green1", "0000:3b:00.3", "1", 1),
            seen("green0", "0000:3b:00.2", "1", 2),
        ]);
        let interface = |name: &str, device: &str| Interface {
            name: name.parse().unwrap(),
            is_netdev: true,
            device: device.parse().unwrap(),
            function: device.parse().ok(),
            network: None,
        };
        let wanted = ChainedPod {
            namespace: "default".to_owned(),
            name: "web".to_owned(),
            uid: "u1".to_owned(),
            cluster: "cluster".to_owned(),
            ifname: "eth0".parse().unwrap(),
            netns: "/run/netns/1".into(),
            netns_id: "4:1".to_owned(),
            interfaces: vec![
                interface("green0", "0000:3b:00.2"),
                interface("green1", "0000:3b:00.3"),
            ],
        };
        assert_eq!(pods, ChainedPods::from([("u1".to_owned(), wanted)]));
    }

    #[test]
    fn what_is_not_done_or_of_no_chain_or_of_no_pod_is_not_there() {
        let good = || seen("green0", "0000:3b:00.2", "1", 1);
        assert_eq!(names(&[good()]), ["green0"]);
        for wrong in [
            Seen {
                state: Some(State::Intent),
                ..good()
            },
            Seen {
                dead: Some(Dead::NetnsGone),
                ..good()
            },
            Seen {
                this_boot: false,
                ..good()
            },
            Seen {
                owner: Owner::default(),
                ..good()
            },
            // below Multus the runtime's name is the interface's
            seen("eth0", "0000:3b:00.2", "1", 1),
        ] {
            assert_eq!(names(&[wrong]), [""; 0]);
        }
    }

    #[test]
    fn of_two_sandboxes_the_newer_is_the_pods() {
        let old = || seen("green0", "0000:3b:00.2", "1", 1);
        let new = || seen("green1", "0000:3b:00.3", "2", 2);
        assert_eq!(names(&[old(), new()]), ["green1"]);
        assert_eq!(names(&[new(), old()]), ["green1"]);
    }
}
