//! Children of a PF that only the guest's kernel makes: ipvlan, vlan, 802.1ad; and macvlan beside them.
//!
//! Left to others: VFs (`nodes_attach.rs`).

use serde_json::Value;

use crate::guest::Guest;
use crate::same;

/// What each asks for, beside its name.
const KINDS: [(&str, &str); 6] = [
    (
        "macvlan",
        r#""kind": "Macvlan", "mode": "vepa", "mac": "02:00:00:00:02:01""#,
    ),
    (
        "ipvlan",
        r#""kind": "Ipvlan", "mode": "l3s", "flag": "private""#,
    ),
    ("l2", r#""kind": "Ipvlan""#),
    ("vlan", r#""kind": "Vlan", "vlanId": 120, "mtu": 1400"#),
    (
        "qinq",
        r#""kind": "Vlan", "vlanId": 130, "vlanProto": "802.1ad""#,
    ),
    ("function", r#""kind": "Macvlan", "mode": "passthru""#),
];

#[test]
#[ignore = "nodes"]
fn children_of_a_pf_are_made_as_asked_and_leave_nothing() {
    let guest = Guest::shared().unwrap();
    let mut script = vec!["pod a; pod b; look before\n".to_owned()];
    for (name, keys) in KINDS {
        // the mode that takes the uplink for itself has one of its own
        let master = if name == "function" { "pf1" } else { "pf0" };
        script.push(format!(
            r#"conf {name} <<'C'
{{"cniVersion": "1.1.0", "name": "{name}", "type": "colvin-cni", "master": "{master}", {keys},
 "ipam": {{"type": "static", "addresses": [{{"address": "10.6.0.2/24"}}, {{"address": "fd00:6::2/64"}}]}}}}
C
cni ADD {name} {name} /run/netns/a >/dev/null; look {name}; cni DEL {name} {name} /run/netns/a; look after-{name}
cni ADD {name} {name} /run/netns/b >/dev/null; ip netns del b; cni DEL {name} {name} /run/netns/b; pod b; look dead-{name}
"#
        ));
    }
    guest.script(&script.concat()).unwrap();
    let before = guest.looked("before").unwrap();
    let made = |name: &str| {
        let seen = guest.looked(name).unwrap();
        assert!(
            seen.addresses("a").contains("10.6.0.2"),
            "{}",
            seen.addresses("a")
        );
        seen.link("a", "net1").unwrap().clone()
    };
    let data = |link: &Value| link["linkinfo"]["info_data"].clone();
    let macvlan = made("macvlan");
    assert_eq!(data(&macvlan)["mode"], "vepa", "{macvlan:#}");
    assert_eq!(macvlan["address"], "02:00:00:00:02:01");
    let ipvlan = data(&made("ipvlan"));
    assert_eq!(
        (&ipvlan["mode"], ipvlan.to_string().contains("private")),
        (&"l3s".into(), true),
        "{ipvlan}"
    );
    let l2 = data(&made("l2"));
    assert_eq!(
        (&l2["mode"], l2.to_string().contains("bridge")),
        (&"l2".into(), true),
        "{l2}"
    );
    let vlan = made("vlan");
    assert_eq!(
        (&data(&vlan)["id"], &data(&vlan)["protocol"]),
        (&120.into(), &"802.1Q".into()),
        "{vlan:#}"
    );
    assert_eq!(vlan["mtu"], 1400);
    let qinq = data(&made("qinq"));
    assert_eq!(
        (&qinq["id"], &qinq["protocol"]),
        (&130.into(), &"802.1ad".into()),
        "{qinq}"
    );
    assert_eq!(data(&made("function"))["mode"], "passthru");
    for (name, _) in KINDS {
        same(&guest, &format!("after-{name}"), &before, name);
        same(
            &guest,
            &format!("dead-{name}"),
            &before,
            &format!("{name}, its namespace gone"),
        );
    }
}
