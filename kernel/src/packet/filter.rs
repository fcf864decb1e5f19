//! The filter that lets LLDP through and nothing else, as a classic BPF program.
//!
//! LLDP may stand behind one VLAN tag, in the frame or taken off by the card; a frame with two is
//! refused. What passes is cut to [`FRAME_BYTES`](super::FRAME_BYTES).
//!
//! Left to others: everything past the `EtherType`.

use std::io;
use std::os::fd::BorrowedFd;

use socket2::{SockFilter, SockRef};

use super::{ETHERTYPE_LLDP, FRAME_BYTES};

/// Load the 16 bits at an offset; the program ends with "drop" where the frame is too short.
const LOAD_HALF: u16 = 0x28;
/// Load the 8 bits at an offset.
const LOAD_BYTE: u16 = 0x30;
/// Jump if what was loaded is equal.
const JUMP_EQUAL: u16 = 0x15;
/// End; the value is how many bytes to keep.
const RETURN: u16 = 0x06;

/// Where the kernel answers "was a tag taken off?" (`SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT`).
const VLAN_TAG_PRESENT: u32 = 0xffff_f000 + 48;

const OUTER_TYPE: u32 = 12;
const TYPE_BEHIND_TAG: u32 = 16;
const CUSTOMER_TAG: u32 = 0x8100;
const SERVICE_TAG: u32 = 0x88a8;

/// The program; a jump counts the lines it skips, if so and if not.
fn program() -> [SockFilter; 10] {
    let lldp = u32::from(ETHERTYPE_LLDP);
    let kept = u32::try_from(FRAME_BYTES).unwrap_or(u32::MAX);
    [
        /* 0 */ SockFilter::new(LOAD_HALF, 0, 0, OUTER_TYPE),
        /* 1 */ SockFilter::new(JUMP_EQUAL, 7, 0, lldp), //         to 9
        /* 2 */ SockFilter::new(JUMP_EQUAL, 1, 0, CUSTOMER_TAG), // to 4
        /* 3 */ SockFilter::new(JUMP_EQUAL, 0, 4, SERVICE_TAG), //  else to 8
        /* 4 */ SockFilter::new(LOAD_BYTE, 0, 0, VLAN_TAG_PRESENT),
        /* 5 */ SockFilter::new(JUMP_EQUAL, 0, 2, 0), //            else to 8
        /* 6 */ SockFilter::new(LOAD_HALF, 0, 0, TYPE_BEHIND_TAG),
        /* 7 */ SockFilter::new(JUMP_EQUAL, 1, 0, lldp), //         to 9
        /* 8 */ SockFilter::new(RETURN, 0, 0, 0),
        /* 9 */ SockFilter::new(RETURN, 0, 0, kept),
    ]
}

/// Attaches the filter to a socket.
pub(super) fn attach(fd: BorrowedFd<'_>) -> io::Result<()> {
    SockRef::from(&fd).attach_filter(&program())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd as _;
    use std::os::unix::net::UnixDatagram;

    use proptest::prelude::*;

    /// What the filter leaves of a frame, asked of the kernel: a pair of local datagram sockets
    /// takes the same programs and needs no privilege.
    fn kept(frame: &[u8]) -> Option<Vec<u8>> {
        let (near, far) = UnixDatagram::pair().unwrap();
        far.set_nonblocking(true).unwrap();
        attach(far.as_fd()).unwrap();
        near.send(frame).unwrap();
        let mut buffer = vec![0; 10_000];
        let length = far.recv(&mut buffer).ok()?;
        buffer.truncate(length);
        Some(buffer)
    }

    fn frame(types: &[u16], payload: usize) -> Vec<u8> {
        let mut frame = vec![0x01, 0x80, 0xc2, 0, 0, 0x0e, 2, 0, 0, 0, 0, 1];
        for (position, ethertype) in types.iter().enumerate() {
            frame.extend(ethertype.to_be_bytes());
            if position + 1 < types.len() {
                frame.extend([0x00, 0x6e]); // VLAN 110
            }
        }
        frame.resize(frame.len() + payload, 0xaa);
        frame
    }

    #[test]
    fn lldp_03_lldp_passes_untagged_and_behind_one_tag() {
        for types in [&[0x88cc][..], &[0x8100, 0x88cc], &[0x88a8, 0x88cc]] {
            let frame = frame(types, 46);
            assert_eq!(kept(&frame), Some(frame), "{types:x?}");
        }
    }

    #[test]
    fn lldp_03_all_else_is_dropped() {
        for types in [
            &[0x0800][..],
            &[0x88cd],
            &[0xcc88],
            &[0x8100, 0x0800],
            &[0x8100, 0x8100, 0x88cc],
            &[0x88a8, 0x8100, 0x88cc],
            &[0x9100, 0x88cc],
        ] {
            assert_eq!(kept(&frame(types, 46)), None, "{types:x?}");
        }
    }

    #[test]
    fn lldp_03_a_frame_cut_in_its_header_is_dropped() {
        let whole = frame(&[0x8100, 0x88cc], 0);
        for length in 1..whole.len() {
            assert_eq!(kept(&whole[..length]), None, "{length} bytes");
        }
        assert_eq!(kept(&whole), Some(whole));
    }

    #[test]
    fn lldp_03_no_more_than_the_largest_frame_is_kept() {
        let largest = frame(&[0x8100, 0x88cc], 1500);
        assert_eq!(largest.len(), FRAME_BYTES);
        assert_eq!(kept(&largest).unwrap().len(), FRAME_BYTES);
        assert_eq!(kept(&frame(&[0x88cc], 9000)).unwrap().len(), FRAME_BYTES);
    }

    proptest! {
        #[test]
        fn what_passes_says_it_is_lldp(bytes in prop::collection::vec(any::<u8>(), 1..64)) {
            if kept(&bytes).is_some() {
                let lldp = Some(&[0x88, 0xcc][..]);
                prop_assert!(bytes.get(12..14) == lldp || bytes.get(16..18) == lldp);
            }
        }
    }
}
