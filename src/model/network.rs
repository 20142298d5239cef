use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

/// Whom a limit counts: an IPv4 address, or the /64 that one IPv6 subscriber has to himself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Network {
    /// One address.
    V4(u32),
    /// The first 64 bits of an address.
    V6(u64),
    /// Whoever has no readable address; all of them count as one.
    Unknown,
}

impl Network {
    /// The network of an address as `CF-Connecting-IP` has it.
    pub fn of(address: &str) -> Self {
        match address.trim().parse() {
            Ok(IpAddr::V4(address)) => Self::V4(address.to_bits()),
            Ok(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
                Some(mapped) => Self::V4(mapped.to_bits()),
                None => Self::V6((address.to_bits() >> 64) as u64),
            },
            Err(_) => Self::Unknown,
        }
    }

    /// Which of `count` shards counts it, from 0; neighbours come to different ones.
    pub fn shard(self, count: u32) -> u32 {
        let bits = match self {
            Self::V4(address) => u64::from(address),
            Self::V6(prefix) => prefix,
            Self::Unknown => 0,
        };
        // Fibonacci hashing: the upper half of the product depends on every bit.
        let mixed = bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        (mixed % u64::from(count.max(1))) as u32
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::V4(address) => Ipv4Addr::from_bits(address).fmt(f),
            Self::V6(prefix) => write!(f, "{}/64", Ipv6Addr::from_bits(u128::from(prefix) << 64)),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_subscriber_is_his_64_and_an_ipv4_one_his_address() {
        for (address, network) in [
            ("203.0.113.9", "203.0.113.9"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::", "2001:db8:1:2::/64"),
            ("", "unknown"),
            ("nonsense", "unknown"),
        ] {
            assert_eq!(Network::of(address).to_string(), network, "{address}");
        }
    }

    #[test]
    fn neighbours_spread_over_all_shards() {
        let subnets = (0..256u64).map(|n| Network::V6(0x2001_0db8_0000_0000 | n << 8));
        let addresses = (0..256).map(|n| Network::V4(0xcb00_7100 + n));
        for networks in [subnets.collect::<Vec<_>>(), addresses.collect()] {
            let mut counts = [0; 16];
            for network in networks {
                counts[network.shard(16) as usize] += 1;
            }
            assert!(counts.iter().all(|count| (4..=40).contains(count)), "{counts:?}");
        }
        assert_eq!(Network::Unknown.shard(0), 0);
    }
}
