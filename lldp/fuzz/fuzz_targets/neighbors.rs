//! Any octets as frames heard and time passed: the neighbours stay within their bounds.
//!
//! What must hold, and how octets become steps, is in `tests/properties/laws.rs`.
#![no_main]

#[path = "../../tests/properties/laws.rs"]
#[expect(dead_code, reason = "the other target's law is there too")]
mod laws;

libfuzzer_sys::fuzz_target!(|steps: &[u8]| laws::hear(steps));
