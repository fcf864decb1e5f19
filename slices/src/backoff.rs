//! How long to wait after a failure: longer each time, and not as long as everybody else.
//!
//! Pure: chance is an argument. Left to others: waiting.

use std::time::Duration;

/// Doubles from a first wait to a longest, with full jitter above half of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    /// Nothing has failed yet.
    pub(crate) const fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            failures: 0,
        }
    }

    /// How long to wait after one more failure. `chance` is a number from 0 to 1.
    pub(crate) fn failed(&mut self, chance: f64) -> Duration {
        let factor = 2_u32.saturating_pow(self.failures);
        let most = self.first.saturating_mul(factor).min(self.longest);
        self.failures = self.failures.saturating_add(1);
        most / 2 + (most / 2).mul_f64(chance.clamp(0.0, 1.0))
    }

    /// Something succeeded: the next wait is the first again.
    pub(crate) const fn succeeded(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_begin_anew_after_a_success() {
        let ms = Duration::from_millis;
        let mut backoff = Backoff::new(ms(100), ms(500));
        let waits = [1.0, 0.0, 2.0, 1.0, 1.0].map(|chance| backoff.failed(chance));
        assert_eq!(waits, [ms(100), ms(100), ms(400), ms(500), ms(500)]);
        backoff.succeeded();
        assert_eq!(backoff.failed(1.0), ms(100));
        let waits = (0..100).map(|_| backoff.failed(1.0));
        assert_eq!(waits.max(), Some(ms(500)));
    }
}
