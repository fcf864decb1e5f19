//! One device event as the kernel sends it: `ACTION@path`, then `KEY=value`s, each ended by a zero.
//!
//! The bytes may be anything: paths need not be UTF-8, keys may be missing or stand twice (the last
//! counts). What cannot be understood in one value leaves that value out.
//!
//! Source: `kobject_uevent_env` in the kernel's `lib/kobject_uevent.c`.
//! Left to others: where the message comes from, and whether to believe it.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::str::FromStr;

use colvin_model::{IfIndex, IfName, PciAddress};

use super::{Action, Subsystem};

/// A device event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uevent {
    /// What happened.
    pub action: Action,
    /// The device's path below `/sys`, from `/devices` on; bytes that need not be UTF-8.
    pub devpath: PathBuf,
    /// The path it had before, when it was renamed or moved ([`Action::Move`]).
    pub old_devpath: Option<PathBuf>,
    /// What kind of device it is.
    pub subsystem: Subsystem,
    /// The driver, of a device that has one now ([`Action::Unbind`] names the one it had).
    pub driver: Option<OsString>,
    /// The PCI address of a PCI function.
    pub pci_slot_name: Option<PciAddress>,
    /// The name of a net device; `None` also when it is none that [`IfName`] takes.
    pub interface: Option<IfName>,
    /// The index of a net device.
    pub ifindex: Option<IfIndex>,
    /// The event's number; it grows by one with each event of the machine, in all namespaces.
    pub seqnum: Option<u64>,
}

/// A message that is no device event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{:?} is no device event (`ACTION@path`, then `KEY=value`s)", OsStr::from_bytes(.head))]
pub struct InvalidUevent {
    head: Vec<u8>,
}

impl Uevent {
    /// Reads one message.
    ///
    /// # Errors
    /// [`InvalidUevent`] when it does not begin with an action, an `@` and an absolute path.
    pub fn parse(message: &[u8]) -> Result<Self, InvalidUevent> {
        let mut parts = message.split(|byte| *byte == 0);
        let head = parts.next().unwrap_or_default();
        let (action, path) = split_at_byte(head, b'@')
            .filter(|(action, path)| !action.is_empty() && path.first() == Some(&b'/'))
            .ok_or_else(|| InvalidUevent {
                head: head.iter().copied().take(64).collect(),
            })?;
        let mut uevent = Self {
            action: Action::from_bytes(action),
            devpath: path_of(path),
            old_devpath: None,
            subsystem: Subsystem::Other,
            driver: None,
            pci_slot_name: None,
            interface: None,
            ifindex: None,
            seqnum: None,
        };
        for (key, value) in parts.filter_map(|part| split_at_byte(part, b'=')) {
            uevent.take(key, value);
        }
        Ok(uevent)
    }

    fn take(&mut self, key: &[u8], value: &[u8]) {
        match key {
            b"SUBSYSTEM" => self.subsystem = Subsystem::from_bytes(value),
            b"DEVPATH_OLD" => self.old_devpath = Some(path_of(value)),
            b"DRIVER" => self.driver = Some(OsStr::from_bytes(value).to_owned()),
            b"PCI_SLOT_NAME" => self.pci_slot_name = parsed(value),
            b"INTERFACE" => self.interface = parsed(value),
            b"IFINDEX" => self.ifindex = parsed(value).and_then(IfIndex::new),
            b"SEQNUM" => self.seqnum = parsed(value),
            _ => {}
        }
    }
}

/// What is before and behind the first such byte.
fn split_at_byte(bytes: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|candidate| *candidate == byte)?;
    let (before, rest) = bytes.split_at_checked(at)?;
    Some((before, rest.get(1..)?))
}

fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

