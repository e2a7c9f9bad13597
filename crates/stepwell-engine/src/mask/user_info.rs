//! Finds passwords in the user information of a URL: `https://user:password@host`.
//!
//! They are masked in every text, whether or not anybody said that they are secret. The host of a
//! URL starts after the last `@` before its path, so a password may have `@` in it.

use memchr::memmem;
use std::ops::Range;

/// Bytes between `//` and `@`. What is longer is no user information; tokens that are used as
/// passwords have up to two thousand bytes.
pub(super) const MAX_USER_INFO: usize = 4 << 10;

/// What is known of a text that grows at its end.
#[derive(Default)]
pub(super) struct UserInfo {
    /// Up to where the text was looked at.
    at: usize,
    /// Whether that ends with one slash, which may be half of two.
    slash: bool,
    authority: Option<Authority>,
}

/// What comes after `//`, up to where the text was looked at.
struct Authority {
    /// How many more bytes it can have.
    left: usize,
    /// Where the password starts, if this is user information.
    password: Option<usize>,
}

impl UserInfo {
    /// Looks at `bytes`, which begin with what was looked at before.
    pub(super) fn advance(&mut self, bytes: &[u8], found: &mut Vec<Range<usize>>) {
        while self.at < bytes.len() {
            if let Some(authority) = self.authority.take() {
                self.authority = self.follow(authority, bytes, found);
            } else {
                self.find_slashes(bytes);
            }
        }
    }

    fn find_slashes(&mut self, bytes: &[u8]) {
        let rest = bytes.get(self.at..).unwrap_or_default();
        let slashes = if self.slash && rest.starts_with(b"/") {
            Some(1)
        } else {
            memmem::find(rest, b"//").map(|at| at + 2)
        };
        self.slash = slashes.is_none() && rest.ends_with(b"/");
        self.at += slashes.unwrap_or(rest.len());
        self.authority = slashes.map(|_| Authority {
            left: MAX_USER_INFO,
            password: None,
        });
    }

    fn follow(
        &mut self,
        mut authority: Authority,
        bytes: &[u8],
        found: &mut Vec<Range<usize>>,
    ) -> Option<Authority> {
        let rest = bytes.get(self.at..).unwrap_or_default();
        for (at, byte) in (self.at..).zip(rest) {
            if *byte == b'/' && authority.left == MAX_USER_INFO {
                // Three slashes: the last two count.
                continue;
            }
            let ends = matches!(byte, b'/' | b'?' | b'#' | 0..=b' ' | 0x7f);
            if ends || authority.left == 0 {
                // Looked at again, because a slash may be the first of the next two.
                self.at = at;
                return None;
            }
            authority.left -= 1;
            match byte {
                b':' if authority.password.is_none() => authority.password = Some(at + 1),
                b'@' => {
                    let password = authority.password.filter(|start| *start < at);
                    found.extend(password.map(|start| start..at));
                }
                _ => {}
            }
        }
        self.at = bytes.len();
        Some(authority)
    }

    /// Where the first password starts that may end after what was looked at.
    pub(super) fn pending(&self) -> Option<usize> {
        self.authority.as_ref()?.password
    }

    /// Goes on at `at`, with nothing of what was before.
    pub(super) fn restart(&mut self, at: usize) {
        *self = Self {
            at,
            ..Self::default()
        };
    }

    /// The first `by` bytes of the text are gone.
    pub(super) fn shift(&mut self, by: usize) {
        self.at = self.at.saturating_sub(by);
        if let Some(authority) = &mut self.authority {
            authority.password = authority.password.map(|start| start.saturating_sub(by));
        }
    }
}
