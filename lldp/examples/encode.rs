//! Writes a frame as an end station would send it, and prints it as hexadecimal.
//!
//! Sending it is left to others.
#![expect(clippy::print_stdout, reason = "a program for people")]

use std::error::Error;
use std::net::Ipv4Addr;

use lldp_rs::tlv::{
    Capability, ChassisId, InterfaceNumbering, ManagementAddress, PortDescription, PortId,
    SystemCapabilities, SystemName,
};
use lldp_rs::{Destination, FrameHeader, LldpduBuilder, MacAddr, NetworkAddress, Tlv};

fn main() -> Result<(), Box<dyn Error>> {
    let source = MacAddr([0x02, 0x00, 0x5e, 0x00, 0x53, 0x07]);
    let header = FrameHeader {
        destination: Destination::NearestBridge,
        source,
        tag: None,
    };
    let mut buffer = [0; 1514];
    let (chassis, port) = (
        ChassisId::Mac(source),
        PortId::InterfaceName("ens1f0np0".into()),
    );
    let mut open = LldpduBuilder::frame(&mut buffer, header, chassis, port, 120)?;
    let station = [Capability::StationOnly].into_iter().collect();
    open.push(&Tlv::SystemName(SystemName("node-7".into())))?
        .push(&Tlv::PortDescription(PortDescription(
            "0000:3b:00.0".into(),
        )))?
        .push(&Tlv::SystemCapabilities(SystemCapabilities {
            available: station,
            enabled: station,
        }))?
        .push(&Tlv::ManagementAddress(ManagementAddress {
            address: NetworkAddress::Ipv4(Ipv4Addr::new(192, 0, 2, 7)),
            numbering: InterfaceNumbering::IfIndex,
            interface: 2,
            object_id: &[],
        }))?;
    for octet in open.finish()? {
        print!("{octet:02x}");
    }
    println!();
    Ok(())
}
