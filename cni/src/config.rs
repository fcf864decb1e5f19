//! The configuration on standard input, read strictly: an unknown key, a value of another form, a
//! key that means nothing to its kind are errors that say what to change.
//!
//! What an attachment was made by may have changed until it is undone, so DEL and GC are lenient: what
//! they cannot read is a note. Left to others: forms of single values (`config/read.rs`), which
//! source of a value comes first (`asked.rs`).

mod capability;
mod read;

use std::path::PathBuf;

use colvin_attach::{IpvlanFlag, IpvlanMode, LinkState, MacvlanMode, VlanProtocol};
use colvin_model::offer::DeviceId;
use colvin_model::{IfName, MacAddr, NetworkName, VlanId};

pub use capability::{Bandwidth, CAPABILITIES, RuntimeConfig};

use crate::environment::{Verb, is_plain_name};
use crate::failure::{Code, Failure};
use crate::json::{self, Document, Raw};
use crate::key::{Key, Part, RESERVED_PREFIX};
use crate::kind::Kind;
use crate::version::Version;

/// The longest `name`: it is a folder's name for host-local.
const MOST_NAME_BYTES: usize = 200;

/// A configuration.
#[derive(Clone, Debug, Default)]
pub struct Config<'a> {
    /// `cniVersion`.
    pub version: Version,
    /// `name`.
    pub name: String,
    /// `ipam`, as it was written; absent when it is `null`.
    pub ipam: Option<Raw<'a>>,
    /// `dns`, as it was written.
    pub dns: Option<Raw<'a>>,
    /// `prevResult`, as it was written.
    pub previous: Option<Raw<'a>>,
    /// `cni.dev/valid-attachments`.
    pub valid: Option<Vec<(String, IfName)>>,
    /// `args.cni.mac`.
    pub args_mac: Option<MacAddr>,
    /// `runtimeConfig`.
    pub runtime: RuntimeConfig,
    /// What is attached.
    pub what: What,
    /// How it is set.
    pub settings: Settings,
    /// Keys that were given, with their lines and values as written: for messages.
    pub given: Vec<(Key, usize, String)>,
}

/// The keys that say what is attached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "`key.rs` says what each means")]
pub struct What {
    pub kind: Option<Kind>,
    pub network: Option<NetworkName>,
    pub device_id: Option<DeviceId>,
    pub pci_bus_id: Option<DeviceId>,
    pub device: Option<IfName>,
    pub hwaddr: Option<MacAddr>,
    pub kernel_path: Option<PathBuf>,
    pub master: Option<IfName>,
}

/// The keys that say how it is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "`key.rs` says what each means")]
pub struct Settings {
    pub link_in_container: bool,
    pub mac: Option<MacAddr>,
    pub mtu: Option<u32>,
    pub mode: Option<Mode>,
    pub flag: Option<IpvlanFlag>,
    pub broadcast_queue: Option<u32>,
    pub vlan_id: Option<VlanId>,
    pub vlan: Option<Option<VlanId>>,
    pub vlan_qos: Option<u8>,
    pub vlan_protocol: Option<VlanProtocol>,
    pub spoof_check: Option<bool>,
    pub trust: Option<bool>,
    pub link_state: Option<LinkState>,
    pub min_rate_mbps: Option<u32>,
    pub max_rate_mbps: Option<u32>,
    pub query_rss: Option<bool>,
    pub infiniband_guid: Option<u64>,
    pub all_multicast: Option<bool>,
    pub promiscuous: Option<bool>,
}

/// `mode` is one key with two meanings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "of which kind it is")]
pub enum Mode {
    Macvlan(MacvlanMode),
    Ipvlan(IpvlanMode),
}

impl<'a> Config<'a> {
    /// Reads a whole configuration for a verb; beside it notes of what a lenient verb passed over.
    ///
    /// # Errors
    /// Code 6 for what is no JSON object, 1 for its version, 2 for an unknown key, 7 for a value.
    pub fn parse(bytes: &'a [u8], verb: Verb) -> Result<(Self, Vec<String>), Failure> {
        let document = Document::parse(bytes)?;
        let mut config = Self {
            version: version(&document)?,
            ..Self::default()
        };
        let lenient = matches!(verb, Verb::Del | Verb::Gc);
        let mut notes = Vec::new();
        for (name, value) in document.object.iter() {
            match config.take(&document, name, value) {
                Ok(()) => {}
                // without it nothing that was attached can be named
                Err(failure) if lenient && name != Key::Name.name() => {
                    notes.push(failure.message);
                }
                Err(failure) => return Err(failure),
            }
        }
        if config.name.is_empty() {
            let message = "key `name` is missing: every network has one";
            return Err(Failure::new(Code::Config, message));
        }
        if !lenient {
            config.check()?;
        }
        Ok((config, notes))
    }

    /// Takes one member of the object.
    fn take(&mut self, document: &Document<'a>, name: &str, value: Raw<'a>) -> Result<(), Failure> {
        let Some(key) = Key::named(name) else {
            if name.starts_with(RESERVED_PREFIX) {
                return Ok(());
            }
            return Err(unknown(document, name, value));
        };
        let line = document.line(value);
        self.given.push((key, line, json::shown(value)));
        self.read(key, value).map_err(|wrong| {
            let shown = json::shown(value);
            let message = format!("key `{name}` (line {line}): {shown} {wrong}");
            Failure::new(Code::Config, message)
        })
    }

