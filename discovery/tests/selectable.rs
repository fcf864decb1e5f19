//! What the selectors of a config file ask of recorded machines.
//!
//! Left to others: what they select (`colvin-takeover`).
#![expect(clippy::unwrap_used, reason = "test")]

#[path = "selectable/protected.rs"]
mod protected;

use std::path::Path;
use std::time::Duration;

use colvin_discovery::{Dirty, Discovery};
use colvin_kernel::netlink::wire::Request;
use colvin_model::inventory::Protection;
use colvin_model::observation::{PciFunction, Role};
use colvin_model::offer::Vdpa;
use colvin_model::{FindingReason, NumaNode, PciAddress, PciClass, Symbol};
use colvin_takeover::{Auxiliary, Facts, FunctionFacts, LinkType};
use colvin_testkit::machine::Machine;

fn at(address: &str) -> PciAddress {
    address.parse().unwrap()
}

fn look(root: &Path) -> Discovery {
    let mut discovery = Discovery::at_root(root).unwrap();
    discovery.ask_selectable(true);
    discovery.look_all(Duration::from_secs(1_000_000));
    discovery
}

fn facts(machine: &Machine) -> Facts {
    let discovery = look(machine.path());
    assert_eq!(discovery.inventory().findings, []);
    discovery.facts().unwrap().clone()
}

/// The folder of the function `0000:18:00.<number>` of the machine `selectable`.
fn card(number: u8, file: &str) -> String {
    format!("sys/devices/pci0000:17/0000:17:01.0/0000:18:00.{number}/{file}")
}

#[test]
fn every_function_has_what_the_kernel_tells_of_it() {
    let machine = Machine::unpack("selectable").unwrap();
    let facts = facts(&machine);
    let nothing = FunctionFacts::default;
    let ethernet = || FunctionFacts {
        link_type: Some(LinkType::Ether),
        ..nothing()
    };
    let key = |pkey, facts| FunctionFacts {
        pkey: Some(pkey),
        ..facts
    };
    let index = |acpi_index, facts| FunctionFacts {
        acpi_index: Some(acpi_index),
        ..facts
    };
    let vdpa = |vdpa| FunctionFacts {
        vdpa: Some(vdpa),
        ..nothing()
    };
    let expected = [
        ("0000:00:1f.6", index(1, nothing())),
        ("0000:18:00.0", index(101, key(0xffff, nothing()))),
        ("0000:18:00.2", key(0xffff, ethernet())),
        ("0000:18:00.3", key(0xffff, ethernet())),
        ("0000:18:00.4", vdpa(Vdpa::Vhost)),
        ("0000:18:00.5", vdpa(Vdpa::Virtio)),
        ("0000:18:00.6", nothing()),
        ("0000:18:00.7", nothing()),
        ("0000:3b:00.0", nothing()),
        ("0000:3b:01.0", ethernet()),
        ("0000:3b:01.1", nothing()),
        ("0000:3b:01.2", nothing()),
        ("0000:5e:00.0", key(0xffff, nothing())),
        (
            "0000:5e:00.1",
            FunctionFacts {
                pkey: Some(0x8001),
                link_type: Some(LinkType::InfiniBand),
                ..nothing()
            },
        ),
    ];
    let expected = expected.map(|(address, facts)| (at(address), facts));
    assert_eq!(facts.functions, expected.into());
}

#[test]
fn sdp_04_accelerators_are_the_functions_of_class_12_and_their_vfs() {
    let machine = Machine::unpack("selectable").unwrap();
    let facts = facts(&machine);
    let shown: Vec<String> = facts.accelerators.iter().map(shown).collect();
    assert_eq!(
        shown,
        [
            "0000:86:00.0 8086:0d5c igb_uio 2 VFs of 16",
            "0000:86:02.0 8086:0d5d vfio-pci VF of 0000:86:00.0",
            "0000:86:02.1 8086:0d5d - VF of 0000:86:00.0",
            "0000:af:00.0 8086:0b30 dfl-pci no SR-IOV",
        ]
    );
    let numa = facts.accelerators.iter().map(|it| it.numa_node);
    let one = Some(NumaNode::new(1));
    assert_eq!(numa.collect::<Vec<_>>(), [one, one, one, None]);
    assert!(
        facts
            .accelerators
            .iter()
            .all(|it| it.class == PciClass::new(0x12_0000))
    );
}

