//! What becomes of what, and that nothing both can say is lost on the way there and back.
//!
//! Left to others: how definitions are read (`import nad`).

use colvin_crds::v1alpha1::network::attach::{Cidr, Ipam, IpamType, Route};
use colvin_crds::v1alpha1::network::{Attach, DeviceKind, Devices, NetworkSpec, Policy};
use proptest::option;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::command::lint::object::Schemas;
use crate::command::lint::text_linted;

fn of(text: &str, answers: &Answers) -> Converted {
    let texts = [("in.yaml".to_owned(), text.to_owned())];
    converted(&texts, None, answers, To::Other).unwrap()
}

fn interface(nad: &str, netdev: &str) -> Answers {
    Answers {
        interfaces: vec![(nad.to_owned(), netdev.to_owned())],
        ..Answers::default()
    }
}

/// Objects, warnings and failures as one text; Networks have passed lint.
fn shown(converted: &Converted) -> String {
    let objects = converted.objects.iter();
    let yaml: String = objects
        .map(|(comments, object)| manifest::document(comments, object))
        .collect();
    let linted = text_linted(&Schemas::new().unwrap(), "out", &yaml);
    let wrong = linted.problems.iter();
    let wrong: Vec<_> = wrong
        .filter(|problem| problem.level > crate::command::lint::problem::Level::Note)
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}\n{yaml}");
    let warnings = converted.warnings.join("\n");
    let failures = converted.failures.join("\n");
    format!("{yaml}WARNINGS\n{warnings}\nFAILURES\n{failures}\n")
}

fn definition(metadata: &Value, config: &Value) -> String {
    json!({
        "apiVersion": "k8s.cni.cncf.io/v1",
        "kind": "NetworkAttachmentDefinition",
        "metadata": metadata,
        "spec": {"config": config.to_string()},
    })
    .to_string()
}

/// As OVN's documentation has it: an ugly string.
const TENANT_RED: &str = r#"apiVersion: k8s.cni.cncf.io/v1
kind: NetworkAttachmentDefinition
metadata:
  name: tenantred
  namespace: red
spec:
  config: |-
    {
      "cniVersion": "0.3.1",
      "name": "tenantred",
      "type": "ovn-k8s-cni-overlay",
      "topology": "localnet",
      "physicalNetworkName": "physnet1",
      "subnets": "10.100.200.0/24",
      "excludeSubnets": "10.100.200.1/32, 10.100.200.254/32",
      "vlanID": 33,
      "mtu": 1500,
      "netAttachDefName": "red/tenantred"
    }
"#;

#[test]
fn m_72_an_ovn_localnet_becomes_the_network_it_amounts_to() {
    insta::assert_snapshot!(shown(&of(
        TENANT_RED,
        &interface("red/tenantred", "ens2f0")
    )));
}

#[test]
fn m_39_a_definition_without_an_uplink_is_converted_and_what_is_missing_is_said() {
    let metadata = json!({"name": "green", "annotations": {"k8s.v1.cni.cncf.io/resourceName": "intel.com/green"}});
    let config = json!({"type": "sriov", "vlan": 110, "min_tx_rate": 100, "ipam": {"type": "host-local",
        "ranges": [[{"subnet": "10.20.4.0/24", "rangeStart": "10.20.4.16", "rangeEnd": "10.20.4.31"}]]}});
    insta::assert_snapshot!(shown(&of(
        &definition(&metadata, &config),
        &Answers::default()
    )));
}

#[test]
fn m_39_a_network_becomes_the_definition_that_colvin_cni_needs_below_multus() {
    let network = "apiVersion: colvin.dev/v1alpha1\nkind: Network\nmetadata: {name: green}\nspec:\n  \
         attach: {vlan: 110, mtu: 9000, interfaceName: bay}\n  \
         allowedNamespaces: {from: Selector, selector: {matchLabels: {tenant: a}}}\n---\n\
         apiVersion: colvin.dev/v1alpha1\nkind: Network\nmetadata: {name: claimed}\nspec: {advertise: DRA}\n---\n\
         apiVersion: colvin.dev/v1alpha1\nkind: Network\nmetadata: {name: odd}\nspec: {mebers: []}\n";
    insta::assert_snapshot!(shown(&of(network, &Answers::default())));
}

