//! Ranges of addresses that a host opens to its steps.

use crate::address::is_global;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Addresses that may be connected to although they are not of the public internet, such as those of
/// a package mirror in the same network. None by default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Ranges(Vec<Range>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    base: IpAddr,
    /// How many bits at the front count.
    bits: u8,
}

/// Why a text is no range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// It is no address.
    #[error("`{0}` is no range of addresses; write it as `10.0.0.0/8` or `fd00::/8`")]
    NoAddress(String),
    /// The length is no number, or more than the address has bits.
    #[error("`{0}` has no length of 0 to {1} after the `/`")]
    BadLength(String, u8),
    /// Bits behind the length are set: one of the two is a slip.
    #[error("`{given}` is no whole range; did you mean `{meant}`?")]
    NotAligned {
        /// What was written.
        given: String,
        /// The range that the address is in.
        meant: String,
    },
}

impl Ranges {
    /// Reads ranges such as `10.0.0.0/8`; an address alone is a range of one.
    ///
    /// # Errors
    ///
    /// The first that is none.
    pub fn parse<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> Result<Self, RangeError> {
        let ranges: Result<Vec<Range>, RangeError> = texts
            .into_iter()
            .map(|text| text.as_ref().parse())
            .collect();
        ranges.map(Self)
    }

    /// Whether an address is in one of them.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|range| range.contains(address))
    }

    /// Whether an address may be connected to: it is of the public internet, or opened.
    #[must_use]
    pub fn may_connect(&self, address: IpAddr) -> bool {
        is_global(address) || self.contains(address)
    }
}

impl Range {
    fn contains(self, address: IpAddr) -> bool {
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let mask = mask(self.bits, 32);
                u128::from(base.to_bits()) & mask == u128::from(address.to_bits()) & mask
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let mask = mask(self.bits, 128);
                base.to_bits() & mask == address.to_bits() & mask
            }
            _ => false,
        }
    }
}

/// As many ones as `bits`, from the front of a number of `width` bits.
fn mask(bits: u8, width: u8) -> u128 {
    let ones = u128::MAX.checked_shr(128 - u32::from(width)).unwrap_or(0);
    let behind = u32::from(width.saturating_sub(bits));
    ones & u128::MAX.checked_shl(behind).unwrap_or(0)
}

impl FromStr for Range {
    type Err = RangeError;

    fn from_str(text: &str) -> Result<Self, RangeError> {
        let no_address = || RangeError::NoAddress(text.to_owned());
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| no_address())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = match length {
            None => width,
            Some(length) => length
                .parse()
                .ok()
                .filter(|bits| *bits <= width && length.bytes().all(|byte| byte.is_ascii_digit()))
                .ok_or_else(|| RangeError::BadLength(text.to_owned(), width))?,
        };
        let base = match address {
            IpAddr::V4(four) => {
                let masked = u128::from(four.to_bits()) & mask(bits, 32);
                IpAddr::V4(Ipv4Addr::from_bits(
                    u32::try_from(masked).unwrap_or_default(),
                ))
            }
            IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & mask(bits, 128))),
        };
        let range = Self { base, bits };
        if base == address {
            Ok(range)
        } else {
            Err(RangeError::NotAligned {
                given: text.to_owned(),
                meant: range.to_string(),
            })
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.bits)
    }
}

impl TryFrom<Vec<String>> for Ranges {
    type Error = RangeError;

    fn try_from(texts: Vec<String>) -> Result<Self, RangeError> {
        Self::parse(texts)
    }
}

impl From<Ranges> for Vec<String> {
    fn from(ranges: Ranges) -> Self {
        ranges.0.iter().map(Range::to_string).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_range_holds_the_addresses_with_its_front() {
        let check = |range: &str, address: &str, expect: bool| {
            let ranges = Ranges::parse([range]).unwrap();
            let address = address.parse().unwrap();
            assert_eq!(ranges.contains(address), expect, "{address} in {range}");
        };
        check("10.0.0.0/8", "10.255.0.1", true);
        check("10.0.0.0/8", "11.0.0.0", false);
        check("10.0.0.0/8", "::ffff:10.1.2.3", true);
        check("192.168.4.0/22", "192.168.7.255", true);
        check("192.168.4.0/22", "192.168.8.0", false);
        check("0.0.0.0/0", "255.1.2.3", true);
        check("0.0.0.0/0", "::1", false);
        check("127.0.0.1", "127.0.0.1", true);
        check("127.0.0.1", "127.0.0.2", false);
        check("fd00::/8", "fdff::1", true);
        check("fd00::/8", "fe00::1", false);
        check("::/0", "::1", true);
        check("::1/128", "::1", true);
    }

    #[test]
    fn a_range_that_is_none_says_what_to_write() {
        let check = |text: &str, expect: &str| {
            let error = Ranges::parse([text]).unwrap_err();
            assert_eq!(error.to_string(), expect);
        };
        check(
            "10/8",
            "`10/8` is no range of addresses; write it as `10.0.0.0/8` or `fd00::/8`",
        );
        check(
            "localhost",
            "`localhost` is no range of addresses; write it as `10.0.0.0/8` or `fd00::/8`",
        );
        check(
            "10.0.0.0/33",
            "`10.0.0.0/33` has no length of 0 to 32 after the `/`",
        );
        check(
            "10.0.0.0/+8",
            "`10.0.0.0/+8` has no length of 0 to 32 after the `/`",
        );
        check("::/129", "`::/129` has no length of 0 to 128 after the `/`");
        check(
            "10.1.2.3/8",
            "`10.1.2.3/8` is no whole range; did you mean `10.0.0.0/8`?",
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_a_range_holds_its_base(text in "\\PC{0,20}|[0-9a-f.:/]{0,24}") {
            if let Ok(ranges) = Ranges::parse([&text]) {
                let [range] = &ranges.0[..] else { panic!() };
                prop_assert!(range.contains(range.base));
                let texts: Vec<String> = ranges.clone().into();
                prop_assert_eq!(Ranges::parse(texts), Ok(ranges));
            }
        }
    }
}
