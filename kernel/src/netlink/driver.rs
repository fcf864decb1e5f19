//! Who drives a link, and the card's firmware: `ETHTOOL_GDRVINFO`, live or from a record's lines.
//!
//! Netlink has no such message, so this is the one ioctl. Left to others: comparing versions.
//!
//! Source: `struct ethtool_drvinfo` (kernel `include/uapi/linux/ethtool.h`).
#![expect(
    unsafe_code,
    reason = "SIOCETHTOOL has no safe wrapper in rustix or socket2"
)]

use std::collections::BTreeMap;
use std::ffi::c_char;
use std::io;
use std::os::fd::{AsFd, AsRawFd as _};

use colvin_model::observation::PortFacts;
use colvin_model::{Finding, FindingReason, IfName};

/// The file of a record, below `netlink/`: a line per link.
pub(super) const FILE: &str = "drivers";

/// `linux/sockios.h`; here, since the type of a request is the C library's own.
const SIOCETHTOOL: libc::Ioctl = 0x8946;

/// `ETHTOOL_GDRVINFO`.
const GET_DRIVER_INFO: u32 = 3;

/// Words of a `struct ethtool_drvinfo`, which is 196 bytes.
const INFO_WORDS: usize = 49;

/// Bytes of each text in it.
const TEXT_BYTES: usize = 32;

/// What a driver says of itself; an empty text is one that it did not give.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DriverInfo {
    /// The driver's name.
    pub driver: String,
    /// The driver's version; the kernel's, for most.
    pub version: String,
    /// The card's firmware, as the driver words it.
    pub firmware: String,
    /// The device, for most its PCI address.
    pub bus_info: String,
}

impl DriverInfo {
    /// Puts driver and firmware into the facts of a port.
    pub(super) fn fill(&self, facts: &mut PortFacts) {
        let known = |text: &str| (!text.is_empty() && text != "N/A").then(|| text.into());
        facts.driver = known(&self.driver);
        facts.firmware = known(&self.firmware);
    }

    /// The line of a record for the link of this name.
    pub(super) fn line(&self, name: &IfName) -> String {
        let Self {
            driver,
            version,
            firmware,
            bus_info,
        } = self;
        let texts = [driver, version, firmware, bus_info];
        let mut line = name.to_string();
        for text in texts {
            line.push('\t');
            line.extend(text.chars().map(|c| if c.is_control() { ' ' } else { c }));
        }
        line.push('\n');
        line
    }
}

/// Asks the driver of a link, by any socket. `None` when it does not tell, or the link is gone.
///
/// # Errors
/// As `ioctl(2)`.
pub(super) fn ask(socket: impl AsFd, name: &IfName) -> io::Result<Option<DriverInfo>> {
    let mut info = [0_u32; INFO_WORDS];
    if let Some(command) = info.first_mut() {
        *command = GET_DRIVER_INFO;
    }
    let mut link: [c_char; libc::IFNAMSIZ] = [0; libc::IFNAMSIZ];
    for (place, byte) in link.iter_mut().zip(name.as_str().bytes()) {
        *place = c_char::from_ne_bytes([byte]);
    }
    let mut request = libc::ifreq {
        ifr_name: link,
        ifr_ifru: libc::__c_anonymous_ifr_ifru {
            ifru_data: info.as_mut_ptr().cast(),
        },
    };
    // SAFETY: `request` is a whole `struct ifreq` whose name ends with NUL (a name has at most 15
    // bytes) and whose data points to `info`: writable, aligned to 4, as long as a `struct
    // ethtool_drvinfo`, and alive through the call. The descriptor is borrowed, so it is open.
    let result = unsafe { libc::ioctl(socket.as_fd().as_raw_fd(), SIOCETHTOOL, &raw mut request) };
    if result == 0 {
        return Ok(Some(decode(&info)));
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        Some(libc::EOPNOTSUPP | libc::ENODEV | libc::EPERM) => Ok(None),
        _ => Err(error),
    }
}

fn decode(info: &[u32; INFO_WORDS]) -> DriverInfo {
    let bytes: Vec<u8> = info.iter().flat_map(|word| word.to_ne_bytes()).collect();
    let mut texts = bytes.get(4..).unwrap_or(&[]).chunks_exact(TEXT_BYTES);
    let mut text = || {
        let field = texts.next().unwrap_or(&[]);
        let end = field.iter().position(|byte| *byte == 0);
        let field = field.get(..end.unwrap_or(field.len())).unwrap_or(&[]);
        String::from_utf8_lossy(field).trim().to_owned()
    };
    DriverInfo {
        driver: text(),
        version: text(),
        firmware: text(),
        bus_info: text(),
    }
}

/// The drivers in a record's lines, by link; a line that is none is a finding.
pub(super) fn parse(lines: &[u8], findings: &mut Vec<Finding>) -> BTreeMap<IfName, DriverInfo> {
    let mut drivers = BTreeMap::new();
    for (number, line) in String::from_utf8_lossy(lines).lines().enumerate() {
        let mut texts = line.split('\t');
        let mut text = || texts.next().map(str::to_owned);
        let name = text().and_then(|name| name.parse::<IfName>().ok());
        let (Some(name), Some(driver)) = (name, text()) else {
            let message = format!(
                "line {} of the record netlink/drivers names no link and driver",
                number + 1
            );
            findings.push(Finding::of_node(FindingReason::MalformedFile, message));
            continue;
        };
        let info = DriverInfo {
            driver,
            version: text().unwrap_or_default(),
            firmware: text().unwrap_or_default(),
            bus_info: text().unwrap_or_default(),
        };
        drivers.insert(name, info);
    }
    drivers
}
