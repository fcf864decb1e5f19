//! `AttachConfig`, the parameters that a `DeviceClass` or a claim may give for devices of ours: versioned, typed, and
//! what a tenant must not say is the administrator's (invariant 15).
//!
//! Left to others: doing what it says, and the Network, which says it where nobody does.

use std::fmt;

use colvin_attach::record::{InterfaceBase, NetworkRoute};
use colvin_model::{NetworkName, VlanId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::claim::{ClaimConfig, ConfigSource, base_request};
use crate::{API_VERSION, DRIVER};

/// The kind of our parameters.
const KIND: &str = "AttachConfig";

/// What is said of an interface, each word once and the last one counting. What nobody says is the Network's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct AttachConfig {
    /// The network that the device must be on when it is prepared. A `DeviceClass` says it, so that a cable that was
    /// moved since the claim was allocated attaches nobody to another network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkName>,
    /// The VLAN that the card tags the pod's frames with. A `DeviceClass` says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vlan: Option<VlanId>,
    /// Whether the pod may change its MAC address and hear all multicast. A `DeviceClass` says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust: Option<bool>,
    /// Whether frames that bear another source address than the pod's are dropped. A claim may turn it on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spoof_check: Option<bool>,
    /// The rate it is promised. A `DeviceClass` says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_tx_rate_mbps: Option<u32>,
    /// The most it may send. A `DeviceClass` says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tx_rate_mbps: Option<u32>,
    /// Bytes a packet may have, without Ethernet header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtu: Option<u32>,
    /// What interfaces are called in the pod, before their number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface_name: Option<InterfaceBase>,
    /// Routes in the pod by this interface.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routes: Option<Vec<NetworkRoute>>,
}

/// Parameters of ours are wrong: where, and how.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {what}")]
pub(crate) struct ConfigError {
    pub(crate) path: String,
    pub(crate) what: String,
}

/// All parameters of ours that a claim was allocated with, checked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Configs(Vec<(Vec<String>, AttachConfig)>);

impl Configs {
    /// Reads those of our driver: the classes' first, so that a claim's word comes last.
    ///
    /// # Errors
    /// [`ConfigError`] of the first that is wrong.
    pub(crate) fn read(entries: &[ClaimConfig]) -> Result<Self, ConfigError> {
        let ours = entries.iter().enumerate();
        let mut ours: Vec<_> = ours.filter(|(_, entry)| entry.driver == DRIVER).collect();
        ours.sort_by_key(|(_, entry)| entry.source);
        let read = |(place, entry): (usize, &ClaimConfig)| {
            let path = format!("status.allocation.devices.config[{place}].opaque.parameters");
            let config = parse(&entry.parameters, &path, entry.source)?;
            Ok((entry.requests.clone(), config))
        };
        ours.into_iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// What is said of a request's devices.
    pub(crate) fn of(&self, request: &str) -> AttachConfig {
        let base = base_request(request);
        let is_for = |requests: &[String]| {
            let named = |name: &String| name == request || name == base;
            requests.is_empty() || requests.iter().any(named)
        };
        let said = self.0.iter().filter(|(requests, _)| is_for(requests));
        said.fold(AttachConfig::default(), |before, (_, after)| {
            after.clone().over(before)
        })
    }
}

impl AttachConfig {
    /// These words, and where there is none that of another. Taken apart whole, so that no field is forgotten.
    fn over(self, other: Self) -> Self {
        let Self {
            network,
            vlan,
            trust,
            spoof_check,
            min_tx_rate_mbps,
            max_tx_rate_mbps,
            mtu,
            interface_name,
            routes,
        } = self;
        Self {
            network: network.or(other.network),
            vlan: vlan.or(other.vlan),
            trust: trust.or(other.trust),
            spoof_check: spoof_check.or(other.spoof_check),
            min_tx_rate_mbps: min_tx_rate_mbps.or(other.min_tx_rate_mbps),
            max_tx_rate_mbps: max_tx_rate_mbps.or(other.max_tx_rate_mbps),
            mtu: mtu.or(other.mtu),
            interface_name: interface_name.or(other.interface_name),
            routes: routes.or(other.routes),
        }
    }
}

fn parse(value: &Value, path: &str, source: ConfigSource) -> Result<AttachConfig, ConfigError> {
    let wrong = |what: String| ConfigError {
        path: path.to_owned(),
        what,
    };
    let Some(fields) = value.as_object() else {
        return Err(wrong(format!(
            "an object of apiVersion {API_VERSION} and kind {KIND} is expected"
        )));
    };
    head(fields, path)?;
    let mut config = AttachConfig::default();
    for (name, value) in fields {
        let field = Field {
            path: format!("{path}.{name}"),
            value,
            source,
        };
        match name.as_str() {
            "apiVersion" | "kind" => {}
            "network" => config.network = Some(field.of_class()?.typed("a Network's name")?),
            "vlan" => config.vlan = Some(field.of_class()?.vlan()?),
            "trust" => config.trust = Some(field.of_class()?.typed("true or false")?),
            "spoofCheck" => config.spoof_check = Some(field.spoof_check()?),
            "minTxRateMbps" => config.min_tx_rate_mbps = Some(field.of_class()?.rate()?),
            "maxTxRateMbps" => config.max_tx_rate_mbps = Some(field.of_class()?.rate()?),
            "mtu" => config.mtu = Some(field.mtu()?),
            "interfaceName" => config.interface_name = Some(field.typed("a name")?),
            "routes" => config.routes = Some(field.routes()?),
            _ => return Err(field.wrong(unknown(name))),
        }
    }
    Ok(config)
}

/// The fields besides `apiVersion` and `kind`.
const FIELDS: [&str; 9] = [
    "network",
    "vlan",
    "trust",
    "spoofCheck",
    "minTxRateMbps",
    "maxTxRateMbps",
    "mtu",
    "interfaceName",
    "routes",
];

fn unknown(name: &str) -> String {
    let short: String = name.chars().take(64).collect();
    let near = FIELDS.iter().find(|it| it.eq_ignore_ascii_case(name));
    match near {
        Some(near) => format!("there is no field {short:?}; {near} is meant"),
        None => format!(
            "there is no field {short:?}; there are {}",
            FIELDS.join(", ")
        ),
    }
}

fn head(fields: &Map<String, Value>, path: &str) -> Result<(), ConfigError> {
    for (name, expected) in [("apiVersion", API_VERSION), ("kind", KIND)] {
        let found = fields.get(name).and_then(Value::as_str).unwrap_or_default();
        if found != expected {
            return Err(ConfigError {
                path: format!("{path}.{name}"),
                what: format!("{expected} is expected"),
            });
        }
    }
    Ok(())
}

/// A field where it stands.
struct Field<'a> {
    path: String,
    value: &'a Value,
    source: ConfigSource,
}

