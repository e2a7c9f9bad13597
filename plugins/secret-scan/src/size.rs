//! A size as people write it.

use stepwell_task::bindings::stepwell::task::description::InputType;
use stepwell_task::{DefaultFor, FromInput};

/// A number of bytes, written `1MiB`, `512KiB`, `2GiB` or `1000`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

const UNITS: [(&str, u32); 4] = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("B", 0)];

impl FromInput for Size {
    const KIND: InputType = InputType::Text;

    fn from_input(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (number, shift) = UNITS
            .into_iter()
            .find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, shift)))
            .unwrap_or((text, 0));
        let number: Option<u64> = number.trim_end().parse().ok();
        number
            .and_then(|number| number.checked_mul(1 << shift))
            .map(Self)
            .ok_or_else(|| format!("`{text}` is no size; write it like `512KiB` or `1MiB`"))
    }
}

impl DefaultFor<Size> for &str {
    fn into_text(self) -> String {
        self.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_binary_units() {
        for (text, expected) in [
            ("0", Some(0)),
            ("1000", Some(1000)),
            ("12B", Some(12)),
            ("512KiB", Some(512 << 10)),
            (" 1 MiB ", Some(1 << 20)),
            ("2GiB", Some(2 << 30)),
            ("1MB", None),
            ("-1", None),
            ("MiB", None),
            ("99999999999999GiB", None),
        ] {
            let size = Size::from_input(text).ok().map(|size| size.0);
            assert_eq!(size, expected, "{text}");
        }
        assert_eq!(
            Size::from_input("1 MB").unwrap_err(),
            "`1 MB` is no size; write it like `512KiB` or `1MiB`"
        );
    }
}
