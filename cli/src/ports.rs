//! Ports as rows: what `show`, `neighbors` and `doctor` have in common. Left to others: who asks, and the paper.

use colvin_discovery::pci_names::Names;
use colvin_model::inventory::{LinkState, Uplink};
use colvin_model::observation::{Neighbor, WireText};
use colvin_model::{Finding, Inventory, Subject};

use crate::output::{Output, Tone};

/// What a port is called: its netdev's name, or its id.
pub(crate) fn called(uplink: &Uplink) -> String {
    uplink
        .name()
        .map_or_else(|| uplink.id.to_string(), ToString::to_string)
}

/// A text, or an empty one.
pub(crate) fn or_empty<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// `1 port`, `2 ports`.
pub(crate) fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// The card's name by the PCI ID lists.
pub(crate) fn model(uplink: &Uplink, names: &Names) -> String {
    let name = uplink
        .function
        .as_ref()
        .and_then(|function| names.model_of(function.id));
    or_empty(name)
}

/// What every card's name begins or ends with, and so says nothing.
const BEGINNINGS: [&str; 3] = [
    "Ethernet Controller ",
    "Ethernet Connection ",
    "Ethernet Network Adapter ",
];
const ENDS: [&str; 4] = [
    " Gigabit Network Connection",
    " Network Connection",
    " Ethernet Controller",
    " for QSFP",
];

/// A card's name without what it shares with all others, such as `E810-C` or `ConnectX-6 Dx`.
pub(crate) fn short_model(name: &str) -> &str {
    if let Some((_, product)) = name
        .strip_suffix(']')
        .and_then(|name| name.rsplit_once('['))
    {
        return product;
    }
    let name = BEGINNINGS
        .iter()
        .find_map(|begin| name.strip_prefix(begin))
        .unwrap_or(name);
    ENDS.iter()
        .find_map(|end| name.strip_suffix(end))
        .unwrap_or(name)
}

/// A speed as people say it: `100G`, `2.5G`, `100M`.
pub(crate) fn speed(uplink: &Uplink) -> String {
    match uplink.port.speed_mbps {
        None => String::new(),
        Some(mbps @ ..1000) => format!("{mbps}M"),
        Some(mbps) if mbps.is_multiple_of(1000) => format!("{}G", mbps / 1000),
        Some(mbps) => format!("{}.{}G", mbps / 1000, mbps % 1000 / 100),
    }
}

/// VFs used, configured and possible; empty where there is no SR-IOV.
pub(crate) fn vfs(uplink: &Uplink) -> String {
    or_empty(uplink.sriov().map(|sriov| {
        format!(
            "{}/{}/{}",
            uplink.used_virtual_functions(),
            sriov.configured,
            sriov.total
        )
    }))
}

/// A system by its name, else by its chassis.
pub(crate) fn system(neighbor: &Neighbor) -> String {
    let name = neighbor
        .system_name
        .as_ref()
        .unwrap_or(&neighbor.chassis_id)
        .to_string();
    if neighbor.stale {
        name + " (stale)"
    } else {
        name
    }
}

/// What the first neighbour says, and how many more there are.
pub(crate) fn first_neighbor(uplink: &Uplink) -> String {
    match uplink.neighbors.as_slice() {
        [] => String::new(),
        [one] => system(one),
        [first, more @ ..] => format!("{} +{}", system(first), more.len()),
    }
}

/// A text that the first neighbour sends.
pub(crate) fn said(uplink: &Uplink, what: impl Fn(&Neighbor) -> Option<&WireText>) -> String {
    or_empty(uplink.neighbors.first().and_then(what))
}

/// Whether frames could come: the port has a netdev with a signal.
pub(crate) fn is_up(uplink: &Uplink) -> bool {
    uplink.state == LinkState::Up
}

/// The findings below a table, those about ports by the name people know.
///
/// # Errors
/// When they cannot be written.
pub(crate) fn write_findings(output: &mut Output<'_>, inventory: &Inventory) -> anyhow::Result<()> {
    for finding in &inventory.findings {
        write_finding(output, finding, inventory)?;
    }
    Ok(())
}

/// One finding as a marked line.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write_finding(
    output: &mut Output<'_>,
    finding: &Finding,
    inventory: &Inventory,
) -> anyhow::Result<()> {
    output.marked(Tone::Odd, "!", &finding_line(finding, inventory))?;
    Ok(())
}

/// A finding as a line with its reason, about a port by the name people know.
pub(crate) fn finding_line(finding: &Finding, inventory: &Inventory) -> String {
    format!(
        "{} [{}]",
        finding_sentence(finding, inventory),
        finding.reason
    )
}

/// A finding as a line, about a port by the name people know.
pub(crate) fn finding_sentence(finding: &Finding, inventory: &Inventory) -> String {
    let port = || {
        inventory
            .uplinks
            .iter()
            .find(|uplink| uplink.is_subject(&finding.subject))
    };
    let about = match (&finding.subject, port()) {
        (Subject::Function(at), Some(uplink)) if uplink.address() == Some(*at) => called(uplink),
        (Subject::Function(at), Some(uplink)) => format!("{} VF {at}", called(uplink)),
        (subject, _) => subject.to_string(),
    };
    format!("{about}: {}", finding.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_is_what_tells_a_card_from_others() {
        for (name, short) in [
            ("Ethernet Controller E810-C for QSFP", "E810-C"),
            ("MT2892 Family [ConnectX-6 Dx]", "ConnectX-6 Dx"),
            ("82576 Gigabit Network Connection", "82576"),
            ("Virtio 1.0 network device", "Virtio 1.0 network device"),
            ("]", "]"),
            ("", ""),
        ] {
            assert_eq!(short_model(name), short);
        }
    }
}
