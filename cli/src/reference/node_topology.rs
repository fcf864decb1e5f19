//! `docs/reference/node-topology.md`: every field of the object, its type and meaning.
//!
//! The rows come from the declarations in `colvin-crds`; that they are all there and no other is proved with an object
//! that has every field.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use colvin_crds::v1alpha1::node_topology::{
    Finding, Metadata, Neighbor, NodeTopology, NodeTopologyStatus, Sriov, Subfunction, Uplink,
    VfRange, VirtualFunction, Vlan,
};
use serde_json::Value;

/// The declarations.
const SOURCE: &str = include_str!("../../../crds/src/v1alpha1/node_topology.rs");

#[derive(Debug)]
struct Field {
    name: String,
    kind: String,
    meaning: String,
}

/// The fields of every struct, as declared.
fn declared() -> BTreeMap<String, Vec<Field>> {
    let mut structs: BTreeMap<String, Vec<Field>> = BTreeMap::new();
    let (mut current, mut meaning) = (None, Vec::new());
    for line in SOURCE.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("/// ") {
            meaning.push(text);
        } else if let Some(name) = line
            .strip_prefix("pub struct ")
            .and_then(|rest| rest.strip_suffix(" {"))
        {
            current = Some(name.to_owned());
            meaning.clear();
        } else if line == "}" {
            current = None;
        } else if let (Some(owner), Some((name, kind))) = (
            &current,
            line.strip_prefix("pub ")
                .and_then(|field| field.split_once(": ")),
        ) {
            structs.entry(owner.clone()).or_default().push(Field {
                name: camel_case(name),
                kind: kind.trim_end_matches(',').to_owned(),
                meaning: meaning.join(" "),
            });
            meaning.clear();
        }
    }
    structs
}

fn camel_case(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |name, part| {
        let (head, tail) = part.split_at(1);
        name + &head.to_uppercase() + tail
    })
}

/// A row: path, type for people, meaning.
fn rows(
    structs: &BTreeMap<String, Vec<Field>>,
    owner: &str,
    at: &str,
    rows: &mut Vec<[String; 3]>,
) {
    for field in &structs[owner] {
        let inner = |wrapper: &str| {
            field
                .kind
                .strip_prefix(wrapper)
                .and_then(|rest| rest.strip_suffix('>'))
        };
        let (element, list) = match (inner("Vec<"), inner("Option<")) {
            (Some(element), _) => (element, true),
            (None, Some(element)) => (element, false),
            (None, None) => (field.kind.as_str(), false),
        };
        let path = format!("{at}{}{}", field.name, if list { "[]" } else { "" });
        let kind = match element {
            "String" => "text",
            "bool" => "true or absent",
            "u16" | "u32" => "number",
            _ => "object",
        };
        rows.push([path.clone(), kind.to_owned(), field.meaning.clone()]);
        if structs.contains_key(element) {
            self::rows(structs, element, &format!("{path}."), rows);
        }
    }
}

fn paths(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if at.is_empty() {
                    name.clone()
                } else {
                    format!("{at}.{name}")
                };
                let path = if value.is_array() { path + "[]" } else { path };
                found.insert(path.clone());
                paths(value, &path, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| paths(value, at, found)),
        _ => {}
    }
}

#[test]
fn the_page_of_the_object_is_fresh_and_has_every_field() {
    let structs = declared();
    let mut documented = Vec::new();
    rows(&structs, "NodeTopology", "", &mut documented);
    let mut page = String::from(
        "# `NodeTopology`\n\nWhat `colvin show -o json` prints: an object of `colvin.dev/v1alpha1`. A field without a value is \
         absent, and so is an empty list. Nothing in it changes while the machine does not. Made from \
         `crds/src/v1alpha1/node_topology.rs`.\n\n| field | type | meaning |\n| --- | --- | --- |\n",
    );
    for [path, kind, meaning] in &documented {
        assert!(!meaning.is_empty(), "{path} has no meaning");
        writeln!(page, "| `{path}` | {kind} | {meaning} |").unwrap();
    }
    let mut present = BTreeSet::new();
    paths(&serde_json::to_value(full()).unwrap(), "", &mut present);
    let documented: BTreeSet<String> = documented.into_iter().map(|[path, ..]| path).collect();
    assert_eq!(
        documented, present,
        "declared and serialised fields are the same"
    );
    super::check("node-topology.md", &page);
}

#[expect(clippy::unnecessary_wraps, reason = "the fields it fills are optional")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// An object that has every field: a field that is added does not compile until it is here.
fn full() -> NodeTopology {
    let finding = Finding {
        uplink: some("u"),
        reason: "r".into(),
        message: "m".into(),
    };
    NodeTopology {
        api_version: "v".into(),
        kind: "k".into(),
        metadata: Metadata { name: "n".into() },
        status: NodeTopologyStatus {
            uplinks: vec![uplink()],
            findings: vec![finding],
        },
    }
}

fn uplink() -> Uplink {
    Uplink {
        id: "i".into(),
        name: some("n"),
        alt_names: vec!["a".into()],
        vendor: some("v"),
        device: some("d"),
        model: some("m"),
        driver: some("d"),
        firmware: some("f"),
        numa_node: Some(0),
        pcie_root: some("p"),
        mac: some("m"),
        mtu: Some(1500),
        speed_mbps: Some(1000),
        link: "Up".into(),
        bond: some("b"),
        bridge: some("b"),
        rdma: some("r"),
        protected: vec!["p".into()],
        sriov: Some(sriov()),
        representors: vec!["r".into()],
        subfunctions: vec![Subfunction {
            name: "s".into(),
            netdev: some("n"),
        }],
        neighbors: vec![neighbor()],
    }
}

fn sriov() -> Sriov {
    Sriov {
        total: 1,
        configured: 1,
        offset: 1,
        stride: 1,
        device: some("d"),
        eswitch: some("e"),
        functions: vec![VfRange {
            range: "0".into(),
            driver: some("d"),
            state: some("s"),
        }],
        vfs: vec![VirtualFunction {
            index: 0,
            pci_address: "p".into(),
            driver: some("d"),
            netdev: some("n"),
            mac: some("m"),
            numa_node: Some(0),
            iommu_group: Some(1),
            rdma: some("r"),
            usage: "Here".into(),
        }],
    }
}

fn neighbor() -> Neighbor {
    Neighbor {
        chassis_id: "c".into(),
        port_id: "p".into(),
        port_description: some("d"),
        system_name: some("s"),
        vlan: Some(1),
        vlans: vec![Vlan {
            id: 1,
            name: some("n"),
        }],
        management_addresses: vec!["192.0.2.1".into()],
        capabilities: vec!["Bridge".into()],
        mtu: Some(9214),
        stale: true,
    }
}
