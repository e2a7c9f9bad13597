//! How random a text looks.

/// Shannon entropy in bits per character: 0 for one character repeated, at most 4 for hexadecimal
/// text, at most 6 for base64. A short text cannot reach the most that its alphabet allows: 16
/// different characters are 4 bits, whatever they are.
#[must_use]
pub fn bits_per_character(text: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count = count.saturating_add(1);
        }
    }
    let total: f64 = counts.iter().copied().map(f64::from).sum();
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f64::from(*count) / total;
            -share * share.log2()
        })
        .sum()
}

/// Hexadecimal text is held to less than other text: its alphabet has only 4 bits, of which 32
/// random digits often reach no more than 3.3.
const HEX_CEILING: f64 = 3.0;

/// Whether `text` reaches `threshold`, which is meant for text of mixed letters and digits;
/// hexadecimal text has to reach 3 or the threshold, whichever is lower.
#[must_use]
pub fn looks_random(text: &[u8], threshold: f64) -> bool {
    let is_hex = text.iter().all(u8::is_ascii_hexdigit);
    let needed = if is_hex {
        threshold.min(HEX_CEILING)
    } else {
        threshold
    };
    bits_per_character(text) >= needed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_counts_how_evenly_characters_are_used() {
        for (text, expected) in [
            ("", 0.0),
            ("aaaaaaaa", 0.0),
            ("abababab", 1.0),
            ("abcdabcd", 2.0),
            ("0123456789abcdef", 4.0),
        ] {
            let bits = bits_per_character(text.as_bytes());
            assert!((bits - expected).abs() < 1e-9, "{text}: {bits}");
        }
    }

    #[test]
    fn hexadecimal_text_is_held_to_a_lower_threshold() {
        let hex = b"3f9a1c07e5d2486b90fa17c3d84e6233";
        let words = b"the-same-length-in-plain-words--";
        assert!(bits_per_character(hex) < 4.0);
        assert!(looks_random(hex, 4.0));
        assert!(!looks_random(words, 4.0));
        assert!(looks_random(words, 3.0));
        assert!(!looks_random(b"00000000111111112222222233333333", 4.0));
    }
}
