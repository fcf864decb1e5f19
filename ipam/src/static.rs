//! Addresses as they are configured, by the keys of the plugin `static`: `addresses`, `routes`, `dns`.
//!
//! `IP=` of `CNI_ARGS`, with gateways from `GATEWAY=`, adds to the configured addresses; `args.cni.ips`, and above it
//! `runtimeConfig.ips`, stand in their place. Nothing is kept, so there is nothing to take back. Left to
//! others: whether somebody else has the address.

use std::net::IpAddr;

use serde_json::{Map, Value};

use crate::config::{asked, decode, known_only, section};
use crate::delegate::parse_result;
use crate::{
    Attachment, ConfigError, Dns, Ip, IpPrefix, IpamError, Lease, Owner, RawConfig, Request, Route,
};

const KEYS: &[&str] = &["addresses", "routes", "dns"];

pub(crate) fn add(request: &Request<'_>, attachment: &Attachment<'_>) -> Result<Lease, IpamError> {
    let lease = configured(request.config, attachment.args)?;
    if lease.ips.is_empty() {
        return Err(ConfigError::Missing {
            key: "ipam.addresses".into(),
            reason: "static gives the addresses that are named there, in runtimeConfig.ips, \
                     args.cni.ips or CNI_ARGS"
                .into(),
        }
        .into());
    }
    Ok(lease)
}

pub(crate) fn check(
    request: &Request<'_>,
    attachment: &Attachment<'_>,
    lease: Option<&Lease>,
) -> Result<(), IpamError> {
    let configured = configured(request.config, attachment.args)?;
    let given = match (lease, request.config.previous_result()) {
        (Some(lease), _) => lease.ips.clone(),
        (None, Some(result)) => {
            parse_result(result)
                .map_err(|reason| decode_error(&reason))?
                .ips
        }
        (None, None) => return Ok(()),
    };
    match configured.ips.iter().find(|ip| !given.contains(ip)) {
        None => Ok(()),
        Some(missing) => Err(IpamError::NotReserved {
            address: missing.address.to_string(),
            owner: Owner::from(*attachment),
            network: request.network.to_owned(),
        }),
    }
}

fn decode_error(reason: &str) -> IpamError {
    ConfigError::Decode {
        reason: format!("prevResult: {reason}"),
    }
    .into()
}

/// The runtime may name addresses at `ADD` only, so there need be none here.
pub(crate) fn status(request: &Request<'_>) -> Result<(), IpamError> {
    configured(request.config, None)?;
    Ok(())
}

fn configured(config: &RawConfig, args: Option<&str>) -> Result<Lease, ConfigError> {
    let ipam = config.ipam();
    section(ipam, KEYS)?;
    let asked = asked(config, args)?;
    let list: Vec<Map<String, Value>> = decode("ipam", ipam, "addresses")?;
    let mut ips = Vec::new();
    for (at, keys) in list.iter().enumerate() {
        ips.push(address(&format!("ipam.addresses[{at}]"), keys)?);
    }
    let mut variable = named("CNI_ARGS IP", &asked.variable)?;
    for text in &asked.gateways {
        let gateway: IpAddr = text.parse().ok().ok_or_else(|| ConfigError::Value {
            key: "CNI_ARGS GATEWAY".into(),
            reason: format!("{text:?} is no IP address"),
        })?;
        let inside = |ip: &&mut Ip| ip.address.contains(gateway);
        for ip in variable.iter_mut().filter(inside) {
            ip.gateway = Some(gateway);
        }
    }
    ips.extend(variable);
    if !asked.args.is_empty() {
        ips = named("args.cni.ips", &asked.args)?;
    }
    if !asked.runtime.is_empty() {
        ips = named("runtimeConfig.ips", &asked.runtime)?;
    }
    let routes: Vec<Route> = decode("ipam", ipam, "routes")?;
    let dns: Dns = decode("ipam", ipam, "dns")?;
    Ok(Lease { ips, routes, dns })
}

fn address(place: &str, keys: &Map<String, Value>) -> Result<Ip, ConfigError> {
    known_only(place, keys, &["address", "gateway"])?;
    let address: Option<IpPrefix> = decode(place, keys, "address")?;
    let address = address.ok_or_else(|| ConfigError::Missing {
        key: format!("{place}.address"),
        reason: "an address with the length of its prefix, such as 10.0.0.5/24".into(),
    })?;
    Ok(Ip {
        address,
        gateway: decode(place, keys, "gateway")?,
    })
}

fn named(key: &str, texts: &[String]) -> Result<Vec<Ip>, ConfigError> {
    let ip = |text: &String| {
        let address = text.parse().map_err(|error| ConfigError::Value {
            key: key.to_owned(),
            reason: format!("{error}"),
        })?;
        Ok(Ip {
            address,
            gateway: None,
        })
    };
    texts.iter().map(ip).collect()
}
