//! Intel 800 series: the firmware's LLDP agent, and Safe Mode, in which it cannot be told to stop.
//!
//! Source: kernel `Documentation/networking/device_drivers/ethernet/intel/ice.rst`, private flag
//! `fw-lldp-agent` and the chapter on Safe Mode.

use colvin_model::Finding;

use super::Port;

pub(super) fn of(port: &Port<'_>) -> Option<Finding> {
    port.flag("fw-lldp-agent")?.then(|| {
        let name = port.name();
        port.finding(format!(
            "the card's firmware takes LLDP frames: ethtool --set-priv-flags {name} fw-lldp-agent off \
             (where it goes back on by itself, the UEFI setup forbids it, or the card runs in Safe Mode for \
             want of its DDP package: see the kernel log)"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::super::{of, tests::port};

    #[test]
    fn an_agent_that_runs_is_found_with_the_command_that_stops_it() {
        let found = of(&port("ice", &[("fw-lldp-agent", true)]));
        assert_eq!(found.len(), 1);
        assert!(
            found[0]
                .message
                .contains("ethtool --set-priv-flags ens2f0 fw-lldp-agent off")
        );
        assert!(found[0].message.contains("Safe Mode"));
        assert_eq!(of(&port("ice", &[("fw-lldp-agent", false)])), []);
        assert_eq!(of(&port("ice", &[])), []);
    }
}
