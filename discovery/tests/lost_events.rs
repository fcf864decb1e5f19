//! Events are hints: whatever is lost of them, the inventory ends where a fresh look would.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test")]

use std::path::PathBuf;
use std::time::Duration;

use colvin_discovery::watch::{Debounce, QUIET, of_uevent};
use colvin_discovery::{Dirty, Discovery};
use colvin_kernel::uevent::{Event, Uevent};
use colvin_model::PciAddress;
use colvin_testkit::machine::Machine;
use colvin_testkit::tree::{TreeSpec, generate};
use proptest::prelude::*;

/// VFs of the one PF in the tree.
const VFS: u16 = 6;

/// What happens to one VF.
#[derive(Clone, Copy, Debug)]
enum Step {
    Bind(u16, &'static str),
    Unbind(u16),
    Remove(u16),
    Add(u16),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let vf = 0..VFS;
    let step = prop_oneof![
        (vf.clone(), prop_oneof![Just("iavf"), Just("vfio-pci")])
            .prop_map(|(vf, driver)| Step::Bind(vf, driver)),
        vf.clone().prop_map(Step::Unbind),
        vf.clone().prop_map(Step::Remove),
        vf.prop_map(Step::Add),
    ];
    prop::collection::vec(step, 1..24)
}

/// A machine whose VFs change as told, each change with its event.
struct Changing {
    machine: Machine,
    pf: PciAddress,
    vfs: Vec<PciAddress>,
}

impl Changing {
    fn new() -> Self {
        let machine = Machine::empty().unwrap();
        let spec = TreeSpec {
            whole: false,
            ..TreeSpec::ice(1, VFS)
        };
        generate(machine.path(), spec).unwrap();
        let mut discovery = Discovery::at_root(machine.path()).unwrap();
        discovery.look_all(Duration::ZERO);
        let uplink = &discovery.inventory().uplinks[0];
        let vfs = uplink
            .virtual_functions
            .iter()
            .map(|vf| vf.address)
            .collect();
        Self {
            pf: uplink.address().unwrap(),
            vfs,
            machine,
        }
    }

    fn place(&self, vf: PciAddress) -> PathBuf {
        self.machine
            .path()
            .join(format!("sys/bus/pci/devices/{vf}"))
    }

    fn hidden(&self, vf: PciAddress) -> PathBuf {
        self.machine.path().join(format!("hidden-{vf}"))
    }

    fn set_driver(&self, vf: PciAddress, driver: Option<&str>) -> bool {
        let file = self.place(vf).join("uevent");
        let Ok(bytes) = std::fs::read(&file) else {
            return false;
        };
        let text = String::from_utf8(bytes).unwrap();
        let driver = driver.map(|driver| format!("DRIVER={driver}"));
        let rest = text
            .lines()
            .filter(|line| !line.starts_with("DRIVER="))
            .map(ToOwned::to_owned);
        let lines: Vec<String> = driver.into_iter().chain(rest).collect();
        std::fs::write(&file, lines.join("\n") + "\n").unwrap();
        true
    }

    fn set_count(&self) {
        let there = self
            .vfs
            .iter()
            .filter(|vf| self.place(**vf).symlink_metadata().is_ok())
            .count();
        let pf = self.place(self.pf).join("sriov_numvfs");
        std::fs::write(pf, format!("{there}\n")).unwrap();
    }

    /// Does it, and gives the kernel's event; `None` where there is nothing to do.
    fn step(&self, step: Step) -> Option<Event> {
        let (vf, action, done) = match step {
            Step::Bind(vf, driver) => (vf, "bind", self.set_driver(self.vf(vf), Some(driver))),
            Step::Unbind(vf) => (vf, "unbind", self.set_driver(self.vf(vf), None)),
            Step::Remove(vf) => {
                let done =
                    std::fs::rename(self.place(self.vf(vf)), self.hidden(self.vf(vf))).is_ok();
                (vf, "remove", done)
            }
            Step::Add(vf) => {
                let done =
                    std::fs::rename(self.hidden(self.vf(vf)), self.place(self.vf(vf))).is_ok();
                (vf, "add", done)
            }
        };
        self.set_count();
        let address = self.vf(vf);
        let message = format!(
            "{action}@/devices/pci0000:00/{address}\0SUBSYSTEM=pci\0PCI_SLOT_NAME={address}\0"
        );
        done.then(|| Event::Device(Uevent::parse(message.as_bytes()).unwrap()))
    }

    fn vf(&self, index: u16) -> PciAddress {
        self.vfs[usize::from(index)]
    }

    fn fresh(&self) -> Discovery {
        let mut discovery = Discovery::at_root(self.machine.path()).unwrap();
        discovery.look_all(Duration::ZERO);
        discovery
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn disc_05_looks_at_what_events_name_end_where_a_fresh_look_ends(steps in steps()) {
        let changing = Changing::new();
        let mut discovery = changing.fresh();
        let mut debounce = Debounce::default();
        let mut now = Duration::ZERO;
        for (number, step) in steps.into_iter().enumerate() {
            if let Some(event) = changing.step(step) {
                debounce.note(of_uevent(&event, discovery.observations()), now);
            }
            // every third time the burst is over before the next event
            now += if number % 3 == 0 { QUIET } else { Duration::from_millis(1) };
            if let Some(dirty) = debounce.take(now) {
                prop_assert!(!dirty.everything);
                discovery.look(&dirty, now);
            }
        }
        if let Some(dirty) = debounce.take(now + QUIET) {
            discovery.look(&dirty, now);
        }
        let fresh = changing.fresh();
        prop_assert_eq!(discovery.inventory(), fresh.inventory());
    }

    #[test]
    fn disc_27_with_every_other_event_lost_the_inventory_is_the_same(steps in steps()) {
        let changing = Changing::new();
        let mut discovery = changing.fresh();
        let mut dirty = Dirty::default();
        let mut lost = false;
        for (number, step) in steps.into_iter().enumerate() {
            match changing.step(step) {
                Some(event) if number % 2 == 0 => dirty.merge(of_uevent(&event, discovery.observations())),
                Some(_) => lost = true,
                None => {}
            }
            if number % 5 == 4 {
                discovery.look(&std::mem::take(&mut dirty), Duration::ZERO);
            }
        }
        // the kernel says so when the socket was full
        if lost {
            dirty.merge(of_uevent(&Event::Overrun, discovery.observations()));
        }
        discovery.look(&dirty, Duration::ZERO);
        let fresh = changing.fresh();
        prop_assert_eq!(discovery.inventory(), fresh.inventory());
    }
}
