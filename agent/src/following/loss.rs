//! Which interfaces have lost all their addresses for longer than a moment. Pure; time is an argument.
//!
//! A DHCP client that renews, or somebody who sets another address, has none for a moment. Left to others: what an
//! address is ([`super::ear`]), telling the pod's owner.

use std::collections::BTreeMap;
use std::time::Duration;

use colvin_model::IfName;
use tokio::time::Instant;

/// How long it must be without.
const LASTS: Duration = Duration::from_secs(3);

/// What its owner should know of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It had addresses and has none.
    Lost,
    /// It was told that it has none, and it has one again.
    Back,
}

/// The interfaces of one pod.
#[derive(Clone, Debug, Default)]
pub(crate) struct Losses {
    of: BTreeMap<IfName, State>,
}

/// What is known of an interface that had addresses.
#[derive(Clone, Copy, Debug)]
enum State {
    Has,
    Without(Instant),
    Told,
}

impl Losses {
    /// Takes in whether an interface has addresses now.
    pub(crate) fn saw(&mut self, name: &IfName, has: bool, now: Instant) -> Option<Turn> {
        let before = self.of.get(name).copied();
        let (after, turn) = match (before, has) {
            (Some(State::Told), true) => (State::Has, Some(Turn::Back)),
            (_, true) => (State::Has, None),
            // one that never had any has lost none
            (None, false) => return None,
            (Some(State::Has), false) => (State::Without(now), None),
            (Some(State::Without(since)), false) if now >= since + LASTS => {
                (State::Told, Some(Turn::Lost))
            }
            (Some(same), false) => (same, None),
        };
        self.of.insert(name.clone(), after);
        turn
    }

    /// When to look again.
    pub(crate) fn due(&self) -> Option<Instant> {
        let since = self.of.values().filter_map(|state| match state {
            State::Without(since) => Some(*since + LASTS),
            State::Has | State::Told => None,
        });
        since.min()
    }

    /// Forgets those that are not among these.
    pub(crate) fn keep(&mut self, is_there: impl Fn(&IfName) -> bool) {
        self.of.retain(|name, _| is_there(name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_that_lasts_is_told_once_and_so_is_its_end() {
        let (start, green) = (Instant::now(), "green0".parse().unwrap());
        let mut losses = Losses::default();
        let mut saw = |millis, has| {
            let turn = losses.saw(&green, has, start + Duration::from_millis(millis));
            (turn, losses.due().map(|due| (due - start).as_millis()))
        };
        assert_eq!(saw(0, false), (None, None), "it never had one");
        assert_eq!(saw(10, true), (None, None));
        assert_eq!(saw(1000, false), (None, Some(4000)));
        assert_eq!(saw(2000, true), (None, None), "it was a moment");
        assert_eq!(saw(5000, false), (None, Some(8000)));
        assert_eq!(saw(7999, false), (None, Some(8000)));
        assert_eq!(saw(8000, false), (Some(Turn::Lost), None));
        assert_eq!(saw(9000, false), (None, None));
        assert_eq!(saw(9500, true), (Some(Turn::Back), None));
    }

    #[test]
    fn an_interface_that_is_detached_has_lost_nothing() {
        let (start, green) = (Instant::now(), "green0".parse().unwrap());
        let mut losses = Losses::default();
        losses.saw(&green, true, start);
        losses.saw(&green, false, start);
        losses.keep(|_| false);
        assert_eq!(losses.due(), None);
    }
}
