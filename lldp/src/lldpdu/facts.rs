//! What an LLDPDU says, by name.
//!
//! Of a TLV that ought to come once the last one counts. Organizational facts are looked up when asked for.
//! What a fact means for a port is left to others.

use super::Lldpdu;
use super::walk::RawTlvs;
use crate::Text;
use crate::tlv::org::ieee8021::{Ieee8021, VlanName};
use crate::tlv::org::ieee8023::{Ieee8023, MacPhy};
use crate::tlv::org::med::Med;
use crate::tlv::org::{LinkAggregation, Organizational};
use crate::tlv::{ChassisId, ManagementAddress, PortId, SystemCapabilities, Tlv};

/// The TLVs of an LLDPDU whose values decode; made by [`Lldpdu::tlvs`].
#[derive(Clone, Debug)]
pub struct Tlvs<'a>(RawTlvs<'a>);

impl<'a> Tlvs<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(RawTlvs::new(bytes))
    }
}

impl<'a> Iterator for Tlvs<'a> {
    type Item = Tlv<'a>;

    fn next(&mut self) -> Option<Tlv<'a>> {
        self.0
            .by_ref()
            .filter_map(Result::ok)
            .find_map(|(_, raw)| Tlv::decode(raw).ok())
    }
}

impl<'a> Lldpdu<'a> {
    /// Which device sends.
    pub fn chassis_id(&self) -> ChassisId<'a> {
        self.chassis_id
    }

    /// Which of its ports sends.
    pub fn port_id(&self) -> PortId<'a> {
        self.port_id
    }

    /// For how many seconds all this is valid; 0 is a farewell.
    pub fn ttl_secs(&self) -> u16 {
        self.ttl_secs
    }

    /// Whether the sender says farewell (TTL 0).
    pub fn is_shutdown(&self) -> bool {
        self.ttl_secs == 0
    }

    /// What the sender calls the port.
    pub fn port_description(&self) -> Option<Text<'a>> {
        self.port_description.map(|tlv| tlv.0)
    }

    /// What the sender calls itself.
    pub fn system_name(&self) -> Option<Text<'a>> {
        self.system_name.map(|tlv| tlv.0)
    }

    /// The sender's hardware and software.
    pub fn system_description(&self) -> Option<Text<'a>> {
        self.system_description.map(|tlv| tlv.0)
    }

    /// What the sender can do and what of it is on.
    pub fn capabilities(&self) -> Option<SystemCapabilities> {
        self.capabilities
    }

    /// Where the sender is managed, in the order of the frame.
    pub fn management_addresses(&self) -> impl Iterator<Item = ManagementAddress<'a>> + use<'a> {
        self.tlvs().filter_map(|tlv| match tlv {
            Tlv::ManagementAddress(address) => Some(address),
            _ => None,
        })
    }

    /// The organizational TLVs, in the order of the frame.
    pub fn organizational(&self) -> impl Iterator<Item = Organizational<'a>> + use<'a> {
        self.tlvs().filter_map(|tlv| match tlv {
            Tlv::Organizational(tlv) => Some(tlv),
            _ => None,
        })
    }

    /// The VLAN of untagged frames, 1..=4094; `None` where the sender does not say, or says 0: it has none.
    pub fn port_vlan_id(&self) -> Option<u16> {
        self.last_8021(|tlv| match tlv {
            Ieee8021::PortVlanId(tlv) => Some(tlv.vlan_id),
            _ => None,
        })
        .filter(|id| *id != 0)
    }

    /// The VLANs that the port carries and names, in the order of the frame.
    pub fn vlan_names(&self) -> impl Iterator<Item = VlanName<'a>> + use<'a> {
        self.organizational().filter_map(|tlv| match tlv {
            Organizational::Ieee8021(Ieee8021::VlanName(tlv)) => Some(tlv),
            _ => None,
        })
    }

    /// The VLAN by which the sender is managed; `None` where it does not say, or says 0: it has none.
    pub fn management_vlan_id(&self) -> Option<u16> {
        self.last_8021(|tlv| match tlv {
            Ieee8021::ManagementVlanId(tlv) => Some(tlv.vlan_id),
            _ => None,
        })
        .filter(|id| *id != 0)
    }

    /// Whether the port is or can be part of an aggregate: of 802.1's TLV or, where there is none, of the old
    /// one of 802.3.
    pub fn link_aggregation(&self) -> Option<LinkAggregation> {
        self.last_8021(|tlv| match tlv {
            Ieee8021::LinkAggregation(tlv) => Some(tlv),
            _ => None,
        })
        .or_else(|| {
            self.last_8023(|tlv| match tlv {
                Ieee8023::LinkAggregation(tlv) => Some(tlv),
                _ => None,
            })
        })
    }

    /// The largest frame in octets that the port takes, its header and check sequence included.
    pub fn max_frame_size(&self) -> Option<u16> {
        self.last_8023(|tlv| match tlv {
            Ieee8023::MaxFrameSize(tlv) => Some(tlv.octets),
            _ => None,
        })
    }

    /// Auto-negotiation and the speed and medium in use.
    pub fn mac_phy(&self) -> Option<MacPhy> {
        self.last_8023(|tlv| match tlv {
            Ieee8023::MacPhy(tlv) => Some(tlv),
            _ => None,
        })
    }

    /// The LLDP-MED TLVs (inventory, location, policy), in the order of the frame.
    pub fn med(&self) -> impl Iterator<Item = Med<'a>> + use<'a> {
        self.organizational().filter_map(|tlv| match tlv {
            Organizational::Med(tlv) => Some(tlv),
            _ => None,
        })
    }

    fn last_8021<T>(&self, pick: impl Fn(Ieee8021<'a>) -> Option<T>) -> Option<T> {
        self.organizational()
            .filter_map(|tlv| match tlv {
                Organizational::Ieee8021(tlv) => pick(tlv),
                _ => None,
            })
            .last()
    }

    fn last_8023<T>(&self, pick: impl Fn(Ieee8023) -> Option<T>) -> Option<T> {
        self.organizational()
            .filter_map(|tlv| match tlv {
                Organizational::Ieee8023(tlv) => pick(tlv),
                _ => None,
            })
            .last()
    }
}
