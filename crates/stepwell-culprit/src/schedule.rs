//! When to look at a branch again.
//!
//! Pure: the time is handed in. A moment that was missed, because the machine slept or the program
//! did not run, is made up for once, however many there were.

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use std::time::Duration;
use thiserror::Error;

/// The fields of a pattern, in their order.
const FIELDS: [&str; 5] = [
    "minute",
    "hour",
    "day of the month",
    "month",
    "day of the week",
];

/// The shortest interval. A shorter one would do nothing but look.
const SHORTEST: Duration = Duration::from_secs(1);

/// The longest interval.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// When to look.
#[derive(Debug, Clone)]
pub struct Schedule(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Cron(Box<Cron>),
    Every(TimeDelta),
}

/// Why a text is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScheduleError {
    /// It does not have five fields.
    #[error("a pattern has five fields, {}; this one has {found}", FIELDS.join(", "))]
    Fields {
        /// How many it has.
        found: usize,
    },
    /// A field cannot be used.
    #[error("the {name} cannot be `{text}`")]
    Field {
        /// Which.
        name: &'static str,
        /// What it says.
        text: String,
    },
    /// It cannot be used for another reason.
    #[error("`{0}` is no pattern")]
    Pattern(String),
    /// No day fits, as with the 30th of February.
    #[error("`{0}` never comes: no day fits it")]
    Never(String),
    /// The interval is too short or too long.
    #[error("an interval is between one second and 366 days")]
    Interval,
}

impl Schedule {
    /// A pattern of five fields, as of cron: minute, hour, day of the month, month, day of the week.
    /// Names of months and days, lists, ranges, steps, `L` (last), `#` (as in `MON#2`, the second
    /// Monday), `W` (nearest weekday) and `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly` may be
    /// used.
    ///
    /// # Errors
    ///
    /// The text is none, or its moment never comes.
    pub fn cron(text: &str) -> Result<Self, ScheduleError> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        if !text.trim_start().starts_with('@') {
            if fields.len() != FIELDS.len() {
                return Err(ScheduleError::Fields {
                    found: fields.len(),
                });
            }
            for (place, (name, field)) in FIELDS.into_iter().zip(&fields).enumerate() {
                let mut alone = ["*"; FIELDS.len()];
                if let Some(slot) = alone.get_mut(place) {
                    *slot = field;
                }
                if parse(&alone.join(" ")).is_none() {
                    let text = (*field).to_owned();
                    return Err(ScheduleError::Field { name, text });
                }
            }
        }
        let cron = parse(text).ok_or_else(|| ScheduleError::Pattern(text.to_owned()))?;
        if cron
            .find_next_occurrence(&DateTime::<Utc>::UNIX_EPOCH, true)
            .is_err()
        {
            return Err(ScheduleError::Never(text.to_owned()));
        }
        Ok(Self(Kind::Cron(Box::new(cron))))
    }

    /// Again and again, so long after the beginning of the time before.
    ///
    /// # Errors
    ///
    /// The interval is too short or too long.
    pub fn every(interval: Duration) -> Result<Self, ScheduleError> {
        if !(SHORTEST..=LONGEST).contains(&interval) {
            return Err(ScheduleError::Interval);
        }
        let interval = TimeDelta::from_std(interval).map_err(|_| ScheduleError::Interval)?;
        Ok(Self(Kind::Every(interval)))
    }

    /// When to look next: `now` if a moment was missed since `last`, the beginning of the time before.
    /// The first time is at once for an interval, and at its moment for a pattern. `None` if the
    /// calendar ends.
    ///
    /// A pattern is read in the time zone of `now`. Where clocks go forward, a moment that is left out
    /// comes at the first one after the gap; where they go back, one that comes twice counts once.
    #[must_use]
    pub fn next<Tz: TimeZone>(
        &self,
        last: Option<&DateTime<Tz>>,
        now: &DateTime<Tz>,
    ) -> Option<DateTime<Tz>> {
        // A clock that was set back must not make it wait for the time that it has left.
        let last = last.filter(|last| *last <= now);
        let due = match (&self.0, last) {
            (Kind::Cron(cron), last) => {
                cron.find_next_occurrence(last.unwrap_or(now), false).ok()?
            }
            (Kind::Every(interval), Some(last)) => last.clone().checked_add_signed(*interval)?,
            (Kind::Every(_), None) => now.clone(),
        };
        Some(due.max(now.clone()))
    }
}

