//! What the selectors of a config file of the SR-IOV network device plugin ask for and no inventory has.
//!
//! It is looked at only where there is such a file, all of it at every look: a few system calls for each
//! network function. Left to others: reading the kernel (`colvin_kernel`), what is selected
//! (`colvin-takeover`).

mod auxiliary;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use colvin_kernel::sysfs::vdpa::VdpaDevice;
use colvin_kernel::sysfs::{SysfsError, SysfsRoot, infiniband, pci, vdpa};
use colvin_model::inventory::{OwnLinks, Protection};
use colvin_model::observation::{Link, Observations, PciFunction, Role};
use colvin_model::offer::Vdpa;
use colvin_model::{Finding, FindingReason, IfName, PciAddress, Symbol};
use colvin_takeover::{Facts, FunctionFacts, LinkType};

use crate::source::{SharedNetlink, SourceError};

/// Looks at it, and keeps what was seen last.
#[derive(Debug)]
pub(crate) struct Selectable {
    sysfs: Arc<SysfsRoot>,
    netlink: SharedNetlink,
    facts: Option<Facts>,
}

impl Selectable {
    pub(crate) fn new(sysfs: &Arc<SysfsRoot>, netlink: SharedNetlink) -> Self {
        Self {
            sysfs: Arc::clone(sysfs),
            netlink,
            facts: None,
        }
    }

    /// What was seen last.
    pub(crate) fn facts(&self) -> Option<&Facts> {
        self.facts.as_ref()
    }

    /// Looks again at everything. Says whether it is another, and what was odd.
    ///
    /// # Errors
    /// [`SourceError`] when it could not look; what was seen last stands.
    pub(crate) fn look(
        &mut self,
        seen: &Observations,
    ) -> Result<(bool, Vec<Finding>), SourceError> {
        let mut round = Round::begin(&self.sysfs, &self.netlink, seen)?;
        let facts = round.facts()?;
        let changed = self.facts.as_ref() != Some(&facts);
        self.facts = Some(facts);
        Ok((changed, round.findings))
    }
}

/// What is odd about the netdev of a VF or subfunction.
struct Netdev<'a> {
    link: &'a Link,
    protected: Vec<Protection>,
    port_of: Option<IfName>,
}

impl Netdev<'_> {
    fn link_type(&self) -> Option<LinkType> {
        LinkType::of_hardware_type(self.link.hardware_type)
    }
}

/// One look.
struct Round<'a> {
    sysfs: &'a SysfsRoot,
    seen: &'a Observations,
    own: OwnLinks,
    vdpa: Vec<VdpaDevice>,
    /// Whether RDMA is enabled, by the devlink device's handle.
    rdma_enabled: BTreeMap<String, bool>,
    findings: Vec<Finding>,
}

impl<'a> Round<'a> {
    fn begin(
        sysfs: &'a SysfsRoot,
        netlink: &SharedNetlink,
        seen: &'a Observations,
    ) -> Result<Self, SourceError> {
        let mut findings = Vec::new();
        let vdpa = vdpa::scan(sysfs).map_err(|source| SourceError::new("vdpa devices", source))?;
        let hidden = hidden(seen);
        let wanted = |handle: &str| match handle.split_once('/') {
            Some(("pci", address)) => address.parse().is_ok_and(|at| hidden.contains(&at)),
            Some(("auxiliary", _)) => true,
            _ => false,
        };
        let enabled = netlink.lock().rdma_enabled(wanted, &mut findings);
        let enabled =
            enabled.map_err(|source| SourceError::new("the devlink parameters", source))?;
        Ok(Self {
            sysfs,
            seen,
            own: OwnLinks::of(seen),
            vdpa,
            rdma_enabled: enabled.unwrap_or_default(),
            findings,
        })
    }

    fn facts(&mut self) -> Result<Facts, SourceError> {
        let seen = self.seen;
        let netdevs = self.netdevs();
        let functions = seen.functions.values().map(|function| {
            let netdev = netdevs.get(&function.address).copied();
            (function.address, self.function(function, netdev))
        });
        let functions = functions.collect();
        let known = |address| seen.functions.contains_key(&address);
        let accelerators = pci::accelerators(self.sysfs, known, &mut self.findings)
            .map_err(|source| SourceError::new("the accelerators", source))?;
        let auxiliaries = self.auxiliaries()?;
        Ok(Facts {
            functions,
            accelerators,
            auxiliaries,
        })
    }

