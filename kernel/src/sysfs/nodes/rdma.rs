//! The character devices of a device's RDMA side.
//!
//! A function has one RDMA device; where a driver makes several the first by name is meant, and its
//! nodes are told from the others' by their `ibdev`. Of a device with several ports the first port's
//! MAD nodes are meant. Left to others: whether the RDMA device may be used from a container's network
//! namespace (`rdma system netns`).

use colvin_model::offer::{CharDevice, RdmaNodes};

use super::{names, numbers};
use crate::sysfs::place::{At, Folder};
use crate::sysfs::{SysfsError, SysfsRoot};

/// The folder of the verbs node.
const VERBS: &str = "infiniband_verbs";

/// The folder of the nodes for management datagrams.
const MAD: &str = "infiniband_mad";

/// The RDMA nodes of the device `name` of `folder`, or `None` when it has no RDMA device here.
pub(super) fn read(
    root: &SysfsRoot,
    folder: Folder,
    name: &str,
) -> Result<Option<RdmaNodes>, SysfsError> {
    let Some(device) = names(root, folder.at(name, "infiniband"))?
        .into_iter()
        .next()
    else {
        return Ok(None);
    };
    let of_verbs = names(root, folder.at(name, VERBS))?;
    let of_mad = names(root, folder.at(name, MAD))?;
    let node = |class: &str, names: &[String], prefix: &str| {
        let is_its = |number: &u32| {
            let file = format!("{class}/{prefix}{number}/ibdev");
            is_of(root, folder.at(name, &file), &device)
        };
        let number = first(&numbers(names, prefix), is_its)?;
        let path = |number| format!("/dev/infiniband/{prefix}{number}");
        Ok(number.map(|number| CharDevice::same(path(number))))
    };
    let uverbs = node(VERBS, &of_verbs, "uverbs")?;
    let umad = node(MAD, &of_mad, "umad")?;
    let issm = node(MAD, &of_mad, "issm")?;
    let rdma_cm = root.is_there(Folder::Sys.at("class/misc/rdma_cm", ""))?;
    Ok(Some(RdmaNodes {
        device,
        uverbs,
        umad,
        issm,
        rdma_cm: rdma_cm.then(|| CharDevice::same("/dev/infiniband/rdma_cm")),
    }))
}

/// Whether a node's folder names this RDMA device as its own.
fn is_of(root: &SysfsRoot, ibdev: At<'_>, device: &str) -> Result<bool, SysfsError> {
    let is_its = root.attribute(ibdev, "an RDMA device", |text| Some(text == device))?;
    Ok(is_its == Some(true))
}

/// The first of several numbers that is the device's; a single one is not asked.
fn first(
    numbers: &[u32],
    is_its: impl Fn(&u32) -> Result<bool, SysfsError>,
) -> Result<Option<u32>, SysfsError> {
    if let [only] = numbers {
        return Ok(Some(*only));
    }
    for number in numbers {
        if is_its(number)? {
            return Ok(Some(*number));
        }
    }
    Ok(None)
}
