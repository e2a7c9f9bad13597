//! What all formats of test results have in common.
//!
//! In each of them tests stand in suites, and what went wrong stands in the test. A [`Layout`] only
//! says which part an element plays; the walk here counts.

use crate::bound::{self, Excerpt};
use crate::time;
use crate::xml::{Document, Element, Node};
use crate::{Failure, MAX_FAILURES, MAX_SUITES, Problem, ResultsError, TestResults};
use std::time::Duration;

/// How a test ended; the worse the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It did what it should.
    Passed,
    /// It was not run.
    Skipped,
    /// It failed, or could not be run.
    Failed,
}

/// One test of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Test<'a> {
    /// The innermost suite that has a name; may be empty.
    pub suite: &'a str,
    /// May be empty.
    pub class: &'a str,
    /// May be empty for what failed outside of a test.
    pub name: &'a str,
    /// How it ended.
    pub outcome: Outcome,
    /// What it said when it failed; may be empty.
    pub message: &'a str,
}

/// A test.
#[derive(Debug)]
pub(crate) struct Case {
    /// What a [`Role::Class`] refers to.
    pub(crate) id: String,
    /// The class; if empty, the suite stands in.
    pub(crate) class: String,
    pub(crate) name: String,
    pub(crate) outcome: Outcome,
    pub(crate) duration: Duration,
}

/// The part that an element plays.
#[derive(Debug)]
pub(crate) enum Role {
    /// Tests with a name.
    Suite(String),
    /// A test.
    Case(Case),
    /// How the test around it ended; what no test is around is a test that the suite's name stands
    /// for. Without a message, the text inside is the message.
    Finding(Outcome, String),
    /// Its text is the test's name.
    Name,
    /// Its text is what the test said.
    Message,
    /// Its text is how many seconds the test took.
    Seconds,
    /// The test with this id is of a class.
    Class { id: String, class: String },
    /// None.
    Other,
}