fn shown(function: &PciFunction) -> String {
    let driver = function.driver.as_ref().map_or("-", Symbol::as_str);
    let role = match &function.role {
        Role::Physical { sriov: None } => "no SR-IOV".to_owned(),
        Role::Physical { sriov: Some(sriov) } => {
            format!("{} VFs of {}", sriov.virtfn.len(), sriov.total)
        }
        Role::Virtual { pf } => format!("VF of {pf}"),
    };
    format!("{} {} {driver} {role}", function.address, function.id)
}

#[test]
fn sdp_19_subfunctions_have_their_number_and_parent() {
    let machine = Machine::unpack("selectable").unwrap();
    let slice = |name: &str, number| Auxiliary {
        name: Symbol::from(name),
        parent: at("0000:18:00.0"),
        number: Some(number),
        driver: None,
        netdev: None,
        link_type: None,
        rdma: None,
        rdma_enabled: None,
        protected: Vec::new(),
        port_of: None,
    };
    let bound = Auxiliary {
        driver: Some(Symbol::from("mlx5_core.sf")),
        netdev: "ens1f0s88".parse().ok(),
        link_type: Some(LinkType::Ether),
        rdma: Some(Symbol::from("mlx5_5")),
        ..slice("mlx5_core.sf.2", 88)
    };
    let expected = [bound, slice("mlx5_core.sf.3", 89)];
    assert_eq!(facts(&machine).auxiliaries, expected);
}

#[test]
fn the_rdma_device_of_a_subfunction_is_not_its_functions() {
    let machine = Machine::unpack("selectable").unwrap();
    let discovery = look(machine.path());
    let uplink = discovery.inventory().uplink_at(at("0000:18:00.0")).unwrap();
    assert_eq!(uplink.rdma, Some(Symbol::from("mlx5_0")));
}

/// A devlink message of this command about a device.
fn devlink(command: u8, bus: &str, device: &str) -> Request {
    Request::get(0x16, &[command, 1, 0, 0])
        .with_text(1, bus) // DEVLINK_ATTR_BUS_NAME
        .with_text(2, device) // DEVLINK_ATTR_DEV_NAME
}

#[test]
fn sdp_16_devlink_is_asked_where_the_rdma_device_is_not_seen() {
    let machine = Machine::unpack("selectable").unwrap();
    let enabled = |bus, device| {
        let message = devlink(38, bus, device).with_nested(80, |parameter| {
            let parameter = parameter.with_text(81, "enable_rdma");
            parameter.with_nested(84, |values| {
                // DEVLINK_ATTR_PARAM_VALUE: set when the driver starts, and true
                values.with_nested(85, |value| value.with(87, &[1]).with(86, &[]))
            })
        });
        message.encode(0)
    };
    let messages = [
        enabled("pci", "0000:18:00.2"),
        enabled("pci", "0000:18:00.4"),
        enabled("auxiliary", "mlx5_core.sf.3"),
    ];
    machine
        .write("netlink/devlink-param", messages.concat())
        .unwrap();
    let facts = facts(&machine);
    let of = |address| facts.of_function(at(address)).unwrap().rdma_enabled;
    assert_eq!(of("0000:18:00.4"), Some(true));
    // one is not told of, and the RDMA device of the other is there to be seen
    assert_eq!((of("0000:18:00.5"), of("0000:18:00.2")), (None, None));
    assert_eq!(facts.auxiliaries[1].rdma_enabled, Some(true));
}

#[test]
fn sdp_14_a_vf_has_the_ddp_profile_of_its_pf() {
    let machine = Machine::unpack("selectable").unwrap();
    let known = devlink(3, "pci", "0000:3b:00.0").encode(0);
    machine.write("netlink/devlink-get", known).unwrap();
    let info = devlink(51, "pci", "0000:3b:00.0").with_nested(101, |version| {
        let version = version.with_text(103, "fw.app.name");
        version.with_text(104, "ICE COMMS Package")
    });
    machine
        .write("netlink/devlink-info", info.encode(0))
        .unwrap();
    let facts = facts(&machine);
    let of = |address| facts.of_function(at(address)).unwrap().ddp_profile.clone();
    let profile = Some(Symbol::from("ICE COMMS Package"));
    assert_eq!(
        (of("0000:3b:00.0"), of("0000:3b:01.1")),
        (profile.clone(), profile)
    );
    assert_eq!(of("0000:18:00.2"), None);
}

