//! What shall be published: pools of devices, and how a port's devices are dealt into pools.
//!
//! Left to others: which devices there are, their order (the allocator takes the first that fits, in
//! the order of pool names and then of devices), whether the API takes them ([`crate::Checked`]).

use std::collections::BTreeMap;

use k8s_openapi::api::resource::v1::Device;

use crate::name::{Label, NodeName, PoolName};

/// The most devices of a pool, which is one slice: a taint on one of them halves the API's 128 (LIM-1).
pub const BLOCK: u32 = 64;

/// All pools that shall be there, and so no others of the driver on the node.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    pools: BTreeMap<PoolName, Pool>,
}

/// A pool: one slice with these devices in this order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pool {
    /// At most [`BLOCK`], each name once.
    pub devices: Vec<Device>,
}

impl Wanted {
    /// These pools; where there are none, the empty pool of the node, which says "alive, nothing here".
    pub fn new(node: &NodeName, pools: impl IntoIterator<Item = (PoolName, Pool)>) -> Self {
        let mut pools: BTreeMap<_, _> = pools.into_iter().collect();
        if pools.is_empty() {
            pools.insert(PoolName::of_node(node), Pool::default());
        }
        Self { pools }
    }

    /// The pools by name.
    pub const fn pools(&self) -> &BTreeMap<PoolName, Pool> {
        &self.pools
    }
}

/// Deals a port's devices into the pools `<node>/<port>-<block>`.
///
/// Each device comes with its place on the port, such as the number of a VF. The place says the block
/// for good: no device changes its pool because another came or went, or the program began anew. Within
/// a pool the devices stand as they are given. `port` is the port's address as a label
/// ([`Label::dashed`]); a node's name that is too long for a pool's is cut and told apart by a hash.
pub fn blocks(
    node: &NodeName,
    port: &Label,
    devices: impl IntoIterator<Item = (u32, Device)>,
) -> BTreeMap<PoolName, Pool> {
    let mut pools: BTreeMap<PoolName, Pool> = BTreeMap::new();
    for (place, device) in devices {
        let pool = PoolName::of_block(node, port, place / BLOCK);
        pools.entry(pool).or_default().devices.push(device);
    }
    pools
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{device, node};

    fn dealt(places: impl IntoIterator<Item = u32>) -> BTreeMap<String, Vec<String>> {
        let port = Label::dashed("0000:3b:00.0").unwrap();
        let devices = places
            .into_iter()
            .map(|place| (place, device(&format!("vf-{place}"))));
        let named = |pool: Pool| pool.devices.into_iter().map(|it| it.name).collect();
        let pools = blocks(&node(), &port, devices).into_iter();
        pools
            .map(|(name, pool)| (name.to_string(), named(pool)))
            .collect()
    }

    fn names(places: impl IntoIterator<Item = u32>) -> Vec<String> {
        places
            .into_iter()
            .map(|place| format!("vf-{place}"))
            .collect()
    }

    /// DRA-22: a pool is a block of at most 64 devices of a port.
    #[test]
    fn a_port_of_128_vfs_is_two_pools_of_64() {
        let expected = [
            ("n1/0000-3b-00-0-0".to_owned(), names(0..64)),
            ("n1/0000-3b-00-0-1".to_owned(), names(64..128)),
        ];
        assert_eq!(dealt(0..128), BTreeMap::from(expected));
        assert_eq!(dealt([]), BTreeMap::new());
    }

    /// DRA-22: membership is stable, so that what comes and goes touches its own block only.
    #[test]
    fn a_device_stays_in_its_block_whatever_else_comes_or_goes() {
        let without = dealt((0..128).filter(|place| *place != 3 && *place != 70));
        assert_eq!(without["n1/0000-3b-00-0-0"].len(), 63);
        assert_eq!(without["n1/0000-3b-00-0-1"].len(), 63);
        assert!(!without["n1/0000-3b-00-0-0"].contains(&"vf-64".to_owned()));
    }

    /// DRA-29: devices are published in the order in which whoever knows their cost gives them.
    #[test]
    fn the_order_given_is_kept() {
        let expected = [("n1/0000-3b-00-0-0".to_owned(), names([9, 1, 5]))];
        assert_eq!(dealt([9, 1, 5]), BTreeMap::from(expected));
    }

    /// DRA-28: no devices on the node are one empty pool of the node's name.
    #[test]
    fn nothing_to_publish_is_an_empty_pool_of_the_node() {
        let wanted = Wanted::new(&node(), []);
        let expected = [("n1".parse().unwrap(), Pool::default())];
        assert_eq!(wanted.pools(), &BTreeMap::from(expected));
    }
}
