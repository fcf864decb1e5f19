//! Which of 64 uplinks are on which of 100 networks, and the pools of devices that follow.
//!
//! Left to others: the machine, the networks and the loop (`model/examples/mapping_bench.rs`).

use super::{
    measure::Said,
    ours,
    table::{Bar, Row},
};
use crate::run;
use anyhow::Result;

/// What is measured: uplinks by networks, and the devices in the pools.
const PAIRS: f64 = 6400.0;
const DEVICES: f64 = 2560.0;

/// Median times and allocations of the map and of the plan.
///
/// # Errors
/// When the program is missing or fails, or maps something else.
pub(super) fn rows() -> Result<Vec<Row>> {
    let said = Said::by(run::command(ours("mapping_bench"), ""))?;
    said.must_be("pairs", PAIRS)?;
    said.must_be("devices", DEVICES)?;
    let (map, plan) = ("64 uplinks, 100 networks mapped", "  their plan");
    let ms = |name| -> Result<f64> { Ok(said.value(name)? / 1000.0) };
    Ok(vec![
        Row::new(map, ms("map_us")?, "ms", Bar::Goal(1.0)),
        // a network that is not on an uplink makes nothing there
        Row::new(
            "  each uplink and network",
            said.value("map_allocs")? / PAIRS,
            "allocations",
            Bar::AtMost(0.5),
        ),
        Row::new(plan, ms("plan_us")?, "ms", Bar::None),
        Row::new(
            "  each device",
            said.value("plan_allocs")? / DEVICES,
            "allocations",
            Bar::AtMost(0.25),
        ),
    ])
}
