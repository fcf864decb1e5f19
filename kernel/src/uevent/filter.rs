//! A first sieve in the kernel: only events of devices get into the receive buffer.
//!
//! A classic BPF program loads from fixed places, or from a place that it found; the subsystem
//! stands behind a path of any length and cannot be found by it. What can be found is the `@` behind
//! the action, and that the path behind it starts with `/dev`, as that of every device does:
//! memory caches, modules, drivers, file systems (`/kernel/slab/..`, `/module/..`, `/bus/..`,
//! `/fs/..`) stay out, and so does what udev sends, which has no `@` there.
//!
//! Left to others: the subsystem, told apart by whoever reads the event.

use std::io;
use std::os::fd::BorrowedFd;

use socket2::{SockFilter, SockRef};

/// Load the 8 bits at an offset; the program ends with "drop" where the message is too short.
const LOAD_BYTE: u16 = 0x30;
/// Load the 32 bits at an offset.
const LOAD_WORD: u16 = 0x20;
/// Jump if what was loaded is equal.
const JUMP_EQUAL: u16 = 0x15;
/// End; the value is how many bytes to keep.
const RETURN: u16 = 0x06;

/// Where the `@` may be: behind `add`, `bind` and `move`, `remove`, `change`, `unbind` and
/// `online`, `offline`; 5 is behind no action there is now.
const SHORTEST_ACTION: u32 = 3;
const LONGEST_ACTION: u32 = 8;

/// The program: for each place of the `@`, four lines that end it or fall through to the next.
fn program() -> Vec<SockFilter> {
    let at = u32::from(b'@');
    let dev = u32::from_be_bytes(*b"/dev");
    let mut program = Vec::new();
    for place in SHORTEST_ACTION..=LONGEST_ACTION {
        program.push(SockFilter::new(LOAD_BYTE, 0, 0, place));
        program.push(SockFilter::new(JUMP_EQUAL, 0, 3, at)); // else the next place
        program.push(SockFilter::new(LOAD_WORD, 0, 0, place + 1));
        program.push(SockFilter::new(JUMP_EQUAL, 0, 1, dev)); // else the next place
        program.push(SockFilter::new(RETURN, 0, 0, u32::MAX));
    }
    program.push(SockFilter::new(RETURN, 0, 0, 0));
    program
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

    /// Whether the filter lets a message through, asked of the kernel.
    fn passes(message: &[u8]) -> bool {
        let (near, far) = UnixDatagram::pair().unwrap();
        far.set_nonblocking(true).unwrap();
        attach(far.as_fd()).unwrap();
        near.send(message).unwrap();
        let mut buffer = vec![0; message.len() + 1];
        far.recv(&mut buffer)
            .is_ok_and(|length| buffer[..length] == *message)
    }

    #[test]
    fn disc_27_events_of_devices_pass_whatever_the_action() {
        for action in [
            "add", "bind", "move", "remove", "change", "unbind", "online", "offline",
        ] {
            let message = format!("{action}@/devices/pci0000:00/0000:00:02.0\0ACTION={action}\0");
            assert!(passes(message.as_bytes()), "{action}");
        }
    }

    #[test]
    fn disc_27_all_else_stays_out_of_the_buffer() {
        for message in [
            "add@/kernel/slab/dentry\0ACTION=add\0",
            "add@/module/igbvf\0ACTION=add\0",
            "add@/bus/pci/drivers/igbvf\0ACTION=add\0",
            "libudev\0\u{fe}\u{ed}\u{ca}\u{fe}/devices/virtual",
            "/devices/add@",
            "@/devices/x",
            "add@",
            "add",
            "",
        ] {
            assert!(!passes(message.as_bytes()), "{message}");
        }
    }
}
