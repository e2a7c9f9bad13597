//! Identifiers with a visible kind.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A run: `run_` and a ULID, so that names sort by time of creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(ulid::Ulid);

impl RunId {
    /// The run that was created `millis` after the Unix epoch; `random` makes it unique.
    #[must_use]
    pub fn from_parts(millis: u64, random: u128) -> Self {
        Self(ulid::Ulid::from_parts(millis, random))
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run_{}", self.0)
    }
}

/// A search for a culprit: `search_` and a ULID, so that names sort by time of creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SearchId(ulid::Ulid);

impl SearchId {
    /// The search that was begun `millis` after the Unix epoch; `random` makes it unique.
    #[must_use]
    pub fn from_parts(millis: u64, random: u128) -> Self {
        Self(ulid::Ulid::from_parts(millis, random))
    }
}

impl fmt::Display for SearchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "search_{}", self.0)
    }
}

impl FromStr for SearchId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let ulid = text.strip_prefix("search_").ok_or(ParseIdError)?;
        ulid::Ulid::from_string(ulid)
            .map(Self)
            .map_err(|_| ParseIdError)
    }
}

/// A text that is no identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseIdError;

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an identifier of this kind")
    }
}

impl std::error::Error for ParseIdError {}

impl FromStr for RunId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let ulid = text.strip_prefix("run_").ok_or(ParseIdError)?;
        ulid::Ulid::from_string(ulid)
            .map(Self)
            .map_err(|_| ParseIdError)
    }
}

impl Serialize for RunId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RunId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The SHA-256 digest of a component's bytes, written `sha256:` and 64 hexadecimal digits, as OCI
/// registries write it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Wraps the 32 bytes of a SHA-256.
    #[must_use]
    pub fn from_sha256(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 64 hexadecimal digits without the algorithm.
    #[must_use]
    pub fn hex(&self) -> String {
        let text = self.to_string();
        text.strip_prefix("sha256:").unwrap_or_default().to_owned()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let hex = text.strip_prefix("sha256:").ok_or(ParseIdError)?;
        if hex.len() != 64 || !hex.is_ascii() {
            return Err(ParseIdError);
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            let pair = hex.get(index * 2..index * 2 + 2).ok_or(ParseIdError)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| ParseIdError)?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_survive_a_round_trip_and_refuse_the_wrong_kind() {
        let run = RunId::from_parts(1_732_000_000_000, 42);
        assert_eq!(run.to_string().parse(), Ok(run));
        assert_eq!("01J".parse::<RunId>(), Err(ParseIdError));
        let search = SearchId::from_parts(1_732_000_000_000, 42);
        assert_eq!(search.to_string().parse(), Ok(search));
        assert_eq!(run.to_string().parse::<SearchId>(), Err(ParseIdError));
        let digest = Digest::from_sha256([0xab; 32]);
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert_eq!("sha256:ab".parse::<Digest>(), Err(ParseIdError));
        assert_eq!(
            format!("sha256:{}", "é".repeat(32)).parse::<Digest>(),
            Err(ParseIdError)
        );
    }
}
