//! Equal texts for failures of the same cause.

/// The most characters that are kept of a message.
const LONGEST: usize = 200;

/// The most bytes of a signature that the host takes.
const MOST_BYTES: usize = 1_000;

/// The least digits of a hexadecimal number without `0x`, such as a hash.
const HEX_DIGITS: usize = 7;

/// `message` without what differs from version to version: numbers, addresses and hashes become `#`,
/// white space is a single space, and what is long is cut.
#[must_use]
pub fn normalized(message: &str) -> String {
    let words: Vec<String> = message.split_whitespace().map(without_numbers).collect();
    words.join(" ").chars().take(LONGEST).collect()
}

/// `signature` as the host takes it: a longer one would void the whole observation.
#[must_use]
pub fn bounded(mut signature: String) -> String {
    signature.truncate(signature.floor_char_boundary(MOST_BYTES));
    signature
}

/// Words of letters stay as they are, and so do the letters next to a number.
fn without_numbers(word: &str) -> String {
    let mut text = String::new();
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let run = rest
            .find(|c: char| c.is_alphanumeric() != first.is_alphanumeric())
            .unwrap_or(rest.len());
        let (piece, after) = rest.split_at(run);
        if first.is_alphanumeric() {
            push_number_free(&mut text, piece);
        } else {
            text.push_str(piece);
        }
        rest = after;
    }
    text
}

fn push_number_free(text: &mut String, piece: &str) {
    let has_digit = piece.bytes().any(|byte| byte.is_ascii_digit());
    let digits = piece.strip_prefix("0x").unwrap_or(piece);
    let is_hex = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if has_digit && is_hex && (digits.len() < piece.len() || digits.len() >= HEX_DIGITS) {
        text.push('#');
        return;
    }
    let mut in_number = false;
    for c in piece.chars() {
        if !c.is_ascii_digit() {
            text.push(c);
        } else if !in_number {
            text.push('#');
        }
        in_number = c.is_ascii_digit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_version_to_version_is_gone() {
        for (message, expected) in [
            ("left: 3, right: 14", "left: #, right: #"),
            ("at src/lib.rs:40:13\n  in f", "at src/lib.rs:#:# in f"),
            ("address 0x7ffe12 of 8d4f1c2a9b", "address # of #"),
            ("took 1.25s, deadbeef facade", "took #.#s, deadbeef facade"),
            ("test utf8_names", "test utf#_names"),
            ("größer als 5€", "größer als #€"),
            ("", ""),
        ] {
            assert_eq!(normalized(message), expected);
        }
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        assert_eq!(normalized(&"ü".repeat(1_000)), "ü".repeat(LONGEST));
        assert_eq!(bounded(format!("x{}", "ü".repeat(1_000))).len(), 999);
        assert_eq!(bounded("ü".to_owned()), "ü");
    }
}
