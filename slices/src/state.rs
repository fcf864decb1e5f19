//! What whoever wants slices is told of them. Left to others: what is made of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::Breach;
use crate::feature::Feature;
use crate::name::PoolName;
use crate::server::Failure;

/// How the slices are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// How far they are known.
    pub sight: Sight,
    /// The pools that are as they are wanted, as far as the server keeps it.
    pub published: BTreeMap<PoolName, Published>,
    /// What the server drops of what is wanted: these gates are off.
    pub dropped: BTreeSet<Feature>,
    /// Why pools are not as they are wanted, where it is known; also of pools that shall go.
    pub troubles: BTreeMap<PoolName, Trouble>,
}

/// How far the slices at the server are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sight {
    /// The first list is on its way.
    #[default]
    Looking,
    /// They are known and followed.
    Seen,
    /// The server has no `resource.k8s.io/v1`; it is looked for again now and then.
    Absent,
    /// We may not watch them, in the server's words; tried again now and then.
    Forbidden(String),
    /// The watch fails. What was known of them stands.
    Failing(String),
}

/// A pool at the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The name of its slice.
    pub slice: String,
    /// Its generation.
    pub generation: i64,
    /// How many devices it has.
    pub devices: usize,
}

/// Why a pool is not as it is wanted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// It breaks a limit of the API; what the server held of it stands.
    #[error("not written")]
    Breach(#[source] Breach),
    /// The last request about it failed; it is tried again.
    #[error("not written yet")]
    Failed(#[source] Failure),
}
