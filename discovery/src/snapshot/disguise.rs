//! Hardware addresses and serial numbers, each replaced by the same other one everywhere.
//!
//! First everything is learned, then everything is replaced: a MAC address as six bytes, inside the
//! EUI-64 of an IPv6 or `InfiniBand` address (either byte order), as text with colons or dashes, or
//! bare as in `enx3cecef000010`; a serial number or a GUID as the bytes it is. A replacement is as
//! long as what it replaces, so no length field changes. Groups, broadcast and zero stay.
//!
//! Six bytes that are nearly all zero, as test machines have them, are replaced only where they are
//! a whole value ([`Disguise::value`]), since they may stand anywhere by chance.
//!
//! Left to others: where addresses are, and names, descriptions and IP addresses, which stay.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use colvin_model::MacAddr;

/// The first three bytes of every MAC address that is put in: locally administered.
const PREFIX: [u8; 3] = [0x02, 0xc0, 0x1f];

/// Shorter identifiers than this many bytes stay: they stand anywhere by chance.
const SHORTEST_IDENTIFIER: usize = 4;

/// What was learned, and what stands for it.
#[derive(Clone, Debug, Default)]
pub struct Disguise {
    macs: BTreeMap<[u8; 6], [u8; 6]>,
    identifiers: u32,
    /// What is looked for at every byte, and what is put there.
    patterns: HashMap<Box<[u8]>, Box<[u8]>>,
    lengths: BTreeSet<usize>,
}

impl Disguise {
    /// Learns a MAC address.
    pub fn learn_mac(&mut self, mac: MacAddr) {
        let old = mac.bytes();
        if mac.is_group()
            || mac.is_zero()
            || old.starts_with(&PREFIX)
            || self.macs.contains_key(&old)
        {
            return;
        }
        let [_, high, middle, low] = u32::try_from(self.macs.len() + 1)
            .unwrap_or(u32::MAX)
            .to_be_bytes();
        let [a, b, c] = PREFIX;
        let new = [a, b, c, high, middle, low];
        self.macs.insert(old, new);
        if is_telling(old) {
            self.pattern(&old, &new);
        }
        for flip in [0x02, 0x00] {
            let (mut from, mut to) = (eui64(old, flip), eui64(new, flip));
            self.pattern(&from, &to);
            from.reverse();
            to.reverse();
            self.pattern(&from, &to);
        }
        for separator in [":", "-", ""] {
            let (from, to) = (text(old, separator), text(new, separator));
            self.pattern(from.to_uppercase().as_bytes(), to.to_uppercase().as_bytes());
            self.pattern(from.as_bytes(), to.as_bytes());
        }
    }

    /// Learns a serial number, a GUID or another identifier of one piece of hardware.
    pub fn learn_identifier(&mut self, identifier: &[u8]) {
        let plain = identifier.iter().all(|byte| matches!(byte, 0 | 0xff));
        if identifier.len() < SHORTEST_IDENTIFIER || plain || self.patterns.contains_key(identifier)
        {
            return;
        }
        self.identifiers += 1;
        let replacement = if identifier.is_ascii() {
            let width = identifier.len();
            let number = format!("{:0>width$}", self.identifiers);
            number
                .into_bytes()
                .split_off(number_excess(self.identifiers, width))
        } else {
            let mut bytes = vec![0xc0; identifier.len()];
            for (byte, part) in bytes.iter_mut().rev().zip(self.identifiers.to_le_bytes()) {
                *byte = part;
            }
            bytes
        };
        self.pattern(identifier, &replacement);
        let reversed = |bytes: &[u8]| bytes.iter().rev().copied().collect::<Vec<_>>();
        self.pattern(&reversed(identifier), &reversed(&replacement));
    }

    /// Learns every MAC address that stands in a text, with colons or behind `enx`.
    pub fn learn_text(&mut self, text: &[u8]) {
        for window in text.windows(17) {
            if let Some(mac) = str::from_utf8(window)
                .ok()
                .and_then(|text| text.parse().ok())
            {
                self.learn_mac(mac);
            }
        }
        for window in text.windows(15) {
            if let Some(digits) = window.strip_prefix(b"enx")
                && let Some(mac) = bare(digits)
            {
                self.learn_mac(mac);
            }
        }
    }

    /// A whole value: when it is a MAC address that was learned, its replacement, else [`Self::apply`].
    pub fn value(&self, value: &[u8]) -> Vec<u8> {
        match <[u8; 6]>::try_from(value)
            .ok()
            .and_then(|mac| self.macs.get(&mac))
        {
            Some(new) => new.to_vec(),
            None => self.apply(value),
        }
    }

    /// The bytes with everything learned replaced, the longest first.
    pub fn apply(&self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        let mut rest = bytes;
        while let [first, behind @ ..] = rest {
            let found = self.lengths.iter().rev().find_map(|length| {
                let (head, tail) = rest.split_at_checked(*length)?;
                Some((self.patterns.get(head)?, tail))
            });
            rest = if let Some((replacement, tail)) = found {
                out.extend_from_slice(replacement);
                tail
            } else {
                out.push(*first);
                behind
            };
        }
        out
    }

