//! How long tests took, as tools write it.
//!
//! A time is shown, never decided on: what cannot be read counts as none.

use std::time::Duration;

/// Seconds with a fraction: `0.012`, `1,234.5` (Surefire groups digits) or `0,012` (a locale with a
/// decimal comma).
pub(crate) fn seconds(text: &str) -> Duration {
    let text = text.trim();
    let number = if text.contains('.') {
        text.replace(',', "")
    } else {
        text.replace(',', ".")
    };
    number
        .parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .unwrap_or_default()
}

/// Hours, minutes and seconds of .NET: `00:00:01.2345678`, `1.02:03:04`.
pub(crate) fn clock(text: &str) -> Duration {
    read_clock(text).unwrap_or_default()
}

fn read_clock(text: &str) -> Option<Duration> {
    let (hours, rest) = text.trim().split_once(':')?;
    let (minutes, rest) = rest.split_once(':')?;
    let (days, hours) = hours.split_once('.').unwrap_or(("0", hours));
    let whole = |text: &str| text.parse::<u32>().ok().map(u64::from);
    let hours = whole(days)? * 24 + whole(hours)?;
    let minutes = hours * 60 + whole(minutes)?;
    Some(Duration::from_secs(minutes * 60).saturating_add(seconds(rest)))
}

#[cfg(test)]
mod tests {
    use super::{clock, seconds};
    use std::time::Duration;

    #[test]
    fn seconds_are_read_as_tools_write_them() {
        for (text, millis) in [
            ("0.012", 12),
            (" 3 ", 3_000),
            ("1,234.5", 1_234_500),
            ("0,012", 12),
            ("1e-3", 1),
            ("", 0),
            ("-1", 0),
            ("NaN", 0),
            ("inf", 0),
            ("1e300", 0),
            ("1,2,3", 0),
            ("fast", 0),
        ] {
            assert_eq!(seconds(text), Duration::from_millis(millis), "{text}");
        }
    }

    #[test]
    fn clocks_are_read_as_dotnet_writes_them() {
        for (text, millis) in [
            ("00:00:00.0123000", 12),
            ("01:02:03", 3_723_000),
            ("1.02:03:04.5", 93_784_500),
            ("00:01", 0),
            ("x:00:01", 0),
            ("", 0),
        ] {
            assert_eq!(clock(text).as_millis(), millis, "{text}");
        }
        assert!(clock("4294967295.4294967295:4294967295:1e19").as_secs() > 0);
    }
}
