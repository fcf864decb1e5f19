//! How long to wait after a failure: longer each time, and not as long as everybody else.
//!
//! Left to others: waiting.

use std::time::Duration;

/// Doubles from a first wait to a longest; of each up to a half is left to chance.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    pub(crate) fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            next: first,
        }
    }

    /// How long to wait after one more failure.
    pub(crate) fn failed(&mut self) -> Duration {
        let half = self.next / 2;
        self.next = (self.next * 2).min(self.longest);
        half + half.mul_f64(fastrand::f64())
    }

    /// The next wait is the first again.
    pub(crate) fn succeeded(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_begin_anew_after_a_success() {
        let ms = Duration::from_millis;
        let mut backoff = Backoff::new(ms(100), ms(300));
        for whole in [100, 200, 300, 300] {
            let wait = backoff.failed();
            assert!(
                (ms(whole) / 2..=ms(whole)).contains(&wait),
                "{wait:?} of {whole} ms"
            );
        }
        backoff.succeeded();
        assert!(backoff.failed() <= ms(100));
    }
}
