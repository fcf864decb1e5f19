//! The link dump that a kernel would answer with on a generated tree: one `RTM_NEWLINK` for each netdev
//! below `sys/bus/pci/devices`, written where a recorded machine has it, so that an inventory of the tree
//! gets its links as on a live node.
//!
//! Left to others: the tree (`testkit::tree`), and what else a link message can hold.

use anyhow::{Context as _, Result};
use std::{fs, path::Path};

const RTM_NEWLINK: u16 = 16;
const NLM_F_MULTI: u16 = 2;
const ARPHRD_ETHER: u16 = 1;
const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_OPERSTATE: u16 = 16;
const IFLA_CARRIER: u16 = 33;
const IFLA_PARENT_DEV_NAME: u16 = 56;
const IFLA_PARENT_DEV_BUS_NAME: u16 = 57;

/// `IFF_UP` and `IFF_LOWER_UP`.
const FLAGS: u32 = 0x1_0001;

/// `IF_OPER_UP`.
const UP: u8 = 6;

/// Writes the dump, and says of how many links.
///
/// # Errors
/// When the tree cannot be listed or the file not be written.
pub(super) fn write(root: &Path) -> Result<u32> {
    let (mut dump, mut links) = (Vec::new(), 0);
    for device in names(&root.join("sys/bus/pci/devices"))? {
        let net = root.join("sys/bus/pci/devices").join(&device).join("net");
        if !net.is_dir() {
            continue;
        }
        for name in names(&net)? {
            links += 1;
            dump.extend(message(links + 1, &name, &device)?);
        }
    }
    let folder = root.join("netlink");
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    fs::write(folder.join("links"), dump).context("writing the dump of links")?;
    Ok(links)
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let listed = fs::read_dir(folder).with_context(|| format!("listing {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in listed {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// One message: `nlmsghdr`, `ifinfomsg`, attributes, all in the machine's byte order.
fn message(index: u32, name: &str, pci_address: &str) -> Result<Vec<u8>> {
    let mut body = vec![0, 0]; // AF_UNSPEC, padding
    body.extend(ARPHRD_ETHER.to_ne_bytes());
    body.extend(index.to_ne_bytes());
    body.extend(FLAGS.to_ne_bytes());
    body.extend(u32::MAX.to_ne_bytes());
    let [high, middle, low, lowest] = index.to_be_bytes();
    attribute(&mut body, IFLA_IFNAME, format!("{name}\0").as_bytes())?;
    attribute(&mut body, IFLA_OPERSTATE, &[UP])?;
    attribute(&mut body, IFLA_MTU, &1500_u32.to_ne_bytes())?;
    attribute(&mut body, IFLA_CARRIER, &[1])?;
    attribute(&mut body, IFLA_ADDRESS, &[2, 0, high, middle, low, lowest])?;
    attribute(
        &mut body,
        IFLA_PARENT_DEV_NAME,
        format!("{pci_address}\0").as_bytes(),
    )?;
    attribute(&mut body, IFLA_PARENT_DEV_BUS_NAME, b"pci\0")?;
    let length = u32::try_from(body.len() + 16)?;
    let mut message = Vec::from(length.to_ne_bytes());
    message.extend(RTM_NEWLINK.to_ne_bytes());
    message.extend(NLM_F_MULTI.to_ne_bytes());
    message.extend([0; 8]); // sequence, port
    message.extend(body);
    Ok(message)
}

/// An attribute: its length with header, its type, its value, padding to four bytes.
fn attribute(body: &mut Vec<u8>, kind: u16, value: &[u8]) -> Result<()> {
    body.extend(u16::try_from(value.len() + 4)?.to_ne_bytes());
    body.extend(kind.to_ne_bytes());
    body.extend(value);
    body.resize(body.len().next_multiple_of(4), 0);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_without_devices_is_an_error_and_each_netdev_is_a_message() {
        let root = tempfile::tempdir().unwrap();
        assert!(write(root.path()).is_err());
        for (device, netdev) in [("0000:01:00.0", "eth0"), ("0000:01:00.1", "eth1")] {
            let net = root
                .path()
                .join("sys/bus/pci/devices")
                .join(device)
                .join("net");
            fs::create_dir_all(net.join(netdev)).unwrap();
        }
        fs::create_dir_all(root.path().join("sys/bus/pci/devices/0000:00:00.0")).unwrap();
        assert_eq!(write(root.path()).unwrap(), 2);
        let dump = fs::read(root.path().join("netlink/links")).unwrap();
        assert_eq!(dump.len() % 2, 0);
        let length = u32::from_ne_bytes(dump[..4].try_into().unwrap());
        assert_eq!(usize::try_from(length).unwrap() * 2, dump.len());
    }
}
