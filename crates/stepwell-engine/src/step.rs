//! One step while it runs: what the guest says and does becomes events, counters and, in the end,
//! the step's record.

use crate::command::{Parsed, parse};
use crate::detail::Details;
use crate::line::{LineBuffer, MAX_COMMAND, Stretch, pieces};
use crate::place::Place;
use crate::publication::Publication;
use crate::reason;
use crate::result::{CLAIMS, can_be_claimed, worse};
use crate::scope::Scope;
use crate::variable::{Assignment, Setter};
use stepwell_event::{
    Access, Denial, GuestEvent, Issue, IssueSeverity, LineKind, LogLevel, Refusal, RunEvent,
    StepResult, Stream,
};
use stepwell_expr::Expression;
use stepwell_plan::{Commands, Invocation, PlannedStep, PlannedTask};

mod condition;
mod ending;
mod following;
mod publishing;

pub(crate) use condition::{holds, why_false};
pub(crate) use ending::{Verdict, tolerate};

/// Errors, and warnings, that are kept of one step; the counters go on.
const MAX_ISSUES: u32 = 10;

/// Denials that are kept of one step.
const MAX_DENIALS: usize = 50;

/// How often one step can set variables: each time is an event, which is kept.
const MAX_SETS: usize = 1_000;

/// Lines that one step can print. The budget of bytes does not help against empty lines, each of
/// which becomes an event of a hundred bytes.
const MAX_LINES: u64 = 1_000_000;

/// A result that the step claimed for itself, or got for a command that could not be followed.
struct Claim {
    result: StepResult,
    message: String,
}

/// A running step.
pub(crate) struct Step {
    place: Place,
    name: Option<String>,
    /// The task's name.
    task: String,
    /// The task's position in the plan.
    task_position: usize,
    /// What it may do with the workspace.
    access: Access,
    condition: Expression,
    continue_on_error: bool,
    /// Whether it is a task of its own kind, which knows nothing of names in the pipeline.
    typed: bool,
    /// Which logging commands its output lines may hold.
    commands: Commands,
    settable: Option<Vec<String>>,
    stdout: LineBuffer,
    stderr: LineBuffer,
    lines: u64,
    claim: Option<Claim>,
    /// Whether the step declared itself done; what it still says is dropped.
    done: bool,
    errors: u32,
    warnings: u32,
    percent: Option<u8>,
    sets: usize,
    denials: Vec<Denial>,
    denied: usize,
    publications: Vec<Publication>,
    /// How often it asked to publish something.
    published: usize,
    /// Bytes of the publications that wait.
    waiting: usize,
    details: Details,
}

impl Step {
    /// A step that begins.
    pub(crate) fn new(place: Place, planned: &PlannedStep, task: &PlannedTask) -> Self {
        let buffer = || LineBuffer::new(planned.commands != Commands::None);
        Self {
            place,
            name: planned.name.clone(),
            task: task.name.clone(),
            task_position: planned.task,
            access: task.grant.workspace,
            condition: planned.condition.clone(),
            continue_on_error: planned.continue_on_error,
            typed: matches!(planned.invocation, Invocation::Task { .. }),
            commands: planned.commands,
            settable: planned.settable_variables.clone(),
            stdout: buffer(),
            stderr: buffer(),
            lines: 0,
            claim: None,
            done: false,
            errors: 0,
            warnings: 0,
            percent: None,
            sets: 0,
            denials: Vec::new(),
            denied: 0,
            publications: Vec::new(),
            published: 0,
            waiting: 0,
            details: Details::default(),
        }
    }

    /// Which step it is.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// Whether the step declared itself done.
    pub(crate) fn is_done(&self) -> bool {
        self.done
    }

    /// When the step runs.
    pub(crate) fn condition(&self) -> &Expression {
        &self.condition
    }

