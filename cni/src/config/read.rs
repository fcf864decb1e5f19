//! How each key's value is read. Left to others: what follows from it.

use std::fmt::Display;
use std::path::{Component, PathBuf};
use std::str::FromStr;

use colvin_attach::{IpvlanFlag, IpvlanMode, LinkState, MacvlanMode, VlanProtocol};
use colvin_model::{IfName, VlanId};
use serde::Deserialize;

use super::{Config, Mode, RuntimeConfig, network_name};
use crate::environment::ContainerId;
use crate::json::{self, Object, Raw};
use crate::key::Key;
use crate::kind::one_of;

impl<'a> Config<'a> {
    /// Takes a value; says what it is not.
    pub(super) fn read(&mut self, key: Key, raw: Raw<'a>) -> Result<(), String> {
        match key {
            // read before all others
            Key::CniVersion => {}
            Key::Name => self.name = network_name(text(raw)?)?,
            Key::Type => drop(text(raw)?),
            Key::Ipam => self.ipam = present(raw).map(object).transpose()?.map(|_| raw),
            Key::Dns => self.dns = present(raw).map(object).transpose()?.map(|_| raw),
            Key::Args => self.args_mac = args_mac(raw)?,
            Key::Capabilities => drop(present(raw).map(object).transpose()?),
            Key::RuntimeConfig => {
                self.runtime =
                    present(raw).map_or(Ok(RuntimeConfig::default()), RuntimeConfig::read)?;
            }
            Key::PrevResult => self.previous = present(raw).map(object).transpose()?.map(|_| raw),
            Key::ValidAttachments => self.valid = present(raw).map(attachments).transpose()?,
            Key::Kind
            | Key::Network
            | Key::DeviceId
            | Key::PciBusId
            | Key::Device
            | Key::Hwaddr
            | Key::KernelPath
            | Key::Master => self.read_what(key, raw)?,
            Key::LinkInContainer
            | Key::Mac
            | Key::Mtu
            | Key::Mode
            | Key::Flag
            | Key::BcQueueLen
            | Key::VlanId
            | Key::VlanProto => self.read_setting(key, raw)?,
            Key::Vlan
            | Key::VlanQos
            | Key::SpoofChk
            | Key::Trust
            | Key::LinkState
            | Key::MinTxRate
            | Key::MaxTxRate
            | Key::QueryRss
            | Key::InfinibandGuid
            | Key::AllMulti
            | Key::Promisc => self.read_function(key, raw)?,
        }
        Ok(())
    }

    fn read_what(&mut self, key: Key, raw: Raw<'a>) -> Result<(), String> {
        let what = &mut self.what;
        match key {
            Key::Kind => what.kind = Some(text(raw)?.parse()?),
            Key::Network => what.network = Some(parsed(raw)?),
            Key::DeviceId => what.device_id = filled(raw)?,
            Key::PciBusId => what.pci_bus_id = filled(raw)?,
            Key::Device => what.device = filled(raw)?,
            Key::Hwaddr => what.hwaddr = filled(raw)?,
            Key::KernelPath => what.kernel_path = kernel_path(text(raw)?)?,
            _ => what.master = filled(raw)?,
        }
        Ok(())
    }

    fn read_setting(&mut self, key: Key, raw: Raw<'a>) -> Result<(), String> {
        let settings = &mut self.settings;
        match key {
            Key::LinkInContainer => settings.link_in_container = truth(raw)?,
            Key::Mac => settings.mac = filled(raw)?,
            // the plugins of these kinds take 0 as "as the uplink has it"
            Key::Mtu => settings.mtu = Some(mtu(raw)?).filter(|mtu| *mtu != 0),
            Key::Mode => settings.mode = mode(&text(raw)?)?,
            Key::Flag => settings.flag = Some(flag(&text(raw)?)?),
            Key::BcQueueLen => settings.broadcast_queue = Some(number(raw, 1, u32::MAX.into())?),
            Key::VlanId => settings.vlan_id = Some(vlan(number(raw, 1, 4094)?)?),
            _ => settings.vlan_protocol = Some(protocol(&text(raw)?)?),
        }
        Ok(())
    }

