//! The sources together: run in order, each failing for itself, joined to one inventory.
//!
//! What a source saw stands until it has looked again: a source that fails leaves its last facts
//! and a finding, and is asked for all of its part at the next look. Left to others: when to look
//! (`Watcher`).
mod facts;
mod step;

use std::collections::BTreeSet;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use colvin_kernel::netlink::{DumpError, Netlink};
use colvin_kernel::sysfs::{SysfsError, SysfsRoot};
use colvin_model::inventory::VfUse;
use colvin_model::observation::Observations;
use colvin_model::{Finding, Inventory, PciAddress, Symbol};

use step::step;

use crate::quirk;
use crate::selectable::Selectable;
use crate::source::lldp::{Listening, LldpSource};
use crate::source::{
    AddressSource, DevlinkSource, EthtoolSource, LinkSource, PciSource, PlayedSource, RdmaSource,
    Rights, SharedNetlink, SlotSource, Source,
};
use crate::{Dirty, Scope};

/// The findings of the drivers' quirks stand under this name.
const QUIRKS: &str = "quirk";

/// When a source that failed is asked again, though no event came.
const RETRY: Duration = Duration::from_secs(10);

/// When a PF is looked at again whose VFs are half made or half gone. The kernel takes the VFs away
/// first and changes their number a second later, without an event.
///
/// Source: `sriov_disable` in the kernel's `drivers/pci/iov.c`.
const SETTLE: Duration = Duration::from_secs(2);

/// A machine's sources and what they saw.
pub struct Discovery {
    sysfs: Option<Arc<SysfsRoot>>,
    netlink: Option<SharedNetlink>,
    sources: Vec<Runner>,
    lldp: LldpSource,
    /// When to look again without an event: a source failed, or something is unsettled.
    retry: Option<Duration>,
    /// PFs whose VFs are half made or half gone, and those VFs.
    unsettled: BTreeSet<PciAddress>,
    seen: Observations,
    inventory: Inventory,
    /// What the selectors of a config file ask for beside that, where one does.
    selectable: Option<Selectable>,
}

/// A source, and whether it owes a whole look since it failed.
struct Runner {
    source: Box<dyn Source>,
    owes: bool,
}

/// There is nothing to discover from.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    /// There is no sysfs.
    #[error("cannot discover anything without sysfs")]
    Sysfs {
        /// Why.
        source: SysfsError,
    },
    /// The kernel cannot be asked.
    #[error("cannot ask the kernel about its links")]
    Netlink {
        /// Why.
        source: DumpError,
    },
}

impl Discovery {
    /// This machine, in the calling thread's network namespace. LLDP is not listened to until
    /// [`Discovery::listen`] says so.
    ///
    /// # Errors
    /// [`DiscoveryError`] when there is no sysfs or no netlink.
    pub fn live() -> Result<Self, DiscoveryError> {
        let sysfs = SysfsRoot::live().map_err(|source| DiscoveryError::Sysfs { source })?;
        let netlink = Netlink::live().map_err(|source| DiscoveryError::Netlink { source })?;
        Ok(Self::of_kernel(Arc::new(sysfs), netlink, Listening::Off))
    }

    /// A recorded machine: the folder that has its `sys`, and perhaps `netlink` and `frames`.
    ///
    /// # Errors
    /// [`DiscoveryError::Sysfs`] when it has no `sys` folder.
    pub fn at_root(root: &Path) -> Result<Self, DiscoveryError> {
        let sysfs = SysfsRoot::new(root).map_err(|source| DiscoveryError::Sysfs { source })?;
        let frames = Listening::Recorded(root.join("frames"));
        Ok(Self::of_kernel(
            Arc::new(sysfs),
            Netlink::recorded(root),
            frames,
        ))
    }

    /// A recorded machine that is played here: its frames are heard, and carriers seen, on the links of
    /// the calling thread's network namespace that bear the recorded names and indexes.
    ///
    /// # Errors
    /// [`DiscoveryError`] when it has no `sys` folder, or there is no netlink.
    pub fn played(root: &Path) -> Result<Self, DiscoveryError> {
        let live = Netlink::live().map_err(|source| DiscoveryError::Netlink { source })?;
        let mut discovery = Self::at_root(root)?;
        let source = Box::new(PlayedSource::new(live));
        // behind the links, which it completes
        let behind = discovery.sources.len().min(2);
        let runner = Runner { source, owes: true };
        discovery.sources.insert(behind, runner);
        discovery.listen(Listening::Uplinks);
        Ok(discovery)
    }

    /// Discovery of what this sysfs and this netlink show.
    pub fn of_kernel(sysfs: Arc<SysfsRoot>, netlink: Netlink, listening: Listening) -> Self {
        let netlink = SharedNetlink::new(netlink);
        let rights = match &listening {
            Listening::Recorded(_) => Rights::Enough,
            Listening::Off | Listening::Uplinks | Listening::Links(_) => Rights::here(),
        };
        let mut discovery = Self::of_sources(vec![
            Box::new(PciSource::new(Arc::clone(&sysfs))),
            Box::new(LinkSource::new(Arc::clone(&sysfs), netlink.clone())),
            Box::new(AddressSource::new(netlink.clone())),
            Box::new(RdmaSource::new(Arc::clone(&sysfs))),
            Box::new(DevlinkSource::new(netlink.clone(), rights)),
            Box::new(EthtoolSource::new(netlink.clone())),
        ]);
        discovery.sysfs = Some(sysfs);
        discovery.netlink = Some(netlink);
        discovery.listen(listening);
        discovery
    }

