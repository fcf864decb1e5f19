//! What the environment must have, and how all that is wrong with it is said. Left to others: the
//! process (`tests/protocol.rs`).

use super::*;
use std::collections::BTreeMap;

fn read(variables: &[(&str, &str)]) -> Result<Option<Environment>, Failure> {
    let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
    Environment::read(|name| variables.get(name).map(OsString::from))
}

const WHOLE: [(&str, &str); 5] = [
    ("CNI_COMMAND", "ADD"),
    ("CNI_CONTAINERID", "c1"),
    ("CNI_NETNS", "/run/netns/x"),
    ("CNI_IFNAME", "net1"),
    ("CNI_PATH", "/opt/cni/bin::/usr/lib/cni"),
];

fn with(changes: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    [&WHOLE[..], changes].concat()
}

#[test]
fn a_whole_environment_is_read() {
    let environment = read(&WHOLE).unwrap().unwrap();
    let wanted = Environment {
        verb: Verb::Add,
        container: Some("c1".parse().unwrap()),
        interface: Some("net1".parse().unwrap()),
        netns: Some("/run/netns/x".into()),
        path: vec!["/opt/cni/bin".into(), "/usr/lib/cni".into()],
        arguments: Arguments::default(),
        own_netns_allowed: false,
        trace: None,
    };
    assert_eq!(environment, wanted);
}

/// CNI-P2: a call with something missing is code 4 and names all that is.
#[test]
fn cni_p2_all_missing_variables_are_named() {
    let needed = [
        ("ADD", &["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME"][..]),
        ("CHECK", &["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME"][..]),
        ("DEL", &["CNI_CONTAINERID", "CNI_IFNAME"][..]),
        ("GC", &[][..]),
        ("STATUS", &[][..]),
        ("VERSION", &[][..]),
    ];
    for (verb, names) in needed {
        for variables in [
            vec![("CNI_COMMAND", verb)],
            vec![
                ("CNI_COMMAND", verb),
                ("CNI_CONTAINERID", ""),
                ("CNI_NETNS", ""),
                ("CNI_IFNAME", ""),
            ],
        ] {
            let read = read(&variables);
            if names.is_empty() {
                assert!(read.unwrap().is_some(), "{verb}");
                continue;
            }
            let failure = read.unwrap_err();
            assert_eq!(failure.code, Code::Environment);
            let missing: Vec<String> = names
                .iter()
                .map(|name| format!("{name} is missing"))
                .collect();
            assert_eq!(failure.message, format!("{verb}: {}", missing.join("; ")));
        }
    }
}

#[test]
fn cni_p2_malformed_and_missing_variables_are_named_together() {
    let failure = read(&[
        ("CNI_COMMAND", "ADD"),
        ("CNI_CONTAINERID", "../x"),
        ("CNI_IFNAME", "a/b"),
    ])
    .unwrap_err();
    assert_eq!(failure.code, Code::Environment);
    for name in [
        "CNI_CONTAINERID: \"../x\"",
        "CNI_NETNS is missing",
        "CNI_IFNAME: \"a/b\"",
    ] {
        assert!(failure.message.contains(name), "{}", failure.message);
    }
}

#[test]
fn cni_p3_container_ids_and_interface_names_have_their_form() {
    for (name, good, bad) in [
        (
            "CNI_CONTAINERID",
            &["a", "0", "a.b_c-D9"][..],
            &[".a", "-a", "_a", "a/b", "a b", "a:b", "ä", "..", "a\n"][..],
        ),
        (
            "CNI_IFNAME",
            &["a", "net1", "a.b", "abcdefghijklmno"][..],
            &[".", "..", "a/b", "a:b", "a b", "a\tb", "abcdefghijklmnop"][..],
        ),
    ] {
        for (values, fits) in [(good, true), (bad, false)] {
            for value in values {
                let read = read(&[&WHOLE[..], &[(name, value)]].concat());
                assert_eq!(read.is_ok(), fits, "{name}={value:?}");
            }
        }
    }
    assert!("x".repeat(200).parse::<ContainerId>().is_ok());
    assert!("x".repeat(201).parse::<ContainerId>().is_err());
}

#[test]
fn cni_p4_no_command_is_no_call_and_an_unknown_one_is_code_4() {
    assert_eq!(read(&[]), Ok(None));
    assert_eq!(read(&[("CNI_COMMAND", "")]), Ok(None));
    for command in ["add", "ADD2", "UPDATE", " ADD"] {
        let failure = read(&[("CNI_COMMAND", command)]).unwrap_err();
        assert_eq!(failure.code, Code::Environment);
        assert!(
            failure
                .message
                .contains("ADD, DEL, CHECK, STATUS, GC, VERSION")
        );
    }
}

#[test]
fn cni_p5_only_1_and_true_allow_the_own_namespace() {
    for (value, allowed) in [
        ("1", true),
        ("true", true),
        ("TRUE", true),
        ("0", false),
        ("yes", false),
    ] {
        let read = read(&with(&[("CNI_NETNS_OVERRIDE", value)]));
        assert_eq!(read.unwrap().unwrap().own_netns_allowed, allowed, "{value}");
    }
}

#[test]
fn what_is_wrong_in_cni_args_stops_an_add_and_no_del() {
    let bad = [("CNI_ARGS", "MAC=zz")];
    let failure = read(&with(&bad)).unwrap_err();
    assert!(
        failure.message.contains("CNI_ARGS: "),
        "{}",
        failure.message
    );
    let del = [&with(&bad)[..], &[("CNI_COMMAND", "DEL")]].concat();
    assert!(read(&del).is_ok());
}