    fn read_function(&mut self, key: Key, raw: Raw<'a>) -> Result<(), String> {
        let settings = &mut self.settings;
        match key {
            Key::Vlan => {
                let id: u16 = number(raw, 0, 4094)?;
                settings.vlan = Some((id != 0).then(|| vlan(id)).transpose()?);
            }
            Key::VlanQos => settings.vlan_qos = Some(number(raw, 0, 7)?),
            Key::SpoofChk => settings.spoof_check = Some(switch(&text(raw)?)?),
            Key::Trust => settings.trust = Some(switch(&text(raw)?)?),
            Key::LinkState => settings.link_state = Some(link_state(&text(raw)?)?),
            Key::MinTxRate => settings.min_rate_mbps = Some(number(raw, 0, u32::MAX.into())?),
            Key::MaxTxRate => settings.max_rate_mbps = Some(number(raw, 0, u32::MAX.into())?),
            Key::QueryRss => settings.query_rss = Some(switch(&text(raw)?)?),
            Key::InfinibandGuid => settings.infiniband_guid = Some(guid(&text(raw)?)?),
            Key::AllMulti => settings.all_multicast = Some(truth(raw)?),
            _ => settings.promiscuous = Some(truth(raw)?),
        }
        Ok(())
    }
}

/// The value unless it is `null`.
pub(super) fn present(raw: Raw<'_>) -> Option<Raw<'_>> {
    (!json::is_null(raw)).then_some(raw)
}

pub(super) fn object(raw: Raw<'_>) -> Result<Object<'_>, String> {
    serde_json::from_str(raw.get()).map_err(|_malformed| "is no object".to_owned())
}

pub(super) fn text(raw: Raw<'_>) -> Result<String, String> {
    serde_json::from_str(raw.get()).map_err(|_malformed| "is no text".to_owned())
}

fn truth(raw: Raw<'_>) -> Result<bool, String> {
    serde_json::from_str(raw.get()).map_err(|_malformed| "is neither true nor false".to_owned())
}

/// A text of the form that its type has.
pub(super) fn parsed<T: FromStr<Err: Display>>(raw: Raw<'_>) -> Result<T, String> {
    text(raw)?
        .parse()
        .map_err(|error: T::Err| format!("is refused: {error}"))
}

/// As [`parsed`]; an empty text is none, as these keys' plugins take it.
pub(super) fn filled<T: FromStr<Err: Display>>(raw: Raw<'_>) -> Result<Option<T>, String> {
    if text(raw)?.is_empty() {
        return Ok(None);
    }
    parsed(raw).map(Some)
}

pub(super) fn number<T: TryFrom<u64>>(raw: Raw<'_>, least: u64, most: u64) -> Result<T, String> {
    let number: Option<u64> = serde_json::from_str(raw.get()).ok();
    let fits = number.filter(|number| (least..=most).contains(number));
    fits.and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| format!("is no whole number from {least} to {most}"))
}

fn mtu(raw: Raw<'_>) -> Result<u32, String> {
    let mtu: u32 = number(raw, 0, 65535)?;
    if (1..68).contains(&mtu) {
        return Err("is no MTU: 68 to 65535 bytes".to_owned());
    }
    Ok(mtu)
}

fn vlan(id: u16) -> Result<VlanId, String> {
    VlanId::try_from(id).map_err(|error| format!("is refused: {error}"))
}

fn chosen<T: Copy>(word: &str, choices: &[(&str, T)]) -> Result<T, String> {
    let found = choices.iter().find(|(name, _)| *name == word);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        one_of(&words)
    })
}

fn switch(word: &str) -> Result<bool, String> {
    chosen(word, &[("on", true), ("off", false)])
}

