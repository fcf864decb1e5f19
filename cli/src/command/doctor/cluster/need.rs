//! What of the chart is in use, and for what of it a right or a policy is needed.
//!
//! Left to others: the rights and policies.

use super::programs::Programs;
use crate::cluster::{Any, AnyKind, Cluster, Which};

const CLASSES: AnyKind = AnyKind::new("deviceclasses.resource.k8s.io", "v1", "DeviceClass");

/// For whom something is needed.
#[derive(Clone, Copy)]
pub(super) enum Need {
    /// For every installation.
    Always,
    /// For this one `attach.mode`.
    Mode(&'static str),
    /// For resource claims.
    Claims,
}

/// What is in use.
pub(super) struct Use {
    /// The chart's `attach.mode`.
    mode: String,
    /// Whether agents offer devices to claims, in a cluster that has claims.
    claims: bool,
}

impl Use {
    /// What the agents' `DaemonSet` says; `None` where there is none to say it.
    ///
    /// # Errors
    /// When there is no answer.
    pub(super) fn of(programs: &Programs, cluster: &mut Cluster) -> anyhow::Result<Option<Self>> {
        let Some(mode) = programs.attach_mode() else {
            return Ok(None);
        };
        let served = |cluster: &mut Cluster| {
            let classes = cluster.any(CLASSES, Which::default());
            classes.map(|it| !matches!(it, Any::NoSuchKind))
        };
        Ok(Some(Self {
            mode: mode.to_owned(),
            claims: programs.offer_to_claims() && served(cluster)?,
        }))
    }

    pub(super) fn needs(&self, need: Need) -> bool {
        match need {
            Need::Always => true,
            Need::Mode(mode) => self.mode == mode,
            Need::Claims => self.claims,
        }
    }
}
