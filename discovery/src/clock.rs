//! The one place that reads the clock.
//!
//! Left to others: what follows from the time, which they take as an argument.

use std::time::Duration;

/// Time since boot, with the time the machine slept (`CLOCK_BOOTTIME`): it never goes back, no one
/// can set it, and a neighbour's time to live runs on in a machine that sleeps.
pub fn now() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Duration::try_from(time).unwrap_or_default()
}