    /// Also looks at how each network card's slot is wired, once per card. That touches the cards'
    /// config space and wakes those that sleep, so it is for whoever asks.
    #[must_use]
    pub fn with_slots(mut self) -> Self {
        if let Some(sysfs) = &self.sysfs {
            let source = Box::new(SlotSource::new(Arc::clone(sysfs)));
            // behind the functions, which it completes
            self.sources
                .insert(self.sources.len().min(1), Runner { source, owes: true });
        }
        self
    }

    /// How many system calls the reading of sysfs took so far; 0 without a sysfs.
    pub fn sysfs_calls(&self) -> u64 {
        self.sysfs.as_ref().map_or(0, |sysfs| sysfs.calls())
    }

    /// Discovery by these sources, in this order: a source sees what those before it saw.
    pub fn of_sources(sources: Vec<Box<dyn Source>>) -> Self {
        let runner = |source| Runner { source, owes: true };
        Self {
            sysfs: None,
            netlink: None,
            sources: sources.into_iter().map(runner).collect(),
            lldp: LldpSource::default(),
            retry: None,
            unsettled: BTreeSet::new(),
            seen: Observations::default(),
            inventory: Inventory::default(),
            selectable: None,
        }
    }

    /// Looks at everything at this time. Says whether the inventory, or what is heard on any link, is
    /// another now.
    pub fn look_all(&mut self, now: Duration) -> bool {
        self.run(Scope::All, now)
    }

    /// Looks again at what is dirty. Says whether the inventory, or what is heard on any link, is another
    /// now.
    pub fn look(&mut self, dirty: &Dirty, now: Duration) -> bool {
        if dirty.everything {
            return self.run(Scope::All, now);
        }
        let is_due = self.retry.is_some_and(|due| due <= now);
        if !is_due || self.unsettled.is_empty() {
            return self.run(Scope::Dirty(dirty), now);
        }
        let mut dirty = dirty.clone();
        dirty.functions.extend(&self.unsettled);
        self.run(Scope::Dirty(&dirty), now)
    }

    /// What the machine has, as of the last look.
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// What the sources saw, as of the last look.
    pub fn observations(&self) -> &Observations {
        &self.seen
    }

    /// Listens to LLDP there, from the next look on.
    pub fn listen(&mut self, listening: Listening) {
        self.lldp.listen(listening);
    }

    /// The LLDP side: who was not heard yet, counters, what is remembered over a restart.
    pub fn lldp(&self) -> &LldpSource {
        &self.lldp
    }

    /// The LLDP side, to bring back what is remembered over a restart.
    pub fn lldp_mut(&mut self) -> &mut LldpSource {
        &mut self.lldp
    }

    /// The sockets to wait for: when one can be read, call [`Discovery::receive`].
    pub fn sockets(&self, now: Duration) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.lldp.sockets(now)
    }

    /// When to look though no event came: a neighbour's time is over, a port is silent for too long,
    /// a source
    /// that failed is to be asked again, or VFs are half made. `None` when nothing is due.
    pub fn next_due(&self, now: Duration) -> Option<Duration> {
        [self.lldp.next_due(now), self.retry]
            .into_iter()
            .flatten()
            .min()
    }

    /// Takes the LLDP frames that wait. Says whether a port was heard for the first time or said
    /// something new.
    pub fn receive(&mut self, now: Duration) -> bool {
        let news = self.lldp.receive(now);
        if news {
            self.look(&Dirty::default(), now);
        }
        news
    }

    /// Puts the findings of someone who is no source, under a name of his own. Says whether the
    /// inventory is another now.
    pub fn note(&mut self, name: &str, findings: Vec<Finding>) -> bool {
        let name = Symbol::from(name);
        if self.seen.findings.get(&name).map_or(&[][..], Vec::as_slice) == findings {
            return false;
        }
        self.seen.findings.insert(name, findings);
        self.join()
    }

    fn run(&mut self, scope: Scope<'_>, now: Duration) -> bool {
        let mut news = false;
        for Runner { source, owes } in &mut self.sources {
            news |= step(source.as_mut(), owes, &mut self.seen, scope, now);
        }
        let mut never_owes = false;
        let heard = step(&mut self.lldp, &mut never_owes, &mut self.seen, scope, now);
        let selectable = self.look_at_selectable(scope, news);
        let joined = (news || heard || selectable) && self.join();
        let unsettled = (!self.unsettled.is_empty()).then_some(SETTLE);
        let owed = self
            .sources
            .iter()
            .any(|runner| runner.owes)
            .then_some(RETRY);
        // events that keep coming do not put it off
        let set = self.retry.filter(|due| *due > now);
        self.retry = unsettled.or(owed).map(|span| {
            let due = now.saturating_add(span);
            set.map_or(due, |set| set.min(due))
        });
        heard || joined || selectable
    }

    /// Computes the inventory anew. Says whether it is another.
    fn join(&mut self) -> bool {
        self.seen
            .findings
            .insert(QUIRKS.into(), quirk::of(&self.seen));
        let inventory = Inventory::of(&self.seen);
        self.unsettled = unsettled(&inventory);
        let changed = inventory != self.inventory;
        self.inventory = inventory;
        changed
    }
}

/// The PFs whose VFs are half made or half gone, and those VFs.
fn unsettled(inventory: &Inventory) -> BTreeSet<PciAddress> {
    let uplinks = inventory.uplinks.iter();
    let half = uplinks.flat_map(|uplink| {
        let vfs = uplink.virtual_functions.iter();
        vfs.filter(|vf| vf.usage == VfUse::HalfCreated)
            .flat_map(|vf| [Some(vf.address), uplink.address()])
    });
    half.flatten().collect()
}

#[cfg(test)]
mod tests;
