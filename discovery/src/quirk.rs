//! What one driver's cards are known to do to discovery, one file per driver.
//!
//! A quirk is a pure function of what was seen: it reports, and never changes the card. Left to
//! others: reading the private flags (`source::ethtool`), silence on the wire (`source::lldp`).

mod i40e;
mod ice;
mod mlx5;

use colvin_model::observation::{Link, Observations, PortFacts};
use colvin_model::{Finding, FindingReason, IfName, Symbol};

/// A link with what its driver tells.
struct Port<'a> {
    link: &'a Link,
    facts: &'a PortFacts,
}

impl Port<'_> {
    fn name(&self) -> &IfName {
        &self.link.name
    }

    /// A private flag, or `None` when the driver has no such flag.
    fn flag(&self, name: &str) -> Option<bool> {
        self.facts.private_flags.get(name).copied()
    }

    fn finding(&self, message: String) -> Finding {
        let reason = FindingReason::FirmwareLldpAgent;
        match self.link.function {
            Some(function) => Finding::of_function(function, reason, message),
            None => Finding::of_link(self.name().clone(), reason, message),
        }
    }
}

/// The quirks that show in what was seen.
pub(crate) fn of(seen: &Observations) -> Vec<Finding> {
    let ports = seen.ports.iter().filter_map(|(index, facts)| {
        Some(Port {
            link: seen.links.get(index)?,
            facts,
        })
    });
    ports
        .filter_map(|port| match driver(&port, seen)?.as_str() {
            "i40e" => i40e::of(&port),
            "ice" => ice::of(&port),
            _ => None,
        })
        .collect()
}

/// Why a port of this driver may be silent though frames arrive, as far as the driver tells.
pub(crate) fn silence_of(link: &Link, seen: &Observations) -> Silence {
    let unknown = PortFacts::default();
    let facts = seen.ports.get(&link.index).unwrap_or(&unknown);
    let port = Port { link, facts };
    match driver(&port, seen).map(Symbol::as_str) {
        Some("i40e") if i40e::of(&port).is_some() => Silence::FirmwareAgent,
        Some("ice") if ice::of(&port).is_some() => Silence::FirmwareAgent,
        Some("mlx5_core") => Silence::Filtered(mlx5::HINT),
        _ => Silence::SwitchNotSending,
    }
}

/// Why no LLDP frame came (LLDP-14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Silence {
    /// The card's firmware takes them; a finding of its own says how to change it.
    FirmwareAgent,
    /// Nothing tells of a filter on this side.
    SwitchNotSending,
    /// Something on this side may keep them: what to look at.
    Filtered(&'static str),
}

fn driver<'a>(port: &Port<'a>, seen: &'a Observations) -> Option<&'a Symbol> {
    let bound = || seen.functions.get(&port.link.function?)?.driver.as_ref();
    port.facts.driver.as_ref().or_else(bound)
}

#[cfg(test)]
pub(crate) mod tests {
    //! Ports with private flags.

    use std::collections::BTreeMap;

    use super::*;
    use colvin_model::observation::{Carrier, OperState};
    use colvin_model::{IfIndex, Symbol};

    /// What was seen of one port of this driver, `ens2f0`, with these private flags.
    pub(crate) fn port(driver: &str, flags: &[(&str, bool)]) -> Observations {
        let index = IfIndex::new(3).unwrap();
        let link = Link {
            index,
            name: "ens2f0".parse().unwrap(),
            alt_names: Vec::new(),
            alias: None,
            hardware_type: 1,
            address: None,
            permanent_address: None,
            mtu_bytes: 1500,
            admin_up: true,
            carrier: Carrier::Up,
            oper_state: OperState::Up,
            master: None,
            lower: None,
            kind: None,
            parent: None,
            function: "0000:3b:00.0".parse().ok(),
            switch_id: None,
            port_name: None,
            bond: None,
        };
        let flags = flags
            .iter()
            .map(|(name, on)| (Symbol::from(*name), *on))
            .collect();
        let facts = PortFacts {
            private_flags: flags,
            driver: Some(driver.into()),
            ..PortFacts::default()
        };
        Observations {
            links: BTreeMap::from([(index, link)]),
            ports: BTreeMap::from([(index, facts)]),
            ..Observations::default()
        }
    }

    #[test]
    fn a_driver_without_a_quirk_has_no_finding() {
        assert_eq!(of(&port("bnxt_en", &[("fw-lldp-agent", true)])), []);
    }
}