#[test]
fn sdp_10_a_file_that_does_not_serve_is_a_finding_and_the_function_stays() {
    let machine = Machine::unpack("selectable").unwrap();
    machine.write(&card(0, "acpi_index"), "one\n").unwrap();
    machine
        .write(&card(2, "infiniband/mlx5_2/ports/1/pkeys/0"), "all\n")
        .unwrap();
    let discovery = look(machine.path());
    let facts = discovery.facts().unwrap();
    assert_eq!(
        facts.of_function(at("0000:18:00.0")).unwrap().acpi_index,
        None
    );
    assert_eq!(facts.of_function(at("0000:18:00.2")).unwrap().pkey, None);
    let findings = &discovery.inventory().findings;
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(
        findings
            .iter()
            .all(|it| it.reason == FindingReason::UnreadableFile)
    );
}

#[test]
fn an_event_about_a_device_that_no_inventory_has_is_news_to_who_asked() {
    let machine = Machine::unpack("selectable").unwrap();
    let mut discovery = look(machine.path());
    let mut plain = Discovery::at_root(machine.path()).unwrap();
    let now = Duration::from_secs(1_000_001);
    plain.look_all(now);
    assert_eq!(plain.facts(), None);
    let dirty = |address| Dirty {
        functions: [at(address)].into(),
        ..Dirty::default()
    };
    assert!(!discovery.look(&dirty("0000:86:02.1"), now));
    let accelerator = "sys/devices/pci0000:85/0000:85:00.0/0000:86:02.1";
    machine.remove(accelerator).unwrap();
    machine.remove("sys/bus/pci/devices/0000:86:02.1").unwrap();
    assert!(discovery.look(&dirty("0000:86:02.1"), now));
    assert_eq!(discovery.facts().unwrap().accelerators.len(), 3);
    assert!(!plain.look(&dirty("0000:86:02.1"), now));
    // a vdpa device names its function
    machine.remove(&card(4, "vdpa0/driver")).unwrap();
    assert!(discovery.look(&dirty("0000:18:00.4"), now));
    assert_eq!(
        discovery
            .facts()
            .unwrap()
            .of_function(at("0000:18:00.4"))
            .unwrap()
            .vdpa,
        None
    );
    assert!(!discovery.look(&Dirty::default(), now));
    discovery.ask_selectable(false);
    assert_eq!(discovery.facts(), None);
}

#[test]
fn a_look_that_fails_leaves_what_was_seen_last() {
    let machine = Machine::unpack("selectable").unwrap();
    let mut discovery = look(machine.path());
    let before = discovery.facts().unwrap().clone();
    machine.remove("sys/bus/vdpa/devices").unwrap();
    machine.link("sys/bus/vdpa/devices", "devices").unwrap();
    machine.write(&card(0, "acpi_index"), "7\n").unwrap();
    discovery.look_all(Duration::from_secs(1_000_002));
    assert_eq!(discovery.facts(), Some(&before));
    let findings = discovery.inventory().findings.iter();
    let failed: Vec<_> = findings
        .filter(|it| it.reason == FindingReason::SourceFailed)
        .collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(
        failed[0].message.contains("cannot look at vdpa devices"),
        "{failed:?}"
    );
}

#[test]
fn it_costs_nothing_where_nobody_asked_and_little_where_one_did() {
    let machine = Machine::unpack("selectable").unwrap();
    let calls = |ask| {
        let mut discovery = Discovery::at_root(machine.path()).unwrap();
        discovery.ask_selectable(ask);
        discovery.look_all(Duration::from_secs(1_000_000));
        discovery.sysfs_calls()
    };
    let (asked, plain) = (calls(true), calls(false));
    assert_eq!(calls(false), plain);
    // 14 network functions and 3 vdpa devices, 2 subfunctions and 4 accelerators, 6 functions of no interest
    let more = asked - plain;
    assert!(more <= 160, "{more} calls more");
}
