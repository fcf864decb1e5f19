//! Where a Network's addresses come from, as far as the controller asks. Left to others: which node
//! gets which of them ([`crate::blocks`]).

use colvin_crds::v1alpha1::NetworkSpec;
use colvin_crds::v1alpha1::network::attach::{Cidr, Ipam, IpamType};
use ipnet::{AddrParseError, IpNet};

/// The prefix length of a block where the Network does not say: 16 addresses.
const BLOCK_SIZE: u8 = 28;

/// Where a Network's addresses come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Source {
    /// Not out of ranges, or there are none.
    #[default]
    Elsewhere,
    /// The Network is not understood: nothing follows from it.
    Unknown,
    /// Out of ranges, of which nodes get blocks.
    Pool(Pool),
}

/// The ranges of a Network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pool {
    /// In the order in which they are used up.
    pub(crate) ranges: Vec<IpNet>,
    /// The prefix length of a block, of IPv4 up to 32 and of IPv6 above.
    pub(crate) block_size: u8,
    /// What is never given out.
    pub(crate) exclude: Vec<IpNet>,
}

impl Source {
    pub(super) fn of(spec: &NetworkSpec) -> Self {
        let ipam = spec.attach.as_ref().and_then(|attach| attach.ipam.as_ref());
        match ipam {
            Some(ipam) if ipam.kind == IpamType::Pool => {
                // the API server lets nothing else than subnets in
                Pool::of(ipam).map_or(Self::Unknown, Self::Pool)
            }
            _ => Self::Elsewhere,
        }
    }
}

impl Pool {
    fn of(ipam: &Ipam) -> Result<Self, AddrParseError> {
        let subnets = |all: &[Cidr]| all.iter().map(subnet).collect::<Result<_, _>>();
        Ok(Self {
            ranges: subnets(&ipam.ranges)?,
            block_size: ipam.block_size.unwrap_or(BLOCK_SIZE),
            exclude: subnets(&ipam.exclude)?,
        })
    }
}

/// The subnet, without bits after its prefix.
pub(super) fn subnet(cidr: &Cidr) -> Result<IpNet, AddrParseError> {
    cidr.0.parse::<IpNet>().map(|net| net.trunc())
}
