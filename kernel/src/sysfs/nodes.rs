//! The character devices by which programs use a device: vfio, uio, RDMA and vdpa.
//!
//! sysfs tells their names, and devtmpfs gives each a node of that name, so `/dev` itself is not
//! looked at. They change with the device's driver: they are read when the device is given out, not
//! in the scan.
//!
//! Left to others: which of them a container gets, and nodes that belong to no device
//! (`/dev/vfio/vfio`, `/dev/vhost-net`).

mod rdma;

use colvin_model::inventory::UplinkId;
use colvin_model::offer::{CharDevice, DeviceId, DeviceNodes, Kind, OfferedDevice};
use colvin_model::{IfName, PciAddress};

use super::place::{At, Folder};
use super::symbols::{is_name, is_part};
use super::{SysfsError, SysfsRoot, device_path, vdpa};

/// A device whose nodes are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device<'a> {
    /// A PCI function.
    Function(PciAddress),
    /// A device of the auxiliary bus, such as `mlx5_core.sf.4`.
    Auxiliary(&'a str),
    /// A netdev of this network namespace, which has no nodes of its own.
    Netdev(&'a IfName),
}

impl<'a> Device<'a> {
    /// The device that is offered by this id; for a share the uplink that it is a share of, `None` when
    /// that has neither a function nor a netdev.
    pub fn offered(id: &'a DeviceId, device: &'a OfferedDevice) -> Option<Self> {
        match (device.kind, device.address, &device.uplink) {
            (Kind::Auxiliary, _, _) => Some(Self::Auxiliary(id.as_str())),
            (_, Some(address), _) => Some(Self::Function(address)),
            (_, None, Some(UplinkId::Function(address))) => Some(Self::Function(*address)),
            (_, None, Some(UplinkId::Netdev(name))) => Some(Self::Netdev(name)),
            (_, None, None) => None,
        }
    }

    /// Where it lies and how it is called there; `None` for what can be no device's name.
    fn place(self) -> Option<(Folder, String)> {
        match self {
            Self::Function(address) => Some((Folder::PciDevices, address.to_string())),
            Self::Auxiliary(name) => {
                is_part(name).then(|| (Folder::AuxiliaryDevices, name.to_owned()))
            }
            Self::Netdev(name) => Some((Folder::Net, name.to_string())),
        }
    }
}

/// Whether the device is there.
///
/// # Errors
/// [`SysfsError::Read`] when the kernel does not tell.
pub fn exists(root: &SysfsRoot, device: Device<'_>) -> Result<bool, SysfsError> {
    let Some((folder, name)) = device.place() else {
        return Ok(false);
    };
    root.is_there(folder.at(&name, ""))
}

/// The nodes that a device has now, or `None` when there is no such device.
///
/// Source: `driver`, `iommu_group`, `uio`, `infiniband*` in the device's folder (kernel
/// `Documentation/ABI/testing/sysfs-bus-pci`, `drivers/vfio/group.c`, `drivers/uio/uio.c`,
/// `drivers/infiniband/core/{uverbs_main,user_mad}.c`), and `bus/vdpa/devices`
/// (`drivers/vhost/vdpa.c`).
///
/// # Errors
/// [`SysfsError`] when a file is there and does not serve, or a function with a vfio driver has no
/// IOMMU group: what a program would need is then not known.
pub fn read(root: &SysfsRoot, device: Device<'_>) -> Result<Option<DeviceNodes>, SysfsError> {
    let Some((folder, name)) = device.place() else {
        return Ok(None);
    };
    let place = |file| folder.at(&name, file);
    if matches!(device, Device::Netdev(_)) {
        return Ok(root.is_there(place(""))?.then(DeviceNodes::default));
    }
    let driver = root.link(place("driver"), "a link to a driver", |target| {
        let driver = device_path::last(target);
        is_name(driver).then(|| driver.to_owned())
    })?;
    let Some(driver) = driver else {
        // without a driver nothing made any node
        return Ok(root.is_there(place(""))?.then(DeviceNodes::default));
    };
    if is_vfio(&driver) {
        let vfio = Some(vfio(root, place)?);
        return Ok(Some(DeviceNodes {
            vfio,
            ..DeviceNodes::default()
        }));
    }
    let uio = numbers(&names(root, place("uio"))?, "uio");
    let vdpa = vdpa::of(root, &name)?;
    let vhost = match &vdpa {
        Some(vdpa) if vdpa.is_vhost() => vdpa::vhost_node(root, &vdpa.name)?,
        _ => None,
    };
    Ok(Some(DeviceNodes {
        vfio: None,
        uio: uio
            .first()
            .map(|number| CharDevice::same(format!("/dev/uio{number}"))),
        rdma: rdma::read(root, folder, &name)?,
        vhost_vdpa: vhost.map(|node| CharDevice::same(format!("/dev/{node}"))),
        vdpa_name: vdpa.map(|vdpa| vdpa.name.as_str().to_owned()),
    }))
}

/// Whether a driver gives the function to programs by vfio: `vfio-pci`, or a variant of a vendor
/// (`mlx5_vfio_pci`, `hisi_acc_vfio_pci`), all of which end so.
///
/// Source: the drivers below `drivers/vfio/pci`.
fn is_vfio(driver: &str) -> bool {
    driver.ends_with("vfio-pci") || driver.ends_with("vfio_pci")
}

/// The node of the function's IOMMU group. Without an IOMMU the kernel makes a group for the function
/// alone; its node has another name on the host, by which programs do not know it.
fn vfio<'a>(
    root: &SysfsRoot,
    place: impl Fn(&'static str) -> At<'a>,
) -> Result<CharDevice, SysfsError> {
    let at = place("iommu_group");
    let group: Option<u32> = root.link(at, "a link to an IOMMU group", |target| {
        device_path::last(target).parse().ok()
    })?;
    let group = group.ok_or_else(|| SysfsError::Missing { path: at.shown() })?;
    let kind = root.attribute(place("iommu_group/name"), "a group's name", |text| {
        Some(text == "vfio-noiommu")
    })?;
    let container = format!("/dev/vfio/{group}");
    let host = match kind {
        Some(true) => format!("/dev/vfio/noiommu-{group}"),
        Some(false) | None => container.clone(),
    };
    Ok(CharDevice { host, container })
}

/// The names in a folder of the device, in order; none when it is not there.
fn names(root: &SysfsRoot, folder: At<'_>) -> Result<Vec<String>, SysfsError> {
    let mut names = Vec::new();
    root.list(folder, |name| {
        let name = std::str::from_utf8(name).ok();
        names.extend(name.filter(|name| is_part(name)).map(str::to_owned));
    })?;
    names.sort_unstable();
    Ok(names)
}

/// The numbers of those names that are `<prefix><number>`, in order.
fn numbers(names: &[String], prefix: &str) -> Vec<u32> {
    let number = |name: &String| name.strip_prefix(prefix)?.parse().ok();
    let mut numbers: Vec<u32> = names.iter().filter_map(number).collect();
    numbers.sort_unstable();
    numbers
}
