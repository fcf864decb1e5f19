//! Names of PCI devices: the node's own list first, then the table that was compiled in.
//!
//! The node's list (`pci.ids`, 1.3 MB) is sorted by vendor: one pass in 16 KiB pieces that looks for
//! the wanted devices only, and ends behind the last wanted vendor, takes one to three milliseconds
//! and keeps nothing else in memory. Left to others: making the table (`cargo xtask pci-ids`), showing
//! the name.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;

use colvin_model::DeviceId;
use colvin_model::observation::WireText;

/// Where distributions keep the list, below the root; the first that is there counts.
const OWN_LISTS: [&str; 2] = ["usr/share/misc/pci.ids", "usr/share/hwdata/pci.ids"];

/// Bytes of the node's list that are looked at; the real one has 1.3 million.
const MAX_LIST_BYTES: u64 = 8 << 20;

/// The compiled-in names; its head says the form.
const TABLE: &str = include_str!("pci_names/table.txt");

/// Names for a set of devices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    own: BTreeMap<DeviceId, String>,
}

impl Names {
    /// Looks these devices up in the list of the machine below `root` (`/` on a node).
    ///
    /// A list that is absent, unreadable or no such list gives no names: the compiled-in ones serve.
    pub fn load(root: &Path, wanted: &BTreeSet<DeviceId>) -> Self {
        let list = OWN_LISTS
            .iter()
            .find_map(|list| File::open(root.join(list)).ok());
        let own = match list {
            Some(file) if !wanted.is_empty() => find(
                BufReader::with_capacity(16 << 10, file.take(MAX_LIST_BYTES)),
                wanted,
            ),
            Some(_) | None => BTreeMap::new(),
        };
        Self { own }
    }

    /// The device's name without its maker's, such as `Ethernet Controller E810-C for QSFP`, or
    /// `None` when neither list has it. Safe to print.
    pub fn model_of(&self, id: DeviceId) -> Option<Cow<'_, str>> {
        match self.own.get(&id) {
            Some(name) => Some(Cow::Borrowed(name)),
            None => compiled_in(TABLE, &format!("{:04x}{:04x}", id.vendor, id.device))
                .map(Cow::Borrowed),
        }
    }
}

/// The wanted devices' names in a list in the form of `pci.ids`.
fn find(mut list: impl BufRead, wanted: &BTreeSet<DeviceId>) -> BTreeMap<DeviceId, String> {
    let mut names = BTreeMap::new();
    let highest = wanted.last().map_or(0, |id| id.vendor);
    let mut vendor = None;
    let mut line = Vec::with_capacity(256);
    while names.len() < wanted.len() {
        line.clear();
        if !matches!(list.read_until(b'\n', &mut line), Ok(1..)) {
            break;
        }
        match line.as_slice() {
            [b'#' | b'\n', ..] | [b'\t', b'\t', ..] => {}
            [b'\t', device @ ..] => {
                if let Some((id, name)) = vendor.and_then(|vendor| device_line(vendor, device))
                    && wanted.contains(&id)
                {
                    names.insert(id, name);
                }
            }
            other => match other.get(..4).and_then(number) {
                Some(number) if number > highest => break,
                number => vendor = number,
            },
        }
    }
    names
}

fn device_line(vendor: u16, line: &[u8]) -> Option<(DeviceId, String)> {
    let (device, name) = line.split_at_checked(4)?;
    let device = number(device)?;
    let name = WireText::from_wire(name.trim_ascii())?.to_string();
    Some((DeviceId { vendor, device }, name))
}

/// Four hexadecimal digits.
fn number(digits: &[u8]) -> Option<u16> {
    let digits = str::from_utf8(digits).ok()?;
    u16::from_str_radix(digits, 16).ok()
}

/// The name at this key, by halving the text.
fn compiled_in<'a>(table: &'a str, key: &str) -> Option<&'a str> {
    let (mut low, mut high) = (0, table.len());
    while low < high {
        let middle = table.floor_char_boundary(low.midpoint(high));
        let start = table
            .get(low..middle)?
            .rfind('\n')
            .map_or(low, |at| low + at + 1);
        let line = table.get(start..)?.lines().next()?;
        let (found, name) = line.split_once('\t').unwrap_or((line, ""));
        match found.cmp(key) {
            std::cmp::Ordering::Equal => return Some(name),
            std::cmp::Ordering::Less => low = start + line.len() + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> DeviceId {
        text.parse().unwrap()
    }

    const LIST: &str = "# a list\n\
        15b3  Mellanox Technologies\n\
        \t101d  MT2892 Family [ConnectX-6 Dx]\n\
        \t\t15b3 0016  A board\n\
        8086  Intel Corporation\n\
        \t1592  Ethernet Controller E810-C for QSFP\n\
        ffff  Illegal Vendor ID\n\
        C 02  Network controller\n\
        \t00  Ethernet controller\n";

    #[test]
    fn disc_15_the_nodes_own_list_comes_first() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("usr/share/misc")).unwrap();
        std::fs::write(
            root.path().join("usr/share/misc/pci.ids"),
            "8086  Intel Corporation\n\t1572  A name of this node\n",
        )
        .unwrap();
        let names = Names::load(
            root.path(),
            &BTreeSet::from([id("8086:1572"), id("8086:10c9")]),
        );
        assert_eq!(
            names.model_of(id("8086:1572")).unwrap(),
            "A name of this node"
        );
        let compiled_in = names.model_of(id("8086:10c9")).unwrap();
        assert!(compiled_in.contains("82576"), "{compiled_in}");
        assert_eq!(names.model_of(id("dead:beef")), None);
    }

    #[test]
    fn disc_15_without_a_list_the_compiled_in_names_serve() {
        let root = tempfile::tempdir().unwrap();
        let names = Names::load(root.path(), &BTreeSet::from([id("8086:10c9")]));
        assert!(names.model_of(id("8086:10c9")).is_some());
    }

    #[test]
    fn every_compiled_in_line_is_found() {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
        for (key, name) in lines.filter_map(|line| line.split_once('\t')) {
            assert_eq!(compiled_in(TABLE, key), Some(name), "{key}");
        }
        assert_eq!(compiled_in(TABLE, "0000"), None);
        assert_eq!(compiled_in(TABLE, "ffffffff"), None);
    }

    #[test]
    fn only_the_wanted_devices_are_kept() {
        let wanted = BTreeSet::from([id("15b3:101d"), id("8086:1592"), id("8086:0000")]);
        let names = find(LIST.as_bytes(), &wanted);
        assert_eq!(
            names,
            BTreeMap::from([
                (id("15b3:101d"), "MT2892 Family [ConnectX-6 Dx]".to_owned()),
                (
                    id("8086:1592"),
                    "Ethernet Controller E810-C for QSFP".to_owned()
                ),
            ])
        );
    }

    #[test]
    fn a_list_that_is_garbage_gives_no_names_and_no_panic() {
        let wanted = BTreeSet::from([id("8086:1592")]);
        for garbage in [
            &b"\t1592  orphan\n"[..],
            b"8086\n\t15\n\t\n",
            b"\xff\xfe\n\t\xff\xff\xff\xff\n",
            b"",
        ] {
            assert_eq!(find(garbage, &wanted), BTreeMap::new());
        }
        let hostile = find(&b"8086 x\n\t1592  a\x1b[2Jb\n"[..], &wanted);
        assert_eq!(hostile[&id("8086:1592")], "a\\x1b[2Jb");
    }
}
