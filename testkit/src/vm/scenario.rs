//! Ready situations: a guest with its switches.
//!
//! Left to others: what is tested in them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Result, bail};

use super::bench::{Bench, default_cache};
use super::guest::{Vm, VmConfig};
use crate::netns::Netns;
use crate::switch::{Port, Switch, SwitchConfig};

/// A guest with two PFs and two leaf switches.
#[derive(Debug)]
pub struct Scenario {
    /// The guest: `pf0` is plugged into `leaf1`, `pf1` into `leaf2`.
    pub vm: Vm,
    /// Port `Ethernet1/7`, "green bay 7", VLAN 110 named `green`, is the far end of `pf0`.
    pub leaf1: Switch,
    /// Port `Ethernet1/3`, "blue bay 3", VLAN 120 named `blue`, is the far end of `pf1`.
    pub leaf2: Switch,
    /// Where the cables `tap0` and `tap1` are.
    pub netns: Netns,
}

fn green() -> Port {
    Port::new("tap0", "Ethernet1/7", "green bay 7").vlan(110, "green")
}

/// The one scenario of this process, or why there is none: a boot that failed is not tried again.
static SHARED: Mutex<Option<Result<Scenario, String>>> = Mutex::new(None);

impl Scenario {
    /// The guest on its two leaves; the bench is made ready where it is not.
    ///
    /// # Errors
    /// As [`Bench::prepare`], [`Switch::start`] and [`Vm::boot`].
    pub fn two_leaves() -> Result<Self> {
        Self::with(&VmConfig::new("bench1", &["tap0", "tap1"]))
    }

    /// The same with a guest of one's own, whose taps are `tap0` and `tap1`.
    ///
    /// # Errors
    /// As [`Scenario::two_leaves`].
    pub fn with(config: &VmConfig) -> Result<Self> {
        let bench = Bench::prepare(&default_cache())?;
        let netns = Netns::new()?;
        let vm = Vm::boot(&bench, &netns, config)?;
        let start = |config: &SwitchConfig| Switch::start(&bench, &netns, config);
        let leaf1 = start(&SwitchConfig::leaf(1).port(green()))?;
        let blue = Port::new("tap1", "Ethernet1/3", "blue bay 3").vlan(120, "blue");
        let leaf2 = start(&SwitchConfig::leaf(2).port(blue))?;
        Ok(Self {
            vm,
            leaf1,
            leaf2,
            netns,
        })
    }

    /// The scenario that all tests of one test binary share, one after the other, started by the
    /// first. Each begins with [`Scenario::reset`].
    ///
    /// # Errors
    /// As [`Scenario::two_leaves`].
    pub fn shared() -> Result<SharedScenario> {
        let mut guard = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        match guard.get_or_insert_with(|| Self::two_leaves().map_err(|error| format!("{error:#}")))
        {
            Ok(scenario) => scenario.reset()?,
            Err(error) => bail!("{error}"),
        }
        Ok(SharedScenario(guard))
    }

    /// Puts guest and cables back as they were at the start, whatever a test left.
    ///
    /// # Errors
    /// When something stays as it is.
    pub fn reset(&mut self) -> Result<()> {
        if self.leaf1.port("tap0") != Some(&green()) {
            for leaf in [&mut self.leaf1, &mut self.leaf2] {
                if leaf.port("tap0").is_some() {
                    leaf.unplug("tap0")?;
                }
            }
            self.leaf1.plug(&green())?;
        }
        self.vm.set_link(0, true)?;
        self.vm.set_link(1, true)?;
        self.vm.reset()
    }

    /// Moves the cable of `pf0` from `leaf1` to `port` of `leaf2`: carrier off, other switch,
    /// carrier on. Gives the port it was in.
    ///
    /// # Errors
    /// When it is not in `leaf1`.
    pub fn move_pf0_to_leaf2(&mut self, id: &str, description: &str) -> Result<Port> {
        self.vm.set_link(0, false)?;
        let old = self.leaf1.unplug("tap0")?;
        self.leaf2
            .plug(&Port::new("tap0", id, description).vlan(120, "blue"))?;
        self.vm.set_link(0, true)?;
        Ok(old)
    }

    /// Moves the cable of `pf0` back to `port` of `leaf1`.
    ///
    /// # Errors
    /// When it is not in `leaf2`.
    pub fn move_pf0_back(&mut self, port: &Port) -> Result<()> {
        self.vm.set_link(0, false)?;
        self.leaf2.unplug("tap0")?;
        self.leaf1.plug(port)?;
        self.vm.set_link(0, true)
    }
}

/// The shared scenario while one test uses it.
#[derive(Debug)]
pub struct SharedScenario(MutexGuard<'static, Option<Result<Scenario, String>>>);

impl std::ops::Deref for SharedScenario {
    type Target = Scenario;

    #[expect(
        clippy::expect_used,
        reason = "Scenario::shared fills it before it gives the guard out"
    )]
    fn deref(&self) -> &Scenario {
        self.0
            .as_ref()
            .and_then(|scenario| scenario.as_ref().ok())
            .expect("a scenario")
    }
}

impl std::ops::DerefMut for SharedScenario {
    #[expect(
        clippy::expect_used,
        reason = "Scenario::shared fills it before it gives the guard out"
    )]
    fn deref_mut(&mut self) -> &mut Scenario {
        self.0
            .as_mut()
            .and_then(|scenario| scenario.as_mut().ok())
            .expect("a scenario")
    }
}
