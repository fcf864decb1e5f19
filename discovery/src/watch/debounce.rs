//! When a burst of events is over (DISC-10): a hundred VFs that are being made are one look.
//!
//! Time is an argument. Left to others: the events.

use std::time::Duration;

use crate::Dirty;

/// A burst is over when nothing was said for this long.
pub const QUIET: Duration = Duration::from_millis(50);

/// However long a burst lasts, what it named is looked at after this long.
pub const LONGEST: Duration = Duration::from_millis(400);

/// What became dirty in the burst that is on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Debounce {
    dirty: Dirty,
    /// When the burst began, and when its last event came.
    burst: Option<(Duration, Duration)>,
}

impl Debounce {
    /// Adds what an event made dirty; an event that makes nothing dirty is none.
    pub fn note(&mut self, dirty: Dirty, now: Duration) {
        if dirty.is_empty() {
            return;
        }
        self.dirty.merge(dirty);
        let begin = self.burst.map_or(now, |(begin, _)| begin);
        self.burst = Some((begin, now));
    }

    /// When to look, or `None` while there is no burst.
    pub fn due(&self) -> Option<Duration> {
        let (begin, last) = self.burst?;
        Some(
            last.saturating_add(QUIET)
                .min(begin.saturating_add(LONGEST)),
        )
    }

    /// What to look at now: `None` while a burst is on, or when there was none.
    pub fn take(&mut self, now: Duration) -> Option<Dirty> {
        self.due().filter(|due| *due <= now)?;
        self.burst = None;
        Some(std::mem::take(&mut self.dirty))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn function(index: u16) -> Dirty {
        let mut dirty = Dirty::default();
        dirty
            .functions
            .insert(colvin_model::PciAddress::from_routing_id(0, index));
        dirty
    }

    #[test]
    fn disc_10_a_burst_is_one_look_after_it_is_over() {
        let mut debounce = Debounce::default();
        for event in 0_u16..100 {
            let now = MS * u32::from(event);
            debounce.note(function(event), now);
            assert_eq!(debounce.take(now), None, "in the middle of the burst");
        }
        assert_eq!(debounce.due(), Some(MS * 99 + QUIET));
        let dirty = debounce.take(MS * 99 + QUIET).unwrap();
        assert_eq!(dirty.functions.len(), 100);
        assert_eq!(debounce.take(MS * 1000), None);
        assert_eq!(debounce.due(), None);
    }

    #[test]
    fn disc_10_a_burst_without_end_is_looked_at_all_the_same() {
        let mut debounce = Debounce::default();
        let looked = (0..1000).find(|ms| {
            debounce.note(function(1), MS * *ms);
            debounce.take(MS * *ms).is_some()
        });
        assert_eq!(looked.map(|ms| MS * ms), Some(LONGEST));
    }

    #[test]
    fn an_event_that_names_nothing_starts_no_burst() {
        let mut debounce = Debounce::default();
        debounce.note(Dirty::default(), MS);
        assert_eq!(debounce.due(), None);
    }
}