    /// The guest did something.
    pub(crate) fn guest(
        &mut self,
        event: GuestEvent,
        scope: &mut Scope,
        out: &mut Vec<RunEvent>,
    ) -> Result<(), Refusal> {
        match event {
            // Not words of the guest to its reader: what it tried, and what nobody may read.
            GuestEvent::Denied(denial) => self.deny(denial, scope, out),
            GuestEvent::AddSecret { value } => return scope.mask.add(&value),
            _ if self.done => {}
            GuestEvent::Output { stream, bytes } => self.output(stream, &bytes, scope, out),
            GuestEvent::OutputTruncated { limit } => self.truncated(limit, out),
            GuestEvent::Log { level, message } => self.log(level, &message, scope, out),
            GuestEvent::Issue(issue) => self.report(issue, scope, out),
            GuestEvent::Progress { percent, message } => {
                self.progress(percent, &message, scope, out);
            }
            GuestEvent::SetVariable {
                name,
                value,
                secret,
                output,
                read_only,
            } => {
                let assignment = Assignment {
                    name,
                    value,
                    secret,
                    output,
                    read_only,
                    preserve_case: false,
                };
                return self.set_variable(assignment, scope, out);
            }
            GuestEvent::Publish { publish } => self.publish_by_call(publish, scope, out),
            GuestEvent::Complete { result, message } if can_be_claimed(result) => {
                self.complete(result, &message, scope, out);
            }
            GuestEvent::Complete { .. } => {
                let why = format!("it needs a result that a step can report: {CLAIMS}");
                self.command_failed("`complete`", &why, scope, out);
            }
        }
        Ok(())
    }

    fn output(&mut self, stream: Stream, bytes: &[u8], scope: &mut Scope, out: &mut Vec<RunEvent>) {
        // Taken out, because a line of it may change everything else of the step.
        let mut buffer = std::mem::take(self.buffer(stream));
        buffer.push(bytes);
        self.drain(stream, &mut buffer, scope, out);
        *self.buffer(stream) = buffer;
    }

    fn buffer(&mut self, stream: Stream) -> &mut LineBuffer {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }

    fn drain(
        &mut self,
        stream: Stream,
        buffer: &mut LineBuffer,
        scope: &mut Scope,
        out: &mut Vec<RunEvent>,
    ) {
        let source = LineKind::from(stream);
        while !self.done
            && let Some(stretch) = buffer.next(&scope.mask)
        {
            match stretch {
                Stretch::Line(line) => self.line_or_command(source, line, scope, out),
                Stretch::Piece(text) => self.print_masked(source, text, out),
                Stretch::Dropped => {
                    let why = format!("its line is longer than {} KiB", MAX_COMMAND >> 10);
                    self.command_failed("logging command", &why, scope, out);
                }
            }
        }
    }

    fn line_or_command(
        &mut self,
        source: LineKind,
        line: &str,
        scope: &mut Scope,
        out: &mut Vec<RunEvent>,
    ) {
        match parse(line, scope.percents) {
            Parsed::Text => self.print(source, line, scope, out),
            Parsed::Command(command) => self.follow(source, line, &command, scope, out),
            Parsed::Illegal => {
                self.print(source, line, scope, out);
                let hint = "the line has `##vso` in it and is no logging command, which looks like \
                            `##vso[area.event key=value;]data`";
                self.host(hint.to_owned(), out);
            }
        }
    }

    fn print(&mut self, source: LineKind, text: &str, scope: &Scope, out: &mut Vec<RunEvent>) {
        for piece in pieces(text, &scope.mask) {
            self.print_masked(source, piece, out);
        }
    }

    fn print_masked(&mut self, source: LineKind, text: String, out: &mut Vec<RunEvent>) {
        self.lines += 1;
        if self.lines <= MAX_LINES {
            out.push(self.place.line(source, text));
        } else if self.lines == MAX_LINES + 1 {
            self.host(
                format!("the step printed {MAX_LINES} lines; the rest is dropped"),
                out,
            );
        }
    }

    /// Prints a line of Stepwell itself.
    fn host(&self, text: String, out: &mut Vec<RunEvent>) {
        out.push(self.place.line(LineKind::Host, text));
    }

