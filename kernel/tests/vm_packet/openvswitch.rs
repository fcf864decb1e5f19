//! A datapath of Open vSwitch with one port, made by the kernel's own generic netlink messages:
//! its user space is not needed to see what a port under it hears.
//!
//! Source: `linux/genetlink.h`, `linux/openvswitch.h`.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test")]

use std::os::fd::OwnedFd;

use rustix::net::netlink::{GENERIC, SocketAddrNetlink};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketType, recv, sendto, socket};

const CONTROLLER: u16 = 16;
const REQUEST: u16 = 1;
const ACKNOWLEDGE: u16 = 4;

/// Makes a datapath in the namespace of this thread; gives nothing, it is a link of that name.
pub(crate) fn add_datapath(name: &str) {
    let socket = connect();
    let family = family(&socket, "ovs_datapath");
    let mut body = vec![0, 0, 0, 0]; // struct ovs_header: no datapath yet
    body.extend(text(1, name)); // OVS_DP_ATTR_NAME
    body.extend(number(2, 0)); // OVS_DP_ATTR_UPCALL_PID: no user space
    request(&socket, family, [1, 2], &body).unwrap(); // OVS_DP_CMD_NEW, version 2
}

/// Puts a link under a datapath.
pub(crate) fn add_port(datapath: u32, name: &str) {
    let socket = connect();
    let family = family(&socket, "ovs_vport");
    let mut body = datapath.to_ne_bytes().to_vec(); // struct ovs_header
    body.extend(number(2, 1)); // OVS_VPORT_ATTR_TYPE: a netdev
    body.extend(text(3, name)); // OVS_VPORT_ATTR_NAME
    body.extend(number(5, 0)); // OVS_VPORT_ATTR_UPCALL_PID: no user space
    request(&socket, family, [1, 1], &body).unwrap(); // OVS_VPORT_CMD_NEW, version 1
}

fn connect() -> OwnedFd {
    socket(AddressFamily::NETLINK, SocketType::RAW, Some(GENERIC)).unwrap()
}

/// The number of a family; the kernel loads its module for the question.
fn family(socket: &OwnedFd, name: &str) -> u16 {
    let asked = text(2, name); // CTRL_ATTR_FAMILY_NAME
    let reply = request(socket, CONTROLLER, [3, 1], &asked).unwrap(); // CTRL_CMD_GETFAMILY
    let mut attributes = &reply[20..]; // behind nlmsghdr and genlmsghdr
    loop {
        let half = |at: usize| u16::from_ne_bytes([attributes[at], attributes[at + 1]]);
        if half(2) == 1 {
            return half(4); // CTRL_ATTR_FAMILY_ID
        }
        attributes = &attributes[usize::from(half(0)).next_multiple_of(4)..];
    }
}

/// Sends one request; gives its reply. Only the controller replies by itself: the others are asked
/// to acknowledge.
fn request(
    socket: &OwnedFd,
    family: u16,
    [command, version]: [u8; 2],
    body: &[u8],
) -> Result<Vec<u8>, String> {
    let mut message = Vec::new();
    let length = u32::try_from(20 + body.len()).unwrap();
    message.extend(length.to_ne_bytes());
    message.extend(family.to_ne_bytes());
    let acknowledge = if family == CONTROLLER { 0 } else { ACKNOWLEDGE };
    message.extend((REQUEST | acknowledge).to_ne_bytes());
    message.extend([0; 8]); // sequence number and port
    message.extend([command, version, 0, 0]);
    message.extend(body);
    let kernel = SocketAddrNetlink::new(0, 0);
    sendto(socket, &message, SendFlags::empty(), &kernel).unwrap();
    let mut reply = vec![0; 8192];
    let (length, _) = recv(socket, &mut reply[..], RecvFlags::empty()).unwrap();
    reply.truncate(length);
    let error = i32::from_ne_bytes(reply[16..20].try_into().unwrap());
    if reply[4..6] == [2, 0] && error != 0 {
        return Err(format!("family {family} answers {error}"));
    }
    Ok(reply)
}

fn text(kind: u16, value: &str) -> Vec<u8> {
    attribute(kind, &[value.as_bytes(), &[0]].concat())
}

fn number(kind: u16, value: u32) -> Vec<u8> {
    attribute(kind, &value.to_ne_bytes())
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = 4 + value.len();
    let mut bytes = u16::try_from(length).unwrap().to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(length.next_multiple_of(4), 0);
    bytes
}
