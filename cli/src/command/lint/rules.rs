//! The schema's rules and patterns in Rust: `lint` meets no API server, and gives its verdict.
//!
//! A rule is known by the message that the API server shows. Tests hold the table to the schema (no
//! rule without its counterpart) and the verdicts to a real API server (`kube_authoring.rs`). Left to
//! others: walking the schema ([`super::schema`]).

use std::net::IpAddr;

use serde_json::Value;

/// A rule of the schema.
pub(super) struct Rule {
    /// What the API server says where it does not hold.
    pub(super) message: &'static str,
    /// Whether it holds for the value that it stands at.
    pub(super) holds: fn(&Value) -> bool,
}

/// Every rule of the schemas.
pub(super) const RULES: &[Rule] = &[
    Rule {
        message: "the name of a Network is a DNS label of at most 52 characters: names made from it add a part",
        holds: |object| text(object, "/metadata/name").is_some_and(is_network_name),
    },
    Rule {
        message: "functions chooses VFs: it needs kind VirtualFunction",
        holds: |devices| !has(devices, "functions") || kind(devices) == "VirtualFunction",
    },
    Rule {
        message: "shares counts what is shared: it needs kind Macvlan, Ipvlan or Vlan",
        holds: |devices| {
            !has(devices, "shares") || matches!(kind(devices), "Macvlan" | "Ipvlan" | "Vlan")
        },
    },
    Rule {
        message: "a member must say something of the uplink itself, or it would take every uplink: a term of neighbor or uplink that is more than * (node and nodeSelector only choose nodes), or a subnet",
        holds: grips,
    },
    Rule {
        message: "write a subnet such as 10.20.0.0/16 or 2001:db8:20::/48, without bits after its prefix",
        holds: |subnet| subnet.as_str().and_then(cidr).is_some_and(|bits| bits > 0),
    },
    Rule {
        message: "selector belongs to from: Selector, which needs one",
        holds: |namespaces| {
            has(namespaces, "selector") == (text(namespaces, "/from") == Some("Selector"))
        },
    },
    Rule {
        message: "a selector without entries selects nothing: write from: All for every namespace",
        holds: |selector| some(selector, "matchLabels") || some(selector, "matchExpressions"),
    },
    Rule {
        message: "values belong to the operators In and NotIn, which need some",
        holds: |label| {
            let chooses = matches!(text(label, "/operator"), Some("In" | "NotIn"));
            chooses == some(label, "values")
        },
    },
    Rule {
        message: "ranges belong to type: pool, which needs at least one",
        holds: |ipam| (text(ipam, "/type") == Some("pool")) == some(ipam, "ranges"),
    },
    Rule {
        message: "blockSize and exclude belong to type: pool",
        holds: |ipam| {
            !has(ipam, "blockSize") && !has(ipam, "exclude") || text(ipam, "/type") == Some("pool")
        },
    },
    Rule {
        message: "write a subnet such as 10.20.4.0/22, without bits after its prefix",
        holds: |subnet| subnet.as_str().and_then(cidr).is_some(),
    },
    Rule {
        message: "write an IP address such as 10.20.4.1",
        holds: |address| address.as_str().and_then(address_of).is_some(),
    },
];

/// A regular expression of the schemas.
pub(super) struct Expression {
    /// As the schema has it.
    pub(super) pattern: &'static str,
    /// In words.
    pub(super) words: &'static str,
    /// Whether a text is of this form.
    pub(super) matches: fn(&str) -> bool,
}

