//! Version numbers.

use std::fmt;

/// A version of two to four parts.
///
/// In Azure Pipelines' expression language a part that is missing is lower than 0, so `1.2.3` is
/// lower than `1.2.3.0` and not equal to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    major: u32,
    minor: u32,
    build: Option<u32>,
    revision: Option<u32>,
}

impl Version {
    /// Reads two to four parts of digits, each below 2^31, with points between them; blanks around
    /// them are allowed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('.');
        let major = part(parts.next()?)?;
        let minor = part(parts.next()?)?;
        let mut optional = || parts.next().map_or(Some(None), |text| part(text).map(Some));
        let (build, revision) = (optional()?, optional()?);
        parts.next().is_none().then_some(Self {
            major,
            minor,
            build,
            revision,
        })
    }
}

/// One part; like the reference it is a signed 32-bit integer that must not be negative.
fn part(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse::<i32>().ok())??;
    u32::try_from(number).ok()
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        for part in [self.build, self.revision].into_iter().flatten() {
            write!(f, ".{part}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn two_to_four_parts_are_a_version() {
        for (text, shown) in [
            ("1.2", "1.2"),
            (" 1.2.3\t", "1.2.3"),
            ("0.0.0.0", "0.0.0.0"),
            ("01.002.3", "1.2.3"),
            ("2147483647.1", "2147483647.1"),
        ] {
            let version = Version::parse(text).map(|version| version.to_string());
            assert_eq!(version.as_deref(), Some(shown), "{text:?}");
        }
        for text in [
            "",
            "1",
            "1.",
            ".1",
            "1.2.3.4.5",
            "1.-2",
            "+1.2",
            "1. 2",
            "1.2a",
            "2147483648.1",
        ] {
            assert_eq!(Version::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn missing_part_is_lower_than_zero() {
        let ascending =
            ["1.1.0", "1.2", "1.2.0", "1.2.0.0", "1.2.3", "1.2.10", "2.0"].map(Version::parse);
        assert!(ascending.is_sorted_by(|left, right| left < right));
    }
}
