//! One attempt as data: what tries it, what it is given, and what must come of it.

use crate::judge::Ran;
use crate::place::Place;
use std::io;
use stepwell_event::{Access, Grants, LimitKind, TrapKind};
use stepwell_sandbox::LoadErrorKind;

/// What an attempt is about; its letter begins the identifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Going on for ever.
    Time,
    /// Memory, stack, handles and the shape of values.
    Memory,
    /// The workspace and what is beside it.
    Files,
    /// The log.
    Output,
    /// The interfaces of `stepwell:task`.
    Interface,
    /// Other machines, and this one.
    Network,
    /// Files that are no proper components.
    Validity,
    /// Other steps, and the host.
    Isolation,
}

impl Kind {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::Time,
        Self::Memory,
        Self::Files,
        Self::Output,
        Self::Interface,
        Self::Network,
        Self::Validity,
        Self::Isolation,
    ];

    /// Its letter.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Time => 'A',
            Self::Memory => 'B',
            Self::Files => 'C',
            Self::Output => 'D',
            Self::Interface => 'E',
            Self::Network => 'F',
            Self::Validity => 'G',
            Self::Isolation => 'H',
        }
    }

    /// Its heading.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Time => "Time",
            Self::Memory => "Memory, handles and values",
            Self::Files => "Files",
            Self::Output => "Output",
            Self::Interface => "The task interface",
            Self::Network => "Network",
            Self::Validity => "Files that are no proper component",
            Self::Isolation => "Other steps and the host",
        }
    }
}

/// What a held attempt is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Word {
    /// It was told no, or stopped.
    Refused,
    /// It went on within its bounds.
    Bounded,
    /// It did what it wanted, and nobody minds.
    Harmless,
}

impl Word {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Bounded => "bounded",
            Self::Harmless => "harmless",
        }
    }
}

/// What tries it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Program {
    /// An attempt of the hostile task, and its number.
    Guest(&'static str, u64),
    /// A hand-written component.
    Made(&'static str),
    /// A file that is made when it is needed.
    File(fn() -> Vec<u8>),
    /// Many of them.
    Files(fn() -> Vec<Vec<u8>>),
}

/// How the programs of a case are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// One after the other, each with a place of its own.
    Apart,
    /// One after the other, in the same place.
    InTurn,
    /// At once, in the same place.
    Together,
}

