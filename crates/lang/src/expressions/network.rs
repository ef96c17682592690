//! Arithmetic of network addresses, for `cidrSubnet` and `cidrHost`. Imports nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network: an address with nothing behind its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network {
    bits: u128,
    prefix: u32,
    width: u32,
}

impl Network {
    /// Reads `10.0.0.0/16` or `fd00::/8`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let bad = || format!("{text:?} is not a network: write an address and a prefix, such as 10.0.0.0/16");
        let (address, prefix) = text.split_once('/').ok_or_else(bad)?;
        let prefix: u32 = prefix.parse().map_err(|_| bad())?;
        let (bits, width) = match address.parse::<IpAddr>().map_err(|_| bad())? {
            IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
            IpAddr::V6(address) => (u128::from(address), 128),
        };
        if prefix > width {
            return Err(format!("the prefix of {text:?} is longer than {width}"));
        }
        let network = Self { bits, prefix, width };
        if network.host_mask() & bits != 0 {
            let meant = Self { bits: bits & !network.host_mask(), ..network };
            return Err(format!("{text:?} has bits behind its prefix; {} is the network", meant.show()));
        }
        Ok(network)
    }

    /// The part with this place among parts whose prefix is longer by `new_bits`.
    pub(crate) fn subnet(self, new_bits: i64, index: i64) -> Result<Self, String> {
        let new_bits = u32::try_from(new_bits).map_err(|_| "the number of new bits is negative".to_owned())?;
        let prefix = self.prefix.saturating_add(new_bits);
        if prefix > self.width {
            return Err(format!("{} cannot be cut finer by {new_bits} bits", self.show()));
        }
        let index = u128::try_from(index).map_err(|_| "the place is negative".to_owned())?;
        if new_bits < 128 && index >> new_bits != 0 {
            return Err(format!(
                "there are {} parts; the last has place {}",
                1_u128 << new_bits,
                (1_u128 << new_bits) - 1
            ));
        }
        let shifted = index.checked_shl(self.width - prefix).unwrap_or(0);
        Ok(Self { bits: self.bits | shifted, prefix, width: self.width })
    }

    /// The address with this place.
    pub(crate) fn host(self, index: i64) -> Result<String, String> {
        let index = u128::try_from(index).map_err(|_| "the place is negative".to_owned())?;
        if index > self.host_mask() {
            return Err(format!("{} has no address with place {index}", self.show()));
        }
        Ok(self.address(self.bits | index))
    }

    /// As it is written.
    pub(crate) fn show(self) -> String {
        format!("{}/{}", self.address(self.bits), self.prefix)
    }

    fn host_mask(self) -> u128 {
        u128::MAX.checked_shr(128 - (self.width - self.prefix)).unwrap_or(0)
    }

    fn address(self, bits: u128) -> String {
        if self.width == 32 {
            // The upper bits are zero by construction.
            #[allow(clippy::cast_possible_truncation)]
            Ipv4Addr::from(bits as u32).to_string()
        } else {
            Ipv6Addr::from(bits).to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_cut_from_the_front() {
        let network = Network::parse("10.0.0.0/16").unwrap();
        assert_eq!(network.subnet(8, 255).unwrap().show(), "10.0.255.0/24");
        assert_eq!(network.subnet(0, 0).unwrap().show(), "10.0.0.0/16");
        assert_eq!(network.subnet(8, 256).unwrap_err(), "there are 256 parts; the last has place 255");
        assert!(network.subnet(17, 0).is_err());
        assert_eq!(Network::parse("fd00::/8").unwrap().subnet(8, 1).unwrap().show(), "fd01::/16");
        assert_eq!(
            Network::parse("0.0.0.0/0").unwrap().subnet(32, 4_294_967_295).unwrap().show(),
            "255.255.255.255/32"
        );
    }

    #[test]
    fn an_address_inside_a_network_is_not_the_network() {
        assert_eq!(
            Network::parse("10.0.1.7/24").unwrap_err(),
            "\"10.0.1.7/24\" has bits behind its prefix; 10.0.1.0/24 is the network"
        );
        assert!(Network::parse("10.0.0.0").is_err());
        assert!(Network::parse("10.0.0.0/33").is_err());
    }

    #[test]
    fn hosts_stay_inside() {
        let network = Network::parse("10.0.1.0/24").unwrap();
        assert_eq!(network.host(255).unwrap(), "10.0.1.255");
        assert!(network.host(256).is_err());
        assert!(network.host(-1).is_err());
    }
}
