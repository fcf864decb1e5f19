//! The subnets of a pool that are free, one after the other.
//!
//! Pure. Whole taken or excluded subnets are passed at once, so that neither the size of a range nor
//! thousands of blocks cost time. Left to others: who gets them ([`super::wants`]).

use std::net::IpAddr;
use std::vec;

use ipnet::IpNet;

use super::Family;
use crate::facts::Pool;

/// How many bits an IPv6 address has more than an IPv4 address.
const MORE_BITS: u8 = 96;
/// The shortest prefix of a block of IPv4, where the Network's is one of IPv6.
const SHORTEST: u8 = 8;

/// The free subnets of one family, in the order in which ranges are used up. Each is given once.
pub(super) struct Free<'a, N> {
    exclude: &'a [IpNet],
    block_size: u8,
    ranges: vec::IntoIter<IpNet>,
    /// The range that is looked through, and the next of its subnets.
    at: Option<(IpNet, IpNet)>,
    /// Merged and in order, so that none overlaps another.
    taken: Vec<IpNet>,
    /// Given since those were merged: ranges may overlap.
    given: Vec<IpNet>,
    is_named: N,
}

impl<'a, N: Fn(&IpNet) -> bool> Free<'a, N> {
    /// `is_named` says whether there is an object of the name that a block would have.
    pub(super) fn of(pool: &'a Pool, family: Family, taken: &[IpNet], is_named: N) -> Self {
        let of_family = |all: &[IpNet]| -> Vec<IpNet> {
            let all = all.iter().filter(|each| Family::of(each) == family);
            all.copied().collect()
        };
        Self {
            exclude: &pool.exclude,
            block_size: pool.block_size,
            ranges: of_family(&pool.ranges).into_iter(),
            at: None,
            taken: of_family(taken),
            given: Vec::new(),
            is_named,
        }
    }

    /// The next range, and its first subnet.
    fn open(&mut self) -> Option<(IpNet, IpNet)> {
        let range = self.ranges.next()?;
        self.taken.append(&mut self.given);
        self.taken = IpNet::aggregate(&self.taken);
        self.taken.sort_unstable();
        let first = subnet(range.network(), prefix_in(&range, self.block_size))?;
        Some((range, first))
    }

    /// What stands in the way of giving this subnet; the next that is free is behind it.
    fn obstacle(&self, subnet: &IpNet) -> Option<IpNet> {
        let around = self.exclude.iter().find(|each| each.contains(subnet));
        let last = subnet.broadcast();
        let place = self.taken.partition_point(|each| each.network() <= last);
        // of those that begin before its end the last alone can reach into it
        let before = place.checked_sub(1).and_then(|place| self.taken.get(place));
        let taken = before.filter(|each| each.broadcast() >= subnet.network());
        match (around, taken) {
            (Some(around), _) => Some(*around),
            (None, Some(taken)) if taken.contains(subnet) => Some(*taken),
            (None, Some(_)) => Some(*subnet),
            (None, None) => (self.is_named)(subnet).then_some(*subnet),
        }
    }
}

impl<N: Fn(&IpNet) -> bool> Iterator for Free<'_, N> {
    type Item = IpNet;

    fn next(&mut self) -> Option<IpNet> {
        loop {
            let (range, next) = match self.at {
                Some(at) => at,
                None => self.open()?,
            };
            let obstacle = self.obstacle(&next);
            let behind = following(&obstacle.unwrap_or(next), next.prefix_len());
            let behind = behind.filter(|behind| range.contains(behind));
            self.at = behind.map(|behind| (range, behind));
            if obstacle.is_none() {
                self.given.push(next);
                return Some(next);
            }
        }
    }
}

/// The prefix length of a range's blocks. One number serves both families: up to 32 it is one of IPv4, and
/// a block of IPv6 has as many addresses. A block is at most the range.
fn prefix_in(range: &IpNet, block_size: u8) -> u8 {
    let longest = range.max_prefix_len();
    let wanted = match range {
        IpNet::V4(net) if block_size <= net.max_prefix_len() => block_size,
        IpNet::V4(_) => block_size.saturating_sub(MORE_BITS).max(SHORTEST),
        IpNet::V6(_) if block_size <= longest.saturating_sub(MORE_BITS) => {
            block_size.saturating_add(MORE_BITS)
        }
        IpNet::V6(_) => block_size,
    };
    wanted.clamp(range.prefix_len(), longest)
}

/// The subnet of this length that begins behind another; `None` behind the last address there is.
fn following(range: &IpNet, prefix: u8) -> Option<IpNet> {
    let first = match range.broadcast() {
        IpAddr::V4(last) => IpAddr::V4(u32::from(last).checked_add(1)?.into()),
        IpAddr::V6(last) => IpAddr::V6(u128::from(last).checked_add(1)?.into()),
    };
    subnet(first, prefix)
}

