//! The plan on small machines; on random ones in `properties`.

use super::*;
use crate::inventory::{Uplink, VfUse};
use crate::network::tests::machine::*;
use crate::network::{map, match_members, settle};
use crate::{NumaNode, Symbol};

mod properties;

fn of_every_uplink(called: &str, created: i64, devices: Devices) -> NetworkSpec {
    giving(
        devices,
        called,
        created,
        &[member("any", &[texts("driver", "ice")])],
    )
}

fn vfs(functions: &str) -> Devices {
    Devices::VirtualFunction(functions.parse().unwrap())
}

fn planned(uplinks: Vec<Uplink>, networks: &[NetworkSpec]) -> Plan {
    let machine = Machine::with(uplinks);
    let map = map(machine.view(), networks);
    plan(&machine.inventory, networks, &map)
}

/// The devices of each pool as `id` or `id (why not)`.
fn shown(plan: &Plan) -> Vec<(String, Vec<String>)> {
    let device = |device: &PoolDevice| match &device.unusable {
        None => device.id.to_string(),
        Some(why) => format!("{} ({why})", device.id),
    };
    let pool = |pool: &Pool| {
        let name = format!("{} {}", pool.network(), pool.uplink());
        (name, pool.devices().iter().map(device).collect())
    };
    plan.pools().iter().map(pool).collect()
}

fn lines(expected: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    let pair = |(name, devices): &(&str, &[&str])| ((*name).to_owned(), owned(devices));
    expected.iter().map(pair).collect()
}

fn with_vfs(index: u32, name: &str, usages: &[VfUse]) -> Uplink {
    let mut made = uplink(index, name);
    let vfs = (0..)
        .zip(usages)
        .map(|(index, usage)| vf(&made, index, *usage));
    made.virtual_functions = vfs.collect();
    made
}

#[test]
fn a_pool_has_the_vfs_that_are_there_and_says_which_a_pod_can_have() {
    use VfUse::{Elsewhere, HalfCreated, Here, NoDriver, Userspace};
    let ens4 = with_vfs(
        4,
        "ens4",
        &[Here, Elsewhere, Userspace, NoDriver, HalfCreated],
    );
    let plan = planned(
        vec![ens4, uplink(5, "ens5")],
        &[of_every_uplink("green", 1, vfs("0-7"))],
    );
    let of_ens4: &[&str] = &[
        "0000:04:00.2",
        "0000:04:00.3",
        "0000:04:00.4",
        "0000:04:00.5 (no driver is bound)",
        "0000:04:00.6 (the kernel has not finished making it, or it is going away)",
    ];
    assert_eq!(
        shown(&plan),
        lines(&[("green 0000:04:00.0", of_ens4), ("green 0000:05:00.0", &[])])
    );
    let counts = Counts {
        capacity: 5,
        allocatable: 3,
    };
    assert_eq!(plan.counts_of(&name("green")), counts);
    assert_eq!(plan.counts_of(&name("blue")), Counts::default());
    assert_eq!(plan.pools_of(&name("green")).len(), 2);
}

#[test]
fn a_device_says_where_it_is() {
    let mut ens4 = with_vfs(4, "ens4", &[VfUse::Here]);
    ens4.virtual_functions[0].numa_node = Some(NumaNode::new(1));
    let plan = planned(vec![ens4], &[of_every_uplink("green", 1, vfs("0-7"))]);
    let id: PoolDeviceId = "0000:04:00.2".parse().unwrap();
    let (pool, device) = plan.device(&id).unwrap();
    assert_eq!(
        *device,
        PoolDevice {
            id,
            address: Some("0000:04:00.2".parse().unwrap()),
            vf_index: Some(0),
            numa_node: Some(NumaNode::new(1)),
            driver: Some(Symbol::from("iavf")),
            unusable: None,
        }
    );
    assert_eq!(pool.netdev().unwrap().as_str(), "ens4");
    assert_eq!(pool.link().as_str(), "Up");
    assert_eq!(*pool.gives(), vfs("0-7"));
    assert_eq!(
        plan.device(&PoolDeviceId::function("0000:04:00.3".parse().unwrap())),
        None
    );
}

#[test]
fn what_somebody_else_offers_is_left_out_and_said_to_be() {
    let networks = [
        of_every_uplink("green", 1, vfs("0-7")),
        of_every_uplink("red", 2, Devices::Macvlan(shares(1))),
    ];
    let whole = planned(
        vec![with_vfs(4, "ens4", &[VfUse::Here, VfUse::Here])],
        &networks,
    );
    let other: ResourceName = "intel.com/netdevice".parse().unwrap();
    let pf: PciAddress = "0000:04:00.0".parse().unwrap();
    let vf: PciAddress = "0000:04:00.2".parse().unwrap();
    let taken = [(pf, other.clone()), (vf, other.clone())].into();
    let (rest, from) = whole.without(&taken);
    assert_eq!(
        shown(&rest),
        lines(&[
            ("green 0000:04:00.0", &["0000:04:00.3"]),
            ("red 0000:04:00.0", &["0000:04:00.0/red/0"]),
        ])
    );
    let place = (name("green"), "0000:04:00.0".parse().unwrap());
    assert_eq!(from, [(place, [other].into())].into());
}

