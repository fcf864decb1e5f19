//! A Network's addresses on one node: which of them are its own to give, and how they are given out.
//!
//! The controller gives each node blocks of the Network's ranges, the agent writes them into the Network's
//! record ([`NetworkRecord::blocks`]), and the plugin gives their addresses out by the rules of `host-local`,
//! in a folder per Network. Nobody is asked meanwhile. Pure but for [`given`]. Left to others: giving them
//! (`colvin-ipam`), which blocks a node has (the controller).

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use colvin_model::NetworkName;
use serde_json::{Value, json};

use crate::record::{Cidr, NetworkIpam, NetworkRecord};

/// The addresses that a node has of a Network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    network: NetworkName,
    /// What may be given out, lowest first, per family of the Network's ranges.
    families: Vec<(Family, Vec<Span>)>,
}

/// IPv4 or IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// Addresses in a row, both ends included, of one of the Network's ranges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    range: Cidr,
    gateway: IpAddr,
    first: u128,
    last: u128,
}

/// The Network wants addresses, and the node has none to give.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this node has no {family} addresses of network {network} yet: the controller gives it a block (kubectl get addressblocks)"
)]
pub struct NoBlock {
    network: NetworkName,
    family: Family,
}

impl Family {
    /// Of an address.
    pub const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }

    /// The address of this number.
    fn address(self, number: u128) -> IpAddr {
        match self {
            Self::V4 => Ipv4Addr::from_bits(u32::try_from(number).unwrap_or(u32::MAX)).into(),
            Self::V6 => Ipv6Addr::from_bits(number).into(),
        }
    }
}

impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The first and the last address of a subnet, as numbers.
fn ends(subnet: Cidr) -> (u128, u128) {
    let bits = if subnet.address().is_ipv4() { 32 } else { 128 };
    let host = bits - u32::from(subnet.prefix_length());
    let first = number(subnet.address());
    let span = 1_u128.checked_shl(host).map_or(u128::MAX, |size| size - 1);
    (first, first.saturating_add(span))
}

impl Pool {
    /// What the node has of a Network that takes addresses from a pool; `None` of any other.
    pub fn of(record: &NetworkRecord) -> Option<Self> {
        let Some(NetworkIpam::Pool {
            ranges, exclude, ..
        }) = &record.attach.ipam
        else {
            return None;
        };
        let families: BTreeSet<Family> = ranges.iter().map(|it| Family::of(it.address())).collect();
        let hops: Vec<IpAddr> = record.attach.routes.iter().filter_map(|it| it.gw).collect();
        let spans = |family: Family| {
            let of_family = ranges.iter().copied();
            let of_family = of_family.filter(|it| Family::of(it.address()) == family);
            let all = of_family.flat_map(|range| spans_of(range, &record.blocks, exclude, &hops));
            (family, all.collect())
        };
        Some(Self {
            network: record.network.clone(),
            families: families.into_iter().map(spans).collect(),
        })
    }

    /// The families of the Network's ranges.
    pub fn families(&self) -> impl Iterator<Item = Family> {
        self.families.iter().map(|(family, _)| *family)
    }

    /// How many addresses of a family the node may give out, in all or of one block.
    pub fn size(&self, family: Family, of: Option<Cidr>) -> u128 {
        let of_family = self.families.iter().filter(|(it, _)| *it == family);
        let spans = of_family.flat_map(|(_, spans)| spans);
        let (from, to) = of.map_or((0, u128::MAX), ends);
        let inside = spans.filter(|span| span.first <= to && from <= span.last);
        inside.fold(0, |sum: u128, span| {
            let (first, last) = (span.first.max(from), span.last.min(to));
            sum.saturating_add((last - first).saturating_add(1))
        })
    }

