//! `stepwell bisect`.
//!
//! A search is described by its [`means::Means`]: which pipeline, who judges, with what. They are kept with
//! the search, so that another process can go on with it.

mod hand;
mod kept;
pub(super) mod means;
mod range;
mod replaying;
mod resuming;
pub(super) mod searching;
mod session;
pub(super) mod shown;
pub(super) mod workshop;

use crate::commands::name_and_value;
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::isolation;
use crate::problem::Problems;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{Finite, NoiseModel, Terms};
use stepwell_spec::Isolation;

/// Find the change that broke something
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct BisectArgs {
    #[command(subcommand)]
    command: Option<BisectCommand>,
    #[command(flatten)]
    search: SearchArgs,
}

#[derive(Debug, Subcommand)]
enum BisectCommand {
    Run(RunArgs),
    Resume(resuming::ResumeArgs),
    Log(kept::LogArgs),
    Replay(replaying::ReplayArgs),
    List(kept::ListArgs),
    Show(kept::ShowArgs),
    Start(hand::StartArgs),
    /// Say that versions are good
    Good(hand::MarkArgs),
    /// Say that versions are bad
    Bad(hand::MarkArgs),
    /// Say that versions cannot be judged
    Skip(hand::MarkArgs),
    /// Say which version is to be judged
    Next(hand::TurnArgs),
    /// Take back what was said last
    Undo(hand::TurnArgs),
    Reset(hand::ResetArgs),
}

#[derive(Debug, Args)]
struct SearchArgs {
    #[command(flatten)]
    range: RangeArgs,
    #[command(flatten)]
    oracle: OracleArgs,
    #[command(flatten)]
    how: HowArgs,
    #[command(flatten)]
    shown: ShownArgs,
    /// A word of a search by hand for `good` or `bad`, and versions
    #[arg(
        hide = true,
        value_name = "WORD",
        conflicts_with_all = [
            "RangeArgs", "HowArgs", "ShownArgs",
            "oracle", "inputs", "pipeline", "variables", "parameters", "secrets", "paths",
        ]
    )]
    words: Vec<String>,
    /// Only versions that change one of these paths are judged
    #[arg(last = true, value_name = "PATHS")]
    paths: Vec<String>,
}

/// Judge versions by the exit code of a program: 0 is good, 125 cannot be judged, 1 to 127 is bad
#[derive(Debug, Args)]
struct RunArgs {
    #[command(flatten)]
    range: RangeArgs,
    #[command(flatten)]
    how: HowArgs,
    #[command(flatten)]
    shown: ShownArgs,
    /// The directory of the project, whose versions the program sees [default: the current one]
    #[arg(long, value_name = "DIR")]
    project: Option<PathBuf>,
    /// A `.wasm` file and its arguments
    #[arg(last = true, required = true, value_name = "PROGRAM.wasm ARGS")]
    program: Vec<String>,
}

/// What is searched.
#[derive(Debug, Args)]
struct RangeArgs {
    /// A version that is good (can be repeated)
    #[arg(long, value_name = "REV")]
    good: Vec<String>,
    /// The version that is bad
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    bad: String,
    /// Follow only the first parent of merges
    #[arg(long)]
    first_parent: bool,
    /// What the new and the old behaviour are called, such as `slow,fast` [default: bad,good]
    #[arg(long, value_name = "NEW,OLD", value_parser = terms)]
    terms: Option<Terms>,
}

/// Who judges.
#[derive(Debug, Args)]
struct OracleArgs {
    /// Who judges versions: an oracle of the pipeline file, a built-in one, or a `.wasm` file [default:
    /// the one of `[bisect]`, or `pipeline`]
    #[arg(long, value_name = "ORACLE")]
    oracle: Option<String>,
    /// Tell the oracle something: a value of TOML, or text (can be repeated)
    #[arg(long = "input", value_name = "NAME=VALUE", value_parser = input)]
    inputs: Vec<(String, serde_json::Value)>,
    /// The pipeline file [default: pipeline.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    pipeline: Option<PathBuf>,
    /// Set a variable of the pipeline, over its own value (can be repeated)
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = name_and_value)]
    variables: Vec<(String, String)>,
    /// Set a parameter of the pipeline (can be repeated)
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = name_and_value)]
    parameters: Vec<(String, String)>,
    /// Set a secret to the value of an environment variable, by default the one of the same name (can be
    /// repeated)
    #[arg(long = "secret", value_name = "NAME[=ENV]")]
    secrets: Vec<String>,
    /// The directory of the project [default: the current one if the pipeline file is in it, else that
    /// file's]
    #[arg(long, value_name = "DIR")]
    project: Option<PathBuf>,
}

