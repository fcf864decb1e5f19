//! Which network is looked at when: soon after a change, and later each time while writing fails. Its
//! status is written in a burst of 3 and then once per 30 s. The latest wins; nothing is lost.
//!
//! Pure: time is an argument, on a monotonic clock. Left to others: what is written
//! ([`crate::summary`], [`crate::blocks`]), writing it ([`crate::publish`]).

use std::collections::BTreeMap;
use std::time::Duration;

use colvin_service::{Backoff, Budget};

/// How long after the first change the others that come with it are waited for.
pub(crate) const SETTLE: Duration = Duration::from_millis(500);
/// How many writes of one Network may follow each other, and how often it is written after that.
const BURST: u32 = 3;
const EVERY: Duration = Duration::from_secs(30);
/// How long to wait after a write that failed.
const FIRST_RETRY: Duration = Duration::from_millis(500);
const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// When each network is looked at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schedule {
    networks: BTreeMap<String, Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// When to look; `None` while nothing changed.
    due: Option<Duration>,
    budget: Budget,
    backoff: Backoff,
}

impl Schedule {
    /// Something changed that a look at this network may find.
    pub(crate) fn touch(&mut self, network: &str, now: Duration) {
        let entry = self.entry(network);
        entry.due.get_or_insert(now.saturating_add(SETTLE));
    }

    /// The network is gone.
    pub(crate) fn forget(&mut self, network: &str) {
        self.networks.remove(network);
    }

    /// When to look next, if at all.
    pub(crate) fn next(&self, now: Duration) -> Option<Duration> {
        let due = self.networks.values().filter_map(|entry| entry.at(now));
        due.min()
    }

    /// Takes a network that is due: it is not due again before it is touched or fails.
    pub(crate) fn take(&mut self, now: Duration) -> Option<String> {
        let mut due = self.networks.iter_mut().filter_map(|(name, entry)| {
            let at = entry.at(now)?;
            (at <= now).then_some((at, name, entry))
        });
        // the longest waiting first, so that none starves
        let first = due.next()?;
        let (_, name, entry) = due.fold(
            first,
            |best, next| if next.0 < best.0 { next } else { best },
        );
        entry.due = None;
        Some(name.clone())
    }

    /// The network is being written, which costs of its budget.
    pub(crate) fn spend(&mut self, network: &str, now: Duration) {
        // it was due, so that its budget has one
        self.entry(network).budget.take(now).unwrap_or_default();
    }

    /// The write succeeded.
    pub(crate) fn succeeded(&mut self, network: &str) {
        if let Some(entry) = self.networks.get_mut(network) {
            entry.backoff.succeeded();
        }
    }

    /// The write succeeded, and there may be more to do at once.
    pub(crate) fn go_on(&mut self, network: &str, now: Duration) {
        self.succeeded(network);
        self.entry(network).due = Some(now);
    }

    /// The write failed: look again after a while. `chance` is a number from 0 to 1.
    pub(crate) fn failed(&mut self, network: &str, now: Duration, chance: f64) {
        if let Some(entry) = self.networks.get_mut(network) {
            let again = now.saturating_add(entry.backoff.failed(chance));
            // what was touched meanwhile waits as well: the API server is not well
            entry.due = Some(entry.due.map_or(again, |due| due.max(again)));
        }
    }

    fn entry(&mut self, network: &str) -> &mut Entry {
        self.networks.entry(network.to_owned()).or_insert(Entry {
            due: None,
            budget: Budget::new(BURST, EVERY),
            backoff: Backoff::new(FIRST_RETRY, LONGEST_RETRY),
        })
    }
}

