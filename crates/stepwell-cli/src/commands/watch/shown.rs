//! What people and programs see of a branch that is watched: what goes on, and a line for each look.

use crate::commands::OutputFormat;
use crate::commands::bisect::ReportFormat;
use crate::commands::bisect::shown::Screen;
use crate::console::Console;
use crate::exit::Exit;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use stepwell_culprit::{Blame, Happening, Recipient, Telling, TickEnd, TickReport, TickResult};
use stepwell_event::{Conclusion, FORMAT_VERSION, Person, Version};
use stepwell_report::hostile;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

/// Hexadecimal digits of a version that people are shown.
const DIGITS: usize = 12;

/// Hands on what is to be shown. Whoever hands it on never waits for a terminal.
#[derive(Clone)]
pub(super) struct View {
    output: OutputFormat,
    said: UnboundedSender<Said>,
}

/// Something to show.
pub(super) enum Said {
    /// When it looks next.
    Next(DateTime<Utc>),
    /// It looks at a branch, whose newest version this is.
    Looking(String, Version),
    Happening(Happening),
    /// What came of a look, as a line.
    Tick(String),
}

impl View {
    /// The end of which whatever is handed on comes out.
    pub(super) fn new(output: OutputFormat) -> (Self, UnboundedReceiver<Said>) {
        let (said, shown) = mpsc::unbounded_channel();
        (Self { output, said }, shown)
    }

    /// When it looks next.
    pub(super) fn next(&self, next: DateTime<Utc>) {
        self.to_people(Said::Next(next));
    }

    /// It looks.
    pub(super) fn looking(&self, branch: &str, head: &Version) {
        self.to_people(Said::Looking(branch.to_owned(), head.clone()));
    }

    pub(super) fn happening(&self, happening: Happening) {
        self.to_people(Said::Happening(happening));
    }

    /// What came of a look.
    pub(super) fn tick(
        &self,
        branch: &str,
        head: &Version,
        at: Option<&DateTime<Utc>>,
        report: &TickReport,
    ) {
        self.say(Said::Tick(match self.output {
            OutputFormat::Human => {
                let at = at.map(moment).unwrap_or_default();
                let words = words(head, report);
                format!("{at}  {branch}: {words}\n")
            }
            OutputFormat::Json => {
                let at = at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
                let line = line(branch, head, at, report);
                format!("{line}\n")
            }
        }));
    }

    /// Programs are told of looks alone.
    fn to_people(&self, said: Said) {
        if self.output == OutputFormat::Human {
            self.say(said);
        }
    }

    fn say(&self, said: Said) {
        // Nobody shows it if no thread could be had, which was told.
        let _ = self.said.send(said);
    }
}

/// Shows what is said until nobody says anything any more. It blocks.
pub(super) fn follow(mut said: UnboundedReceiver<Said>, console: Console) {
    let fresh = || Screen::new(console, ReportFormat::Human);
    let mut screen = fresh();
    while let Some(said) = said.blocking_recv() {
        match said {
            Said::Next(next) => screen.note(&format!("next look at {}", moment(&next))),
            Said::Looking(branch, head) => {
                screen.clear();
                screen = fresh();
                let head = short(&head);
                screen.note(&format!("looking at {branch}, which is at {head}"));
            }
            Said::Happening(happening) => show(&mut screen, &happening),
            Said::Tick(line) => {
                screen.clear();
                console.out(&line);
            }
        }
    }
    screen.clear();
}

fn show(screen: &mut Screen, happening: &Happening) {
    match happening {
        Happening::Judgement(event) => screen.show(event),
        Happening::Publishing { version, publisher } => {
            let with = publisher.as_deref().unwrap_or("the steps of the project");
            let version = short(version);
            screen.doing(&hostile(&format!("publishing {version} with {with}")));
        }
        Happening::Published {
            version,
            publisher,
            said,
        } => {
            let version = short(version);
            screen.note(&hostile(&format!(
                "{publisher} published {version}: {said}"
            )));
        }
        Happening::Telling { culprit, notifier } => {
            let culprit = short(culprit);
            screen.doing(&hostile(&format!("telling of {culprit} with {notifier}")));
        }
    }
}

