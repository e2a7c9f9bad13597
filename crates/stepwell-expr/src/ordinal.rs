//! Text without regard to case, the same on every machine.
//!
//! Azure Pipelines' expression language compares text "ordinal, ignoring case": letter by letter,
//! without a locale. A letter that has a longer upper-case form keeps its own (`ß` is not `SS`), and
//! no letter outside of ASCII is the same as one inside, so the Turkish `ı` and `İ` are never `i`.

use std::cmp::Ordering;

/// The letter that stands for all cases of `letter`.
fn fold(letter: char) -> char {
    single(letter, letter.to_uppercase())
}

/// The mapped letter if there is exactly one and it does not cross the border of ASCII.
fn single(letter: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(only), None) if letter.is_ascii() == only.is_ascii() => only,
        _ => letter,
    }
}

/// The text with every letter folded; two texts are the same without case if this is equal.
pub(crate) fn folded(text: &str) -> String {
    text.chars().map(fold).collect()
}

/// The text in upper case.
pub(crate) fn upper(text: &str) -> String {
    folded(text)
}

/// The text in lower case.
pub(crate) fn lower(text: &str) -> String {
    text.chars()
        .map(|letter| single(letter, letter.to_lowercase()))
        .collect()
}

/// Whether the texts are the same without regard to case.
pub(crate) fn same(left: &str, right: &str) -> bool {
    left.chars().map(fold).eq(right.chars().map(fold))
}

/// How the texts are ordered without regard to case.
pub(crate) fn compare(left: &str, right: &str) -> Ordering {
    left.chars().map(fold).cmp(right.chars().map(fold))
}

/// The byte ranges of `text` that are `wanted` without regard to case, from left to right without
/// overlap. Nothing is found for an empty `wanted`.
pub(crate) fn matches(text: &str, wanted: &str) -> Vec<std::ops::Range<usize>> {
    if wanted.is_empty() {
        return Vec::new();
    }
    let image = folded(text);
    let wanted = folded(wanted);
    // Folding keeps the number of letters but not of bytes, so both texts are walked in step.
    let mut letters = text.char_indices().zip(image.char_indices()).peekable();
    let mut origin = |target: usize| {
        while let Some(((original, _), (folded, _))) = letters.peek() {
            if *folded == target {
                return *original;
            }
            letters.next();
        }
        text.len()
    };
    image
        .match_indices(&wanted)
        .map(|(start, _)| origin(start)..origin(start + wanted.len()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{compare, folded, lower, matches, same, upper};
    use std::cmp::Ordering;

    #[test]
    fn case_is_ignored_letter_by_letter() {
        assert!(same("insensITIVE", "INSENSitive"));
        assert!(same("Ärger", "äRGER"));
        assert!(!same("straße", "STRASSE"));
        assert_eq!(compare("def", "ABC"), Ordering::Greater);
        assert_eq!(compare("a", "B"), Ordering::Less);
    }

    #[test]
    fn turkish_letters_are_not_the_letter_i() {
        for letter in ["ı", "İ"] {
            assert!(!same(letter, "i"), "{letter}");
            assert!(!same(letter, "I"), "{letter}");
            assert_eq!(lower(letter), letter);
            assert_eq!(upper(letter), letter);
        }
        assert!(same("TITLE", "title"));
    }

    #[test]
    fn matches_are_ranges_of_the_original_text() {
        // U+0250 has two bytes, its upper case U+2C6F three.
        let text = "\u{250}xX\u{250}";
        assert_ne!(text.len(), folded(text).len());
        assert_eq!(matches(text, "X"), [2..3, 3..4]);
        assert_eq!(matches(text, "\u{2c6f}"), [0..2, 4..6]);
        assert_eq!(matches("aaaaa", "aa"), [0..2, 2..4]);
        assert_eq!(matches("abc", ""), []);
        assert_eq!(matches("", "a"), []);
    }
}
