//! What a packet socket hands over: a frame, how it came, and what was lost.
//!
//! Left to others: what the frame says.

use colvin_model::MacAddr;

use super::VlanTag;

/// A frame that was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received<'buffer> {
    /// The frame from its destination address on, as far as it was kept.
    pub frame: &'buffer [u8],
    /// The frame's length on the wire, in bytes, without a stripped tag.
    pub wire_bytes: usize,
    /// The address the frame says it comes from; `None` on a link that is not Ethernet.
    pub source: Option<MacAddr>,
    /// Whether the source is the link's own address: then the frame is this host's, come back.
    pub from_own_address: bool,
    /// How the frame was addressed.
    pub arrival: Arrival,
    /// The VLAN tag that the card or the kernel took off. Always `None` for a socket that
    /// listens [`Bound`](super::Listen::Bound).
    pub stripped_tag: Option<VlanTag>,
}

impl Received<'_> {
    /// Whether the frame was longer than what is left of it.
    pub fn is_truncated(&self) -> bool {
        self.frame.len() < self.wire_bytes
    }
}

/// How a frame was addressed, as the kernel saw it (`sll_pkttype`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// To the link's own address.
    Host,
    /// To everyone.
    Broadcast,
    /// To a group.
    Multicast,
    /// To someone else, or in a VLAN that this host does not know.
    OtherHost,
}

/// What a socket heard and lost since it listens on its link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Frames that passed the filter, those lost included.
    pub frames: u64,
    /// Frames lost because the receive buffer was full.
    pub dropped: u64,
}
