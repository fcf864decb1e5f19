//! Config files and `ConfigMaps` as people have them, and what becomes of them.

use super::*;
use crate::command::lint::object::Schemas;
use crate::command::lint::text_linted;
use crate::manifest;

fn imported(text: &str) -> Imported {
    import(&[("pools.yaml".to_owned(), text.to_owned())], "intel.com")
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

#[test]
fn a_config_file_becomes_a_network_per_resource() {
    let text = r#"{
  "resourceList": [
    {
      "resourceName": "green",
      "selectors": {"vendors": ["8086"], "pfNames": ["ens1f0#0-3,8", "ens1f1#0-3,8"]}
    },
    {
      "resourceName": "Red_Net",
      "resourcePrefix": "example.org",
      "excludeTopology": true,
      "additionalInfo": {"*": {"token": "a"}},
      "selectors": [
        {"rootDevices": ["0000:3B:00.0#4-7"], "drivers": ["vfio-pci"], "needVhostNet": true},
        {"pfNames": ["ens2f0"], "IsRdma": true, "linkTypes": ["ether"]}
      ]
    },
    {"resourceName": "vm", "selectors": {"pciAddresses": ["0000:00:05.0", "0000:00:06.0"]}},
    {"resourceName": "mlx", "selectors": {"vendors": ["15b3"], "devices": ["101e"], "drivers": ["mlx5_core"]}}
  ]
}
"#;
    insta::assert_snapshot!(shown(&imported(text)));
}

/// SDP-22: the key of a `ConfigMap` is the node its text is for.
#[test]
fn sdp_22_keys_of_a_config_map_are_nodes() {
    let text = r#"apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: device-plugin-config, namespace: sriov}
  data:
    worker-1: |
      {"resourceList": [
        {"resourceName": "green", "SelectorObj": null, "selectors": {"pfNames": ["ens1f0#0-3"], "IsRdma": false}}
      ]}
    worker-2: '{"resourceList": [{"resourceName": "green", "selectors": {"pfNames": ["enp4s0#0-3"]}}, {"resourceName": "green2", "deviceType": "x", "selectors": {}}]}'
    worker-3: |
      {"resourceList": []}
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: sriovdp-config}
  data:
    config.json: |
      {
        "resourceList": [
          {"resourceName": "red", "selectors": {"pfNames": ["eth1"]}},
          {"resourceName": "blue", "selectors": {"pfNames": ["eth1#x"]}
"#;
    insta::assert_snapshot!(shown(&imported(text)));
}

#[test]
fn what_the_plugin_passes_over_in_silence_is_told_with_its_line() {
    let text = r#"{"resourceList": [
  {"resourceName": "malformed", "selectors": {"pfNames": ["eth0#0-x", "eth1#2"]}},
  {"resourceName": "drivers", "selectors": {"devices": ["1889"], "drivers": ["iavf"]}},
  {"resourceName": "typed", "deviceType": "vfio", "selectors": {"pfNames": ["eth0"]}},
  {"resourceName": "fpga", "deviceType": "accelerator", "selectors": {"vendors": ["8086"]}},
  {"resourceName": "sf", "deviceType": "auxNetDevice", "selectors": {"auxTypes": ["sf"]}}
]}"#;
    insta::assert_snapshot!(shown(&imported(text)));
}

#[test]
fn pools_that_only_vfs_tell_apart_are_told_of() {
    let text = r#"{"resourceList": [
  {"resourceName": "kernel", "selectors": {"pfNames": ["eth0"], "drivers": ["iavf"]}},
  {"resourceName": "dpdk", "selectors": {"pfNames": ["eth0#2-3"], "drivers": ["vfio-pci"]}},
  {"resourceName": "other", "selectors": {"pfNames": ["eth1"], "drivers": ["vfio-pci"]}}
]}"#;
    let imported = imported(text);
    assert_eq!(
        imported.notes,
        [
            "dpdk: kernel has these VFs too (intel.com/kernel and intel.com/dpdk were told apart by what a Network does not ask): give each its devices.functions"
        ]
    );
    let above: Vec<usize> = imported
        .networks
        .iter()
        .map(|(lines, _)| lines.len())
        .collect();
    assert_eq!(above, [2, 3, 2]);
}

#[test]
fn a_torn_file_is_a_failure_with_its_place() {
    let torn = imported("{\"resourceList\": [\n  {\"resourceName\":");
    assert!(torn.networks.is_empty());
    assert_eq!(
        torn.failures,
        ["pools.yaml:2: it is torn, or no JSON: EOF while parsing a value at line 2 column 18"]
    );
    let other = imported("apiVersion: v1\nkind: Secret\n");
    assert!(other.networks.is_empty() && other.failures.is_empty() && other.notes.is_empty());
}
