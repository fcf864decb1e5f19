//! The network part of sysfs, file by file: what discovery reads, and nothing else.
//!
//! Left to others: replacing addresses in it.

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use colvin_kernel::archive::Entry;
use colvin_model::observation::{Link, Observations, Role};
use colvin_model::{Finding, FindingReason};

/// What is read of a PCI function.
const FUNCTION_FILES: [&str; 15] = [
    "class",
    "device",
    "vendor",
    "subsystem_device",
    "subsystem_vendor",
    "uevent",
    "numa_node",
    "max_link_width",
    "max_link_speed",
    "sriov_totalvfs",
    "sriov_numvfs",
    "sriov_offset",
    "sriov_stride",
    "sriov_vf_device",
    "sriov_drivers_autoprobe",
];
const FUNCTION_LINKS: [&str; 4] = ["driver", "iommu_group", "physfn", "subsystem"];

/// What is read of the port above a card.
const SLOT_FILES: [&str; 3] = ["uevent", "max_link_width", "max_link_speed"];

/// What is read of a link where there is no netlink.
const LINK_FILES: [&str; 21] = [
    "addr_assign_type",
    "address",
    "bonding/ad_aggregator",
    "bonding/ad_partner_key",
    "bonding/ad_partner_mac",
    "bonding_slave/ad_aggregator_id",
    "bonding_slave/perm_hwaddr",
    "bonding_slave/state",
    "carrier",
    "flags",
    "ifalias",
    "ifindex",
    "iflink",
    "mtu",
    "operstate",
    "phys_port_name",
    "phys_switch_id",
    "speed",
    "tun_flags",
    "type",
    "uevent",
];

/// What is read of the device that a link belongs to.
const DEVICE_LINKS: [&str; 2] = ["driver", "subsystem"];

/// Folders that say by being there what kind a link is.
const LINK_FOLDERS: [&str; 1] = ["bridge"];

/// The most bytes of one file; sysfs gives a page.
const FILE_BYTES: u64 = 64 << 10;

/// Files and links by their path below the root.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) entries: BTreeMap<String, Entry>,
    unreadable: Vec<String>,
    forbidden: Vec<String>,
}

impl Collected {
    pub(super) fn file(&mut self, path: &str, bytes: Vec<u8>) {
        self.entries.insert(path.to_owned(), Entry::File(bytes));
    }

    /// What could not be read: one finding for each kind of hindrance.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let all = [
            (
                &self.forbidden,
                FindingReason::NotPermitted,
                "run as root to have them in",
            ),
            (
                &self.unreadable,
                FindingReason::UnreadableFile,
                "their devices stand without them",
            ),
        ];
        let some = all.into_iter().filter(|(paths, _, _)| !paths.is_empty());
        some.map(|(paths, reason, remedy)| {
            let first = paths.first().map_or("", String::as_str);
            let message = format!(
                "{} files are not in the snapshot ({first} is the first): {remedy}",
                paths.len()
            );
            Finding::of_node(reason, message)
        })
        .collect()
    }

    /// Keeps what was read. What is there and could not be read stays as an empty file: to be absent
    /// is another fact.
    fn keep(&mut self, path: String, read: io::Result<Entry>) {
        let hindered = match read {
            Ok(entry) => {
                self.entries.insert(path, entry);
                return;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound || is_answer(&error) => return,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => &mut self.forbidden,
            Err(_) => &mut self.unreadable,
        };
        hindered.push(path.clone());
        self.file(&path, Vec::new());
    }
}

/// Whether an error is how the kernel says that there is nothing to tell (a speed without a link), or
/// that a link is none.
fn is_answer(error: &io::Error) -> bool {
    let code = error.raw_os_error();
    [
        rustix::io::Errno::INVAL,
        rustix::io::Errno::OPNOTSUPP,
        rustix::io::Errno::NOTDIR,
    ]
    .iter()
    .any(|errno| code == Some(errno.raw_os_error()))
}

