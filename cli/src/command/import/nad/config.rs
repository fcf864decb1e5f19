//! What a CNI configuration means in the words of a Network.
//!
//! Left to others: what each plugin has ([`super::plugin`]), addresses ([`super::ipam`]).

use colvin_crds::v1alpha1::network::member::UplinkTerms;
use colvin_crds::v1alpha1::network::{Attach, DeviceKind};
use serde_json::{Map, Value};

use super::ipam;

/// What a definition says, but for the uplink it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The plugin.
    pub(crate) plugin: String,
    /// What pods get.
    pub(crate) kind: DeviceKind,
    /// How it is set up.
    pub(crate) attach: Attach,
    /// The Network that it names, where the plugin is colvin-cni.
    pub(super) network: Option<String>,
    /// What was carried over, for people.
    pub(crate) carried: Vec<String>,
    /// What was not, and why.
    pub(crate) dropped: Vec<String>,
}

/// The uplink that a definition names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A netdev.
    Interface(String),
    /// A PCI function.
    PciAddress(String),
    /// A MAC address.
    Mac(String),
}

impl Target {
    /// What it is called.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Interface(text) | Self::PciAddress(text) | Self::Mac(text) => text,
        }
    }

    /// The terms that name it.
    pub(super) fn terms(&self) -> UplinkTerms {
        let mut terms = UplinkTerms::default();
        match self.clone() {
            Self::Interface(name) => terms.interface = Some(name),
            Self::PciAddress(address) => terms.pci_address = Some(address.to_lowercase()),
            Self::Mac(mac) => terms.mac = Some(mac.to_lowercase()),
        }
        terms
    }
}

/// A configuration while it is read: what is left of it has not been looked at.
pub(super) struct Reader {
    pub(super) left: Map<String, Value>,
    pub(super) attach: Attach,
    pub(super) network: Option<String>,
    pub(super) carried: Vec<String>,
    pub(super) dropped: Vec<String>,
}

/// What a configuration, or the first plugin of a list of them, means.
///
/// # Errors
/// What is wrong with it, or why Colvin has nothing that does the same.
pub(super) fn read(config: &Value) -> Result<(Settings, Option<Target>), String> {
    let Value::Object(whole) = config else {
        return Err("spec.config is no JSON object".to_owned());
    };
    let (first, chained) = match whole.get("plugins") {
        None => (whole.clone(), Vec::new()),
        Some(Value::Array(plugins)) => {
            let mut plugins = plugins.iter().filter_map(Value::as_object).cloned();
            let first = plugins.next().ok_or("plugins is empty")?;
            (first, plugins.collect())
        }
        Some(_) => return Err("plugins is no list".to_owned()),
    };
    let mut reader = Reader {
        left: first,
        attach: Attach::default(),
        network: None,
        carried: Vec::new(),
        dropped: Vec::new(),
    };
    for key in ["cniVersion", "name"] {
        reader.left.remove(key);
    }
    let plugin = reader
        .text("type")?
        .ok_or("the configuration has no type")?;
    let (kind, target) = reader.plugin(&plugin)?;
    if let Some(ipam) = reader.left.remove("ipam") {
        ipam::read(&ipam, &mut reader)?;
    }
    for plugin in chained {
        reader.chained(plugin)?;
    }
    let left = std::mem::take(&mut reader.left);
    let left = left.into_iter().filter(|(_, value)| !is_nothing(value));
    reader
        .dropped
        .extend(left.map(|(key, value)| format!("{key} {value}: a Network has no such setting")));
    let settings = Settings {
        plugin,
        kind,
        attach: reader.attach,
        network: reader.network,
        carried: reader.carried,
        dropped: reader.dropped,
    };
    Ok((settings, target))
}

pub(super) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

impl Reader {
    /// Takes a text out; an empty one is none.
    pub(super) fn text(&mut self, key: &str) -> Result<Option<String>, String> {
        match self.left.remove(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(format!("{key} is {other}, and text is wanted")),
        }
    }

    /// Takes a number out; 0 is none, as these plugins have it. Text of digits will do.
    pub(super) fn number(&mut self, key: &str, most: u64) -> Result<Option<u64>, String> {
        let wrong =
            |value: &Value| format!("{key} is {value}, and a number up to {most} is wanted");
        let number = match self.left.remove(key) {
            None | Some(Value::Null) => return Ok(None),
            Some(value) => match &value {
                Value::Number(number) => number.as_u64().ok_or_else(|| wrong(&value))?,
                Value::String(text) if text.is_empty() => 0,
                Value::String(text) => text.parse().map_err(|_not_a_number| wrong(&value))?,
                _ => return Err(wrong(&value)),
            },
        };
        if number > most {
            return Err(wrong(&number.into()));
        }
        Ok((number > 0).then_some(number))
    }

    pub(super) fn target(&mut self, keys: &[&str]) -> Result<Option<Target>, String> {
        for key in keys {
            if let Some(name) = self.text(key)? {
                return Ok(Some(Target::Interface(name)));
            }
        }
        Ok(None)
    }

    pub(super) fn vlan(&mut self, key: &str) -> Result<bool, String> {
        let vlan = self.number(key, 4094)?;
        self.attach.vlan = vlan.and_then(|vlan| u16::try_from(vlan).ok());
        self.carried
            .extend(vlan.map(|vlan| format!("{key} {vlan}")));
        Ok(vlan.is_some())
    }

    pub(super) fn mtu(&mut self) -> Result<(), String> {
        let mtu = self.number("mtu", 65535)?;
        let valid = mtu
            .filter(|mtu| *mtu >= 68)
            .and_then(|mtu| u32::try_from(mtu).ok());
        match (mtu, valid) {
            (Some(mtu), None) => self.dropped.push(format!("mtu {mtu}: too small")),
            (Some(mtu), Some(_)) => self.carried.push(format!("mtu {mtu}")),
            (None, _) => {}
        }
        self.attach.mtu = valid.or(self.attach.mtu);
        Ok(())
    }

    /// A mode that Colvin has no choice of: that one is dropped in silence which it is anyway.
    pub(super) fn mode(&mut self, usual: &str) -> Result<(), String> {
        if let Some(mode) = self.text("mode")?.filter(|mode| mode != usual) {
            self.dropped.push(format!(
                "mode {mode}: a Network has no such setting, {usual} is what pods get"
            ));
        }
        Ok(())
    }

    pub(super) fn switch(&mut self, key: &str) -> Result<Option<bool>, String> {
        let on = match self.text(key)?.as_deref() {
            None => return Ok(None),
            Some("on") => true,
            Some("off") => false,
            Some(other) => return Err(format!("{key} is {other:?}, and on or off is wanted")),
        };
        self.carried
            .push(format!("{key} {}", if on { "on" } else { "off" }));
        Ok(Some(on))
    }
}
