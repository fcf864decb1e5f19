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

/// How often memory is measured: the least is what the program needs.
const RUNS: usize = 10;

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
    // how much of a program's file the kernel maps around what is touched is another in each run
    let mut memory = each(peak_mb)?;
    for _ in 1..RUNS {
        for (least, again) in memory.iter_mut().zip(each(peak_mb)?) {
            *least = least.min(again);
        }
    }
    let row = |unit, [ours, second, third]: [f64; 3], bar| {
        let row = Row::new("colvin show, this machine", ours, unit, bar);
        row.beside("lspci -nnk", second)
            .beside("lshw -c network", third)
    };
    Ok(vec![
        row("ms", least, Bar::Goal(15.0)),
        row("MB", memory, Bar::AtMost(8.0)),
        row("calls", each(system_calls)?, Bar::None),
    ])
}
