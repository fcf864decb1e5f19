//! Values of `class/net` as text. Left to others: which file has which.

use colvin_model::LinkAddress;
use colvin_model::observation::{Carrier, OperState};

use super::{At, SysfsError, SysfsRoot};

/// A file with a hardware address; an empty one says that there is none.
#[expect(
    clippy::option_option,
    reason = "the outer one says whether there is such a file"
)]
pub(super) fn address_at(
    root: &SysfsRoot,
    at: At<'_>,
) -> Result<Option<Option<LinkAddress>>, SysfsError> {
    root.attribute(at, "a hardware address", |text| {
        if text.is_empty() {
            return Some(None);
        }
        let bytes = bytes_of(text, ":")?;
        LinkAddress::from_bytes(&bytes).map(Some)
    })
}

pub(super) fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

pub(super) fn flags(text: &str) -> Option<u32> {
    u32::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}

/// Bytes in hexadecimal with this between them, 32 at most.
pub(super) fn bytes_of(text: &str, between: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(6);
    let mut rest = text;
    loop {
        let (digits, after) = rest.split_at_checked(2)?;
        let clean = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        bytes.push(u8::from_str_radix(digits, 16).ok().filter(|_| clean)?);
        if after.is_empty() {
            return Some(bytes);
        }
        if bytes.len() == 32 {
            return None;
        }
        rest = after.strip_prefix(between)?;
    }
}

/// Whether a signal is there.
pub(super) fn carrier(text: &str) -> Option<Carrier> {
    match text {
        "0" => Some(Carrier::Down),
        "1" => Some(Carrier::Up),
        _ => None,
    }
}

/// Source: `operstates` in the kernel's `net/core/net-sysfs.c`.
pub(super) fn oper_state(text: &str) -> Option<OperState> {
    Some(match text {
        "unknown" => OperState::Unknown,
        "notpresent" => OperState::NotPresent,
        "down" => OperState::Down,
        "lowerlayerdown" => OperState::LowerLayerDown,
        "testing" => OperState::Testing,
        "dormant" => OperState::Dormant,
        "up" => OperState::Up,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_with_and_without_colons() {
        assert_eq!(bytes_of("02:00:ff", ":"), Some(vec![2, 0, 255]));
        assert_eq!(bytes_of("0200ff", ""), Some(vec![2, 0, 255]));
        for text in ["", "0", "02:", "02:0", "02-00", "+2", "é0"] {
            assert_eq!(bytes_of(text, ":"), None, "{text}");
        }
        assert_eq!(bytes_of(&"00".repeat(33), ""), None);
    }
}
