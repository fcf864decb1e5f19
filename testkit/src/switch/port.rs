//! One port of a switch: the interface it stands for, and what it says of itself.
//!
//! Left to others: the daemon (`crate::switch`).

/// A port: an interface of the test's namespace and what the switch calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// The interface: a tap of the bench, or one end of a veth pair.
    pub interface: String,
    /// Port ID, subtype "locally assigned".
    pub id: String,
    /// Port description.
    pub description: String,
    /// The untagged VLAN and its name, sent as IEEE 802.1's PVID and VLAN Name.
    pub vlan: Option<(u16, String)>,
}

impl Port {
    /// A port without a VLAN.
    pub fn new(interface: &str, id: &str, description: &str) -> Self {
        Self {
            interface: interface.to_owned(),
            id: id.to_owned(),
            description: description.to_owned(),
            vlan: None,
        }
    }

    /// The same port in VLAN `id`, named `name`.
    #[must_use]
    pub fn vlan(mut self, id: u16, name: &str) -> Self {
        self.vlan = Some((id, name.to_owned()));
        self
    }

    /// The lldpcli commands that make it so, in words.
    pub(super) fn configuration(&self) -> Vec<Vec<String>> {
        let line = |words: &[&str]| {
            let mut line = vec!["configure", "ports", &self.interface, "lldp"];
            line.extend_from_slice(words);
            line.into_iter().map(ToOwned::to_owned).collect()
        };
        let mut lines = vec![
            line(&["portidsubtype", "local", &self.id]),
            line(&["portdescription", &self.description]),
        ];
        if let Some((id, name)) = &self.vlan {
            // lldpd sends VLAN TLVs of its own only for kernel VLAN interfaces
            let [high, low] = id.to_be_bytes();
            let pvid = format!("{high:02x},{low:02x}");
            let letters: Vec<String> = name
                .bytes()
                .map(|letter| format!(",{letter:02x}"))
                .collect();
            let named = format!("{pvid},{:02x}{}", name.len(), letters.concat());
            // without `add`, what an earlier cable left at this interface is replaced
            let tlv = [
                "custom-tlv",
                "oui",
                "00,80,c2",
                "subtype",
                "1",
                "oui-info",
                &pvid,
            ];
            lines.push(line(&tlv));
            let tlv = [
                "custom-tlv",
                "add",
                "oui",
                "00,80,c2",
                "subtype",
                "3",
                "oui-info",
                &named,
            ];
            lines.push(line(&tlv));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vlan_is_sent_as_pvid_and_vlan_name_bytes() {
        let lines: Vec<String> = Port::new("tap0", "Ethernet1/7", "green bay 7")
            .vlan(110, "green")
            .configuration()
            .iter()
            .map(|line| line.join("|"))
            .collect();
        assert_eq!(
            lines,
            [
                "configure|ports|tap0|lldp|portidsubtype|local|Ethernet1/7",
                "configure|ports|tap0|lldp|portdescription|green bay 7",
                "configure|ports|tap0|lldp|custom-tlv|oui|00,80,c2|subtype|1|oui-info|00,6e",
                "configure|ports|tap0|lldp|custom-tlv|add|oui|00,80,c2|subtype|3|oui-info|\
                 00,6e,05,67,72,65,65,6e",
            ]
        );
    }
}
