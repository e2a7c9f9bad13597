//! Bytes to text.

use std::borrow::Cow;

/// The text of `bytes`: UTF-16 where a byte order mark or a first `<` shows it, otherwise UTF-8.
///
/// What is neither becomes U+FFFD. The markup of every encoding that tools use is ASCII, so a file in
/// another one gives the same counts, and names that are hard to read.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest),
        [0xFF, 0xFE, rest @ ..] => Cow::Owned(utf16(rest, u16::from_le_bytes)),
        [0xFE, 0xFF, rest @ ..] => Cow::Owned(utf16(rest, u16::from_be_bytes)),
        [b'<', 0, ..] => Cow::Owned(utf16(bytes, u16::from_le_bytes)),
        [0, b'<', ..] => Cow::Owned(utf16(bytes, u16::from_be_bytes)),
        _ => String::from_utf8_lossy(bytes),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (pairs, _) = bytes.as_chunks::<2>();
    char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .map(|decoded| decoded.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn every_byte_order_is_read() {
        let little = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let files: [Vec<u8>; 6] = [
            "<ä/>".into(),
            "\u{FEFF}<ä/>".into(),
            little("<ä/>"),
            little("\u{FEFF}<ä/>"),
            big("<ä/>"),
            big("\u{FEFF}<ä/>"),
        ];
        for bytes in files {
            assert_eq!(decode(&bytes), "<ä/>", "{bytes:x?}");
        }
    }

    #[test]
    fn what_is_no_text_is_replaced() {
        assert_eq!(
            decode(b"<a>gr\xF6\xDFer</a>"),
            "<a>gr\u{FFFD}\u{FFFD}er</a>"
        );
        assert_eq!(decode(b"\xFF\xFE\x00\xD8<\x00!"), "\u{FFFD}<");
        assert_eq!(decode(b""), "");
    }
}
