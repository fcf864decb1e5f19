//! What a program says of itself: does it live, and is it ready?
//!
//! It lives while each of its loops beats ([`Pulse`]); it is ready while each [`Condition`] is met.
//! Left to others: serving the answers ([`crate::admin`]).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::Uptime;

/// All loops and conditions of a program. Clones are the same.
#[derive(Clone, Debug)]
pub struct Health {
    clock: Uptime,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// What each condition waits for; `None` is met.
    conditions: BTreeMap<&'static str, Option<String>>,
    /// When each loop last beat, and how long it may be silent.
    loops: BTreeMap<&'static str, (Duration, Duration)>,
}

/// One thing that must hold before the program is ready. Clones are the same.
#[derive(Clone, Debug)]
pub struct Condition {
    name: &'static str,
    health: Health,
}

/// The heartbeat of one loop. Clones are the same.
#[derive(Clone, Debug)]
pub struct Pulse {
    name: &'static str,
    limit: Duration,
    health: Health,
}

impl Health {
    /// Nothing to wait for, no loop.
    pub fn new() -> Self {
        Self {
            clock: Uptime::start(),
            state: Arc::default(),
        }
    }

    /// Adds a condition, which is not met at first; `reason` says what it waits for.
    pub fn condition(&self, name: &'static str, reason: impl Into<String>) -> Condition {
        self.state().conditions.insert(name, Some(reason.into()));
        Condition {
            name,
            health: self.clone(),
        }
    }

    /// Adds a loop that beats now, and may then be silent for `limit`.
    pub fn pulse(&self, name: &'static str, limit: Duration) -> Pulse {
        let now = self.clock.now();
        self.state().loops.insert(name, (now, limit));
        Pulse {
            name,
            limit,
            health: self.clone(),
        }
    }

    /// Whether every loop beats.
    ///
    /// # Errors
    /// A line for each loop that was silent for too long.
    pub fn alive(&self) -> Result<(), String> {
        self.alive_at(self.clock.now())
    }

    fn alive_at(&self, now: Duration) -> Result<(), String> {
        let mut silent = String::new();
        for (name, (beat, limit)) in &self.state().loops {
            let since = now.saturating_sub(*beat);
            if since > *limit {
                line(
                    &mut silent,
                    name,
                    &format!("silent for {} s", since.as_secs()),
                );
            }
        }
        if silent.is_empty() {
            Ok(())
        } else {
            Err(silent)
        }
    }

    /// Whether every condition is met.
    ///
    /// # Errors
    /// A line for each condition that is not met.
    pub fn ready(&self) -> Result<(), String> {
        let mut waiting = String::new();
        for (name, reason) in &self.state().conditions {
            if let Some(reason) = reason {
                line(&mut waiting, name, reason);
            }
        }
        if waiting.is_empty() {
            Ok(())
        } else {
            Err(waiting)
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // each change is one assignment: whoever panicked left it whole
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}

fn line(text: &mut String, name: &str, reason: &str) {
    // a String takes all that is written to it
    if writeln!(text, "{name}: {reason}").is_err() {
        text.push_str(name);
    }
}

impl Condition {
    /// The condition is met.
    pub fn met(&self) {
        self.set(None);
    }

    /// The condition is not met; `reason` says what it waits for.
    pub fn waits_for(&self, reason: impl Into<String>) {
        self.set(Some(reason.into()));
    }

    fn set(&self, reason: Option<String>) {
        let mut state = self.health.state();
        let before = state.conditions.insert(self.name, reason.clone()).flatten();
        drop(state);
        let condition = self.name;
        match (before, reason) {
            (Some(_), None) => tracing::info!(condition, "condition met"),
            (None, Some(reason)) => tracing::warn!(condition, reason, "condition no longer met"),
            (None, None) | (Some(_), Some(_)) => {}
        }
    }
}

impl Pulse {
    /// The loop is at work.
    pub fn beat(&self) {
        let now = self.health.clock.now();
        let mut state = self.health.state();
        state.loops.insert(self.name, (now, self.limit));
    }

    /// How often a loop with nothing to do should beat: a third of its limit.
    pub fn interval(&self) -> Duration {
        self.limit / 3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn a_program_is_ready_when_every_condition_is_met() {
        let health = Health::new();
        let first = health.condition("networks", "the first list of networks");
        let second = health.condition("inventory", "the first look");
        let both = "inventory: the first look\nnetworks: the first list of networks\n";
        assert_eq!(health.ready(), Err(both.to_owned()));
        first.met();
        assert_eq!(
            health.ready(),
            Err("inventory: the first look\n".to_owned())
        );
        second.met();
        assert_eq!(health.ready(), Ok(()));
    }

    #[test]
    fn a_condition_can_be_lost_again_and_says_why() {
        let health = Health::new();
        let condition = health.condition("networks", "the first list");
        condition.met();
        condition.waits_for("the definition of networks");
        let waiting = "networks: the definition of networks\n";
        assert_eq!(health.ready(), Err(waiting.to_owned()));
    }

    #[test]
    fn a_loop_that_is_silent_for_too_long_is_named() {
        let health = Health::new();
        let pulse = health.pulse("publish", MINUTE);
        assert_eq!(health.alive(), Ok(()));
        let late = health.clock.now() + MINUTE * 2;
        assert_eq!(
            health.alive_at(late),
            Err("publish: silent for 120 s\n".to_owned())
        );
        pulse.beat();
        assert_eq!(health.alive_at(health.clock.now() + MINUTE / 2), Ok(()));
    }

    #[test]
    fn being_alive_does_not_ask_for_readiness() {
        let health = Health::new();
        let condition = health.condition("networks", "the first list");
        assert_eq!(health.alive(), Ok(()));
        drop(condition);
        assert!(health.ready().is_err());
    }
}
