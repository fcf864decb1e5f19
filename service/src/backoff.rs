//! How long to wait after a failure: longer each time, and not as long as everybody else.
//!
//! Pure: chance is an argument. Left to others: waiting.

use std::time::Duration;

/// Doubles from a first wait to a longest, with full jitter above half of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    /// Nothing has failed yet.
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            next: first,
        }
    }

    /// How long to wait after one more failure: between half of the step and all of it.
    ///
    /// `chance` is a number from 0 to 1, such as `fastrand::f64()`.
    pub fn failed(&mut self, chance: f64) -> Duration {
        let half = self.next / 2;
        self.next = self.next.saturating_mul(2).min(self.longest);
        half + half.mul_f64(chance.clamp(0.0, 1.0))
    }

    /// Something succeeded: the next wait is the first again.
    pub fn succeeded(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let mut backoff = Backoff::new(ms(100), ms(500));
        let waits: Vec<_> = (0..5).map(|_| backoff.failed(1.0)).collect();
        assert_eq!(waits, [ms(100), ms(200), ms(400), ms(500), ms(500)]);
    }

    #[test]
    fn chance_takes_half_of_a_wait_at_most() {
        let mut backoff = Backoff::new(ms(100), ms(500));
        assert_eq!(backoff.failed(0.0), ms(50));
        assert_eq!(backoff.failed(f64::NAN.max(-3.0)), ms(100));
        assert_eq!(backoff.failed(7.0), ms(400));
    }

    #[test]
    fn a_success_begins_anew() {
        let mut backoff = Backoff::new(ms(100), ms(500));
        backoff.failed(1.0);
        backoff.succeeded();
        assert_eq!(backoff.failed(1.0), ms(100));
    }
}
