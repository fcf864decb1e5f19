//! Who else speaks LLDP on this machine. Left to others: agents in the cards' firmware (`hardware`).

use std::path::Path;

use super::Check;

/// The signs that an agent runs, which need no privilege to see.
const SIGNS: [(&str, &str); 4] = [
    ("lldpd", "/run/lldpd.socket"),
    ("lldpd", "/run/lldpd/lldpd.socket"),
    ("systemd-networkd", "/run/systemd/netif/lldp"),
    ("NetworkManager", "/run/NetworkManager"),
];

/// The abstract socket of lldpad, as `/proc/net/unix` lists it.
const LLDPAD: &[u8] = b"@/com/intel/lldpad";

pub(super) fn checks() -> Vec<Check> {
    let mut running: Vec<&str> = SIGNS
        .iter()
        .filter(|(_, path)| Path::new(path).exists())
        .map(|(name, _)| *name)
        .collect();
    let sockets = std::fs::read("/proc/net/unix").unwrap_or_default();
    if sockets.windows(LLDPAD.len()).any(|window| window == LLDPAD) {
        running.push("lldpad");
    }
    running.dedup();
    vec![match running.as_slice() {
        [] => Check::ok("other LLDP agents", "none was found"),
        some => Check::ok(
            "other LLDP agents",
            format!(
                "{} may hear, and send, on the same ports, which hinders nothing here",
                some.join(", ")
            ),
        ),
    }]
}
