//! Any octets as an Ethernet frame: decode, ask everything, write what was decoded, decode that again.
//!
//! What must hold is in `tests/properties/laws.rs`, which the property tests share.
#![no_main]

#[path = "../../tests/properties/laws.rs"]
#[expect(dead_code, reason = "the other target's law is there too")]
mod laws;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| laws::walk(bytes));