    /// What no key says alone.
    fn check(&self) -> Result<(), Failure> {
        let refused = |message: &str| Err(Failure::new(Code::Config, message));
        if self.is_chained() {
            return self.refuse_settings();
        }
        let tagged = matches!(self.settings.vlan, Some(Some(_)));
        if self.settings.vlan_qos.is_some_and(|qos| qos > 0) && !tagged {
            return refused("key `vlanQoS` needs key `vlan` of 1 to 4094: there is no tag without");
        }
        let service = self.settings.vlan_protocol == Some(VlanProtocol::Dot1Ad);
        let child = self.what.kind == Some(Kind::Vlan) || self.settings.vlan_id.is_some();
        if service && !tagged && !child {
            return refused(
                "key `vlanProto` 802.1ad needs key `vlan` of 1 to 4094: there is no tag without",
            );
        }
        let rates = (self.settings.min_rate_mbps, self.settings.max_rate_mbps);
        if let (Some(min), Some(max)) = rates
            && max > 0
            && min > max
        {
            return refused("key `min_tx_rate` is above `max_tx_rate`");
        }
        Ok(())
    }

    /// Refuses settings that mean nothing to this kind.
    ///
    /// # Errors
    /// Code 7 with the key, its line, and the kinds that it is for.
    pub fn refuse_foreign(&self, kind: Kind) -> Result<(), Failure> {
        let foreign = self.given.iter().find(|(key, ..)| !key.is_for(kind));
        let Some((key, line, value)) = foreign else {
            return self.refuse_mode(kind);
        };
        let of: Vec<&str> = Kind::ALL
            .into_iter()
            .filter(|kind| key.is_for(*kind))
            .map(Kind::as_str)
            .collect();
        let message = format!(
            "key `{}` (line {line}, value {value}) means nothing to a {kind}: it is for {}",
            key.name(),
            of.join(", ")
        );
        Err(Failure::new(Code::Config, message))
    }

    fn refuse_mode(&self, kind: Kind) -> Result<(), Failure> {
        let wanted = match (self.settings.mode, kind) {
            (Some(Mode::Macvlan(_)), Kind::Ipvlan) => "l2, l3 and l3s",
            (Some(Mode::Ipvlan(_)), Kind::Macvlan) => "bridge, private, vepa and passthru",
            _ => return Ok(()),
        };
        let message = format!("key `mode`: modes of a {kind} are {wanted}");
        Err(Failure::new(Code::Config, message))
    }

    /// Whether it attaches what the pod was given, beside the interface of a plugin before it: there is
    /// such a plugin, and nothing says which device.
    pub fn is_chained(&self) -> bool {
        self.previous.is_some() && self.names_nothing()
    }

    /// Whether nothing says which device is meant.
    pub fn names_nothing(&self) -> bool {
        self.what == What::default() && self.runtime.device_id.is_none()
    }

    /// Refuses settings in a chain, where every device's are its Network's.
    fn refuse_settings(&self) -> Result<(), Failure> {
        let ipam = self.ipam.is_some_and(|ipam| ipam.get() != "{}");
        let setting =
            |key: &Key| matches!(key.row().part, Part::Setting(_)) || (*key == Key::Ipam && ipam);
        match self.given.iter().find(|(key, ..)| setting(key)) {
            Some((key, line, value)) => {
                let message = format!(
                    "key `{}` (line {line}, value {value}) means nothing in a chain without a device: each Network says how its devices are attached",
                    key.name()
                );
                Err(Failure::new(Code::Config, message))
            }
            None => Ok(()),
        }
    }

    /// A key's line and its value as it was written, where it was given.
    pub fn given(&self, key: Key) -> Option<(usize, &str)> {
        let found = self.given.iter().find(|(other, ..)| *other == key);
        found.map(|(_, line, value)| (*line, value.as_str()))
    }
}

/// The version comes first: it says how to answer.
fn version(document: &Document<'_>) -> Result<Version, Failure> {
    let Some(value) = document.object.get(Key::CniVersion.name()) else {
        let message = "key `cniVersion` is missing: say 1.1.0, or what the runtime speaks";
        return Err(Failure::new(Code::Version, message));
    };
    let text: String = serde_json::from_str(value.get()).map_err(|_malformed| {
        let shown = json::shown(value);
        Failure::new(
            Code::Version,
            format!("key `cniVersion`: {shown} is no text"),
        )
    })?;
    text.parse()
        .map_err(|error| Failure::new(Code::Version, format!("key `cniVersion`: {error}")))
}

/// The `cniVersion` of anything that has one, for the object that says an error.
pub fn version_of(bytes: &[u8]) -> Version {
    let version = Document::parse(bytes).and_then(|document| version(&document));
    version.unwrap_or_default()
}

fn unknown(document: &Document<'_>, name: &str, value: Raw<'_>) -> Failure {
    let cut: String = name.chars().take(64).collect();
    let (line, shown) = (document.line(value), json::shown(value));
    let mut message = format!("unknown key {cut:?} (line {line}) with value {shown}");
    if let Some(near) = Key::nearest(name) {
        message.push_str(&["; did you mean `", near, "`?"].concat());
    }
    Failure::new(Code::UnknownKey, message)
}

/// The rule of network names.
fn network_name(text: String) -> Result<String, String> {
    if is_plain_name(&text) && text.len() <= MOST_NAME_BYTES {
        return Ok(text);
    }
    Err(format!(
        "is no network name (letters, digits, `_`, `.`, `-`, the first a letter or digit, at most {MOST_NAME_BYTES})"
    ))
}

#[cfg(test)]
mod tests;
