//! Values of another form than a key's.
//!
//! Left to others: keys that nobody knows, and keys that contradict each other.

use super::*;

/// A key, a value, and what is said of it.
const REFUSED: [(&str, &str, &str); 36] = [
    ("vlan", "4095", "is no whole number from 0 to 4094"),
    ("vlan", "-1", "is no whole number from 0 to 4094"),
    ("vlan", "\"100\"", "is no whole number from 0 to 4094"),
    ("vlan", "100.5", "is no whole number from 0 to 4094"),
    ("vlanId", "0", "is no whole number from 1 to 4094"),
    ("vlanQoS", "8", "is no whole number from 0 to 7"),
    ("vlanProto", "\"802.1x\"", "is none of 802.1q and 802.1ad"),
    ("spoofchk", "true", "is no text"),
    ("spoofchk", "\"yes\"", "is none of on and off"),
    ("trust", "\"ON\"", "is none of on and off"),
    (
        "link_state",
        "\"up\"",
        "is none of auto, enable and disable",
    ),
    (
        "max_tx_rate",
        "4294967296",
        "is no whole number from 0 to 4294967295",
    ),
    ("mtu", "67", "is no MTU: 68 to 65535 bytes"),
    ("mtu", "65536", "is no whole number from 0 to 65535"),
    (
        "mode",
        "\"hub\"",
        "is none of bridge, private, vepa, passthru, l2, l3 and l3s",
    ),
    (
        "kind",
        "\"macvlan\"",
        "is none of VirtualFunction, PhysicalFunction, Macvlan, Ipvlan, Vlan and HostDevice",
    ),
    ("mac", "\"02:00\"", "is refused: "),
    ("master", "\"a/b\"", "is refused: "),
    ("device", "\"..\"", "is refused: "),
    ("network", "\"Green\"", "is refused: "),
    ("deviceID", "\"a b\"", "is refused: "),
    (
        "kernelpath",
        "\"/sys/devices/../../etc\"",
        "is no path below /sys/devices",
    ),
    (
        "kernelpath",
        "\"/sys/devicesx\"",
        "is no path below /sys/devices",
    ),
    ("linkInContainer", "1", "is neither true nor false"),
    ("bcqueuelen", "0", "is no whole number from 1"),
    (
        "infinibandGUID",
        "\"02:00:00:00:00:00:00:0g\"",
        "is no GUID",
    ),
    ("ipam", "\"static\"", "is no object"),
    ("prevResult", "[]", "is no object"),
    (
        "runtimeConfig",
        "{\"mac\": \"zz\"}",
        "has a capability `mac` whose value \"zz\" is refused: ",
    ),
    (
        "runtimeConfig",
        "{\"ips\": 5}",
        "has a capability `ips` whose value 5 is no list of addresses",
    ),
    (
        "runtimeConfig",
        "{\"bandwidth\": {\"egressRate\": -1}}",
        "has a `egressRate` that is no whole number",
    ),
    (
        "runtimeConfig",
        "{\"CNIDeviceInfoFile\": \"/etc/cron.d/x\"}",
        "is no file in /var/run/k8s.cni.cncf.io/devinfo/cni",
    ),
    (
        "runtimeConfig",
        "{\"CNIDeviceInfoFile\": \"/var/run/k8s.cni.cncf.io/devinfo/cni/../x\"}",
        "is no file in",
    ),
    (
        "args",
        "{\"cni\": {\"mac\": \"zz\"}}",
        "has a cni.mac that is refused: ",
    ),
    (
        "cni.dev/valid-attachments",
        "{}",
        "is no list of {containerID, ifname}",
    ),
    (
        "cni.dev/valid-attachments",
        "[{\"containerID\": \"../x\", \"ifname\": \"a\"}]",
        "has a member that is refused: ",
    ),
];

#[test]
fn a_value_of_another_form_is_code_7_with_key_line_value_and_what_it_should_be() {
    for (key, value, said) in REFUSED {
        let (code, message) = refusal(&with(&format!("\"{key}\": {value}")));
        assert_eq!(code, Code::Config, "{key}: {message}");
        assert!(
            message.starts_with(&format!("key `{key}` (line 2): {value} ")),
            "{message}"
        );
        assert!(message.contains(said), "{key}: {message}");
    }
}