fn subnet(first: IpAddr, prefix: u8) -> Option<IpNet> {
    IpNet::new(first, prefix).ok()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn nets(all: &[&str]) -> Vec<IpNet> {
        all.iter().map(|each| each.parse().unwrap()).collect()
    }

    fn pool(ranges: &[&str], block_size: u8, exclude: &[&str]) -> Pool {
        Pool {
            ranges: nets(ranges),
            block_size,
            exclude: nets(exclude),
        }
    }

    fn free(pool: &Pool, family: Family, taken: &[&str]) -> Vec<String> {
        let free = Free::of(pool, family, &nets(taken), |_| false);
        free.take(8).map(|each| each.to_string()).collect()
    }

    #[test]
    fn subnets_come_in_the_order_of_the_ranges() {
        let pool = pool(
            &["10.0.1.0/27", "2001:db8::/64", "10.0.0.0/28"],
            28,
            &["10.0.9.0/24"],
        );
        let expected = ["10.0.1.0/28", "10.0.1.16/28", "10.0.0.0/28"];
        assert_eq!(free(&pool, Family::V4, &[]), expected);
        let of_six = free(&pool, Family::V6, &[]);
        assert_eq!(of_six[..2], ["2001:db8::/124", "2001:db8::10/124"]);
    }

    #[test]
    fn what_is_taken_or_excluded_is_passed_over() {
        let pool = pool(
            &["10.0.0.0/25"],
            28,
            &["10.0.0.0/30", "10.0.0.32/27", "10.0.0.64/28"],
        );
        // one that lies in another, one around a subnet, one that begins in the middle of one
        let taken = ["10.0.0.16/30", "10.0.0.96/27", "10.0.0.100/32"];
        let expected = ["10.0.0.0/28", "10.0.0.80/28"];
        assert_eq!(free(&pool, Family::V4, &taken), expected);
    }

    #[test]
    fn ranges_that_overlap_give_nothing_twice() {
        let pool = pool(&["10.0.0.16/28", "10.0.0.0/26", "10.0.0.32/27"], 28, &[]);
        let expected = [
            "10.0.0.16/28",
            "10.0.0.0/28",
            "10.0.0.32/28",
            "10.0.0.48/28",
        ];
        assert_eq!(free(&pool, Family::V4, &[]), expected);
    }

    #[test]
    fn a_subnet_whose_name_is_taken_is_passed_over() {
        let pool = pool(&["10.0.0.0/27"], 28, &[]);
        let named: IpNet = "10.0.0.0/28".parse().unwrap();
        let mut free = Free::of(&pool, Family::V4, &[], |range: &IpNet| *range == named);
        assert_eq!(free.next().unwrap().to_string(), "10.0.0.16/28");
        assert_eq!(free.next(), None);
    }

    #[test]
    fn one_size_serves_both_families_and_a_block_is_at_most_the_range() {
        let prefix = |range: &str, size| prefix_in(&range.parse().unwrap(), size);
        assert_eq!(prefix("10.0.0.0/8", 28), 28);
        assert_eq!(prefix("2001:db8::/48", 28), 124);
        assert_eq!(prefix("2001:db8::/48", 32), 128);
        assert_eq!(prefix("2001:db8::/48", 64), 64);
        assert_eq!(
            prefix("0.0.0.0/0", 64),
            8,
            "an eighth of the address is the least"
        );
        assert_eq!(prefix("10.0.0.0/8", 120), 24);
        assert_eq!(prefix("10.0.0.0/8", 128), 32);
        assert_eq!(prefix("10.0.0.0/30", 28), 30);
        assert_eq!(prefix("2001:db8::/126", 64), 126);
        assert_eq!(prefix("10.0.0.0/30", 0), 30);
        assert_eq!(
            prefix("10.0.0.0/8", 255),
            32,
            "more than the schema lets in"
        );
        assert_eq!(prefix("2001:db8::/48", 255), 128);
    }

    #[test]
    fn the_ends_of_the_address_spaces_are_ends() {
        let pool = pool(
            &[
                "255.255.255.240/28",
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0/124",
            ],
            28,
            &[],
        );
        assert_eq!(free(&pool, Family::V4, &[]), ["255.255.255.240/28"]);
        assert_eq!(free(&pool, Family::V6, &[]).len(), 1);
    }

    #[test]
    fn neither_large_ranges_nor_large_obstacles_nor_many_cost_time() {
        let begun = Instant::now();
        let pool = pool(&["2001:db8::/32"], 28, &["2001:db8::/34"]);
        let many = (0_u128..20_000).map(|number| {
            let first = u128::from("2001:db8:4000::".parse::<std::net::Ipv6Addr>().unwrap());
            // every other subnet, so that nothing merges
            subnet(IpAddr::V6((first + number * 32).into()), 124).unwrap()
        });
        let taken: Vec<IpNet> = many.collect();
        let free: Vec<_> = Free::of(&pool, Family::V6, &taken, |_| false)
            .take(30_000)
            .collect();
        assert_eq!(free[0].to_string(), "2001:db8:4000::10/124");
        assert_eq!(free.len(), 30_000);
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "{:?}",
            begun.elapsed()
        );
    }
}
