//! The limits of the API, held to before a write (DRA-30): what breaks one would be refused, pool by pool.
//!
//! Left to others: names of drivers and pools, which have a door of their own ([`crate::PoolName`]); what
//! no limit says, such as the grammar of a version: the server judges that.

mod device;
mod text;

use std::collections::BTreeSet;

use crate::name::{InvalidName, Label, PoolName};
use crate::wanted::{BLOCK, Pool};

/// A pool that breaks a limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("pool {pool}, device {device:?}, {field}")]
pub struct Breach {
    /// The pool.
    pub pool: PoolName,
    /// The device's name as it was given.
    pub device: String,
    /// The field as the API has it, with the key where it is a map: `attributes[mtu]`.
    pub field: String,
    /// The limit.
    #[source]
    pub limit: Limit,
}

/// A limit of the API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Limit {
    /// LIM-1.
    #[error("one device more than the {BLOCK} of a pool")]
    Devices,
    /// A name stands for one device.
    #[error("another device has the name")]
    Twice,
    /// LIM-5.
    #[error(transparent)]
    Name(InvalidName),
    /// LIM-2: attributes and capacities.
    #[error(
        "{found} attributes and capacities, at most {} allowed",
        Limit::ENTRIES
    )]
    Entries {
        /// How many there are.
        found: usize,
    },
    /// LIM-2: values of attributes, those of lists one by one, and capacities.
    #[error("{found} values, at most {} allowed", Limit::VALUES)]
    Values {
        /// How many there are.
        found: usize,
    },
    /// LIM-3.
    #[error(
        "the name is none: a C identifier of at most 32 bytes, or one behind a DNS subdomain of at most 63 and `/`"
    )]
    Identifier,
    /// An attribute has a value.
    #[error("{found} kinds of value, exactly one allowed")]
    OneValue {
        /// How many there are.
        found: usize,
    },
    /// LIM-4.
    #[error("{found} bytes, at most {} allowed", Limit::TEXT)]
    Text {
        /// How many there are.
        found: usize,
    },
    /// LIM-6.
    #[error("{found} taints, at most {} allowed", Limit::TAINTS)]
    Taints {
        /// How many there are.
        found: usize,
    },
    /// Keys and values of taints are those of labels.
    #[error("not as a label has it")]
    LabelText,
    /// An effect that is none.
    #[error("neither None, NoSchedule nor NoExecute")]
    Effect,
    /// LIM-7: a pool of one slice with devices has no counters to consume (LIM-8).
    #[error("there are no counters in a pool of devices")]
    Counters,
    /// LIM-13.
    #[error("{found} conditions, at most {} allowed", Limit::CONDITIONS)]
    Conditions {
        /// How many there are.
        found: usize,
    },
    /// A quantity that is none.
    #[error("no quantity")]
    Quantity,
    /// LIM-14.
    #[error("{found} valid values, at most {} allowed", Limit::VALID_VALUES)]
    ValidValues {
        /// How many there are.
        found: usize,
    },
    /// A device is on the node of its slice.
    #[error("the slice says the node, so a device may not")]
    Node,
}

impl Limit {
    const ENTRIES: usize = 32;
    const VALUES: usize = 48;
    const TEXT: usize = 64;
    const TAINTS: usize = 16;
    const CONDITIONS: usize = 4;
    const VALID_VALUES: usize = 10;
}

/// A limit that a device breaks, and in which field.
type Broken = (String, Limit);

/// Holds a pool to the limits.
///
/// # Errors
/// The first that it breaks.
pub(crate) fn check(name: &PoolName, pool: &Pool) -> Result<(), Breach> {
    let mut seen = BTreeSet::new();
    for (device, number) in pool.devices.iter().zip(1_u32..) {
        let as_whole = match device.name.parse::<Label>() {
            Err(error) => Some(Limit::Name(error)),
            Ok(_) if !seen.insert(device.name.as_str()) => Some(Limit::Twice),
            Ok(_) if number > BLOCK => Some(Limit::Devices),
            Ok(_) => None,
        };
        let broken = match as_whole {
            Some(limit) => Err(("name".to_owned(), limit)),
            None => device::check(device),
        };
        broken.map_err(|(field, limit)| Breach {
            pool: name.clone(),
            device: device.name.chars().take(Limit::TEXT).collect(),
            field,
            limit,
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
