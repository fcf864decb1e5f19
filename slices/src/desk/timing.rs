//! How long things take. Left to others: what is done in that time.

use std::time::Duration;

/// How long things take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// How long what others do to a pool is let settle, from the first that is heard of it.
    pub settle: Duration,
    /// How long it is let settle in the time after a [`Nudge`](crate::Nudge).
    pub settle_in_haste: Duration,
    /// How long that time lasts: a kubelet that has just registered the driver may delete slices still.
    pub haste: Duration,
    /// How long a slice that we made is believed to be there though no watch tells of it.
    pub believed: Duration,
    /// After how long what the server dropped is asked for again.
    pub ask_again: Duration,
    /// How long an answer may take.
    pub answer: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            settle: Duration::from_secs(30),
            settle_in_haste: Duration::from_millis(500),
            haste: Duration::from_mins(1),
            believed: Duration::from_mins(1),
            ask_again: Duration::from_hours(1),
            answer: Duration::from_secs(30),
        }
    }
}
