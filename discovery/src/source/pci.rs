//! PCI functions, from sysfs.
//!
//! A VF that came or went changes its PF's numbers, so the PF is read again with it; every other
//! function is read alone. Left to others: reading the files (`colvin_kernel::sysfs::pci`), how the
//! slot is wired ([`super::SlotSource`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use colvin_kernel::sysfs::{SysfsRoot, pci};
use colvin_model::observation::{Look, PciFunction, Role};
use colvin_model::{Finding, Observation, PciAddress, Subject};

use super::{About, Looked, Round, Source, SourceError};
use crate::Scope;

/// Looks at PCI functions.
#[derive(Debug)]
pub struct PciSource {
    sysfs: Arc<SysfsRoot>,
}

impl PciSource {
    /// The functions of this root.
    pub fn new(sysfs: Arc<SysfsRoot>) -> Self {
        Self { sysfs }
    }

    fn look_at(
        &self,
        dirty: &BTreeSet<PciAddress>,
        known: &BTreeMap<PciAddress, PciFunction>,
    ) -> Looked {
        let mut findings = Vec::new();
        let mut seen = BTreeMap::new();
        for address in dirty {
            seen.insert(
                *address,
                pci::read_one(&self.sysfs, *address, &mut findings),
            );
        }
        for pf in disturbed(&seen, known) {
            seen.insert(pf, pci::read_one(&self.sysfs, pf, &mut findings));
        }
        let about = seen
            .keys()
            .map(|address| Subject::Function(*address))
            .collect();
        Looked {
            observations: vec![Observation::Functions(Look::Part(seen))],
            findings,
            about: About::Only(about),
        }
    }
}

impl Source for PciSource {
    fn name(&self) -> &'static str {
        "pci"
    }

    fn look(&mut self, round: Round<'_>) -> Result<Looked, SourceError> {
        match round.scope {
            Scope::All => {
                let mut findings: Vec<Finding> = Vec::new();
                let functions = pci::scan(&self.sysfs, &mut findings)
                    .map_err(|source| SourceError::new("the PCI functions", source))?;
                let functions = Observation::Functions(Look::Whole(functions));
                Ok(Looked::whole(vec![functions], findings))
            }
            Scope::Dirty(dirty) if dirty.functions.is_empty() => Ok(Looked::nothing()),
            Scope::Dirty(dirty) => Ok(self.look_at(&dirty.functions, &round.known.functions)),
        }
    }
}

/// The PFs whose VFs came or went, unless they were read anyway.
fn disturbed(
    seen: &BTreeMap<PciAddress, Option<PciFunction>>,
    known: &BTreeMap<PciAddress, PciFunction>,
) -> BTreeSet<PciAddress> {
    let pf_of = |function: Option<&PciFunction>| match function?.role {
        Role::Virtual { pf } => Some(pf),
        Role::Physical { .. } => None,
    };
    let owners = seen.iter().filter_map(|(address, now)| {
        let (before, after) = (pf_of(known.get(address)), pf_of(now.as_ref()));
        (before != after).then_some([before, after])
    });
    owners
        .flatten()
        .flatten()
        .filter(|pf| !seen.contains_key(pf))
        .collect()
}
