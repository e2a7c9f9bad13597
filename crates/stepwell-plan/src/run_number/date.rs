//! Dates in the patterns of .NET, which users of Azure Pipelines write.
//!
//! The expression language knows the specifiers in numbers. This adds names, hours of twelve, quotes,
//! and everything else that stands for itself.

use stepwell_expr::DateTime;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// What the pattern shows at some point in time; `None` if it cannot be read, which does not depend
/// on the time.
pub(crate) fn sample(pattern: &str) -> Option<String> {
    shown(DateTime::from_unix(0, 0, 0)?, pattern).filter(|text| !text.is_empty())
}

/// The point in time as the pattern shows it; `None` if the pattern cannot be read.
pub(crate) fn shown(time: DateTime, pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(letter) = rest.chars().next() {
        let (_, after) = rest.split_at_checked(letter.len_utf8())?;
        rest = match letter {
            '\\' => {
                let mut letters = after.chars();
                out.push(letters.next()?);
                letters.as_str()
            }
            '\'' | '"' => {
                let (quoted, after) = after.split_once(letter)?;
                out.push_str(quoted);
                after
            }
            letter if letter.is_ascii_alphabetic() => {
                let after = rest.trim_start_matches(letter);
                let (specifier, _) = rest.split_at_checked(rest.len() - after.len())?;
                out.push_str(&specified(time, specifier)?);
                after
            }
            letter => {
                out.push(letter);
                after
            }
        };
    }
    Some(out)
}

fn specified(time: DateTime, specifier: &str) -> Option<String> {
    let number = |specifier| time.format(specifier)?.parse::<usize>().ok();
    let month = || MONTHS.get(number("M")?.checked_sub(1)?).copied();
    let day = || DAYS.get(time.day_of_week()).copied();
    let short = |name: &str| name.get(..3).map(str::to_owned);
    let half = || Some(if number("H")? < 12 { "AM" } else { "PM" });
    // The clock shows 12 and not 0.
    let hour = || Some((number("H")? + 11) % 12 + 1);
    Some(match specifier {
        "MMM" => short(month()?)?,
        "MMMM" => month()?.to_owned(),
        "ddd" => short(day()?)?,
        "dddd" => day()?.to_owned(),
        "h" => hour()?.to_string(),
        "hh" => format!("{:02}", hour()?),
        "t" => half()?.get(..1)?.to_owned(),
        "tt" => half()?.to_owned(),
        "y" => (number("yyyy")? % 100).to_string(),
        other => time.format(other)?,
    })
}
