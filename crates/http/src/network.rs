//! Addresses of trusted proxies: networks in CIDR form, and names for those everybody has.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Names that stand for several networks, as proxies' users know them.
const NAMES: [(&str, &[&str]); 3] = [
    ("loopback", &["127.0.0.0/8", "::1/128"]),
    ("linklocal", &["169.254.0.0/16", "fe80::/10"]),
    ("uniquelocal", &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]),
];

/// A block of addresses: IPv4 or IPv6, never both.
///
/// An IPv4 address in IPv6 dress (`::ffff:192.0.2.1`, as a dual-stack socket shows it) is an IPv4 address here, on
/// either side of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    prefix: u8,
}

/// What is no network, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidNetwork {
    text: String,
    reason: Reason,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Reason {
    Address,
    Prefix { most: u8 },
    HostBits(Network),
}

impl fmt::Display for InvalidNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is no network of trusted proxies: ", self.text)?;
        match &self.reason {
            Reason::Address => f.write_str(
                "expected an IP address, one with a prefix length such as '10.0.0.0/8' or 'fd00::/8', \
                 or 'loopback', 'linklocal', 'uniquelocal' or 'unix'",
            ),
            Reason::Prefix { most } => write!(f, "its prefix length must be a number from 0 to {most}"),
            Reason::HostBits(network) => write!(f, "it has bits behind its prefix; the network is '{network}'"),
        }
    }
}

impl Error for InvalidNetwork {}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
    }
}

impl Network {
    /// Reads one entry of a list: an address, a network, or a name, which gives several.
    ///
    /// # Errors
    ///
    /// What is neither; a prefix length out of range; an address with bits behind its prefix, which is more often a slip
    /// than meant.
    ///
    /// ```
    /// use covet_http::Network;
    ///
    /// let networks = Network::parse("10.0.0.0/8").unwrap();
    /// assert!(networks[0].contains("10.1.2.3".parse().unwrap()));
    /// assert_eq!(
    ///     Network::parse("10.1.2.3/8").unwrap_err().to_string(),
    ///     "'10.1.2.3/8' is no network of trusted proxies: it has bits behind its prefix; the network is '10.0.0.0/8'",
    /// );
    /// ```
    pub fn parse(text: &str) -> Result<Vec<Self>, InvalidNetwork> {
        match NAMES.iter().find(|(name, _)| *name == text) {
            Some((_, networks)) => networks.iter().map(|network| Self::parse_one(network)).collect(),
            None => Ok(vec![Self::parse_one(text)?]),
        }
    }

    fn parse_one(text: &str) -> Result<Self, InvalidNetwork> {
        let fail = |reason| InvalidNetwork { text: text.to_owned(), reason };
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| fail(Reason::Address))?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => most,
            Some(digits) => {
                // No sign, no leading zero: what looks odd is refused.
                let plain = matches!(digits.as_bytes(), [b'0'] | [b'1'..=b'9', ..]);
                let number = digits.parse().ok().filter(|number| plain && *number <= most);
                number.ok_or_else(|| fail(Reason::Prefix { most }))?
            }
        };
        let network = Self { first: masked(address, prefix), prefix };
        if network.first != address {
            return Err(fail(Reason::HostBits(network)));
        }
        Ok(network.to_canonical())
    }

    /// A network within the IPv4-mapped range is one of IPv4.
    fn to_canonical(self) -> Self {
        match (self.first, self.first.to_canonical()) {
            (IpAddr::V6(_), first @ IpAddr::V4(_)) if self.prefix >= 96 => Self { first, prefix: self.prefix - 96 },
            _ => self,
        }
    }

    /// Whether the network has this address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.first.is_ipv4() && masked(address, self.prefix) == self.first
    }
}

