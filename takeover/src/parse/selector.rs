//! A selector of an entry. Left to others: asking devices.

use std::collections::BTreeMap;

use colvin_model::PciAddress;
use colvin_model::offer::Vdpa;

use super::{fields, unknown};
use crate::config::{DeviceType, Functions, Item, Selector};
use crate::functions::{self, Flaw};
use crate::json::{Kind, Node};
use crate::key::Key;
use crate::problem::{Problem, Reason};

/// Reads a selector of an entry with devices of this type, or tells why there is none.
pub(super) fn read(
    node: &Node,
    device_type: DeviceType,
    problems: &mut Vec<Problem>,
) -> Option<Selector> {
    let Kind::Object(all) = &node.kind else {
        let wrong = fields::wrong("selectors", node, "an object, or a list of objects");
        problems.push(wrong.problem(Reason::BadSelector));
        return None;
    };
    let members = members(all, device_type, problems);
    let mut selector = Selector {
        line: node.line,
        ..Selector::default()
    };
    let mut aux_types = Vec::new();
    let mut good = true;
    for (key, value) in &members {
        if let Err(wrong) = take(&mut selector, &mut aux_types, *key, value, problems) {
            problems.push(wrong.problem(Reason::BadSelector));
            good = false;
        }
    }
    good &= fits_together(node, device_type, &members, &aux_types, problems);
    good.then_some(selector)
}

fn members<'a>(
    all: &'a [(String, Node)],
    device_type: DeviceType,
    problems: &mut Vec<Problem>,
) -> BTreeMap<Key, &'a Node> {
    let mut members = BTreeMap::new();
    for (name, value) in all {
        let Some(key) = Key::of(name) else {
            problems.push(unknown(name, value, "in selectors"));
            continue;
        };
        if !key.is_for(device_type) {
            if !is_nothing(&value.kind) {
                problems.push(unused(key, device_type, value.line));
            }
        } else if members.insert(key, value).is_some() {
            problems.push(fields::repeated(value.line, key.as_str()));
        }
    }
    members
}

fn is_nothing(kind: &Kind) -> bool {
    match kind {
        Kind::Null | Kind::Bool(false) => true,
        Kind::List(items) => items.is_empty(),
        Kind::Text(text) => text.is_empty(),
        _ => false,
    }
}

fn unused(key: Key, device_type: DeviceType, line: usize) -> Problem {
    let message = format!(
        "{} is not asked of devices of the type {}: the pool is wider than it reads",
        key.as_str(),
        device_type.as_str()
    );
    let advice = "take it out, and select by something else";
    Problem::new(Reason::UnusedSelector, line, message, advice)
}

/// Takes one member.
fn take(
    selector: &mut Selector,
    aux_types: &mut Vec<Item>,
    key: Key,
    value: &Node,
    problems: &mut Vec<Problem>,
) -> Result<(), fields::Wrong> {
    let name = key.as_str();
    let mut items = || -> Result<Vec<Item>, fields::Wrong> {
        let items = fields::texts(name, value)?;
        problems.extend(items.iter().filter_map(|item| never_matches(key, item)));
        Ok(items)
    };
    match key {
        Key::Vendors => selector.vendors = items()?,
        Key::Devices => selector.devices = items()?,
        Key::Drivers => selector.drivers = items()?,
        Key::PciAddresses => selector.pci_addresses = items()?,
        Key::AcpiIndexes => selector.acpi_indexes = items()?,
        Key::AuxTypes => *aux_types = items()?,
        Key::LinkTypes => selector.link_types = items()?,
        Key::DdpProfiles => selector.ddp_profiles = items()?,
        Key::PKeys => selector.pkeys = items()?,
        Key::PfNames => selector.pf_names = functions_of(key, &items()?, problems),
        Key::RootDevices => selector.root_devices = functions_of(key, &items()?, problems),
        Key::IsRdma => selector.is_rdma = fields::truth(name, value)?,
        Key::NeedVhostNet => selector.need_vhost_net = fields::truth(name, value)?,
        Key::VdpaType => selector.vdpa_type = vdpa_type(&fields::text(name, value)?),
    }
    Ok(())
}

fn vdpa_type(word: &str) -> Option<Vdpa> {
    match word {
        "vhost" => Some(Vdpa::Vhost),
        "virtio" => Some(Vdpa::Virtio),
        _ => None,
    }
}

