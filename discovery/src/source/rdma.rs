//! RDMA devices, from `class/infiniband`.
//!
//! Left to others: reading the files (`colvin_kernel::sysfs::infiniband`), which uplink has which.

use std::sync::Arc;

use colvin_kernel::sysfs::{SysfsRoot, infiniband};
use colvin_model::Observation;

use super::{Looked, Round, Source, SourceError};
use crate::Scope;

/// Looks at RDMA devices, always at all of them: they are few.
#[derive(Debug)]
pub struct RdmaSource {
    sysfs: Arc<SysfsRoot>,
}

impl RdmaSource {
    /// The RDMA devices of this root.
    pub fn new(sysfs: Arc<SysfsRoot>) -> Self {
        Self { sysfs }
    }
}

impl Source for RdmaSource {
    fn name(&self) -> &'static str {
        "rdma"
    }

    fn look(&mut self, round: Round<'_>) -> Result<Looked, SourceError> {
        if matches!(round.scope, Scope::Dirty(dirty) if !dirty.rdma) {
            return Ok(Looked::nothing());
        }
        let mut findings = Vec::new();
        let devices = infiniband::scan(&self.sysfs, &mut findings)
            .map_err(|source| SourceError::new("the RDMA devices", source))?;
        Ok(Looked::whole(vec![Observation::Rdma(devices)], findings))
    }
}
