//! Definitions as people have them, and what becomes of them.

use super::*;
use crate::args::authoring::{Answers, ImportFrom};
use crate::command::import::foreign::DEFINITIONS;
use crate::command::lint::object::Schemas;
use crate::command::lint::text_linted;
use crate::manifest;

fn nad(metadata: &str, config: &str) -> String {
    format!(
        "apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\nmetadata: {{{metadata}}}\nspec:\n  config: '{config}'\n---\n"
    )
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(nad, value)| ((*nad).to_owned(), (*value).to_owned()))
        .collect()
}

fn imported(text: &str, nodes: &[(&str, &str)], interfaces: &[(&str, &str)]) -> Imported {
    let mut objects = Objects::default();
    objects.add("nads.yaml", text, DEFINITIONS);
    let args = ImportNad {
        from: ImportFrom {
            files: Vec::new(),
            cluster: false,
            apply: false,
            connection: crate::args::cluster::Connection::default(),
        },
        answers: Answers {
            nodes: pairs(nodes),
            interfaces: pairs(interfaces),
        },
        namespace: None,
    };
    import(&objects, &args)
}

/// Networks, notes and failures as one text; the Networks have passed lint.
fn shown(imported: &Imported) -> String {
    let yaml: String = imported
        .networks
        .iter()
        .map(|(comments, network)| manifest::document(comments, &manifest::spare(network).unwrap()))
        .collect();
    if !yaml.is_empty() {
        let linted = text_linted(&Schemas::new().unwrap(), "out", &yaml);
        assert_eq!(
            linted.problems,
            [],
            "its own lint has nothing to say: {yaml}"
        );
        assert_eq!(linted.networks.len(), imported.networks.len());
    }
    format!(
        "{yaml}NOTES\n{}\nFAILURES\n{}\n",
        imported.notes.join("\n"),
        imported.failures.join("\n")
    )
}

const NODES: &str = "apiVersion: v1\nkind: Node\nmetadata: {name: worker-1}\n---\n\
                     apiVersion: v1\nkind: Node\nmetadata: {name: worker-2}\n---\n";

#[test]
fn m_04_a_definition_per_node_becomes_one_network() {
    let config = |master: &str| {
        format!(
            "{{\"cniVersion\": \"0.3.1\", \"type\": \"macvlan\", \"master\": \"{master}\", \"mode\": \"bridge\", \"mtu\": 9000, \
             \"ipam\": {{\"type\": \"whereabouts\", \"range\": \"10.20.4.0/22\", \"exclude\": [\"10.20.4.0/30\"], \
             \"routes\": [{{\"dst\": \"10.30.0.0/16\", \"gw\": \"10.20.4.1\"}}]}}}}"
        )
    };
    let text = NODES.to_owned()
        + &nad("name: green-worker-1", &config("eth1"))
        + &nad("name: green-worker-2", &config("ens2"));
    insta::assert_snapshot!(shown(&imported(&text, &[], &[])));
}

#[test]
fn m_72_an_ovn_localnet_is_read_and_asked_for_its_interface() {
    let config = "{\n  \"cniVersion\": \"0.3.1\",\n  \"name\": \"tenantred\",\n  \"type\": \"ovn-k8s-cni-overlay\",\n  \
                  \"topology\": \"localnet\",\n  \"subnets\": \"10.100.200.0/24\",\n  \"excludeSubnets\": \
                  \"10.100.200.1/32, 10.100.200.254/32\",\n  \"vlanID\": 33,\n  \"mtu\": 1500,\n  \
                  \"netAttachDefName\": \"red/tenantred\"\n}";
    let block: String = config
        .lines()
        .flat_map(|line| ["    ", line, "\n"])
        .collect();
    let text = format!(
        "apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\nmetadata:\n  name: tenantred\n  namespace: red\nspec:\n  config: |\n{block}"
    );
    let asked = imported(&text, &[], &[]);
    assert!(asked.networks.is_empty());
    assert_eq!(
        asked.failures,
        [
            "red/tenantred: which interface is it on? It names none: colvin import nad --interface red/tenantred=NETDEV"
        ]
    );
    insta::assert_snapshot!(shown(&imported(&text, &[], &[("tenantred", "ens2f0")])));
}

#[test]
fn each_plugin_has_its_kind_and_what_is_dropped_is_told() {
    let text = nad(
        "name: a",
        r#"{"type": "ipvlan", "master": "eth1", "mode": "l3", "ipam": {"type": "dhcp"}}"#,
    ) + &nad(
        "name: b",
        r#"{"type": "vlan", "master": "eth1", "vlanId": 110, "linkInContainer": true}"#,
    ) + &nad(
        "name: c",
        r#"{"type": "host-device", "pciBusID": "0000:3B:00.0"}"#,
    ) + &nad(
        "name: d",
        r#"{"type": "host-device", "hwaddr": "3C:EC:EF:00:00:10"}"#,
    ) + &nad(
        "name: e",
        r#"{"plugins": [{"type": "macvlan", "master": "eth2", "ipam": {"type": "static"}}, {"type": "tuning", "mtu": 1400, "promisc": true}, {"type": "sbr"}]}"#,
    ) + &nad(
        "name: f, annotations: {k8s.v1.cni.cncf.io/resourceName: intel.com/green}",
        r#"{"type": "sriov", "vlan": 110, "vlanQoS": 3, "spoofchk": "off", "trust": "on"}"#,
    );
    insta::assert_snapshot!(shown(&imported(&text, &[], &[("f", "ens2f0")])));
}

