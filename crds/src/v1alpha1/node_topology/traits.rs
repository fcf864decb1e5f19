//! What makes a node like another, read from its object.
//!
//! Left to others: comparing (`colvin_model::drift`).

use colvin_model::drift::{NodeTraits, Trait, Traits, shape, speed};

use super::{NodeTopology, Uplink};

impl NodeTopology {
    /// What makes the node like another: see [`Trait`].
    pub fn traits(&self) -> NodeTraits {
        let called = |uplink: &Uplink| uplink.name.clone().unwrap_or_else(|| uplink.id.clone());
        let uplinks = self.status.uplinks.iter();
        NodeTraits {
            node: self.metadata.name.clone().unwrap_or_default(),
            uplinks: uplinks
                .map(|uplink| (called(uplink), traits(uplink)))
                .collect(),
        }
    }
}

fn traits(uplink: &Uplink) -> Traits {
    let value = |of: Trait| match of {
        Trait::Networks => joined(uplink.networks.iter().map(|network| network.name.clone())),
        Trait::Driver => uplink.driver.clone(),
        Trait::Card => Some(format!(
            "{}:{}",
            uplink.vendor.as_ref()?,
            uplink.device.as_ref()?
        )),
        Trait::Link => Some(uplink.link.clone()),
        Trait::Speed => uplink.speed_mbps.map(speed),
        Trait::Mtu => uplink.mtu.map(|mtu| mtu.to_string()),
        Trait::Functions => uplink
            .sriov
            .as_ref()
            .map(|sriov| sriov.configured.to_string()),
        Trait::MostFunctions => uplink.sriov.as_ref().map(|sriov| sriov.total.to_string()),
        Trait::Master => match (&uplink.bond, &uplink.bridge) {
            (Some(_), _) => Some("bond".to_owned()),
            (None, Some(_)) => Some("bridge".to_owned()),
            (None, None) => None,
        },
        Trait::Protected => joined(uplink.protected.iter().cloned()),
        Trait::Neighbors => joined(uplink.neighbors.iter().map(|neighbor| {
            let name = neighbor.system_name.as_deref();
            name.map_or_else(|| "unnamed".to_owned(), shape)
        })),
        Trait::Vlan => joined(
            uplink
                .neighbors
                .iter()
                .filter_map(|neighbor| Some(neighbor.vlan?.to_string())),
        ),
        Trait::Aliases => joined(
            uplink
                .alt_names
                .iter()
                .filter(|name| !is_made_of_its_place(name))
                .cloned(),
        ),
    };
    Trait::ALL
        .into_iter()
        .filter_map(|of| Some((of, value(of)?)))
        .collect()
}

/// The values in order, each once; `None` when there is none.
fn joined(values: impl Iterator<Item = String>) -> Option<String> {
    let mut values: Vec<_> = values.collect();
    values.sort();
    values.dedup();
    (!values.is_empty()).then(|| values.join(","))
}

/// Whether systemd made the name of where the card is (`enp59s0f0np0`, `ens2f0`, `eno1`, `enx…`) and so it says
/// nothing that another node could share.
///
/// Source: systemd.net-naming-scheme(7).
fn is_made_of_its_place(name: &str) -> bool {
    let kinds = ["en", "ib", "sl", "wl", "ww"];
    let Some(place) = kinds.iter().find_map(|kind| name.strip_prefix(kind)) else {
        return false;
    };
    place.starts_with(['a', 'b', 'c', 'd', 'i', 'o', 'p', 'P', 's', 'u', 'v', 'x'])
        && place.contains(|letter: char| letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::super::{Neighbor, Sriov, UplinkNetwork};
    use super::*;

    fn uplink() -> Uplink {
        Uplink {
            id: "0000:3b:00.0".to_owned(),
            name: Some("ens2f0".to_owned()),
            alt_names: vec!["enp59s0f0".to_owned(), "green".to_owned()],
            vendor: Some("8086".to_owned()),
            device: Some("1592".to_owned()),
            driver: Some("ice".to_owned()),
            mac: Some("02:00:00:00:00:01".to_owned()),
            mtu: Some(9000),
            speed_mbps: Some(100_000),
            link: "Up".to_owned(),
            sriov: Some(Sriov {
                total: 128,
                configured: 8,
                ..Sriov::default()
            }),
            neighbors: vec![Neighbor {
                system_name: Some("leaf-12".to_owned()),
                port_id: "Eth1/7".to_owned(),
                vlan: Some(110),
                ..Neighbor::default()
            }],
            networks: ["red", "green"]
                .map(|name| UplinkNetwork {
                    name: name.to_owned(),
                    ..UplinkNetwork::default()
                })
                .to_vec(),
            ..Uplink::default()
        }
    }

    #[test]
    fn place_and_port_are_no_traits_and_the_rest_is() {
        let mut other = uplink();
        other.id = "0000:5e:00.0".to_owned();
        other.name = Some("ens5f1".to_owned());
        other.alt_names = vec!["green".to_owned(), "enp94s0f1np1".to_owned()];
        other.mac = Some("02:00:00:00:00:99".to_owned());
        other.firmware = Some("4.40".to_owned());
        other.neighbors[0].port_id = "Eth3/1".to_owned();
        other.neighbors[0].system_name = Some("leaf-7".to_owned());
        other.networks.reverse();
        assert_eq!(traits(&uplink()), traits(&other));
        let shown: Vec<_> = traits(&uplink())
            .into_iter()
            .map(|(of, value)| format!("{of} {value}"))
            .collect();
        assert_eq!(
            shown,
            [
                "networks green,red",
                "driver ice",
                "card 8086:1592",
                "link Up",
                "speed 100G",
                "MTU 9000",
                "VFs 8",
                "possible VFs 128",
                "neighbors leaf-#",
                "VLAN 110",
                "aliases green",
            ]
        );
    }

    #[test]
    fn names_that_a_person_gave_are_told_from_those_of_a_place() {
        for name in [
            "enp59s0f0np0",
            "eno1",
            "ens2f0",
            "enx0200000000aa",
            "ibp1s0",
            "enP2p1s0",
        ] {
            assert!(is_made_of_its_place(name), "{name}");
        }
        for name in ["green0", "uplink-a", "english", "eth1", ""] {
            assert!(!is_made_of_its_place(name), "{name}");
        }
    }
}
