//! Whether what is known of the server's slices may be wrong, and when it is looked again.
//!
//! Left to others: looking.

use std::time::Duration;

use crate::backoff::Backoff;

const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub(super) struct Doubt {
    raised: bool,
    not_before: Duration,
    backoff: Backoff,
}

impl Default for Doubt {
    fn default() -> Self {
        Self {
            raised: false,
            not_before: Duration::ZERO,
            backoff: Backoff::new(FIRST_WAIT, LONGEST_WAIT),
        }
    }
}

impl Doubt {
    pub(super) const fn raise(&mut self) {
        self.raised = true;
    }

    /// When to look; `None` while there is no doubt.
    pub(super) fn due(&self) -> Option<Duration> {
        self.raised.then_some(self.not_before)
    }

    /// Looking failed.
    pub(super) fn failed(&mut self, now: Duration, chance: f64) {
        self.not_before = now.saturating_add(self.backoff.failed(chance));
    }

    /// All is known.
    pub(super) fn settled(&mut self) {
        *self = Self::default();
    }

    /// Does not wait any more.
    pub(super) const fn hurry(&mut self) {
        self.not_before = Duration::ZERO;
    }
}
