//! Points in time.
//!
//! No expression can write one, but predefined values such as a run's start time are points in time
//! that `format` shows and that can be compared. The crate has no clock and no time zones: text
//! without an offset is taken as UTC.

use crate::format;
use std::cmp::Ordering;
use std::fmt;

const TICKS_PER_SECOND: i64 = 10_000_000;
const SECONDS_PER_DAY: i64 = 86_400;
/// Seconds from 0001-01-01 to 1970-01-01.
const UNIX_EPOCH: i64 = 719_162 * SECONDS_PER_DAY;
/// The first second of the year 10000, counted from 0001-01-01.
const END: i64 = 3_652_059 * SECONDS_PER_DAY;
/// The largest distance to UTC in minutes.
const MAX_OFFSET: i64 = 14 * 60;

/// A point in time with its distance to UTC, in steps of 100 ns, in the years 1 to 9999.
#[derive(Debug, Clone, Copy)]
pub struct DateTime {
    /// Steps of 100 ns since 0001-01-01 00:00:00 UTC.
    ticks: i64,
    /// Minutes that the local time is ahead of UTC.
    offset: i64,
}

/// A point in time as a calendar and a clock show it.
pub(crate) struct Fields {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
    /// Steps of 100 ns.
    pub(crate) fraction: i64,
}

impl DateTime {
    /// The point in time `seconds` and `nanoseconds` after the start of 1970 in UTC, shown
    /// `offset` minutes ahead of UTC. `None` if it is outside of the years 1 to 9999 or the offset is
    /// more than 14 hours.
    #[must_use]
    pub fn from_unix(seconds: i64, nanoseconds: u32, offset: i16) -> Option<Self> {
        let seconds = seconds.checked_add(UNIX_EPOCH)?;
        Self::new(seconds, i64::from(nanoseconds) / 100, offset.into())
    }

    fn new(seconds: i64, fraction: i64, offset: i64) -> Option<Self> {
        let local = seconds.checked_add(offset.checked_mul(60)?)?;
        let valid = (0..END).contains(&seconds)
            && (0..END).contains(&local)
            && (0..TICKS_PER_SECOND).contains(&fraction)
            && offset.abs() <= MAX_OFFSET;
        valid.then(|| Self {
            ticks: seconds * TICKS_PER_SECOND + fraction,
            offset,
        })
    }

    fn from_fields(fields: &Fields, offset: i64) -> Option<Self> {
        let valid = (1..=9999).contains(&fields.year)
            && (1..=12).contains(&fields.month)
            && (1..=month_days(fields.year, fields.month)).contains(&fields.day)
            && (0..24).contains(&fields.hour)
            && (0..60).contains(&fields.minute)
            && (0..60).contains(&fields.second);
        if !valid {
            return None;
        }
        let before: i64 = (1..fields.month)
            .map(|month| month_days(fields.year, month))
            .sum();
        let days = days_before_year(fields.year) + before + fields.day - 1;
        let minutes = (days * 24 + fields.hour) * 60 + fields.minute - offset;
        Self::new(minutes * 60 + fields.second, fields.fraction, offset)
    }

    pub(crate) fn fields(self) -> Fields {
        let local = self.ticks + self.offset * 60 * TICKS_PER_SECOND;
        let (seconds, fraction) = (local / TICKS_PER_SECOND, local % TICKS_PER_SECOND);
        let (days, clock) = (seconds / SECONDS_PER_DAY, seconds % SECONDS_PER_DAY);
        // A guess that is never too late, as no year is longer than 366 days.
        let mut year = days / 366 + 1;
        while days_before_year(year + 1) <= days {
            year += 1;
        }
        let mut day = days - days_before_year(year);
        let mut month = 1;
        while month < 12 && day >= month_days(year, month) {
            day -= month_days(year, month);
            month += 1;
        }
        Fields {
            year,
            month,
            day: day + 1,
            hour: clock / 3600,
            minute: clock / 60 % 60,
            second: clock % 60,
            fraction,
        }
    }

