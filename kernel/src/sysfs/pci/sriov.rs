//! The SR-IOV side of a PF: how many VFs, where they lie, what `virtfnN` says.
//!
//! Left to others: which VFs are missing or misplaced (`colvin-model`).

use std::collections::BTreeMap;

use colvin_model::PciAddress;
use colvin_model::observation::SriovCapability;

use super::Reader;
use crate::sysfs::device_path;

impl Reader<'_> {
    /// The PF's SR-IOV side, or `None` when it has no such capability (`sriov_totalvfs` is not
    /// there), or when one of the four numbers that place the VFs does not serve: that is a finding.
    pub(super) fn sriov(&mut self) -> Option<SriovCapability> {
        let total = self.number("sriov_totalvfs")?;
        let configured = self.number("sriov_numvfs");
        let offset = self.number("sriov_offset");
        let stride = self.number("sriov_stride");
        let vf_device = self.attribute("sriov_vf_device", "a device number such as 1889", |text| {
            u16::from_str_radix(text, 16).ok()
        });
        let drivers_autoprobe =
            self.attribute("sriov_drivers_autoprobe", "0 or 1", |text| match text {
                "0" => Some(false),
                "1" => Some(true),
                _ => None,
            });
        let configured = configured?;
        Some(SriovCapability {
            total,
            configured,
            offset: offset?,
            stride: stride?,
            vf_device,
            drivers_autoprobe,
            virtfn: self.virtfn(configured, total),
        })
    }

    fn number(&mut self, file: &str) -> Option<u16> {
        self.attribute(file, "a number of 16 bits", |text| text.parse().ok())
    }

    /// What `virtfnN` says: of all that are configured, and of those beyond that are there already
    /// while the kernel has not counted them yet.
    fn virtfn(&mut self, configured: u16, total: u16) -> BTreeMap<u16, PciAddress> {
        let mut virtfn = BTreeMap::new();
        let mut file = String::with_capacity("virtfn65535".len());
        for index in 0..total.max(configured) {
            file.truncate(0);
            file.push_str("virtfn");
            file.push_str(&index.to_string());
            let vf = self.link(&file, "a link to a VF", |target| {
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
}
