//! The text that `git bisect log` prints and `git bisect replay` reads: a search as a list of commands,
//! which people edit by hand.
//!
//! Everything that comes from a repository is hostile text: what is not printable is left out when it
//! is written, and names are quoted as a shell would.

mod quoting;

use std::fmt;
use std::fmt::Write as _;
use stepwell_event::Terms;

/// What a version was said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It has the old behaviour.
    Good,
    /// It has the new behaviour.
    Bad,
    /// It cannot be judged.
    Skip,
}

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// `git bisect start`.
    Start(Start),
    /// `git bisect good` and its like, with what it was said of.
    Mark(Mark, Vec<String>),
    /// `# …`: what is said for people, without the sign. It may be empty.
    Comment(String),
}

/// How a search began.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Start {
    /// Whether only first parents are followed.
    pub first_parent: bool,
    /// The bad version and then good ones; either may be said later.
    pub revisions: Vec<String>,
    /// Paths that a version has to change; all versions count if there is none.
    pub paths: Vec<String>,
}

/// A log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Log {
    /// What the two behaviours are called.
    pub terms: Terms,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// Why a text is no log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it and what to do.
    pub problem: String,
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for LogError {}

impl Log {
    /// Reads a log. Lines may end as on Windows; empty ones mean nothing.
    ///
    /// # Errors
    ///
    /// A line is neither a comment nor a command of `git bisect` that says something of a search.
    pub fn parse(text: &str) -> Result<Self, LogError> {
        let mut log = Self::default();
        for (number, line) in (1..).zip(text.lines()) {
            let parsed = log.line(line.trim());
            log.lines.extend(parsed.map_err(|problem| LogError {
                line: number,
                problem,
            })?);
        }
        Ok(log)
    }

    fn line(&mut self, line: &str) -> Result<Option<Line>, String> {
        if line.is_empty() {
            return Ok(None);
        }
        if let Some(comment) = line.strip_prefix('#') {
            return Ok(Some(Line::Comment(comment.trim().to_owned())));
        }
        let words = quoting::split(line)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (["git", "bisect", command, rest @ ..] | ["git-bisect", command, rest @ ..]) =
            words.as_slice()
        else {
            return Err("it does not begin with `git bisect`; start comments with `#`".to_owned());
        };
        match *command {
            "start" => self.start(rest).map(|start| Some(Line::Start(start))),
            "terms" => Ok(None),
            command => {
                let mark = self.mark(command)?;
                if rest.is_empty() {
                    return Err(format!(
                        "`{command}` does not say of which version; add its name"
                    ));
                }
                let revisions = rest.iter().map(|it| (*it).to_owned()).collect();
                Ok(Some(Line::Mark(mark, revisions)))
            }
        }
    }

    fn start(&mut self, arguments: &[&str]) -> Result<Start, String> {
        let mut start = Start::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = |name: &str| {
                let own = argument.strip_prefix(name)?;
                match own.strip_prefix('=') {
                    Some(value) => Some(Ok(value.to_owned())),
                    None if !own.is_empty() => None,
                    None => {
                        let value = rest.next().map(|value| (*value).to_owned());
                        Some(value.ok_or(format!("`{name}` needs a word after it")))
                    }
                }
            };
            let old = value("--term-old").or_else(|| value("--term-good"));
            if let Some(term) = old {
                self.terms.old = term?;
            } else if let Some(term) = value("--term-new").or_else(|| value("--term-bad")) {
                self.terms.new = term?;
            } else {
                match *argument {
                    "--" => {
                        start.paths = rest.map(|path| (*path).to_owned()).collect();
                        return Ok(start);
                    }
                    "--first-parent" => start.first_parent = true,
                    // It is about a work tree, which is never touched here.
                    "--no-checkout" => {}
                    option if option.starts_with('-') => {
                        return Err(format!("`start` has no option `{option}`"));
                    }
                    revision => start.revisions.push(revision.to_owned()),
                }
            }
        }
        Ok(start)
    }

    fn mark(&self, command: &str) -> Result<Mark, String> {
        let Terms { old, new } = &self.terms;
        match command {
            "skip" => Ok(Mark::Skip),
            term if term == old => Ok(Mark::Good),
            term if term == new => Ok(Mark::Bad),
            // Git takes both pairs of words as long as no other terms were chosen.
            "good" | "old" if self.terms == Terms::default() => Ok(Mark::Good),
            "bad" | "new" if self.terms == Terms::default() => Ok(Mark::Bad),
            other => Err(format!(
                "`{other}` is none of `start`, `{old}`, `{new}` and `skip`"
            )),
        }
    }
}

impl fmt::Display for Log {
    /// What `git bisect replay` reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            match line {
                Line::Comment(comment) => writeln!(f, "# {}", quoting::printable(comment))?,
                Line::Start(start) => self.write_start(f, start)?,
                Line::Mark(mark, revisions) => {
                    let term = match mark {
                        Mark::Good => &self.terms.old,
                        Mark::Bad => &self.terms.new,
                        Mark::Skip => "skip",
                    };
                    write!(f, "git bisect {term}")?;
                    for revision in revisions {
                        write!(f, " {}", quoting::plain(revision))?;
                    }
                    f.write_char('\n')?;
                }
            }
        }
        Ok(())
    }
}

impl Log {
    fn write_start(&self, f: &mut fmt::Formatter<'_>, start: &Start) -> fmt::Result {
        let mut words = Vec::new();
        if self.terms != Terms::default() {
            words.push(format!("--term-old={}", self.terms.old));
            words.push(format!("--term-new={}", self.terms.new));
        }
        if start.first_parent {
            words.push("--first-parent".to_owned());
        }
        words.extend(start.revisions.iter().cloned());
        if !start.paths.is_empty() {
            words.push("--".to_owned());
            words.extend(start.paths.iter().cloned());
        }
        f.write_str("git bisect start")?;
        for word in words {
            write!(f, " {}", quoting::quote(&word))?;
        }
        f.write_char('\n')
    }
}
