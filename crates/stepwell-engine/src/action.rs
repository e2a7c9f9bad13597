//! What a logging command asks for.
//!
//! One table has every command of Azure's agent. A plain command cannot call the typed interfaces,
//! so its lines are turned into the very requests that a typed task would make, and what is done
//! about them is written once.

use crate::command::Command;
use crate::variable::Assignment;
use stepwell_event::{Issue, Publish, StepResult};

mod publishing;
mod task;

/// What is to be done about a command.
#[derive(Debug)]
pub(crate) enum Action {
    SetVariable(Assignment),
    SetTaskVariable(Assignment),
    AddSecret(String),
    ReportIssue(Issue),
    SetProgress {
        percent: u8,
        message: String,
    },
    Complete {
        result: StepResult,
        message: String,
        done: bool,
    },
    Debug(String),
    Publish(Publish),
    /// It is right, and there is nothing to do for it.
    Nothing,
    /// Nothing, but its author should know why.
    Ignore(String),
    /// Azure knows it, but it has no meaning here.
    Unsupported(String),
}

/// A logging command.
struct Entry {
    area: &'static str,
    name: &'static str,
    aliases: &'static [&'static str],
    /// Whether a step may use it whose commands are restricted.
    restricted: bool,
    read: fn(&Command<'_>) -> Result<Action, String>,
}

