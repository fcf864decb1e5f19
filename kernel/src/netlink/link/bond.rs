//! Bonds: a member's place, and the LACP partner that only the bond knows.
//!
//! Left to others: which members carry what.
//!
//! Source: `IFLA_BOND_*` and `IFLA_BOND_SLAVE_*` (kernel `include/uapi/linux/if_link.h`).

use std::collections::BTreeMap;

use colvin_model::observation::{BondMember, Link};
use colvin_model::{IfIndex, LinkAddress};

use crate::netlink::wire::Attributes;

/// `IFLA_BOND_AD_INFO`: the active aggregator and its partner.
pub(super) const AD_INFO: u16 = 23;

/// `IFLA_BOND_AD_INFO_AGGREGATOR`.
const AGGREGATOR: u16 = 1;

/// `IFLA_BOND_AD_INFO_PARTNER_KEY`.
const PARTNER_KEY: u16 = 4;

/// `IFLA_BOND_AD_INFO_PARTNER_MAC`.
const PARTNER_MAC: u16 = 5;

/// `IFLA_BOND_SLAVE_STATE`: 0 is active, 1 backup.
const MEMBER_STATE: u16 = 1;

/// `IFLA_BOND_SLAVE_AD_AGGREGATOR_ID`.
const MEMBER_AGGREGATOR: u16 = 6;

/// What a bond in LACP mode says of the other side of its active aggregator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partner {
    /// The active aggregator's number.
    pub aggregator: Option<u16>,
    /// The partner system's address, all zero when none answered.
    pub address: Option<LinkAddress>,
    /// The partner's key.
    pub key: Option<u16>,
}

impl Partner {
    /// The partner in an `IFLA_BOND_AD_INFO`; `None` when it does not decode.
    pub(super) fn decode(info: Attributes<'_>) -> Option<Self> {
        let mut partner = Self::default();
        for attribute in info {
            match attribute.kind {
                AGGREGATOR => partner.aggregator = Some(attribute.u16()?),
                PARTNER_KEY => partner.key = Some(attribute.u16()?),
                PARTNER_MAC => partner.address = LinkAddress::from_bytes(attribute.value),
                _ => {}
            }
        }
        Some(partner)
    }
}

/// The member in its `IFLA_INFO_SLAVE_DATA`; `None` when it does not decode.
pub(super) fn member(data: Attributes<'_>) -> Option<BondMember> {
    let mut member = BondMember::default();
    for attribute in data {
        match attribute.kind {
            MEMBER_STATE => member.active = Some(attribute.u8()? == 0),
            MEMBER_AGGREGATOR => member.aggregator = Some(attribute.u16()?),
            _ => {}
        }
    }
    Some(member)
}

/// Tells the members of each bond who their partner is.
///
/// The bond knows the partner of its active aggregator only, so a member of another one gets none.
pub fn join_bonds(links: &mut BTreeMap<IfIndex, Link>, partners: &BTreeMap<IfIndex, Partner>) {
    for link in links.values_mut() {
        let partner = link.master.and_then(|master| partners.get(&master));
        if let (Some(member), Some(partner)) = (&mut link.bond, partner)
            && member.aggregator == partner.aggregator
        {
            member.partner.clone_from(&partner.address);
            member.partner_key = partner.key;
        }
    }
}