/// Every regular expression of the schemas.
pub(super) const EXPRESSIONS: &[Expression] = &[
    Expression {
        pattern: "^[0-9]{1,5}(-[0-9]{1,5})?(,[0-9]{1,5}(-[0-9]{1,5})?)*$",
        words: "indexes and ranges such as 0-7 or 0-3,8",
        matches: |text| is_set(text, |part| (1..=5).contains(&part.len())),
    },
    Expression {
        pattern: "^[1-9][0-9]{0,3}(-[1-9][0-9]{0,3})?(,[1-9][0-9]{0,3}(-[1-9][0-9]{0,3})?)*$",
        words: "a VLAN from 1 to 4094, or a set such as \"110,120-129\"",
        matches: |text| {
            is_set(text, |part| {
                (1..=4).contains(&part.len()) && !part.starts_with('0')
            })
        },
    },
    Expression {
        pattern: "^[a-z][-a-z0-9_]*$",
        words: "lower-case letters, digits, - and _, a letter first",
        matches: |text| {
            let known = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
            text.starts_with(|first: char| first.is_ascii_lowercase()) && text.bytes().all(known)
        },
    },
    Expression {
        pattern: "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
        words: "lower-case letters, digits, - and ., a letter or digit first and last",
        matches: |text| is_label(text, b"-."),
    },
];

fn has(object: &Value, field: &str) -> bool {
    object.get(field).is_some()
}

/// Whether a list or map is there and has entries.
fn some(object: &Value, field: &str) -> bool {
    match object.get(field) {
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Object(fields)) => !fields.is_empty(),
        _ => false,
    }
}

fn text<'a>(object: &'a Value, pointer: &str) -> Option<&'a str> {
    object.pointer(pointer)?.as_str()
}

/// The kind of devices, which has a default.
fn kind(devices: &Value) -> &str {
    text(devices, "/kind").unwrap_or("VirtualFunction")
}

fn grips(member: &Value) -> bool {
    const NEIGHBOR: [&str; 5] = [
        "systemName",
        "chassisId",
        "portId",
        "portDescription",
        "vlanName",
    ];
    const UPLINK: [&str; 7] = [
        "interface",
        "altName",
        "pciAddress",
        "mac",
        "driver",
        "vendor",
        "device",
    ];
    let says = |of: &str, terms: &[&str]| {
        let terms = terms
            .iter()
            .filter_map(|term| text(member, &format!("/{of}/{term}")));
        let mut terms = terms;
        terms.any(|term| term.contains(|letter| !matches!(letter, '*' | '?')))
    };
    has(member, "subnet")
        || member.pointer("/neighbor/vlan").is_some()
        || says("neighbor", &NEIGHBOR)
        || says("uplink", &UPLINK)
}

/// Lower-case letters and digits, and inside also these.
pub(super) fn is_label(text: &str, inside: &[u8]) -> bool {
    let end = |byte: Option<u8>| byte.is_some_and(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9'));
    let known = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9') || inside.contains(&byte);
    end(text.bytes().next()) && end(text.bytes().last()) && text.bytes().all(known)
}

fn is_network_name(name: &str) -> bool {
    name.len() <= 52 && is_label(name, b"-")
}

/// Numbers and ranges between commas, each number of this form.
fn is_set(text: &str, form: impl Fn(&str) -> bool) -> bool {
    let number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()) && form(part);
    text.split(',').all(|part| match part.split_once('-') {
        Some((first, last)) => number(first) && number(last),
        None => number(part),
    })
}

/// The prefix length of a subnet without bits after its prefix.
fn cidr(text: &str) -> Option<u8> {
    let (address, length) = text.split_once('/')?;
    let clean = length == "0" || !length.starts_with('0');
    let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    let length: u8 = (clean && digits).then(|| length.parse().ok()).flatten()?;
    let host = match address_of(address)? {
        IpAddr::V4(v4) if length <= 32 => {
            u128::from(v4.to_bits() & u32::MAX.checked_shr(length.into()).unwrap_or(0))
        }
        IpAddr::V6(v6) if length <= 128 => {
            v6.to_bits() & u128::MAX.checked_shr(length.into()).unwrap_or(0)
        }
        IpAddr::V4(_) | IpAddr::V6(_) => return None,
    };
    (host == 0).then_some(length)
}

/// An address as the API server takes it: no zone, no IPv4 address in the clothes of an IPv6 one.
fn address_of(text: &str) -> Option<IpAddr> {
    match text.parse().ok()? {
        IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() => None,
        address => Some(address),
    }
}
