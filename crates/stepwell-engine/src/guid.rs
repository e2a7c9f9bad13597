//! Identifiers of connections and of timeline records.

/// Digits between hyphens.
const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];

/// The GUID that `text` is, in lower case with hyphens.
///
/// The text may have braces around it and may have no hyphens.
pub(crate) fn parse(text: &str) -> Option<String> {
    let text = text.trim();
    let inner = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .unwrap_or(text);
    let digits = if inner.contains('-') {
        let groups: Vec<&str> = inner.split('-').collect();
        let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
        (lengths == GROUPS).then(|| groups.concat())?
    } else {
        inner.to_owned()
    };
    let fits = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !fits {
        return None;
    }
    let mut rest = digits.to_ascii_lowercase();
    let mut groups = Vec::with_capacity(GROUPS.len());
    for length in GROUPS {
        let after = rest.split_off(length);
        groups.push(std::mem::replace(&mut rest, after));
    }
    Some(groups.join("-"))
}

/// Whether all digits of a parsed GUID are 0.
pub(crate) fn is_zero(guid: &str) -> bool {
    guid.bytes().all(|byte| matches!(byte, b'0' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_are_read_as_people_write_them() {
        let expect = "01234567-89ab-cdef-0123-456789abcdef";
        for text in [
            "01234567-89AB-cdef-0123-456789abcdef",
            "{01234567-89ab-cdef-0123-456789abcdef}",
            " 0123456789abcdef0123456789ABCDEF ",
        ] {
            assert_eq!(parse(text).as_deref(), Some(expect), "{text}");
        }
        for text in [
            "",
            "blah",
            "0123",
            "0123456-789ab-cdef-0123-456789abcdef",
            "{}",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert!(is_zero(
            &parse("00000000-0000-0000-0000-000000000000").unwrap()
        ));
        assert!(!is_zero(expect));
    }
}
