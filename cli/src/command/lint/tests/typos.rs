//! Forty typos (wish M-30): each is found at its place, with what was meant.

use super::{network, problems};

/// What is written in `spec`, and what lint says; the column is that of the typo.
const TYPOS: [(&str, &str); 40] = [
    // fields
    (
        "{member: []}",
        "spec.member: there is no such field (did you mean members?)",
    ),
    (
        "{Members: []}",
        "spec.Members: there is no such field (did you mean members?)",
    ),
    (
        "{device: {}}",
        "spec.device: there is no such field (did you mean devices?)",
    ),
    (
        "{atach: {}}",
        "spec.atach: there is no such field (did you mean attach?)",
    ),
    (
        "{advertize: DRA}",
        "spec.advertize: there is no such field (did you mean advertise?)",
    ),
    (
        "{policys: {}}",
        "spec.policys: there is no such field (did you mean policy?)",
    ),
    (
        "{allowedNamespace: {from: All}}",
        "spec.allowedNamespace: there is no such field (did you mean allowedNamespaces?)",
    ),
    (
        "{members: [{name: a, neighbour: {}, subnet: 10.0.0.0/8}]}",
        "spec.members[0].neighbour: there is no such field (did you mean neighbor?)",
    ),
    (
        "{members: [{name: a, nieghbor: {}, subnet: 10.0.0.0/8}]}",
        "spec.members[0].nieghbor: there is no such field (did you mean neighbor?)",
    ),
    (
        "{members: [{name: a, subnets: 10.0.0.0/8}]}",
        "spec.members[0].subnets: there is no such field (did you mean subnet?)",
    ),
    (
        "{members: [{name: a, uplinks: {}}]}",
        "spec.members[0].uplinks: there is no such field (did you mean uplink?)",
    ),
    (
        "{members: [{nmae: a, subnet: 10.0.0.0/8}]}",
        "spec.members[0].nmae: there is no such field (did you mean name?)",
    ),
    (
        "{members: [{name: a, neighbor: {sysName: leaf}}]}",
        "spec.members[0].neighbor.sysName: there is no such field (did you mean systemName?)",
    ),
    (
        "{members: [{name: a, neighbor: {system_name: leaf}}]}",
        "spec.members[0].neighbor.system_name: there is no such field (did you mean systemName?)",
    ),
    (
        "{members: [{name: a, neighbor: {chassisID: x}}]}",
        "spec.members[0].neighbor.chassisID: there is no such field (did you mean chassisId?)",
    ),
    (
        "{members: [{name: a, neighbor: {portID: x}}]}",
        "spec.members[0].neighbor.portID: there is no such field (did you mean portId?)",
    ),
    (
        "{members: [{name: a, neighbor: {portDesc: x}}]}",
        "spec.members[0].neighbor.portDesc: there is no such field (did you mean portDescription?)",
    ),
    (
        "{members: [{name: a, neighbor: {vlanID: 110}}]}",
        "spec.members[0].neighbor.vlanID: there is no such field (did you mean vlan?)",
    ),
    (
        "{members: [{name: a, uplink: {ifname: ens2}}]}",
        "spec.members[0].uplink.ifname: there is no such field, here may be altName, device, driver, interface, mac, node, nodeSelector, pciAddress, vendor",
    ),
    (
        "{members: [{name: a, uplink: {pciAdress: x}}]}",
        "spec.members[0].uplink.pciAdress: there is no such field (did you mean pciAddress?)",
    ),
    (
        "{members: [{name: a, uplink: {altname: x}}]}",
        "spec.members[0].uplink.altname: there is no such field (did you mean altName?)",
    ),
    (
        "{members: [{name: a, uplink: {nodeselector: {}}}]}",
        "spec.members[0].uplink.nodeselector: there is no such field (did you mean nodeSelector?)",
    ),
    (
        "{devices: {exclusive: true}}",
        "spec.devices.exclusive: there is no such field (did you mean exclusiveUplink?)",
    ),
    (
        "{devices: {share: 8}}",
        "spec.devices.share: there is no such field (did you mean shares?)",
    ),
    (
        "{attach: {MTU: 9000}}",
        "spec.attach.MTU: there is no such field (did you mean mtu?)",
    ),
    (
        "{attach: {spoofchk: true}}",
        "spec.attach.spoofchk: there is no such field (did you mean spoofCheck?)",
    ),
    (
        "{attach: {ipam: {type: pool, range: [10.0.0.0/8]}}}",
        "spec.attach.ipam.range: there is no such field (did you mean ranges?)",
    ),
    (
        "{attach: {routes: [{dest: 10.0.0.0/8}]}}",
        "spec.attach.routes[0].dest: there is no such field (did you mean dst?)",
    ),
    (
        "{policy: {linkdown: Report}}",
        "spec.policy.linkdown: there is no such field (did you mean linkDown?)",
    ),
    // words
    (
        "{devices: {kind: macvlan}}",
        "spec.devices.kind: \"macvlan\" is none of VirtualFunction, PhysicalFunction, Macvlan, Ipvlan, Vlan (did you mean Macvlan?)",
    ),
    (
        "{devices: {kind: VirtualFuntion}}",
        "spec.devices.kind: \"VirtualFuntion\" is none of VirtualFunction, PhysicalFunction, Macvlan, Ipvlan, Vlan (did you mean VirtualFunction?)",
    ),
    (
        "{advertise: dra}",
        "spec.advertise: \"dra\" is none of DevicePlugin, DRA (did you mean DRA?)",
    ),
    (
        "{policy: {linkDown: NoSchdule}}",
        "spec.policy.linkDown: \"NoSchdule\" is none of Report, NoSchedule, NoExecute (did you mean NoSchedule?)",
    ),
    (
        "{attach: {ipam: {type: DHCP}}}",
        "spec.attach.ipam.type: \"DHCP\" is none of pool, slaac, dhcp (did you mean dhcp?)",
    ),
    // traps of YAML, and values
    (
        "{members: [{name: no, subnet: 10.0.0.0/8}]}",
        "spec.members[0].name: `no` without quotes is false, and text is wanted (did you mean \"no\"?)",
    ),
    (
        "{members: [{name: a, uplink: {vendor: 8086}}]}",
        "spec.members[0].uplink.vendor: `8086` without quotes is a number, and text is wanted (did you mean \"8086\"?)",
    ),
    (
        "{attach: {mtu: \"9000\"}}",
        "spec.attach.mtu: \"9000\" in quotes is text, and a number is wanted: take the quotes off",
    ),
    (
        "{attach: {trust: ture}}",
        "spec.attach.trust: `ture` stands here, and true or false is wanted (did you mean true?)",
    ),
    (
        "{attach: {mtu: 90000}}",
        "spec.attach.mtu: 90000 is out of range: 68 to 65535 may be",
    ),
    (
        "{members: [{name: a, uplink: {pciAddress: \"3B:00.0\"}}]}",
        "warning: spec.members[0].uplink.pciAddress: \"3B:00.0\" matches nothing: a PCI address is such as 0000:3b:00.0 (did you mean 0000:3b:00.0?)",
    ),
];

