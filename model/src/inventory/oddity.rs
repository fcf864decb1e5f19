//! What is odd about an uplink, as far as the joined facts show it.
//!
//! Left to others: oddities of one source (it reports its own), vendor quirks (`colvin-discovery`).

use std::collections::BTreeMap;

use super::virtual_function::is_for_userspace;
use super::{Uplink, UplinkId, VfUse};
use crate::observation::{Neighbor, SlotLink};
use crate::{Finding, FindingReason, PciAddress, Subject};

/// Bytes of an untagged Ethernet frame beside its payload: two addresses, type, check sum.
const FRAME_OVERHEAD_BYTES: u32 = 18;

/// Adds what is odd about one uplink; `strays` is the first VF of each PF that has no index.
pub(super) fn of_uplink(
    uplink: &Uplink,
    strays: &BTreeMap<PciAddress, PciAddress>,
    findings: &mut Vec<Finding>,
) {
    no_kernel_driver(uplink, findings);
    half_created(uplink, findings);
    misplaced(uplink, strays, findings);
    narrow_slot(uplink, findings);
    mtu(uplink, findings);
    ambiguous(uplink, findings);
}

fn subject(uplink: &Uplink) -> Subject {
    match (&uplink.id, uplink.name()) {
        (UplinkId::Function(address), _) => Subject::Function(*address),
        (UplinkId::Netdev(name), _) => Subject::Link(name.clone()),
    }
}

fn find(uplink: &Uplink, reason: FindingReason, message: String) -> Finding {
    Finding {
        subject: subject(uplink),
        reason,
        message,
    }
}

fn no_kernel_driver(uplink: &Uplink, findings: &mut Vec<Finding>) {
    let Some(function) = &uplink.function else {
        return;
    };
    let why = match &function.driver {
        None => "no driver is bound".to_owned(),
        Some(driver) if is_for_userspace(driver.as_str()) => {
            format!("the driver {driver} hands it to a program")
        }
        Some(_) => return,
    };
    let message = format!(
        "{why}, so it has no netdev and hears no LLDP: bind its network driver to see what is behind it"
    );
    findings.push(find(uplink, FindingReason::NoKernelDriver, message));
}

fn half_created(uplink: &Uplink, findings: &mut Vec<Finding>) {
    let half = |vf: &&super::VirtualFunction| vf.usage == VfUse::HalfCreated;
    let missing = uplink.virtual_functions.iter().filter(half).count();
    let Some(sriov) = uplink.sriov().filter(|_| missing > 0) else {
        return;
    };
    let message = format!(
        "{missing} of {} VFs are not there yet: the kernel is still making them, or sriov_numvfs failed halfway (see the kernel log)",
        sriov.configured
    );
    findings.push(find(uplink, FindingReason::HalfCreated, message));
}

/// VFs whose place and `virtfnN` disagree: one finding per PF, naming the first.
fn misplaced(
    uplink: &Uplink,
    strays: &BTreeMap<PciAddress, PciAddress>,
    findings: &mut Vec<Finding>,
) {
    let (Some(pf), Some(sriov)) = (uplink.address(), uplink.sriov()) else {
        return;
    };
    let reckoned = |vf: PciAddress| pf.index_of(sriov.offset, sriov.stride, vf);
    let wrong = sriov
        .virtfn
        .iter()
        .find(|(index, vf)| reckoned(**vf) != Some(**index));
    let message = match wrong {
        Some((index, vf)) => format!(
            "virtfn{index} is {vf}, where offset {} and stride {} put no VF of that index: the PF was being changed, look again",
            sriov.offset, sriov.stride
        ),
        None => match strays.get(&pf) {
            Some(vf) => format!(
                "{vf} names this PF, where offset {} and stride {} put no VF: the PF was being changed, look again",
                sriov.offset, sriov.stride
            ),
            None => return,
        },
    };
    findings.push(find(uplink, FindingReason::VfIndexMismatch, message));
}

fn narrow_slot(uplink: &Uplink, findings: &mut Vec<Finding>) {
    let Some(slot) = uplink.function.as_ref().and_then(|function| function.slot) else {
        return;
    };
    let SlotLink {
        card_lanes,
        slot_lanes,
        card_mega_transfers,
        slot_mega_transfers,
    } = slot;
    let slower = matches!((card_mega_transfers, slot_mega_transfers), (Some(card), Some(slot)) if slot < card);
    if slot_lanes < card_lanes {
        let message = format!(
            "a x{card_lanes} card in a x{slot_lanes} slot: it cannot reach its rate, move it to a wider slot"
        );
        findings.push(find(uplink, FindingReason::NarrowSlot, message));
    } else if slower {
        let message = "the slot is of an older PCI Express generation than the card: it may not reach its rate".to_owned();
        findings.push(find(uplink, FindingReason::NarrowSlot, message));
    }
}

fn mtu(uplink: &Uplink, findings: &mut Vec<Finding>) {
    let Some(link) = &uplink.link else { return };
    let sends = link.mtu_bytes.saturating_add(FRAME_OVERHEAD_BYTES);
    for neighbor in &uplink.neighbors {
        if let Some(takes) = neighbor
            .max_frame_bytes
            .filter(|takes| u32::from(*takes) < sends)
        {
            let message = format!(
                "MTU {} needs frames of {sends} bytes, port {} of the neighbour takes {takes}: larger packets are lost, align the two",
                link.mtu_bytes,
                neighbor.port_id.cut(64)
            );
            findings.push(find(uplink, FindingReason::MtuMismatch, message));
        }
    }
}

/// More than one neighbour that is heard now, or one of our own VFs. What is remembered from an
/// earlier run contends with nobody.
fn ambiguous(uplink: &Uplink, findings: &mut Vec<Finding>) {
    let live = || uplink.neighbors.iter().filter(|neighbor| !neighbor.stale);
    let vfs = &uplink.virtual_functions;
    let ours = live().find_map(|one| vfs.iter().find(|vf| vf.mac == Some(one.source)));
    let name = |neighbor: &Neighbor| {
        let name = neighbor
            .system_name
            .as_ref()
            .unwrap_or(&neighbor.chassis_id);
        name.cut(64).to_owned()
    };
    let message = match (ours, live().next(), live().nth(1)) {
        (Some(vf), _, _) => format!(
            "LLDP frames come from our own VF {} ({}): the port is on no network until they stop",
            vf.index, vf.address
        ),
        (None, Some(first), Some(second)) => format!(
            "{} neighbours speak on one port ({} and {}): a device that forwards LLDP is between, or someone pretends",
            live().count(),
            name(first),
            name(second)
        ),
        (None, _, _) => return,
    };
    findings.push(find(uplink, FindingReason::AmbiguousNeighbor, message));
}
