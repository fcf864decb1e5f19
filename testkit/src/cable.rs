//! A node's cable to a leaf: a veth pair between two namespaces, on which the test says what a switch
//! would say by LLDP, frame by frame. And a machine whose uplink is that cable's near end.
//!
//! Left to others: switches that speak by themselves ([`crate::switch`]), what is made of the frames.

use anyhow::{Context as _, Result};
use colvin_kernel::packet::{IfIndex, RawSender};

use crate::machine::Machine;
use crate::netns::Netns;

/// The far end's name.
const FAR: &str = "leaf0";

/// What a leaf says in a frame.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// System name.
    pub system: &'a str,
    /// Port ID.
    pub port: &'a str,
    /// Port description.
    pub description: &'a str,
    /// The VLAN of untagged frames.
    pub vlan: u16,
    /// How long it counts.
    pub ttl_secs: u16,
}

impl<'a> Words<'a> {
    /// Port `Eth1/1` of this leaf, in this VLAN, for two minutes.
    pub const fn of(system: &'a str, vlan: u16) -> Self {
        Self {
            system,
            port: "Eth1/1",
            description: "bay 1",
            vlan,
            ttl_secs: 120,
        }
    }

    /// The frame, from this source address.
    ///
    /// # Errors
    /// When a text is longer than a TLV.
    pub fn frame(&self, source: [u8; 6]) -> Result<Vec<u8>> {
        let mut frame = vec![0x01, 0x80, 0xc2, 0, 0, 0x0e]; // to the nearest bridge
        frame.extend(source);
        frame.extend([0x88, 0xcc]); // LLDP
        let [.., name] = source;
        tlv(&mut frame, 1, &[4, 0x02, 0, 0x5e, 0, 0, name])?; // chassis ID: MAC address
        tlv(&mut frame, 2, &[&[5], self.port.as_bytes()].concat())?; // port ID: interface name
        tlv(&mut frame, 3, &self.ttl_secs.to_be_bytes())?; // time to live
        tlv(&mut frame, 4, self.description.as_bytes())?; // port description
        tlv(&mut frame, 5, self.system.as_bytes())?; // system name
        let [high, low] = self.vlan.to_be_bytes();
        tlv(&mut frame, 127, &[0, 0x80, 0xc2, 1, high, low])?; // 802.1 port VLAN ID
        frame.extend([0, 0]); // end
        Ok(frame)
    }
}

fn tlv(frame: &mut Vec<u8>, kind: u16, value: &[u8]) -> Result<()> {
    let length = u16::try_from(value.len()).context("a long TLV")?;
    anyhow::ensure!(length < 512, "a TLV of {length} bytes");
    frame.extend((kind << 9 | length).to_be_bytes());
    frame.extend(value);
    Ok(())
}

/// A cable between a node's namespace and a leaf's.
#[derive(Debug)]
pub struct Cable {
    /// Where the node's end is.
    pub node: Netns,
    leaf: Netns,
    name: String,
    sender: RawSender,
}

impl Cable {
    /// Makes two namespaces and plugs the cable in: the node's end has this name.
    ///
    /// # Errors
    /// Without `CAP_SYS_ADMIN`, or when `ip` fails.
    pub fn plug(name: &str) -> Result<Self> {
        let (node, leaf) = (Netns::new()?, Netns::new()?);
        node.veth_to(name, &leaf, FAR)?;
        let index = IfIndex::new(leaf.ifindex(FAR)?).context("no index")?;
        let sender = leaf.run(|| RawSender::open(index))?;
        Ok(Self {
            sender: sender.context("opening a sender")?,
            node,
            leaf,
            name: name.to_owned(),
        })
    }

    /// A machine with one card whose two ports have seven VFs on the first, which is this cable's end.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn machine(&self) -> Result<Machine> {
        Machine::igb(&self.name, self.node.ifindex(&self.name)?)
    }

    /// Sends a frame with these words from the leaf's own address.
    ///
    /// # Errors
    /// When it cannot be sent.
    pub fn say(&self, words: &Words<'_>) -> Result<()> {
        self.send(&words.frame([0x02, 0, 0x5e, 0, 0x53, 1])?)
    }

    /// Sends these bytes from the leaf's end.
    ///
    /// # Errors
    /// When they cannot be sent.
    pub fn send(&self, frame: &[u8]) -> Result<()> {
        self.sender.send(frame).context("sending a frame")
    }

    /// Takes the carrier away.
    ///
    /// # Errors
    /// When `ip` fails.
    pub fn pull(&self) -> Result<()> {
        self.leaf.ip(&format!("link set {FAR} down")).map(drop)
    }

    /// Gives the carrier back.
    ///
    /// # Errors
    /// When `ip` fails.
    pub fn push(&self) -> Result<()> {
        self.leaf.ip(&format!("link set {FAR} up")).map(drop)
    }
}
