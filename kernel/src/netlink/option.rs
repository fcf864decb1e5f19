//! Options of netlink sockets that no safe crate offers. Left to others: which are wanted.
#![expect(
    unsafe_code,
    reason = "setsockopt(SOL_NETLINK) has no safe wrapper in rustix or socket2"
)]

use std::io;
use std::os::fd::{AsFd, AsRawFd as _};

/// An option of `SOL_NETLINK` that is a number.
///
/// Source: kernel `include/uapi/linux/netlink.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NetlinkOption {
    /// Errors carry the kernel's own words (`NETLINK_EXT_ACK`).
    ExtendedErrors,
    /// Dumps heed the filters in the request (`NETLINK_GET_STRICT_CHK`).
    StrictChecking,
    /// Hear a multicast group (`NETLINK_ADD_MEMBERSHIP`).
    Join(u32),
}

/// Sets the option.
///
/// # Errors
/// As `setsockopt(2)`; `ENOPROTOOPT` where the kernel does not know the option.
pub(crate) fn set(socket: impl AsFd, option: NetlinkOption) -> io::Result<()> {
    let (name, value) = match option {
        NetlinkOption::ExtendedErrors => (libc::NETLINK_EXT_ACK, 1),
        NetlinkOption::StrictChecking => (libc::NETLINK_GET_STRICT_CHK, 1),
        NetlinkOption::Join(group) => (libc::NETLINK_ADD_MEMBERSHIP, group),
    };
    let value: [u8; 4] = value.to_ne_bytes();
    // SAFETY: the pointer is to four initialised bytes that live through the call, and the length
    // given is theirs (the kernel copies an `int`, without asking for alignment); the descriptor is
    // borrowed, so it is open.
    let result = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_NETLINK,
            name,
            value.as_ptr().cast(),
            4,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
