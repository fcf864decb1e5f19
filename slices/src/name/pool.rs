//! How the pools of a node are named: `<node>` and `<node>/<port>-<block>` (DRA-22, DRA-28).
//!
//! Left to others: which devices are in which block ([`crate::blocks`]).

use super::{Label, NodeName, PoolName};

/// The most bytes that say the node, so that a name with the longest port and block behind it is within
/// [`PoolName::MAX_BYTES`].
const NODE_BYTES: usize = PoolName::MAX_BYTES - "/".len() - Label::MAX_BYTES - "-4294967295".len();

/// What a hash takes, with its dash.
const HASH_BYTES: usize = "-0123456789abcdef".len();

impl PoolName {
    /// The pool of a node that has no devices.
    pub(crate) fn of_node(node: &NodeName) -> Self {
        // a node's name, or its beginning with a hash, is a subdomain
        Self(short(node).into())
    }

    /// The pool of a block of devices of a port.
    pub(crate) fn of_block(node: &NodeName, port: &Label, block: u32) -> Self {
        // a label, a dash and digits are a label but for the length, which a subdomain does not bound
        Self(format!("{}/{port}-{block}", short(node)).into())
    }
}

/// The node's name, or its beginning and a hash of all of it.
fn short(node: &NodeName) -> String {
    let name = node.as_str();
    if name.len() <= NODE_BYTES {
        return name.to_owned();
    }
    let beginning: String = name.chars().take(NODE_BYTES - HASH_BYTES).collect();
    let beginning = beginning.trim_end_matches(['-', '.']);
    format!("{beginning}-{:016x}", hash(name.as_bytes()))
}

/// FNV-1a: it must say the same in every version of the program.
///
/// Source: <http://www.isthe.com/chongo/tech/comp/fnv/>.
fn hash(bytes: &[u8]) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A node's name as long as may be, made of this part again and again.
    fn long_node(part: &str) -> NodeName {
        let name: String = part.chars().cycle().take(252).collect();
        (name + "z").parse().unwrap()
    }

    /// DRA-22: a pool is the node, the port's address and the block.
    #[test]
    fn a_pool_says_node_port_and_block() {
        let (node, port) = (
            "n1".parse().unwrap(),
            Label::dashed("0000:3b:00.0").unwrap(),
        );
        assert_eq!(PoolName::of_node(&node).as_str(), "n1");
        let pool = PoolName::of_block(&node, &port, 0);
        assert_eq!(pool.as_str(), "n1/0000-3b-00-0-0");
    }

    /// LIM-5: a long node name is hashed, so that the pool's stays within 253 bytes and is no other node's.
    #[test]
    fn a_long_node_name_is_cut_and_told_apart_by_a_hash() {
        let port = "p".repeat(63).parse().unwrap();
        for part in ["n", "n.", "n-n."] {
            let node = long_node(part);
            let pool = PoolName::of_block(&node, &port, u32::MAX);
            assert_eq!(pool.as_str().parse(), Ok(pool.clone()));
            assert_eq!(
                PoolName::of_node(&node).to_string().parse(),
                Ok(PoolName::of_node(&node))
            );
            let other = node.as_str().trim_end_matches('z').to_owned() + "y";
            assert_ne!(
                PoolName::of_block(&other.parse().unwrap(), &port, u32::MAX),
                pool
            );
        }
    }

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(hash(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
