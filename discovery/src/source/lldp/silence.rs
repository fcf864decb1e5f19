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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quirk::tests::port;

    /// The finding about `ens2f0` of this driver, listened on since time 10, at this time.
    fn at(secs: u64, driver: &str, flags: &[(&str, bool)]) -> Option<String> {
        let seen = port(driver, flags);
        let link = seen.links.values().next().unwrap();
        let since = Duration::from_secs(10);
        let port = Port::new(link, since);
        finding(&port, link, &seen, Duration::from_secs(secs)).map(|finding| {
            assert_eq!(finding.reason, FindingReason::LldpSilent);
            finding.message
        })
    }

    #[test]
    fn lldp_14_three_frames_must_have_been_missed() {
        assert_eq!(at(99, "igb", &[]), None);
        let said = at(100, "igb", &[]).unwrap();
        assert!(said.contains("90 s (SwitchNotSending)"), "{said}");
        assert_eq!(
            at(5000, "igb", &[]),
            Some(said),
            "the same state is the same finding"
        );
    }

    #[test]
    fn lldp_14_the_likeliest_reason_is_named() {
        let agent = at(100, "ice", &[("fw-lldp-agent", true)]).unwrap();
        assert!(agent.contains("(FirmwareAgent)"), "{agent}");
        let stopped = at(100, "ice", &[("fw-lldp-agent", false)]).unwrap();
        assert!(stopped.contains("(SwitchNotSending)"), "{stopped}");
        let hidden = at(100, "mlx5_core", &[]).unwrap();
        assert!(
            hidden.contains("(Filtered)") && hidden.contains("mlxconfig"),
            "{hidden}"
        );
    }

    #[test]
    fn lldp_14_a_port_without_a_carrier_is_not_silent() {
        let mut seen = port("igb", &[]);
        let link = seen.links.values_mut().next().unwrap();
        link.carrier = colvin_model::observation::Carrier::Down;
        let link = link.clone();
        let port = Port::new(&link, Duration::ZERO);
        assert_eq!(
            finding(&port, &link, &seen, Duration::from_secs(1000)),
            None
        );
    }

    #[test]
    fn lldp_14_the_time_counts_from_the_last_frame_and_from_a_new_carrier() {
        let seen = port("igb", &[]);
        let link = seen.links.values().next().unwrap();
        let mut port = Port::new(link, Duration::ZERO);
        port.heard = Some(Duration::from_secs(50));
        assert_eq!(port.silent_from(), Some(Duration::from_secs(140)));
        let mut down = link.clone();
        down.carrier = colvin_model::observation::Carrier::Down;
        assert!(
            port.update(&down, Duration::from_mins(1)),
            "the carrier was lost"
        );
        assert_eq!(port.silent_from(), None);
        assert!(!port.update(link, Duration::from_secs(70)));
        assert_eq!(port.silent_from(), Some(Duration::from_secs(160)));
    }
}