fn parse(pattern: &str) -> Option<Cron> {
    CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build()
        .parse(pattern)
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{FixedOffset, MappedLocalTime, NaiveDate, NaiveDateTime};

    /// A place whose clocks go from +1 to +2 at 2026-03-29 01:00 UTC, and back at 2026-10-25 01:00 UTC.
    #[derive(Debug, Clone, Copy)]
    struct Town;

    fn offset(hours: i32) -> FixedOffset {
        FixedOffset::east_opt(hours * 3600).unwrap()
    }

    fn naive(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }

    impl TimeZone for Town {
        type Offset = FixedOffset;

        fn from_offset(_: &FixedOffset) -> Self {
            Self
        }

        fn offset_from_local_date(&self, local: &NaiveDate) -> MappedLocalTime<FixedOffset> {
            self.offset_from_local_datetime(&local.and_hms_opt(12, 0, 0).unwrap())
        }

        fn offset_from_local_datetime(
            &self,
            local: &NaiveDateTime,
        ) -> MappedLocalTime<FixedOffset> {
            let between = |from, to| *local >= naive(from) && *local < naive(to);
            if between("2026-03-29 02:00", "2026-03-29 03:00") {
                MappedLocalTime::None
            } else if between("2026-10-25 02:00", "2026-10-25 03:00") {
                MappedLocalTime::Ambiguous(offset(2), offset(1))
            } else if between("2026-03-29 03:00", "2026-10-25 02:00") {
                MappedLocalTime::Single(offset(2))
            } else {
                MappedLocalTime::Single(offset(1))
            }
        }

        fn offset_from_utc_date(&self, utc: &NaiveDate) -> FixedOffset {
            self.offset_from_utc_datetime(&utc.and_hms_opt(12, 0, 0).unwrap())
        }

        fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> FixedOffset {
            let summer = naive("2026-03-29 01:00")..naive("2026-10-25 01:00");
            offset(if summer.contains(utc) { 2 } else { 1 })
        }
    }

    fn at(text: &str) -> DateTime<Town> {
        DateTime::parse_from_rfc3339(text)
            .unwrap()
            .with_timezone(&Town)
    }

    #[track_caller]
    fn check(schedule: &Schedule, last: Option<&str>, now: &str, expect: &str) {
        let next = schedule.next(last.map(at).as_ref(), &at(now)).unwrap();
        assert_eq!(next.to_rfc3339(), expect);
    }

    #[test]
    fn a_pattern_comes_at_its_moment_in_local_time() {
        let nightly = Schedule::cron("30 3 * * *").unwrap();
        check(
            &nightly,
            None,
            "2026-02-01T10:00:00+01:00",
            "2026-02-02T03:30:00+01:00",
        );
        check(
            &nightly,
            None,
            "2026-07-01T03:29:59+02:00",
            "2026-07-01T03:30:00+02:00",
        );
        let last = Some("2026-07-01T03:30:00+02:00");
        check(
            &nightly,
            last,
            "2026-07-01T03:30:00+02:00",
            "2026-07-02T03:30:00+02:00",
        );
    }

    #[test]
    fn moments_that_were_missed_are_made_up_for_once() {
        let hourly = Schedule::cron("@hourly").unwrap();
        let (last, now) = ("2026-02-01T10:00:00+01:00", "2026-02-03T07:20:00+01:00");
        check(&hourly, Some(last), now, now);
        check(
            &hourly,
            Some(now),
            "2026-02-03T07:21:00+01:00",
            "2026-02-03T08:00:00+01:00",
        );

        let every = Schedule::every(Duration::from_secs(3600)).unwrap();
        check(&every, Some(last), now, now);
        check(
            &every,
            Some(now),
            "2026-02-03T07:21:00+01:00",
            "2026-02-03T08:20:00+01:00",
        );
    }

    #[test]
    fn an_interval_begins_at_once() {
        let every = Schedule::every(Duration::from_secs(3600)).unwrap();
        let now = "2026-02-03T07:20:00+01:00";
        check(&every, None, now, now);
        // The clock was set back by a day.
        check(&every, Some("2026-02-04T07:20:00+01:00"), now, now);
    }

    #[test]
    fn a_moment_that_clocks_leave_out_comes_after_the_gap() {
        let nightly = Schedule::cron("30 2 * * *").unwrap();
        let last = Some("2026-03-28T02:30:00+01:00");
        check(
            &nightly,
            last,
            "2026-03-29T00:00:00+01:00",
            "2026-03-29T03:00:00+02:00",
        );
        let last = Some("2026-03-29T03:00:00+02:00");
        check(
            &nightly,
            last,
            "2026-03-29T03:00:01+02:00",
            "2026-03-30T02:30:00+02:00",
        );
    }

    #[test]
    fn a_moment_that_comes_twice_counts_once() {
        let nightly = Schedule::cron("30 2 * * *").unwrap();
        check(
            &nightly,
            None,
            "2026-10-25T00:00:00+02:00",
            "2026-10-25T02:30:00+02:00",
        );
        let last = Some("2026-10-25T02:30:00+02:00");
        check(
            &nightly,
            last,
            "2026-10-25T02:31:00+02:00",
            "2026-10-26T02:30:00+01:00",
        );
    }

    #[test]
    fn lasts_and_numbers_and_names_can_be_used() {
        let now = "2026-02-01T10:00:00+01:00";
        let cases = [
            ("0 4 L * *", "2026-02-28T04:00:00+01:00"),
            ("0 4 * * MON#2", "2026-02-09T04:00:00+01:00"),
            ("0 4 * * FRI#L", "2026-02-27T04:00:00+01:00"),
            ("*/20 6-8 * MAR Mon-Fri", "2026-03-02T06:00:00+01:00"),
            ("@weekly", "2026-02-08T00:00:00+01:00"),
            ("0 0 29 2 *", "2028-02-29T00:00:00+01:00"),
        ];
        for (text, expect) in cases {
            check(&Schedule::cron(text).unwrap(), None, now, expect);
        }
    }

    #[test]
    fn a_wrong_pattern_says_which_field() {
        let cases = [
            ("0 25 * * *", "the hour cannot be `25`"),
            ("61 4 * * *", "the minute cannot be `61`"),
            ("0 4 32 * *", "the day of the month cannot be `32`"),
            ("0 4 * FEBR *", "the month cannot be `FEBR`"),
            ("0 4 * * MON#6", "the day of the week cannot be `MON#6`"),
            ("0 4 30 2 *", "`0 4 30 2 *` never comes: no day fits it"),
            ("@yesterday", "`@yesterday` is no pattern"),
            (
                "0 4 * *",
                "a pattern has five fields, minute, hour, day of the month, month, day of the week; \
                 this one has 4",
            ),
            (
                "",
                "a pattern has five fields, minute, hour, day of the month, month, day of the week; \
                 this one has 0",
            ),
        ];
        for (text, words) in cases {
            assert_eq!(Schedule::cron(text).unwrap_err().to_string(), words);
        }
        let tenth = Schedule::every(Duration::from_millis(100)).unwrap_err();
        assert_eq!(tenth, ScheduleError::Interval);
    }
}
