//! Ranges of addresses, held to what can work, and the order in which their addresses are tried. Left
//! to others: which addresses are reserved.

use std::fmt;
use std::net::IpAddr;

use serde_json::Value;

use crate::config::{Section, decode, known_only};
use crate::prefix::{address, number};
use crate::{ConfigError, IpPrefix};

/// The keys of a range.
pub(super) const KEYS: &[&str] = &["subnet", "rangeStart", "rangeEnd", "gateway"];

/// A run of addresses in a subnet, both ends in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Range {
    subnet: IpPrefix,
    start: IpAddr,
    end: IpAddr,
    gateway: IpAddr,
}

/// Ranges of one family that do not overlap: an interface gets one address of each set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RangeSet(Vec<Range>);

fn wrong(place: &str, key: &str, reason: String) -> ConfigError {
    ConfigError::Value {
        key: format!("{place}.{key}"),
        reason,
    }
}

impl Range {
    /// Reads a range; `place` is where it stands.
    ///
    /// # Errors
    /// [`ConfigError`]: which key cannot work, and why.
    pub(super) fn read(place: &str, keys: &Section) -> Result<Self, ConfigError> {
        let subnet = Self::subnet(place, keys)?;
        let get = |key| decode::<Option<IpAddr>>(place, keys, key);
        let first = number(subnet.first());
        let last = number(subnet.last()) - u128::from(subnet.address().is_ipv4());
        let or = |given: Option<IpAddr>, by_default: u128| {
            given.or_else(|| address(by_default, subnet.address()))
        };
        let range = Self {
            subnet,
            start: or(get("rangeStart")?, first + 1).unwrap_or(subnet.address()),
            end: or(get("rangeEnd")?, last).unwrap_or(subnet.address()),
            gateway: or(get("gateway")?, first + 1).unwrap_or(subnet.address()),
        };
        range.hold(place)?;
        Ok(range)
    }

    fn subnet(place: &str, keys: &Section) -> Result<IpPrefix, ConfigError> {
        let subnet: Option<IpPrefix> = decode(place, keys, "subnet")?;
        let subnet = subnet.ok_or_else(|| ConfigError::Missing {
            key: format!("{place}.subnet"),
            reason: "a range lies in a subnet, such as 10.0.0.0/24".into(),
        })?;
        if subnet.address() != subnet.first() {
            let (first, length) = (subnet.first(), subnet.length());
            let reason = format!("{subnet} has host bits set: the subnet is {first}/{length}");
            return Err(wrong(place, "subnet", reason));
        }
        let longest = if subnet.address().is_ipv4() { 30 } else { 126 };
        if subnet.length() > longest {
            let reason = format!("{subnet} is too small: the prefix may have {longest} bits");
            return Err(wrong(place, "subnet", reason));
        }
        Ok(subnet)
    }

    fn hold(&self, place: &str) -> Result<(), ConfigError> {
        let subnet = self.subnet;
        let inside = |key: &str, address: IpAddr| {
            if subnet.contains(address) {
                Ok(())
            } else {
                let reason = format!("{address} is not in subnet {subnet}");
                Err(wrong(place, key, reason))
            }
        };
        inside("rangeStart", self.start)?;
        inside("rangeEnd", self.end)?;
        if self.start > self.end {
            let reason = format!("{} is above rangeEnd {}", self.start, self.end);
            return Err(wrong(place, "rangeStart", reason));
        }
        let link_local = match self.gateway {
            IpAddr::V4(v4) => v4.is_link_local(),
            IpAddr::V6(v6) => v6.is_unicast_link_local(),
        };
        if link_local && self.gateway.is_ipv4() == subnet.address().is_ipv4() {
            return Ok(());
        }
        inside("gateway", self.gateway)
    }

    /// Whether the address is of this range. The gateway is, though nobody gets it.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        self.subnet.contains(address) && (self.start..=self.end).contains(&address)
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.start.is_ipv4() == other.start.is_ipv4()
            && self.start <= other.end
            && other.start <= self.end
    }

    /// The subnet's gateway.
    pub(super) const fn gateway(&self) -> IpAddr {
        self.gateway
    }

    /// An address of the range, with the length of its subnet's prefix.
    pub(super) fn with_prefix(&self, address: IpAddr) -> IpPrefix {
        IpPrefix::new(address, self.subnet.length()).unwrap_or(self.subnet)
    }

    /// The addresses from `from` to `to` that may be given out.
    fn between(&self, from: u128, to: u128) -> impl Iterator<Item = (IpAddr, &Self)> {
        (from..=to)
            .filter_map(|number| address(number, self.start))
            .filter(|address| *address != self.gateway)
            .map(move |address| (address, self))
    }
}

