//! The TLVs of IEEE 802.1, OUI 00-80-C2 (IEEE 802.1Q-2018, annex D; 802.1AX-2014, annex D).
//!
//! One file each below. What a VLAN means for a port is left to others.

mod application_priority;
mod ets_configuration;
mod ets_recommendation;
mod evb;
mod management_vlan_id;
mod port_vlan_id;
mod priority_flow_control;
mod protocol_identity;
mod protocol_vlan_id;
mod vid_usage_digest;
mod vlan_name;

pub use application_priority::{Application, ApplicationPriority};
pub use ets_configuration::{EtsConfiguration, EtsTable};
pub use ets_recommendation::EtsRecommendation;
pub use evb::Evb;
pub use management_vlan_id::ManagementVlanId;
pub use port_vlan_id::PortVlanId;
pub use priority_flow_control::PriorityFlowControl;
pub use protocol_identity::ProtocolIdentity;
pub use protocol_vlan_id::ProtocolVlanId;
pub use vid_usage_digest::VidUsageDigest;
pub use vlan_name::VlanName;

use super::LinkAggregation;
use crate::reader::Reader;
use crate::writer::Writer;
use crate::{EncodeError, TlvError};

/// A TLV of IEEE 802.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ieee8021<'a> {
    /// Subtype 1.
    PortVlanId(PortVlanId),
    /// Subtype 2, once for each protocol VLAN.
    ProtocolVlanId(ProtocolVlanId),
    /// Subtype 3, once for each VLAN.
    VlanName(VlanName<'a>),
    /// Subtype 4, once for each protocol.
    ProtocolIdentity(ProtocolIdentity<'a>),
    /// Subtype 5.
    VidUsageDigest(VidUsageDigest),
    /// Subtype 6.
    ManagementVlanId(ManagementVlanId),
    /// Subtype 7.
    LinkAggregation(LinkAggregation),
    /// Subtype 9.
    EtsConfiguration(EtsConfiguration),
    /// Subtype 10.
    EtsRecommendation(EtsRecommendation),
    /// Subtype 11.
    PriorityFlowControl(PriorityFlowControl),
    /// Subtype 12.
    ApplicationPriority(ApplicationPriority<'a>),
    /// Subtype 13.
    Evb(Evb),
}

impl<'a> Ieee8021<'a> {
    /// `None` for a subtype that has no file here.
    #[inline]
    pub(crate) fn decode(subtype: u8, reader: Reader<'a>) -> Result<Option<Self>, TlvError> {
        Ok(Some(match subtype {
            1 => Self::PortVlanId(PortVlanId::decode(reader)?),
            2 => Self::ProtocolVlanId(ProtocolVlanId::decode(reader)?),
            3 => Self::VlanName(VlanName::decode(reader)?),
            4 => Self::ProtocolIdentity(ProtocolIdentity::decode(reader)?),
            5 => Self::VidUsageDigest(VidUsageDigest::decode(reader)?),
            6 => Self::ManagementVlanId(ManagementVlanId::decode(reader)?),
            7 => Self::LinkAggregation(LinkAggregation::decode(reader)?),
            9 => Self::EtsConfiguration(EtsConfiguration::decode(reader)?),
            10 => Self::EtsRecommendation(EtsRecommendation::decode(reader)?),
            11 => Self::PriorityFlowControl(PriorityFlowControl::decode(reader)?),
            12 => Self::ApplicationPriority(ApplicationPriority::decode(reader)?),
            13 => Self::Evb(Evb::decode(reader)?),
            _ => return Ok(None),
        }))
    }

    pub(crate) fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        match self {
            Self::PortVlanId(tlv) => out.u16(tlv.vlan_id),
            Self::ProtocolVlanId(tlv) => tlv.encode(out),
            Self::VlanName(tlv) => tlv.encode(out),
            Self::ProtocolIdentity(tlv) => tlv.encode(out),
            Self::VidUsageDigest(tlv) => out.u32(tlv.digest),
            Self::ManagementVlanId(tlv) => out.u16(tlv.vlan_id),
            Self::LinkAggregation(tlv) => tlv.encode(out),
            Self::EtsConfiguration(tlv) => tlv.encode(out),
            Self::EtsRecommendation(tlv) => tlv.encode(out),
            Self::PriorityFlowControl(tlv) => tlv.encode(out),
            Self::ApplicationPriority(tlv) => tlv.encode(out),
            Self::Evb(tlv) => tlv.encode(out),
        }
    }

    /// The subtype's number.
    pub fn subtype(&self) -> u8 {
        match self {
            Self::PortVlanId(_) => 1,
            Self::ProtocolVlanId(_) => 2,
            Self::VlanName(_) => 3,
            Self::ProtocolIdentity(_) => 4,
            Self::VidUsageDigest(_) => 5,
            Self::ManagementVlanId(_) => 6,
            Self::LinkAggregation(_) => 7,
            Self::EtsConfiguration(_) => 9,
            Self::EtsRecommendation(_) => 10,
            Self::PriorityFlowControl(_) => 11,
            Self::ApplicationPriority(_) => 12,
            Self::Evb(_) => 13,
        }
    }
}

/// The test of every file below: annotated bytes after OUI and subtype against the value.
#[cfg(test)]
#[track_caller]
fn assert_8021(subtype: u8, body: &[u8], expected: Ieee8021<'_>) {
    let value = [&[0x00, 0x80, 0xc2, subtype], body].concat();
    let tlv = crate::Tlv::Organizational(super::Organizational::Ieee8021(expected));
    crate::tlv::assert_wire(127, &value, &tlv);
}
