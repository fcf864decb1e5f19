//! What is next to be done so that the slices are as wanted (DRA-22, DRA-23, DRA-24).
//!
//! Pure. A pool is one slice. While it is, any change is one write that keeps the generation: no reader
//! ever sees half of it. Where there are several slices of a pool, or one that is on its way out, the best
//! stays, the others go, and the pool gets a generation that none of them has: whoever still sees the
//! others passes them over. Left to others: doing it ([`crate::Keeper`]), what the server says to it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use k8s_openapi::api::resource::v1::ResourceSlice;

use crate::checked::{Checked, Content};
use crate::memory::Memory;
use crate::name::PoolName;
use crate::scope::Scope;
use crate::slice::Slice;

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Takes a slice away. Nothing where it was changed since; that it is gone is well.
    Delete {
        /// Its pool.
        pool: PoolName,
        /// Its name.
        name: String,
        /// Its uid.
        uid: String,
        /// The version that was seen.
        version: u64,
    },
    /// Writes a slice that is there. Nothing where it was changed since.
    Update {
        /// Its pool.
        pool: PoolName,
        /// All of it, with the version that was seen.
        slice: Box<ResourceSlice>,
    },
    /// Makes a slice.
    Create {
        /// Its pool.
        pool: PoolName,
        /// All of it; the server gives the name.
        slice: Box<ResourceSlice>,
    },
}

impl Step {
    /// The pool it is about.
    pub const fn pool(&self) -> &PoolName {
        match self {
            Self::Delete { pool, .. } | Self::Update { pool, .. } | Self::Create { pool, .. } => {
                pool
            }
        }
    }
}

/// What is to be done, in this order: what is obsolete is deleted, then slices are changed, then made.
///
/// A pool that breaks a limit is left as it is. No steps: all is as wanted, as far as the server keeps it.
pub fn plan<'a>(
    scope: &Scope,
    wanted: &Checked,
    actual: impl IntoIterator<Item = &'a Slice>,
    memory: &Memory,
) -> Vec<Step> {
    let mut pools: BTreeMap<&PoolName, Vec<&Slice>> = BTreeMap::new();
    for slice in actual {
        pools.entry(&slice.pool).or_default().push(slice);
    }
    let mut steps = Steps::default();
    for (pool, slices) in &pools {
        if !wanted.wants(pool) {
            let alive = slices.iter().filter(|slice| !slice.terminating);
            steps.deletes.extend(alive.map(|slice| delete(slice)));
        }
    }
    for (pool, content) in wanted.contents() {
        let slices = pools.get(pool).map_or(&[][..], Vec::as_slice);
        let next = Next {
            scope,
            pool,
            content,
            memory,
        };
        next.plan(slices, &mut steps);
    }
    let Steps {
        deletes,
        updates,
        creates,
    } = steps;
    deletes.into_iter().chain(updates).chain(creates).collect()
}

#[derive(Default)]
struct Steps {
    deletes: Vec<Step>,
    updates: Vec<Step>,
    creates: Vec<Step>,
}

/// What a pool is held against.
struct Next<'a> {
    scope: &'a Scope,
    pool: &'a PoolName,
    content: &'a Content,
    memory: &'a Memory,
}

impl Next<'_> {
    fn plan(&self, slices: &[&Slice], steps: &mut Steps) {
        let mut alive: Vec<&Slice> = slices
            .iter()
            .filter(|it| !it.terminating)
            .copied()
            .collect();
        alive.sort_by_key(|it| (Reverse(it.generation), it.index(), it.name.as_str()));
        let Some((best, rest)) = alive.split_first() else {
            steps.creates.push(self.create(slices));
            return;
        };
        steps.deletes.extend(rest.iter().map(|slice| delete(slice)));
        if self.is_alone(best, slices) {
            if !self.memory.fits(self.pool, &self.content.form, &best.form) {
                steps.updates.push(self.update(best, best.generation));
            }
        } else {
            steps
                .updates
                .push(self.update(best, self.new_generation(slices)));
        }
    }

    /// Whether the pool is this slice, for whoever reads the newest generation.
    fn is_alone(&self, best: &Slice, slices: &[&Slice]) -> bool {
        let mut others = slices.iter().filter(|slice| slice.uid != best.uid);
        let is_older = |other: &&Slice| other.terminating && other.generation < best.generation;
        !self.memory.is_torn(self.pool) && others.all(is_older)
    }

    /// One that no slice of the pool has, or had as far as is known.
    fn new_generation(&self, slices: &[&Slice]) -> i64 {
        let highest = slices.iter().map(|slice| slice.generation).max();
        let known = self.memory.generation(self.pool);
        highest.unwrap_or(known).max(known).saturating_add(1)
    }

    fn create(&self, slices: &[&Slice]) -> Step {
        let (scope, pool) = (self.scope, self.pool);
        // the taints were there though the slice is not
        let devices = self.memory.times(pool).fill(self.content.devices.clone());
        let generation = self.new_generation(slices);
        Step::Create {
            pool: pool.clone(),
            slice: Box::new(scope.slice(scope.metadata(), pool, generation, devices)),
        }
    }

    fn update(&self, slice: &Slice, generation: i64) -> Step {
        let (scope, pool) = (self.scope, self.pool);
        let devices = slice.times.fill(self.content.devices.clone());
        let metadata = scope.adopted(slice.metadata.clone());
        Step::Update {
            pool: pool.clone(),
            slice: Box::new(scope.slice(metadata, pool, generation, devices)),
        }
    }
}

fn delete(slice: &Slice) -> Step {
    Step::Delete {
        pool: slice.pool.clone(),
        name: slice.name.clone(),
        uid: slice.uid.clone(),
        version: slice.version,
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
