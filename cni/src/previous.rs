//! What the result of ADD says of our own interfaces, for CHECK.
//!
//! Left to others: keeping the rest of it (`outcome.rs`), comparing (`colvin-attach`).

use colvin_attach::{Expected, Lease};
use colvin_ipam::{Ip, Route};
use colvin_model::{IfName, MacAddr};
use serde::Deserialize;

use crate::failure::{Code, Failure};
use crate::json::Raw;

#[derive(Deserialize)]
struct Form {
    #[serde(default)]
    interfaces: Option<Vec<InterfaceForm>>,
    #[serde(default)]
    ips: Option<Vec<IpForm>>,
    #[serde(default)]
    routes: Option<Vec<Route>>,
}

#[derive(Deserialize)]
struct InterfaceForm {
    name: String,
    #[serde(default)]
    mac: String,
    #[serde(default)]
    mtu: Option<u32>,
    #[serde(default)]
    sandbox: String,
}

#[derive(Deserialize)]
struct IpForm {
    #[serde(flatten)]
    ip: Ip,
    #[serde(default)]
    interface: Option<usize>,
}

/// A result, as far as CHECK needs it.
pub struct Previous(Form);

impl Previous {
    /// Reads it.
    ///
    /// # Errors
    /// Code 7 when there is none, or it is no result.
    pub fn read(raw: Option<Raw<'_>>) -> Result<Self, Failure> {
        let Some(raw) = raw else {
            let message = "key `prevResult` is missing: CHECK compares with the result of ADD";
            return Err(Failure::new(Code::Config, message));
        };
        serde_json::from_str(raw.get()).map(Self).map_err(|error| {
            let message = "key `prevResult` is no result of an ADD";
            Failure::new(Code::Config, message).with_details(error.to_string())
        })
    }

    /// What it says of the pod's interface of this name.
    ///
    /// # Errors
    /// Code 104 when there is no such interface.
    pub fn expected(&self, name: &IfName) -> Result<Expected, Failure> {
        let interfaces = self.0.interfaces.as_deref().unwrap_or_default();
        let ours = |one: &&InterfaceForm| one.name == name.as_str() && !one.sandbox.is_empty();
        let Some(interface) = interfaces.iter().find(ours) else {
            let message = format!("the result of ADD has no interface {name} in the container");
            return Err(Failure::new(Code::Differs, message));
        };
        let mac: Option<MacAddr> = match interface.mac.as_str() {
            "" => None,
            mac => Some(mac.parse().map_err(|error| {
                Failure::new(Code::Config, format!("key `prevResult`: {error}"))
            })?),
        };
        let ips = self.0.ips.as_deref().unwrap_or_default();
        let is_ours = |ip: &&IpForm| {
            let at = ip.interface.and_then(|index| interfaces.get(index));
            at.is_some_and(|one| one.name == name.as_str() && !one.sandbox.is_empty())
        };
        let ips: Vec<Ip> = ips.iter().filter(is_ours).map(|ip| ip.ip).collect();
        let alone = interfaces
            .iter()
            .filter(|one| !one.sandbox.is_empty())
            .count()
            == 1;
        let routes = self.0.routes.as_deref().unwrap_or_default();
        // a result does not say which interface a route is of; its next hop does
        let is_ours = |route: &&Route| {
            alone
                || route
                    .gw
                    .is_some_and(|gw| ips.iter().any(|ip| ip.address.contains(gw)))
        };
        let routes = routes.iter().filter(is_ours).copied().collect();
        Ok(Expected {
            mac,
            mtu: interface.mtu,
            lease: Lease {
                ips,
                routes,
                ..Lease::default()
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::value::RawValue;

    fn read(text: &str) -> Previous {
        let raw: Box<RawValue> = serde_json::from_str(text).unwrap();
        Previous::read(Some(&raw)).unwrap_or_else(|failure| panic!("{failure}"))
    }

    const TWO: &str = r#"{"cniVersion": "1.1.0",
        "interfaces": [{"name": "vethab", "mac": "02:00:00:00:00:09"},
                       {"name": "eth0", "mac": "02:00:00:00:00:01", "sandbox": "/run/netns/x"},
                       {"name": "net1", "mac": "02:00:00:00:00:02", "mtu": 1400, "sandbox": "/run/netns/x"}],
        "ips": [{"address": "10.0.0.2/24", "gateway": "10.0.0.1", "interface": 1},
                {"version": "4", "address": "10.1.0.2/24", "interface": 2}],
        "routes": [{"dst": "0.0.0.0/0", "gw": "10.0.0.1"}, {"dst": "10.9.0.0/16", "gw": "10.1.0.9"}]}"#;

    #[test]
    fn an_interface_has_its_own_addresses_and_the_routes_through_its_subnets() {
        let expected = read(TWO).expected(&"net1".parse().unwrap()).unwrap();
        assert_eq!(expected.mac, Some("02:00:00:00:00:02".parse().unwrap()));
        assert_eq!(expected.mtu, Some(1400));
        let ips: Vec<String> = expected
            .lease
            .ips
            .iter()
            .map(|ip| ip.address.to_string())
            .collect();
        assert_eq!(ips, ["10.1.0.2/24"]);
        let routes: Vec<String> = expected
            .lease
            .routes
            .iter()
            .map(|it| it.dst.to_string())
            .collect();
        assert_eq!(routes, ["10.9.0.0/16"]);
    }

    #[test]
    fn an_interface_that_is_not_in_the_container_is_missed() {
        for name in ["vethab", "net2"] {
            let failure = read(TWO).expected(&name.parse().unwrap()).unwrap_err();
            assert_eq!(failure.code, Code::Differs, "{name}");
        }
    }

    #[test]
    fn cni_check_1_a_check_without_a_result_is_refused() {
        let failure = Previous::read(None).err().unwrap();
        assert_eq!(failure.code, Code::Config);
        let raw: Box<RawValue> = serde_json::from_str(r#"{"ips": 5}"#).unwrap();
        assert_eq!(Previous::read(Some(&raw)).err().unwrap().code, Code::Config);
    }
}