    /// The configuration by which addresses are given out and taken back: that of a `host-local` of the
    /// Network's own.
    ///
    /// # Errors
    /// [`NoBlock`] when an interface would get no address of a family that the Network has.
    pub fn config(&self, state: &Path) -> Result<String, NoBlock> {
        let mut ranges = Vec::new();
        for (family, spans) in &self.families {
            if spans.is_empty() {
                return Err(NoBlock {
                    network: self.network.clone(),
                    family: *family,
                });
            }
            let spans = spans.iter().map(|span| {
                json!({
                    "subnet": span.range,
                    "rangeStart": family.address(span.first),
                    "rangeEnd": family.address(span.last),
                    "gateway": span.gateway,
                })
            });
            ranges.push(Value::Array(spans.collect()));
        }
        let config = json!({
            "cniVersion": "1.1.0",
            "name": self.network,
            "type": "colvin-cni",
            "ipam": {"type": "host-local", "dataDir": folder(state), "ranges": ranges},
        });
        Ok(config.to_string())
    }
}

/// Where addresses that were given out are, below the state folder: a folder per Network.
fn folder(state: &Path) -> PathBuf {
    state.join("addresses")
}

/// The addresses of a Network that are given out on this node.
///
/// # Errors
/// When the folder is there and cannot be listed.
#[expect(
    clippy::disallowed_methods,
    reason = "the folder is ours on any machine; sysfs is not read here"
)]
pub fn given(state: &Path, network: &NetworkName) -> io::Result<BTreeSet<IpAddr>> {
    let entries = match fs::read_dir(folder(state).join(network.as_str())) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        entries => entries?,
    };
    let mut given = BTreeSet::new();
    for entry in entries {
        // beside a file per address there are a lock and notes
        given.extend(
            entry?
                .file_name()
                .to_str()
                .and_then(|it| it.parse::<IpAddr>().ok()),
        );
    }
    Ok(given)
}

/// Whether an address is of a subnet.
pub fn contains(subnet: Cidr, address: IpAddr) -> bool {
    let (first, last) = ends(subnet);
    let is_inside = (first..=last).contains(&number(address));
    is_inside && Family::of(subnet.address()) == Family::of(address)
}

/// What the node may give out of a range: its blocks in it, without what nobody gets.
fn spans_of(range: Cidr, blocks: &[Cidr], exclude: &[Cidr], hops: &[IpAddr]) -> Vec<Span> {
    let inside = |subnet: &Cidr| {
        contains(range, subnet.address()) && subnet.prefix_length() >= range.prefix_length()
    };
    let mut owned: Vec<(u128, u128)> = blocks.iter().copied().filter(inside).map(ends).collect();
    owned.sort_unstable();
    let (first, last) = ends(range);
    let in_range = |hop: &&IpAddr| contains(range, **hop);
    let gateway = hops
        .iter()
        .find(in_range)
        .map_or(first + 1, |hop| number(*hop));
    // the subnet's own address is no host's (in IPv6 it is every router's), nor is IPv4's broadcast address
    let mut holes = vec![(first, first), (gateway, gateway)];
    if range.address().is_ipv4() {
        holes.push((last, last));
    }
    let hops = hops.iter().filter(in_range).map(|hop| number(*hop));
    holes.extend(hops.map(|hop| (hop, hop)));
    let family = Family::of(range.address());
    let excluded = exclude
        .iter()
        .filter(|it| Family::of(it.address()) == family);
    holes.extend(excluded.map(|it| ends(*it)));
    let span = |(first, last)| Span {
        range,
        gateway: family.address(gateway),
        first,
        last,
    };
    let left = holes
        .iter()
        .fold(joined(owned), |left, hole| without(left, *hole));
    left.into_iter().map(span).collect()
}

/// Runs that touch or overlap become one. They come in order.
fn joined(runs: Vec<(u128, u128)>) -> Vec<(u128, u128)> {
    let mut joined: Vec<(u128, u128)> = Vec::new();
    for (first, last) in runs {
        match joined.last_mut() {
            Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
            _ => joined.push((first, last)),
        }
    }
    joined
}

/// What a hole leaves of runs.
fn without(runs: Vec<(u128, u128)>, (from, to): (u128, u128)) -> Vec<(u128, u128)> {
    let mut left = Vec::with_capacity(runs.len());
    for (first, last) in runs {
        if to < first || last < from {
            left.push((first, last));
            continue;
        }
        if first < from {
            left.push((first, from - 1));
        }
        if to < last {
            left.push((to + 1, last));
        }
    }
    left
}

#[cfg(test)]
mod tests;
