//! What may be shown of a secret.

/// The most characters of a secret that are shown.
const SHOWN: usize = 4;

/// The first four characters and `…`; of a short secret no more than a quarter. Of a private key
/// the line that names its kind is shown, which is no secret.
#[must_use]
pub fn redact(secret: &[u8]) -> String {
    let text = String::from_utf8_lossy(secret);
    if let Some(kind) = text
        .strip_prefix("-----BEGIN ")
        .and_then(|rest| rest.split_once("-----"))
        .map(|(kind, _)| kind)
        .filter(|kind| kind.chars().all(|c| c.is_ascii_uppercase() || c == ' '))
    {
        return format!("-----BEGIN {kind}-----…");
    }
    let shown = SHOWN.min(text.chars().count() / 4);
    text.chars()
        .take(shown)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .chain(['…'])
        .collect()
}

/// Four hexadecimal digits by which a waiver recognises a secret again.
///
/// It is this short on purpose: it stands in logs and in the repository, where a longer one would
/// let anybody test guesses at a weak password. A secret that is replaced by another one keeps its
/// mark in one case of 65,536.
#[must_use]
pub fn mark(secret: &[u8]) -> String {
    // FNV-1a of 64 bits, folded to 16.
    let hash = secret.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let folded = hash ^ (hash >> 32);
    let folded = folded ^ (folded >> 16);
    format!("{:04x}", folded & 0xffff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn little_is_shown_and_nothing_that_moves_the_terminal() {
        for (secret, expected) in [
            ("abcdefghijklmnopqrstuvwxyz", "abcd…"),
            ("hunter2!", "hu…"),
            ("abc", "…"),
            ("", "…"),
            ("\u{1b}[31mred-text-and-more", "\u{fffd}[31…"),
            (
                "-----BEGIN EC PRIVATE KEY-----\nMHcC",
                "-----BEGIN EC PRIVATE KEY-----…",
            ),
            ("-----BEGIN hunter-----AbC", "----…"),
        ] {
            assert_eq!(redact(secret.as_bytes()), expected);
        }
    }

    #[test]
    fn marks_differ_for_secrets_that_differ() {
        assert_eq!(mark(b"one").len(), 4);
        assert_ne!(mark(b"one"), mark(b"two"));
        assert_eq!(mark(b"one"), mark(b"one"));
    }

    proptest! {
        #[test]
        fn a_redaction_never_contains_the_secret(secret in prop::collection::vec(any::<u8>(), 1..80)) {
            let redacted = redact(&secret);
            let text = String::from_utf8_lossy(&secret);
            prop_assert!(redacted == "…" || !redacted.contains(&*text));
            prop_assert!(!redacted.chars().any(char::is_control));
        }
    }
}
