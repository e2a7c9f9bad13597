//! The forms in which a secret shows up in a log: as given, as a shell leaves it, and as tools
//! encode it.
//!
//! Each form is searched for as a text of its own. A form that is made from a secret can be short
//! enough to be found everywhere; such a form is left out, because stars in the wrong places cost
//! more than they hide.

use super::Rules;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt::Write;

/// Fewer characters cannot be masked: the places of the stars would tell the secret.
pub(super) const MIN_CHARS: usize = 2;

/// Characters of a piece of Base64 that is searched for wherever it stands. Six are 36 bits of the
/// secret, which random Base64 has once in 64 GiB; with four it would be once in 16 MiB.
const MIN_FRAGMENT: usize = 6;

/// What `Uri.EscapeDataString` and `encodeURIComponent` of RFC 3986 escape.
const URI_DATA: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Everything that is searched for because of `secret`. Some of it may be there twice.
pub(super) fn forms(secret: &str, rules: Rules) -> Vec<String> {
    let mut forms = Vec::new();
    add_plain(secret, &mut forms);
    let trimmed = secret.trim();
    let unquoted = ['"', '\''].into_iter().find_map(|quote| {
        trimmed
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
    });
    for text in [Some(trimmed), unquoted].into_iter().flatten() {
        if is_specific(text, rules) {
            add_plain(text, &mut forms);
            add_encoded(text, &mut forms);
        }
    }
    forms.retain(|form| is_specific(form, rules));
    forms
}

/// Blanks do not make a form longer: what is left of it would be found everywhere.
fn is_specific(form: &str, rules: Rules) -> bool {
    form.trim().chars().take(MIN_CHARS).count() == MIN_CHARS
        && form.chars().take(rules.min_chars).count() == rules.min_chars
}

/// The text itself; if it has several lines, with either end of line. A line of it that looks like
/// a logging command is a form too, since it is read as one and thus torn from its neighbours.
fn add_plain(text: &str, forms: &mut Vec<String>) {
    forms.push(text.to_owned());
    if text.contains('\n') {
        let unix = text.replace("\r\n", "\n");
        forms.push(unix.replace('\n', "\r\n"));
        let commands = unix.lines().filter(|line| line.contains("##vso"));
        forms.extend(commands.map(str::to_owned));
        forms.push(unix);
    }
}

fn add_encoded(text: &str, forms: &mut Vec<String>) {
    forms.push(json(text, false));
    forms.push(json(text, true));
    forms.push(without_backslashes(text));
    forms.push(uri(text, false));
    forms.push(uri(text, true));
    forms.push(command(text));
    for engine in [&STANDARD, &URL_SAFE] {
        add_base64(text.as_bytes(), engine, forms);
    }
}

/// The inside of a JSON string; `ascii` as encoders write it that escape all but ASCII.
fn json(text: &str, ascii: bool) -> String {
    let mut json = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '"' | '\\' => json.extend(['\\', char]),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\u{8}' => json.push_str("\\b"),
            '\u{c}' => json.push_str("\\f"),
            '\0'..' ' | '\u{85}' | '\u{2028}' | '\u{2029}' => push_units(char, &mut json),
            _ if ascii && !char.is_ascii() => push_units(char, &mut json),
            _ => json.push(char),
        }
    }
    json
}

fn push_units(char: char, json: &mut String) {
    for unit in char.encode_utf16(&mut [0; 2]) {
        // Writing to a string cannot fail.
        let _ = write!(json, "\\u{unit:04x}");
    }
}

/// What is left of a text when something took its backslashes for escapes.
fn without_backslashes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        let escaped = (char == '\\')
            .then(|| chars.next_if(|next| matches!(next, '\\' | '\'' | '"' | 't')))
            .flatten();
        plain.push(match escaped {
            Some('t') => '\t',
            Some(escaped) => escaped,
            None => char,
        });
    }
    plain
}

fn uri(text: &str, lower: bool) -> String {
    let mut uri = String::with_capacity(text.len());
    for part in utf8_percent_encode(text, URI_DATA) {
        // A `%` of the text itself is escaped, so it starts no part.
        if lower && part.starts_with('%') {
            uri.push_str(&part.to_ascii_lowercase());
        } else {
            uri.push_str(part);
        }
    }
    uri
}

