//! The configuration of a network as far as addresses go: its bytes, which stay as they came, and what
//! `ipam.type` says. Left to others: the keys of each type.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::ConfigError;

mod asked;
mod keys;

pub(crate) use asked::asked;
pub(crate) use keys::{Section, decode, known_only, section};

/// The name of an IPAM plugin that is not done in process.
const LONGEST_TYPE: usize = 255;

/// The complete configuration of a network, the bytes of stdin, kept as they came: a delegate is given
/// these bytes and no others, at `DEL` too.
///
/// It is read leniently: keys that are not about addresses may be anything.
#[derive(Clone)]
pub struct RawConfig {
    bytes: Vec<u8>,
    outline: Outline,
    method: Method,
    /// What stands for a section that is not there.
    nothing: Section,
}

/// How addresses are given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// Not at all: there is no `ipam`, or it has no `type`.
    None,
    /// As configured; in process.
    Static,
    /// From ranges of this node, in process, in the folders of the plugin `host-local`.
    HostLocal,
    /// By router advertisements in the container's network namespace, which is not done here.
    Slaac(Slaac),
    /// By the plugin of this name, looked up in `CNI_PATH`.
    Delegate(String),
}

/// What `ipam.type: slaac` asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slaac {
    /// How long to wait for the first global address, `waitMilliseconds`; without it nothing is waited for.
    pub wait: Option<Duration>,
}

/// The parts of a configuration that are about addresses.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Outline {
    name: Option<Value>,
    ipam: Option<Section>,
    args: Option<Section>,
    #[serde(rename = "runtimeConfig")]
    runtime_config: Option<Section>,
    #[serde(rename = "prevResult")]
    previous_result: Option<Value>,
}

impl RawConfig {
    /// Takes the bytes of stdin, or those that were recorded.
    ///
    /// # Errors
    /// [`ConfigError`] when they are no JSON object, or `ipam.type` is no bare file name.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, ConfigError> {
        let bytes = bytes.into();
        let unreadable = |error: serde_json::Error| ConfigError::Decode {
            reason: error.to_string(),
        };
        // by way of an object: a struct could be read from a list too
        let object: Section = serde_json::from_slice(&bytes).map_err(unreadable)?;
        let outline = Outline::deserialize(Value::Object(object)).map_err(unreadable)?;
        let method = method(outline.ipam.as_ref())?;
        Ok(Self {
            bytes,
            outline,
            method,
            nothing: Section::new(),
        })
    }

    /// The bytes as they came.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its `name`, where it has one: the network that addresses are reserved in.
    pub fn name(&self) -> Option<&str> {
        self.outline.name.as_ref()?.as_str()
    }

    /// How addresses are given.
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// The section `ipam`.
    pub(crate) fn ipam(&self) -> &Section {
        self.outline.ipam.as_ref().unwrap_or(&self.nothing)
    }

    /// What an earlier plugin, or the `ADD`, gave: `prevResult`.
    pub(crate) const fn previous_result(&self) -> Option<&Value> {
        self.outline.previous_result.as_ref()
    }

    /// Sets of ranges that the runtime gives by its capability `ipRanges`.
    pub(crate) fn ip_ranges(&self) -> Result<Vec<Value>, ConfigError> {
        let runtime = self.outline.runtime_config.as_ref();
        let runtime = runtime.unwrap_or(&self.nothing);
        decode("runtimeConfig", runtime, "ipRanges")
    }
}

impl std::fmt::Debug for RawConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawConfig({})", String::from_utf8_lossy(&self.bytes))
    }
}

fn method(ipam: Option<&Map<String, Value>>) -> Result<Method, ConfigError> {
    let Some(ipam) = ipam else {
        return Ok(Method::None);
    };
    let name = match ipam.get("type") {
        None | Some(Value::Null) if ipam.is_empty() => return Ok(Method::None),
        None | Some(Value::Null) => {
            return Err(ConfigError::Missing {
                key: "ipam.type".into(),
                reason: "static, host-local, slaac, or the name of a plugin in CNI_PATH".into(),
            });
        }
        Some(Value::String(name)) => name.as_str(),
        Some(_) => return Err(not_a_name("it must be a text")),
    };
    match name {
        "" if ipam.len() == 1 => Ok(Method::None),
        "none" => section(ipam, &[]).map(|()| Method::None),
        "static" => Ok(Method::Static),
        "host-local" => Ok(Method::HostLocal),
        "slaac" => slaac(ipam).map(Method::Slaac),
        _ => delegate(name).map(Method::Delegate),
    }
}

fn not_a_name(reason: &str) -> ConfigError {
    ConfigError::Value {
        key: "ipam.type".into(),
        reason: reason.into(),
    }
}

fn delegate(name: &str) -> Result<String, ConfigError> {
    let bare = !matches!(name, "" | "." | "..") && name.len() <= LONGEST_TYPE;
    if bare && !name.contains(['/', '\\']) && !name.chars().any(char::is_control) {
        Ok(name.to_owned())
    } else {
        let shown: String = name.chars().take(64).collect();
        Err(not_a_name(&format!(
            "{shown:?} is no plugin's name: it must be the bare name of a file in CNI_PATH"
        )))
    }
}

fn slaac(ipam: &Map<String, Value>) -> Result<Slaac, ConfigError> {
    const LONGEST: u64 = 60_000;
    section(ipam, &["waitMilliseconds"])?;
    let wait = match ipam.get("waitMilliseconds") {
        None | Some(Value::Null) => None,
        Some(value) => match value.as_u64() {
            Some(milliseconds) if milliseconds <= LONGEST => {
                Some(Duration::from_millis(milliseconds))
            }
            _ => {
                return Err(ConfigError::Value {
                    key: "ipam.waitMilliseconds".into(),
                    reason: format!("it must be a number from 0 to {LONGEST}"),
                });
            }
        },
    };
    Ok(Slaac { wait })
}