const fn entry(
    area: &'static str,
    name: &'static str,
    read: fn(&Command<'_>) -> Result<Action, String>,
) -> Entry {
    Entry {
        area,
        name,
        aliases: &[],
        restricted: false,
        read,
    }
}

impl Entry {
    const fn restricted(self) -> Self {
        Self {
            restricted: true,
            ..self
        }
    }

    const fn alias(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}

static COMMANDS: [Entry; 25] = [
    entry("task", "logissue", task::issue)
        .alias(&["issue"])
        .restricted(),
    entry("task", "setprogress", task::progress).restricted(),
    entry("task", "complete", task::complete).restricted(),
    entry("task", "logdetail", task::detail).restricted(),
    entry("task", "setvariable", task::variable).restricted(),
    entry("task", "setsecret", task::secret).restricted(),
    entry("task", "settaskvariable", task::task_variable).restricted(),
    entry("task", "prependpath", task::path).restricted(),
    entry("task", "debug", task::debug).restricted(),
    entry("task", "setendpoint", task::endpoint),
    entry("task", "addattachment", publishing::attachment),
    entry("task", "uploadsummary", publishing::summary),
    entry("task", "uploadfile", publishing::file),
    entry("artifact", "associate", publishing::link),
    entry("artifact", "upload", publishing::artifact),
    entry("build", "uploadlog", publishing::log),
    entry("build", "uploadsummary", publishing::summary),
    entry("build", "updatebuildnumber", publishing::number),
    entry("build", "addbuildtag", publishing::tag),
    entry("results", "publish", publishing::results),
    entry("results", "publishtoevidencestore", internal),
    entry("codecoverage", "publish", publishing::coverage),
    entry("release", "updatereleasename", internal),
    entry("telemetry", "publish", publishing::telemetry).restricted(),
    entry("plugininternal", "updaterepositorypath", internal),
];

/// Areas that have no meaning in a run of this kind, whatever the command.
const UNSUPPORTED_AREAS: [(&str, &str); 2] = [
    ("release", "a run is no release"),
    ("plugininternal", "it belongs to Azure's own checkout"),
];

/// What `command` asks for, or why it cannot be followed.
pub(crate) fn interpret(command: &Command<'_>, restricted: bool) -> Result<Action, String> {
    let (area, event) = (command.area, command.event);
    let mut in_area = COMMANDS
        .iter()
        .filter(|entry| entry.area.eq_ignore_ascii_case(area))
        .peekable();
    if in_area.peek().is_none() {
        return Ok(Action::Ignore(unknown_area(area)));
    }
    let mut unsupported = UNSUPPORTED_AREAS.iter();
    if let Some((_, why)) = unsupported.find(|(name, _)| name.eq_ignore_ascii_case(area)) {
        return Ok(Action::Unsupported(format!(
            "`{area}.{event}` is not supported: {why}"
        )));
    }
    let found = in_area.find(|entry| entry.names().any(|name| name.eq_ignore_ascii_case(event)));
    let entry = found.ok_or_else(|| unknown_event(area, event))?;
    if restricted && !entry.restricted {
        return Ok(Action::Ignore(format!(
            "`{area}.{event}` is ignored: it is not one of the restricted logging commands; \
             `commands = \"any\"` lets this step use all of them"
        )));
    }
    (entry.read)(command)
}

/// What only Azure's own parts say to each other.
fn internal(command: &Command<'_>) -> Result<Action, String> {
    Ok(Action::Unsupported(format!(
        "`{}.{}` is not supported: it belongs to Azure's own service",
        command.area, command.event
    )))
}

fn unknown_area(area: &str) -> String {
    let mut areas: Vec<&str> = COMMANDS.iter().map(|entry| entry.area).collect();
    areas.dedup();
    match nearest(area, areas.iter().copied()) {
        Some(near) => {
            format!("there is no area `{area}` of logging commands; did you mean `{near}`?")
        }
        None => format!(
            "there is no area `{area}` of logging commands; there are `{}`",
            areas.join("`, `")
        ),
    }
}

fn unknown_event(area: &str, event: &str) -> String {
    let area = area.to_ascii_lowercase();
    let known = || COMMANDS.iter().filter(|entry| entry.area == area);
    match nearest(event, known().flat_map(Entry::names)) {
        Some(near) => format!("there is no such command; did you mean `{area}.{near}`?"),
        None => {
            let names: Vec<String> = known()
                .map(|entry| format!("`{area}.{}`", entry.name))
                .collect();
            format!("there is no such command; there are {}", names.join(", "))
        }
    }
}

/// The candidate that `word` was probably meant to be. Words longer than any name are not compared,
/// since that takes time by the product of the lengths.
fn nearest<'c>(word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    if word.len() > 40 {
        return None;
    }
    let word = word.to_ascii_lowercase();
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(candidate, &word), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= 2 && *distance < candidate.len() / 2)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Parsed, parse};

    fn interpret_line(line: &str) -> Result<Action, String> {
        let Parsed::Command(command) = parse(line, true) else {
            panic!("{line} is no command");
        };
        interpret(&command, false)
    }

    #[test]
    fn names_and_aliases_are_unique_in_their_area() {
        let mut names: Vec<(&str, &str)> = COMMANDS
            .iter()
            .flat_map(|entry| entry.names().map(|name| (entry.area, name)))
            .collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        let lower = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase());
        assert!(names.iter().all(|(area, name)| lower(area) && lower(name)));
    }

    #[test]
    fn commands_become_actions_whatever_their_case() {
        let check = |line: &str, expect: &str| {
            assert_eq!(
                format!("{:?}", interpret_line(line).unwrap()),
                expect,
                "{line}"
            );
        };
        check(
            "##vso[Task.SetVariable Variable=seen;isOutput=True;issecret=no;isreadonly=1]yes",
            r#"SetVariable(Assignment { name: "seen", value: "yes", secret: false, output: true, read_only: false, preserve_case: false })"#,
        );
        check("##vso[task.setsecret]pass", r#"AddSecret("pass")"#);
        check(
            "##vso[task.issue type=WARNING;sourcepath=a.c;linenumber=3;columnnumber=x;code=E1;]bad",
            r#"ReportIssue(Issue { severity: Warning, message: "bad", path: Some("a.c"), line: Some(3), column: None, code: Some("E1") })"#,
        );
        check(
            "##vso[task.complete result=SucceededWithIssues;done=true;]so so",
            r#"Complete { result: SucceededWithIssues, message: "so so", done: true }"#,
        );
        check(
            "##vso[artifact.associate artifactname=a;type=filepath]b",
            r#"Publish(ArtifactLink { name: "a", kind: Some("filepath"), location: "b" })"#,
        );
        check(
            "##vso[results.publish type=JUnit;resultfiles=a.xml;mergeresults=maybe]b.xml, c.xml,",
            r#"Publish(TestResults(TestResultsRequest { format: "JUnit", files: ["b.xml", "c.xml"], merge: true, platform: None, configuration: None, title: None, attach_files: true, fail_on_failed_tests: false }))"#,
        );
    }

    #[test]
    fn words_that_are_nearly_right_are_suggested() {
        let check = |line: &str, expect: &str| match interpret_line(line) {
            Ok(Action::Ignore(why)) | Err(why) => assert!(why.contains(expect), "{line}: {why}"),
            other => panic!("{line} gives {other:?}"),
        };
        check("##vso[tsak.debug]x", "did you mean `task`?");
        check("##vso[nothing.debug]x", "there are `task`, `artifact`,");
        check(
            "##vso[task.setvarable]x",
            "did you mean `task.setvariable`?",
        );
        check(
            "##vso[Build.AddBuildTags]x",
            "did you mean `build.addbuildtag`?",
        );
        check("##vso[task.frobnicate]x", "there are `task.logissue`,");
        let long = format!("##vso[task.{}]x", "x".repeat(100_000));
        check(&long, "there are `task.logissue`,");
    }
}