#[test]
fn forty_typos_are_found_with_what_was_meant() {
    let mut wrong = Vec::new();
    for (spec, expected) in TYPOS {
        let found = problems(&network(spec));
        if !found.iter().any(|problem| {
            problem
                .split_once(": ")
                .is_some_and(|(_, text)| text == expected)
        }) {
            wrong.push(format!("{spec}\n  wanted {expected}\n  said   {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_typo_stands_where_it_is_said_to_stand() {
    let text = "apiVersion: colvin.dev/v1alpha1\nkind: Network\nmetadata:\n  name: green\nspec:\n  members:\n  - name: a\n    neighbour:\n      vlan: 110\n";
    assert_eq!(
        problems(text)[0],
        "8:5: spec.members[0].neighbour: there is no such field (did you mean neighbor?)"
    );
}

#[test]
fn typos_of_the_head_are_found() {
    let head = |version: &str, kind: &str| {
        format!("{version}\n{kind}\nmetadata: {{name: a}}\nspec: {{}}\n")
    };
    let version = "apiVersion: colvin.dev/v1alpha1";
    for (text, expected) in [
        (
            head(version, "kind: Netwrok"),
            "2:7: kind: colvin.dev/v1alpha1 has no kind \"Netwrok\" (did you mean Network?)",
        ),
        (
            head("apiVersion: colvin.dev/v1alpah1", "kind: Network"),
            "1:13: apiVersion: there is no \"colvin.dev/v1alpah1\" (did you mean colvin.dev/v1alpha1?)",
        ),
        (
            head("apiVersion: colvn.dev/v1alpha1", "kind: Network"),
            "1:13: apiVersion: there is no \"colvn.dev/v1alpha1\" (did you mean colvin.dev/v1alpha1?)",
        ),
        (
            head("apiversion: colvin.dev/v1alpha1", "kind: Network"),
            "1:1: apiversion: there is no such field (did you mean apiVersion?)",
        ),
        (
            head(version, "kid: Network"),
            "2:1: kid: there is no such field (did you mean kind?)",
        ),
        (
            head("apiVersion: v1", "kind: Network"),
            "1:13: apiVersion: \"v1\" has no Network (did you mean colvin.dev/v1alpha1?)",
        ),
        (
            "spec: {}\n".to_owned(),
            "1:1: the field apiVersion is missing: this is no Kubernetes object",
        ),
    ] {
        assert_eq!(problems(&text), [expected], "{text}");
    }
}

#[test]
fn a_number_of_base_60_and_a_boolean_of_yaml_1_1_are_warned_of() {
    assert_eq!(
        problems(&network(
            "{members: [{name: a, uplink: {pciAddress: 0000:08:00.0}}], attach: {trust: yes}}"
        )),
        [
            "4:49: warning: spec.members[0].uplink.pciAddress: readers of YAML 1.1 take `0000:08:00.0` without quotes for a number (did you mean \"0000:08:00.0\"?)",
            "4:82: warning: spec.attach.trust: readers of YAML 1.2 take `yes` for text (did you mean true?)",
        ]
    );
}