    fn truncated(&mut self, limit: u64, out: &mut Vec<RunEvent>) {
        self.host(
            format!(
                "the step's output exceeded its budget of {} and the rest is dropped; raise it with \
                 `limits = {{ output = \"…\" }}` in `[tasks.{}]`",
                reason::size(limit),
                self.task
            ),
            out,
        );
    }

    fn log(&mut self, level: LogLevel, message: &str, scope: &Scope, out: &mut Vec<RunEvent>) {
        let source = match level {
            LogLevel::Debug => LineKind::Debug,
            LogLevel::Info => LineKind::Info,
            LogLevel::Warning => LineKind::Warning,
            LogLevel::Error => LineKind::Error,
        };
        self.print(source, message, scope, out);
    }

    fn report(&mut self, issue: Issue, scope: &Scope, out: &mut Vec<RunEvent>) {
        let counter = match issue.severity {
            IssueSeverity::Error => &mut self.errors,
            IssueSeverity::Warning => &mut self.warnings,
        };
        *counter = counter.saturating_add(1);
        if *counter <= MAX_ISSUES {
            out.push(self.place.issue(Issue {
                message: scope.clean(&issue.message),
                path: issue.path.map(|path| scope.clean(&path)),
                code: issue.code.map(|code| scope.clean(&code)),
                ..issue
            }));
        }
    }

    fn progress(&mut self, percent: u8, message: &str, scope: &Scope, out: &mut Vec<RunEvent>) {
        let percent = percent.min(100);
        if self.percent.is_none_or(|shown| percent > shown) {
            self.percent = Some(percent);
            out.push(self.place.progressed(percent, scope.clean(message)));
        }
    }

    fn set_variable(
        &mut self,
        assignment: Assignment,
        scope: &mut Scope,
        out: &mut Vec<RunEvent>,
    ) -> Result<(), Refusal> {
        self.sets += 1;
        if self.sets > MAX_SETS {
            return Err(Refusal::TooLarge(format!(
                "a step can set variables {MAX_SETS} times"
            )));
        }
        let setter = Setter {
            step: self.name.as_deref(),
            settable: self.settable.as_deref(),
        };
        let stored = scope.variables.set(setter, assignment, &mut scope.mask)?;
        let name = scope.clean(&stored.name);
        // A task sets its outputs whether or not somebody wants them.
        if !stored.addressable && !self.typed {
            self.host(
                format!("no step can read the output `{name}`: give this step a `name`"),
                out,
            );
        }
        let value = stored
            .value
            .map(|value| scope.mask.apply(&value).into_owned());
        out.push(self.place.variable(name, value));
        Ok(())
    }

    fn complete(
        &mut self,
        result: StepResult,
        message: &str,
        scope: &Scope,
        out: &mut Vec<RunEvent>,
    ) {
        // Masked before it is cut, because a secret may have several lines.
        let masked = scope.mask.apply(message);
        self.claim(result, reason::first_line(&masked).to_owned());
        self.progress(100, message, scope, out);
    }

    fn claim(&mut self, result: StepResult, message: String) {
        let merged = self
            .claim
            .as_ref()
            .map_or(result, |claim| worse(claim.result, result));
        if self
            .claim
            .as_ref()
            .is_none_or(|claim| claim.result != merged)
        {
            self.claim = Some(Claim {
                result: merged,
                message,
            });
        }
    }

    fn deny(&mut self, denial: Denial, scope: &Scope, out: &mut Vec<RunEvent>) {
        // A guest that tries again and again has still only met one limit.
        if self.denials.contains(&denial) {
            return;
        }
        self.denied += 1;
        if self.denied > MAX_DENIALS {
            if self.denied == MAX_DENIALS + 1 {
                self.host("further denials are not shown".to_owned(), out);
            }
            return;
        }
        let grant = denial
            .grant
            .as_ref()
            .map(|grant| format!("; it would be allowed by `{grant}`"));
        let text = format!(
            "denied {}: {}{}",
            denial.capability,
            denial.target,
            grant.unwrap_or_default()
        );
        self.host(scope.clean(&text), out);
        self.denials.push(denial);
    }
}
