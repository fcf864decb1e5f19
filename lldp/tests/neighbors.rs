//! The neighbours of ports over time: what is said to the table, and how its tests say it.
//!
//! The tests are in `neighbors/`.
#![expect(clippy::unwrap_used, reason = "test")]

#[path = "neighbors/coming_and_going.rs"]
mod coming_and_going;
#[path = "neighbors/limits.rs"]
mod limits;

use std::time::Duration;

use lldp_rs::tlv::{ChassisId, PortId, SystemName};
use lldp_rs::{
    Destination, FrameHeader, LldpduBuilder, MacAddr, Neighbors, Outcome, Statistics, Tlv,
};

const OURS: MacAddr = MacAddr([0x02, 0x00, 0x5e, 0x00, 0x53, 0xff]);

/// How the switch addresses its frames.
const HEADER: FrameHeader = FrameHeader {
    destination: Destination::NearestBridge,
    source: MacAddr([0x02, 0x00, 0x5e, 0x00, 0x53, 0x01]),
    tag: None,
};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Of port "Eth1/4" of that chassis, with a system name; a farewell (0 s) has none.
fn frame_from(source: MacAddr, chassis: &str, ttl_secs: u16, name: &str) -> Vec<u8> {
    let mut buffer = [0; 300];
    let header = FrameHeader { source, ..HEADER };
    let chassis = ChassisId::Local(chassis.into());
    let port = PortId::InterfaceName("Eth1/4".into());
    let mut open = LldpduBuilder::frame(&mut buffer, header, chassis, port, ttl_secs).unwrap();
    if ttl_secs > 0 {
        let name = Tlv::SystemName(SystemName(name.into()));
        open.push(&name).unwrap();
    }
    open.finish().unwrap().to_vec()
}

fn frame(chassis: &str, ttl_secs: u16, name: &str) -> Vec<u8> {
    frame_from(HEADER.source, chassis, ttl_secs, name)
}

/// On port number 2, whose own address is [`OURS`].
fn hear<'n>(table: &'n mut Neighbors<u32>, frame: &[u8], now: u64) -> Outcome<'n> {
    table.ingest(2, frame, None, &[OURS], seconds(now))
}

/// Of port number 2.
fn statistics(table: &Neighbors<u32>) -> Statistics {
    table.port(&2).unwrap().statistics()
}
