//! Made-up fabrics whose truth is known. Left to others: what is proposed for them.

use super::*;

/// A port of a made-up fabric: the network it is really on, and what its switch says.
#[derive(Clone, Debug)]
pub(super) struct Cable {
    pub(super) network: String,
    pub(super) neighbors: Vec<Value>,
    pub(super) sriov: bool,
}

pub(super) fn neighbor(
    system: &str,
    port: &str,
    description: Option<&str>,
    vlan: Option<(u16, Option<&str>)>,
) -> Value {
    let mut neighbor =
        json!({"chassisId": format!("chassis of {system}"), "portId": port, "systemName": system});
    if let Some(description) = description {
        neighbor["portDescription"] = json!(description);
    }
    if let Some((vlan, name)) = vlan {
        neighbor["vlan"] = json!(vlan);
        if let Some(name) = name {
            neighbor["vlans"] = json!([{"id": vlan, "name": name}]);
        }
    }
    neighbor
}

pub(super) fn cable(network: &str, neighbor: Value) -> Cable {
    Cable {
        network: network.to_owned(),
        neighbors: vec![neighbor],
        sriov: true,
    }
}

pub(super) fn topology(node: &str, cables: &[Cable]) -> NodeTopology {
    let uplinks: Vec<Value> = cables
        .iter()
        .enumerate()
        .map(|(at, cable)| {
            let mut uplink = json!({
                "id": format!("0000:{:02x}:00.0", at + 1), "name": format!("ens{at}"), "link": "Up",
                "vendor": "8086", "device": "1592", "neighbors": cable.neighbors,
            });
            if cable.sriov {
                uplink["sriov"] = json!({"total": 8, "configured": 8, "offset": 1, "stride": 1});
            }
            uplink
        })
        .collect();
    serde_json::from_value(json!({
        "apiVersion": "colvin.dev/v1alpha1",
        "kind": "NodeTopology",
        "metadata": {"name": node},
        "status": {"uplinks": uplinks},
    }))
    .unwrap()
}

/// The ports by the network that is proposed for them: by what the agents would make of it.
pub(super) fn placed(
    topologies: &[NodeTopology],
    existing: &[Network],
) -> BTreeMap<(String, String), BTreeSet<String>> {
    let suggestion = suggest(topologies, existing, &[]);
    let networks: Vec<Network> = suggestion
        .proposals
        .into_iter()
        .map(|proposal| proposal.network)
        .collect();
    held(&Fleet::of(topologies, &[]), &networks)
}

/// What a node of the fabric is cabled to. Green is a VLAN with a name, blue one without, storage and
/// backup are only described, the lab is a switch that says nothing.
pub(super) fn cables(number: usize) -> Vec<Cable> {
    let leaf = format!("leaf-{}", number % 4);
    let port = format!("Ethernet1/{number}");
    let node = format!("worker-{number}");
    let mut cables = vec![
        cable(
            "green",
            neighbor(&leaf, &port, Some(&node), Some((110, Some("green")))),
        ),
        cable(
            "blue",
            neighbor(
                &leaf,
                &format!("{port}/2"),
                Some(&format!("{node} second")),
                Some((120, None)),
            ),
        ),
        cable(
            "storage",
            neighbor(
                &format!("stor-{}", number % 2),
                &port,
                Some(&format!("storage bay {number}")),
                None,
            ),
        ),
        cable("lab", neighbor("lab-switch", &port, Some(&port), None)),
    ];
    if number.is_multiple_of(2) {
        cables.push(cable(
            "backup",
            neighbor("old-switch", &port, Some(&format!("backup-{number}")), None),
        ));
    }
    if number.is_multiple_of(5) {
        // what nobody can place: two who speak, and nobody
        let two = vec![
            neighbor("leaf-1", "x", None, Some((110, None))),
            neighbor("leaf-2", "y", None, Some((120, None))),
        ];
        cables.push(Cable {
            network: "?".to_owned(),
            neighbors: two,
            sriov: true,
        });
        cables.push(Cable {
            network: "?".to_owned(),
            neighbors: Vec::new(),
            sriov: true,
        });
    }
    cables
}

/// Pairs of ports that are together, right or wrong: precision and recall of `placed`.
pub(super) fn precision_and_recall(
    truth: &[((String, String), String)],
    placed: &BTreeMap<(String, String), BTreeSet<String>>,
) -> (f64, f64) {
    let (mut said, mut right, mut real) = (0_u32, 0_u32, 0_u32);
    for (at, (port, network)) in truth.iter().enumerate() {
        for (other, theirs) in &truth[at + 1..] {
            let together = network == theirs && network != "?";
            let placed = placed
                .get(port)
                .zip(placed.get(other))
                .is_some_and(|(a, b)| !a.is_disjoint(b));
            said += u32::from(placed);
            real += u32::from(together);
            right += u32::from(placed && together);
        }
    }
    (
        f64::from(right) / f64::from(said),
        f64::from(right) / f64::from(real),
    )
}

pub(super) fn fabric(nodes: impl Iterator<Item = usize>) -> Vec<NodeTopology> {
    nodes
        .map(|number| topology(&format!("worker-{number}"), &cables(number)))
        .collect()
}

pub(super) fn truth(nodes: usize) -> Vec<((String, String), String)> {
    let ports = (0..nodes).flat_map(|number| {
        let cables = cables(number).into_iter().enumerate();
        cables.map(move |(at, cable)| {
            (
                (
                    format!("worker-{number}"),
                    format!("0000:{:02x}:00.0", at + 1),
                ),
                cable.network,
            )
        })
    });
    ports.collect()
}
