//! Numbers: exact decimals.
//!
//! Azure Pipelines' expression language counts in decimals of 96 bits with up to 28 places, not in
//! binary floating point. That shows: `eq(0.1, '0.10')` is true by digits instead of by luck, and
//! ids beyond 2^53 stay different from their neighbours. A [`Number`] is kept in its shortest form,
//! so `1.10` and `1.1`, and `-0.0` and `0`, are the same value.

use std::cmp::Ordering;
use std::fmt;

/// The largest mantissa: 96 bits.
const MAX_MANTISSA: i128 = (1 << 96) - 1;

/// The most places behind the point that are kept.
const MAX_SCALE: u32 = 28;

/// The most places behind the point that the text of a number shows.
const SHOWN_SCALE: u32 = 7;

/// An exact decimal number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Number {
    mantissa: i128,
    /// Places behind the point; the last of them is not zero.
    scale: u32,
}

impl Number {
    /// Zero, which null and the empty string convert to.
    pub const ZERO: Self = Self::integer(0);

    /// One, which `true` converts to.
    pub const ONE: Self = Self::integer(1);

    const fn integer(mantissa: i128) -> Self {
        Self { mantissa, scale: 0 }
    }

    fn shortest(mut mantissa: i128, mut scale: u32) -> Self {
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Self { mantissa, scale }
    }

    /// A number as an expression writes it: digits with one optional point and a sign.
    #[must_use]
    pub fn parse_literal(text: &str) -> Option<Self> {
        Self::read(text, false)
    }

