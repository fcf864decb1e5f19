//! A node with one port, the switch at the other end of its cable, and frames to send there.
#![expect(clippy::unwrap_used, reason = "test")]

use std::time::Duration;

use colvin_kernel::packet::{
    Arrival, FRAME_BYTES, LLDP_GROUPS, Listen, LldpSocket, RawSender, VlanTag,
};
use colvin_model::{IfIndex, MacAddr};
use colvin_testkit::netns::Netns;
use colvin_testkit::wait::wait_for_some;

pub(crate) const LIMIT: Duration = Duration::from_secs(5);
pub(crate) const SWITCH: MacAddr = MacAddr::new([2, 0, 0, 0, 0, 0x17]);
pub(crate) const MODES: [Listen; 2] = [Listen::Bound, Listen::All];

/// A node with one port, `up0`, and the switch at the other end of its cable.
pub(crate) struct Cable {
    pub(crate) node: Netns,
    pub(crate) switch: Netns,
    pub(crate) sender: RawSender,
}

impl Cable {
    pub(crate) fn new() -> Self {
        let (node, switch) = (Netns::new().unwrap(), Netns::new().unwrap());
        node.veth_to("up0", &switch, "swp1").unwrap();
        let port = index(&switch, "swp1");
        let sender = switch.run(|| RawSender::open(port)).unwrap().unwrap();
        Self {
            node,
            switch,
            sender,
        }
    }

    pub(crate) fn listen(&self, name: &str, mode: Listen) -> LldpSocket {
        let link = index(&self.node, name);
        self.node
            .run(|| LldpSocket::open(link, mode))
            .unwrap()
            .unwrap()
    }
}

pub(crate) fn index(ns: &Netns, name: &str) -> IfIndex {
    IfIndex::new(ns.ifindex(name).unwrap()).unwrap()
}

/// A frame to a group, with these types one behind the other, VLAN 110 between them; it ends in
/// its mark.
pub(crate) fn frame(group: MacAddr, source: MacAddr, types: &[u16], mark: u8) -> Vec<u8> {
    let mut frame = [group.bytes(), source.bytes()].concat();
    for (position, ethertype) in types.iter().enumerate() {
        frame.extend(ethertype.to_be_bytes());
        if position + 1 < types.len() {
            frame.extend([0x00, 0x6e]);
        }
    }
    frame.resize(frame.len() + 50, 0);
    frame.push(mark);
    frame
}

pub(crate) fn lldp(mark: u8) -> Vec<u8> {
    frame(LLDP_GROUPS[0], SWITCH, &[0x88cc], mark)
}

/// What is heard, as far as a test asks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) frame: Vec<u8>,
    pub(crate) arrival: Arrival,
    pub(crate) tag: Option<VlanTag>,
    pub(crate) own: bool,
}

pub(crate) fn heard(socket: &LldpSocket) -> Heard {
    let mut buffer = [0; FRAME_BYTES];
    wait_for_some(LIMIT, || {
        let received = socket.recv(&mut buffer).unwrap()?;
        Some(Heard {
            frame: received.frame.to_vec(),
            arrival: received.arrival,
            tag: received.stripped_tag,
            own: received.from_own_address,
        })
    })
    .unwrap()
}

pub(crate) fn nothing_waits(socket: &LldpSocket) -> bool {
    socket.recv(&mut [0; FRAME_BYTES]).unwrap().is_none()
}

pub(crate) fn plain(frame: Vec<u8>) -> Heard {
    Heard {
        frame,
        arrival: Arrival::Multicast,
        tag: None,
        own: false,
    }
}
