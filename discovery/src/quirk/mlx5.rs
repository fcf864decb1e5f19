//! NVIDIA `ConnectX`: the firmware may take LLDP frames, and only the vendor's own tool tells.
//!
//! There is no private flag to read, so nothing is claimed: a port that stays silent gets this hint.
//!
//! Source: `LLDP_NB_DCBX`, `LLDP_NB_RX_MODE` and `LLDP_NB_TX_MODE` of `mlxconfig`.

/// What to look at when a port of this driver hears nothing.
pub(super) const HINT: &str =
    "the card's firmware may take the frames: see LLDP_NB_RX_MODE and LLDP_NB_DCBX in mlxconfig";

#[cfg(test)]
mod tests {
    use super::super::{Silence, of, silence_of, tests::port};

    #[test]
    fn lldp_14_a_silent_port_gets_the_hint_and_no_claim() {
        let seen = port("mlx5_core", &[]);
        assert_eq!(of(&seen), []);
        let link = seen.links.values().next().unwrap();
        assert!(
            matches!(silence_of(link, &seen), Silence::Filtered(hint) if hint.contains("mlxconfig"))
        );
    }
}
