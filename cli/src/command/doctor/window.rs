//! What the kernel lets us ask, and of which network namespace. Left to others: rights, hardware.

use std::collections::{BTreeMap, BTreeSet};

use colvin_discovery::Discovery;
use colvin_kernel::netlink::Netlink;
use colvin_kernel::sysfs::{SysfsRoot, net};
use colvin_kernel::uevent::UeventSocket;

use super::Check;

pub(super) fn checks() -> Vec<Check> {
    let mut checks = Vec::new();
    match Netlink::live() {
        Ok(netlink) => checks.extend(families(netlink)),
        Err(error) => checks.push(Check::fail(
            "netlink",
            format!("{:#}", anyhow::Error::new(error)),
            "a seccomp profile or a kernel without CONFIG_NET forbids it: allow AF_NETLINK",
        )),
    }
    checks.push(events());
    checks
}

fn families(mut netlink: Netlink) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut findings = Vec::new();
    let links = match netlink.links(&mut findings) {
        Ok(links) => links.unwrap_or_default(),
        Err(error) => {
            let remedy = "allow AF_NETLINK in the seccomp profile";
            return vec![Check::fail(
                "links",
                format!("{:#}", anyhow::Error::new(error)),
                remedy,
            )];
        }
    };
    checks.push(Check::ok("links", format!("{} by netlink", links.len())));
    let wanted: BTreeMap<_, _> = links
        .values()
        .take(1)
        .map(|link| (link.index, link.name.clone()))
        .collect();
    checks.push(family(
        "ethtool",
        netlink
            .ports(&wanted, &mut findings)
            .map(|ports| ports.is_some()),
        "speeds, firmware versions and firmware LLDP agents",
        "it needs a kernel of 5.6 or newer with CONFIG_ETHTOOL_NETLINK",
    ));
    checks.push(family(
        "devlink",
        netlink
            .devlink(|_| false, &mut findings)
            .map(|devices| devices.is_some()),
        "firmware versions, switch modes and port flavours of some cards",
        "it needs a kernel with CONFIG_NET_DEVLINK; it is loaded with the first driver that has it",
    ));
    checks
}

fn family<E>(name: &'static str, there: Result<bool, E>, tells: &str, remedy: &str) -> Check
where
    E: std::error::Error + Send + Sync + 'static,
{
    match there {
        Ok(true) => Check::ok(name, "answers"),
        Ok(false) => Check::warn(
            name,
            format!("is not in this kernel: {tells} are not seen"),
            remedy,
        ),
        Err(error) => Check::warn(
            name,
            format!("{:#}: {tells} are not seen", anyhow::Error::new(error)),
            remedy,
        ),
    }
}

/// Whether the kernel's device events reach us.
///
/// The kernel sends them to namespaces of the initial user namespace only, and tells nobody that it does not.
fn events() -> Check {
    const NAME: &str = "device events";
    if let Err(error) = UeventSocket::open() {
        let remedy = "allow NETLINK_KOBJECT_UEVENT in the seccomp profile";
        return Check::warn(NAME, format!("{:#}", anyhow::Error::new(error)), remedy);
    }
    let map = std::fs::read("/proc/self/uid_map").unwrap_or_default();
    let fields: Vec<&[u8]> = map
        .split(u8::is_ascii_whitespace)
        .filter(|field| !field.is_empty())
        .collect();
    if map.is_empty() || fields == [&b"0"[..], b"0", b"4294967295"] {
        Check::ok(NAME, "can be heard")
    } else {
        Check::warn(
            NAME,
            "this is a user namespace, which the kernel sends none: watch sees VFs late or never",
            "run it in the host's namespaces",
        )
    }
}

/// Whether sysfs shows the links of the namespace that netlink shows: it is tied to the namespace that mounted it.
pub(super) fn namespace(discovery: &Discovery) -> Option<Check> {
    const NAME: &str = "sysfs";
    let sysfs = SysfsRoot::live().ok()?;
    let mut findings = Vec::new();
    let facts = match net::scan(&sysfs, &mut findings) {
        Ok(facts) => facts,
        Err(error) => {
            let remedy = "mount sysfs at /sys";
            return Some(Check::warn(
                NAME,
                format!("{:#}", anyhow::Error::new(error)),
                remedy,
            ));
        }
    };
    let by_sysfs: BTreeSet<_> = facts
        .links
        .values()
        .map(|link| (link.index, link.name.clone()))
        .collect();
    let links = discovery.observations().links.values();
    let by_netlink: BTreeSet<_> = links.map(|link| (link.index, link.name.clone())).collect();
    Some(if by_sysfs == by_netlink {
        Check::ok(NAME, "shows the links of this network namespace")
    } else {
        Check::warn(
            NAME,
            format!(
                "/sys shows {} links, netlink {}: it was mounted by another network namespace, or a link came or went just now",
                by_sysfs.len(),
                by_netlink.len()
            ),
            "in a container: hostNetwork together with a hostPath /sys; by hand: mount -t sysfs sysfs /sys in this namespace",
        )
    })
}