fn parsed<T: FromStr>(value: &[u8]) -> Option<T> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A PCI function was asked to say that it changed (recorded from Linux 6.18).
    const CHANGE: &[u8] = b"change@/devices/pci0000:00/0000:00:01.0\0\
        ACTION=change\0\
        DEVPATH=/devices/pci0000:00/0000:00:01.0\0\
        SUBSYSTEM=pci\0\
        SYNTH_UUID=0\0\
        DRIVER=virtio-pci\0\
        PCI_CLASS=FFFF00\0\
        PCI_ID=1AF4:1045\0\
        PCI_SUBSYS_ID=1AF4:1045\0\
        PCI_SLOT_NAME=0000:00:01.0\0\
        MODALIAS=pci:v00001AF4d00001045sv00001AF4sd00001045bcFFscFFi00\0\
        SEQNUM=2167\0";

    /// A net device is renamed (recorded from Linux 6.18).
    const MOVE: &[u8] = b"move@/devices/virtual/net/green0\0\
        ACTION=move\0\
        DEVPATH=/devices/virtual/net/green0\0\
        SUBSYSTEM=net\0\
        DEVPATH_OLD=/devices/virtual/net/veth7\0\
        INTERFACE=green0\0\
        IFINDEX=3\0\
        SEQNUM=2154\0";

    fn nothing_but(action: Action, devpath: &str) -> Uevent {
        Uevent {
            action,
            devpath: devpath.into(),
            old_devpath: None,
            subsystem: Subsystem::Other,
            driver: None,
            pci_slot_name: None,
            interface: None,
            ifindex: None,
            seqnum: None,
        }
    }

    #[test]
    fn disc_24_a_pci_event_is_read() {
        assert_eq!(
            Uevent::parse(CHANGE),
            Ok(Uevent {
                subsystem: Subsystem::Pci,
                driver: Some("virtio-pci".into()),
                pci_slot_name: Some("0000:00:01.0".parse().unwrap()),
                seqnum: Some(2167),
                ..nothing_but(Action::Change, "/devices/pci0000:00/0000:00:01.0")
            })
        );
    }

    #[test]
    fn disc_24_a_net_event_is_read() {
        assert_eq!(
            Uevent::parse(MOVE),
            Ok(Uevent {
                subsystem: Subsystem::Net,
                old_devpath: Some("/devices/virtual/net/veth7".into()),
                interface: Some("green0".parse().unwrap()),
                ifindex: IfIndex::new(3),
                seqnum: Some(2154),
                ..nothing_but(Action::Move, "/devices/virtual/net/green0")
            })
        );
    }

    #[test]
    fn disc_24_bytes_that_are_no_text_do_not_fail() {
        let message = b"add@/devices/virtual/net/\xff\0SUBSYSTEM=net\0INTERFACE=\xff\0IFINDEX=9\0\
            DRIVER=\xfe\0\xff\xff=\xff\0=\0PCI_SLOT_NAME=\xff\0SEQNUM=\xff\0";
        let devpath = PathBuf::from(OsStr::from_bytes(b"/devices/virtual/net/\xff"));
        assert_eq!(
            Uevent::parse(message),
            Ok(Uevent {
                devpath,
                subsystem: Subsystem::Net,
                driver: Some(OsStr::from_bytes(b"\xfe").to_owned()),
                ifindex: IfIndex::new(9),
                ..nothing_but(Action::Add, "")
            })
        );
    }

    #[test]
    fn an_action_of_tomorrow_is_kept_by_name() {
        let uevent = Uevent::parse(b"spin@/devices/x\0SUBSYSTEM=block\0").unwrap();
        assert_eq!(
            uevent,
            nothing_but(Action::Other("spin".into()), "/devices/x")
        );
        assert_eq!(uevent.action.to_string(), "spin");
    }

    #[test]
    fn what_is_no_event_is_an_error_that_shows_its_head() {
        for message in [
            &b""[..],
            b"\0",
            b"add",
            b"add@",
            b"@/devices/x",
            b"add@devices/x",
        ] {
            assert!(Uevent::parse(message).is_err(), "{message:?}");
        }
        let error = Uevent::parse(b"libudev\0\xfe\xed").unwrap_err();
        assert!(
            error.to_string().starts_with("\"libudev\" is no"),
            "{error}"
        );
    }

    proptest! {
        #[test]
        fn disc_24_any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let head: Vec<u8> = bytes.iter().copied().take_while(|byte| *byte != 0).collect();
            prop_assert_eq!(Uevent::parse(&bytes).is_ok(), begins_like_an_event(&head));
        }

        #[test]
        fn disc_24_a_torn_or_flipped_event_keeps_its_device(
            cut in 0..CHANGE.len(), at in 0..CHANGE.len(), bit in 0..8_u32,
        ) {
            let head = CHANGE.iter().position(|byte| *byte == 0).unwrap();
            prop_assert!(cut < head || Uevent::parse(&CHANGE[..cut]).is_ok());
            let mut flipped = CHANGE.to_vec();
            flipped[at] ^= 1 << bit;
            prop_assert!(at <= head || Uevent::parse(&flipped).is_ok());
        }
    }

    fn begins_like_an_event(head: &[u8]) -> bool {
        match head.iter().position(|byte| *byte == b'@') {
            Some(at) => at > 0 && head.get(at + 1) == Some(&b'/'),
            None => false,
        }
    }
}
