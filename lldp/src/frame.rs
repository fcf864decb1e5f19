//! The Ethernet frame around an LLDPDU: addresses, at most one VLAN tag, `EtherType`.
//!
//! It leaves the LLDPDU to [`Lldpdu`], and judging a destination or a source to the caller.

use core::fmt;

use crate::{FrameError, Lldpdu, MacAddr};

/// The `EtherType` of LLDP.
pub const ETHERTYPE_LLDP: u16 = 0x88cc;

const ETHERTYPE_CTAG: u16 = 0x8100;
const ETHERTYPE_STAG: u16 = 0x88a8;

/// Whom a frame is addressed to (IEEE 802.1AB-2016, 7.1).
///
/// Another destination than the three groups is reported, not refused: the standard lets LLDP be sent to
/// any group or individual address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Destination {
    /// `01:80:c2:00:00:0e`: no bridge passes it on.
    NearestBridge,
    /// `01:80:c2:00:00:03`: a two-port MAC relay passes it on.
    NearestNonTpmrBridge,
    /// `01:80:c2:00:00:00`: provider bridges pass it on.
    NearestCustomerBridge,
    /// Any other address.
    Other(MacAddr),
}

impl Destination {
    /// The address on the wire.
    pub fn mac(self) -> MacAddr {
        match self {
            Self::NearestBridge => MacAddr([0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e]),
            Self::NearestNonTpmrBridge => MacAddr([0x01, 0x80, 0xc2, 0x00, 0x00, 0x03]),
            Self::NearestCustomerBridge => MacAddr([0x01, 0x80, 0xc2, 0x00, 0x00, 0x00]),
            Self::Other(mac) => mac,
        }
    }
}

impl From<MacAddr> for Destination {
    fn from(mac: MacAddr) -> Self {
        match mac.0 {
            [0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e] => Self::NearestBridge,
            [0x01, 0x80, 0xc2, 0x00, 0x00, 0x03] => Self::NearestNonTpmrBridge,
            [0x01, 0x80, 0xc2, 0x00, 0x00, 0x00] => Self::NearestCustomerBridge,
            _ => Self::Other(mac),
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NearestBridge => f.write_str("nearest bridge"),
            Self::NearestNonTpmrBridge => f.write_str("nearest non-TPMR bridge"),
            Self::NearestCustomerBridge => f.write_str("nearest customer bridge"),
            Self::Other(mac) => mac.fmt(f),
        }
    }
}

/// Which of the two VLAN tags a tag is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TagKind {
    /// 802.1Q C-TAG, `EtherType` 0x8100.
    Customer,
    /// 802.1ad S-TAG, `EtherType` 0x88a8.
    Service,
}

/// A VLAN tag: its kind and its sixteen bits of control information.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tag {
    /// C-TAG or S-TAG.
    pub kind: TagKind,
    /// Priority (3 bits), drop eligible (1), VLAN id (12).
    pub tci: u16,
}

impl Tag {
    /// The VLAN id, 0..=4095; 0 is a priority tag.
    pub fn vlan_id(self) -> u16 {
        self.tci & 0x0fff
    }

    /// The priority, 0..=7.
    pub fn priority(self) -> u16 {
        self.tci >> 13
    }

    /// Whether the frame may be dropped first.
    pub fn is_drop_eligible(self) -> bool {
        self.tci & 0x1000 != 0
    }
}

/// What stands before the LLDPDU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrameHeader {
    /// Whom the frame is addressed to.
    pub destination: Destination,
    /// Who sent it, if the address is true.
    pub source: MacAddr,
    /// Its VLAN tag, whether in the frame or taken off by the card.
    pub tag: Option<Tag>,
}

/// A whole frame from its destination address on, borrowed; the frame check sequence is not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    header: FrameHeader,
    lldpdu: Lldpdu<'a>,
}

impl<'a> Frame<'a> {
    /// Decode a frame whose tag, if it has one, is still in it. Allocates nothing.
    ///
    /// # Errors
    /// [`FrameError`] when it is cut off, has two tags, is not LLDP or its LLDPDU is refused.
    #[inline]
    pub fn decode(bytes: &'a [u8]) -> Result<Self, FrameError> {
        Self::decode_received(bytes, None)
    }

    /// Decode a frame of which the card may have taken the tag off: `stripped_tci` is what `PACKET_AUXDATA`
    /// tells, and counts as an 802.1Q tag.
    ///
    /// # Errors
    /// [`FrameError`] as [`Frame::decode`]; a tag in the frame beside a stripped one is the second.
    #[inline]
    pub fn decode_received(bytes: &'a [u8], stripped_tci: Option<u16>) -> Result<Self, FrameError> {
        let truncated = FrameError::Truncated {
            length: bytes.len(),
        };
        let (destination, rest) = bytes.split_first_chunk::<6>().ok_or(truncated)?;
        let (source, rest) = rest.split_first_chunk::<6>().ok_or(truncated)?;
        let (ethertype, mut payload) = rest.split_first_chunk::<2>().ok_or(truncated)?;
        let mut ethertype = u16::from_be_bytes(*ethertype);
        let mut tag = stripped_tci.map(|tci| Tag {
            kind: TagKind::Customer,
            tci,
        });
        if let Some(kind) = tag_kind(ethertype) {
            if tag.is_some() {
                return Err(FrameError::SecondTag);
            }
            let (tci, rest) = payload.split_first_chunk::<2>().ok_or(truncated)?;
            let (inner, rest) = rest.split_first_chunk::<2>().ok_or(truncated)?;
            tag = Some(Tag {
                kind,
                tci: u16::from_be_bytes(*tci),
            });
            ethertype = u16::from_be_bytes(*inner);
            payload = rest;
        }
        match ethertype {
            ETHERTYPE_LLDP => {}
            other if tag_kind(other).is_some() => return Err(FrameError::SecondTag),
            ethertype => return Err(FrameError::NotLldp { ethertype }),
        }
        let destination = Destination::from(MacAddr(*destination));
        let header = FrameHeader {
            destination,
            source: MacAddr(*source),
            tag,
        };
        Ok(Self {
            header,
            lldpdu: Lldpdu::decode(payload)?,
        })
    }

    /// What stands before the LLDPDU.
    pub fn header(&self) -> FrameHeader {
        self.header
    }

    /// Whom the frame is addressed to.
    pub fn destination(&self) -> Destination {
        self.header.destination
    }

    /// The sender's address.
    pub fn source(&self) -> MacAddr {
        self.header.source
    }

    /// The VLAN tag, whether in the frame or taken off by the card.
    pub fn tag(&self) -> Option<Tag> {
        self.header.tag
    }

    /// What the frame carries.
    pub fn lldpdu(&self) -> &Lldpdu<'a> {
        &self.lldpdu
    }
}

fn tag_kind(ethertype: u16) -> Option<TagKind> {
    match ethertype {
        ETHERTYPE_CTAG => Some(TagKind::Customer),
        ETHERTYPE_STAG => Some(TagKind::Service),
        _ => None,
    }
}

impl TagKind {
    /// The tag's `EtherType`.
    pub fn ethertype(self) -> u16 {
        match self {
            Self::Customer => ETHERTYPE_CTAG,
            Self::Service => ETHERTYPE_STAG,
        }
    }
}
