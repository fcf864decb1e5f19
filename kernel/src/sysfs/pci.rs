//! PCI functions: all that are, or may become, network functions.
//!
//! A function is kept when it is a network controller (class 0x02), when it has an RDMA device, or
//! when it is a VF of such a one; of all others one file is read. A VF costs ten system calls, a PF
//! seventeen more, and one VF more or less changes nothing of that.
//!
//! Left to others: links ([`super::net`] and netlink), whether a VF that its PF counts is missing
//! (`colvin-model`).

mod sriov;
mod uevent;

use std::collections::{BTreeMap, BTreeSet};

use colvin_model::observation::{PciFunction, Role};
use colvin_model::{Finding, FindingReason, NumaNode, PciAddress, PciClass, Subject, Symbol};

use super::look::Look;
use super::place::Folder;
use super::symbols::Symbols;
use super::{SysfsError, SysfsRoot, device_path, error};

/// Reads all functions that are of interest.
///
/// A file that does not serve is a finding about its device, which stays without that fact; a
/// function that goes while it is read is not there. A machine without PCI has none.
///
/// # Errors
/// [`SysfsError::List`] when the functions cannot be listed.
pub fn scan(
    root: &SysfsRoot,
    findings: &mut Vec<Finding>,
) -> Result<BTreeMap<PciAddress, PciFunction>, SysfsError> {
    let addresses = list(root, findings)?;
    let mut symbols = Symbols::default();
    let mut functions = BTreeMap::new();
    let mut bare = BTreeSet::new();
    for address in addresses {
        let name = address.to_string();
        let mut reader = Reader::new(root, address, &name, &mut symbols);
        match reader.seen(Reader::is_of_network) {
            Seen::Function(function) => {
                functions.insert(address, function);
            }
            Seen::Bare => {
                bare.insert(address);
            }
            Seen::Gone | Seen::Other => {}
        }
        findings.extend(reader.finding());
    }
    // a VF that is being made is its PF's affair
    for function in functions.values() {
        if let Role::Physical { sriov: Some(sriov) } = &function.role {
            for vf in sriov.virtfn.values() {
                bare.remove(vf);
            }
        }
    }
    findings.extend(bare.into_iter().map(no_uevent));
    Ok(functions)
}

/// Reads one function again: `None` when it is gone, half made, or of no interest.
pub fn read_one(
    root: &SysfsRoot,
    address: PciAddress,
    findings: &mut Vec<Finding>,
) -> Option<PciFunction> {
    let mut symbols = Symbols::default();
    let name = address.to_string();
    let mut reader = Reader::new(root, address, &name, &mut symbols);
    let seen = reader.seen(Reader::is_of_network);
    findings.extend(reader.finding());
    match seen {
        Seen::Function(function) => Some(function),
        Seen::Gone | Seen::Bare | Seen::Other => None,
    }
}

/// The firmware's number of an onboard device; most functions have none.
///
/// Source: `acpi_index` (kernel `Documentation/ABI/testing/sysfs-bus-pci`).
///
/// # Errors
/// [`SysfsError`] when the file is there and does not serve.
pub fn acpi_index(root: &SysfsRoot, address: PciAddress) -> Result<Option<u32>, SysfsError> {
    let name = address.to_string();
    let at = Folder::PciDevices.at(&name, "acpi_index");
    root.attribute(at, "a number", |text| text.parse().ok())
}

/// Reads all processing accelerators (class 0x12), PFs and VFs, in order of their addresses. Functions
/// for which `is_other` holds are known to be none, and cost nothing.
///
/// They are not in the scan: nothing but a config file of another device plugin asks for them.
///
/// # Errors
/// [`SysfsError::List`] when the functions cannot be listed.
pub fn accelerators(
    root: &SysfsRoot,
    is_other: impl Fn(PciAddress) -> bool,
    findings: &mut Vec<Finding>,
) -> Result<Vec<PciFunction>, SysfsError> {
    let mut symbols = Symbols::default();
    let mut functions = Vec::new();
    let addresses = list(root, &mut Vec::new())?; // odd names are findings of the scan
    for address in addresses.into_iter().filter(|address| !is_other(*address)) {
        let name = address.to_string();
        let mut reader = Reader::new(root, address, &name, &mut symbols);
        let seen = reader.seen(|_, class| class.is_accelerator());
        if let Seen::Function(function) = seen {
            functions.push(function);
            findings.extend(reader.finding());
        }
    }
    Ok(functions)
}

