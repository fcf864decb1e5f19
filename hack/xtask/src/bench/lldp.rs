//! Decoding one LLDP frame.
//!
//! Left to others: the frame and the loop (`lldp/examples/decode_bench.rs`).

use super::{
    measure::Said,
    ours,
    table::{Bar, Row},
};
use crate::run;
use anyhow::Result;

/// Time and allocations of a frame with 17 TLVs.
///
/// # Errors
/// When the program is missing or fails.
pub(super) fn rows() -> Result<Vec<Row>> {
    let said = Said::by(run::command(ours("decode_bench"), ""))?;
    Ok(vec![
        Row::new(
            "LLDP frame",
            said.value("lldp_decode_ns")?,
            "ns",
            Bar::Goal(100.0),
        ),
        Row::new(
            "LLDP frame",
            said.value("allocs")?,
            "allocations",
            Bar::AtMost(0.0),
        ),
    ])
}