/// As the data of a logging command.
fn command(text: &str) -> String {
    text.replace('%', "%AZP25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Base64 of the text, and the part of it that stays the same whatever stands before and after the
/// text in what is encoded.
///
/// Three bytes become four characters, so there are three ways for it to fall. The first characters
/// of the second and third way have bits of what stands before, the last one bits of what follows,
/// unless the text ends there.
fn add_base64(bytes: &[u8], engine: &impl Engine, forms: &mut Vec<String>) {
    for (before, mixed) in [(0, 0), (1, 2), (2, 3)] {
        let mut shifted = vec![0; before];
        shifted.extend_from_slice(bytes);
        let padded = engine.encode(&shifted);
        let stable = shifted.len() * 4 / 3;
        let fragment = padded.get(mixed..stable).unwrap_or_default();
        if fragment.len() >= MIN_FRAGMENT {
            let at_end = padded.get(mixed..).unwrap_or_default();
            let unpadded = at_end.trim_end_matches('=');
            forms.extend([fragment, unpadded, at_end].map(str::to_owned));
        } else if before == 0 {
            forms.push(padded);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(secret: &str, multiline: bool, expect: &[&str]) {
        let forms = forms(secret, Rules::new(0, multiline));
        for form in expect {
            assert!(
                forms.iter().any(|known| known == form),
                "{form} of {secret}: {forms:?}"
            );
        }
    }

    #[test]
    fn a_secret_is_searched_for_as_tools_print_it() {
        check("  token ", false, &["  token ", "token"]);
        check(" \"quoted\" ", false, &["\"quoted\"", "quoted"]);
        check("'it''s'", false, &["'it''s'", "it''s"]);
        check("a\"b\\c\td\u{1}", false, &["a\\\"b\\\\c\\td\\u0001"]);
        check("größe🦀", false, &["gr\\u00f6\\u00dfe\\ud83e\\udd80"]);
        check(r#"a\\b\'c\"d\te\n"#, false, &["a\\b'c\"d\te\\n"]);
        check("p@ss w/ü~", false, &["p%40ss%20w%2F%C3%BC~"]);
        check("p@ss w/ü~%2F", false, &["p%40ss%20w%2f%c3%bc~%252F"]);
        check("50% off", false, &["50%AZP25 off"]);
        check("50%\r\nb", true, &["50%AZP25%0D%0Ab", "50%\\r\\nb"]);
        check("one\ntwo", true, &["one\ntwo", "one\r\ntwo"]);
        check("one\r\ntwo\n", true, &["one\ntwo", "one\r\ntwo"]);
        check("a\n##vso[x.y]\nb", true, &["##vso[x.y]"]);
    }

    #[test]
    fn base64_is_searched_for_at_each_of_three_places() {
        let both = ["P_7~secret", ">>>???secret"];
        for secret in both {
            for before in 0..4 {
                for after in 0..4 {
                    let text = format!("{}{secret}{}", "x".repeat(before), "y".repeat(after));
                    for encoded in [STANDARD.encode(&text), URL_SAFE.encode(&text)] {
                        let forms = forms(secret, Rules::default());
                        let longest = forms
                            .iter()
                            .filter(|form| encoded.contains(form.as_str()))
                            .map(String::len)
                            .max();
                        let most = secret.len() * 4 / 3 - 2;
                        assert!(longest >= Some(most), "{secret} in {encoded}");
                    }
                }
            }
        }
        check("abcd", false, &["YWJjZA=="]);
        check(
            "hunter2",
            false,
            &["aHVudGVyM", "aHVudGVyMg", "aHVudGVyMg=="],
        );
    }

    #[test]
    fn what_would_be_found_everywhere_is_not_searched_for() {
        let check = |secret: &str, minimum: i64, expect: &[&str]| {
            let mut forms = forms(secret, Rules::new(minimum, false));
            forms.sort();
            forms.dedup();
            assert_eq!(forms, expect, "{secret}");
        };
        check("ab", 0, &["YWI=", "ab"]);
        check("\"a\"", 0, &["\"a\"", "%22a%22", "ImEi", "\\\"a\\\""]);
        check("'a'", 0, &["%27a%27", "'a'", "J2En"]);
        check(
            r"\t\t",
            0,
            &["%5Ct%5Ct", "%5ct%5ct", "XHRcdA==", r"\\t\\t", r"\t\t"],
        );
        check(" ab ", 4, &[" ab "]);
    }

    proptest! {
        #[test]
        fn any_base64_of_a_text_with_the_secret_in_it_has_a_form(
            before in prop::collection::vec(any::<u8>(), 0..6),
            secret in "\\PC{5,20}",
            after in prop::collection::vec(any::<u8>(), 0..6),
        ) {
            prop_assume!(secret.trim() == secret);
            let forms = forms(&secret, Rules::default());
            let text = [&before, secret.as_bytes(), &after].concat();
            for encoded in [STANDARD.encode(&text), URL_SAFE.encode(&text)] {
                prop_assert!(forms.iter().any(|form| encoded.contains(form.as_str())));
            }
        }
    }
}
