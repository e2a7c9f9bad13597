//! What steps published, in a phrase each.

use crate::hostile::hostile;
use crate::text::{bytes, count, duration_ms};
use stepwell_event::{Coverage, Published, StoredFile, TestRun};

/// What was published, in one line; `None` for what is no news to a reader.
pub(crate) fn phrase(published: &Published) -> Option<String> {
    Some(match published {
        Published::Attachment { name, file, .. } => {
            format!("attached {}: {}", hostile(name), bytes(file.bytes))
        }
        Published::Summary { name, .. } => format!("published the summary {}", hostile(name)),
        Published::Log { name, .. } => format!("kept the log {}", hostile(name)),
        Published::Artifact { name, files, .. } => {
            format!("published the artifact {}: {}", hostile(name), size(files))
        }
        Published::ArtifactLink { name, location, .. } => {
            format!(
                "linked the artifact {} to {}",
                hostile(name),
                hostile(location)
            )
        }
        Published::TestResults { title, run, .. } => {
            format!("published tests {}: {}", hostile(title), tests(run))
        }
        Published::Coverage { coverage: of, .. } => format!("published coverage: {}", coverage(of)),
        Published::RunNumber { number } => format!("the run's number is {} now", hostile(number)),
        Published::Tag { tag } => format!("tagged the run {}", hostile(tag)),
        Published::Detail(_) => return None,
    })
}

/// How many tests came out how.
pub(crate) fn tests(run: &TestRun) -> String {
    let mut parts = vec![format!("{} passed", run.passed)];
    for (number, word) in [(run.failed, "failed"), (run.skipped, "skipped")] {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    }
    let mut text = parts.join(", ");
    if run.duration_ms > 0 {
        text.push_str(&format!(" in {}", duration_ms(run.duration_ms)));
    }
    text
}

/// How much code ran; only what was measured.
pub(crate) fn coverage(coverage: &Coverage) -> String {
    let part = |noun: &str, covered: u64, of: u64| {
        (of > 0).then(|| format!("{noun} {} % ({covered}/{of})", percent(covered, of)))
    };
    let parts = [
        part("lines", coverage.lines_covered, coverage.lines),
        part("branches", coverage.branches_covered, coverage.branches),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    match parts.is_empty() {
        true => "nothing was measured".to_owned(),
        false => parts.join(", "),
    }
}

/// With one decimal, rounded down: what is not quite all of it is not 100 %.
fn percent(part: u64, of: u64) -> String {
    let tenths = u128::from(part) * 1000 / u128::from(of.max(1));
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// How many files they are, and how large.
pub(crate) fn size(files: &[StoredFile]) -> String {
    let total = files
        .iter()
        .fold(0u64, |sum, file| sum.saturating_add(file.bytes));
    format!("{}, {}", count(files.len(), "file"), bytes(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coverage_is_told_as_far_as_it_was_measured() {
        let check = |lines: (u64, u64), branches: (u64, u64), expect: &str| {
            let coverage = Coverage {
                lines_covered: lines.0,
                lines: lines.1,
                branches_covered: branches.0,
                branches: branches.1,
            };
            assert_eq!(super::coverage(&coverage), expect);
        };
        check((812, 1000), (0, 0), "lines 81.2 % (812/1000)");
        check(
            (9_999, 10_000),
            (1, 3),
            "lines 99.9 % (9999/10000), branches 33.3 % (1/3)",
        );
        check(
            (u64::MAX, u64::MAX),
            (0, 0),
            &format!("lines 100.0 % ({0}/{0})", u64::MAX),
        );
        check((0, 0), (0, 0), "nothing was measured");
    }

    #[test]
    fn tests_are_counted_as_far_as_there_are_any() {
        let run = TestRun {
            passed: 10,
            skipped: 2,
            duration_ms: 1500,
            ..TestRun::default()
        };
        assert_eq!(tests(&run), "10 passed, 2 skipped in 1.5 s");
        assert_eq!(tests(&TestRun::default()), "0 passed");
    }
}