/// What no selector may say together, or leave out.
fn fits_together(
    node: &Node,
    device_type: DeviceType,
    members: &BTreeMap<Key, &Node>,
    aux_types: &[Item],
    problems: &mut Vec<Problem>,
) -> bool {
    let before = problems.len();
    let vdpa = members.get(&Key::VdpaType);
    let word = vdpa.and_then(|node| fields::text("vdpaType", node).ok());
    if let (Some(node), Some(word)) = (vdpa, word.filter(|word| !word.is_empty())) {
        let rdma = members.get(&Key::IsRdma);
        if rdma.is_some_and(|node| matches!(node.kind, Kind::Bool(true))) {
            let message = "isRdma and vdpaType exclude each other: the entry is not served";
            problems.push(Problem::new(
                Reason::RdmaAndVdpa,
                node.line,
                message,
                "take one out",
            ));
        }
        if vdpa_type(&word).is_none() {
            let message = format!("there is no vdpaType {word:?}: the entry is not served");
            let advice = "write vhost or virtio";
            problems.push(Problem::new(
                Reason::UnknownVdpaType,
                node.line,
                message,
                advice,
            ));
        }
    }
    if device_type == DeviceType::AuxNetDevice {
        let odd = aux_types.iter().find(|item| item.text != "sf");
        let message = match odd {
            Some(item) => Some(format!(
                "there are no devices of the auxTypes {:?}: the entry is not served",
                item.text
            )),
            None if aux_types.is_empty() => {
                Some("an auxNetDevice needs auxTypes: the entry is not served".to_owned())
            }
            None => None,
        };
        let line = odd.map_or(node.line, |item| item.line);
        problems.extend(message.map(|message| {
            Problem::new(
                Reason::BadAuxTypes,
                line,
                message,
                "write \"auxTypes\": [\"sf\"]",
            )
        }));
    }
    problems.len() == before
}

/// PFs with VFs, and what is odd about them (SDP-11, SDP-12).
fn functions_of(key: Key, items: &[Item], problems: &mut Vec<Problem>) -> Vec<Functions> {
    let mut all: Vec<Functions> = Vec::new();
    for item in items {
        let (functions, flaws) = functions::read(item);
        let name = key.as_str();
        for flaw in flaws {
            let (reason, message) = match flaw {
                Flaw::Malformed(what) => (
                    Reason::MalformedRange,
                    format!(
                        "{name} {:?}: {what} is no index and no range: nothing from there on is served",
                        item.text
                    ),
                ),
                Flaw::Backward(what) => (
                    Reason::BackwardRange,
                    format!("{name} {:?}: {what} ends before it begins", item.text),
                ),
            };
            let advice = "write indexes and ranges such as #0,2-7";
            problems.push(Problem::new(reason, item.line, message, advice));
        }
        let mut others = all.iter();
        let same = others.find(|other| other.pf.eq_ignore_ascii_case(&functions.pf));
        if same.is_some_and(|first| first.ranges.is_some()) {
            let message = format!(
                "{name} has {} more than once, and all of them count here; the SR-IOV network device plugin takes the first alone",
                functions.pf
            );
            let advice = "write one item, such as eth0#0-3,8-9";
            problems.push(Problem::new(
                Reason::RepeatedFunction,
                item.line,
                message,
                advice,
            ));
        }
        all.push(functions);
    }
    all
}

/// Tells of an item that no device has, by the way it is written (SDP-08, SDP-09, SDP-12, SDP-13, SDP-15).
fn never_matches(key: Key, item: &Item) -> Option<Problem> {
    let text = item.text.as_str();
    let lower = |digits: &str| {
        digits
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let address = |text: &str| {
        text.parse::<PciAddress>()
            .map(|address| address.to_string())
    };
    let (fits, how) = match key {
        Key::Vendors | Key::Devices => (
            text.len() == 4 && lower(text),
            "write four hexadecimal digits in lower case, without 0x, such as 8086",
        ),
        Key::PciAddresses => (
            address(text).is_ok_and(|address| address == text),
            "write it as the kernel does: 0000:3b:00.2, in lower case",
        ),
        Key::RootDevices => (
            // compared in any case, but whole
            address(text.split('#').next().unwrap_or_default()).is_ok(),
            "write it as the kernel does: 0000:3b:00.0",
        ),
        Key::PfNames => (
            !text.starts_with('#') && !text.is_empty(),
            "write the name of the PF's netdev",
        ),
        Key::AcpiIndexes => (
            text.parse::<u32>()
                .is_ok_and(|number| number.to_string() == text),
            "write a decimal number, such as 101",
        ),
        Key::LinkTypes => (
            matches!(text, "ether" | "infiniband"),
            "write ether or infiniband",
        ),
        Key::PKeys => (
            text.strip_prefix("0x")
                .is_some_and(|digits| digits.len() == 4 && lower(digits)),
            "write four hexadecimal digits in lower case, such as 0x7fff",
        ),
        _ => (!text.is_empty(), "take it out"),
    };
    (!fits).then(|| {
        let message = format!("{} {text:?} is what no device has", key.as_str());
        Problem::new(Reason::NeverMatches, item.line, message, how)
    })
}
