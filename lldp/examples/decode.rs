//! Decodes a frame given as hexadecimal, or one of its own, and prints what it says.
//!
//! `cargo run -p lldp-rs --example decode -- 0180c200000e02005e00530188cc020207610402076206020078 0000`
#![expect(clippy::print_stdout, reason = "a program for people")]

use std::env;
use std::error::Error;

use lldp_rs::Frame;

const SAMPLE: &[u8] = include_bytes!("frame-17-tlvs.bin");

fn main() -> Result<(), Box<dyn Error>> {
    let digits: String = env::args().skip(1).collect();
    let given = from_hex(&digits)?;
    let frame = Frame::decode(if given.is_empty() { SAMPLE } else { &given })?;
    println!("from {} to {}", frame.source(), frame.destination());
    let lldpdu = frame.lldpdu();
    println!("chassis {}, port {}", lldpdu.chassis_id(), lldpdu.port_id());
    println!("valid for {} s", lldpdu.ttl_secs());
    if let Some(name) = lldpdu.system_name() {
        // `Text` escapes whatever a terminal could obey
        println!("system {}", name.cut(64));
    }
    if let Some(capabilities) = lldpdu.capabilities() {
        for capability in capabilities.enabled {
            println!("is a {capability}");
        }
    }
    for vlan in lldpdu.vlan_names() {
        let untagged = lldpdu.port_vlan_id() == Some(vlan.vlan_id);
        println!(
            "VLAN {} {}{}",
            vlan.vlan_id,
            vlan.name,
            if untagged { ", untagged" } else { "" }
        );
    }
    for tlv in lldpdu.tlvs() {
        println!("{tlv:?}");
    }
    for (raw, error) in lldpdu.malformed() {
        println!("type {} discarded: {error}", raw.kind);
    }
    Ok(())
}

fn from_hex(digits: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let digits: Vec<char> = digits
        .chars()
        .filter(|one| !matches!(one, ' ' | ':'))
        .collect();
    let (pairs, odd) = digits.as_chunks::<2>();
    if !odd.is_empty() {
        return Err("an odd number of hexadecimal digits".into());
    }
    pairs
        .iter()
        .map(|pair| Ok(u8::from_str_radix(&String::from_iter(pair), 16)?))
        .collect()
}
