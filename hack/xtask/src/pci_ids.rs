//! `cargo xtask pci-ids`: from Debian's `pci.ids` the names of network functions, as a sorted text in
//! which discovery looks names up without making anything of it first.
//!
//! Left to others: which names those are (`network.rs`), looking up (`discovery/`), and the node's own `pci.ids`, which comes before ours.

mod network;

use crate::{place, run};
use anyhow::{Context as _, Result, bail};
use std::{collections::BTreeMap, fs, path::Path};

/// Where Debian's package `pci.ids` puts its list.
const INSTALLED: &str = "/usr/share/misc/pci.ids";

/// The table, below the top of the workspace.
const TABLE: &str = "discovery/src/pci_names/table.txt";

/// The first lines of the table. `#` sorts before every key, so a search need not leave them out.
const HEAD: &str = "\
# Names of network functions: the vendors and devices of the PCI ID list whose names say so.
# Made by `cargo xtask pci-ids`; do not edit.
#
# Form: after these lines one name a line, KEY TAB NAME. KEY is the vendor, four small hexadecimal
# digits (`8086`), or vendor and device, eight (`80861572`). The whole text is sorted by bytes, TAB
# before digits, so a vendor's line comes right before its devices'; NAME has no TAB and no control
# character. To look a key up, halve the text at any byte, go back to the line's start, and compare
# KEY TAB with the line.
#
# The list is maintained by Albert Pool, Martin Mares and other volunteers of the PCI ID Project,
# https://pci-ids.ucw.cz/, and distributed under the GNU General Public License (version 2 or higher)
# or the 3-clause BSD License; the copyright in its aggregation and form is theirs.
";

/// Writes the table from a list, Debian's installed one unless another is named.
///
/// # Errors
/// When the list cannot be read or is not one, or the table cannot be written.
pub(crate) fn write(list: Option<&Path>) -> Result<()> {
    let list = place::text(list.unwrap_or(Path::new(INSTALLED)))?;
    let (table, path) = (table(&list)?, place::top().join(TABLE));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    run::say(&format!(
        "{TABLE}: {} lines, {} bytes",
        table.lines().count(),
        table.len()
    ));
    fs::write(&path, table).with_context(|| format!("writing {}", path.display()))
}

/// Compares the table with what today's rules make of the list it was made from.
///
/// The table carries all that the rules need to be applied to it again: when that leaves a line out,
/// the rules have changed since. Where the same version of the list is installed, it is compared with
/// that as well.
///
/// # Errors
/// When it differs: it is to be made again.
pub(crate) fn check() -> Result<()> {
    let table_text = place::text(&place::top().join(TABLE))?;
    if table(&as_list(&table_text)?)? != table_text {
        bail!("{TABLE} is stale: run `cargo xtask pci-ids`");
    }
    let installed = place::text(Path::new(INSTALLED))?;
    let same_version = version(&installed)? == version(&table_text)?;
    if same_version && table(&installed)? != table_text {
        bail!("{TABLE} is not what {INSTALLED} gives: run `cargo xtask pci-ids`");
    }
    Ok(())
}

/// The table of a list.
fn table(list: &str) -> Result<String> {
    let mut rows: BTreeMap<String, &str> = BTreeMap::new();
    let mut vendor = None;
    for line in list.lines() {
        if line.starts_with("C ") {
            break; // the classes come last
        }
        if line.is_empty() || line.starts_with(['#']) || line.starts_with("\t\t") {
            continue;
        }
        if let Some(device) = line.strip_prefix('\t') {
            let (Some((id, name)), Some((vendor, vendor_name))) = (entry(device), vendor) else {
                bail!("not a line of a PCI ID list: `{line}`");
            };
            if network::is_network(vendor, name) {
                rows.insert(vendor.to_owned(), vendor_name);
                rows.insert(format!("{vendor}{id}"), name);
            }
        } else {
            vendor = entry(line);
            if vendor.is_none() {
                bail!("not a line of a PCI ID list: `{line}`");
            }
        }
    }
    let mut table = format!("{HEAD}# Version: {}\n", version(list)?);
    // a TAB sorts before every digit, as the shorter key does
    for (key, name) in rows {
        table.extend([&key, "\t", name, "\n"]);
    }
    Ok(table)
}

/// `8086  Intel Corporation` as its two parts; an id is four small hexadecimal digits.
fn entry(line: &str) -> Option<(&str, &str)> {
    let (id, name) = line.split_once("  ")?;
    let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let name_is_plain = !name.is_empty() && !name.chars().any(char::is_control);
    (id.len() == 4 && id.bytes().all(hexadecimal) && name_is_plain).then_some((id, name))
}

/// The version that a list or a table names in its first lines.
fn version(text: &str) -> Result<&str> {
    let named = text.lines().take(40).find_map(|line| {
        line.strip_prefix('#')?
            .trim_start()
            .strip_prefix("Version:")
            .map(str::trim)
    });
    named.context("no version in the first lines of a PCI ID list")
}

/// A table in the form of the list it was made from.
fn as_list(table: &str) -> Result<String> {
    let mut list = String::new();
    for line in table.lines() {
        match line.split_once('\t') {
            Some((key, name)) if key.len() == 4 => list.extend([key, "  ", name, "\n"]),
            Some((key, name)) => {
                let device = key
                    .get(4..)
                    .with_context(|| format!("not a key: `{key}`"))?;
                list.extend(["\t", device, "  ", name, "\n"]);
            }
            None => list.extend([line, "\n"]),
        }
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "\
#\tVersion: 2025.06.09
10b7  3Com Corporation
\t9200  3c905C-TX/TX-M [Tornado]
15b3  Mellanox Technologies
\t1021  MT2910 Family [ConnectX-7]
\t\t15b3 0022  a subsystem
\t1976  MT28908 Family [ConnectX-6 PCIe bridge]
8086  Intel Corporation
\t1572  Ethernet Controller X710 for 10GbE SFP+
\t1593  Ethernet Controller E810-C for SFP
\t2922  SATA Controller
C 02  Network controller
\t00  Ethernet controller
";

    #[test]
    fn the_table_keeps_network_functions_sorted_by_bytes() {
        let table = table(LIST).unwrap();
        let rows: Vec<&str> = table
            .lines()
            .filter(|line| !line.starts_with('#'))
            .collect();
        assert_eq!(
            rows,
            [
                "15b3\tMellanox Technologies",
                "15b31021\tMT2910 Family [ConnectX-7]",
                "8086\tIntel Corporation",
                "80861572\tEthernet Controller X710 for 10GbE SFP+",
                "80861593\tEthernet Controller E810-C for SFP",
            ]
        );
        let lines: Vec<&[u8]> = rows.iter().map(|line| line.as_bytes()).collect();
        assert!(lines.is_sorted());
    }

    #[test]
    fn a_table_made_again_from_itself_is_the_same() {
        let table_text = table(LIST).unwrap();
        assert_eq!(table(&as_list(&table_text).unwrap()).unwrap(), table_text);
    }

    #[test]
    fn what_is_not_a_list_is_refused() {
        assert!(table("# Version: 1\n\t1572  a device without vendor\n").is_err());
        assert!(table("# Version: 1\nno list\n").is_err());
        assert!(table("8086  Intel Corporation\n").is_err());
    }
}
