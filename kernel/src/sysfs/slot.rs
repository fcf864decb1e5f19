//! How a card's slot is wired: what the card could, and what the port above it can.
//!
//! On demand only, never in the scan. `current_link_*` is not read at all: it touches the config
//! space and wakes sleeping devices. Left to others: whether the slot is too narrow
//! (`colvin-model`).

use colvin_model::PciAddress;
use colvin_model::observation::SlotLink;

use super::place::Folder;
use super::{SysfsError, SysfsRoot, device_path};

/// The widths and rates of both ends, or `None` when the function has no port above it (it is part
/// of the root complex, or a virtual machine shows none), or either end tells no width.
///
/// Source: `max_link_width` and `max_link_speed` (kernel `Documentation/ABI/testing/sysfs-bus-pci`).
///
/// # Errors
/// [`SysfsError`] when a file is there and does not serve.
pub fn read(root: &SysfsRoot, card: PciAddress) -> Result<Option<SlotLink>, SysfsError> {
    let card = card.to_string();
    let above = root.link(
        Folder::PciDevices.at(&card, ""),
        "a link to a device",
        |target| {
            Some(device_path::parent(target).and_then(|parent| parent.parse::<PciAddress>().ok()))
        },
    )?;
    let Some(above) = above.flatten() else {
        return Ok(None);
    };
    let above = above.to_string();
    let (Some(card_lanes), Some(slot_lanes)) = (lanes(root, &card)?, lanes(root, &above)?) else {
        return Ok(None);
    };
    Ok(Some(SlotLink {
        card_lanes,
        slot_lanes,
        card_mega_transfers: mega_transfers(root, &card)?,
        slot_mega_transfers: mega_transfers(root, &above)?,
    }))
}

/// The lanes, or `None` for 0 and 255, by which the kernel says that it does not know.
fn lanes(root: &SysfsRoot, function: &str) -> Result<Option<u16>, SysfsError> {
    let lanes = root.attribute(
        Folder::PciDevices.at(function, "max_link_width"),
        "a number of lanes",
        |text| text.parse().ok(),
    )?;
    Ok(lanes.filter(|lanes| (1..=32).contains(lanes)))
}

/// The rate in MT/s; `None` for `Unknown`.
fn mega_transfers(root: &SysfsRoot, function: &str) -> Result<Option<u32>, SysfsError> {
    let rate = root.attribute(
        Folder::PciDevices.at(function, "max_link_speed"),
        "a rate such as 16.0 GT/s PCIe",
        |text| match text {
            "Unknown" | "Unknown speed" => Some(None),
            text => rate(text).map(Some),
        },
    )?;
    Ok(rate.flatten())
}

fn rate(text: &str) -> Option<u32> {
    let (whole, tenths) = text.split_once(" GT/s")?.0.split_once('.')?;
    let tenths: u32 = tenths.parse().ok().filter(|tenths| *tenths < 10)?;
    let whole: u32 = whole.parse().ok()?;
    whole.checked_mul(1000)?.checked_add(tenths * 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_of_all_generations_are_read() {
        let known = [
            ("2.5 GT/s PCIe", 2_500),
            ("5.0 GT/s PCIe", 5_000),
            ("8.0 GT/s PCIe", 8_000),
            ("16.0 GT/s PCIe", 16_000),
            ("64.0 GT/s PCIe", 64_000),
        ];
        for (text, expected) in known {
            assert_eq!(rate(text), Some(expected), "{text}");
        }
        for text in ["", "fast", "16 GT/s", "99999999.0 GT/s", "8.25 GT/s PCIe"] {
            assert_eq!(rate(text), None, "{text}");
        }
    }
}
