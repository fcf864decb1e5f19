//! When a pod is looked at, and when it may be written. Pure; time is an argument.
//!
//! Left to others: looking and writing.

use std::time::Duration;

use colvin_service::Backoff;
use tokio::time::Instant;

/// From the first news until a look: changes come several at a time.
const SETTLED: Duration = Duration::from_millis(300);

/// Between two writes of one pod.
const BETWEEN: Duration = Duration::from_secs(1);

/// The first and the longest wait after a write that failed.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(2);

/// The pace of one pod.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    look_at: Option<Instant>,
    /// When a write may be made that is still to be made.
    write_at: Option<Instant>,
    not_before: Instant,
    backoff: Backoff,
}

impl Pace {
    /// A look is due soon: the interfaces of a pod that starts come one by one.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            look_at: Some(now + SETTLED),
            write_at: None,
            not_before: now,
            backoff: Backoff::new(FIRST, LONGEST),
        }
    }

    /// When to do something, if anything is to be done.
    pub(crate) fn due(&self) -> Option<Instant> {
        [self.look_at, self.write_at].into_iter().flatten().min()
    }

    /// Something may be another.
    pub(crate) fn heard(&mut self, now: Instant) {
        self.look_at.get_or_insert(now + SETTLED);
    }

    /// It was looked at. Says whether to write now, where something `is_news`.
    pub(crate) fn looked(&mut self, is_news: bool, now: Instant) -> bool {
        self.look_at = None;
        self.write_at = is_news.then_some(self.not_before);
        is_news && self.not_before <= now
    }

    /// A write succeeded.
    pub(crate) fn wrote(&mut self, now: Instant) {
        self.write_at = None;
        self.not_before = now + BETWEEN;
        self.backoff.succeeded();
    }

    /// A write failed. `chance` is a number from 0 to 1. Gives how long to wait.
    pub(crate) fn failed(&mut self, now: Instant, chance: f64) -> Duration {
        let wait = self.backoff.failed(chance);
        self.not_before = now + wait;
        self.write_at = Some(self.not_before);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn news_in_a_row_is_one_look_soon_after_the_first() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        assert_eq!(pace.due(), Some(now + ms(300)));
        assert!(!pace.looked(false, now));
        assert_eq!(pace.due(), None);
        for millis in [0, 100, 250] {
            pace.heard(now + ms(millis));
        }
        assert_eq!(pace.due(), Some(now + ms(300)));
    }

    #[test]
    fn two_writes_are_a_second_apart() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        assert!(pace.looked(true, now));
        pace.wrote(now);
        pace.heard(now);
        assert!(!pace.looked(true, now + ms(300)));
        assert_eq!(pace.due(), Some(now + ms(1000)));
        assert!(pace.looked(true, now + ms(1000)));
    }

    #[test]
    fn a_write_that_fails_waits_and_looks_go_on() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        assert!(pace.looked(true, now));
        assert_eq!(pace.failed(now, 1.0), ms(1000));
        assert_eq!(pace.failed(now, 1.0), ms(2000));
        pace.heard(now);
        assert_eq!(pace.due(), Some(now + ms(300)));
        assert!(!pace.looked(true, now + ms(300)));
        assert_eq!(pace.due(), Some(now + ms(2000)));
        // by then it is as it was written: nothing is left to be done
        assert!(!pace.looked(false, now + ms(2000)));
        assert_eq!(pace.due(), None);
    }
}