#[test]
fn what_is_neither_is_passed_over_and_what_does_not_read_is_told_once() {
    let converted = of(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n",
        &Answers::default(),
    );
    assert!(converted.objects.is_empty() && converted.failures.is_empty());
    let converted = of("kind: [", &Answers::default());
    assert_eq!(converted.failures.len(), 1, "{:?}", converted.failures);
}

/// The Network, when nothing was lost but what `warned` says.
fn only(converted: &Converted) -> Network {
    assert_eq!(converted.failures, Vec::<String>::new());
    let [(_, object)] = converted.objects.as_slice() else {
        panic!("{converted:?}");
    };
    serde_json::from_value(object.clone()).unwrap()
}

fn kinds() -> impl Strategy<Value = DeviceKind> {
    prop::sample::select(vec![
        DeviceKind::VirtualFunction,
        DeviceKind::PhysicalFunction,
        DeviceKind::Macvlan,
        DeviceKind::Ipvlan,
        DeviceKind::Vlan,
    ])
}

fn ipams() -> impl Strategy<Value = Ipam> {
    let ipam = |kind, ranges: Vec<String>, exclude: Vec<String>| Ipam {
        kind,
        ranges: ranges.into_iter().map(Cidr).collect(),
        block_size: None,
        exclude: exclude.into_iter().map(Cidr).collect(),
    };
    let ranges =
        prop::collection::btree_set((0_u8..=255).prop_map(|it| format!("10.{it}.0.0/22")), 1..4);
    let exclude =
        prop::collection::btree_set((0_u8..=255).prop_map(|it| format!("10.1.2.{it}/32")), 0..3);
    prop_oneof![
        Just(ipam(IpamType::Dhcp, Vec::new(), Vec::new())),
        (ranges, exclude).prop_map(move |(ranges, exclude)| ipam(
            IpamType::Pool,
            ranges.into_iter().collect(),
            exclude.into_iter().collect()
        )),
    ]
}

prop_compose! {
    fn attaches()(
        vlan in option::of(1_u16..=4094),
        mtu in option::of(68_u32..=65535),
        trust in option::of(any::<bool>()),
        spoof_check in option::of(any::<bool>()),
        ipam in option::of(ipams()),
        hops in prop::collection::vec((0_u8..=255, option::of(1_u8..=254)), 0..3),
    ) -> Attach {
        // a configuration says its routes below its ipam
        let hops = if ipam.is_some() { hops } else { Vec::new() };
        let routes = hops.into_iter().map(|(net, gw)| Route {
            dst: Cidr(format!("172.16.{net}.0/24")),
            gw: gw.map(|gw| format!("10.0.0.{gw}")),
        });
        Attach { vlan, mtu, trust, spoof_check, ipam, routes: routes.collect(), ..Attach::default() }
    }
}

fn network(name: &str, kind: DeviceKind, attach: Attach) -> Network {
    let spec = NetworkSpec {
        members: Vec::new(),
        devices: Devices {
            kind,
            ..Devices::default()
        },
        attach: (attach != Attach::default()).then_some(attach),
        advertise: Advertise::default(),
        policy: Policy::default(),
        allowed_namespaces: None,
    };
    Network::new(name, spec)
}