    /// The netdevs of VFs.
    fn netdevs(&self) -> BTreeMap<PciAddress, &'a Link> {
        let own = self.seen.links.values().filter(|link| {
            link.kind.is_none() && link.parent.as_ref().is_none_or(|at| at.bus != "auxiliary")
        });
        // of several the first by index
        own.rev()
            .filter_map(|link| Some((link.function?, link)))
            .collect()
    }

    fn function(&mut self, function: &PciFunction, netdev: Option<&'a Link>) -> FunctionFacts {
        let at = function.address;
        let acpi_index = pci::acpi_index(self.sysfs, at);
        let pkey = self
            .rdma_of(at)
            .map(|device| infiniband::partition_key(self.sysfs, device.as_str()));
        let mut facts = FunctionFacts {
            acpi_index: self.keep(at, acpi_index),
            pkey: pkey.and_then(|pkey| self.keep(at, pkey)),
            rdma_enabled: self.rdma_enabled.get(&format!("pci/{at}")).copied(),
            vdpa: self.vdpa_of(at),
            ddp_profile: self.ddp_profile(function),
            ..FunctionFacts::default()
        };
        let is_vf = matches!(function.role, Role::Virtual { .. });
        if let Some(netdev) = netdev.filter(|_| is_vf).map(|link| self.netdev(link)) {
            facts.link_type = netdev.link_type();
            facts.protected = netdev.protected;
            facts.port_of = netdev.port_of;
        }
        facts
    }

    /// What was read; a file that does not serve is a finding about its function.
    fn keep<T>(&mut self, at: PciAddress, read: Result<Option<T>, SysfsError>) -> Option<T> {
        read.unwrap_or_else(|error| {
            let message = format!("a selector may miss it: {error}");
            let reason = FindingReason::UnreadableFile;
            self.findings
                .push(Finding::of_function(at, reason, message));
            None
        })
    }

    fn netdev(&self, link: &'a Link) -> Netdev<'a> {
        let master = link.master.and_then(|master| self.seen.links.get(&master));
        let holds = |kind: &Symbol| {
            let kinds = ["bond", "team", "bridge", "openvswitch"];
            kinds.contains(&kind.as_str())
        };
        let master = master.filter(|master| master.kind.as_ref().is_some_and(holds));
        Netdev {
            link,
            protected: self.own.protection(link.index).into_iter().collect(),
            port_of: master.map(|master| master.name.clone()),
        }
    }

    /// The function's own RDMA device.
    fn rdma_of(&self, at: PciAddress) -> Option<&'a Symbol> {
        let mut devices = self.seen.rdma.iter();
        let own =
            devices.find(|device| device.function == Some(at) && device.subfunction.is_none());
        own.map(|device| &device.name)
    }

    /// What drives the function's one vdpa device.
    fn vdpa_of(&self, at: PciAddress) -> Option<Vdpa> {
        let owner = at.to_string();
        let is_its = |device: &&VdpaDevice| device.owner.as_ref().is_some_and(|it| *it == *owner);
        let device = self.vdpa.iter().find(is_its)?;
        if device.is_vhost() {
            return Some(Vdpa::Vhost);
        }
        device.is_virtio().then_some(Vdpa::Virtio)
    }

    /// The DDP profile of the function; a VF works by its PF's, where devlink does not know the VF.
    fn ddp_profile(&self, function: &PciFunction) -> Option<Symbol> {
        let of = |at: &PciAddress| self.seen.devlink.get(at)?.application.clone();
        match &function.role {
            Role::Virtual { pf } => of(&function.address).or_else(|| of(pf)),
            Role::Physical { .. } => of(&function.address),
        }
    }
}

/// The functions with a driver of the kernel whose RDMA device is not seen here.
fn hidden(seen: &Observations) -> BTreeSet<PciAddress> {
    let own = seen.rdma.iter().filter(|it| it.subfunction.is_none());
    let shown: BTreeSet<_> = own.filter_map(|device| device.function).collect();
    let bound = seen.functions.values().filter(|it| it.driver.is_some());
    bound
        .map(|function| function.address)
        .filter(|at| !shown.contains(at))
        .collect()
}
