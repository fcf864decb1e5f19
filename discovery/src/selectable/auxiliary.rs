//! Subfunctions as selectors see them. Left to others: their parents, which are in the inventory.

use colvin_kernel::sysfs::subfunction::{self, Subfunction};
use colvin_model::observation::Link;
use colvin_model::{PciAddress, Symbol};
use colvin_takeover::Auxiliary;

use super::Round;
use crate::source::SourceError;

impl<'a> Round<'a> {
    /// All subfunctions of PCI functions.
    pub(super) fn auxiliaries(&mut self) -> Result<Vec<Auxiliary>, SourceError> {
        let found = subfunction::scan(self.sysfs, &mut self.findings)
            .map_err(|source| SourceError::new("the subfunctions", source))?;
        let all = found.into_iter();
        Ok(all
            .filter_map(|one| Some(self.auxiliary(one.function?, one)))
            .collect())
    }

    fn auxiliary(&self, parent: PciAddress, one: Subfunction) -> Auxiliary {
        let netdev = self.netdev_of(&one.name).map(|link| self.netdev(link));
        let mut devices = self.seen.rdma.iter();
        let rdma = devices.find(|device| device.subfunction.as_ref() == Some(&one.name));
        let handle = format!("auxiliary/{}", one.name);
        Auxiliary {
            parent,
            number: one.number,
            driver: one.driver,
            netdev: netdev.as_ref().map(|netdev| netdev.link.name.clone()),
            link_type: netdev.as_ref().and_then(super::Netdev::link_type),
            rdma: rdma.map(|device| device.name.clone()),
            rdma_enabled: self.rdma_enabled.get(&handle).copied(),
            port_of: netdev.as_ref().and_then(|netdev| netdev.port_of.clone()),
            protected: netdev.map(|netdev| netdev.protected).unwrap_or_default(),
            name: one.name,
        }
    }

    fn netdev_of(&self, name: &Symbol) -> Option<&'a Link> {
        self.seen.links.values().find(|link| {
            let parent = link.parent.as_ref();
            parent.is_some_and(|parent| parent.bus == "auxiliary" && parent.name == *name)
        })
    }
}
