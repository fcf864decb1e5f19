//! Where addresses come from: what translates to `attach.ipam`.
//!
//! host-local, whereabouts and OVN's subnets become a pool, which is unique in the cluster; `dhcp` stays;
//! fixed addresses have no place in a Network. Left to others: giving addresses out.

mod range;

use colvin_crds::v1alpha1::network::attach::{Cidr, Ipam, IpamType, Route};
use serde_json::Value;

use self::range::{outside, subnet};
use super::config::Reader;

/// The most ranges and exceptions that a Network may have.
const MOST_RANGES: usize = 16;
const MOST_EXCEPTIONS: usize = 64;

/// Ranges and exceptions while they are read.
#[derive(Default)]
struct Pool {
    ranges: Vec<String>,
    exclude: Vec<String>,
}

/// Reads the `ipam` of a configuration.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(ipam: &Value, to: &mut Reader) -> Result<(), String> {
    let kind = ipam.get("type").and_then(Value::as_str).unwrap_or_default();
    routes(ipam, to)?;
    match kind {
        "" => Ok(()),
        "dhcp" => {
            to.carried.push("ipam dhcp".to_owned());
            to.attach.ipam = Some(plain(IpamType::Dhcp));
            Ok(())
        }
        "host-local" | "whereabouts" => {
            let mut pool = Pool::default();
            pool.range(ipam)?;
            // host-local has lists of lists, whereabouts a list
            let lists = ["ranges", "ipRanges"]
                .into_iter()
                .filter_map(|key| ipam.get(key)?.as_array());
            for range in lists.flatten() {
                let several = range
                    .as_array()
                    .map_or(std::slice::from_ref(range), Vec::as_slice);
                several.iter().try_for_each(|range| pool.range(range))?;
            }
            pool.finish(kind, to);
            Ok(())
        }
        other => {
            to.dropped.push(format!(
                "ipam {other}: its addresses are of single pods or of its own store"
            ));
            Ok(())
        }
    }
}

/// The subnets of an OVN localnet.
///
/// # Errors
/// What is wrong with them.
pub(super) fn localnet(
    subnets: Option<&str>,
    exclude: Option<&str>,
    to: &mut Reader,
) -> Result<(), String> {
    let list = |text: Option<&str>| -> Result<Vec<String>, String> {
        let parts = text.unwrap_or_default().split(',').map(str::trim);
        parts.filter(|part| !part.is_empty()).map(subnet).collect()
    };
    let pool = Pool {
        ranges: list(subnets)?,
        exclude: list(exclude)?,
    };
    pool.finish("OVN", to);
    Ok(())
}

fn plain(kind: IpamType) -> Ipam {
    Ipam {
        kind,
        ranges: Vec::new(),
        block_size: None,
        exclude: Vec::new(),
    }
}

impl Pool {
    /// A range as host-local (`subnet`, `rangeStart`) or whereabouts (`range`, `range_start`) has it.
    fn range(&mut self, range: &Value) -> Result<(), String> {
        let text = |keys: &[&str]| keys.iter().find_map(|key| range.get(key)?.as_str());
        let Some(whole) = text(&["subnet", "range"]) else {
            return Ok(());
        };
        // whereabouts also writes 10.0.0.5-10.0.0.9/24
        let (start, whole) = match whole.split_once('-') {
            Some((start, rest)) => (Some(start.trim()), rest.trim()),
            None => (None, whole),
        };
        let end = start
            .and_then(|_| whole.split_once('/'))
            .map(|(end, _)| end);
        let start = start.or_else(|| text(&["rangeStart", "range_start"]));
        let end = end.or_else(|| text(&["rangeEnd", "range_end"]));
        // a pod's prefix is that of its range: the subnet stays whole, and what is outside of the range is kept out
        self.ranges.push(subnet(whole)?);
        if start.is_some() || end.is_some() {
            self.exclude.extend(outside(whole, start, end)?);
        }
        let exclude = range.get("exclude").and_then(Value::as_array);
        for one in exclude.into_iter().flatten().filter_map(Value::as_str) {
            self.exclude.push(subnet(one)?);
        }
        Ok(())
    }

    fn finish(mut self, of: &str, to: &mut Reader) {
        for list in [&mut self.ranges, &mut self.exclude] {
            list.sort();
            list.dedup();
        }
        let Self { ranges, exclude } = self;
        if ranges.is_empty() {
            if !exclude.is_empty() {
                to.dropped
                    .push(format!("exceptions of {of} without a range"));
            }
            return;
        }
        if ranges.len() > MOST_RANGES || exclude.len() > MOST_EXCEPTIONS {
            to.dropped.push(format!(
                "the addresses of {of}: {} ranges and {} exceptions, and a Network has at most {MOST_RANGES} and {MOST_EXCEPTIONS}",
                ranges.len(),
                exclude.len()
            ));
            return;
        }
        let without = if exclude.is_empty() {
            String::new()
        } else {
            format!(" without {}", exclude.join(" "))
        };
        to.carried.push(format!(
            "{of} {}{without} as a pool, unique in the cluster",
            ranges.join(" ")
        ));
        to.attach.ipam = Some(Ipam {
            ranges: ranges.into_iter().map(Cidr).collect(),
            exclude: exclude.into_iter().map(Cidr).collect(),
            ..plain(IpamType::Pool)
        });
    }
}

fn routes(ipam: &Value, to: &mut Reader) -> Result<(), String> {
    let gateway = ipam.get("gateway").and_then(Value::as_str);
    let routes = ipam.get("routes").and_then(Value::as_array);
    for route in routes.into_iter().flatten() {
        let dst = route
            .get("dst")
            .and_then(Value::as_str)
            .ok_or("a route without dst")?;
        let gw = route.get("gw").and_then(Value::as_str).or(gateway);
        let valid = gw.is_none_or(|gw| gw.parse::<std::net::IpAddr>().is_ok());
        if !valid {
            return Err(format!(
                "the gateway {:?} is no IP address",
                gw.unwrap_or_default()
            ));
        }
        to.attach.routes.push(Route {
            dst: Cidr(subnet(dst)?),
            gw: gw.map(str::to_owned),
        });
        to.carried.push(format!("route {dst}"));
    }
    if let (Some(gateway), true) = (gateway, to.attach.routes.is_empty()) {
        to.dropped
            .push(format!("gateway {gateway}: no route goes by it"));
    }
    Ok(())
}
