//! Text that nobody vouches for, made safe to show on a terminal.
//!
//! What a guest writes could move the cursor, set the window's title, answer queries as if typed,
//! or make a line read differently from its bytes. Such characters become visible instead of being
//! dropped: a reader sees that they were there.

use std::borrow::Cow;
use std::fmt::Write;

/// `text` with every character that a terminal acts on made visible. It has no line ends afterwards.
///
/// Control characters become control pictures (`␛`), all others their escape (`\u{202e}`). Tabs
/// stay.
#[must_use]
pub fn hostile(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find(is_active) else {
        return Cow::Borrowed(text);
    };
    let (clean, rest) = text.split_at(first);
    let mut safe = String::with_capacity(text.len() + 16);
    safe.push_str(clean);
    rest.chars().for_each(|ch| push(&mut safe, ch));
    Cow::Owned(safe)
}

/// As [`hostile`], for text of several lines: line ends stay, and `\r\n` is one.
pub(crate) fn hostile_lines(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line.strip_suffix('\r').unwrap_or(line), "\n"),
            None => (line, ""),
        };
        safe.push_str(&hostile(line));
        safe.push_str(end);
    }
    safe
}

/// JSON text with the same characters as escapes: other bytes, but the same values for whoever
/// parses it. In JSON they can only stand inside of strings.
pub(crate) fn hostile_json(json: String) -> String {
    if !json.contains(is_active) {
        return json;
    }
    let mut safe = String::with_capacity(json.len() + 16);
    for ch in json.chars() {
        if !is_active(ch) {
            safe.push(ch);
            continue;
        }
        for unit in ch.encode_utf16(&mut [0; 2]) {
            // Writing to a string does not fail.
            let _ = write!(safe, "\\u{unit:04x}");
        }
    }
    safe
}

fn push(safe: &mut String, ch: char) {
    if !is_active(ch) {
        safe.push(ch);
        return;
    }
    let picture = match u32::from(ch) {
        code @ 0..0x20 => char::from_u32(0x2400 + code),
        0x7f => Some('␡'),
        _ => None,
    };
    match picture {
        Some(picture) => safe.push(picture),
        // Writing to a string does not fail.
        None => drop(write!(safe, "{}", ch.escape_unicode())),
    }
}

/// Whether a terminal, or the algorithm that orders text, does something else than show it.
fn is_active(ch: char) -> bool {
    match ch {
        '\t' | ' '..='~' => false,
        // C0, DEL and C1.
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        // Marks, embeddings, overrides and isolates of the bidirectional algorithm.
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}'
        // Line and paragraph separator.
        | '\u{2028}' | '\u{2029}'
        // Invisible: byte order mark, annotations, tags.
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn active_characters_become_visible() {
        let table = [
            ("", ""),
            (
                "plain text, ünïcode, 漢字, 👩‍💻",
                "plain text, ünïcode, 漢字, 👩‍💻",
            ),
            ("a\tb", "a\tb"),
            ("a\u{1b}[2Jb", "a␛[2Jb"),
            ("\u{1b}]0;title\u{7}", "␛]0;title␇"),
            ("line\r\nforged", "line␍␊forged"),
            ("back\u{8}\u{7f}", "back␈␡"),
            ("nul\0", "nul␀"),
            ("csi \u{9b}31m", "csi \\u{9b}31m"),
            ("next line \u{85}", "next line \\u{85}"),
            (
                "bidi \u{202e}txt.exe\u{202c}",
                "bidi \\u{202e}txt.exe\\u{202c}",
            ),
            ("isolate \u{2066}x\u{2069}", "isolate \\u{2066}x\\u{2069}"),
            ("mark \u{200f}\u{61c}", "mark \\u{200f}\\u{61c}"),
            ("separator \u{2028}", "separator \\u{2028}"),
            ("tag \u{e0041}", "tag \\u{e0041}"),
        ];
        for (text, expect) in table {
            assert_eq!(hostile(text), expect, "{text:?}");
        }
    }

    #[test]
    fn clean_text_is_not_copied() {
        assert!(matches!(hostile("clean\tünïcode"), Cow::Borrowed(_)));
    }

    #[test]
    fn line_ends_of_source_text_stay() {
        assert_eq!(hostile_lines("a\r\nb\rc\u{1b}\n\n\r"), "a\nb␍c␛\n\n␍");
    }

    #[test]
    fn json_keeps_its_meaning() {
        let text = "a\u{9b}b\u{202e}\u{e0041}\u{7f}\u{1b}é".to_owned();
        let safe = hostile_json(serde_json::to_string(&text).unwrap());
        assert_eq!(safe, r#""a\u009bb\u202e\udb40\udc41\u007f\u001bé""#);
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
    }

    proptest! {
        #[test]
        fn nothing_active_is_left_and_a_second_pass_changes_nothing(text in "\\PC{0,20}|.{0,40}") {
            let once = hostile(&text).into_owned();
            prop_assert!(!once.chars().any(|ch| ch != '\t' && (ch.is_control() || is_active(ch))));
            prop_assert_eq!(hostile(&once), once.as_str());
        }
    }
}