/// The addresses of all functions, in order; names that are none make one finding.
fn list(root: &SysfsRoot, findings: &mut Vec<Finding>) -> Result<Vec<PciAddress>, SysfsError> {
    let at = Folder::PciDevices.at("", "");
    let mut addresses = Vec::new();
    let mut strange = Vec::new();
    root.list(at, |name| {
        let text = std::str::from_utf8(name).ok();
        match text.and_then(|text| text.parse().ok()) {
            Some(address) => addresses.push(address),
            None => strange.push(error::shown_name(name)),
        }
    })?;
    addresses.sort_unstable();
    addresses.dedup();
    findings.extend(error::strange_names(
        at,
        strange,
        "PCI address",
        FindingReason::InvalidPciAddress,
    ));
    Ok(addresses)
}

fn no_uevent(address: PciAddress) -> Finding {
    let message = "it has no uevent file: the kernel is making or removing it".to_owned();
    Finding::of_function(address, FindingReason::UnreadableFile, message)
}

/// What a look at one function gave.
enum Seen {
    Function(PciFunction),
    /// Not of interest.
    Other,
    /// The function is listed and has no `uevent`.
    Bare,
    Gone,
}

/// One look at one function.
struct Reader<'a> {
    look: Look<'a>,
    symbols: &'a mut Symbols,
    address: PciAddress,
}

impl<'a> Reader<'a> {
    /// `name` is the address as text.
    fn new(
        root: &'a SysfsRoot,
        address: PciAddress,
        name: &'a str,
        symbols: &'a mut Symbols,
    ) -> Self {
        Self {
            look: Look::new(root, Folder::PciDevices, name),
            symbols,
            address,
        }
    }

    fn finding(&self) -> Option<Finding> {
        self.look.finding(Subject::Function(self.address))
    }

    /// A look at the function, when `wanted` says of its class that it is of interest.
    fn seen(&mut self, wanted: impl FnOnce(&mut Self, PciClass) -> bool) -> Seen {
        let identity = match self.identity() {
            Ok(Some(identity)) => identity,
            Ok(None) => return self.without_identity(),
            Err(()) => return Seen::Other,
        };
        if !wanted(self, identity.class) {
            self.look.forget();
            return Seen::Other;
        }
        let numa_node = self
            .look
            .attribute("numa_node", "-1 or a NUMA node's number", numa_node);
        let iommu_group = self
            .look
            .link("iommu_group", "a link to an IOMMU group", |target| {
                device_path::last(target).parse().ok()
            });
        let pcie_root = self.pcie_root();
        let address_of = |target: &str| device_path::last(target).parse().ok();
        let role = match self.look.link("physfn", "a link to a PF", address_of) {
            Some(pf) => Role::Virtual { pf },
            None => Role::Physical {
                sriov: self.sriov(),
            },
        };
        Seen::Function(PciFunction {
            address: self.address,
            class: identity.class,
            id: identity.id,
            subsystem: identity.subsystem,
            driver: identity.driver,
            numa_node: numa_node.flatten(),
            iommu_group,
            pcie_root,
            role,
            slot: None,
        })
    }

    /// Whether it is, or may become, a network function.
    fn is_of_network(&mut self, class: PciClass) -> bool {
        class.is_network() || self.has_rdma()
    }

    /// A function without `uevent`: gone, unless its link is still there.
    fn without_identity(&mut self) -> Seen {
        match self.look.root.is_there(self.look.at("")) {
            Ok(true) => Seen::Bare,
            Ok(false) | Err(_) => Seen::Gone,
        }
    }

    /// Whether it, or the PF it belongs to, has an RDMA device: some are no network controllers.
    fn has_rdma(&mut self) -> bool {
        let mut folders = ["infiniband", "physfn/infiniband"].iter();
        folders.any(|folder| self.look.has(folder))
    }

    fn pcie_root(&mut self) -> Option<Symbol> {
        let symbols = &mut *self.symbols;
        self.look
            .link("", "a link to a folder below a PCIe root", |target| {
                device_path::pcie_root(target).map(|root| symbols.get(root))
            })
    }
}

/// The node's number, or nothing for the kernel's −1.
#[expect(clippy::option_option, reason = "the outer one says whether it parses")]
fn numa_node(text: &str) -> Option<Option<NumaNode>> {
    match text {
        "-1" => Some(None),
        number => number
            .parse()
            .ok()
            .map(|number| Some(NumaNode::new(number))),
    }
}
