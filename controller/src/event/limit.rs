//! How many events there are: at most one per port and 10 minutes, and few per second in all.
//!
//! Pure: time is an argument. What is kept is bounded. Left to others: what is told ([`super`]).

use std::collections::HashMap;
use std::time::Duration;

use colvin_service::Budget;

use super::PortEvent;

/// How long a port that was told of is not told of again.
const QUIET: Duration = Duration::from_mins(10);
/// The most ports that are remembered; while there are more, no other is told of.
const PORTS: usize = 4096;
/// How many events may follow each other in the whole cluster, and how often one may come then.
const BURST: u32 = 50;
const EVERY: Duration = Duration::from_secs(1);

/// Which ports were told of lately.
#[derive(Debug)]
pub(crate) struct Limit {
    told: HashMap<(String, String), Duration>,
    all: Budget,
}

impl Limit {
    pub(crate) fn new() -> Self {
        Self {
            told: HashMap::new(),
            all: Budget::new(BURST, EVERY),
        }
    }

    /// Whether this may be told now; if so, it counts.
    pub(crate) fn allow(&mut self, event: &PortEvent, now: Duration) -> bool {
        let port = (event.node.clone(), event.port.clone());
        let quiet = |told: &Duration| now.saturating_sub(*told) < QUIET;
        if self.told.get(&port).is_some_and(quiet) {
            return false;
        }
        if self.told.len() >= PORTS {
            self.told.retain(|_, told| quiet(told));
        }
        if self.told.len() >= PORTS || self.all.take(now).is_err() {
            return false;
        }
        self.told.insert(port, now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::EventReason;

    fn event(node: &str, port: &str, reason: EventReason) -> PortEvent {
        PortEvent {
            reason,
            network: "green".to_owned(),
            node: node.to_owned(),
            node_uid: None,
            port: port.to_owned(),
            note: String::new(),
        }
    }

    const fn at(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn the_page_of_concepts_tells_these_limits() {
        let page = colvin_testkit::page::text("docs/concepts.md").unwrap();
        let minutes = QUIET.as_secs() / 60;
        let row = format!(
            "| Events | one per port and {minutes} minutes; in the whole cluster {BURST} in a row, then one per second |"
        );
        assert_eq!(EVERY, Duration::from_secs(1));
        assert!(page.contains(&row), "{row}");
    }

    #[test]
    fn a_flapping_port_is_told_of_once_in_ten_minutes() {
        let mut limit = Limit::new();
        let told = (0..3600).filter(|&second| {
            let reasons = [EventReason::UplinkLeft, EventReason::UplinkJoined];
            let reason = reasons[usize::from(second % 2 == 0)];
            limit.allow(&event("worker-1", "eth1", reason), at(second))
        });
        assert_eq!(told.collect::<Vec<_>>(), [0, 600, 1200, 1800, 2400, 3000]);
    }

    #[test]
    fn ports_do_not_silence_each_other() {
        let mut limit = Limit::new();
        let left = EventReason::UplinkLeft;
        assert!(limit.allow(&event("worker-1", "eth1", left), at(0)));
        assert!(limit.allow(&event("worker-1", "eth2", left), at(0)));
        assert!(limit.allow(&event("worker-2", "eth1", left), at(0)));
        assert!(!limit.allow(&event("worker-2", "eth1", left), at(599)));
    }

    #[test]
    fn a_flood_of_ports_is_a_burst_and_then_one_per_second_in_bounded_memory() {
        let mut limit = Limit::new();
        let mut told = 0;
        for second in 0..60_u64 {
            for port in 0..500_u64 {
                let node = format!("worker-{}", second * 500 + port);
                let event = event(&node, "eth1", EventReason::UplinkLeft);
                told += u64::from(limit.allow(&event, at(second)));
            }
        }
        assert_eq!(told, 50 + 59);
        assert_eq!(limit.told.len(), 50 + 59);
    }

    #[test]
    fn who_is_remembered_no_more_makes_room() {
        let mut limit = Limit::new();
        let filler = (0..PORTS).map(|number| (("worker".to_owned(), number.to_string()), at(0)));
        limit.told = filler.collect();
        let left = event("other", "eth1", EventReason::UplinkLeft);
        assert!(!limit.allow(&left, at(599)));
        assert!(limit.allow(&left, at(600)));
        assert_eq!(limit.told.len(), 1);
    }
}
