//! When something may be done about a pool: what others did to it settles first, and a failure waits.
//!
//! Left to others: what is done.

use std::time::Duration;

use crate::backoff::Backoff;
use crate::server::Failure;

const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_mins(2);

#[derive(Debug)]
pub(super) struct Pace {
    settles_at: Duration,
    retries_at: Duration,
    backoff: Backoff,
    failure: Option<Failure>,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            settles_at: Duration::ZERO,
            retries_at: Duration::ZERO,
            backoff: Backoff::new(FIRST_WAIT, LONGEST_WAIT),
            failure: None,
        }
    }
}

impl Pace {
    /// From when on something may be done.
    pub(super) fn due(&self) -> Duration {
        self.settles_at.max(self.retries_at)
    }

    /// Why the last request failed.
    pub(super) const fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// Others did something. Who does so again and again holds up nothing for longer.
    pub(super) fn settle(&mut self, now: Duration, settle: Duration) {
        if self.settles_at <= now {
            self.settles_at = now.saturating_add(settle);
        }
    }

    /// Something else is wanted: the server may take that, and whoever wants it does not wait for others.
    pub(super) fn wanted(&mut self) {
        self.settles_at = Duration::ZERO;
        if matches!(self.failure, Some(Failure::Refused(_))) {
            self.retries_at = Duration::ZERO;
        }
    }

    /// Does not wait any more.
    pub(super) const fn hurry(&mut self) {
        self.settles_at = Duration::ZERO;
        self.retries_at = Duration::ZERO;
    }

    /// All is as wanted, by whomever.
    pub(super) fn fits(&mut self) {
        *self = Self {
            settles_at: self.settles_at,
            ..Self::default()
        };
    }

    /// A request failed.
    pub(super) fn failed(&mut self, failure: Failure, now: Duration, chance: f64) {
        let wait = self.backoff.failed(chance);
        let wait = match &failure {
            Failure::Busy {
                after: Some(after), ..
            } => wait.max(*after),
            _ => wait,
        };
        self.retries_at = now.saturating_add(wait);
        self.failure = Some(failure);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// DRA-25: 30 s after the first event, however many follow.
    #[test]
    fn a_pool_settles_from_the_first_event_on() {
        let mut pace = Pace::default();
        assert_eq!(pace.due(), at(0));
        pace.settle(at(100), at(30));
        pace.settle(at(120), at(30));
        assert_eq!(pace.due(), at(130));
        pace.settle(at(130), at(30));
        assert_eq!(pace.due(), at(160));
        pace.wanted();
        assert_eq!(pace.due(), at(0));
    }

    /// DRA-25: retries become rarer, and heed what the server says.
    #[test]
    fn a_failure_waits_and_only_a_refused_content_may_be_tried_at_once_when_it_is_another() {
        let refused = || Failure::Refused("no".to_owned());
        let busy = |seconds| Failure::Busy {
            words: "later".to_owned(),
            after: Some(at(seconds)),
        };
        let mut pace = Pace::default();
        pace.failed(refused(), at(100), 1.0);
        assert_eq!(pace.due(), at(100) + FIRST_WAIT);
        pace.failed(refused(), at(101), 1.0);
        assert_eq!(pace.due(), at(101) + FIRST_WAIT * 2);
        pace.wanted();
        assert_eq!(pace.due(), at(0));
        pace.failed(busy(60), at(102), 1.0);
        assert_eq!(pace.due(), at(162));
        pace.wanted();
        assert_eq!(pace.due(), at(162));
        assert_eq!(pace.failure(), Some(&busy(60)));
        pace.hurry();
        assert_eq!(pace.due(), at(0));
    }
}
