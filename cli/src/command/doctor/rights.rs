//! What this user may do. Left to others: what the kernel offers (`window`).

use rustix::io::Errno;
use rustix::thread::{CapabilitySet, capabilities};

use super::Check;

/// A receive buffer that holds the events of 128 VFs that come at once.
const WANTED_BUFFER_BYTES: u64 = 8 << 20;

pub(super) fn checks() -> Vec<Check> {
    let mut checks = Vec::new();
    let effective = match capabilities(None) {
        Ok(sets) => sets.effective,
        Err(error) => return vec![unknown(error)],
    };
    checks.push(if effective.contains(CapabilitySet::NET_RAW) {
        Check::ok("CAP_NET_RAW", "LLDP can be heard")
    } else {
        let remedy = "sudo, or once: setcap cap_net_raw+ep $(command -v colvin)";
        Check::warn(
            "CAP_NET_RAW",
            "is wanting: neighbors and watch hear no LLDP",
            remedy,
        )
    });
    let admin = effective.contains(CapabilitySet::NET_ADMIN);
    checks.push(Check::ok(
        "CAP_NET_ADMIN",
        if admin {
            "the cards' switch modes can be asked"
        } else {
            "is wanting, and is needed for nothing but the cards' switch modes, which are inferred"
        },
    ));
    checks.push(buffer(admin));
    checks
}

fn unknown(error: Errno) -> Check {
    Check::warn(
        "capabilities",
        format!("cannot be read: {error}"),
        "is this Linux?",
    )
}

/// The buffer of the sockets that events come by: an administrator may exceed the limit.
fn buffer(admin: bool) -> Check {
    const NAME: &str = "receive buffer";
    let limit = std::fs::read("/proc/sys/net/core/rmem_max").ok();
    let limit = limit.and_then(|text| str::from_utf8(text.trim_ascii()).ok()?.parse::<u64>().ok());
    match limit {
        _ if admin => Check::ok(NAME, "may be as large as it must be"),
        Some(limit) if limit >= WANTED_BUFFER_BYTES => Check::ok(NAME, format!("{limit} bytes")),
        Some(limit) => Check::warn(
            NAME,
            format!(
                "{limit} bytes: when very many VFs are made at once events may be lost, and all is read again"
            ),
            format!("sysctl -w net.core.rmem_max={WANTED_BUFFER_BYTES}"),
        ),
        None => Check::warn(NAME, "net.core.rmem_max cannot be read", "mount /proc"),
    }
}