/// How to search.
#[derive(Debug, Args)]
pub(super) struct HowArgs {
    /// How many versions are judged side by side [default: that of `[bisect]`, or 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    jobs: Option<u32>,
    /// How sure the answer has to be [default: that of `[bisect]`, or 0.99]
    #[arg(long, value_name = "P", value_parser = confidence)]
    confidence: Option<Finite>,
    /// How often one judgement is wrong: `none`, a rate such as `0.1`, a rate of false bad and one of
    /// false good such as `0.1,0`, or `learn` [default: what the oracle says]
    #[arg(long, value_name = "NOISE", value_parser = noise)]
    noise: Option<NoiseModel>,
    /// Search for every culprit: of each failure that is seen, and of what is still bad when a culprit's
    /// change is taken back
    #[arg(long)]
    all: bool,
    /// Look at recent versions first
    #[arg(long)]
    recent: bool,
    /// Judge every version among those that cannot be judged, instead of looking for their ends
    #[arg(long)]
    exhaustive: bool,
    /// Trials of one judgement
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    trials: u32,
    /// Give up after so many trials
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_trials: Option<u32>,
    /// Judge again what earlier searches judged
    #[arg(long)]
    fresh: bool,
    /// What separates steps and oracles from this machine besides WebAssembly [default: job]
    #[arg(long, value_name = "LEVEL", value_parser = isolation::parser())]
    isolation: Option<Isolation>,
}

/// How it is told.
#[derive(Debug, Args)]
struct ShownArgs {
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    output: ReportFormat,
    /// Write the report to a file too: `.html`, `.md` or `.json` (can be repeated)
    #[arg(long, value_name = "FILE", value_parser = shown::report_file)]
    report: Vec<PathBuf>,
}

/// What to print of a search.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// Text for people
    #[default]
    Human,
    /// What happens and what was found, one JSON object a line
    Json,
    /// What was found, as Markdown
    Markdown,
    /// What was found, as a page of its own
    Html,
}

impl ReportFormat {
    /// How problems are told.
    fn of_problems(self) -> super::OutputFormat {
        match self {
            Self::Json => super::OutputFormat::Json,
            Self::Human | Self::Markdown | Self::Html => super::OutputFormat::Human,
        }
    }
}

/// Why a command did not do what it was asked for.
pub(super) enum Failure {
    /// The input is wrong: problems of a file.
    Input(Problems),
    /// Stepwell could not do its work.
    Defect(Diagnostic),
}

impl HowArgs {
    /// As the pipeline says, but for what is given here.
    pub(super) fn of(jobs: Option<u32>, isolation: Option<Isolation>) -> Self {
        Self {
            jobs,
            confidence: None,
            noise: None,
            all: false,
            recent: false,
            exhaustive: false,
            trials: 1,
            max_trials: None,
            fresh: false,
            isolation,
        }
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::Input(problems)
    }
}

impl From<Diagnostic> for Failure {
    /// Something that the command line asks for cannot be.
    fn from(problem: Diagnostic) -> Self {
        Self::Input(Problems::of_file("stepwell bisect", problem))
    }
}

impl BisectArgs {
    pub(crate) fn execute(self, environment: &Environment) -> Exit {
        let console = Console::new();
        let (output, ended) = match self.command {
            None => {
                let mut args = self.search;
                let mut words = std::mem::take(&mut args.words).into_iter();
                if let Some(word) = words.next() {
                    return end(
                        hand::term(word, words.collect(), args.oracle.project, console),
                        args.shown.output,
                        console,
                    );
                }
                (
                    args.shown.output,
                    searching::search(args, environment, console),
                )
            }
            Some(BisectCommand::Run(args)) => (
                args.shown.output,
                searching::run(args, environment, console),
            ),
            Some(BisectCommand::Resume(args)) => {
                (args.output(), resuming::resume(args, environment, console))
            }
            Some(BisectCommand::Log(args)) => (ReportFormat::Human, kept::log(&args, console)),
            Some(BisectCommand::List(args)) => (ReportFormat::Human, kept::list(&args, console)),
            Some(BisectCommand::Show(args)) => (args.output(), kept::show(&args, console)),
            Some(BisectCommand::Replay(args)) => {
                (ReportFormat::Human, replaying::replay(args, console))
            }
            Some(BisectCommand::Start(args)) => (ReportFormat::Human, hand::start(args, console)),
            Some(BisectCommand::Good(args)) => (
                ReportFormat::Human,
                hand::mark(&hand::Word::Good, &args, console),
            ),
            Some(BisectCommand::Bad(args)) => (
                ReportFormat::Human,
                hand::mark(&hand::Word::Bad, &args, console),
            ),
            Some(BisectCommand::Skip(args)) => (
                ReportFormat::Human,
                hand::mark(&hand::Word::Skip, &args, console),
            ),
            Some(BisectCommand::Next(args)) => (ReportFormat::Human, hand::next(&args, console)),
            Some(BisectCommand::Undo(args)) => (ReportFormat::Human, hand::undo(&args, console)),
            Some(BisectCommand::Reset(args)) => (ReportFormat::Human, hand::reset(&args, console)),
        };
        end(ended, output, console)
    }
}

