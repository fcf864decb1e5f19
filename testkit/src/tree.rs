//! Large sysfs trees, made: as many PFs and VFs as a bench wants, with the files, folders and links
//! that a node with an `ice` card shows (about 32 files for each function).
//!
//! Left to others: machines with a story, which are fixtures ([`crate::machine`]).

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

/// How large a tree is to be, and of what kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeSpec {
    /// How many PFs, each below its own root port.
    pub pfs: u16,
    /// How many VFs each PF has.
    pub vfs_per_pf: u16,
    /// Routing ID of VF 0 less that of its PF.
    pub offset: u16,
    /// Routing ID distance of neighbouring VFs.
    pub stride: u16,
    /// Whether to write the files that Colvin does not read, as a real node has them.
    pub whole: bool,
    /// Whether each function has a netdev.
    pub netdevs: bool,
}

impl TreeSpec {
    /// PFs and VFs as an `ice` card lays them out (offset 8, stride 1), whole and with netdevs.
    pub const fn ice(pfs: u16, vfs_per_pf: u16) -> Self {
        Self {
            pfs,
            vfs_per_pf,
            offset: 8,
            stride: 1,
            whole: true,
            netdevs: true,
        }
    }

    /// How many functions the tree has: PFs and VFs.
    pub fn functions(&self) -> usize {
        usize::from(self.pfs) * (1 + usize::from(self.vfs_per_pf))
    }
}

/// Files that a real function has and Colvin does not read in its loop.
const UNREAD: &[(&str, &str)] = &[
    ("ari_enabled", "1\n"),
    ("broken_parity_status", "0\n"),
    ("consistent_dma_mask_bits", "64\n"),
    ("current_link_speed", "16.0 GT/s PCIe\n"),
    ("current_link_width", "16\n"),
    ("d3cold_allowed", "0\n"),
    ("dma_mask_bits", "64\n"),
    ("driver_override", "(null)\n"),
    ("enable", "1\n"),
    ("irq", "0\n"),
    ("local_cpulist", "0-15,32-47\n"),
    ("local_cpus", "0000ffff,0000ffff\n"),
    ("max_link_speed", "16.0 GT/s PCIe\n"),
    ("max_link_width", "16\n"),
    ("msi_bus", "1\n"),
    ("power_state", "D0\n"),
    ("reset_method", "flr bus\n"),
    (
        "resource",
        "0x0000000000000000 0x0000000000000000 0x0000000000000000\n",
    ),
    ("revision", "0x02\n"),
    ("subsystem_device", "0x0002\n"),
    ("subsystem_vendor", "0x8086\n"),
    ("vendor", "0x8086\n"),
    ("class", "0x020000\n"),
];

/// Makes the tree below `root`, which is then a root as `--root` takes it.
///
/// # Errors
/// When a file cannot be written, or the VFs of a PF do not fit on the four buses it gets.
pub fn generate(root: &Path, spec: TreeSpec) -> anyhow::Result<()> {
    let last = u32::from(spec.offset)
        + u32::from(spec.stride) * u32::from(spec.vfs_per_pf.saturating_sub(1));
    ensure!(last < 4 * 256, "the VFs of a PF need more than four buses");
    let mut tree = Tree {
        sys: root.join("sys"),
        spec,
        functions: 0,
    };
    for folder in ["bus/pci/devices", "bus/pci/drivers/ice", "class/net"] {
        let path = tree.sys.join(folder);
        fs::create_dir_all(&path).with_context(|| format!("making {}", path.display()))?;
    }
    (0..spec.pfs).try_for_each(|number| tree.pf(number))
}

/// A tree that is being made.
struct Tree {
    sys: PathBuf,
    spec: TreeSpec,
    /// Functions made so far.
    functions: u32,
}

/// A PCI address by its numbers.
#[derive(Clone, Copy)]
struct Place {
    domain: u16,
    routing_id: u32,
}

impl Place {
    fn name(self) -> String {
        let (domain, id) = (self.domain, self.routing_id);
        format!(
            "{domain:04x}:{:02x}:{:02x}.{}",
            id >> 8,
            (id >> 3) & 31,
            id & 7
        )
    }
}