impl RangeSet {
    /// Reads a set, a list of ranges.
    ///
    /// # Errors
    /// [`ConfigError`]: which key cannot work, and why.
    pub(super) fn read(place: &str, list: &[Section]) -> Result<Self, ConfigError> {
        let mut ranges: Vec<Range> = Vec::new();
        for (at, keys) in list.iter().enumerate() {
            let place = format!("{place}[{at}]");
            known_only(&place, keys, KEYS)?;
            let range = Range::read(&place, keys)?;
            if let Some(other) = ranges.iter().find(|other| other.overlaps(&range)) {
                let reason = format!("{range} overlaps {other} of the same set");
                return Err(wrong(&place, "subnet", reason));
            }
            if let Some(other) = ranges.first().filter(|first| {
                first.subnet.address().is_ipv4() != range.subnet.address().is_ipv4()
            }) {
                let reason = format!("{range} and {other} are of two families, in one set");
                return Err(wrong(&place, "subnet", reason));
            }
            ranges.push(range);
        }
        Self::of(place, ranges)
    }

    /// The set of these ranges.
    ///
    /// # Errors
    /// [`ConfigError`] when there are none.
    pub(super) fn of(place: &str, ranges: Vec<Range>) -> Result<Self, ConfigError> {
        if ranges.is_empty() {
            return Err(ConfigError::Missing {
                key: place.to_owned(),
                reason: "a set of ranges has at least one".into(),
            });
        }
        Ok(Self(ranges))
    }

    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let mut pairs = self
            .0
            .iter()
            .flat_map(|one| other.0.iter().map(move |another| (one, another)));
        pairs.any(|(one, another)| one.overlaps(another))
    }

    /// The range that the address is of.
    pub(super) fn range_of(&self, address: IpAddr) -> Option<&Range> {
        self.0.iter().find(|range| range.contains(address))
    }

    /// Every address that may be given out, once: from the one after `last`, or from the first range's
    /// start when `last` is of no range.
    pub(super) fn candidates(
        &self,
        last: Option<IpAddr>,
    ) -> impl Iterator<Item = (IpAddr, &Range)> {
        let begin = last.and_then(|last| {
            let at = self.0.iter().position(|range| range.contains(last))?;
            Some((at, number(last)))
        });
        // `last` itself comes at the very end
        let (at, last) = begin.map_or((0, None), |(at, last)| (at, Some(last)));
        let (before, after) = self.0.split_at(at.min(self.0.len()));
        let tail = after.first().into_iter().flat_map(move |range| {
            let from = last.map_or(number(range.start), |last| last.saturating_add(1));
            range.between(from, number(range.end))
        });
        let head = after.first().into_iter().flat_map(move |range| {
            let to = last.unwrap_or(0);
            let from = last.map_or(1, |_| number(range.start));
            range.between(from, to)
        });
        let others = after.iter().skip(1).chain(before);
        let others = others.flat_map(|range| range.between(number(range.start), number(range.end)));
        tail.chain(others).chain(head)
    }
}

/// Reads the sets of a `ranges` key.
///
/// # Errors
/// [`ConfigError`]: which key cannot work, and why.
pub(super) fn sets(place: &str, list: &[Value]) -> Result<Vec<RangeSet>, ConfigError> {
    let mut sets = Vec::new();
    for (at, value) in list.iter().enumerate() {
        let place = format!("{place}[{at}]");
        let ranges: Option<Vec<Section>> = serde::Deserialize::deserialize(value).ok();
        let ranges = ranges.ok_or_else(|| wrong_form(&place, value))?;
        sets.push(RangeSet::read(&place, &ranges)?);
    }
    Ok(sets)
}

fn wrong_form(place: &str, value: &Value) -> ConfigError {
    let shown: String = value.to_string().chars().take(64).collect();
    ConfigError::Decode {
        reason: format!("{place} must be a list of ranges ([{{\"subnet\": ..}}]), not {shown}"),
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.start, self.end)
    }
}

impl fmt::Display for RangeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ranges: Vec<String> = self.0.iter().map(Range::to_string).collect();
        f.write_str(&ranges.join(", "))
    }
}

#[cfg(test)]
mod tests;
