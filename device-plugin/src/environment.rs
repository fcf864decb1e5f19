//! The variables by which a container learns its devices (SDP-25, SDP-26). Left to others: the files.

use std::collections::BTreeMap;

use colvin_model::offer::{Origin, ResourceName};
use serde_json::{Map, Value, json};

use crate::grant::Grant;

/// The name of the variable that lists a resource's devices.
///
/// For an entry of the other plugin's file it is that plugin's name to the letter, which keeps `-`; for a
/// network it is one that a shell can use.
pub(crate) fn variable(resource: &ResourceName, origin: &Origin) -> String {
    let shell = |c: char| match origin {
        Origin::ConfigFile if c != '.' && c != '/' => c,
        Origin::Network(_) if c.is_ascii_alphanumeric() => c,
        _ => '_',
    };
    let name: String = resource.as_str().chars().map(shell).collect();
    format!("PCIDEVICE_{}", name.to_uppercase())
}

/// Both variables: ids in the kubelet's order, and what each has.
pub(crate) fn variables(
    resource: &ResourceName,
    origin: &Origin,
    grants: &[Grant],
) -> [(String, String); 2] {
    let name = variable(resource, origin);
    let ids: Vec<_> = grants.iter().map(|grant| grant.id.as_str()).collect();
    let info: Map<String, Value> = grants
        .iter()
        .map(|grant| (grant.id.to_string(), of_one(grant)))
        .collect();
    [
        (name.clone(), ids.join(",")),
        (format!("{name}_INFO"), Value::Object(info).to_string()),
    ]
}

fn of_one(grant: &Grant) -> Value {
    let (device, nodes) = (&grant.device, &grant.nodes);
    let mut of = Map::new();
    of.insert("generic".into(), json!({"deviceID": grant.id.as_str()}));
    if let Some(vfio) = &nodes.vfio {
        let words = json!({"mount": "/dev/vfio/vfio", "dev-mount": vfio.container});
        of.insert("vfio".into(), words);
    }
    if let Some(uio) = &nodes.uio {
        of.insert("uio".into(), json!({"mount": uio.container}));
    }
    if device.extras.vhost_net {
        let words = json!({"net-mount": "/dev/vhost-net", "tun-mount": "/dev/net/tun"});
        of.insert("vhost".into(), words);
    }
    if device.extras.rdma && nodes.rdma.is_some() {
        of.insert("rdma".into(), rdma(grant));
    }
    if device.extras.vdpa.is_some() {
        let mount = nodes
            .vhost_vdpa
            .as_ref()
            .map(|node| ("mount", &node.container));
        of.insert(
            "vdpa".into(),
            json!(mount.into_iter().collect::<BTreeMap<_, _>>()),
        );
    }
    if !device.extras.info.is_empty() {
        of.insert("extra".into(), json!(device.extras.info));
    }
    Value::Object(of)
}

fn rdma(grant: &Grant) -> Value {
    let mut words = Map::new();
    if let Some(rdma) = &grant.nodes.rdma {
        let nodes = [
            ("uverbs", &rdma.uverbs),
            ("umad", &rdma.umad),
            ("issm", &rdma.issm),
            ("rdma_cm", &rdma.rdma_cm),
        ];
        for (key, node) in nodes {
            if let Some(node) = node {
                words.insert(key.into(), json!(node.container));
            }
        }
        words.insert("rdma_dev".into(), json!(rdma.device));
    }
    Value::Object(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::examples;
    use colvin_model::offer::{Extras, Vdpa};

    fn name(resource: &str, origin: &Origin) -> String {
        variable(&resource.parse().unwrap(), origin)
    }

    #[test]
    fn sdp_25_the_variable_is_named_as_the_other_plugin_names_it() {
        let file = Origin::ConfigFile;
        assert_eq!(
            name("intel.com/sriov_net.A", &file),
            "PCIDEVICE_INTEL_COM_SRIOV_NET_A"
        );
        assert_eq!(
            name("openshift.io/my-nic", &file),
            "PCIDEVICE_OPENSHIFT_IO_MY-NIC"
        );
        let network = Origin::Network("my-green".parse().unwrap());
        assert_eq!(
            name("colvin.dev/my-green", &network),
            "PCIDEVICE_COLVIN_DEV_MY_GREEN"
        );
    }

    #[test]
    fn sdp_25_ids_are_listed_in_the_order_of_the_kubelet() {
        let grants = [examples::vf("0000:3b:00.3"), examples::vf("0000:3b:00.2")];
        let origin = Origin::ConfigFile;
        let [(_, ids), (name, _)] = variables(&"a.b/c".parse().unwrap(), &origin, &grants);
        assert_eq!(ids, "0000:3b:00.3,0000:3b:00.2");
        assert_eq!(name, "PCIDEVICE_A_B_C_INFO");
    }

    #[test]
    fn sdp_26_what_each_device_has_is_told_by_the_keys_of_the_other_plugins_code() {
        let mut all = examples::vf("0000:3b:00.2");
        all.nodes = examples::all_nodes();
        all.device.extras = Extras {
            rdma: true,
            vhost_net: true,
            vdpa: Some(Vdpa::Vhost),
            info: BTreeMap::from([("token".to_owned(), "3e49".to_owned())]),
        };
        let plain = examples::vf("0000:3b:00.3");
        let origin = Origin::ConfigFile;
        let [_, (_, info)] = variables(&"a.b/c".parse().unwrap(), &origin, &[all, plain]);
        let info: Value = serde_json::from_str(&info).unwrap();
        let expected = json!({
            "0000:3b:00.2": {
                "generic": {"deviceID": "0000:3b:00.2"},
                "vfio": {"mount": "/dev/vfio/vfio", "dev-mount": "/dev/vfio/7"},
                "uio": {"mount": "/dev/uio3"},
                "vhost": {"net-mount": "/dev/vhost-net", "tun-mount": "/dev/net/tun"},
                "rdma": {
                    "uverbs": "/dev/infiniband/uverbs2",
                    "umad": "/dev/infiniband/umad2",
                    "issm": "/dev/infiniband/issm2",
                    "rdma_cm": "/dev/infiniband/rdma_cm",
                    "rdma_dev": "mlx5_2",
                },
                "vdpa": {"mount": "/dev/vhost-vdpa-1"},
                "extra": {"token": "3e49"},
            },
            "0000:3b:00.3": {"generic": {"deviceID": "0000:3b:00.3"}},
        });
        assert_eq!(info, expected);
    }
}