    fn pattern(&mut self, from: &[u8], to: &[u8]) {
        self.lengths.insert(from.len());
        self.patterns.insert(from.into(), to.into());
    }
}

/// By how many digits a number is longer than its place.
fn number_excess(number: u32, width: usize) -> usize {
    number.to_string().len().saturating_sub(width)
}

/// Whether six bytes say enough not to stand somewhere by chance.
fn is_telling(mac: [u8; 6]) -> bool {
    let different: BTreeSet<u8> = mac.into_iter().collect();
    let said = mac.into_iter().filter(|byte| *byte != 0);
    different.len() >= 4 && said.count() >= 4
}

/// The modified EUI-64 of a MAC address (RFC 4291, appendix A), with these bits of the first byte
/// turned.
fn eui64(mac: [u8; 6], flip: u8) -> [u8; 8] {
    let [first, second, third, fourth, fifth, sixth] = mac;
    [
        first ^ flip,
        second,
        third,
        0xff,
        0xfe,
        fourth,
        fifth,
        sixth,
    ]
}

fn text(mac: [u8; 6], separator: &str) -> String {
    mac.map(|byte| format!("{byte:02x}")).join(separator)
}

/// Twelve hexadecimal digits.
fn bare(digits: &[u8]) -> Option<MacAddr> {
    let mut bytes = [0; 6];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    (digits.len() == 12).then(|| MacAddr::new(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: [u8; 6] = [0x3c, 0xec, 0xef, 0x12, 0x34, 0x56];
    const NEW: [u8; 6] = [0x02, 0xc0, 0x1f, 0x00, 0x00, 0x01];

    fn learned() -> Disguise {
        let mut disguise = Disguise::default();
        disguise.learn_mac(MacAddr::new(OLD));
        disguise
    }

    #[test]
    fn a_mac_address_is_replaced_in_every_form_by_the_same_one() {
        let disguise = learned();
        assert_eq!(
            disguise.apply(&[&[7][..], &OLD, &[8]].concat()),
            [&[7][..], &NEW, &[8]].concat()
        );
        assert_eq!(
            disguise.apply(b"a 3c:ec:ef:12:34:56 b"),
            b"a 02:c0:1f:00:00:01 b"
        );
        assert_eq!(disguise.apply(b"3C-EC-EF-12-34-56"), b"02-C0-1F-00-00-01");
        assert_eq!(disguise.apply(b"enx3cecef123456"), b"enx02c01f000001");
        // fe80::3eec:efff:fe12:3456
        let link_local = [
            0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0x3e, 0xec, 0xef, 0xff, 0xfe, 0x12, 0x34, 0x56,
        ];
        assert_eq!(
            disguise.apply(&link_local)[8..],
            [0x00, 0xc0, 0x1f, 0xff, 0xfe, 0, 0, 1]
        );
    }

    #[test]
    fn groups_broadcast_and_zero_stay() {
        let mut disguise = Disguise::default();
        for mac in [
            "01:80:c2:00:00:0e",
            "ff:ff:ff:ff:ff:ff",
            "00:00:00:00:00:00",
        ] {
            disguise.learn_text(mac.as_bytes());
            assert_eq!(disguise.apply(mac.as_bytes()), mac.as_bytes());
        }
    }

    #[test]
    fn an_address_of_a_test_machine_is_replaced_only_as_a_whole_value() {
        let mut disguise = Disguise::default();
        let plain = [0x02, 0, 0, 0, 0, 0x01];
        disguise.learn_mac(MacAddr::new(plain));
        assert_eq!(disguise.apply(&plain), plain);
        assert_eq!(disguise.value(&plain), NEW);
        assert_eq!(disguise.apply(b"02:00:00:00:00:01"), b"02:c0:1f:00:00:01");
    }

    #[test]
    fn texts_are_searched_for_addresses() {
        let mut disguise = Disguise::default();
        disguise.learn_text(b"x=3c:ec:ef:12:34:56\nenx3cecef123457");
        assert_eq!(disguise.macs.len(), 2);
    }

    #[test]
    fn a_serial_number_keeps_its_length() {
        let mut disguise = Disguise::default();
        disguise.learn_identifier(b"MT2116X09299");
        disguise.learn_identifier(&[0xb8, 0x59, 0x9f, 3, 0, 0x12, 0x34, 0x56]);
        disguise.learn_identifier(b"abc");
        assert_eq!(
            disguise.apply(b"sn MT2116X09299 abc"),
            b"sn 000000000001 abc"
        );
        assert_eq!(
            disguise.apply(&[0x56, 0x34, 0x12, 0, 3, 0x9f, 0x59, 0xb8]),
            [2, 0, 0, 0, 0xc0, 0xc0, 0xc0, 0xc0]
        );
    }
}