/// The configuration of the plugin that does what the Network says, and the Network without what it cannot say.
fn foreign(network: &Network) -> (Value, Network) {
    let mut rest = network.clone();
    let attach = network.spec.attach.clone().unwrap_or_default();
    let mut said = Attach {
        ipam: attach.ipam.clone(),
        routes: attach.routes.clone(),
        ..Attach::default()
    };
    let on = |it: Option<bool>| it.map(|it| if it { "on" } else { "off" });
    let mut config = match network.spec.devices.kind {
        DeviceKind::VirtualFunction => {
            said.vlan = attach.vlan;
            said.trust = attach.trust;
            said.spoof_check = attach.spoof_check;
            json!({"type": "sriov", "vlan": attach.vlan, "trust": on(attach.trust), "spoofchk": on(attach.spoof_check)})
        }
        DeviceKind::PhysicalFunction => json!({"type": "host-device", "device": "eth1"}),
        DeviceKind::Macvlan | DeviceKind::Ipvlan => {
            said.mtu = attach.mtu;
            let plugin = if network.spec.devices.kind == DeviceKind::Macvlan {
                "macvlan"
            } else {
                "ipvlan"
            };
            json!({"type": plugin, "master": "eth1", "mtu": attach.mtu})
        }
        DeviceKind::Vlan => {
            said.mtu = attach.mtu;
            said.vlan = Some(attach.vlan.unwrap_or(7));
            json!({"type": "vlan", "master": "eth1", "mtu": attach.mtu, "vlanId": said.vlan})
        }
    };
    if let Some(ipam) = ipam_of(&attach) {
        config["ipam"] = ipam;
    }
    rest.spec.attach = (said != Attach::default()).then_some(said);
    (config, rest)
}

fn ipam_of(attach: &Attach) -> Option<Value> {
    let ipam = attach.ipam.as_ref()?;
    let mut config = match ipam.kind {
        IpamType::Pool => {
            let ranges: Vec<Value> = ipam
                .ranges
                .iter()
                .enumerate()
                .map(|(at, range)| {
                    let exclude = if at == 0 {
                        json!(ipam.exclude)
                    } else {
                        json!([])
                    };
                    json!({"range": range, "exclude": exclude})
                })
                .collect();
            json!({"type": "whereabouts", "ipRanges": ranges})
        }
        IpamType::Dhcp | IpamType::Slaac => json!({"type": "dhcp"}),
    };
    config["routes"] = json!(attach.routes);
    Some(config)
}

proptest! {
    #[test]
    fn m_39_there_and_back_a_network_is_the_same_definition(
        name in "[a-z]([a-z0-9-]{0,20}[a-z0-9])?", kind in kinds(), attach in attaches(),
    ) {
        let text = serde_json::to_string(&network(&name, kind, attach)).unwrap();
        let made = of(&text, &Answers::default());
        prop_assert_eq!(made.objects.len(), 1);
        let definition = made.objects[0].1.to_string();
        let back = of(&definition, &Answers::default());
        let named = only(&back).metadata.name;
        prop_assert_eq!(named.as_deref(), Some(name.as_str()));
        let again = of(&back.objects[0].1.to_string(), &Answers::default());
        prop_assert_eq!(again.objects[0].1.to_string(), definition);
    }

    #[test]
    fn m_39_what_a_definition_and_a_network_both_can_say_is_kept(kind in kinds(), attach in attaches()) {
        let (config, expected) = foreign(&network("green", kind, attach));
        let text = definition(&json!({"name": "green"}), &config);
        let got = of(&text, &interface("green", "eth1"));
        prop_assert_eq!(&got.warnings, &Vec::<String>::new());
        let got = only(&got);
        prop_assert_eq!(got.spec.members.len(), 1);
        prop_assert_eq!(got.spec.devices, expected.spec.devices);
        prop_assert_eq!(got.spec.attach, expected.spec.attach);
    }

    #[test]
    fn m_39_a_definition_of_colvin_cni_with_settings_keeps_them(kind in kinds(), attach in attaches()) {
        let network = network("green", kind, attach);
        let attach = network.spec.attach.clone().unwrap_or_default();
        let on = |it: Option<bool>| it.map(|it| if it { "on" } else { "off" });
        let mut config = json!({
            "type": "colvin-cni", "kind": kind, "master": "eth1", "mtu": attach.mtu, "vlan": attach.vlan,
            "trust": on(attach.trust), "spoofchk": on(attach.spoof_check), "network": "green",
        });
        if let Some(ipam) = ipam_of(&attach) {
            config["ipam"] = ipam;
        }
        let got = only(&of(&definition(&json!({"name": "other"}), &config), &Answers::default()));
        prop_assert_eq!(got.metadata.name.as_deref(), Some("green"));
        prop_assert_eq!(got.spec.devices, network.spec.devices);
        prop_assert_eq!(got.spec.attach, network.spec.attach);
    }
}
