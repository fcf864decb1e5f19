//! How each network card's slot is wired: read once per card, and only where someone asked.
//!
//! Reading it touches config space and wakes a sleeping device, so it is no part of every look; a
//! card does not change its slot while it is there. Left to others: what is narrow (`colvin-model`).

use std::collections::BTreeMap;
use std::sync::Arc;

use colvin_kernel::sysfs::{SysfsRoot, slot};
use colvin_model::observation::{Look, Observations, PciFunction, Role, SlotLink};
use colvin_model::{Finding, FindingReason, Observation, PciAddress};

use super::{Looked, Round, Source, SourceError};

/// Looks at slots.
#[derive(Debug)]
pub struct SlotSource {
    sysfs: Arc<SysfsRoot>,
    slots: BTreeMap<PciAddress, Result<Option<SlotLink>, Finding>>,
}

impl SlotSource {
    /// The slots of this root.
    pub fn new(sysfs: Arc<SysfsRoot>) -> Self {
        Self {
            sysfs,
            slots: BTreeMap::new(),
        }
    }

    fn is_card(function: &PciFunction) -> bool {
        function.class.is_network() && matches!(function.role, Role::Physical { .. })
    }

    fn read(&mut self, known: &Observations) {
        self.slots
            .retain(|address, _| known.functions.contains_key(address));
        for function in known
            .functions
            .values()
            .filter(|function| Self::is_card(function))
        {
            let at = function.address;
            self.slots.entry(at).or_insert_with(|| {
                slot::read(&self.sysfs, at).map_err(|error| {
                    let message = format!("how its slot is wired could not be read: {error}");
                    Finding::of_function(at, FindingReason::UnreadableFile, message)
                })
            });
        }
    }
}

impl Source for SlotSource {
    fn name(&self) -> &'static str {
        "slot"
    }

    fn look(&mut self, round: Round<'_>) -> Result<Looked, SourceError> {
        self.read(round.known);
        let mut wired = BTreeMap::new();
        let mut findings = Vec::new();
        for (address, slot) in &self.slots {
            match slot {
                Ok(slot) => {
                    let function = round.known.functions.get(address);
                    let other = function.filter(|function| function.slot != *slot);
                    if let Some(function) = other {
                        wired.insert(
                            *address,
                            Some(PciFunction {
                                slot: *slot,
                                ..function.clone()
                            }),
                        );
                    }
                }
                Err(finding) => findings.push(finding.clone()),
            }
        }
        let observations = if wired.is_empty() {
            Vec::new()
        } else {
            vec![Observation::Functions(Look::Part(wired))]
        };
        Ok(Looked::whole(observations, findings))
    }
}
