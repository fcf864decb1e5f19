//! The result of an ADD in the form of each version of the protocol, alone or added to the result of
//! the plugin before.
//!
//! What came before is handed on as it was written, member by member; nothing of it is lost or
//! rewritten, also what this program does not know. Left to others: what was attached.

use std::path::Path;

use colvin_ipam::{Dns, Lease};
use colvin_model::{IfName, MacAddr, PciAddress};
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use crate::failure::{Code, Failure};
use crate::json::{Object, Raw, is_null};
use crate::version::Version;

/// One attachment as a runtime is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made<'a> {
    /// The interface's name in the pod; `None` where there is none (a function of a userspace driver).
    pub name: Option<&'a IfName>,
    /// Its address.
    pub mac: Option<MacAddr>,
    /// Its MTU in bytes.
    pub mtu: Option<u32>,
    /// The PCI function it is.
    pub pci: Option<PciAddress>,
    /// Addresses, routes, name servers.
    pub lease: &'a Lease,
}

#[derive(Serialize)]
struct InterfaceForm<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    mac: Option<MacAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mtu: Option<u32>,
    sandbox: &'a Path,
    #[serde(rename = "pciID", skip_serializing_if = "Option::is_none")]
    pci: Option<PciAddress>,
}

#[derive(Serialize)]
struct IpForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'static str>,
    address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    gateway: Option<std::net::IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interface: Option<usize>,
}

#[derive(Serialize)]
struct RouteForm {
    dst: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    gw: Option<std::net::IpAddr>,
}

/// A result that grows: what came before, and ours.
#[derive(Debug)]
pub struct Outcome<'a> {
    version: Version,
    /// All members of the result before, with those below taken out as they grow.
    before: Object<'a>,
    interfaces: Vec<Box<RawValue>>,
    ips: Vec<Box<RawValue>>,
    routes: Vec<Box<RawValue>>,
    dns: Option<Box<RawValue>>,
}

impl<'a> Outcome<'a> {
    /// The result before, as it was written; nothing where this plugin is the first.
    ///
    /// # Errors
    /// Code 7 when it is no result.
    pub fn after(previous: Option<Raw<'a>>, version: Version) -> Result<Self, Failure> {
        let before: Object<'a> = match previous {
            Some(raw) => part(raw, "is no object")?,
            None => Object::default(),
        };
        let list = |name: &str| -> Result<Vec<Box<RawValue>>, Failure> {
            match before.get(name).filter(|raw| !is_null(raw)) {
                Some(raw) => part(raw, &format!("has `{name}` that is no list")),
                None => Ok(Vec::new()),
            }
        };
        let (interfaces, ips, routes) = (list("interfaces")?, list("ips")?, list("routes")?);
        let dns = before
            .get("dns")
            .filter(|raw| !is_null(raw))
            .map(ToOwned::to_owned);
        Ok(Self {
            version,
            before,
            interfaces,
            ips,
            routes,
            dns,
        })
    }

    /// Adds an attachment.
    ///
    /// # Errors
    /// Code 5 when it cannot be written as JSON, which no value of these types is known to cause.
    pub fn add(&mut self, made: &Made<'_>, sandbox: &Path) -> Result<(), Failure> {
        let new = self.version.says_mtu();
        let mut index = None;
        if let Some(name) = made.name {
            index = Some(self.interfaces.len());
            self.interfaces.push(raw(&InterfaceForm {
                name: name.as_str(),
                mac: made.mac,
                mtu: made.mtu.filter(|_| new),
                sandbox,
                pci: made.pci.filter(|_| new),
            })?);
        }
        for ip in &made.lease.ips {
            let family = if ip.address.address().is_ipv4() {
                "4"
            } else {
                "6"
            };
            self.ips.push(raw(&IpForm {
                version: self.version.says_ip_version().then_some(family),
                address: ip.address.to_string(),
                gateway: ip.gateway,
                interface: index,
            })?);
        }
        for route in &made.lease.routes {
            self.routes.push(if new {
                raw(route)?
            } else {
                raw(&RouteForm {
                    dst: route.dst.to_string(),
                    gw: route.gw,
                })?
            });
        }
        self.dns = merged_dns(self.dns.take(), &made.lease.dns)?;
        Ok(())
    }

    /// Whether nothing says how names are resolved.
    pub fn has_no_dns(&self) -> bool {
        self.dns
            .as_ref()
            .is_none_or(|dns| matches!(dns.get(), "{}" | "null"))
    }

    /// Says how names are resolved, as it was written.
    pub fn set_dns(&mut self, dns: Raw<'_>) {
        self.dns = Some(dns.to_owned());
    }

    /// The result as text.
    ///
    /// # Errors
    /// As [`Outcome::add`].
    pub fn json(&self) -> Result<String, Failure> {
        serde_json::to_string(self)
            .map_err(|error| Failure::caused(Code::Io, "writing the result", &error))
    }
}

impl Serialize for Outcome<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("cniVersion", &self.version)?;
        for (name, list) in [
            ("interfaces", &self.interfaces),
            ("ips", &self.ips),
            ("routes", &self.routes),
        ] {
            if !list.is_empty() {
                map.serialize_entry(name, list)?;
            }
        }
        if let Some(dns) = &self.dns {
            map.serialize_entry("dns", dns)?;
        }
        let ours = ["cniVersion", "interfaces", "ips", "routes", "dns"];
        for (name, value) in self.before.iter().filter(|(name, _)| !ours.contains(name)) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

fn raw<T: Serialize>(value: &T) -> Result<Box<RawValue>, Failure> {
    to_raw_value(value).map_err(|error| Failure::caused(Code::Io, "writing the result", &error))
}

fn part<'a, T: serde::Deserialize<'a>>(raw: Raw<'a>, wrong: &str) -> Result<T, Failure> {
    serde_json::from_str(raw.get()).map_err(|error| {
        Failure::new(Code::Config, format!("key `prevResult` {wrong}"))
            .with_details(error.to_string())
    })
}

/// Name servers of both: lists grow by what is not yet in them, a domain that is there stays.
fn merged_dns(before: Option<Box<RawValue>>, ours: &Dns) -> Result<Option<Box<RawValue>>, Failure> {
    if ours.is_empty() {
        return Ok(before);
    }
    let Some(before) = before else {
        return raw(ours).map(Some);
    };
    let mut object: Object<'_> = part(&before, "has `dns` that is no object")?;
    let mut owned = Vec::new();
    for (name, more) in [
        ("nameservers", &ours.nameservers),
        ("search", &ours.search),
        ("options", &ours.options),
    ] {
        let mut list: Vec<String> = match object.get(name).filter(|raw| !is_null(raw)) {
            Some(list) => part(list, "has `dns` with something else than lists of text")?,
            None => Vec::new(),
        };
        let more: Vec<String> = more
            .iter()
            .filter(|one| !list.contains(one))
            .cloned()
            .collect();
        if !more.is_empty() {
            list.extend(more);
            owned.push((name, raw(&list)?));
        }
    }
    if let (Some(domain), None) = (&ours.domain, object.get("domain")) {
        owned.push(("domain", raw(domain)?));
    }
    for (name, value) in &owned {
        object.set(name, value);
    }
    let text: Vec<String> = object
        .iter()
        .map(|(name, value)| Ok(format!("{}:{}", raw(&name)?, value.get())))
        .collect::<Result<_, Failure>>()?;
    let text = format!("{{{}}}", text.join(","));
    RawValue::from_string(text)
        .map(Some)
        .map_err(|error| Failure::caused(Code::Io, "writing the result", &error))
}

#[cfg(test)]
mod tests;