/// The address with every bit behind the prefix zero.
fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    let prefix = u32::from(prefix);
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & mask))
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Network;

    #[test]
    fn networks_and_what_they_have() {
        for (network, inside, outside) in [
            ("192.0.2.1", &["192.0.2.1", "::ffff:192.0.2.1"][..], &["192.0.2.2", "::192.0.2.1", "::1"][..]),
            ("10.0.0.0/8", &["10.0.0.0", "10.255.255.255"], &["9.255.255.255", "11.0.0.0"]),
            ("10.0.0.0/31", &["10.0.0.0", "10.0.0.1"], &["10.0.0.2"]),
            ("0.0.0.0/0", &["0.0.0.0", "255.255.255.255", "::ffff:1.2.3.4"], &["::1", "2001:db8::1"]),
            ("::/0", &["::1", "2001:db8::1"], &["127.0.0.1", "::ffff:127.0.0.1"]),
            ("2001:db8::/32", &["2001:db8::", "2001:db8:ffff::1"], &["2001:db9::", "32.1.13.184"]),
            ("2001:db8::1", &["2001:db8::1"], &["2001:db8::2"]),
            ("fe80::/10", &["fe80::1", "febf::1"], &["fec0::1"]),
            ("::ffff:10.0.0.0/104", &["10.1.1.1", "::ffff:10.1.1.1"], &["11.1.1.1", "::1"]),
            ("::ffff:192.0.2.1", &["192.0.2.1"], &["192.0.2.2"]),
        ] {
            let networks = Network::parse(network).expect(network);
            let has = |address: &str| networks.iter().any(|network| network.contains(address.parse().expect(address)));
            for address in inside {
                assert!(has(address), "{network} has {address}");
            }
            for address in outside {
                assert!(!has(address), "{network} has not {address}");
            }
        }
    }

    #[test]
    fn names_of_networks() {
        for (name, inside, outside) in [
            ("loopback", &["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"][..], &["128.0.0.1", "::2"][..]),
            ("linklocal", &["169.254.1.1", "fe80::1"], &["169.253.1.1", "fec0::1"]),
            ("uniquelocal", &["10.1.1.1", "172.31.1.1", "192.168.1.1", "fd00::1"], &["172.32.1.1", "fe00::1"]),
        ] {
            let networks = Network::parse(name).expect(name);
            let has = |address: &str| networks.iter().any(|network| network.contains(address.parse().expect(address)));
            assert!(inside.iter().all(|address| has(address)), "{name}");
            assert!(!outside.iter().any(|address| has(address)), "{name}");
        }
    }

    #[test]
    fn what_is_no_network() {
        for (text, reason) in [
            ("", "expected an IP address"),
            ("localhost", "expected an IP address"),
            ("Loopback", "expected an IP address"),
            (" 10.0.0.0/8", "expected an IP address"),
            ("10.0.0.0 /8", "expected an IP address"),
            ("10.0.0/8", "expected an IP address"),
            ("10.0.0.256", "expected an IP address"),
            ("010.0.0.0/8", "expected an IP address"),
            ("fe80::1%eth0", "expected an IP address"),
            ("[::1]", "expected an IP address"),
            ("127.0.0.1:80", "expected an IP address"),
            ("10.0.0.0/", "from 0 to 32"),
            ("10.0.0.0/33", "from 0 to 32"),
            ("10.0.0.0/-1", "from 0 to 32"),
            ("10.0.0.0/+8", "from 0 to 32"),
            ("10.0.0.0/08", "from 0 to 32"),
            ("10.0.0.0/8/8", "from 0 to 32"),
            ("10.0.0.0/255.0.0.0", "from 0 to 32"),
            ("10.0.0.0/256", "from 0 to 32"),
            ("::/129", "from 0 to 128"),
            ("10.0.0.1/8", "the network is '10.0.0.0/8'"),
            ("2001:db8::1/32", "the network is '2001:db8::/32'"),
        ] {
            let error = Network::parse(text).expect_err(text).to_string();
            assert!(error.starts_with(&format!("'{text}' is no network")) && error.contains(reason), "{error}");
        }
    }
}
