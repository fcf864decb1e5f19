//! The cases, and how each is measured: ours and the peer's in turn, ADD and DEL.
//!
//! Left to others: the place, the sums, many leases (`leases.rs`), many pods (`together.rs`), a pod that asks for nothing (`chained.rs`).

use crate::{
    call::Call,
    figures::{self, Cost, ms},
    leases,
    stage::Stage,
    tell,
};
use anyhow::Result;
use serde_json::{Value, json};
use std::{thread, time::Duration};

/// Between two calls, at least: the kernel has done then what the one before left to it (RCU callbacks, for which the next
/// move of a link would wait).
const APART: Duration = Duration::from_millis(50);

/// How much longer at most: three ticks of a kernel of 250 Hz. A move ends with a tick, so after the same pause every call
/// would begin at the same moment between two, which is luck that others do not have.
const SPREAD: u64 = 12_000;

/// A prime number of microseconds: so the pauses are spread evenly.
const STEP: u64 = 7_919;

/// Waits between two calls, not as long as the time before.
#[derive(Default)]
struct Pause(u64);

impl Pause {
    fn wait(&mut self) {
        self.0 = (self.0 + STEP) % SPREAD;
        thread::sleep(APART + Duration::from_micros(self.0));
    }
}

/// Whose call it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Ours,
    Peer,
}

/// The same attachment by ours and by a peer.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Our word for the kind.
    pub(crate) kind: &'static str,
    /// The peer's program.
    pub(crate) peer: &'static str,
    pub(crate) ipam: Option<fn(Side) -> Value>,
    /// The most rounds: for a peer that takes long, and where the two are so far apart that more tell nothing.
    most: usize,
}

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "host_device",
        kind: "HostDevice",
        peer: "host-device",
        ipam: None,
        most: usize::MAX,
    },
    Case {
        name: "host_device_ip",
        kind: "HostDevice",
        peer: "host-device",
        ipam: Some(host_local),
        most: usize::MAX,
    },
    MACVLAN,
    MACVLAN_IP,
    Case {
        name: "macvlan_v6_gateway",
        kind: "Macvlan",
        peer: "macvlan",
        ipam: Some(six),
        most: 5,
    },
];

pub(crate) const MACVLAN: Case = Case {
    name: "macvlan",
    kind: "Macvlan",
    peer: "macvlan",
    ipam: None,
    most: 100,
};

pub(crate) const MACVLAN_IP: Case = Case {
    name: "macvlan_ip",
    kind: "Macvlan",
    peer: "macvlan",
    ipam: Some(host_local),
    most: 100,
};

impl Side {
    pub(crate) const BOTH: [Self; 2] = [Self::Ours, Self::Peer];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Peer => "peer",
        }
    }

    /// Both, the other first every second time.
    pub(crate) fn in_turn(round: usize) -> [Self; 2] {
        if round.is_multiple_of(2) {
            Self::BOTH
        } else {
            [Self::Peer, Self::Ours]
        }
    }
}

fn host_local(side: Side) -> Value {
    leases::leased(&format!("/var/lib/bench/{}", side.name()))
}

fn six(_side: Side) -> Value {
    json!({
        "type": "static",
        "addresses": [{"address": "fd00:99::5/64", "gateway": "fd00:99::1"}],
        "routes": [{"dst": "::/0"}],
    })
}

/// The costs of both sides' calls of one verb.
#[derive(Default)]
pub(crate) struct Costs {
    ours: Vec<Cost>,
    peer: Vec<Cost>,
}

impl Costs {
    pub(crate) fn of(&mut self, side: Side) -> &mut Vec<Cost> {
        match side {
            Side::Ours => &mut self.ours,
            Side::Peer => &mut self.peer,
        }
    }

    pub(crate) fn tell(&self, name: &str) -> Result<()> {
        figures::tell_all(&format!("{name}.ours"), &self.ours)?;
        figures::tell_all(&format!("{name}.peer"), &self.peer)
    }
}

/// ADD and DEL of a case, so often.
///
/// # Errors
/// When a call fails.
pub(crate) fn run(stage: &Stage, case: &Case, rounds: usize) -> Result<()> {
    let (mut add, mut del) = (Costs::default(), Costs::default());
    let mut kernel = Vec::new();
    let mut pause = Pause::default();
    stage.guard.during(|| -> Result<()> {
        for round in 0..rounds.min(case.most) {
            if case.kind == "HostDevice" {
                pause.wait();
                kernel.push(ms(stage.kernel_part(round)?));
            }
            for side in Side::in_turn(round) {
                let mut call = |verb| {
                    pause.wait();
                    stage.call(case, side, verb, round).cost(&stage.guard)
                };
                add.of(side).push(call("ADD")?);
                del.of(side).push(call("DEL")?);
            }
        }
        Ok(())
    })?;
    if !kernel.is_empty() {
        let name = format!("{}.add.kernel.p50_ms", case.name);
        tell(&name, figures::percentile(&kernel, 50)?)?;
    }
    add.tell(&format!("{}.add", case.name))?;
    del.tell(&format!("{}.del", case.name))
}

/// VERSION.
///
/// # Errors
/// When a call fails.
pub(crate) fn versions(stage: &Stage, rounds: usize) -> Result<()> {
    let mut costs = Costs::default();
    let asked = json!({"cniVersion": "1.1.0"}).to_string();
    stage.guard.during(|| -> Result<()> {
        for round in 0..rounds {
            for side in Side::in_turn(round) {
                let program = stage.program(side, "macvlan");
                let call = Call::new(&program, "VERSION", stage.path(), asked.clone());
                costs.of(side).push(call.cost(&stage.guard)?);
            }
        }
        Ok(())
    })?;
    costs.tell("version.version")
}