/// How a step must end.
#[derive(Debug, Clone, Copy)]
pub enum Must {
    /// Stopped at the end of its time.
    TimeOut,
    /// Stopped by this limit.
    Reach(LimitKind),
    /// Stopped by one of these traps.
    Trap(&'static [TrapKind]),
    /// Stopped because it was asked to end and did not.
    Cancel,
    /// Ended by itself, having tried something.
    Succeed,
    /// Returned a failure.
    Fail,
    /// Exited with this code.
    Exit(i32),
    /// Was refused before it ran.
    NotLoad(&'static [LoadErrorKind]),
    /// Ended in any way that is blamed on it.
    End,
    /// One of these.
    Any(&'static [Must]),
}

/// What else must hold of a step that ran.
pub(crate) type Check = fn(&Ran, &Place) -> Result<(), String>;

/// One attempt.
#[derive(Clone, Copy)]
pub struct Case {
    /// Such as `A-01`; the letter is that of its [`Kind`].
    pub id: &'static str,
    /// What is tried, for a person.
    pub attempt: &'static str,
    /// What stands against it, for a person.
    pub defence: &'static str,
    /// How it is called when it is held.
    pub word: Word,
    pub(crate) programs: &'static [Program],
    pub(crate) order: Order,
    pub(crate) must: Must,
    pub(crate) timeout_ms: u64,
    pub(crate) grace_ms: u64,
    pub(crate) limits: &'static [(LimitKind, u64)],
    pub(crate) env: &'static [(&'static str, &'static str)],
    pub(crate) workspace: Access,
    pub(crate) prepare: fn(&Place) -> io::Result<()>,
    pub(crate) grants: fn() -> Grants,
    /// It is asked to stop when it says that it listens.
    pub(crate) ask: bool,
    /// Nobody takes its output.
    pub(crate) stalled: bool,
    /// A denial that must be on its record.
    pub(crate) denied: Option<&'static str>,
    pub(crate) check: Option<Check>,
    /// Bytes that the host may grow by while it runs; it is then run alone.
    pub(crate) memory: Option<u64>,
}

/// Milliseconds that a step gets where time is what is tried.
const SHORT: u64 = 300;
/// Milliseconds that any other step gets.
const LONG: u64 = 20_000;

impl Case {
    pub(crate) const fn new(
        id: &'static str,
        attempt: &'static str,
        defence: &'static str,
        must: Must,
        programs: &'static [Program],
    ) -> Self {
        let (word, timeout_ms) = match must {
            Must::TimeOut => (Word::Refused, SHORT),
            Must::Succeed | Must::Exit(_) | Must::End | Must::Any(_) => (Word::Harmless, LONG),
            _ => (Word::Refused, LONG),
        };
        Self {
            id,
            attempt,
            defence,
            word,
            programs,
            order: Order::Apart,
            must,
            timeout_ms,
            grace_ms: 200,
            limits: &[],
            env: &[],
            workspace: Access::None,
            prepare: |_| Ok(()),
            grants: Grants::default,
            ask: false,
            stalled: false,
            denied: None,
            check: None,
            memory: None,
        }
    }

    pub(crate) const fn refused(mut self) -> Self {
        self.word = Word::Refused;
        self
    }

    pub(crate) const fn bounded(mut self) -> Self {
        self.word = Word::Bounded;
        self
    }

    pub(crate) const fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    pub(crate) const fn timeout(mut self, millis: u64) -> Self {
        self.timeout_ms = millis;
        self
    }

    pub(crate) const fn limits(mut self, limits: &'static [(LimitKind, u64)]) -> Self {
        self.limits = limits;
        self
    }

    pub(crate) const fn env(mut self, env: &'static [(&'static str, &'static str)]) -> Self {
        self.env = env;
        self
    }

    pub(crate) const fn reads(mut self, prepare: fn(&Place) -> io::Result<()>) -> Self {
        self.workspace = Access::Read;
        self.prepare = prepare;
        self
    }

    pub(crate) const fn writes(mut self, prepare: fn(&Place) -> io::Result<()>) -> Self {
        self.workspace = Access::Write;
        self.prepare = prepare;
        self
    }

    pub(crate) const fn grants(mut self, grants: fn() -> Grants) -> Self {
        self.grants = grants;
        self
    }

    pub(crate) const fn asked(mut self) -> Self {
        self.ask = true;
        self
    }

    pub(crate) const fn stalled(mut self) -> Self {
        self.stalled = true;
        self
    }

    pub(crate) const fn denied(mut self, capability: &'static str) -> Self {
        self.denied = Some(capability);
        self
    }

    pub(crate) const fn check(mut self, check: Check) -> Self {
        self.check = Some(check);
        self
    }

    pub(crate) const fn memory(mut self, bytes: u64) -> Self {
        self.memory = Some(bytes);
        self
    }

    /// What it is about.
    #[must_use]
    pub fn kind(&self) -> Kind {
        let letter = self.id.chars().next();
        Kind::ALL
            .into_iter()
            .find(|kind| Some(kind.letter()) == letter)
            .unwrap_or(Kind::Isolation)
    }

    /// Whether it is tried by the hostile task, which a build may lack.
    #[must_use]
    pub fn needs_guest(&self) -> bool {
        self.programs
            .iter()
            .any(|program| matches!(program, Program::Guest(..)))
    }

    /// Whether nothing else may run beside it.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.memory.is_some()
    }

    /// Milliseconds that `programs` programs of it may take, machine and all: what each is given, and
    /// two seconds.
    pub(crate) fn bound_ms(&self, programs: usize) -> u64 {
        let runs = match self.order {
            Order::Together => 1,
            Order::Apart | Order::InTurn => programs.max(1) as u64,
        };
        runs.saturating_mul(self.timeout_ms.saturating_add(self.grace_ms)) + 2_000
    }
}