impl Tree {
    fn pf(&mut self, number: u16) -> anyhow::Result<()> {
        let spec = self.spec;
        let domain = number / 60;
        let bus = 4 + 4 * u32::from(number % 60);
        let root_port = format!("{domain:04x}:{:02x}:00.0", bus - 1);
        let above = format!("devices/pci{domain:04x}:{:02x}/{root_port}", bus - 1);
        let at = Place {
            domain,
            routing_id: bus << 8,
        };
        let (pf, folder) = self.function(&above, at, None)?;
        let sriov = [
            ("sriov_totalvfs", spec.vfs_per_pf.max(128).to_string()),
            ("sriov_numvfs", spec.vfs_per_pf.to_string()),
            ("sriov_offset", spec.offset.to_string()),
            ("sriov_stride", spec.stride.to_string()),
            ("sriov_vf_device", "1889".to_owned()),
            ("sriov_drivers_autoprobe", "1".to_owned()),
            ("sriov_vf_total_msix", "0".to_owned()),
        ];
        for (file, text) in sriov {
            write(&folder.join(file), &format!("{text}\n"))?;
        }
        for index in 0..spec.vfs_per_pf {
            let step = u32::from(spec.offset) + u32::from(spec.stride) * u32::from(index);
            let vf = Place {
                domain,
                routing_id: at.routing_id + step,
            };
            let (vf, _) = self.function(&above, vf, Some(&pf))?;
            link(&folder.join(format!("virtfn{index}")), &format!("../{vf}"))?;
        }
        Ok(())
    }

    /// Makes one function's folder; gives its address and the folder.
    fn function(
        &mut self,
        above: &str,
        at: Place,
        pf: Option<&str>,
    ) -> anyhow::Result<(String, PathBuf)> {
        let name = at.name();
        let below = format!("{above}/{name}");
        let folder = self.sys.join(&below);
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        let (driver, device) = match pf {
            None => ("ice", "1592"),
            Some(_) => ("iavf", "1889"),
        };
        let modalias = format!("pci:v00008086d0000{device}sv00008086sd00000002bc02sc00i00");
        let uevent = format!(
            "DRIVER={driver}\nPCI_CLASS=20000\nPCI_ID=8086:{device}\nPCI_SUBSYS_ID=8086:0002\n\
             PCI_SLOT_NAME={name}\nMODALIAS={modalias}\n"
        );
        write(&folder.join("uevent"), &uevent)?;
        write(&folder.join("numa_node"), "0\n")?;
        if self.spec.whole {
            write(&folder.join("modalias"), &format!("{modalias}\n"))?;
            write(&folder.join("device"), &format!("0x{device}\n"))?;
            for (file, text) in UNREAD {
                write(&folder.join(file), text)?;
            }
        }
        let up = "../../../..";
        let group = self.functions;
        link(&folder.join("subsystem"), &format!("{up}/bus/pci"))?;
        link(
            &folder.join("driver"),
            &format!("{up}/bus/pci/drivers/{driver}"),
        )?;
        let groups = format!("{up}/kernel/iommu_groups/{group}");
        link(&folder.join("iommu_group"), &groups)?;
        if let Some(pf) = pf {
            link(&folder.join("physfn"), &format!("../{pf}"))?;
        }
        let listed = self.sys.join("bus/pci/devices").join(&name);
        link(&listed, &format!("../../../{below}"))?;
        self.functions += 1;
        if self.spec.netdevs {
            self.netdev(&below, self.functions)?;
        }
        Ok((name, folder))
    }

    fn netdev(&self, function: &str, number: u32) -> anyhow::Result<()> {
        let name = format!("eth{number}");
        let below = format!("{function}/net/{name}");
        let folder = self.sys.join(&below);
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        let mut mac = "02:00".to_owned();
        for byte in number.to_be_bytes() {
            write!(mac, ":{byte:02x}")?;
        }
        let files = [
            ("ifindex", (number + 1).to_string()),
            ("iflink", (number + 1).to_string()),
            ("address", mac),
            ("mtu", "1500".to_owned()),
            ("flags", "0x1003".to_owned()),
            ("type", "1".to_owned()),
            ("carrier", "1".to_owned()),
            ("operstate", "up".to_owned()),
        ];
        for (file, text) in files {
            write(&folder.join(file), &format!("{text}\n"))?;
        }
        let device = function.rsplit('/').next().unwrap_or_default();
        link(&folder.join("device"), &format!("../../../{device}"))?;
        link(
            &self.sys.join("class/net").join(name),
            &format!("../../{below}"),
        )
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}

fn link(path: &Path, target: &str) -> anyhow::Result<()> {
    symlink(target, path).with_context(|| format!("linking {}", path.display()))
}