fn moment(time: &DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// How the program ends: 1 if something is left for whoever started it.
pub(super) fn exit(report: &TickReport) -> Exit {
    let end = &report.end;
    let told = report.told.iter().all(|telling| telling.result.is_ok());
    let reached = !matches!(report.recipient, Some(Recipient::Nobody(_)));
    let known = matches!(
        end.result,
        TickResult::NothingNew | TickResult::Good | TickResult::Culprit(_)
    );
    match known && told && reached && report.held == 0 && end.unpublished.is_none() {
        true => Exit::Succeeded,
        false => Exit::RunFailed,
    }
}

fn short(version: &Version) -> String {
    version.id.chars().take(DIGITS).collect()
}

fn one(version: &Version) -> String {
    let name = match version.author.name.trim() {
        "" => "an unknown author",
        name => name,
    };
    let (id, subject) = (short(version), &version.subject);
    hostile(&format!("{id} \"{subject}\" by {name}")).into_owned()
}

/// The line of a look, without its time.
fn words(head: &Version, report: &TickReport) -> String {
    let TickEnd {
        result,
        published,
        unpublished,
    } = &report.end;
    let mut words = vec![found(head, result)];
    if let (TickResult::Culprit(_), true) = (result, report.told_before) {
        words.push("of which was told before".to_owned());
    }
    if let Some(Recipient::Nobody(why)) = &report.recipient {
        words.push(format!(
            "nobody was told, since {} and `[watch]` has no `default-recipient`",
            why.words()
        ));
    }
    words.extend(report.told.iter().map(telling));
    if report.held > 0 {
        let held = report.held;
        words.push(format!(
            "{held} more culprit{} not told of today: `max-per-day` is reached",
            if held == 1 { " is" } else { "s are" }
        ));
    }
    words.extend(published.iter().map(|version| match version.id == head.id {
        true => "published".to_owned(),
        false => format!("published {}, the newest good version", short(version)),
    }));
    words.extend(unpublished.iter().map(|why| {
        let why = hostile(why);
        format!("not published: {why}")
    }));
    words.join("; ")
}

fn found(head: &Version, result: &TickResult) -> String {
    let id = short(head);
    match result {
        TickResult::NothingNew => format!("nothing new since {id}"),
        TickResult::Good => format!("{id} is good"),
        TickResult::Culprit(blame) => format!("{id} is bad because of {}", culprit(blame)),
        TickResult::NoBase { reason } => format!(
            "{id} is bad ({}), and no version is known to be good; name one with `--since REV`, or \
             with `base` in `[watch]`",
            hostile(reason)
        ),
        TickResult::Untestable { reason } => {
            format!("{id} cannot be judged: {}", hostile(reason))
        }
        TickResult::Flake => {
            format!("{id} was bad, and then not any more; the next look will tell")
        }
        TickResult::Open(conclusion) => format!("{id} is bad; {}", open(conclusion)),
        TickResult::Failed { why } => format!("{id} could not be looked at: {}", hostile(why)),
    }
}

fn culprit(blame: &Blame) -> String {
    let one = one(&blame.culprit);
    match blame.reason.as_str() {
        "" => one,
        reason => format!("{one} ({})", hostile(reason)),
    }
}

/// A conclusion that blames nobody.
fn open(conclusion: &Conclusion) -> String {
    match conclusion {
        Conclusion::Culprit { version, .. } => format!(
            "judgements blame {}, which changes nothing, so they contradict one another",
            one(version)
        ),
        Conclusion::Ambiguous { suspects, .. } => format!(
            "it is one of {} changes between which nothing can be judged, the last of them {}",
            suspects.len(),
            suspects.last().map(one).unwrap_or_default()
        ),
        Conclusion::Undecided { suspects, .. } => format!(
            "{} changes may have done it, and there were not enough judgements to tell which",
            suspects.len()
        ),
        Conclusion::BaseBad { version } => format!(
            "{}, which was taken to be good, is bad too, so nobody is blamed: has the machine \
             changed?",
            short(version)
        ),
        Conclusion::ChangedBack { good, .. } => format!(
            "it was so before {} too, which is not a part of the branch and changed it back",
            short(good)
        ),
        Conclusion::UntestableEnd {
            version, reason, ..
        } => format!("{} cannot be judged: {}", short(version), hostile(reason)),
        Conclusion::NothingToDo => "nothing lies between it and what is good".to_owned(),
        Conclusion::Aborted { why } => hostile(why).into_owned(),
        // These are flakes.
        Conclusion::NoCulprit { .. } | Conclusion::HeadGood => "nothing is to blame".to_owned(),
    }
}

fn telling(telling: &Telling) -> String {
    let Telling {
        notifier,
        culprit,
        recipient,
        result,
    } = telling;
    let (who, what) = (person(recipient), short(culprit));
    let words = match result {
        Ok(_) => format!("{notifier} told {who} of {what}"),
        Err(why) => format!("{notifier} could not tell {who} of {what}: {why}"),
    };
    hostile(&words).into_owned()
}

fn person(person: &Person) -> &str {
    match person.name.trim() {
        "" => &person.email,
        name => name,
    }
}

/// The same for programs.
fn line(branch: &str, head: &Version, at: Option<String>, report: &TickReport) -> String {
    let end = &report.end;
    let (result, blame, why) = match &end.result {
        TickResult::NothingNew => ("nothing-new", None, None),
        TickResult::Good => ("good", None, None),
        TickResult::Culprit(blame) => ("culprit", Some(blame), Some(blame.reason.clone())),
        TickResult::NoBase { reason } => ("no-base", None, Some(reason.clone())),
        TickResult::Untestable { reason } => ("untestable", None, Some(reason.clone())),
        TickResult::Flake => ("flake", None, None),
        TickResult::Open(conclusion) => (kind(conclusion), None, Some(open(conclusion))),
        TickResult::Failed { why } => ("failed", None, Some(why.clone())),
    };
    let told: Vec<Value> = report.told.iter().map(told).collect();
    json!({
        "v": FORMAT_VERSION,
        "type": "tick",
        "at": at,
        "branch": branch,
        "head": head,
        "result": result,
        "reason": why,
        "culprit": blame.map(|blame| &blame.culprit),
        "signature": blame.and_then(|blame| blame.signature.as_ref()),
        "confidence": blame.map(|blame| blame.confidence),
        "recipient": report.recipient.as_ref().and_then(Recipient::person),
        "told-before": report.told_before,
        "told": told,
        "held": report.held,
        "published": end.published,
        "unpublished": end.unpublished,
    })
    .to_string()
}

fn told(telling: &Telling) -> Value {
    json!({
        "notifier": telling.notifier,
        "culprit": telling.culprit.id,
        "recipient": telling.recipient,
        "said": telling.result.as_ref().ok(),
        "error": telling.result.as_ref().err(),
    })
}

fn kind(conclusion: &Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Culprit { .. } => "contradiction",
        Conclusion::Ambiguous { .. } => "ambiguous",
        Conclusion::Undecided { .. } => "undecided",
        Conclusion::BaseBad { .. } => "base-bad",
        Conclusion::ChangedBack { .. } => "changed-back",
        Conclusion::UntestableEnd { .. } => "untestable-end",
        Conclusion::NothingToDo => "nothing-to-do",
        Conclusion::Aborted { .. } => "aborted",
        Conclusion::NoCulprit { .. } | Conclusion::HeadGood => "flake",
    }
}