/// What there is of these functions, links and RDMA devices below `root`; of links only their
/// places, unless they are to be read from `class/net`.
pub(super) fn of(root: &Path, seen: &Observations, by_class: bool) -> Collected {
    let mut reader = Reader {
        root,
        collected: Collected::default(),
    };
    for function in seen.functions.values() {
        let address = function.address.to_string();
        let Some(folder) = reader.device("sys/bus/pci/devices", &address) else {
            continue;
        };
        reader.files(&folder, &FUNCTION_FILES);
        reader.links(&folder, &FUNCTION_LINKS);
        if let Role::Physical { sriov: Some(sriov) } = &function.role {
            for index in 0..sriov.total {
                reader.links(&folder, &[&format!("virtfn{index}")]);
            }
        }
        reader.slot(&folder);
    }
    for link in seen.links.values() {
        reader.netdev(link, by_class);
    }
    for device in &seen.rdma {
        if let Some(folder) = reader.device("sys/class/infiniband", device.name.as_str()) {
            reader.files(&folder, &["ports/1/link_layer", "ports/1/state"]);
        }
    }
    reader.collected
}

struct Reader<'a> {
    root: &'a Path,
    collected: Collected,
}

impl Reader<'_> {
    /// Keeps the link to a device in a bus's or class's folder; gives the device's own folder.
    fn device(&mut self, folder: &str, name: &str) -> Option<String> {
        self.links(folder, &[name]);
        let path = format!("{folder}/{name}");
        match self.collected.entries.get(&path)? {
            Entry::Link(target) => resolve(folder, target),
            Entry::File(_) | Entry::Folder => None,
        }
    }

    fn netdev(&mut self, link: &Link, by_class: bool) {
        let folder = self.device("sys/class/net", link.name.as_str());
        if let Some(parent) = link.parent.as_ref().filter(|parent| parent.bus != "pci") {
            let bus = format!("sys/bus/{}/devices", parent.bus);
            self.device(&bus, parent.name.as_str());
        }
        if let Some(folder) = folder.filter(|_| by_class) {
            self.files(&folder, &LINK_FILES);
            self.links(&folder, &["master"]);
            if let Some(device) = self.device(&folder, "device") {
                self.links(&device, &DEVICE_LINKS);
            }
            for name in LINK_FOLDERS {
                let path = format!("{folder}/{name}");
                if self.root.join(&path).is_dir() {
                    self.collected.entries.insert(path, Entry::Folder);
                }
            }
        }
    }

    /// The port above a card, for the width of its slot.
    fn slot(&mut self, folder: &str) {
        let above = folder
            .rsplit_once('/')
            .and_then(|(above, _)| above.rsplit_once('/'));
        if let Some((_, name)) =
            above.filter(|(_, name)| name.parse::<colvin_model::PciAddress>().is_ok())
            && let Some(folder) = self.device("sys/bus/pci/devices", name)
        {
            self.files(&folder, &SLOT_FILES);
        }
    }

    fn files(&mut self, folder: &str, names: &[&str]) {
        for name in names {
            let path = format!("{folder}/{name}");
            let read = read(&self.root.join(&path));
            self.collected.keep(path, read);
        }
    }

    fn links(&mut self, folder: &str, names: &[&str]) {
        for name in names {
            let path = format!("{folder}/{name}");
            let target = std::fs::read_link(self.root.join(&path));
            let entry =
                target.map(|target| Entry::Link(target.into_os_string().into_encoded_bytes()));
            self.collected.keep(path, entry);
        }
    }
}

fn read(path: &Path) -> io::Result<Entry> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?
        .take(FILE_BYTES)
        .read_to_end(&mut bytes)?;
    Ok(Entry::File(bytes))
}

/// Where a relative link in `folder` leads, when that is below the root.
fn resolve(folder: &str, target: &[u8]) -> Option<String> {
    let target = str::from_utf8(target).ok()?;
    let mut path = PathBuf::from(folder);
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                path.pop().then_some(())?;
            }
            name => path.push(name),
        }
    }
    path.into_os_string().into_string().ok()
}
