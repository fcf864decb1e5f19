//! Free ports of loopback, outside of the range from which the kernel takes the near ends of
//! connections, so that a port is still free when a program that was stopped wants it again.
//!
//! Left to others: who listens.

use std::net::{Ipv4Addr, TcpListener};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};

/// Below Linux' `ip_local_port_range`, which starts at 32768.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// Ports on which nobody listens, all different.
///
/// # Errors
/// When there are not so many.
pub(super) fn free<const N: usize>() -> Result<[u16; N]> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    // where to begin differs between processes that start at one time
    let seed = since.map_or(0, |it| it.subsec_nanos()) ^ std::process::id().wrapping_mul(7919);
    let begin = u16::try_from(seed % u32::from(COUNT)).unwrap_or_default();
    let candidates = (0..COUNT).map(|step| FIRST + (begin + step) % COUNT);
    let free = candidates.filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    let found: Vec<u16> = free.take(N).collect();
    found.try_into().ok().context("no free ports on loopback")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_free_and_different() {
        let [one, other] = free().unwrap();
        assert_ne!(one, other);
        TcpListener::bind((Ipv4Addr::LOCALHOST, one)).unwrap();
    }
}
