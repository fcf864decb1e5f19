//! What claims may be allocated, on a small machine.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use super::*;
use crate::inventory::{LinkState, VfUse};
use crate::network::tests::machine::{self, Machine, giving, member, name, texts, vf};
use crate::network::{Advertise, Devices, Effect, Policy, map};
use crate::offer::{Offers, Situation};
use crate::plan::plan;

/// A node with a PF of two VFs, of which claims may have green's.
struct Bench {
    node: Machine,
    networks: Vec<NetworkSpec>,
    holders: Holders,
    attached: BTreeSet<PciAddress>,
    offering: Offering,
    now: Duration,
}

fn green(policy: Policy) -> NetworkSpec {
    let functions = Devices::VirtualFunction("0-7".parse().unwrap());
    let pin = member("pin", &[texts("interface", "ens4")]);
    giving(functions, "green", 1, &[pin]).offered(Advertise::Dra, policy)
}

impl Bench {
    fn new() -> Self {
        let mut pf = machine::uplink(4, "ens4");
        pf.virtual_functions = vec![vf(&pf, 0, VfUse::Here), vf(&pf, 1, VfUse::Here)];
        Self {
            node: Machine::with(vec![pf]),
            networks: vec![green(Policy::default())],
            holders: Holders {
                fresh: true,
                ..Holders::default()
            },
            attached: BTreeSet::new(),
            offering: Offering::resume(Advertise::Dra, Offers::default(), Duration::ZERO),
            now: Duration::ZERO,
        }
    }

    fn look(&mut self) -> Vec<Claimable> {
        let map = map(self.node.view(), &self.networks);
        let plan = plan(&self.node.inventory, &self.networks, &map);
        let situation = Situation {
            inventory: &self.node.inventory,
            networks: &self.networks,
            plan: &plan,
            from_file: &Offers::default(),
            holders: &self.holders,
            others: &Holders::default(),
            attached: &self.attached,
        };
        self.offering.next(situation, self.now);
        claimable(Facts {
            inventory: &self.node.inventory,
            networks: &self.networks,
            map: &map,
            plan: &plan,
            offering: &self.offering,
            holders: &self.holders,
        })
    }

    fn hold(&mut self, device: &str) {
        let green = ResourceName::of_network(&name("green"));
        let devices = self.holders.held.entry(green).or_default();
        devices.insert(device.parse().unwrap(), None);
    }

    fn set_vf(&mut self, index: usize, usage: VfUse) {
        let uplink = &mut self.node.inventory.uplinks[0];
        uplink.virtual_functions[index] = vf(uplink, u16::try_from(index).unwrap(), usage);
    }
}

/// Devices as `name taint:effect ...`.
fn shown(devices: &[Claimable]) -> Vec<String> {
    let device = |device: &Claimable| {
        let mut line = device.name.clone();
        for taint in &device.taints {
            write!(line, " {}:{}", taint.key.as_str(), taint.effect()).unwrap();
        }
        line
    };
    devices.iter().map(device).collect()
}

const FIRST: &str = "0000-04-00-2";
const SECOND: &str = "0000-04-00-3";

#[test]
fn dra_22_a_device_has_its_address_as_name_and_its_index_as_place() {
    let devices = Bench::new().look();
    let places: Vec<_> = devices
        .iter()
        .map(|it| (it.name.as_str(), it.port.as_str(), it.place))
        .collect();
    let port = "0000-04-00-0";
    assert_eq!(places, [(FIRST, port, 0), (SECOND, port, 1)]);
    let text = |name: &str| devices[0].attributes[name].to_string();
    assert_eq!(text("network"), "green");
    assert_eq!(text("kind"), "VirtualFunction");
    assert_eq!(text("pf"), "0000:04:00.0");
    assert_eq!(text("vf"), "0");
    assert_eq!(text("linkUp"), "true");
    assert_eq!(text("resource.kubernetes.io/pciBusID"), "0000:04:00.2");
    assert_eq!(text("k8s.cni.cncf.io/resourceName"), "colvin.dev/green");
}

#[test]
fn what_no_pod_could_use_is_left_out_unless_a_claim_holds_it() {
    let mut bench = Bench::new();
    bench.set_vf(0, VfUse::NoDriver);
    assert_eq!(shown(&bench.look()), [SECOND]);
    bench.set_vf(1, VfUse::NoDriver);
    bench.hold("0000:04:00.3");
    let expected = [format!("{SECOND} quarantined:NoSchedule")];
    assert_eq!(shown(&bench.look()), expected);
}

#[test]
fn what_is_not_undone_is_quarantined() {
    let mut bench = Bench::new();
    bench.attached.insert("0000:04:00.2".parse().unwrap());
    let expected = [format!("{FIRST} quarantined:NoSchedule"), SECOND.to_owned()];
    let devices = bench.look();
    assert_eq!(shown(&devices), expected);
    assert_eq!(devices[0].taints[0].value, Some("NotUndone"));
}

