//! An entry of `resourceList`. Left to others: its name, its selectors.

use std::collections::BTreeMap;

use colvin_model::PciAddress;
use colvin_model::offer::ResourceName;

use super::name::{self, Resource};
use super::{fields, selector, unknown};
use crate::config::{DeviceType, Entry, Selector};
use crate::json::{Kind, Node};
use crate::key::Key;
use crate::problem::{Problem, Reason};

/// What became of an entry.
#[derive(Default)]
pub(super) struct Read {
    /// The entry, when it can be served.
    pub(super) entry: Option<Entry>,
    pub(super) problems: Vec<Problem>,
}

const NAMES: [&str; 6] = [
    "resourceName",
    "resourcePrefix",
    "deviceType",
    "excludeTopology",
    "selectors",
    "additionalInfo",
];

/// An entry's members by the names above.
pub(super) type Members<'a> = BTreeMap<&'static str, &'a Node>;

/// Reads the entry with this number, counted from 1.
pub(super) fn read(node: &Node, number: usize, default_prefix: &str) -> Read {
    let mut problems = Vec::new();
    let label = format!("entry {number}");
    let Kind::Object(all) = &node.kind else {
        let wrong = fields::wrong(
            "an entry",
            node,
            "an object with resourceName and selectors",
        );
        return Read {
            entry: None,
            problems: vec![wrong.problem(Reason::BadEntry).of(label)],
        };
    };
    let members = members(all, &mut problems);
    let resource = name::read(node, &members, default_prefix, &mut problems);
    let label = match &resource {
        Resource::Good(name) => name.to_string(),
        Resource::Bad(Some(name)) => format!("{label} ({name})"),
        Resource::Bad(None) => label,
    };
    let rest = rest(node, &members, &mut problems);
    let entry = match (resource, rest) {
        (Resource::Good(resource), Some(rest)) => Some(rest.named(resource, node.line)),
        _ => None,
    };
    let problems = problems.into_iter().map(|problem| problem.of(&label));
    Read {
        entry,
        problems: problems.collect(),
    }
}

fn members<'a>(all: &'a [(String, Node)], problems: &mut Vec<Problem>) -> Members<'a> {
    let mut members = Members::new();
    for (key, value) in all {
        let mut names = NAMES.into_iter();
        if let Some(name) = names.find(|name| name.eq_ignore_ascii_case(key)) {
            if members.insert(name, value).is_some() {
                problems.push(fields::repeated(value.line, name));
            }
        } else if let Some(selector) = Key::of(key) {
            let name = selector.as_str();
            problems.push(Problem::new(
                Reason::UnusedSelector,
                value.line,
                format!("{name} stands beside selectors, where it selects nothing: the pool is wider than it reads"),
                format!("move {name} into selectors"),
            ));
        } else if !(is_selector_object(key) && matches!(value.kind, Kind::Null)) {
            problems.push(unknown(key, value, "in an entry"));
        }
    }
    members
}

/// What the SR-IOV network operator writes along (SDP-07).
fn is_selector_object(key: &str) -> bool {
    key.eq_ignore_ascii_case("SelectorObj") || key.eq_ignore_ascii_case("SelectorObjs")
}

/// All of an entry but its name.
struct Rest {
    device_type: DeviceType,
    exclude_topology: bool,
    selectors: Vec<Selector>,
    additional_info: BTreeMap<String, BTreeMap<String, String>>,
}

impl Rest {
    fn named(self, resource: ResourceName, line: usize) -> Entry {
        Entry {
            line,
            resource,
            device_type: self.device_type,
            exclude_topology: self.exclude_topology,
            selectors: self.selectors,
            additional_info: self.additional_info,
        }
    }
}

fn rest(entry: &Node, members: &Members<'_>, problems: &mut Vec<Problem>) -> Option<Rest> {
    let mut good = true;
    let mut told = |wrong: fields::Wrong, problems: &mut Vec<Problem>| {
        problems.push(wrong.problem(Reason::BadEntry));
        good = false;
    };
    let mut exclude_topology = false;
    if let Some(node) = members.get("excludeTopology") {
        match fields::truth("excludeTopology", node) {
            Ok(truth) => exclude_topology = truth,
            Err(wrong) => told(wrong, problems),
        }
    }
    let mut additional_info = BTreeMap::new();
    if let Some(node) = members.get("additionalInfo") {
        match fields::dictionaries("additionalInfo", node) {
            Ok(all) => additional_info = all,
            Err(wrong) => told(wrong, problems),
        }
        problems.extend(useless_keys(node));
    }
    let device_type = device_type(members, problems)?;
    let selectors = selectors(entry, members, device_type, problems)?;
    good.then_some(Rest {
        device_type,
        exclude_topology,
        selectors,
        additional_info,
    })
}

fn device_type(members: &Members<'_>, problems: &mut Vec<Problem>) -> Option<DeviceType> {
    const ALL: [DeviceType; 3] = [
        DeviceType::NetDevice,
        DeviceType::Accelerator,
        DeviceType::AuxNetDevice,
    ];
    let Some(node) = members.get("deviceType") else {
        return Some(DeviceType::default());
    };
    match fields::text("deviceType", node) {
        Ok(word) if word.is_empty() => Some(DeviceType::default()),
        Ok(word) => {
            let found = ALL.into_iter().find(|known| known.as_str() == word);
            if found.is_none() {
                let message = format!(
                    "there is no deviceType {word:?}: the entry is not served, the others are"
                );
                let advice = "write netDevice, accelerator or auxNetDevice, in this case";
                problems.push(Problem::new(
                    Reason::UnknownDeviceType,
                    node.line,
                    message,
                    advice,
                ));
            }
            found
        }
        Err(wrong) => {
            problems.push(wrong.problem(Reason::BadEntry));
            None
        }
    }
}

/// One selector, or a list of them (SDP-06).
fn selectors(
    entry: &Node,
    members: &Members<'_>,
    device_type: DeviceType,
    problems: &mut Vec<Problem>,
) -> Option<Vec<Selector>> {
    let node = members.get("selectors").copied();
    let nodes = match node.map(|node| &node.kind) {
        Some(Kind::List(nodes)) if !nodes.is_empty() => nodes.as_slice(),
        None | Some(Kind::Null | Kind::List(_)) => {
            problems.push(Problem::new(
                Reason::NoSelectors,
                node.map_or(entry.line, |node| node.line),
                "it has no selectors: it is not served",
                "write {} as selectors if all devices are meant",
            ));
            return None;
        }
        Some(_) => node.map(std::slice::from_ref)?,
    };
    let read = nodes
        .iter()
        .map(|node| selector::read(node, device_type, problems));
    // all are read, so that all that is wrong is told at once
    let all: Vec<Option<Selector>> = read.collect();
    all.into_iter().collect()
}

/// Keys of `additionalInfo` that are of no device.
fn useless_keys(node: &Node) -> Vec<Problem> {
    let Kind::Object(members) = &node.kind else {
        return Vec::new();
    };
    let fits = |key: &str| {
        let address: Option<PciAddress> = key.parse().ok();
        key == "*" || address.is_some_and(|address| address.to_string() == key)
    };
    let useless = members.iter().filter(|(key, _)| !fits(key));
    let told = useless.map(|(key, value)| {
        let message = format!("additionalInfo of {key:?} is of no device");
        let advice = "write \"*\", or a PCI address such as 0000:3b:00.2, in lower case";
        Problem::new(Reason::NeverMatches, value.line, message, advice)
    });
    told.collect()
}