    /// A number in a string, in Azure Pipelines' expression language: blanks around it, a sign and
    /// commas between the digits before the point are allowed; the empty string is zero.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::ZERO);
        }
        let blank = |letter: char| matches!(letter, '\t'..='\r' | ' ');
        Self::read(text.trim_matches(blank), true)
    }

    fn read(text: &str, grouped: bool) -> Option<Self> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mut mantissa, mut scale): (i128, u32) = (0, 0);
        let (mut any, mut point, mut full) = (false, false, false);
        for letter in digits.chars() {
            match letter {
                '0'..='9' => {
                    any = true;
                    let digit = i128::from(u32::from(letter) - u32::from('0'));
                    let longer = mantissa * 10 + digit;
                    match point {
                        _ if full => {}
                        false if longer > MAX_MANTISSA => return None,
                        true if longer > MAX_MANTISSA || scale == MAX_SCALE => {
                            mantissa += i128::from(digit >= 5 && mantissa < MAX_MANTISSA);
                            full = true;
                        }
                        _ => {
                            mantissa = longer;
                            scale += u32::from(point);
                        }
                    }
                }
                '.' if !point => point = true,
                ',' if grouped && any && !point => {}
                _ => return None,
            }
        }
        any.then(|| Self::shortest(sign * mantissa, scale))
    }

    /// The decimal that is closest to a binary floating-point number; `None` if it is too large or
    /// not finite.
    #[must_use]
    pub fn from_f64(number: f64) -> Option<Self> {
        // The shortest text that reads back as the same number, never with an exponent.
        Self::parse_literal(&format!("{number}"))
    }

    /// The nearest binary floating-point number.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "the nearest number is asked for"
    )]
    pub fn to_f64(self) -> f64 {
        self.mantissa as f64 / 10_f64.powi(self.scale.cast_signed())
    }

    /// The number as an integer, if it has no fraction and fits.
    #[must_use]
    pub fn to_i64(self) -> Option<i64> {
        match self.scale {
            0 => i64::try_from(self.mantissa).ok(),
            _ => None,
        }
    }

    /// The number without its fraction, if it can be a position in a list.
    pub(crate) fn to_position(self) -> Option<usize> {
        usize::try_from(self.parts().0).ok()
    }

    pub(crate) fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// The whole number below, and the distance to it in units of the last possible place.
    fn parts(self) -> (i128, i128) {
        let unit = 10_i128.pow(self.scale);
        (
            self.mantissa.div_euclid(unit),
            self.mantissa.rem_euclid(unit) * 10_i128.pow(MAX_SCALE - self.scale),
        )
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self::integer(i128::from(number))
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self::integer(i128::from(number))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The format `0.#######` of Azure Pipelines' expression language: no thousands separators, at most
/// seven places, rounded half away from zero, no trailing zeros.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = *self;
        if let Some(surplus) = self.scale.checked_sub(SHOWN_SCALE) {
            let unit = 10_i128.pow(surplus);
            let rest = self.mantissa % unit;
            let rounding = i128::from(rest.abs() * 2 >= unit && rest != 0) * self.mantissa.signum();
            shown = Self::shortest(self.mantissa / unit + rounding, SHOWN_SCALE);
        }
        let unit = 10_i128.pow(shown.scale);
        let sign = if shown.mantissa < 0 { "-" } else { "" };
        let whole = (shown.mantissa / unit).abs();
        match shown.scale as usize {
            0 => write!(f, "{sign}{whole}"),
            places => {
                let fraction = (shown.mantissa % unit).abs();
                write!(f, "{sign}{whole}.{fraction:0places$}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Number;

    #[track_caller]
    fn check(text: &str, expect: Option<&str>) {
        let shown = Number::parse(text).map(|number| number.to_string());
        assert_eq!(shown.as_deref(), expect, "{text:?}");
    }

    #[test]
    fn text_of_a_number_is_its_shortest_form() {
        for (text, shown) in [
            ("1.10", "1.1"),
            ("123456.000", "123456"),
            ("-0.0", "0"),
            (".5", "0.5"),
            ("-.5", "-0.5"),
            ("5.", "5"),
            ("007", "7"),
            ("1.23456789", "1.2345679"),
            ("1.99999995", "2"),
            ("-1.00000005", "-1.0000001"),
            ("0.00000004", "0"),
            ("-0.00000004", "0"),
            ("1000000.0000001", "1000000.0000001"),
        ] {
            check(text, Some(shown));
        }
    }

    #[test]
    fn numbers_in_strings_may_have_blanks_a_sign_and_commas() {
        check("", Some("0"));
        check(" +123,456.789 ", Some("123456.789"));
        check("\t-1,2,,3\n", Some("-123"));
        check("1,.5", Some("1.5"));
        for text in [
            " ", "+", "-", ".", ",1", "1.5,0", "1 2", "- 1", "1-", "--1", "1e5", "0x1", "1.2.3",
            "١", "1\u{a0}", "NaN", "inf",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn only_strings_may_have_commas() {
        assert_eq!(Number::parse_literal("1,2"), None);
        assert_eq!(Number::parse_literal(" 1"), None);
        assert_eq!(Number::parse_literal(""), None);
    }

    #[test]
    fn ninety_six_bits_fit_and_more_do_not() {
        check(
            "79228162514264337593543950335",
            Some("79228162514264337593543950335"),
        );
        check("79228162514264337593543950336", None);
        check(&"9".repeat(10_000), None);
        assert_eq!(
            Number::parse(&format!("0.{}", "3".repeat(10_000))),
            Number::parse(&format!("0.{}", "3".repeat(28)))
        );
        check(
            &format!("79228162514264337593543950335.{}", "9".repeat(40)),
            Some("79228162514264337593543950335"),
        );
    }

    #[test]
    fn order_is_by_value() {
        let ascending = [
            "-79228162514264337593543950335",
            "-1.5",
            "-1.49",
            "-0.1",
            "0",
            "0.0000000000000000000000000001",
            "0.5",
            "1",
            "9007199254740992",
            "9007199254740993",
        ];
        let numbers: Vec<_> = ascending
            .iter()
            .filter_map(|text| Number::parse(text))
            .collect();
        assert_eq!(numbers.len(), ascending.len());
        assert!(
            numbers.is_sorted_by(|left, right| left < right),
            "{numbers:?}"
        );
    }

    #[test]
    fn floating_point_numbers_become_their_shortest_decimal() {
        assert_eq!(Number::from_f64(0.1), Number::parse("0.1"));
        assert_eq!(Number::from_f64(-2.5e3), Some(Number::from(-2500_i64)));
        for number in [f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(Number::from_f64(number), None);
        }
    }

    #[test]
    fn positions_are_whole_and_not_negative() {
        assert_eq!(Number::parse("1.9").and_then(Number::to_position), Some(1));
        assert_eq!(Number::parse("-0.5").and_then(Number::to_position), None);
        assert_eq!(
            Number::parse("99999999999999999999").and_then(Number::to_position),
            None
        );
    }
}
