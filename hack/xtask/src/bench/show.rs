//! `colvin show` on this machine, beside what people type today.
//!
//! Left to others: what it shows.

use super::{
    measure::{peak_mb, system_calls, wall_ms},
    ours, peers,
    table::{Bar, Row},
};
use crate::run;
use anyhow::Result;
use std::process::Command;

/// Time, peak memory and system calls of each.
///
/// # Errors
/// When a program is missing or fails.
pub(super) fn rows() -> Result<Vec<Row>> {
    let (lspci, lshw) = (peers::packaged("lspci")?, peers::packaged("lshw")?);
    let show = || run::command(ours("colvin"), "show");
    let lspci = || run::command(&lspci, "-nnk");
    let lshw = || run::command(&lshw, "-quiet -c network");
    let mut least = [f64::MAX; 3];
    for run in 0..20 {
        let [ours, second, third] = &mut least;
        *ours = ours.min(wall_ms(show())?);
        *second = second.min(wall_ms(lspci())?);
        if run < 3 {
            *third = third.min(wall_ms(lshw())?);
        }
    }
    let each = |measure: fn(&Command) -> Result<f64>| -> Result<[f64; 3]> {
        Ok([measure(&show())?, measure(&lspci())?, measure(&lshw())?])
    };
    let row = |unit, [ours, second, third]: [f64; 3], bar| {
        let row = Row::new("colvin show, this machine", ours, unit, bar);
        row.beside("lspci -nnk", second)
            .beside("lshw -c network", third)
    };
    Ok(vec![
        row("ms", least, Bar::Goal(15.0)),
        row("MB", each(peak_mb)?, Bar::AtMost(8.0)),
        row("calls", each(system_calls)?, Bar::None),
    ])
}
