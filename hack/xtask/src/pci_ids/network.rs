//! Which names of a PCI ID list are network functions'. The list has no class per device, so the words
//! of the names must tell; discovery looks up network functions only, so that a name too many costs
//! its bytes and no more.
//!
//! Left to others: the list and the table.

/// Vendors that make little but network functions: every name counts that [`OTHER_KINDS`] does not
/// take out.
const VENDORS: [&str; 16] = [
    "1425", // Chelsio
    "15b3", // Mellanox, now NVIDIA
    "168c", // Qualcomm Atheros
    "1814", // Ralink
    "1924", // Solarflare
    "19ee", // Netronome
    "1bb5", // Quantenna
    "1d6a", // Aquantia
    "1dd8", // Pensando, now AMD
    "1ded", // Alibaba
    "1f0f", // NebulaMatrix
    "1f67", // Yunsilicon
    "1fc1", // PathScale, later QLogic
    "1fc9", // Tehuti
    "1ff2", // Linkdata
    "8088", // Wangxun
];

/// A name with one of these words is a network function's, whoever made it. In small letters and as
/// whole words; a `*` at an end stands for any letters.
const WORDS: [&str; 34] = [
    "*0ge",
    "*5ge",
    "*ethernet*",
    "*gbe",
    "*gbase*",
    "802.11*",
    "bluefield*",
    "connectx*",
    "efa",
    "elastic",
    "ena",
    "erdma",
    "fastlinq",
    "gigabit",
    "gvnic",
    "hfi*",
    "iavf",
    "infiniband",
    "infinihost*",
    "iwarp",
    "lan",
    "mana",
    "netxtreme*",
    "network",
    "networking",
    "nic",
    "omni-path",
    "rdma",
    "roce",
    "vnic",
    "wi-fi",
    "wifi",
    "wireless",
    "wlan",
];

/// The same as two words.
const PHRASES: [&str; 2] = ["physical function", "virtual function"];

/// A name with one of these is something else's, whatever else it says.
const OTHER_KINDS: [&str; 18] = [
    "accelerator",
    "audio",
    "bluetooth",
    "bridge",
    "fcoe",
    "fibre channel",
    "fpga image",
    "gnss",
    "graphics",
    "iscsi",
    "modem",
    "nvme",
    "quickassist",
    "root port",
    "sata",
    "serial",
    "switch port",
    "usb",
];

/// Whether a device of this vendor with this name is a network function, as far as words tell.
pub(super) fn is_network(vendor: &str, name: &str) -> bool {
    let name = name.to_lowercase();
    if OTHER_KINDS.iter().any(|kind| name.contains(kind)) {
        return false;
    }
    let between = |c: char| !(c.is_alphanumeric() || c == '.' || c == '-');
    VENDORS.contains(&vendor)
        || PHRASES.iter().any(|phrase| name.contains(phrase))
        || name
            .split(between)
            .any(|word| WORDS.iter().any(|pattern| matches(pattern, word)))
}

fn matches(pattern: &str, word: &str) -> bool {
    let inner = pattern.trim_matches('*');
    match (pattern.starts_with('*'), pattern.ends_with('*')) {
        (true, true) => word.contains(inner),
        (true, false) => word.ends_with(inner),
        (false, true) => word.starts_with(inner),
        (false, false) => word == inner,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_count_as_whole_words_and_another_kind_wins() {
        for name in [
            "I350 Gigabit Network Connection",
            "Hi1822 Family (2*100GE)",
            "Virtual Function",
        ] {
            assert!(is_network("8086", name), "{name}");
        }
        for name in [
            "Planar Storage",
            "Ethernet-to-PCI Bridge",
            "Wireless Bluetooth",
            "Data Fabric",
        ] {
            assert!(!is_network("8086", name), "{name}");
        }
        assert!(is_network("1425", "T62100-LP-CR Unified Wire") && !is_network("1425", "T6 iSCSI"));
    }
}