    /// The same point in time, shown in UTC.
    #[must_use]
    pub fn in_utc(self) -> Self {
        Self { offset: 0, ..self }
    }

    /// The number of the day in its year, from 1.
    #[must_use]
    pub fn day_of_year(self) -> u16 {
        let fields = self.fields();
        let before: i64 = (1..fields.month)
            .map(|month| month_days(fields.year, month))
            .sum();
        u16::try_from(before + fields.day).unwrap_or(0)
    }

    /// The number of the day in its week, from Monday, which is 0.
    #[must_use]
    pub fn day_of_week(self) -> usize {
        // The first day of the year 1 was a Monday.
        let days = (self.ticks / TICKS_PER_SECOND + self.offset * 60) / SECONDS_PER_DAY;
        usize::try_from(days % 7).unwrap_or(0)
    }

    /// The point in time as the specifiers of the language's `format` show it, such as `yyyyMMdd`;
    /// `None` if they cannot be read.
    #[must_use]
    pub fn format(self, specifiers: &str) -> Option<String> {
        format::point_in_time(self, specifiers)
    }

    /// The distance to UTC as `+hh:mm`.
    pub(crate) fn offset_text(self) -> String {
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.abs();
        format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }

    /// Reads `yyyy-M-d H:m:s` with `/` for `-` or `T` for the blank, up to seven places of the
    /// second, and `Z` or a distance to UTC such as `+1:00`, with blanks around it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = Rest(text.trim());
        let year = rest.number(4..=4)?;
        let separator = rest.one_of("-/")?;
        let month = rest.number(1..=2)?;
        rest.one_of(separator)?;
        let day = rest.number(1..=2)?;
        rest.one_of(" T")?;
        let hour = rest.number(1..=2)?;
        rest.one_of(":")?;
        let minute = rest.number(1..=2)?;
        rest.one_of(":")?;
        let second = rest.number(1..=2)?;
        let fraction = match rest.one_of(".") {
            Some(_) => format!("{:0<7}", rest.digits(1..=7)?).parse().ok()?,
            None => 0,
        };
        let offset = match rest.one_of("Z+-") {
            None | Some("Z") => 0,
            Some(sign) => {
                let hours = rest.number(1..=2)?;
                rest.one_of(":")?;
                let minutes = hours * 60 + rest.number(1..=2)?;
                if sign == "-" { -minutes } else { minutes }
            }
        };
        let fields = Fields {
            year,
            month,
            day,
            hour,
            minute,
            second,
            fraction,
        };
        rest.0
            .is_empty()
            .then(|| Self::from_fields(&fields, offset))?
    }
}

/// The days from 0001-01-01 to the start of a year.
fn days_before_year(year: i64) -> i64 {
    let years = year - 1;
    years * 365 + years / 4 - years / 100 + years / 400
}

fn month_days(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The part of a text that was not read yet.
struct Rest<'t>(&'t str);

impl<'t> Rest<'t> {
    fn digits(&mut self, count: std::ops::RangeInclusive<usize>) -> Option<&'t str> {
        let length = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        count.contains(&length).then_some(digits)
    }

    fn number(&mut self, count: std::ops::RangeInclusive<usize>) -> Option<i64> {
        self.digits(count)?.parse().ok()
    }

    /// The next letter if it is one of these ASCII letters.
    fn one_of(&mut self, letters: &str) -> Option<&'t str> {
        let (letter, rest) = self.0.split_at_checked(1)?;
        letters.contains(letter).then(|| {
            self.0 = rest;
            letter
        })
    }
}

/// The same point in time is equal wherever it is shown.
impl PartialEq for DateTime {
    fn eq(&self, other: &Self) -> bool {
        self.ticks == other.ticks
    }
}

impl Eq for DateTime {}

impl Ord for DateTime {
    fn cmp(&self, other: &Self) -> Ordering {
        self.ticks.cmp(&other.ticks)
    }
}

