//! What an API server drops without a word where a feature gate is off (DRA-26).
//!
//! Counters are none of them: they would be in a slice of their own, and a pool here is one slice of
//! devices, so they are refused before a write ([`crate::Limit`]). Attributes that are lists are none
//! either: they are refused by the server, with its words in [`crate::Trouble`].
//!
//! Left to others: seeing that something was dropped ([`crate::memory`]), what is done without it.

use std::fmt;

use k8s_openapi::api::resource::v1::Device;

/// A part of the API that a server may not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// Taints of devices.
    Taints,
    /// Capacity that several share: `allowMultipleAllocations` and `requestPolicy`.
    Capacity,
    /// Conditions that must hold before a pod is bound, and binding to the node.
    Binding,
    /// What a device takes or gives of the node's allocatable.
    NodeAllocatable,
}

impl Feature {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Taints,
        Self::Capacity,
        Self::Binding,
        Self::NodeAllocatable,
    ];

    /// The gate of the API server that has to be on.
    pub const fn gate(self) -> &'static str {
        match self {
            Self::Taints => "DRADeviceTaints",
            Self::Capacity => "DRAConsumableCapacity",
            Self::Binding => "DRADeviceBindingConditions",
            Self::NodeAllocatable => "DRANodeAllocatableResources",
        }
    }

    /// Whether the device says something of it.
    pub(crate) fn is_in(self, device: &Device) -> bool {
        match self {
            Self::Taints => has_any(device.taints.as_ref()),
            Self::Capacity => {
                let mut capacities = device.capacity.iter().flatten();
                device.allow_multiple_allocations.is_some()
                    || capacities.any(|(_, it)| it.request_policy.is_some())
            }
            Self::Binding => {
                device.binds_to_node.is_some()
                    || has_any(device.binding_conditions.as_ref())
                    || has_any(device.binding_failure_conditions.as_ref())
            }
            Self::NodeAllocatable => {
                let resources = device.node_allocatable_resources.as_ref();
                resources.is_some_and(|all| !all.is_empty())
            }
        }
    }

    /// Takes out all that the device says of it.
    pub(crate) fn drop_from(self, device: &mut Device) {
        match self {
            Self::Taints => device.taints = None,
            Self::Capacity => {
                device.allow_multiple_allocations = None;
                for capacity in device.capacity.iter_mut().flat_map(|all| all.values_mut()) {
                    capacity.request_policy = None;
                }
            }
            Self::Binding => {
                device.binds_to_node = None;
                device.binding_conditions = None;
                device.binding_failure_conditions = None;
            }
            Self::NodeAllocatable => device.node_allocatable_resources = None,
        }
    }
}

fn has_any<T>(list: Option<&Vec<T>>) -> bool {
    list.is_some_and(|list| !list.is_empty())
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.gate())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use k8s_openapi::api::resource::v1::{CapacityRequestPolicy, NodeAllocatableResource};

    use super::*;
    use crate::samples::{device, shared, tainted};

    /// DRA-26: what may vanish is known by name: taints, capacity, binding, the node's allocatable.
    #[test]
    fn each_feature_is_seen_in_a_device_and_taken_out_of_it_whole() {
        let mut policy = shared("a", "1G");
        policy.allow_multiple_allocations = None;
        for capacity in policy.capacity.iter_mut().flat_map(|all| all.values_mut()) {
            capacity.request_policy = Some(CapacityRequestPolicy::default());
        }
        let words = || Some(vec!["colvin.dev/SwitchPortReady".to_owned()]);
        let resources = BTreeMap::from([("cpu".to_owned(), NodeAllocatableResource::default())]);
        let users = [
            (Feature::Taints, tainted("a", &["colvin.dev/link-down"])),
            (Feature::Capacity, shared("a", "1G")),
            (Feature::Capacity, policy),
            (
                Feature::Binding,
                Device {
                    binds_to_node: Some(true),
                    ..device("a")
                },
            ),
            (
                Feature::Binding,
                Device {
                    binding_conditions: words(),
                    binding_failure_conditions: words(),
                    ..device("a")
                },
            ),
            (
                Feature::NodeAllocatable,
                Device {
                    node_allocatable_resources: Some(resources),
                    ..device("a")
                },
            ),
        ];
        for (feature, mut user) in users {
            let seen = Feature::ALL.into_iter().filter(|it| it.is_in(&user));
            assert_eq!(seen.collect::<Vec<_>>(), [feature]);
            feature.drop_from(&mut user);
            assert!(!feature.is_in(&user), "{feature}");
        }
    }

    #[test]
    fn an_empty_list_says_nothing() {
        let device = Device {
            taints: Some(Vec::new()),
            binding_conditions: Some(Vec::new()),
            ..device("a")
        };
        assert!(!Feature::ALL.into_iter().any(|it| it.is_in(&device)));
    }
}
