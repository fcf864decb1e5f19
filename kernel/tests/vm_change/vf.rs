//! VFs told, moved, lost and found, and their drivers.

use std::os::fd::AsFd as _;
use std::time::Duration;

use colvin_kernel::netlink::change::{
    By, LinkChange, RouteSocket, Switch, VfChange, VfRates, VfVlan, VlanProtocol,
};
use colvin_kernel::netlink::{VfLinkState, VfSettings};
use colvin_kernel::netns::NetNs;
use colvin_kernel::sysfs::vf::{self, VfPlace};
use colvin_kernel::sysfs::{SysfsRoot, driver};
use colvin_model::observation::Carrier;
use colvin_model::{IfIndex, IfName, LinkAddress, PciAddress};
use colvin_testkit::wait::wait_for_some;

use crate::guest::in_the_guest;
use crate::{found, named, pod};

/// An emulated card takes its time.
const LIMIT: Duration = Duration::from_mins(1);

/// Makes VFs of `pf0`, each with its netdev, and gives their addresses.
fn vfs(sysfs: &SysfsRoot, count: u8) -> Vec<PciAddress> {
    let folder = "/sys/class/net/pf0/device";
    std::fs::write(format!("{folder}/sriov_numvfs"), "0").unwrap();
    std::fs::write(format!("{folder}/sriov_numvfs"), count.to_string()).unwrap();
    let each = (0..count).map(|number| {
        let link = std::fs::read_link(format!("{folder}/virtfn{number}")).unwrap();
        let address: PciAddress = link.file_name().unwrap().to_str().unwrap().parse().unwrap();
        netdev(sysfs, address);
        address
    });
    each.collect()
}

/// The name of a VF's netdev, once it is there.
fn netdev(sysfs: &SysfsRoot, vf: PciAddress) -> IfName {
    wait_for_some(LIMIT, || vf::netdevs(sysfs, vf).unwrap().pop()).unwrap()
}

#[test]
#[ignore = "vm"]
fn a_pf_is_told_all_of_a_vf_in_one_message_and_tells_it_back() {
    in_the_guest(
        "vf::a_pf_is_told_all_of_a_vf_in_one_message_and_tells_it_back",
        || {
            let sysfs = SysfsRoot::live().unwrap();
            let vfs = vfs(&sysfs, 2);
            let VfPlace { number, .. } = vf::place(&sysfs, vfs[1]).unwrap().unwrap();
            assert_eq!(number, 1);
            let mut host = RouteSocket::open().unwrap();
            let pf = found(&mut host, "pf0").link.index;
            let other = host.vf(pf, 0).unwrap().unwrap();
            let before = host.vf(pf, 1).unwrap().unwrap();
            assert_eq!(host.vf(pf, 2).unwrap(), None);

            let change = VfChange {
                address: LinkAddress::from_bytes(&[2, 0, 0, 0, 0, 0x77]),
                vlan: Some(VfVlan {
                    id: Some(110.try_into().unwrap()),
                    qos: 3,
                    protocol: VlanProtocol::Dot1q,
                }),
                spoof_check: Some(false),
                trust: Some(true),
                ..VfChange::default()
            };
            host.take_sent();
            host.set_vf(pf, 1, &change).unwrap();
            assert_eq!(host.take_sent().len(), 1);
            let expected = VfSettings {
                address: change.address.clone(),
                vlan: Some(110.try_into().unwrap()),
                qos: 3,
                vlan_protocol: Some(0x8100),
                spoof_check: Some(false),
                trust: Some(true),
                ..before.clone()
            };
            assert_eq!(host.vf(pf, 1).unwrap(), Some(expected));
            assert_eq!(
                host.vf(pf, 0).unwrap(),
                Some(other),
                "the other one is left alone"
            );
            rates_are_kept_or_refused(&mut host, pf);
            what_igb_cannot_is_refused(&mut host, pf);

            let back = VfChange {
                address: before.address.clone(),
                vlan: Some(VfVlan::default()),
                spoof_check: before.spoof_check,
                trust: before.trust,
                ..VfChange::default()
            };
            host.set_vf(pf, 1, &back).unwrap();
            assert_eq!(host.vf(pf, 1).unwrap(), Some(before));
        },
    );
}

fn rates_are_kept_or_refused(host: &mut RouteSocket, pf: IfIndex) {
    let rates = |max_mbps| VfChange {
        rates: Some(VfRates {
            min_mbps: 0,
            max_mbps,
        }),
        ..VfChange::default()
    };
    // igb takes a rate only below that of a link that is there
    wait_for_some(LIMIT, || {
        let link = host.link(By::Index(pf)).unwrap().unwrap().link;
        (link.carrier == Carrier::Up).then_some(())
    })
    .unwrap();
    host.set_vf(pf, 1, &rates(200)).unwrap();
    assert_eq!(host.vf(pf, 1).unwrap().unwrap().max_rate_mbps, Some(200));
    let error = host.set_vf(pf, 1, &rates(1_000_000)).unwrap_err();
    assert_eq!(error.errno(), Some(22), "faster than the card: {error:?}");
    host.set_vf(pf, 1, &rates(0)).unwrap();
}

