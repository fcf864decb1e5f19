//! What stands at the other end of the wire, as it says itself: hostile until a `Network` grants it.
//!
//! Left to others: decoding (`lldp-rs`), believing (the mapping).

use std::fmt;
use std::net::IpAddr;

use crate::{MacAddr, VlanId};

/// Text from the wire, made safe to show when it arrived.
///
/// Printable characters stay as they are; control characters, characters that change the direction
/// of text and bytes that are no UTF-8 become `\xNN` or `\u{NNNN}`. So whoever prints it, logs it
/// or stores it cannot be tricked by it. HTML still needs its own escape.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct WireText(Box<str>);

impl WireText {
    /// The text of these bytes, with trailing NULs and white space cut off, or `None` when nothing
    /// is left.
    pub fn from_wire(bytes: &[u8]) -> Option<Self> {
        use fmt::Write as _;
        let mut text = String::with_capacity(bytes.len());
        let end = bytes
            .iter()
            .rposition(|byte| !matches!(byte, 0 | b' ' | b'\n' | b'\r' | b'\t'))?;
        for chunk in bytes.get(..=end)?.utf8_chunks() {
            for letter in chunk.valid().chars() {
                if is_harmless(letter) {
                    text.push(letter);
                } else if u32::from(letter) < 0x100 {
                    write!(text, "\\x{:02x}", u32::from(letter)).ok()?;
                } else {
                    write!(text, "\\u{{{:x}}}", u32::from(letter)).ok()?;
                }
            }
            for byte in chunk.invalid() {
                write!(text, "\\x{byte:02x}").ok()?;
            }
        }
        Some(Self(text.into()))
    }

    /// The safe text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, cut to this many characters.
    pub fn cut(&self, characters: usize) -> &str {
        match self.0.char_indices().nth(characters) {
            Some((end, _)) => self.0.get(..end).unwrap_or_default(),
            None => &self.0,
        }
    }
}

/// Neither a control character nor one that reorders, hides or joins what stands around it.
fn is_harmless(letter: char) -> bool {
    let hidden = matches!(letter,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}');
    !letter.is_control() && !hidden
}

impl fmt::Display for WireText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A neighbour on a link, by its own word.
///
/// Source: IEEE 802.1AB-2016 clause 8.5, 802.1Q annex D, 802.3 clause 79.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbor {
    /// Chassis ID, in the customary form of its subtype.
    pub chassis_id: WireText,
    /// Port ID, in the customary form of its subtype.
    pub port_id: WireText,
    /// What the switch's administrator wrote at the port.
    pub port_description: Option<WireText>,
    /// The system's name.
    pub system_name: Option<WireText>,
    /// What the system says it is.
    pub system_description: Option<WireText>,
    /// The VLAN of untagged frames (802.1 Port VLAN ID).
    pub vlan: Option<VlanId>,
    /// The VLANs it names, in order of their numbers.
    pub vlans: Vec<NamedVlan>,
    /// The VLAN it is managed by.
    pub management_vlan: Option<VlanId>,
    /// Where it is managed: IPv4 and IPv6 addresses only.
    pub management_addresses: Vec<IpAddr>,
    /// What it does (enabled capabilities).
    pub capabilities: Vec<Capability>,
    /// The largest frame it takes, in bytes with header and check sum (802.3 Maximum Frame Size).
    pub max_frame_bytes: Option<u16>,
    /// The port number of the link aggregation it has this port in, when it is in one.
    pub aggregation_port: Option<u32>,
    /// The address its frames come from.
    pub source: MacAddr,
    /// Kept from an earlier run and not heard again yet.
    pub stale: bool,
}

/// A VLAN with the name the switch gives it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedVlan {
    /// Its number.
    pub id: VlanId,
    /// Its name, or `None` where the switch sent an empty one.
    pub name: Option<WireText>,
}

/// What an LLDP system does.
///
/// Source: IEEE 802.1AB-2016, table 8-4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub enum Capability {
    /// None of the others.
    Other,
    /// Repeats signals.
    Repeater,
    /// A MAC bridge: a switch.
    Bridge,
    /// A wireless access point.
    WlanAccessPoint,
    /// Routes packets.
    Router,
    /// A telephone.
    Telephone,
    /// A DOCSIS cable device.
    DocsisCableDevice,
    /// A station and nothing else.
    StationOnly,
    /// The customer VLAN part of a bridge.
    CVlan,
    /// The service VLAN part of a bridge.
    SVlan,
    /// A two-port MAC relay.
    TwoPortMacRelay,
}

impl Capability {
    /// The word for people and programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Other => "Other",
            Self::Repeater => "Repeater",
            Self::Bridge => "Bridge",
            Self::WlanAccessPoint => "WlanAccessPoint",
            Self::Router => "Router",
            Self::Telephone => "Telephone",
            Self::DocsisCableDevice => "DocsisCableDevice",
            Self::StationOnly => "StationOnly",
            Self::CVlan => "CVlan",
            Self::SVlan => "SVlan",
            Self::TwoPortMacRelay => "TwoPortMacRelay",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(bytes: &[u8]) -> String {
        WireText::from_wire(bytes).unwrap().to_string()
    }

    #[test]
    fn lldp_09_wire_text_cannot_command_a_terminal() {
        assert_eq!(shown(b"leaf-12\x1b[2J"), "leaf-12\\x1b[2J");
        assert_eq!(shown("a\u{202e}b".as_bytes()), "a\\u{202e}b");
        assert_eq!(shown(b"a\xffb"), "a\\xffb");
        assert_eq!(shown("Größe 7\0".as_bytes()), "Größe 7");
        assert_eq!(shown("\u{9b}31m".as_bytes()), "\\x9b31m");
        assert_eq!(WireText::from_wire(b" \0"), None);
    }

    #[test]
    fn a_cut_never_splits_a_character() {
        assert_eq!(
            WireText::from_wire("Größe".as_bytes()).unwrap().cut(3),
            "Grö"
        );
        assert_eq!(WireText::from_wire(b"abc").unwrap().cut(64), "abc");
    }

    proptest! {
        #[test]
        fn lldp_09_no_bytes_leave_a_control_character(bytes: Vec<u8>) {
            if let Some(text) = WireText::from_wire(&bytes) {
                prop_assert!(text.as_str().chars().all(is_harmless));
            }
        }
    }
}
