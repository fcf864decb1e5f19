//! A bond member's side, from the member's `bonding_slave` and the bond's `bonding`.
//!
//! Left to others: what the partner is (its LLDP tells).

use colvin_model::IfName;
use colvin_model::observation::BondMember;

use super::Folder;
use crate::sysfs::net::{reader::Reader, value::address_at};

impl Reader<'_> {
    /// The link's place in a bond, or `None` when it is in none.
    ///
    /// The kernel shows one partner for a bond, that of the active aggregator: members of another
    /// aggregator have none here.
    ///
    /// Source: kernel `drivers/net/bonding/bond_sysfs_slave.c` and `bond_sysfs.c`.
    pub(super) fn bond_member(&mut self, master: Option<&IfName>) -> Option<BondMember> {
        let active =
            self.look.attribute(
                "bonding_slave/state",
                "active or backup",
                |text| match text {
                    "active" => Some(true),
                    "backup" => Some(false),
                    _ => None,
                },
            )?;
        let aggregator = self.look.attribute(
            "bonding_slave/ad_aggregator_id",
            "an aggregator's number or N/A",
            |text| match text {
                "N/A" => Some(None),
                number => number.parse().ok().map(Some),
            },
        );
        let aggregator: Option<u16> = aggregator.flatten();
        let mut member = BondMember {
            active: Some(active),
            aggregator,
            partner: None,
            partner_key: None,
        };
        if let (Some(aggregator), Some(master)) = (aggregator, master) {
            let of_bond = |file| Folder::Net.at(master.as_str(), file);
            let number = |text: &str| text.parse::<u16>().ok();
            let look = &mut self.look;
            let active = look.root.attribute(
                of_bond("bonding/ad_aggregator"),
                "an aggregator's number",
                number,
            );
            if look.keep(active) == Some(aggregator) {
                let key = look.root.attribute(
                    of_bond("bonding/ad_partner_key"),
                    "a partner's key",
                    number,
                );
                member.partner_key = look.keep(key);
                let partner = address_at(look.root, of_bond("bonding/ad_partner_mac"));
                member.partner = look.keep(partner).flatten();
            }
        }
        Some(member)
    }
}