impl Field<'_> {
    fn wrong(&self, what: impl fmt::Display) -> ConfigError {
        ConfigError {
            path: self.path.clone(),
            what: what.to_string(),
        }
    }

    /// This field, where a tenant does not say it.
    fn of_class(self) -> Result<Self, ConfigError> {
        match self.source {
            ConfigSource::FromClass => Ok(self),
            ConfigSource::FromClaim => Err(self.wrong(
                "only an administrator says it, in the Network or the DeviceClass: take it out of the claim",
            )),
        }
    }

    fn typed<T: DeserializeOwned>(&self, expected: &str) -> Result<T, ConfigError> {
        T::deserialize(self.value)
            .map_err(|error| self.wrong(format_args!("{expected} is expected: {error}")))
    }

    fn vlan(&self) -> Result<VlanId, ConfigError> {
        let number: u16 = self.typed("a number from 1 to 4094")?;
        VlanId::try_from(number).map_err(|error| self.wrong(error))
    }

    fn rate(&self) -> Result<u32, ConfigError> {
        self.typed("a number of Mbit/s")
    }

    fn mtu(&self) -> Result<u32, ConfigError> {
        let number: u32 = self.typed("a number of bytes")?;
        if (68..=65_535).contains(&number) {
            Ok(number)
        } else {
            Err(self.wrong(format_args!("{number} is not from 68 to 65535")))
        }
    }

    fn spoof_check(self) -> Result<bool, ConfigError> {
        let on: bool = self.typed("true or false")?;
        if !on {
            self.of_class()?;
        }
        Ok(on)
    }

    fn routes(&self) -> Result<Vec<NetworkRoute>, ConfigError> {
        let all: &Vec<Value> = match self.value {
            Value::Array(all) => all,
            _ => return Err(self.wrong("a list of routes is expected")),
        };
        let route = |(place, value): (usize, &Value)| {
            let field = Field {
                path: format!("{}[{place}]", self.path),
                value,
                source: self.source,
            };
            field.typed("a route with dst and perhaps gw")
        };
        all.iter().enumerate().map(route).collect()
    }
}

#[cfg(test)]
mod tests;
