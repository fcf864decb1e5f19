//! What the kernel says beside a frame: `PACKET_AUXDATA`, read by checked slices.
//!
//! Left to others: the frame.

/// A VLAN tag that was taken off a frame before it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VlanTag {
    /// The tag's `EtherType`: 0x8100, or 0x88a8 for a service tag.
    pub tpid: u16,
    /// Priority (3 bits), drop eligible (1 bit) and VLAN id (12 bits).
    pub tci: u16,
}

/// What was said beside one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Auxiliary {
    /// The frame's length before the filter cut it.
    pub(super) wire_bytes: Option<usize>,
    /// The tag that was taken off.
    pub(super) stripped_tag: Option<VlanTag>,
}

const WORD_BYTES: usize = size_of::<usize>();
/// `cmsghdr`: its length as a word, then level and type.
const HEADER_BYTES: usize = (WORD_BYTES + 8).next_multiple_of(WORD_BYTES);

/// Reads the control messages of one `recvmsg`.
pub(super) fn parse(mut control: &[u8]) -> Auxiliary {
    while let Some((message, rest)) = next_message(control) {
        if message.level == libc::SOL_PACKET
            && message.kind == libc::PACKET_AUXDATA
            && let Some(auxiliary) = auxdata(message.data)
        {
            return auxiliary;
        }
        control = rest;
    }
    Auxiliary::default()
}

struct Message<'a> {
    level: i32,
    kind: i32,
    data: &'a [u8],
}

fn next_message(control: &[u8]) -> Option<(Message<'_>, &[u8])> {
    let length = usize::from_ne_bytes(*control.first_chunk()?);
    let (level, rest) = control.get(WORD_BYTES..)?.split_first_chunk()?;
    let message = Message {
        level: i32::from_ne_bytes(*level),
        kind: i32::from_ne_bytes(*rest.first_chunk()?),
        data: control.get(HEADER_BYTES..length)?,
    };
    let next = length.checked_next_multiple_of(WORD_BYTES)?;
    Some((message, control.get(next..).unwrap_or_default()))
}

/// `struct tpacket_auxdata` of `linux/if_packet.h`.
fn auxdata(data: &[u8]) -> Option<Auxiliary> {
    let word = |at: usize| Some(u32::from_ne_bytes(*data.get(at..)?.first_chunk()?));
    let half = |at: usize| Some(u16::from_ne_bytes(*data.get(at..)?.first_chunk()?));
    let status = word(0)?;
    let has = |flag: u32| status & flag != 0;
    let stripped_tag = has(libc::TP_STATUS_VLAN_VALID)
        .then(|| {
            let tpid = if has(libc::TP_STATUS_VLAN_TPID_VALID) {
                half(18)?
            } else {
                0x8100
            };
            Some(VlanTag {
                tpid,
                tci: half(16)?,
            })
        })
        .flatten();
    Some(Auxiliary {
        wire_bytes: usize::try_from(word(4)?).ok(),
        stripped_tag,
    })
}

#[cfg(test)]
#[cfg(all(target_pointer_width = "64", target_endian = "little"))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TAGGED: &[u8] = &[
        36, 0, 0, 0, 0, 0, 0, 0, // length: header and 20 bytes
        0x07, 0x01, 0, 0, // level 263, SOL_PACKET
        8, 0, 0, 0, // type 8, PACKET_AUXDATA
        0x51, 0, 0, 0, // status: user, VLAN valid, TPID valid
        0x40, 0, 0, 0, // 64 bytes on the wire
        0x3c, 0, 0, 0, // 60 bytes kept
        0, 0, // offset of the MAC header
        14, 0, // offset of the network header
        0x6e, 0xa0, // priority 5, VLAN 110
        0x00, 0x81, // customer tag
    ];

    #[test]
    fn a_stripped_tag_is_read() {
        assert_eq!(
            parse(TAGGED),
            Auxiliary {
                wire_bytes: Some(64),
                stripped_tag: Some(VlanTag {
                    tpid: 0x8100,
                    tci: 0xa06e,
                }),
            }
        );
    }

    #[test]
    fn another_message_before_it_is_passed_over() {
        let mut control = vec![
            17, 0, 0, 0, 0, 0, 0, 0, // length: header and one byte
            1, 0, 0, 0, // SOL_SOCKET
            35, 0, 0, 0, // a time stamp
            9, 0, 0, 0, 0, 0, 0, 0, // one byte, padded
        ];
        control.extend(TAGGED);
        assert_eq!(parse(&control), parse(TAGGED));
    }

    #[test]
    fn without_the_flag_there_is_no_tag() {
        let mut control = TAGGED.to_vec();
        control[16] = 0x01;
        assert_eq!(parse(&control).stripped_tag, None);
        assert_eq!(parse(&control).wire_bytes, Some(64));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _read: Auxiliary = parse(&bytes);
        }

        #[test]
        fn a_torn_message_gives_nothing(length in 0..TAGGED.len()) {
            prop_assert_eq!(parse(&TAGGED[..length]), Auxiliary::default());
        }
    }
}
