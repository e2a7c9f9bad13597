//! The identifier of an object.

use std::fmt;
use std::str::FromStr;

/// The identifier of a commit, a tree or a file: SHA-1 or SHA-256, as the repository has it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    bytes: [u8; 32],
    /// 20 or 32.
    len: u8,
}

impl ObjectId {
    /// The bytes of the hash: 20 or 32.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    pub(super) fn parse(digits: &[u8]) -> Option<Self> {
        let len = match digits.len() {
            40 => 20,
            64 => 32,
            _ => return None,
        };
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let &[high, low] = pair else { return None };
            *byte = digit(high)? << 4 | digit(low)?;
        }
        Some(Self { bytes, len })
    }
}

fn digit(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

/// What was meant to be an identifier is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoObjectId;

impl fmt::Display for NoObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an identifier has 40 or 64 hexadecimal digits")
    }
}

impl std::error::Error for NoObjectId {}

impl FromStr for ObjectId {
    type Err = NoObjectId;

    fn from_str(text: &str) -> Result<Self, NoObjectId> {
        Self::parse(text.as_bytes()).ok_or(NoObjectId)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_of_both_lengths_survive_their_text() {
        for text in ["0123456789abcdef".repeat(4), "89abcdef".repeat(5)] {
            let id: ObjectId = text.parse().unwrap();
            assert_eq!(id.to_string(), text);
            assert_eq!(id.as_bytes().len() * 2, text.len());
        }
        for text in ["", "abc", &"g".repeat(40), &"a".repeat(41)] {
            assert_eq!(text.parse::<ObjectId>(), Err(NoObjectId), "{text}");
        }
    }
}
