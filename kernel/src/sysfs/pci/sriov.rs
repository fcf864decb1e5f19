//! The SR-IOV side of a PF: how many VFs, where they lie, what `virtfnN` says.
//!
//! Left to others: which VFs are missing or misplaced (`colvin-model`).

use std::collections::BTreeMap;

use colvin_model::PciAddress;
use colvin_model::observation::SriovCapability;

use super::Reader;
use crate::sysfs::{SysfsError, device_path};

/// What a file with a number holds.
const NUMBER: &str = "a number of 16 bits";

impl Reader<'_> {
    /// The PF's SR-IOV side, or `None` when it has no such capability (`sriov_totalvfs` is not
    /// there).
    ///
    /// A number that does not serve is a finding, and must not hide the VFs: the links `virtfnN`
    /// stand in for it, they tell how many there are at least, and where. Where they tell nothing
    /// either, there is no capability to speak of.
    pub(super) fn sriov(&mut self) -> Option<SriovCapability> {
        let total = match self.read_number("sriov_totalvfs") {
            Ok(None) => return None,
            read => self.look.keep(read),
        };
        let configured = self.number("sriov_numvfs");
        let offset = self.number("sriov_offset");
        let stride = self.number("sriov_stride");
        let vf_device =
            self.look
                .attribute("sriov_vf_device", "a device number such as 1889", |text| {
                    u16::from_str_radix(text, 16).ok()
                });
        let drivers_autoprobe = self
            .look
            .attribute("sriov_drivers_autoprobe", "0 or 1", |text| match text {
                "0" => Some(false),
                "1" => Some(true),
                _ => None,
            });
        let virtfn = self.virtfn(configured, total);
        let there = virtfn.keys().next_back().map(|last| last.saturating_add(1));
        let configured = configured.or(there)?;
        Some(SriovCapability {
            total: total.or(Some(configured).filter(|number| *number > 0))?,
            configured,
            offset: offset.or_else(|| self.first_distance(&virtfn))?,
            stride: stride.or_else(|| distance(&virtfn))?,
            vf_device,
            drivers_autoprobe,
            virtfn,
        })
    }

    fn read_number(&self, file: &str) -> Result<Option<u16>, SysfsError> {
        let at = self.look.at(file);
        let root = self.look.root;
        root.attribute(at, NUMBER, |text| text.parse().ok())
    }

    fn number(&mut self, file: &str) -> Option<u16> {
        let read = self.read_number(file);
        self.look.keep(read)
    }

    /// What `virtfnN` says: of all that are configured, and of those beyond that are there already
    /// while the kernel has not counted them yet.
    fn virtfn(&mut self, configured: Option<u16>, total: Option<u16>) -> BTreeMap<u16, PciAddress> {
        let configured = configured.unwrap_or(0);
        let most = total.unwrap_or(u16::MAX).max(configured);
        let mut virtfn = BTreeMap::new();
        let mut file = String::with_capacity("virtfn65535".len());
        for index in 0..most {
            file.truncate(0);
            file.push_str("virtfn");
            file.push_str(&index.to_string());
            let vf = self.look.link(&file, "a link to a VF", |target| {
                device_path::last(target).parse().ok()
            });
            match vf {
                Some(vf) => {
                    virtfn.insert(index, vf);
                }
                None if index >= configured => break,
                None => {}
            }
        }
        virtfn
    }

    /// `sriov_offset` as VF 0 shows it; without VFs nothing is placed by it, and it is 0.
    fn first_distance(&self, virtfn: &BTreeMap<u16, PciAddress>) -> Option<u16> {
        if virtfn.is_empty() {
            return Some(0);
        }
        let first = virtfn.get(&0)?;
        first.routing_id().checked_sub(self.address.routing_id())
    }
}

/// `sriov_stride` as VF 0 and VF 1 show it; without two VFs nothing is placed by it, and it is 0.
fn distance(virtfn: &BTreeMap<u16, PciAddress>) -> Option<u16> {
    match (virtfn.get(&0), virtfn.get(&1)) {
        (Some(first), Some(second)) => second.routing_id().checked_sub(first.routing_id()),
        _ => (virtfn.len() < 2).then_some(0),
    }
}