#[test]
fn a_link_that_is_lost_taints_all_and_evicts_only_after_the_hold_down_where_that_is_asked_for() {
    let mut bench = Bench::new();
    bench.networks[0] = green(Policy {
        link_down: Effect::NoExecute,
        ..Policy::default()
    });
    bench.hold("0000:04:00.2");
    bench.look();
    bench.node.inventory.uplinks[0].state = LinkState::NoCarrier;
    bench.now = Duration::from_secs(10);
    let tainted = |effect: &str| [FIRST, SECOND].map(|it| format!("{it} link-down:{effect}"));
    assert_eq!(shown(&bench.look()), tainted("NoSchedule"));
    assert_eq!(bench.offering.look_again(), Some(Duration::from_secs(13)));
    bench.now = Duration::from_secs(13);
    assert_eq!(shown(&bench.look()), tainted("NoExecute"));
    bench.node.inventory.uplinks[0].state = LinkState::Up;
    bench.now = Duration::from_secs(20);
    let devices = bench.look();
    assert_eq!(shown(&devices), tainted("NoSchedule"));
    assert_eq!(devices[0].attributes["linkUp"], AttributeValue::Flag(false));
    assert!(!devices[0].attributes.contains_key("speedMbps"));
    bench.now = Duration::from_secs(23);
    assert_eq!(shown(&bench.look()), [FIRST, SECOND]);
}

#[test]
fn dra_31_a_vf_says_the_same_in_a_pod_and_a_flap_is_two_changes() {
    let mut bench = Bench::new();
    let at_home = &mut bench.node.inventory.uplinks[0].virtual_functions[0];
    at_home.netdev = "ens4v0".parse().ok();
    at_home.mac = "02:00:00:00:00:07".parse().ok();
    let before = bench.look();
    bench.hold("0000:04:00.2");
    // its netdev is not seen from here any more
    bench.set_vf(0, VfUse::Elsewhere);
    let after = bench.look();
    assert_eq!(before[0].attributes, after[0].attributes);
    // nor when this begins anew, with what it kept
    let kept = bench.offering.offers().clone();
    bench.offering = Offering::resume(Advertise::Dra, kept, bench.now);
    assert_eq!(bench.look(), after);
    let mut changes = 0;
    let mut last = after;
    for (second, state) in [
        (10, LinkState::NoCarrier),
        (11, LinkState::Up),
        (12, LinkState::NoCarrier),
        (13, LinkState::Up),
        (14, LinkState::Up),
        (16, LinkState::Up),
    ] {
        bench.now = Duration::from_secs(second);
        bench.node.inventory.uplinks[0].state = state;
        let now = bench.look();
        changes += usize::from(now != last);
        last = now;
    }
    assert_eq!(changes, 2, "down at once, and up when it lasts");
}

#[test]
fn a_cable_that_was_moved_is_seen_at_the_device_that_a_claim_holds() {
    let mut bench = Bench::new();
    bench.look();
    bench.hold("0000:04:00.2");
    bench.look();
    bench.networks = vec![
        giving(
            Devices::VirtualFunction("0-7".parse().unwrap()),
            "green",
            1,
            &[member("pin", &[texts("interface", "ens9")])],
        )
        .offered(Advertise::Dra, Policy::default()),
    ];
    let devices = bench.look();
    assert_eq!(
        shown(&devices),
        [format!("{FIRST} wrong-network:NoSchedule")]
    );
    assert!(!devices[0].attributes.contains_key("network"));
}

#[test]
fn a_lost_link_that_took_the_network_with_it_is_told_at_the_device_that_a_claim_holds() {
    let mut bench = Bench::new();
    bench.look();
    bench.hold("0000:04:00.2");
    bench.look();
    let by_neighbor = member("leaf", &[texts("neighbor.systemName", "leaf1")]);
    let functions = Devices::VirtualFunction("0-7".parse().unwrap());
    bench.networks = vec![
        giving(functions, "green", 1, &[by_neighbor]).offered(Advertise::Dra, Policy::default()),
    ];
    bench.node.inventory.uplinks[0].state = LinkState::NoCarrier;
    bench.node.inventory.uplinks[0].neighbors.clear();
    let expected = format!("{FIRST} link-down:NoSchedule no-neighbor:NoSchedule");
    assert_eq!(shown(&bench.look()), [expected]);
}

#[test]
fn lim_2_at_most_ten_attributes_are_our_own_and_each_has_the_type_of_its_row() {
    let own = DEVICE_ATTRIBUTES
        .iter()
        .filter(|row| !row.name.contains('/'));
    assert!(own.count() <= 10);
    for device in Bench::new().look() {
        for row in DEVICE_ATTRIBUTES {
            if let Some(value) = device.attributes.get(row.name) {
                assert_eq!(value.kind(), row.kind, "{row:?}");
            }
        }
    }
}

#[test]
fn the_reference_page_is_the_tables() {
    let mut page = String::from(
        "# Devices in ResourceSlices\n\nWhat a slice of driver `colvin.dev` says of a device. Made from `model/src/claimable/`.\n\n## Attributes\n\n| name | type | meaning |\n| --- | --- | --- |\n",
    );
    for row in DEVICE_ATTRIBUTES {
        let DeviceAttribute {
            name,
            kind,
            meaning,
            ..
        } = row;
        writeln!(page, "| `{name}` | {kind:?} | {meaning} |").unwrap();
    }
    page.push_str("\n## Taints\n\n| key | meaning |\n| --- | --- |\n");
    for key in TaintKey::ALL {
        let (key, meaning) = (key.as_str(), key.meaning());
        writeln!(page, "| `colvin.dev/{key}` | {meaning} |").unwrap();
    }
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../docs/reference/device-attributes.md"
    );
    if std::option_env!("COLVIN_UPDATE").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let kept = std::fs::read(path).unwrap_or_default();
    assert_eq!(
        String::from_utf8_lossy(&kept),
        page,
        "stale: run COLVIN_UPDATE=1 cargo test -p colvin-model"
    );
}
