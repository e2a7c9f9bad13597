//! What a host lets a pipeline ask for at most.
//!
//! A pipeline file says what its tasks need; whoever runs it on a machine that others use too says how
//! much of that there is. What a file asks for in so many words is refused before the run if it is more,
//! so that nobody wonders why a limit is another than the one written. A default, which nobody asked
//! for, is lowered without a word.

use std::ops::Range;
use std::time::Duration;
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{LIMITS, LimitKind, Limits, Unit};
use stepwell_spec::{Spanned, count, duration, size};

use crate::GRANT_DENIED;

/// What a host allows at most. The default is what the table of limits allows, any time, and every
/// kind of grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceilings {
    /// The most of a limit; of a limit that is not there it is the table's. Of two the last counts.
    pub limits: Vec<(LimitKind, u64)>,
    /// The longest `timeout` of steps and jobs; `None` is any.
    pub timeout: Option<Duration>,
    /// The largest `allow.scratch` in bytes; `None` is any.
    pub scratch: Option<u64>,
    /// Whether `allow.hosts` may be given.
    pub hosts: bool,
    /// Where they are set, for a person: the path of a file.
    pub origin: String,
}

impl Default for Ceilings {
    fn default() -> Self {
        Self {
            limits: Vec::new(),
            timeout: None,
            scratch: None,
            hosts: true,
            origin: String::new(),
        }
    }
}

/// Something that a file asks for.
pub(crate) struct Asked<'a> {
    /// Who asks, such as "task `x`".
    pub(crate) who: &'a str,
    /// What for, as a key of the pipeline file and of the host's configuration.
    pub(crate) key: &'a str,
    /// Where it asks.
    pub(crate) span: Range<usize>,
}

impl Ceilings {
    /// The most that a limit may be, if the host has set it.
    #[must_use]
    pub fn of(&self, kind: LimitKind) -> Option<u64> {
        let mut set = self.limits.iter().rev();
        set.find(|(known, _)| *known == kind).map(|(_, most)| *most)
    }

    /// The most that a limit may be on this host.
    #[must_use]
    pub fn most(&self, kind: LimitKind) -> u64 {
        self.of(kind).unwrap_or(kind.spec().most)
    }

    /// The limits of a task that asks for these.
    pub(crate) fn limits(
        &self,
        who: &str,
        asked: &stepwell_spec::Limits,
        problems: &mut Vec<Diagnostic>,
    ) -> Limits {
        let mut limits = Limits::default();
        for spec in LIMITS {
            let kind = spec.kind;
            let most = self.of(kind);
            let value = match asked.get(kind) {
                Some(value) => {
                    self.check_limit(who, kind, value, problems);
                    value.value
                }
                None => most.map_or(spec.default, |most| most.min(spec.default)),
            };
            limits.set(kind, value);
        }
        limits
    }

    /// Refuses a limit that is over its ceiling.
    pub(crate) fn check_limit(
        &self,
        who: &str,
        kind: LimitKind,
        asked: &Spanned<u64>,
        problems: &mut Vec<Diagnostic>,
    ) {
        if let Some(most) = self.of(kind).filter(|most| asked.value > *most) {
            let key = format!("limits.{}", kind.spec().key);
            let amounts = [asked.value, most].map(|value| amount(kind, value));
            let span = asked.span.clone();
            let key = &key;
            problems.push(self.exceeded(&Asked { who, key, span }, &amounts));
        }
    }

    /// The time that may be taken of the one that is asked for: `None` is no limit.
    pub(crate) fn timeout(
        &self,
        who: &str,
        asked: Option<&Spanned<Duration>>,
        default: Option<Duration>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Duration> {
        let Some(asked) = asked else {
            return match (default, self.timeout) {
                (Some(default), Some(most)) => Some(default.min(most)),
                (default, most) => default.or(most),
            };
        };
        let wanted = (!asked.value.is_zero()).then_some(asked.value);
        if let Some(most) = self.timeout
            && wanted.is_none_or(|wanted| wanted > most)
        {
            let shown = wanted.map_or("no limit".to_owned(), duration::format);
            let (key, span) = ("timeout", asked.span.clone());
            let amounts = [shown, duration::format(most)];
            problems.push(self.exceeded(&Asked { who, key, span }, &amounts));
        }
        wanted
    }

    /// Refuses scratch space that is over its ceiling.
    pub(crate) fn check_scratch(
        &self,
        who: &str,
        asked: &Spanned<u64>,
        problems: &mut Vec<Diagnostic>,
    ) {
        if let Some(most) = self.scratch.filter(|most| asked.value > *most) {
            let (key, span) = ("scratch", asked.span.clone());
            let amounts = [asked.value, most].map(size::format);
            problems.push(self.exceeded(&Asked { who, key, span }, &amounts));
        }
    }

    /// Refuses access to the network.
    pub(crate) fn check_hosts(
        &self,
        who: &str,
        span: Range<usize>,
        problems: &mut Vec<Diagnostic>,
    ) {
        if self.hosts {
            return;
        }
        let message = format!("{who} asks for `allow.hosts`, which this host does not allow");
        problems.push(
            Diagnostic::error(GRANT_DENIED, message)
                .at(span, "not allowed here")
                .help(format!("`hosts` is off in {}", self.origin())),
        );
    }

    fn exceeded(&self, asked: &Asked<'_>, [wanted, most]: &[String; 2]) -> Diagnostic {
        let Asked { who, key, span } = asked;
        let message = format!("{who} asks for `{key}` of {wanted}, and this host allows {most}");
        Diagnostic::error(GRANT_DENIED, message)
            .at(span.clone(), format!("more than {most}"))
            .help(format!(
                "ask for {most} at most, or raise the ceiling `{key}` in {}",
                self.origin()
            ))
    }

    fn origin(&self) -> &str {
        match self.origin.as_str() {
            "" => "the host's configuration",
            origin => origin,
        }
    }
}

/// An amount as a pipeline file has it.
pub(crate) fn amount(kind: LimitKind, value: u64) -> String {
    match kind.spec().unit {
        Unit::Bytes => size::format(value),
        Unit::Count => count::format(value),
    }
}