/// Which elements play which part.
pub(crate) trait Layout {
    /// The part of `element`, which is inside of an element called `parent`.
    fn role(&mut self, parent: &str, element: &Element<'_>) -> Result<Role, Problem>;
}

/// Counts the tests of `document`, of which `root` has been read, and tells `each` of them.
pub(crate) fn read(
    document: &mut Document<'_>,
    root: &Element<'_>,
    layout: &mut dyn Layout,
    each: &mut dyn FnMut(Test<'_>),
) -> Result<TestResults, ResultsError> {
    let mut reading = Reading::default();
    reading.start(document, root, layout)?;
    while let Some(node) = document.next()? {
        match node {
            Node::Start(element) => reading.start(document, &element, layout)?,
            Node::Text(text) => reading.text(&text),
            Node::End => reading.end(document.depth(), each),
        }
    }
    Ok(reading.finish())
}

#[derive(Default)]
struct Reading {
    results: TestResults,
    failures: Vec<Failed>,
    /// The innermost suite that has a name, for each suite that is open, with its depth.
    suites: Vec<(usize, String)>,
    case: Option<Open>,
}

/// A test that is being read.
struct Open {
    depth: usize,
    case: Case,
    message: Excerpt,
    capture: Option<Capture>,
}

/// Text that is being read.
struct Capture {
    depth: usize,
    into: Slot,
    text: Excerpt,
}

#[derive(Clone, Copy)]
enum Slot {
    Name,
    Message,
    Seconds,
}

/// A failure whose class may come later.
struct Failed {
    case: Case,
    suite: String,
    message: String,
}

impl Reading {
    fn start(
        &mut self,
        document: &Document<'_>,
        element: &Element<'_>,
        layout: &mut dyn Layout,
    ) -> Result<(), ResultsError> {
        let depth = document.depth();
        let role = layout
            .role(document.around(1), element)
            .map_err(|problem| document.error(problem))?;
        match role {
            Role::Suite(name) => self.suite(depth, &name),
            Role::Case(case) => {
                self.case.get_or_insert_with(|| Open::new(depth, case));
            }
            Role::Finding(outcome, message) => self.finding(depth, outcome, &message),
            Role::Name => self.capture(depth, Slot::Name),
            Role::Message => self.capture(depth, Slot::Message),
            Role::Seconds => self.capture(depth, Slot::Seconds),
            Role::Class { id, class } => {
                let failures = self.failures.iter_mut().map(|failed| &mut failed.case);
                for case in failures.filter(|case| !id.is_empty() && case.id == id) {
                    case.class = bound::name(&class);
                }
            }
            Role::Other => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if let Some(capture) = self.case.as_mut().and_then(|open| open.capture.as_mut()) {
            capture.text.push(text);
        }
    }

    fn end(&mut self, depth: usize, each: &mut dyn FnMut(Test<'_>)) {
        if let Some(open) = &mut self.case {
            open.end_capture(depth);
        }
        if let Some(open) = self.case.take_if(|open| open.depth == depth) {
            self.count(open, each);
        }
        self.suites.pop_if(|(begun, _)| *begun == depth);
    }

    fn suite(&mut self, depth: usize, name: &str) {
        let outermost = self.suites.iter().all(|(_, name)| name.is_empty());
        let name = match bound::name(name) {
            name if name.is_empty() => self.suite_name().to_owned(),
            name => name,
        };
        if outermost && !name.is_empty() && self.results.suites.len() < MAX_SUITES {
            self.results.suites.push(name.clone());
        }
        self.suites.push((depth, name));
    }

    fn suite_name(&self) -> &str {
        self.suites.last().map_or("", |(_, name)| name)
    }

    fn finding(&mut self, depth: usize, outcome: Outcome, message: &str) {
        let open = self.case.get_or_insert_with(|| {
            let case = Case {
                id: String::new(),
                class: String::new(),
                name: String::new(),
                outcome: Outcome::Passed,
                duration: Duration::ZERO,
            };
            Open::new(depth, case)
        });
        if outcome <= open.case.outcome {
            return;
        }
        open.case.outcome = outcome;
        open.message = Excerpt::default();
        open.message.push(message);
        open.capture(depth, Slot::Message);
    }

    fn capture(&mut self, depth: usize, into: Slot) {
        if let Some(open) = &mut self.case {
            open.capture(depth, into);
        }
    }

    fn count(&mut self, open: Open, each: &mut dyn FnMut(Test<'_>)) {
        let Open { case, message, .. } = open;
        let message = message.finish();
        each(Test {
            suite: self.suite_name(),
            class: &case.class,
            name: &case.name,
            outcome: case.outcome,
            message: &message,
        });
        let results = &mut self.results;
        results.duration = results.duration.saturating_add(case.duration);
        let counter = match case.outcome {
            Outcome::Passed => &mut results.passed,
            Outcome::Skipped => &mut results.skipped,
            Outcome::Failed => &mut results.failed,
        };
        *counter += 1;
        if case.outcome == Outcome::Failed && self.failures.len() < MAX_FAILURES {
            let suite = self.suite_name().to_owned();
            self.failures.push(Failed {
                case,
                suite,
                message,
            });
        }
    }

    fn finish(mut self) -> TestResults {
        self.results.failures = self.failures.into_iter().map(Failed::finish).collect();
        self.results
    }
}

impl Open {
    fn new(depth: usize, mut case: Case) -> Self {
        case.class = bound::name(&case.class);
        case.name = bound::name(&case.name);
        Self {
            depth,
            case,
            message: Excerpt::default(),
            capture: None,
        }
    }

    /// The first text counts: what comes later is a stack trace, a cause or output.
    fn capture(&mut self, depth: usize, into: Slot) {
        let wanted = match into {
            Slot::Message => self.message.is_empty(),
            Slot::Name | Slot::Seconds => true,
        };
        if wanted && self.capture.is_none() {
            self.capture = Some(Capture {
                depth,
                into,
                text: Excerpt::default(),
            });
        }
    }

    fn end_capture(&mut self, depth: usize) {
        let Some(capture) = self.capture.take_if(|capture| capture.depth == depth) else {
            return;
        };
        match capture.into {
            Slot::Name => self.case.name = bound::name(&capture.text.finish()),
            Slot::Message => self.message = capture.text,
            Slot::Seconds => self.case.duration = time::seconds(&capture.text.finish()),
        }
    }
}

impl Failed {
    fn finish(self) -> Failure {
        let Case { class, name, .. } = self.case;
        let class = if class.is_empty() { self.suite } else { class };
        let name = match (class.is_empty(), name.is_empty()) {
            (_, true) => class,
            (true, false) => name,
            // Many tools repeat the class in the test's name.
            (false, false) if name.starts_with(&class) => name,
            (false, false) => format!("{class} > {name}"),
        };
        Failure {
            name,
            message: self.message,
        }
    }
}
