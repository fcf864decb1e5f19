//! Runs a case: a file on a machine, with what is expected of it, as a text that was written by hand.
//!
//! ```text
//! machine: intel              which fixture machine
//! prefix: intel.com           where nobody tells another
//! last: intel.com/a ens1f0v0  what was offered before, optional, may be repeated
//! --- config                  the file: its first line is line 1
//! --- pools                   every pool, and its devices with what goes with them; # is a comment
//! --- told                    line, reason and entry of every problem (- for the file), then a part of its text
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;

use colvin_model::offer::{
    DeviceId, Extras, Kind, Offer, OfferedDevice, Offers, Origin, Placement, Vdpa,
};
use colvin_takeover::{Problem, parse, select};

use super::machine::{self, Machine};

/// Runs a case.
pub(super) fn run(case: &str) {
    let (head, rest) = case.split_once("--- config\n").unwrap();
    let (config, rest) = rest.split_once("--- pools\n").unwrap();
    let (pools, told) = rest.split_once("--- told\n").unwrap();
    let field = |name: &str| {
        let lines = head
            .lines()
            .filter_map(move |line| line.strip_prefix(name)?.strip_prefix(": "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let machine = machine::named(&field("machine")[0]);
    let prefix = field("prefix").first().cloned();
    let parsed = parse(config, prefix.as_deref().unwrap_or("intel.com")).unwrap();
    let last = last(&field("last"), &machine);
    let selection = select(&parsed.config, &machine.inventory, &machine.facts, &last);
    assert_eq!(shown(&selection.offers, &machine), expected(pools), "pools");
    check(&selection.offers, &machine);
    let problems: Vec<&Problem> = parsed.problems.iter().chain(&selection.problems).collect();
    told_is(told, &problems);
}

/// What was offered before.
fn last(lines: &[String], machine: &Machine) -> Offers {
    let mut offers = Offers::default();
    for line in lines {
        let mut words = line.split_whitespace();
        let resource = words.next().unwrap().parse().unwrap();
        let device = |name: &str| (id(machine, name), before());
        let offer = Offer {
            origin: Origin::ConfigFile,
            placement: Placement::default(),
            devices: words.map(device).collect(),
        };
        offers.0.insert(resource, offer);
    }
    offers
}

fn before() -> OfferedDevice {
    OfferedDevice {
        kind: Kind::VirtualFunction,
        address: None,
        uplink: None,
        vf_index: None,
        numa_node: None,
        ill: None,
        extras: Extras::default(),
    }
}

fn id(machine: &Machine, name: &str) -> DeviceId {
    let known = machine.ids.get(name);
    known
        .unwrap_or_else(|| panic!("no device {name}"))
        .parse()
        .unwrap()
}

/// The pools of a case: `ens1f0v0-3 numa=0` is four devices.
fn expected(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut pools: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut pool = String::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap().trim_end();
        if line.is_empty() {
            continue;
        }
        let Some(device) = line.strip_prefix("  ") else {
            line.clone_into(&mut pool);
            assert!(
                pools.insert(pool.clone(), Vec::new()).is_none(),
                "{pool} is there twice"
            );
            continue;
        };
        let (names, rest) = device.split_once(' ').unwrap_or((device, ""));
        for name in spread(names) {
            let line = format!("{name} {rest}").trim_end().to_owned();
            pools.get_mut(&pool).unwrap().push(line);
        }
    }
    for devices in pools.values_mut() {
        devices.sort();
    }
    pools
}

/// `av0-3` is av0, av1, av2, av3.
fn spread(names: &str) -> Vec<String> {
    let Some((first, last)) = names.split_once('-') else {
        return vec![names.to_owned()];
    };
    let stem = first.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let from: u32 = first[stem.len()..].parse().unwrap();
    let to: u32 = last.parse().unwrap();
    (from..=to).map(|index| format!("{stem}{index}")).collect()
}

fn shown(offers: &Offers, machine: &Machine) -> BTreeMap<String, Vec<String>> {
    let name = |id: &DeviceId| {
        let mut ids = machine.ids.iter();
        ids.find(|(_, known)| known.as_str() == id.as_str())
            .unwrap()
            .0
            .clone()
    };
    let device =
        |(id, device): (&DeviceId, &OfferedDevice)| format!("{}{}", name(id), attributes(device));
    let pool = |offer: &Offer| {
        let mut devices: Vec<String> = offer.devices.iter().map(device).collect();
        devices.sort();
        devices
    };
    offers
        .0
        .iter()
        .map(|(resource, offer)| (resource.to_string(), pool(offer)))
        .collect()
}

fn attributes(device: &OfferedDevice) -> String {
    let mut text = String::new();
    let mut add = |word: std::fmt::Arguments<'_>| write!(text, " {word}").unwrap();
    if let Some(numa) = device.numa_node {
        add(format_args!("numa={numa}"));
    }
    if let Some(ill) = &device.ill {
        add(format_args!("ill={}", ill.as_str()));
    }
    let extras = &device.extras;
    if extras.rdma {
        add(format_args!("rdma"));
    }
    if extras.vhost_net {
        add(format_args!("vhost-net"));
    }
    match extras.vdpa {
        Some(Vdpa::Vhost) => add(format_args!("vdpa=vhost")),
        Some(Vdpa::Virtio) => add(format_args!("vdpa=virtio")),
        None => {}
    }
    for (key, value) in &extras.info {
        add(format_args!("{key}={value}"));
    }
    text
}

/// What holds of every device: it is what its short name says.
fn check(offers: &Offers, machine: &Machine) {
    for offer in offers.0.values() {
        assert_eq!(
            (&offer.origin, offer.placement),
            (&Origin::ConfigFile, Placement::Packed)
        );
        for (id, device) in &offer.devices {
            let mut ids = machine.ids.iter();
            let (name, _) = ids
                .find(|(_, known)| known.as_str() == id.as_str())
                .unwrap();
            let vf = name
                .rsplit_once('v')
                .and_then(|(pf, index)| Some((pf, index.parse::<u16>().ok()?)));
            match (device.kind, vf) {
                (Kind::VirtualFunction, Some((pf, index))) => {
                    let uplink = device.uplink.as_ref().unwrap().to_string();
                    assert_eq!(
                        (uplink.as_str(), device.vf_index),
                        (machine.ids[pf].as_str(), Some(index))
                    );
                    assert_eq!(device.address.unwrap().to_string(), id.as_str());
                }
                (Kind::PhysicalFunction, None) => {
                    assert_eq!(device.uplink.as_ref().unwrap().to_string(), id.as_str());
                    assert_eq!(device.address.unwrap().to_string(), id.as_str());
                }
                (Kind::Accelerator, _) => {
                    assert_eq!(device.address.unwrap().to_string(), id.as_str());
                    assert_eq!((&device.uplink, device.vf_index), (&None, None));
                }
                (Kind::Auxiliary, None) => {
                    assert_eq!(device.uplink.as_ref().unwrap().to_string(), "0000:d8:00.0");
                    assert_eq!(device.address, None);
                }
                (kind, _) => panic!("{name} is a {kind:?}"),
            }
        }
    }
}

/// `3 Overlap intel.com/b: part of the text`, each a problem, and no other.
fn told_is(told: &str, problems: &[&Problem]) {
    let short = |problem: &Problem| {
        let entry = problem.entry.as_deref().unwrap_or("-");
        format!("{} {} {entry}", problem.line, problem.reason.as_str())
    };
    let mut expected = Vec::new();
    for line in told
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let (which, part) = line.split_once(": ").unwrap();
        let hit = problems
            .iter()
            .any(|problem| short(problem) == which && problem.to_string().contains(part));
        let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(hit, "{line}\nis not told by\n{}", all.join("\n"));
        expected.push(which.to_owned());
    }
    let mut seen: Vec<String> = problems.iter().map(|problem| short(problem)).collect();
    seen.sort();
    expected.sort();
    let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(seen, expected, "{}", all.join("\n"));
}
