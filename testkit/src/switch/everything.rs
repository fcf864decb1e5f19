//! What a switch says when it says everything that lldpd can: for decoders that must agree with it.
//!
//! Left to others: VLAN TLVs that lldpd makes of kernel VLAN interfaces, where the kernel has them.

/// Arguments for lldpd by which it sends LLDP-MED as a network connectivity device, inventory
/// included ([`SwitchConfig::flags`](super::SwitchConfig::flags)).
pub const MED: [&str; 2] = ["-M", "4"];

/// The lldpcli commands, in words, that make the switch at `interface` send every TLV it has: MED
/// location in its three forms, policy, power and inventory, 802.3 power with its 802.3at part,
/// capabilities, and a vendor's TLV. They need [`MED`].
pub fn everything(interface: &str) -> Vec<Vec<String>> {
    let lines = [
        "med location coordinate latitude 48.85667N longitude 2.2014E altitude 117.47 m datum WGS84",
        "med location address country US language en city Albany",
        "med location elin 9115551212",
        "med policy application voice vlan 500 priority voice dscp 46",
        "med policy application video-conferencing vlan 600 priority video dscp 34",
        "med power pse source primary priority high value 5000",
        "dot3 power pse supported enabled powerpairs spare class class-3 type 2 source primary \
         priority high requested 20000 allocated 12000",
        "lldp custom-tlv add oui 33,44,55 subtype 9 oui-info 01,02,03",
    ];
    let system = [
        "configure system capabilities enabled bridge,router",
        "configure inventory hardware-revision hw-1",
        "configure inventory firmware-revision fw-2",
        "configure inventory software-revision sw-3",
        "configure inventory serial-number 0000",
        "configure inventory manufacturer Bench",
        "configure inventory model Leaf",
        "configure inventory asset a-1",
    ];
    let ports = lines
        .iter()
        .map(|line| format!("configure ports {interface} {line}"));
    let words = |line: String| line.split(' ').map(ToOwned::to_owned).collect();
    system
        .iter()
        .map(|&line| line.to_owned())
        .chain(ports)
        .map(words)
        .collect()
}
