//! The kinds of plugins, what each can be asked for, and the least configuration of each.
//!
//! Left to others: the cases, which name what they need of a kind.

use serde_json::{Value, json};

/// What a plugin does with `CNI_IFNAME`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A macvlan above `master`.
    Macvlan,
    /// An ipvlan above `master`.
    Ipvlan,
    /// A VLAN of `master`.
    Vlan,
    /// A veth whose other end is a port of `bridge`.
    Bridge,
    /// An interface of the host moves into the pod.
    HostDevice,
}

/// What a case needs of the plugin and of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// The kernel must have such links: the case attaches a pod.
    Link,
    /// The device is one pod's alone.
    Exclusive,
    /// Several pods share what the link stands on.
    Shared,
    /// What the link stands on can be missing.
    Parent,
    /// The capability `mac`, and `MAC` in `CNI_ARGS`.
    Mac,
    /// The key `mac`.
    MacKey,
    /// The key `mtu`.
    Mtu,
    /// A key with a few words, of which another is an error.
    Choice,
}

impl Kind {
    const ALL: [(&'static str, Self); 5] = [
        ("macvlan", Self::Macvlan),
        ("ipvlan", Self::Ipvlan),
        ("vlan", Self::Vlan),
        ("bridge", Self::Bridge),
        ("host-device", Self::HostDevice),
    ];

    /// The kind of this name, as `--kind` takes it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find_map(|(its, kind)| (its == name).then_some(kind))
    }

    /// The names that `--kind` takes.
    pub(crate) fn names() -> String {
        Self::ALL.map(|(name, _)| name).join(", ")
    }

    pub(crate) fn name(self) -> &'static str {
        let mut all = Self::ALL.into_iter();
        all.find_map(|(name, kind)| (kind == self).then_some(name))
            .unwrap_or_default()
    }

    /// What `ip` calls the link in the pod. A host device is a veth here: any machine has that.
    pub(crate) fn link_kind(self) -> &'static str {
        match self {
            Self::Macvlan => "macvlan",
            Self::Ipvlan => "ipvlan",
            Self::Vlan => "vlan",
            Self::Bridge | Self::HostDevice => "veth",
        }
    }

    /// The key that names what the link stands on.
    pub(crate) fn parent_key(self) -> &'static str {
        match self {
            Self::Macvlan | Self::Ipvlan | Self::Vlan => "master",
            Self::Bridge => "bridge",
            Self::HostDevice => "device",
        }
    }

    /// The least configuration of this kind's own keys for the pod of this number, so that several pods can be
    /// attached at once.
    pub(crate) fn keys(self, pod: u32) -> Value {
        match self {
            Self::Macvlan => json!({"master": "up0", "mode": "bridge"}),
            Self::Ipvlan => json!({"master": "up0", "mode": "l2"}),
            Self::Vlan => json!({"master": "up0", "vlanId": 100 + pod}),
            Self::Bridge => json!({"bridge": "cbr0"}),
            Self::HostDevice => json!({"device": format!("up{pod}")}),
        }
    }

    /// A key with a few words and a word that is none of them.
    pub(crate) fn bad_choice(self) -> (&'static str, Value) {
        match self {
            Self::Macvlan => ("mode", json!("brigde")),
            Self::Ipvlan => ("mode", json!("l4")),
            Self::Vlan => ("vlanId", json!(4095)),
            Self::Bridge | Self::HostDevice => ("", Value::Null),
        }
    }

    /// Why a case that needs this is none for the kind, or `None` when it is one.
    pub(crate) fn lacks(self, need: Need) -> Option<&'static str> {
        match (need, self) {
            (Need::Exclusive, Self::HostDevice) => None,
            (Need::Exclusive, _) => Some("pods share what this kind's links stand on"),
            (Need::Shared, Self::HostDevice) => Some("a device is one pod's alone"),
            (Need::Parent, Self::Bridge) => Some("it makes the bridge that is missing"),
            (Need::MacKey, Self::Bridge) => Some("the plugin bridge has no key `mac`"),
            (Need::Mac | Need::MacKey, Self::HostDevice) => Some("host-device does not set a MAC"),
            (Need::Mac | Need::MacKey, Self::Ipvlan) => Some("an ipvlan has the MAC of its master"),
            (Need::Mac | Need::MacKey, Self::Vlan) => Some("the plugin vlan does not set a MAC"),
            (Need::Mtu, Self::HostDevice) => Some("host-device does not set an MTU"),
            (Need::Choice, Self::Bridge | Self::HostDevice) => Some("it has no key of that form"),
            (
                Need::Link
                | Need::Shared
                | Need::Parent
                | Need::Mac
                | Need::MacKey
                | Need::Mtu
                | Need::Choice,
                _,
            ) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_one_name_that_finds_it() {
        for (name, kind) in Kind::ALL {
            assert_eq!(Kind::named(name), Some(kind));
            assert_eq!(kind.name(), name);
        }
        assert_eq!(Kind::named("sriov"), None);
    }

    #[test]
    fn a_need_that_a_kind_lacks_has_a_reason() {
        assert!(Kind::HostDevice.lacks(Need::Mac).is_some());
        assert!(Kind::HostDevice.lacks(Need::Exclusive).is_none());
        assert!(Kind::Macvlan.lacks(Need::Exclusive).is_some());
        assert!(Kind::Macvlan.lacks(Need::Mac).is_none());
    }
}
