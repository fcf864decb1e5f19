//! Intel 700 series: the firmware's LLDP agent takes every LLDP frame unless it is told to stop.
//!
//! Source: kernel `Documentation/networking/device_drivers/ethernet/intel/i40e.rst`, private flag
//! `disable-fw-lldp`.

use colvin_model::Finding;

use super::Port;

pub(super) fn of(port: &Port<'_>) -> Option<Finding> {
    (!port.flag("disable-fw-lldp")?).then(|| {
        let name = port.name();
        port.finding(format!(
            "the card's firmware takes LLDP frames: ethtool --set-priv-flags {name} disable-fw-lldp on \
             (needs firmware API 1.7, 1.6 on X722, and no NPAR)"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::super::{of, tests::port};

    #[test]
    fn an_agent_that_runs_is_found_with_the_command_that_stops_it() {
        let found = of(&port("i40e", &[("disable-fw-lldp", false)]));
        assert_eq!(found.len(), 1);
        assert!(
            found[0]
                .message
                .contains("ethtool --set-priv-flags ens2f0 disable-fw-lldp on")
        );
        assert_eq!(of(&port("i40e", &[("disable-fw-lldp", true)])), []);
        assert_eq!(of(&port("i40e", &[])), []);
    }
}
