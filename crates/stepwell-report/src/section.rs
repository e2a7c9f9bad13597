//! What the steps of a run published, for the end of its summary.

use crate::hostile::hostile;
use crate::markdown::markdown;
use crate::name::Names;
use crate::publication::{coverage, size, tests};
use crate::text::{bytes, fit};
use crate::words::{BOLD, DIM, Paint, step_sign, step_style};
use std::collections::HashMap;
use stepwell_event::{JobState, Published, RunState, StepResult, StoredFile, TestRun};

/// Failed tests that are named of each test run.
const FAILURES: usize = 5;

/// Entries that a section shows.
const ENTRIES: usize = 100;

/// Summaries in Markdown that are shown.
const SUMMARIES: usize = 20;

/// Something with who published it.
struct Entry<'a> {
    job: &'a JobState,
    step: &'a str,
    published: &'a Published,
}

/// The sections that have something to show, each with an empty line behind it.
pub(crate) fn sections(state: &RunState, names: &Names, columns: usize, paint: Paint) -> String {
    let entries: Vec<Entry<'_>> = entries(state).collect();
    let room = columns.saturating_sub(4).max(20);
    let mut text = String::new();
    let mut section = |title: &str, mut lines: Vec<String>| {
        if lines.is_empty() {
            return;
        }
        let more = lines.len().saturating_sub(ENTRIES);
        if more > 0 {
            lines.truncate(ENTRIES);
            lines.push(format!("… and {more} more"));
        }
        text.push_str(&format!("{}\n", paint.with(BOLD, title)));
        for line in lines {
            text.push_str(&format!("  {line}\n"));
        }
        text.push('\n');
    };
    section("Tests", test_runs(&entries, room, paint));
    section("Coverage", coverages(&entries));
    section("Artifacts", artifacts(&entries));
    section("Attachments", attachments(&entries));
    let tags = state.tags.iter();
    let tags: Vec<_> = tags.map(|tag| hostile(tag)).collect();
    if !tags.is_empty() {
        section("Tags", vec![tags.join(", ")]);
    }
    text.push_str(&summaries(names, &entries, columns, paint));
    text
}

fn entries(state: &RunState) -> impl Iterator<Item = Entry<'_>> {
    let steps = state.jobs.iter().flat_map(|job| {
        let steps = job.steps.iter();
        steps.map(move |step| (job, step))
    });
    steps.flat_map(|(job, step)| {
        let published = step.published.iter();
        published.map(move |published| Entry {
            job,
            step: &step.label,
            published,
        })
    })
}

/// A line for each test run; an entry of several lines where tests failed.
fn test_runs(entries: &[Entry<'_>], room: usize, paint: Paint) -> Vec<String> {
    let mut lines = Vec::new();
    for entry in entries {
        let Published::TestResults {
            title,
            run,
            platform,
            configuration,
        } = entry.published
        else {
            continue;
        };
        let result = match run.failed {
            0 => StepResult::Succeeded,
            _ => StepResult::Failed,
        };
        let sign = paint.with(step_style(result), step_sign(result));
        let mut title = hostile(title).into_owned();
        let on = [platform, configuration].into_iter().flatten();
        let on: Vec<_> = on.map(|on| hostile(on)).collect();
        if !on.is_empty() {
            title.push_str(&format!(" ({})", on.join(", ")));
        }
        let mut line = format!("{sign} {title}  {}", tests(run));
        for failure in failures(run, room) {
            line.push_str(&format!("\n      {failure}"));
        }
        lines.push(line);
    }
    lines
}

fn failures(run: &TestRun, room: usize) -> Vec<String> {
    let named = run.failures.iter().take(FAILURES);
    let mut lines: Vec<String> = named
        .map(|failure| {
            let mut line = hostile(&failure.name).into_owned();
            let message = failure.message.lines().next().unwrap_or_default();
            if !message.is_empty() {
                line.push_str(&format!(": {}", hostile(message)));
            }
            fit(&line, room.saturating_sub(4)).into_owned()
        })
        .collect();
    let shown = u64::try_from(lines.len()).unwrap_or(u64::MAX);
    if let Some(more @ 1..) = run.failed.checked_sub(shown) {
        lines.push(format!("… and {more} more failed"));
    }
    lines
}

fn coverages(entries: &[Entry<'_>]) -> Vec<String> {
    let line = |entry: &Entry<'_>| match entry.published {
        Published::Coverage {
            tool, coverage: of, ..
        } => Some(format!("{}  {}", hostile(tool), coverage(of))),
        _ => None,
    };
    entries.iter().filter_map(line).collect()
}

/// Artifacts by name, as several steps may add to one, and then those that are kept elsewhere.
fn artifacts(entries: &[Entry<'_>]) -> Vec<String> {
    let mut found: Vec<(&str, Vec<StoredFile>)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut links = Vec::new();
    for entry in entries {
        match entry.published {
            Published::Artifact { name, files, .. } => {
                let place = *places.entry(name).or_insert(found.len());
                match found.get_mut(place) {
                    Some((_, known)) => known.extend(files.iter().cloned()),
                    None => found.push((name, files.clone())),
                }
            }
            Published::ArtifactLink {
                name,
                kind,
                location,
            } => links.push(format!(
                "{}  {} ({})",
                hostile(name),
                hostile(location),
                hostile(kind)
            )),
            _ => {}
        }
    }
    let found = found.iter();
    let mut lines: Vec<String> = found
        .map(|(name, files)| format!("{}  {}", hostile(name), size(files)))
        .collect();
    lines.append(&mut links);
    lines
}

fn attachments(entries: &[Entry<'_>]) -> Vec<String> {
    let line = |entry: &Entry<'_>| match entry.published {
        Published::Attachment { kind, name, file } => Some(format!(
            "{}  {} ({})",
            hostile(name),
            bytes(file.bytes),
            hostile(kind)
        )),
        Published::Log { name, text } => {
            let size = u64::try_from(text.len()).unwrap_or(u64::MAX);
            Some(format!("{}  {} (log)", hostile(name), bytes(size)))
        }
        _ => None,
    };
    entries.iter().filter_map(line).collect()
}

fn summaries(names: &Names, entries: &[Entry<'_>], columns: usize, paint: Paint) -> String {
    let mut shown = String::new();
    let mut found = 0;
    for entry in entries {
        let Published::Summary { name, text } = entry.published else {
            continue;
        };
        found += 1;
        if found > SUMMARIES {
            continue;
        }
        let who = format!("({} / {})", names.job(&entry.job.name), hostile(entry.step));
        let head = paint.with(BOLD, hostile(name));
        shown.push_str(&format!("{head} {}\n", paint.with(DIM, who)));
        for line in markdown(text, columns.saturating_sub(2).max(20), paint) {
            shown.push_str(format!("  {line}").trim_end());
            shown.push('\n');
        }
        shown.push('\n');
    }
    if found > SUMMARIES {
        let more = found - SUMMARIES;
        shown.push_str(&format!("… and {more} more in Markdown\n\n"));
    }
    shown
}
