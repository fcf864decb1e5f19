//! What is wanted, held to the limits of the API: pools that can be written, and why others cannot.
//!
//! Left to others: the limits ([`crate::check`]).

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::resource::v1::Device;

use crate::check::{Breach, check};
use crate::form::Form;
use crate::name::PoolName;
use crate::wanted::{Pool, Wanted};

/// What is wanted, pool by pool.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checked {
    contents: BTreeMap<PoolName, Content>,
    breaches: BTreeMap<PoolName, Breach>,
}

/// A pool that can be written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Content {
    /// As they are written.
    pub(crate) devices: Vec<Device>,
    /// As they are compared.
    pub(crate) form: Form,
}

impl Checked {
    /// Looks at each pool.
    pub fn of(wanted: &Wanted) -> Self {
        let mut checked = Self::default();
        for (name, pool) in wanted.pools() {
            match check(name, pool) {
                Ok(()) => {
                    checked.contents.insert(name.clone(), Content::of(pool));
                }
                Err(breach) => {
                    checked.breaches.insert(name.clone(), breach);
                }
            }
        }
        checked
    }

    /// The pools that can be written.
    pub fn pools(&self) -> impl Iterator<Item = &PoolName> {
        self.contents.keys()
    }

    /// The pools that break a limit. What the server holds of them stands.
    pub const fn breaches(&self) -> &BTreeMap<PoolName, Breach> {
        &self.breaches
    }

    pub(crate) const fn contents(&self) -> &BTreeMap<PoolName, Content> {
        &self.contents
    }

    /// Whether a pool is wanted, be it that it cannot be written.
    pub(crate) fn wants(&self, pool: &PoolName) -> bool {
        self.contents.contains_key(pool) || self.breaches.contains_key(pool)
    }

    /// The pools of which the other wants something else.
    pub(crate) fn differences(&self, other: &Self) -> BTreeSet<PoolName> {
        let all = [self, other].into_iter();
        let all = all.flat_map(|it| it.contents.keys().chain(it.breaches.keys()));
        let differs = |pool: &&PoolName| {
            self.form(pool) != other.form(pool) || self.wants(pool) != other.wants(pool)
        };
        all.filter(differs).cloned().collect()
    }

    fn form(&self, pool: &PoolName) -> Option<&Form> {
        self.contents.get(pool).map(|content| &content.form)
    }
}

impl Content {
    fn of(pool: &Pool) -> Self {
        Self {
            devices: pool.devices.clone(),
            form: Form::wanted(&pool.devices),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{checked, device, pool, tainted};

    #[test]
    fn pools_that_are_others_come_or_go_are_the_differences() {
        let before = checked([
            ("n1/same", vec![device("a")]),
            ("n1/other", vec![device("b")]),
            ("n1/goes", vec![device("c")]),
            ("n1/broken", vec![device("d")]),
        ]);
        let after = checked([
            ("n1/same", vec![device("a")]),
            ("n1/other", vec![tainted("b", &["x"])]),
            ("n1/comes", vec![device("c")]),
            ("n1/broken", vec![device("d"), device("d")]),
        ]);
        let expected = ["n1/broken", "n1/comes", "n1/goes", "n1/other"].map(pool);
        assert_eq!(before.differences(&after), BTreeSet::from(expected));
        assert_eq!(before.differences(&before), BTreeSet::new());
    }
}