impl PartialOrd for DateTime {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// `yyyy-MM-dd HH:mm:sszzz`, the text that Azure Pipelines' expression language gives.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fields {
            year,
            month,
            day,
            hour,
            minute,
            second,
            ..
        } = self.fields();
        let offset = self.offset_text();
        write!(
            f,
            "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}{offset}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::DateTime;

    #[track_caller]
    fn check(text: &str, expect: Option<&str>) {
        let shown = DateTime::parse(text).map(|time| time.to_string());
        assert_eq!(shown.as_deref(), expect, "{text:?}");
    }

    #[test]
    fn points_in_time_are_read_from_text() {
        check("2026-08-01 07:05:09", Some("2026-08-01 07:05:09+00:00"));
        check(
            " 2026/8/1T7:5:9.25-1:30 ",
            Some("2026-08-01 07:05:09-01:30"),
        );
        check("2024-02-29 00:00:00Z", Some("2024-02-29 00:00:00+00:00"));
        check("0001-01-01 00:00:00Z", Some("0001-01-01 00:00:00+00:00"));
        check("9999-12-31 23:59:59Z", Some("9999-12-31 23:59:59+00:00"));
        for text in [
            "",
            "2026-08-01",
            "2026-08/01 00:00:00",
            "2026-02-29 00:00:00",
            "1900-02-29 00:00:00",
            "2026-13-01 00:00:00",
            "2026-00-01 00:00:00",
            "2026-01-32 00:00:00",
            "2026-01-01 24:00:00",
            "2026-01-01 00:60:00",
            "2026-01-01 00:00:60",
            "2026-01-01 00:00:00.",
            "2026-01-01 00:00:00.12345678",
            "2026-01-01 00:00:00+15:00",
            "2026-01-01 00:00:00Zx",
            "0001-01-01 00:00:00+1:00",
            "26-01-01 00:00:00",
            "2026é",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn unix_time_is_counted_from_1970() {
        let time = DateTime::from_unix(951_782_400, 123_456_789, 120).map(|time| time.to_string());
        assert_eq!(time.as_deref(), Some("2000-02-29 02:00:00+02:00"));
        assert_eq!(DateTime::from_unix(i64::MAX, 0, 0), None);
        assert_eq!(DateTime::from_unix(i64::MIN, 0, i16::MIN), None);
        assert_eq!(DateTime::from_unix(0, u32::MAX, 0), None);
    }

    #[test]
    fn days_are_counted_in_their_year_and_week() {
        for (text, of_year, of_week) in [
            ("0001-01-01 00:00:00", 1, 0),
            ("2024-05-06 21:07:03", 127, 0),
            ("2023-05-06 00:00:00", 126, 5),
            ("2024-12-31 23:59:59", 366, 1),
            ("2024-12-31 23:00:00-5:00", 366, 1),
            ("9999-12-31 23:59:59", 365, 4),
        ] {
            let time = DateTime::parse(text).unwrap();
            assert_eq!(
                (time.day_of_year(), time.day_of_week()),
                (of_year, of_week),
                "{text}"
            );
        }
    }

    #[test]
    fn a_point_in_time_is_shown_by_specifiers_and_in_utc() {
        let time = DateTime::parse("2024-12-31 23:00:00-5:00").unwrap();
        assert_eq!(time.format("yyyyMMdd HH").as_deref(), Some("20241231 23"));
        assert_eq!(
            time.in_utc().format("yyyyMMdd HH").as_deref(),
            Some("20250101 04")
        );
        assert_eq!(time.in_utc(), time);
        assert_eq!(time.format("Q"), None);
    }

    #[test]
    fn order_is_by_the_point_in_time() {
        assert_eq!(
            DateTime::parse("2026-01-01 01:00:00+1:00"),
            DateTime::parse("2026-01-01 00:00:00")
        );
        assert!(DateTime::parse("2026-01-01 00:00:00.1") > DateTime::parse("2026-01-01 00:00:00"));
    }
}
