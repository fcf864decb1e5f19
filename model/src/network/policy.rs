//! How a network's devices are offered, and what follows when a link or a place is lost.
//!
//! Left to others: acting on it (`crate::offer`, the publishers).

use std::time::Duration;

use crate::offer::Placement;

/// By which API of the kubelet a network's devices are offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Advertise {
    /// An extended resource.
    #[default]
    DevicePlugin,
    /// Dynamic resource allocation.
    Dra,
}

/// What follows when a link or a place on the network is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// When an uplink has no carrier.
    pub link_down: Effect,
    /// When an uplink is on the network no more; never [`Effect::Report`].
    pub membership_lost: Effect,
    /// How long a link must be up again before it counts as up.
    pub hold_down: Duration,
    /// Which of several free devices is preferred.
    pub placement: Placement,
}

/// What a loss does to pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It is shown.
    Report,
    /// No new pods.
    NoSchedule,
    /// Running pods move away too, where the API has a way to say so.
    NoExecute,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            link_down: Effect::NoSchedule,
            membership_lost: Effect::NoSchedule,
            hold_down: Duration::from_secs(3),
            placement: Placement::default(),
        }
    }
}