#[test]
fn two_networks_that_share_an_uplink_count_each_for_itself() {
    let networks = [
        of_every_uplink("red", 2, Devices::Macvlan(shares(2))),
        of_every_uplink("blue", 1, Devices::Vlan(shares(1))),
        of_every_uplink("green", 3, vfs("0")),
    ];
    let usb = without_function(uplink(7, "eth7"));
    let by_name = giving(
        Devices::Macvlan(shares(1)),
        "usb",
        4,
        &[member("pin", &[texts("interface", "eth7")])],
    );
    let mut all = networks.to_vec();
    all.push(by_name);
    let plan = planned(vec![with_vfs(4, "ens4", &[VfUse::Here]), usb], &all);
    assert_eq!(
        shown(&plan),
        lines(&[
            ("blue 0000:04:00.0", &["0000:04:00.0/blue/0"]),
            ("green 0000:04:00.0", &["0000:04:00.2"]),
            (
                "red 0000:04:00.0",
                &["0000:04:00.0/red/0", "0000:04:00.0/red/1"]
            ),
            ("usb eth7", &["eth7/usb/0"]),
        ])
    );
    assert_eq!(
        plan.pools()[2].devices()[1].id.in_network(),
        "0000:04:00.0/1"
    );
}

#[test]
fn an_uplink_that_cannot_be_given_or_shared_says_why() {
    let unusable = |uplink: &Uplink, devices: &Devices| {
        let pin = member("pin", &[texts("pciAddress", "0000:04:00.0")]);
        let plan = planned(
            vec![uplink.clone()],
            &[giving(devices.clone(), "green", 1, &[pin])],
        );
        plan.pools()[0].devices()[0].unusable.clone()
    };
    let (whole, macvlan, ipvlan, vlan) = (
        Devices::PhysicalFunction,
        Devices::Macvlan(shares(1)),
        Devices::Ipvlan(shares(1)),
        Devices::Vlan(shares(1)),
    );
    let mut bonded = uplink(4, "ens4");
    bonded.bond = Some("bond0".parse().unwrap());
    let port_of = Unusable::PortOf("bond0".parse().unwrap());
    let port = Some(port_of.clone());
    for (devices, expected) in [
        (&whole, &port),
        (&macvlan, &port),
        (&ipvlan, &port),
        (&vlan, &None),
    ] {
        assert_eq!(unusable(&bonded, devices), *expected, "{devices:?}");
    }
    let mut in_a_pod = uplink(4, "ens4");
    in_a_pod.link = None;
    assert_eq!(unusable(&in_a_pod, &whole), None, "who has it may have it");
    assert_eq!(unusable(&in_a_pod, &vlan), Some(Unusable::NoNetdev));
    let mut unbound = in_a_pod;
    unbound.function.as_mut().unwrap().driver = None;
    assert_eq!(unusable(&unbound, &whole), Some(Unusable::NoDriver));
    let words = ["NoDriver", "HalfCreated", "NoNetdev", "PortOf"];
    let all = [
        Unusable::NoDriver,
        Unusable::HalfCreated,
        Unusable::NoNetdev,
        port_of,
    ];
    assert_eq!(all.map(|why| why.as_str()), words);
}

#[test]
fn an_address_in_two_places_is_where_something_is() {
    // the PF of ens4 says that its next VF will be where ens5 has one
    let mut ens4 = with_vfs(4, "ens4", &[VfUse::HalfCreated]);
    let ens5 = with_vfs(5, "ens5", &[VfUse::Here]);
    ens4.virtual_functions[0].address = ens5.virtual_functions[0].address;
    let plan = planned(vec![ens4, ens5], &[of_every_uplink("green", 1, vfs("0-7"))]);
    assert_eq!(
        shown(&plan),
        lines(&[
            ("green 0000:04:00.0", &[]),
            ("green 0000:05:00.0", &["0000:05:00.2"])
        ])
    );
}

#[test]
fn a_map_of_what_is_gone_makes_no_pools() {
    let networks = [of_every_uplink("green", 1, vfs("0-7"))];
    let machine = Machine::with(vec![with_vfs(4, "ens4", &[VfUse::Here])]);
    let old = map(machine.view(), &networks);
    assert_eq!(plan(&machine.inventory, &[], &old), Plan::default());
    assert_eq!(
        plan(&Inventory::default(), &networks, &old),
        Plan::default()
    );
    let nothing = NetworkMap::default();
    assert_eq!(
        plan(&machine.inventory, &networks, &nothing),
        Plan::default()
    );
}

#[test]
fn a_new_netdev_name_leaves_ids_as_they_were() {
    let networks = [
        of_every_uplink("green", 1, vfs("0-1")),
        of_every_uplink("red", 2, Devices::Vlan(shares(2))),
    ];
    let ids = |called: &str| {
        let mut machine =
            Machine::with(vec![with_vfs(4, called, &[VfUse::Here, VfUse::Elsewhere])]);
        machine.inventory.uplinks[0].link.as_mut().unwrap().index =
            crate::IfIndex::new(99).unwrap();
        let map = settle(match_members(machine.view(), &networks), &networks);
        shown(&plan(&machine.inventory, &networks, &map))
    };
    assert_eq!(ids("ens4"), ids("eth0"));
}