impl Entry {
    fn at(&self, now: Duration) -> Option<Duration> {
        let budget = now.saturating_add(self.budget.wait(now));
        // a due time behind us stands, so that the longest waiting is told from the others
        self.due
            .map(|due| if budget > now { due.max(budget) } else { due })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Touches a network each second and writes whenever it is due, all writes succeeding.
    fn writes(seconds: u64) -> Vec<Duration> {
        let mut schedule = Schedule::default();
        let mut written = Vec::new();
        for tenth in 0..seconds * 10 {
            let now = at(tenth * 100);
            if tenth % 10 == 0 {
                schedule.touch("green", now);
            }
            if let Some(network) = schedule.take(now) {
                schedule.spend(&network, now);
                schedule.succeeded(&network);
                written.push(now);
            }
        }
        written
    }

    #[test]
    fn the_page_of_concepts_tells_this_budget() {
        let page = colvin_testkit::page::text("docs/concepts.md").unwrap();
        let seconds = EVERY.as_secs();
        let row = format!(
            "| writes of a Network's status | {BURST} in a row, then one per {seconds} s |"
        );
        assert!(page.contains(&row), "{row}");
        let settle = format!("{} s later, so that changes", SETTLE.as_secs_f64());
        assert!(page.contains(&settle), "{settle}");
    }

    #[test]
    fn changes_that_come_together_are_one_write_soon_after_the_first() {
        let mut schedule = Schedule::default();
        schedule.touch("green", at(1000));
        schedule.touch("green", at(1400));
        assert_eq!(schedule.next(at(1400)), Some(at(1500)));
        assert_eq!(schedule.take(at(1499)), None);
        assert_eq!(schedule.take(at(1500)), Some("green".to_owned()));
        assert_eq!(schedule.take(at(9000)), None);
        assert_eq!(schedule.next(at(9000)), None);
    }

    #[test]
    fn a_burst_of_three_and_then_one_per_thirty_seconds() {
        let expected = [500, 1500, 2500, 30500, 60500, 90500].map(at);
        assert_eq!(writes(95), expected);
    }

    #[test]
    fn the_last_change_is_written_even_when_the_budget_is_spent() {
        let mut schedule = Schedule::default();
        for _ in 0..3 {
            schedule.spend("green", at(0));
        }
        schedule.touch("green", at(100));
        assert_eq!(schedule.next(at(100)), Some(at(30_000)));
        assert_eq!(schedule.take(at(29_999)), None);
        assert_eq!(schedule.take(at(30_000)), Some("green".to_owned()));
    }

    #[test]
    fn one_network_does_not_wait_for_another() {
        let mut schedule = Schedule::default();
        for _ in 0..3 {
            schedule.spend("green", at(0));
        }
        schedule.touch("green", at(0));
        schedule.touch("blue", at(0));
        assert_eq!(schedule.next(at(0)), Some(at(500)));
        assert_eq!(schedule.take(at(500)), Some("blue".to_owned()));
    }

    #[test]
    fn the_longest_waiting_comes_first() {
        let mut schedule = Schedule::default();
        schedule.touch("amber", at(200));
        schedule.touch("green", at(100));
        let taken: Vec<_> = std::iter::from_fn(|| schedule.take(at(5000))).collect();
        assert_eq!(taken, ["green", "amber"]);
    }

    #[test]
    fn failures_wait_longer_each_time_and_a_success_ends_that() {
        let mut schedule = Schedule::default();
        schedule.touch("green", at(0));
        let mut now = at(500);
        let mut waits = Vec::new();
        for _ in 0..8 {
            assert_eq!(schedule.take(now), Some("green".to_owned()));
            schedule.failed("green", now, 1.0);
            let next = schedule.next(now).unwrap();
            waits.push(next.saturating_sub(now));
            now = next;
        }
        let expected = [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000].map(at);
        assert_eq!(waits, expected);
        schedule.take(now);
        schedule.succeeded("green");
        schedule.failed("green", now, 1.0);
        assert_eq!(schedule.next(now), Some(now + at(500)));
    }

    #[test]
    fn a_change_during_a_failure_does_not_shorten_the_wait() {
        let mut schedule = Schedule::default();
        schedule.touch("green", at(0));
        schedule.take(at(500));
        for _ in 0..6 {
            schedule.failed("green", at(500), 1.0);
            schedule.take(at(100_000));
        }
        schedule.touch("green", at(100_000));
        schedule.failed("green", at(100_000), 1.0);
        schedule.touch("green", at(100_001));
        assert_eq!(schedule.next(at(100_001)), Some(at(130_000)));
    }

    #[test]
    fn a_network_with_more_to_do_is_looked_at_at_once_after_those_that_waited() {
        let mut schedule = Schedule::default();
        schedule.touch("amber", at(0));
        schedule.touch("green", at(600));
        assert_eq!(schedule.take(at(1200)), Some("amber".to_owned()));
        schedule.go_on("amber", at(1200));
        let taken: Vec<_> = std::iter::from_fn(|| schedule.take(at(1200))).collect();
        assert_eq!(taken, ["green", "amber"]);
    }

    #[test]
    fn what_is_gone_is_not_looked_at() {
        let mut schedule = Schedule::default();
        schedule.touch("green", at(0));
        schedule.forget("green");
        schedule.failed("green", at(1), 0.0);
        assert_eq!(schedule.next(at(5000)), None);
    }
}
