//! How often something may be done: a burst, then one per interval.
//!
//! Pure: time is an argument, a `Duration` on a monotonic clock ([`crate::Uptime`]). Left to others:
//! what waits, and that the latest wins.

use std::time::Duration;

/// A token bucket: `burst` tokens when full, and one comes back per interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    every: Duration,
    /// How far ahead of time the last token may have been taken: the burst but one.
    ahead: Duration,
    /// When the bucket is full again.
    full_at: Duration,
}

impl Budget {
    /// A full bucket of `burst` tokens (0 counts as 1), which gains one per interval.
    pub fn new(burst: u32, every: Duration) -> Self {
        Self {
            every,
            ahead: every.saturating_mul(burst.max(1) - 1),
            full_at: Duration::ZERO,
        }
    }

    /// Takes a token.
    ///
    /// A `now` before an earlier one counts as waiting still to be done; nothing is gained by it.
    ///
    /// # Errors
    /// How long until there is a token, when there is none. Nothing was taken.
    pub fn take(&mut self, now: Duration) -> Result<(), Duration> {
        let wait = self.wait(now);
        if !wait.is_zero() {
            return Err(wait);
        }
        self.full_at = self.full_at.max(now).saturating_add(self.every);
        Ok(())
    }

    /// How long until there is a token; zero when there is one.
    pub fn wait(&self, now: Duration) -> Duration {
        self.full_at.saturating_sub(now).saturating_sub(self.ahead)
    }

    /// Whether all tokens are there: a bucket that says so can be forgotten.
    pub fn is_full(&self, now: Duration) -> bool {
        self.full_at <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn a_burst_of_three_then_one_per_thirty_seconds() {
        let mut budget = Budget::new(3, at(30));
        let taken: Vec<_> = (0..4).map(|_| budget.take(at(100))).collect();
        assert_eq!(taken, [Ok(()), Ok(()), Ok(()), Err(at(30))]);
        assert_eq!(budget.take(at(129)), Err(at(1)));
        assert_eq!(budget.take(at(130)), Ok(()));
        assert_eq!(budget.take(at(130)), Err(at(30)));
    }

    #[test]
    fn a_refusal_takes_nothing_and_its_wait_is_exact() {
        let mut budget = Budget::new(1, at(30));
        assert_eq!(budget.take(at(0)), Ok(()));
        for second in 1..30 {
            assert_eq!(budget.take(at(second)), Err(at(30 - second)));
        }
        assert_eq!(budget.take(at(30)), Ok(()));
    }

    #[test]
    fn a_long_rest_fills_the_bucket_and_no_more() {
        let mut budget = Budget::new(2, at(10));
        assert!(budget.is_full(at(0)));
        assert_eq!(budget.take(at(0)), Ok(()));
        assert!(!budget.is_full(at(9)));
        assert!(budget.is_full(at(10)));
        let taken: Vec<_> = (0..3).map(|_| budget.take(at(10_000))).collect();
        assert_eq!(taken, [Ok(()), Ok(()), Err(at(10))]);
    }

    #[test]
    fn no_hour_sees_more_than_the_burst_and_one_per_interval() {
        let mut budget = Budget::new(5, at(30));
        let taken = (0..3600)
            .filter(|&now| budget.take(at(now)).is_ok())
            .count();
        assert_eq!(taken, 5 + 3600 / 30 - 1);
    }

    #[test]
    fn a_clock_that_goes_back_gains_nothing() {
        let mut budget = Budget::new(1, at(30));
        assert_eq!(budget.take(at(100)), Ok(()));
        assert_eq!(budget.take(at(40)), Err(at(90)));
    }

    #[test]
    fn a_burst_of_none_is_a_burst_of_one() {
        assert_eq!(Budget::new(0, at(1)), Budget::new(1, at(1)));
    }
}