/// Tells what went wrong, and how the program ends.
fn end(ended: Result<Exit, Failure>, output: ReportFormat, console: Console) -> Exit {
    match ended {
        Ok(exit) => exit,
        Err(Failure::Input(problems)) => problems.report(console, output.of_problems()),
        Err(Failure::Defect(problem)) => {
            Problems::of_file("stepwell bisect", problem).print(console, output.of_problems());
            Exit::Defect
        }
    }
}

/// What was typed, as a shell would take it.
fn command_line() -> String {
    let words = std::env::args_os().skip(1);
    let words = words.map(|word| quoted(&word.to_string_lossy()));
    let words: Vec<String> = std::iter::once("stepwell".to_owned())
        .chain(words)
        .collect();
    words.join(" ")
}

/// A word as a shell would take it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:@%+~^".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// Reads `NEW,OLD`.
fn terms(text: &str) -> Result<Terms, String> {
    let (new, old) = text
        .split_once(',')
        .ok_or("expected NEW,OLD, such as `slow,fast`")?;
    Terms::checked(new, old)
}

/// Reads `NAME=VALUE`, with a value of TOML; what is none is text.
fn input(text: &str) -> Result<(String, serde_json::Value), String> {
    let (name, value) = name_and_value(text)?;
    let read = value_of(&value);
    Ok((name, read.unwrap_or(serde_json::Value::String(value))))
}

/// A value of TOML, or a table or array of JSON.
fn value_of(text: &str) -> Option<serde_json::Value> {
    let json = || {
        let value: Option<serde_json::Value> = serde_json::from_str(text).ok();
        value.filter(|value| value.is_object() || value.is_array())
    };
    stepwell_spec::input_value(text).or_else(json)
}

/// What [`input`] reads as this.
fn written(name: &str, value: &serde_json::Value) -> String {
    match value.as_str().filter(|text| value_of(text).is_none()) {
        Some(text) => format!("{name}={text}"),
        None => format!("{name}={value}"),
    }
}

fn confidence(text: &str) -> Result<Finite, String> {
    let number = text.parse().map_err(|_| "expected a number such as 0.99")?;
    stepwell_spec::confidence(number).map_err(|why| format!("it {why}"))
}

fn noise(text: &str) -> Result<NoiseModel, String> {
    const EXPECTED: &str = "expected `none`, a rate such as `0.1`, two such as `0.1,0`, or `learn`";
    match text {
        "none" => return Ok(NoiseModel::Deterministic),
        "learn" => return Ok(stepwell_spec::learned()),
        _ => {}
    }
    let rate = |text: &str| text.trim().parse::<f64>().map_err(|_| EXPECTED.to_owned());
    let (false_bad, false_good) = match text.split_once(',') {
        Some((bad, good)) => (rate(bad)?, rate(good)?),
        None => (rate(text)?, rate(text)?),
    };
    stepwell_spec::noise(false_bad, false_good).map_err(|why| format!("it {why}"))
}

#[cfg(test)]
mod tests {
    use super::{Terms, input, noise, terms, written};
    use clap::Args as _;
    use serde_json::json;

    #[test]
    fn every_command_is_a_word_that_no_behaviour_can_have() {
        let command = super::BisectArgs::augment_args(clap::Command::new("bisect"));
        let mut commands: Vec<&str> = command
            .get_subcommands()
            .map(clap::Command::get_name)
            .collect();
        commands.push("help");
        assert_eq!(commands, Terms::COMMANDS);
    }

    #[test]
    fn words_that_mislead_are_refused() {
        let read = terms("slow,fast").unwrap();
        assert_eq!((read.new.as_str(), read.old.as_str()), ("slow", "fast"));
        for text in [
            "slow",
            "slow,slow",
            "skip,fast",
            "good,bad",
            ",x",
            "-a,b",
            "a b,c",
        ] {
            assert!(terms(text).is_err(), "{text}");
        }
    }

    #[test]
    fn inputs_are_values_of_toml_or_texts() {
        for (text, value) in [
            ("a=1", json!(1)),
            ("a=1.5", json!(1.5)),
            ("a=true", json!(true)),
            ("a=[\"x\", 2]", json!(["x", 2])),
            ("a={ b = 1 }", json!({ "b": 1 })),
            ("a={\"b\":1}", json!({ "b": 1 })),
            ("a=\"1\"", json!("1")),
            ("a=plain words", json!("plain words")),
            ("a=", json!("")),
            ("a=1\nb=2", json!("1\nb=2")),
        ] {
            assert_eq!(input(text), Ok(("a".to_owned(), value.clone())), "{text}");
            let again = input(&written("a", &value)).unwrap();
            assert_eq!(again.1, value, "{text}");
        }
        assert!(input("a").is_err());
    }

    #[test]
    fn noise_is_a_word_or_one_rate_or_two() {
        for text in ["none", "learn", "0.1", "0.3,0", "0"] {
            assert!(noise(text).is_ok(), "{text}");
        }
        for text in ["some", "0.5", "1,0", "-0.1", "nan", "0.1,0.1,0.1"] {
            assert!(noise(text).is_err(), "{text}");
        }
    }
}
