//! When a change is written: what is lost at once, what is gained when it has lasted, mere texts
//! together with others; never more than a burst and a trickle; after a failure later and later.
//!
//! Time is an argument. Left to others: what is written.

use std::collections::BTreeMap;
use std::time::Duration;

use colvin_crds::v1alpha1::NodeTopologyStatus;
use colvin_crds::v1alpha1::node_topology::{Neighbor, Uplink};
use colvin_service::Budget;

/// Writes that may follow one another at once, and then the time between two.
const BURST: u32 = 5;
const EVERY: Duration = Duration::from_secs(30);

/// The shortest and the longest wait after a failure.
const FIRST_RETRY: Duration = Duration::from_millis(500);
const LAST_RETRY: Duration = Duration::from_secs(30);

/// How much a change presses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Urgency {
    /// Only texts are others: what a neighbour says of itself, what a finding says.
    Text,
    /// Something is there that was not, or is another.
    Gain,
    /// A link, a place on a network, a device or an uplink is lost; or nothing was published yet.
    Loss,
}

/// What presses in the step from one status to the other; `None` when they are the same.
pub(crate) fn urgency(
    before: Option<&NodeTopologyStatus>,
    after: &NodeTopologyStatus,
) -> Option<Urgency> {
    let Some(before) = before else {
        return Some(Urgency::Loss);
    };
    if before == after {
        return None;
    }
    let now: BTreeMap<&str, &Uplink> = after
        .uplinks
        .iter()
        .map(|up| (up.id.as_str(), up))
        .collect();
    let lost = before.uplinks.iter().any(|old| {
        now.get(old.id.as_str())
            .is_none_or(|new| has_lost(old, new))
    });
    if lost {
        return Some(Urgency::Loss);
    }
    if without_texts(before) == without_texts(after) {
        Some(Urgency::Text)
    } else {
        Some(Urgency::Gain)
    }
}

fn has_lost(old: &Uplink, new: &Uplink) -> bool {
    let went_down = old.link == "Up" && new.link != "Up";
    let left = old.networks.iter().any(|network| {
        let mut still = new.networks.iter();
        still.all(|now| now.name != network.name || now.allocatable < network.allocatable)
    });
    went_down || left
}

/// The status without what others word.
fn without_texts(status: &NodeTopologyStatus) -> NodeTopologyStatus {
    let mut status = status.clone();
    status.findings.clear();
    for uplink in &mut status.uplinks {
        uplink.firmware = None;
        uplink.addresses.clear();
        for neighbor in &mut uplink.neighbors {
            *neighbor = Neighbor {
                chassis_id: std::mem::take(&mut neighbor.chassis_id),
                port_id: std::mem::take(&mut neighbor.port_id),
                ..Neighbor::default()
            };
        }
    }
    status
}

/// How long changes wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delays {
    /// Before the first write.
    pub(crate) start: Duration,
    /// What is gained must last this long.
    pub(crate) gain: Duration,
    /// Texts wait this long, and up to `jitter` more.
    pub(crate) text: Duration,
    pub(crate) jitter: Duration,
}

/// Decides when to write.
pub(crate) struct Pace {
    delays: Delays,
    budget: Budget,
    random: fastrand::Rng,
    /// Not before this time.
    not_before: Duration,
    /// From when on the present change may be written, if it is but a gain or a text.
    gain_due: Option<Duration>,
    text_due: Option<Duration>,
    failures: u32,
}

impl Pace {
    /// A pace that begins at this time.
    pub(crate) fn new(delays: Delays, now: Duration, random: fastrand::Rng) -> Self {
        let mut pace = Self {
            delays,
            budget: Budget::new(BURST, EVERY),
            random,
            not_before: now,
            gain_due: None,
            text_due: None,
            failures: 0,
        };
        pace.not_before = now.saturating_add(pace.up_to(delays.start));
        pace
    }

    /// A random time up to this one.
    fn up_to(&mut self, most: Duration) -> Duration {
        most.mul_f64(self.random.f64())
    }

    /// When to write a change that presses like this; `None` when there is none.
    pub(crate) fn due(&mut self, urgency: Option<Urgency>, now: Duration) -> Option<Duration> {
        let Some(urgency) = urgency else {
            (self.gain_due, self.text_due) = (None, None);
            return None;
        };
        let due = match urgency {
            Urgency::Loss => now,
            Urgency::Gain => *self
                .gain_due
                .get_or_insert_with(|| now.saturating_add(self.delays.gain)),
            Urgency::Text => self.text_due.unwrap_or_else(|| {
                let jitter = self.up_to(self.delays.jitter);
                let wait = self.delays.text.saturating_add(jitter);
                *self.text_due.insert(now.saturating_add(wait))
            }),
        };
        let allowed = now.saturating_add(self.budget.wait(now));
        Some(due.max(self.not_before).max(allowed))
    }

    /// A write begins.
    pub(crate) fn began(&mut self, now: Duration) {
        // it is due, so there is one left
        let taken = self.budget.take(now);
        debug_assert!(taken.is_ok(), "written before it was due: {taken:?}");
        (self.gain_due, self.text_due) = (None, None);
    }

    /// It was taken.
    pub(crate) fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// It was not taken. Gives how long the next one waits.
    pub(crate) fn failed(&mut self, now: Duration) -> Duration {
        let most = FIRST_RETRY
            .saturating_mul(2_u32.saturating_pow(self.failures.min(16)))
            .min(LAST_RETRY);
        self.failures = self.failures.saturating_add(1);
        // full jitter: after an outage a cluster's agents come back one by one
        let wait = FIRST_RETRY / 5 + self.up_to(most);
        self.not_before = now.saturating_add(wait);
        wait
    }
}

#[cfg(test)]
mod tests;
