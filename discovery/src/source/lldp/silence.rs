//! A port with a carrier and nobody who speaks (LLDP-14): said, with the likeliest reason.
//!
//! Left to others: what the drivers are known to do (`quirk`).

use std::time::Duration;

use colvin_model::observation::{Link, Observations};
use colvin_model::{Finding, FindingReason};

use super::of_port;
use super::port::Port;
use crate::quirk::{Silence, silence_of};

/// The time in which three frames should have come, at the standard's interval of 30 s.
///
/// Source: IEEE 802.1AB-2016, 9.2.5.7 (`msgTxInterval`).
pub(super) const LIMIT: Duration = Duration::from_secs(90);

/// The finding that a port is silent, or `None` while it is not. The caller knows that nobody's time
/// to live runs on it.
pub(super) fn finding(
    port: &Port,
    link: &Link,
    known: &Observations,
    now: Duration,
) -> Option<Finding> {
    port.silent_from().filter(|from| *from <= now)?;
    let (reason, why) = match silence_of(link, known) {
        Silence::FirmwareAgent => (
            "FirmwareAgent",
            "the card's firmware takes the frames, another finding says how to change that",
        ),
        Silence::Filtered(hint) => ("Filtered", hint),
        Silence::SwitchNotSending => (
            "SwitchNotSending",
            "nothing here takes the frames: switch LLDP on at the other end",
        ),
    };
    let message = format!(
        "{} has a carrier and heard no LLDP frame for {} s ({reason}): {why}",
        link.name,
        LIMIT.as_secs()
    );
    Some(of_port(link, FindingReason::LldpSilent, message))
}
