//! `colvin show vfs [PF]`: the VFs of one PF or of all, one line each.
//!
//! Left to others: the ports they belong to (`show`).

use std::io::Write;

use anyhow::bail;
use colvin_crds::v1alpha1::node_topology::VfDetail;
use colvin_model::inventory::{Uplink, VirtualFunction};
use colvin_model::{Finding, Inventory, PciAddress};

use super::{Ended, show};
use crate::args::{Format, Show};
use crate::machine::{Machine, Seen};
use crate::output::Output;
use crate::ports::{self, called, or_empty};
use crate::table::{Table, column};

/// Shows the VFs of the PF that is called so, or of all.
///
/// # Errors
/// When there is no such PF, the machine cannot be looked at, or nothing can be written.
pub(super) fn run(args: &Show, pf: Option<&str>, to: &mut dyn Write) -> anyhow::Result<Ended> {
    let machine = Machine::open(&args.machine)?;
    let seen = machine.look()?;
    let pf = pf.map(|pf| find(&seen.inventory, pf)).transpose()?;
    let is_shown =
        |uplink: &&Uplink| uplink.sriov().is_some() && pf.is_none_or(|pf| pf.id == uplink.id);
    let uplinks: Vec<Uplink> = seen
        .inventory
        .uplinks
        .iter()
        .filter(is_shown)
        .cloned()
        .collect();
    let is_about = |finding: &&Finding| uplinks.iter().any(|up| up.is_subject(&finding.subject));
    let findings = seen
        .inventory
        .findings
        .iter()
        .filter(is_about)
        .cloned()
        .collect();
    let seen = Seen {
        inventory: Inventory { uplinks, findings },
        names: seen.names,
    };
    let mut output = Output::new(to, args.look.color);
    if let Some(form) = args.look.output.form() {
        let object = show::object(&machine.node(&args.node), &seen, VfDetail::Each);
        output.object(form, &object)?;
    } else {
        write(&mut output, &seen.inventory, args.look.output)?;
        ports::write_findings(&mut output, &seen.inventory)?;
    }
    Ok(Ended::Well)
}

/// The PF of this PCI address, netdev or alternative name.
fn find<'a>(inventory: &'a Inventory, pf: &str) -> anyhow::Result<&'a Uplink> {
    let address = pf
        .parse::<PciAddress>()
        .or_else(|_| format!("0000:{pf}").parse())
        .ok();
    let is = |uplink: &&Uplink| {
        let link = uplink.link.as_ref();
        let named = link.is_some_and(|link| {
            link.name.as_str() == pf || link.alt_names.iter().any(|name| name.as_str() == pf)
        });
        named || (address.is_some() && uplink.address() == address)
    };
    let Some(uplink) = inventory.uplinks.iter().find(is) else {
        return Err(not_found(inventory, pf, address));
    };
    if uplink.sriov().is_none() {
        bail!("cannot show the VFs of {pf}: it has no SR-IOV");
    }
    Ok(uplink)
}

fn not_found(inventory: &Inventory, pf: &str, address: Option<PciAddress>) -> anyhow::Error {
    let is = |vf: &&VirtualFunction| {
        Some(vf.address) == address || vf.netdev.as_ref().is_some_and(|name| name.as_str() == pf)
    };
    for uplink in &inventory.uplinks {
        if let Some(vf) = uplink.virtual_functions.iter().find(is) {
            let (index, owner) = (vf.index, called(uplink));
            return anyhow::anyhow!(
                "cannot show the VFs of {pf}: it is itself VF {index} of {owner}: colvin show vfs {owner}"
            );
        }
    }
    let pfs = inventory
        .uplinks
        .iter()
        .filter(|uplink| uplink.sriov().is_some());
    let pfs: Vec<String> = pfs.map(called).collect();
    match pfs.as_slice() {
        [] => anyhow::anyhow!("cannot show the VFs of {pf}: no port of this machine has SR-IOV"),
        pfs => anyhow::anyhow!(
            "cannot show the VFs of {pf}: the ports with SR-IOV are {}",
            pfs.join(", ")
        ),
    }
}

/// Writes the table of all VFs.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write(
    output: &mut Output<'_>,
    inventory: &Inventory,
    format: Format,
) -> anyhow::Result<()> {
    let table = table(&inventory.uplinks, format);
    if table.is_empty() {
        output.line("there is no VF")?;
    } else {
        output.table(table)?;
    }
    Ok(())
}

fn table(uplinks: &[Uplink], format: Format) -> Table {
    let columns = [
        column("PF"),
        column("INDEX"),
        column("PCI"),
        column("DRIVER"),
        column("NETDEV"),
        column("MAC").expendable(3),
        column("NUMA").expendable(2),
        column("IOMMU").expendable(1),
        column("USE"),
        column("RDMA").expendable(4),
    ];
    let mut table = Table::in_format(&columns, 1, format);
    for uplink in uplinks {
        for vf in &uplink.virtual_functions {
            let cells = [
                called(uplink),
                vf.index.to_string(),
                vf.address.to_string(),
                or_empty(vf.driver.as_ref()),
                or_empty(vf.netdev.as_ref()),
                or_empty(vf.mac),
                or_empty(vf.numa_node),
                or_empty(vf.iommu_group),
                vf.usage.as_str().to_owned(),
                or_empty(vf.rdma.as_ref()),
            ];
            table.row(cells);
        }
    }
    table
}
