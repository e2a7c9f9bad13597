//! What the steps of the tables run: a program whose arguments are what it does, one after the other.
//!
//! | argument | meaning |
//! |---|---|
//! | `sleep 5s` | goes on after this time |
//! | `exit 3` | ends with this code |
//! | `fail 2` | ends with exit code 1 in the first two tries |
//! | `hang` | does nothing until it is asked to end |
//! | `linger 5s` | takes this time to end once it is asked to |
//! | `deaf` | does not end when it is asked to |
//! | `env NAME` | prints an entry of the environment |
//! | `err TEXT` | prints a line on standard error |
//! | anything else | is printed as a line |
//!
//! A typed task prints its inputs.

use std::collections::VecDeque;
use stepwell_event::{Entry, Outcome, StepRequest, Stream};

/// What a program does next.
pub(crate) enum Act {
    Print(Stream, String),
    Sleep(u64),
    Hang,
    End(Outcome),
}

/// A program that runs.
pub(crate) struct Program {
    rest: VecDeque<String>,
    env: Vec<(String, String)>,
    attempt: u64,
    /// Milliseconds from being asked to end to the end; `None` is never.
    linger: Option<u64>,
}

impl Program {
    pub(crate) fn new(request: StepRequest, attempt: u64) -> Self {
        let rest = match request.entry {
            Entry::Command { args } => args.into(),
            Entry::Bisect(_) => VecDeque::new(),
            Entry::Task { inputs } => inputs
                .into_iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect(),
        };
        Self {
            rest,
            env: request.env,
            attempt,
            linger: Some(0),
        }
    }

    pub(crate) fn act(&mut self) -> Act {
        while let Some(argument) = self.rest.pop_front() {
            let (word, rest) = argument.split_once(' ').unwrap_or((&argument, ""));
            match word {
                "sleep" => return Act::Sleep(milliseconds(rest)),
                "hang" => return Act::Hang,
                "exit" if rest == "0" => return Act::End(Outcome::Succeeded),
                "exit" => return Act::End(exit(rest)),
                "fail" if self.attempt <= rest.parse().unwrap() => return Act::End(exit("1")),
                "fail" => {}
                "linger" => self.linger = Some(milliseconds(rest)),
                "deaf" => self.linger = None,
                "env" => {
                    let entry = self.env.iter().find(|(name, _)| name == rest);
                    let line = match entry {
                        Some((name, value)) => format!("{name}={value}"),
                        None => format!("no {rest}"),
                    };
                    return Act::Print(Stream::Stdout, line);
                }
                "err" => return Act::Print(Stream::Stderr, rest.to_owned()),
                _ => return Act::Print(Stream::Stdout, argument),
            }
        }
        Act::End(Outcome::Succeeded)
    }

    /// After how many milliseconds it ends, now that it is asked to.
    pub(crate) fn stop(&self, now: bool) -> Option<u64> {
        if now { Some(0) } else { self.linger }
    }
}

fn exit(code: &str) -> Outcome {
    Outcome::ExitCode {
        code: code.parse().unwrap(),
    }
}

/// A time such as `1500ms`, `5s` or `2m`.
pub(crate) fn milliseconds(text: &str) -> u64 {
    let time = stepwell_spec::duration::parse(text).unwrap_or_else(|_| panic!("{text} is no time"));
    u64::try_from(time.as_millis()).unwrap()
}
