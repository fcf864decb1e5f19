//! A router on green: its advertisement gives a pod an address, which the pod's annotation has soon.
//!
//! Left to others: addresses of a pool (`addresses.rs`).

use std::net::Ipv6Addr;
use std::time::Instant;

use anyhow::{Context as _, Result};
use colvin_kernel::packet::{IfIndex, RawSender};
use colvin_testkit::cluster::{Cluster, wait_until};

use crate::addresses::told;
use crate::parts::green;

const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
const ROUTER: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
const PREFIX: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0x77, 0, 0, 0, 0, 0);

/// A router advertisement of one prefix, in an Ethernet frame (RFC 4861 sections 4.2 and 4.6.2).
pub(crate) fn advertisement() -> Result<Vec<u8>> {
    let mut body = vec![134, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    // prefix information: 64 bits, on the link and for addresses; valid for an hour
    body.extend([3, 4, 64, 0xc0]);
    body.extend([0, 0, 0x0e, 0x10, 0, 0, 0x0e, 0x10, 0, 0, 0, 0]);
    body.extend(PREFIX.octets());
    let length = u16::try_from(body.len())?.to_be_bytes();
    let pseudo = [
        &ROUTER.octets()[..],
        &ALL_NODES.octets(),
        &[0, 0, length[0], length[1], 0, 0, 0, 58],
        &body,
    ];
    let sum: u32 = pseudo
        .concat()
        .chunks(2)
        .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])))
        .sum();
    let sum = (sum & 0xffff) + (sum >> 16);
    let sum = !u16::try_from((sum & 0xffff) + (sum >> 16))?;
    body[2..4].copy_from_slice(&sum.to_be_bytes());
    let mut frame = vec![0x33, 0x33, 0, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0x86, 0xdd];
    frame.extend([0x60, 0, 0, 0, length[0], length[1], 58, 255]);
    frame.extend(ROUTER.octets());
    frame.extend(ALL_NODES.octets());
    frame.extend(body);
    Ok(frame)
}

/// At the other end of the first node's green cable.
pub(crate) fn on_the_wire(cluster: &Cluster) -> Result<RawSender> {
    let index = IfIndex::new(cluster.netns.ifindex("tap0")?).context("no tap0")?;
    Ok(cluster.netns.run(|| RawSender::open(index))??)
}

/// Leaves no pod.
pub(crate) fn advertises(cluster: &mut Cluster) -> Result<()> {
    cluster.plane.apply(&green("ipam: {type: slaac}"))?;
    cluster.wait_for_allocatable("node1", "colvin.dev/green", 2)?;
    cluster.ask("heeds", "green", 1)?;
    cluster.wait_until_running("heeds")?;
    let router = on_the_wire(cluster)?;
    let advertisement = advertisement()?;
    let begun = Instant::now();
    let mut last = None;
    let said = wait_until("the router's prefix in the annotation", || {
        router.send(&advertisement)?;
        last = told(&cluster.pod("heeds")?);
        let has = |it: &Vec<String>| it.iter().any(|it| it.starts_with("2001:db8:77:"));
        Ok(last.as_ref().is_some_and(has).then_some(()))
    });
    said.with_context(|| format!("it says {last:?}\n{}", cluster.story()))?;
    println!("advertised to told: {:?}: {last:?}", begun.elapsed());
    cluster.delete("heeds")
}