#[test]
fn definitions_without_a_node_are_asked_for_it_and_the_answer_is_taken() {
    let config = |master: &str| format!(r#"{{"type": "macvlan", "master": "{master}"}}"#);
    let text = nad("name: green-a", &config("eth1")) + &nad("name: green-b", &config("ens2"));
    let asked = imported(&text, &[], &[]);
    assert_eq!(
        asked.failures,
        [
            "default/green-a: which node is it for? It does not say: colvin import nad --node default/green-a=NODE",
            "default/green-b: which node is it for? It does not say: colvin import nad --node default/green-b=NODE"
        ]
    );
    let answered = imported(&text, &[("green-a", "w1"), ("default/green-b", "w2")], &[]);
    let (_, network) = &answered.networks[0];
    assert_eq!(network.metadata.name.as_deref(), Some("green"));
    let members: Vec<_> = network
        .spec
        .members
        .iter()
        .map(|member| member.name.as_str())
        .collect();
    assert_eq!(members, ["w1", "w2"]);
}

#[test]
fn definitions_that_differ_in_more_than_the_interface_stay_apart() {
    let config = |master: &str, mtu: u32| {
        format!(r#"{{"type": "macvlan", "master": "{master}", "mtu": {mtu}}}"#)
    };
    let text = NODES.to_owned()
        + &nad("name: green-worker-1", &config("eth1", 9000))
        + &nad("name: green-worker-2", &config("eth1", 1500))
        + &nad("name: blue-worker-1", &config("eth2", 9000));
    let imported = imported(&text, &[], &[]);
    let names: Vec<_> = imported
        .networks
        .iter()
        .filter_map(|(_, network)| network.metadata.name.clone())
        .collect();
    assert_eq!(names, ["blue", "green", "default-green"]);
    shown(&imported);
}

#[test]
fn m_28_what_is_no_json_is_told_with_its_place() {
    let text = nad("name: a", r#"{"type": "macvlan", "master": }"#)
        + "apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\nmetadata: {name: b, namespace: ns}\nspec:\n  config: |\n    {\n      \"type\": \"macvlan\"\n      \"master\": \"eth1\"\n    }\n---\n"
        + "apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\nmetadata: {name: c}\n---\n"
        + &nad("name: d", r#"{"type": "bridge"}"#)
        + &nad(
            "name: e",
            r#"{"type": "macvlan", "master": "eth1", "mtu": "big"}"#,
        );
    assert_eq!(
        imported(&text, &[], &[]).failures,
        [
            "nads.yaml:5: default/a: spec.config is no JSON, at line 1 column 31 of it: expected value at line 1 column 31",
            "nads.yaml:14: ns/b: spec.config is no JSON, at line 3 column 3 of it: expected `,` or `}` at line 3 column 3",
            "nads.yaml:17:1: default/c: it has no spec.config: its configuration is in a file on the nodes, which is not read",
            "nads.yaml:25:11: default/d: the plugin \"bridge\" makes what no kind of device of a Network is: it is left out",
            "nads.yaml:31:11: default/e: mtu is \"big\", and a number up to 65535 is wanted",
        ]
    );
}

/// The pods of the story: one per node, by a label, a node selector and a definition.
const PODS: &str = r#"
apiVersion: v1
kind: Pod
metadata:
  name: probe-1
  namespace: default
  annotations: {k8s.v1.cni.cncf.io/networks: green-worker-1}
spec:
  nodeSelector: {kubernetes.io/hostname: worker-1, disk: ssd}
  containers: [{name: probe, image: probe}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  template:
    metadata:
      annotations:
        k8s.v1.cni.cncf.io/networks: other, default/green-worker-2@green0
    spec:
      nodeName: worker-2
      affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [worker-2]}]}]}}}
      containers: [{name: log}, {name: web, resources: {limits: {intel.com/green: "1"}}}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: twice, namespace: tenant-a}
spec:
  jobTemplate:
    spec:
      template:
        metadata:
          annotations:
            k8s.v1.cni.cncf.io/networks: '[{"name": "green-worker-1", "namespace": "default", "ips": ["10.20.4.7/22"]}, {"name": "green-worker-2", "namespace": "default"}]'
        spec:
          containers: [{name: job}]
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-5d, ownerReferences: [{kind: Deployment, name: web}]}
spec: {template: {metadata: {annotations: {k8s.v1.cni.cncf.io/networks: green-worker-2}}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: elsewhere, namespace: tenant-a}
spec: {template: {metadata: {annotations: {k8s.v1.cni.cncf.io/networks: green-worker-1}}}}
---
apiVersion: v1
kind: Pod
metadata: {name: odd, annotations: {k8s.v1.cni.cncf.io/networks: a/b/c}}
"#;

#[test]
fn m_04_the_pods_that_change_are_told_with_what_changes() {
    let resource = "annotations: {k8s.v1.cni.cncf.io/resourceName: intel.com/green}";
    let config =
        |master: &str| format!(r#"{{"type": "sriov", "master": "{master}", "vlan": 110}}"#);
    let text = NODES.to_owned()
        + &nad(
            &format!("name: green-worker-1, {resource}"),
            &config("eth1"),
        )
        + &nad(
            &format!("name: green-worker-2, {resource}"),
            &config("ens2"),
        )
        + &nad("name: blue", r#"{"type": "colvin-cni", "name": "blue"}"#)
        + PODS;
    insta::assert_snapshot!(shown(&imported(&text, &[], &[])));
}
