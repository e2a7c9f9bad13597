//! SHA-256 of what passes through a writer, so that no file has to fit into memory.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::{self, Write};

/// A writer that passes everything on and keeps account of it.
#[derive(Debug, Clone)]
pub struct Hashed<W> {
    inner: W,
    state: Sha256,
    length: u64,
}

/// What went through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The SHA-256 in 64 hexadecimal digits.
    pub sha256: String,
    /// The number of bytes.
    pub length: u64,
}

impl<W: Write> Hashed<W> {
    /// Passes everything on to `inner`.
    #[must_use]
    pub fn new(inner: W) -> Self {
        Self {
            inner,
            state: Sha256::new(),
            length: 0,
        }
    }

    /// The inner writer, and what went into it.
    #[must_use]
    pub fn finish(self) -> (W, Summary) {
        let summary = Summary {
            sha256: hex(&self.state.finalize()),
            length: self.length,
        };
        (self.inner, summary)
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.state.update(bytes.get(..written).unwrap_or(bytes));
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// The SHA-256 of a text in 64 hexadecimal digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Two lowercase digits per byte.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of FIPS 180-2, appendix B.1.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn what_passes_through_is_hashed_and_counted() {
        let mut hashed = Hashed::new(Vec::new());
        hashed.write_all(b"a").unwrap();
        hashed.write_all(b"bc").unwrap();
        let (inner, summary) = hashed.finish();
        assert_eq!(inner, b"abc");
        assert_eq!((summary.sha256.as_str(), summary.length), (ABC, 3));
        assert_eq!(sha256(b"abc"), ABC);
    }

    #[test]
    fn only_what_the_inner_writer_took_is_hashed() {
        let mut short = [0_u8; 3];
        let mut hashed = Hashed::new(short.as_mut_slice());
        assert_eq!(hashed.write(b"abcdef").unwrap(), 3);
        assert_eq!(hashed.finish().1.sha256, ABC);
    }
}
