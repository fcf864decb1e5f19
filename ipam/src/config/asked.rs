//! Addresses that the runtime asks for, beside the configuration: `CNI_ARGS`, `args.cni.ips`,
//! `runtimeConfig.ips`. Left to others: which of them wins.

use serde_json::{Map, Value};

use super::{RawConfig, decode};
use crate::ConfigError;

/// What the runtime asks for, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// `IP=` of `CNI_ARGS`, which is a list with commas.
    pub(crate) variable: Vec<String>,
    /// `GATEWAY=` of `CNI_ARGS`.
    pub(crate) gateways: Vec<String>,
    /// `args.cni.ips`.
    pub(crate) args: Vec<String>,
    /// `runtimeConfig.ips`.
    pub(crate) runtime: Vec<String>,
}

/// Reads what is asked for. Other keys of these places are not looked at.
pub(crate) fn asked(config: &RawConfig, cni_args: Option<&str>) -> Result<Asked, ConfigError> {
    let outline = &config.outline;
    let nothing = Map::new();
    let cni: Map<String, Value> = decode("args", outline.args.as_ref().unwrap_or(&nothing), "cni")?;
    let runtime = outline.runtime_config.as_ref().unwrap_or(&nothing);
    Ok(Asked {
        variable: of_variable(cni_args, "IP"),
        gateways: of_variable(cni_args, "GATEWAY"),
        args: decode("args.cni", &cni, "ips")?,
        runtime: decode("runtimeConfig", runtime, "ips")?,
    })
}

fn of_variable(cni_args: Option<&str>, key: &str) -> Vec<String> {
    let mut values = cni_args.unwrap_or_default().split(';').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (name == key).then_some(value)
    });
    // a key that comes twice has its last value
    let last = values.next_back().unwrap_or_default();
    last.split(',')
        .map(|item| item.trim().to_owned())
        .filter(|item| !item.is_empty())
        .collect()
}
