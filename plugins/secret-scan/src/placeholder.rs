//! Texts that stand where a secret would be.

/// Words that people write in place of a secret. They are compared without regard to case.
const WORDS: [&str; 18] = [
    "example",
    "sample",
    "changeme",
    "change-me",
    "change_me",
    "changeit",
    "placeholder",
    "redacted",
    "dummy",
    "your-",
    "your_",
    "insert-",
    "insert_",
    "notreal",
    "not-a-real",
    "not_a_real",
    "xxxx",
    "****",
];

/// Beginnings of secrets that are public by purpose: the storage emulator's key, and the payload
/// of the token that every introduction to JWT shows.
const WELL_KNOWN: [&str; 2] = ["Eby8vdM02xNO", "eyJzdWIiOiIxMjM0NTY3ODkwIi"];

/// Parts of texts that some program will replace.
const TEMPLATES: [&str; 9] = ["${", "$(", "{{", "#{", "%(", "<%", "@@", "...", "…"];

/// A run of the same character, or of neighbours as in `12345678`, that no random text has.
const RUN: usize = 8;

/// Whether `text` is a stand-in: an example, a template, a row of the same character.
#[must_use]
pub fn is_placeholder(text: &[u8]) -> bool {
    let lower = String::from_utf8_lossy(text).to_ascii_lowercase();
    let text = String::from_utf8_lossy(text);
    WORDS.iter().any(|word| lower.contains(word))
        || WELL_KNOWN.iter().any(|known| text.contains(known))
        || is_template(&text)
        || has_run(text.as_bytes())
}

/// Whether `text` is to be replaced by a program before it is used.
#[must_use]
pub fn is_template(text: &str) -> bool {
    let enclosed = |open, close| text.starts_with(open) && text.ends_with(close);
    TEMPLATES.iter().any(|part| text.contains(part))
        || enclosed('<', '>')
        || enclosed('{', '}')
        || enclosed('[', ']')
        || enclosed('%', '%')
        || text.strip_prefix('$').is_some_and(is_name)
        || matches!(text, "%s" | "%v" | "{}" | "?")
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn has_run(text: &[u8]) -> bool {
    let (mut same, mut rising) = (1, 1);
    let mut previous = None;
    for byte in text {
        same = if previous == Some(*byte) { same + 1 } else { 1 };
        rising = if previous.and_then(|b: u8| b.checked_add(1)) == Some(*byte) {
            rising + 1
        } else {
            1
        };
        if same >= RUN || rising >= RUN {
            return true;
        }
        previous = Some(*byte);
    }
    false
}

/// Whether `text` is made of words, numbers and separators, as names and paths are:
/// `my-service.token-v2`, `config/secrets/name`.
#[must_use]
pub fn reads_as_words(text: &[u8]) -> bool {
    text.split(|byte| b"-_./:,@+ \\".contains(byte))
        .all(|part| {
            let word = part.iter().all(u8::is_ascii_alphabetic);
            let number = part.len() <= 4 && part.iter().all(u8::is_ascii_digit);
            let name = part.len() <= 6 && part.first().is_some_and(u8::is_ascii_alphabetic);
            word || number || name
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stand_ins_are_told_from_secrets() {
        for text in [
            "AKIAIOSFODNN7EXAMPLE",
            "xxxxxxxxxxxxxxxx",
            "<your token>",
            "${TOKEN}",
            "$TOKEN",
            "$(secret.token)",
            "{{ token }}",
            "ChangeMe123",
            "%TOKEN%",
            "ghp_000000000000000000",
            "token-0123456789",
            "abc...xyz",
        ] {
            assert!(is_placeholder(text.as_bytes()), "{text}");
        }
        for text in ["q7Wm2Zt9Kd4Rp8Vc", "$2b$12$abc", "hunter2!", "S3cr3t-Pa55"] {
            assert!(!is_placeholder(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn names_and_paths_read_as_words() {
        for text in ["my-service.token-v2", "config/secrets/name", "SomeTypeName"] {
            assert!(reads_as_words(text.as_bytes()), "{text}");
        }
        for text in ["q7Wm2Zt9Kd4Rp8Vc", "a1b2c3d4e5f6"] {
            assert!(!reads_as_words(text.as_bytes()), "{text}");
        }
    }
}
