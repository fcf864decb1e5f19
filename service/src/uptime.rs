//! The monotonic clock as a `Duration` since the program started: what pure code is given as time.
//!
//! Left to others: the date, which only labels things for people.

use std::time::{Duration, Instant};

/// A monotonic clock that starts at zero. Copies go on from the same start.
#[derive(Clone, Copy, Debug)]
pub struct Uptime(Instant);

impl Uptime {
    /// Starts a clock at zero.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since the start; it never goes back.
    pub fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_of_a_clock_go_on_from_the_same_start() {
        let clock = Uptime::start();
        let first = clock.now();
        let copy = clock;
        assert!(copy.now() >= first);
    }
}