fn what_igb_cannot_is_refused(host: &mut RouteSocket, pf: IfIndex) {
    let state = VfChange {
        link_state: Some(VfLinkState::Enable),
        ..VfChange::default()
    };
    assert!(host.set_vf(pf, 1, &state).unwrap_err().is_unsupported());
    let service = VfChange {
        vlan: Some(VfVlan {
            id: Some(110.try_into().unwrap()),
            qos: 0,
            protocol: VlanProtocol::Dot1ad,
        }),
        ..VfChange::default()
    };
    let error = host.set_vf(pf, 1, &service).unwrap_err();
    assert_eq!(error.errno(), Some(93), "EPROTONOSUPPORT: {error:?}");
    let nobody = host.set_vf(pf, 99, &state).unwrap_err();
    assert!(nobody.errno().is_some(), "{nobody:?}");
}

#[test]
#[ignore = "vm"]
fn a_vf_goes_and_comes_by_one_message_and_is_found_when_its_namespace_died() {
    let name = "vf::a_vf_goes_and_comes_by_one_message_and_is_found_when_its_namespace_died";
    in_the_guest(name, || {
        let sysfs = SysfsRoot::live().unwrap();
        let address = vfs(&sysfs, 1)[0];
        let mut host = RouteSocket::open().unwrap();
        let here = NetNs::current().unwrap();
        let own = netdev(&sysfs, address);
        let before = host.link(By::Name(&own)).unwrap().unwrap();
        assert_eq!(before.link.function, Some(address));
        let (guard, namespace, mut socket) = pod();
        let inside = named("net1");
        let mac = LinkAddress::from_bytes(&[2, 0, 0, 0, 0, 0x78]).unwrap();
        let go = LinkChange {
            netns: Some(namespace.as_fd()),
            name: Some(&inside),
            address: Some(&mac),
            mtu_bytes: Some(1400),
            up: Switch::On,
            ..LinkChange::default()
        };
        host.set(before.link.index, &go).unwrap();
        assert_eq!(
            vf::netdevs(&sysfs, address).unwrap(),
            [],
            "not in this namespace"
        );
        let there = found(&mut socket, "net1");
        assert_eq!(
            (there.link.function, there.link.admin_up),
            (Some(address), true)
        );
        assert_eq!(
            (there.link.address, there.link.mtu_bytes),
            (Some(mac.clone()), 1400)
        );
        let back = LinkChange {
            netns: Some(here.as_fd()),
            name: Some(&own),
            address: before.link.address.as_ref(),
            mtu_bytes: Some(before.link.mtu_bytes),
            ..LinkChange::default()
        };
        socket.set(there.link.index, &back).unwrap();
        let again = host.link(By::Name(&own)).unwrap().unwrap();
        assert_eq!(again.link.address, before.link.address);
        assert_eq!(again.link.mtu_bytes, before.link.mtu_bytes);

        host.set(again.link.index, &go).unwrap();
        drop((socket, namespace, guard));
        let lost = netdev(&sysfs, address);
        assert_eq!(lost, inside, "it comes back under the pod's name");
        let lost = host.link(By::Name(&lost)).unwrap().unwrap();
        assert!(!lost.link.admin_up);
        let put_right = LinkChange {
            netns: None,
            ..back
        };
        host.set(lost.link.index, &put_right).unwrap();
        let right = host.link(By::Name(&own)).unwrap().unwrap();
        assert_eq!(right.link.address, before.link.address);
        assert_eq!(right.link.mtu_bytes, before.link.mtu_bytes);
    });
}

#[test]
#[ignore = "vm"]
fn a_driver_is_taken_and_another_given_and_the_first_comes_back() {
    let name = "vf::a_driver_is_taken_and_another_given_and_the_first_comes_back";
    in_the_guest(name, || {
        let sysfs = SysfsRoot::live().unwrap();
        let vf = vfs(&sysfs, 1)[0];
        let now = || {
            driver::current(&sysfs, vf)
                .unwrap()
                .map(|name| name.to_string())
        };
        let first = now().unwrap();
        assert_eq!(first, "igbvf");
        assert!(driver::unbind(&sysfs, vf).unwrap());
        assert!(!driver::unbind(&sysfs, vf).unwrap());
        assert_eq!(now(), None);
        assert_eq!(vf::netdevs(&sysfs, vf).unwrap(), []);
        let error = driver::bind(&sysfs, vf, "vfio-pci").unwrap_err();
        assert!(
            error.to_string().contains("bus/pci/drivers/vfio-pci/bind"),
            "{error}"
        );
        driver::set_driver_override(&sysfs, vf, Some("vfio-pci")).unwrap();
        driver::bind(&sysfs, vf, "vfio-pci").unwrap();
        assert_eq!(now().unwrap(), "vfio-pci");
        assert!(driver::unbind(&sysfs, vf).unwrap());
        driver::set_driver_override(&sysfs, vf, None).unwrap();
        assert_eq!(driver::driver_override(&sysfs, vf).unwrap(), None);
        driver::probe(&sysfs, vf).unwrap();
        assert_eq!(now().unwrap(), first);
        netdev(&sysfs, vf);
    });
}