fn link_state(word: &str) -> Result<LinkState, String> {
    let states = [
        ("auto", LinkState::Auto),
        ("enable", LinkState::Enable),
        ("disable", LinkState::Disable),
    ];
    chosen(word, &states)
}

fn protocol(word: &str) -> Result<VlanProtocol, String> {
    let protocols = [
        ("802.1q", VlanProtocol::Dot1Q),
        ("802.1ad", VlanProtocol::Dot1Ad),
    ];
    chosen(&word.to_ascii_lowercase(), &protocols)
}

fn flag(word: &str) -> Result<IpvlanFlag, String> {
    let flags = [
        ("bridge", IpvlanFlag::Bridge),
        ("private", IpvlanFlag::Private),
        ("vepa", IpvlanFlag::Vepa),
    ];
    chosen(word, &flags)
}

fn mode(word: &str) -> Result<Option<Mode>, String> {
    if word.is_empty() {
        return Ok(None);
    }
    let modes = [
        ("bridge", Mode::Macvlan(MacvlanMode::Bridge)),
        ("private", Mode::Macvlan(MacvlanMode::Private)),
        ("vepa", Mode::Macvlan(MacvlanMode::Vepa)),
        ("passthru", Mode::Macvlan(MacvlanMode::Passthru)),
        ("l2", Mode::Ipvlan(IpvlanMode::L2)),
        ("l3", Mode::Ipvlan(IpvlanMode::L3)),
        ("l3s", Mode::Ipvlan(IpvlanMode::L3s)),
    ];
    chosen(word, &modes).map(Some)
}

/// Eight bytes in hexadecimal, with or without `:` between.
pub(super) fn guid(text: &str) -> Result<u64, String> {
    let wrong = || "is no GUID: eight bytes such as 02:00:00:00:00:00:00:01".to_owned();
    let parts: Vec<&str> = text.split(':').collect();
    if parts.len() != 8 || parts.iter().any(|part| part.len() != 2) {
        return Err(wrong());
    }
    let digits = parts.concat();
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    u64::from_str_radix(&digits, 16).map_err(|_malformed| wrong())
}

/// A path below `/sys/devices` that stays there.
fn kernel_path(path: String) -> Result<Option<PathBuf>, String> {
    if path.is_empty() {
        return Ok(None);
    }
    let path = PathBuf::from(path);
    let plain = path
        .components()
        .skip(1)
        .all(|part| matches!(part, Component::Normal(_)));
    if path.starts_with("/sys/devices") && plain {
        return Ok(Some(path));
    }
    Err("is no path below /sys/devices".to_owned())
}

/// `args.cni.mac`. What else is in `args` is for others.
fn args_mac(raw: Raw<'_>) -> Result<Option<colvin_model::MacAddr>, String> {
    let Some(args) = present(raw).map(object).transpose()? else {
        return Ok(None);
    };
    let Some(cni) = args.get("cni").and_then(present) else {
        return Ok(None);
    };
    let mac = object(cni)?.get("mac").and_then(present);
    mac.map_or(Ok(None), filled)
        .map_err(|wrong| format!("has a cni.mac that {wrong}"))
}

/// GC's list. A runtime sends each member's names as it had them at ADD.
fn attachments(raw: Raw<'_>) -> Result<Vec<(String, IfName)>, String> {
    #[derive(Deserialize)]
    struct Attachment {
        #[serde(rename = "containerID")]
        container: String,
        ifname: String,
    }
    let listed: Vec<Attachment> = serde_json::from_str(raw.get())
        .map_err(|_malformed| "is no list of {containerID, ifname}".to_owned())?;
    let read = listed.into_iter().map(|one| {
        let container: ContainerId = one.container.parse().map_err(|error| format!("{error}"))?;
        let ifname = one.ifname.parse().map_err(|error| format!("{error}"))?;
        Ok((container.as_str().to_owned(), ifname))
    });
    read.collect::<Result<_, String>>()
        .map_err(|wrong| format!("has a member that is refused: {wrong}"))
}
