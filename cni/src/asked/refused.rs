//! A Network's settings on its devices: a configuration that says another value is refused with the
//! key, its line, its value and the Network's (DESIGN.md, invariant 15).
//!
//! Left to others: settings that no Network has.

use std::fmt::Display;

use colvin_attach::record::NetworkRecord;
use colvin_model::VlanId;

use crate::config::Config;
use crate::failure::{Code, Failure};
use crate::key::Key;

/// Refuses the first key that says another value than the Network.
pub(super) fn refuse_different(
    config: &Config<'_>,
    network: &NetworkRecord,
) -> Result<(), Failure> {
    let attach = &network.attach;
    let settings = &config.settings;
    let vlan = attach.vlan.map_or(0, VlanId::get);
    let asked_vlan = settings.vlan.map(|id| id.map_or(0, VlanId::get));
    let rows: [(Key, bool, String); 9] = [
        (Key::Vlan, differs(asked_vlan, vlan), vlan.to_string()),
        (
            Key::VlanId,
            differs(settings.vlan_id.map(VlanId::get), vlan),
            vlan.to_string(),
        ),
        (Key::VlanQos, differs(settings.vlan_qos, 0), "0".to_owned()),
        (
            Key::VlanProto,
            differs(settings.vlan_protocol, colvin_attach::VlanProtocol::Dot1Q),
            "802.1q".to_owned(),
        ),
        (
            Key::SpoofChk,
            differs(settings.spoof_check, attach.spoof_check),
            switch(attach.spoof_check),
        ),
        (
            Key::Trust,
            differs(settings.trust, attach.trust),
            switch(attach.trust),
        ),
        (
            Key::MinTxRate,
            differs(settings.min_rate_mbps, 0),
            "0".to_owned(),
        ),
        (
            Key::MaxTxRate,
            differs(settings.max_rate_mbps, 0),
            "0".to_owned(),
        ),
        (
            Key::Mtu,
            attach.mtu.is_some_and(|mtu| differs(settings.mtu, mtu)),
            attach.mtu.map_or_else(String::new, |mtu| mtu.to_string()),
        ),
    ];
    match rows.into_iter().find(|(_, differs, _)| *differs) {
        Some((key, _, theirs)) => Err(refusal(config, key, &network.network, &theirs)),
        None => Ok(()),
    }
}

fn differs<T: PartialEq + Copy>(asked: Option<T>, theirs: T) -> bool {
    asked.is_some_and(|asked| asked != theirs)
}

fn switch(on: bool) -> String {
    if on { "on" } else { "off" }.to_owned()
}

fn refusal(config: &Config<'_>, key: Key, network: &impl Display, theirs: &str) -> Failure {
    let (line, value) = config.given(key).unwrap_or_default();
    let name = key.name();
    let message = format!(
        "key `{name}` (line {line}) is {value}, and network {network} says {theirs}: leave it out, or have the Network changed"
    );
    Failure::new(Code::Config, message)
}
