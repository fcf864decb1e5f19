//! `colvin show`: the ports of a machine, one line each, and below them what is odd.
//!
//! It asks the kernel and waits for nothing; neighbours are shown where they are recorded. Left to others: listening
//! (`neighbors`), the VFs' own table (`show_vfs`).

use std::io::Write;

use colvin_crds::v1alpha1::NodeTopology;
use colvin_crds::v1alpha1::node_topology::VfDetail;
use colvin_discovery::pci_names::Names;
use colvin_model::Inventory;
use colvin_model::inventory::Uplink;
use colvin_model::observation::EswitchMode;

use super::{Ended, show_vfs};
use crate::args::{Format, Show};
use crate::machine::{Machine, Seen};
use crate::output::Output;
use crate::ports::{self, or_empty};
use crate::table::{Column, Table, column};

/// Shows the ports.
///
/// # Errors
/// When the machine cannot be looked at, or nothing can be written.
pub(super) fn run(args: &Show, to: &mut dyn Write) -> anyhow::Result<Ended> {
    let machine = Machine::open(&args.machine)?;
    let seen = machine.look()?;
    let mut output = Output::new(to, args.look.color);
    if let Some(form) = args.look.output.form() {
        let detail = if args.vfs {
            VfDetail::Each
        } else {
            VfDetail::Ranges
        };
        output.object(form, &object(&machine.node(&args.node), &seen, detail))?;
        return Ok(Ended::Well);
    }
    write(&mut output, &seen, args.look.output)?;
    if args.vfs {
        output.line("")?;
        show_vfs::write(&mut output, &seen.inventory, args.look.output)?;
    }
    let is_up = seen.inventory.uplinks.iter().any(ports::is_up);
    if machine.is_live() && output.is_terminal() && is_up {
        output.aside("who is at the other end of the cables: colvin neighbors")?;
    }
    Ok(Ended::Well)
}

/// The object of what was seen.
pub(super) fn object(node: &str, seen: &Seen, detail: VfDetail) -> NodeTopology {
    NodeTopology::of_inventory(node, &seen.inventory, detail, |function| {
        Some(seen.names.model_of(function.id)?.into_owned())
    })
}

fn write(output: &mut Output<'_>, seen: &Seen, format: Format) -> anyhow::Result<()> {
    if seen.inventory.uplinks.is_empty() {
        output.line("no port to the outside was found")?;
    } else {
        output.table(table(&seen.inventory, &seen.names, format))?;
    }
    ports::write_findings(output, &seen.inventory)
}

/// A column: how it looks, when a table has it, and what stands in it.
struct Field {
    column: Column,
    when: When,
    cell: fn(&Uplink, &Context<'_>) -> String,
}

/// When a table has a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    /// Where a port has something in it, and in the wide table.
    Filled,
    Wide,
}

struct Context<'a> {
    inventory: &'a Inventory,
    names: &'a Names,
    format: Format,
}

impl Context<'_> {
    fn model(&self, uplink: &Uplink) -> String {
        let name = ports::model(uplink, self.names);
        match self.format {
            Format::Wide => name,
            Format::Table | Format::Json | Format::Yaml => ports::short_model(&name).to_owned(),
        }
    }
}

const fn field(column: Column, cell: fn(&Uplink, &Context<'_>) -> String) -> Field {
    Field {
        column,
        when: When::Always,
        cell,
    }
}

const fn wide(head: &'static str, cell: fn(&Uplink, &Context<'_>) -> String) -> Field {
    Field {
        column: column(head),
        when: When::Wide,
        cell,
    }
}

const fn filled(column: Column, cell: fn(&Uplink, &Context<'_>) -> String) -> Field {
    Field {
        column,
        when: When::Filled,
        cell,
    }
}

/// How many there are; empty where there is none.
fn number(of: usize) -> String {
    if of == 0 {
        String::new()
    } else {
        of.to_string()
    }
}

/// The columns in their order.
const FIELDS: [Field; 23] = [
    field(column("NETDEV"), |up, _| or_empty(up.name())),
    field(column("PCI"), |up, _| or_empty(up.address())),
    field(column("MODEL").cut().expendable(9), |up, context| {
        context.model(up)
    }),
    field(column("NUMA").expendable(8), |up, _| {
        or_empty(up.function.as_ref().and_then(|function| function.numa_node))
    }),
    field(column("SPEED").expendable(1), |up, _| ports::speed(up)),
    field(column("LINK"), |up, _| up.state.as_str().to_owned()),
    field(column("DRIVER").expendable(7), |up, _| {
        or_empty(up.driver())
    }),
    wide("FIRMWARE", |up, _| or_empty(up.firmware.as_ref())),
    wide("MAC", |up, _| or_empty(up.mac())),
    wide("MTU", |up, _| {
        or_empty(up.link.as_ref().map(|link| link.mtu_bytes))
    }),
    wide("RDMA", |up, _| or_empty(up.rdma.as_ref())),
    field(column("VFS"), |up, _| ports::vfs(up)),
    wide("ESWITCH", |up, _| match up.eswitch {
        Some(EswitchMode::Legacy) => "Legacy".to_owned(),
        Some(EswitchMode::Switchdev) => "Switchdev".to_owned(),
        None => String::new(),
    }),
    wide("REPRESENTORS", |up, _| number(up.representors.len())),
    wide("SUBFUNCTIONS", |up, _| number(up.subfunctions.len())),
    filled(column("BOND").expendable(3), |up, _| {
        or_empty(up.bond.as_ref())
    }),
    filled(column("BRIDGE").expendable(4), |up, _| {
        or_empty(up.bridge.as_ref())
    }),
    wide("PROTECTED", |up, _| {
        up.protected
            .iter()
            .map(|why| why.as_str())
            .collect::<Vec<_>>()
            .join(",")
    }),
    field(column("NEIGHBOR").cut(), |up, _| ports::first_neighbor(up)),
    field(column("PORT").cut(), |up, _| {
        ports::said(up, |neighbor| Some(&neighbor.port_id))
    }),
    wide("DESCRIPTION", |up, _| {
        ports::said(up, |neighbor| neighbor.port_description.as_ref())
    }),
    field(column("VLAN").expendable(2), |up, _| {
        or_empty(up.neighbors.first().and_then(|neighbor| neighbor.vlan))
    }),
    field(column("!").blank(), |up, context| {
        let odd = context.inventory.findings_of(up).next().is_some();
        if odd { "!".to_owned() } else { String::new() }
    }),
];

/// The ports, a row each.
pub(super) fn table(inventory: &Inventory, names: &Names, format: Format) -> Table {
    let context = Context {
        inventory,
        names,
        format,
    };
    let has = |field: &&Field| match field.when {
        When::Always => true,
        When::Wide => format == Format::Wide,
        When::Filled => {
            let full = |up: &Uplink| !(field.cell)(up, &context).is_empty();
            format == Format::Wide || inventory.uplinks.iter().any(full)
        }
    };
    let fields: Vec<&Field> = FIELDS.iter().filter(has).collect();
    let columns: Vec<Column> = fields
        .iter()
        .map(|field| field.column.in_format(format))
        .collect();
    let mut table = Table::new(columns);
    for uplink in &inventory.uplinks {
        table.row(fields.iter().map(|field| (field.cell)(uplink, &context)));
    }
    table
}
